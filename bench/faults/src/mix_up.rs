//! Whole files in the wrong place or from the wrong time: segments missing, swapped, duplicated,
//! stale or foreign, pages restored from an earlier time.

use std::path::Path;

use gantry_journal::{Journal, JournalError, JournalOptions, JournalReader, PAGE_BYTES};

use crate::bit_rot::{Damaged, Ending, FOLDER, Specimen, Tally, change};
use crate::judge::{INSTANCE, Violation, append, open, prepare};
use crate::memory::MemoryStorage;

/// Segments that hold frames, the last of them half full; one more stands ready behind them.
pub const SEGMENTS: u64 = 4;

/// Removes, swaps and duplicates segments; every one of these must be refused.
///
/// One case is left out, because one copy of a journal cannot tell it from the truth: zeros in place
/// of the last segment are what stood there before the roll. See [`stale_segments`].
pub fn mix_up_segments(specimen: &Specimen) -> Result<Tally, Violation> {
    let mut tally = Tally::default();
    let ready = SEGMENTS + 1;
    assert!(specimen.storage.has(&Specimen::segment(ready)), "a segment stands ready");
    for one in 1..=ready {
        let path = Specimen::segment(one);
        let damaged = specimen.storage.fork();
        damaged.take(&path);
        let name = format!("segment {one} missing");
        tally.count(specimen.judge(&damaged, &whole(name))?);
        for other in (1..=ready).filter(|other| *other != one) {
            let other_path = Specimen::segment(other);
            let copied = specimen.storage.fork();
            copied.put(&path, copied.get(&other_path));
            let name = format!("segment {one} overwritten with {other}");
            if (one, other) != (SEGMENTS, ready) {
                tally.count(specimen.judge(&copied, &whole(name))?);
            }
            let swapped = specimen.storage.fork();
            swapped.put(&path, specimen.storage.get(&other_path));
            swapped.put(&other_path, specimen.storage.get(&path));
            let name = format!("segments {one} and {other} swapped");
            tally.count(specimen.judge(&swapped, &whole(name))?);
        }
    }
    Ok(tally)
}

/// Puts segments of a journal with another id in their place.
pub fn foreign_segments(specimen: &Specimen) -> Result<Tally, Violation> {
    let options = JournalOptions { new_instance_id: INSTANCE + 1, ..specimen.case.options() };
    let foreign = MemoryStorage::default();
    let directory = Path::new(FOLDER);
    let (mut opened, _) = open(directory, options, Box::new(foreign.clone())).unwrap();
    for frame in &specimen.frames {
        prepare(&mut opened.preparer).unwrap();
        append(&mut opened.journal, frame).unwrap();
    }
    let mut tally = Tally::default();
    for number in 1..=SEGMENTS {
        let path = Specimen::segment(number);
        let damaged = specimen.storage.fork();
        damaged.put(&path, foreign.get(&path));
        let name = format!("segment {number} of another journal");
        tally.count(specimen.judge(&damaged, &whole(name))?);
    }
    Ok(tally)
}

/// Restores whole segments to what they were at an earlier time, all but the last one.
///
/// The last one is the limit of a single copy: an older copy of it *is* a journal that was once
/// right. What finds it is a witness outside of the segment: see [`stale_end_beside_a_bookmark`].
pub fn stale_segments(specimen: &Specimen) -> Result<Tally, Violation> {
    let mut tally = Tally::default();
    for earlier in 1..specimen.frames.len() {
        let before = grown_to(specimen, earlier);
        for number in 1..SEGMENTS {
            let path = Specimen::segment(number);
            if !before.has(&path) || before.get(&path) == specimen.storage.get(&path) {
                continue;
            }
            let damaged = specimen.storage.fork();
            damaged.put(&path, before.get(&path));
            let name = format!("segment {number} as it was after frame {earlier}");
            tally.count(specimen.judge(&damaged, &whole(name))?);
        }
    }
    Ok(tally)
}

/// Restores the last segment to what it was before each of its frames, and opens from a bookmark
/// behind the last frame, as a snapshot holds one; each must be refused.
pub fn stale_end_beside_a_bookmark(specimen: &Specimen) -> Result<Tally, Violation> {
    let directory = Path::new(FOLDER);
    let fork = Box::new(specimen.storage.fork());
    let mut reader = JournalReader::open_with(directory, fork).unwrap();
    while reader.next_frame().unwrap().is_some() {}
    let bookmark = reader.bookmark().unwrap();
    let path = Specimen::segment(SEGMENTS);
    let first = specimen.places.iter().position(|(segment, ..)| *segment == SEGMENTS).unwrap();
    let mut tally = Tally::default();
    for earlier in first..specimen.frames.len() {
        let before = grown_to(specimen, earlier);
        let damaged = specimen.storage.fork();
        damaged.put(&path, before.get(&path));
        let options = specimen.case.options();
        let boxed = Box::new(damaged);
        match Journal::open(directory, options, boxed, Some(&bookmark), &mut |_| Ok(())) {
            Err(JournalError::BookmarkLost { .. } | JournalError::Damage(_)) => tally.refused += 1,
            other => {
                let text = format!("the end as of frame {earlier} was taken: {other:?}");
                return Err(Violation(text));
            }
        }
    }
    Ok(tally)
}

/// Restores single pages to what they were after each earlier frame.
pub fn stale_pages(specimen: &Specimen) -> Result<Tally, Violation> {
    let mut tally = Tally::default();
    for number in 1..=SEGMENTS {
        let path = Specimen::segment(number);
        let now = specimen.storage.get(&path);
        for (page, bytes) in now.chunks(usize::try_from(PAGE_BYTES).unwrap()).enumerate() {
            if bytes.iter().all(|byte| *byte == 0) {
                continue;
            }
            // A page is written once, so the only other state it ever had is zero.
            let damaged = specimen.storage.fork();
            let start = page * bytes.len();
            change(&damaged, &path, |bytes| bytes[start..][..4096].fill(0));
            let what = Damaged {
                name: format!("page {page} of segment {number} as it was before its write"),
                segment: Some(&path),
                in_frame: specimen.frame_at(number, start as u64),
            };
            tally.count(specimen.judge(&damaged, &what)?);
        }
    }
    Ok(tally)
}

/// Files of the same journal after its first `count` frames.
fn grown_to(specimen: &Specimen, count: usize) -> MemoryStorage {
    let mut left = count + 1;
    let grown = Specimen::grow(specimen.case, Ending::Crashed, |_, _| {
        left -= 1;
        left > 0
    });
    grown.storage
}

fn whole(name: String) -> Damaged<'static> {
    Damaged { name, segment: None, in_frame: None }
}
