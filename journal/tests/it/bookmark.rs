//! Walks that begin behind a bookmark, and journals whose beginning was trimmed: the rows r27 to
//! r33 of the recovery table, and what readers do.

use std::fs;
use std::path::Path;

use gantry_journal::{
    Bookmark, Fault, FileStorage, Journal, JournalError, JournalOptions, JournalReader, PAGE_BYTES,
    verify,
};

use crate::support::{
    FRAMES_PER_SEGMENT, Finish, Frame, append, append_small, build, contents, each_write_path,
    flip_bit, folder, open, open_from, options, page, segment, try_open, try_open_from, write_at,
};

/// The bookmark behind frame `number`.
fn bookmark_behind(directory: &Path, number: u64) -> Bookmark {
    let mut reader = JournalReader::open(directory).unwrap();
    loop {
        let frame = reader.next_frame().unwrap().expect("the frame is there");
        let (found, bookmark) = (frame.number, frame.bookmark());
        if found == number {
            assert_eq!(reader.bookmark(), Some(bookmark));
            return bookmark;
        }
    }
}

fn numbers_at(directory: &Path, bookmark: &Bookmark) -> Vec<u64> {
    let mut reader = JournalReader::open_at(directory, bookmark).unwrap();
    assert_eq!(reader.bookmark(), Some(*bookmark));
    let mut numbers = Vec::new();
    while let Some(frame) = reader.next_frame().unwrap() {
        numbers.push(frame.number);
    }
    numbers
}

/// Both a reader and recovery find the bookmark lost for this reason; nothing is changed.
fn check_lost(directory: &Path, bookmark: &Bookmark, fault: Fault) {
    let before = contents(directory);
    let reader = JournalReader::open_at(directory, bookmark).map(|_| ());
    let writer = try_open_from(directory, options(), Some(bookmark)).map(|_| ());
    for refused in [reader, writer] {
        let Err(JournalError::BookmarkLost(lost)) = refused else { panic!("{refused:?}") };
        assert_eq!(lost.fault, fault);
        let named = (lost.frame, lost.sequence);
        assert_eq!(named, (bookmark.frame_number, bookmark.last_sequence));
    }
    assert!(contents(directory) == before, "a refusal changed the folder");
}

fn remove_segments(directory: &Path, numbers: impl IntoIterator<Item = u64>) {
    for number in numbers {
        fs::remove_file(segment(directory, number)).unwrap();
    }
}

const COUNT: u64 = 3 * FRAMES_PER_SEGMENT + 2;

fn tail(frames: &[Frame], bookmark: &Bookmark) -> Vec<Frame> {
    frames.iter().filter(|frame| frame.number > bookmark.frame_number).cloned().collect()
}

#[test]
fn a_walk_from_any_bookmark_finds_exactly_what_lies_behind_it() {
    let folder = folder();
    let frames = build(folder.path(), COUNT, Finish::Crash);
    for number in 1..=COUNT {
        let bookmark = bookmark_behind(folder.path(), number);
        assert_eq!(bookmark.last_sequence, number);
        let expected: Vec<u64> = (number + 1..=COUNT).collect();
        assert_eq!(numbers_at(folder.path(), &bookmark), expected);
        let (opened, found) = open_from(folder.path(), options(), Some(&bookmark));
        assert_eq!(found, tail(&frames, &bookmark));
        assert_eq!(opened.recovery.frames, COUNT - number);
        assert_eq!(opened.recovery.last_sequence, COUNT);
    }
}

#[test]
fn a_journal_goes_on_from_a_bookmark() {
    each_write_path(|options| {
        let folder = folder();
        let (mut opened, _) = open(folder.path(), options.clone());
        let mut frames = append_small(&mut opened, COUNT);
        drop(opened);
        let bookmark = bookmark_behind(folder.path(), FRAMES_PER_SEGMENT + 3);
        let (mut opened, _) = open_from(folder.path(), options.clone(), Some(&bookmark));
        frames.extend(append_small(&mut opened, FRAMES_PER_SEGMENT));
        drop(opened);
        assert_eq!(open(folder.path(), options).1, frames);
    });
}

