//! Opens a journal to write it: lock, verify, cut a torn tail, write the last frame again.

use std::path::Path;
use std::sync::Arc;

use crate::bookmark::Bookmark;
use crate::buffer::FrameBuffer;
use crate::error::{JournalError, VisitError};
use crate::folder::Folder;
use crate::journal::{Active, Journal};
use crate::layout::{KIND_CLEAN_STOP, PAGE_BYTES};
use crate::mark;
use crate::options::JournalOptions;
use crate::position::Position;
use crate::prepare::{SegmentPreparer, Shared, Window};
use crate::scan::{End, FrameView, Scanner};
use crate::storage::{Context, SegmentFile, Storage};

/// A journal, ready to append.
#[derive(Debug)]
pub struct Opened {
    /// The writer.
    pub journal: Journal,
    /// Prepares its segments; a new folder has none until this has run.
    pub preparer: SegmentPreparer,
    /// What was found.
    pub recovery: Recovery,
}

/// What opening a journal found and did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// Id of the journal.
    pub instance_id: u128,
    /// Whether the folder was created now.
    pub created: bool,
    /// Last valid frame; 0 if there is none.
    pub last_frame: u64,
    /// Last valid record; 0 if there is none.
    pub last_sequence: u64,
    /// Valid frames that were walked: behind the bookmark, if there was one.
    pub frames: u64,
    /// Their length with headers and padding.
    pub bytes: u64,
    /// Segments that were walked and hold data.
    pub segments: u64,
    /// Bytes of a torn frame that were cut (zeroed): it was never acknowledged. Tell the operator
    /// if this is not 0.
    pub cut_bytes: u64,
    /// Whether the writer before this one stopped in order.
    pub clean_stop: bool,
}

