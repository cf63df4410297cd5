//! What is known of orders of which warehouses rejected units: how often, and which of them are
//! spared for how long.

use std::collections::BTreeMap;

use gantry_model::{REJECTIONS_PER_ORDER_MAX, Record, RejectUnits};

use super::book::Book;

const SECOND_NS: u64 = 1_000_000_000;

/// An order of which units were rejected.
#[derive(Debug, Default)]
pub(super) struct RejectedBook {
    pub(super) rejections: u32,
    /// By warehouse: the time from which on it may serve the order again.
    pub(super) bars: BTreeMap<u16, u64>,
}

impl Book {
    /// How often units of the order that `placed` placed were rejected.
    pub(super) fn rejections(&self, placed: u64) -> u32 {
        self.rejected.get(&placed).map_or(0, |rejected| rejected.rejections)
    }

    /// Whether its waiting lines are left alone.
    pub(super) fn is_stuck(&self, placed: u64) -> bool {
        self.rejections(placed) > REJECTIONS_PER_ORDER_MAX
    }

    /// Whether a warehouse may not serve it at `time`.
    pub(super) fn is_barred(&self, placed: u64, warehouse: u16, time: u64) -> bool {
        let rejected = self.rejected.get(&placed);
        rejected.and_then(|order| order.bars.get(&warehouse)).is_some_and(|until| time < *until)
    }

    pub(super) fn enter_rejection(&mut self, command: &RejectUnits<'_>, record: &Record<'_>) {
        let (at, order) = self.order(command.order.get()).expect("invariant: judged");
        let placed = order.placed;
        self.move_order(at, record);
        let until = self.time + u64::from(command.cool_down_seconds) * SECOND_NS;
        let rejected = self.rejected.entry(placed).or_default();
        rejected.rejections += 1;
        for units in command.units {
            let bar = rejected.bars.entry(units.warehouse().get()).or_default();
            *bar = until.max(*bar);
        }
    }

    /// Somebody has taken care of it.
    pub(super) fn forget_rejections_of(&mut self, placed: u64) {
        if let Some(rejected) = self.rejected.get_mut(&placed) {
            rejected.rejections = 0;
        }
    }
}
