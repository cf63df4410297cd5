//! The 32 bytes before every payload.

use zerocopy::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::checksum::crc32c;
use crate::{FRAME_HEADER_BYTES, FRAME_MAGIC, FrameError, FrameKind, PROTOCOL_VERSION};

/// Bytes that the header's own checksum covers: all before it.
const CHECKED_BYTES: usize = FRAME_HEADER_BYTES - size_of::<u32>();

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
struct HeaderFixed {
    magic: [u8; 4],
    version: U16,
    kind: U16,
    request: U64,
    payload_bytes: U32,
    item_count: U32,
    payload_checksum: U32,
    header_checksum: U32,
}
const _: () = assert!(size_of::<HeaderFixed>() == FRAME_HEADER_BYTES);

/// A header that was found whole. What it says of its payload is not checked yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    /// The number of a [`FrameKind`], or of one that is not known here.
    pub kind: u16,
    /// The client's name for the request; answers carry it back.
    pub request: u64,
    /// Bytes that follow the header.
    pub payload_bytes: u32,
    /// Items in the payload.
    pub item_count: u32,
    /// CRC-32C of the payload.
    pub payload_checksum: u32,
}

impl FrameHeader {
    /// The header of `payload`. Panics from 4 GiB on; the bounds are far lower.
    #[must_use]
    pub fn of(kind: FrameKind, request: u64, item_count: u32, payload: &[u8]) -> Self {
        Self {
            kind: kind.number(),
            request,
            payload_bytes: u32::try_from(payload.len())
                .expect("invariant: payloads are far below 4 GiB"),
            item_count,
            payload_checksum: crc32c(payload),
        }
    }

    /// Reads a header. Magic and version are looked at before the checksum, because a stranger's
    /// bytes and a later version's header need not have our checksum.
    pub fn parse(bytes: &[u8; FRAME_HEADER_BYTES]) -> Result<Self, FrameError> {
        let fixed: HeaderFixed = zerocopy::transmute!(*bytes);
        if fixed.magic != FRAME_MAGIC {
            return Err(FrameError::BadMagic { found: fixed.magic });
        }
        let version = fixed.version.get();
        if version != PROTOCOL_VERSION {
            return Err(FrameError::BadVersion { found: version, spoken: PROTOCOL_VERSION });
        }
        let (stated, computed) = (fixed.header_checksum.get(), checksum_of(bytes));
        if stated != computed {
            return Err(FrameError::BadHeaderChecksum { stated, computed });
        }
        Ok(Self {
            kind: fixed.kind.get(),
            request: fixed.request.get(),
            payload_bytes: fixed.payload_bytes.get(),
            item_count: fixed.item_count.get(),
            payload_checksum: fixed.payload_checksum.get(),
        })
    }

    /// The header's bytes, with its checksum.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; FRAME_HEADER_BYTES] {
        let mut fixed = HeaderFixed {
            magic: FRAME_MAGIC,
            version: PROTOCOL_VERSION.into(),
            kind: self.kind.into(),
            request: self.request.into(),
            payload_bytes: self.payload_bytes.into(),
            item_count: self.item_count.into(),
            payload_checksum: self.payload_checksum.into(),
            header_checksum: 0.into(),
        };
        fixed.header_checksum = checksum_of(&zerocopy::transmute!(fixed)).into();
        zerocopy::transmute!(fixed)
    }
}

fn checksum_of(header: &[u8; FRAME_HEADER_BYTES]) -> u32 {
    let (checked, _) = header.split_at(CHECKED_BYTES);
    crc32c(checked)
}
