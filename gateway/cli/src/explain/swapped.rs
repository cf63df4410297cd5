//! With whom an order swapped units, from the records alone. The names are a format that other
//! programs read.

use gantry_model::{Record, Sequence, SwapUnits};
use serde::Serialize;

use crate::names::{Id, Names};
use crate::output::{Table, grouped, utc_time};

/// A record by which the order and another have units of each other.
#[derive(Debug, Serialize)]
pub(super) struct SwappedReport {
    sequence: u64,
    time_ns: u64,
    with: String,
    with_id: Id,
    sku: String,
    units: u32,
    /// Where the order had the units.
    from: String,
    /// Where it has them now.
    to: String,
    /// Of both orders together, of what had not shipped.
    parcels: u16,
    cost_minor: i64,
}

impl SwappedReport {
    /// What `record` is for the order that the record `placed` placed.
    pub(super) fn new(
        record: &Record<'_>,
        swap: &SwapUnits,
        placed: Sequence,
        names: &Names,
    ) -> Self {
        // The first movement is the first order's.
        let is_first = record.movements.first().is_some_and(|it| it.order() == placed);
        let (here, there) = (swap.first_warehouse, swap.second_warehouse);
        let (other, from, to) =
            if is_first { (swap.second, here, there) } else { (swap.first, there, here) };
        let warehouse = |handle| {
            let name = names.warehouse(handle);
            name.map(|name| name.to_string()).unwrap_or_default()
        };
        let (other, head) = (names.order(other), record.outcome.head);
        Self {
            sequence: record.sequence.get(),
            time_ns: record.time.get(),
            with: other.to_string(),
            with_id: other.id,
            sku: names.sku(swap.sku).to_string(),
            units: swap.quantity,
            from: warehouse(from),
            to: warehouse(to),
            parcels: head.parcels(),
            cost_minor: head.cost_minor(),
        }
    }
}

/// The records as people read them.
pub(super) fn swapped(reports: &[SwappedReport]) -> Table {
    let titles = [">record", "time", "with", "units", "from", "to", ">parcels of both", ">cost"];
    let mut table = Table::new(&titles);
    for report in reports {
        table.row([
            grouped(report.sequence),
            utc_time(report.time_ns),
            report.with.clone(),
            format!("{} x {}", grouped(report.units), report.sku),
            report.from.clone(),
            report.to.clone(),
            report.parcels.to_string(),
            grouped(report.cost_minor),
        ]);
    }
    table
}
