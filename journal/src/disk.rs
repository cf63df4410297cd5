//! The real storage: Linux files.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::num::NonZeroU64;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use memmap2::MmapMut;
use rustix::fs::{
    Advice as FileAdvice, FallocateFlags, FlockOperation, OFlags, fadvise, fallocate, flock,
    statvfs,
};
use rustix::io::Errno;

use crate::layout::{PAGE_LENGTH, length};
use crate::mapping::{ReadMapping, WriteMapping};
use crate::options::{Durability, WritePath};
use crate::sabotage::{Sabotage, asked};
use crate::storage::{FolderLock, NewFile, SegmentFile, SegmentRead, Storage, ZeroFile};

/// Zeros are written in pieces of this size: long enough for full disk speed, short enough that a
/// frame waits behind one piece for less than a millisecond.
pub(crate) const ZERO_PIECE_BYTES: u64 = 1024 * 1024;

/// How often the writer tries the lock: a reader that asks "is a writer running?" holds it shared
/// for the length of one system call.
const LOCK_TRIES: u32 = 100;

/// Files of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct FileStorage;

impl FileStorage {
    /// A storage on the files of this machine.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

impl Storage for FileStorage {
    fn create_directory(&self, directory: &Path) -> io::Result<()> {
        let parent = directory.parent().filter(|parent| !parent.as_os_str().is_empty());
        if directory.is_dir() {
            return match self.sync_directory(parent.unwrap_or(Path::new("."))) {
                // Whoever may not look into the folder above has not made this one there.
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
                synced => synced,
            };
        }
        if let Some(parent) = parent.filter(|parent| !parent.is_dir()) {
            self.create_directory(parent)?;
        }
        match fs::create_dir(directory) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && directory.is_dir() => {}
            other => other?,
        }
        self.sync_directory(parent.unwrap_or(Path::new(".")))
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<String>> {
        fs::read_dir(directory)?
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect()
    }

    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn FolderLock>>> {
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        for _ in 0..LOCK_TRIES {
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(Some(Box::new(LockedFile { _file: file }))),
                Err(Errno::WOULDBLOCK) => std::thread::yield_now(),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(None)
    }

    fn is_locked(&self, path: &Path) -> io::Result<bool> {
        let file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            other => other?,
        };
        match flock(&file, FlockOperation::NonBlockingLockShared) {
            Ok(()) => Ok(false),
            Err(Errno::WOULDBLOCK) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }

    fn read_small(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        match fs::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            other => other.map(Some),
        }
    }

    fn write_small(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let file = OpenOptions::new().write(true).create(true).truncate(true).open(path)?;
        file.write_all_at(bytes, 0)?;
        file.sync_all()
    }

