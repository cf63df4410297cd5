//! Cancelling and shipping units of an order.

use gantry_journal::mark;
use gantry_model::{
    LineUnits, Movement, MovementKind, OrderId, OrderUnits, OutcomeHead, RejectReason, Sequence,
    SetPriority, ShortMode, Warehouse,
};

use super::due::{make_due, waiting_after};
use super::{Decision, Rejection, push_components};
use crate::archive::Known;
use crate::state::{AllocationRow, LineRow, OrderRow, OrderView, State};

/// An order as its commands see it.
struct Target<'a> {
    row: &'a OrderRow,
    lines: &'a [LineRow],
    allocations: &'a [AllocationRow],
    sequence: Sequence,
}

impl<'a> Target<'a> {
    fn find(known: Known<'a>, order: OrderId, sequence: Sequence) -> Result<Self, Rejection> {
        let order = known.order(order).ok_or(RejectReason::UnknownOrder)?;
        let OrderView { row, lines, allocations, .. } = order;
        Ok(Self { row, lines, allocations, sequence })
    }

    fn line(&self, line: u16) -> Result<&'a LineRow, Rejection> {
        self.lines.get(usize::from(line)).ok_or_else(|| {
            let (actual, lines) = (i64::from(line), i64::from(self.row.line_count));
            Rejection::of(RejectReason::UnknownLine, actual, lines)
        })
    }

    fn movement(
        &self,
        kind: MovementKind,
        line: u16,
        warehouse: Warehouse,
        units: u32,
    ) -> Movement {
        let sku = self.lines[usize::from(line)].sku;
        Movement::of_order(kind, self.row.placed, line, sku, warehouse, units, self.sequence)
    }
}

/// Withdraws the units named, or all that has not shipped where none are named.
pub(super) fn cancel(
    known: Known<'_>,
    command: &OrderUnits<'_>,
    sequence: Sequence,
    decision: &mut Decision,
) -> Result<OutcomeHead, Rejection> {
    let state = known.state;
    let target = Target::find(known, command.order, sequence)?;
    check_pairs(command.units)?;
    if command.units.is_empty() {
        if target.row.open_units == 0 {
            return Err(Rejection::of(RejectReason::ExceedsOpen, 0, 0));
        }
        for line in 0..target.row.line_count {
            let row = target.line(line)?;
            cancel_line(state, &target, line, row.allocated + row.waiting, decision);
        }
    }
    for units in command.units {
        let row = target.line(units.line())?;
        if units.warehouse() != Warehouse::NONE {
            return Err(RejectReason::UnknownWarehouse.into());
        }
        check_quantity(units.quantity(), row.allocated + row.waiting)?;
        cancel_line(state, &target, units.line(), units.quantity(), decision);
    }
    if target.row.short == ShortMode::WaitComplete {
        make_rest_due(state, target.lines, sequence, decision);
    }
    Ok(OutcomeHead::accepted(0, 0))
}

/// Without what is cancelled the rest of an order that waits complete may be had, and what was kept
/// for it is for others.
pub(super) fn make_rest_due(
    state: &State,
    lines: &[LineRow],
    sequence: Sequence,
    decision: &mut Decision,
) {
    for line in lines.iter().filter(|line| line.waiting > 0) {
        let is_set_aside = state.matching.set_aside_of(line.sku) > 0;
        if is_set_aside || waiting_after(state, line.sku, &decision.movements) > 0 {
            make_due(line.sku, sequence, decision);
        }
    }
}

/// Cancels `units` of a line: waiting ones first, because they promise nothing; then allocated
/// ones from the last warehouse of the plan backwards.
fn cancel_line(state: &State, target: &Target<'_>, line: u16, units: u32, decision: &mut Decision) {
    if units == 0 {
        return;
    }
    let waiting = target.lines[usize::from(line)].waiting.min(units);
    if waiting > 0 {
        let movement = target.movement(MovementKind::Dequeued, line, Warehouse::NONE, waiting);
        decision.movements.push(movement);
    }
    let mut left = units - waiting;
    let of_line = target.allocations.iter().rev().filter(|allocation| allocation.line == line);
    for allocation in of_line {
        let released = allocation.allocated.min(left);
        if released > 0 {
            let kind = MovementKind::Released;
            let movement = target.movement(kind, line, allocation.warehouse, released);
            decision.movements.push(movement);
            let parts = MovementKind::ComponentReleased;
            push_components(state, &movement, parts, &mut decision.movements);
            left -= released;
        }
    }
    assert_eq!(left, 0, "a line's units are waiting or at warehouses");
    let movement = target.movement(MovementKind::Cancelled, line, Warehouse::NONE, units);
    decision.movements.push(movement);
}

/// Changes when the waiting lines of an order are served. Where a look is under way, it begins
/// anew: a line may stand before the place that it has come to. An order that was stuck is looked at
/// again.
pub(super) fn set_priority(
    known: Known<'_>,
    command: &SetPriority,
    sequence: Sequence,
    decision: &mut Decision,
) -> Result<OutcomeHead, Rejection> {
    let target = Target::find(known, command.order, sequence)?;
    if target.row.open_units == 0 {
        return Err(RejectReason::OrderClosed.into());
    }
    let is_stuck = known.state.rejected.is_stuck(target.row.placed);
    if is_stuck {
        mark!("stuck order freed");
    }
    for line in target.lines.iter().filter(|line| line.waiting > 0) {
        let matching = &known.state.matching;
        if is_stuck || matching.is_due(line.sku) || matching.set_aside_of(line.sku) > 0 {
            make_due(line.sku, sequence, decision);
        }
    }
    Ok(OutcomeHead::accepted(0, 0))
}

/// Ships allocated units from the warehouses where they are.
pub(super) fn ship(
    known: Known<'_>,
    command: &OrderUnits<'_>,
    sequence: Sequence,
    decision: &mut Decision,
) -> Result<OutcomeHead, Rejection> {
    let state = known.state;
    let target = Target::find(known, command.order, sequence)?;
    if command.units.is_empty() {
        return Err(RejectReason::NoLines.into());
    }
    check_pairs(command.units)?;
    for units in command.units {
        target.line(units.line())?;
        let warehouse = units.warehouse();
        if !state.catalogue.warehouses.contains(warehouse) {
            return Err(RejectReason::UnknownWarehouse.into());
        }
        let is_here = |allocation: &&AllocationRow| {
            allocation.line == units.line() && allocation.warehouse == warehouse
        };
        let allocated = target.allocations.iter().find(is_here).map_or(0, |row| row.allocated);
        check_quantity(units.quantity(), allocated)?;
        let kind = MovementKind::Shipped;
        let movement = target.movement(kind, units.line(), warehouse, units.quantity());
        decision.movements.push(movement);
        let parts = MovementKind::ComponentShipped;
        push_components(state, &movement, parts, &mut decision.movements);
    }
    Ok(OutcomeHead::accepted(0, 0))
}

pub(super) fn check_quantity(units: u32, open: u32) -> Result<(), Rejection> {
    if units == 0 {
        return Err(RejectReason::QuantityNotPositive.into());
    }
    if units > open {
        return Err(Rejection::of(RejectReason::ExceedsOpen, units.into(), open.into()));
    }
    Ok(())
}

/// Each pair of line and warehouse at most once; lists must rise, so that the check is linear.
pub(super) fn check_pairs(units: &[LineUnits]) -> Result<(), Rejection> {
    let key = |units: &LineUnits| (units.line(), units.warehouse());
    if units.is_sorted_by(|left, right| key(left) < key(right)) {
        Ok(())
    } else {
        Err(RejectReason::ListNotRising.into())
    }
}
