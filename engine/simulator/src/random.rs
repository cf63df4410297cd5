//! Chance: every stream of it is a function of the seed and of what it is for.
//!
//! Streams are apart so that what one thing draws does not shift the others: an order fewer leaves
//! the faults where they were, which is what makes a seed shrink.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// What a stream of chance is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Which operations this seed has, and how much of each.
    Swarm = 1,
    /// Commands and queries.
    Workload = 2,
    /// What the disk keeps and loses.
    Disk = 3,
    /// Delays and losses of the network.
    Network = 4,
    /// The clocks.
    Clock = 5,
    /// When something goes wrong, and what.
    Faults = 6,
    /// Whose turn it is.
    Turns = 7,
    /// Backoff of clients.
    Clients = 8,
    /// What becomes of the files at the end.
    Damage = 9,
}

/// The stream of `seed` for one purpose.
#[must_use]
pub fn stream(seed: u64, purpose: Stream) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(purpose as u64);
    random
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;

    #[test]
    fn a_stream_is_a_function_of_seed_and_purpose() {
        let draw = |seed, purpose| stream(seed, purpose).random::<u64>();
        assert_eq!(draw(1, Stream::Disk), draw(1, Stream::Disk));
        assert_ne!(draw(1, Stream::Disk), draw(2, Stream::Disk));
        assert_ne!(draw(1, Stream::Disk), draw(1, Stream::Faults));
    }
}
