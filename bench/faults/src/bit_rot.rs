//! Bit rot: damaged files in memory, recovered and judged frame by frame.
//!
//! A damage is well answered if recovery **refuses**, **cuts** the last frame where no seal stands
//! behind it (docs/FORMAT.md says why one copy cannot do better there), or finds every frame
//! unharmed. A frame that is missing or different without a word is a violation.

use std::ops::{AddAssign, Range};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gantry_journal::{Journal, JournalError};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::history::Frame;
use crate::judge::{Case, Violation, append, open, prepare};
use crate::memory::{Bytes, MemoryStorage};

/// The folder that all journals in memory live in.
pub const FOLDER: &str = "/journal";

/// How a journal ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// As after a crash: the last frame has no seal behind it.
    Crashed,
    /// With a seal.
    Sealed,
    /// With a seal and a clean stop.
    Stopped,
}

impl Ending {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Crashed, Self::Sealed, Self::Stopped];
}

/// A whole journal, and what it holds.
#[derive(Clone, Debug)]
pub struct Specimen {
    /// What it was made of.
    pub case: Case,
    /// How it ends.
    pub ending: Ending,
    /// Its files.
    pub storage: MemoryStorage,
    /// Its frames.
    pub frames: Vec<Frame>,
    /// Where each begins, segment and offset, and its length in the file.
    pub places: Vec<(u64, u64, u64)>,
}

impl Specimen {
    /// The journal of a case with the frames of `keep`, called before each with the number of
    /// segments so far and the bytes left in the last.
    #[must_use]
    pub fn grow(case: Case, ending: Ending, mut keep: impl FnMut(u64, u64) -> bool) -> Self {
        let storage = MemoryStorage::default();
        let directory = Path::new(FOLDER);
        let boxed = Box::new(storage.clone());
        let (mut opened, _) = open(directory, case.options(), boxed).unwrap();
        let mut frames = Vec::new();
        for frame in case.history() {
            let stats = opened.journal.stats();
            if !keep(stats.segments_used, opened.journal.segment_remaining_bytes()) {
                break;
            }
            prepare(&mut opened.preparer).unwrap();
            append(&mut opened.journal, &frame).unwrap();
            frames.push(frame);
        }
        prepare(&mut opened.preparer).unwrap();
        match ending {
            Ending::Crashed => {}
            Ending::Sealed => assert!(opened.journal.seal().unwrap()),
            Ending::Stopped => {
                opened.journal.seal().unwrap();
                opened.journal.close().unwrap();
            }
        }
        let places = places(&storage, &case);
        assert_eq!(places.len(), frames.len());
        Self { case, ending, storage, frames, places }
    }

    /// A journal that fills one segment with many frames: that of the first seed from `seed` on
    /// whose history does so.
    #[must_use]
    pub fn one_segment(mut case: Case, ending: Ending) -> Self {
        loop {
            // As many frames as go in before the roll.
            let rolled = Self::grow(case, ending, |segments, _| segments < 2);
            let count = rolled.places.iter().filter(|(segment, ..)| *segment == 1).count();
            let pages: u64 = rolled.places[..count].iter().map(|(_, _, bytes)| bytes / 4096).sum();
            if count >= 8 && pages >= 12 {
                let mut left = count;
                return Self::grow(case, ending, |_, _| {
                    left = left.saturating_sub(1);
                    left > 0
                });
            }
            case.seed += 1;
        }
    }

    /// A journal of `segments` segments, the last about half full.
    #[must_use]
    pub fn of_segments(case: Case, ending: Ending, segments: u64) -> Self {
        Self::grow(case, ending, move |used, left| used < segments || left > case.segment_bytes / 2)
    }

    /// Path of a segment.
    #[must_use]
    pub fn segment(number: u64) -> PathBuf {
        Path::new(FOLDER).join(format!("segments/{number:020}.segment"))
    }

