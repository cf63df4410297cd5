//! A storage whose syncs take longer: the test of lies.
//!
//! A server that answers before the sync returned is not slowed down by this storage; one that
//! tells the truth is. Tests of other crates measure the difference.

use std::io;
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::options::{Durability, WritePath};
use crate::storage::{FolderLock, NewFile, SegmentFile, SegmentRead, Storage, ZeroFile};

/// Wraps a storage and sleeps `sync_delay` in every sync of a segment range.
#[derive(Debug)]
pub struct SlowStorage {
    inner: Box<dyn Storage>,
    sync_delay: Duration,
}

impl SlowStorage {
    /// Slows the syncs of `inner` down by `sync_delay` each.
    #[must_use]
    pub fn new(inner: Box<dyn Storage>, sync_delay: Duration) -> Self {
        Self { inner, sync_delay }
    }
}

impl Storage for SlowStorage {
    fn create_directory(&self, directory: &Path) -> io::Result<()> {
        self.inner.create_directory(directory)
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<String>> {
        self.inner.list(directory)
    }

    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn FolderLock>>> {
        self.inner.lock(path)
    }

    fn is_locked(&self, path: &Path) -> io::Result<bool> {
        self.inner.is_locked(path)
    }

    fn read_small(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        self.inner.read_small(path)
    }

    fn write_small(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.inner.write_small(path, bytes)
    }

    fn rename(&self, source: &Path, target: &Path) -> io::Result<()> {
        self.inner.rename(source, target)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.inner.remove(path)
    }

    fn sync_directory(&self, directory: &Path) -> io::Result<()> {
        self.inner.sync_directory(directory)
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        self.inner.sync_file(path)
    }

    fn file_bytes(&self, path: &Path) -> io::Result<u64> {
        self.inner.file_bytes(path)
    }

    fn available_bytes(&self, directory: &Path) -> io::Result<u64> {
        self.inner.available_bytes(directory)
    }

    fn create_zero_file(&self, path: &Path, file_bytes: u64) -> io::Result<Box<dyn ZeroFile>> {
        self.inner.create_zero_file(path, file_bytes)
    }

    fn create_file(&self, path: &Path) -> io::Result<Box<dyn NewFile>> {
        self.inner.create_file(path)
    }

    fn open_segment(
        &self,
        path: &Path,
        write_path: WritePath,
        durability: Durability,
    ) -> io::Result<Box<dyn SegmentFile>> {
        let inner = self.inner.open_segment(path, write_path, durability)?;
        Ok(Box::new(SlowSegment { inner, sync_delay: self.sync_delay }))
    }

    fn open_read(&self, path: &Path) -> io::Result<Box<dyn SegmentRead>> {
        self.inner.open_read(path)
    }
}

#[derive(Debug)]
struct SlowSegment {
    inner: Box<dyn SegmentFile>,
    sync_delay: Duration,
}

impl SegmentFile for SlowSegment {
    fn segment_bytes(&self) -> u64 {
        self.inner.segment_bytes()
    }

    fn write_pages(&self, offset: u64, pages: &[u8]) -> io::Result<()> {
        self.inner.write_pages(offset, pages)
    }

    fn sync_range(&self, offset: u64, bytes: u64) -> io::Result<()> {
        thread::sleep(self.sync_delay);
        self.inner.sync_range(offset, bytes)
    }

    fn populate(&self, offset: u64, bytes: u64) -> io::Result<()> {
        self.inner.populate(offset, bytes)
    }

    fn forget(&self, offset: u64, bytes: u64) -> io::Result<()> {
        self.inner.forget(offset, bytes)
    }
}
