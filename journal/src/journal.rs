//! The writer: seals a frame, writes it, syncs it.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use memmap2::MmapMut;
use zerocopy::IntoBytes;

use crate::buffer::{FrameBuffer, anonymous};
use crate::error::JournalError;
use crate::folder::Folder;
use crate::layout::{
    CONTROL_PAGES_RESERVED, FRAME_HEADER_BYTES, KIND_CLEAN_STOP, KIND_SEAL, PAGE_BYTES,
    PAGE_LENGTH, frame_bytes, length,
};
use crate::mark;
use crate::options::JournalOptions;
use crate::page::{Place, control_header, data_header, segment_header};
use crate::position::Position;
use crate::prepare::{PrepareStep, SegmentPreparer, Shared, Window};
use crate::sabotage::{Sabotage, asked};

/// What the caller knows about the records of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameFacts {
    /// Sequence of the first record: one more than the last of the frame before, from 1.
    pub first_sequence: u64,
    /// Number of records, at least 1.
    pub record_count: u32,
    /// Time of the frame, as the caller counts it.
    pub time_ns: u64,
    /// How long the sync of the frame before took, in microseconds; 0 if that is not known. The
    /// crate owns no clock; `inspect` shows it.
    pub previous_sync_us: u32,
}

/// A frame that is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Its number.
    pub frame_number: u64,
    /// Sequence of its last record: everything up to it is durable.
    pub durable_sequence: u64,
    /// Its length in the file, with header and padding.
    pub bytes: u64,
}

/// Counts since the journal was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JournalStats {
    /// Data frames appended.
    pub frames: u64,
    /// Syncs of frames, seals and segment headers.
    pub syncs: u64,
    /// Payload bytes appended.
    pub payload_bytes: u64,
    /// Bytes of data frames with header and padding.
    pub frame_bytes: u64,
    /// Segments that hold data, counting those of earlier processes.
    pub segments_used: u64,
    /// Prepared segments, counting the one that stands ready.
    pub segments_spare: u64,
}

/// The segment that is being written.
#[derive(Debug)]
pub(crate) struct Active {
    pub(crate) number: u64,
    pub(crate) path: PathBuf,
    pub(crate) window: Arc<Window>,
    pub(crate) offset: u64,
}

/// The writer of a journal's folder.
///
/// # Durability
/// When [`append`](Self::append) returns, the frame is on the device. One frame at a time is
/// unsynced. After a failed write or sync the journal is poisoned for good: what the device holds
/// is unknown, a second sync would lie, so the caller ends the process and the next start
/// recovers.
///
/// # Trade-offs
/// Dropping the journal releases the folder without a clean stop, as a crash would.
#[derive(Debug)]
pub struct Journal {
    folder: Folder,
    shared: Arc<Shared>,
    position: Position,
    frame_bytes_max: u64,
    active: Option<Active>,
    /// Page for seals and headers, aligned for direct writes.
    page: Option<MmapMut>,
    stats: JournalStats,
    poisoned: bool,
}

impl Journal {
    pub(crate) fn new(
        folder: Folder,
        shared: Arc<Shared>,
        position: Position,
        options: &JournalOptions,
        active: Option<Active>,
    ) -> Self {
        shared.set_current(active.as_ref().map(|active| Arc::clone(&active.window)));
        let segments_used = active.as_ref().map_or(0, |active| active.number);
        Self {
            folder,
            shared,
            position,
            frame_bytes_max: options.frame_bytes_max(),
            active,
            page: Some(anonymous(PAGE_LENGTH)),
            stats: JournalStats { segments_used, ..JournalStats::default() },
            poisoned: false,
        }
    }

