//! Compressed segments: rows r37 to r39 of the recovery table, and what tools make of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gantry_journal::{
    DiskCall, DiskError, DiskWhen, FaultStorage, Faults, JournalError, JournalReader, backup,
    compress_next, compress_next_with, inspect, repair, restore, trim, verify,
};

use crate::support::{
    FRAMES_PER_SEGMENT, Finish, Frame, SEGMENT_BYTES, append_small, build, copy_folder,
    each_write_path, flip_bit, folder, open, open_from, options, page, segment,
};

/// Five segments; compressing leaves the last two alone.
const COUNT: u64 = 4 * FRAMES_PER_SEGMENT + 2;
const COMPRESSED: u64 = 3;

fn compressed(directory: &Path, number: u64) -> PathBuf {
    directory.join(format!("segments/{number:020}.segment.lz4"))
}

fn compress_all(directory: &Path) -> u64 {
    let mut count = 0;
    while let Some(done) = compress_next(directory).unwrap() {
        count += 1;
        assert_eq!((done.number, done.bytes), (count, SEGMENT_BYTES));
        let found = fs::metadata(compressed(directory, count)).unwrap().len();
        assert!(found == done.compressed_bytes && found < SEGMENT_BYTES / 4, "{found} bytes");
        assert!(!segment(directory, count).exists());
    }
    count
}

fn built(directory: &Path) -> Vec<Frame> {
    let frames = build(directory, COUNT, Finish::Crash);
    assert_eq!(compress_all(directory), COMPRESSED);
    frames
}

#[test]
fn r37_compressed_segments_are_read_as_plain_ones() {
    each_write_path(|options| {
        let folder = folder();
        let frames = built(folder.path());
        assert_eq!(verify(folder.path()).unwrap().records, COUNT);
        let (mut opened, found) = open(folder.path(), options.clone());
        assert_eq!(found, frames);
        let more = append_small(&mut opened, FRAMES_PER_SEGMENT);
        drop(opened);
        assert_eq!(compress_next(folder.path()).unwrap().unwrap().number, COMPRESSED + 1);
        assert_eq!(open(folder.path(), options).1, [frames, more].concat());
        let segments = inspect(folder.path()).unwrap().segments;
        assert!(segments[0].stored_bytes < segments[0].bytes);
        assert_eq!(segments[5].stored_bytes, segments[5].bytes);
    });
}

#[test]
fn compressing_beside_a_writer_and_a_reader_disturbs_neither() {
    let folder = folder();
    let (mut opened, _) = open(folder.path(), options());
    append_small(&mut opened, COUNT);
    let mut reader = JournalReader::open(folder.path()).unwrap();
    for _ in 0..3 {
        reader.next_frame().unwrap().unwrap();
    }
    assert_eq!(compress_all(folder.path()), COMPRESSED);
    let mut last = 3;
    while let Some(frame) = reader.next_frame().unwrap() {
        last += 1;
        assert_eq!(frame.number, last);
    }
    assert_eq!(last, COUNT - 1);
    append_small(&mut opened, 1);
    assert_eq!(reader.next_frame().unwrap().unwrap().number, COUNT);
}

#[test]
fn a_bookmark_may_stand_in_a_compressed_segment() {
    let folder = folder();
    let frames = built(folder.path());
    let mut reader = JournalReader::open(folder.path()).unwrap();
    let kept = FRAMES_PER_SEGMENT + 4;
    while reader.next_frame().unwrap().unwrap().number < kept {}
    let bookmark = reader.bookmark().unwrap();
    assert_eq!(trim(folder.path(), &bookmark).unwrap().segments, 1);
    assert!(!compressed(folder.path(), 1).exists());
    let (_, found) = open_from(folder.path(), options(), Some(&bookmark));
    assert_eq!(found, frames[usize::try_from(kept).unwrap()..]);
}

#[test]
fn r38_damaged_compressed_segment_is_refused() {
    let folder = folder();
    built(folder.path());
    let path = compressed(folder.path(), 2);
    let whole = fs::read(&path).unwrap();
    let mut refused = 0;
    for at in (0..whole.len() as u64).step_by(3) {
        flip_bit(&path, at, u32::try_from(at % 8).unwrap());
        match verify(folder.path()) {
            // Many ways lead to a run of zeros.
            Ok(report) => assert_eq!(report.records, COUNT, "byte {at}"),
            Err(JournalError::Read { path: named, .. }) => {
                assert_eq!(named, path);
                refused += 1;
            }
            Err(JournalError::Damage(damage)) => {
                assert!(damage.sequence > FRAMES_PER_SEGMENT);
                refused += 1;
            }
            Err(other) => panic!("{other}"),
        }
        fs::write(&path, &whole).unwrap();
    }
    // The rest changed a match into another of the same bytes.
    assert!(refused > whole.len() / 4, "{refused} of {}", whole.len() / 3);
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    verify(folder.path()).unwrap_err();
    fs::remove_file(&path).unwrap();
    let Err(JournalError::Damage(damage)) = verify(folder.path()) else { panic!("a gap") };
    assert_eq!(damage.sequence, FRAMES_PER_SEGMENT + 1);
}

