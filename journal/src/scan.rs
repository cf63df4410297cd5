//! Walks the segments of a folder frame by frame and verifies every hash and the chain.
//!
//! Recovery, reader and verification share this walk. It changes nothing. Here no writer is at
//! work; what differs beside a running writer is in `reader`.

use crate::bookmark::Bookmark;
use crate::error::{Fault, JournalError};
use crate::folder::Folder;
use crate::inspect::SegmentFacts;
use crate::layout::{
    CONTROL_PAGES_RESERVED, FORMAT_VERSION, FRAME_BYTES_MAX_U64, FRAME_HEADER_BYTES, FrameHeader,
    Hash, PAGE_BYTES, PAGE_LENGTH, SegmentHeader, is_zero,
};
use crate::page::{Page, Place, check_payload, check_segment, judge};
use crate::position::Position;
use crate::sabotage::{Sabotage, asked};
use crate::segment::OpenSegment;
use crate::tail::{TailStop, torn_bytes};

/// The last page that a frame can use, and those behind it.
const LAST_PAGES_BYTES: u64 = (CONTROL_PAGES_RESERVED + 1) * PAGE_BYTES;

/// A verified frame.
#[derive(Clone, Copy, Debug)]
pub struct FrameView<'a> {
    /// Number of the frame, dense from 1.
    pub number: u64,
    /// Sequence of its first record.
    pub first_sequence: u64,
    /// Number of its records, at least 1.
    pub record_count: u32,
    /// The caller's time of the frame.
    pub time_ns: u64,
    /// Term under which it was written.
    pub term: u64,
    /// Segment that holds it.
    pub segment: u64,
    /// Offset of its header in the segment file.
    pub offset: u64,
    /// Id of the journal.
    pub instance_id: u128,
    /// Its chain hash.
    pub chain: Hash,
    /// How long the sync of the frame before took, in microseconds; 0 if the writer did not know.
    pub previous_sync_us: u32,
    /// Its records, as the writer appended them.
    pub payload: &'a [u8],
}

impl FrameView<'_> {
    /// Sequence of its last record.
    #[must_use]
    pub fn last_sequence(&self) -> u64 {
        self.first_sequence + u64::from(self.record_count) - 1
    }

    /// Its length in the file, with header and padding.
    #[must_use]
    pub fn frame_bytes(&self) -> u64 {
        (FRAME_HEADER_BYTES as u64 + self.payload.len() as u64).next_multiple_of(PAGE_BYTES)
    }

    /// The place behind it.
    #[must_use]
    pub fn bookmark(&self) -> Bookmark {
        Bookmark {
            instance_id: self.instance_id,
            term: self.term,
            frame_number: self.number,
            segment: self.segment,
            offset: self.offset,
            last_sequence: self.last_sequence(),
            chain: self.chain,
        }
    }
}

/// Counts of a walk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) segments: u64,
    pub(crate) frames: u64,
    pub(crate) records: u64,
    pub(crate) frame_bytes: u64,
    pub(crate) payload_bytes: u64,
}

/// A data frame whose header belongs where it stands.
#[derive(Clone, Debug)]
pub(crate) struct FoundFrame {
    pub(crate) header: Box<FrameHeader>,
    pub(crate) segment: u64,
    pub(crate) offset: u64,
}

/// What stands at the walk's place.
pub(crate) enum Found {
    Frame(FoundFrame),
    Control(Box<FrameHeader>),
    Stop(Stop),
}

/// Why the walk cannot go on in this segment.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stop {
    /// The segment's last byte is passed.
    Full,
    /// The page header is zero.
    Zero,
    /// Not valid, in a way that a torn write can leave.
    Torn { fault: Fault, reach_bytes: u64, header_whole: bool },
    /// Not valid, in a way that no torn write leaves.
    Damaged(Fault),
}

/// The segment after the current one.
pub(crate) enum NextSegment {
    None,
    /// Its header is zero: prepared, not begun.
    Unused,
    /// Its header was begun and is not whole.
    Torn,
    Begun(OpenSegment, Box<SegmentHeader>),
}

