//! Orders that are given up at a time: what still waits then is cancelled.

use gantry_model::{
    CommandId, EngineSecond, EngineTime, GiveUp, LineUnits, OrderId, OrderUnits, OutcomeHead,
    Record, RejectReason, SetCancelAt, Warehouse,
};

use super::book::{Book, OrderBook};
use super::decide::{expect, expect_movements, expect_own};
use super::freed;
use super::no::{No, refuse_if};
use super::replies::units;
use super::units::{cancel, open_order};

impl Book {
    /// When the order that `placed` placed is given up.
    pub(super) fn cancel_at(&self, placed: u64) -> EngineSecond {
        self.cancel_at.get(&placed).copied().unwrap_or(EngineSecond::NONE)
    }

    /// The order that is given up next: when, and the record that placed it.
    pub(super) fn next_given_up(&self) -> Option<(EngineSecond, u64)> {
        self.cancel_at.iter().map(|(placed, at)| (*at, *placed)).min()
    }

    pub(super) fn enter_cancel_at(&mut self, command: &SetCancelAt) {
        let (_, order) = self.order(command.order.get()).expect("invariant: judged");
        let placed = order.placed;
        match command.cancel_at {
            EngineSecond::NONE => self.cancel_at.remove(&placed),
            cancel_at => self.cancel_at.insert(placed, cancel_at),
        };
    }

    pub(super) fn enter_given_up(&mut self, command: &GiveUp, record: &Record<'_>) {
        let (at, order) = self.order(command.order.get()).expect("invariant: judged");
        let placed = order.placed;
        self.move_order(at, record);
        self.cancel_at.remove(&placed);
    }
}

pub(super) fn set_cancel_at(
    book: &Book,
    command: &SetCancelAt,
    time: u64,
) -> Result<OutcomeHead, No> {
    open_order(book, command.order)?;
    let is_past = command.cancel_at.is_past(EngineTime::new(time));
    refuse_if(is_past, RejectReason::CancelAtInPast)?;
    Ok(OutcomeHead::accepted(0, 0))
}

/// Judges the engine's note that an order is given up: it is the next one, its time has come, and
/// all that waits is cancelled.
pub(super) fn judge(book: &Book, record: &Record<'_>, command: &GiveUp) -> Result<(), String> {
    expect_own(record)?;
    let (cancel_at, placed) = book.next_given_up().ok_or("no order is given up")?;
    let at = book.orders.partition_point(|order| order.placed < placed);
    let order = &book.orders[at];
    let said = (command.order, command.cancel_at);
    let is_next = said == (OrderId::new(order.id), cancel_at) && cancel_at.is_past(record.time);
    expect(is_next, || format!("next is {order:?}, at {cancel_at}"))?;
    let mut movements = Vec::new();
    let waiting = waiting_units(book, order);
    if !waiting.is_empty() {
        let all = OrderUnits { id: CommandId::NONE, order: command.order, units: &waiting };
        let cancelled = cancel(book, &all, record.sequence, &mut movements);
        cancelled.map_err(|no| format!("the rules say {no:?}"))?;
        freed::add(book, record.sequence, &mut movements);
    }
    expect_movements(record, &movements)
}

/// What waits of an order, line by line.
fn waiting_units(book: &Book, order: &OrderBook) -> Vec<LineUnits> {
    let waiting = (0..).zip(book.lines_of(order)).filter(|(_, row)| row.waiting > 0);
    waiting.map(|(line, row)| LineUnits::new(line, Warehouse::NONE, units(row.waiting))).collect()
}
