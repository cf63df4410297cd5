//! Sizes, byte layouts and hashes of the journal: the code side of `docs/FORMAT.md`.
//!
//! Everything is little-endian, without padding and without alignment, so that a header can be
//! read from any bytes. What a valid header *means* at some place is judged in `page` and `scan`.

use zerocopy::little_endian::{U16, U32, U64, U128};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// Everything starts on a multiple of this: no sector of a synced page is ever written again.
pub const PAGE_BYTES: u64 = 4096;
/// Bytes of a frame header; the payload follows at once.
pub const FRAME_HEADER_BYTES: usize = 256;
/// Longest frame with header and padding: 960 KiB, which one NATS message of 1 MiB can carry.
pub const FRAME_BYTES_MAX: usize = 960 * 1024;
/// Longest payload of one frame.
pub const PAYLOAD_BYTES_MAX: usize = FRAME_BYTES_MAX - FRAME_HEADER_BYTES;
/// Size of a segment unless the options say otherwise: 256 MiB, half a second at 500 MB/s.
pub const SEGMENT_BYTES_DEFAULT: u64 = 256 * 1024 * 1024;
/// Smallest segment: for tests that roll often.
pub const SEGMENT_BYTES_MIN: u64 = 64 * 1024;
/// Version of every layout in this file.
pub const FORMAT_VERSION: u16 = 1;

/// Pages at the end of a segment that frames leave free, so that a seal and a clean stop always
/// find room behind the last frame.
pub(crate) const CONTROL_PAGES_RESERVED: u64 = 2;
/// `PAGE_BYTES` as a length in memory.
pub(crate) const PAGE_LENGTH: usize = 4096;
/// Only shard of this version.
pub(crate) const SHARD: u32 = 0;
/// Longest frame as a distance in a file.
pub(crate) const FRAME_BYTES_MAX_U64: u64 = 960 * 1024;

pub(crate) const FRAME_MAGIC: [u8; 8] = *b"GNTRYFRM";
pub(crate) const SEGMENT_MAGIC: [u8; 8] = *b"GNTRYSEG";
pub(crate) const INSTANCE_MAGIC: [u8; 16] = *b"gantry instance\n";

/// BLAKE3 cut to 128 bits.
pub(crate) type Hash = [u8; 16];

/// Chain hash before the first frame.
pub(crate) const CHAIN_START: Hash = [0; 16];

/// A frame that carries records.
pub(crate) const KIND_DATA: u16 = 1;
/// One page that says "everything so far is durable", written when the journal falls idle.
pub(crate) const KIND_SEAL: u16 = 2;
/// As a seal, written as the last act of an orderly stop.
pub(crate) const KIND_CLEAN_STOP: u16 = 3;

/// Header of a frame, a seal or a clean stop.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct FrameHeader {
    pub(crate) magic: [u8; 8],
    pub(crate) format: U16,
    pub(crate) kind: U16,
    pub(crate) header_bytes: U32,
    pub(crate) instance_id: U128,
    pub(crate) term: U64,
    pub(crate) shard: U32,
    pub(crate) record_count: U32,
    pub(crate) frame_number: U64,
    pub(crate) first_sequence: U64,
    pub(crate) time_ns: U64,
    pub(crate) segment_number: U64,
    pub(crate) offset: U64,
    pub(crate) durable_frame: U64,
    pub(crate) payload_bytes: U32,
    pub(crate) previous_sync_us: U32,
    pub(crate) reserved_small: [u8; 8],
    pub(crate) payload_hash: Hash,
    pub(crate) previous_chain: Hash,
    pub(crate) chain: Hash,
    pub(crate) reserved: [u8; 80],
    pub(crate) header_hash: Hash,
}

/// Header of a segment, at the start of its page 0; the rest of the page is zero.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct SegmentHeader {
    pub(crate) magic: [u8; 8],
    pub(crate) format: U16,
    pub(crate) reserved_small: [u8; 2],
    pub(crate) header_bytes: U32,
    pub(crate) instance_id: U128,
    pub(crate) term: U64,
    pub(crate) shard: U32,
    pub(crate) reserved_middle: [u8; 4],
    pub(crate) segment_number: U64,
    pub(crate) first_frame: U64,
    pub(crate) first_sequence: U64,
    pub(crate) segment_bytes: U64,
    pub(crate) chain: Hash,
    pub(crate) reserved: [u8; 144],
    pub(crate) header_hash: Hash,
}

