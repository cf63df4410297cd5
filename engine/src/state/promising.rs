//! How records change what is expected and promised.
//!
//! A record's movements say which units of which supplies are promised to which lines; from these
//! follow the dates of the lines, and with them their places in the books. So a line's promise is
//! taken out of its indexes at the first movement that touches it, and put back at the record's end.

use std::collections::BTreeMap;

use gantry_model::{
    ChangeSupply, Command, EngineSecond, EngineTime, ExpectSupply, MatchEnd, Movement,
    MovementKind, Promise, ReceiveSupply, Record, Sequence, Sku, SupplyId, WaitKey,
};

use super::expected::SupplyRow;
use super::orders::OrderRow;
use super::promises::{LineAt, LinePromiseRow, PromisePart, ReviewRow, Touched};
use super::{State, rows};

impl State {
    /// The place of an order's line in the book of its SKU, if it waits.
    pub(crate) fn wait_key(&self, order: &OrderRow, line: u16) -> WaitKey {
        let (priority_class, placed) = (order.priority_class, order.placed);
        WaitKey { priority_class, promised: self.promises.date(placed, line), placed, line }
    }

    /// The lines that wait for a SKU and have no promise, behind one of them or from the first on,
    /// with the slots of their orders.
    pub(crate) fn unpromised_lines(
        &self,
        sku: Sku,
        after: Option<WaitKey>,
    ) -> impl Iterator<Item = (WaitKey, u32)> {
        let mut from = after.map_or(WaitKey::FIRST, behind);
        std::iter::from_fn(move || {
            loop {
                let (key, slot) = self.books.from(sku, from).next()?;
                if key.promised == EngineSecond::NONE {
                    from = behind(key);
                    return Some((key, slot));
                }
                // Those of its class that have a promise stand before all that have none.
                let (promised, placed) = (EngineSecond::NONE, Sequence::NONE);
                from = WaitKey { promised, placed, line: 0, ..key };
            }
        })
    }

    /// The SKU whose promises are looked at next at time `now`: one that is under review, else one
    /// with a promise that was to be kept by now. One that is due is matched first.
    #[must_use]
    pub fn next_review(&self, now: EngineTime) -> Option<Sku> {
        let is_free = |sku: &Sku| !self.matching.is_due(*sku);
        let mut reviewed = self.reviews.in_order();
        reviewed.find(is_free).or_else(|| {
            let late = self.promises.by_date().take(LATE_PROMISES_LOOKED_AT);
            let late = late.take_while(|key| key.promised.is_past(now));
            let mut skus = late.filter_map(|key| self.promises.get(key.placed, key.line));
            skus.find_map(|row| Some(row.sku).filter(is_free))
        })
    }

    pub(super) fn apply_expect_supply(&mut self, command: &ExpectSupply, sequence: Sequence) {
        self.restore_supply(SupplyRow {
            id: command.id,
            placed: sequence,
            sku: command.sku,
            warehouse: command.warehouse,
            eta: command.eta,
            expected: command.quantity,
            received: 0,
            promised: 0,
            lines: 0,
        });
        self.review_if_waited_for(command.sku, sequence);
    }

    pub(super) fn apply_change_supply(&mut self, command: &ChangeSupply, sequence: Sequence) {
        let sku = self.change_found(command.supply, |row| {
            (row.expected, row.eta) = (command.quantity, command.eta);
        });
        self.review_if_waited_for(sku, sequence);
    }

    pub(super) fn apply_receive_supply(&mut self, command: &ReceiveSupply, record: &Record<'_>) {
        record.movements.iter().for_each(|it| self.move_supply(it, record.sequence));
        let sku = self.change_found(command.supply, |row| row.received += command.quantity);
        self.review_if_waited_for(sku, record.sequence);
    }

    /// Changes a supply that decide has found; returns its SKU.
    fn change_found(&mut self, id: SupplyId, change: impl FnOnce(&mut SupplyRow)) -> Sku {
        let row = self.supplies.find(id).expect("invariant: decide found the supply");
        let placed = row.placed;
        self.change_supply(placed, change)
    }

    fn change_supply(&mut self, placed: Sequence, change: impl FnOnce(&mut SupplyRow)) -> Sku {
        let (before, after) = self.supplies.change(placed, change);
        self.hash.take(self.hash_supply(&before));
        after.iter().for_each(|row| self.hash.put(self.hash_supply(row)));
        before.sku
    }

    /// Promised lines are made anew, or lines without a promise are promised something.
    pub(super) fn apply_promise(&mut self, record: &Record<'_>, command: &Promise) {
        let row = self.reviews.of(command.sku);
        let slots = self.slots_of_review(command, row);
        for movement in record.movements {
            if movement.kind().is_of_matching() {
                self.move_set_aside(movement, record.sequence);
                continue;
            }
            let at = (movement.order(), movement.line());
            let known = self.promises.get(at.0, at.1).map(|row| row.slot);
            let slot = known.or_else(|| slots.get(&at).copied());
            self.move_promise(slot.expect("invariant: the line waits"), movement);
        }
        let since = row.map_or(record.sequence, |row| row.since);
        let after = Some(command.last).filter(|last| *last != WaitKey::FIRST);
        let row = ReviewRow { since, after };
        self.set_review(command.sku, (command.end == MatchEnd::GoesOn).then_some(row));
    }

