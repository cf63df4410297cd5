//! Judges one page: is it what must stand at this place?
//!
//! A header whose own hash fails can be a torn write. A whole header that says the wrong thing
//! cannot: it is damage, a misdirected write or a foreign file.

use zerocopy::IntoBytes;

use crate::error::Fault;
use crate::journal::FrameFacts;
use crate::layout::{
    FORMAT_VERSION, FRAME_HEADER_BYTES, FrameHeader, KIND_CLEAN_STOP, KIND_DATA, KIND_SEAL,
    PAYLOAD_BYTES_MAX, SHARD, SegmentHeader, chain_hash, hash, is_zero, length,
};
use crate::position::Position;

/// A page of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) instance_id: u128,
    pub(crate) segment: u64,
    pub(crate) offset: u64,
}

/// What a page header turns out to be.
pub(crate) enum Page {
    /// Its header bytes are zero.
    Zero,
    /// No whole header: never written, torn or damaged.
    Invalid,
    /// The data frame that belongs here, as far as its header tells.
    Data(Box<FrameHeader>),
    /// A seal or clean stop that belongs here.
    Control(Box<FrameHeader>),
    /// A whole header that does not belong here.
    Wrong(Fault),
}

/// Judges the header in `bytes` for `place`, after `position`.
pub(crate) fn judge(bytes: &[u8], place: &Place, position: &Position) -> Page {
    assert!(bytes.len() >= FRAME_HEADER_BYTES, "a header is judged whole");
    if is_zero(&bytes[..FRAME_HEADER_BYTES]) {
        return Page::Zero;
    }
    let Some(header) = FrameHeader::parse(bytes) else { return Page::Invalid };
    if let Err(fault) = check_place(&header, place) {
        return Page::Wrong(fault);
    }
    let checked = match header.kind.get() {
        KIND_DATA => check_data(&header, position),
        KIND_SEAL | KIND_CLEAN_STOP => check_control(&header, position),
        _ => Err(Fault::Header),
    };
    match (checked, header.kind.get()) {
        (Err(fault), _) => Page::Wrong(fault),
        (Ok(()), KIND_DATA) => Page::Data(Box::new(header)),
        (Ok(()), _) => Page::Control(Box::new(header)),
    }
}

/// Whether a whole header says of itself that it was written for `place`.
pub(crate) fn check_place(header: &FrameHeader, place: &Place) -> Result<(), Fault> {
    let (segment, offset) = (header.segment_number.get(), header.offset.get());
    if header.instance_id.get() != place.instance_id || header.shard.get() != SHARD {
        return Err(Fault::Foreign);
    }
    if segment != place.segment || offset != place.offset {
        return Err(Fault::Misplaced { segment, offset });
    }
    let known = header.format.get() == FORMAT_VERSION
        && length(u64::from(header.header_bytes.get())) == FRAME_HEADER_BYTES
        && is_zero(&header.reserved_small)
        && is_zero(&header.reserved);
    if known { Ok(()) } else { Err(Fault::Header) }
}

fn check_data(header: &FrameHeader, position: &Position) -> Result<(), Fault> {
    let (frame, sequence) = (header.frame_number.get(), header.first_sequence.get());
    let payload_bytes = length(u64::from(header.payload_bytes.get()));
    let in_order = frame == position.next_frame
        && sequence == position.next_sequence
        && header.term.get() >= position.term
        && header.durable_frame.get() < frame;
    if !in_order {
        return Err(Fault::OutOfOrder { frame, sequence });
    }
    if header.record_count.get() == 0 || payload_bytes == 0 || payload_bytes > PAYLOAD_BYTES_MAX {
        return Err(Fault::Header);
    }
    if header.previous_chain != position.chain || header.chain != chain_hash(header) {
        return Err(Fault::Chain);
    }
    Ok(())
}

fn check_control(header: &FrameHeader, position: &Position) -> Result<(), Fault> {
    let (frame, sequence) = (header.durable_frame.get(), header.first_sequence.get());
    let in_order = frame == position.last_frame()
        && sequence == position.next_sequence
        && header.term.get() >= position.term;
    if !in_order {
        return Err(Fault::OutOfOrder { frame, sequence });
    }
    if header.chain != position.chain { Err(Fault::Chain) } else { Ok(()) }
}