#[test]
fn recovery_from_a_bookmark_cuts_a_torn_tail() {
    let folder = folder();
    let frames = build(folder.path(), COUNT, Finish::Crash);
    let bookmark = bookmark_behind(folder.path(), COUNT - 1);
    flip_bit(&segment(folder.path(), 4), page(1) + 300, 0);
    let (mut opened, found) = open_from(folder.path(), options(), Some(&bookmark));
    assert_eq!((found.len(), opened.recovery.cut_bytes), (0, PAGE_BYTES));
    let next = append(&mut opened, 1, b"next");
    drop(opened);
    let kept = usize::try_from(COUNT - 1).unwrap();
    let found = open(folder.path(), options()).1;
    assert_eq!((&found[..kept], &found[kept..]), (&frames[..kept], &[next][..]));
}

#[test]
fn a_reader_follows_a_writer_from_a_bookmark() {
    each_write_path(|options| {
        let folder = folder();
        let (mut opened, _) = open(folder.path(), options);
        append_small(&mut opened, 4);
        let bookmark = bookmark_behind(folder.path(), 3);
        let mut reader = JournalReader::open_at(folder.path(), &bookmark).unwrap();
        assert!(reader.next_frame().unwrap().is_none(), "frame 4 may still be torn");
        append_small(&mut opened, 2 * FRAMES_PER_SEGMENT);
        let mut shown = 0;
        while let Some(frame) = reader.next_frame().unwrap() {
            shown += 1;
            assert_eq!(frame.number, 3 + shown);
        }
        assert_eq!(shown, 2 * FRAMES_PER_SEGMENT);
        assert_eq!(reader.bookmark().unwrap().frame_number, 3 + shown);
        assert_eq!(reader.report().first_sequence, 4);
    });
}

#[test]
fn before_the_first_frame_there_is_no_bookmark() {
    let folder = folder();
    build(folder.path(), 1, Finish::Crash);
    assert_eq!(JournalReader::open(folder.path()).unwrap().bookmark(), None);
}

#[test]
fn a_bookmark_makes_no_folder() {
    let folder = folder();
    build(folder.path(), 1, Finish::Crash);
    let bookmark = bookmark_behind(folder.path(), 1);
    let nowhere = folder.path().join("nowhere");
    let refused = try_open_from(&nowhere, options(), Some(&bookmark)).map(|_| ());
    assert!(matches!(refused, Err(JournalError::Missing { .. })));
    assert!(!nowhere.exists());
}

#[test]
fn r27_trimmed_journal_without_a_bookmark_is_refused() {
    let folder = folder();
    build(folder.path(), COUNT, Finish::Crash);
    remove_segments(folder.path(), [1, 2]);
    let first = 2 * FRAMES_PER_SEGMENT + 1;
    for refused in
        [verify(folder.path()).map(|_| ()), try_open(folder.path(), options()).map(|_| ())]
    {
        let Err(JournalError::Trimmed { first_sequence }) = refused else { panic!("{refused:?}") };
        assert_eq!(first_sequence, first);
    }
    let mut reader = JournalReader::open_trimmed(folder.path()).unwrap();
    let mut numbers = Vec::new();
    while let Some(frame) = reader.next_frame().unwrap() {
        numbers.push(frame.number);
    }
    assert_eq!(numbers, (first..=COUNT).collect::<Vec<_>>());
    let report = reader.report();
    assert_eq!((report.first_sequence, report.last_sequence, report.segments), (first, COUNT, 2));
}

#[test]
fn r28_trimmed_journal_from_a_bookmark_is_accepted() {
    each_write_path(|options| {
        let folder = folder();
        let mut opened = open(folder.path(), options.clone()).0;
        let mut frames = append_small(&mut opened, COUNT);
        drop(opened);
        let bookmark = bookmark_behind(folder.path(), 2 * FRAMES_PER_SEGMENT + 1);
        remove_segments(folder.path(), [1, 2]);
        let (mut opened, found) = open_from(folder.path(), options.clone(), Some(&bookmark));
        assert_eq!(found, tail(&frames, &bookmark));
        frames.extend(append_small(&mut opened, 2));
        opened.journal.close().unwrap();
        let (opened, found) = open_from(folder.path(), options, Some(&bookmark));
        assert_eq!(found, tail(&frames, &bookmark));
        assert!(opened.recovery.clean_stop);
    });
}

#[test]
fn a_journal_may_end_with_the_bookmarked_frame() {
    for finish in [Finish::Crash, Finish::Seal, Finish::Close] {
        let folder = folder();
        build(folder.path(), FRAMES_PER_SEGMENT + 2, finish);
        let bookmark = bookmark_behind(folder.path(), FRAMES_PER_SEGMENT + 2);
        remove_segments(folder.path(), [1]);
        let (mut opened, found) = open_from(folder.path(), options(), Some(&bookmark));
        assert!(found.is_empty());
        append_small(&mut opened, 1);
        drop(opened);
        assert_eq!(open_from(folder.path(), options(), Some(&bookmark)).1.len(), 1);
    }
}

