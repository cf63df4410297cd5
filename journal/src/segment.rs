//! A segment that is being read: its file, and how far a walk has come in it.
//!
//! Every read of a segment's bytes goes through here, so that a disk that cannot read says so with
//! file and offset.

use std::path::{Path, PathBuf};

use crate::error::JournalError;
use crate::layout::{PAGE_BYTES, PAGE_LENGTH, is_zero, length};
use crate::storage::SegmentRead;

/// Looked at in one piece where only zeros are expected; whole pages.
const WINDOW_BYTES: u64 = 1 << 16;

/// A segment that a walk is in.
#[derive(Debug)]
pub(crate) struct OpenSegment {
    pub(crate) number: u64,
    pub(crate) path: PathBuf,
    bytes: Box<dyn SegmentRead>,
    /// Where the walk stands.
    pub(crate) offset: u64,
    /// Length of a file that is compressed.
    compressed_bytes: Option<u64>,
}

impl OpenSegment {
    /// A walk at the start of a segment.
    pub(crate) fn new(number: u64, path: &Path, bytes: Box<dyn SegmentRead>) -> Self {
        Self { number, path: path.to_path_buf(), bytes, offset: 0, compressed_bytes: None }
    }

    /// As [`new`](Self::new), of a compressed file of `compressed_bytes`.
    pub(crate) fn compressed(
        number: u64,
        path: &Path,
        bytes: Box<dyn SegmentRead>,
        compressed_bytes: u64,
    ) -> Self {
        Self { compressed_bytes: Some(compressed_bytes), ..Self::new(number, path, bytes) }
    }

    pub(crate) fn is_compressed(&self) -> bool {
        self.compressed_bytes.is_some()
    }

    /// Length of the file as it is stored.
    pub(crate) fn stored_bytes(&self) -> u64 {
        self.compressed_bytes.unwrap_or_else(|| self.segment_bytes())
    }

    /// Length of the segment.
    pub(crate) fn segment_bytes(&self) -> u64 {
        self.bytes.segment_bytes()
    }

    /// Bytes that no writer changes any more.
    pub(crate) fn slice(&self, offset: u64, bytes: u64) -> Result<&[u8], JournalError> {
        self.bytes.slice(offset, bytes).map_err(|error| self.unreadable(offset, bytes, error))
    }

    /// Everything from `offset` on.
    pub(crate) fn rest(&self, offset: u64) -> Result<&[u8], JournalError> {
        self.slice(offset, self.segment_bytes() - offset)
    }

    /// Everything from `offset` on but the zeros at its end, looked at window by window: most of a
    /// tail is zeros, and a storage that copies need not copy those.
    pub(crate) fn written(&self, offset: u64) -> Result<&[u8], JournalError> {
        let segment_bytes = self.segment_bytes();
        let (mut at, mut end) = (offset, offset);
        while at < segment_bytes {
            let next = (at - at % WINDOW_BYTES + WINDOW_BYTES).min(segment_bytes);
            if !is_zero(self.slice(at, next - at)?) {
                end = next;
            }
            at = next;
        }
        self.slice(offset, end - offset)
    }

    /// Copies bytes out, also where a writer may be at work.
    pub(crate) fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<(), JournalError> {
        self.bytes.read_at(offset, bytes).map_err(|source| self.error(offset, source))
    }

    /// Names the first page of the range that cannot be read: a mapping only tells that there is
    /// one.
    fn unreadable(&self, offset: u64, bytes: u64, source: std::io::Error) -> JournalError {
        let mut page = [0; PAGE_LENGTH];
        let mut at = offset;
        while at < offset + bytes {
            let piece_bytes = PAGE_BYTES.min(offset + bytes - at);
            if let Err(source) = self.bytes.read_at(at, &mut page[..length(piece_bytes)]) {
                return self.error(at, source);
            }
            at += piece_bytes;
        }
        self.error(offset, source)
    }

    fn error(&self, offset: u64, source: std::io::Error) -> JournalError {
        JournalError::Read { path: self.path.clone(), offset, source }
    }
}
