//! What matching was about: rows that version 2 brought, and how far a sweep had come.

use gantry_model::{EngineSecond, EngineTime, LINES_PER_ORDER_MAX, Sequence, Sku, WaitKey};

use super::{RowsError, known, sku, v1, warehouse, yes_or_no};
use crate::state::{DueRow, State, Sweeping};

pub(super) fn add_due(state: &mut State, row: &v1::ArchivedDue) -> Result<(), RowsError> {
    let (sku, row) = due_row(state, row)?;
    state.restore_due(sku, row);
    Ok(())
}

/// A SKU whose lines are looked at, and how far that has come: behind a line without a promise.
pub(super) fn due_row(state: &State, row: &v1::ArchivedDue) -> Result<(Sku, DueRow), RowsError> {
    let (placed, line) = (Sequence::new(row.placed.to_native()), row.line.to_native());
    let key =
        WaitKey { priority_class: row.priority_class, promised: EngineSecond::NONE, placed, line };
    let after = yes_or_no("begun", row.is_begun)?.then_some(key);
    known("line", (usize::from(line) < LINES_PER_ORDER_MAX).then_some(()))?;
    let since = Sequence::new(row.since.to_native());
    Ok((sku(state, row.sku.to_native())?, DueRow { since, after }))
}

pub(super) fn add_set_aside(state: &mut State, row: &v1::ArchivedPlace) -> Result<(), RowsError> {
    let sku = sku(state, row.sku.to_native())?;
    let warehouse = warehouse(state, row.warehouse.to_native())?;
    let units = row.value.to_native();
    let is_held = state.stock.cell(sku, warehouse).held >= units && units > 0;
    known("units set aside", is_held.then_some(()))?;
    state.restore_set_aside(sku, warehouse, units);
    Ok(())
}

pub(super) fn add_sweep(state: &mut State, row: &v1::ArchivedSweep) -> Result<(), RowsError> {
    let is_under_way = yes_or_no("sweep", row.is_under_way)?;
    let next = is_under_way.then(|| sku(state, row.next.to_native())).transpose()?;
    let is_asked = yes_or_no("sweep", row.is_asked)?;
    let begun = EngineTime::new(row.begun.to_native());
    let is_first = state.sweeping == Sweeping::default();
    known("sweep", is_first.then_some(()))?;
    state.restore_sweeping(Sweeping { is_asked, begun, next });
    Ok(())
}
