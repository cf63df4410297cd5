//! What an order was promised, which promises were broken, what warehouses rejected of it and what was
//! given up, from the records alone. The names are a format that other programs read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use gantry_journal::JournalReader;
use gantry_model::{Command, MovementKind, OrderId, Record, Records, RejectUnits, Sequence, Sku};
use serde::Serialize;

use crate::journal::FolderError;
use crate::names::{Id, Names};
use crate::output::{Page, Table, grouped, utc_time};
use crate::promised::{Ledger, line_of};
use crate::view::date_ns;

const NS_PER_SECOND: u64 = 1_000_000_000;

/// What the records tell of an order's promises, as of the last one.
#[derive(Debug, Default, Serialize)]
pub(super) struct PromisedReport {
    /// When what it still waits for is given up.
    cancel_at_time_ns: Option<u64>,
    /// What is promised to its lines.
    promises: Vec<LineReport>,
    /// Warehouses that reject units of it, and until when it has nothing from there.
    rejections: u32,
    bars: Vec<BarReport>,
    events: Vec<EventReport>,
}

/// What a line is promised, and from where.
#[derive(Debug, Serialize)]
struct LineReport {
    line: u16,
    sku: String,
    units: i64,
    promised_time_ns: Option<u64>,
    supplies: Vec<SupplyReport>,
}

#[derive(Debug, Serialize)]
struct SupplyReport {
    supply_id: Id,
    warehouse: String,
    eta_time_ns: Option<u64>,
    units: i64,
}

#[derive(Debug, Serialize)]
struct BarReport {
    warehouse: String,
    until_time_ns: u64,
}

/// A record that said something of the order.
#[derive(Debug, Serialize)]
struct EventReport {
    sequence: u64,
    time_ns: u64,
    /// `promised`, `promise_broken`, `rejected` or `given_up`.
    what: &'static str,
    line: u16,
    sku: String,
    units: i64,
    /// When they are to be there; `null` if nobody knows.
    promised_time_ns: Option<u64>,
    /// When they were to be there, of a broken promise.
    #[serde(skip_serializing_if = "Option::is_none")]
    before_time_ns: Option<u64>,
    /// Who rejected them, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    warehouse: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'static str>,
}

/// What is followed while the records are read.
struct Follower {
    placed: Sequence,
    ledger: Ledger,
    skus: BTreeMap<u16, Sku>,
    until_ns: BTreeMap<String, u64>,
    report: PromisedReport,
}

/// What became of the promises of the order that the record `placed` placed; `None` if there is
/// nothing to tell.
pub(super) fn follow_promises(
    directory: &Path,
    placed: Sequence,
) -> Result<Option<PromisedReport>, FolderError> {
    let mut reader = JournalReader::open(directory)?;
    let mut names = Names::default();
    let mut follower = Follower {
        placed,
        ledger: Ledger::default(),
        skus: BTreeMap::new(),
        until_ns: BTreeMap::new(),
        report: PromisedReport::default(),
    };
    while let Some(frame) = reader.next_frame()? {
        for record in Records::new(frame.payload) {
            let record = record?;
            names.learn(&record);
            follower.take(&record, &names);
        }
    }
    Ok(follower.end(&names))
}

impl Follower {
    fn take(&mut self, record: &Record<'_>, names: &Names) {
        let broken = self.ledger.take(record);
        if !record.outcome.head.is_accepted() {
            return;
        }
        let its_id = names.order_placed(self.placed).map(|order| order.id);
        let is_it = |order: OrderId| its_id == Some(Id(order.get()));
        match &record.command {
            Command::SetCancelAt(command) if is_it(command.order) => {
                self.report.cancel_at_time_ns = date_ns(command.cancel_at);
            }
            Command::RejectUnits(command) if is_it(command.order) => {
                self.reject(record, command, names);
            }
            Command::GiveUp(given_up) if is_it(given_up.order) => {
                self.report.cancel_at_time_ns = None;
                let cancelled = record.movements.iter();
                for movement in cancelled.filter(|it| it.kind() == MovementKind::Cancelled) {
                    let (line, units) = (movement.line(), movement.quantity().into());
                    self.note(record, names, "given_up", (line, movement.sku()), units);
                }
            }
            _ => {}
        }
        let placed = self.placed;
        for broken in broken.iter().filter(|broken| broken.line.0 == placed) {
            let line = (broken.line.1, broken.sku);
            self.note(record, names, "promise_broken", line, broken.units.into());
            if let Some(event) = self.report.events.last_mut() {
                event.before_time_ns = broken.before.and_then(date_ns);
            }
        }
        let is_promised = |kind: MovementKind| kind == MovementKind::Promised;
        let its = record.movements.iter().filter(|it| it.order() == self.placed);
        let promised: BTreeSet<(u16, Sku)> = its
            .filter(|it| is_promised(it.kind()))
            .filter(|it| !broken.iter().any(|broken| broken.line == line_of(it)))
            .map(|it| (it.line(), it.sku()))
            .collect();
        for line in promised {
            let promise = self.ledger.promise((self.placed, line.0));
            let units = promise.map_or(0, crate::promised::Promise::units);
            self.skus.insert(line.0, line.1);
            self.note(record, names, "promised", line, units);
        }
    }

