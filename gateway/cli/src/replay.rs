//! `gantry replay`: the state from nothing but the journal, and how fast it came.

use std::sync::Arc;
use std::time::Instant;

use gantry_engine::{ReplayCheck, Replayed, Start, replay_directory};
use gantry_gateway::{MemoryThread, index_seed};
use gantry_journal::{FileStorage, Storage};
use gantry_model::Sequence;
use serde::Serialize;

use crate::args::ReplayArgs;
use crate::error::CliError;
use crate::journal::{FolderError, note_start, note_tail};
use crate::output::{Answer, Output, Page, Progress, grouped, note};

/// What a replay gives. The names are a format that other programs read.
#[derive(Debug, Serialize)]
struct ReplayReport {
    records: u64,
    last_sequence: u64,
    orders: u64,
    open_orders: u64,
    units_on_hand: u64,
    units_allocated: u64,
    units_held: u64,
    units_backordered: u64,
    state_hash: String,
    seconds: f64,
    records_per_second: f64,
}

/// Runs `gantry replay`.
pub(crate) fn run(args: &ReplayArgs, output: &mut Output) -> Result<(), CliError> {
    let until = args.until.map_or(Sequence::MAX, Sequence::new);
    let check = if args.verify { ReplayCheck::Decide } else { ReplayCheck::Apply };
    let started = Instant::now();
    let storage: Arc<dyn Storage> = Arc::new(FileStorage::new());
    let mut start = Start::for_reading(&storage, &args.directory, index_seed())?;
    note_start(&start);
    // Without it the replay makes its memory itself, and takes longer.
    let memory = MemoryThread::start(start.engine.memory_preparer()).ok();
    let mut progress = Progress::new("replaying", None);
    let mut tell = |records| progress.set(records);
    let replayed = replay_directory(start, &storage, &args.directory, check, until, &mut tell)
        .map_err(FolderError::from)?;
    drop(memory);
    let seconds = started.elapsed().as_secs_f64();
    drop(progress);
    let last = replayed.engine.last_sequence().get();
    match args.until {
        Some(until) if last < until => {
            note(format_args!("the journal ends with record {last}, before {until}"));
        }
        Some(_) => {}
        None => note_tail(&replayed.tail),
    }
    output.answer(args.format.json, &ReplayReport::new(&replayed, seconds))
}

impl ReplayReport {
    fn new(replayed: &Replayed, seconds: f64) -> Self {
        let totals = replayed.engine.totals();
        Self {
            records: replayed.records,
            last_sequence: totals.last_sequence.get(),
            orders: totals.orders.get(),
            open_orders: totals.open_orders.get(),
            units_on_hand: totals.units_on_hand.get(),
            units_allocated: totals.units_allocated.get(),
            units_held: totals.units_held.get(),
            units_backordered: totals.units_backordered.get(),
            state_hash: format!("{:032x}", totals.state_hash.get()),
            seconds,
            records_per_second: per_second(replayed.records, seconds),
        }
    }
}

impl Answer for ReplayReport {
    fn page(&self) -> Page {
        Page::new().facts([
            ("records", grouped(self.records)),
            ("last sequence", grouped(self.last_sequence)),
            ("orders", grouped(self.orders)),
            ("open orders", grouped(self.open_orders)),
            ("units on hand", grouped(self.units_on_hand)),
            ("units allocated", grouped(self.units_allocated)),
            ("units held", grouped(self.units_held)),
            ("units backordered", grouped(self.units_backordered)),
            ("state hash", self.state_hash.clone()),
            ("seconds", format!("{:.3}", self.seconds)),
            ("records per second", format!("{:.0}", self.records_per_second)),
        ])
    }
}

fn per_second(records: u64, seconds: f64) -> f64 {
    if seconds > 0.0 { records as f64 / seconds } else { 0.0 }
}
