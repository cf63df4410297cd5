//! Promises: units of supplies for what a line waits for, and the second by which they are there.

use std::collections::{BTreeMap, BTreeSet};

use gantry_model::{
    Channel, Command, EngineSecond, EngineTime, Movement, MovementKind, PlaceOrder, PromiseKey,
    Record, Rule, SUPPLIES_PER_PROMISE_MAX, Sequence, ShortMode, Sku, Warehouse, Zone,
};

use super::book::{Book, Waiting};
use super::expected::SupplyBook;
use super::reviewing::Review;

/// What a line that waits is promised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PromiseBook {
    pub(super) date: EngineSecond,
    /// Units, by the record that announced their supply.
    pub(super) parts: BTreeMap<u64, i64>,
}

/// A line for which units of supplies are looked for.
pub(super) struct Wanting {
    pub(super) placed: u64,
    pub(super) line: u16,
    pub(super) sku: u32,
    pub(super) units: i64,
    pub(super) zone: Zone,
    pub(super) channel: Channel,
    pub(super) mode: ShortMode,
}

impl Wanting {
    fn may_have(&self, book: &Book, supply: &SupplyBook) -> bool {
        let warehouse = supply.warehouse;
        let zone = book.zones.get(self.zone.index());
        let is_served = zone.is_some_and(|zone| zone.costs.contains_key(&warehouse));
        let policy = book.policy_of(self.channel.get());
        let is_allowed = policy.warehouses.is_empty() || policy.warehouses.contains(&warehouse);
        is_served
            && book.warehouses[usize::from(warehouse)].active
            && (is_allowed || policy.soft.contains(Rule::Warehouses))
    }

    /// Appends the movements that promise all of it, if that can be; returns the latest time at which
    /// a part comes in.
    pub(super) fn promise(
        &self,
        book: &Book,
        time: u64,
        movements: &mut Vec<Movement>,
    ) -> Option<EngineSecond> {
        if self.mode == ShortMode::WaitComplete {
            return None; // Its lines stand alike in all books, without dates.
        }
        let (mut left, mut parts) = (self.units, Vec::new());
        for supply in book.supplies_of(self.sku) {
            let units = supply.free_after(movements).min(left);
            let is_past = supply.eta.is_past(EngineTime::new(time));
            if units == 0 || is_past || !self.may_have(book, supply) {
                continue;
            }
            if parts.len() == SUPPLIES_PER_PROMISE_MAX {
                break;
            }
            left -= units;
            parts.push((supply, units));
        }
        if left > 0 {
            return None;
        }
        let (placed, line) = (self.placed, self.line);
        movements.extend(parts.iter().map(|(supply, units)| {
            promise_movement(MovementKind::Promised, (placed, line), supply, *units)
        }));
        parts.iter().map(|(supply, _)| supply.eta).max()
    }
}

/// A movement of a line's units of a supply.
pub(super) fn promise_movement(
    kind: MovementKind,
    (placed, line): (u64, u16),
    supply: &SupplyBook,
    units: i64,
) -> Movement {
    let units = u32::try_from(units).expect("invariant: an order stays below 2^31 units");
    let (sku, warehouse) = (Sku::new(supply.sku), Warehouse::new(supply.warehouse));
    let (placed, cause) = (Sequence::new(placed), Sequence::new(supply.placed));
    Movement::of_order(kind, placed, line, sku, warehouse, units, cause)
}

/// The date of a line that had another, or none, once units are promised to it which are there at
/// `latest`.
pub(super) fn date_after(
    old: Option<EngineSecond>,
    latest: EngineSecond,
    time: u64,
) -> EngineSecond {
    let old = old.filter(|old| !old.is_past(EngineTime::new(time)));
    old.map_or(latest, |old| old.max(latest))
}

