//! The campaign program: one rig, many seeds, one row of a table.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use clap::{Parser, ValueEnum};
use gantry_journal::WritePath;

use crate::bit_rot::Tally;
use crate::driver::Io;
use crate::full_disk::{Fills, fill};
use crate::instance::{AtWork, Making};
use crate::judge::Violation;
use crate::large_rot::Large;
use crate::power::{Cuts, FileSystem, cut_power};
use crate::product::{Hangs, Kills, Product, Starved, hang, rot, starve, torment};
use crate::programs::Driver;
use crate::scenario::Scenario;
use crate::steps::walk;
use crate::system_calls::{Fault, sweep};

/// Segments of 64 MiB that make a journal of a gibibyte.
const LARGE_SEGMENTS: u64 = 17;

/// What is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// `kill -9` of the real binary under load and while starting.
    Kills,
    /// Kills at every system call of a random scenario of a journal, a snapshot, an archive file or
    /// a trim, in turn; a run is a scenario.
    SystemCalls,
    /// Kills at every instruction of the last append of a random scenario; a run is a scenario.
    Instructions,
    /// EIO and ENOSPC at every system call of random scenarios; a run is a fault.
    Errors,
    /// Disks that are full at another point each time, and then have room again.
    FullDisks,
    /// Disks that hang under a server, twice each; a run is a disk.
    StuckDisk,
    /// Servers whose memory is bounded under load; a run is a bound.
    NoMemory,
    /// Power cuts on ext4.
    PowerExt4,
    /// Power cuts on xfs.
    PowerXfs,
    /// Random bit flips in a journal of 1 GiB in memory, judged frame by frame.
    FlipsInMemory,
    /// Random bit flips in the folder of a real server, replayed by the real binary.
    FlipsEndToEnd,
}

/// Runs one rig for long, and prints a row for `docs/campaigns.md`.
#[derive(Debug, Parser)]
struct Arguments {
    /// What is tried.
    kind: Kind,
    /// How often.
    #[arg(long, default_value_t = 100)]
    runs: u64,
    /// First seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// End after so many minutes, whatever was done by then.
    #[arg(long)]
    minutes: Option<u64>,
}

