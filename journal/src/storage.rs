//! What the journal asks of the operating system.
//!
//! Every call that can fail or lie goes through these traits, so that a test or the simulator can
//! stand in for the disk. The real one is `disk`.

use std::fmt;
use std::io;
use std::path::Path;

use crate::options::{Durability, WritePath};

/// Files and folders.
pub trait Storage: Send + Sync + fmt::Debug {
    /// Creates `directory` and the folders above it; durable when this returns, also where it was
    /// there: whoever made it may have died or failed just before that.
    fn create_directory(&self, directory: &Path) -> io::Result<()>;

    /// Names of all entries of `directory`, in no order; `NotFound` if it is missing.
    fn list(&self, directory: &Path) -> io::Result<Vec<String>>;

    /// Takes the writer's lock on `path`, creating the file; `None` while another holds it. The
    /// lock lasts until the value is dropped or the process ends.
    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn FolderLock>>>;

    /// Whether a writer holds the lock. A missing file says no.
    fn is_locked(&self, path: &Path) -> io::Result<bool>;

    /// The whole of a small file; `None` if it is missing.
    fn read_small(&self, path: &Path) -> io::Result<Option<Vec<u8>>>;

    /// Writes a small file, replacing what was there, and syncs it (not its folder).
    fn write_small(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;

    /// Renames within one file system; neither folder is synced.
    fn rename(&self, source: &Path, target: &Path) -> io::Result<()>;

    /// Removes a file; nothing if it is missing.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes the names in `directory` durable.
    fn sync_directory(&self, directory: &Path) -> io::Result<()>;

    /// Makes the content of a file durable, whoever wrote it.
    fn sync_file(&self, path: &Path) -> io::Result<()>;

    /// Length of a file.
    fn file_bytes(&self, path: &Path) -> io::Result<u64>;

    /// Room that this process may still fill on the file system of `directory`.
    fn available_bytes(&self, directory: &Path) -> io::Result<u64>;

    /// Creates (or empties) a file of `file_bytes`, allocated but not yet written.
    fn create_zero_file(&self, path: &Path, file_bytes: u64) -> io::Result<Box<dyn ZeroFile>>;

    /// Creates (or empties) a file that is written once: a snapshot, an archive, a copy.
    fn create_file(&self, path: &Path) -> io::Result<Box<dyn NewFile>>;

    /// Opens a prepared segment to write it.
    fn open_segment(
        &self,
        path: &Path,
        write_path: WritePath,
        durability: Durability,
    ) -> io::Result<Box<dyn SegmentFile>>;

    /// Opens a segment, or a file that was written once, to read it.
    fn open_read(&self, path: &Path) -> io::Result<Box<dyn SegmentRead>>;
}

/// Held lock of a folder; dropping it releases the folder.
pub trait FolderLock: Send + Sync + fmt::Debug {}

/// A file that is being filled with zeros ahead of its use.
pub trait ZeroFile: Send + fmt::Debug {
    /// Writes `bytes` zeros at `offset`; both are multiples of 4096, `bytes` at most 1 MiB.
    fn write_zeros(&mut self, offset: u64, bytes: u64) -> io::Result<()>;

    /// Makes everything written so far durable.
    fn sync(&mut self) -> io::Result<()>;
}

/// A file that is written once and then named; nobody reads it before.
pub trait NewFile: Send + fmt::Debug {
    /// Writes `bytes` at `offset`.
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()>;

    /// Makes everything written so far durable. After an error the file is thrown away.
    fn sync(&mut self) -> io::Result<()>;
}

/// A segment that is being written. One thread writes; another may populate.
///
/// # Durability
/// `write_pages` may be durable at once or not at all; only after `sync_range` returned is it
/// relied upon. After an error of either call the caller never calls them again.
pub trait SegmentFile: Send + Sync + fmt::Debug {
    /// Length of the segment.
    fn segment_bytes(&self) -> u64;

    /// Writes whole pages at `offset`, a multiple of 4096; `pages` start on a page of memory.
    fn write_pages(&self, offset: u64, pages: &[u8]) -> io::Result<()>;

    /// Makes the pages written at `offset` durable.
    fn sync_range(&self, offset: u64, bytes: u64) -> io::Result<()>;

    /// Brings pages into memory, ready to be written without a page fault; a hint. The pages must
    /// hold zeros, and nobody may write them meanwhile: this may write the zeros again.
    fn populate(&self, offset: u64, bytes: u64) -> io::Result<()>;

    /// Lets the memory behind synced pages go; a hint, without which they stay cached.
    fn forget(&self, _offset: u64, _bytes: u64) -> io::Result<()> {
        Ok(())
    }
}

/// A file that is being read: a segment, or one that was written once. Several threads may read.
pub trait SegmentRead: Send + Sync + fmt::Debug {
    /// Length of the segment.
    fn segment_bytes(&self) -> u64;

    /// Copies bytes out, also where a writer may be at work (the copy may then be torn).
    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()>;

    /// Bytes that no writer will change any more: durable frames, or anything while no writer
    /// runs. A part that the disk cannot read is an error here, not a signal at its use.
    fn slice(&self, offset: u64, bytes: u64) -> io::Result<&[u8]>;
}

/// Adds the facts of a failed call to its error.
pub(crate) trait Context<T> {
    fn context(self, action: &'static str, path: &Path) -> Result<T, crate::JournalError>;
}

impl<T> Context<T> for io::Result<T> {
    fn context(self, action: &'static str, path: &Path) -> Result<T, crate::JournalError> {
        self.map_err(|source| crate::JournalError::io(action, path, source))
    }
}
