//! An instance on a real folder: what was committed is there again, by either write path.

use std::sync::Arc;

use gantry_engine::{InstanceError, LocalInstance, ReplayCheck, Start, replay_directory};
use gantry_journal::{FileStorage, JournalOptions, Storage, WritePath};
use gantry_model::{
    Actor, Command, CommandId, EngineTime, Item, Reply, ReplyStatus, Sequence, UpsertCode,
};

fn options(write_path: WritePath) -> JournalOptions {
    JournalOptions {
        new_instance_id: 42,
        segment_bytes: 1 << 20,
        segments_spare: 1,
        write_path,
        ..JournalOptions::default()
    }
}

fn open(
    directory: &std::path::Path,
    write_path: WritePath,
) -> Result<LocalInstance, InstanceError> {
    LocalInstance::open(directory, options(write_path), Box::new(FileStorage::new()), 1)
}

fn upsert(instance: &mut LocalInstance, number: u128) -> ReplyStatus {
    let code = format!("{number}");
    let command = Command::UpsertZone(UpsertCode { id: CommandId::new(number), code: &code });
    let reply = instance.execute(&command, Actor::IMPORT, EngineTime::new(5)).unwrap();
    let (item, _) = Item::split(&reply, 1 << 20).unwrap();
    Reply::parse(&item).unwrap().status
}

#[test]
fn committed_commands_are_there_after_a_restart_and_repeat_as_duplicates() {
    for write_path in [WritePath::Mapped, WritePath::Direct] {
        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let mut instance = open(directory.path(), write_path).unwrap();
        for number in 1..=12_000 {
            assert_eq!(upsert(&mut instance, number), ReplyStatus::Accepted);
        }
        let hash = instance.engine().state_hash();
        instance.commit().unwrap();
        drop(instance); // No clean stop: as after a crash.
        let storage: Arc<dyn Storage> = Arc::new(FileStorage::new());
        let replayed = replay_directory(
            Start::without_snapshot(2),
            &storage,
            directory.path(),
            ReplayCheck::Decide,
            Sequence::MAX,
            &mut |_| (),
        )
        .unwrap();
        assert_eq!((replayed.records, replayed.engine.state_hash()), (12_000, hash));
        let mut instance = open(directory.path(), write_path).unwrap();
        assert_eq!(instance.engine().state_hash(), hash);
        for number in 1..=12_000 {
            assert_eq!(upsert(&mut instance, number), ReplyStatus::Duplicate);
        }
        assert_eq!(instance.engine().state_hash(), hash);
        instance.close().unwrap();
    }
}

#[test]
fn a_segment_too_small_for_the_longest_record_is_refused_before_the_folder_is_made() {
    let directory = tempfile::tempdir().unwrap();
    let inside = directory.path().join("instance");
    let small = JournalOptions { segment_bytes: 1 << 16, ..options(WritePath::Mapped) };
    let error = LocalInstance::open(&inside, small, Box::new(FileStorage::new()), 1).unwrap_err();
    assert!(error.to_string().contains("1 MiB"), "{error}");
    assert!(!inside.exists());
}
