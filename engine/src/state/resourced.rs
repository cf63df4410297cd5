//! What sourcing an order again does to it.

use gantry_model::{OrderId, Record};

use super::State;
use super::orders::OrderDetailRow;

impl State {
    /// Moves an order's units to where the plan has them, whose figures become the order's. Without
    /// movements no better plan was found.
    pub(super) fn apply_resource(&mut self, record: &Record<'_>, order: OrderId) {
        if record.movements.is_empty() {
            return;
        }
        let slot = self.order_slot(order).expect("invariant: an open order is in memory");
        self.take_order(slot);
        // An order counts where it had no parcel before, and no longer where it has none after.
        self.count_matched(slot, record);
        self.move_placed(slot, record);
        self.count_released(slot, record.movements, record.time);
        let head = record.outcome.head;
        let row = self.orders.row_mut(slot);
        (row.parcels, row.cost_minor) = (head.parcels(), head.cost_minor());
        let detail = self.orders.detail_mut(slot);
        (detail.proof, detail.gap) = (head.proof(), OrderDetailRow::gap_of(head.gap()));
        self.put_order(slot);
    }
}