#[test]
fn r29_missing_segment_behind_a_bookmark_is_refused() {
    let folder = folder();
    build(folder.path(), COUNT, Finish::Crash);
    let bookmark = bookmark_behind(folder.path(), 5);
    remove_segments(folder.path(), [3]);
    let mut reader = JournalReader::open_at(folder.path(), &bookmark).unwrap();
    let walked = loop {
        match reader.next_frame() {
            Ok(frame) => assert!(frame.is_some(), "the gap was taken for the end"),
            Err(error) => break error,
        }
    };
    let opened = try_open_from(folder.path(), options(), Some(&bookmark)).map(|_| ());
    for refused in [walked, opened.unwrap_err()] {
        let JournalError::Damage(damage) = refused else { panic!("{refused}") };
        assert_eq!(damage.fault, Fault::SegmentMissing { number: 3 });
    }
}

#[test]
fn r30_bookmark_of_another_journal_is_refused() {
    let (ours, theirs) = (folder(), folder());
    build(ours.path(), 3, Finish::Crash);
    let other = JournalOptions { new_instance_id: 5, ..options() };
    append_small(&mut open(theirs.path(), other).0, 3);
    let bookmark = bookmark_behind(theirs.path(), 2);
    check_lost(ours.path(), &bookmark, Fault::Foreign);
}

#[test]
fn r31_journal_cut_below_its_bookmark_is_refused() {
    let folder = folder();
    build(folder.path(), COUNT, Finish::Crash);
    let last = bookmark_behind(folder.path(), COUNT);
    write_at(&segment(folder.path(), 4), page(1), &[0; 4096]);
    check_lost(folder.path(), &last, Fault::Header);
    remove_segments(folder.path(), [4]);
    check_lost(folder.path(), &last, Fault::SegmentMissing { number: 4 });
}

#[test]
fn r32_bookmarked_frame_of_another_history_is_refused() {
    // Two copies of one journal went on, each by itself: same instance, same place.
    let (ours, theirs) = (folder(), folder());
    build(ours.path(), 3, Finish::Crash);
    let (mut opened, _) = open(theirs.path(), options());
    append_small(&mut opened, 2);
    append(&mut opened, 1, b"another present");
    drop(opened);
    let bookmark = bookmark_behind(theirs.path(), 3);
    check_lost(ours.path(), &bookmark, Fault::Chain);
    // The frame is the same and the bookmark is not: it would go on with a wrong sequence.
    let bookmark = Bookmark { last_sequence: 7, ..bookmark_behind(ours.path(), 3) };
    check_lost(ours.path(), &bookmark, Fault::OutOfOrder { frame: 3, sequence: 3 });
    let bookmark = Bookmark { offset: page(1), ..bookmark_behind(ours.path(), 3) };
    check_lost(ours.path(), &bookmark, Fault::Chain);
    for offset in [0, page(2) + 1, 1 << 40] {
        let bookmark = Bookmark { offset, ..bookmark_behind(ours.path(), 3) };
        check_lost(ours.path(), &bookmark, Fault::Header);
    }
}

#[test]
fn r33_damaged_bookmarked_frame_is_refused() {
    let folder = folder();
    build(folder.path(), 3, Finish::Crash);
    let bookmark = bookmark_behind(folder.path(), 3);
    for (offset, fault) in [(300, Fault::Payload), (4000, Fault::Padding), (50, Fault::Header)] {
        flip_bit(&segment(folder.path(), 1), page(2) + offset, 0);
        check_lost(folder.path(), &bookmark, fault);
        flip_bit(&segment(folder.path(), 1), page(2) + offset, 0);
    }
    flip_bit(&segment(folder.path(), 1), 60, 0);
    check_lost(folder.path(), &bookmark, Fault::SegmentHeader);
}

#[test]
fn a_visitor_of_a_walk_from_a_bookmark_can_refuse_too() {
    let folder = folder();
    build(folder.path(), 3, Finish::Crash);
    let bookmark = bookmark_behind(folder.path(), 1);
    let storage = Box::new(FileStorage::new());
    let visit = &mut |_: gantry_journal::FrameView<'_>| Err("no".into());
    let refused = Journal::open(folder.path(), options(), storage, Some(&bookmark), visit);
    assert!(matches!(refused, Err(JournalError::Visit { frame_number: 2, .. })));
}