    /// Recovers `damaged`, a fork of this storage with damage in it.
    pub fn judge(&self, damaged: &MemoryStorage, what: &Damaged<'_>) -> Result<Answer, Violation> {
        let before = what.segment.filter(|path| damaged.has(path)).map(|path| damaged.get(path));
        let mut found = 0;
        let mut differs = None;
        let boxed = Box::new(damaged.clone());
        let opened =
            Journal::open(Path::new(FOLDER), self.case.options(), boxed, None, &mut |view| {
                let same = self.frames.get(found).is_some_and(|frame| frame.is(&view));
                if !same && differs.is_none() {
                    differs = Some(view.number);
                }
                found += 1;
                Ok(())
            });
        if let Some(number) = differs {
            return Err(self.violation(what, &format!("frame {number} came out changed")));
        }
        match opened {
            Err(
                JournalError::Damage(_)
                | JournalError::UnsupportedVersion { .. }
                | JournalError::Trimmed { .. },
            ) => {
                let unchanged = what
                    .segment
                    .zip(before)
                    .is_none_or(|(path, before)| Arc::ptr_eq(&damaged.get(path), &before));
                let wrong = || self.violation(what, "it was refused, and yet changed");
                if unchanged { Ok(Answer::Refused) } else { Err(wrong()) }
            }
            Err(other) => Err(self.violation(what, &format!("not called damage: {other}"))),
            Ok(_) if found == self.frames.len() && what.in_frame.is_none() => Ok(Answer::Harmless),
            Ok(_) if found == self.frames.len() => {
                Err(self.violation(what, "a damaged frame was taken for whole"))
            }
            Ok(opened) if self.may_cut(found, what) && opened.recovery.cut_bytes > 0 => {
                Ok(Answer::Cut)
            }
            Ok(_) => {
                let lost = format!("{found} of {} frames, and no word", self.frames.len());
                Err(self.violation(what, &lost))
            }
        }
    }

    /// Only the last frame, only without a seal behind it, only if it is what was damaged.
    fn may_cut(&self, found: usize, what: &Damaged<'_>) -> bool {
        self.ending == Ending::Crashed
            && found + 1 == self.frames.len()
            && what.in_frame == Some(found)
    }

    /// Index of the frame that has the byte at `offset` of segment `number`.
    #[must_use]
    pub fn frame_at(&self, number: u64, offset: u64) -> Option<usize> {
        self.places.iter().position(|&(segment, start, bytes)| {
            segment == number && (start..start + bytes).contains(&offset)
        })
    }

    fn violation(&self, what: &Damaged<'_>, text: &str) -> Violation {
        let (case, ending, name) = (&self.case, self.ending, &what.name);
        Violation(format!("{case:?}, {ending:?}, {name}: {text}"))
    }
}

/// A damage, for the judge and for messages.
#[derive(Debug)]
pub struct Damaged<'a> {
    /// What was done.
    pub name: String,
    /// The file it was done to, which a refusal must leave as it is.
    pub segment: Option<&'a Path>,
    /// The frame that it was done to.
    pub in_frame: Option<usize>,
}

/// How recovery answered a damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It refused and changed nothing.
    Refused,
    /// It cut the last frame, which had no seal.
    Cut,
    /// Every frame is there as it was.
    Harmless,
}

/// How often each answer was given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Refused.
    pub refused: u64,
    /// Cut.
    pub cut: u64,
    /// Harmless.
    pub harmless: u64,
}

impl Tally {
    /// Counts one answer.
    pub fn count(&mut self, answer: Answer) {
        match answer {
            Answer::Refused => self.refused += 1,
            Answer::Cut => self.cut += 1,
            Answer::Harmless => self.harmless += 1,
        }
    }

    /// All answers.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.refused + self.cut + self.harmless
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.refused += other.refused;
        self.cut += other.cut;
        self.harmless += other.harmless;
    }
}

