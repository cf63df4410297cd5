//! `gantry journal verify`: hashes and chain through the journal, then every record by the audit.

use std::sync::Arc;

use gantry_engine::{Engine, Start};
use gantry_gateway::index_seed;
use gantry_journal::{FileStorage, JournalReader, Storage, VerifyReport};
use gantry_model::Records;
use serde::Serialize;

use crate::args::VerifyArgs;
use crate::error::CliError;
use crate::names::Id;
use crate::output::{Answer, Output, Page, Progress, grouped};

use super::audit::{Audit, Sums};
use super::{FolderError, note_start};

/// What a walk over a whole journal found. That it was printed at all says that nothing is wrong.
#[derive(Debug, Serialize)]
struct Verified {
    instance_id: Id,
    segments: u64,
    frames: u64,
    records: u64,
    bytes: u64,
    payload_bytes: u64,
    first_sequence: u64,
    last_sequence: u64,
    writer_running: bool,
    torn_bytes: u64,
    clean_stop: bool,
    orders: u64,
    open_orders: u64,
    units_on_hand: i64,
    units_allocated: i64,
    units_held: i64,
    units_backordered: i64,
}

/// Runs `gantry journal verify`.
pub(crate) fn verify(args: &VerifyArgs, output: &mut Output) -> Result<(), CliError> {
    let storage: Arc<dyn Storage> = Arc::new(FileStorage::new());
    let start = Start::for_reading(&storage, &args.directory, index_seed())?;
    note_start(&start);
    if start.snapshot.is_some() {
        return verify_trimmed(args, start.engine, output);
    }
    let mut reader = start.reader(&storage, &args.directory).map_err(FolderError::from)?;
    let mut audit = Audit::default();
    let mut progress = Progress::new("verifying", None);
    while let Some(frame) = reader.next_frame().map_err(FolderError::from)? {
        for record in Records::new(frame.payload) {
            let record = record.map_err(FolderError::from)?;
            audit.take(&record).map_err(FolderError::from)?;
        }
        progress.set(frame.last_sequence());
    }
    drop(progress);
    output.answer(args.format.json, &Verified::new(&reader.report(), &audit.sums()))
}

/// The audit wants every record from the first on. Where that was trimmed, the engine's own state
/// is what the units are held against: every mark's hash, and the sums of all tables at the end.
fn verify_trimmed(
    args: &VerifyArgs,
    mut engine: Engine,
    output: &mut Output,
) -> Result<(), CliError> {
    let mut reader = JournalReader::open_trimmed(&args.directory).map_err(FolderError::from)?;
    let mut progress = Progress::new("verifying", None);
    while let Some(frame) = reader.next_frame().map_err(FolderError::from)? {
        if frame.first_sequence > engine.last_sequence().get() {
            engine.replay(frame.payload).map_err(FolderError::from)?;
        }
        progress.set(frame.last_sequence());
    }
    drop(progress);
    engine.state().audit();
    let units = |units: u64| i64::try_from(units).unwrap_or(i64::MAX);
    let totals = &engine.state().totals;
    let sums = Sums {
        orders: engine.totals().orders.get(),
        open_orders: totals.open_orders,
        units_on_hand: units(totals.on_hand),
        units_allocated: units(totals.allocated),
        units_held: units(totals.held),
        units_backordered: units(totals.backordered),
    };
    output.answer(args.format.json, &Verified::new(&reader.report(), &sums))
}

impl Verified {
    fn new(report: &VerifyReport, sums: &Sums) -> Self {
        Self {
            instance_id: Id(report.instance_id),
            segments: report.segments,
            frames: report.frames,
            records: report.records,
            bytes: report.bytes,
            payload_bytes: report.payload_bytes,
            first_sequence: report.first_sequence,
            last_sequence: report.last_sequence,
            writer_running: report.tail.writer_running,
            torn_bytes: report.tail.torn_bytes,
            clean_stop: report.tail.clean_stop,
            orders: sums.orders,
            open_orders: sums.open_orders,
            units_on_hand: sums.units_on_hand,
            units_allocated: sums.units_allocated,
            units_held: sums.units_held,
            units_backordered: sums.units_backordered,
        }
    }

    fn end(&self) -> String {
        match (self.writer_running, self.torn_bytes) {
            (true, _) => "a server is at work; read up to the last durable frame".to_owned(),
            (false, 0) if self.clean_stop => "clean stop".to_owned(),
            (false, 0) => "stopped hard; every frame is whole".to_owned(),
            (false, torn) => {
                format!("{torn} bytes never acknowledged, which the next start cuts off")
            }
        }
    }
}

impl Answer for Verified {
    fn page(&self) -> Page {
        let verdict = if self.first_sequence <= 1 {
            "Every hash holds, and every record keeps the rules."
        } else {
            "Every hash holds; behind the snapshot every mark does, and the state adds up."
        };
        Page::new().text(verdict).facts([
            ("instance", self.instance_id.to_string()),
            ("segments", grouped(self.segments)),
            ("frames", grouped(self.frames)),
            ("records", grouped(self.records)),
            ("bytes", grouped(self.bytes)),
            ("last sequence", grouped(self.last_sequence)),
            ("end", self.end()),
            ("orders", grouped(self.orders)),
            ("open orders", grouped(self.open_orders)),
            ("units on hand", grouped(self.units_on_hand)),
            ("units allocated", grouped(self.units_allocated)),
            ("units held", grouped(self.units_held)),
            ("units backordered", grouped(self.units_backordered)),
        ])
    }
}
