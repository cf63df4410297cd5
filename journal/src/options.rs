//! Settings of a journal and their limits.

use crate::error::JournalError;
use crate::layout::{
    CONTROL_PAGES_RESERVED, FRAME_BYTES_MAX_U64, PAGE_BYTES, SEGMENT_BYTES_DEFAULT,
    SEGMENT_BYTES_MIN,
};

/// How a frame reaches the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WritePath {
    /// Copied into the mapped segment, then the range is synced.
    Mapped,
    /// Written from the frame buffer with `O_DIRECT | O_DSYNC`. Fails on file systems that refuse
    /// `O_DIRECT`.
    Direct,
}

/// When `append` returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// When the frame is safe on the device.
    Sync,
    /// When the operating system has the bytes: a power cut loses acknowledged data. For
    /// comparisons only.
    Os,
}

/// Settings of a journal.
#[derive(Clone, Debug)]
pub struct JournalOptions {
    /// Id for a folder that is created now; the crate has no randomness of its own. Ignored for a
    /// folder that exists.
    pub new_instance_id: u128,
    /// Term of frames written from now on; at least the journal's last term. Default `None`: the
    /// journal's last term, 1 for a new one.
    pub term: Option<u64>,
    /// Size of new segments in bytes, a multiple of 4096. Default 256 MiB, minimum 64 KiB. Segments
    /// that exist keep their size.
    pub segment_bytes: u64,
    /// Segments kept prepared, counting the one that stands ready. Default 2, minimum 1.
    pub segments_spare: u32,
    /// Default [`WritePath::Mapped`].
    pub write_path: WritePath,
    /// Default [`Durability::Sync`].
    pub durability: Durability,
}

impl Default for JournalOptions {
    fn default() -> Self {
        Self {
            new_instance_id: 0,
            term: None,
            segment_bytes: SEGMENT_BYTES_DEFAULT,
            segments_spare: 2,
            write_path: WritePath::Mapped,
            durability: Durability::Sync,
        }
    }
}

impl JournalOptions {
    /// Checks every limit before the disk is touched.
    pub(crate) fn check(&self) -> Result<(), JournalError> {
        if self.segment_bytes < SEGMENT_BYTES_MIN {
            return Err(JournalError::Options("segment_bytes is below 64 KiB"));
        }
        if !self.segment_bytes.is_multiple_of(PAGE_BYTES) {
            return Err(JournalError::Options("segment_bytes is not a multiple of 4096"));
        }
        if self.segments_spare == 0 {
            return Err(JournalError::Options("segments_spare is 0"));
        }
        if self.term == Some(0) {
            return Err(JournalError::Options("term is 0"));
        }
        Ok(())
    }

    /// Longest frame that fits a new segment.
    pub(crate) fn frame_bytes_max(&self) -> u64 {
        let room = self.segment_bytes - (1 + CONTROL_PAGES_RESERVED) * PAGE_BYTES;
        room.min(FRAME_BYTES_MAX_U64)
    }
}