/// The end of a walk without damage.
#[derive(Debug, Default)]
pub(crate) struct End {
    /// Bytes behind the last valid page that belong to a torn frame.
    pub(crate) torn_bytes: u64,
    /// Segment whose header was torn by an interrupted roll.
    pub(crate) torn_segment: Option<u64>,
    /// Segments prepared and not begun, all zero; `torn_segment` is not among them.
    pub(crate) unused: Vec<u64>,
}

/// The walk.
#[derive(Debug)]
pub(crate) struct Scanner {
    pub(crate) folder: Folder,
    pub(crate) position: Position,
    pub(crate) totals: Totals,
    /// Sequence of the first record that the walk can meet.
    pub(crate) first_sequence: u64,
    pub(crate) current: Option<OpenSegment>,
    /// The segments that were entered.
    pub(crate) segments: Vec<SegmentFacts>,
    /// The last valid data frame.
    pub(crate) last: Option<FoundFrame>,
}

impl Scanner {
    pub(crate) fn new(folder: Folder, instance_id: u128) -> Self {
        let position = Position::start(instance_id);
        Self {
            folder,
            position,
            totals: Totals::default(),
            first_sequence: 1,
            current: None,
            segments: Vec::new(),
            last: None,
        }
    }

    /// Steps over the next valid frame; the end of the journal instead if there is none.
    pub(crate) fn next(&mut self) -> Result<Result<FoundFrame, End>, JournalError> {
        let found = self.peek()?;
        if let Ok(frame) = &found {
            self.step_over_frame(frame);
        }
        Ok(found)
    }

    /// Goes to the next valid frame without stepping over it.
    pub(crate) fn peek(&mut self) -> Result<Result<FoundFrame, End>, JournalError> {
        loop {
            let found = match &self.current {
                Some(segment) => self.find(segment)?,
                None => Found::Stop(Stop::Full),
            };
            match found {
                Found::Frame(frame) => return Ok(Ok(frame)),
                Found::Control(header) => self.step_over_control(&header),
                Found::Stop(stop) => {
                    if let Some(end) = self.leave_segment(stop)? {
                        return Ok(Err(end));
                    }
                }
            }
        }
    }

