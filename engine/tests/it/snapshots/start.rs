//! What a start begins from: each row of the table "Start" in `docs/FORMAT.md`, by its name.

use std::fs;
use std::path::{Path, PathBuf};

use gantry_engine::{
    Engine, Instance, InstanceError, SnapshotError, Start, read_snapshot, write_snapshot,
};
use gantry_journal::{FileStorage, JournalError, JournalReader};
use gantry_model::{Actor, Command, CommandId, OrderLine, OrderUnits, PlaceOrder, Query, Sku};
use zerocopy::IntoBytes;

use super::folder;
use super::instance::{INSTANCE, Writer, build, commands, fresh_zone, full_replay, make, open};
use crate::archive::instances::{ALL, EVEN_ONE, now, order, set_up};

/// An instance of two snapshots and a tail: the folder, their files from old to new, the state's
/// hash.
fn with_two_snapshots() -> (tempfile::TempDir, [PathBuf; 2], u128) {
    let folder = folder();
    let commands = commands(11, 120);
    let mut snapshots = Vec::new();
    let thirds = commands.len() / 3;
    for part in 0..3 {
        let mut writer = Writer::open(folder.path());
        writer.run(&commands[part * thirds..(part + 1) * thirds]);
        writer.close();
        if part < 2 {
            snapshots.push(make(folder.path()).unwrap().unwrap().path);
        }
    }
    let hash = full_replay(folder.path()).state_hash();
    (folder, snapshots.try_into().unwrap(), hash)
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 0x10;
    fs::write(path, bytes).unwrap();
}

/// What the start used, and what it passed over.
fn started(directory: &Path, hash: u128) -> (Option<PathBuf>, Vec<SnapshotError>) {
    let instance = open(directory).unwrap();
    assert_eq!(instance.engine.state_hash(), hash);
    instance.engine.state().audit();
    let last = instance.engine.last_sequence().get();
    let from = instance.snapshot.as_ref().map_or(0, |facts| facts.last_sequence());
    assert_eq!(instance.records_replayed, last - from, "only what lies behind the snapshot");
    (instance.snapshot.map(|facts| facts.path), instance.passed_over)
}

fn refused(directory: &Path) -> InstanceError {
    let before = names(directory);
    let error = open(directory).unwrap_err();
    assert_eq!(names(directory), before, "a refusal leaves everything where it was");
    error
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory.join("snapshots")).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Writes a changed header with a hash that holds.
fn forge(path: &Path, at: usize, value: &[u8]) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at..at + value.len()].copy_from_slice(value);
    let hash = blake3::hash(&bytes[..240]);
    bytes[240..256].copy_from_slice(&hash.as_bytes()[..16]);
    fs::write(path, bytes).unwrap();
}

#[test]
fn s01_no_snapshot_replays_the_whole_journal() {
    let folder = folder();
    let hash = build(folder.path(), 5, 60);
    assert!(matches!(started(folder.path(), hash), (None, passed) if passed.is_empty()));
}

#[test]
fn s02_newest_snapshot_and_the_journal_behind_it() {
    let (folder, [_, newest], hash) = with_two_snapshots();
    let (used, passed_over) = started(folder.path(), hash);
    assert_eq!(used, Some(newest));
    assert!(passed_over.is_empty());
}

#[test]
fn s03_damaged_newest_snapshot_falls_back_to_the_one_before() {
    let (folder, [older, newest], hash) = with_two_snapshots();
    flip(&newest, 5_000);
    let (used, passed_over) = started(folder.path(), hash);
    assert_eq!(used, Some(older));
    let [SnapshotError::Damaged { path, offset: 4096..=5000, .. }] = &passed_over[..] else {
        panic!("{passed_over:?}");
    };
    assert_eq!(*path, newest);
}

#[test]
fn s04_torn_or_empty_snapshots_fall_back_too() {
    let (folder, [older, newest], hash) = with_two_snapshots();
    let bytes = fs::read(&newest).unwrap();
    for length in [0, 100, 4_096, bytes.len() - 1] {
        fs::write(&newest, &bytes[..length]).unwrap();
        let (used, passed_over) = started(folder.path(), hash);
        assert_eq!((used, passed_over.len()), (Some(older.clone()), 1), "cut to {length}");
    }
}

#[test]
fn s05_all_snapshots_damaged_replays_the_whole_journal() {
    let (folder, snapshots, hash) = with_two_snapshots();
    snapshots.iter().for_each(|path| flip(path, 200));
    let (used, passed_over) = started(folder.path(), hash);
    assert_eq!((used, passed_over.len()), (None, 2));
}

#[test]
fn s06_half_made_snapshot_is_not_looked_at() {
    let (folder, [_, newest], hash) = with_two_snapshots();
    let partial = folder.path().join("snapshots/00000000000000009999.partial");
    fs::write(&partial, b"half").unwrap();
    let (used, passed_over) = started(folder.path(), hash);
    assert_eq!((used, passed_over.len()), (Some(newest), 0));
    make(folder.path()).unwrap();
    assert!(!partial.exists(), "whoever makes the next one tidies up");
}

