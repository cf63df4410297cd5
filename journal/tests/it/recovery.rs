//! The recovery table of `docs/FORMAT.md`: one test per row, of its name.

use std::fs;
use std::path::Path;

use gantry_journal::{Fault, JournalError, JournalOptions, PAGE_BYTES, verify};

use crate::support::{
    FRAMES_PER_SEGMENT, Finish, Frame, SEGMENT_BYTES, append, append_small, build, build_with,
    contents, each_write_path, flip_bit, folder, open, options, page, segment, try_open, write_at,
};

/// What opening must make of a folder.
enum Verdict {
    /// Accepted with this many records, after cutting this many bytes.
    Accepted { records: u64, cut_bytes: u64 },
    /// Refused with this fault, and nothing changed.
    Refused(Fault),
}

/// Builds a journal of one-page frames, damages it, opens it twice; on both write paths.
fn check(count: u64, finish: Finish, damage: impl Fn(&Path), verdict: &Verdict) {
    each_write_path(|options| {
        let folder = folder();
        let frames = build_with(folder.path(), count, finish, options.clone());
        damage(folder.path());
        check_verdict(folder.path(), &frames, &options, verdict);
    });
}

fn check_verdict(folder: &Path, frames: &[Frame], options: &JournalOptions, verdict: &Verdict) {
    match verdict {
        Verdict::Accepted { records, cut_bytes } => {
            let report = verify(folder).unwrap();
            assert_eq!((report.records, report.tail.torn_bytes), (*records, *cut_bytes));
            let (mut opened, found) = open(folder, options.clone());
            let kept = usize::try_from(*records).unwrap();
            assert_eq!(found, frames[..kept]);
            assert_eq!(opened.recovery.cut_bytes, *cut_bytes);
            assert_eq!(opened.recovery.last_sequence, *records);
            // Recovering again finds nothing left to do, and the journal goes on.
            let next = append(&mut opened, 1, b"next");
            drop(opened);
            let (opened, found) = open(folder, options.clone());
            assert_eq!(found[..kept], frames[..kept]);
            assert_eq!(found[kept..], [next]);
            assert_eq!(opened.recovery.cut_bytes, 0);
        }
        Verdict::Refused(fault) => {
            let before = contents(folder);
            for refused in [
                verify(folder).map(|_| ()),
                try_open(folder, options.clone()).map(|_| ()),
                try_open(folder, options.clone()).map(|_| ()),
            ] {
                match refused {
                    Err(JournalError::Damage(found)) => assert_eq!(found.fault, *fault),
                    other => panic!("not refused as damage: {other:?}"),
                }
            }
            assert!(contents(folder) == before, "a refusal changed the folder");
        }
    }
}

fn accepted(records: u64, cut_bytes: u64) -> Verdict {
    Verdict::Accepted { records, cut_bytes }
}

const ZERO_PAGE: [u8; 4096] = [0; 4096];

#[test]
fn r01_clean_end() {
    for finish in [Finish::Crash, Finish::Seal, Finish::Close] {
        check(3, finish, |_| {}, &accepted(3, 0));
    }
}

#[test]
fn r02_torn_header_is_cut() {
    let tear = |path: &Path| write_at(&segment(path, 1), page(2) + 100, &[0; 3996]);
    check(3, Finish::Crash, tear, &accepted(2, PAGE_BYTES));
}

#[test]
fn r03_torn_payload_is_cut() {
    let tear = |path: &Path| flip_bit(&segment(path, 1), page(2) + 300, 0);
    check(3, Finish::Crash, tear, &accepted(2, PAGE_BYTES));
}

#[test]
fn r04_torn_padding_is_cut() {
    let tear = |path: &Path| flip_bit(&segment(path, 1), page(2) + 4095, 7);
    check(3, Finish::Crash, tear, &accepted(2, PAGE_BYTES));
}

#[test]
fn r05_first_page_of_a_torn_frame_missing_is_cut() {
    // Write-back in another order: later pages arrived, the first did not.
    let tear = |path: &Path| write_at(&segment(path, 1), page(4), &[0xab; 4096]);
    check(3, Finish::Crash, tear, &accepted(3, 2 * PAGE_BYTES));
}

#[test]
fn r06_torn_seal_is_cut() {
    for finish in [Finish::Seal, Finish::Close] {
        let tear = |path: &Path| flip_bit(&segment(path, 1), page(3) + 50, 1);
        check(3, finish, tear, &accepted(3, PAGE_BYTES));
    }
}

