//! What is expected and what of it is promised, kept from records alone: plain maps and sums.
//!
//! It does not know how the engine chooses; it knows what a promise is, and objects where a record
//! breaks one without saying so, promises a unit twice, or breaks one that could be kept.

use std::collections::BTreeMap;

use gantry_model::{Command, EngineTime, Movement, MovementKind, Record, SUPPLIES_PER_PROMISE_MAX};

use crate::rig::SERVED;

/// No date.
const NEVER: u32 = u32::MAX;

/// A supply, by the record that announced it.
#[derive(Clone, Debug)]
pub(crate) struct Supply {
    pub(crate) id: u128,
    pub(crate) sku: usize,
    pub(crate) warehouse: u16,
    pub(crate) eta: u32,
    pub(crate) expected: i64,
    pub(crate) received: i64,
}

impl Supply {
    pub(crate) fn open(&self) -> i64 {
        self.expected - self.received
    }
}

/// The only line of an order that waits, by the record that placed it.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) sku: usize,
    zone: usize,
    waiting: i64,
    /// Units by supply.
    parts: BTreeMap<u64, i64>,
    date: u32,
}

/// What became of promises.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) given: u64,
    pub(crate) kept: u64,
    pub(crate) broken: u64,
    pub(crate) late: u64,
}

/// See the file.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) supplies: BTreeMap<u64, Supply>,
    lines: BTreeMap<u64, Line>,
    pub(crate) counts: Counts,
}

impl Ledger {
    /// Takes a record in. Panics where it says what no record may say.
    pub(crate) fn enter(&mut self, record: &Record<'_>, zone_of: impl Fn(u128) -> usize) {
        if !record.outcome.head.is_accepted() {
            return;
        }
        self.enter_command(record, zone_of);
        let before = self.concerned(record);
        if matches!(record.command, Command::Promise(_)) {
            before.iter().for_each(|(placed, line)| self.check_cause(*placed, line, record));
        }
        let mut broken = Vec::new();
        for movement in record.movements {
            match movement.kind() {
                MovementKind::PromiseBroken => broken.push(movement.order().get()),
                _ => self.shift(movement, record.time),
            }
        }
        for (placed, old) in before {
            let is_broken = self.date_anew(placed, old.date, record);
            let is_said = broken.contains(&placed);
            assert_eq!(is_broken, is_said, "order {placed} was {old:?}: {record:?}");
            self.counts.broken += u64::from(is_broken);
        }
        self.supplies.retain(|placed, supply| {
            let is_promised = || self.lines.values().any(|line| line.parts.contains_key(placed));
            supply.open() > 0 || is_promised()
        });
    }

    fn enter_command(&mut self, record: &Record<'_>, zone_of: impl Fn(u128) -> usize) {
        let units = i64::from;
        match &record.command {
            Command::ExpectSupply(supply) => {
                let row = Supply {
                    id: supply.id.get(),
                    sku: supply.sku.index(),
                    warehouse: supply.warehouse.get(),
                    eta: supply.eta.get(),
                    expected: units(supply.quantity),
                    received: 0,
                };
                self.supplies.insert(record.sequence.get(), row);
            }
            Command::ChangeSupply(change) => {
                let supply = self.supply_mut(change.supply.get());
                (supply.expected, supply.eta) = (units(change.quantity), change.eta.get());
                assert!(supply.received <= supply.expected, "{record:?}");
            }
            Command::ReceiveSupply(receipt) => {
                let supply = self.supply_mut(receipt.supply.get());
                supply.received += units(receipt.quantity);
                assert!(supply.received <= supply.expected, "{record:?}");
            }
            Command::PlaceOrder(order) if waits(record) => {
                let (sku, zone) = (order.lines[0].sku().index(), zone_of(order.id.get()));
                let line = Line { sku, zone, waiting: 0, parts: BTreeMap::new(), date: NEVER };
                self.lines.insert(record.sequence.get(), line);
            }
            _ => {}
        }
    }

    fn supply_mut(&mut self, id: u128) -> &mut Supply {
        let found = self.supplies.values_mut().find(|supply| supply.id == id);
        found.expect("a supply that is expected")
    }

    /// The lines whose promises the record changes, as they were.
    fn concerned(&self, record: &Record<'_>) -> BTreeMap<u64, Line> {
        let of_promises = record.movements.iter().filter(|it| it.kind().is_of_promise());
        of_promises.map(|it| (it.order().get(), self.lines[&it.order().get()].clone())).collect()
    }

    /// A promise is made anew only if it was none, or could not be kept as it was.
    fn check_cause(&self, placed: u64, line: &Line, record: &Record<'_>) {
        let is_unkept = |(supply, _): (&u64, &i64)| {
            let row = &self.supplies[supply];
            self.promised(*supply) > row.open() || row.eta > line.date
        };
        let is_past = line.date != NEVER && is_past(line.date, record.time);
        let has_cause = line.parts.is_empty() || is_past || line.parts.iter().any(is_unkept);
        assert!(has_cause, "order {placed} had a sound promise, {line:?}: {record:?}");
    }

