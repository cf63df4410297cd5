//! A storage that fails when told to.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gantry_journal::{
    Durability, FileStorage, FolderLock, NewFile, SegmentFile, SegmentRead, Storage, WritePath,
    ZeroFile,
};

/// What fails now.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    /// No new segment finds room.
    pub(crate) disk_full: AtomicBool,
    /// Every sync of a segment fails.
    pub(crate) sync_fails: AtomicBool,
}

/// Files of the machine, and faults.
#[derive(Debug)]
pub(crate) struct FaultyStorage {
    files: FileStorage,
    faults: Arc<Faults>,
}

impl FaultyStorage {
    pub(crate) fn boxed(faults: &Arc<Faults>) -> Box<dyn Storage> {
        Box::new(Self { files: FileStorage::new(), faults: Arc::clone(faults) })
    }
}

impl Storage for FaultyStorage {
    fn create_directory(&self, directory: &Path) -> io::Result<()> {
        self.files.create_directory(directory)
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<String>> {
        self.files.list(directory)
    }

    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn FolderLock>>> {
        self.files.lock(path)
    }

    fn is_locked(&self, path: &Path) -> io::Result<bool> {
        self.files.is_locked(path)
    }

    fn read_small(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        self.files.read_small(path)
    }

    fn write_small(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.files.write_small(path, bytes)
    }

    fn rename(&self, source: &Path, target: &Path) -> io::Result<()> {
        self.files.rename(source, target)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.files.remove(path)
    }

    fn sync_directory(&self, directory: &Path) -> io::Result<()> {
        self.files.sync_directory(directory)
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        self.files.sync_file(path)
    }

    fn file_bytes(&self, path: &Path) -> io::Result<u64> {
        self.files.file_bytes(path)
    }

    fn available_bytes(&self, directory: &Path) -> io::Result<u64> {
        if self.faults.disk_full.load(Ordering::Relaxed) {
            return Ok(0);
        }
        self.files.available_bytes(directory)
    }

    fn create_zero_file(&self, path: &Path, file_bytes: u64) -> io::Result<Box<dyn ZeroFile>> {
        self.files.create_zero_file(path, file_bytes)
    }

    fn create_file(&self, path: &Path) -> io::Result<Box<dyn NewFile>> {
        self.files.create_file(path)
    }

    fn open_segment(
        &self,
        path: &Path,
        write_path: WritePath,
        durability: Durability,
    ) -> io::Result<Box<dyn SegmentFile>> {
        let file = self.files.open_segment(path, write_path, durability)?;
        Ok(Box::new(FaultySegment { file, faults: Arc::clone(&self.faults) }))
    }

    fn open_read(&self, path: &Path) -> io::Result<Box<dyn SegmentRead>> {
        self.files.open_read(path)
    }
}

#[derive(Debug)]
struct FaultySegment {
    file: Box<dyn SegmentFile>,
    faults: Arc<Faults>,
}

impl SegmentFile for FaultySegment {
    fn segment_bytes(&self) -> u64 {
        self.file.segment_bytes()
    }

    fn write_pages(&self, offset: u64, pages: &[u8]) -> io::Result<()> {
        self.file.write_pages(offset, pages)
    }

    fn sync_range(&self, offset: u64, bytes: u64) -> io::Result<()> {
        if self.faults.sync_fails.load(Ordering::Relaxed) {
            return Err(io::Error::other("the disk says no"));
        }
        self.file.sync_range(offset, bytes)
    }

    fn populate(&self, offset: u64, bytes: u64) -> io::Result<()> {
        self.file.populate(offset, bytes)
    }
}
