//! Supplies: units that are expected, where, and by when; a line of a purchase order each.
//!
//! A supply is found by its id, by the record that announced it, and by its SKU in the order in
//! which supplies come in. It is here while anything of it is expected or promised.

use std::collections::{BTreeMap, BTreeSet};

use gantry_model::{EngineSecond, SUPPLIES_MAX, Sequence, Sku, SupplyId, Warehouse};

/// Units of a SKU that are expected at a warehouse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SupplyRow {
    /// The id that the client chose.
    pub id: SupplyId,
    /// The record that announced it.
    pub placed: Sequence,
    /// The SKU.
    pub sku: Sku,
    /// Where it comes in.
    pub warehouse: Warehouse,
    /// When the rest comes in.
    pub eta: EngineSecond,
    /// Units in all.
    pub expected: u32,
    /// Units of them that have come in.
    pub received: u32,
    /// Units that are promised to lines: those of all promises on it.
    pub promised: u32,
    /// Lines to which it is promised.
    pub lines: u32,
}

impl SupplyRow {
    /// Units that are still expected.
    #[must_use]
    pub const fn open(&self) -> u32 {
        self.expected - self.received
    }

    /// Whether nothing of it is expected any more.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        self.open() == 0
    }

    const fn is_over(&self) -> bool {
        self.is_closed() && self.promised == 0
    }
}

/// See the module.
#[derive(Debug, Default)]
pub struct Supplies {
    rows: BTreeMap<Sequence, SupplyRow>,
    by_id: BTreeMap<SupplyId, Sequence>,
    by_sku: BTreeSet<(Sku, EngineSecond, Sequence)>,
}

impl Supplies {
    /// Supplies that are there.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether nothing is expected.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether there may be another.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.len() < SUPPLIES_MAX
    }

    /// A supply that is there, be it closed.
    #[must_use]
    pub fn find(&self, id: SupplyId) -> Option<&SupplyRow> {
        self.by_id.get(&id).map(|placed| &self.rows[placed])
    }

    /// The supply that a record announced.
    #[must_use]
    pub fn get(&self, placed: Sequence) -> Option<&SupplyRow> {
        self.rows.get(&placed)
    }

    /// The supplies of a SKU, in the order in which they come in.
    pub fn of_sku(&self, sku: Sku) -> impl DoubleEndedIterator<Item = &SupplyRow> {
        let first = (sku, EngineSecond::new(0), Sequence::NONE);
        let of_sku = self.by_sku.range(first..=(sku, EngineSecond::NONE, Sequence::MAX));
        of_sku.map(|(_, _, placed)| &self.rows[placed])
    }

    /// Every supply, in the order in which they were announced.
    pub fn iter(&self) -> impl Iterator<Item = &SupplyRow> {
        self.rows.values()
    }

    pub(super) fn add(&mut self, row: SupplyRow) {
        self.by_id.insert(row.id, row.placed);
        self.by_sku.insert((row.sku, row.eta, row.placed));
        let before = self.rows.insert(row.placed, row);
        assert!(before.is_none(), "a record announces one supply");
    }

    /// Changes a supply and lets it go once it is over; returns it as it was and, if it is there
    /// still, as it is.
    pub(super) fn change(
        &mut self,
        placed: Sequence,
        change: impl FnOnce(&mut SupplyRow),
    ) -> (SupplyRow, Option<SupplyRow>) {
        let row = self.rows.get_mut(&placed).expect("invariant: what is promised is expected");
        let before = *row;
        change(row);
        let after = *row;
        self.by_sku.remove(&(before.sku, before.eta, placed));
        if after.is_over() {
            self.rows.remove(&placed);
            self.by_id.remove(&after.id);
            return (before, None);
        }
        self.by_sku.insert((after.sku, after.eta, placed));
        (before, Some(after))
    }

    /// Counts lines to which it is promised; no row says how many.
    pub(super) fn count_line(&mut self, placed: Sequence, delta: i32) {
        if let Some(row) = self.rows.get_mut(&placed) {
            row.lines = row.lines.wrapping_add_signed(delta);
        }
    }
}
