//! What a swap does to the two orders.

use gantry_model::{Record, SwapUnits};

use super::{State, places_of};

impl State {
    /// Moves the units that two orders give each other. What then is where has figures of its own,
    /// and nobody has proven anything of it.
    pub(super) fn apply_swap(&mut self, record: &Record<'_>, command: &SwapUnits) {
        let slots = [command.first, command.second]
            .map(|order| self.order_slot(order).expect("invariant: an open order is in memory"));
        for slot in slots {
            self.take_order(slot);
            self.count_matched(slot, record);
        }
        let first = self.orders.row(slots[0]).placed;
        for movement in record.movements {
            let slot = slots[usize::from(movement.order() != first)];
            self.move_allocation(slot, movement);
        }
        for slot in slots {
            self.count_released(slot, record.movements, record.time);
            let view = self.orders.view(slot);
            let figures = self.figures(&view, &places_of(&view), record.time);
            let row = self.orders.row_mut(slot);
            (row.parcels, row.cost_minor) = (figures.parcels, figures.cost_minor);
            let detail = self.orders.detail_mut(slot);
            (detail.proof, detail.gap) = (None, 0);
            self.put_order(slot);
        }
    }
}
