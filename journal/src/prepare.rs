//! Prepares segments ahead of their use, off the append path.
//!
//! A helper thread of the caller runs [`SegmentPreparer::step`]. A spare is allocated, written with
//! zeros, synced (`pool/*.zero`), then moved into `segments/` with a header page that is still
//! zero, mapped, populated, and laid into a slot. At a roll the writer takes it from the slot and
//! writes the header page: no allocation, rename or folder sync on the append path.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::disk::ZERO_PIECE_BYTES;
use crate::error::JournalError;
use crate::folder::{Folder, PARTIAL, SPARE};
use crate::layout::{is_zero, length};
use crate::options::JournalOptions;
use crate::storage::{Context, FolderLock, SegmentFile, SegmentRead, ZeroFile};

/// A spare is synced each time this much of it was written: one flush of a whole segment would stall
/// the journal's own syncs where zeros pass through the page cache, and a sync after each piece
/// would commit the file system's journal too often.
const ZERO_SYNC_BYTES: u64 = 16 * 1024 * 1024;
/// Pages are populated in windows of this size. Small, because pages dirtied long before their
/// use are written back and write-protected again.
const POPULATE_BYTES: u64 = 8 * 1024 * 1024;
/// Populating goes on while fewer bytes than this stand ready: 16 MiB last 8 ms at 2 GB/s.
const POPULATE_AHEAD_BYTES: u64 = 2 * POPULATE_BYTES;

/// A segment being written, and how far its pages stand ready.
#[derive(Debug)]
pub(crate) struct Window {
    pub(crate) file: Box<dyn SegmentFile>,
    /// End of the last frame; the writer stores, the preparer loads. A stale value only delays.
    written_bytes: AtomicU64,
    /// End of the populated pages. Whoever populates holds `populating` and then stores it, with
    /// release; the writer loads it, with acquire, and writes to populated pages only. So nobody
    /// lays zeros where a frame may be.
    populated_bytes: AtomicU64,
    populating: Mutex<()>,
    /// End of the pages whose memory was let go; the preparer's own.
    forgotten_bytes: AtomicU64,
}

impl Window {
    pub(crate) fn new(file: Box<dyn SegmentFile>, written_bytes: u64) -> Self {
        let at = || AtomicU64::new(written_bytes);
        Self {
            file,
            written_bytes: at(),
            populated_bytes: at(),
            populating: Mutex::new(()),
            forgotten_bytes: at(),
        }
    }

    /// Tells the preparer how far the writer has come.
    pub(crate) fn wrote_to(&self, end: u64) {
        self.written_bytes.store(end, Ordering::Relaxed);
    }

    /// Makes sure that pages up to `end` are populated, also where the preparer has fallen behind.
    pub(crate) fn populate_to(&self, end: u64) {
        if self.populated_bytes.load(Ordering::Acquire) >= end {
            return;
        }
        let _populating = hold(&self.populating);
        let populated = self.populated_bytes.load(Ordering::Acquire);
        if populated < end {
            // Only a hint: where the kernel cannot populate, the write itself faults the page in.
            let _ = self.file.populate(populated, end - populated);
            self.populated_bytes.store(end, Ordering::Release);
        }
    }

    /// Populates one window if fewer bytes than planned stand ready; whether it did.
    fn populate_ahead(&self) -> bool {
        let populated = self.populated_bytes.load(Ordering::Acquire);
        let wanted = self.written_bytes.load(Ordering::Relaxed) + POPULATE_AHEAD_BYTES;
        let end = self.file.segment_bytes().min(populated + POPULATE_BYTES);
        if populated >= wanted || populated == end {
            return false;
        }
        self.forget_behind();
        self.populate_to(end);
        true
    }

    /// Lets go what was synced, so that the pages populated next take the same memory again:
    /// memory that a virtual machine never touched before costs it more than the copy into it.
    fn forget_behind(&self) {
        let forgotten = self.forgotten_bytes.load(Ordering::Relaxed);
        let synced = self.written_bytes.load(Ordering::Relaxed);
        if synced > forgotten {
            // Only a hint: what stays cached is still right.
            let _ = self.file.forget(forgotten, synced - forgotten);
            self.forgotten_bytes.store(synced, Ordering::Relaxed);
        }
    }
}

/// A segment in `segments/` with a zero header, ready to be begun.
#[derive(Debug)]
pub(crate) struct ReadySegment {
    pub(crate) number: u64,
    pub(crate) path: PathBuf,
    pub(crate) window: Arc<Window>,
}

/// What writer and preparer share. The writer takes these locks only when it rolls or closes.
#[derive(Debug)]
pub(crate) struct Shared {
    /// The folder's lock while the journal is open; the preparer holds the mutex during a step, so
    /// that it never works in a folder that was released.
    lock: Mutex<Option<Box<dyn FolderLock>>>,
    ready: Mutex<Option<ReadySegment>>,
    current: Mutex<Option<Arc<Window>>>,
    spares: AtomicU64,
}

impl Shared {
    pub(crate) fn new(lock: Box<dyn FolderLock>) -> Self {
        Self {
            lock: Mutex::new(Some(lock)),
            ready: Mutex::new(None),
            current: Mutex::new(None),
            spares: AtomicU64::new(0),
        }
    }

