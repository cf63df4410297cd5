//! Options of `demo`.

use clap::Args;

/// See it all: a Black Friday on a fresh server, a hard kill, and a count of what was kept
///
/// Starts a server process on a new temporary folder (in `$TMPDIR`), fills it with 8 warehouses and
/// 2,000 SKUs, sends a stream of orders over TCP that ramps up, peaks, decays and surges again, and
/// shows what happens. At the height of the surge the server is killed with SIGKILL, started again,
/// and asked for every order that it had acknowledged. Exits with 1 if one is missing or differs.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gantry demo
  gantry demo --seconds 60 --orders-per-second 100000 --seed 7
  TMPDIR=/mnt/fast gantry demo --keep")]
pub(crate) struct DemoArgs {
    /// How long orders come in.
    #[arg(long, default_value_t = 20, value_name = "SECONDS",
          value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub(crate) seconds: u64,
    /// Orders a second at the peak.
    #[arg(long, default_value_t = 40_000, value_name = "N",
          value_parser = clap::value_parser!(u64).range(10..=1_000_000))]
    pub(crate) orders_per_second: u64,
    /// Seed of the network and of the orders.
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(crate) seed: u64,
    /// Keep the folder, and print where it is.
    #[arg(long)]
    pub(crate) keep: bool,
}
