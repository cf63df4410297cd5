//! What is held for carts: rows that version 3 brought.

use std::collections::BTreeMap;

use gantry_model::{CommandId, EngineTime, HOLD_ROWS_PER_OWNER_MAX, LINES_PER_ORDER_MAX, Sequence};

use super::{RowsError, known, sku, take, v1, warehouse};
use crate::state::{HeldRow, State};

/// Holds of one section with their places.
pub(super) fn add(state: &mut State, section: &v1::ArchivedHolds) -> Result<usize, RowsError> {
    let mut rest: &[v1::ArchivedHeldUnits] = &section.places;
    for hold in section.holds.iter() {
        let places = take(&mut rest, hold.place_count.to_native().into())?;
        add_hold(state, hold, places)?;
    }
    known("hold", rest.is_empty().then_some(section.holds.len()))
}

fn add_hold(
    state: &mut State,
    hold: &v1::ArchivedHold,
    places: &[v1::ArchivedHeldUnits],
) -> Result<(), RowsError> {
    let places = places.iter().map(|row| place(state, row));
    let places: Vec<HeldRow> = places.collect::<Result<_, _>>()?;
    let id = CommandId::new(hold.id.to_native());
    let (owner, placed) = (hold.owner.to_native(), Sequence::new(hold.placed.to_native()));
    let is_hold = id != CommandId::NONE
        && owner != 0
        && places.len() <= HOLD_ROWS_PER_OWNER_MAX
        && state.holds.has_room()
        && state.holds.find(id).is_none()
        && state.holds.of_owner(owner).all(|other| other.placed != placed);
    known("hold", is_hold.then_some(()))?;
    let expires = EngineTime::new(hold.expires.to_native());
    state.restore_hold((id, owner), placed, expires, &places);
    Ok(())
}

fn place(state: &State, row: &v1::ArchivedHeldUnits) -> Result<HeldRow, RowsError> {
    let (line, units) = (row.line.to_native(), row.units.to_native());
    let sku = sku(state, row.sku.to_native())?;
    let is_counted = state.catalogue.sku(sku).is_some_and(|row| row.tracked);
    let is_place = units > 0 && usize::from(line) < LINES_PER_ORDER_MAX && is_counted;
    known("held units", is_place.then_some(()))?;
    Ok(HeldRow { sku, units, line, warehouse: warehouse(state, row.warehouse.to_native())? })
}

/// Units that are set aside for lines or held for carts: at no cell more than it holds.
pub(super) fn units(state: &State) -> Result<u64, RowsError> {
    let mut cells: BTreeMap<_, u64> = BTreeMap::new();
    for (sku, row) in state.matching.set_aside.iter() {
        *cells.entry((sku, row.warehouse)).or_default() += u64::from(row.value);
    }
    for row in state.holds.by_end().flat_map(|hold| state.holds.rows(hold)) {
        *cells.entry((row.sku, row.warehouse)).or_default() += u64::from(row.units);
    }
    let is_held = |((sku, warehouse), units): (&(_, _), &u64)| {
        u64::from(state.stock.cell(*sku, *warehouse).held) >= *units
    };
    known("held units", cells.iter().all(is_held).then(|| cells.values().sum()))
}