#[test]
fn r07_bad_frame_with_a_frame_behind_it_is_refused() {
    let damage = |path: &Path| flip_bit(&segment(path, 1), page(1) + 20, 3);
    let fault = Fault::DurableAfter { at: page(2), durable_frame: 3 };
    check(4, Finish::Crash, damage, &Verdict::Refused(fault));
}

#[test]
fn r08_bad_last_frame_with_a_seal_behind_it_is_refused() {
    for finish in [Finish::Seal, Finish::Close] {
        for offset in [0, 130, 280, 4000] {
            let damage = |path: &Path| flip_bit(&segment(path, 1), page(2) + offset, 3);
            let fault = Fault::DurableAfter { at: page(3), durable_frame: 3 };
            check(3, finish, damage, &Verdict::Refused(fault));
        }
    }
}

#[test]
fn r09_zeroed_frame_with_a_frame_behind_it_is_refused() {
    let damage = |path: &Path| write_at(&segment(path, 1), page(1), &ZERO_PAGE);
    let fault = Fault::DurableAfter { at: page(2), durable_frame: 3 };
    check(3, Finish::Crash, damage, &Verdict::Refused(fault));
}

#[test]
fn r10_data_behind_a_frame_with_a_whole_header_is_refused() {
    let damage = |path: &Path| {
        flip_bit(&segment(path, 1), page(2) + 300, 0);
        write_at(&segment(path, 1), page(3), &[0xcd; 100]);
    };
    check(3, Finish::Crash, damage, &Verdict::Refused(Fault::DataAfter { at: page(3) }));
}

#[test]
fn r11_data_beyond_one_frame_length_is_refused() {
    let folder = folder();
    let large = JournalOptions { segment_bytes: 4 * 1024 * 1024, ..options() };
    let (mut opened, _) = open(folder.path(), large.clone());
    append_small(&mut opened, 2);
    drop(opened);
    let torn_at = page(2);
    let inside = torn_at + 960 * 1024 - PAGE_BYTES;
    write_at(&segment(folder.path(), 1), inside, &[1]);
    assert_eq!(verify(folder.path()).unwrap().tail.torn_bytes, 960 * 1024);
    let beyond = torn_at + 960 * 1024;
    write_at(&segment(folder.path(), 1), beyond, &[1]);
    let refused = try_open(folder.path(), large);
    let Err(JournalError::Damage(damage)) = refused else { panic!("not refused") };
    assert_eq!(damage.fault, Fault::DataAfter { at: beyond });
    assert_eq!((damage.offset, damage.frame, damage.sequence), (torn_at, 3, 3));
}

#[test]
fn r12_bad_frame_before_a_begun_segment_is_refused() {
    let damage = |path: &Path| flip_bit(&segment(path, 1), page(12) + 300, 0);
    let count = FRAMES_PER_SEGMENT + 1;
    check(count, Finish::Crash, damage, &Verdict::Refused(Fault::Payload));
}

#[test]
fn r13_zeroed_frame_before_a_begun_segment_is_refused() {
    let damage = |path: &Path| write_at(&segment(path, 1), page(12), &ZERO_PAGE);
    let count = FRAMES_PER_SEGMENT + 1;
    let fault = Fault::FramesLost { next_frame: FRAMES_PER_SEGMENT + 1 };
    check(count, Finish::Crash, damage, &Verdict::Refused(fault));
}

#[test]
fn r14_missing_segment_is_refused() {
    let damage = |path: &Path| fs::remove_file(segment(path, 2)).unwrap();
    let count = 2 * FRAMES_PER_SEGMENT + 1;
    check(count, Finish::Crash, damage, &Verdict::Refused(Fault::SegmentMissing { number: 2 }));
}

#[test]
fn r15_prepared_segment_not_begun_is_accepted() {
    let look = |path: &Path| assert!(segment(path, 2).exists());
    check(FRAMES_PER_SEGMENT, Finish::Crash, look, &accepted(FRAMES_PER_SEGMENT, 0));
    check(2, Finish::Crash, look, &accepted(2, 0));
}