/// The whole of `gantry.instance`.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct InstanceFile {
    pub(crate) magic: [u8; 16],
    pub(crate) format: U16,
    pub(crate) reserved: [u8; 14],
    pub(crate) instance_id: U128,
    pub(crate) hash: Hash,
}

const _: () = assert!(size_of::<FrameHeader>() == FRAME_HEADER_BYTES);
const _: () = assert!(size_of::<SegmentHeader>() == FRAME_HEADER_BYTES);
const _: () = assert!(size_of::<InstanceFile>() == 64);
const _: () = assert!(FRAME_BYTES_MAX.is_multiple_of(PAGE_LENGTH));
const _: () = assert!(FRAME_BYTES_MAX as u64 == FRAME_BYTES_MAX_U64);
const _: () = assert!(PAGE_LENGTH as u64 == PAGE_BYTES);
const _: () = assert!(FRAME_HEADER_BYTES < PAGE_LENGTH);
const _: () = assert!(SEGMENT_BYTES_DEFAULT.is_multiple_of(PAGE_BYTES));
const _: () = assert!(SEGMENT_BYTES_MIN > (CONTROL_PAGES_RESERVED + 2) * PAGE_BYTES);
// The numbers of a header are written as u32 where they bound a frame.
const _: () = assert!(PAYLOAD_BYTES_MAX < u32::MAX as usize);

/// Bytes of a header that its own hash covers: all before the hash.
const HASHED_BYTES: usize = FRAME_HEADER_BYTES - size_of::<Hash>();

/// BLAKE3 of `bytes`, cut to 128 bits.
pub(crate) fn hash(bytes: &[u8]) -> Hash {
    truncate(&blake3::hash(bytes))
}

/// The first 128 bits of a hash.
pub(crate) fn truncate(hash: &blake3::Hash) -> Hash {
    let mut short = [0; size_of::<Hash>()];
    short.copy_from_slice(&hash.as_bytes()[..size_of::<Hash>()]);
    short
}

/// What the chain covers: only what two copies of one journal share, so no segment, offset or
/// watermark.
#[derive(IntoBytes, Immutable)]
#[repr(C)]
struct ChainLink {
    label: [u8; 12],
    previous: Hash,
    instance_id: U128,
    term: U64,
    frame_number: U64,
    first_sequence: U64,
    record_count: U32,
    time_ns: U64,
    payload_hash: Hash,
}

/// Chain hash of a data frame whose other fields stand already.
pub(crate) fn chain_hash(header: &FrameHeader) -> Hash {
    let link = ChainLink {
        label: *b"gantry chain",
        previous: header.previous_chain,
        instance_id: header.instance_id,
        term: header.term,
        frame_number: header.frame_number,
        first_sequence: header.first_sequence,
        record_count: header.record_count,
        time_ns: header.time_ns,
        payload_hash: header.payload_hash,
    };
    hash(link.as_bytes())
}

impl FrameHeader {
    /// Sets the header's hash, which must be the last field to change.
    pub(crate) fn finish(&mut self) {
        self.header_hash = hash(&self.as_bytes()[..HASHED_BYTES]);
    }

    /// The header, if `bytes` hold one that is whole; its place is not judged here.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let header = Self::read_from_bytes(bytes.get(..FRAME_HEADER_BYTES)?).ok()?;
        let whole = header.magic == FRAME_MAGIC
            && header.header_hash == hash(&header.as_bytes()[..HASHED_BYTES]);
        whole.then_some(header)
    }

    /// Length of the frame in the file: header, payload and padding.
    pub(crate) fn frame_bytes(&self) -> u64 {
        frame_bytes(self.payload_bytes.get())
    }
}

impl SegmentHeader {
    /// Sets the header's hash, which must be the last field to change.
    pub(crate) fn finish(&mut self) {
        self.header_hash = hash(&self.as_bytes()[..HASHED_BYTES]);
    }

    /// The header, if `bytes` hold one that is whole.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let header = Self::read_from_bytes(bytes.get(..FRAME_HEADER_BYTES)?).ok()?;
        let whole = header.magic == SEGMENT_MAGIC
            && header.header_hash == hash(&header.as_bytes()[..HASHED_BYTES]);
        whole.then_some(header)
    }
}

impl InstanceFile {
    /// The file of instance `instance_id`.
    pub(crate) fn new(instance_id: u128) -> Self {
        let mut file = Self {
            magic: INSTANCE_MAGIC,
            format: FORMAT_VERSION.into(),
            reserved: [0; 14],
            instance_id: instance_id.into(),
            hash: [0; 16],
        };
        file.hash = hash(&file.as_bytes()[..48]);
        file
    }

