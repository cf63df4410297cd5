//! The simulated disk, as a storage and below the journal.

mod faults;
mod forgetful;
mod instance;
mod journal;
mod storage;

use gantry_simulator::disk::SimDisk;
use gantry_simulator::random::{Stream, stream};

/// A disk of this seed.
fn disk(seed: u64) -> SimDisk {
    SimDisk::new(stream(seed, Stream::Disk))
}
