//! What is expected and promised: rows that version 4 brought.

use gantry_model::{
    EngineSecond, LINES_PER_ORDER_MAX, SUPPLIES_PER_PROMISE_MAX, SUPPLIES_PER_SKU_MAX, Sequence,
    SupplyId, UNITS_PER_COMMAND_MAX,
};

use super::{RowsError, known, matching, sku, v1, warehouse};
use crate::state::{DueRow, LineRow, PromisePart, ReviewRow, State, SupplyRow};

pub(super) fn add_supply(state: &mut State, row: &v1::ArchivedSupply) -> Result<(), RowsError> {
    let row = SupplyRow {
        id: SupplyId::new(row.id.to_native()),
        placed: Sequence::new(row.placed.to_native()),
        sku: sku(state, row.sku.to_native())?,
        warehouse: warehouse(state, row.warehouse.to_native())?,
        eta: EngineSecond::new(row.eta.to_native()),
        expected: row.expected.to_native(),
        received: row.received.to_native(),
        promised: 0,
        lines: 0,
    };
    let supplies = &state.supplies;
    let is_supply = row.id != SupplyId::NONE
        && row.eta != EngineSecond::NONE
        && row.received <= row.expected
        && row.expected <= UNITS_PER_COMMAND_MAX
        && state.catalogue.sku(row.sku).is_some_and(|sku| sku.tracked)
        && supplies.has_room()
        && supplies.of_sku(row.sku).count() < SUPPLIES_PER_SKU_MAX
        && supplies.find(row.id).is_none()
        && supplies.get(row.placed).is_none();
    known("supply", is_supply.then_some(()))?;
    state.restore_supply(row);
    Ok(())
}

/// Adds what is promised to a line.
pub(super) fn add(state: &mut State, row: &v1::ArchivedPromise) -> Result<(), RowsError> {
    let (slot, line) = (row.order.to_native(), row.line.to_native());
    let date = EngineSecond::new(row.date.to_native());
    let parts: Vec<PromisePart> = row
        .supplies
        .iter()
        .zip(row.units.iter())
        .map(|(supply, units)| PromisePart {
            supply: Sequence::new(supply.to_native()),
            units: units.to_native(),
        })
        .take_while(|part| part.units > 0)
        .collect();
    let waiting = waiting_line(state, slot, line);
    let is_promise = waiting.is_some_and(|waiting| is_promise(state, &waiting, &parts))
        && date != EngineSecond::NONE
        && (parts.len()..SUPPLIES_PER_PROMISE_MAX)
            .all(|at| (row.supplies[at].to_native(), row.units[at].to_native()) == (0, 0));
    known("promise", is_promise.then_some(()))?;
    state.restore_promise((slot, line), date, &parts);
    Ok(())
}

/// A line that waits in its book and has no promise so far.
fn waiting_line(state: &State, slot: u32, line: u16) -> Option<LineRow> {
    let order = (slot < state.orders.slots()).then(|| state.orders.row(slot))?;
    let row = *state.orders.lines(order).get(usize::from(line))?;
    let key = state.wait_key(order, line);
    let is_free = row.waiting > 0 && state.promises.get(order.placed, line).is_none();
    (is_free && state.books.slot(row.sku, key) == Some(slot)).then_some(row)
}

/// Whether the parts cover what the line waits for, of supplies of its SKU.
fn is_promise(state: &State, line: &LineRow, parts: &[PromisePart]) -> bool {
    let is_there = |part: &PromisePart| {
        let supply = state.supplies.get(part.supply).filter(|supply| supply.sku == line.sku);
        supply.is_some_and(|supply| supply.promised.checked_add(part.units).is_some())
    };
    let units: u64 = parts.iter().map(|part| u64::from(part.units)).sum();
    parts.iter().all(is_there)
        && parts.is_sorted_by(|left, right| left.supply < right.supply)
        && units == u64::from(line.waiting)
}

pub(super) fn add_review(state: &mut State, row: &v1::ArchivedDue) -> Result<(), RowsError> {
    let (sku, DueRow { since, after }) = matching::due_row(state, row)?;
    known("review", state.reviews.of(sku).is_none().then_some(()))?;
    state.restore_review(sku, ReviewRow { since, after });
    Ok(())
}

/// Adds the date of the line behind which the look at a SKU's lines goes on.
pub(super) fn add_due_date(state: &mut State, row: &v1::ArchivedDueDate) -> Result<(), RowsError> {
    let sku = sku(state, row.sku.to_native())?;
    let promised = EngineSecond::new(row.date.to_native());
    let due = state.matching.due().find(|(due, _)| *due == sku).map(|(_, row)| row);
    let after = due.and_then(|row| row.after).filter(|key| key.promised == EngineSecond::NONE);
    let (due, mut after) = known("due date", due.zip(after))?;
    known("due date", (promised != EngineSecond::NONE).then_some(()))?;
    after.promised = promised;
    state.restore_due(sku, DueRow { after: Some(after), ..due });
    Ok(())
}

/// Whether every supply is there for something: it is expected, or promised.
pub(super) fn is_kept(state: &State) -> bool {
    state.supplies.iter().all(|row| row.open() > 0 || row.promised > 0)
}

// A line's number is below the bound, and so is that behind it.
const _: () = assert!(LINES_PER_ORDER_MAX < u16::MAX as usize);
