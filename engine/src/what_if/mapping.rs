//! What a record's units become where earlier decisions were others: pure functions of a state.

use gantry_model::{LineUnits, OrderUnits, StockState, UNITS_PER_CELL_MAX, Warehouse};

use crate::state::{AllocationRow, Cell, LineRow};

/// Named units of a cancel, capped to what is open here; and how many of them are not.
pub(super) fn cancel(command: &OrderUnits<'_>, lines: &[LineRow]) -> (Vec<LineUnits>, u64) {
    let mut unmapped = 0;
    let mut units = Vec::with_capacity(command.units.len());
    for wanted in command.units {
        let line = lines.get(usize::from(wanted.line()));
        let open = line.map_or(0, |line| line.allocated + line.waiting);
        let here = wanted.quantity().min(open);
        unmapped += u64::from(wanted.quantity() - here);
        if here > 0 {
            units.push(LineUnits::new(wanted.line(), Warehouse::NONE, here));
        }
    }
    (units, unmapped)
}

/// Shipped units from where this column has them allocated: at the recorded warehouse first, so
/// that the same plan ships the same units, then in order of its allocations; and how many units
/// are allocated nowhere.
pub(super) fn ship(
    command: &OrderUnits<'_>,
    allocations: &[AllocationRow],
) -> (Vec<LineUnits>, u64) {
    let mut free: Vec<u32> = allocations.iter().map(|allocation| allocation.allocated).collect();
    let mut left: Vec<u32> = command.units.iter().map(|wanted| wanted.quantity()).collect();
    for anywhere in [false, true] {
        for (wanted, left) in command.units.iter().zip(&mut left) {
            for (allocation, free) in allocations.iter().zip(&mut free) {
                let is_here = anywhere || allocation.warehouse == wanted.warehouse();
                if is_here && allocation.line == wanted.line() {
                    let moved = (*left).min(*free);
                    *left -= moved;
                    *free -= moved;
                }
            }
        }
    }
    let rows = allocations.iter().zip(free);
    let shipped = rows.filter(|(allocation, free)| allocation.allocated > *free);
    let mut units: Vec<LineUnits> = shipped
        .map(|(row, free)| LineUnits::new(row.line, row.warehouse, row.allocated - free))
        .collect();
    units.sort_by_key(|units| (units.line(), units.warehouse()));
    (units, left.into_iter().map(u64::from).sum())
}

/// As much of a change of a cell as its promises, its bound and its unavailable units allow.
pub(super) fn possible(cell: &Cell, figure: StockState, delta: i64) -> i64 {
    let figures = [cell.on_hand, cell.unavailable, cell.promised()];
    let [on_hand, unavailable, promised] = figures.map(i64::from);
    let unpromised = (on_hand - unavailable - promised).max(0);
    match figure {
        StockState::OnHand => delta.clamp(-unpromised, i64::from(UNITS_PER_CELL_MAX) - on_hand),
        StockState::Unavailable => delta.clamp(-unavailable, unpromised),
    }
}