/// Flips every bit of these bytes of segment 1, one at a time, on `threads` threads.
pub fn flip_every_bit(
    specimen: &Specimen,
    range: Range<u64>,
    threads: u64,
) -> Result<Tally, Violation> {
    let length = range.end - range.start;
    let at = |part| range.start + length * part / threads;
    on_threads((0..threads).map(|part| at(part)..at(part + 1)), |part| {
        sum(part.map(|offset| flip_byte(specimen, offset)))
    })
}

/// Works off each part on a thread of its own.
fn on_threads<Part: Send>(
    parts: impl Iterator<Item = Part>,
    work: impl Fn(Part) -> Result<Tally, Violation> + Sync,
) -> Result<Tally, Violation> {
    let work = &work;
    std::thread::scope(|scope| {
        let running: Vec<_> = parts.map(|part| scope.spawn(move || work(part))).collect();
        sum(running.into_iter().map(|thread| thread.join().unwrap()))
    })
}

fn sum(parts: impl Iterator<Item = Result<Tally, Violation>>) -> Result<Tally, Violation> {
    let mut all = Tally::default();
    for part in parts {
        all += part?;
    }
    Ok(all)
}

fn flip_byte(specimen: &Specimen, offset: u64) -> Result<Tally, Violation> {
    let mut tally = Tally::default();
    for bit in 0..8 {
        tally.count(flip_bit(specimen, offset, bit)?);
    }
    Ok(tally)
}

fn flip_bit(specimen: &Specimen, offset: u64, bit: u32) -> Result<Answer, Violation> {
    let path = Specimen::segment(1);
    let damaged = specimen.storage.fork();
    change(&damaged, &path, |bytes| bytes[usize::try_from(offset).unwrap()] ^= 1 << bit);
    let what = Damaged {
        name: format!("bit {bit} of byte {offset} flipped"),
        segment: Some(&path),
        in_frame: specimen.frame_at(1, offset),
    };
    specimen.judge(&damaged, &what)
}

/// Flips bits anywhere in segment 1, each in a fresh copy, until one is not answered well: how many
/// were, and the violation; none if all of `flips` were.
pub fn flip_at_random(specimen: &Specimen, seed: u64, flips: u64) -> (u64, Option<Violation>) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let bytes = specimen.storage.get(&Specimen::segment(1)).len() as u64;
    for count in 0..flips {
        let (offset, bit) = (random.random_range(0..bytes), random.random_range(0..8));
        if let Err(violation) = flip_bit(specimen, offset, bit) {
            return (count, Some(violation));
        }
    }
    (flips, None)
}

/// Cuts the file of segment `number` at every byte, on `threads` threads.
pub fn cut_at_every_byte(
    specimen: &Specimen,
    number: u64,
    threads: u64,
) -> Result<Tally, Violation> {
    let path = Specimen::segment(number);
    let length = specimen.storage.get(&path).len();
    let threads = usize::try_from(threads).unwrap();
    on_threads(0..threads, |thread| {
        sum((0..length).skip(thread).step_by(threads).map(|length| {
            let damaged = specimen.storage.fork();
            change(&damaged, &path, |bytes| bytes.truncate(length));
            let name = format!("segment {number} cut to {length} bytes");
            let what = Damaged { name, segment: Some(&path), in_frame: None };
            let mut tally = Tally::default();
            tally.count(specimen.judge(&damaged, &what)?);
            Ok(tally)
        }))
    })
}

/// Changes the bytes of a file.
pub fn change(storage: &MemoryStorage, path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes: Bytes = storage.take(path);
    change(Arc::make_mut(&mut bytes));
    storage.put(path, bytes);
}

fn places(storage: &MemoryStorage, case: &Case) -> Vec<(u64, u64, u64)> {
    let mut places = Vec::new();
    let fork = Box::new(storage.fork());
    Journal::open(Path::new(FOLDER), case.options(), fork, None, &mut |view| {
        let bytes = (256 + view.payload.len() as u64).next_multiple_of(4096);
        places.push((view.segment, view.offset, bytes));
        Ok(())
    })
    .unwrap();
    places
}
