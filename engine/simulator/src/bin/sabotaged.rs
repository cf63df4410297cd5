//! `simulator-sabotaged`: breaks each promise on purpose and shows after how many seeds the
//! simulator objects, and that it still objects to the scenario that is kept of each.
//!
//! `--keep engine/simulator/seeds` makes the kept ones anew, where a change of the simulator gave
//! seeds another meaning.
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
use gantry_simulator::shrink::shrink_alike;
use serde::{Deserialize, Serialize};

/// What a process of its own is told by: it lives seeds, and shows nothing of the others.
const LIVE: &str = "GANTRY_SIMULATOR_LIVE";
/// Items of small scenarios, and how many of each number are tried.
const ITEMS_SMALL: [usize; 4] = [30, 100, 300, 600];
const SEEDS_SMALL: u64 = 500;
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
    /// Where each sabotage has a small scenario that shows it
    #[arg(long, default_value = "engine/simulator/seeds")]
    kept: PathBuf,
    /// Make the scenarios that are objected to small, and keep them in this folder
    #[arg(long)]
    keep: Option<PathBuf>,
    /// Seconds for each to become small
    #[arg(long, default_value_t = 60)]
    shrink_seconds: u64,
}

/// What a process found.
#[derive(Debug, Serialize, Deserialize)]
struct Found {
    /// Seeds that it lived.
    seeds: u64,
    /// The objection to the last of them.
    objection: Option<String>,
    /// What became of the kept scenario, if there is one.
    kept: Option<Kept>,
}

/// What became of a kept scenario.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    items: usize,
    faults: usize,
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

/// Lives seeds until there is an objection, and the kept scenario.
fn live(arguments: &Arguments) -> ExitCode {
    // A panic is an objection like any other.
    panic::set_hook(Box::new(|_| {}));
    let name = env::var(VARIABLE).ok();
    let mut found = Found { seeds: 0, objection: None, kept: None };
    while found.objection.is_none() && found.seeds < arguments.seeds {
        let seed = arguments.seed.wrapping_add(found.seeds);
        let scenario = Scenario::draw(seed, arguments.items);
        found.objection = live_caught(&scenario).violation;
        found.seeds += 1;
    }
    if let (Some(name), Some(folder)) = (&name, &arguments.keep)
        && let Some((scenario, what)) = find_small(arguments)
    {
        let time = Duration::from_secs(arguments.shrink_seconds);
        let live = |smaller: &Scenario| live_caught(smaller).violation;
        let (small, _) = shrink_alike(scenario, &what, time, live);
        if let Err(error) = write(&small, &kept_path(folder, name)) {
            let _ = writeln!(io::stderr(), "{name}: {error}");
        }
    }
    let folder = arguments.keep.as_ref().unwrap_or(&arguments.kept);
    let kept = name.and_then(|name| read(&kept_path(folder, &name)));
    found.kept = kept.map(|scenario| Kept {
        items: scenario.items.len(),
        faults: scenario.faults.len(),
        objection: live_caught(&scenario).violation,
    });
    let written = serde_json::to_writer(io::stdout().lock(), &found);
    if written.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The first scenario of few items that is objected to, or of more. What is small when it is drawn
/// need not be made small.
fn find_small(arguments: &Arguments) -> Option<(Scenario, String)> {
    let drawn =
        ITEMS_SMALL.iter().flat_map(|items| (1..=SEEDS_SMALL).map(move |seed| (seed, *items)));
    let seeds = arguments.seed..arguments.seed.saturating_add(arguments.seeds);
    let mut drawn = drawn.chain(seeds.map(|seed| (seed, arguments.items)));
    drawn.find_map(|(seed, items)| {
        let scenario = Scenario::draw(seed, items);
        live_caught(&scenario).violation.map(|what| (scenario, what))
    })
}

fn kept_path(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.json"))
}

fn write(scenario: &Scenario, path: &Path) -> io::Result<()> {
    fs::write(path, scenario.to_json()?)
}

fn read(path: &Path) -> Option<Scenario> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// Says whether every sabotage was noticed, also in its kept scenario, and nothing else.
fn show(arguments: &Arguments) -> io::Result<bool> {
    let names = [NONE].into_iter().chain(Sabotage::ALL.map(Sabotage::name));
    let is_asked = |name: &&str| arguments.only.as_deref().is_none_or(|only| only == *name);
    let mut is_well = true;
    let mut out = io::stdout().lock();
    writeln!(out, "| promise broken | objection at seed | kept scenario | objection |")?;
    writeln!(out, "| --- | --- | --- | --- |")?;
    for name in names.filter(is_asked) {
        let found = in_a_process_of_its_own(name)?;
        let is_broken = name != NONE;
        let is_kept_well = found.kept.as_ref().is_some_and(|kept| kept.objection.is_some());
        is_well &= found.objection.is_some() == is_broken && is_kept_well == is_broken;
        let at = match (&found.objection, name) {
            (Some(_), _) => found.seeds.to_string(),
            (None, NONE) => format!("none in {}", found.seeds),
            (None, _) => format!("MISSED in {}", found.seeds),
        };
        let kept = match &found.kept {
            Some(Kept { items, faults, objection }) => {
                let missed = if objection.is_none() { "MISSED in " } else { "" };
                format!("{missed}{items} items, {faults} faults")
            }
            None if is_broken => "MISSING".to_owned(),
            None => String::new(),
        };
        let objection = found.objection.unwrap_or_default().replace(['|', '\n'], " ");
        writeln!(out, "| {name} | {at} | {kept} | {} |", short(&objection))?;
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
