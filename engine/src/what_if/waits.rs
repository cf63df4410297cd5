//! How long units wait: when the orders were placed of which some do.

use std::collections::BTreeMap;

use gantry_model::{EngineTime, Movement, MovementKind, Sequence};

/// When each order was placed of which units had to wait, by the record that placed it.
#[derive(Debug, Default)]
pub(super) struct Waits {
    placed: BTreeMap<Sequence, EngineTime>,
}

impl Waits {
    /// Notes an order that was placed, if units of it wait.
    pub(super) fn note(&mut self, movements: &[Movement], time: EngineTime) {
        let waits = movements.iter().find(|it| it.kind() == MovementKind::Backordered);
        self.placed.extend(waits.map(|movement| (movement.order(), time)));
    }

    /// Units that a look at waiting lines gave to a line, and the nanoseconds that each had waited.
    pub(super) fn served(
        &self,
        movements: &[Movement],
        now: EngineTime,
    ) -> impl Iterator<Item = (u64, u64)> {
        let served = movements.iter().filter(|it| it.kind() == MovementKind::Dequeued);
        served.map(move |movement| {
            let placed = self.placed[&movement.order()];
            (u64::from(movement.quantity().unsigned_abs()), now.get() - placed.get())
        })
    }
}
