//! The campaign program: one rig, many seeds, one row of a table.

use std::io::{self, Write};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use clap::{Parser, ValueEnum};

use crate::judge::Violation;
use crate::power::{Cuts, FileSystem, cut_power};
use crate::programs::Driver;

/// What is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Power cuts on ext4.
    PowerExt4,
    /// Power cuts on xfs.
    PowerXfs,
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
    note: String,
}

/// The program.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let started = Instant::now();
    let end = arguments.minutes.map(|minutes| started + Duration::from_secs(60 * minutes));
    let (mut runs, mut seeds, mut notes) = (0, 0, Vec::new());
    let mut found = None;
    while runs < arguments.runs && end.is_none_or(|end| Instant::now() < end) {
        match run(arguments.kind, arguments.seed + seeds, arguments.runs - runs) {
            Ok(part) => {
                runs += part.runs;
                notes.push(part.note);
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
            notes.last().map_or("", String::as_str)
        ),
    };
    if found.is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn commit() -> String {
    let output = Command::new("git").args(["rev-parse", "--short", "HEAD"]).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.unwrap_or_default()
}

fn run(kind: Kind, seed: u64, most: u64) -> Result<Part, Violation> {
    match kind {
        Kind::PowerExt4 => power(FileSystem::Ext4, seed, most),
        Kind::PowerXfs => power(FileSystem::Xfs, seed, most),
    }
}

fn power(file_system: FileSystem, seed: u64, most: u64) -> Result<Part, Violation> {
    let mut cuts = Cuts::default();
    cut_power(file_system, &Driver::beside(), seed, most.min(2_000), &mut cuts)?;
    Ok(Part { runs: cuts.images, note: format!("{cuts:?}") })
}
