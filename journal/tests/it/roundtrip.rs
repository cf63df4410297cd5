//! What was appended is there again, on both write paths.

use gantry_journal::{
    FRAME_BYTES_MAX, FrameBuffer, FrameFacts, Journal, JournalError, JournalOptions,
    PAYLOAD_BYTES_MAX, verify,
};

use crate::support::{
    FRAMES_PER_SEGMENT, INSTANCE, append, append_small, each_write_path, folder, open, options,
    prepare, segment, try_open,
};

#[test]
fn frames_survive_reopening_in_order() {
    each_write_path(|options| {
        let folder = folder();
        let (mut opened, found) = open(folder.path(), options.clone());
        assert!(opened.recovery.created);
        assert!(found.is_empty());
        let mut expected = vec![
            append(&mut opened, 3, b"three records"),
            append(&mut opened, 1, &[0; 1]),
            append(&mut opened, 70, &[0xee; 20_000]),
        ];
        drop(opened);
        let (mut opened, found) = open(folder.path(), options.clone());
        assert_eq!(found, expected);
        assert_eq!(opened.recovery.last_sequence, 74);
        assert_eq!(opened.recovery.instance_id, INSTANCE);
        assert!(!opened.recovery.clean_stop);
        expected.push(append(&mut opened, 2, b"after the restart"));
        opened.journal.close().unwrap();
        let (opened, found) = open(folder.path(), options);
        assert_eq!(found, expected);
        assert!(opened.recovery.clean_stop);
        assert_eq!(opened.recovery.cut_bytes, 0);
    });
}

#[test]
fn rolls_over_many_segments() {
    each_write_path(|options| {
        let folder = folder();
        let (mut opened, _) = open(folder.path(), options.clone());
        let expected = append_small(&mut opened, 5 * FRAMES_PER_SEGMENT + 2);
        let stats = opened.journal.stats();
        assert_eq!(stats.segments_used, 6);
        assert_eq!(stats.frames, 5 * FRAMES_PER_SEGMENT + 2);
        assert_eq!(stats.syncs, stats.frames + 6);
        assert_eq!(stats.frame_bytes, stats.frames * 4096);
        assert_eq!(stats.payload_bytes, stats.frames * 300);
        drop(opened);
        let (opened, found) = open(folder.path(), options);
        assert_eq!(found, expected);
        assert_eq!(opened.recovery.segments, 6);
    });
}

#[test]
fn a_frame_may_fill_all_that_the_format_allows() {
    each_write_path(|options| {
        let folder = folder();
        let options = JournalOptions { segment_bytes: 2 * 1024 * 1024, ..options };
        let (mut opened, _) = open(folder.path(), options.clone());
        assert_eq!(opened.journal.payload_bytes_max(), PAYLOAD_BYTES_MAX);
        let expected = vec![
            append(&mut opened, 9, &vec![1; PAYLOAD_BYTES_MAX]),
            append(&mut opened, 9, &vec![2; PAYLOAD_BYTES_MAX]),
            append(&mut opened, 9, &vec![3; PAYLOAD_BYTES_MAX]),
        ];
        assert_eq!(opened.journal.stats().frame_bytes, 3 * FRAME_BYTES_MAX as u64);
        drop(opened);
        assert_eq!(open(folder.path(), options).1, expected);
    });
}

#[test]
fn append_without_a_ready_segment_changes_nothing() {
    let folder = folder();
    let (mut opened, _) = open(folder.path(), options());
    let mut buffer = FrameBuffer::new(10);
    buffer.extend_from_slice(b"waits");
    let facts = FrameFacts { first_sequence: 1, record_count: 1, time_ns: 5, previous_sync_us: 0 };
    let refused = opened.journal.append(&mut buffer, facts);
    assert!(matches!(refused, Err(JournalError::NoSegmentReady)));
    assert_eq!(opened.journal.last_sequence(), 0);
    assert!(!opened.journal.is_poisoned());
    prepare(&mut opened.preparer).unwrap();
    let appended = opened.journal.append(&mut buffer, facts).unwrap();
    assert_eq!((appended.frame_number, appended.durable_sequence), (1, 1));
}

#[test]
fn one_seal_per_idle_period() {
    let folder = folder();
    let (mut opened, _) = open(folder.path(), options());
    assert!(!opened.journal.seal().unwrap(), "nothing to seal");
    append_small(&mut opened, 2);
    assert!(opened.journal.seal().unwrap());
    assert!(!opened.journal.seal().unwrap());
    append_small(&mut opened, 1);
    assert!(opened.journal.seal().unwrap());
    drop(opened);
    let (mut opened, found) = open(folder.path(), options());
    assert_eq!(found.len(), 3);
    assert!(!opened.journal.seal().unwrap(), "the seal is still the last page");
}