    /// The slots of the orders of the lines without a promise that were looked at.
    fn slots_of_review(&self, command: &Promise, row: Option<ReviewRow>) -> BTreeMap<LineAt, u32> {
        if command.last == WaitKey::FIRST {
            return BTreeMap::new();
        }
        let after = row.and_then(|row| row.after);
        let looked_at = self.unpromised_lines(command.sku, after);
        let looked_at = looked_at.take_while(|(key, _)| *key <= command.last);
        looked_at.map(|(key, slot)| ((key.placed, key.line), slot)).collect()
    }

    /// What a movement of a promise does to the line of the order at `slot`, and to the supply.
    pub(super) fn move_promise(&mut self, slot: u32, movement: &Movement) {
        let units = movement.quantity().unsigned_abs();
        let (at, supply) = ((movement.order(), movement.line()), movement.cause());
        let is_more = match movement.kind() {
            MovementKind::Promised => true,
            MovementKind::Unpromised => false,
            _ => return, // What is broken is told, and moves nothing.
        };
        let how = if is_more { Touched::Given } else { Touched::Less };
        self.touch_promise(at, (movement.sku(), slot), how);
        self.change_promise(at, supply, units, is_more);
    }

    /// Takes units that a line waits for no longer off its promise, if it has one: what comes in first
    /// before the rest.
    pub(super) fn take_off_promise(&mut self, slot: u32, movement: &Movement) {
        let at = (movement.order(), movement.line());
        let Some(row) = self.promises.get(at.0, at.1) else { return };
        let parts = self.parts_in_order(row);
        self.touch_promise(at, (movement.sku(), slot), Touched::Less);
        let mut left = movement.quantity().unsigned_abs();
        for part in parts {
            let units = part.units.min(left);
            if units > 0 {
                self.change_promise(at, part.supply, units, false);
            }
            left -= units;
        }
    }

    /// The parts of a promise in the order in which they come in.
    pub(crate) fn parts_in_order(&self, row: &LinePromiseRow) -> Vec<PromisePart> {
        let mut parts = row.parts.clone();
        parts.sort_by_key(|part| (self.eta_of(part), part.supply));
        parts
    }

    fn eta_of(&self, part: &PromisePart) -> EngineSecond {
        self.supplies.get(part.supply).map_or(EngineSecond::NONE, |row| row.eta)
    }

    fn touch_promise(&mut self, at: LineAt, (sku, slot): (Sku, u32), how: Touched) {
        let before = self.promises.get(at.0, at.1).map_or(0, |row| self.hash_line_promise(at, row));
        if self.promises.touch(at, (sku, slot), how) {
            self.hash.take(before);
            self.count_parts(at, -1);
        }
    }

    /// Counts a line, or no longer, at each supply of its promise.
    fn count_parts(&mut self, at: LineAt, delta: i32) {
        let Some(row) = self.promises.get(at.0, at.1) else { return };
        row.parts.iter().for_each(|part| self.supplies.count_line(part.supply, delta));
    }

    fn change_promise(&mut self, at: LineAt, supply: Sequence, units: u32, is_more: bool) {
        self.promises.change(at, supply, units, is_more);
        self.change_supply(supply, |row| match is_more {
            true => row.promised += units,
            false => row.promised -= units,
        });
    }

    /// What follows from an accepted record for promises: the dates of the lines that it touched, and
    /// which SKUs come under review.
    pub(super) fn settle_promises(&mut self, record: &Record<'_>) {
        if self.promises.is_touched() {
            let is_review = matches!(record.command, Command::Promise(_));
            for (at, how) in self.promises.take_touched() {
                let sku = self.settle_promise(at, how, record.time);
                if !is_review && how == Touched::Less {
                    self.review_if_waited_for(sku, record.sequence);
                }
            }
        }
        if !self.supplies.is_empty() {
            self.review_changed_lines(record);
        }
        if !self.reviews.is_empty() {
            self.look_again(record);
        }
    }

    /// A line that waits for less may be promised what was too little for it; one that waits for more
    /// because units were rejected is promised nothing by that record.
    fn review_changed_lines(&mut self, record: &Record<'_>) {
        let is_rejection = matches!(record.command, Command::RejectUnits(_));
        for movement in record.movements {
            let is_changed = match movement.kind() {
                MovementKind::Dequeued => true,
                MovementKind::Backordered => is_rejection,
                _ => false,
            };
            if is_changed && self.supplies.of_sku(movement.sku()).next().is_some() {
                self.review_if_waited_for(movement.sku(), record.sequence);
            }
        }
    }

