//! The rules of supply: receipts, adjustments, counts.

use gantry_model::{
    AdjustReason, Movement, MovementKind, OutcomeHead, RejectReason, Sequence, StockChange,
    StockState, UNITS_PER_CELL_MAX, UNITS_PER_COMMAND_MAX,
};

use super::book::{Book, Cell};
use super::no::{No, no, refuse_if};

pub(super) fn receive(
    book: &Book,
    change: &StockChange<'_>,
    sequence: Sequence,
    movements: &mut Vec<Movement>,
) -> Result<OutcomeHead, No> {
    let cell = cell(book, change)?;
    let is_correction = change.reason != AdjustReason::None || change.state != StockState::OnHand;
    refuse_if(is_correction, RejectReason::BadAdjustReason)?;
    if change.quantity <= 0 {
        return no(RejectReason::QuantityNotPositive, change.quantity, 1);
    }
    check_on_hand(&cell, cell.on_hand + i64::from(change.quantity))?;
    let kind = MovementKind::Received;
    movements.push(movement(kind, AdjustReason::None, change.quantity, change, sequence));
    Ok(OutcomeHead::accepted(0, 0))
}

pub(super) fn adjust(
    book: &Book,
    change: &StockChange<'_>,
    sequence: Sequence,
    movements: &mut Vec<Movement>,
) -> Result<OutcomeHead, No> {
    let cell = cell(book, change)?;
    refuse_if(change.reason == AdjustReason::None, RejectReason::BadAdjustReason)?;
    refuse_if(change.quantity == 0, RejectReason::QuantityNotPositive)?;
    let delta = i64::from(change.quantity);
    let (kind, quantity) = match change.state {
        StockState::OnHand => {
            check_on_hand(&cell, cell.on_hand + delta)?;
            (MovementKind::Adjusted, change.quantity)
        }
        StockState::Unavailable if delta > 0 => {
            let left = cell.on_hand - cell.unavailable - delta;
            let promised = cell.allocated + cell.held;
            if left < promised {
                return no(RejectReason::BelowPromised, left, promised);
            }
            (MovementKind::Withdrawn, change.quantity)
        }
        StockState::Unavailable => {
            if -delta > cell.unavailable {
                return no(RejectReason::BelowUnavailable, -delta, cell.unavailable);
            }
            (MovementKind::Restored, -change.quantity)
        }
    };
    movements.push(movement(kind, change.reason, quantity, change, sequence));
    Ok(OutcomeHead::accepted(0, 0))
}

pub(super) fn count(
    book: &Book,
    change: &StockChange<'_>,
    sequence: Sequence,
    movements: &mut Vec<Movement>,
) -> Result<OutcomeHead, No> {
    let cell = cell(book, change)?;
    refuse_if(change.state != StockState::OnHand, RejectReason::BadAdjustReason)?;
    if change.quantity < 0 {
        return no(RejectReason::QuantityNotPositive, change.quantity, 0);
    }
    check_on_hand(&cell, change.quantity.into())?;
    let difference = i64::from(change.quantity) - cell.on_hand;
    if difference != 0 {
        let quantity = i32::try_from(difference).expect("invariant: cells hold below 2^31");
        let reason = match change.reason {
            AdjustReason::None => AdjustReason::Count,
            given => given,
        };
        movements.push(movement(MovementKind::Adjusted, reason, quantity, change, sequence));
    }
    Ok(OutcomeHead::accepted(0, 0))
}

fn cell(book: &Book, change: &StockChange<'_>) -> Result<Cell, No> {
    let row = book.sku(change.sku.get()).ok_or(RejectReason::UnknownSku)?;
    refuse_if(!book.knows_warehouse(change.warehouse), RejectReason::UnknownWarehouse)?;
    refuse_if(!row.tracked, RejectReason::NotTracked)?;
    if change.quantity.unsigned_abs() > UNITS_PER_COMMAND_MAX {
        return no(RejectReason::QuantityOverLimit, change.quantity, UNITS_PER_COMMAND_MAX);
    }
    Ok(row.cells[change.warehouse.index()])
}

/// What is promised or set aside stays covered by what can be sold, and what is unavailable is on hand.
fn check_on_hand(cell: &Cell, on_hand: i64) -> Result<(), No> {
    let (promised, unavailable) = (cell.allocated + cell.held, cell.unavailable);
    if on_hand < promised {
        return no(RejectReason::BelowPromised, on_hand, promised);
    }
    if on_hand < unavailable {
        return no(RejectReason::BelowUnavailable, on_hand, unavailable);
    }
    if on_hand - unavailable < promised {
        return no(RejectReason::BelowPromised, on_hand - unavailable, promised);
    }
    if on_hand > i64::from(UNITS_PER_CELL_MAX) {
        return no(RejectReason::StockOverflow, on_hand, UNITS_PER_CELL_MAX);
    }
    Ok(())
}

fn movement(
    kind: MovementKind,
    reason: AdjustReason,
    quantity: i32,
    change: &StockChange<'_>,
    sequence: Sequence,
) -> Movement {
    Movement::stock(kind, reason, change.sku, change.warehouse, quantity, sequence)
}
