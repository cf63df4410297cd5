//! Sourcing an order again: from where its allocated units come, as if they were ordered now.
//!
//! Nobody may be worse off by it. So the order moves as a whole or not at all, and only to a plan
//! that is worse neither in parcels nor in cost nor in days, by what each of them is now.

use gantry_journal::mark;
use gantry_model::{
    CANDIDATES_PER_ZONE_MAX, EngineTime, LINES_PER_ORDER_MAX, MOVEMENTS_PER_RECORD_MAX, Movement,
    MovementKind, OrderLine, OutcomeHead, RejectReason, ResourceOrder, Sequence, Warehouse,
};

use super::candidates::{Claim, Grant, Pass};
use super::held::Held;
use super::place::run_passes;
use super::serve::{as_placed, opened};
use super::{Decision, Rejection, push_components};
use crate::archive::Known;
use crate::sourcing::Demand;
use crate::state::{AllocationRow, Figures, OrderView, Places, State, by_warehouse, places_of};

/// Pairs of line and warehouse that an order has room for.
pub(super) const PAIRS_MAX: usize = LINES_PER_ORDER_MAX * CANDIDATES_PER_ZONE_MAX;

/// What an order has where, allocated and not shipped.
#[derive(Debug)]
pub(crate) struct Own {
    /// Units of SKUs, those of a bundle as its components.
    pub(super) cells: Held,
    /// Units of lines.
    places: Places,
}

impl Own {
    fn of(state: &State, view: &OrderView<'_>) -> Self {
        let mut cells = Vec::new();
        for row in view.allocations.iter().filter(|row| row.allocated > 0) {
            let sku = view.lines[usize::from(row.line)].sku;
            match state.bundles.components(sku) {
                [] => cells.push((sku, row.warehouse, row.allocated)),
                parts => cells.extend(
                    parts
                        .iter()
                        .map(|part| (part.sku(), row.warehouse, row.allocated * part.units())),
                ),
            }
        }
        Self { cells: Held::summed(cells), places: places_of(view) }
    }

    pub(super) fn units_at(&self, warehouse: Warehouse) -> u32 {
        let at = self.places.binary_search_by_key(&warehouse, |place| place.0);
        at.map_or(0, |at| self.places[at].1)
    }
}

/// What places mean for an order; none, if it may have nothing from one of them now.
fn figures(pass: &Pass<'_>, view: &OrderView<'_>, places: &[(Warehouse, u32)]) -> Option<Figures> {
    let serves = |warehouse: Warehouse| {
        let mut candidates = pass.state.network.candidates(pass.order.zone);
        candidates.any(|candidate| candidate.warehouse == warehouse) && !pass.is_barred(warehouse)
    };
    let is_served = places.iter().all(|(warehouse, _)| serves(*warehouse));
    is_served.then(|| pass.state.figures(view, places, pass.now))
}

/// Whether nobody is worse off, and somebody better.
fn is_improved(new: &Figures, old: &Figures) -> bool {
    let is_no_worse =
        new.parcels <= old.parcels && new.cost_minor <= old.cost_minor && new.days <= old.days;
    is_no_worse && (new.parcels, new.cost_minor) != (old.parcels, old.cost_minor)
}

pub(super) fn decide(
    known: Known<'_>,
    command: &ResourceOrder,
    sequence: Sequence,
    now: EngineTime,
    decision: &mut Decision,
) -> Result<OutcomeHead, Rejection> {
    let state = known.state;
    let view = known.order(command.order).ok_or(RejectReason::UnknownOrder)?;
    if view.row.open_units == 0 {
        return Err(RejectReason::OrderClosed.into());
    }
    demand(&view, &mut decision.problem.demands);
    if decision.problem.demands.is_empty() {
        return Ok(OutcomeHead::accepted(0, 0));
    }
    let wanted = decision.problem.units_wanted();
    let lines: Vec<_> =
        view.lines.iter().map(|line| OrderLine::new(line.sku, line.ordered)).collect();
    let order = as_placed(&view, &lines);
    let own = Own::of(state, &view);
    let opened = opened(&view, |row| row.shipped > 0);
    let bars = state.rejected.bars(view.row.placed);
    let first = Pass::of_waiting(state, &order, now, Claim::Own(&own), &opened).sparing(bars);
    let sourced = run_passes(&first, decision);
    let granted = decision.grants.iter().map(|grant| grant.units).sum::<u32>();
    if granted < wanted || !is_better(&first, &view, &own, &decision.grants) {
        mark!("nothing better for an order");
        return Ok(OutcomeHead::accepted(0, 0));
    }
    move_units(state, &view, sequence, decision);
    if !fits(&view, &decision.movements, MOVEMENTS_PER_RECORD_MAX) {
        decision.movements.clear();
        return Ok(OutcomeHead::accepted(0, 0));
    }
    mark!("order sourced again");
    Ok(sourced.head())
}

