//! Sizes, byte layouts and hashes of an archive file: the code side of the last chapter of
//! `docs/FORMAT.md`.

use zerocopy::little_endian::{I64, U16, U32, U64, U128};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::files::{Hash, truncate};

/// Every part of a file begins on a page.
pub(super) const PAGE_BYTES: usize = 4096;
/// The header's own bytes; the rest of its page is zero.
pub(super) const HEADER_BYTES: usize = 256;
/// Bytes of a header that its own hash covers: all before the hash.
const HASHED_BYTES: usize = HEADER_BYTES - size_of::<Hash>();
const MAGIC: [u8; 8] = *b"GNTRYARC";
/// The version of the format.
pub(super) const FORMAT: u16 = 1;
/// Entries of a page of an index.
pub(super) const PAGE_ENTRIES: usize = PAGE_BYTES / size_of::<OrderEntry>();

#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(super) struct Header {
    pub(super) magic: [u8; 8],
    pub(super) format: U16,
    pub(super) reserved: [u8; 2],
    pub(super) header_bytes: U32,
    pub(super) instance_id: U128,
    pub(super) number: U64,
    pub(super) orders_before: U64,
    pub(super) commands_before: U64,
    pub(super) orders: U32,
    pub(super) commands: U32,
    pub(super) until_sequence: U64,
    pub(super) until_time_ns: U64,
    pub(super) id_min: U128,
    pub(super) id_max: U128,
    pub(super) order_index_offset: U64,
    pub(super) command_index_offset: U64,
    pub(super) filter_offset: U64,
    pub(super) file_bytes: U64,
    pub(super) content_hash: Hash,
    pub(super) reserved_later: [u8; 80],
    pub(super) header_hash: Hash,
}
const _: () = assert!(size_of::<Header>() == HEADER_BYTES);

/// Where an order's image lies.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(super) struct OrderEntry {
    pub(super) id: U128,
    pub(super) offset: U64,
    pub(super) image_hash: U64,
}
const _: () = assert!(size_of::<OrderEntry>() == 32);

/// A command that was carried out.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(super) struct CommandEntry {
    pub(super) id: U128,
    pub(super) sequence: U64,
    pub(super) content_hash: U64,
}
const _: () = assert!(size_of::<CommandEntry>() == size_of::<OrderEntry>());

/// An entry of an index that rises by id.
pub(super) trait Entry: FromBytes + IntoBytes + KnownLayout + Immutable + Unaligned {
    fn id(&self) -> u128;
}

impl Entry for OrderEntry {
    fn id(&self) -> u128 {
        self.id.get()
    }
}

impl Entry for CommandEntry {
    fn id(&self) -> u128 {
        self.id.get()
    }
}

/// The head of an order's image; lines, allocations and reference follow.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(super) struct ImageHead {
    pub(super) length_bytes: U32,
    pub(super) line_count: U16,
    pub(super) allocation_count: U16,
    pub(super) id: U128,
    pub(super) customer: U128,
    pub(super) placed: U64,
    pub(super) placed_time_ns: U64,
    pub(super) closed: U64,
    pub(super) content_hash: U64,
    pub(super) cost_minor: I64,
    pub(super) value_minor: I64,
    pub(super) currency: [u8; 4],
    pub(super) gap: U32,
    pub(super) parcels: U16,
    pub(super) zone: U16,
    pub(super) channel: U16,
    pub(super) short: u8,
    pub(super) priority_class: u8,
    pub(super) service_level: u8,
    pub(super) proof: u8,
    pub(super) reference_bytes: u8,
    pub(super) reserved: [u8; 5],
}
const _: () = assert!(size_of::<ImageHead>() == 112);

#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(super) struct ImageLine {
    pub(super) sku: U32,
    pub(super) ordered: U32,
    pub(super) allocated: U32,
    pub(super) waiting: U32,
    pub(super) shipped: U32,
    pub(super) cancelled: U32,
}
const _: () = assert!(size_of::<ImageLine>() == 24);

#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(super) struct ImageAllocation {
    pub(super) line: U16,
    pub(super) warehouse: U16,
    pub(super) allocated: U32,
    pub(super) shipped: U32,
}
const _: () = assert!(size_of::<ImageAllocation>() == 12);

impl Header {
    /// An empty header: what is not said is zero.
    pub(super) fn new(instance_id: u128, number: u64) -> Self {
        Self {
            magic: MAGIC,
            format: FORMAT.into(),
            header_bytes: 256.into(),
            instance_id: instance_id.into(),
            number: number.into(),
            ..zerocopy::transmute!([0_u8; HEADER_BYTES])
        }
    }

    /// The header with its own hash.
    pub(super) fn sealed(mut self) -> Self {
        self.header_hash = self.hash();
        self
    }

    /// The header at the beginning of `page`, if it is whole.
    pub(super) fn parse(page: &[u8; PAGE_BYTES]) -> Result<Self, HeaderFault> {
        let (header, rest) = Self::read_from_prefix(page).map_err(|_| HeaderFault::Broken)?;
        if header.magic != MAGIC || header.header_hash != header.hash() {
            return Err(HeaderFault::Broken);
        }
        if header.format.get() != FORMAT {
            return Err(HeaderFault::Format(header.format.get()));
        }
        let zero = header.reserved.iter().chain(&header.reserved_later).chain(rest);
        let is_plain = header.header_bytes.get() as usize == HEADER_BYTES
            && zero.into_iter().all(|byte| *byte == 0);
        if is_plain { Ok(header) } else { Err(HeaderFault::Broken) }
    }

    fn hash(&self) -> Hash {
        truncate(&blake3::hash(&self.as_bytes()[..HASHED_BYTES]))
    }
}

/// Why a page is no header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeaderFault {
    Broken,
    /// Whole, but of another version.
    Format(u16),
}

/// What guards a part of a file once it is open: XXH3-64.
pub(super) fn part_hash(bytes: &[u8]) -> u64 {
    twox_hash::XxHash3_64::oneshot(bytes)
}
