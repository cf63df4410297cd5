//! What a person may give up, and what stays.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use gantry_journal::{
    DiskCall, DiskError, DiskWhen, FaultStorage, Faults, JournalError, JournalReader, PAGE_BYTES,
    RepairReport, repair, repair_with, trim, verify,
};

use crate::support::{
    FRAMES_PER_SEGMENT, Finish, SEGMENT_BYTES, append, append_small, build, contents, copy_folder,
    flip_bit, folder, open, open_from, options, page, segment, write_at,
};

const COUNT: u64 = 2 * FRAMES_PER_SEGMENT + 5;

/// Damages a journal of `COUNT` one-record frames, gives up from `sequence` on, and checks that
/// exactly that is gone, is kept in `lost/`, and that the journal goes on in a higher term.
fn check(damage: impl Fn(&Path), sequence: u64) -> RepairReport {
    let folder = folder();
    let frames = build(folder.path(), COUNT, Finish::Seal);
    damage(folder.path());
    let before = contents(folder.path());
    let report = repair(folder.path(), sequence).unwrap();
    assert_eq!((report.last_sequence, report.last_frame), (sequence - 1, sequence - 1));
    assert_eq!(report.term, 2);
    let kept = usize::try_from(sequence - 1).unwrap();
    assert_eq!(verify(folder.path()).unwrap().records, sequence - 1);
    let (mut opened, found) = open(folder.path(), options());
    assert_eq!(found, frames[..kept]);
    assert_eq!((opened.journal.term(), opened.recovery.cut_bytes), (2, 0));
    append_small(&mut opened, FRAMES_PER_SEGMENT);
    drop(opened);
    assert_eq!(verify(folder.path()).unwrap().records, sequence - 1 + FRAMES_PER_SEGMENT);
    // What was cut is there as it was.
    for (name, bytes) in contents(&report.lost) {
        let whole = before.iter().find(|(segment, _)| *segment == name).unwrap();
        assert!(whole.1 == bytes, "{name} is not what it was");
    }
    report
}

#[test]
fn from_the_first_damaged_record_on_everything_is_given_up() {
    for number in [1, 2, 7, FRAMES_PER_SEGMENT, FRAMES_PER_SEGMENT + 1, COUNT] {
        let at = (number - 1) % FRAMES_PER_SEGMENT;
        let file = (number - 1) / FRAMES_PER_SEGMENT + 1;
        let report = check(|path| flip_bit(&segment(path, file), page(at) + 300, 0), number);
        // The damaged frame's header is whole, so it counts.
        assert_eq!(report.frames, COUNT - number + 1, "frame {number}");
        assert_eq!((report.records, report.highest_sequence), (report.frames, COUNT));
        assert!(report.bytes >= report.frames * PAGE_BYTES);
        assert!(report.lost.ends_with("lost/00000000000000000001"));
    }
}

#[test]
fn a_person_may_give_up_more_than_is_damaged() {
    let report = check(|path| flip_bit(&segment(path, 2), page(4), 0), 3);
    assert_eq!(report.frames, COUNT - 2 - 1, "of the damaged header nothing is known");
}

#[test]
fn missing_and_unreadable_segments_can_be_given_up() {
    check(|path| fs::remove_file(segment(path, 2)).unwrap(), FRAMES_PER_SEGMENT + 1);
    check(|path| write_at(&segment(path, 2), 0, &[7; 4096]), FRAMES_PER_SEGMENT + 1);
    check(|path| write_at(&segment(path, 1), 0, &[7; 4096]), 1);
}

#[test]
fn a_whole_journal_can_be_cut_but_not_within_a_frame() {
    check(|_| {}, 9);
    let folder = folder();
    let (mut opened, _) = open(folder.path(), options());
    append_small(&mut opened, 2);
    append(&mut opened, 10, b"ten records");
    drop(opened);
    let before = contents(folder.path());
    let refused = repair(folder.path(), 7).unwrap_err();
    assert!(refused.to_string().contains("Name 3 to give it up, or 13 to keep it"), "{refused}");
    let refused = repair(folder.path(), 13);
    assert!(matches!(refused, Err(JournalError::NothingToGiveUp { last_sequence: 12 })));
    assert!(contents(folder.path()) == before && !folder.path().join("lost").exists());
    assert_eq!(repair(folder.path(), 3).unwrap().records, 10);
}

#[test]
fn what_is_wrong_before_the_sequence_is_named_and_nothing_changes() {
    let folder = folder();
    build(folder.path(), COUNT, Finish::Crash);
    flip_bit(&segment(folder.path(), 1), page(4) + 300, 0);
    let before = contents(folder.path());
    for sequence in [6, COUNT, u64::MAX] {
        let refused = repair(folder.path(), sequence).unwrap_err();
        let JournalError::Damage(damage) = refused else { panic!("{refused}") };
        assert_eq!((damage.sequence, damage.offset), (5, page(4)));
    }
    assert!(contents(folder.path()) == before && !folder.path().join("lost").exists());
}

#[test]
fn a_running_writer_is_not_repaired() {
    let folder = folder();
    let (mut opened, _) = open(folder.path(), options());
    append_small(&mut opened, 3);
    assert!(matches!(repair(folder.path(), 2), Err(JournalError::Locked { .. })));
    assert!(matches!(repair(&folder.path().join("no"), 2), Err(JournalError::Missing { .. })));
}

