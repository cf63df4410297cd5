//! `gantry-loadtest`: open-loop load on a Gantry server over TCP, and what it came to.
//!
//! Typed words (`args`) become a validated plan (`plan`); a run (`run`) starts a server if asked
//! to (`spawn`), sets up a shop (`catalogue`, `setup`), drives orders (`workload`, `schedule`,
//! `lane`, `driver`), counts (`record`) and reports (`report`).

mod args;
mod catalogue;
mod convert;
mod driver;
mod lane;
mod line_counts;
mod pacer;
mod pipeline;
mod plan;
mod popularity;
mod progress;
mod record;
mod report;
mod result;
mod run;
mod sampler;
mod schedule;
mod setup;
mod spawn;
mod workload;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use tokio::task::LocalSet;

use crate::args::Args;
use crate::plan::{Plan, PlanError};
use crate::report::{FlashSale, ReportError};
use crate::result::RunResult;
use crate::run::{Ran, RunError};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Exit status for what was typed wrong, as clap has it.
const EXIT_USAGE: u8 = 2;

/// Why the tool ended without success.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error(transparent)]
    Run(#[from] RunError),
    #[error(transparent)]
    Report(#[from] ReportError),
    #[error("cannot start the event loop: {0}")]
    Runtime(io::Error),
    #[error("cannot print: {0}")]
    Print(io::Error),
    #[error("interrupted")]
    Interrupted,
    #[error("the flash sale is wrong: {won} of {buyers} buyers won one of {units} units")]
    FlashSale { won: u64, buyers: u64, units: u64 },
}

fn main() -> ExitCode {
    match execute(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Nothing is left to do where even this cannot be said.
            let _ = writeln!(io::stderr(), "error: {failure}");
            match failure {
                Failure::Plan(_) => ExitCode::from(EXIT_USAGE),
                _ => ExitCode::FAILURE,
            }
        }
    }
}

fn execute(args: &Args) -> Result<(), Failure> {
    let plan = Plan::new(args)?;
    // One thread: the server shares the machine, and hand-overs between threads cost more than
    // the work that they would share.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(Failure::Runtime)?;
    let ran = runtime.block_on(LocalSet::new().run_until(run_or_interrupt(&plan)))?;
    report(&plan, &ran)
}

async fn run_or_interrupt(plan: &Plan) -> Result<Ran, Failure> {
    tokio::select! {
        ran = run::run(plan) => Ok(ran?),
        // Dropping the run kills a server that it started and removes its folder.
        _ = tokio::signal::ctrl_c() => Err(Failure::Interrupted),
    }
}

fn report(plan: &Plan, ran: &Ran) -> Result<(), Failure> {
    let record = &ran.driven.record;
    let result = RunResult::of(plan, &ran.driven);
    let table = report::table(plan, &result, record, &ran.notes);
    io::stdout().write_all(table.as_bytes()).map_err(Failure::Print)?;
    report::write_files(plan, &result, record)?;
    match FlashSale::of(plan, record) {
        Some(sale) if !sale.is_exact() => {
            let FlashSale { units, buyers, won } = sale;
            Err(Failure::FlashSale { won, buyers, units })
        }
        _ => Ok(()),
    }
}
