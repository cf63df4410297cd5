//! An id index that is filled at once.
//!
//! Ids are random, so one that is inserted alone misses the caches. Here they are kept by leading
//! bits of their hash until all are there; then one small part of the index after the other is
//! filled, while it lies in the cache.

use super::index::{IdIndex, Place};

/// Leading hash bits by which ids are kept: with ten million of them a part of the index is 1 MiB.
const PART_BITS: u32 = 8;

/// See the module.
#[derive(Debug)]
pub(crate) struct IndexBuilder {
    index: IdIndex,
    /// Hash and place of each id.
    parts: Vec<Vec<(u64, Place)>>,
}

impl IndexBuilder {
    /// Nothing yet. The seed as for an index.
    pub(crate) fn new(seed: u64) -> Self {
        Self { index: IdIndex::new(seed), parts: vec![Vec::new(); 1 << PART_BITS] }
    }

    /// Adds an id that is not there yet.
    pub(crate) fn add(&mut self, id: u128, place: Place) {
        let hash = self.index.hash(id);
        let part = usize::try_from(hash >> (u64::BITS - PART_BITS));
        self.parts[part.expect("invariant: 8 bits are left")].push((hash, place));
    }

    /// Ids that were added.
    pub(crate) fn len(&self) -> u64 {
        self.parts.iter().map(|part| part.len() as u64).sum()
    }

    /// The index of all of them.
    pub(crate) fn build(mut self) -> IdIndex {
        self.index.expect(self.len());
        for (hash, place) in self.parts.into_iter().flatten() {
            self.index.insert(hash, place);
        }
        self.index
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_at_once_is_found_and_can_grow() {
        let mut builder = IndexBuilder::new(7);
        for id in 0..100_000 {
            builder.add(id.into(), Place::Command(id));
        }
        assert_eq!(builder.len(), 100_000);
        let mut index = builder.build();
        for id in 100_000..200_000 {
            index.insert(index.hash(id.into()), Place::Command(id));
        }
        for id in 0..200_000_u32 {
            let found = index.find(index.hash(id.into()), |place| place == Place::Command(id));
            assert_eq!(found, Some(Place::Command(id)));
        }
        assert_eq!(index.find(index.hash(200_000), |_| true), None);
    }
}