/// Appends what is promised to the lines of an order that wait from this record on; returns the
/// dates.
pub(super) fn when_ordered(
    book: &Book,
    order: &PlaceOrder<'_>,
    time: u64,
    movements: &mut Vec<Movement>,
) -> Vec<(u16, EngineSecond)> {
    let of_kind = |movement: &&Movement| movement.kind() == MovementKind::Backordered;
    let wanting: Vec<Wanting> = movements
        .iter()
        .filter(of_kind)
        .map(|movement| Wanting {
            placed: movement.order().get(),
            line: movement.line(),
            sku: movement.sku().get(),
            units: movement.quantity().into(),
            zone: order.zone,
            channel: order.channel,
            mode: order.short,
        })
        .collect();
    let mut dates = Vec::new();
    for line in wanting.iter().filter(|line| !book.reviews.contains_key(&line.sku)) {
        if let Some(date) = line.promise(book, time, movements) {
            dates.push((line.line, date));
        }
    }
    dates
}

impl Book {
    /// What a line of the order that a record placed is promised.
    pub(super) fn promise(&self, placed: u64, line: u16) -> Option<&PromiseBook> {
        self.promises.get(&(placed, line))
    }

    /// When it is, or no time at all.
    pub(super) fn date(&self, placed: u64, line: u16) -> EngineSecond {
        self.promise(placed, line).map_or(EngineSecond::NONE, |promise| promise.date)
    }

    /// The promises of a supply in their order, and units of each.
    pub(super) fn promises_on(&self, supply: &SupplyBook) -> Vec<(PromiseKey, i64)> {
        let all = self.promises.iter().filter_map(|((placed, line), promise)| {
            let units = *promise.parts.get(&supply.placed)?;
            let (placed, line) = (Sequence::new(*placed), *line);
            Some((PromiseKey { promised: promise.date, placed, line }, units))
        });
        let mut promises: Vec<(PromiseKey, i64)> = all.collect();
        promises.sort_unstable_by_key(|(key, _)| *key);
        promises
    }

    /// All promises in the order of their dates.
    pub(super) fn promises_by_date(&self) -> Vec<PromiseKey> {
        let key = |((placed, line), promise): (&(u64, u16), &PromiseBook)| PromiseKey {
            promised: promise.date,
            placed: Sequence::new(*placed),
            line: *line,
        };
        let mut keys: Vec<PromiseKey> = self.promises.iter().map(key).collect();
        keys.sort_unstable();
        keys
    }

    /// A waiting line, as one that wants units of supplies.
    pub(super) fn wanting(&self, waiting: &Waiting) -> Wanting {
        let order = &self.orders[waiting.order];
        let line = waiting.key.line;
        let row = self.lines_of(order)[usize::from(line)];
        let (placed, channel) = (order.placed, self.placed(order).channel);
        let (zone, mode) = (order.zone, order.short);
        Wanting { placed, line, sku: row.sku, units: row.waiting, zone, channel, mode }
    }

    /// SKUs whose promises are to be made anew because of a record, which the book does not know yet.
    pub(super) fn concerned(&self, record: &Record<'_>) -> BTreeSet<u32> {
        let mut skus = BTreeSet::new();
        if !record.outcome.head.is_accepted() || matches!(record.command, Command::Promise(_)) {
            return skus;
        }
        let named = |supply| Some(self.supply(supply)?.sku);
        skus.extend(match &record.command {
            Command::ExpectSupply(command) => Some(command.sku.get()),
            Command::ChangeSupply(command) => named(command.supply),
            Command::ReceiveSupply(command) => named(command.supply),
            _ => None,
        });
        // A line that waits for less may be promised what was too little for it.
        let takes = |movement: &&Movement| {
            let is_promised = self.promise(movement.order().get(), movement.line()).is_some();
            let is_expected = !self.supplies_of(movement.sku().get()).is_empty();
            match movement.kind() {
                MovementKind::Dequeued => is_promised || is_expected,
                MovementKind::Unpromised => is_promised,
                _ => false,
            }
        };
        skus.extend(record.movements.iter().filter(takes).map(|row| row.sku().get()));
        // What waits because it was rejected is promised nothing by the record itself.
        let is_rejected = |movement: &&Movement| {
            let is_expected = !self.supplies_of(movement.sku().get()).is_empty();
            movement.kind() == MovementKind::Backordered && is_expected
        };
        if matches!(record.command, Command::RejectUnits(_)) {
            skus.extend(record.movements.iter().filter(is_rejected).map(|row| row.sku().get()));
        }
        skus
    }

