//! The `gantry` binary as a user meets it: real processes, real folders, real sockets.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]
#![expect(clippy::print_stdout, reason = "a skipped test says so, a long one says what it did")]

mod book;
mod copies;
mod demo;
mod dump;
mod explain;
mod full_disk;
mod hold;
mod import;
mod import_clock;
mod order;
mod policy;
mod policy_at_start;
mod prices;
mod process;
mod rejected;
mod replay;
mod reserves;
mod resource;
mod serve;
mod shop;
mod snapshot;
mod storefront;
mod superstore;
mod supply;
mod trim;
mod what_if;