    fn reject(&mut self, record: &Record<'_>, command: &RejectUnits<'_>, names: &Names) {
        self.report.rejections += 1;
        let seconds = u64::from(command.cool_down_seconds);
        let until = record.time.get().saturating_add(seconds * NS_PER_SECOND);
        for units in command.units {
            let warehouse = names.warehouse(units.warehouse());
            let warehouse = warehouse.map(|name| name.to_string()).unwrap_or_default();
            let barred = self.until_ns.entry(warehouse.clone()).or_default();
            *barred = until.max(*barred);
            let released = record
                .movements
                .iter()
                .find(|it| it.kind() == MovementKind::Released && it.line() == units.line());
            let Some(sku) = released.map(gantry_model::Movement::sku) else { continue };
            self.note(record, names, "rejected", (units.line(), sku), units.quantity().into());
            if let Some(event) = self.report.events.last_mut() {
                (event.warehouse, event.cause) = (Some(warehouse), Some(command.cause.name()));
            }
        }
    }

    fn note(
        &mut self,
        record: &Record<'_>,
        names: &Names,
        what: &'static str,
        (line, sku): (u16, Sku),
        units: i64,
    ) {
        let date = self.ledger.promise((self.placed, line)).map(|promise| promise.date);
        self.skus.insert(line, sku);
        self.report.events.push(EventReport {
            sequence: record.sequence.get(),
            time_ns: record.time.get(),
            what,
            line,
            sku: names.sku(sku).to_string(),
            units,
            promised_time_ns: date.and_then(date_ns),
            before_time_ns: None,
            warehouse: None,
            cause: None,
        });
    }

    fn end(mut self, names: &Names) -> Option<PromisedReport> {
        for (line, sku) in &self.skus {
            let Some(promise) = self.ledger.promise((self.placed, *line)) else { continue };
            let parts = self.ledger.parts((self.placed, *line)).into_iter();
            let supplies = parts.filter_map(|(placed, units)| {
                let supply = self.ledger.supply(placed)?;
                let warehouse = names.warehouse(supply.warehouse);
                Some(SupplyReport {
                    supply_id: Id(supply.id.get()),
                    warehouse: warehouse.map(|name| name.to_string()).unwrap_or_default(),
                    eta_time_ns: date_ns(supply.eta),
                    units,
                })
            });
            self.report.promises.push(LineReport {
                line: *line,
                sku: names.sku(*sku).to_string(),
                units: promise.units(),
                promised_time_ns: date_ns(promise.date),
                supplies: supplies.collect(),
            });
        }
        let bars = self.until_ns.into_iter();
        let bars = bars.map(|(warehouse, until_time_ns)| BarReport { warehouse, until_time_ns });
        self.report.bars = bars.collect();
        let is_any = !self.report.events.is_empty() || self.report.cancel_at_time_ns.is_some();
        is_any.then_some(self.report)
    }
}

impl PromisedReport {
    pub(super) fn add_to(&self, page: Page) -> Page {
        let mut page = page.text("");
        if !self.promises.is_empty() {
            let mut table = Table::new(&[">line", "sku", ">units", "promised for", "from"]);
            for row in &self.promises {
                let from = row.supplies.iter().map(SupplyReport::text);
                table.row([
                    row.line.to_string(),
                    row.sku.clone(),
                    grouped(row.units),
                    row.promised_time_ns.map_or_else(String::new, utc_time),
                    from.collect::<Vec<_>>().join(", "),
                ]);
            }
            page = page.text("What it waits for is promised from what is expected:").table(table);
        }
        if !self.events.is_empty() {
            let titles = [">record", "time", "what", ">line", "sku", ">units", "which means"];
            let mut table = Table::new(&titles);
            for event in &self.events {
                table.row([
                    grouped(event.sequence),
                    utc_time(event.time_ns),
                    event.what.replace('_', " "),
                    event.line.to_string(),
                    event.sku.clone(),
                    grouped(event.units),
                    event.meaning(),
                ]);
            }
            page = page.text("Promises, rejections and what was given up:").table(table);
        }
        let cancel_at = self.cancel_at_time_ns.map(|time_ns| ("given up at", utc_time(time_ns)));
        let barred = self.bars.iter().map(|bar| {
            ("barred", format!("{} until {}", bar.warehouse, utc_time(bar.until_time_ns)))
        });
        let facts: Vec<_> = cancel_at.into_iter().chain(barred).collect();
        if facts.is_empty() { page } else { page.facts(facts) }
    }
}

impl SupplyReport {
    fn text(&self) -> String {
        let eta = self.eta_time_ns.map_or_else(String::new, utc_time);
        let (units, id) = (grouped(self.units), self.supply_id);
        format!("{units} of {id}, {} at {eta}", self.warehouse)
    }
}

impl EventReport {
    fn meaning(&self) -> String {
        let date = |time_ns: Option<u64>| time_ns.map_or_else(|| "no date".to_owned(), utc_time);
        match (self.what, &self.warehouse, self.cause) {
            ("promised", ..) => date(self.promised_time_ns),
            ("promise_broken", ..) => {
                format!("{} instead of {}", date(self.promised_time_ns), date(self.before_time_ns))
            }
            (_, Some(warehouse), Some(cause)) => format!("{cause} at {warehouse}"),
            _ => String::new(),
        }
    }
}
