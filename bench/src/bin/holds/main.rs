//! A long life of holds on a real journal, and what holds cost.
//!
//! `life` places holds with random times to live, extends, replaces and releases them, lets orders
//! take them, and tries to use those that are over; a plain model beside it says what must come of
//! each. Time jumps to the nanosecond at which a hold ends, or to the one before. Now and then the
//! instance crashes and goes on from its journal. In the end a replay decides every record again.
//! `cost` prints what a hold takes in memory, how long the longest record is made of holds that end
//! all at once, and how many orders a second go on meanwhile.
//!
//!     cargo run --release -p gantry-bench --bin holds -- life [--holds N] [--seed N]
//!     cargo run --release -p gantry-bench --bin holds -- cost [--holds N]

#![expect(clippy::print_stdout, reason = "printing figures is what this program is for")]

mod commands;
mod cost;
mod life;
mod model;

use clap::{Parser, Subcommand};

/// The product's: memory is measured with it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(about = "Holds: a long life of them on a real journal, and what they cost")]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Hold every answer against a model.
    Life {
        /// Holds that are placed.
        #[arg(long, default_value_t = 1_000_000, value_name = "N")]
        holds: u64,
        /// Decides what happens.
        #[arg(long, default_value_t = 1, value_name = "N")]
        seed: u64,
    },
    /// Memory, the longest step, and orders beside.
    Cost {
        /// Holds that are there at a time.
        #[arg(long, default_value_t = 1_000_000, value_name = "N")]
        holds: u32,
    },
}

fn main() {
    match Arguments::parse().what {
        What::Life { holds, seed } => {
            let counts = life::run(holds, seed);
            println!("{holds} holds, every answer as the model says: {counts:?}");
        }
        What::Cost { holds } => cost::run(holds),
    }
}
