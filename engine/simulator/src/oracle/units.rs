//! The rules of cancelling and shipping units of an order.

use gantry_model::{
    LineUnits, Movement, MovementKind, OrderId, OrderUnits, OutcomeHead, RejectReason, Sequence,
    SetPriority, ShortMode, Sku, Warehouse,
};

use super::book::{Book, LineBook, OrderBook};
use super::freed::{push_due, waiting_after};
use super::no::{No, figure, no, refuse_if};

/// The order that a command names.
pub(super) struct Target<'a> {
    pub(super) book: &'a Book,
    pub(super) order: &'a OrderBook,
    pub(super) sequence: Sequence,
}

impl<'a> Target<'a> {
    pub(super) fn find(book: &'a Book, order: OrderId, sequence: Sequence) -> Result<Self, No> {
        let (_, order) = book.order(order.get()).ok_or(RejectReason::UnknownOrder)?;
        Ok(Self { book, order, sequence })
    }

    fn line(&self, line: u16) -> Result<&'a LineBook, No> {
        match self.book.lines_of(self.order).get(usize::from(line)) {
            Some(row) => Ok(row),
            None => no(RejectReason::UnknownLine, line, figure(self.order.line_count)),
        }
    }

    pub(super) fn movement(
        &self,
        kind: MovementKind,
        line: u16,
        sku: u32,
        at: u16,
        units: i64,
    ) -> Movement {
        let units = u32::try_from(units).expect("invariant: an order stays below 2^31 units");
        let (sku, at) = (Sku::new(sku), Warehouse::new(at));
        let order = Sequence::new(self.order.placed);
        Movement::of_order(kind, order, line, sku, at, units, self.sequence)
    }

    /// Whether units of a line are allocated at a warehouse.
    pub(super) fn check_allocated(&self, units: &LineUnits) -> Result<(), No> {
        self.line(units.line())?;
        let warehouse = units.warehouse();
        refuse_if(!self.book.knows_warehouse(warehouse), RejectReason::UnknownWarehouse)?;
        let here = self.book.allocations_of(self.order).iter().filter(|allocation| {
            allocation.line == units.line() && allocation.warehouse == warehouse.get()
        });
        check_quantity(units.quantity(), here.map(|allocation| allocation.allocated).sum())
    }

    /// A movement of a line's units at a warehouse, and those of the components behind it.
    pub(super) fn push(
        &self,
        kinds: [MovementKind; 2],
        line: u16,
        at: u16,
        units: i64,
        movements: &mut Vec<Movement>,
    ) {
        let sku = self.book.lines_of(self.order)[usize::from(line)].sku;
        movements.push(self.movement(kinds[0], line, sku, at, units));
        for (part, each) in &self.book.the_sku(sku).components {
            movements.push(self.movement(kinds[1], line, *part, at, units * i64::from(*each)));
        }
    }
}

pub(super) fn cancel(
    book: &Book,
    command: &OrderUnits<'_>,
    sequence: Sequence,
    movements: &mut Vec<Movement>,
) -> Result<OutcomeHead, No> {
    let target = Target::find(book, command.order, sequence)?;
    check_list(command.units)?;
    if command.units.is_empty() {
        let lines = book.lines_of(target.order);
        if lines.iter().all(|line| line.open() == 0) {
            return no(RejectReason::ExceedsOpen, 0, 0);
        }
        for (line, row) in (0..).zip(lines) {
            cancel_line(&target, line, row.open(), movements);
        }
    }
    for units in command.units {
        let row = target.line(units.line())?;
        let names_warehouse = units.warehouse() != Warehouse::NONE;
        refuse_if(names_warehouse, RejectReason::UnknownWarehouse)?;
        check_quantity(units.quantity(), row.open())?;
        cancel_line(&target, units.line(), units.quantity().into(), movements);
    }
    if target.order.short == ShortMode::WaitComplete {
        rest_is_due(&target, movements);
    }
    Ok(OutcomeHead::accepted(0, 0))
}

