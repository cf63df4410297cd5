//! Receipts and corrections of stock.

use gantry_model::{
    AdjustReason, Movement, MovementKind, OutcomeHead, RejectReason, Sequence, StockChange,
    StockState, UNITS_PER_CELL_MAX, UNITS_PER_COMMAND_MAX,
};

use super::{Decision, Rejection};
use crate::state::{Cell, State};

pub(super) fn receive(
    state: &State,
    change: &StockChange<'_>,
    sequence: Sequence,
    decision: &mut Decision,
) -> Result<OutcomeHead, Rejection> {
    let cell = counted_cell(state, change)?;
    if change.reason != AdjustReason::None || change.state != StockState::OnHand {
        return Err(RejectReason::BadAdjustReason.into());
    }
    if change.quantity <= 0 {
        let actual = change.quantity.into();
        return Err(Rejection::of(RejectReason::QuantityNotPositive, actual, 1));
    }
    check_on_hand(&cell, i64::from(cell.on_hand) + i64::from(change.quantity))?;
    push(MovementKind::Received, AdjustReason::None, change.quantity, change, sequence, decision);
    Ok(OutcomeHead::accepted(0, 0))
}

pub(super) fn adjust(
    state: &State,
    change: &StockChange<'_>,
    sequence: Sequence,
    decision: &mut Decision,
) -> Result<OutcomeHead, Rejection> {
    let cell = counted_cell(state, change)?;
    if change.reason == AdjustReason::None {
        return Err(RejectReason::BadAdjustReason.into());
    }
    let delta = i64::from(change.quantity);
    if delta == 0 {
        return Err(RejectReason::QuantityNotPositive.into());
    }
    match change.state {
        StockState::OnHand => {
            check_on_hand(&cell, i64::from(cell.on_hand) + delta)?;
            let kind = MovementKind::Adjusted;
            push(kind, change.reason, change.quantity, change, sequence, decision);
        }
        StockState::Unavailable => {
            check_unavailable(&cell, delta)?;
            let (kind, sign) = match delta {
                1.. => (MovementKind::Withdrawn, 1),
                _ => (MovementKind::Restored, -1),
            };
            push(kind, change.reason, sign * change.quantity, change, sequence, decision);
        }
    }
    Ok(OutcomeHead::accepted(0, 0))
}

/// A count replaces the book; the movement is the difference, and there is none where they agree.
pub(super) fn set_stock(
    state: &State,
    change: &StockChange<'_>,
    sequence: Sequence,
    decision: &mut Decision,
) -> Result<OutcomeHead, Rejection> {
    let cell = counted_cell(state, change)?;
    if change.state != StockState::OnHand {
        return Err(RejectReason::BadAdjustReason.into());
    }
    if change.quantity < 0 {
        let actual = change.quantity.into();
        return Err(Rejection::of(RejectReason::QuantityNotPositive, actual, 0));
    }
    check_on_hand(&cell, change.quantity.into())?;
    let delta = i64::from(change.quantity) - i64::from(cell.on_hand);
    let delta = i32::try_from(delta).expect("invariant: both figures are below 2^31");
    let reason = match change.reason {
        AdjustReason::None => AdjustReason::Count,
        given => given,
    };
    if delta != 0 {
        push(MovementKind::Adjusted, reason, delta, change, sequence, decision);
    }
    Ok(OutcomeHead::accepted(0, 0))
}

/// The cell, if there is one that is counted, and the quantity is within its limit.
fn counted_cell(state: &State, change: &StockChange<'_>) -> Result<Cell, Rejection> {
    let row = state.catalogue.sku(change.sku).ok_or(RejectReason::UnknownSku)?;
    if !state.catalogue.warehouses.contains(change.warehouse) {
        return Err(RejectReason::UnknownWarehouse.into());
    }
    if !row.tracked {
        return Err(RejectReason::NotTracked.into());
    }
    if change.quantity.unsigned_abs() > UNITS_PER_COMMAND_MAX {
        let (actual, limit) = (change.quantity.into(), UNITS_PER_COMMAND_MAX.into());
        return Err(Rejection::of(RejectReason::QuantityOverLimit, actual, limit));
    }
    Ok(state.stock.cell(change.sku, change.warehouse))
}

/// Promises must stay covered by units that can be sold, and what is unavailable is part of what is
/// on hand.
fn check_on_hand(cell: &Cell, on_hand: i64) -> Result<(), Rejection> {
    let (promised, unavailable) = (i64::from(cell.promised()), i64::from(cell.unavailable));
    if on_hand < promised {
        return Err(Rejection::of(RejectReason::BelowPromised, on_hand, promised));
    }
    if on_hand < unavailable {
        return Err(Rejection::of(RejectReason::BelowUnavailable, on_hand, unavailable));
    }
    if on_hand - unavailable < promised {
        return Err(Rejection::of(RejectReason::BelowPromised, on_hand - unavailable, promised));
    }
    if on_hand > i64::from(UNITS_PER_CELL_MAX) {
        let limit = UNITS_PER_CELL_MAX.into();
        return Err(Rejection::of(RejectReason::StockOverflow, on_hand, limit));
    }
    Ok(())
}

/// Withdrawn units must not be promised; restored ones must have been withdrawn.
fn check_unavailable(cell: &Cell, delta: i64) -> Result<(), Rejection> {
    let unavailable = i64::from(cell.unavailable) + delta;
    let promised = i64::from(cell.promised());
    if unavailable < 0 {
        let limit = cell.unavailable.into();
        return Err(Rejection::of(RejectReason::BelowUnavailable, -delta, limit));
    }
    let sellable = i64::from(cell.on_hand) - unavailable;
    if delta > 0 && sellable < promised {
        return Err(Rejection::of(RejectReason::BelowPromised, sellable, promised));
    }
    Ok(())
}

fn push(
    kind: MovementKind,
    reason: AdjustReason,
    quantity: i32,
    change: &StockChange<'_>,
    sequence: Sequence,
    decision: &mut Decision,
) {
    let (sku, warehouse) = (change.sku, change.warehouse);
    decision.movements.push(Movement::stock(kind, reason, sku, warehouse, quantity, sequence));
}
