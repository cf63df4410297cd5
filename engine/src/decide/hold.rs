//! Commands of carts: placing, extending and releasing holds.

use gantry_journal::mark;
use gantry_model::{
    Channel, EngineTime, ExtendHold, HOLD_ROWS_PER_OWNER_MAX, HOLD_SECONDS_MAX, HoldId, Movement,
    MovementKind, OutcomeHead, PlaceHold, PlaceOrder, RejectReason, ReleaseHold, Sequence, Short,
    ShortMode, Sku, Warehouse, Zone,
};

use super::candidates::{Grant, Pass};
use super::held::{Held, look_up, unhold};
use super::place::{figures, run_passes, sum_demands};
use super::{Decision, Rejection};
use crate::state::{HoldRow, State};

pub(super) fn place(
    state: &State,
    command: &PlaceHold<'_>,
    sequence: Sequence,
    now: EngineTime,
    decision: &mut Decision,
) -> Result<OutcomeHead, Rejection> {
    check(state, command)?;
    let replaced = replaced(state, command, now)?;
    sum_demands(state, command.lines, &mut decision.problem.demands)?;
    let held = Held::of(replaced.into_iter().flat_map(|hold| state.holds.rows(hold)));
    let order = as_order(command);
    let first = Pass::first(state, &order, now).of_owner(&held);
    if command.warehouse == Warehouse::NONE {
        if state.network.candidates(command.zone).next().is_none() {
            return Err(RejectReason::NotServed.into());
        }
        source(&first, decision);
    } else {
        grant_at(&first, command.warehouse, decision)?;
    }
    if let Some(hold) = replaced {
        unhold(state, hold, sequence, &mut decision.movements);
    }
    hold_what_is_granted(state, command, sequence, decision)?;
    check_places(state, command, replaced, decision)?;
    if replaced.is_some() {
        mark!("hold replaced");
    }
    Ok(OutcomeHead::accepted(0, 0))
}

pub(super) fn extend(
    state: &State,
    command: &ExtendHold,
    now: EngineTime,
) -> Result<OutcomeHead, Rejection> {
    check_ttl(command.ttl_seconds)?;
    look_up(state, command.hold, now)?;
    Ok(OutcomeHead::accepted(0, 0))
}

pub(super) fn release(
    state: &State,
    command: &ReleaseHold,
    sequence: Sequence,
    now: EngineTime,
    decision: &mut Decision,
) -> Result<OutcomeHead, Rejection> {
    let hold = look_up(state, command.hold, now)?;
    unhold(state, hold, sequence, &mut decision.movements);
    decision.released = hold.placed;
    Ok(OutcomeHead::accepted(0, 0))
}

/// Whether the hold makes sense at all.
fn check(state: &State, command: &PlaceHold<'_>) -> Result<(), Rejection> {
    let (count, lines_max) = (command.lines.len(), state.limits.lines_per_order_max as usize);
    let PlaceHold { zone, warehouse, channel, .. } = *command;
    if count == 0 {
        return Err(RejectReason::NoLines.into());
    }
    if command.owner == 0 {
        return Err(RejectReason::OwnerZero.into());
    }
    check_ttl(command.ttl_seconds)?;
    if count > lines_max {
        return Err(figures(RejectReason::TooManyLines, count, lines_max));
    }
    if (zone == Zone::NONE) == (warehouse == Warehouse::NONE) {
        return Err(RejectReason::BadHoldScope.into());
    }
    if zone != Zone::NONE && !state.catalogue.zones.contains(zone) {
        return Err(RejectReason::UnknownZone.into());
    }
    if warehouse != Warehouse::NONE && !state.catalogue.warehouses.contains(warehouse) {
        return Err(RejectReason::UnknownWarehouse.into());
    }
    if channel != Channel::NONE && !state.catalogue.channels.contains(channel) {
        return Err(RejectReason::UnknownChannel.into());
    }
    if command.replaces == HoldId::NONE && !state.holds.has_room() {
        return Err(RejectReason::TableFull.into());
    }
    Ok(())
}

fn check_ttl(ttl_seconds: u32) -> Result<(), Rejection> {
    if ttl_seconds == 0 {
        return Err(RejectReason::TtlZero.into());
    }
    if ttl_seconds > HOLD_SECONDS_MAX {
        let (actual, limit) = (ttl_seconds.into(), HOLD_SECONDS_MAX.into());
        return Err(Rejection::of(RejectReason::TtlOverLimit, actual, limit));
    }
    Ok(())
}

/// The hold whose place the new one takes, if it names one.
fn replaced<'a>(
    state: &'a State,
    command: &PlaceHold<'_>,
    now: EngineTime,
) -> Result<Option<&'a HoldRow>, Rejection> {
    if command.replaces == HoldId::NONE {
        return Ok(None);
    }
    let hold = look_up(state, command.replaces, now)?;
    if hold.owner != command.owner {
        return Err(RejectReason::NotTheOwner.into());
    }
    Ok(Some(hold))
}

