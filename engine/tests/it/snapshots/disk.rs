//! A disk in memory that can be cut off at any call, and loses then what was not synced.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use gantry_journal::{
    Durability, FolderLock, NewFile, SegmentFile, SegmentRead, Storage, WritePath, ZeroFile,
};

/// What a file holds, and what of it is on the device.
#[derive(Clone, Debug, Default)]
struct Content {
    bytes: Vec<u8>,
    synced: Vec<u8>,
}

#[derive(Debug, Default)]
struct State {
    files: Vec<Content>,
    /// Names by path; what a folder's sync has made durable stands in the second map.
    names: BTreeMap<PathBuf, usize>,
    durable_names: BTreeMap<PathBuf, usize>,
    /// Calls that still succeed.
    calls_left: Option<usize>,
    calls: usize,
}

impl State {
    fn call(&mut self) -> io::Result<()> {
        self.calls += 1;
        match &mut self.calls_left {
            Some(0) => Err(io::Error::other("the power is gone")),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

/// See the module. Clones are the same disk.
#[derive(Clone, Debug, Default)]
pub(crate) struct MemoryDisk(Arc<Mutex<State>>);

/// What the device is left with when the power goes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Left {
    /// Nothing that was not synced.
    Synced,
    /// Everything that was written, as if it had been synced just in time.
    Everything,
}

impl MemoryDisk {
    /// Lets `calls` more calls succeed.
    pub(crate) fn cut_after(&self, calls: usize) {
        self.0.lock().unwrap().calls_left = Some(calls);
    }

    pub(crate) fn calls(&self) -> usize {
        self.0.lock().unwrap().calls
    }

    /// The disk as it is after the power came back.
    pub(crate) fn after_crash(&self, left: Left) -> Self {
        let state = self.0.lock().unwrap();
        let names = match left {
            Left::Synced => state.durable_names.clone(),
            Left::Everything => state.names.clone(),
        };
        let files = state.files.iter().map(|file| match left {
            Left::Synced => Content { bytes: file.synced.clone(), synced: file.synced.clone() },
            Left::Everything => file.clone(),
        });
        let files = files.collect();
        let state = State { files, durable_names: names.clone(), names, ..State::default() };
        Self(Arc::new(Mutex::new(state)))
    }

    pub(crate) fn put(&self, path: &Path, bytes: Vec<u8>) {
        let mut state = self.0.lock().unwrap();
        let number = state.files.len();
        state.files.push(Content { synced: bytes.clone(), bytes });
        state.names.insert(path.to_path_buf(), number);
        state.durable_names.insert(path.to_path_buf(), number);
    }

    pub(crate) fn content(&self, path: &Path) -> Option<Vec<u8>> {
        let state = self.0.lock().unwrap();
        Some(state.files[*state.names.get(path)?].bytes.clone())
    }

    fn named(&self, path: &Path) -> io::Result<usize> {
        let state = self.0.lock().unwrap();
        state.names.get(path).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

#[derive(Debug)]
struct MemoryFile {
    disk: MemoryDisk,
    number: usize,
}

impl NewFile for MemoryFile {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.disk.0.lock().unwrap();
        state.call()?;
        let file = &mut state.files[self.number].bytes;
        let begin = usize::try_from(offset).unwrap();
        let end = begin + bytes.len();
        file.resize(file.len().max(end), 0);
        file[begin..end].copy_from_slice(bytes);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.disk.0.lock().unwrap();
        state.call()?;
        let file = &mut state.files[self.number];
        file.synced = file.bytes.clone();
        Ok(())
    }
}

#[derive(Debug)]
struct MemoryRead(Vec<u8>);

impl SegmentRead for MemoryRead {
    fn segment_bytes(&self) -> u64 {
        self.0.len() as u64
    }
    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        let begin = usize::try_from(offset).unwrap();
        let source = self.0.get(begin..begin + bytes.len());
        bytes.copy_from_slice(source.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
    fn slice(&self, _offset: u64, _bytes: u64) -> io::Result<&[u8]> {
        panic!("a snapshot is never mapped")
    }
}

#[derive(Debug)]
struct NoLock;

impl FolderLock for NoLock {}

impl Storage for MemoryDisk {
    fn create_directory(&self, _directory: &Path) -> io::Result<()> {
        self.0.lock().unwrap().call()
    }
    fn list(&self, directory: &Path) -> io::Result<Vec<String>> {
        let state = self.0.lock().unwrap();
        let inside = state.names.keys().filter(|path| path.parent() == Some(directory));
        Ok(inside.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect())
    }
    fn lock(&self, _path: &Path) -> io::Result<Option<Box<dyn FolderLock>>> {
        Ok(Some(Box::new(NoLock)))
    }
    fn is_locked(&self, _path: &Path) -> io::Result<bool> {
        Ok(false)
    }
    fn read_small(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        Ok(self.content(path))
    }
    fn write_small(&self, _path: &Path, _bytes: &[u8]) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
    fn rename(&self, source: &Path, target: &Path) -> io::Result<()> {
        let mut state = self.0.lock().unwrap();
        state.call()?;
        let number = state.names.remove(source).ok_or(io::ErrorKind::NotFound)?;
        state.names.insert(target.to_path_buf(), number);
        Ok(())
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.0.lock().unwrap();
        state.call()?;
        state.names.remove(path);
        Ok(())
    }
    fn sync_directory(&self, directory: &Path) -> io::Result<()> {
        let mut state = self.0.lock().unwrap();
        state.call()?;
        let inside = |path: &PathBuf| path.parent() == Some(directory);
        state.durable_names.retain(|path, _| !inside(path));
        let names = state.names.clone();
        state.durable_names.extend(names.into_iter().filter(|(path, _)| inside(path)));
        Ok(())
    }
    fn sync_file(&self, _path: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
    fn file_bytes(&self, path: &Path) -> io::Result<u64> {
        Ok(self.content(path).map_or(0, |bytes| bytes.len() as u64))
    }
    fn available_bytes(&self, _directory: &Path) -> io::Result<u64> {
        Ok(u64::MAX)
    }
    fn create_zero_file(&self, _path: &Path, _file_bytes: u64) -> io::Result<Box<dyn ZeroFile>> {
        Err(io::ErrorKind::Unsupported.into())
    }
    fn create_file(&self, path: &Path) -> io::Result<Box<dyn NewFile>> {
        let mut state = self.0.lock().unwrap();
        state.call()?;
        let number = state.files.len();
        state.files.push(Content::default());
        state.names.insert(path.to_path_buf(), number);
        drop(state);
        Ok(Box::new(MemoryFile { disk: self.clone(), number }))
    }
    fn open_segment(
        &self,
        _path: &Path,
        _write_path: WritePath,
        _durability: Durability,
    ) -> io::Result<Box<dyn SegmentFile>> {
        Err(io::ErrorKind::Unsupported.into())
    }
    fn open_read(&self, path: &Path) -> io::Result<Box<dyn SegmentRead>> {
        let number = self.named(path)?;
        Ok(Box::new(MemoryRead(self.0.lock().unwrap().files[number].bytes.clone())))
    }
}
