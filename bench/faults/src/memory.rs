//! A storage in memory: a folder of files as bytes, cheap to copy, cheap to damage.
//!
//! It never fails and never lies; whoever wants a fault changes the bytes. A reader holds the file
//! as it was when it was opened.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use gantry_journal::{
    Durability, FolderLock, NewFile, SegmentFile, SegmentRead, Storage, WritePath, ZeroFile,
};

/// Content of a file, shared until somebody writes.
pub type Bytes = Arc<Vec<u8>>;

#[derive(Debug, Default)]
struct Tree {
    files: BTreeMap<PathBuf, Bytes>,
    folders: BTreeSet<PathBuf>,
}

/// Folders and files in memory; clones share them.
#[derive(Clone, Debug, Default)]
pub struct MemoryStorage {
    tree: Arc<Mutex<Tree>>,
}

impl MemoryStorage {
    /// The files of `directory` and its folders, under the same paths.
    #[must_use]
    pub fn load(directory: &Path) -> Self {
        let storage = Self::default();
        storage.load_folder(directory);
        storage
    }

    fn load_folder(&self, directory: &Path) {
        self.hold().folders.insert(directory.to_path_buf());
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                self.load_folder(&path);
            } else {
                self.put(&path, Arc::new(fs::read(&path).unwrap()));
            }
        }
    }

    /// A copy that shares no later change.
    #[must_use]
    pub fn fork(&self) -> Self {
        let tree = self.hold();
        let copy = Tree { files: tree.files.clone(), folders: tree.folders.clone() };
        Self { tree: Arc::new(Mutex::new(copy)) }
    }

    /// The content of a file.
    #[must_use]
    pub fn get(&self, path: &Path) -> Bytes {
        Arc::clone(self.hold().files.get(path).unwrap())
    }

    /// Whether there is such a file.
    #[must_use]
    pub fn has(&self, path: &Path) -> bool {
        self.hold().files.contains_key(path)
    }

    /// Paths of the files in a folder.
    #[must_use]
    pub fn paths_below(&self, folder: &Path) -> Vec<PathBuf> {
        let tree = self.hold();
        tree.files.keys().filter(|path| path.parent() == Some(folder)).cloned().collect()
    }

    /// Creates or replaces a file.
    pub fn put(&self, path: &Path, bytes: Bytes) {
        self.hold().files.insert(path.to_path_buf(), bytes);
    }

    /// Takes a file out.
    pub fn take(&self, path: &Path) -> Bytes {
        self.hold().files.remove(path).unwrap()
    }

    fn hold(&self) -> MutexGuard<'_, Tree> {
        self.tree.lock().unwrap()
    }
}

fn missing() -> io::Error {
    io::ErrorKind::NotFound.into()
}

impl Storage for MemoryStorage {
    fn create_directory(&self, directory: &Path) -> io::Result<()> {
        self.hold().folders.insert(directory.to_path_buf());
        Ok(())
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<String>> {
        let tree = self.hold();
        if !tree.folders.contains(directory) {
            return Err(missing());
        }
        let paths = tree.files.keys().chain(&tree.folders);
        let inside = paths.filter(|path| path.parent() == Some(directory));
        Ok(inside.map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect())
    }

    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn FolderLock>>> {
        self.hold().files.entry(path.to_path_buf()).or_default();
        Ok(Some(Box::new(NoLock)))
    }

    fn is_locked(&self, _path: &Path) -> io::Result<bool> {
        Ok(false)
    }

    fn read_small(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        Ok(self.hold().files.get(path).map(|bytes| bytes.to_vec()))
    }

    fn write_small(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.put(path, Arc::new(bytes.to_vec()));
        Ok(())
    }

    fn rename(&self, source: &Path, target: &Path) -> io::Result<()> {
        let mut tree = self.hold();
        let bytes = tree.files.remove(source).ok_or_else(missing)?;
        tree.files.insert(target.to_path_buf(), bytes);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.hold().files.remove(path);
        Ok(())
    }

    fn sync_directory(&self, _directory: &Path) -> io::Result<()> {
        Ok(())
    }

    fn sync_file(&self, _path: &Path) -> io::Result<()> {
        Ok(())
    }

    fn file_bytes(&self, path: &Path) -> io::Result<u64> {
        self.hold().files.get(path).map(|bytes| bytes.len() as u64).ok_or_else(missing)
    }

    fn available_bytes(&self, _directory: &Path) -> io::Result<u64> {
        Ok(u64::MAX)
    }

    fn create_zero_file(&self, path: &Path, file_bytes: u64) -> io::Result<Box<dyn ZeroFile>> {
        self.put(path, Arc::new(vec![0; usize::try_from(file_bytes).unwrap()]));
        Ok(Box::new(Zeros))
    }

    fn create_file(&self, path: &Path) -> io::Result<Box<dyn NewFile>> {
        self.put(path, Bytes::default());
        Ok(Box::new(Segment { storage: self.clone(), path: path.to_path_buf() }))
    }

    fn open_segment(
        &self,
        path: &Path,
        _write_path: WritePath,
        _durability: Durability,
    ) -> io::Result<Box<dyn SegmentFile>> {
        if !self.has(path) {
            return Err(missing());
        }
        Ok(Box::new(Segment { storage: self.clone(), path: path.to_path_buf() }))
    }

    fn open_read(&self, path: &Path) -> io::Result<Box<dyn SegmentRead>> {
        let tree = self.hold();
        let bytes = tree.files.get(path).ok_or_else(missing)?;
        Ok(Box::new(Reading { bytes: Arc::clone(bytes) }))
    }
}

#[derive(Debug)]
struct NoLock;

impl FolderLock for NoLock {}

#[derive(Debug)]
struct Zeros;

impl ZeroFile for Zeros {
    fn write_zeros(&mut self, _offset: u64, _bytes: u64) -> io::Result<()> {
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[derive(Debug)]
struct Segment {
    storage: MemoryStorage,
    path: PathBuf,
}

impl SegmentFile for Segment {
    fn segment_bytes(&self) -> u64 {
        self.storage.get(&self.path).len() as u64
    }

    fn write_pages(&self, offset: u64, pages: &[u8]) -> io::Result<()> {
        let start = usize::try_from(offset).unwrap();
        let mut tree = self.storage.hold();
        let bytes = Arc::make_mut(tree.files.get_mut(&self.path).ok_or_else(missing)?);
        bytes[start..start + pages.len()].copy_from_slice(pages);
        Ok(())
    }

    fn sync_range(&self, _offset: u64, _bytes: u64) -> io::Result<()> {
        Ok(())
    }

    fn populate(&self, _offset: u64, _bytes: u64) -> io::Result<()> {
        Ok(())
    }
}

impl NewFile for Segment {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let start = usize::try_from(offset).unwrap();
        let mut tree = self.storage.hold();
        let file = Arc::make_mut(tree.files.get_mut(&self.path).ok_or_else(missing)?);
        file.resize(file.len().max(start + bytes.len()), 0);
        file[start..start + bytes.len()].copy_from_slice(bytes);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[derive(Debug)]
struct Reading {
    bytes: Bytes,
}

impl SegmentRead for Reading {
    fn segment_bytes(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).unwrap();
        let found = self.bytes.get(start..start + bytes.len());
        bytes.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn slice(&self, offset: u64, bytes: u64) -> io::Result<&[u8]> {
        let start = usize::try_from(offset).unwrap();
        Ok(&self.bytes[start..start + usize::try_from(bytes).unwrap()])
    }
}
