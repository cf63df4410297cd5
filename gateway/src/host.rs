//! What a server asks of its machine besides files and sockets: clocks and chance.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Clocks and chance. The real ones are [`SystemHost`]; a simulator has its own.
pub trait Host: Send + Sync + fmt::Debug {
    /// Time since some moment; never goes back.
    fn monotonic(&self) -> Duration;

    /// Time since 1970 by the wall clock, which people and programs set. A clock before 1970 counts
    /// as 1970: then it is behind every journal, and the start says so.
    fn wall(&self) -> Duration;

    /// A random number that no client can know.
    fn random(&self) -> u64;
}

/// The clocks and the chance of this machine.
#[derive(Clone, Copy, Debug)]
pub struct SystemHost {
    started: Instant,
}

impl SystemHost {
    /// Its monotonic clock begins now.
    #[must_use]
    pub fn new() -> Self {
        Self { started: Instant::now() }
    }
}

impl Default for SystemHost {
    fn default() -> Self {
        Self::new()
    }
}

impl Host for SystemHost {
    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }

    fn wall(&self) -> Duration {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
    }

    fn random(&self) -> u64 {
        index_seed()
    }
}

/// A seed for the engine's id index: random, new in every call, told to nobody. Whoever knew it could
/// choose ids that fill one corner of the index.
#[must_use]
pub fn index_seed() -> u64 {
    // The standard library's hash keys come from the system's random source.
    RandomState::new().hash_one(())
}
