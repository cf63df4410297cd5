//! `gantry resource`: what sourcing every open order again would gain, and swaps between them, and
//! doing it.
//!
//! The engine decides; what a decision means for an order is worked out here from the state, before
//! and after, so that an order that is worse off would show.

mod offers;
mod report;
mod send;
mod swaps;
#[cfg(test)]
mod tests;
mod trial;

use std::sync::Arc;
use std::time::Instant;

use gantry_engine::{ReplayCheck, Start, replay_directory};
use gantry_gateway::index_seed;
use gantry_journal::{FileStorage, Storage};
use gantry_model::{Sequence, Warehouse};

use crate::args::{ResourceArgs, ServerAddress};
use crate::error::{CliError, Verdict};
use crate::journal::{FolderError, note_start, note_tail};
use crate::output::{Output, Progress};
use crate::session::converse;
use report::ResourceReport;
use swaps::swap_all;
use trial::Trial;

/// Runs `gantry resource`.
pub(crate) fn run(args: &ResourceArgs, output: &mut Output) -> Result<Verdict, CliError> {
    let storage: Arc<dyn Storage> = Arc::new(FileStorage::new());
    let start = Start::for_reading(&storage, &args.directory, index_seed())?;
    note_start(&start);
    let mut progress = Progress::new("replaying", None);
    let (directory, check, all) = (&args.directory, ReplayCheck::Apply, Sequence::MAX);
    let mut tell = |records| progress.set(records);
    let replayed = replay_directory(start, &storage, directory, check, all, &mut tell)
        .map_err(FolderError::from)?;
    drop(progress);
    note_tail(&replayed.tail);
    let mut trial = Trial::new(replayed.engine);
    let only = args.warehouse.as_deref().map(|code| warehouse(&trial, code)).transpose()?;
    let started = Instant::now();
    trial.try_all(only);
    let alone = started.elapsed().as_secs_f64();
    let swaps = swap_all(&mut trial, only);
    let swapping = started.elapsed().as_secs_f64() - alone;
    let mut report = ResourceReport::new(&trial, &swaps, [alone, swapping]);
    let Some(address) = &args.address else {
        output.answer(args.format.json, &report)?;
        return Ok(Verdict::Done);
    };
    let server =
        ServerAddress { addr: address.clone(), timeout: args.timeout, format: args.format };
    converse(&server, async |session| {
        report.sent = Some(send::send(&session, &trial.steps).await?);
        output.answer(args.format.json, &report)?;
        Ok(Verdict::Done)
    })
}

fn warehouse(trial: &Trial, code: &str) -> Result<Warehouse, CliError> {
    let warehouses = &trial.state().catalogue.warehouses;
    let found = warehouses.handles().find(|handle| warehouses.code(*handle).as_str() == code);
    found.ok_or_else(|| CliError::NoSuchWarehouse { code: code.to_owned() })
}
