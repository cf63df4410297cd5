//! The shadow: what it makes, what it holds back, what it finds out.

use std::fs;
use std::sync::Arc;

use gantry_engine::{ReplayError, Shadow, SnapshotError, list_snapshots};
use gantry_journal::{FileStorage, FrameBuffer, FrameFacts, PAYLOAD_BYTES_MAX};
use gantry_model::{Actor, EngineTime};

use super::folder;
use super::instance::{Writer, build, commands, fresh_zone, full_replay, make, open};

#[test]
fn a_shadow_makes_the_state_of_the_journal_and_then_has_nothing_to_do() {
    let folder = folder();
    let hash = build(folder.path(), 40, 200);
    let facts = make(folder.path()).unwrap().unwrap();
    assert_eq!(facts.state_hash, hash);
    assert_eq!(facts.last_sequence(), full_replay(folder.path()).last_sequence().get());
    assert!(make(folder.path()).unwrap().is_none(), "nothing has come since");
}

#[test]
fn the_next_shadow_reads_only_what_lies_behind_the_last_snapshot() {
    let folder = folder();
    let commands = commands(41, 200);
    let mut writer = Writer::open(folder.path());
    writer.run(&commands[..100]);
    writer.close();
    let first = make(folder.path()).unwrap().unwrap();
    let mut writer = Writer::open(folder.path());
    writer.run(&commands[100..150]);
    writer.close();
    let mut shadow = Shadow::begin(folder.path(), Arc::new(FileStorage), 1).unwrap();
    assert_eq!(shadow.began_with(), Some(&first));
    assert_eq!(shadow.last_sequence(), 100);
    while shadow.step().unwrap() {}
    let second = shadow.finish(&mut || true).unwrap().unwrap();
    assert_eq!(second.last_sequence(), 150);
    assert_eq!(second.state_hash, full_replay(folder.path()).state_hash());
}

#[test]
fn beside_a_running_writer_a_shadow_takes_what_is_durable() {
    let folder = folder();
    let commands = commands(42, 200);
    let mut writer = Writer::open(folder.path());
    writer.run(&commands[..100]);
    // The last frame is not called durable by a page behind it yet.
    assert_eq!(make(folder.path()).unwrap().unwrap().last_sequence(), 99);
    writer.run(&commands[100..150]);
    assert_eq!(make(folder.path()).unwrap().unwrap().last_sequence(), 149);
    let hash = writer.close();
    let facts = make(folder.path()).unwrap().unwrap();
    assert_eq!((facts.last_sequence(), facts.state_hash), (150, hash));
    assert_eq!(open(folder.path()).unwrap().engine.state_hash(), hash);
}

/// A power cut may take the last frame back, even one that can be read now.
#[test]
fn after_a_crash_a_shadow_holds_the_last_frame_back() {
    let folder = folder();
    let mut writer = Writer::open(folder.path());
    writer.run(&commands(43, 60)[..50]);
    drop(writer);
    assert_eq!(make(folder.path()).unwrap().unwrap().last_sequence(), 49);
    Writer::open(folder.path()).close();
    assert_eq!(make(folder.path()).unwrap().unwrap().last_sequence(), 50);
}

#[test]
fn two_shadows_do_not_work_on_one_folder() {
    let folder = folder();
    build(folder.path(), 44, 60);
    let shadow = Shadow::begin(folder.path(), Arc::new(FileStorage), 1).unwrap();
    assert!(matches!(make(folder.path()), Err(SnapshotError::Busy { .. })));
    drop(shadow);
    assert!(make(folder.path()).unwrap().is_some());
}

/// A mark that tells of another state than the records make: whatever the reason, somebody must
/// hear of it while the server that knows better still runs.
#[test]
fn a_state_that_differs_from_its_mark_is_an_alarm() {
    let folder = folder();
    build(folder.path(), 45, 60);
    let mut instance = open(folder.path()).unwrap();
    let mut records = FrameBuffer::new(PAYLOAD_BYTES_MAX);
    instance.engine.mark(EngineTime::new(1 << 60), &mut records);
    // The mark's hash stands in its command; a bit of it is another now.
    let hash = instance.engine.state_hash().to_le_bytes();
    let at = records.payload().windows(16).position(|bytes| bytes == hash).unwrap();
    records.payload_mut()[at] ^= 1;
    let sequence = instance.engine.last_sequence().get();
    let facts = FrameFacts {
        first_sequence: sequence,
        record_count: 1,
        time_ns: 1 << 60,
        previous_sync_us: 0,
    };
    while instance.journal.append(&mut records, facts).is_err() {
        instance.preparer.step().unwrap();
    }
    instance.journal.close().unwrap();
    let error = make(folder.path()).unwrap_err();
    let is_alarm =
        matches!(error, SnapshotError::Replay { source: ReplayError::StateHash { .. }, .. });
    assert!(is_alarm, "{error}");
    assert!(list_snapshots(&FileStorage, folder.path()).unwrap().is_empty());
}

#[test]
fn old_snapshots_go_when_a_new_one_is_made() {
    let folder = folder();
    const DAY: u64 = 24 * 3_600_000_000_000;
    for (number, code) in (1..).zip(["1", "2", "3", "4", "5", "6"]) {
        let mut writer = Writer::open(folder.path());
        // Two on the first day, the others two weeks later.
        let day = if number <= 2 { 1 } else { 15 };
        let time = EngineTime::new(day * DAY + u64::try_from(number).unwrap());
        writer.0.execute(&fresh_zone(number, code), Actor::IMPORT, time).unwrap();
        writer.close();
        make(folder.path()).unwrap().unwrap();
    }
    let left = list_snapshots(&FileStorage, folder.path()).unwrap();
    let names: Vec<_> = left.iter().map(|path| path.file_name().unwrap().to_owned()).collect();
    assert_eq!(names, ["00000000000000000006.snapshot", "00000000000000000005.snapshot"]);
    assert!(fs::metadata(&left[0]).unwrap().len() > 4096);
}