    /// The file, if `bytes` hold it whole.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let file = Self::read_from_bytes(bytes).ok()?;
        let whole = file.magic == INSTANCE_MAGIC && file.hash == hash(&file.as_bytes()[..48]);
        whole.then_some(file)
    }
}

/// Length in the file of a frame with `payload_bytes` of payload.
pub(crate) fn frame_bytes(payload_bytes: u32) -> u64 {
    (FRAME_HEADER_BYTES as u64 + u64::from(payload_bytes)).next_multiple_of(PAGE_BYTES)
}

/// A file distance as a length in memory.
pub(crate) fn length(bytes: u64) -> usize {
    usize::try_from(bytes).expect("invariant: the machine has 64-bit addresses")
}

/// Whether every byte is zero. Whole pages first, so that the compiler can use wide registers.
pub(crate) fn is_zero(bytes: &[u8]) -> bool {
    let mut chunks = bytes.chunks_exact(256);
    let body = chunks.all(|chunk| chunk.iter().fold(0, |seen, byte| seen | byte) == 0);
    body && bytes.chunks_exact(256).remainder().iter().all(|byte| *byte == 0)
}

#[cfg(test)]
mod tests {
    use std::mem::offset_of;

    use super::*;

    /// The table in `docs/FORMAT.md`, row by row: a moved field is a new format version.
    #[test]
    fn offsets_of_the_frame_header_are_fixed() {
        let found = [
            offset_of!(FrameHeader, magic),
            offset_of!(FrameHeader, format),
            offset_of!(FrameHeader, kind),
            offset_of!(FrameHeader, header_bytes),
            offset_of!(FrameHeader, instance_id),
            offset_of!(FrameHeader, term),
            offset_of!(FrameHeader, shard),
            offset_of!(FrameHeader, record_count),
            offset_of!(FrameHeader, frame_number),
            offset_of!(FrameHeader, first_sequence),
            offset_of!(FrameHeader, time_ns),
            offset_of!(FrameHeader, segment_number),
            offset_of!(FrameHeader, offset),
            offset_of!(FrameHeader, durable_frame),
            offset_of!(FrameHeader, payload_bytes),
            offset_of!(FrameHeader, previous_sync_us),
            offset_of!(FrameHeader, reserved_small),
            offset_of!(FrameHeader, payload_hash),
            offset_of!(FrameHeader, previous_chain),
            offset_of!(FrameHeader, chain),
            offset_of!(FrameHeader, reserved),
            offset_of!(FrameHeader, header_hash),
        ];
        let expected = [
            0, 8, 10, 12, 16, 32, 40, 44, 48, 56, 64, 72, 80, 88, 96, 100, 104, 112, 128, 144, 160,
            240,
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn offsets_of_the_segment_header_are_fixed() {
        let found = [
            offset_of!(SegmentHeader, magic),
            offset_of!(SegmentHeader, format),
            offset_of!(SegmentHeader, reserved_small),
            offset_of!(SegmentHeader, header_bytes),
            offset_of!(SegmentHeader, instance_id),
            offset_of!(SegmentHeader, term),
            offset_of!(SegmentHeader, shard),
            offset_of!(SegmentHeader, reserved_middle),
            offset_of!(SegmentHeader, segment_number),
            offset_of!(SegmentHeader, first_frame),
            offset_of!(SegmentHeader, first_sequence),
            offset_of!(SegmentHeader, segment_bytes),
            offset_of!(SegmentHeader, chain),
            offset_of!(SegmentHeader, reserved),
            offset_of!(SegmentHeader, header_hash),
        ];
        assert_eq!(found, [0, 8, 10, 12, 16, 32, 40, 44, 48, 56, 64, 72, 80, 96, 240]);
    }

    #[test]
    fn a_frame_is_padded_to_whole_pages() {
        assert_eq!(frame_bytes(1), 4096);
        assert_eq!(frame_bytes(4096 - 256), 4096);
        assert_eq!(frame_bytes(4096 - 255), 8192);
    }

    #[test]
    fn one_set_bit_anywhere_is_not_zero() {
        for length in [1, 255, 256, 257, 4096, 4100] {
            let mut bytes = vec![0u8; length];
            assert!(is_zero(&bytes));
            for at in [0, length / 2, length - 1] {
                bytes[at] = 1;
                assert!(!is_zero(&bytes), "{length} {at}");
                bytes[at] = 0;
            }
        }
    }
}
