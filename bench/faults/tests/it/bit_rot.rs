//! Damage to the files of a journal, in memory, each case judged frame by frame.

use std::path::Path;

use gantry_faults::bit_rot::{Ending, FOLDER, Specimen, Tally, cut_at_every_byte, flip_every_bit};
use gantry_faults::judge::{Case, Violation, append, open, prepare};
use gantry_faults::memory::MemoryStorage;
use gantry_faults::mix_up::{
    SEGMENTS, foreign_segments, mix_up_segments, stale_end_beside_a_bookmark, stale_pages,
    stale_segments,
};
use gantry_journal::{FileStorage, WritePath};

const THREADS: u64 = 2;
const SEGMENT_BYTES: u64 = 64 * 1024;

/// Prints what was found, or fails with the violation.
fn expect(name: &str, tally: Result<Tally, Violation>) -> Tally {
    let tally = tally.unwrap_or_else(|violation| panic!("{violation}"));
    println!("{name}: {tally:?}");
    tally
}

fn case(seed: u64) -> Case {
    Case::new(seed, WritePath::Mapped)
}

#[test]
fn every_bit_of_a_journal_flipped_is_refused_cut_or_harmless() {
    let specimen = Specimen::one_segment(case(1), Ending::Crashed);
    let tally = expect("crashed", flip_every_bit(&specimen, 0..SEGMENT_BYTES, THREADS));
    assert_eq!(tally.total(), 524_288);
    let last = specimen.places.last().unwrap();
    assert!(tally.cut <= 8 * last.2, "more was cut than the last frame has bits");
    assert!(tally.refused > 8 * 8 * 4096 && tally.cut > 0 && tally.harmless > 0, "{tally:?}");
}

#[test]
fn a_seal_makes_every_flip_in_the_last_frame_a_refusal() {
    for ending in [Ending::Sealed, Ending::Stopped] {
        let specimen = Specimen::one_segment(case(2), ending);
        let &(_, start, bytes) = specimen.places.last().unwrap();
        let tally = expect("sealed", flip_every_bit(&specimen, start..start + bytes, THREADS));
        assert_eq!((tally.refused, tally.total()), (8 * bytes, 8 * bytes));
    }
}

#[test]
fn a_segment_cut_at_any_byte_is_refused() {
    let specimen = Specimen::of_segments(case(3), Ending::Crashed, 2);
    for number in 1..=2 {
        let tally = expect("cut", cut_at_every_byte(&specimen, number, THREADS));
        assert_eq!((tally.refused, tally.total()), (SEGMENT_BYTES, SEGMENT_BYTES));
    }
    // The one that stands ready holds nothing that could be lost.
    let tally = expect("ready", cut_at_every_byte(&specimen, 3, THREADS));
    assert_eq!((tally.cut, tally.total()), (0, SEGMENT_BYTES));
}

#[test]
fn segments_missing_swapped_or_duplicated_are_refused() {
    for ending in Ending::ALL {
        let specimen = Specimen::of_segments(case(4), ending, SEGMENTS);
        let tally = expect("mixed up", mix_up_segments(&specimen));
        // Only the segment that stands ready, which is all zeros, may be missing.
        assert_eq!((tally.harmless, tally.cut), (1, 0), "{ending:?}");
    }
}

#[test]
fn segments_of_another_journal_are_refused() {
    let specimen = Specimen::of_segments(case(5), Ending::Crashed, SEGMENTS);
    let tally = expect("foreign", foreign_segments(&specimen));
    assert_eq!(tally.refused, SEGMENTS);
}

#[test]
fn segments_and_pages_from_an_earlier_time_are_refused() {
    let specimen = Specimen::of_segments(case(6), Ending::Sealed, SEGMENTS);
    let tally = expect("stale segments", stale_segments(&specimen));
    assert!(tally.refused > 10 && tally.total() == tally.refused, "{tally:?}");
    let tally = expect("stale end", stale_end_beside_a_bookmark(&specimen));
    assert!(tally.refused > 0 && tally.total() == tally.refused, "{tally:?}");
    let tally = expect("stale pages", stale_pages(&specimen));
    // The seal alone may go: every frame before it is whole.
    assert_eq!((tally.harmless, tally.cut), (1, 0));
}

#[test]
fn both_write_paths_leave_the_same_files() {
    let specimen = Specimen::of_segments(case(7), Ending::Crashed, 2);
    for write_path in [WritePath::Mapped, WritePath::Direct] {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let case = Case::new(7, write_path);
        let storage = Box::new(FileStorage::new());
        let (mut opened, _) = open(folder.path(), case.options(), storage).unwrap();
        for frame in &specimen.frames {
            prepare(&mut opened.preparer).unwrap();
            append(&mut opened.journal, frame).unwrap();
        }
        drop(opened);
        let written = MemoryStorage::load(folder.path());
        for number in 1..=2 {
            let path = Specimen::segment(number);
            let inside = path.strip_prefix(Path::new(FOLDER)).unwrap();
            let found = written.get(&folder.path().join(inside));
            assert_eq!(found, specimen.storage.get(&path), "{write_path:?}, segment {number}");
        }
    }
}
