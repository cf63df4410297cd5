//! Reads a journal without changing it, also beside a running writer.
//!
//! Without a writer the reader yields every valid frame and says how the journal ends. Beside a
//! writer it yields a frame only when a later page says that it is durable, so it never shows what
//! a crash can undo; it then may be asked again for more, and so follows the writer.

use std::path::Path;
use std::sync::Arc;

use crate::bookmark::Bookmark;
use crate::disk::FileStorage;
use crate::error::{Fault, JournalError};
use crate::folder::Folder;
use crate::inspect::SegmentFacts;
use crate::layout::{
    FRAME_BYTES_MAX_U64, FRAME_HEADER_BYTES, FrameHeader, KIND_CLEAN_STOP, PAGE_BYTES, PAGE_LENGTH,
    is_zero,
};
use crate::page::{Page, judge};
use crate::scan::{End, Found, FoundFrame, FrameView, NextSegment, Scanner, Stop};
use crate::segment::OpenSegment;
use crate::storage::Storage;
use crate::tail::{TailStop, durable_evidence};
use crate::verify::VerifyReport;

/// How a journal ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TailReport {
    /// A writer is at work: there may be more than was yielded.
    pub writer_running: bool,
    /// Bytes of a torn frame at the end, which was never acknowledged; the next writer cuts them.
    pub torn_bytes: u64,
    /// Whether the last writer stopped in order.
    pub clean_stop: bool,
}

impl TailReport {
    /// Whether the journal ends right behind its last valid page.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        !self.writer_running && self.torn_bytes == 0
    }
}

/// Walks verified frames; see the module.
///
/// # Trade-offs
/// Takes no lasting lock: a writer may start at any time and the reader notices. It maps segments
/// read-only and asks the kernel for the pages before it looks at them, so a disk that cannot read
/// is an error with file and offset; only a page that memory pressure took in between is a SIGBUS.
#[derive(Debug)]
pub struct JournalReader {
    scanner: Scanner,
    writer_running: bool,
    /// A frame that was found just when a writer started, until it is known to be durable.
    pending: Option<FoundFrame>,
    tail: TailReport,
    /// Behind the last frame that was yielded, or where the walk began.
    bookmark: Option<Bookmark>,
}

impl JournalReader {
    /// Opens the journal in `directory`, which may be read-only.
    pub fn open(directory: &Path) -> Result<Self, JournalError> {
        Self::open_with(directory, Box::new(FileStorage::new()))
    }

    /// As [`open`](Self::open), on another storage.
    pub fn open_with(directory: &Path, storage: Box<dyn Storage>) -> Result<Self, JournalError> {
        let folder = Folder::new(Arc::from(storage), directory);
        Self::start(folder, |folder, id| Scanner::begin(folder, id, None))
    }

    /// Opens the journal to read what lies behind `bookmark`, and nothing before it.
    ///
    /// # Errors
    /// [`JournalError::BookmarkLost`] if the bookmark's frame is not there or another.
    pub fn open_at(directory: &Path, bookmark: &Bookmark) -> Result<Self, JournalError> {
        Self::open_at_with(directory, bookmark, Box::new(FileStorage::new()))
    }

    /// As [`open_at`](Self::open_at), on another storage.
    pub fn open_at_with(
        directory: &Path,
        bookmark: &Bookmark,
        storage: Box<dyn Storage>,
    ) -> Result<Self, JournalError> {
        let begin = |folder, id| Scanner::begin(folder, id, Some(bookmark));
        let reader = Self::start(Folder::new(Arc::from(storage), directory), begin)?;
        Ok(Self { bookmark: Some(*bookmark), ..reader })
    }

    /// Opens the journal to read from the first segment there is, for those who make do with a
    /// journal whose beginning was trimmed. What lies before cannot be judged.
    pub fn open_trimmed(directory: &Path) -> Result<Self, JournalError> {
        Self::open_trimmed_with(directory, Box::new(FileStorage::new()))
    }

    /// As [`open_trimmed`](Self::open_trimmed), on another storage.
    pub fn open_trimmed_with(
        directory: &Path,
        storage: Box<dyn Storage>,
    ) -> Result<Self, JournalError> {
        Self::open_trimmed_on(Folder::new(Arc::from(storage), directory))
    }

    pub(crate) fn open_trimmed_on(folder: Folder) -> Result<Self, JournalError> {
        Self::start(folder, Scanner::begin_trimmed)
    }

    fn start(
        folder: Folder,
        begin: impl FnOnce(Folder, u128) -> Result<Scanner, JournalError>,
    ) -> Result<Self, JournalError> {
        let instance_id = folder.require_instance_id()?;
        let writer_running = folder.is_locked()?;
        let scanner = begin(folder, instance_id)?;
        let tail = TailReport::default();
        Ok(Self { scanner, writer_running, pending: None, tail, bookmark: None })
    }