#[test]
fn r39_half_made_compressed_segment_is_ignored() {
    let folder = folder();
    let frames = build(folder.path(), COUNT, Finish::Crash);
    fs::write(compressed(folder.path(), 1).with_extension("lz4.partial"), b"half").unwrap();
    assert_eq!(open(folder.path(), options()).1, frames);
    // Both kinds are there between the name of the one and the end of the other.
    let plain = fs::read(segment(folder.path(), 1)).unwrap();
    compress_next(folder.path()).unwrap().unwrap();
    fs::write(segment(folder.path(), 1), plain).unwrap();
    assert_eq!(open(folder.path(), options()).1, frames);
    assert_eq!(verify(folder.path()).unwrap().segments, 5);
    assert_eq!(compress_all(folder.path()), COMPRESSED);
    assert_eq!(open(folder.path(), options()).1, frames);
}

#[test]
fn a_damaged_segment_is_not_compressed() {
    let folder = folder();
    build(folder.path(), COUNT, Finish::Crash);
    flip_bit(&segment(folder.path(), 1), page(12) + 300, 0);
    assert!(matches!(compress_next(folder.path()), Err(JournalError::Damage(_))));
    assert!(segment(folder.path(), 1).exists() && !compressed(folder.path(), 1).exists());
}

#[test]
fn compressing_survives_a_failure_of_each_of_its_calls() {
    let whole = folder();
    let frames = build(whole.path(), COUNT, Finish::Crash);
    for nth in 1.. {
        let folder = folder();
        copy_folder(whole.path(), folder.path());
        let faults = Faults::new();
        faults.fail(&DiskCall::ALL, DiskWhen::From(nth), DiskError::Device);
        let done = compress_next_with(folder.path(), Arc::new(FaultStorage::new(&faults)));
        let is_done = matches!(done, Ok(Some(_)));
        assert_eq!(open(folder.path(), options()).1, frames, "call {nth}");
        if is_done {
            assert!(nth > 20, "only {nth} calls were tried");
            break;
        }
    }
}

#[test]
fn backups_keep_compressed_segments_as_they_are() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    let frames = built(&at("live"));
    backup(&at("live"), &at("copy")).unwrap();
    assert!(compressed(&at("copy"), 1).exists() && !segment(&at("copy"), 1).exists());
    restore(&at("copy"), &at("again")).unwrap();
    assert_eq!(open(&at("again"), options()).1, frames);
}

#[test]
fn a_repair_may_cut_a_compressed_segment() {
    for (sequence, damaged) in [(FRAMES_PER_SEGMENT + 5, false), (FRAMES_PER_SEGMENT + 1, true)] {
        let folder = folder();
        let frames = built(folder.path());
        let path = compressed(folder.path(), 2);
        let middle = fs::metadata(&path).unwrap().len() / 2;
        if damaged {
            flip_bit(&path, middle, 0);
        }
        let report = repair(folder.path(), sequence).unwrap();
        assert_eq!((report.last_sequence, report.term), (sequence - 1, 2));
        assert!(report.lost.join("segments/00000000000000000002.segment.lz4").exists());
        assert!(!path.exists());
        let (mut opened, found) = open(folder.path(), options());
        assert_eq!(found, frames[..usize::try_from(sequence - 1).unwrap()]);
        append_small(&mut opened, 2 * FRAMES_PER_SEGMENT);
        drop(opened);
        assert_eq!(verify(folder.path()).unwrap().records, sequence - 1 + 2 * FRAMES_PER_SEGMENT);
    }
}

#[test]
fn a_journal_may_end_with_a_compressed_segment() {
    // Its later segments were lost, or given up.
    let folder = folder();
    let frames = built(folder.path());
    for number in [4, 5, 6] {
        fs::remove_file(segment(folder.path(), number)).unwrap();
    }
    let (mut opened, found) = open(folder.path(), options());
    assert_eq!(found, frames[..usize::try_from(3 * FRAMES_PER_SEGMENT).unwrap()]);
    append_small(&mut opened, 3);
    drop(opened);
    assert_eq!(verify(folder.path()).unwrap().records, 3 * FRAMES_PER_SEGMENT + 3);
}
