//! The bytes of a snapshot file: the code side of the last chapter of `docs/FORMAT.md`.
//!
//! One header page, then sections, each a header and an archived body. Every byte of the file is
//! covered by a hash or must be zero.

use gantry_journal::Bookmark;
use zerocopy::little_endian::{U16, U32, U64, U128};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::files::{Hash, truncate};

/// Version of every layout in this file; rows have their own.
pub(crate) const FILE_VERSION: u16 = 1;
/// The header and the zeros behind it.
pub(crate) const PAGE_BYTES: usize = 4096;
/// Bytes of the header itself.
pub(crate) const HEADER_BYTES: usize = 256;
/// Bytes of a section's header. Bodies are padded with zeros to a multiple of it.
pub(crate) const SECTION_HEADER_BYTES: usize = 64;
/// A body is shorter than this, so that a reader knows what memory it may need.
pub(crate) const SECTION_BODY_BYTES_MAX: usize = 64 << 20;

const MAGIC: [u8; 8] = *b"GNTRYSNP";
const SECTION_MAGIC: [u8; 8] = *b"GNTRYSEC";

/// Header of a snapshot.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct Header {
    pub(crate) magic: [u8; 8],
    pub(crate) file_version: U16,
    pub(crate) reserved_small: [u8; 2],
    pub(crate) header_bytes: U32,
    pub(crate) instance_id: U128,
    pub(crate) term: U64,
    pub(crate) frame_number: U64,
    pub(crate) segment: U64,
    pub(crate) offset: U64,
    pub(crate) last_sequence: U64,
    pub(crate) chain: Hash,
    pub(crate) last_time_ns: U64,
    pub(crate) state_hash: U128,
    pub(crate) state_hash_version: U32,
    pub(crate) rows_version: U32,
    pub(crate) section_count: U32,
    pub(crate) reserved_middle: [u8; 4],
    pub(crate) section_bytes: U64,
    pub(crate) sections_hash: Hash,
    pub(crate) reserved: [u8; 88],
    pub(crate) header_hash: Hash,
}

/// Header of one section.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct SectionHeader {
    pub(crate) magic: [u8; 8],
    pub(crate) number: U32,
    pub(crate) kind: U16,
    pub(crate) reserved_small: [u8; 2],
    pub(crate) rows: U32,
    pub(crate) body_bytes: U32,
    pub(crate) reserved: [u8; 24],
    pub(crate) hash: Hash,
}

const _: () = assert!(size_of::<Header>() == HEADER_BYTES);
const _: () = assert!(size_of::<SectionHeader>() == SECTION_HEADER_BYTES);
const _: () = assert!(SECTION_BODY_BYTES_MAX <= u32::MAX as usize);

/// The hash over all section headers, fed one by one.
#[derive(Debug, Default)]
pub(crate) struct SectionsHash(blake3::Hasher);

impl SectionsHash {
    pub(crate) fn add(&mut self, header: &SectionHeader) {
        self.0.update(header.as_bytes());
    }

    pub(crate) fn get(&self) -> Hash {
        truncate(&self.0.finalize())
    }
}

impl Header {
    /// A header behind whose bookmark stands what the rest of it says.
    pub(crate) fn new(bookmark: &Bookmark) -> Self {
        Self {
            magic: MAGIC,
            file_version: FILE_VERSION.into(),
            reserved_small: [0; 2],
            header_bytes: u32::try_from(HEADER_BYTES).unwrap_or(u32::MAX).into(),
            instance_id: bookmark.instance_id.into(),
            term: bookmark.term.into(),
            frame_number: bookmark.frame_number.into(),
            segment: bookmark.segment.into(),
            offset: bookmark.offset.into(),
            last_sequence: bookmark.last_sequence.into(),
            chain: bookmark.chain,
            last_time_ns: U64::ZERO,
            state_hash: U128::ZERO,
            state_hash_version: U32::ZERO,
            rows_version: U32::ZERO,
            section_count: U32::ZERO,
            reserved_middle: [0; 4],
            section_bytes: U64::ZERO,
            sections_hash: [0; 16],
            reserved: [0; 88],
            header_hash: [0; 16],
        }
    }

    /// The page that begins with this header, its hash set.
    pub(crate) fn into_page(mut self) -> [u8; PAGE_BYTES] {
        self.header_hash = self.own_hash();
        let mut page = [0; PAGE_BYTES];
        page[..HEADER_BYTES].copy_from_slice(self.as_bytes());
        page
    }

