//! What was judged, in numbers.

use gantry_model::{Command, CommandKind, MovementKind, Record};

/// Counts since the oracle began. Orders are those asked for; repeats of an id count as asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Records.
    pub records: u64,
    /// Of those: the engine's own, marks and what leaves memory.
    pub own: u64,
    /// Commands that were answered.
    pub commands: u64,
    /// Queries that were answered.
    pub queries: u64,
    /// `place_order` commands that were answered.
    pub orders_asked: u64,
    /// Orders with a record: accepted, or rejected for want of stock.
    pub orders: u64,
    /// Of those: accepted.
    pub accepted: u64,
    /// Of the orders: held against every plan. Others were judged by the rules that bind any plan.
    pub tried: u64,
    /// With a unit allocated when placed.
    pub allocated: u64,
    /// Allocated from two or more warehouses.
    pub split: u64,
    /// With a unit that waits.
    pub waiting: u64,
    /// Commands rejected with a record.
    pub rejected: u64,
    /// Commands refused without a record.
    pub refused: u64,
    /// Commands refused because the disk was full.
    pub no_space: u64,
    /// Commands whose id was answered before, with the same content or other.
    pub repeated: u64,
    /// Items that were malformed.
    pub malformed: u64,
}

impl Figures {
    pub(super) fn asked(&mut self, kind: CommandKind) {
        self.commands += 1;
        self.orders_asked += u64::from(kind == CommandKind::PlaceOrder);
    }

    pub(super) fn entered(&mut self, record: &Record<'_>, is_tried: bool) {
        self.records += 1;
        self.own += u64::from(record.command.id().is_none());
        let is_accepted = record.outcome.head.is_accepted();
        self.rejected += u64::from(!is_accepted);
        if !matches!(record.command, Command::PlaceOrder(_)) {
            return;
        }
        let has = |kind| record.movements.iter().any(|movement| movement.kind() == kind);
        self.orders += 1;
        self.accepted += u64::from(is_accepted);
        self.tried += u64::from(is_tried);
        self.allocated += u64::from(has(MovementKind::Allocated));
        self.split += u64::from(record.outcome.head.parcels() > 1);
        self.waiting += u64::from(has(MovementKind::Backordered));
    }
}
