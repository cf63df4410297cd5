//! What is expected and promised, for the audit: its rows' hashes, and what ties them to the rest.

use std::collections::BTreeMap;

use gantry_model::{EngineSecond, PromiseKey, SUPPLIES_PER_PROMISE_MAX, Sequence};

use super::State;
use super::expected::SupplyRow;
use super::hash::StateHash;

impl State {
    pub(super) fn put_promises(&self, hash: &mut StateHash) {
        self.supplies.iter().for_each(|row| hash.put(self.hash_supply(row)));
        for (at, row) in self.promises.iter() {
            hash.put(self.hash_line_promise(at, row));
        }
        self.reviews.iter().for_each(|(sku, row)| hash.put(self.hash_review(sku, &row)));
    }

    /// No unit is promised twice, every promise is of a line that waits for just as much, and what
    /// cannot be kept is under review.
    pub(super) fn audit_promises(&self) {
        let mut promised: BTreeMap<Sequence, (u64, u32)> = BTreeMap::new();
        for ((placed, line), row) in self.promises.iter() {
            let order = self.orders.row(row.slot);
            let figures = self.orders.lines(order)[usize::from(line)];
            assert_eq!((order.placed, figures.sku), (placed, row.sku), "a promise is of its line");
            assert_eq!(row.units(), u64::from(figures.waiting), "of all that it waits for");
            assert_eq!(self.books.slot(row.sku, self.wait_key(order, line)), Some(row.slot));
            assert!(row.units() > 0 && row.date != EngineSecond::NONE, "and of some time");
            assert!(row.parts.len() <= SUPPLIES_PER_PROMISE_MAX, "of a few supplies");
            let key = PromiseKey { promised: row.date, placed, line };
            assert!(self.promises.by_date().any(|other| other == key), "found by its date");
            for part in &row.parts {
                let supply = self.supplies.get(part.supply).expect("what is promised is expected");
                assert_eq!(supply.sku, row.sku, "of its own SKU");
                assert_eq!(self.promises.of_supply(part.supply, key).next(), Some(key));
                let is_kept = row.date >= supply.eta || self.reviews.of(row.sku).is_some();
                assert!(is_kept, "what comes too late is under review");
                let (units, lines) = promised.entry(part.supply).or_default();
                (*units, *lines) = (*units + u64::from(part.units), *lines + 1);
            }
        }
        assert_eq!(self.promises.by_date().count(), self.promises.len(), "and nothing else is");
        for supply in self.supplies.iter() {
            let sums = promised.remove(&supply.placed).unwrap_or_default();
            assert_eq!((u64::from(supply.promised), supply.lines), sums, "a sum of promises");
            let lines = self.promises.of_supply(supply.placed, PromiseKey::FIRST).count();
            assert_eq!(lines, supply.lines as usize, "found by their supply");
            self.audit_supply(supply);
        }
        assert_eq!(self.supplies.len(), self.supplies.iter().count());
    }

    fn audit_supply(&self, supply: &SupplyRow) {
        assert!(supply.open() > 0 || supply.promised > 0, "a supply that is over is gone");
        assert_eq!(self.supplies.find(supply.id), Some(supply), "found by its id");
        assert!(self.supplies.of_sku(supply.sku).any(|other| other == supply), "and by its SKU");
        let is_kept = supply.promised <= supply.open() || self.reviews.of(supply.sku).is_some();
        assert!(is_kept, "what is promised too often is under review");
        let row = self.catalogue.sku(supply.sku);
        assert!(row.is_some_and(|row| row.tracked), "what comes in is counted");
    }
}
