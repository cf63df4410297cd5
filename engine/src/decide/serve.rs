//! Serving one waiting line, or one order that waits until all of it can be had.

use gantry_journal::mark;
use gantry_model::{
    EngineTime, HoldId, Movement, MovementKind, OrderLine, PlaceOrder, Sequence, ShortMode, Sku,
    WaitKey, Warehouse,
};

use super::candidates::{Claim, Pass};
use super::due::{make_due, of_stock};
use super::place::run_passes;
use super::{Decision, push_components};
use crate::sourcing::Demand;
use crate::state::{AllocationRow, Claimant, LineRow, OrderView, State};

/// Sources the units that a line waits for as if they were ordered now; of an order that waits
/// complete, those of all its lines. Returns whether the decision moves anything.
pub(super) fn serve(
    state: &State,
    (sku, key, slot): (Sku, WaitKey, u32),
    sequence: Sequence,
    now: EngineTime,
    decision: &mut Decision,
) -> bool {
    let view = state.orders.view(slot);
    let is_complete = view.row.short == ShortMode::WaitComplete;
    let is_asked =
        |(line, row): &(u16, &LineRow)| row.waiting > 0 && (is_complete || *line == key.line);
    let asked: Vec<_> = (0..).zip(view.lines).filter(is_asked).collect();
    let claimed = demand(state, &asked, decision);
    let opened = opened(&view, |row| row.allocated + row.shipped > 0);
    let lines: Vec<_> =
        view.lines.iter().map(|line| OrderLine::new(line.sku, line.ordered)).collect();
    let order = as_placed(&view, &lines);
    let claimant = Claimant { key, is_complete };
    let claim = Claim::SetAside(claimant, &claimed);
    let wanted = decision.problem.units_wanted();
    let bars = state.rejected.bars(view.row.placed);
    let pass = Pass::of_waiting(state, &order, now, claim, &opened).sparing(bars);
    let sourced = run_passes(&pass, decision);
    let units: u32 = decision.grants.iter().map(|grant| grant.units).sum();
    if units == 0 || is_complete && units < wanted {
        return is_complete && keep(state, (sku, key, slot), sequence, now, decision);
    }
    decision.head = sourced.head();
    for (line, row) in &asked {
        let of_line = |kind, warehouse, units| {
            Movement::of_order(kind, view.row.placed, *line, row.sku, warehouse, units, sequence)
        };
        let is_claimed = claimed.contains(&row.sku);
        allocate(&pass, (row, is_claimed), claimant, of_line, decision);
    }
    for (_, LineRow { sku: other, .. }) in asked.iter().filter(|(_, row)| row.sku != sku) {
        // What is left of it there is for others.
        if state.matching.set_aside_of(*other) > given_back(*other, None, decision).into() {
            make_due(*other, sequence, decision);
        }
    }
    true
}

/// Puts what the lines wait for into the problem; returns the SKUs of which they may have what is
/// set aside: none that a bundle among them is made of, because its units go uncounted there.
fn demand(state: &State, asked: &[(u16, &LineRow)], decision: &mut Decision) -> Vec<Sku> {
    let demands = &mut decision.problem.demands;
    demands.clear();
    for (_, row) in asked {
        match demands.iter_mut().find(|demand| demand.sku == row.sku) {
            Some(demand) => demand.units += row.waiting,
            None => demands.push(Demand { sku: row.sku, units: row.waiting }),
        }
    }
    let is_part = |sku: Sku| {
        let parts = demands.iter().flat_map(|demand| state.bundles.components(demand.sku));
        parts.into_iter().any(|part| part.sku() == sku)
    };
    demands.iter().map(|demand| demand.sku).filter(|sku| !is_part(*sku)).collect()
}

/// The warehouses of the allocations that send parcels of the order already, each once.
pub(super) fn opened(
    view: &OrderView<'_>,
    sends: impl Fn(&AllocationRow) -> bool,
) -> Vec<Warehouse> {
    let open = view.allocations.iter().filter(|row| sends(row));
    let mut opened: Vec<Warehouse> = open.map(|row| row.warehouse).collect();
    opened.sort_unstable();
    opened.dedup();
    opened
}