/// What one seed did.
struct Part {
    runs: u64,
    counts: Vec<(&'static str, u64)>,
}

/// The program.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let started = Instant::now();
    let end = arguments.minutes.map(|minutes| started + Duration::from_secs(60 * minutes));
    let (mut runs, mut seeds, mut counts) = (0, 0, BTreeMap::new());
    let mut found = None;
    while runs < arguments.runs && end.is_none_or(|end| Instant::now() < end) {
        match run(arguments.kind, arguments.seed + seeds, arguments.runs - runs) {
            Ok(part) => {
                runs += part.runs;
                for (name, count) in part.counts {
                    *counts.entry(name).or_insert(0) += count;
                }
            }
            Err(violation) => {
                found = Some(violation);
                break;
            }
        }
        seeds += 1;
    }
    let mut out = io::stdout().lock();
    let first = arguments.seed;
    let kind = arguments.kind.to_possible_value().unwrap();
    let seconds = started.elapsed().as_secs();
    let _ = match &found {
        Some(violation) => writeln!(out, "VIOLATION: {violation}"),
        None => writeln!(
            out,
            "| {} | {} | {runs} | {first}–{} | 0 | {seconds} s | {} |",
            commit(),
            kind.get_name(),
            first + seeds - 1,
            tell(&counts)
        ),
    };
    if found.is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn tell(counts: &BTreeMap<&'static str, u64>) -> String {
    let words: Vec<_> = counts.iter().map(|(name, count)| format!("{name}: {count}")).collect();
    words.join(", ")
}

fn commit() -> String {
    let output = Command::new("git").args(["rev-parse", "--short", "HEAD"]).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.unwrap_or_default()
}

fn run(kind: Kind, seed: u64, most: u64) -> Result<Part, Violation> {
    match kind {
        Kind::Kills => kills(seed, most),
        Kind::SystemCalls => system_calls(seed),
        Kind::Instructions => instructions(seed),
        Kind::Errors => errors(seed),
        Kind::FullDisks => full_disks(seed, most),
        Kind::StuckDisk => stuck_disk(seed),
        Kind::NoMemory => no_memory(seed, most),
        Kind::PowerExt4 => power(FileSystem::Ext4, seed, most),
        Kind::PowerXfs => power(FileSystem::Xfs, seed, most),
        Kind::FlipsInMemory => flips_in_memory(seed, most),
        Kind::FlipsEndToEnd => flips_end_to_end(seed, most),
    }
}

fn write_path(seed: u64) -> WritePath {
    Io::ALL[usize::from(!seed.is_multiple_of(2))].write_path()
}

fn kills(seed: u64, most: u64) -> Result<Part, Violation> {
    let mut kills = Kills::default();
    torment(&Product::beside(), seed, most.min(100), &mut kills)?;
    let counts = vec![
        ("killed while starting", kills.while_starting),
        ("restarts with a snapshot", kills.with_snapshot),
        ("orders acknowledged", kills.acknowledged),
        ("orders unanswered", kills.unanswered),
    ];
    Ok(Part { runs: kills.kills, counts })
}

fn system_calls(seed: u64) -> Result<Part, Violation> {
    let io = write_path(seed / 4);
    let (kind, swept) = match seed % 4 {
        0 => ("of append and roll", sweep(&Scenario::random(seed, io), Fault::Kill, |_| true)?),
        making => {
            let making = Making::ALL[usize::try_from(making - 1).unwrap()];
            let kind = ["of a snapshot", "of an archive file", "of a trim"][making as usize];
            (kind, sweep(&AtWork::random(making, seed, io), Fault::Kill, |_| true)?)
        }
    };
    Ok(Part { runs: 1, counts: vec![("kills", swept.faults), (kind, swept.faults)] })
}

fn instructions(seed: u64) -> Result<Part, Violation> {
    let walked = walk(&Scenario::random(seed, write_path(seed)))?;
    let counts = vec![("instructions", walked.steps), ("distinct images", walked.images)];
    Ok(Part { runs: 1, counts })
}

fn errors(seed: u64) -> Result<Part, Violation> {
    let faults = [
        Fault::ErrorOnce("EIO"),
        Fault::ErrorForEver("EIO"),
        Fault::ErrorOnce("ENOSPC"),
        Fault::ErrorForEver("ENOSPC"),
    ];
    let fault = faults[usize::try_from(seed % 4).unwrap()];
    let swept = sweep(&Scenario::random(seed, write_path(seed / 4)), fault, |_| true)?;
    Ok(Part { runs: swept.faults, counts: vec![("scenarios", 1)] })
}

fn full_disks(seed: u64, most: u64) -> Result<Part, Violation> {
    let mut fills = Fills::default();
    for disk in 0..most.min(100) {
        fill(seed * 1_000 + disk, &mut fills)?;
    }
    let counts = vec![("full", fills.full), ("resumed", fills.resumed)];
    Ok(Part { runs: fills.disks, counts })
}

fn stuck_disk(seed: u64) -> Result<Part, Violation> {
    let mut hangs = Hangs::default();
    hang(&Product::beside(), Io::of(write_path(seed)), &mut hangs)?;
    let counts = vec![
        ("hangs", hangs.hangs),
        ("requests that waited", hangs.waited),
        ("told busy", hangs.busy),
        ("orders unanswered at a kill", hangs.unanswered),
    ];
    Ok(Part { runs: 1, counts })
}

fn no_memory(seed: u64, most: u64) -> Result<Part, Violation> {
    let mut starved = Starved::default();
    starve(&Product::beside(), seed, most.min(10), &mut starved)?;
    let counts = vec![
        ("not started", starved.refused),
        ("died under load", starved.died),
        ("orders acknowledged", starved.acknowledged),
        ("orders unanswered", starved.unanswered),
    ];
    Ok(Part { runs: starved.bounds, counts })
}

fn power(file_system: FileSystem, seed: u64, most: u64) -> Result<Part, Violation> {
    let mut cuts = Cuts::default();
    cut_power(file_system, &Driver::beside(), seed, most.min(1_000), &mut cuts)?;
    let counts = vec![
        ("recordings", cuts.sessions),
        ("of an instance", cuts.instances),
        ("of a recovery", cuts.recoveries),
        ("with a refused write", cuts.refusals),
        ("unmountable", cuts.unmountable),
        ("torn", cuts.torn),
        ("ahead of acknowledgements", cuts.ahead),
    ];
    Ok(Part { runs: cuts.images, counts })
}

fn flips_in_memory(seed: u64, most: u64) -> Result<Part, Violation> {
    let large = Large::grow(seed, LARGE_SEGMENTS);
    let tally = large.flip(seed, most.min(1_000_000))?;
    assert!(large.bytes() > 1 << 30, "the journal is smaller than a gibibyte");
    Ok(answers(&tally))
}

fn flips_end_to_end(seed: u64, most: u64) -> Result<Part, Violation> {
    let tally = rot(&Product::beside(), seed, most.min(200))?;
    Ok(answers(&tally))
}

fn answers(tally: &Tally) -> Part {
    let counts = vec![
        ("refused", tally.refused),
        ("last frame cut", tally.cut),
        ("harmless", tally.harmless),
    ];
    Part { runs: tally.total(), counts }
}