    fn rename(&self, source: &Path, target: &Path) -> io::Result<()> {
        fs::rename(source, target)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        match fs::remove_file(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    fn sync_directory(&self, directory: &Path) -> io::Result<()> {
        if asked(Sabotage::ForgetDirectorySync) {
            return Ok(());
        }
        File::open(directory)?.sync_all()
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn file_bytes(&self, path: &Path) -> io::Result<u64> {
        Ok(fs::metadata(path)?.len())
    }

    fn available_bytes(&self, directory: &Path) -> io::Result<u64> {
        let facts = statvfs(directory)?;
        Ok(facts.f_bavail.saturating_mul(facts.f_frsize))
    }

    fn create_zero_file(&self, path: &Path, file_bytes: u64) -> io::Result<Box<dyn ZeroFile>> {
        self.remove(path)?;
        let file = open_unbuffered(path, OFlags::DIRECT).or_else(|error| {
            // A file system without O_DIRECT: the zeros pass through the page cache.
            let refused = error.raw_os_error() == Some(Errno::INVAL.raw_os_error());
            if refused { open_unbuffered(path, OFlags::empty()) } else { Err(error) }
        })?;
        match fallocate(&file, FallocateFlags::empty(), 0, file_bytes) {
            // Writing the zeros allocates as well; this call only keeps the file in one piece.
            Err(Errno::OPNOTSUPP) => file.set_len(file_bytes)?,
            other => other?,
        }
        let zeros = MmapMut::map_anon(length(ZERO_PIECE_BYTES))?;
        Ok(Box::new(DiskZeroFile { file, zeros }))
    }

    fn create_file(&self, path: &Path) -> io::Result<Box<dyn NewFile>> {
        let file = OpenOptions::new().write(true).create(true).truncate(true).open(path)?;
        Ok(Box::new(DiskNewFile { file }))
    }

    fn open_segment(
        &self,
        path: &Path,
        write_path: WritePath,
        durability: Durability,
    ) -> io::Result<Box<dyn SegmentFile>> {
        match write_path {
            WritePath::Mapped => {
                let file = OpenOptions::new().read(true).write(true).open(path)?;
                let mapping = WriteMapping::new(&file)?;
                Ok(Box::new(MappedSegment { file, mapping, durability }))
            }
            WritePath::Direct => {
                let lies = asked(Sabotage::SkipSync) || asked(Sabotage::AckEarly);
                let sync = match durability {
                    Durability::Sync if !lies => OFlags::DSYNC,
                    Durability::Sync | Durability::Os => OFlags::empty(),
                };
                let file = open_unbuffered(path, OFlags::DIRECT | sync)?;
                let segment_bytes = file.metadata()?.len();
                Ok(Box::new(DirectSegment { file, segment_bytes }))
            }
        }
    }

    fn open_read(&self, path: &Path) -> io::Result<Box<dyn SegmentRead>> {
        let file = File::open(path)?;
        let mapping = ReadMapping::new(&file)?;
        Ok(Box::new(ReadSegment { file, mapping }))
    }
}

fn open_unbuffered(path: &Path, flags: OFlags) -> io::Result<File> {
    let flags = flags.bits().cast_signed();
    OpenOptions::new().write(true).create(true).truncate(false).custom_flags(flags).open(path)
}

#[derive(Debug)]
struct LockedFile {
    _file: File,
}

impl FolderLock for LockedFile {}

#[derive(Debug)]
struct DiskZeroFile {
    file: File,
    zeros: MmapMut,
}

impl ZeroFile for DiskZeroFile {
    fn write_zeros(&mut self, offset: u64, bytes: u64) -> io::Result<()> {
        self.file.write_all_at(&self.zeros[..length(bytes)], offset)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_all()
    }
}

#[derive(Debug)]
struct DiskNewFile {
    file: File,
}

impl NewFile for DiskNewFile {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all_at(bytes, offset)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_all()
    }
}

/// Writes by copying into the mapping, syncs the range.
#[derive(Debug)]
struct MappedSegment {
    file: File,
    mapping: WriteMapping,
    durability: Durability,
}

impl SegmentFile for MappedSegment {
    fn segment_bytes(&self) -> u64 {
        self.mapping.length() as u64
    }

    fn write_pages(&self, offset: u64, pages: &[u8]) -> io::Result<()> {
        check_pages(offset, pages);
        self.mapping.copy_in(length(offset), pages);
        Ok(())
    }

    fn sync_range(&self, offset: u64, bytes: u64) -> io::Result<()> {
        match self.durability {
            // The range, not the file: `fdatasync` would also write the populated pages ahead.
            Durability::Sync if asked(Sabotage::SkipSync) => Ok(()),
            Durability::Sync => self.mapping.sync(length(offset), length(bytes)),
            Durability::Os => Ok(()),
        }
    }

    fn populate(&self, offset: u64, bytes: u64) -> io::Result<()> {
        // Page by page, for two reasons: whole pages need not be read from the disk first, and
        // pages that come by larger writes or by read-ahead are large folios, which write-back
        // takes as a whole: each sync of 4 KiB would write 256 KiB.
        for page in (offset..offset + bytes).step_by(PAGE_LENGTH) {
            self.file.write_all_at(&[0; PAGE_LENGTH], page)?;
        }
        self.mapping.populate(length(offset), length(bytes))
    }

    fn forget(&self, offset: u64, bytes: u64) -> io::Result<()> {
        Ok(fadvise(&self.file, offset, NonZeroU64::new(bytes), FileAdvice::DontNeed)?)
    }
}

/// Writes around the page cache; the write is the sync.
#[derive(Debug)]
struct DirectSegment {
    file: File,
    segment_bytes: u64,
}

impl SegmentFile for DirectSegment {
    fn segment_bytes(&self) -> u64 {
        self.segment_bytes
    }

    fn write_pages(&self, offset: u64, pages: &[u8]) -> io::Result<()> {
        check_pages(offset, pages);
        assert!(pages.as_ptr().addr().is_multiple_of(PAGE_LENGTH), "memory is not page-aligned");
        self.file.write_all_at(pages, offset)
    }

    fn sync_range(&self, _offset: u64, _bytes: u64) -> io::Result<()> {
        // O_DSYNC made the write durable before it returned.
        if asked(Sabotage::AckEarly) { self.file.sync_data() } else { Ok(()) }
    }

    fn populate(&self, _offset: u64, _bytes: u64) -> io::Result<()> {
        Ok(())
    }
}

fn check_pages(offset: u64, pages: &[u8]) {
    assert!(length(offset).is_multiple_of(PAGE_LENGTH), "offset is not on a page");
    assert!(pages.len().is_multiple_of(PAGE_LENGTH), "length is not whole pages");
}

#[derive(Debug)]
struct ReadSegment {
    file: File,
    mapping: ReadMapping,
}

impl SegmentRead for ReadSegment {
    fn segment_bytes(&self) -> u64 {
        self.mapping.length() as u64
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(bytes, offset)
    }

    fn slice(&self, offset: u64, bytes: u64) -> io::Result<&[u8]> {
        self.mapping.slice(length(offset), length(bytes))
    }
}
