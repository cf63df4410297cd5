//! Matching: giving what came in to the lines that wait for it.
//!
//! A record that frees units while lines wait for their SKU makes the SKU due and sets the units
//! aside ([`set_aside_what_is_free`]). Records of the engine's own then look at the lines, from the
//! first of the book on, and each serves one of them at most ([`decide_match`]).

use gantry_journal::mark;
use gantry_model::{
    AdjustReason, EngineTime, MOVEMENTS_PER_RECORD_MAX, Match, MatchEnd, Movement, MovementKind,
    OrderLine, OutcomeHead, PlaceOrder, RejectReason, Sequence, Sku, WaitKey, Warehouse,
};

use super::candidates::Pass;
use super::place::run_passes;
use super::{Decision, Rejection, push_components};
use crate::sourcing::Demand;
use crate::state::{DueRow, OrderView, State};

/// Waiting lines that one record looks at: the bound of a step.
pub(crate) const LINES_PER_MATCH_MAX: usize = 64;

/// Decides the next look at waiting lines as the record `sequence`; none, if no SKU is due.
pub(crate) fn decide_match(
    state: &State,
    sequence: Sequence,
    now: EngineTime,
    decision: &mut Decision,
) -> Option<Match> {
    decision.clear();
    let (sku, due) = state.matching.next()?;
    let mut behind = state.books.from(sku, first_behind(&due));
    let mut last = WaitKey::FIRST;
    for (key, slot) in behind.by_ref().take(LINES_PER_MATCH_MAX) {
        last = key;
        if serve(state, (sku, key, slot), sequence, now, decision) {
            mark!("waiting line served");
            break;
        }
    }
    let is_over = behind.next().is_none() || !is_anything_left(state, sku, decision);
    if is_over {
        give_back(state, sku, sequence, decision);
    } else {
        mark!("matching goes on in another record");
    }
    let end = if is_over { MatchEnd::Over } else { MatchEnd::GoesOn };
    Some(Match { sku, last, end })
}

/// The place behind the line that was looked at last.
fn first_behind(due: &DueRow) -> WaitKey {
    let Some(after) = due.after else { return WaitKey::FIRST };
    WaitKey { line: after.line + 1, ..after }
}

/// Sources the units that a line waits for as if they were ordered now; whether it gets any.
fn serve(
    state: &State,
    (sku, key, slot): (Sku, WaitKey, u32),
    sequence: Sequence,
    now: EngineTime,
    decision: &mut Decision,
) -> bool {
    let OrderView { row, detail, lines, allocations, .. } = state.orders.view(slot);
    let waiting = lines[usize::from(key.line)].waiting;
    let mut opened: Vec<Warehouse> = allocations
        .iter()
        .filter(|allocation| allocation.allocated + allocation.shipped > 0)
        .map(|allocation| allocation.warehouse)
        .collect();
    opened.sort_unstable();
    opened.dedup();
    let wanted: Vec<_> = lines.iter().map(|line| OrderLine::new(line.sku, line.ordered)).collect();
    let order = PlaceOrder {
        id: row.id,
        customer: detail.customer,
        value_minor: detail.value_minor,
        currency: detail.currency,
        zone: row.zone,
        channel: detail.channel,
        priority_class: row.priority_class,
        service_level: row.service_level,
        short: row.short,
        reference: "",
        lines: &wanted,
    };
    decision.problem.demands.clear();
    decision.problem.demands.push(Demand { sku, units: waiting });
    let pass = Pass::of_waiting(state, &order, now, sku, &opened);
    let sourced = run_passes(&pass, decision);
    let units = decision.grants.iter().map(|grant| grant.units).sum::<u32>();
    if units == 0 {
        return false;
    }
    decision.head = sourced.head();
    let of_line = |kind, warehouse, units| {
        Movement::of_order(kind, row.placed, key.line, sku, warehouse, units, sequence)
    };
    let Decision { grants, movements, .. } = decision;
    movements.push(of_line(MovementKind::Dequeued, Warehouse::NONE, units));
    for grant in grants.iter().filter(|grant| grant.units > 0) {
        let back = grant.units.min(state.matching.set_aside_at(sku, grant.warehouse));
        if back > 0 {
            movements.push(of_stock(MovementKind::GivenBack, sku, grant.warehouse, back, sequence));
        }
        let allocated = of_line(MovementKind::Allocated, grant.warehouse, grant.units);
        movements.push(allocated);
        push_components(state, &allocated, MovementKind::ComponentAllocated, movements);
    }
    true
}

