//! `simulator-sabotaged`: breaks each promise on purpose and shows after how many seeds the
//! simulator objects.
//!
//! What is to be broken is read once in a process, so each sabotage has a process of its own: this
//! program again, with the name in its environment.

#![forbid(unsafe_code)]

use std::env;
use std::fs;
use std::io::{self, Write};
use std::panic;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use clap::Parser;
use gantry_journal::sabotage::{Sabotage, VARIABLE};
use gantry_simulator::campaign::live_caught;
use gantry_simulator::scenario::Scenario;
use gantry_simulator::shrink::shrink;
use serde::{Deserialize, Serialize};

/// What a process of its own is told by: it lives seeds, and shows nothing of the others.
const LIVE: &str = "GANTRY_SIMULATOR_LIVE";
/// The row of the server that keeps its promises.
const NONE: &str = "none";

/// Breaks each promise on purpose and shows after how many seeds the simulator objects.
#[derive(Debug, Parser)]
struct Arguments {
    /// Seeds after which a sabotage that nobody objected to counts as missed
    #[arg(long, default_value_t = 200)]
    seeds: u64,
    /// The first seed
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Commands and queries of each universe
    #[arg(long, default_value_t = 2_000)]
    items: usize,
    /// Only the sabotage of this name, or `none`
    #[arg(long)]
    only: Option<String>,
    /// Make the scenario that was objected to as small as this many seconds allow, and keep it in
    /// the folder
    #[arg(long, requires = "keep")]
    shrink_seconds: Option<u64>,
    /// The folder for small scenarios
    #[arg(long)]
    keep: Option<PathBuf>,
}

/// What a process found.
#[derive(Debug, Serialize, Deserialize)]
struct Found {
    /// Seeds that it lived.
    seeds: u64,
    /// The objection to the last of them.
    objection: Option<String>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if env::var_os(LIVE).is_some() {
        return live(&arguments);
    }
    match show(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

/// Lives seeds until there is an objection.
fn live(arguments: &Arguments) -> ExitCode {
    // A panic is an objection like any other.
    panic::set_hook(Box::new(|_| {}));
    let mut found = Found { seeds: 0, objection: None };
    while found.objection.is_none() && found.seeds < arguments.seeds {
        let seed = arguments.seed.wrapping_add(found.seeds);
        let scenario = Scenario::draw(seed, arguments.items);
        found.objection = live_caught(&scenario).violation;
        found.seeds += 1;
        if let (Some(_), Some(folder)) = (&found.objection, &arguments.keep) {
            keep(scenario, arguments.shrink_seconds.unwrap_or(60), folder);
        }
    }
    let written = serde_json::to_writer(io::stdout().lock(), &found);
    if written.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn keep(scenario: Scenario, seconds: u64, folder: &Path) {
    let fails = |smaller: &Scenario| live_caught(smaller).violation.is_some();
    let small = shrink(scenario, Duration::from_secs(seconds), fails);
    let name = env::var(VARIABLE).unwrap_or_else(|_| NONE.to_owned());
    let path = folder.join(format!("{name}.json"));
    let written = serde_json::to_vec(&small).map(|bytes| fs::write(path, bytes));
    if !matches!(written, Ok(Ok(()))) {
        let _ = writeln!(io::stderr(), "{name}: the scenario was not written");
    }
}

/// Says whether every sabotage was noticed, and nothing else.
fn show(arguments: &Arguments) -> io::Result<bool> {
    let names = [NONE].into_iter().chain(Sabotage::ALL.map(Sabotage::name));
    let is_asked = |name: &&str| arguments.only.as_deref().is_none_or(|only| only == *name);
    let mut is_well = true;
    let mut out = io::stdout().lock();
    writeln!(out, "| promise broken | objection at seed | objection |\n| --- | --- | --- |")?;
    for name in names.filter(is_asked) {
        let found = in_a_process_of_its_own(name)?;
        is_well &= found.objection.is_some() == (name != NONE);
        let at = match (&found.objection, name) {
            (Some(_), _) => found.seeds.to_string(),
            (None, NONE) => format!("none in {}", found.seeds),
            (None, _) => format!("MISSED in {}", found.seeds),
        };
        let objection = found.objection.unwrap_or_default().replace(['|', '\n'], " ");
        writeln!(out, "| {name} | {at} | {} |", short(&objection))?;
        out.flush()?;
    }
    Ok(is_well)
}

/// The beginning, which says what it is about.
fn short(text: &str) -> &str {
    const CHARS_MAX: usize = 160;
    text.char_indices().nth(CHARS_MAX).map_or(text, |(end, _)| &text[..end])
}

fn in_a_process_of_its_own(name: &str) -> io::Result<Found> {
    let mut command = Command::new(env::current_exe()?);
    command.args(env::args_os().skip(1)).env(LIVE, "1").env_remove(VARIABLE);
    if name != NONE {
        command.env(VARIABLE, name);
    }
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
    serde_json::from_slice(&output.stdout).map_err(io::Error::other)
}