#[test]
fn r16_torn_segment_header_is_cut() {
    let tear = |path: &Path| write_at(&segment(path, 2), 0, &[0x11; 200]);
    let records = FRAMES_PER_SEGMENT;
    check(records, Finish::Crash, tear, &accepted(records, PAGE_BYTES));
    check(0, Finish::Crash, |path| write_at(&segment(path, 1), 9, &[1]), &accepted(0, PAGE_BYTES));
}

#[test]
fn r17_segment_header_without_frames_is_accepted() {
    let tear = |path: &Path| write_at(&segment(path, 2), page(0), &ZERO_PAGE);
    check(FRAMES_PER_SEGMENT + 1, Finish::Crash, tear, &accepted(FRAMES_PER_SEGMENT, 0));
}

#[test]
fn r18_torn_first_frame_of_a_segment_is_cut() {
    let tear = |path: &Path| flip_bit(&segment(path, 2), page(0) + 256, 0);
    check(FRAMES_PER_SEGMENT + 1, Finish::Crash, tear, &accepted(FRAMES_PER_SEGMENT, PAGE_BYTES));
}

#[test]
fn r19_bad_segment_header_before_data_is_refused() {
    for offset in [0, 60, 250, 4000] {
        let damage = |path: &Path| flip_bit(&segment(path, 2), offset, 0);
        let count = FRAMES_PER_SEGMENT + 1;
        check(count, Finish::Crash, damage, &Verdict::Refused(Fault::SegmentHeader));
    }
    let damage = |path: &Path| write_at(&segment(path, 2), 0, &ZERO_PAGE);
    let count = FRAMES_PER_SEGMENT + 1;
    check(count, Finish::Crash, damage, &Verdict::Refused(Fault::SegmentHeader));
}

#[test]
fn r20_torn_frame_and_torn_roll_together_are_refused() {
    // The roll begins only after the last frame of the old segment was synced.
    let damage = |path: &Path| {
        flip_bit(&segment(path, 1), page(12) + 300, 0);
        write_at(&segment(path, 2), 0, &[0x11; 200]);
    };
    check(FRAMES_PER_SEGMENT, Finish::Crash, damage, &Verdict::Refused(Fault::Payload));
}

#[test]
fn r21_segment_of_another_length_is_refused() {
    let shorten = |path: &Path| {
        let file = fs::OpenOptions::new().write(true).open(segment(path, 1)).unwrap();
        file.set_len(SEGMENT_BYTES - PAGE_BYTES).unwrap();
    };
    let fault = Fault::SegmentLength { found: SEGMENT_BYTES - PAGE_BYTES, expected: SEGMENT_BYTES };
    check(3, Finish::Crash, shorten, &Verdict::Refused(fault));
}

#[test]
fn r22_misplaced_or_repeated_page_is_refused() {
    let repeat = |path: &Path| {
        let bytes = fs::read(segment(path, 1)).unwrap();
        write_at(&segment(path, 1), page(3), &bytes[4096 * 3..4096 * 4]);
    };
    let fault = Fault::Misplaced { segment: 1, offset: page(2) };
    check(3, Finish::Crash, repeat, &Verdict::Refused(fault));
}

#[test]
fn r23_page_of_another_journal_is_refused() {
    let other = folder();
    let (mut opened, _) = open(other.path(), JournalOptions { new_instance_id: 5, ..options() });
    append_small(&mut opened, 3);
    drop(opened);
    let bytes = fs::read(segment(other.path(), 1)).unwrap();
    let swap = |path: &Path| write_at(&segment(path, 1), page(2), &bytes[4096 * 3..4096 * 4]);
    check(3, Finish::Crash, swap, &Verdict::Refused(Fault::Foreign));
    let swap = |path: &Path| write_at(&segment(path, 1), 0, &bytes);
    check(3, Finish::Crash, swap, &Verdict::Refused(Fault::Foreign));
}

#[test]
fn r24_half_made_spares_are_thrown_away() {
    let folder = folder();
    let frames = build(folder.path(), 2, Finish::Crash);
    let partial = folder.path().join("pool/00000000000000000009.partial");
    fs::write(&partial, b"half").unwrap();
    let dirty = folder.path().join("pool/00000000000000000010.zero");
    let mut bytes = vec![0; usize::try_from(SEGMENT_BYTES).unwrap()];
    bytes[4000] = 1;
    fs::write(&dirty, &bytes).unwrap();
    let (mut opened, found) = open(folder.path(), options());
    assert_eq!(found, frames);
    assert!(!partial.exists());
    append_small(&mut opened, 4 * FRAMES_PER_SEGMENT);
    assert!(!dirty.exists());
    drop(opened);
    assert_eq!(verify(folder.path()).unwrap().records, 2 + 4 * FRAMES_PER_SEGMENT);
}

