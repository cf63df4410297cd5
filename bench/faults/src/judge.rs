//! Recovers what a fault has left, and holds it against what the seed issued.

use std::fmt;
use std::path::Path;

use gantry_journal::{
    FileStorage, FrameBuffer, Journal, JournalError, JournalOptions, Opened, PrepareStep,
    SegmentPreparer, Storage, WritePath,
};

use crate::history::{Frame, History};
use crate::programs::no_program_starts;

/// Id of every journal that a rig makes, unless it wants another.
pub const INSTANCE: u128 = 0x6661_756c_7473_6661_756c_7473_6661_756c;
/// Longest frame of a 64 KiB segment without its header, so that one seed means the same history
/// in segments of any size.
pub const PAYLOAD_BYTES_MAX: usize = 13 * 4096 - 256;
/// Frames that the judge appends to what it recovered.
const FRAMES_APPENDED: usize = 2;

/// The promise was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation(pub String);

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What a journal was made of.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// Seed of its history.
    pub seed: u64,
    /// How it is written.
    pub write_path: WritePath,
    /// Length of its segments.
    pub segment_bytes: u64,
    /// Segments that are kept prepared. With one, a segment is begun right after it was named.
    pub segments_spare: u32,
}

impl Case {
    /// A case on the smallest segments.
    #[must_use]
    pub fn new(seed: u64, write_path: WritePath) -> Self {
        let segment_bytes = gantry_journal::SEGMENT_BYTES_MIN;
        Self { seed, write_path, segment_bytes, segments_spare: 2 }
    }

    /// The options that a driver and the judge open it with.
    #[must_use]
    pub fn options(&self) -> JournalOptions {
        JournalOptions {
            new_instance_id: INSTANCE,
            segment_bytes: self.segment_bytes,
            segments_spare: self.segments_spare,
            write_path: self.write_path,
            ..JournalOptions::default()
        }
    }

    /// Everything that its seed issues.
    #[must_use]
    pub fn history(&self) -> History {
        History::new(self.seed, PAYLOAD_BYTES_MAX)
    }
}

/// What the judge found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Survived {
    /// Last record that was recovered; 0 if there is none.
    pub last_sequence: u64,
    /// Frames that were recovered.
    pub frames: u64,
    /// Bytes of a torn frame that were cut.
    pub cut_bytes: u64,
}

/// Opens a journal and collects its frames.
pub fn open(
    directory: &Path,
    options: JournalOptions,
    storage: Box<dyn Storage>,
) -> Result<(Opened, Vec<Frame>), JournalError> {
    let mut frames = Vec::new();
    let opened = Journal::open(directory, options, storage, None, &mut |view| {
        frames.push(Frame::of(&view));
        Ok(())
    })?;
    Ok((opened, frames))
}

/// Runs the preparer until it has nothing to do.
pub fn prepare(preparer: &mut SegmentPreparer) -> Result<(), JournalError> {
    while preparer.step()? == PrepareStep::Worked {}
    Ok(())
}

/// Appends one frame of the history; the caller has prepared a segment.
pub fn append(journal: &mut Journal, frame: &Frame) -> Result<u64, JournalError> {
    let mut buffer = FrameBuffer::new(frame.payload.len());
    buffer.extend_from_slice(&frame.payload);
    Ok(journal.append(&mut buffer, frame.facts())?.durable_sequence)
}

/// Whether `found` is what `history` begins with; the last sequence of it.
pub fn check_prefix(found: &[Frame], mut history: History) -> Result<u64, Violation> {
    let mut last_sequence = 0;
    for frame in found {
        let expected = history.next().unwrap();
        if *frame != expected {
            let differs = if frame.payload == expected.payload { "header" } else { "payload" };
            return Err(Violation(format!(
                "frame {} was recovered and is not what was issued as frame {}: its {differs} \
                 differs",
                frame.number, expected.number
            )));
        }
        last_sequence = frame.last_sequence();
    }
    Ok(last_sequence)
}

/// Recovers `directory`, in which everything up to `acknowledged` was acknowledged. Then goes on
/// where it ends, as a restarted writer would, and recovers again.
pub fn judge(directory: &Path, case: &Case, acknowledged: u64) -> Result<Survived, Violation> {
    let _alone = no_program_starts();
    judge_on(&|| Box::new(FileStorage::new()), directory, case, acknowledged)
}

/// The same on another storage.
pub fn judge_on(
    storage: &dyn Fn() -> Box<dyn Storage>,
    directory: &Path,
    case: &Case,
    acknowledged: u64,
) -> Result<Survived, Violation> {
    let refused = |error: JournalError| Violation(format!("recovery refused: {error}"));
    let (mut opened, mut found) = open(directory, case.options(), storage()).map_err(refused)?;
    let last_sequence = check_prefix(&found, case.history())?;
    if last_sequence < acknowledged {
        return Err(Violation(format!(
            "records up to {acknowledged} were acknowledged, recovery ends at {last_sequence}"
        )));
    }
    let cut_bytes = opened.recovery.cut_bytes;
    let survived = Survived { last_sequence, frames: found.len() as u64, cut_bytes };
    for frame in case.history().skip(found.len()).take(FRAMES_APPENDED) {
        prepare(&mut opened.preparer)
            .and_then(|()| append(&mut opened.journal, &frame))
            .map_err(|error| Violation(format!("no append after recovery: {error}")))?;
        found.push(frame);
    }
    drop(opened);
    let (_opened, again) = open(directory, case.options(), storage()).map_err(refused)?;
    if again == found {
        Ok(survived)
    } else {
        let (count, frames) = (again.len(), found.len());
        Err(Violation(format!("{frames} frames went in after recovery, {count} came out")))
    }
}