impl Journal {
    /// Opens the journal in `directory`, creating it if there is none, and calls `visit` with every
    /// valid frame in order; only with those behind `from` if there is one, without reading what
    /// lies before.
    ///
    /// # Durability
    /// Everything found is synced before it is read, and the last valid frame is written again and
    /// synced before this returns: a frame that the visitor saw can no longer vanish.
    ///
    /// # Errors
    /// [`JournalError::Damage`] names file, offset, frame and sequence and has changed nothing, as
    /// has [`JournalError::BookmarkLost`].
    pub fn open(
        directory: &Path,
        options: JournalOptions,
        storage: Box<dyn Storage>,
        from: Option<&Bookmark>,
        visit: &mut dyn FnMut(FrameView<'_>) -> Result<(), VisitError>,
    ) -> Result<Opened, JournalError> {
        Self::open_folder(Folder::new(Arc::from(storage), directory), options, from, visit)
    }

    pub(crate) fn open_folder(
        folder: Folder,
        options: JournalOptions,
        from: Option<&Bookmark>,
        visit: &mut dyn FnMut(FrameView<'_>) -> Result<(), VisitError>,
    ) -> Result<Opened, JournalError> {
        options.check()?;
        let directory = folder.root.as_path();
        // Before the lock file is made: a folder that is not ours stays as it is.
        let found = folder.instance_id()?;
        if found.is_none() && from.is_some() {
            return Err(JournalError::Missing { path: directory.to_path_buf() });
        }
        folder.storage.create_directory(directory).context("create", directory)?;
        let lock = folder.lock()?;
        let (instance_id, created) = match folder.instance_id()? {
            Some(instance_id) => (instance_id, false),
            None => (options.new_instance_id, true),
        };
        if created {
            mark!("instance created");
            folder.create(instance_id)?;
        }
        sync_everything(&folder, from.map_or(1, |bookmark| bookmark.segment))?;
        let mut scanner = Scanner::begin(folder.clone(), instance_id, from)?;
        let end = walk(&mut scanner, visit)?;
        let term = settle_term(&scanner.position, options.term)?;
        let recovery = report(&scanner, &end, created);
        let active = mend(&scanner, &end, &options)?;
        let next_segment = active.as_ref().map_or(1, |active| active.number + 1);
        let shared = Arc::new(Shared::new(lock));
        let mut preparer = SegmentPreparer::new(
            folder.clone(),
            Arc::clone(&shared),
            options.clone(),
            next_segment,
        )?;
        let mut journal = Journal::new(folder, shared, scanner.position, &options, active);
        journal.raise_term(term, &mut preparer)?;
        Ok(Opened { journal, preparer, recovery })
    }
}

/// A process that crashed may have left pages that were written and never synced; decisions must
/// not rest on them. What lies before `first_segment` was durable when a bookmark was made.
pub(crate) fn sync_everything(folder: &Folder, first_segment: u64) -> Result<(), JournalError> {
    let segments = folder.segments();
    let numbers = folder.segment_numbers()?;
    for number in numbers.into_iter().filter(|number| *number >= first_segment) {
        let path = folder.segment_path(number);
        match folder.storage.sync_file(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let path = folder.compressed_path(number);
                folder.storage.sync_file(&path).context("sync", &path)?;
            }
            other => other.context("sync", &path)?,
        }
    }
    for directory in [&segments, &folder.pool(), &folder.root] {
        folder.storage.sync_directory(directory).context("sync", directory)?;
    }
    Ok(())
}

fn walk(
    scanner: &mut Scanner,
    visit: &mut dyn FnMut(FrameView<'_>) -> Result<(), VisitError>,
) -> Result<End, JournalError> {
    loop {
        match scanner.next()? {
            Err(end) => return Ok(end),
            Ok(frame) => {
                let view = scanner.view(&frame)?;
                let frame_number = view.number;
                visit(view).map_err(|source| JournalError::Visit { frame_number, source })?;
            }
        }
    }
}

fn settle_term(position: &Position, given: Option<u64>) -> Result<u64, JournalError> {
    match given {
        Some(given) if given < position.term => {
            Err(JournalError::TermBehind { journal: position.term, given })
        }
        Some(given) => Ok(given),
        None => Ok(position.term),
    }
}

fn report(scanner: &Scanner, end: &End, created: bool) -> Recovery {
    let position = &scanner.position;
    let torn_header_bytes = if end.torn_segment.is_some() { PAGE_BYTES } else { 0 };
    Recovery {
        instance_id: position.instance_id,
        created,
        last_frame: position.last_frame(),
        last_sequence: position.last_sequence(),
        frames: scanner.totals.frames,
        bytes: scanner.totals.frame_bytes,
        segments: scanner.totals.segments,
        cut_bytes: end.torn_bytes + torn_header_bytes,
        clean_stop: position.control == Some(KIND_CLEAN_STOP) && end.torn_bytes == 0,
    }
}

/// Brings the files into the state that the walk found; idempotent, in case of a crash midway.
fn mend(
    scanner: &Scanner,
    end: &End,
    options: &JournalOptions,
) -> Result<Option<Active>, JournalError> {
    // From the last on, so that a crash midway leaves no gap.
    for number in end.unused.iter().rev() {
        mark!("prepared segment put back");
        put_back(&scanner.folder, *number)?;
    }
    if let Some(number) = end.torn_segment {
        mark!("torn segment header cut");
        let path = scanner.folder.segment_path(number);
        let file = open_segment(&scanner.folder, &path, options)?;
        zero_range(file.as_ref(), &path, 0, PAGE_BYTES)?;
        put_back(&scanner.folder, number)?;
    }
    let Some(segment) = &scanner.current else { return Ok(None) };
    let path = scanner.folder.expand(segment)?;
    let file = open_segment(&scanner.folder, &path, options)?;
    zero_range(file.as_ref(), &path, segment.offset, end.torn_bytes)?;
    rewrite_last(scanner, file.as_ref(), options)?;
    let (number, offset) = (segment.number, segment.offset);
    Ok(Some(Active { number, path, window: Arc::new(Window::new(file, offset)), offset }))
}

pub(crate) fn open_segment(
    folder: &Folder,
    path: &Path,
    options: &JournalOptions,
) -> Result<Box<dyn SegmentFile>, JournalError> {
    folder.storage.open_segment(path, options.write_path, options.durability).context("open", path)
}

pub(crate) fn put_back(folder: &Folder, number: u64) -> Result<(), JournalError> {
    folder.move_file(&folder.segment_path(number), &folder.spare_path(number))
}

pub(crate) fn zero_range(
    file: &dyn SegmentFile,
    path: &Path,
    offset: u64,
    bytes: u64,
) -> Result<(), JournalError> {
    if bytes == 0 {
        return Ok(());
    }
    mark!("torn tail cut");
    let zeros = FrameBuffer::load_pages(&vec![0; crate::layout::length(bytes)]);
    write_pages(file, path, offset, &zeros)
}

/// Writes everything from the last frame on again, as it is: after a failed sync of the process
/// before, the page cache may hold what the device does not.
fn rewrite_last(
    scanner: &Scanner,
    file: &dyn SegmentFile,
    options: &JournalOptions,
) -> Result<(), JournalError> {
    let segment = scanner.current.as_ref().expect("invariant: the caller has seen it");
    let last = scanner.last.as_ref();
    let here = last.filter(|last| last.segment == segment.number);
    if let (None, Some(last)) = (here, last) {
        mark!("last frame rewritten in the segment before");
        let read = scanner.folder.open_segment(last.segment)?;
        let read = read.ok_or_else(|| scanner.missing(last.segment))?;
        let path = scanner.folder.expand(&read)?;
        let file = open_segment(&scanner.folder, &path, options)?;
        let pages = read.slice(last.offset, last.header.frame_bytes())?;
        let pages = FrameBuffer::load_pages(pages);
        write_pages(file.as_ref(), &path, last.offset, &pages)?;
    }
    let start = here.map_or(0, |last| last.offset);
    let pages = segment.slice(start, segment.offset - start)?;
    write_pages(file, &segment.path, start, &FrameBuffer::load_pages(pages))
}

pub(crate) fn write_pages(
    file: &dyn SegmentFile,
    path: &Path,
    offset: u64,
    pages: &[u8],
) -> Result<(), JournalError> {
    file.write_pages(offset, pages).context("write", path)?;
    file.sync_range(offset, pages.len() as u64).context("sync", path)
}
