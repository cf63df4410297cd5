//! `gantry-simulator`: lives universes and says how they ended.

#![forbid(unsafe_code)]

use std::fs;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use clap::Parser;
use gantry_simulator::campaign::{Campaign, Summary, live_caught};
use gantry_simulator::memory;
use gantry_simulator::scenario::Scenario;
use gantry_simulator::shrink::shrink;

/// Lives universes: Gantry's own code on a simulated disk, network and clock, one seed each, judged
/// by a second implementation of its rules.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Seeds to live, one after the other from --seed on
    #[arg(long, default_value_t = 100)]
    seeds: u64,
    /// The first seed
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Stop after so many minutes
    #[arg(long)]
    minutes: Option<u64>,
    /// Commands and queries of each universe
    #[arg(long, default_value_t = 10_000)]
    items: usize,
    /// Universes at a time; as many as there are cores by default
    #[arg(long)]
    threads: Option<usize>,
    /// Live each universe once only: twice shows that a seed decides everything
    #[arg(long)]
    once: bool,
    /// Make the first failing scenario as small as so many seconds allow; 0 leaves it
    #[arg(long, default_value_t = 60)]
    shrink_seconds: u64,
    /// Live the scenario of this file instead
    #[arg(long)]
    script: Option<PathBuf>,
    /// Write the summary there, as JSON
    #[arg(long)]
    json: Option<PathBuf>,
    /// Write the failing scenario there
    #[arg(long, default_value = "failing-scenario.json")]
    failing: PathBuf,
}

/// The product's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    memory::keep();
    match &arguments.script {
        Some(path) => live_script(path),
        None => live_seeds(&arguments),
    }
}

fn live_script(path: &PathBuf) -> ExitCode {
    let read = fs::read(path).map_err(|error| error.to_string());
    let scenario = read.and_then(|bytes| {
        serde_json::from_slice::<Scenario>(&bytes).map_err(|error| error.to_string())
    });
    let scenario = match scenario {
        Ok(scenario) => scenario,
        Err(error) => return fail(&format!("{}: {error}", path.display())),
    };
    let verdict = live_caught(&scenario);
    say(&format!("{} items, {} faults: {verdict:#?}", scenario.items.len(), scenario.faults.len()));
    if verdict.violation.is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn live_seeds(arguments: &Arguments) -> ExitCode {
    let campaign = Campaign {
        seed: arguments.seed,
        seeds: arguments.seeds,
        time: arguments.minutes.map(|minutes| Duration::from_secs(60 * minutes)),
        items: arguments.items,
        threads: arguments.threads.unwrap_or_else(cores).max(1),
        twice: !arguments.once,
    };
    let summary = campaign.run(show_progress);
    say(&line(&summary));
    if let Some(path) = &arguments.json {
        let written = serde_json::to_vec_pretty(&summary).map(|bytes| fs::write(path, bytes));
        if !matches!(written, Ok(Ok(()))) {
            return fail(&format!("{} cannot be written", path.display()));
        }
    }
    for finding in &summary.findings {
        say(&format!("seed {}: {}", finding.seed, finding.what));
    }
    if let Some(finding) = summary.findings.first() {
        keep_failing(arguments, finding.seed);
        return ExitCode::FAILURE;
    }
    if !summary.marks_missed.is_empty() {
        return fail(&format!("never passed: {}", summary.marks_missed.join(", ")));
    }
    ExitCode::SUCCESS
}

/// Writes the failing scenario, made small, to its file.
fn keep_failing(arguments: &Arguments, seed: u64) {
    let scenario = Scenario::draw(seed, arguments.items);
    let time = Duration::from_secs(arguments.shrink_seconds);
    let small = shrink(scenario, time, |smaller| live_caught(smaller).violation.is_some());
    let what = live_caught(&small).violation.unwrap_or_default();
    let Ok(text) = serde_json::to_string(&small) else { return };
    let path = arguments.failing.display();
    match fs::write(&arguments.failing, &text) {
        Ok(()) => say(&format!(
            "seed {seed} with {} items and {} faults still fails: {what}\nlive it again with \
             --script {path}",
            small.items.len(),
            small.faults.len()
        )),
        Err(error) => say(&format!("{path} cannot be written: {error}")),
    }
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// One line that stays in its place, on a terminal only.
fn show_progress(summary: &Summary) {
    let mut out = std::io::stderr().lock();
    if out.is_terminal() {
        let _ = write!(out, "\r{}", line(summary));
    }
}

fn line(summary: &Summary) -> String {
    let Summary { seeds, orders, crashes, faults, violations, .. } = summary;
    format!(
        "{seeds} seeds, {orders} orders ({:.0} % allocated, {:.0} % split, {:.0} % wait), {faults} \
         faults, {crashes} crashes, {violations} violations, {} marks missed, {:.0} orders/s a \
         core, {:.0} s",
        100.0 * summary.allocated_share,
        100.0 * summary.split_share,
        100.0 * summary.waiting_share,
        summary.marks_missed.len(),
        summary.orders_per_second,
        summary.seconds,
    )
}

fn say(text: &str) {
    // Nobody may be reading.
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

fn fail(text: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
    ExitCode::FAILURE
}