#[test]
fn s07_snapshot_of_a_newer_version_is_refused() {
    let places = [(8, 2_u16.as_bytes().to_vec()), (116, 6_u32.as_bytes().to_vec())];
    let places = places.into_iter().chain([(112, 999_u32.as_bytes().to_vec())]);
    for (at, value) in places {
        let (folder, [_, newest], hash) = with_two_snapshots();
        forge(&newest, at, &value);
        let error = refused(folder.path());
        let too_new = matches!(&error, InstanceError::Snapshot(SnapshotError::TooNew { path, .. })
            if *path == newest);
        assert!(too_new && error.to_string().contains("--full-replay"), "{error}");
        // The way around it that the error names.
        let start = Start::without_snapshot(1);
        let options = gantry_journal::JournalOptions::default();
        let storage = Box::new(FileStorage::new());
        let instance = Instance::open_from(start, folder.path(), options, storage).unwrap();
        assert_eq!(instance.engine.state_hash(), hash);
    }
}

#[test]
fn s08_snapshot_of_another_instance_is_refused() {
    let (folder, [_, newest], _) = with_two_snapshots();
    let other = self::folder();
    let mut writer = Writer::create(other.path(), 43);
    writer.run(&commands(11, 120));
    writer.close();
    fs::create_dir(other.path().join("snapshots")).unwrap();
    fs::copy(&newest, other.path().join("snapshots").join(newest.file_name().unwrap())).unwrap();
    let error = refused(other.path());
    let is_lost = matches!(error, InstanceError::Journal(JournalError::BookmarkLost(_)));
    assert!(is_lost && error.to_string().contains("another journal"), "{error}");
    drop(folder);
}

/// A journal of the same instance that lost its end: an older copy, most likely.
#[test]
fn s09_snapshot_ahead_of_its_journal_is_refused() {
    let folder = folder();
    let old = self::folder();
    let commands = commands(11, 120);
    let mut writer = Writer::open(folder.path());
    writer.run(&commands[..40]);
    writer.close();
    let copied = fs::read_dir(folder.path().join("segments")).unwrap();
    for entry in copied.map(Result::unwrap) {
        fs::copy(entry.path(), old.path().join(entry.file_name())).unwrap();
    }
    let mut writer = Writer::open(folder.path());
    writer.run(&commands[40..80]);
    writer.close();
    make(folder.path()).unwrap().unwrap();
    for entry in fs::read_dir(old.path()).unwrap().map(Result::unwrap) {
        fs::copy(entry.path(), folder.path().join("segments").join(entry.file_name())).unwrap();
    }
    let error = refused(folder.path());
    assert!(matches!(error, InstanceError::Journal(JournalError::BookmarkLost(_))), "{error}");
}

/// The same instance, the same place, other records: a copy of the folder that went its own way.
#[test]
fn s10_snapshot_of_another_history_is_refused() {
    let [one, other] = [11, 12].map(|seed| {
        let folder = folder();
        let mut writer = Writer::open(folder.path());
        writer.run(&commands(seed, 120)[..60]);
        writer.close();
        folder
    });
    let snapshot = make(one.path()).unwrap().unwrap().path;
    fs::create_dir(other.path().join("snapshots")).unwrap();
    let target = other.path().join("snapshots").join(snapshot.file_name().unwrap());
    fs::copy(&snapshot, target).unwrap();
    let error = refused(other.path());
    assert!(matches!(error, InstanceError::Journal(JournalError::BookmarkLost(_))), "{error}");
}

#[test]
fn s11_rows_that_do_not_have_the_hash_they_had_fall_back() {
    let (folder, [older, newest], hash) = with_two_snapshots();
    forge(&newest, 96, &[7; 16]);
    let (used, passed_over) = started(folder.path(), hash);
    assert_eq!(used, Some(older));
    assert!(matches!(passed_over[..], [SnapshotError::Rows { .. }]), "{passed_over:?}");
}

/// An instance of three segments, with a snapshot behind the first frames: the folder and the
/// state's hash.
fn of_three_segments() -> (tempfile::TempDir, u128) {
    let folder = folder();
    let mut writer = Writer::open(folder.path());
    let zones: Vec<String> = (0..600).map(|number| number.to_string()).collect();
    for (number, code) in (0..).zip(&zones) {
        let time = gantry_model::EngineTime::new(5);
        writer.0.execute(&fresh_zone(number, code), Actor::IMPORT, time).unwrap();
        writer.0.commit().unwrap();
        if number == 9 {
            make(folder.path()).unwrap().unwrap();
        }
    }
    let hash = writer.close();
    (folder, hash)
}

fn remove_segment(directory: &Path, number: u64) {
    fs::remove_file(directory.join(format!("segments/{number:020}.segment"))).unwrap();
}

