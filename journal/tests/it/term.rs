//! Terms rise, durably and at once: rows r34 to r36 of the recovery table.

use std::fs;

use gantry_journal::{Fault, JournalError, JournalOptions, JournalReader, PAGE_BYTES, verify};

use crate::support::{
    FRAMES_PER_SEGMENT, Finish, append_small, build, each_write_path, flip_bit, folder, open,
    options, page, segment, try_open, write_at,
};

fn with_term(term: u64) -> JournalOptions {
    JournalOptions { term: Some(term), ..options() }
}

#[test]
fn terms_only_rise() {
    let folder = folder();
    let (mut opened, _) = open(folder.path(), with_term(7));
    append_small(&mut opened, 1);
    drop(opened);
    let refused = try_open(folder.path(), with_term(6));
    assert!(matches!(refused, Err(JournalError::TermBehind { journal: 7, given: 6 })));
    let (opened, _) = open(folder.path(), options());
    assert_eq!(opened.journal.term(), 7);
}

#[test]
fn r34_term_of_a_seal_is_taken_over() {
    each_write_path(|options| {
        for finish in [Finish::Crash, Finish::Seal, Finish::Close] {
            let folder = folder();
            let frames = build(folder.path(), 3, finish);
            let higher = JournalOptions { term: Some(4), ..options.clone() };
            drop(open(folder.path(), higher));
            assert_eq!(verify(folder.path()).unwrap().records, 3);
            let (mut opened, found) = open(folder.path(), options.clone());
            assert_eq!((opened.journal.term(), found), (4, frames));
            assert_eq!(opened.recovery.cut_bytes, 0);
            append_small(&mut opened, 1);
            drop(opened);
            let mut reader = JournalReader::open(folder.path()).unwrap();
            let mut terms = Vec::new();
            while let Some(frame) = reader.next_frame().unwrap() {
                terms.push(frame.term);
            }
            assert_eq!(terms, [1, 1, 1, 4]);
        }
    });
}

#[test]
fn a_new_term_finds_room_behind_a_full_segment_however_often_it_rises() {
    let folder = folder();
    let frames = build(folder.path(), FRAMES_PER_SEGMENT, Finish::Close);
    for term in 2..40 {
        let (opened, found) = open(folder.path(), with_term(term));
        assert_eq!(found.len(), frames.len());
        opened.journal.close().unwrap();
        assert_eq!(open(folder.path(), options()).0.journal.term(), term);
    }
    let (mut opened, _) = open(folder.path(), options());
    append_small(&mut opened, FRAMES_PER_SEGMENT);
    drop(opened);
    assert_eq!(verify(folder.path()).unwrap().records, 2 * FRAMES_PER_SEGMENT);
}

#[test]
fn a_term_survives_in_a_journal_without_frames() {
    let folder = folder();
    drop(open(folder.path(), with_term(9)));
    assert_eq!(open(folder.path(), options()).0.journal.term(), 9);
    drop(open(folder.path(), with_term(10)));
    let (mut opened, found) = open(folder.path(), options());
    assert_eq!((opened.journal.term(), found.len()), (10, 0));
    append_small(&mut opened, 1);
    drop(opened);
    assert_eq!(verify(folder.path()).unwrap().records, 1);
}

#[test]
fn r35_torn_seal_of_a_new_term_is_cut() {
    let folder = folder();
    build(folder.path(), 3, Finish::Crash);
    drop(open(folder.path(), with_term(5)));
    flip_bit(&segment(folder.path(), 1), page(3) + 40, 0);
    let (opened, found) = open(folder.path(), options());
    assert_eq!((opened.journal.term(), found.len()), (1, 3), "nobody was told of the term");
    assert_eq!(opened.recovery.cut_bytes, PAGE_BYTES);
}

#[test]
fn r36_page_of_an_older_term_behind_a_newer_one_is_refused() {
    // A writer of term 1 that was replaced went on: its seal lands behind that of term 2.
    let (ours, theirs) = (folder(), folder());
    build(ours.path(), 3, Finish::Seal);
    let older = fs::read(segment(ours.path(), 1)).unwrap();
    build(theirs.path(), 3, Finish::Crash);
    drop(open(theirs.path(), with_term(2)));
    let term_seal = fs::read(segment(theirs.path(), 1)).unwrap();
    let at = usize::try_from(page(3)).unwrap();
    assert_ne!(older[at..at + 4096], term_seal[at..at + 4096]);
    // The older seal was written one page further on.
    drop(open(ours.path(), with_term(1)));
    let (opened, _) = open(ours.path(), options());
    opened.journal.close().unwrap();
    let stop = fs::read(segment(ours.path(), 1)).unwrap();
    write_at(&segment(theirs.path(), 1), page(4), &stop[at + 4096..at + 8192]);
    let refused = verify(theirs.path()).unwrap_err();
    let JournalError::Damage(damage) = refused else { panic!("{refused}") };
    assert_eq!(damage.fault, Fault::OutOfOrder { frame: 3, sequence: 4 });
}
