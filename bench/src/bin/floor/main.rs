//! The floor: what this machine's disk and loopback give this minute, without an order engine.
//!
//! First the latency of one durable write, by size and write path. Then a server that echoes and
//! syncs: it takes frames of the load test's size over TCP, keeps as many bytes as records would
//! take, syncs, and answers. Client and server share the machine, as they do in the load test. No
//! engine on this machine can take more orders per second than that, so the figure belongs beside
//! every figure of the load test from the same minute.
//!
//!     cargo run --release -p gantry-bench --bin floor

mod commit;
mod echo;
mod output;
mod sync;

use std::error::Error;
use std::process::ExitCode;

use gantry_bench::{machine_facts, scratch_folder};
use gantry_journal::WritePath;

use crate::echo::EchoPlan;

/// Both write paths, with the names of the load test's option.
const WRITE_PATHS: [(&str, WritePath); 2] =
    [("mapped", WritePath::Mapped), ("direct", WritePath::Direct)];

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::failure(error.as_ref());
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    output::line(&machine_facts());
    let folder = scratch_folder()?;
    for (name, write_path) in WRITE_PATHS {
        for size_bytes in sync::SIZES_BYTES {
            let latencies = sync::measure(folder.path(), write_path, size_bytes)?;
            output::sync_row(name, size_bytes, &latencies);
        }
    }
    for (name, write_path) in WRITE_PATHS {
        for plan in [EchoPlan::MANY_ORDERS, EchoPlan::ONE_ORDER] {
            let measured = echo::measure(folder.path(), write_path, plan)?;
            output::echo_row(name, &plan, &measured);
        }
    }
    Ok(())
}
