//! `gantry resource`: what sourcing every open order again would gain, and doing it.
//!
//! The engine decides; what a decision means for an order is worked out here from the state, before
//! and after, so that an order that is worse off would show.

mod report;
mod send;
mod trial;

use std::sync::Arc;
use std::time::Instant;

use gantry_engine::{ReplayCheck, Start, replay_directory};
use gantry_gateway::index_seed;
use gantry_journal::{FileStorage, Storage};
use gantry_model::Sequence;

use crate::args::{ResourceArgs, ServerAddress};
use crate::error::{CliError, Verdict};
use crate::journal::{FolderError, note_start, note_tail};
use crate::output::{Output, Progress};
use crate::session::converse;
use report::ResourceReport;
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
    let started = Instant::now();
    let mut trial = Trial::new(replayed.engine);
    trial.try_all();
    let seconds = started.elapsed().as_secs_f64();
    let mut report = ResourceReport::new(&trial, seconds);
    let Some(address) = &args.address else {
        output.answer(args.format.json, &report)?;
        return Ok(Verdict::Done);
    };
    let server =
        ServerAddress { addr: address.clone(), timeout: args.timeout, format: args.format };
    converse(&server, async |session| {
        report.sent = Some(send::send(&session, &trial.gained).await?);
        output.answer(args.format.json, &report)?;
        Ok(Verdict::Done)
    })
}
