//! The test of the tests: each promise is broken on purpose, and the rig that guards it must notice.
//!
//! One program is driver, server and judge: `sabotaged show` starts itself with the name of a
//! sabotage in the environment and counts what it takes until somebody notices. The judge itself
//! always keeps its word, except where the sabotage is in recovery.

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use clap::{Args, Parser};
use gantry_gateway::{Server, ServerOptions};
use gantry_journal::sabotage::{Sabotage, VARIABLE};
use gantry_journal::{FileStorage, JournalOptions, WritePath};

use crate::bit_rot::{Ending, Specimen, flip_at_random};
use crate::driver::{self, Io};
use crate::instance::put_back;
use crate::judge::{Case, Violation};
use crate::power::{Cuts, FileSystem, cut_power, why_not};
use crate::product::{Kills, Product, torment};
use crate::programs::{Driver, start};

/// A rig that notices nothing for so long has failed.
const IMAGES_MAX: u64 = 500;
const FLIPS_MAX: u64 = 200;
const KILLS_MAX: u64 = 20;
const STALE_MAX: u64 = 20;

/// The promises that a rig of this crate guards; the simulator guards all of them.
const RIGGED: [Sabotage; 6] = [
    Sabotage::SkipSync,
    Sabotage::AckEarly,
    Sabotage::CutAtFirstBad,
    Sabotage::ForgetDirectorySync,
    Sabotage::ForgetIds,
    Sabotage::AcceptStaleSnapshot,
];

/// Programs whose promises are broken on purpose.
#[derive(Debug, Parser)]
enum Sabotaged {
    /// The driver of the rigs.
    Driver(driver::Arguments),
    /// The server.
    Serve(Serve),
    /// Flips bits until one goes unnoticed.
    Flip,
    /// Puts journals back to an earlier time than a snapshot's until one is accepted.
    Stale,
    /// Breaks each promise and shows what it takes to notice.
    Show,
}

/// The options of `gantry serve` that the rigs use.
#[derive(Debug, Args)]
struct Serve {
    #[arg(long)]
    listen: SocketAddr,
    #[arg(long)]
    directory: PathBuf,
    #[arg(long)]
    segment_bytes: u64,
    #[arg(long)]
    journal_io: Io,
    #[arg(long)]
    snapshot_every_bytes: u64,
    #[arg(long)]
    until_stdin_closes: bool,
}

/// The program.
#[must_use]
pub fn main() -> ExitCode {
    match Sabotaged::parse() {
        Sabotaged::Driver(arguments) => arguments.run(),
        Sabotaged::Serve(arguments) => serve(&arguments),
        Sabotaged::Flip => flip(),
        Sabotaged::Stale => stale(),
        Sabotaged::Show => show(),
    }
}

fn serve(arguments: &Serve) -> ExitCode {
    let write_path = arguments.journal_io.write_path();
    let segment_bytes = arguments.segment_bytes;
    let options = ServerOptions {
        listen: arguments.listen,
        directory: arguments.directory.clone(),
        journal: JournalOptions { segment_bytes, write_path, ..JournalOptions::default() },
        snapshot_every_bytes: arguments.snapshot_every_bytes,
        ..ServerOptions::default()
    };
    let server = Server::start(options, Box::new(FileStorage::new())).unwrap();
    let stop = server.stop_handle();
    let until_stdin_closes = arguments.until_stdin_closes;
    std::thread::spawn(move || {
        if until_stdin_closes {
            let _ = io::stdin().read_to_end(&mut Vec::new());
            stop.stop();
        }
    });
    say(format_args!("listening on {}", server.local_addr()));
    server.wait().unwrap();
    ExitCode::SUCCESS
}

fn flip() -> ExitCode {
    let specimen = Specimen::one_segment(Case::new(1, WritePath::Mapped), Ending::Sealed);
    let (unnoticed, violation) = flip_at_random(&specimen, 1, FLIPS_MAX);
    let Some(violation) = violation else { return ExitCode::SUCCESS };
    say(format_args!("{unnoticed} {violation}"));
    ExitCode::FAILURE
}

