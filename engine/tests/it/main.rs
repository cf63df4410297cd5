//! Tests of the engine at its boundary: commands in, replies and records out.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod archive;
mod batches;
mod bundles;
mod capacity;
mod explain;
mod folder;
mod golden;
mod holds;
mod leaving;
mod limits;
mod matching;
mod naive;
mod objectives;
mod open_orders;
mod policies;
mod prices;
mod promises;
mod properties;
mod reserves;
mod resource;
mod ruled;
mod rules;
mod scenarios;
mod shop;
pub(crate) mod snapshots;
mod sourcing;
mod swaps;
mod sweeps;
mod what_if;
