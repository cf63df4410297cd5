//! Gives up what a person decided to lose, so that the rest can be used again.
//!
//! Recovery never does this by itself: it refuses, and this is what a person may do then. All that
//! is cut is copied or moved into `lost/` first, and nothing there is ever deleted.
//!
//! The order of the steps makes a crash between any two of them safe: the cut and the new term come
//! before the later segments go, so until the last of them is gone a start refuses the folder as
//! before, and the repair can be begun again.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use zerocopy::IntoBytes;

use crate::bookmark::Bookmark;
use crate::buffer::FrameBuffer;
use crate::copy::{Unreadable, copy_file};
use crate::disk::FileStorage;
use crate::error::JournalError;
use crate::folder::{Folder, SNAPSHOT};
use crate::journal::Journal;
use crate::layout::{
    FRAME_HEADER_BYTES, FrameHeader, KIND_DATA, KIND_SEAL, PAGE_BYTES, PAGE_LENGTH,
    SEGMENT_BYTES_DEFAULT, is_zero,
};
use crate::options::{JournalOptions, WritePath};
use crate::page::{Place, check_place, control_header};
use crate::position::Position;
use crate::recover::{open_segment, put_back, sync_everything, write_pages, zero_range};
use crate::scan::Scanner;
use crate::segment::OpenSegment;
use crate::storage::{Context, Storage};

/// Zeros are laid over what is cut in pieces of this size.
const CUT_BYTES: u64 = 1024 * 1024;

/// What [`repair`] kept and gave up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepairReport {
    /// Last record that was kept; 0 if none was.
    pub last_sequence: u64,
    /// Last frame that was kept; 0 if none was.
    pub last_frame: u64,
    /// The journal's term from now on.
    pub term: u64,
    /// Whole frame headers among what was given up. There may have been more.
    pub frames: u64,
    /// Records that those headers count.
    pub records: u64,
    /// Highest record that those headers name; 0 if there is none.
    pub highest_sequence: u64,
    /// Bytes given up, in whole pages that were not zero.
    pub bytes: u64,
    /// Bytes among the cut ones that the disk could not read.
    pub unreadable_bytes: u64,
    /// Folder that holds copies of everything given up.
    pub lost: PathBuf,
}

/// Gives up every record from `accept_loss_from` on, and raises the term.
///
/// # Errors
/// [`JournalError::Locked`] while a writer runs. What is wrong before `accept_loss_from` is named
/// as by recovery ([`JournalError::Damage`], [`JournalError::Read`]), with the first sequence that
/// could be given. [`JournalError::InsideFrame`] if the sequence lies within a whole frame, which
/// is kept or lost as a whole. [`JournalError::NothingToGiveUp`] if the journal is whole up to
/// there and ends there. After each of these nothing was changed.
pub fn repair(directory: &Path, accept_loss_from: u64) -> Result<RepairReport, JournalError> {
    repair_with(directory, accept_loss_from, Arc::new(FileStorage::new()))
}

/// As [`repair`], on another storage.
pub fn repair_with(
    directory: &Path,
    accept_loss_from: u64,
    storage: Arc<dyn Storage>,
) -> Result<RepairReport, JournalError> {
    let folder = Folder::new(storage, directory);
    let instance_id = folder.require_instance_id()?;
    let lock = folder.lock()?;
    sync_everything(&folder, 1)?;
    let mut scanner = Scanner::begin_trimmed(folder.clone(), instance_id)?;
    walk_to(&mut scanner, accept_loss_from)?;
    let mut repair = Repair::begin(&folder, &scanner)?;
    repair.count_all()?;
    repair.set_aside_cut()?;
    repair.cut()?;
    repair.set_aside_later()?;
    repair.set_aside_snapshots(accept_loss_from)?;
    drop(lock);
    repair.reopen()
}

