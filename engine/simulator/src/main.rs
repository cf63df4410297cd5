//! `gantry-simulator`: lives universes and says how they ended.

#![forbid(unsafe_code)]

use std::fs;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use clap::Parser;
use gantry_simulator::campaign::{Campaign, Finding, Summary, live_caught};
use gantry_simulator::memory;
use gantry_simulator::scenario::Scenario;
use gantry_simulator::shrink::shrink_alike;

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
    say(&scenario.listing());
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
        keep_failing(arguments, finding);
        return ExitCode::FAILURE;
    }
    if summary.marks_missed.is_empty() {
        return ExitCode::SUCCESS;
    }
    let missed = format!("never passed: {}", summary.marks_missed.join(", "));
    if summary.seeds < arguments.seeds {
        // A slow machine is no failure.
        say(&format!("{missed}, in the time that there was"));
        return ExitCode::SUCCESS;
    }
    fail(&missed)
}

/// Writes the failing scenario, made small, to its file, and says what happens in it.
fn keep_failing(arguments: &Arguments, finding: &Finding) {
    let scenario = Scenario::draw(finding.seed, arguments.items);
    let time = Duration::from_secs(arguments.shrink_seconds);
    let (items, faults) = (scenario.items.len(), scenario.faults.len());
    let (small, what) =
        shrink_alike(scenario, &finding.what, time, |smaller| live_caught(smaller).violation);
    say(&format!(
        "\n{} of {items} items and {} of {faults} faults of seed {} still end so: {what}\n{}",
        small.items.len(),
        small.faults.len(),
        finding.seed,
        small.listing()
    ));
    let path = arguments.failing.display();
    let written = small.to_json().map(|text| fs::write(&arguments.failing, text));
    say(&match written {
        Ok(Ok(())) => format!(
            "live it again:   gantry-simulator --script {path}\n\
             keep it as test: cp {path} engine/simulator/seeds/NAME.json\n\
             \u{20}                (tests/it/seeds.rs lives every file there, for ever)"
        ),
        Ok(Err(error)) => format!("{path} cannot be written: {error}"),
        Err(error) => format!("{path} cannot be written: {error}"),
    });
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
