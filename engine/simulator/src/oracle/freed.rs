//! What follows when units come free while lines wait for them.

use gantry_model::{
    AdjustReason, MOVEMENTS_PER_RECORD_MAX, Movement, MovementKind, Sequence, Sku, Warehouse,
};

use super::book::Book;

/// Appends what follows from the movements of a record: SKUs are due, and units set aside.
pub(super) fn add(book: &Book, sequence: Sequence, movements: &mut Vec<Movement>) {
    let is_held = |movement: &Movement| movement.kind() == MovementKind::Unheld;
    add_where(book, sequence, is_held, movements);
}

/// The same, but for places where the rest of the record left nothing.
pub(super) fn add_what_is_left(book: &Book, sequence: Sequence, movements: &mut Vec<Movement>) {
    add_where(book, sequence, |_| true, movements);
}

/// What came free by a movement that `may_be_gone` may be somebody's again by the rest of the record.
fn add_where(
    book: &Book,
    sequence: Sequence,
    may_be_gone: impl Fn(&Movement) -> bool,
    movements: &mut Vec<Movement>,
) {
    let mut seen = Vec::new();
    for at in 0..movements.len() {
        let (sku, warehouse) = (movements[at].sku(), movements[at].warehouse());
        let is_new = !seen.contains(&(sku, warehouse));
        if !is_new || !frees(&movements[at]) || !book.the_sku(sku.get()).tracked {
            continue;
        }
        seen.push((sku, warehouse));
        let may_be_gone = may_be_gone(&movements[at]);
        if may_be_gone && free_after(book, sku, warehouse, movements) <= 0 {
            continue; // Whoever had the units has them in another form, or nobody has.
        }
        let waiting = waiting_after(book, sku, movements);
        if waiting > 0 {
            push_due(sku, sequence, movements);
            let units = free_after(book, sku, warehouse, movements)
                .min(waiting - set_aside_after(book, sku, movements));
            if let Ok(units @ 1..) = i32::try_from(units) {
                push(MovementKind::SetAside, sku, warehouse, units, sequence, movements);
            }
        }
        bundles_are_due(book, sku, sequence, movements);
    }
}

/// Appends that lines which wait for a SKU, or for a bundle of it, are to be looked at.
pub(super) fn look_again(book: &Book, sku: Sku, sequence: Sequence, movements: &mut Vec<Movement>) {
    if waiting_after(book, sku, movements) > 0 {
        push_due(sku, sequence, movements);
    }
    bundles_are_due(book, sku, sequence, movements);
}

fn bundles_are_due(book: &Book, sku: Sku, sequence: Sequence, movements: &mut Vec<Movement>) {
    for (bundle, row) in (0..).zip(&book.skus) {
        let uses = row.components.iter().any(|(part, _)| *part == sku.get());
        if uses && waiting_after(book, Sku::new(bundle), movements) > 0 {
            push_due(Sku::new(bundle), sequence, movements);
        }
    }
}

fn frees(movement: &Movement) -> bool {
    use MovementKind as Kind;
    match movement.kind() {
        Kind::Adjusted => movement.quantity() > 0,
        Kind::Received
        | Kind::Restored
        | Kind::Released
        | Kind::ComponentReleased
        | Kind::Unheld => true,
        _ => false,
    }
}

/// Units that wait for the SKU when the movements are done.
pub(super) fn waiting_after(book: &Book, sku: Sku, movements: &[Movement]) -> i64 {
    let more = sum(movements, MovementKind::Backordered, sku);
    book.units_waiting(sku.get()) + more - sum(movements, MovementKind::Dequeued, sku)
}

fn set_aside_after(book: &Book, sku: Sku, movements: &[Movement]) -> i64 {
    let more = sum(movements, MovementKind::SetAside, sku);
    book.units_set_aside(sku.get()) + more - sum(movements, MovementKind::GivenBack, sku)
}

/// Units of the SKU itself that anybody could have when the movements are done; below zero where
/// more is kept back than there is.
pub(super) fn free_after(
    book: &Book,
    sku: Sku,
    warehouse: Warehouse,
    movements: &[Movement],
) -> i64 {
    let row = book.the_sku(sku.get());
    let mut cell = row.cells[warehouse.index()];
    let here = |movement: &&Movement| (movement.sku(), movement.warehouse()) == (sku, warehouse);
    movements.iter().filter(here).for_each(|movement| cell.take_in(movement, row.tracked));
    cell.free(row.tracked)
}

fn sum(movements: &[Movement], kind: MovementKind, sku: Sku) -> i64 {
    let of_sku = movements.iter().filter(|row| (row.kind(), row.sku()) == (kind, sku));
    of_sku.map(|movement| i64::from(movement.quantity())).sum()
}

/// Once for each SKU of a record.
pub(super) fn push_due(sku: Sku, sequence: Sequence, movements: &mut Vec<Movement>) {
    let is_due = |row: &Movement| (row.kind(), row.sku()) == (MovementKind::Due, sku);
    if !movements.iter().any(is_due) {
        push(MovementKind::Due, sku, Warehouse::NONE, 0, sequence, movements);
    }
}

/// A record that is full leaves the rest out.
fn push(
    kind: MovementKind,
    sku: Sku,
    warehouse: Warehouse,
    units: i32,
    sequence: Sequence,
    movements: &mut Vec<Movement>,
) {
    if movements.len() < MOVEMENTS_PER_RECORD_MAX {
        let reason = AdjustReason::None;
        movements.push(Movement::stock(kind, reason, sku, warehouse, units, sequence));
    }
}