/// Walks to where the loss begins, or says why it cannot begin there.
fn walk_to(scanner: &mut Scanner, accept_loss_from: u64) -> Result<(), JournalError> {
    loop {
        let frame = match scanner.peek() {
            Ok(Ok(frame)) => frame,
            Ok(Err(_)) => {
                let last_sequence = scanner.position.last_sequence();
                return Err(JournalError::NothingToGiveUp { last_sequence });
            }
            Err(JournalError::Damage(_) | JournalError::Read { .. })
                if scanner.position.next_sequence == accept_loss_from =>
            {
                break;
            }
            Err(error) => return Err(error),
        };
        let bookmark = Bookmark::behind(&frame.header);
        let first_sequence = frame.header.first_sequence.get();
        let last_sequence = bookmark.last_sequence;
        if first_sequence >= accept_loss_from {
            break;
        }
        if last_sequence >= accept_loss_from {
            let frame = bookmark.frame_number;
            return Err(JournalError::InsideFrame { frame, first_sequence, last_sequence });
        }
        scanner.step_over_frame(&frame);
    }
    if scanner.last.is_none() && scanner.first_sequence > 1 {
        // With its last frame the journal would lose the place that it is opened from.
        return Err(JournalError::Trimmed { first_sequence: scanner.first_sequence });
    }
    Ok(())
}

struct Repair<'a> {
    folder: &'a Folder,
    scanner: &'a Scanner,
    /// The segment that is cut; `None` if only whole segments are given up.
    cut: Option<&'a OpenSegment>,
    /// Highest term seen, also among what is given up.
    highest_term: u64,
    report: RepairReport,
}

impl<'a> Repair<'a> {
    /// Makes the folder for what is given up.
    fn begin(folder: &'a Folder, scanner: &'a Scanner) -> Result<Self, JournalError> {
        let numbers = folder.numbers(&folder.lost(), "")?;
        let number = numbers.last().map_or(1, |last| last + 1);
        let lost = folder.lost().join(format!("{number:020}"));
        let segments = lost.join("segments");
        folder.storage.create_directory(&segments).context("create", &segments)?;
        let report = RepairReport {
            last_sequence: scanner.position.last_sequence(),
            last_frame: scanner.position.last_frame(),
            term: 0,
            frames: 0,
            records: 0,
            highest_sequence: 0,
            bytes: 0,
            unreadable_bytes: 0,
            lost,
        };
        // Of a compressed segment that cannot be read nothing can be kept.
        let cut = scanner.current.as_ref();
        let cut = cut.filter(|segment| !segment.is_compressed() || segment.rest(0).is_ok());
        Ok(Self { folder, scanner, cut, highest_term: scanner.position.term, report })
    }

    /// Counts what will be given up, and learns the highest term of it.
    fn count_all(&mut self) -> Result<(), JournalError> {
        if let Some(segment) = self.cut {
            self.count(segment, segment.offset);
        }
        for number in self.later_segments()? {
            if let Ok(segment) = self.open(number) {
                self.count(&segment, 0);
            }
        }
        self.report.term = self.highest_term + 1;
        Ok(())
    }

    /// Numbers of the segments behind the one that is cut, from the last on.
    fn later_segments(&self) -> Result<Vec<u64>, JournalError> {
        let last = self.scanner.last.as_ref().map_or(0, |frame| frame.segment);
        let kept = self.cut.map_or(last, |segment| segment.number);
        let mut numbers = self.folder.segment_numbers()?;
        numbers.retain(|number| *number > kept);
        numbers.reverse();
        Ok(numbers)
    }

    fn open(&self, number: u64) -> Result<OpenSegment, JournalError> {
        self.folder.open_segment(number)?.ok_or_else(|| self.scanner.missing(number))
    }

    /// Copies the segment that is cut, as it is.
    fn set_aside_cut(&mut self) -> Result<(), JournalError> {
        let Some(segment) = self.cut else { return Ok(()) };
        let target = self.lost_segment(&segment.path);
        let storage = self.folder.storage.as_ref();
        self.report.unreadable_bytes =
            copy_file(storage, &segment.path, &target, u64::MAX, Unreadable::Skip)?;
        self.sync_lost("segments")
    }

    /// Zeroes what lies behind the last kept page, and begins the new term there if there is room.
    fn cut(&mut self) -> Result<(), JournalError> {
        let Some(segment) = self.cut else { return Ok(()) };
        let folder = self.folder;
        let path = folder.expand(segment)?;
        let direct = JournalOptions { write_path: WritePath::Direct, ..Default::default() };
        // A direct write does not read the page first, which the disk may be unable to.
        let file = open_segment(folder, &path, &direct)
            .or_else(|_| open_segment(folder, &path, &JournalOptions::default()))?;
        let mut offset = segment.offset;
        while offset < segment.segment_bytes() {
            let bytes = CUT_BYTES.min(segment.segment_bytes() - offset);
            zero_range(file.as_ref(), &path, offset, bytes)?;
            offset += bytes;
        }
        if segment.segment_bytes() - segment.offset < 2 * PAGE_BYTES {
            // The reopening begins the term in the next segment.
            return Ok(());
        }
        let position = Position { term: self.report.term, ..self.scanner.position.clone() };
        let header = control_header(KIND_SEAL, &self.scanner.place(segment), &position);
        let mut page = [0; PAGE_LENGTH];
        page[..FRAME_HEADER_BYTES].copy_from_slice(header.as_bytes());
        let page = FrameBuffer::load_pages(&page);
        write_pages(file.as_ref(), &path, segment.offset, &page)
    }

