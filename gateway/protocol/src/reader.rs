//! Reading frames out of a stream of bytes that arrives in any pieces.
//!
//! The reader owns one bounded buffer. The caller reads from its socket straight into
//! [`FrameReader::spare`], and frames borrow their payload from the buffer: nothing is copied but
//! the odd end of a frame that was cut by a read.

use crate::checksum::crc32c;
use crate::{Direction, FRAME_HEADER_BYTES, FrameError, FrameHeader, FrameKind};

/// Size of a new buffer: eight frames of 64 small orders. It grows for longer frames only.
const BUFFER_BYTES_MIN: usize = 64 * 1024;
/// With less room than this behind the last byte, what is left is moved to the front.
const SPARE_BYTES_MIN: usize = 8 * 1024;

/// One frame, borrowed from the reader's buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// What it is.
    pub kind: FrameKind,
    /// The client's name for the request.
    pub request: u64,
    /// Items in the payload, as the sender says: at most the bound, not counted by the reader.
    pub item_count: u32,
    /// The payload; its checksum was right.
    pub payload: &'a [u8],
}

/// Finds frames in a stream of bytes.
///
/// After a payload-level error the reader goes on with the next frame. After a header-level error
/// ([`FrameError::is_fatal`]) it repeats that error for ever and forgets what it is given, so that
/// a caller may still drain its socket.
///
/// The buffer starts at 64 KiB and never exceeds one longest frame (at least 64 KiB); it does not
/// shrink again.
#[derive(Debug)]
pub struct FrameReader {
    buffer: Vec<u8>,
    // Bytes of `buffer` between `start` and `end` were put in and not yet taken.
    start: usize,
    end: usize,
    // The header at `start`, once it is whole and good.
    header: Option<FrameHeader>,
    fatal: Option<FrameError>,
    direction: Direction,
    payload_bytes_max: usize,
}

impl FrameReader {
    /// A reader of what clients send.
    #[must_use]
    pub fn for_server() -> Self {
        Self::new(Direction::ToServer, Direction::ToServer.payload_bytes_max())
    }

    /// A reader of what servers send.
    #[must_use]
    pub fn for_client() -> Self {
        Self::new(Direction::ToClient, Direction::ToClient.payload_bytes_max())
    }

    /// A reader of frames that travel in `direction`, with a bound of its own on payloads.
    #[must_use]
    pub fn new(direction: Direction, payload_bytes_max: usize) -> Self {
        let buffer_bytes = BUFFER_BYTES_MIN.min(buffer_bytes_max(payload_bytes_max));
        Self {
            buffer: vec![0; buffer_bytes],
            start: 0,
            end: 0,
            header: None,
            fatal: None,
            direction,
            payload_bytes_max,
        }
    }

    /// Room to read into; tell [`Self::advance`] how much was read. Never empty, provided that
    /// [`Self::next_frame`] was called until it gave `None` or a fatal error.
    pub fn spare(&mut self) -> &mut [u8] {
        if self.fatal.is_some() || self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
        let need = self.header.map_or(FRAME_HEADER_BYTES, frame_bytes);
        let size = self.buffer.len();
        if size - self.start < need || size - self.end < SPARE_BYTES_MIN {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        if size < need || self.end == size {
            self.grow(need);
        }
        self.buffer.get_mut(self.end..).expect("invariant: end is within the buffer")
    }

    fn grow(&mut self, need: usize) {
        let size = need.max(self.buffer.len() + 1).next_power_of_two();
        let size = size.min(buffer_bytes_max(self.payload_bytes_max)).max(self.buffer.len());
        self.buffer.resize(size, 0);
    }

    /// The first `count` bytes of the last [`Self::spare`] hold data now. Panics where there was
    /// less room.
    pub fn advance(&mut self, count: usize) {
        assert!(count <= self.buffer.len() - self.end, "{count} bytes are more than were spare");
        self.end += count;
    }

    /// Copies in as many of `bytes` as there is room for and returns how many that were. Take the
    /// frames, then go on with the rest.
    #[must_use = "bytes beyond the count were not taken"]
    pub fn extend(&mut self, bytes: &[u8]) -> usize {
        let spare = self.spare();
        let count = spare.len().min(bytes.len());
        let (room, taken) = (spare.get_mut(..count), bytes.get(..count));
        room.expect("invariant: at most the spare room")
            .copy_from_slice(taken.expect("invariant: at most the bytes given"));
        self.advance(count);
        count
    }

    /// Bytes that were put in and belong to no frame that was taken. Not zero at the end of a
    /// stream: it was cut within a frame.
    #[must_use]
    pub const fn buffered_bytes(&self) -> usize {
        self.end - self.start
    }

    /// Whether [`Self::next_frame`] would give a frame or an error without more bytes.
    pub fn is_ready(&mut self) -> bool {
        match self.next_header() {
            Ok(Some(header)) => self.buffered_bytes() >= frame_bytes(header),
            Ok(None) => false,
            Err(_) => true,
        }
    }

    /// The next whole frame, or `None` when more bytes are needed.
    pub fn next_frame(&mut self) -> Result<Option<Frame<'_>>, FrameError> {
        let Some(header) = self.next_header()? else { return Ok(None) };
        if self.buffered_bytes() < frame_bytes(header) {
            return Ok(None);
        }
        let payload_start = self.start + FRAME_HEADER_BYTES;
        self.start += frame_bytes(header);
        self.header = None;
        let payload = self
            .buffer
            .get(payload_start..self.start)
            .expect("invariant: the whole frame is in the buffer");
        let kind = check_payload(header, payload, self.direction)?;
        Ok(Some(Frame { kind, request: header.request, item_count: header.item_count, payload }))
    }