    /// The header of a page, if the page is one and whole. Versions are for the caller to judge:
    /// magic, version and the place of the hash are the same in every version.
    pub(crate) fn parse(page: &[u8; PAGE_BYTES]) -> Option<Self> {
        let (header, rest) = Self::read_from_prefix(page).ok()?;
        let is_whole = header.magic == MAGIC
            && header.header_hash == header.own_hash()
            && rest.iter().all(|byte| *byte == 0);
        is_whole.then_some(header)
    }

    /// Where the snapshot's last frame stands in the journal.
    pub(crate) fn bookmark(&self) -> Bookmark {
        Bookmark {
            instance_id: self.instance_id.get(),
            term: self.term.get(),
            frame_number: self.frame_number.get(),
            segment: self.segment.get(),
            offset: self.offset.get(),
            last_sequence: self.last_sequence.get(),
            chain: self.chain,
        }
    }

    fn own_hash(&self) -> Hash {
        truncate(&blake3::hash(&self.as_bytes()[..HEADER_BYTES - size_of::<Hash>()]))
    }
}

impl SectionHeader {
    /// The header of a section whose body is `body`.
    pub(crate) fn new(number: u32, kind: u16, rows: usize, body: &[u8]) -> Self {
        let count = |length: usize| {
            u32::try_from(length).expect("invariant: a section is far below 2^32 rows and bytes")
        };
        assert!(body.len() <= SECTION_BODY_BYTES_MAX, "a section of {} bytes", body.len());
        let mut header = Self {
            magic: SECTION_MAGIC,
            number: number.into(),
            kind: kind.into(),
            reserved_small: [0; 2],
            rows: count(rows).into(),
            body_bytes: count(body.len()).into(),
            reserved: [0; 24],
            hash: [0; 16],
        };
        header.hash = header.hash_with(body);
        header
    }

    /// The header, if these are the bytes of section `number`; its hash is not judged here.
    pub(crate) fn parse(bytes: &[u8; SECTION_HEADER_BYTES], number: u32) -> Option<Self> {
        let header = Self::read_from_bytes(bytes).ok()?;
        let is_one = header.magic == SECTION_MAGIC
            && header.number.get() == number
            && header.body_len() <= SECTION_BODY_BYTES_MAX;
        is_one.then_some(header)
    }

    pub(crate) fn body_len(&self) -> usize {
        self.body_bytes.get() as usize
    }

    /// Length of the body and its padding.
    pub(crate) fn padded_len(&self) -> usize {
        self.body_len().next_multiple_of(SECTION_HEADER_BYTES)
    }

    /// Hash of everything in the header before the hash, and the body.
    pub(crate) fn hash_with(&self, body: &[u8]) -> Hash {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.as_bytes()[..SECTION_HEADER_BYTES - size_of::<Hash>()]);
        hasher.update(body);
        truncate(&hasher.finalize())
    }
}

#[cfg(test)]
mod tests {
    use std::mem::offset_of;

    use super::*;

    /// The tables in `docs/FORMAT.md`, row by row: a moved field is a new file version.
    #[test]
    fn offsets_of_the_snapshot_header_are_fixed() {
        let found = [
            offset_of!(Header, magic),
            offset_of!(Header, file_version),
            offset_of!(Header, reserved_small),
            offset_of!(Header, header_bytes),
            offset_of!(Header, instance_id),
            offset_of!(Header, term),
            offset_of!(Header, frame_number),
            offset_of!(Header, segment),
            offset_of!(Header, offset),
            offset_of!(Header, last_sequence),
            offset_of!(Header, chain),
            offset_of!(Header, last_time_ns),
            offset_of!(Header, state_hash),
            offset_of!(Header, state_hash_version),
            offset_of!(Header, rows_version),
            offset_of!(Header, section_count),
            offset_of!(Header, reserved_middle),
            offset_of!(Header, section_bytes),
            offset_of!(Header, sections_hash),
            offset_of!(Header, reserved),
            offset_of!(Header, header_hash),
        ];
        let expected = [
            0, 8, 10, 12, 16, 32, 40, 48, 56, 64, 72, 88, 96, 112, 116, 120, 124, 128, 136, 152,
            240,
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn offsets_of_the_section_header_are_fixed() {
        let found = [
            offset_of!(SectionHeader, magic),
            offset_of!(SectionHeader, number),
            offset_of!(SectionHeader, kind),
            offset_of!(SectionHeader, reserved_small),
            offset_of!(SectionHeader, rows),
            offset_of!(SectionHeader, body_bytes),
            offset_of!(SectionHeader, reserved),
            offset_of!(SectionHeader, hash),
        ];
        assert_eq!(found, [0, 8, 12, 14, 16, 20, 24, 48]);
    }
}
