//! What became of a hold, from the records alone: who had its units, and when it was over. The
//! names are a format that other programs read.

use std::path::Path;

use gantry_journal::JournalReader;
use gantry_model::{
    Command, ExpireHolds, HoldId, Movement, MovementKind, PlaceHold, Record, Records,
};
use serde::Serialize;

use crate::journal::FolderError;
use crate::names::{Id, Names};
use crate::output::{Answer, Page, Table, grouped, utc_time};

const NS_PER_SECOND: u64 = 1_000_000_000;

/// A hold's life.
#[derive(Debug, Serialize)]
pub(super) struct HoldReport {
    hold_id: Id,
    owner: Id,
    /// Either it or the warehouse.
    zone: Option<String>,
    warehouse: Option<String>,
    lines: Vec<LineReport>,
    /// `null`: it was refused.
    expires_time_ns: Option<u64>,
    /// `active`, `ended` or, of one that was refused, `rejected`; as of the journal's last record.
    hold_status: &'static str,
    events: Vec<EventReport>,
    #[serde(skip)]
    placed: u64,
}

#[derive(Debug, Serialize)]
struct LineReport {
    line: usize,
    sku: String,
    wanted: u32,
}

/// A record that did something to the hold.
#[derive(Debug, Serialize)]
struct EventReport {
    sequence: u64,
    time_ns: u64,
    what: &'static str,
    /// The order that has the units, or the hold that took its place.
    by: Option<Id>,
    /// Why it was refused.
    reason: Option<&'static str>,
    places: Vec<PlaceReport>,
}

/// Units that came to the hold, or left it.
#[derive(Debug, Serialize)]
struct PlaceReport {
    line: u16,
    sku: String,
    warehouse: String,
    units: i64,
}

/// The life of a hold; `None` if no record of the folder placed it, or refused to.
pub(super) fn follow_hold(
    directory: &Path,
    hold: HoldId,
) -> Result<Option<HoldReport>, FolderError> {
    let mut reader = JournalReader::open(directory)?;
    let mut names = Names::default();
    let mut report: Option<HoldReport> = None;
    while let Some(frame) = reader.next_frame()? {
        for record in Records::new(frame.payload) {
            let record = record?;
            names.learn(&record);
            match (&mut report, &record.command) {
                (None, Command::PlaceHold(place)) if place.id == hold => {
                    report = Some(HoldReport::new(&record, place, &names));
                }
                (None, _) => {}
                (Some(report), _) => report.take(&record, &names),
            }
        }
    }
    Ok(report)
}

impl HoldReport {
    fn new(record: &Record<'_>, place: &PlaceHold<'_>, names: &Names) -> Self {
        let lines = place.lines.iter().enumerate();
        let lines = lines.map(|(line, of)| LineReport {
            line,
            sku: names.sku(of.sku()).to_string(),
            wanted: of.quantity(),
        });
        let (head, time_ns) = (record.outcome.head, record.time.get());
        let mut report = Self {
            hold_id: Id(place.id.get()),
            owner: Id(place.owner),
            zone: names.zone_if_any(place.zone).map(|zone| zone.to_string()),
            warehouse: names.warehouse(place.warehouse).map(|name| name.to_string()),
            lines: lines.collect(),
            expires_time_ns: head.is_accepted().then(|| end(time_ns, place.ttl_seconds)),
            hold_status: if head.is_accepted() { "active" } else { "rejected" },
            events: Vec::new(),
            placed: record.sequence.get(),
        };
        let what = if head.is_accepted() { "placed" } else { "rejected" };
        report.note(record, names, what, None);
        report
    }