#[test]
fn r25_bad_instance_file_is_refused() {
    let damage = |path: &Path| flip_bit(&path.join("gantry.instance"), 40, 0);
    check(1, Finish::Crash, damage, &Verdict::Refused(Fault::InstanceFile));
}

#[test]
fn r26_frame_of_another_history_is_refused() {
    // A copy of this journal went on by itself: same instance, same place, another past.
    let other = folder();
    let (mut opened, _) = open(other.path(), options());
    append(&mut opened, 1, b"another past");
    append_small(&mut opened, 1);
    drop(opened);
    let bytes = fs::read(segment(other.path(), 1)).unwrap();
    let swap = |path: &Path| write_at(&segment(path, 1), page(1), &bytes[4096 * 2..4096 * 3]);
    check(2, Finish::Crash, swap, &Verdict::Refused(Fault::Chain));
}

/// Cuts the last frame after each of its bytes, as a torn write may.
#[test]
fn a_cut_after_every_byte_of_the_last_frame_keeps_all_frames_before() {
    let folder = folder();
    let (mut opened, _) = open(folder.path(), options());
    append_small(&mut opened, 2);
    append(&mut opened, 1, &[0x5a; 5000]);
    drop(opened);
    let path = segment(folder.path(), 1);
    let whole = fs::read(&path).unwrap();
    let start = usize::try_from(page(2)).unwrap();
    let end = start + 256 + 5000;
    for cut in (start..end).rev() {
        write_at(&path, cut as u64, &[0]);
        let report = verify(folder.path()).unwrap();
        assert_eq!(report.records, 2, "cut at {}", cut - start);
        let torn_pages = (cut - start).div_ceil(4096) as u64;
        assert_eq!(report.tail.torn_bytes, torn_pages * PAGE_BYTES, "cut at {}", cut - start);
    }
    for cut in [end - 1, start + 4097, start + 4096, start + 300, start + 1] {
        write_at(&path, 0, &whole);
        write_at(&path, cut as u64, &vec![0; start + 8192 - cut]);
        let (opened, found) = open(folder.path(), options());
        assert_eq!(found.len(), 2);
        assert!(opened.recovery.cut_bytes > 0);
        drop(opened);
        assert_eq!(open(folder.path(), options()).0.recovery.cut_bytes, 0);
    }
}

/// Flips bits all over a sealed journal: no frame ever goes missing in silence.
#[test]
fn a_flipped_bit_is_refused_or_harms_no_frame() {
    let folder = folder();
    let count = FRAMES_PER_SEGMENT + 3;
    build(folder.path(), count, Finish::Seal);
    let mut refused = 0;
    for number in [1, 2] {
        let path = segment(folder.path(), number);
        for offset in (0..SEGMENT_BYTES).step_by(7) {
            let bit = u32::try_from(offset % 8).unwrap();
            flip_bit(&path, offset, bit);
            match verify(folder.path()) {
                Ok(report) => {
                    assert_eq!(report.records, count, "segment {number}, offset {offset}");
                    assert!(report.tail.torn_bytes > 0, "segment {number}, offset {offset}");
                    // Only behind the last frame of the last segment.
                    assert!(number == 2 && offset >= page(3), "segment {number}, {offset}");
                }
                Err(JournalError::Damage(_)) => refused += 1,
                Err(other) => panic!("{other}"),
            }
            flip_bit(&path, offset, bit);
        }
    }
    // All of segment 1; of segment 2 the header and three frames.
    assert!(refused > (SEGMENT_BYTES + page(2)) / 7);
    assert_eq!(verify(folder.path()).unwrap().records, count);
}

#[test]
fn the_error_names_file_offset_frame_sequence_and_remedy() {
    let folder = folder();
    build(folder.path(), 5, Finish::Crash);
    flip_bit(&segment(folder.path(), 1), page(3) + 300, 0);
    let message = verify(folder.path()).unwrap_err().to_string();
    for part in ["00000000000000000001.segment", "offset 16384", "frame 4", "sequence 4", "restore"]
    {
        assert!(message.contains(part), "{part} is not in: {message}");
    }
}