/// Sums what the lines are allocated by SKU, in order of first appearance.
fn demand(view: &OrderView<'_>, demands: &mut Vec<Demand>) {
    demands.clear();
    for line in view.lines.iter().filter(|line| line.allocated > 0) {
        match demands.iter_mut().find(|demand| demand.sku == line.sku) {
            Some(demand) => demand.units += line.allocated,
            None => demands.push(Demand { sku: line.sku, units: line.allocated }),
        }
    }
}

/// Whether the plan is worth moving for. From a warehouse that does not serve the order any more it
/// always is.
fn is_better(pass: &Pass<'_>, view: &OrderView<'_>, own: &Own, grants: &[Grant]) -> bool {
    let new = by_warehouse(grants.iter().map(|grant| (grant.warehouse, grant.units)));
    let new = figures(pass, view, &new).expect("invariant: a plan is of candidates");
    let Some(old) = figures(pass, view, &own.places) else {
        mark!("order leaves a warehouse that is no candidate");
        return true;
    };
    is_improved(&new, &old)
}

/// Moves what the plan has elsewhere. Lines of one SKU keep what stays, the lower line first.
fn move_units(state: &State, view: &OrderView<'_>, sequence: Sequence, decision: &mut Decision) {
    let Decision { grants, movements, .. } = decision;
    let place = |grant: &Grant| (grant.sku, grant.warehouse);
    grants.sort_unstable_by_key(place);
    let mut push = |kind, parts, line: u16, warehouse, units| {
        let (sku, placed) = (view.lines[usize::from(line)].sku, view.row.placed);
        let movement = Movement::of_order(kind, placed, line, sku, warehouse, units, sequence);
        movements.push(movement);
        push_components(state, &movement, parts, movements);
    };
    let mut missing = vec![0; view.lines.len()];
    for row in rising(view) {
        let line = usize::from(row.line);
        let at = grants.binary_search_by_key(&(view.lines[line].sku, row.warehouse), place);
        let kept = at.map_or(0, |at| {
            let kept = grants[at].units.min(row.allocated);
            grants[at].units -= kept;
            kept
        });
        let units = row.allocated - kept;
        if units > 0 {
            let (kind, parts) = (MovementKind::Released, MovementKind::ComponentReleased);
            push(kind, parts, row.line, row.warehouse, units);
            missing[line] += units;
        }
    }
    for (line, mut left) in (0..).zip(missing) {
        let sku = view.lines[usize::from(line)].sku;
        for grant in grants.iter_mut().filter(|grant| grant.sku == sku) {
            let units = grant.units.min(left);
            if units > 0 {
                let (kind, parts) = (MovementKind::Allocated, MovementKind::ComponentAllocated);
                push(kind, parts, line, grant.warehouse, units);
            }
            grant.units -= units;
            left -= units;
        }
        assert_eq!(left, 0, "a whole plan has what every line had");
    }
}

/// Where the order's units are, rising by line and warehouse.
fn rising(view: &OrderView<'_>) -> Vec<AllocationRow> {
    let mut rows = view.allocations.to_vec();
    rows.sort_unstable_by_key(|row| (row.line, row.warehouse));
    rows
}

/// Whether a record has room for the movements, and the order for where its units then are.
pub(super) fn fits(view: &OrderView<'_>, movements: &[Movement], max: usize) -> bool {
    let rows = rising(view);
    let is_new = |it: &&Movement| {
        let place = (it.line(), it.warehouse());
        it.kind() == MovementKind::Allocated
            && rows.binary_search_by_key(&place, |row| (row.line, row.warehouse)).is_err()
    };
    movements.len() <= max && rows.len() + movements.iter().filter(is_new).count() <= PAIRS_MAX
}