    /// Gives a line that was touched its date, and its place by that; returns its SKU.
    fn settle_promise(&mut self, at: LineAt, how: Touched, now: EngineTime) -> Sku {
        let row =
            self.promises.get(at.0, at.1).expect("invariant: a line that was touched is there");
        let (sku, slot, before) = (row.sku, row.slot, row.date);
        let latest = row.parts.iter().map(|part| self.eta_of(part)).max();
        let after = match (latest, how) {
            (None, _) => EngineSecond::NONE,
            (Some(latest), Touched::Given) => date_after(before, latest, now),
            (Some(_), Touched::Less) => before,
        };
        if after != before {
            let order = *self.orders.row(slot);
            let key = self.wait_key(&order, at.1);
            self.books.move_line(sku, key, WaitKey { promised: after, ..key });
        }
        self.promises.put(at, after);
        self.count_parts(at, 1);
        let hash = self.promises.get(at.0, at.1).map_or(0, |row| self.hash_line_promise(at, row));
        self.hash.put(hash);
        sku
    }

    /// Where a line may have come to wait before the place that a review has come to, that begins
    /// anew with the first line.
    fn look_again(&mut self, record: &Record<'_>) {
        let skus: Vec<Sku> = match &record.command {
            Command::PlaceOrder(_) => {
                let waits = |it: &&Movement| it.kind() == MovementKind::Backordered;
                record.movements.iter().filter(waits).map(Movement::sku).collect()
            }
            Command::SetPriority(command) => {
                let slot = self.order_slot(command.order);
                let row = self.orders.row(slot.expect("invariant: an open order is in memory"));
                let lines = self.orders.lines(row).iter().filter(|line| line.waiting > 0);
                lines.map(|line| line.sku).collect()
            }
            _ => return,
        };
        for sku in skus {
            if let Some(row) = self.reviews.of(sku) {
                self.set_review(sku, Some(ReviewRow { after: None, ..row }));
            }
        }
    }

    /// Puts a SKU for which lines wait under review by the record `sequence`.
    fn review_if_waited_for(&mut self, sku: Sku, sequence: Sequence) {
        if self.books.units(sku) > 0 {
            self.set_review(sku, Some(ReviewRow { since: sequence, after: None }));
        }
    }

    pub(super) fn set_review(&mut self, sku: Sku, row: Option<ReviewRow>) {
        let before = self.reviews.set(sku, row);
        before.iter().for_each(|before| self.hash.take(self.hash_review(sku, before)));
        row.iter().for_each(|row| self.hash.put(self.hash_review(sku, row)));
    }

    /// A supply to which no line has a promise yet.
    pub(crate) fn restore_supply(&mut self, row: SupplyRow) {
        self.hash.put(self.hash_supply(&row));
        self.supplies.add(row);
    }

    /// What is promised to a waiting line of the order at `slot`.
    pub(crate) fn restore_promise(
        &mut self,
        (slot, line): (u32, u16),
        date: EngineSecond,
        parts: &[PromisePart],
    ) {
        let order = *self.orders.row(slot);
        let (at, sku) = ((order.placed, line), self.orders.lines(&order)[usize::from(line)].sku);
        let key = self.wait_key(&order, line);
        self.touch_promise(at, (sku, slot), Touched::Given);
        for part in parts {
            self.change_promise(at, part.supply, part.units, true);
        }
        self.promises.take_touched();
        self.books.move_line(sku, key, WaitKey { promised: date, ..key });
        self.promises.put(at, date);
        self.count_parts(at, 1);
        let row = self.promises.get(at.0, at.1).expect("invariant: it was put there");
        self.hash.put(self.hash_line_promise(at, row));
    }

    pub(crate) fn restore_review(&mut self, sku: Sku, row: ReviewRow) {
        self.set_review(sku, Some(row));
    }

    /// The sum of the hashes of a promise and its parts.
    pub(super) fn hash_line_promise(&self, at: LineAt, row: &LinePromiseRow) -> u128 {
        let parts = row.parts.iter().map(|part| rows::promise_part(at, part));
        parts.fold(rows::line_promise(at, row), u128::wrapping_add)
    }

    pub(super) fn hash_supply(&self, row: &SupplyRow) -> u128 {
        rows::supply((self.sku_hash(row.sku), self.warehouse_hash(row.warehouse)), row)
    }

    pub(super) fn hash_review(&self, sku: Sku, row: &ReviewRow) -> u128 {
        rows::review(self.sku_hash(sku), row)
    }
}

/// Promises whose time has come that are looked at for one of a SKU that is not due: the bound of the
/// search.
const LATE_PROMISES_LOOKED_AT: usize = 64;

/// The place right behind a line.
fn behind(key: WaitKey) -> WaitKey {
    WaitKey { line: key.line + 1, ..key }
}

/// The date of a line that is promised something that is there by `latest`: what it was told first is
/// put off, never brought forward, as long as it may still be kept.
pub(crate) fn date_after(
    before: EngineSecond,
    latest: EngineSecond,
    now: EngineTime,
) -> EngineSecond {
    let is_told = before != EngineSecond::NONE && !before.is_past(now);
    if is_told { before.max(latest) } else { latest }
}
