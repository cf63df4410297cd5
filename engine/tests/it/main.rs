//! Tests of the engine at its boundary: commands in, replies and records out.

mod batches;
mod folder;
mod properties;
mod scenarios;
mod shop;