    /// Notes what a later record does to the hold.
    fn take(&mut self, record: &Record<'_>, names: &Names) {
        if self.hold_status != "active" || !record.outcome.head.is_accepted() {
            return;
        }
        let is_it = |hold: HoldId| Id(hold.get()) == self.hold_id;
        match &record.command {
            Command::ExtendHold(extend) if is_it(extend.hold) => {
                let later = end(record.time.get(), extend.ttl_seconds);
                self.expires_time_ns = self.expires_time_ns.max(Some(later));
                self.note(record, names, "extended", None);
            }
            Command::ReleaseHold(release) if is_it(release.hold) => {
                self.end(record, names, "released", None);
            }
            Command::PlaceHold(place) if is_it(place.replaces) => {
                self.end(record, names, "replaced", Some(Id(place.id.get())));
            }
            Command::PlaceOrder(order) if is_it(order.hold) => {
                self.end(record, names, "taken", Some(Id(order.id.get())));
            }
            Command::PlaceOrder(order) if self.is_moved_by(record) => {
                self.note(record, names, "units_taken", Some(Id(order.id.get())));
            }
            Command::ExpireHolds(expired) if self.is_over_with(expired) => {
                self.end(record, names, "expired", None);
            }
            _ => {}
        }
    }

    fn is_moved_by(&self, record: &Record<'_>) -> bool {
        record.movements.iter().any(|movement| self.is_moved(movement))
    }

    fn is_moved(&self, movement: &Movement) -> bool {
        movement.kind().is_of_hold() && movement.order().get() == self.placed
    }

    /// Holds end in the order of their times, then of the records that placed them.
    fn is_over_with(&self, expired: &ExpireHolds) -> bool {
        let last = (expired.last_expires.get(), expired.last_placed.get());
        self.expires_time_ns.is_some_and(|expires| (expires, self.placed) <= last)
    }

    fn end(&mut self, record: &Record<'_>, names: &Names, what: &'static str, by: Option<Id>) {
        self.note(record, names, what, by);
        self.hold_status = "ended";
    }

    fn note(&mut self, record: &Record<'_>, names: &Names, what: &'static str, by: Option<Id>) {
        let moved = record.movements.iter().filter(|movement| self.is_moved(movement));
        let places = moved.map(|movement| {
            let sign = if movement.kind() == MovementKind::Held { 1 } else { -1 };
            let warehouse = names.warehouse(movement.warehouse());
            PlaceReport {
                line: movement.line(),
                sku: names.sku(movement.sku()).to_string(),
                warehouse: warehouse.map_or_else(String::new, |name| name.to_string()),
                units: sign * i64::from(movement.quantity()),
            }
        });
        let event = EventReport {
            sequence: record.sequence.get(),
            time_ns: record.time.get(),
            what,
            by,
            reason: record.outcome.head.reason().map(gantry_model::RejectReason::name),
            places: places.collect(),
        };
        self.events.push(event);
    }

    /// Adds its life to the page.
    pub(super) fn add_to(&self, page: Page) -> Page {
        let wanted = self.lines.iter();
        let wanted = wanted.map(|line| format!("{} x {}", line.wanted, line.sku));
        let facts = [
            Some(("hold", self.hold_id.to_string())),
            Some(("owner", self.owner.to_string())),
            self.zone.clone().map(|zone| ("for zone", zone)),
            self.warehouse.clone().map(|warehouse| ("at warehouse", warehouse)),
            Some(("wanted", wanted.collect::<Vec<_>>().join(", "))),
            Some(("status", self.hold_status.to_owned())),
            self.expires_time_ns.map(|time_ns| ("until", utc_time(time_ns))),
        ];
        page.facts(facts.into_iter().flatten())
            .text("")
            .text("What these records did to it:")
            .table(self.table())
    }

    fn table(&self) -> Table {
        let mut table = Table::new(&[">record", "time", "what", "by", "units"]);
        for event in &self.events {
            let places = event.places.iter().map(|place| {
                let PlaceReport { line, sku, warehouse, units } = place;
                format!("{units:+} of {sku} at {warehouse} (line {line})")
            });
            table.row([
                grouped(event.sequence),
                utc_time(event.time_ns),
                event.reason.unwrap_or(event.what).replace('_', " "),
                event.by.map_or_else(String::new, |by| by.to_string()),
                places.collect::<Vec<_>>().join(", "),
            ]);
        }
        table
    }
}

impl Answer for HoldReport {
    fn page(&self) -> Page {
        self.add_to(Page::new())
    }
}

/// When a hold ends that lasts so long from now on.
fn end(time_ns: u64, seconds: u32) -> u64 {
    time_ns.saturating_add(u64::from(seconds) * NS_PER_SECOND)
}
