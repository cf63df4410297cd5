//! What became of an order's units that had to wait, by codes. The names are a format that other
//! programs read.

use gantry_engine::{Engine, MatchedUnits, Waited, WaitingUnits};
use gantry_model::Sku;
use serde::Serialize;

use crate::output::{Page, Table, grouped, utc_time};

/// Units that were given since, and units that wait still.
#[derive(Debug, Serialize)]
pub(super) struct WaitingReport {
    matched: Vec<MatchedReport>,
    still_waiting: Vec<StillWaitingReport>,
}

/// A record that gave units to a line.
#[derive(Debug, Serialize)]
struct MatchedReport {
    sequence: u64,
    time_ns: u64,
    line: u16,
    sku: String,
    places: Vec<PlaceReport>,
}

#[derive(Debug, Serialize)]
struct PlaceReport {
    warehouse: String,
    units: u32,
}

/// A line and its place in the book.
#[derive(Debug, Serialize)]
struct StillWaitingReport {
    line: u16,
    sku: String,
    units: u32,
    lines_before: u64,
    units_before: u64,
    units_set_aside: u64,
    being_looked_at: bool,
}

impl WaitingReport {
    /// `None`: nothing waited.
    pub(super) fn new(waited: &Waited) -> Option<Self> {
        let engine = &waited.engine;
        let matched = waited.matched.iter().map(|units| MatchedReport::new(engine, units));
        let waiting = waited.waiting.iter().map(|units| StillWaitingReport::new(engine, units));
        let report = Self { matched: matched.collect(), still_waiting: waiting.collect() };
        (!report.matched.is_empty() || !report.still_waiting.is_empty()).then_some(report)
    }

    pub(super) fn add_to(&self, page: Page) -> Page {
        let mut page = page.text("");
        if !self.matched.is_empty() {
            let mut table = Table::new(&[">record", "time", ">line", "sku", "given"]);
            for row in &self.matched {
                let places = row.places.iter();
                let places = places.map(|it| format!("{} {}", it.warehouse, grouped(it.units)));
                table.row([
                    grouped(row.sequence),
                    utc_time(row.time_ns),
                    row.line.to_string(),
                    row.sku.clone(),
                    places.collect::<Vec<_>>().join(", "),
                ]);
            }
            page = page.text("Units that waited were given by these records:").table(table);
        }
        if !self.still_waiting.is_empty() {
            let titles =
                [">line", "sku", ">waiting", ">lines before", ">units before", ">set aside"];
            let mut table = Table::new(&titles);
            for row in &self.still_waiting {
                table.row([
                    row.line.to_string(),
                    row.sku.clone(),
                    grouped(row.units),
                    grouped(row.lines_before),
                    grouped(row.units_before),
                    grouped(row.units_set_aside),
                ]);
            }
            page = page.text("Units that wait still, and their place in the book:").table(table);
        }
        page
    }
}

impl MatchedReport {
    fn new(engine: &Engine, units: &MatchedUnits) -> Self {
        let warehouses = &engine.state().catalogue.warehouses;
        let places = units.places.iter().map(|(warehouse, units)| PlaceReport {
            warehouse: warehouses.code(*warehouse).as_str().to_owned(),
            units: *units,
        });
        Self {
            sequence: units.sequence.get(),
            time_ns: units.time.get(),
            line: units.line,
            sku: code(engine, units.sku),
            places: places.collect(),
        }
    }
}

impl StillWaitingReport {
    fn new(engine: &Engine, units: &WaitingUnits) -> Self {
        Self {
            line: units.line,
            sku: code(engine, units.sku),
            units: units.units,
            lines_before: units.lines_before,
            units_before: units.units_before,
            units_set_aside: units.set_aside,
            being_looked_at: units.is_due,
        }
    }
}

fn code(engine: &Engine, sku: Sku) -> String {
    engine.state().catalogue.skus.code(sku).as_str().to_owned()
}
