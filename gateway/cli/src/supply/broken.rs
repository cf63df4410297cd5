//! `gantry supply broken`: what was promised and not kept, from a journal.

use std::sync::Arc;

use gantry_engine::Start;
use gantry_gateway::index_seed;
use gantry_journal::{FileStorage, Storage};
use gantry_model::{Record, Records, Sequence};
use serde::Serialize;

use crate::args::BrokenArgs;
use crate::error::CliError;
use crate::journal::FolderError;
use crate::names::Names;
use crate::output::{Output, Page, Table, grouped, utc_time};
use crate::promised::{Broken, Ledger};
use crate::view::date_ns;

/// A promise that was broken; one a line of JSON.
#[derive(Serialize)]
struct BrokenView {
    /// The record that broke it.
    sequence: u64,
    time_ns: u64,
    /// `null` if no record here placed it.
    order_id: Option<String>,
    /// The reference if there is one, else the id.
    order: Option<String>,
    /// The record that placed the order.
    placed: u64,
    line: u16,
    sku: String,
    /// Units that the line waits for.
    units: i32,
    /// When they were to be there.
    old_promise_time_ns: Option<u64>,
    /// When they are to be there now; `null` if nobody knows.
    new_promise_time_ns: Option<u64>,
}

impl BrokenView {
    fn new(record: &Record<'_>, broken: &Broken, names: &Names) -> Self {
        let (placed, line) = broken.line;
        let order = names.order_placed(placed);
        Self {
            sequence: record.sequence.get(),
            time_ns: record.time.get(),
            order_id: order.map(|order| order.id.to_string()),
            order: order.map(|order| order.to_string()),
            placed: placed.get(),
            line,
            sku: names.sku(broken.sku).to_string(),
            units: broken.units,
            old_promise_time_ns: broken.before.and_then(date_ns),
            new_promise_time_ns: broken.after.and_then(date_ns),
        }
    }

    fn cells(&self) -> [String; 8] {
        let date = |time_ns: Option<u64>, none: &str| time_ns.map_or(none.to_owned(), utc_time);
        [
            grouped(self.sequence),
            utc_time(self.time_ns),
            self.order.clone().unwrap_or_else(|| format!("record {}", self.placed)),
            self.line.to_string(),
            self.sku.clone(),
            grouped(self.units),
            date(self.old_promise_time_ns, "?"),
            date(self.new_promise_time_ns, "none"),
        ]
    }
}

/// Runs `gantry supply broken`.
pub(super) fn run(args: &BrokenArgs, output: &mut Output) -> Result<(), CliError> {
    let from = args.from.unwrap_or(Sequence::NONE);
    let titles =
        [">record", "broken at", "order", ">line", "sku", ">units", "promised for", "now for"];
    let (mut table, mut count) = (Table::new(&titles), 0_u64);
    follow(args, |record, broken, names| {
        if record.sequence < from {
            return Ok(());
        }
        for broken in broken {
            let view = BrokenView::new(record, broken, names);
            count += 1;
            if args.format.json {
                output.json(&view)?;
            } else {
                table.row(view.cells());
            }
        }
        Ok(())
    })?;
    if args.format.json {
        return Ok(());
    }
    output.page(&Page::new().facts([("broken promises", grouped(count))]).table(table))
}

/// Calls `visit` for every record that broke promises.
fn follow(
    args: &BrokenArgs,
    mut visit: impl FnMut(&Record<'_>, &[Broken], &Names) -> Result<(), CliError>,
) -> Result<(), CliError> {
    let storage: Arc<dyn Storage> = Arc::new(FileStorage::new());
    let start = Start::for_reading(&storage, &args.directory, index_seed())?;
    crate::journal::note_start(&start);
    let mut reader = start.reader(&storage, &args.directory).map_err(FolderError::from)?;
    let mut names = Names::of_state(start.engine.state());
    let mut ledger = Ledger::of_state(start.engine.state());
    drop(start);
    while let Some(frame) = reader.next_frame().map_err(FolderError::from)? {
        for record in Records::new(frame.payload) {
            let record = record.map_err(FolderError::from)?;
            names.learn(&record);
            let broken = ledger.take(&record);
            if !broken.is_empty() {
                visit(&record, &broken, &names)?;
            }
        }
    }
    Ok(())
}
