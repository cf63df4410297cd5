//! Closed orders in memory, and what has left it.

use gantry_model::Sequence;

use super::{RowsError, known, v1};
use crate::state::{ArchiveRow, State};

pub(super) fn add(state: &mut State, row: &v1::ArchivedClosed) -> Result<(), RowsError> {
    let (slot, closed) = (row.order.to_native(), Sequence::new(row.closed.to_native()));
    let is_there = slot < state.orders.slots();
    let is_closed = is_there && state.orders.row(slot).open_units == 0;
    known("closed order", is_closed.then_some(()))?;
    state.restore_closed(slot, closed);
    Ok(())
}

pub(super) fn add_archive(
    state: &mut State,
    row: &v1::ArchivedArchiveFile,
) -> Result<(), RowsError> {
    let row = ArchiveRow {
        number: row.number.to_native(),
        hash: row.hash,
        orders_total: row.orders_total.to_native(),
        commands_total: row.commands_total.to_native(),
        orders_retired: row.orders_retired.to_native(),
        commands_retired: row.commands_retired.to_native(),
    };
    let is_next = state.archives.unfinished().is_none()
        && row.number == state.archives.last_number() + 1
        && row.orders_retired <= row.orders_total
        && row.commands_retired <= row.commands_total;
    known("archive file", is_next.then_some(()))?;
    state.restore_archive(row);
    Ok(())
}
