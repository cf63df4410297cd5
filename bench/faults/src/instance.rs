//! An instance at work, in one thread: a small shop's orders, and meanwhile snapshots, archive
//! files and trims.
//!
//! The frames of `history` mean nothing, and show whether the journal keeps its word. Here the
//! records make a state, and show whether what rests on the journal does too. Its commands are a
//! function of seed and number: whoever goes on after a fault sends them again from the first, and
//! those that were carried out are duplicates.

mod at_work;
mod commands;
mod judge;
mod making;
mod stale;

pub use at_work::AtWork;
pub use judge::judge;
pub use making::{Failure, Making, Makings, work};
pub use stale::put_back;

use gantry_engine::INSTANCE_SEGMENT_BYTES_MIN;
use gantry_journal::WritePath;

use crate::judge::Case;

/// Lays the index of ids out; nobody attacks a rig.
const INDEX_SEED: u64 = 1;

/// A case on the smallest segments that an instance can use.
#[must_use]
pub fn case(seed: u64, write_path: WritePath) -> Case {
    Case { segment_bytes: INSTANCE_SEGMENT_BYTES_MIN, ..Case::new(seed, write_path) }
}