/// Whether a unit of the SKU is left for another line once the decision is applied.
fn is_anything_left(state: &State, sku: Sku, decision: &Decision) -> bool {
    let left = |kind, sku, warehouse, claimed: u32| {
        let of_kind = decision.movements.iter().filter(|movement| movement.kind() == kind);
        let here = of_kind.filter(|it| it.sku() == sku && it.warehouse() == warehouse);
        let taken: i64 = here.map(|movement| i64::from(movement.quantity())).sum();
        state.stock.available_with(sku, warehouse, i64::from(claimed) - taken)
    };
    state.catalogue.warehouses.handles().any(|warehouse| {
        let whole = state.bundles.components(sku).iter().map(|part| {
            left(MovementKind::ComponentAllocated, part.sku(), warehouse, 0) / part.units()
        });
        let claimed = state.matching.set_aside_at(sku, warehouse);
        let plain = || left(MovementKind::Allocated, sku, warehouse, claimed);
        whole.min().unwrap_or_else(plain) > 0
    })
}

/// Gives back what is set aside for the SKU and was not given to a line.
fn give_back(state: &State, sku: Sku, sequence: Sequence, decision: &mut Decision) {
    for row in state.matching.set_aside.of(sku) {
        let is_its = |it: &&Movement| {
            it.kind() == MovementKind::GivenBack && it.warehouse() == row.warehouse
        };
        let given = decision.movements.iter().filter(is_its);
        let given: u32 = given.map(|movement| movement.quantity().unsigned_abs()).sum();
        if row.value > given {
            mark!("set aside given back");
            let (kind, left) = (MovementKind::GivenBack, row.value - given);
            decision.movements.push(of_stock(kind, sku, row.warehouse, left, sequence));
        }
    }
}

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

/// Sets aside what the decision frees, as far as lines wait for it, and makes the SKUs due.
pub(super) fn set_aside_what_is_free(state: &State, sequence: Sequence, decision: &mut Decision) {
    if state.books.is_empty() {
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
        set_aside(state, (sku, warehouse), own, sequence, decision);
        make_bundles_due(state, sku, sequence, decision);
    }
}

fn set_aside(
    state: &State,
    (sku, warehouse): (Sku, Warehouse),
    own: usize,
    sequence: Sequence,
    decision: &mut Decision,
) {
    let waiting = waiting_after(state, sku, &decision.movements);
    if waiting == 0 {
        return;
    }
    make_due(sku, sequence, decision);
    let free = decision.movements[..own].iter();
    let free = free.filter(|it| (it.sku(), it.warehouse()) == (sku, warehouse)).map(freed);
    let available = state.stock.available_with(sku, warehouse, free.sum());
    let earlier = decision.movements[own..].iter();
    let earlier = earlier.filter(|it| it.kind() == MovementKind::SetAside && it.sku() == sku);
    let earlier: u64 = earlier.map(|it| u64::from(it.quantity().unsigned_abs())).sum();
    let set_aside = state.matching.set_aside_of(sku) + earlier;
    let units = u64::from(available).min(waiting.saturating_sub(set_aside));
    if units > 0 && decision.movements.len() < MOVEMENTS_PER_RECORD_MAX {
        let units = u32::try_from(units).expect("invariant: at most what is available");
        decision.movements.push(of_stock(MovementKind::SetAside, sku, warehouse, units, sequence));
    }
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
fn waiting_after(state: &State, sku: Sku, movements: &[Movement]) -> u64 {
    let is_its = |it: &&Movement| it.kind() == MovementKind::Dequeued && it.sku() == sku;
    let dequeued = movements.iter().filter(is_its);
    let dequeued: u64 = dequeued.map(|it| u64::from(it.quantity().unsigned_abs())).sum();
    state.books.units(sku) - dequeued
}

/// Units that a movement leaves to sell at its cell, or takes.
fn freed(movement: &Movement) -> i64 {
    let quantity = i64::from(movement.quantity());
    match movement.kind() {
        MovementKind::Received
        | MovementKind::Adjusted
        | MovementKind::Restored
        | MovementKind::Released
        | MovementKind::ComponentReleased => quantity,
        MovementKind::Withdrawn => -quantity,
        _ => 0,
    }
}

fn of_stock(
    kind: MovementKind,
    sku: Sku,
    warehouse: Warehouse,
    units: u32,
    cause: Sequence,
) -> Movement {
    let units = i32::try_from(units).expect("invariant: a cell stays below 2^31 units");
    Movement::stock(kind, AdjustReason::None, sku, warehouse, units, cause)
}