/// Without what is cancelled the rest may be had, and what was kept is for others.
fn rest_is_due(target: &Target<'_>, movements: &mut Vec<Movement>) {
    let Target { book, order, sequence } = *target;
    for line in book.lines_of(order).iter().filter(|line| line.waiting > 0) {
        let sku = Sku::new(line.sku);
        if book.units_set_aside(line.sku) > 0 || waiting_after(book, sku, movements) > 0 {
            push_due(sku, sequence, movements);
        }
    }
}

/// An order with units that are neither shipped nor cancelled.
pub(super) fn open_order(book: &Book, order: OrderId) -> Result<&OrderBook, No> {
    let (_, order) = book.order(order.get()).ok_or(RejectReason::UnknownOrder)?;
    let is_closed = book.lines_of(order).iter().all(|line| line.open() == 0);
    refuse_if(is_closed, RejectReason::OrderClosed)?;
    Ok(order)
}

/// The order's lines move in their books; where lines are looked at, or units set aside, that begins
/// again. Those of an order that was stuck are looked at for the first time since.
pub(super) fn set_priority(
    book: &Book,
    command: &SetPriority,
    sequence: Sequence,
    movements: &mut Vec<Movement>,
) -> Result<OutcomeHead, No> {
    let order = open_order(book, command.order)?;
    let is_stuck = book.is_stuck(order.placed);
    for line in book.lines_of(order).iter().filter(|line| line.waiting > 0) {
        if is_stuck || book.the_sku(line.sku).due.is_some() || book.units_set_aside(line.sku) > 0 {
            push_due(Sku::new(line.sku), sequence, movements);
        }
    }
    Ok(OutcomeHead::accepted(0, 0))
}

/// Waiting units first, then allocated ones from the last warehouse backwards.
fn cancel_line(target: &Target<'_>, line: u16, units: i64, movements: &mut Vec<Movement>) {
    if units == 0 {
        return;
    }
    let row = target.book.lines_of(target.order)[usize::from(line)];
    let nowhere = Warehouse::NONE.get();
    let waiting = row.waiting.min(units);
    if waiting > 0 {
        let kind = MovementKind::Dequeued;
        movements.push(target.movement(kind, line, row.sku, nowhere, waiting));
    }
    let mut left = units - waiting;
    for allocation in target.book.allocations_of(target.order).iter().rev() {
        let released = if allocation.line == line { allocation.allocated.min(left) } else { 0 };
        if released > 0 {
            let kinds = [MovementKind::Released, MovementKind::ComponentReleased];
            target.push(kinds, line, allocation.warehouse, released, movements);
            left -= released;
        }
    }
    let kind = MovementKind::Cancelled;
    movements.push(target.movement(kind, line, row.sku, nowhere, units));
}

pub(super) fn ship(
    book: &Book,
    command: &OrderUnits<'_>,
    sequence: Sequence,
    movements: &mut Vec<Movement>,
) -> Result<OutcomeHead, No> {
    let target = Target::find(book, command.order, sequence)?;
    refuse_if(command.units.is_empty(), RejectReason::NoLines)?;
    check_list(command.units)?;
    for units in command.units {
        target.check_allocated(units)?;
        let (kinds, at) =
            ([MovementKind::Shipped, MovementKind::ComponentShipped], units.warehouse().get());
        target.push(kinds, units.line(), at, units.quantity().into(), movements);
    }
    Ok(OutcomeHead::accepted(0, 0))
}

fn check_quantity(units: u32, there: i64) -> Result<(), No> {
    refuse_if(units == 0, RejectReason::QuantityNotPositive)?;
    if i64::from(units) > there {
        return no(RejectReason::ExceedsOpen, units, there);
    }
    Ok(())
}

pub(super) fn check_list(units: &[LineUnits]) -> Result<(), No> {
    let rises = units
        .is_sorted_by(|one, next| (one.line(), one.warehouse()) < (next.line(), next.warehouse()));
    refuse_if(!rises, RejectReason::ListNotRising)
}
