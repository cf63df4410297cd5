//! `gantry import`: brings a shop's CSV files into a folder, and reports what became of its
//! orders. `docs/IMPORT.md` describes the files.
//!
//! All files are read and judged before the folder is touched.

mod clock;
mod codes;
mod error;
mod ids;
mod load;
mod network;
mod orders;
mod report;
mod sample;

use std::fs;
use std::path::Path;
use std::time::Instant;

use gantry_engine::{InstanceError, LocalInstance};
use gantry_journal::{FileStorage, JournalOptions, JournalReader};
use gantry_model::Limits;

use crate::args::{ImportArgs, ImportClock, ImportFiles};
use crate::error::CliError;
use crate::output::{Output, note};
use crate::policy::PolicyFile;
use crate::table::Table;

pub(crate) use error::ImportError;

use load::Plan;
use network::Network;
use orders::Orders;
use report::Report;

/// Runs `gantry import`.
pub(crate) fn run(args: &ImportArgs, output: &mut Output) -> Result<(), CliError> {
    if let Some(directory) = &args.sample {
        sample::write(directory)?;
        note(format_args!("the files of a small shop are in {}", directory.display()));
        return Ok(());
    }
    let files = args.files().expect("invariant: the parser asks for the files or for a sample");
    let report = import(&files, args)?;
    if let Some(path) = &args.report {
        write_report(&report, path)?;
    }
    output.answer(args.format.json, &report)
}

fn import(files: &ImportFiles<'_>, args: &ImportArgs) -> Result<Report, ImportError> {
    let started = Instant::now();
    let policy = args.policy.as_deref().map(PolicyFile::read).transpose()?;
    let network = Network::read(
        &Table::read(files.warehouses)?,
        &Table::read(files.costs)?,
        &Table::read(files.skus)?,
        &Table::read(files.stock)?,
    )?;
    let orders_table = Table::read(files.orders)?;
    let orders = Orders::read(&orders_table, &network, args.clock)?;
    drop(orders_table);
    let plan =
        Plan { network: &network, orders: &orders, short: args.short, policy: policy.as_ref() };
    match JournalReader::open(files.data) {
        Ok(mut journal) if args.clock == ImportClock::PlacedOn => {
            // Days that have passed cannot come after what is there.
            let is_new = journal.next_frame().map_err(ImportError::Open)?.is_none();
            if !is_new {
                return Err(ImportError::NotNew { folder: files.data.to_path_buf() });
            }
        }
        Ok(_) => {}
        Err(_) => {
            // A folder that is new, or that opening will refuse in a moment.
            orders.check(&Limits::DEFAULT, files.orders)?;
            plan.check_policy(None)?;
        }
    }
    let instance = open(files)?;
    let state = instance.engine().state();
    orders.check(&state.limits, files.orders)?;
    plan.check_policy(Some(state))?;
    let mut report = load::load(&plan, instance)?;
    report.finish(started.elapsed());
    Ok(report)
}

fn open(files: &ImportFiles<'_>) -> Result<LocalInstance, ImportError> {
    let defaults = JournalOptions::default();
    let options = JournalOptions {
        new_instance_id: uuid::Uuid::now_v7().as_u128(),
        segment_bytes: files.segment_bytes.unwrap_or(defaults.segment_bytes),
        // One segment is prepared when it is needed; no server waits for it.
        segments_spare: 1,
        ..defaults
    };
    let storage = Box::new(FileStorage::new());
    LocalInstance::open(files.data, options, storage, gantry_gateway::index_seed()).map_err(
        |error| match error {
            InstanceError::Journal(error) => ImportError::Open(error),
            InstanceError::Archive(error) => ImportError::Archive(error),
            InstanceError::Snapshot(error) => ImportError::Snapshot(error),
        },
    )
}

fn write_report(report: &Report, path: &Path) -> Result<(), ImportError> {
    let mut text = serde_json::to_string(report).expect("invariant: a report is plain JSON");
    text.push('\n');
    fs::write(path, text).map_err(ImportError::write(path))
}