fn stale() -> ExitCode {
    for seed in 1..=STALE_MAX {
        if let Err(violation) = put_back(seed) {
            say(format_args!("{} {violation}", seed - 1));
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// A line for the process that started this one.
fn say(line: std::fmt::Arguments<'_>) {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).unwrap();
}

/// How long a rig took to notice.
enum Noticed {
    /// After so many runs, with these words.
    After(u64, Violation),
    /// Not within its bound.
    Never,
    /// This machine cannot run the rig; what it lacks.
    Skipped(String),
}

fn show() -> ExitCode {
    assert!(std::env::var_os(VARIABLE).is_none(), "the judge must not be sabotaged itself");
    // The word that the product is searched for.
    let program = std::fs::read(myself()).unwrap();
    assert!(program.windows(VARIABLE.len()).any(|window| window == VARIABLE.as_bytes()));
    let mut out = io::stdout().lock();
    let mut exit = ExitCode::SUCCESS;
    writeln!(out, "| promise broken | rig | noticed | bound |\n| --- | --- | --- | --- |").unwrap();
    for sabotage in RIGGED {
        let (rig, bound, noticed) = try_out(sabotage);
        let noticed = match noticed {
            Noticed::After(runs, violation) => {
                // For whoever wonders whether it was noticed for the right reason.
                let _ = writeln!(io::stderr(), "{}: {violation}", sabotage.name());
                format!("after {runs}")
            }
            Noticed::Skipped(lacks) => format!("skipped: needs {lacks}"),
            Noticed::Never => {
                exit = ExitCode::FAILURE;
                "NEVER".to_owned()
            }
        };
        writeln!(out, "| {} | {rig} | {noticed} | {bound} |", sabotage.name()).unwrap();
    }
    exit
}

fn try_out(sabotage: Sabotage) -> (&'static str, u64, Noticed) {
    match sabotage {
        Sabotage::SkipSync | Sabotage::AckEarly | Sabotage::ForgetDirectorySync => {
            ("power cuts on ext4, images", IMAGES_MAX, under_power_cuts(sabotage))
        }
        Sabotage::CutAtFirstBad => ("flipped bits", FLIPS_MAX, in_child("flip", sabotage)),
        Sabotage::ForgetIds => ("kill -9 of the server", KILLS_MAX, under_kills(sabotage)),
        Sabotage::AcceptStaleSnapshot => {
            ("journals put back behind a snapshot", STALE_MAX, in_child("stale", sabotage))
        }
        other => unreachable!("no rig of this crate guards {}", other.name()),
    }
}

fn environment(sabotage: Sabotage) -> Vec<(String, String)> {
    vec![(VARIABLE.to_owned(), sabotage.name().to_owned())]
}

fn myself() -> PathBuf {
    std::env::current_exe().unwrap()
}

fn under_power_cuts(sabotage: Sabotage) -> Noticed {
    if let Some(lacks) = why_not(FileSystem::Ext4) {
        return Noticed::Skipped(lacks);
    }
    let words = vec!["driver".to_owned()];
    let driver = Driver { program: myself(), words, environment: environment(sabotage) };
    let mut cuts = Cuts::default();
    match cut_power(FileSystem::Ext4, &driver, 1, IMAGES_MAX, &mut cuts) {
        Ok(()) => Noticed::Never,
        Err(violation) => Noticed::After(cuts.images, violation),
    }
}

/// A rig that runs in the sabotaged process itself, because the sabotage is in what it judges by.
fn in_child(rig: &str, sabotage: Sabotage) -> Noticed {
    let mut command = Command::new(myself());
    command.arg(rig).envs(environment(sabotage)).stdout(std::process::Stdio::piped());
    let output = start(&mut command).wait_with_output().unwrap();
    if output.status.success() {
        return Noticed::Never;
    }
    let said = String::from_utf8(output.stdout).unwrap();
    let (unnoticed, violation) = said.split_once(' ').unwrap();
    Noticed::After(unnoticed.parse::<u64>().unwrap() + 1, Violation(violation.to_owned()))
}

fn under_kills(sabotage: Sabotage) -> Noticed {
    let environment = environment(sabotage);
    let product = Product { server: myself(), environment, ..Product::beside() };
    let mut kills = Kills::default();
    match torment(&product, 1, KILLS_MAX, &mut kills) {
        Ok(()) => Noticed::Never,
        Err(violation) => Noticed::After(kills.kills, violation),
    }
}