    /// Takes the ready segment, if there is one, and makes it the current one.
    pub(crate) fn take_ready(&self) -> Option<ReadySegment> {
        let segment = hold(&self.ready).take()?;
        self.spares.fetch_sub(1, Ordering::Relaxed);
        self.set_current(Some(Arc::clone(&segment.window)));
        Some(segment)
    }

    /// Whether a segment stands ready.
    pub(crate) fn is_ready(&self) -> bool {
        hold(&self.ready).is_some()
    }

    /// Names the segment ahead of whose end pages are populated.
    pub(crate) fn set_current(&self, window: Option<Arc<Window>>) {
        *hold(&self.current) = window;
    }

    /// Releases the folder: the preparer does nothing more.
    pub(crate) fn release(&self) {
        *hold(&self.lock) = None;
    }

    /// Prepared segments, counting the ready one.
    pub(crate) fn spares(&self) -> u64 {
        self.spares.load(Ordering::Relaxed)
    }
}

/// A panic of the other thread leaves these plain values whole.
fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What one [`SegmentPreparer::step`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrepareStep {
    /// A piece of work; there may be more at once.
    Worked,
    /// Nothing to do for now: wait a millisecond or so.
    Idle,
}

/// Prepares segments; see the module.
///
/// # Trade-offs
/// A step does at most 1 MiB of zeros or one window of pages, so that it can be stopped soon and
/// its writes do not stand before those of the journal for long. While a spare stands ready nothing
/// is urgent: sleep about a millisecond after each step, which halves the time that frames wait
/// behind zeros and still fills 1 GB/s. Dropping the preparer, or an error of a
/// step, leaves the journal usable as long as prepared segments last.
#[derive(Debug)]
pub struct SegmentPreparer {
    folder: Folder,
    shared: Arc<Shared>,
    options: JournalOptions,
    next_segment: u64,
    next_spare: u64,
    /// A segment that was moved into `segments/` and is not in the slot yet.
    named: Option<u64>,
    /// Complete spares in `pool/`.
    pool: VecDeque<PathBuf>,
    /// Spares of an earlier process, not yet seen to be zero.
    unchecked: Vec<PathBuf>,
    checking: Option<Checking>,
    filling: Option<Filling>,
}

#[derive(Debug)]
struct Checking {
    path: PathBuf,
    bytes: Box<dyn SegmentRead>,
    offset: u64,
}

#[derive(Debug)]
struct Filling {
    number: u64,
    file: Box<dyn ZeroFile>,
    offset: u64,
}

impl SegmentPreparer {
    /// A preparer for the segments from `next_segment` on. Removes half-made spares.
    pub(crate) fn new(
        folder: Folder,
        shared: Arc<Shared>,
        options: JournalOptions,
        next_segment: u64,
    ) -> Result<Self, JournalError> {
        let pool = folder.pool();
        for number in folder.numbers(&pool, PARTIAL)? {
            let path = folder.partial_path(number);
            folder.storage.remove(&path).context("remove", &path)?;
        }
        let numbers = folder.numbers(&pool, SPARE)?;
        let next_spare = numbers.last().map_or(1, |last| last + 1).max(next_segment);
        let unchecked = numbers.into_iter().map(|number| folder.spare_path(number)).collect();
        Ok(Self {
            folder,
            shared,
            options,
            next_segment,
            next_spare,
            named: None,
            pool: VecDeque::new(),
            unchecked,
            checking: None,
            filling: None,
        })
    }

    /// Prepared segments, counting the one that stands ready.
    #[must_use]
    pub fn segments_spare(&self) -> u64 {
        self.shared.spares()
    }

    /// Does one small piece of work. After an error the caller may try again later; a full disk is
    /// [`JournalError::NoRoom`].
    pub fn step(&mut self) -> Result<PrepareStep, JournalError> {
        let shared = Arc::clone(&self.shared);
        let open = hold(&shared.lock);
        if open.is_none() {
            return Ok(PrepareStep::Idle);
        }
        let worked = self.populate_current() || self.lay_ready()? || self.check_or_fill()?;
        Ok(if worked { PrepareStep::Worked } else { PrepareStep::Idle })
    }

    fn populate_current(&self) -> bool {
        let current = hold(&self.shared.current).clone();
        current.is_some_and(|window| window.populate_ahead())
    }

    /// Moves a spare into `segments/` and lays it into the slot.
    fn lay_ready(&mut self) -> Result<bool, JournalError> {
        if hold(&self.shared.ready).is_some() {
            return Ok(false);
        }
        let Some(number) = self.name_next()? else { return Ok(false) };
        let path = self.folder.segment_path(number);
        let storage = &self.folder.storage;
        let file = storage
            .open_segment(&path, self.options.write_path, self.options.durability)
            .context("open", &path)?;
        let window = Arc::new(Window::new(file, 0));
        window.populate_ahead();
        *hold(&self.shared.ready) = Some(ReadySegment { number, path, window });
        self.named = None;
        Ok(true)
    }

    /// Number of the segment to lay ready, which is in `segments/` by then; kept in case that
    /// opening it fails, so that no number is ever skipped.
    fn name_next(&mut self) -> Result<Option<u64>, JournalError> {
        if self.named.is_some() {
            return Ok(self.named);
        }
        let Some(source) = self.pool.front() else { return Ok(None) };
        let number = self.next_segment;
        self.folder.move_file_or_back(source, &self.folder.segment_path(number))?;
        self.pool.pop_front();
        self.next_segment += 1;
        self.named = Some(number);
        Ok(self.named)
    }

    fn check_or_fill(&mut self) -> Result<bool, JournalError> {
        if self.checking.is_some() || !self.unchecked.is_empty() {
            self.check_spare()?;
            return Ok(true);
        }
        let wanted = u64::from(self.options.segments_spare);
        if self.filling.is_none() && self.shared.spares() >= wanted {
            return Ok(false);
        }
        self.fill_spare()?;
        Ok(true)
    }

    /// Reads one piece of a spare that an earlier process left.
    fn check_spare(&mut self) -> Result<(), JournalError> {
        let Some(mut checking) = self.checking.take() else { return self.check_spare_start() };
        let segment_bytes = checking.bytes.segment_bytes();
        let piece_bytes = ZERO_PIECE_BYTES.min(segment_bytes - checking.offset);
        let mut piece = vec![0; length(piece_bytes)];
        checking.bytes.read_at(checking.offset, &mut piece).context("read", &checking.path)?;
        if !is_zero(&piece) {
            // It never held data, so nothing is lost; but a segment must begin as zeros.
            return self.folder.storage.remove(&checking.path).context("remove", &checking.path);
        }
        checking.offset += piece_bytes;
        if checking.offset == segment_bytes {
            self.add_spare(checking.path);
        } else {
            self.checking = Some(checking);
        }
        Ok(())
    }

    fn check_spare_start(&mut self) -> Result<(), JournalError> {
        let Some(path) = self.unchecked.pop() else { return Ok(()) };
        let storage = &self.folder.storage;
        let file_bytes = storage.file_bytes(&path).context("look at", &path)?;
        let surplus = self.shared.spares() >= u64::from(self.options.segments_spare);
        if file_bytes != self.options.segment_bytes || surplus {
            return storage.remove(&path).context("remove", &path);
        }
        let bytes = storage.open_read(&path).context("open", &path)?;
        self.checking = Some(Checking { path, bytes, offset: 0 });
        Ok(())
    }

    /// Writes one piece of zeros of a new spare.
    fn fill_spare(&mut self) -> Result<(), JournalError> {
        let mut filling = match self.filling.take() {
            Some(filling) => filling,
            None => self.fill_spare_start()?,
        };
        let path = self.folder.partial_path(filling.number);
        let segment_bytes = self.options.segment_bytes;
        let piece_bytes = ZERO_PIECE_BYTES.min(segment_bytes - filling.offset);
        let end = filling.offset + piece_bytes;
        let mut written = filling.file.write_zeros(filling.offset, piece_bytes);
        if end.is_multiple_of(ZERO_SYNC_BYTES) || end == segment_bytes {
            written = written.and_then(|()| filling.file.sync());
        }
        if let Err(error) = written {
            return Err(self.give_up(&path, error));
        }
        filling.offset = end;
        if filling.offset < segment_bytes {
            self.filling = Some(filling);
            return Ok(());
        }
        let spare = self.folder.spare_path(filling.number);
        self.folder.move_file(&path, &spare)?;
        self.add_spare(spare);
        Ok(())
    }

    fn fill_spare_start(&mut self) -> Result<Filling, JournalError> {
        let pool = self.folder.pool();
        let storage = &self.folder.storage;
        let needed_bytes = self.options.segment_bytes;
        let available_bytes = storage.available_bytes(&pool).context("look at", &pool)?;
        if available_bytes < needed_bytes {
            return Err(JournalError::NoRoom { path: pool, needed_bytes, available_bytes });
        }
        let number = self.next_spare;
        let path = self.folder.partial_path(number);
        let file = match storage.create_zero_file(&path, needed_bytes) {
            Ok(file) => file,
            Err(error) => return Err(self.give_up(&path, error)),
        };
        self.next_spare += 1;
        Ok(Filling { number, file, offset: 0 })
    }

    /// Gives the room of a half-made spare back. It holds no data, so a failed write or sync of it
    /// poisons nothing.
    fn give_up(&self, path: &Path, error: io::Error) -> JournalError {
        let storage = &self.folder.storage;
        // The first error is the one to report.
        let _ = storage.remove(path);
        if error.kind() != io::ErrorKind::StorageFull {
            return JournalError::io("prepare", path, error);
        }
        let pool = self.folder.pool();
        let available_bytes = storage.available_bytes(&pool).unwrap_or(0);
        let needed_bytes = self.options.segment_bytes;
        JournalError::NoRoom { path: pool, needed_bytes, available_bytes }
    }

    fn add_spare(&mut self, path: PathBuf) {
        self.pool.push_back(path);
        self.shared.spares.fetch_add(1, Ordering::Relaxed);
    }
}
