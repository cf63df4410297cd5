//! What is kept for orders that wait until all of them can be had.

use std::collections::BTreeMap;

use gantry_model::ShortMode;

use super::book::{Book, Waiting};
use super::case::Grant;

impl Book {
    /// The first line of a SKU's book whose order waits complete and is not stuck, the order `gone`
    /// aside.
    pub(super) fn keeper(&self, sku: u32, gone: Option<usize>) -> Option<&Waiting> {
        let row = self.the_sku(sku);
        if row.complete_count == 0 {
            return None;
        }
        let is_stuck = |order: usize| self.is_stuck(self.orders[order].placed);
        let is_it = |waiting: &&Waiting| {
            waiting.is_complete && gone != Some(waiting.order) && !is_stuck(waiting.order)
        };
        row.waiting.iter().find(is_it)
    }

    /// What the keeper keeps at `time` of units that are set aside, by warehouse.
    pub(super) fn kept(
        &self,
        keeper: Option<&Waiting>,
        set_aside: &BTreeMap<u16, i64>,
        time: u64,
    ) -> BTreeMap<u16, i64> {
        let Some(keeper) = keeper else { return BTreeMap::new() };
        let mut wanted = self.wanted(keeper);
        let mut kept = BTreeMap::new();
        for warehouse in self.candidates_of(keeper, time) {
            let Some(units) = set_aside.get(&warehouse) else { continue };
            let units = wanted.min(*units);
            kept.insert(warehouse, units);
            wanted -= units;
        }
        kept
    }

    /// What a line, and others of its order, may have of what is set aside for a SKU.
    pub(super) fn in_reach(&self, sku: u32, waiting: &Waiting, time: u64) -> Vec<Grant> {
        let set_aside = &self.the_sku(sku).set_aside;
        if set_aside.is_empty() {
            return Vec::new();
        }
        // Of an order that waits complete no line stands before the keeper: that would be it.
        let is_before = |keeper: &&Waiting| {
            let is_complete = self.orders[waiting.order].short == ShortMode::WaitComplete;
            keeper.order != waiting.order && (is_complete || keeper.key < waiting.key)
        };
        let keeper = self.keeper(sku, None).filter(is_before);
        let kept = self.kept(keeper, set_aside, time);
        let left = |(warehouse, units): (&u16, &i64)| {
            let kept = kept.get(warehouse).copied().unwrap_or(0);
            Grant { sku, warehouse: *warehouse, units: units - kept }
        };
        set_aside.iter().map(left).collect()
    }

    /// Units that are set aside for the keeper of a book when it is looked at and cannot be served,
    /// rising by warehouse; none, if it is another line.
    pub(super) fn kept_more(&self, waiting: &Waiting, sku: u32, time: u64) -> Vec<(u16, i64)> {
        let is_keeper = self.keeper(sku, None).is_some_and(|keeper| keeper.key == waiting.key);
        let row = self.the_sku(sku);
        if !is_keeper || !row.tracked {
            return Vec::new();
        }
        let kept = self.kept(Some(waiting), &row.set_aside, time);
        let mut left = self.wanted(waiting) - kept.values().sum::<i64>();
        let mut more = Vec::new();
        for warehouse in self.candidates_of(waiting, time) {
            let units = self.available(sku, warehouse).min(left);
            if units > 0 {
                more.push((warehouse, units));
                left -= units;
            }
        }
        more
    }

    /// The warehouses that may serve a line's order at `time`, rising.
    fn candidates_of(&self, waiting: &Waiting, time: u64) -> impl Iterator<Item = u16> {
        let order = &self.orders[waiting.order];
        let may_serve = move |warehouse: &u16| {
            let is_active = self.warehouses[usize::from(*warehouse)].active;
            is_active && !self.is_barred(order.placed, *warehouse, time)
        };
        self.zones[order.zone.index()].costs.keys().copied().filter(may_serve)
    }
}
