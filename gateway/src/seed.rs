//! The one random number that an engine is given.

use std::hash::{BuildHasher, RandomState};

/// A seed for the engine's id index: random, new in every call, told to nobody. Whoever knew it could
/// choose ids that fill one corner of the index.
#[must_use]
pub fn index_seed() -> u64 {
    // The standard library's hash keys come from the system's random source.
    RandomState::new().hash_one(())
}
