//! The journal's `Storage` on a simulated disk.

use std::io;
use std::path::Path;
use std::sync::Arc;

use gantry_journal::{
    Durability, FolderLock, NewFile, SegmentFile, SegmentRead, Storage, WritePath, ZeroFile,
};

use super::SimDisk;
use super::handles::{Handle, Lock, Reading, Writing};
use super::names::{SharedFile, hold};
use super::state::Disk;

impl SimDisk {
    fn call<T>(&self, run: impl FnOnce(&mut Disk) -> io::Result<T>) -> io::Result<T> {
        hold(&self.disk).call(self.era, run)
    }

    fn open(&self, run: impl FnOnce(&mut Disk) -> io::Result<SharedFile>) -> io::Result<Handle> {
        let mut disk = hold(&self.disk);
        let file = disk.call(self.era, run)?;
        Ok(Handle { disk: Arc::clone(&self.disk), era: disk.era, file })
    }
}

impl Storage for SimDisk {
    fn create_directory(&self, directory: &Path) -> io::Result<()> {
        hold(&self.disk).create_directory(self.era, directory)
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<String>> {
        self.call(|disk| disk.list(directory))
    }

    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn FolderLock>>> {
        let holder = self.call(|disk| disk.lock(path))?;
        Ok(holder.map(|holder| -> Box<dyn FolderLock> {
            let disk = Arc::clone(&self.disk);
            Box::new(Lock { disk, path: path.to_path_buf(), holder })
        }))
    }

    fn is_locked(&self, path: &Path) -> io::Result<bool> {
        self.call(|disk| Ok(disk.is_locked(path)))
    }

    fn read_small(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        self.call(|disk| disk.read_small(path))
    }

    fn write_small(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        hold(&self.disk).write_small(self.era, path, bytes)
    }

    fn rename(&self, source: &Path, target: &Path) -> io::Result<()> {
        self.call(|disk| disk.rename(source, target))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.call(|disk| disk.remove(path))
    }

    fn sync_directory(&self, directory: &Path) -> io::Result<()> {
        self.call(|disk| disk.sync_directory(directory))
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        self.call(|disk| {
            let file = disk.names().file(path)?;
            disk.sync_file(&file)
        })
    }

    fn file_bytes(&self, path: &Path) -> io::Result<u64> {
        self.call(|disk| Ok(hold(&*disk.names().file(path)?).bytes()))
    }

    fn available_bytes(&self, directory: &Path) -> io::Result<u64> {
        self.call(|disk| {
            disk.names().folder(directory)?;
            Ok(disk.available_bytes())
        })
    }

    fn create_zero_file(&self, path: &Path, file_bytes: u64) -> io::Result<Box<dyn ZeroFile>> {
        Ok(Box::new(self.open(|disk| disk.create_zeros(path, file_bytes))?))
    }

    fn create_file(&self, path: &Path) -> io::Result<Box<dyn NewFile>> {
        Ok(Box::new(self.open(|disk| disk.create(path))?))
    }

    fn open_segment(
        &self,
        path: &Path,
        _write_path: WritePath,
        durability: Durability,
    ) -> io::Result<Box<dyn SegmentFile>> {
        let handle = self.open(|disk| disk.names().file(path))?;
        Ok(Box::new(Writing { handle, durability }))
    }

    fn open_read(&self, path: &Path) -> io::Result<Box<dyn SegmentRead>> {
        Ok(Box::new(Reading::new(self.open(|disk| disk.names().file(path))?)))
    }
}
