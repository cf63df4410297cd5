//! Reading beside a running writer, from a read-only folder, and of what is not a journal.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use gantry_journal::{Fault, JournalError, JournalReader, TailReport, verify};

use crate::support::{
    FRAMES_PER_SEGMENT, Finish, append_small, build, each_write_path, flip_bit, folder, open,
    options, page, prepare, segment,
};

fn read_all(reader: &mut JournalReader) -> u64 {
    let mut last = 0;
    while let Some(frame) = reader.next_frame().unwrap() {
        assert!(last == 0 || frame.number == last + 1);
        last = frame.number;
    }
    last
}

#[test]
fn beside_a_writer_only_what_later_pages_call_durable_is_shown() {
    each_write_path(|options| {
        let folder = folder();
        let (mut opened, _) = open(folder.path(), options);
        append_small(&mut opened, 3);
        let mut reader = JournalReader::open(folder.path()).unwrap();
        assert!(reader.writer_running());
        assert_eq!(read_all(&mut reader), 2, "nothing says yet that frame 3 is durable");
        assert!(reader.tail().writer_running);
        opened.journal.seal().unwrap();
        assert_eq!(read_all(&mut reader), 3);
        append_small(&mut opened, 1);
        assert_eq!(read_all(&mut reader), 0, "nothing new");
        append_small(&mut opened, 1);
        assert_eq!(read_all(&mut reader), 4);
        drop(opened);
        assert_eq!(read_all(&mut reader), 5, "without a writer every valid frame counts");
        assert_eq!(reader.tail(), TailReport::default());
    });
}

#[test]
fn a_reader_follows_the_writer_over_rolls() {
    each_write_path(|options| {
        let folder = folder();
        let (mut opened, _) = open(folder.path(), options);
        let mut reader = JournalReader::open(folder.path()).unwrap();
        assert_eq!(read_all(&mut reader), 0);
        for written in 1..=3 * FRAMES_PER_SEGMENT {
            append_small(&mut opened, 1);
            prepare(&mut opened.preparer).unwrap();
            let shown = read_all(&mut reader);
            assert_eq!(shown, written - 1);
        }
        opened.journal.close().unwrap();
        assert_eq!(read_all(&mut reader), 3 * FRAMES_PER_SEGMENT);
        assert!(reader.tail().clean_stop);
    });
}

#[test]
fn a_reader_notices_a_writer_that_starts_later() {
    let folder = folder();
    build(folder.path(), 2, Finish::Close);
    let mut reader = JournalReader::open(folder.path()).unwrap();
    assert!(!reader.writer_running());
    assert_eq!(read_all(&mut reader), 2);
    let (mut opened, _) = open(folder.path(), options());
    append_small(&mut opened, 2);
    assert_eq!(read_all(&mut reader), 3);
    assert!(reader.writer_running());
}

#[test]
fn a_reader_in_another_thread_sees_a_prefix_at_all_times() {
    let folder = folder();
    let (mut opened, _) = open(folder.path(), options());
    let path = folder.path().to_path_buf();
    let total = 6 * FRAMES_PER_SEGMENT;
    let follower = std::thread::spawn(move || {
        let mut reader = JournalReader::open(&path).unwrap();
        let mut shown = 0;
        while shown < total {
            while let Some(frame) = reader.next_frame().unwrap() {
                shown += 1;
                assert_eq!(frame.number, shown);
                let fill = u8::try_from((frame.first_sequence - 1) % 251).unwrap() + 1;
                assert!(frame.payload.iter().all(|byte| *byte == fill));
            }
            std::thread::yield_now();
        }
        shown
    });
    append_small(&mut opened, total);
    opened.journal.seal().unwrap();
    assert_eq!(follower.join().unwrap(), total);
}

#[test]
fn damage_is_found_beside_a_writer() {
    let folder = folder();
    let (mut opened, _) = open(folder.path(), options());
    append_small(&mut opened, 6);
    for offset in [10, 300] {
        flip_bit(&segment(folder.path(), 1), page(2) + offset, 0);
        let mut reader = JournalReader::open(folder.path()).unwrap();
        let found = loop {
            match reader.next_frame() {
                Ok(frame) => assert!(frame.is_some(), "damage was taken for the end"),
                Err(error) => break error,
            }
        };
        let JournalError::Damage(damage) = found else { panic!("{found}") };
        assert_eq!((damage.offset, damage.frame), (page(2), 3));
        flip_bit(&segment(folder.path(), 1), page(2) + offset, 0);
    }
}

#[test]
fn a_reader_changes_nothing_and_needs_no_right_to_write() {
    let folder = folder();
    build(folder.path(), 4, Finish::Crash);
    flip_bit(&segment(folder.path(), 1), page(3) + 300, 0);
    fs::remove_file(folder.path().join("LOCK")).unwrap();
    let before = fs::read(segment(folder.path(), 1)).unwrap();
    for name in ["segments", "pool", "."] {
        let mode = fs::Permissions::from_mode(0o555);
        fs::set_permissions(folder.path().join(name), mode).unwrap();
    }
    let report = verify(folder.path()).unwrap();
    assert_eq!((report.records, report.tail.torn_bytes), (3, 4096));
    assert!(!report.tail.is_clean());
    assert_eq!(fs::read(segment(folder.path(), 1)).unwrap(), before);
    assert!(!folder.path().join("LOCK").exists());
    for name in [".", "segments", "pool"] {
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(folder.path().join(name), mode).unwrap();
    }
}

#[test]
fn a_missing_folder_and_a_foreign_folder_are_told_apart() {
    let folder = folder();
    let missing = JournalReader::open(&folder.path().join("nowhere"));
    assert!(matches!(missing, Err(JournalError::Missing { .. })));
    fs::write(folder.path().join("letter.txt"), b"dear").unwrap();
    let foreign = JournalReader::open(folder.path());
    assert!(matches!(foreign, Err(JournalError::NotAJournal { .. })));
}

#[test]
fn a_reader_of_an_empty_journal_ends_at_once() {
    let folder = folder();
    drop(open(folder.path(), options()));
    let report = verify(folder.path()).unwrap();
    assert_eq!((report.frames, report.first_sequence, report.last_sequence), (0, 0, 0));
    assert!(report.tail.is_clean());
    assert!(
        !matches!(verify(folder.path()), Err(JournalError::Damage(d)) if d.fault == Fault::Header)
    );
}
