//! Walks a whole journal and counts.

use std::path::Path;

use crate::error::JournalError;
use crate::reader::{JournalReader, TailReport};

/// What a whole walk found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifyReport {
    /// Id of the journal.
    pub instance_id: u128,
    /// Segments that hold data.
    pub segments: u64,
    /// Valid frames.
    pub frames: u64,
    /// Their records.
    pub records: u64,
    /// Their length with headers and padding.
    pub bytes: u64,
    /// Their payload.
    pub payload_bytes: u64,
    /// Sequence of the first record; 0 if there is none.
    pub first_sequence: u64,
    /// Sequence of the last record; 0 if there is none.
    pub last_sequence: u64,
    /// How the journal ends.
    pub tail: TailReport,
}

/// Verifies every hash of the journal in `directory`, without changing anything.
///
/// # Errors
/// [`JournalError::Damage`] names file, offset, frame and sequence.
pub fn verify(directory: &Path) -> Result<VerifyReport, JournalError> {
    let mut reader = JournalReader::open(directory)?;
    while reader.next_frame()?.is_some() {}
    Ok(reader.report())
}