/// The order as it was placed, but for its reference.
pub(super) fn as_placed<'a>(view: &OrderView<'_>, lines: &'a [OrderLine]) -> PlaceOrder<'a> {
    let OrderView { row, detail, .. } = *view;
    PlaceOrder {
        id: row.id,
        hold: HoldId::NONE,
        customer: detail.customer,
        value_minor: detail.value_minor,
        currency: detail.currency,
        zone: row.zone,
        channel: detail.channel,
        priority_class: row.priority_class,
        service_level: row.service_level,
        short: row.short,
        reference: "",
        lines,
    }
}

/// Gives a line what was granted of its SKU, as far as it waits; what is set aside first, if it is
/// claimed.
fn allocate(
    pass: &Pass<'_>,
    (row, is_claimed): (&LineRow, bool),
    claimant: Claimant,
    of_line: impl Fn(MovementKind, Warehouse, u32) -> Movement,
    decision: &mut Decision,
) {
    let (state, now) = (pass.state, pass.now);
    let granted = decision.grants.iter().filter(|grant| grant.sku == row.sku);
    let units = granted.map(|grant| grant.units).sum::<u32>().min(row.waiting);
    if units == 0 {
        return;
    }
    let dequeued = of_line(MovementKind::Dequeued, Warehouse::NONE, units);
    let cause = dequeued.cause();
    decision.movements.push(dequeued);
    let mut left = units;
    for at in 0..decision.grants.len() {
        let grant = decision.grants[at];
        let units = if grant.sku == row.sku { grant.units.min(left) } else { 0 };
        if units == 0 {
            continue;
        }
        left -= units;
        decision.grants[at].units -= units;
        let here = || state.claimable(row.sku, grant.warehouse, claimant, now);
        let claimable = if is_claimed { here() } else { 0 };
        let back = claimable - given_back(row.sku, Some(grant.warehouse), decision);
        let back = back.min(units);
        if back > 0 {
            let kind = MovementKind::GivenBack;
            decision.movements.push(of_stock(kind, row.sku, grant.warehouse, back, cause));
        }
        let allocated = of_line(MovementKind::Allocated, grant.warehouse, units);
        decision.movements.push(allocated);
        let kind = MovementKind::ComponentAllocated;
        push_components(state, &allocated, kind, &mut decision.movements);
    }
}

/// Units of a SKU that the decision gives back, at a warehouse or at all.
pub(super) fn given_back(sku: Sku, warehouse: Option<Warehouse>, decision: &Decision) -> u32 {
    let is_its = |it: &&Movement| {
        it.kind() == MovementKind::GivenBack
            && it.sku() == sku
            && warehouse.is_none_or(|warehouse| it.warehouse() == warehouse)
    };
    let given = decision.movements.iter().filter(is_its);
    given.map(|movement| movement.quantity().unsigned_abs()).sum()
}

/// Sets aside what there is of the units that the first line of a book waits for which waits
/// complete, so that those behind it do not take them.
fn keep(
    state: &State,
    (sku, key, slot): (Sku, WaitKey, u32),
    sequence: Sequence,
    now: EngineTime,
    decision: &mut Decision,
) -> bool {
    // Of what is not counted there is always enough, and a bundle is nothing that lies there.
    let is_counted = state.catalogue.sku(sku).is_some_and(|row| row.tracked);
    if !is_counted || state.keeper(sku, None) != Some((key, slot)) {
        return false;
    }
    let row = state.orders.row(slot);
    let kept = state.kept((key, slot), state.matching.set_aside(sku), now);
    let kept: u32 = kept.map(|(_, units)| units).sum();
    let mut left = state.orders.lines(row)[usize::from(key.line)].waiting - kept;
    let mut warehouses: Vec<Warehouse> =
        state.network.candidates(row.zone).map(|candidate| candidate.warehouse).collect();
    warehouses.retain(|warehouse| state.may_serve(slot, *warehouse, now));
    warehouses.sort_unstable();
    let before = decision.movements.len();
    for warehouse in warehouses {
        let units = state.stock.available(sku, warehouse).min(left);
        if units > 0 {
            mark!("units kept for an order that waits complete");
            left -= units;
            let kind = MovementKind::SetAside;
            decision.movements.push(of_stock(kind, sku, warehouse, units, sequence));
        }
    }
    decision.movements.len() > before
}
