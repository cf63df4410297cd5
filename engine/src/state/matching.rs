//! Which SKUs' waiting lines are to be looked at, and what is set aside for them meanwhile.
//!
//! Units that come in while lines wait are set aside by the movements of the record that brought
//! them, and given to lines by records that follow: what is still to be done is state, so a crash
//! in between loses nothing, and nobody slips in.

use std::collections::{BTreeMap, BTreeSet};

use gantry_model::{
    Channel, Match, MatchEnd, Movement, MovementKind, Record, Sequence, SetPriority, Sku, WaitKey,
    Warehouse,
};

use super::by_sku::{BySku, PlaceRow};
use super::{State, rows};

/// A SKU whose waiting lines are to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueRow {
    /// The record since which they are.
    pub since: Sequence,
    /// They have been, up to this one.
    pub after: Option<WaitKey>,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Matching {
    due: BTreeMap<Sku, DueRow>,
    /// The same, in the order in which they are worked off.
    order: BTreeSet<(Sequence, Sku)>,
    /// Units set aside by SKU and warehouse.
    pub(crate) set_aside: BySku,
}

impl Matching {
    /// The SKU whose lines are looked at next.
    #[must_use]
    pub fn next(&self) -> Option<(Sku, DueRow)> {
        let (_, sku) = self.order.first()?;
        Some((*sku, self.due[sku]))
    }

    /// Whether the lines of a SKU are to be looked at.
    #[must_use]
    pub fn is_due(&self, sku: Sku) -> bool {
        self.due.contains_key(&sku)
    }

    /// Units set aside for the lines of a SKU, at all warehouses.
    #[must_use]
    pub fn set_aside_of(&self, sku: Sku) -> u64 {
        self.set_aside.of(sku).iter().map(|row| u64::from(row.value)).sum()
    }

    /// Units set aside for the lines of a SKU, rising by warehouse.
    pub(crate) fn set_aside(&self, sku: Sku) -> impl Iterator<Item = (Warehouse, u32)> {
        self.set_aside.of(sku).iter().map(|row| (row.warehouse, row.value))
    }

    /// Units set aside for the lines of a SKU at a warehouse.
    #[must_use]
    pub fn set_aside_at(&self, sku: Sku, warehouse: Warehouse) -> u32 {
        let rows = self.set_aside.of(sku);
        let at = rows.binary_search_by_key(&warehouse, |row| row.warehouse);
        at.map_or(0, |at| rows[at].value)
    }

    /// Every SKU that is due, in order of handle.
    pub(crate) fn due(&self) -> impl Iterator<Item = (Sku, DueRow)> {
        self.due.iter().map(|(sku, row)| (*sku, *row))
    }

    fn set(&mut self, sku: Sku, row: Option<DueRow>) -> Option<DueRow> {
        let before = match row {
            Some(row) => self.due.insert(sku, row),
            None => self.due.remove(&sku),
        };
        if let Some(before) = before {
            self.order.remove(&(before.since, sku));
        }
        if let Some(row) = row {
            self.order.insert((row.since, sku));
        }
        before
    }
}

impl State {
    /// Makes the lines of a SKU due from the first on, by the record `sequence`. Where a look is under
    /// way it begins anew behind those of other SKUs, so that none of them waits for ever.
    pub(super) fn make_due(&mut self, sku: Sku, sequence: Sequence) {
        self.set_due(sku, Some(DueRow { since: sequence, after: None }));
    }

    pub(super) fn set_due(&mut self, sku: Sku, row: Option<DueRow>) {
        let before = self.matching.set(sku, row);
        before.into_iter().for_each(|before| self.hash.take(self.hash_due(sku, &before)));
        row.iter().for_each(|row| self.hash.put(self.hash_due(sku, row)));
    }

