//! Orders of which warehouses rejected units: how often, and which warehouses are spared till when.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use gantry_model::{
    EngineSecond, EngineTime, REJECTIONS_PER_ORDER_MAX, Record, RejectUnits, Sequence, Warehouse,
};

use super::{State, rows};

/// A warehouse that an order has nothing from until a time.
pub type Bar = (Warehouse, EngineTime);

/// What became of an order's units.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RejectedRow {
    /// Commands that rejected units of it since somebody looked after it.
    pub rejections: u32,
    /// The warehouses that did, rising, and when each may be asked again.
    pub bars: Vec<Bar>,
}

impl RejectedRow {
    /// Bars a warehouse until a time, or for longer if it is already.
    pub(crate) fn bar(&mut self, warehouse: Warehouse, until: EngineTime) {
        match self.bars.binary_search_by_key(&warehouse, |bar| bar.0) {
            Ok(at) => self.bars[at].1 = self.bars[at].1.max(until),
            Err(at) => self.bars.insert(at, (warehouse, until)),
        }
    }
}

/// See the module. Only open orders have a row.
#[derive(Debug, Default)]
pub struct Rejected {
    rows: BTreeMap<Sequence, (u32, RejectedRow)>,
    /// When each bar ends, whether or not it has: no more of them than there are bars.
    ends: BTreeSet<(EngineTime, Sequence, Warehouse)>,
}

impl Rejected {
    /// What became of the order that the record `placed` placed, if units of it were rejected.
    #[must_use]
    pub fn row(&self, placed: Sequence) -> Option<&RejectedRow> {
        self.rows.get(&placed).map(|(_, row)| row)
    }

    /// The warehouses that an order has nothing from for a while; some of them again by now.
    #[must_use]
    pub fn bars(&self, placed: Sequence) -> &[Bar] {
        self.row(placed).map_or(&[], |row| &row.bars)
    }

    /// Whether so many units of an order were rejected, so often, that somebody must look after it.
    #[must_use]
    pub fn is_stuck(&self, placed: Sequence) -> bool {
        self.row(placed).is_some_and(|row| row.rejections > REJECTIONS_PER_ORDER_MAX)
    }

    /// When the first bar ends that ends after `time`.
    pub(crate) fn first_end_after(&self, time: EngineTime) -> Option<EngineTime> {
        let last = (time, Sequence::MAX, Warehouse::NONE);
        self.ends.range((Bound::Excluded(last), Bound::Unbounded)).next().map(|(end, ..)| *end)
    }

    /// Every end of a bar, with the record that placed the order, and the warehouse.
    pub(crate) fn ends(&self) -> impl Iterator<Item = (EngineTime, Sequence, Warehouse)> {
        self.ends.iter().copied()
    }

    /// Sets the row of an order, or none; returns the one that was there.
    fn set(
        &mut self,
        placed: Sequence,
        slot: u32,
        row: Option<RejectedRow>,
    ) -> Option<RejectedRow> {
        let before = self.rows.remove(&placed).map(|(_, row)| row);
        for (warehouse, end) in before.iter().flat_map(|row| &row.bars) {
            self.ends.remove(&(*end, placed, *warehouse));
        }
        if let Some(row) = row {
            self.ends.extend(row.bars.iter().map(|(warehouse, end)| (*end, placed, *warehouse)));
            self.rows.insert(placed, (slot, row));
        }
        before
    }

    /// Every row, by the record that placed the order, with the order's slot.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Sequence, u32, &RejectedRow)> {
        self.rows.iter().map(|(placed, (slot, row))| (*placed, *slot, row))
    }
}

/// Whether a warehouse is among those that are spared at time `now`.
pub(crate) fn is_barred(bars: &[Bar], warehouse: Warehouse, now: EngineTime) -> bool {
    bars.iter().any(|(at, until)| *at == warehouse && now < *until)
}

impl State {
    /// Takes units of an order from warehouses that rejected them, and moves them to where they were
    /// sourced again.
    pub(super) fn apply_reject(&mut self, record: &Record<'_>, command: &RejectUnits<'_>) {
        let slot = self.order_slot(command.order).expect("invariant: an open order is in memory");
        self.take_order(slot);
        self.count_matched(slot, record);
        self.move_placed(slot, record);
        self.count_released(slot, record.movements, record.time);
        self.put_order(slot);
        let mut row = self.rejected_row(slot);
        row.rejections += 1;
        let cool_down_ns = u64::from(command.cool_down_seconds) * 1_000_000_000;
        let until = EngineTime::new(record.time.get().saturating_add(cool_down_ns));
        command.units.iter().for_each(|units| row.bar(units.warehouse(), until));
        self.set_rejected(slot, Some(row));
    }

    /// Lets an order of which units were rejected be sourced as others are again.
    pub(super) fn look_after(&mut self, slot: u32) {
        if self.rejected.row(self.orders.row(slot).placed).is_some() {
            let row = RejectedRow { rejections: 0, ..self.rejected_row(slot) };
            self.set_rejected(slot, Some(row));
        }
    }

    fn rejected_row(&self, slot: u32) -> RejectedRow {
        self.rejected.row(self.orders.row(slot).placed).cloned().unwrap_or_default()
    }

    pub(super) fn set_rejected(&mut self, slot: u32, row: Option<RejectedRow>) {
        let placed = self.orders.row(slot).placed;
        row.iter().for_each(|row| self.hash.put(self.hash_rejected(placed, row)));
        if let Some(before) = self.rejected.set(placed, slot, row) {
            self.hash.take(self.hash_rejected(placed, &before));
        }
    }

    /// The sum over an order's row and its bars.
    pub(super) fn hash_rejected(&self, placed: Sequence, row: &RejectedRow) -> u128 {
        let bars = row
            .bars
            .iter()
            .map(|(warehouse, until)| rows::bar(placed, self.warehouse_hash(*warehouse), *until));
        bars.fold(rows::rejected(placed, row.rejections), u128::wrapping_add)
    }

    /// Forgets what only open orders have.
    pub(super) fn forget_open(&mut self, slot: u32) {
        let placed = self.orders.row(slot).placed;
        if self.deadlines.of(placed) != EngineSecond::NONE {
            self.set_deadline(slot, EngineSecond::NONE);
        }
        self.set_rejected(slot, None);
    }
}