    /// Appends the buffer's payload as one frame and returns when it is durable. The buffer keeps
    /// its payload.
    ///
    /// # Errors
    /// [`JournalError::NoSegmentReady`] has changed nothing: run the preparer, try again. After any
    /// other error the journal is poisoned.
    ///
    /// # Panics
    /// If the sequence leaves a gap, or the frame is empty or longer than
    /// [`payload_bytes_max`](Self::payload_bytes_max).
    pub fn append(
        &mut self,
        buffer: &mut FrameBuffer,
        facts: FrameFacts,
    ) -> Result<Appended, JournalError> {
        assert_eq!(facts.first_sequence, self.position.next_sequence, "a gap in the sequence");
        assert!(facts.record_count > 0, "a frame holds records");
        assert!(buffer.payload_bytes() > 0, "records have bytes");
        assert!(buffer.payload_bytes() <= self.payload_bytes_max(), "the frame is too long");
        self.check_poison()?;
        let payload_bytes = u32::try_from(buffer.payload_bytes()).expect("invariant: asserted");
        let bytes = frame_bytes(payload_bytes);
        self.make_room(bytes)?;
        let place = self.place();
        let header = data_header(&place, &self.position, &facts, buffer.payload());
        buffer.header_mut().copy_from_slice(header.as_bytes());
        buffer.zero_padding();
        self.write_durably(buffer.pages())?;
        self.position.advance(facts.record_count, self.position.term, header.chain);
        self.stats.frames += 1;
        self.stats.payload_bytes += u64::from(payload_bytes);
        self.stats.frame_bytes += bytes;
        let frame_number = self.position.last_frame();
        Ok(Appended { frame_number, durable_sequence: self.position.last_sequence(), bytes })
    }

    /// Writes a seal, if a frame came since the last one: from then on damage to that frame can be
    /// told from a torn write, and readers beside this writer see it. Whether it wrote.
    pub fn seal(&mut self) -> Result<bool, JournalError> {
        self.check_poison()?;
        let sealed = self.position.control.is_some() || self.position.last_frame() == 0;
        if sealed {
            return Ok(false);
        }
        mark!("seal written");
        self.write_control(KIND_SEAL)?;
        Ok(true)
    }

    /// Writes the clean-stop page and releases the folder.
    pub fn close(mut self) -> Result<(), JournalError> {
        self.check_poison()?;
        let stopped = self.position.control == Some(KIND_CLEAN_STOP);
        if self.active.is_some() && !stopped {
            self.write_control(KIND_CLEAN_STOP)?;
        }
        Ok(())
    }

    /// Counts since the journal was opened.
    #[must_use]
    pub fn stats(&self) -> JournalStats {
        JournalStats { segments_spare: self.shared.spares(), ..self.stats }
    }

    /// Id of this journal, the same in every segment and frame.
    #[must_use]
    pub fn instance_id(&self) -> u128 {
        self.position.instance_id
    }

    /// Term of the frames that are written now.
    #[must_use]
    pub fn term(&self) -> u64 {
        self.position.term
    }

    /// Sequence of the last durable record; 0 before the first.
    #[must_use]
    pub fn last_sequence(&self) -> u64 {
        self.position.last_sequence()
    }

    /// Number of the last durable frame; 0 before the first.
    #[must_use]
    pub fn last_frame(&self) -> u64 {
        self.position.last_frame()
    }

    /// Longest payload of a frame, bounded by the format and by the size of a segment.
    #[must_use]
    pub fn payload_bytes_max(&self) -> usize {
        length(self.frame_bytes_max) - FRAME_HEADER_BYTES
    }

    /// Bytes that frames may still fill in the current segment.
    #[must_use]
    pub fn segment_remaining_bytes(&self) -> u64 {
        self.active.as_ref().map_or(0, remaining_bytes)
    }

    /// Whether an earlier write or sync failed.
    #[must_use]
    pub fn is_poisoned(&self) -> bool {
        self.poisoned
    }

    /// Begins a new term, durably: a start of anybody else then knows that this writer was here,
    /// even if it never writes a frame.
    pub(crate) fn raise_term(
        &mut self,
        term: u64,
        preparer: &mut SegmentPreparer,
    ) -> Result<(), JournalError> {
        assert!(term >= self.position.term, "terms only rise");
        if term == self.position.term {
            return Ok(());
        }
        self.position.term = term;
        // One page for the seal that says so, and one for the clean stop.
        if self.active.as_ref().is_some_and(|active| room_bytes(active) >= 2 * PAGE_BYTES) {
            return self.write_control(KIND_SEAL);
        }
        while !self.shared.is_ready() {
            if preparer.step()? == PrepareStep::Idle {
                return Err(JournalError::NoSegmentReady);
            }
        }
        // The header of a segment says it as well.
        self.roll()
    }