    /// The view of a frame that the walk has just stepped over.
    pub(crate) fn view(&self, frame: &FoundFrame) -> Result<FrameView<'_>, JournalError> {
        let segment = self.current.as_ref().expect("invariant: the frame's segment is open");
        assert_eq!(segment.number, frame.segment, "a view outlives its segment");
        let header = &frame.header;
        let payload_bytes = u64::from(header.payload_bytes.get());
        Ok(FrameView {
            number: header.frame_number.get(),
            first_sequence: header.first_sequence.get(),
            record_count: header.record_count.get(),
            time_ns: header.time_ns.get(),
            term: header.term.get(),
            segment: frame.segment,
            offset: frame.offset,
            instance_id: header.instance_id.get(),
            chain: header.chain,
            previous_sync_us: header.previous_sync_us.get(),
            payload: segment.slice(frame.offset + FRAME_HEADER_BYTES as u64, payload_bytes)?,
        })
    }

    /// Looks at the walk's place without moving.
    fn find(&self, segment: &OpenSegment) -> Result<Found, JournalError> {
        let unseen_bytes = if asked(Sabotage::OffByOneAtSegmentEnd) { LAST_PAGES_BYTES } else { 0 };
        if segment.offset + unseen_bytes >= segment.segment_bytes() {
            return Ok(Found::Stop(Stop::Full));
        }
        let page = segment.slice(segment.offset, PAGE_BYTES)?;
        let place = self.place(segment);
        Ok(match judge(page, &place, &self.position) {
            Page::Zero => Found::Stop(Stop::Zero),
            Page::Invalid => Found::Stop(torn(Fault::Header)),
            Page::Wrong(fault) => Found::Stop(Stop::Damaged(fault)),
            Page::Control(_) if !is_zero(&page[FRAME_HEADER_BYTES..]) => {
                Found::Stop(torn(Fault::Padding))
            }
            Page::Control(header) => Found::Control(header),
            Page::Data(header) => return self.find_frame(segment, header),
        })
    }

    pub(crate) fn find_frame(
        &self,
        segment: &OpenSegment,
        header: Box<FrameHeader>,
    ) -> Result<Found, JournalError> {
        let frame_bytes = header.frame_bytes();
        if frame_bytes > segment.segment_bytes() - segment.offset {
            return Ok(Found::Stop(Stop::Damaged(Fault::Header)));
        }
        let frame = segment.slice(segment.offset, frame_bytes)?;
        Ok(match check_payload(frame, &header) {
            Ok(()) => {
                let (number, offset) = (segment.number, segment.offset);
                Found::Frame(FoundFrame { header, segment: number, offset })
            }
            Err(fault) => {
                let reach_bytes = frame_bytes;
                Found::Stop(Stop::Torn { fault, reach_bytes, header_whole: true })
            }
        })
    }

    pub(crate) fn place(&self, segment: &OpenSegment) -> Place {
        Place {
            instance_id: self.position.instance_id,
            segment: segment.number,
            offset: segment.offset,
        }
    }

    pub(crate) fn step_over_frame(&mut self, frame: &FoundFrame) {
        let header = &frame.header;
        let record_count = header.record_count.get();
        self.position.advance(record_count, header.term.get(), header.chain);
        self.totals.frames += 1;
        self.totals.records += u64::from(record_count);
        self.totals.frame_bytes += header.frame_bytes();
        self.totals.payload_bytes += u64::from(header.payload_bytes.get());
        let segment = self.current.as_mut().expect("invariant: frames stand in a segment");
        segment.offset += header.frame_bytes();
        if let Some(facts) = self.segments.last_mut() {
            facts.take_frame(header);
        }
        self.last = Some(frame.clone());
    }

    pub(crate) fn step_over_control(&mut self, header: &FrameHeader) {
        self.position.control = Some(header.kind.get());
        self.position.term = header.term.get();
        let segment = self.current.as_mut().expect("invariant: seals stand in a segment");
        segment.offset += PAGE_BYTES;
        if let Some(facts) = self.segments.last_mut() {
            facts.seals += 1;
            facts.used_bytes += PAGE_BYTES;
            facts.term = self.position.term;
        }
    }

    /// Goes on to the next segment, or ends the walk.
    fn leave_segment(&mut self, stop: Stop) -> Result<Option<End>, JournalError> {
        if let Stop::Damaged(fault) = stop {
            return Err(self.damage(fault));
        }
        match self.next_segment()? {
            NextSegment::Begun(segment, header) => {
                self.require_unwritten_rest(stop)?;
                self.enter(segment, &header)?;
                Ok(None)
            }
            NextSegment::Torn => {
                // The roll began, so the last frame before it was durable: no torn tail here.
                self.require_unwritten_rest(stop)?;
                let number = self.next_number();
                self.require_unused(number, PAGE_BYTES)?;
                let unused = self.unused_from(number + 1)?;
                Ok(Some(End { torn_bytes: 0, torn_segment: Some(number), unused }))
            }
            NextSegment::Unused | NextSegment::None => {
                let unused = self.unused_from(self.next_number())?;
                let torn_bytes = self.torn_bytes(stop)?;
                Ok(Some(End { torn_bytes, torn_segment: None, unused }))
            }
        }
    }

    pub(crate) fn next_number(&self) -> u64 {
        self.current.as_ref().map_or(1, |segment| segment.number + 1)
    }

    /// Looks at the next segment without entering it.
    pub(crate) fn next_segment(&self) -> Result<NextSegment, JournalError> {
        let number = self.next_number();
        match self.look_at(number)? {
            NextSegment::None if self.exists_after(number)? => match self.look_at(number)? {
                NextSegment::None => Err(self.missing(number)),
                // Beside a writer both may have come since; they come in order.
                found => Ok(found),
            },
            found => Ok(found),
        }
    }

    /// Looks at a segment without entering it.
    pub(crate) fn look_at(&self, number: u64) -> Result<NextSegment, JournalError> {
        let Some(mut segment) = self.folder.open_segment(number)? else {
            return Ok(NextSegment::None);
        };
        let found = segment.segment_bytes();
        if found < PAGE_BYTES {
            let fault = Fault::SegmentLength { found, expected: PAGE_BYTES };
            return Err(self.damage_at(&segment.path, 0, fault));
        }
        let mut page = [0; PAGE_LENGTH];
        segment.read_at(0, &mut page)?;
        if is_zero(&page) {
            return Ok(NextSegment::Unused);
        }
        match SegmentHeader::parse(&page) {
            Some(header) if is_zero(&page[FRAME_HEADER_BYTES..]) => {
                segment.offset = PAGE_BYTES;
                Ok(NextSegment::Begun(segment, Box::new(header)))
            }
            _ => Ok(NextSegment::Torn),
        }
    }

    /// Whether a segment with a higher number exists.
    fn exists_after(&self, number: u64) -> Result<bool, JournalError> {
        Ok(self.folder.segment_numbers()?.iter().any(|found| *found > number))
    }

    /// Enters a segment whose header is whole.
    pub(crate) fn enter(
        &mut self,
        segment: OpenSegment,
        header: &SegmentHeader,
    ) -> Result<(), JournalError> {
        if header.format.get() > FORMAT_VERSION {
            let found = header.format.get();
            return Err(JournalError::UnsupportedVersion { path: segment.path, found });
        }
        let place = Place { offset: 0, ..self.place(&segment) };
        let file_bytes = segment.segment_bytes();
        check_segment(header, &place, file_bytes, &self.position)
            .map_err(|fault| self.damage_at(&segment.path, 0, fault))?;
        self.position.term = header.term.get();
        self.totals.segments += 1;
        self.segments.push(SegmentFacts {
            number: segment.number,
            bytes: file_bytes,
            stored_bytes: segment.stored_bytes(),
            used_bytes: PAGE_BYTES,
            term: self.position.term,
            ..SegmentFacts::default()
        });
        self.current = Some(segment);
        Ok(())
    }

    /// A segment that was left for the next one holds nothing behind its last frame.
    pub(crate) fn require_unwritten_rest(&self, stop: Stop) -> Result<(), JournalError> {
        let Some(segment) = &self.current else { return Ok(()) };
        if segment.written(segment.offset)?.is_empty() {
            return Ok(());
        }
        Err(self.damage(match stop {
            Stop::Torn { fault, .. } | Stop::Damaged(fault) => fault,
            Stop::Full | Stop::Zero => Fault::Header,
        }))
    }

    /// Segments from `number` on, which must all be zero.
    fn unused_from(&self, number: u64) -> Result<Vec<u64>, JournalError> {
        let mut numbers = self.folder.segment_numbers()?;
        numbers.retain(|found| *found >= number);
        for number in &numbers {
            self.require_unused(*number, 0)?;
        }
        Ok(numbers)
    }

    /// A segment without a valid header must hold nothing else either.
    fn require_unused(&self, number: u64, offset: u64) -> Result<(), JournalError> {
        let Some(segment) = self.folder.open_segment(number)? else {
            return Err(self.missing(number));
        };
        if segment.written(offset)?.is_empty() {
            return Ok(());
        }
        Err(self.damage_at(&segment.path, 0, Fault::SegmentHeader))
    }

    fn torn_bytes(&self, stop: Stop) -> Result<u64, JournalError> {
        let Some(segment) = &self.current else { return Ok(0) };
        let (reach_bytes, header_whole) = match stop {
            Stop::Torn { reach_bytes, header_whole, .. } => (reach_bytes, header_whole),
            _ => (FRAME_BYTES_MAX_U64, false),
        };
        let next_frame = self.position.next_frame;
        let tail = TailStop { place: self.place(segment), next_frame, reach_bytes, header_whole };
        torn_bytes(segment.written(segment.offset)?, &tail)
            .map_err(|(at, fault)| self.damage_at(&segment.path, at, fault))
    }

    /// Damage at the walk's place.
    pub(crate) fn damage(&self, fault: Fault) -> JournalError {
        match &self.current {
            Some(segment) => self.damage_at(&segment.path, segment.offset, fault),
            None => self.damage_at(&self.folder.segments(), 0, fault),
        }
    }

    pub(crate) fn damage_at(
        &self,
        path: &std::path::Path,
        offset: u64,
        fault: Fault,
    ) -> JournalError {
        JournalError::damage(
            path,
            offset,
            self.position.next_frame,
            self.position.next_sequence,
            fault,
        )
    }
}

fn torn(fault: Fault) -> Stop {
    Stop::Torn { fault, reach_bytes: FRAME_BYTES_MAX_U64, header_whole: false }
}
