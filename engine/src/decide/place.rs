//! Placing an order, and quoting one: the same decision, with or without a record.

use gantry_journal::mark;
use gantry_journal::sabotage::{Sabotage, asked};
use gantry_model::{
    Channel, EngineTime, HoldId, LINES_PER_ORDER_MAX, Movement, MovementKind, OrderLine,
    OutcomeHead, PlaceOrder, Proof, RejectReason, Sequence, Short, ShortMode, Warehouse,
};

use super::candidates::{Grant, Pass};
use super::due::make_due;
use super::held::{Held, look_up, take};
use super::promise::promise_what_waits;
use super::{Decision, Rejection, push_components};
use crate::sourcing::{Demand, solve};
use crate::state::{HoldRow, State};

pub(super) fn decide(
    state: &State,
    order: &PlaceOrder<'_>,
    sequence: Sequence,
    now: EngineTime,
    decision: &mut Decision,
) -> Result<OutcomeHead, Rejection> {
    check(state, order)?;
    let hold = hold(state, order, now)?;
    sum_demands(state, order.lines, &mut decision.problem.demands)?;
    if state.network.candidates(order.zone).next().is_none() {
        return Err(RejectReason::NotServed.into());
    }
    let held = Held::for_order(state, order, now);
    let first = Pass::first(state, order, now).of_owner(&held);
    let head = source(&first, sequence, decision)?;
    promise_what_waits(state, order, now, decision);
    if let Some(hold) = hold {
        take(state, (hold, order.channel), sequence, now, decision);
    }
    Ok(head)
}

/// The hold that the order takes, if it names one.
fn hold<'a>(
    state: &'a State,
    order: &PlaceOrder<'_>,
    now: EngineTime,
) -> Result<Option<&'a HoldRow>, Rejection> {
    if order.hold == HoldId::NONE {
        return Ok(None);
    }
    let found = look_up(state, order.hold, now);
    if found == Err(RejectReason::HoldEnded) {
        mark!("order refused for an ended hold");
    }
    Ok(Some(found?))
}

/// Sources the order and says what becomes of each of its units.
fn source(
    first: &Pass<'_>,
    sequence: Sequence,
    decision: &mut Decision,
) -> Result<OutcomeHead, Rejection> {
    let Pass { state, order, .. } = *first;
    let sourced = run_passes(first, decision);
    allocate(order, sequence, decision);
    if order.short == ShortMode::WaitComplete && !is_whole(order, decision) {
        wait_complete(first, sequence, decision)?;
        return Ok(OutcomeHead::accepted(0, 0));
    }
    let left = judge_the_rest(first, decision)?;
    add_components(state, decision);
    move_the_rest(order, sequence, left, decision);
    Ok(sourced.head())
}

/// What passes have come to.
pub(super) struct Sourced {
    parcels: u32,
    cost_minor: i64,
    proof: Option<Proof>,
    gap: i64,
}

impl Sourced {
    pub(super) fn head(&self) -> OutcomeHead {
        let parcels = u16::try_from(self.parcels).expect("invariant: at most 64 candidates");
        OutcomeHead::sourced(parcels, self.cost_minor, self.proof, self.gap)
    }

    /// Two passes are proven as far as the one that is proven less; the first counts first.
    fn and(self, second: Self) -> Self {
        let (proof, gap) = match self.proof {
            Some(Proof::Optimal) => (second.proof, second.gap),
            first => (first, self.gap),
        };
        let parcels = self.parcels + second.parcels;
        Self { parcels, cost_minor: self.cost_minor + second.cost_minor, proof, gap }
    }
}

/// Sources the demands that stand in the problem: what the first pass leaves over, the second
/// serves without soft rules.
pub(super) fn run_passes(first: &Pass<'_>, decision: &mut Decision) -> Sourced {
    let sourced = run(first, decision);
    if !first.has_soft_rules() || !leave_what_is_not_granted(decision) {
        return sourced;
    }
    mark!("second pass without soft rules");
    let granted = std::mem::take(&mut decision.granted);
    let sourced = sourced.and(run(&first.second(&granted), decision));
    decision.granted = granted;
    sourced
}

