//! One storage for several users: a journal, a reader beside it, whoever makes snapshots.

use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::options::{Durability, WritePath};
use crate::storage::{FolderLock, NewFile, SegmentFile, SegmentRead, Storage, ZeroFile};

impl Storage for Arc<dyn Storage> {
    fn create_directory(&self, directory: &Path) -> io::Result<()> {
        self.as_ref().create_directory(directory)
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<String>> {
        self.as_ref().list(directory)
    }

    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn FolderLock>>> {
        self.as_ref().lock(path)
    }

    fn is_locked(&self, path: &Path) -> io::Result<bool> {
        self.as_ref().is_locked(path)
    }

    fn read_small(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        self.as_ref().read_small(path)
    }

    fn write_small(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.as_ref().write_small(path, bytes)
    }

    fn rename(&self, source: &Path, target: &Path) -> io::Result<()> {
        self.as_ref().rename(source, target)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.as_ref().remove(path)
    }

    fn sync_directory(&self, directory: &Path) -> io::Result<()> {
        self.as_ref().sync_directory(directory)
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        self.as_ref().sync_file(path)
    }

    fn file_bytes(&self, path: &Path) -> io::Result<u64> {
        self.as_ref().file_bytes(path)
    }

    fn available_bytes(&self, directory: &Path) -> io::Result<u64> {
        self.as_ref().available_bytes(directory)
    }

    fn create_zero_file(&self, path: &Path, file_bytes: u64) -> io::Result<Box<dyn ZeroFile>> {
        self.as_ref().create_zero_file(path, file_bytes)
    }

    fn create_file(&self, path: &Path) -> io::Result<Box<dyn NewFile>> {
        self.as_ref().create_file(path)
    }

    fn open_segment(
        &self,
        path: &Path,
        write_path: WritePath,
        durability: Durability,
    ) -> io::Result<Box<dyn SegmentFile>> {
        self.as_ref().open_segment(path, write_path, durability)
    }

    fn open_read(&self, path: &Path) -> io::Result<Box<dyn SegmentRead>> {
        self.as_ref().open_read(path)
    }
}