    /// What a movement of units that are set aside does: `Due`, `SetAside` and `GivenBack`.
    pub(super) fn move_set_aside(&mut self, movement: &Movement, sequence: Sequence) {
        let (sku, warehouse) = (movement.sku(), movement.warehouse());
        let delta = match movement.kind() {
            MovementKind::Due => return self.make_due(sku, sequence),
            MovementKind::SetAside => i64::from(movement.quantity()),
            MovementKind::GivenBack => -i64::from(movement.quantity()),
            other => unreachable!("{} sets nothing aside", other.name()),
        };
        self.change_held(sku, warehouse, delta);
        let units = i64::from(self.matching.set_aside_at(sku, warehouse)) + delta;
        let units = u32::try_from(units).expect("invariant: what is given back was set aside");
        self.put_set_aside(sku, warehouse, units);
    }

    /// Changes the held units of a cell, their sum and their hash.
    pub(super) fn change_held(&mut self, sku: Sku, warehouse: Warehouse, delta: i64) {
        let before = self.stock.cell(sku, warehouse);
        self.stock.change_held(sku, warehouse, delta);
        let after = self.stock.cell(sku, warehouse);
        self.hash.take(self.hash_stock(sku, warehouse, &before));
        self.hash.put(self.hash_stock(sku, warehouse, &after));
        self.totals.held = self.totals.held + u64::from(after.held) - u64::from(before.held);
    }

    pub(super) fn put_set_aside(&mut self, sku: Sku, warehouse: Warehouse, units: u32) {
        let row = PlaceRow { warehouse, channel: Channel::NONE, value: units };
        let before = self.matching.set_aside.set(sku, row);
        before.iter().for_each(|before| self.hash.take(self.hash_set_aside(sku, before)));
        self.hash.put(self.hash_set_aside(sku, &row));
    }

    pub(super) fn apply_match(&mut self, record: &Record<'_>, looked: &Match) {
        let is_served = record.movements.iter().any(|it| it.kind() == MovementKind::Dequeued);
        if is_served {
            let slot = self.books.slot(looked.sku, looked.last);
            self.apply_served(slot.expect("invariant: decide found the line"), record);
        } else {
            record.movements.iter().for_each(|it| self.move_set_aside(it, record.sequence));
        }
        let before = self.matching.due.get(&looked.sku);
        let since = before.expect("invariant: decide found the SKU due").since;
        let row = DueRow { since, after: Some(looked.last) };
        self.set_due(looked.sku, (looked.end == MatchEnd::GoesOn).then_some(row));
    }

    /// Puts the waiting lines of an order where its new class has them in their books.
    pub(super) fn apply_priority(&mut self, record: &Record<'_>, command: &SetPriority) {
        let slot = self.order_slot(command.order).expect("invariant: an open order is in memory");
        self.take_order(slot);
        let row = *self.orders.row(slot);
        for (line, figures) in (0..).zip(self.orders.lines(&row)) {
            if figures.waiting > 0 {
                let before = self.wait_key(&row, line);
                let after = WaitKey { priority_class: command.priority_class, ..before };
                self.books.take(figures.sku, before, figures.waiting, true);
                self.books.add(figures.sku, (after, slot), figures.waiting, row.short);
            }
        }
        self.orders.row_mut(slot).priority_class = command.priority_class;
        self.put_order(slot);
        self.look_after(slot);
        record.movements.iter().for_each(|it| self.move_set_aside(it, record.sequence));
    }

    /// Gives a waiting line of the order at `slot` its units.
    fn apply_served(&mut self, slot: u32, record: &Record<'_>) {
        self.take_order(slot);
        self.count_matched(slot, record);
        self.move_placed(slot, record);
        self.put_order(slot);
    }

    pub(super) fn hash_due(&self, sku: Sku, row: &DueRow) -> u128 {
        rows::due(self.sku_hash(sku), row)
    }

    /// No row where nothing is set aside.
    pub(super) fn hash_set_aside(&self, sku: Sku, row: &PlaceRow) -> u128 {
        if row.value == 0 {
            return 0;
        }
        rows::set_aside(self.sku_hash(sku), self.warehouse_hash(row.warehouse), row.value)
    }
}
