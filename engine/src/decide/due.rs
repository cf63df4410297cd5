//! What makes the lines of a SKU due: units that come free, and whoever asks for a look.

use gantry_journal::mark;
use gantry_model::{
    AdjustReason, MOVEMENTS_PER_RECORD_MAX, Movement, MovementKind, OutcomeHead, RejectReason,
    Sequence, Sku, Warehouse,
};

use super::{Decision, Rejection};
use crate::state::State;

/// Makes the lines of a SKU due for a client.
pub(super) fn match_again(
    state: &State,
    sku: Sku,
    sequence: Sequence,
    decision: &mut Decision,
) -> Result<OutcomeHead, Rejection> {
    state.catalogue.sku(sku).ok_or(RejectReason::UnknownSku)?;
    make_due_what_waits(state, sku, sequence, decision);
    Ok(OutcomeHead::accepted(0, 0))
}

/// Makes the lines due that wait for a SKU, and those that wait for a bundle of it.
pub(super) fn make_due_what_waits(
    state: &State,
    sku: Sku,
    sequence: Sequence,
    decision: &mut Decision,
) {
    if waiting_after(state, sku, &decision.movements) > 0 {
        make_due(sku, sequence, decision);
    }
    make_bundles_due(state, sku, sequence, decision);
}

fn make_bundles_due(state: &State, sku: Sku, sequence: Sequence, decision: &mut Decision) {
    for (bundle, components) in state.bundles.iter() {
        let uses = components.iter().any(|component| component.sku() == sku);
        if uses && waiting_after(state, bundle, &decision.movements) > 0 {
            make_due(bundle, sequence, decision);
        }
    }
}

/// What of the units that a decision frees lets lines be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Freed {
    /// All of them; of what was held for a cart only what is left.
    All,
    /// What is left of them after the decision's own movements.
    WhatIsLeft,
}

/// Sets aside what the decision frees, as far as lines wait for it, and makes the SKUs due.
pub(super) fn set_aside_what_is_free(
    state: &State,
    which: Freed,
    sequence: Sequence,
    decision: &mut Decision,
) {
    let waits = |it: &Movement| it.kind() == MovementKind::Backordered;
    if state.books.is_empty() && !decision.movements.iter().any(waits) {
        return;
    }
    let own = decision.movements.len();
    for at in 0..own {
        let movement = decision.movements[at];
        let (sku, warehouse) = (movement.sku(), movement.warehouse());
        let is_tracked = || state.catalogue.sku(sku).is_some_and(|row| row.tracked);
        if freed(&movement) <= 0 || !is_tracked() {
            continue;
        }
        let is_here = |it: &Movement| (it.sku(), it.warehouse()) == (sku, warehouse);
        if decision.movements[..at].iter().any(|it| is_here(it) && freed(it) > 0) {
            continue;
        }
        let is_of_hold = movement.kind().is_of_hold();
        let may_be_taken = is_of_hold || which == Freed::WhatIsLeft;
        let left = || available_after(state, (sku, warehouse), &decision.movements[..own]);
        if may_be_taken && left() == 0 {
            continue; // The owner's order, or hold, has it, or nobody can.
        }
        let is_set_aside = set_aside(state, (sku, warehouse), own, sequence, decision);
        if is_of_hold && is_set_aside {
            mark!("held units set aside for waiting lines");
        }
        make_bundles_due(state, sku, sequence, decision);
    }
}

/// Whether any units are set aside.
fn set_aside(
    state: &State,
    (sku, warehouse): (Sku, Warehouse),
    own: usize,
    sequence: Sequence,
    decision: &mut Decision,
) -> bool {
    let waiting = waiting_after(state, sku, &decision.movements);
    if waiting == 0 {
        return false;
    }
    make_due(sku, sequence, decision);
    let available = available_after(state, (sku, warehouse), &decision.movements[..own]);
    let earlier = decision.movements[own..].iter();
    let earlier = earlier.filter(|it| it.kind() == MovementKind::SetAside && it.sku() == sku);
    let earlier: u64 = earlier.map(|it| u64::from(it.quantity().unsigned_abs())).sum();
    let set_aside = state.matching.set_aside_of(sku) + earlier;
    let units = u64::from(available).min(waiting.saturating_sub(set_aside));
    let is_set_aside = units > 0 && decision.movements.len() < MOVEMENTS_PER_RECORD_MAX;
    if is_set_aside {
        let units = u32::try_from(units).expect("invariant: at most what is available");
        decision.movements.push(of_stock(MovementKind::SetAside, sku, warehouse, units, sequence));
    }
    is_set_aside
}

/// Units available at a cell once the movements are applied.
fn available_after(
    state: &State,
    (sku, warehouse): (Sku, Warehouse),
    movements: &[Movement],
) -> u32 {
    let here = movements.iter().filter(|it| (it.sku(), it.warehouse()) == (sku, warehouse));
    state.stock.available_with(sku, warehouse, here.map(freed).sum())
}

/// Says once that the lines of a SKU are to be looked at.
pub(super) fn make_due(sku: Sku, sequence: Sequence, decision: &mut Decision) {
    let movements = &mut decision.movements;
    let is_due = |it: &Movement| it.kind() == MovementKind::Due && it.sku() == sku;
    if !movements.iter().any(is_due) && movements.len() < MOVEMENTS_PER_RECORD_MAX {
        movements.push(of_stock(MovementKind::Due, sku, Warehouse::NONE, 0, sequence));
    }
}

/// Units that wait for a SKU once the movements are applied.
pub(super) fn waiting_after(state: &State, sku: Sku, movements: &[Movement]) -> u64 {
    let units = |kind: MovementKind| -> u64 {
        let its = movements.iter().filter(|it| it.kind() == kind && it.sku() == sku);
        its.map(|it| u64::from(it.quantity().unsigned_abs())).sum()
    };
    state.books.units(sku) + units(MovementKind::Backordered) - units(MovementKind::Dequeued)
}

/// Units that a movement leaves to sell at its cell, or takes.
fn freed(movement: &Movement) -> i64 {
    let quantity = i64::from(movement.quantity());
    match movement.kind() {
        MovementKind::Received
        | MovementKind::Adjusted
        | MovementKind::Restored
        | MovementKind::Released
        | MovementKind::ComponentReleased
        | MovementKind::Unheld => quantity,
        MovementKind::Withdrawn
        | MovementKind::Held
        | MovementKind::Allocated
        | MovementKind::ComponentAllocated => -quantity,
        _ => 0,
    }
}

pub(super) fn of_stock(
    kind: MovementKind,
    sku: Sku,
    warehouse: Warehouse,
    units: u32,
    cause: Sequence,
) -> Movement {
    let units = i32::try_from(units).expect("invariant: a cell stays below 2^31 units");
    Movement::stock(kind, AdjustReason::None, sku, warehouse, units, cause)
}
