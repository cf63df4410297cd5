//! A storage that fails, dawdles and counts as its [`Faults`] say.

use std::io;
use std::path::{Path, PathBuf};

use crate::disk::FileStorage;
use crate::fault::{DiskCall, Faults};
use crate::options::{Durability, WritePath};
use crate::storage::{FolderLock, NewFile, SegmentFile, SegmentRead, Storage, ZeroFile};

/// Wraps a storage; see [`Faults`]. A call that is told to fail does nothing else.
#[derive(Debug)]
pub struct FaultStorage {
    inner: Box<dyn Storage>,
    faults: Faults,
}

impl FaultStorage {
    /// Files of this machine, and faults.
    #[must_use]
    pub fn new(faults: &Faults) -> Self {
        Self::around(Box::new(FileStorage::new()), faults)
    }

    /// Another storage, and faults.
    #[must_use]
    pub fn around(inner: Box<dyn Storage>, faults: &Faults) -> Self {
        Self { inner, faults: faults.clone() }
    }
}

impl Storage for FaultStorage {
    fn create_directory(&self, directory: &Path) -> io::Result<()> {
        self.faults.before(DiskCall::Folder)?;
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
        self.faults.before(DiskCall::Read)?;
        self.inner.read_small(path)
    }

    fn write_small(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.faults.before(DiskCall::File)?;
        self.inner.write_small(path, bytes)
    }

    fn rename(&self, source: &Path, target: &Path) -> io::Result<()> {
        self.faults.before(DiskCall::Folder)?;
        self.inner.rename(source, target)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.faults.before(DiskCall::Folder)?;
        self.inner.remove(path)
    }

    fn sync_directory(&self, directory: &Path) -> io::Result<()> {
        self.faults.before(DiskCall::Folder)?;
        self.inner.sync_directory(directory)
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        self.faults.before(DiskCall::Folder)?;
        self.inner.sync_file(path)
    }

    fn file_bytes(&self, path: &Path) -> io::Result<u64> {
        self.inner.file_bytes(path)
    }

    fn available_bytes(&self, directory: &Path) -> io::Result<u64> {
        self.faults.available_bytes().map_or_else(|| self.inner.available_bytes(directory), Ok)
    }

    fn create_zero_file(&self, path: &Path, file_bytes: u64) -> io::Result<Box<dyn ZeroFile>> {
        self.faults.before(DiskCall::Zero)?;
        let inner = self.inner.create_zero_file(path, file_bytes)?;
        Ok(Box::new(FaultZeroFile { inner, faults: self.faults.clone() }))
    }

    fn create_file(&self, path: &Path) -> io::Result<Box<dyn NewFile>> {
        self.faults.before(DiskCall::File)?;
        let inner = self.inner.create_file(path)?;
        Ok(Box::new(FaultNewFile { inner, faults: self.faults.clone() }))
    }

    fn open_segment(
        &self,
        path: &Path,
        write_path: WritePath,
        durability: Durability,
    ) -> io::Result<Box<dyn SegmentFile>> {
        self.faults.before(DiskCall::Open)?;
        let inner = self.inner.open_segment(path, write_path, durability)?;
        let (path, faults) = (path.to_path_buf(), self.faults.clone());
        Ok(Box::new(FaultSegment { inner, path, faults }))
    }

    fn open_read(&self, path: &Path) -> io::Result<Box<dyn SegmentRead>> {
        self.faults.before(DiskCall::Open)?;
        let inner = self.inner.open_read(path)?;
        let (path, faults) = (path.to_path_buf(), self.faults.clone());
        Ok(Box::new(FaultRead { inner, path, faults }))
    }
}

#[derive(Debug)]
struct FaultZeroFile {
    inner: Box<dyn ZeroFile>,
    faults: Faults,
}

impl ZeroFile for FaultZeroFile {
    fn write_zeros(&mut self, offset: u64, bytes: u64) -> io::Result<()> {
        self.faults.before(DiskCall::Zero)?;
        self.inner.write_zeros(offset, bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.faults.before(DiskCall::Zero)?;
        self.inner.sync()
    }
}

#[derive(Debug)]
struct FaultNewFile {
    inner: Box<dyn NewFile>,
    faults: Faults,
}

impl NewFile for FaultNewFile {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.faults.before(DiskCall::File)?;
        self.inner.write_at(offset, bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.faults.before(DiskCall::File)?;
        self.inner.sync()
    }
}

#[derive(Debug)]
struct FaultSegment {
    inner: Box<dyn SegmentFile>,
    path: PathBuf,
    faults: Faults,
}

impl SegmentFile for FaultSegment {
    fn segment_bytes(&self) -> u64 {
        self.inner.segment_bytes()
    }

    fn write_pages(&self, offset: u64, pages: &[u8]) -> io::Result<()> {
        self.faults.before(DiskCall::WritePages)?;
        self.faults.wrote(&self.path, offset, pages);
        self.inner.write_pages(offset, pages)
    }

    fn sync_range(&self, offset: u64, bytes: u64) -> io::Result<()> {
        self.faults.before(DiskCall::SyncPages)?;
        self.inner.sync_range(offset, bytes)
    }

    fn populate(&self, offset: u64, bytes: u64) -> io::Result<()> {
        self.faults.before(DiskCall::Populate)?;
        self.inner.populate(offset, bytes)
    }

    fn forget(&self, offset: u64, bytes: u64) -> io::Result<()> {
        self.inner.forget(offset, bytes)
    }
}

#[derive(Debug)]
struct FaultRead {
    inner: Box<dyn SegmentRead>,
    path: PathBuf,
    faults: Faults,
}

impl SegmentRead for FaultRead {
    fn segment_bytes(&self) -> u64 {
        self.inner.segment_bytes()
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.faults.before_read(&self.path, offset, bytes.len() as u64)?;
        self.inner.read_at(offset, bytes)
    }

    fn slice(&self, offset: u64, bytes: u64) -> io::Result<&[u8]> {
        self.faults.before_read(&self.path, offset, bytes)?;
        self.inner.slice(offset, bytes)
    }
}
