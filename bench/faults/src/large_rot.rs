//! Random bit flips in a journal of many segments, each judged where it struck.
//!
//! A walk begins behind the frame before the flip, so that a journal of a gigabyte can be damaged
//! millions of times: what lies before is not touched by the flip, and what lies behind is not
//! reached by a walk that was refused.

use std::path::Path;

use gantry_journal::{Bookmark, JournalError, JournalReader, WritePath};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::bit_rot::{Answer, Ending, FOLDER, Specimen, Tally, change};
use crate::judge::{Case, Violation};
use crate::memory::MemoryStorage;

const SEGMENT_BYTES: u64 = 64 * 1024 * 1024;

/// A journal of many segments in memory, and a bookmark behind each of its frames.
pub struct Large {
    specimen: Specimen,
    bookmarks: Vec<Bookmark>,
    segments: u64,
}

impl Large {
    /// A journal of so many segments of 64 MiB, the last half full.
    #[must_use]
    pub fn grow(seed: u64, segments: u64) -> Self {
        let case = Case { segment_bytes: SEGMENT_BYTES, ..Case::new(seed, WritePath::Mapped) };
        let specimen = Specimen::of_segments(case, Ending::Crashed, segments);
        // The segment that stands ready is read whole at each end of a walk: without it that is
        // quick, and it holds nothing.
        specimen.storage.take(&Specimen::segment(segments + 1));
        let mut bookmarks = Vec::new();
        let storage = Box::new(specimen.storage.clone());
        let mut reader = JournalReader::open_with(Path::new(FOLDER), storage).unwrap();
        while reader.next_frame().unwrap().is_some() {
            bookmarks.push(reader.bookmark().unwrap());
        }
        Self { specimen, bookmarks, segments }
    }

    /// Its length in bytes, as far as it is written.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.specimen.places.iter().map(|(_, _, bytes)| bytes).sum()
    }

    /// Flips bits, one at a time.
    pub fn flip(&self, seed: u64, flips: u64) -> Result<Tally, Violation> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut tally = Tally::default();
        for _ in 0..flips {
            let segment = random.random_range(1..=self.segments);
            let offset = random.random_range(0..self.end_of(segment));
            let mask = 1_u8 << random.random_range(0..8);
            let path = Specimen::segment(segment);
            let byte = usize::try_from(offset).unwrap();
            change(&self.specimen.storage, &path, |bytes| bytes[byte] ^= mask);
            let answer = self.judge(segment, offset);
            change(&self.specimen.storage, &path, |bytes| bytes[byte] ^= mask);
            tally.count(answer.map_err(|violation| {
                Violation(format!("segment {segment}, byte {offset}, bits {mask:#x}: {violation}"))
            })?);
        }
        Ok(tally)
    }

    /// Where the frames of a segment end.
    fn end_of(&self, segment: u64) -> u64 {
        let behind = self.specimen.places.partition_point(|place| place.0 <= segment);
        let (_, start, bytes) = self.specimen.places[behind - 1];
        start + bytes
    }

    fn judge(&self, segment: u64, offset: u64) -> Result<Answer, Violation> {
        let places = &self.specimen.places;
        // The frame that was struck, or the first behind a segment's header that was.
        let struck = places.partition_point(|(number, start, bytes)| {
            (*number, start + bytes) <= (segment, offset)
        });
        let storage: Box<MemoryStorage> = Box::new(self.specimen.storage.clone());
        let directory = Path::new(FOLDER);
        let opened = match struck.checked_sub(1) {
            None => JournalReader::open_with(directory, storage),
            Some(before) => {
                JournalReader::open_at_with(directory, &self.bookmarks[before], storage)
            }
        };
        let mut reader = opened.map_err(|error| {
            Violation(format!("a walk behind an unharmed frame did not begin: {error}"))
        })?;
        match reader.next_frame().map(|view| view.map(|view| view.number)) {
            Err(JournalError::Damage(_) | JournalError::UnsupportedVersion { .. }) => {
                Ok(Answer::Refused)
            }
            Err(other) => Err(Violation(format!("not called damage: {other}"))),
            Ok(Some(number)) => Err(Violation(format!("frame {number} was taken for whole"))),
            Ok(None) if struck + 1 == places.len() && reader.tail().torn_bytes > 0 => {
                Ok(Answer::Cut)
            }
            Ok(None) => Err(Violation(format!("frame {} vanished without a word", struck + 1))),
        }
    }
}
