//! The server as its clients and its operator meet it: real sockets, real files, real threads.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod archive;
mod bounds;
mod faults;
mod frames;
mod harness;
mod holds;
mod last_unit;
mod lies;
mod orders;
mod promises;
mod snapshots;
mod stops;
mod sweeps;
mod wire;