    fn check_poison(&self) -> Result<(), JournalError> {
        if self.poisoned { Err(JournalError::Poisoned) } else { Ok(()) }
    }

    fn active(&self) -> &Active {
        self.active.as_ref().expect("invariant: make_room left a segment")
    }

    fn place(&self) -> Place {
        let active = self.active();
        Place {
            instance_id: self.position.instance_id,
            segment: active.number,
            offset: active.offset,
        }
    }

    /// Rolls to the ready segment unless the frame fits the current one.
    fn make_room(&mut self, bytes: u64) -> Result<(), JournalError> {
        assert!(bytes <= self.frame_bytes_max, "the frame fits no segment");
        if self.active.as_ref().is_some_and(|active| remaining_bytes(active) >= bytes) {
            return Ok(());
        }
        self.roll()
    }

    /// Begins the ready segment.
    fn roll(&mut self) -> Result<(), JournalError> {
        let ready = self.shared.take_ready().ok_or(JournalError::NoSegmentReady)?;
        mark!("segment rolled");
        let expected = self.active.as_ref().map_or(1, |active| active.number + 1);
        assert_eq!(ready.number, expected, "segments are used in order");
        self.active = Some(Active {
            number: ready.number,
            path: ready.path,
            window: ready.window,
            offset: 0,
        });
        self.stats.segments_used += 1;
        let segment_bytes = self.active().window.file.segment_bytes();
        let header = segment_header(ready.number, segment_bytes, &self.position);
        self.write_page(header.as_bytes())
    }

    fn write_control(&mut self, kind: u16) -> Result<(), JournalError> {
        let active = self.active();
        assert!(room_bytes(active) >= PAGE_BYTES, "two pages are kept for a seal and a clean stop");
        let header = control_header(kind, &self.place(), &self.position);
        self.write_page(header.as_bytes())?;
        self.position.control = Some(kind);
        Ok(())
    }

    /// Writes one page that begins with `header` and is zero behind it.
    fn write_page(&mut self, header: &[u8]) -> Result<(), JournalError> {
        let mut page = self.page.take().expect("invariant: the page is put back below");
        page[..header.len()].copy_from_slice(header);
        let written = self.write_durably(&page);
        page[..header.len()].fill(0);
        self.page = Some(page);
        written
    }

    /// Writes whole pages at the end of the segment and syncs them.
    fn write_durably(&mut self, pages: &[u8]) -> Result<(), JournalError> {
        let bytes = pages.len() as u64;
        let active = self.active.as_mut().expect("invariant: make_room left a segment");
        let end = active.offset + bytes;
        if let Err(error) = write_and_sync(&active.window, active.offset, pages) {
            mark!("journal poisoned by a failed write");
            self.poisoned = true;
            return Err(JournalError::io("write and sync", &active.path, error));
        }
        active.offset = end;
        active.window.wrote_to(end);
        self.stats.syncs += 1;
        Ok(())
    }

    /// The folder, for messages.
    #[must_use]
    pub fn directory(&self) -> &std::path::Path {
        &self.folder.root
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.shared.release();
    }
}

fn remaining_bytes(active: &Active) -> u64 {
    let end = active.window.file.segment_bytes() - CONTROL_PAGES_RESERVED * PAGE_BYTES;
    end.saturating_sub(active.offset)
}

fn room_bytes(active: &Active) -> u64 {
    active.window.file.segment_bytes() - active.offset
}

fn write_and_sync(window: &Window, offset: u64, pages: &[u8]) -> io::Result<()> {
    let bytes = pages.len() as u64;
    window.populate_to(offset + bytes);
    if asked(Sabotage::AckEarly) {
        window.file.sync_range(0, offset.max(PAGE_BYTES))?;
        return window.file.write_pages(offset, pages);
    }
    window.file.write_pages(offset, pages)?;
    window.file.sync_range(offset, bytes)
}