/// Solves one pass over the demands that stand in the problem, and adds its plan to the grants.
fn run(pass: &Pass<'_>, decision: &mut Decision) -> Sourced {
    let Decision { problem, scratch, plan, grants, .. } = decision;
    pass.fill(problem);
    solve(problem, scratch, plan);
    if pass.is_first() {
        grants.clear();
    }
    for take in &plan.takes {
        let (sku, warehouse) =
            (problem.demands[take.demand].sku, problem.sources[take.source].warehouse);
        let is_same = |grant: &&mut Grant| grant.sku == sku && grant.warehouse == warehouse;
        let known = if pass.is_first() { None } else { grants.iter_mut().find(is_same) };
        match known {
            Some(grant) => grant.units += take.units,
            None => grants.push(Grant { sku, warehouse, units: take.units }),
        }
    }
    let (parcels, cost_minor) = (plan.parcels(), plan.cost_minor);
    Sourced { parcels, cost_minor, proof: plan.proof, gap: plan.gap }
}

/// Takes what was granted off the demands and notes it for the next pass; says whether any demand
/// is left.
fn leave_what_is_not_granted(decision: &mut Decision) -> bool {
    let Decision { problem, grants, granted, .. } = decision;
    granted.clone_from(grants);
    for demand in &mut problem.demands {
        let granted = grants.iter().filter(|grant| grant.sku == demand.sku);
        demand.units -= granted.map(|grant| grant.units).sum::<u32>();
    }
    problem.demands.retain(|demand| demand.units > 0);
    !problem.demands.is_empty()
}

/// Whether every unit of the order was allocated.
fn is_whole(order: &PlaceOrder<'_>, decision: &Decision) -> bool {
    let wanted: u64 = order.lines.iter().map(|line| u64::from(line.quantity())).sum();
    let allocated = decision.movements.iter().filter(|it| it.kind() == MovementKind::Allocated);
    wanted == allocated.map(|it| u64::from(it.quantity().unsigned_abs())).sum::<u64>()
}

/// Lets every unit of the order wait, if each of its SKUs allows that; its lines are looked at at
/// once, because what there is of them is kept for it.
fn wait_complete(
    first: &Pass<'_>,
    sequence: Sequence,
    decision: &mut Decision,
) -> Result<(), Rejection> {
    let Pass { state, order, .. } = *first;
    for (line, wanted) in (0..).zip(order.lines) {
        let may_wait = state.catalogue.sku(wanted.sku()).is_some_and(|row| row.backorder);
        if !may_wait {
            let available = allocated_to(line, &decision.movements);
            let line = u16::try_from(line).expect("invariant: lines are bounded");
            decision.shorts.push(Short::new(line, wanted.sku(), wanted.quantity(), available));
        }
    }
    if !decision.shorts.is_empty() {
        return Err(RejectReason::BackorderNotAllowed.into());
    }
    decision.movements.clear();
    move_the_rest(order, sequence, MovementKind::Backordered, decision);
    order.lines.iter().for_each(|line| make_due(line.sku(), sequence, decision));
    Ok(())
}

