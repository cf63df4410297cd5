//! The simulator itself: what judges the product is judged here. The oracle against the engine, and
//! against records and replies that were spoiled; the disk, as a storage and below the journal.
#![allow(clippy::unwrap_used, reason = "a test stops at the first thing it did not expect")]

mod alone;
mod archive;
mod differential;
mod disk;
mod moved;
mod real;
mod run;
mod seeds;
mod spoiled;
mod spoiled_promises;
mod spoiled_swaps;
mod spoiled_waits;
mod universes;
