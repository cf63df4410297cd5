//! A storage that forgets to sync folders, which the simulated disk must bring to light.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use gantry_journal::{
    Durability, FolderLock, NewFile, SegmentFile, SegmentRead, Storage, WritePath, ZeroFile,
};
use gantry_simulator::disk::SimDisk;

use super::disk;
use super::journal::{append, open};

#[derive(Debug)]
struct Forgetful(SimDisk);

impl Storage for Forgetful {
    fn create_directory(&self, directory: &Path) -> io::Result<()> {
        self.0.create_directory(directory)
    }
    fn list(&self, directory: &Path) -> io::Result<Vec<String>> {
        self.0.list(directory)
    }
    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn FolderLock>>> {
        self.0.lock(path)
    }
    fn is_locked(&self, path: &Path) -> io::Result<bool> {
        self.0.is_locked(path)
    }
    fn read_small(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        self.0.read_small(path)
    }
    fn write_small(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.0.write_small(path, bytes)
    }
    fn rename(&self, source: &Path, target: &Path) -> io::Result<()> {
        self.0.rename(source, target)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        self.0.remove(path)
    }
    fn sync_directory(&self, _directory: &Path) -> io::Result<()> {
        Ok(())
    }
    fn sync_file(&self, path: &Path) -> io::Result<()> {
        self.0.sync_file(path)
    }
    fn file_bytes(&self, path: &Path) -> io::Result<u64> {
        self.0.file_bytes(path)
    }
    fn available_bytes(&self, directory: &Path) -> io::Result<u64> {
        self.0.available_bytes(directory)
    }
    fn create_zero_file(&self, path: &Path, file_bytes: u64) -> io::Result<Box<dyn ZeroFile>> {
        self.0.create_zero_file(path, file_bytes)
    }
    fn create_file(&self, path: &Path) -> io::Result<Box<dyn NewFile>> {
        self.0.create_file(path)
    }
    fn open_segment(
        &self,
        path: &Path,
        write_path: WritePath,
        durability: Durability,
    ) -> io::Result<Box<dyn SegmentFile>> {
        self.0.open_segment(path, write_path, durability)
    }
    fn open_read(&self, path: &Path) -> io::Result<Box<dyn SegmentRead>> {
        self.0.open_read(path)
    }
}

/// Appends over two rolls, cuts the power, and counts the frames that are there.
fn left(disk: &SimDisk, storage: impl Fn() -> Box<dyn Storage>) -> Option<usize> {
    let (mut opened, _) = open(storage()).unwrap();
    (0..30).for_each(|_| append(&mut opened).unwrap());
    disk.crash_power();
    let again = catch_unwind(AssertUnwindSafe(|| open(storage())));
    again.ok()?.ok().map(|(_, found)| found.len())
}

#[test]
fn segments_whose_folder_was_not_synced_are_lost() {
    let mut lost = 0;
    for seed in 0..40 {
        let honest = disk(seed);
        assert_eq!(left(&honest, || Box::new(honest.clone())), Some(30), "seed {seed}");
        let forgetful = disk(seed);
        let found = left(&forgetful, || Box::new(Forgetful(forgetful.clone())));
        lost += usize::from(found != Some(30));
    }
    assert!(lost > 20, "{lost} of 40");
}