/// Checks the bytes of a whole frame behind its judged header.
pub(crate) fn check_payload(frame: &[u8], header: &FrameHeader) -> Result<(), Fault> {
    let payload_end = FRAME_HEADER_BYTES + length(u64::from(header.payload_bytes.get()));
    let (content, padding) = frame.split_at(payload_end);
    if hash(&content[FRAME_HEADER_BYTES..]) != header.payload_hash {
        return Err(Fault::Payload);
    }
    if is_zero(padding) { Ok(()) } else { Err(Fault::Padding) }
}

/// The seal or clean stop for `place`.
pub(crate) fn control_header(kind: u16, place: &Place, position: &Position) -> FrameHeader {
    let mut header = blank_header(kind, place, position);
    header.durable_frame = position.last_frame().into();
    header.chain = position.chain;
    header.finish();
    header
}

/// A header with everything that does not depend on the payload, for the next frame.
pub(crate) fn blank_header(kind: u16, place: &Place, position: &Position) -> FrameHeader {
    FrameHeader {
        magic: crate::layout::FRAME_MAGIC,
        format: FORMAT_VERSION.into(),
        kind: kind.into(),
        header_bytes: 256.into(),
        instance_id: place.instance_id.into(),
        term: position.term.into(),
        shard: SHARD.into(),
        record_count: 0.into(),
        frame_number: 0.into(),
        first_sequence: position.next_sequence.into(),
        time_ns: 0.into(),
        segment_number: place.segment.into(),
        offset: place.offset.into(),
        durable_frame: 0.into(),
        payload_bytes: 0.into(),
        previous_sync_us: 0.into(),
        reserved_small: [0; 8],
        payload_hash: [0; 16],
        previous_chain: position.chain,
        chain: [0; 16],
        reserved: [0; 80],
        header_hash: [0; 16],
    }
}

/// The header of data frame `position.next_frame` around `payload`.
pub(crate) fn data_header(
    place: &Place,
    position: &Position,
    facts: &FrameFacts,
    payload: &[u8],
) -> FrameHeader {
    let payload_bytes = u32::try_from(payload.len()).expect("invariant: payloads are below 1 MiB");
    let mut header = blank_header(KIND_DATA, place, position);
    header.record_count = facts.record_count.into();
    header.frame_number = position.next_frame.into();
    header.time_ns = facts.time_ns.into();
    // One unsynced frame at a time: all before this one are durable.
    header.durable_frame = position.last_frame().into();
    header.payload_bytes = payload_bytes.into();
    header.previous_sync_us = facts.previous_sync_us.into();
    header.payload_hash = hash(payload);
    header.chain = chain_hash(&header);
    header.finish();
    header
}

/// The header of a segment that begins at `position`.
pub(crate) fn segment_header(
    segment: u64,
    segment_bytes: u64,
    position: &Position,
) -> SegmentHeader {
    let mut header = SegmentHeader {
        magic: crate::layout::SEGMENT_MAGIC,
        format: FORMAT_VERSION.into(),
        reserved_small: [0; 2],
        header_bytes: 256.into(),
        instance_id: position.instance_id.into(),
        term: position.term.into(),
        shard: SHARD.into(),
        reserved_middle: [0; 4],
        segment_number: segment.into(),
        first_frame: position.next_frame.into(),
        first_sequence: position.next_sequence.into(),
        segment_bytes: segment_bytes.into(),
        chain: position.chain,
        reserved: [0; 144],
        header_hash: [0; 16],
    };
    header.finish();
    header
}

/// Checks a whole segment header against what the walk expects.
pub(crate) fn check_segment(
    header: &SegmentHeader,
    place: &Place,
    file_bytes: u64,
    position: &Position,
) -> Result<(), Fault> {
    let expected = header.segment_bytes.get();
    let next_frame = header.first_frame.get();
    if header.instance_id.get() != place.instance_id || header.shard.get() != SHARD {
        return Err(Fault::Foreign);
    }
    if header.segment_number.get() != place.segment {
        return Err(Fault::Misplaced { segment: header.segment_number.get(), offset: 0 });
    }
    if expected != file_bytes {
        return Err(Fault::SegmentLength { found: file_bytes, expected });
    }
    if next_frame > position.next_frame {
        return Err(Fault::FramesLost { next_frame });
    }
    if next_frame < position.next_frame || header.first_sequence.get() != position.next_sequence {
        let sequence = header.first_sequence.get();
        return Err(Fault::OutOfOrder { frame: next_frame, sequence });
    }
    if header.term.get() < position.term || !is_zero(header.reserved.as_bytes()) {
        return Err(Fault::SegmentHeader);
    }
    if header.chain != position.chain { Err(Fault::Chain) } else { Ok(()) }
}