#[test]
fn seal_and_clean_stop_fit_behind_the_last_frame_of_a_full_segment() {
    let folder = folder();
    let (mut opened, _) = open(folder.path(), options());
    append_small(&mut opened, FRAMES_PER_SEGMENT);
    assert_eq!(opened.journal.segment_remaining_bytes(), 0);
    assert!(opened.journal.seal().unwrap());
    opened.journal.close().unwrap();
    for _ in 0..3 {
        let (opened, found) = open(folder.path(), options());
        assert_eq!(found.len() as u64, FRAMES_PER_SEGMENT);
        assert!(opened.recovery.clean_stop);
        opened.journal.close().unwrap();
    }
    let (mut opened, _) = open(folder.path(), options());
    append_small(&mut opened, 1);
    assert!(segment(folder.path(), 2).exists());
}

#[test]
fn spares_are_kept_and_reused() {
    let folder = folder();
    let (mut opened, _) = open(folder.path(), JournalOptions { segments_spare: 3, ..options() });
    prepare(&mut opened.preparer).unwrap();
    assert_eq!(opened.journal.stats().segments_spare, 3);
    append_small(&mut opened, 1);
    assert_eq!(opened.journal.stats().segments_spare, 2);
    drop(opened);
    let spares = || std::fs::read_dir(folder.path().join("pool")).unwrap().count();
    assert_eq!(spares(), 2);
    let (mut opened, _) = open(folder.path(), options());
    prepare(&mut opened.preparer).unwrap();
    assert_eq!(opened.journal.stats().segments_spare, 2);
    assert_eq!(spares(), 1, "one lies ready in segments");
}

#[test]
fn a_closed_journal_stops_its_preparer() {
    let folder = folder();
    let (opened, _) = open(folder.path(), options());
    let mut preparer = opened.preparer;
    opened.journal.close().unwrap();
    prepare(&mut preparer).unwrap();
    assert_eq!(std::fs::read_dir(folder.path().join("pool")).unwrap().count(), 0);
}

#[test]
fn verify_counts_what_was_written() {
    let folder = folder();
    let (mut opened, _) = open(folder.path(), options());
    append(&mut opened, 4, &[1; 5000]);
    append_small(&mut opened, FRAMES_PER_SEGMENT);
    opened.journal.close().unwrap();
    let report = verify(folder.path()).unwrap();
    assert_eq!(report.frames, 1 + FRAMES_PER_SEGMENT);
    assert_eq!(report.records, 4 + FRAMES_PER_SEGMENT);
    assert_eq!((report.first_sequence, report.last_sequence), (1, 4 + FRAMES_PER_SEGMENT));
    assert_eq!(report.payload_bytes, 5000 + 300 * FRAMES_PER_SEGMENT);
    assert_eq!(report.bytes, 8192 + 4096 * FRAMES_PER_SEGMENT);
    assert_eq!(report.segments, 2);
    assert!(report.tail.clean_stop && report.tail.is_clean());
}

#[test]
#[should_panic(expected = "a gap in the sequence")]
fn a_gap_in_the_sequence_is_a_bug() {
    let folder = folder();
    let (mut opened, _) = open(folder.path(), options());
    let mut buffer = FrameBuffer::new(10);
    buffer.extend_from_slice(b"late");
    let facts = FrameFacts { first_sequence: 2, record_count: 1, time_ns: 0, previous_sync_us: 0 };
    let _ = opened.journal.append(&mut buffer, facts);
}

#[test]
fn options_are_checked_before_the_disk_is_touched() {
    let folder = folder();
    let directory = folder.path().join("new");
    for wrong in [
        JournalOptions { segment_bytes: 60 * 1024, ..options() },
        JournalOptions { segment_bytes: 64 * 1024 + 1, ..options() },
        JournalOptions { segments_spare: 0, ..options() },
        JournalOptions { term: Some(0), ..options() },
    ] {
        let refused = try_open(&directory, wrong);
        assert!(matches!(refused, Err(JournalError::Options(_))));
    }
    assert!(!directory.exists());
}

#[test]
fn the_visitor_can_stop_the_opening() {
    let folder = folder();
    let (mut opened, _) = open(folder.path(), options());
    append_small(&mut opened, 2);
    drop(opened);
    let storage = Box::new(gantry_journal::FileStorage::new());
    let refused =
        Journal::open(folder.path(), options(), storage, None, &mut |view| match view.number {
            2 => Err("not this one".into()),
            _ => Ok(()),
        });
    assert!(matches!(refused, Err(JournalError::Visit { frame_number: 2, .. })));
}
