//! The backorder book against a naive one, and what a large receipt costs.
//!
//! `compare` drives an engine by random events (orders that wait, receipts, corrections, cancels,
//! parcels, looks at waiting lines) and a book that is a sorted list with linear scans beside it:
//! every record must say what the naive book says. Now and then the engine crashes and another
//! goes on from its records alone. `promises` does the same with supplies that are expected: no unit
//! may be promised twice, no promise broken silently or without need. `receipt` lets one receipt serve many waiting lines, and prints
//! how long the longest of its steps took, and what a waiting line takes in memory.
//!
//!     cargo run --release -p gantry-bench --bin book -- compare [--events N] [--seed N]
//!     cargo run --release -p gantry-bench --bin book -- promises [--events N] [--seed N]
//!     cargo run --release -p gantry-bench --bin book -- receipt [--lines N] [--units N]

#![expect(clippy::print_stdout, reason = "printing figures is what this program is for")]

mod compare;
mod ledger;
mod naive;
mod promises;
mod receipt;
mod rig;

use clap::{Parser, Subcommand};

/// The product's: memory is measured with it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(about = "The backorder book: against a naive one, and under a large receipt")]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Hold every record against a naive book.
    Compare {
        /// Random events.
        #[arg(long, default_value_t = 1_000_000, value_name = "N")]
        events: u64,
        /// Decides the events.
        #[arg(long, default_value_t = 1, value_name = "N")]
        seed: u64,
    },
    /// Hold every record against a ledger of what is expected and promised.
    Promises {
        /// Random events.
        #[arg(long, default_value_t = 1_000_000, value_name = "N")]
        events: u64,
        /// Decides the events.
        #[arg(long, default_value_t = 1, value_name = "N")]
        seed: u64,
    },
    /// One receipt for many waiting lines.
    Receipt {
        /// Lines that wait, of five units each.
        #[arg(long, default_value_t = 200_000, value_name = "N")]
        lines: u32,
        /// Units that come in.
        #[arg(long, default_value_t = 1_000_000, value_name = "N")]
        units: u32,
    },
}

fn main() {
    match Arguments::parse().what {
        What::Compare { events, seed } => {
            let counts = compare::run(events, seed);
            println!("{events} events, every record as the naive book says: {counts:?}");
        }
        What::Promises { events, seed } => {
            let (happened, counts) = promises::run(events, seed);
            println!("{events} events, every record as the ledger says: {happened:?}");
            println!("promises: {counts:?}");
        }
        What::Receipt { lines, units } => receipt::run(lines, units),
    }
}
