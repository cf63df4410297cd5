//! When things are to happen to an order, as answers show it: behind the rest, and only where there
//! is anything to say.

use std::collections::BTreeMap;

use gantry_model::{
    Command, EngineSecond, LinePromise, Movement, MovementKind, OrderDates, OrderId, ReplyHeader,
    ReplyWriter,
};

use crate::state::{OrderRow, State};

/// When an order is given up, if at all, and what is promised to its lines.
#[derive(Debug)]
pub(super) struct Dates {
    cancel_at: EngineSecond,
    promises: Vec<LinePromise>,
}

impl Dates {
    const NONE: Self = Self { cancel_at: EngineSecond::NONE, promises: Vec::new() };

    /// Of an order as it stands.
    pub(super) fn of(state: &State, order: &OrderRow) -> Self {
        let cancel_at = state.deadlines.of(order.placed);
        if state.promises.is_empty() {
            return Self { cancel_at, ..Self::NONE };
        }
        let promises = state.promises.of_order(order.placed);
        let promises = promises.map(|(line, row)| LinePromise::new(line, row.date)).collect();
        Self { cancel_at, promises }
    }

    /// Of an order that would be placed with these movements.
    pub(super) fn of_quote(state: &State, movements: &[Movement]) -> Self {
        let mut dates: BTreeMap<u16, EngineSecond> = BTreeMap::new();
        for movement in movements.iter().filter(|it| it.kind() == MovementKind::Promised) {
            let supply = state.supplies.get(movement.cause());
            let eta = supply.expect("invariant: what is promised is expected").eta;
            let date = dates.entry(movement.line()).or_insert(eta);
            *date = eta.max(*date);
        }
        let promises = dates.into_iter().map(|(line, date)| LinePromise::new(line, date));
        Self { promises: promises.collect(), ..Self::NONE }
    }

    fn is_any(&self) -> bool {
        self.cancel_at != EngineSecond::NONE || !self.promises.is_empty()
    }

    /// Begins a reply that tells of the order.
    pub(super) fn begin<'a>(
        &self,
        replies: &'a mut Vec<u8>,
        kind: u16,
        header: ReplyHeader,
    ) -> ReplyWriter<'a> {
        if self.is_any() {
            ReplyWriter::begin_dated(replies, kind, header)
        } else {
            ReplyWriter::begin(replies, kind, header)
        }
    }

    /// Puts them behind the order's rows.
    pub(super) fn put<'a>(&self, reply: ReplyWriter<'a>) -> ReplyWriter<'a> {
        if !self.is_any() {
            return reply;
        }
        let count = super::count(self.promises.len());
        reply.put(&OrderDates::new(self.cancel_at, count)).put(self.promises.as_slice())
    }
}

/// The order that a command is about, and its reply tells of.
pub(crate) fn order_of(command: &Command<'_>) -> Option<OrderId> {
    match command {
        Command::PlaceOrder(order) => Some(order.id),
        Command::CancelOrder(units) | Command::Ship(units) => Some(units.order),
        Command::SetPriority(priority) => Some(priority.order),
        Command::ResourceOrder(resource) => Some(resource.order),
        Command::SwapUnits(swap) => Some(swap.first),
        Command::SetCancelAt(command) => Some(command.order),
        Command::RejectUnits(units) => Some(units.order),
        _ => None,
    }
}
