//! Copies files whole or up to a place, durably, and hashes them.

use std::path::Path;

use crate::error::JournalError;
use crate::layout::{PAGE_BYTES, PAGE_LENGTH, length};
use crate::segment::OpenSegment;
use crate::storage::{Context, NewFile, Storage};

/// Files are copied in pieces of this size.
const PIECE_BYTES: u64 = 1024 * 1024;

/// What is to become of a part that the disk cannot read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// An error.
    Refuse,
    /// Zeros, and counted.
    Skip,
}

/// A file that is being copied.
pub(crate) struct Copying<'a> {
    source: OpenSegment,
    target: &'a Path,
    file: Box<dyn NewFile>,
    unreadable_bytes: u64,
}

/// Copies the first `used_bytes` of a file and fills it up to its length with zeros, written out:
/// a hole would have to find room later. Synced, but not its name. Returns the bytes that could not
/// be read.
pub(crate) fn copy_file(
    storage: &dyn Storage,
    source: &Path,
    target: &Path,
    used_bytes: u64,
    unreadable: Unreadable,
) -> Result<u64, JournalError> {
    let bytes = storage.open_read(source).context("open", source)?;
    let file = storage.create_file(target).context("create", target)?;
    let source = OpenSegment::new(0, source, bytes);
    let file_bytes = source.segment_bytes();
    let mut copying = Copying { source, target, file, unreadable_bytes: 0 };
    let mut offset = 0;
    while offset < file_bytes {
        let piece_bytes = PIECE_BYTES.min(file_bytes - offset);
        let used_bytes = used_bytes.saturating_sub(offset).min(piece_bytes);
        copying.copy(offset, used_bytes, unreadable)?;
        copying.write(offset + used_bytes, &vec![0; length(piece_bytes - used_bytes)])?;
        offset += piece_bytes;
    }
    copying.file.sync().context("sync", target)?;
    Ok(copying.unreadable_bytes)
}

/// Feeds the length and the bytes of a file to `hasher`.
pub(crate) fn hash_file(
    storage: &dyn Storage,
    path: &Path,
    hasher: &mut blake3::Hasher,
) -> Result<(), JournalError> {
    let bytes = storage.open_read(path).context("open", path)?;
    let file = OpenSegment::new(0, path, bytes);
    hasher.update(&file.segment_bytes().to_le_bytes());
    let mut offset = 0;
    while offset < file.segment_bytes() {
        let mut piece = vec![0; length(PIECE_BYTES.min(file.segment_bytes() - offset))];
        file.read_at(offset, &mut piece)?;
        hasher.update(&piece);
        offset += piece.len() as u64;
    }
    Ok(())
}

impl Copying<'_> {
    fn copy(&mut self, at: u64, bytes: u64, unreadable: Unreadable) -> Result<(), JournalError> {
        let mut piece = vec![0; length(bytes)];
        match self.source.read_at(at, &mut piece) {
            Ok(()) => self.write(at, &piece),
            Err(error) if unreadable == Unreadable::Refuse => Err(error),
            Err(_) => self.copy_pages(at, &mut piece),
        }
    }

    /// Page by page, so that one that cannot be read takes no other with it.
    fn copy_pages(&mut self, at: u64, piece: &mut [u8]) -> Result<(), JournalError> {
        for (index, page) in piece.chunks_mut(PAGE_LENGTH).enumerate() {
            if self.source.read_at(at + index as u64 * PAGE_BYTES, page).is_err() {
                page.fill(0);
                self.unreadable_bytes += page.len() as u64;
            }
        }
        self.write(at, piece)
    }

    fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<(), JournalError> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.file.write_at(offset, bytes).context("write", self.target)
    }
}
