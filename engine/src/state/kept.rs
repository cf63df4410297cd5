//! What is kept for orders that wait until all of their units can be had.
//!
//! In each book the first line of such an order keeps what comes in from the lines behind it, up to
//! the units that it waits for, at the warehouses that serve its order. The first such order of all
//! is the first in each of its books: it gets all that it waits for, one unit after the other, and
//! then the next one does. So none waits for ever because smaller orders take what comes in.

use gantry_model::{EngineTime, Sequence, Sku, WaitKey, Warehouse};

use super::{State, is_barred};

/// Who wants units that are set aside: a line that waits, or all lines of an order that waits
/// complete.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claimant {
    /// The line that is looked at.
    pub(crate) key: WaitKey,
    pub(crate) is_complete: bool,
}

impl Claimant {
    /// Whether a keeper's line is served before. One of another order that waits complete is, if it
    /// is the first in a book where this order waits too.
    fn is_behind(&self, keeper: WaitKey) -> bool {
        keeper.placed != self.key.placed && (self.is_complete || keeper < self.key)
    }
}

impl State {
    /// The line of a book that keeps units from those behind it, and its order's slot; `gone` is an
    /// order that waits no longer. One that is stuck keeps nothing.
    pub(crate) fn keeper(&self, sku: Sku, gone: Option<Sequence>) -> Option<(WaitKey, u32)> {
        let keeps = |key: &WaitKey| Some(key.placed) != gone && !self.rejected.is_stuck(key.placed);
        self.books.complete(sku).find(|(key, _)| keeps(key))
    }

    /// The warehouses that may serve the order at `slot` at time `now`.
    pub(crate) fn may_serve(&self, slot: u32, warehouse: Warehouse, now: EngineTime) -> bool {
        let row = self.orders.row(slot);
        self.network.candidates(row.zone).any(|candidate| candidate.warehouse == warehouse)
            && !is_barred(self.rejected.bars(row.placed), warehouse, now)
    }

    /// What the keeper of a book keeps of the units that are set aside, rising by warehouse.
    pub(crate) fn kept(
        &self,
        (key, slot): (WaitKey, u32),
        set_aside: impl Iterator<Item = (Warehouse, u32)>,
        now: EngineTime,
    ) -> impl Iterator<Item = (Warehouse, u32)> {
        let row = self.orders.row(slot);
        let mut left = self.orders.lines(row)[usize::from(key.line)].waiting;
        set_aside.map(move |(warehouse, units)| {
            let kept = if self.may_serve(slot, warehouse, now) { units.min(left) } else { 0 };
            left -= kept;
            (warehouse, kept)
        })
    }

    /// Units set aside at a warehouse that a claimant may have: all but what is kept from it.
    pub(crate) fn claimable(
        &self,
        sku: Sku,
        warehouse: Warehouse,
        claimant: Claimant,
        now: EngineTime,
    ) -> u32 {
        let set_aside = self.matching.set_aside_at(sku, warehouse);
        let keeper = self.keeper(sku, None).filter(|(key, _)| claimant.is_behind(*key));
        let Some(keeper) = keeper else { return set_aside };
        let mut kept = self.kept(keeper, self.matching.set_aside(sku), now);
        let kept = kept.find(|(at, _)| *at == warehouse).map_or(0, |(_, units)| units);
        set_aside - kept
    }
}
