//! `real-restarts`: kills the real binary under real clients, and says what the oracle found.

#![forbid(unsafe_code)]
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the time that a campaign took is real"
)]

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use gantry_simulator::real::{RealFigures, RealRun};

/// Kills the real binary under real clients over TCP, again and again, and holds its journal, its
/// replies and its whole state against the oracle.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Starts after a kill
    #[arg(long, default_value_t = 1_000)]
    restarts: u64,
    /// Decides all but what the scheduler and the network do
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The `gantry` binary; by default the one beside this program
    #[arg(long)]
    binary: Option<PathBuf>,
    /// Commands and queries that clients may ask between two kills
    #[arg(long, default_value_t = 3_000)]
    items: usize,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let started = Instant::now();
    let run = RealRun {
        binary: arguments.binary.unwrap_or_else(beside),
        seed: arguments.seed,
        restarts: arguments.restarts,
        items_per_life: arguments.items,
    };
    let mut figures = RealFigures::default();
    let done = run.run(&mut figures, |figures| say(&line(figures)));
    say(&format!("{}; {} s", line(&figures), started.elapsed().as_secs()));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(what) => {
            say(&what);
            ExitCode::FAILURE
        }
    }
}

fn beside() -> PathBuf {
    let folder = std::env::current_exe().ok().and_then(|path| Some(path.parent()?.to_owned()));
    folder.unwrap_or_default().join("gantry")
}

fn line(figures: &RealFigures) -> String {
    let RealFigures {
        folders,
        restarts,
        killed_while_starting,
        with_snapshot,
        with_archive,
        torn,
        records,
        unanswered,
        own,
        orders,
        told,
        asked_again,
        compared,
        queries,
    } = figures;
    format!(
        "{restarts} restarts in {folders} folders, killed while starting: {killed_while_starting}, \
         with a snapshot: {with_snapshot}, with an archive: {with_archive}, torn tails: {torn}, \
         records judged: {records} (orders: {orders}, the engine's own: {own}, without an answer \
         at a kill: {unanswered}), replies compared: {told}, asked again: {asked_again}, whole \
         states compared: {compared} by {queries} queries"
    )
}

fn say(text: &str) {
    // Nobody may be reading.
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}
