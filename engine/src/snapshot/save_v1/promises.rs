//! What is expected and promised: rows that version 4 brought.

use gantry_model::{EngineSecond, SUPPLIES_PER_PROMISE_MAX, Sku, WaitKey};

use super::{places, v1};
use crate::state::{DueRow, LinePromiseRow, ReviewRow, State, SupplyRow};

pub(super) fn supply(row: &SupplyRow) -> v1::Supply {
    v1::Supply {
        id: row.id.get(),
        placed: row.placed.get(),
        sku: row.sku.get(),
        expected: row.expected,
        received: row.received,
        eta: row.eta.get(),
        warehouse: row.warehouse.get(),
        reserved: [0; 6],
    }
}

/// Promises by their orders' places among those that were saved, which are those among the slots in
/// use.
pub(super) fn promises(state: &State) -> Vec<v1::Promise> {
    let mut rows: Vec<(u16, &LinePromiseRow)> =
        state.promises.iter().map(|((_, line), row)| (line, row)).collect();
    rows.sort_unstable_by_key(|(line, row)| (row.slot, *line));
    let places = places(state, rows.iter().map(|(_, row)| row.slot));
    rows.into_iter().map(|(line, row)| promise(places[&row.slot], line, row)).collect()
}

fn promise(order: u32, line: u16, row: &LinePromiseRow) -> v1::Promise {
    let (mut supplies, mut units) = ([0; SUPPLIES_PER_PROMISE_MAX], [0; SUPPLIES_PER_PROMISE_MAX]);
    assert!(row.parts.len() <= SUPPLIES_PER_PROMISE_MAX, "a promise is of few supplies");
    for (at, part) in row.parts.iter().enumerate() {
        (supplies[at], units[at]) = (part.supply.get(), part.units);
    }
    v1::Promise { supplies, units, order, date: row.date.get(), line, reserved: [0; 6] }
}

pub(super) fn review((sku, row): (Sku, ReviewRow)) -> v1::Due {
    let WaitKey { priority_class, placed, line, .. } = row.after.unwrap_or(WaitKey::FIRST);
    v1::Due {
        since: row.since.get(),
        placed: placed.get(),
        sku: sku.get(),
        line,
        priority_class,
        is_begun: row.after.is_some().into(),
    }
}

pub(super) fn due_date((sku, row): (Sku, DueRow)) -> Option<v1::DueDate> {
    let date = row.after?.promised;
    (date != EngineSecond::NONE).then_some(v1::DueDate { sku: sku.get(), date: date.get() })
}
