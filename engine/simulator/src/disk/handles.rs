//! What is open: files that are written, files that are read, locks.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use gantry_journal::{Durability, FolderLock, NewFile, SegmentFile, SegmentRead, ZeroFile};

use super::arena::Arena;
use super::names::{SharedFile, hold};
use super::page::length;
use super::state::Disk;

/// Zeros to show, for ranges up to this length that nobody wrote.
static ZEROS: [u8; 1 << 20] = [0; 1 << 20];

/// Copied at once at most, unless more is asked for: readers go on with what comes next.
const AHEAD_BYTES_MAX: u64 = 1 << 16;

/// A file that is open.
pub(super) struct Handle {
    pub(super) disk: Arc<Mutex<Disk>>,
    pub(super) era: u64,
    pub(super) file: SharedFile,
}

impl fmt::Debug for Handle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Handle").field("era", &self.era).finish_non_exhaustive()
    }
}

impl Handle {
    fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        hold(&self.disk).write(Some(self.era), &self.file, offset, bytes)
    }

    fn call(&self, run: impl FnOnce(&mut Disk) -> io::Result<()>) -> io::Result<()> {
        hold(&self.disk).call(Some(self.era), run)
    }

    fn sync(&self) -> io::Result<()> {
        self.call(|disk| disk.sync_file(&self.file))
    }

    fn bytes(&self) -> u64 {
        hold(&self.file).bytes()
    }
}

impl ZeroFile for Handle {
    fn write_zeros(&mut self, offset: u64, bytes: u64) -> io::Result<()> {
        self.call(|disk| disk.write_zeros(&self.file, offset, bytes))
    }

    fn sync(&mut self) -> io::Result<()> {
        Self::sync(self)
    }
}

impl NewFile for Handle {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.write(offset, bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        Self::sync(self)
    }
}

/// A segment that is written.
#[derive(Debug)]
pub(super) struct Writing {
    pub(super) handle: Handle,
    pub(super) durability: Durability,
}

impl SegmentFile for Writing {
    fn segment_bytes(&self) -> u64 {
        self.handle.bytes()
    }

    fn write_pages(&self, offset: u64, pages: &[u8]) -> io::Result<()> {
        assert!(offset + pages.len() as u64 <= self.handle.bytes(), "write beyond the segment");
        if offset == 0 {
            hold(&self.handle.disk).roll();
        }
        self.handle.write(offset, pages)
    }

    fn sync_range(&self, offset: u64, bytes: u64) -> io::Result<()> {
        match self.durability {
            Durability::Sync => {
                self.handle.call(|disk| disk.sync_range(&self.handle.file, offset, bytes))
            }
            Durability::Os => self.handle.call(|_| Ok(())),
        }
    }

    fn populate(&self, _offset: u64, _bytes: u64) -> io::Result<()> {
        self.handle.call(|_| Ok(()))
    }
}

/// What was shown last, so that nothing is copied twice that is read piece by piece.
#[derive(Clone, Copy, Debug)]
struct Shown {
    offset: u64,
    bytes: u64,
    changes: u64,
    number: usize,
}

/// A file that is read.
#[derive(Debug)]
pub(super) struct Reading {
    handle: Handle,
    bytes: u64,
    arena: Arena,
    shown: Mutex<Option<Shown>>,
}

impl Reading {
    pub(super) fn new(handle: Handle) -> Self {
        let bytes = handle.bytes();
        Self { handle, bytes, arena: Arena::new(), shown: Mutex::new(None) }
    }
}

impl SegmentRead for Reading {
    fn segment_bytes(&self) -> u64 {
        self.bytes
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.handle.call(|disk| {
            let mut file = hold(&self.handle.file);
            disk.check_read(&mut file, offset, bytes.len() as u64)?;
            file.read(offset, bytes);
            Ok(())
        })
    }

    fn slice(&self, offset: u64, bytes: u64) -> io::Result<&[u8]> {
        let mut found: Option<&[u8]> = None;
        self.handle.call(|disk| {
            let mut file = hold(&self.handle.file);
            disk.check_read(&mut file, offset, bytes)?;
            if bytes <= ZEROS.len() as u64 && file.is_untouched(offset, bytes) {
                found = Some(&ZEROS[..length(bytes)]);
                return Ok(());
            }
            let mut shown = hold(&self.shown);
            let is_shown = |shown: &Shown| {
                let end = shown.offset + shown.bytes;
                let inside = shown.offset <= offset && offset + bytes <= end;
                inside && file.is_as_after(shown.changes, offset, bytes)
            };
            if !shown.as_ref().is_some_and(is_shown) {
                let copy = file.read_ahead(offset, bytes, AHEAD_BYTES_MAX);
                let (bytes, changes) = (copy.len() as u64, file.changes());
                let number = self.arena.keep(copy);
                *shown = Some(Shown { offset, bytes, changes, number });
            }
            let shown = shown.expect("invariant: it was shown just now");
            let start = length(offset - shown.offset);
            found = Some(&self.arena.get(shown.number)[start..start + length(bytes)]);
            Ok(())
        })?;
        Ok(found.expect("invariant: found, unless there was an error"))
    }
}

/// A lock that is held.
pub(super) struct Lock {
    pub(super) disk: Arc<Mutex<Disk>>,
    pub(super) path: PathBuf,
    pub(super) holder: u64,
}

impl fmt::Debug for Lock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Lock").field("path", &self.path).finish_non_exhaustive()
    }
}

impl FolderLock for Lock {}

impl Drop for Lock {
    fn drop(&mut self) {
        hold(&self.disk).unlock(&self.path, self.holder);
    }
}
