//! A filter of ids: says of most ids that are not in a file that they are not.
//!
//! A blocked Bloom filter (Putze, Sanders, Singler, 2007): all bits of an id lie in one cache line.
//! With ten bits an id about one id in a hundred is taken for one that may be there.

use twox_hash::XxHash3_128;

/// Bytes of a block: one cache line.
pub(super) const BLOCK_BYTES: usize = 64;
const BLOCK_BITS_LOG2: u32 = 9;
const BITS_PER_ID: usize = 10;
/// Bits that an id sets.
const PROBES: u32 = 6;

/// See the module.
#[derive(Debug)]
pub(super) struct Filter {
    bytes: Vec<u8>,
}

impl Filter {
    /// Bytes of the filter of so many ids.
    pub(super) fn bytes_for(ids: usize) -> usize {
        (ids * BITS_PER_ID).div_ceil(BLOCK_BYTES * 8).max(1) * BLOCK_BYTES
    }

    /// An empty filter with room for so many ids.
    pub(super) fn for_ids(ids: usize) -> Self {
        Self { bytes: vec![0; Self::bytes_for(ids)] }
    }

    /// A filter as a file holds it: whole blocks, at least one.
    pub(super) fn from_bytes(bytes: Vec<u8>) -> Self {
        assert!(!bytes.is_empty() && bytes.len().is_multiple_of(BLOCK_BYTES), "whole blocks");
        Self { bytes }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn insert(&mut self, id: u128) {
        let (start, bits) = self.place(id);
        let block = &mut self.bytes[start..start + BLOCK_BYTES];
        probes(bits).for_each(|(byte, mask)| block[byte] |= mask);
    }

    /// Whether the id may be there; never false for one that was inserted.
    pub(super) fn may_contain(&self, id: u128) -> bool {
        let (start, bits) = self.place(id);
        let block = &self.bytes[start..start + BLOCK_BYTES];
        probes(bits).all(|(byte, mask)| block[byte] & mask != 0)
    }

    /// Where the id's block begins, and the hash bits that choose its bits in there.
    fn place(&self, id: u128) -> (usize, u64) {
        let hash = XxHash3_128::oneshot(&id.to_le_bytes());
        let (high, low) = (hash >> 64, hash & u128::from(u64::MAX));
        let blocks = (self.bytes.len() / BLOCK_BYTES) as u128;
        let block = usize::try_from((high * blocks) >> 64).expect("invariant: below the blocks");
        (block * BLOCK_BYTES, u64::try_from(low).expect("invariant: masked to 64 bits"))
    }
}

/// Byte and bit of each probe: nine bits of the hash each, the lowest first.
fn probes(bits: u64) -> impl Iterator<Item = (usize, u8)> {
    (0..PROBES).map(move |probe| {
        let bit = (bits >> (probe * BLOCK_BITS_LOG2)) & ((1 << BLOCK_BITS_LOG2) - 1);
        let byte = usize::try_from(bit / 8).expect("invariant: below 64");
        (byte, 1 << (bit % 8))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_inserted_is_found_and_little_else() {
        let mut filter = Filter::for_ids(20_000);
        (0..20_000).for_each(|id| filter.insert(id));
        assert!((0..20_000).all(|id| filter.may_contain(id)));
        let mistaken = (20_000..120_000).filter(|id| filter.may_contain(*id)).count();
        assert!(mistaken < 2_500, "{mistaken} of 100,000");
        assert!(mistaken > 0, "a filter that never errs was not tested");
    }

    #[test]
    fn a_filter_read_back_says_the_same() {
        let mut filter = Filter::for_ids(0);
        assert_eq!(filter.as_bytes().len(), BLOCK_BYTES);
        assert!(!filter.may_contain(7));
        filter.insert(7);
        let read = Filter::from_bytes(filter.as_bytes().to_vec());
        assert!(read.may_contain(7));
    }
}