    fn shift(&mut self, movement: &Movement, time: EngineTime) {
        let units = i64::from(movement.quantity());
        let Some(line) = self.lines.get_mut(&movement.order().get()) else { return };
        let supply = movement.cause().get();
        match movement.kind() {
            MovementKind::Backordered => line.waiting += units,
            MovementKind::Dequeued => {
                line.waiting -= units;
                let is_dated = !line.parts.is_empty();
                let mut rising: Vec<u64> = line.parts.keys().copied().collect();
                rising.sort_by_key(|supply| (self.supplies[supply].eta, *supply));
                let mut left = units;
                for supply in rising {
                    let part = line.parts.get_mut(&supply).expect("a key of the map");
                    let taken = left.min(*part);
                    *part -= taken;
                    left -= taken;
                }
                line.parts.retain(|_, part| *part > 0);
                if is_dated {
                    let is_late = is_past(line.date, time);
                    let count = if is_late { &mut self.counts.late } else { &mut self.counts.kept };
                    *count += 1;
                }
                if line.waiting == 0 {
                    self.lines.remove(&movement.order().get());
                }
            }
            MovementKind::Promised => {
                let row = &self.supplies[&supply];
                assert_eq!(movement.warehouse().get(), row.warehouse, "where it comes in");
                assert!(reaches(line.zone, row.warehouse), "nobody ships from there to the order");
                assert!(!is_past(row.eta, time), "nothing late is promised");
                *line.parts.entry(supply).or_default() += units;
                self.counts.given += 1;
                let (promised, open) = (self.promised(supply), self.supplies[&supply].open());
                assert!(promised <= open, "supply {supply}: {promised} promised of {open}");
            }
            MovementKind::Unpromised => {
                let part = line.parts.get_mut(&supply).expect("what was promised");
                *part -= units;
                assert!(*part >= 0, "more than was promised of supply {supply}");
                line.parts.retain(|_, part| *part > 0);
            }
            _ => {}
        }
    }

    /// Dates a line whose promise was made anew; whether that breaks what it had.
    fn date_anew(&mut self, placed: u64, old: u32, record: &Record<'_>) -> bool {
        let supplies = &self.supplies;
        let line = self.lines.get_mut(&placed).expect("a line that waits");
        let latest = line.parts.keys().map(|supply| supplies[supply].eta).max();
        let was_good = old != NEVER && !is_past(old, record.time);
        line.date = match latest {
            None => NEVER,
            Some(latest) if was_good => latest.max(old),
            Some(latest) => latest,
        };
        old != NEVER && (line.date > old || !was_good)
    }

    /// Units of a supply that are promised.
    pub(crate) fn promised(&self, supply: u64) -> i64 {
        self.lines.values().filter_map(|line| line.parts.get(&supply)).sum()
    }

    /// Whether an order waits for anything.
    pub(crate) fn waits(&self, placed: u64) -> bool {
        self.lines.contains_key(&placed)
    }

    /// When what an order waits for is promised to be there, if it waits and that is promised.
    pub(crate) fn date(&self, placed: u64) -> u32 {
        self.lines.get(&placed).map_or(NEVER, |line| line.date)
    }

    /// What must hold of a SKU while nothing of it is to be done.
    pub(crate) fn check_at_rest(&self, sku: usize, now: EngineTime) {
        let its = || self.supplies.iter().filter(|(_, supply)| supply.sku == sku);
        for (placed, supply) in its() {
            let promised = self.promised(*placed);
            assert!(promised <= supply.open(), "supply {placed}: {promised} promised, {supply:?}");
        }
        for (placed, line) in self.lines.iter().filter(|(_, line)| line.sku == sku) {
            let sum: i64 = line.parts.values().sum();
            if line.date == NEVER {
                assert_eq!(sum, 0, "order {placed} has units and no date: {line:?}");
                continue;
            }
            assert_eq!(sum, line.waiting, "order {placed}: {line:?}");
            assert!(!is_past(line.date, now), "order {placed} was not served in time: {line:?}");
            let latest = line.parts.keys().map(|supply| self.supplies[supply].eta).max();
            assert!(latest <= Some(line.date), "order {placed}: {line:?}");
        }
        self.check_nothing_better(sku, now);
    }

    /// No line without a promise could have one of the supplies that have units left. Nobody looks
    /// again when a supply becomes overdue, or when one of more than four is promised to others: then
    /// a line may be left out.
    fn check_nothing_better(&self, sku: usize, now: EngineTime) {
        let its = self.supplies.values().filter(|supply| supply.sku == sku);
        if its.count() > SUPPLIES_PER_PROMISE_MAX {
            return;
        }
        for (placed, line) in self.lines.iter().filter(|(_, line)| line.sku == sku) {
            let its = |(_, supply): &(&u64, &Supply)| {
                supply.sku == sku && reaches(line.zone, supply.warehouse)
            };
            let mut free: Vec<(u32, u64, i64)> = (self.supplies.iter().filter(its))
                .map(|(at, supply)| (supply.eta, *at, supply.open() - self.promised(*at)))
                .filter(|(_, _, units)| *units > 0)
                .collect();
            free.sort_unstable();
            let is_overdue = free.first().is_some_and(|(eta, ..)| is_past(*eta, now));
            let could: i64 = free.iter().map(|(_, _, units)| units).sum();
            let is_left_out = line.date == NEVER && could >= line.waiting && !is_overdue;
            assert!(!is_left_out, "order {placed} could be promised its units: {line:?}");
        }
    }
}

/// Whether the record lets units wait.
fn waits(record: &Record<'_>) -> bool {
    record.movements.iter().any(|it| it.kind() == MovementKind::Backordered)
}

fn reaches(zone: usize, warehouse: u16) -> bool {
    SERVED[zone].iter().any(|(at, ..)| *at == warehouse)
}

/// Whether a second has begun.
pub(crate) fn is_past(second: u32, now: EngineTime) -> bool {
    u64::from(second) * 1_000_000_000 <= now.get()
}
