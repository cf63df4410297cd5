//! Placing an order, and quoting one: the same decision, with or without a record.

use gantry_model::{
    Channel, Movement, MovementKind, OutcomeHead, PlaceOrder, RejectReason, Sequence, Short,
    ShortMode, Warehouse,
};

use super::{Decision, Rejection};
use crate::sourcing::{Demand, Problem, Source, Take, solve};
use crate::state::State;

pub(super) fn decide(
    state: &State,
    order: &PlaceOrder<'_>,
    sequence: Sequence,
    decision: &mut Decision,
) -> Result<OutcomeHead, Rejection> {
    check(state, order)?;
    sum_demands(state, order, &mut decision.problem.demands)?;
    if order.short == ShortMode::WaitComplete {
        return Err(RejectReason::NotYet.into());
    }
    gather(state, order, &mut decision.problem);
    if decision.problem.sources.is_empty() {
        return Err(RejectReason::NotServed.into());
    }
    solve(&decision.problem, &mut decision.scratch, &mut decision.plan);
    allocate(order, sequence, decision);
    let left = match order.short {
        ShortMode::ShipComplete => refuse_short(order, decision, |_| true)?,
        ShortMode::TakeAvailable if decision.movements.is_empty() => {
            return refuse_short(order, decision, |_| true).map(|_| unreachable!("all is short"));
        }
        ShortMode::TakeAvailable => MovementKind::Cancelled,
        ShortMode::Backorder | ShortMode::WaitComplete => {
            let forbids = |line: usize| {
                let sku = state.catalogue.sku(order.lines[line].sku());
                sku.is_some_and(|row| !row.backorder)
            };
            refuse_short(order, decision, forbids)?
        }
    };
    move_the_rest(order, sequence, left, decision);
    let parcels = u16::try_from(decision.plan.parcels()).expect("invariant: at most 64 candidates");
    Ok(OutcomeHead::accepted(parcels, decision.plan.cost_minor))
}

/// Whether the order makes sense at all.
fn check(state: &State, order: &PlaceOrder<'_>) -> Result<(), Rejection> {
    let count = order.lines.len();
    let lines_max = state.limits.lines_per_order_max as usize;
    if count == 0 {
        return Err(RejectReason::NoLines.into());
    }
    if !state.orders.has_room() {
        return Err(RejectReason::TableFull.into());
    }
    if count > lines_max {
        return Err(figures(RejectReason::TooManyLines, count, lines_max));
    }
    if !state.catalogue.zones.contains(order.zone) {
        return Err(RejectReason::UnknownZone.into());
    }
    if order.channel != Channel::NONE && !state.catalogue.channels.contains(order.channel) {
        return Err(RejectReason::UnknownChannel.into());
    }
    let [letters @ .., end] = order.currency;
    let is_currency = letters.iter().all(u8::is_ascii_uppercase) && end == 0;
    if order.currency != [0; 4] && !is_currency {
        return Err(RejectReason::BadCurrency.into());
    }
    Ok(())
}

/// Checks each line and sums units by SKU, in order of first appearance: two lines of one SKU
/// must not both be promised the same unit.
fn sum_demands(
    state: &State,
    order: &PlaceOrder<'_>,
    demands: &mut Vec<Demand>,
) -> Result<(), Rejection> {
    let quantity_max = state.limits.quantity_per_line_max;
    demands.clear();
    for line in order.lines {
        let (sku, units) = (line.sku(), line.quantity());
        let row = state.catalogue.sku(sku).ok_or(RejectReason::UnknownSku)?;
        if !row.active {
            return Err(RejectReason::SkuInactive.into());
        }
        if units == 0 {
            return Err(RejectReason::QuantityNotPositive.into());
        }
        if units > quantity_max {
            let (actual, limit) = (units.into(), quantity_max.into());
            return Err(Rejection::of(RejectReason::QuantityOverLimit, actual, limit));
        }
        let total = match demands.iter_mut().find(|demand| demand.sku == sku) {
            Some(demand) => {
                demand.units += units;
                demand.units
            }
            None => {
                demands.push(Demand { sku, units });
                units
            }
        };
        if row.order_max != 0 && total > row.order_max {
            let (actual, limit) = (total.into(), row.order_max.into());
            return Err(Rejection::of(RejectReason::OverOrderMaximum, actual, limit));
        }
    }
    Ok(())
}