#[test]
fn s12_snapshot_older_than_a_trimmed_journal_is_refused() {
    let (folder, hash) = of_three_segments();
    assert!(started(folder.path(), hash).0.is_some());
    remove_segment(folder.path(), 1);
    let error = refused(folder.path());
    assert!(matches!(error, InstanceError::Journal(JournalError::BookmarkLost(_))), "{error}");
}

#[test]
fn s13_trimmed_journal_without_a_snapshot_is_refused() {
    let (folder, hash) = of_three_segments();
    let newest = make(folder.path()).unwrap().unwrap().path;
    remove_segment(folder.path(), 1);
    assert_eq!(started(folder.path(), hash).0, Some(newest), "the newest is all it needs");
    fs::remove_dir_all(folder.path().join("snapshots")).unwrap();
    fs::create_dir(folder.path().join("snapshots")).unwrap();
    let error = refused(folder.path());
    assert!(matches!(error, InstanceError::Journal(JournalError::Trimmed { .. })), "{error}");
}

/// For every record of a journal: the snapshot made behind it and the rest of the journal make the
/// state that the whole journal makes.
#[test]
fn a_snapshot_at_any_sequence_and_the_rest_make_the_same_state() {
    let folder = folder();
    let hash = build(folder.path(), 21, 150);
    assert_eq!(at_any_frame(folder.path(), hash), 150);
}

/// As above, while orders close and leave memory.
#[test]
fn a_snapshot_between_any_two_frames_of_an_archiving_instance_makes_the_same_state() {
    let folder = folder();
    let mut instance = crate::archive::instances::open(folder.path(), INSTANCE).unwrap();
    set_up(&mut instance);
    for number in 0..90 {
        let (id, time) = (CommandId::new(1_000 + number), now(number));
        let lines = [OrderLine::new(Sku::new(0), 2), OrderLine::new(Sku::new(1), 1)];
        let place =
            Command::PlaceOrder(PlaceOrder { reference: "R-12345678", ..order(id, &lines) });
        instance.execute(&place, Actor::IMPORT, time).unwrap();
        // Closed in another order than they were placed in; every fifth stays open.
        let closing = CommandId::new(1_000 + (number ^ 3));
        if number % 5 != 0 {
            let cancel =
                OrderUnits { id: CommandId::new(9_000 + number), order: closing, units: &[] };
            instance.execute(&Command::CancelOrder(cancel), Actor::IMPORT, time).unwrap();
        }
        instance.commit().unwrap();
        if number % 20 == 19 {
            assert!(instance.archive(ALL, &EVEN_ONE).unwrap().is_some());
        }
    }
    let hash = instance.engine().state_hash();
    assert!(instance.engine().state().archives.rows().len() > 3);
    instance.close().unwrap();
    assert!(at_any_frame(folder.path(), hash) > 80);
    // And it goes on, from the snapshot behind the last frame.
    let mut instance = crate::archive::instances::open(folder.path(), INSTANCE).unwrap();
    assert_eq!(instance.engine().state_hash(), hash);
    let read = instance.query(&Query::ReadOrder(CommandId::new(1_001))).unwrap();
    assert!(read.len() > 100, "what left memory is found in the archive");
    let ship = OrderUnits { id: CommandId::new(7), order: CommandId::new(1_000), units: &[] };
    instance.execute(&Command::CancelOrder(ship), Actor::IMPORT, now(99)).unwrap();
    assert!(instance.archive(ALL, &EVEN_ONE).unwrap().is_some());
    instance.engine().state().audit();
    instance.close().unwrap();
}

/// Makes a snapshot behind each frame and reads the rest of the journal from there; returns how
/// many there were.
fn at_any_frame(directory: &Path, hash: u128) -> u64 {
    let mut reader = JournalReader::open(directory).unwrap();
    let mut engine = Engine::new();
    let mut frames = 0;
    while let Some(frame) = reader.next_frame().unwrap() {
        engine.replay(frame.payload).unwrap();
        let bookmark = frame.bookmark();
        let made = write_snapshot(&FileStorage, directory, &engine, &bookmark, &mut || true);
        let facts = made.unwrap().unwrap();
        let (mut restored, _) = read_snapshot(&FileStorage, &facts.path, 5).unwrap();
        assert_eq!(restored.state_hash(), engine.state_hash());
        restored.state().audit();
        let mut tail = JournalReader::open_at(directory, &facts.bookmark).unwrap();
        while let Some(frame) = tail.next_frame().unwrap() {
            restored.replay(frame.payload).unwrap();
        }
        assert_eq!(restored.state_hash(), hash, "from record {}", facts.last_sequence());
        restored.state().audit();
        frames += 1;
    }
    frames
}

#[test]
fn an_instance_goes_on_from_a_snapshot_and_is_opened_again() {
    let (folder, [_, newest], _) = with_two_snapshots();
    let mut writer = Writer::open(folder.path());
    writer.run(&commands(30, 60));
    let hash = writer.close();
    assert_eq!(full_replay(folder.path()).state_hash(), hash);
    assert_eq!(started(folder.path(), hash).0, Some(newest));
}