    /// Takes the later segments out of the journal, from the last on.
    fn set_aside_later(&mut self) -> Result<(), JournalError> {
        for number in self.later_segments()? {
            if self.open(number).is_ok_and(|segment| segment.rest(0).is_ok_and(is_zero)) {
                put_back(self.folder, number)?;
                continue;
            }
            for path in [self.folder.segment_path(number), self.folder.compressed_path(number)] {
                let target = self.lost_segment(&path);
                self.move_to_lost(&path, &target, "segments")?;
            }
        }
        Ok(())
    }

    /// Takes the snapshots away that know of records which are given up.
    fn set_aside_snapshots(&mut self, accept_loss_from: u64) -> Result<(), JournalError> {
        let snapshots = self.folder.snapshots();
        let numbers = self.folder.numbers(&snapshots, SNAPSHOT)?;
        for number in numbers.into_iter().filter(|number| *number >= accept_loss_from) {
            let name = format!("{number:020}{SNAPSHOT}");
            let lost = self.report.lost.join("snapshots");
            self.folder.storage.create_directory(&lost).context("create", &lost)?;
            self.move_to_lost(&snapshots.join(&name), &lost.join(&name), "snapshots")?;
        }
        Ok(())
    }

    /// Opens what is left as any start does, in a new term.
    fn reopen(self) -> Result<RepairReport, JournalError> {
        let term = self.report.term;
        let last = self.scanner.last.as_ref().map_or(0, |frame| frame.segment);
        let segment_bytes = match (self.cut, self.folder.open_segment(last)?) {
            (Some(segment), _) => segment.segment_bytes(),
            (None, Some(segment)) => segment.segment_bytes(),
            (None, None) => SEGMENT_BYTES_DEFAULT,
        };
        let options = JournalOptions { term: Some(term), segment_bytes, ..Default::default() };
        let from = self.scanner.last.as_ref().map(|frame| Bookmark::behind(&frame.header));
        let opened =
            Journal::open_folder(self.folder.clone(), options, from.as_ref(), &mut |_| Ok(()))?;
        opened.journal.close()?;
        Ok(self.report)
    }

    fn lost_segment(&self, path: &Path) -> PathBuf {
        self.report.lost.join("segments").join(path.file_name().unwrap_or_default())
    }

    fn sync_lost(&self, name: &str) -> Result<(), JournalError> {
        let directory = self.report.lost.join(name);
        self.folder.storage.sync_directory(&directory).context("sync", &directory)
    }

    fn move_to_lost(&self, source: &Path, target: &Path, name: &str) -> Result<(), JournalError> {
        match self.folder.storage.rename(source, target) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            other => other.context("rename", source)?,
        }
        self.sync_lost(name)?;
        let directory = self.folder.root.join(name);
        self.folder.storage.sync_directory(&directory).context("sync", &directory)
    }

    /// Counts what the segment holds from `offset` on.
    fn count(&mut self, segment: &OpenSegment, offset: u64) {
        let mut page = [0; PAGE_LENGTH];
        let mut place = Place { offset, ..self.scanner.place(segment) };
        while place.offset < segment.segment_bytes() {
            if segment.read_at(place.offset, &mut page).is_ok() && !is_zero(&page) {
                self.report.bytes += PAGE_BYTES;
                self.count_header(&page, &place);
            }
            place.offset += PAGE_BYTES;
        }
    }

    fn count_header(&mut self, page: &[u8], place: &Place) {
        let Some(header) = FrameHeader::parse(page) else { return };
        if check_place(&header, place).is_err() {
            return;
        }
        self.highest_term = self.highest_term.max(header.term.get());
        if header.kind.get() == KIND_DATA {
            self.report.frames += 1;
            self.report.records += u64::from(header.record_count.get());
            let last_sequence = Bookmark::behind(&header).last_sequence;
            self.report.highest_sequence = self.report.highest_sequence.max(last_sequence);
        }
    }
}
