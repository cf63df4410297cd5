//! The one place that prints.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a tool prints; here and nowhere else"
)]

use std::error::Error;
use std::time::Duration;

use gantry_bench::Latencies;

use crate::echo::{EchoPlan, Measured};

/// Prints a line.
pub(crate) fn line(text: &str) {
    println!("{text}");
}

/// Prints what went wrong.
pub(crate) fn failure(error: &dyn Error) {
    eprintln!("floor: {error}");
}

/// Prints the latency of one durable write.
pub(crate) fn sync_row(write_path: &str, size_bytes: usize, latencies: &Latencies) {
    println!(
        "sync  {write_path:6}  {:4} KiB   p50 {:>9}   p99 {:>9}   max {:>9}   ({} syncs)",
        size_bytes >> 10,
        milliseconds(latencies.per_mille(500)),
        milliseconds(latencies.per_mille(990)),
        milliseconds(latencies.per_mille(1_000)),
        latencies.count(),
    );
}

/// Prints what echo and sync reach together.
pub(crate) fn echo_row(write_path: &str, plan: &EchoPlan, measured: &Measured) {
    println!(
        "echo  {write_path:6}  {} connections x {} frames in flight x {} orders: \
         at most {} orders/s, p50 {}, p99 {}, {} syncs/s",
        plan.connections,
        plan.window,
        plan.orders_per_frame,
        measured.orders_per_second,
        milliseconds(measured.latencies.per_mille(500)),
        milliseconds(measured.latencies.per_mille(990)),
        measured.syncs_per_second,
    );
}

fn milliseconds(time: Duration) -> String {
    format!("{:.3} ms", time.as_secs_f64() * 1_000.0)
}
