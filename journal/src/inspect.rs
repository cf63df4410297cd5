//! What a journal looks like from outside: its segments, its batches, its syncs.

use std::path::Path;

use crate::disk::FileStorage;
use crate::error::JournalError;
use crate::layout::FrameHeader;
use crate::reader::{JournalReader, TailReport};
use crate::storage::Storage;

/// One segment, as far as it was walked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SegmentFacts {
    /// Its number.
    pub number: u64,
    /// Its length.
    pub bytes: u64,
    /// Length of its file, which is shorter if it is compressed.
    pub stored_bytes: u64,
    /// Bytes in use: header, frames, seals and clean stops.
    pub used_bytes: u64,
    /// Its frames.
    pub frames: u64,
    /// Their records.
    pub records: u64,
    /// Sequence of its first record; 0 if there is none.
    pub first_sequence: u64,
    /// Sequence of its last record; 0 if there is none.
    pub last_sequence: u64,
    /// Time of its first frame; 0 if there is none.
    pub first_time_ns: u64,
    /// Time of its last frame; 0 if there is none.
    pub last_time_ns: u64,
    /// Seals and clean stops.
    pub seals: u64,
    /// Term of its last page.
    pub term: u64,
}

impl SegmentFacts {
    pub(crate) fn take_frame(&mut self, header: &FrameHeader) {
        let first_sequence = header.first_sequence.get();
        if self.frames == 0 {
            self.first_sequence = first_sequence;
            self.first_time_ns = header.time_ns.get();
        }
        self.frames += 1;
        self.records += u64::from(header.record_count.get());
        self.last_sequence = first_sequence + u64::from(header.record_count.get()) - 1;
        self.last_time_ns = header.time_ns.get();
        self.used_bytes += header.frame_bytes();
        self.term = header.term.get();
    }
}

/// How often each size came, in classes that double: 1, 2 to 3, 4 to 7, and so on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Histogram {
    counts: [u64; 64],
    /// Values counted.
    pub count: u64,
    /// Their sum.
    pub sum: u64,
    /// The largest.
    pub max: u64,
}

/// One class of a [`Histogram`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistogramClass {
    /// Smallest value of the class.
    pub from: u64,
    /// Largest value of the class.
    pub to: u64,
    /// Values counted in it.
    pub count: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: [0; 64], count: 0, sum: 0, max: 0 }
    }
}

impl Histogram {
    /// Counts a value above 0.
    fn add(&mut self, value: u64) {
        let class = value.checked_ilog2().expect("invariant: values are above 0");
        self.counts[class as usize] += 1;
        self.count += 1;
        self.sum = self.sum.saturating_add(value);
        self.max = self.max.max(value);
    }

    /// The classes from the smallest to the largest value, those between them that are empty too.
    #[must_use]
    pub fn classes(&self) -> Vec<HistogramClass> {
        let used = |index: &usize| self.counts[*index] > 0;
        let first = (0..64).find(used).unwrap_or(0);
        let end = (0..64).rfind(used).map_or(0, |last| last + 1);
        let class = |index: usize| HistogramClass {
            from: 1 << index,
            to: (u64::MAX >> (63 - index)),
            count: self.counts[index],
        };
        (first..end).map(class).collect()
    }
}

/// What [`inspect`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// Id of the journal.
    pub instance_id: u128,
    /// Its term.
    pub term: u64,
    /// Its segments that were begun, in order.
    pub segments: Vec<SegmentFacts>,
    /// Records of a frame.
    pub frame_records: Histogram,
    /// Bytes of a frame, with header and padding.
    pub frame_bytes: Histogram,
    /// Microseconds that the sync of a frame took, where its writer told.
    pub sync_us: Histogram,
    /// How the journal ends.
    pub tail: TailReport,
}

/// Walks the journal in `directory` from the first segment there is, verifying it, and collects
/// what it looks like. Changes nothing, and works beside a running writer.
///
/// # Errors
/// Those of a [`JournalReader`].
pub fn inspect(directory: &Path) -> Result<Inspection, JournalError> {
    inspect_with(directory, Box::new(FileStorage::new()))
}

/// As [`inspect`], on another storage.
pub fn inspect_with(
    directory: &Path,
    storage: Box<dyn Storage>,
) -> Result<Inspection, JournalError> {
    let mut reader = JournalReader::open_trimmed_with(directory, storage)?;
    let mut frame_records = Histogram::default();
    let mut frame_bytes = Histogram::default();
    let mut sync_us = Histogram::default();
    while let Some(frame) = reader.next_frame()? {
        frame_records.add(frame.record_count.into());
        frame_bytes.add(frame.frame_bytes());
        if frame.previous_sync_us > 0 {
            sync_us.add(frame.previous_sync_us.into());
        }
    }
    Ok(Inspection {
        instance_id: reader.instance_id(),
        term: reader.term(),
        segments: reader.segments().to_vec(),
        frame_records,
        frame_bytes,
        sync_us,
        tail: reader.tail(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_double_and_leave_no_gap() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.classes(), []);
        for value in [2, 3, 3, 17, u64::MAX] {
            histogram.add(value);
        }
        let classes = histogram.classes();
        assert_eq!((classes[0].from, classes[0].to, classes[0].count), (2, 3, 3));
        assert_eq!((classes[1].from, classes[1].to, classes[1].count), (4, 7, 0));
        assert_eq!((classes[3].from, classes[3].to, classes[3].count), (16, 31, 1));
        assert_eq!(classes.last().unwrap().to, u64::MAX);
        assert_eq!((histogram.count, histogram.max), (5, u64::MAX));
    }
}
