//! Serves one file, the disk, over FUSE, and notes what is written to it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::{Duration, UNIX_EPOCH};

use fuser::{
    BackgroundSession, Config, Errno, FileAttr, FileHandle, FileType, Filesystem, FopenFlags,
    Generation, INodeNo, LockOwner, OpenFlags, ReplyAttr, ReplyData, ReplyEmpty, ReplyEntry,
    ReplyOpen, ReplyWrite, Request, WriteFlags,
};

use super::disk::Disk;

const NAME: &str = "disk.img";
const INODE: INodeNo = INodeNo(2);
/// Nothing changes but by our own hand.
const FOR_EVER: Duration = Duration::from_secs(86_400);

/// What happened to the disk, in order.
#[derive(Clone, Debug)]
pub(super) enum Event {
    /// Blocks were written; they are in the device's cache.
    Write { offset: usize, bytes: Arc<[u8]> },
    /// Everything before is on the medium.
    Flush,
    /// The driver said that everything up to this sequence is durable.
    Acknowledged(u64),
}

/// The disk and its log.
#[derive(Debug)]
pub(super) struct Recording {
    pub(super) disk: Disk,
    pub(super) events: Vec<Event>,
    /// Writes still to come until one is refused.
    pub(super) refuse_in: Option<u64>,
}

/// A disk that is being served; dropping it ends the service.
pub(crate) struct Recorder {
    recording: Arc<Mutex<Recording>>,
    path: PathBuf,
    _session: BackgroundSession,
}

impl Recorder {
    /// Serves `disk` as a file below `mount_point`.
    pub(super) fn serve(disk: Disk, mount_point: &Path) -> Self {
        let recording = Recording { disk, events: Vec::new(), refuse_in: None };
        let recording = Arc::new(Mutex::new(recording));
        let served = Served { recording: Arc::clone(&recording) };
        let session = fuser::spawn_mount(served, mount_point, &Config::default()).unwrap();
        Self { recording, path: mount_point.join(NAME), _session: session }
    }

    /// The file that is the disk.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Lets the disk hang until the value is dropped: nothing is read, written or flushed.
    pub(crate) fn get_stuck(&self) -> Stuck {
        let recording = Arc::clone(&self.recording);
        let (release, released) = channel::<()>();
        let (holds, held) = channel();
        let holder = thread::spawn(move || {
            let _recording = recording.lock().unwrap();
            holds.send(()).unwrap();
            // Until the sender is gone.
            let _ = released.recv();
        });
        held.recv().unwrap();
        Stuck { release: Some(release), holder: Some(holder) }
    }

    /// Disk and log.
    pub(super) fn hold(&self) -> MutexGuard<'_, Recording> {
        self.recording.lock().unwrap()
    }
}

/// A disk that hangs.
pub(crate) struct Stuck {
    release: Option<Sender<()>>,
    holder: Option<JoinHandle<()>>,
}

impl Drop for Stuck {
    fn drop(&mut self) {
        self.release = None;
        self.holder.take().unwrap().join().unwrap();
    }
}

struct Served {
    recording: Arc<Mutex<Recording>>,
}

impl Served {
    fn attributes(&self, inode: INodeNo) -> Option<FileAttr> {
        let (kind, size) = match inode {
            INodeNo::ROOT => (FileType::Directory, 0),
            INODE => (FileType::RegularFile, self.recording.lock().unwrap().disk.bytes() as u64),
            _ => return None,
        };
        Some(FileAttr {
            ino: inode,
            size,
            blocks: size / 512,
            atime: UNIX_EPOCH,
            mtime: UNIX_EPOCH,
            ctime: UNIX_EPOCH,
            crtime: UNIX_EPOCH,
            kind,
            perm: 0o700,
            nlink: 1,
            uid: 0,
            gid: 0,
            rdev: 0,
            blksize: 4096,
            flags: 0,
        })
    }
}

impl Filesystem for Served {
    fn lookup(&self, _request: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let inside = parent == INodeNo::ROOT && name == OsStr::new(NAME);
        match self.attributes(INODE).filter(|_| inside) {
            Some(attributes) => reply.entry(&FOR_EVER, &attributes, Generation(0)),
            None => reply.error(Errno::ENOENT),
        }
    }

    fn getattr(
        &self,
        _request: &Request,
        inode: INodeNo,
        _handle: Option<FileHandle>,
        reply: ReplyAttr,
    ) {
        match self.attributes(inode) {
            Some(attributes) => reply.attr(&FOR_EVER, &attributes),
            None => reply.error(Errno::ENOENT),
        }
    }

    fn open(&self, _request: &Request, _inode: INodeNo, _flags: OpenFlags, reply: ReplyOpen) {
        reply.opened(FileHandle(0), FopenFlags::empty());
    }

    fn read(
        &self,
        _request: &Request,
        _inode: INodeNo,
        _handle: FileHandle,
        offset: u64,
        size: u32,
        _flags: OpenFlags,
        _owner: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let (offset, size) = (usize::try_from(offset).unwrap(), usize::try_from(size).unwrap());
        reply.data(&self.recording.lock().unwrap().disk.read(offset, size));
    }

    fn write(
        &self,
        _request: &Request,
        _inode: INodeNo,
        _handle: FileHandle,
        offset: u64,
        data: &[u8],
        _write_flags: WriteFlags,
        _flags: OpenFlags,
        _owner: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        let mut recording = self.recording.lock().unwrap();
        if let Some(left) = &mut recording.refuse_in {
            *left -= 1;
            if *left == 0 {
                recording.refuse_in = None;
                reply.error(Errno::EIO);
                return;
            }
        }
        let offset = usize::try_from(offset).unwrap();
        recording.disk.write(offset, data);
        recording.events.push(Event::Write { offset, bytes: data.into() });
        reply.written(u32::try_from(data.len()).unwrap());
    }

    fn fsync(
        &self,
        _request: &Request,
        _inode: INodeNo,
        _handle: FileHandle,
        _data_only: bool,
        reply: ReplyEmpty,
    ) {
        self.recording.lock().unwrap().events.push(Event::Flush);
        reply.ok();
    }

    fn flush(
        &self,
        _request: &Request,
        _inode: INodeNo,
        _handle: FileHandle,
        _owner: LockOwner,
        reply: ReplyEmpty,
    ) {
        // The closing of a file: says nothing about the medium.
        reply.ok();
    }
}
