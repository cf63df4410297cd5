//! `gantry policy shadow-prices`: what a unit of stock is worth to orders still to come, by SKU and
//! warehouse, from a journal's own demand.
//!
//! The method is that of Acimovic and Graves, "Making Better Fulfillment Decisions on the Fly in an
//! Online Retail Environment" (Manufacturing & Service Operations Management 17(1), 2015): an order
//! is sourced at its own cost plus the dual values, in a transportation problem of stock against
//! expected demand, of the units that it takes. Demand is expected to be what it was in a range of
//! the journal. No SKU knows of another here, so each is a problem of its own (`transport`):
//!
//! - *Stock* of a warehouse is what could be sold at the start of the range, and what came in it:
//!   receipts and corrections, and what orders from before the range gave back.
//! - *Demand* of a zone is every unit that the range's orders wanted, also those that waited or
//!   were rejected for want of stock. A bundle is demand for its components. Zones with the same
//!   costs are one.
//! - *Cost* is the unit cost, and the parcel cost divided by the average units in a parcel: whole
//!   minor units, rounded down. Costs are those at the end of the range.
//! - Units that find no stock cost one minor unit more than the dearest way to send one.
//!
//! The engine allocates the most units first, whatever they cost, so a plan is only ever held
//! against another of as many units: the same amount on every warehouse's price decides nothing.
//! Each SKU's prices are therefore given as differences to the smallest among the warehouses that
//! stock it, and those that are 0 are left out. A warehouse without stock in the range has none.
//!
//! The linear program runs in floating point, off the hot path and outside the engine. What comes
//! out is rounded to whole minor units from 0 to 10⁹; the engine gets them as a table, by a
//! journaled command.
//!
//! Prices that are judged on the days they were made from have seen the future. `--until` lets one
//! make them of one year and judge them on the next.
//!
//! Not seen here: safety stock, ring-fences, capacity, days on the way, and that stock which comes
//! at the end of the range cannot serve its beginning.

mod error;
mod history;
mod table;
mod transport;

use std::fs;
use std::path::Path;
use std::time::Instant;

use gantry_journal::JournalReader;
use gantry_model::Records;

use crate::args::{ShadowPricesArgs, range};
use crate::error::CliError;
use crate::journal::FolderError;
use crate::output::{Output, Progress, note};

pub(crate) use error::PricesError;

use history::{History, Range};
use table::{Figures, PriceTable, Report};

/// Runs `gantry policy shadow-prices`.
pub(crate) fn run(args: &ShadowPricesArgs, output: &mut Output) -> Result<(), CliError> {
    let started = Instant::now();
    let (from, until) = range(args.from, args.until)?;
    let range = Range { from, until };
    let history = read(&args.directory, range)?;
    if history.sums().orders == 0 {
        note("no order was placed in this range, so there is nothing to price");
    }
    let table = PriceTable::compute(&history)?;
    if let Some(path) = &args.out {
        fs::write(path, table.csv()).map_err(PricesError::write(path))?;
    }
    let figures = Figures::new(&history.sums(), &table, started.elapsed());
    // Rows that went to a file are not shown again.
    let rows = args.out.is_none().then_some(&table.rows[..]);
    output.answer(args.format.json, &Report { figures, rows })
}

fn read(directory: &Path, range: Range) -> Result<History, FolderError> {
    let mut reader = JournalReader::open(directory)?;
    let mut history = History::new(range);
    let mut progress = Progress::new("reading", None);
    while let Some(frame) = reader.next_frame()? {
        for record in Records::new(frame.payload) {
            if !history.take(&record?) {
                return Ok(history);
            }
        }
        progress.set(frame.last_sequence());
    }
    Ok(history)
}

#[cfg(test)]
mod tests;