/// What becomes of units that were not allocated, or why the order cannot be.
fn judge_the_rest(first: &Pass<'_>, decision: &mut Decision) -> Result<MovementKind, Rejection> {
    let Pass { state, order, .. } = *first;
    let kind = match order.short {
        ShortMode::ShipComplete => {
            refuse_short(first, decision, |_| true)?;
            MovementKind::Backordered
        }
        ShortMode::TakeAvailable => {
            if decision.movements.is_empty() {
                refuse_short(first, decision, |_| true)?;
            }
            MovementKind::Cancelled
        }
        ShortMode::Backorder | ShortMode::WaitComplete => {
            let forbids = |line: usize| {
                let sku = state.catalogue.sku(order.lines[line].sku());
                sku.is_some_and(|row| !row.backorder)
            };
            refuse_short(first, decision, forbids)?;
            MovementKind::Backordered
        }
    };
    Ok(kind)
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
pub(crate) fn sum_demands(
    state: &State,
    lines: &[OrderLine],
    demands: &mut Vec<Demand>,
) -> Result<(), Rejection> {
    let quantity_max = state.limits.quantity_per_line_max;
    let mut components = 0;
    demands.clear();
    for line in lines {
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
        components += state.bundles.components(sku).len();
        let total = match demands.iter_mut().find(|demand| demand.sku == sku) {
            Some(demand) if !asked(Sabotage::LinesNotSummed) => {
                demand.units += units;
                demand.units
            }
            _ => {
                demands.push(Demand { sku, units });
                units
            }
        };
        if row.order_max != 0 && total > row.order_max {
            let (actual, limit) = (total.into(), row.order_max.into());
            return Err(Rejection::of(RejectReason::OverOrderMaximum, actual, limit));
        }
    }
    // A record has room for as many movements as the largest order has lines.
    let lines = lines.len() + components;
    if lines > LINES_PER_ORDER_MAX {
        return Err(figures(RejectReason::TooManyLines, lines, LINES_PER_ORDER_MAX));
    }
    Ok(())
}

/// Gives the granted units to the lines, lower line numbers first.
fn allocate(order: &PlaceOrder<'_>, sequence: Sequence, decision: &mut Decision) {
    for (line, wanted) in (0..).zip(order.lines) {
        let mut left = wanted.quantity();
        // Grants stand in order of demand and shrink as lines use them up.
        for grant in decision.grants.iter_mut().filter(|grant| grant.sku == wanted.sku()) {
            let units = grant.units.min(left);
            if units == 0 {
                continue;
            }
            decision.movements.push(Movement::of_order(
                MovementKind::Allocated,
                sequence,
                line,
                wanted.sku(),
                grant.warehouse,
                units,
                sequence,
            ));
            grant.units -= units;
            left -= units;
        }
    }
}

/// Allocates the components of the bundles that were allocated.
fn add_components(state: &State, decision: &mut Decision) {
    if state.bundles.is_empty() {
        return;
    }
    for at in 0..decision.movements.len() {
        let movement = decision.movements[at];
        let kind = MovementKind::ComponentAllocated;
        push_components(state, &movement, kind, &mut decision.movements);
    }
}

/// Rejects if a short line `matters`, naming every such line.
fn refuse_short(
    first: &Pass<'_>,
    decision: &mut Decision,
    matters: impl Fn(usize) -> bool,
) -> Result<(), Rejection> {
    let order = first.order;
    for (line, wanted) in order.lines.iter().enumerate() {
        let available = allocated_to(line, &decision.movements);
        if available < wanted.quantity() && matters(line) {
            let line = u16::try_from(line).expect("invariant: lines are bounded");
            decision.shorts.push(Short::new(line, wanted.sku(), wanted.quantity(), available));
        }
    }
    if decision.shorts.is_empty() {
        return Ok(());
    }
    Err(match order.short {
        ShortMode::Backorder => RejectReason::BackorderNotAllowed,
        _ if would_do_without_rules(first, decision)? => RejectReason::RulesForbid,
        _ => RejectReason::OutOfStock,
    }
    .into())
}

/// Whether the order would be accepted, were it not for rules: all of it is there, or, where it
/// takes what is available, a single unit.
fn would_do_without_rules(first: &Pass<'_>, decision: &mut Decision) -> Result<bool, Rejection> {
    let Pass { state, order, .. } = *first;
    let there = |sku| {
        let candidates = state.network.candidates(order.zone);
        let there = candidates.map(|row| u64::from(first.there(sku, row.warehouse)));
        there.sum::<u64>()
    };
    if order.short == ShortMode::TakeAvailable {
        return Ok(order.lines.iter().any(|line| there(line.sku()) > 0));
    }
    let Decision { problem, scratch, plan, .. } = decision;
    sum_demands(state, order.lines, &mut problem.demands)?;
    let alone = problem.demands.iter().all(|demand| there(demand.sku) >= demand.units.into());
    if !alone || state.bundles.is_empty() {
        return Ok(alone);
    }
    // Each SKU alone is there, but a bundle may want the same units as another line.
    first.without_rules().fill(problem);
    solve(problem, scratch, plan);
    Ok(plan.units() == problem.units_wanted())
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
    let is_of_line = |movement: &&Movement| {
        movement.kind() == MovementKind::Allocated && usize::from(movement.line()) == line
    };
    let of_line = movements.iter().filter(is_of_line);
    of_line.map(|movement| movement.quantity().unsigned_abs()).sum()
}

pub(super) fn figures(reason: RejectReason, actual: usize, limit: usize) -> Rejection {
    let figure = |value: usize| i64::try_from(value).unwrap_or(i64::MAX);
    Rejection::of(reason, figure(actual), figure(limit))
}
