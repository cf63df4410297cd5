//! What only open orders have: rows that version 4 brought.

use gantry_model::{EngineSecond, EngineTime, Warehouse};

use super::{RowsError, known, v1, warehouse};
use crate::state::{RejectedRow, State};

pub(super) fn add_deadline(state: &mut State, row: &v1::ArchivedCancelAt) -> Result<(), RowsError> {
    let slot = open_order(state, row.order.to_native())?;
    let at = EngineSecond::new(row.cancel_at.to_native());
    let placed = state.orders.row(slot).placed;
    let is_first = at != EngineSecond::NONE && state.deadlines.of(placed) == EngineSecond::NONE;
    known("time of giving up", is_first.then_some(()))?;
    state.restore_deadline(slot, at);
    Ok(())
}

pub(super) fn add_rejected(state: &mut State, row: &v1::ArchivedRejected) -> Result<(), RowsError> {
    let slot = open_order(state, row.order.to_native())?;
    let bars = row.bars.iter().map(|bar| {
        let until = EngineTime::new(bar.until.to_native());
        Ok((warehouse(state, bar.warehouse.to_native())?, until))
    });
    let bars: Vec<(Warehouse, EngineTime)> = bars.collect::<Result<_, _>>()?;
    let is_new = state.rejected.row(state.orders.row(slot).placed).is_none();
    let is_row = is_new && !bars.is_empty() && bars.is_sorted_by(|one, next| one.0 < next.0);
    known("rejected units", is_row.then_some(()))?;
    state.restore_rejected(slot, RejectedRow { rejections: row.rejections.to_native(), bars });
    Ok(())
}

/// The slot of an order that is open, by its place among those of the snapshot.
fn open_order(state: &State, slot: u32) -> Result<u32, RowsError> {
    let is_there = slot < state.orders.slots();
    let is_open = is_there && state.orders.row(slot).open_units > 0;
    known("open order", is_open.then_some(slot))
}