    /// What a movement means for what is promised to the line that it names.
    pub(super) fn move_promise(&mut self, movement: &Movement) {
        let line = (movement.order().get(), movement.line());
        let units = i64::from(movement.quantity());
        match movement.kind() {
            MovementKind::Promised => self.add_part(line, movement.cause().get(), units),
            MovementKind::Unpromised => self.add_part(line, movement.cause().get(), -units),
            MovementKind::Dequeued => self.take_parts(line, units),
            _ => {}
        }
    }

    fn add_part(&mut self, line: (u64, u16), supply: u64, units: i64) {
        self.supplies.get_mut(&supply).expect("invariant: judged").promised += units;
        let none = PromiseBook { date: EngineSecond::NONE, parts: BTreeMap::new() };
        let parts = &mut self.promises.entry(line).or_insert(none).parts;
        *parts.entry(supply).or_insert(0) += units;
        parts.retain(|_, units| *units != 0);
    }

    /// Units that wait no more, from the supplies that come in first.
    fn take_parts(&mut self, line: (u64, u16), units: i64) {
        let mut left = units;
        for (supply, units) in self.parts_of(line) {
            let taken = units.min(left);
            if taken > 0 {
                self.add_part(line, supply, -taken);
                left -= taken;
            }
        }
    }

    /// The parts of a promise in the order of their supplies.
    pub(super) fn parts_of(&self, (placed, line): (u64, u16)) -> Vec<(u64, i64)> {
        let parts = self.promise(placed, line).map(|promise| promise.parts.clone());
        let mut parts: Vec<(u64, i64)> = parts.into_iter().flatten().collect();
        parts.sort_by_key(|(supply, _)| self.supplies[supply].place());
        parts
    }

    /// Ends a record: dates are as the parts say, and promises of the `concerned` SKUs are to be made
    /// anew.
    pub(super) fn end_record(&mut self, record: &Record<'_>, concerned: &BTreeSet<u32>) {
        use MovementKind as Kind;
        let moved = record.movements.iter().filter(|movement| {
            matches!(movement.kind(), Kind::Promised | Kind::Unpromised | Kind::Dequeued)
        });
        let lines: BTreeSet<(u64, u16)> =
            moved.map(|movement| (movement.order().get(), movement.line())).collect();
        for line in lines {
            let is_it = |movement: &&Movement| {
                movement.kind() == Kind::Promised
                    && (movement.order().get(), movement.line()) == line
            };
            self.date_again(line, record.movements.iter().any(|movement| is_it(&movement)));
        }
        self.close_supplies();
        for sku in concerned {
            if !self.the_sku(*sku).waiting.is_empty() {
                self.reviews.insert(*sku, Review { since: self.sequence, after: None });
            }
        }
        if record.outcome.head.is_accepted() {
            self.review_from_the_first(&record.command);
        }
    }

    /// Lines that came to another place in their books are not passed by.
    fn review_from_the_first(&mut self, command: &Command<'_>) {
        let order = match command {
            Command::PlaceOrder(order) => order.id,
            Command::SetPriority(priority) => priority.order,
            _ => return,
        };
        let (_, order) = self.order(order.get()).expect("invariant: judged");
        let waiting = self.lines_of(order).iter().filter(|line| line.waiting > 0);
        let skus: BTreeSet<u32> = waiting.map(|line| line.sku).collect();
        for (_, review) in self.reviews.iter_mut().filter(|(sku, _)| skus.contains(sku)) {
            review.after = None;
        }
    }

    fn date_again(&mut self, (placed, line): (u64, u16), is_promised: bool) {
        let Some(promise) = self.promise(placed, line) else { return };
        let old = Some(promise.date).filter(|date| *date != EngineSecond::NONE);
        let latest = promise.parts.keys().map(|supply| self.supplies[supply].eta).max();
        let date = match latest {
            Some(latest) if is_promised => date_after(old, latest, self.time),
            Some(_) => return,
            None => EngineSecond::NONE,
        };
        let order = self.orders.partition_point(|order| order.placed < placed);
        self.leave_book(order, line);
        match latest {
            Some(_) => {
                let promise = self.promises.get_mut(&(placed, line));
                promise.expect("invariant: looked up before").date = date;
            }
            None => {
                self.promises.remove(&(placed, line));
            }
        }
        self.keep_waiting(order, line);
    }
}