    /// The header of the frame at `start`, kept so that a payload which arrives in many pieces
    /// has its header checked once.
    fn next_header(&mut self) -> Result<Option<FrameHeader>, FrameError> {
        if let Some(fatal) = self.fatal {
            return Err(fatal);
        }
        if self.header.is_none() {
            let unread = self.buffer.get(self.start..self.end);
            let unread = unread.expect("invariant: start and end are within the buffer");
            let Some(bytes) = unread.first_chunk() else { return Ok(None) };
            match parse_bounded(bytes, self.payload_bytes_max) {
                Ok(header) => self.header = Some(header),
                Err(error) => {
                    self.fatal = Some(error);
                    return Err(error);
                }
            }
        }
        Ok(self.header)
    }
}

const fn buffer_bytes_max(payload_bytes_max: usize) -> usize {
    let frame_bytes_max = FRAME_HEADER_BYTES + payload_bytes_max;
    if frame_bytes_max > BUFFER_BYTES_MIN { frame_bytes_max } else { BUFFER_BYTES_MIN }
}

const fn frame_bytes(header: FrameHeader) -> usize {
    FRAME_HEADER_BYTES + header.payload_bytes as usize
}

/// Reads a header whose payload the buffer can hold.
fn parse_bounded(
    bytes: &[u8; FRAME_HEADER_BYTES],
    payload_bytes_max: usize,
) -> Result<FrameHeader, FrameError> {
    let header = FrameHeader::parse(bytes)?;
    let payload_bytes = header.payload_bytes as usize;
    if payload_bytes > payload_bytes_max {
        let request = header.request;
        return Err(FrameError::PayloadTooLong { request, payload_bytes, payload_bytes_max });
    }
    Ok(header)
}

/// What is wrong with one frame only: the next one's start is known.
fn check_payload(
    header: FrameHeader,
    payload: &[u8],
    direction: Direction,
) -> Result<FrameKind, FrameError> {
    let FrameHeader { kind: number, request, item_count, .. } = header;
    let kind = FrameKind::from_number(number).filter(|kind| kind.direction() == direction);
    let Some(kind) = kind else {
        return Err(FrameError::UnknownKind { request, kind: number, direction });
    };
    let items_max = kind.items_max();
    if item_count as usize > items_max {
        return Err(FrameError::TooManyItems { request, item_count, items_max });
    }
    let (payload_bytes_min, payload_bytes_max) = kind.payload_bytes_bounds();
    let payload_bytes = payload.len();
    if payload_bytes < payload_bytes_min || payload_bytes > payload_bytes_max {
        return Err(FrameError::UnexpectedPayload {
            request,
            kind: number,
            payload_bytes,
            payload_bytes_min,
            payload_bytes_max,
        });
    }
    let (stated, computed) = (header.payload_checksum, crc32c(payload));
    if stated != computed {
        return Err(FrameError::BadPayloadChecksum { request, stated, computed });
    }
    Ok(kind)
}
