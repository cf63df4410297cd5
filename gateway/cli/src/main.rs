//! `gantry`, the one binary of the product: server, demo, commands of a shop, tools for a journal.
//!
//! Typed arguments (`args`) go to one module a command; each prints through `output` and ends with
//! a verdict or a `CliError`. Nothing here decides about orders: that is the engine's.

mod args;
mod book;
mod catalogue;
mod copies;
mod demo;
mod error;
mod explain;
mod hold;
mod import;
mod journal;
mod names;
mod order;
mod output;
mod policy;
mod promised;
mod quote;
mod replay;
mod resource;
mod serve;
mod session;
mod signals;
mod snapshot;
mod stats;
mod stock;
mod supply;
mod table;
mod view;
mod what_if;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command, JournalCommand};
use error::{CliError, Verdict};
use output::Output;

/// Requests, replies and spare chunks are taken by one thread and given back by another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let mut output = Output::new();
    let verdict = run(Cli::parse(), &mut output);
    match verdict.and_then(|verdict| output.flush().map(|()| verdict)) {
        Ok(verdict) => verdict.exit_code(),
        Err(error) => {
            if !matches!(error, CliError::OutputClosed) {
                output::note(format_args!("gantry: {error}"));
            }
            error.exit_code()
        }
    }
}

fn run(cli: Cli, output: &mut Output) -> Result<Verdict, CliError> {
    match cli.command {
        Command::Serve(args) => serve::run(&args, output).map(|()| Verdict::Done),
        Command::Demo(args) => demo::run(&args, output).map(|()| Verdict::Done),
        Command::Import(args) => import::run(&args, output).map(|()| Verdict::Done),
        Command::Order(command) => order::run(&command, output),
        Command::Hold(command) => hold::run(&command, output),
        Command::Stock(command) => stock::run(&command, output),
        Command::Supply(command) => supply::run(&command, output),
        Command::Quote(args) => quote::run(&args, output),
        Command::Sku(command) => catalogue::sku(&command, output),
        Command::Warehouse(command) => catalogue::warehouse(&command, output),
        Command::Zone(command) => catalogue::zone(&command, output),
        Command::Channel(command) => catalogue::channel(&command, output),
        Command::Cost(command) => catalogue::cost(&command, output),
        Command::WhatIf(args) => what_if::run(&args, output).map(|()| Verdict::Done),
        Command::Policy(command) => policy::run(&command, output),
        Command::Stats(args) => stats::run(&args, output),
        Command::Explain(args) => explain::run(&args, output).map(|()| Verdict::Done),
        Command::Replay(args) => replay::run(&args, output).map(|()| Verdict::Done),
        Command::Resource(args) => resource::run(&args, output),
        Command::Snapshot(command) => snapshot::run(&command, output),
        Command::Journal(JournalCommand::Verify(args)) => {
            journal::verify(&args, output).map(|()| Verdict::Done)
        }
        Command::Journal(JournalCommand::Dump(args)) => {
            journal::dump(&args, output).map(|()| Verdict::Done)
        }
        Command::Journal(JournalCommand::Inspect(args)) => {
            journal::inspect(&args, output).map(|()| Verdict::Done)
        }
        Command::Journal(JournalCommand::Trim(args)) => {
            journal::trim(&args, output).map(|()| Verdict::Done)
        }
        Command::Journal(JournalCommand::Compress(args)) => {
            journal::compress(&args, output).map(|()| Verdict::Done)
        }
        Command::Journal(JournalCommand::Repair(args)) => {
            journal::repair(&args, output).map(|()| Verdict::Done)
        }
        Command::Backup(args) => copies::run_backup(&args, output).map(|()| Verdict::Done),
        Command::Restore(args) => copies::run_restore(&args, output).map(|()| Verdict::Done),
    }
}
