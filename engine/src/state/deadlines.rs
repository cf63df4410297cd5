//! When open orders are given up: what they still wait for then is cancelled.

use std::collections::BTreeMap;

use gantry_model::{EngineSecond, OrderId, Record, Sequence};

use super::{State, rows};

/// The times by order, and the orders by time. Only open orders have one.
#[derive(Debug, Default)]
pub struct Deadlines {
    by_order: BTreeMap<Sequence, EngineSecond>,
    /// The slots of the orders, in the order in which they are given up.
    by_time: BTreeMap<(EngineSecond, Sequence), u32>,
}

impl Deadlines {
    /// When the order that the record `placed` placed is given up, or [`EngineSecond::NONE`].
    #[must_use]
    pub fn of(&self, placed: Sequence) -> EngineSecond {
        self.by_order.get(&placed).copied().unwrap_or(EngineSecond::NONE)
    }

    /// The order that is given up first: when, and its slot.
    #[must_use]
    pub fn first(&self) -> Option<(EngineSecond, u32)> {
        self.by_time.first_key_value().map(|((at, _), slot)| (*at, *slot))
    }

    /// Every order with a time, the one that is given up first before the others, with its slot.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (EngineSecond, Sequence, u32)> {
        self.by_time.iter().map(|((at, placed), slot)| (*at, *placed, *slot))
    }

    /// Orders with a time.
    pub(crate) fn len(&self) -> usize {
        self.by_order.len()
    }

    fn set(&mut self, placed: Sequence, slot: u32, at: EngineSecond) {
        if let Some(before) = self.by_order.remove(&placed) {
            self.by_time.remove(&(before, placed));
        }
        if at != EngineSecond::NONE {
            self.by_order.insert(placed, at);
            self.by_time.insert((at, placed), slot);
        }
    }
}

impl State {
    pub(super) fn apply_cancel_at(&mut self, order: OrderId, at: EngineSecond) {
        let slot = self.order_slot(order).expect("invariant: an open order is in memory");
        self.set_deadline(slot, at);
    }

    /// Cancels what the order waits for, and closes it if that was all that was left.
    pub(super) fn apply_give_up(&mut self, record: &Record<'_>, order: OrderId) {
        self.apply_cancel_at(order, EngineSecond::NONE);
        self.apply_to_order(order, record);
    }

    pub(super) fn set_deadline(&mut self, slot: u32, at: EngineSecond) {
        let placed = self.orders.row(slot).placed;
        self.hash.take(rows::deadline(placed, self.deadlines.of(placed)));
        self.deadlines.set(placed, slot, at);
        self.hash.put(rows::deadline(placed, at));
    }
}