    /// The place behind the last frame that was yielded, or else where the walk was told to begin;
    /// `None` before the first frame of a walk from the beginning.
    ///
    /// Beside a writer every frame that is yielded is durable. With no writer the last one may be
    /// whole in memory and not on the device: it can be relied upon once a writer has opened the
    /// journal again.
    #[must_use]
    pub fn bookmark(&self) -> Option<Bookmark> {
        self.bookmark
    }

    /// Id of the journal.
    #[must_use]
    pub fn instance_id(&self) -> u128 {
        self.scanner.position.instance_id
    }

    /// Whether a writer was at work when this was last found out: at opening and at each end.
    #[must_use]
    pub fn writer_running(&self) -> bool {
        self.writer_running
    }

    /// How the journal ended when [`next_frame`](Self::next_frame) last returned `None`.
    #[must_use]
    pub fn tail(&self) -> TailReport {
        self.tail
    }

    /// The next verified frame; `None` at the end, where asking again is allowed.
    pub fn next_frame(&mut self) -> Result<Option<FrameView<'_>>, JournalError> {
        let found = self.find_next()?;
        if let Some(frame) = &found {
            self.bookmark = Some(Bookmark::behind(&frame.header));
        }
        found.map(|frame| self.scanner.view(&frame)).transpose()
    }

    /// Sequence of the first record that the walk can meet: 1, unless the journal was trimmed or
    /// the walk began behind a bookmark.
    #[must_use]
    pub fn first_sequence(&self) -> u64 {
        self.scanner.first_sequence
    }

    /// The journal's term as far as it was walked.
    #[must_use]
    pub fn term(&self) -> u64 {
        self.scanner.position.term
    }

    pub(crate) fn segments(&self) -> &[SegmentFacts] {
        &self.scanner.segments
    }

    /// Segment and offset behind the last page that is known to be durable; `None` before the
    /// first segment.
    pub(crate) fn durable_end(&self) -> Option<(u64, u64)> {
        if let Some(frame) = &self.pending {
            return Some((frame.segment, frame.offset));
        }
        self.scanner.current.as_ref().map(|segment| (segment.number, segment.offset))
    }

    /// What was walked so far.
    #[must_use]
    pub fn report(&self) -> VerifyReport {
        let totals = self.scanner.totals;
        VerifyReport {
            instance_id: self.instance_id(),
            segments: totals.segments,
            frames: totals.frames,
            records: totals.records,
            bytes: totals.frame_bytes,
            payload_bytes: totals.payload_bytes,
            first_sequence: if totals.frames > 0 { self.scanner.first_sequence } else { 0 },
            last_sequence: self.scanner.position.last_sequence(),
            tail: self.tail,
        }
    }

    fn find_next(&mut self) -> Result<Option<FoundFrame>, JournalError> {
        if let Some(frame) = self.pending.take() {
            return self.settle(frame);
        }
        if self.writer_running {
            if let Some(frame) = self.find_durable()? {
                return Ok(Some(frame));
            }
            if self.scanner.folder.is_locked()? {
                return Ok(self.end_for_now());
            }
            self.writer_running = false;
        }
        match self.scanner.next() {
            Ok(Ok(frame)) => self.settle(frame),
            // A writer that started meanwhile explains any end, so the end is judged again.
            end if self.scanner.folder.is_locked()? => {
                drop(end);
                self.writer_running = true;
                let found = self.find_durable()?;
                Ok(found.or_else(|| self.end_for_now()))
            }
            Ok(Err(end)) => {
                self.tail = self.tail_report(&end);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Yields a frame that the walk has stepped over, unless a writer wrote it just now.
    fn settle(&mut self, frame: FoundFrame) -> Result<Option<FoundFrame>, JournalError> {
        let segment = self.scanner.current.as_ref().expect("invariant: the frame stands in it");
        let number = frame.header.frame_number.get();
        if self.is_followed(segment, segment.offset, number)? {
            return Ok(Some(frame));
        }
        self.writer_running = self.scanner.folder.is_locked()?;
        if !self.writer_running {
            return Ok(Some(frame));
        }
        self.pending = Some(frame);
        Ok(self.end_for_now())
    }

    fn end_for_now(&mut self) -> Option<FoundFrame> {
        self.tail = TailReport { writer_running: true, ..TailReport::default() };
        None
    }

    fn tail_report(&self, end: &End) -> TailReport {
        let torn_header_bytes = if end.torn_segment.is_some() { PAGE_BYTES } else { 0 };
        let torn_bytes = end.torn_bytes + torn_header_bytes;
        let clean_stop = torn_bytes == 0 && self.scanner.position.control == Some(KIND_CLEAN_STOP);
        TailReport { writer_running: false, torn_bytes, clean_stop }
    }

    /// The next frame that is known to be durable, beside a running writer.
    fn find_durable(&mut self) -> Result<Option<FoundFrame>, JournalError> {
        loop {
            let Some(segment) = &self.scanner.current else {
                if self.follow_roll()? {
                    continue;
                }
                return Ok(None);
            };
            match self.look(segment)? {
                Page::Wrong(fault) => return Err(self.scanner.damage(fault)),
                Page::Control(header) => self.scanner.step_over_control(&header),
                Page::Data(header) => {
                    let end = segment.offset + header.frame_bytes();
                    if self.is_followed(segment, end, header.frame_number.get())? {
                        return self.take_durable(header).map(Some);
                    }
                    return Ok(None);
                }
                Page::Zero | Page::Invalid => {
                    let moved = self.follow_roll()? || self.was_overtaken()?;
                    if !moved {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// Judges the page at the walk's place from a copy, since it may be being written.
    fn look(&self, segment: &OpenSegment) -> Result<Page, JournalError> {
        if segment.offset >= segment.segment_bytes() {
            return Ok(Page::Zero);
        }
        let mut page = [0; PAGE_LENGTH];
        segment.read_at(segment.offset, &mut page)?;
        let place = self.scanner.place(segment);
        Ok(match judge(&page, &place, &self.scanner.position) {
            // The header is there and the rest is not yet.
            Page::Control(_) if !is_zero(&page[FRAME_HEADER_BYTES..]) => Page::Invalid,
            other => other,
        })
    }

    /// Whether the writer has gone on behind frame `number`, which ends at `end`. It does so only
    /// when that frame is durable, so any byte there is proof, even one that is being written.
    fn is_followed(
        &self,
        segment: &OpenSegment,
        end: u64,
        number: u64,
    ) -> Result<bool, JournalError> {
        let mut bytes = [0; FRAME_HEADER_BYTES];
        if end < segment.segment_bytes() {
            segment.read_at(end, &mut bytes)?;
        }
        if !is_zero(&bytes) {
            return Ok(true);
        }
        if let NextSegment::Begun(_, next) = self.scanner.next_segment()? {
            return Ok(next.first_frame.get() > number);
        }
        Ok(self.later_evidence(segment, end, number)?.is_some())
    }

    /// A page behind the one at `offset`, within the reach of a frame, that calls frame `number`
    /// durable: its offset and the highest frame it vouches for.
    fn later_evidence(
        &self,
        segment: &OpenSegment,
        offset: u64,
        number: u64,
    ) -> Result<Option<(u64, u64)>, JournalError> {
        let stop = TailStop {
            place: self.scanner.place(segment),
            next_frame: number,
            reach_bytes: FRAME_BYTES_MAX_U64,
            header_whole: false,
        };
        let limit = segment.segment_bytes().min(offset + FRAME_BYTES_MAX_U64 + PAGE_BYTES);
        let mut bytes = [0; FRAME_HEADER_BYTES];
        let mut at = offset + PAGE_BYTES;
        while at < limit {
            segment.read_at(at, &mut bytes)?;
            if let Some(durable_frame) = durable_evidence(&bytes, at, &stop) {
                return Ok(Some((at, durable_frame)));
            }
            at += PAGE_BYTES;
        }
        Ok(None)
    }

    fn take_durable(&mut self, header: Box<FrameHeader>) -> Result<FoundFrame, JournalError> {
        let segment = self.scanner.current.as_ref().expect("invariant: the frame stands in it");
        match self.scanner.find_frame(segment, header)? {
            Found::Frame(frame) => {
                self.scanner.step_over_frame(&frame);
                Ok(frame)
            }
            // It is durable, so it cannot be torn.
            Found::Stop(Stop::Torn { fault, .. } | Stop::Damaged(fault)) => {
                Err(self.scanner.damage(fault))
            }
            Found::Control(_) | Found::Stop(Stop::Full | Stop::Zero) => {
                Err(self.scanner.damage(Fault::Header))
            }
        }
    }

    /// Enters the next segment if the writer has begun it; whether the walk may go on.
    fn follow_roll(&mut self) -> Result<bool, JournalError> {
        let NextSegment::Begun(next, header) = self.scanner.next_segment()? else {
            return Ok(false);
        };
        if self.has_page_now()? {
            // Written between the first look and the roll.
            return Ok(true);
        }
        self.scanner.require_unwritten_rest(Stop::Zero)?;
        self.scanner.enter(next, &header)?;
        Ok(true)
    }

    /// Whether the writer has written this page since it was looked at. A later page that says so
    /// while this one is still not valid is proof of damage.
    fn was_overtaken(&self) -> Result<bool, JournalError> {
        let segment = self.scanner.current.as_ref().expect("invariant: the caller has seen it");
        let next_frame = self.scanner.position.next_frame;
        match self.later_evidence(segment, segment.offset, next_frame)? {
            None => Ok(false),
            Some(_) if self.has_page_now()? => Ok(true),
            Some((at, durable_frame)) => {
                Err(self.scanner.damage(Fault::DurableAfter { at, durable_frame }))
            }
        }
    }

    fn has_page_now(&self) -> Result<bool, JournalError> {
        let Some(segment) = &self.scanner.current else { return Ok(false) };
        Ok(matches!(self.look(segment)?, Page::Data(_) | Page::Control(_)))
    }
}