/// Reads what the decision depends on.
fn gather(state: &State, order: &PlaceOrder<'_>, problem: &mut Problem) {
    let sources = state.network.candidates(order.zone).map(|candidate| Source {
        warehouse: candidate.warehouse,
        priority: candidate.priority,
        days: candidate.days.into(),
        parcel_cost: candidate.parcel_cost,
        unit_cost: candidate.unit_cost,
        units_max: u32::MAX,
        load_per_mille: 0,
        is_open: false,
    });
    problem.sources.clear();
    problem.sources.extend(sources);
    problem.available.clear();
    for demand in &problem.demands {
        let cells = problem.sources.iter();
        let cells = cells.map(|source| state.stock.available(demand.sku, source.warehouse));
        problem.available.extend(cells);
    }
}

/// Gives the plan's units to the lines, lower line numbers first.
fn allocate(order: &PlaceOrder<'_>, sequence: Sequence, decision: &mut Decision) {
    for (line, wanted) in (0..).zip(order.lines) {
        let demand = decision
            .problem
            .demands
            .iter()
            .position(|demand| demand.sku == wanted.sku())
            .expect("invariant: every line's SKU has a demand");
        let mut left = wanted.quantity();
        // Takes stand in order of demand and shrink as lines use them up.
        for take in decision.plan.takes.iter_mut().filter(|take| take.demand == demand) {
            let units = take.units.min(left);
            if units == 0 {
                continue;
            }
            let warehouse = decision.problem.sources[take.source].warehouse;
            decision.movements.push(Movement::of_order(
                MovementKind::Allocated,
                sequence,
                line,
                wanted.sku(),
                warehouse,
                units,
                sequence,
            ));
            *take = Take { units: take.units - units, ..*take };
            left -= units;
        }
    }
}

/// Rejects if a short line `matters`, naming every such line; else says that the rest may wait.
fn refuse_short(
    order: &PlaceOrder<'_>,
    decision: &mut Decision,
    matters: impl Fn(usize) -> bool,
) -> Result<MovementKind, Rejection> {
    for (line, wanted) in order.lines.iter().enumerate() {
        let available = allocated_to(line, &decision.movements);
        if available < wanted.quantity() && matters(line) {
            let line = u16::try_from(line).expect("invariant: lines are bounded");
            decision.shorts.push(Short::new(line, wanted.sku(), wanted.quantity(), available));
        }
    }
    if decision.shorts.is_empty() {
        return Ok(MovementKind::Backordered);
    }
    Err(match order.short {
        ShortMode::Backorder => RejectReason::BackorderNotAllowed,
        _ => RejectReason::OutOfStock,
    }
    .into())
}

/// Moves each line's units that were not allocated to where the order's mode wants them.
fn move_the_rest(
    order: &PlaceOrder<'_>,
    sequence: Sequence,
    kind: MovementKind,
    decision: &mut Decision,
) {
    let allocations = decision.movements.len();
    for (line, wanted) in order.lines.iter().enumerate() {
        let left = wanted.quantity() - allocated_to(line, &decision.movements[..allocations]);
        if left > 0 {
            let line = u16::try_from(line).expect("invariant: lines are bounded");
            decision.movements.push(Movement::of_order(
                kind,
                sequence,
                line,
                wanted.sku(),
                Warehouse::NONE,
                left,
                sequence,
            ));
        }
    }
}

fn allocated_to(line: usize, movements: &[Movement]) -> u32 {
    let of_line = movements.iter().filter(|movement| usize::from(movement.line()) == line);
    of_line.map(|movement| movement.quantity().unsigned_abs()).sum()
}

fn figures(reason: RejectReason, actual: usize, limit: usize) -> Rejection {
    let figure = |value: usize| i64::try_from(value).unwrap_or(i64::MAX);
    Rejection::of(reason, figure(actual), figure(limit))
}