#[test]
fn snapshots_of_lost_records_go_to_the_lost_too() {
    let folder = folder();
    build(folder.path(), 6, Finish::Close);
    let snapshots = folder.path().join("snapshots");
    fs::create_dir(&snapshots).unwrap();
    let names = [3_u64, 4, 6].map(|sequence| format!("{sequence:020}.snapshot"));
    names.iter().for_each(|name| fs::write(snapshots.join(name), name).unwrap());
    let report = repair(folder.path(), 4).unwrap();
    let kept: Vec<bool> = names.iter().map(|name| snapshots.join(name).exists()).collect();
    assert_eq!(kept, [true, false, false]);
    assert_eq!(
        fs::read_to_string(report.lost.join("snapshots").join(&names[2])).unwrap(),
        names[2]
    );
}

#[test]
fn a_trimmed_journal_is_repaired_as_long_as_a_frame_is_left() {
    let folder = folder();
    let frames = build(folder.path(), COUNT, Finish::Crash);
    let mut reader = JournalReader::open(folder.path()).unwrap();
    let mut bookmarks = Vec::new();
    while let Some(frame) = reader.next_frame().unwrap() {
        bookmarks.push(frame.bookmark());
    }
    let first = bookmarks[usize::try_from(FRAMES_PER_SEGMENT).unwrap()];
    let trimmed = trim(folder.path(), &first).unwrap();
    assert_eq!((trimmed.segments, trimmed.bytes), (1, SEGMENT_BYTES));
    flip_bit(&segment(folder.path(), 3), page(1) + 300, 0);
    let lost_from = 2 * FRAMES_PER_SEGMENT + 2;
    let refused = repair(folder.path(), FRAMES_PER_SEGMENT + 1);
    assert!(matches!(refused, Err(JournalError::Trimmed { .. })), "{refused:?}");
    let report = repair(folder.path(), lost_from).unwrap();
    assert_eq!(report.last_sequence, lost_from - 1);
    let (_, found) = open_from(folder.path(), options(), Some(&first));
    let (kept, end) = (FRAMES_PER_SEGMENT + 1, lost_from - 1);
    assert_eq!(found, frames[usize::try_from(kept).unwrap()..usize::try_from(end).unwrap()]);
}

#[test]
fn pages_that_cannot_be_read_can_be_given_up() {
    let folder = folder();
    let frames = build(folder.path(), COUNT, Finish::Seal);
    let faults = Faults::new();
    faults.break_pages(&segment(folder.path(), 2), page(3) + 512..page(3) + 1024);
    let storage = Arc::new(FaultStorage::new(&faults));
    let lost_from = FRAMES_PER_SEGMENT + 4;
    let refused = repair_with(folder.path(), lost_from + 1, storage.clone()).unwrap_err();
    assert!(matches!(refused, JournalError::Read { .. }), "{refused}");
    let report = repair_with(folder.path(), lost_from, storage).unwrap();
    assert_eq!((report.last_sequence, report.unreadable_bytes), (lost_from - 1, PAGE_BYTES));
    assert_eq!(report.frames, COUNT - lost_from, "of the unreadable one nothing is known");
    let (_, found) = open(folder.path(), options());
    assert_eq!(found, frames[..usize::try_from(lost_from - 1).unwrap()]);
}

/// Fails each call of a repair in turn, for ever: the next start refuses as before or finds the
/// journal whole, and repeating the repair ends in the same state.
#[test]
fn a_repair_survives_a_failure_of_each_of_its_calls() {
    let lost_from = FRAMES_PER_SEGMENT + 3;
    let calls = [
        DiskCall::WritePages,
        DiskCall::SyncPages,
        DiskCall::File,
        DiskCall::Open,
        DiskCall::Folder,
        DiskCall::Zero,
    ];
    let whole = folder();
    build(whole.path(), COUNT, Finish::Seal);
    flip_bit(&segment(whole.path(), 2), page(2) + 300, 0);
    for nth in 1.. {
        let folder = folder();
        copy_folder(whole.path(), folder.path());
        let faults = Faults::new();
        faults.fail(&calls, DiskWhen::From(nth), DiskError::Device);
        let storage = Arc::new(FaultStorage::new(&faults));
        let done = repair_with(folder.path(), lost_from, storage);
        if let Ok(report) = done {
            assert_eq!(report.last_sequence, lost_from - 1);
            assert!(nth > 20, "only {nth} calls were tried");
            break;
        }
        match verify(folder.path()) {
            Ok(report) => {
                assert_eq!(report.records, lost_from - 1, "call {nth}");
                let mut reader = JournalReader::open(folder.path()).unwrap();
                while reader.next_frame().unwrap().is_some() {}
                assert_eq!(reader.term(), 2, "call {nth}: a new history needs a new term");
            }
            Err(JournalError::Damage(damage)) => assert_eq!(damage.sequence, lost_from),
            Err(other) => panic!("call {nth}: {other}"),
        }
        match repair(folder.path(), lost_from) {
            Ok(_) | Err(JournalError::NothingToGiveUp { .. }) => {}
            Err(other) => panic!("call {nth}: {other}"),
        }
        assert_eq!(verify(folder.path()).unwrap().records, lost_from - 1, "call {nth}");
    }
}