/// The order that would have its units where the hold wants them.
fn as_order<'a>(command: &PlaceHold<'a>) -> PlaceOrder<'a> {
    PlaceOrder {
        id: command.id,
        hold: HoldId::NONE,
        customer: 0,
        value_minor: 0,
        currency: [0; 4],
        zone: command.zone,
        channel: command.channel,
        priority_class: 0,
        service_level: 0,
        short: ShortMode::TakeAvailable,
        reference: "",
        lines: command.lines,
    }
}

/// Grants what an order would get. Of what is unlimited there is always enough: it neither needs a
/// source nor draws the rest to one.
fn source(first: &Pass<'_>, decision: &mut Decision) {
    let demands = &mut decision.problem.demands;
    demands.retain(|demand| !is_unlimited(first.state, demand.sku));
    if demands.is_empty() {
        decision.grants.clear();
    } else {
        run_passes(first, decision);
    }
}

/// Whether no unit of a SKU is counted; of a bundle, of any component.
fn is_unlimited(state: &State, sku: Sku) -> bool {
    let is_counted = |sku: Sku| state.catalogue.sku(sku).is_some_and(|row| row.tracked);
    match state.bundles.components(sku) {
        [] => !is_counted(sku),
        parts => !parts.iter().any(|part| is_counted(part.sku())),
    }
}

/// Grants each demand what there is at one place, whatever it would cost to send it anywhere.
fn grant_at(
    first: &Pass<'_>,
    warehouse: Warehouse,
    decision: &mut Decision,
) -> Result<(), Rejection> {
    if !first.state.catalogue.warehouse_rows[gantry_model::Handle::index(warehouse)].active {
        return Err(RejectReason::NotServed.into());
    }
    let Decision { problem, grants, .. } = decision;
    grants.clear();
    for demand in &problem.demands {
        let sku = demand.sku;
        let pass = Pass { granted: grants, ..*first };
        let units = pass.available_whole(sku, warehouse).min(demand.units);
        if units > 0 {
            grants.push(Grant { sku, warehouse, units });
        }
    }
    Ok(())
}

/// Gives the granted units to the lines, lower line numbers first.
fn hold_what_is_granted(
    state: &State,
    command: &PlaceHold<'_>,
    sequence: Sequence,
    decision: &mut Decision,
) -> Result<(), Rejection> {
    let Decision { grants, movements, shorts, .. } = decision;
    let mut granted = 0_u64;
    for (line, wanted) in (0..).zip(command.lines) {
        let mut left = wanted.quantity();
        for grant in grants.iter_mut().filter(|grant| grant.sku == wanted.sku()) {
            let units = grant.units.min(left);
            if units > 0 {
                push_held(state, line, Grant { units, ..*grant }, sequence, movements);
            }
            grant.units -= units;
            left -= units;
        }
        left = if is_unlimited(state, wanted.sku()) { 0 } else { left };
        granted += u64::from(wanted.quantity() - left);
        if left > 0 {
            let available = wanted.quantity() - left;
            shorts.push(Short::new(line, wanted.sku(), wanted.quantity(), available));
        }
    }
    if shorts.is_empty() {
        return Ok(());
    }
    if command.partial && granted > 0 {
        shorts.clear();
        return Ok(());
    }
    Err(RejectReason::OutOfStock.into())
}

/// Holds what a line is granted at a place: the components of a bundle, and nothing of what is
/// unlimited.
fn push_held(
    state: &State,
    line: u16,
    granted: Grant,
    sequence: Sequence,
    movements: &mut Vec<Movement>,
) {
    let mut push = |sku: Sku, units_each: u32| {
        if state.catalogue.sku(sku).is_some_and(|row| row.tracked) {
            let (kind, units) = (MovementKind::Held, granted.units * units_each);
            let place = granted.warehouse;
            movements.push(Movement::of_order(kind, sequence, line, sku, place, units, sequence));
        }
    };
    match state.bundles.components(granted.sku) {
        [] => push(granted.sku, 1),
        parts => parts.iter().for_each(|part| push(part.sku(), part.units())),
    }
}

/// An order takes the holds of its owner in one record, so what they hold is bounded.
fn check_places(
    state: &State,
    command: &PlaceHold<'_>,
    replaced: Option<&HoldRow>,
    decision: &Decision,
) -> Result<(), Rejection> {
    let held = decision.movements.iter().filter(|it| it.kind() == MovementKind::Held);
    let others = state.holds.of_owner(command.owner).filter(|hold| Some(*hold) != replaced);
    let places = held.count() + others.map(|hold| usize::from(hold.row_count)).sum::<usize>();
    if places > HOLD_ROWS_PER_OWNER_MAX {
        return Err(figures(RejectReason::TooManyPlacesHeld, places, HOLD_ROWS_PER_OWNER_MAX));
    }
    Ok(())
}
