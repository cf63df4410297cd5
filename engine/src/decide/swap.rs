//! Swapping units between two orders, so that each has what suits it better.
//!
//! Neither order may have more parcels or a later one by it, nor may the two cost more together. The
//! cells have as many allocated units as before, so nothing comes free and nobody else is touched.

use gantry_journal::mark;
use gantry_model::{
    EngineTime, Movement, MovementKind, OutcomeHead, RejectReason, Sequence, SwapUnits, Warehouse,
};

use super::resource::PAIRS_MAX;
use super::{Decision, Rejection, push_components};
use crate::archive::Known;
use crate::state::{Figures, OrderView, Places, State, by_warehouse, day_of, is_barred, places_of};

/// One of the two orders.
struct Side<'a> {
    view: OrderView<'a>,
    gives: Warehouse,
    gets: Warehouse,
    /// Where its units are.
    places: Places,
    /// The units that each of its lines gives, rising by line.
    lines: Vec<(u16, u32)>,
}

pub(super) fn decide(
    known: Known<'_>,
    command: &SwapUnits,
    sequence: Sequence,
    now: EngineTime,
    decision: &mut Decision,
) -> Result<OutcomeHead, Rejection> {
    let state = known.state;
    let [first, second] = sides(known, command)?;
    may_serve(state, &first, (&second, command.quantity), now)?;
    may_serve(state, &second, (&first, command.quantity), now)?;
    let after = [&first, &second].map(|side| {
        let (old, new) = (&side.places, &side.places_after(command.quantity));
        (state.figures(&side.view, old, now), state.figures(&side.view, new, now))
    });
    if !is_gain(&after) || !first.has_room() || !second.has_room() {
        mark!("swap refused because nothing is gained");
        return Err(RejectReason::NothingGained.into());
    }
    for (kind, parts) in [
        (MovementKind::Released, MovementKind::ComponentReleased),
        (MovementKind::Allocated, MovementKind::ComponentAllocated),
    ] {
        for side in [&first, &second] {
            let is_given = kind == MovementKind::Released;
            let warehouse = if is_given { side.gives } else { side.gets };
            for (line, units) in &side.lines {
                let (placed, sku) = (side.view.row.placed, command.sku);
                let movement =
                    Movement::of_order(kind, placed, *line, sku, warehouse, *units, sequence);
                decision.movements.push(movement);
                push_components(state, &movement, parts, &mut decision.movements);
            }
        }
    }
    mark!("units swapped");
    let [(_, one), (_, other)] = after;
    Ok(OutcomeHead::accepted(one.parcels + other.parcels, one.cost_minor + other.cost_minor))
}

/// Both orders, if they are open and have the units where the command says.
fn sides<'a>(known: Known<'a>, command: &SwapUnits) -> Result<[Side<'a>; 2], Rejection> {
    let (east, west) = (command.first_warehouse, command.second_warehouse);
    if command.first == command.second || east == west {
        return Err(RejectReason::SwapsWithItself.into());
    }
    if command.quantity == 0 {
        return Err(RejectReason::QuantityNotPositive.into());
    }
    let first = known.order(command.first).ok_or(RejectReason::UnknownOrder)?;
    let second = known.order(command.second).ok_or(RejectReason::UnknownOrder)?;
    if first.row.open_units == 0 || second.row.open_units == 0 {
        return Err(RejectReason::OrderClosed.into());
    }
    let catalogue = &known.state.catalogue;
    catalogue.sku(command.sku).ok_or(RejectReason::UnknownSku)?;
    if !catalogue.warehouses.contains(east) || !catalogue.warehouses.contains(west) {
        return Err(RejectReason::UnknownWarehouse.into());
    }
    Ok([Side::of(first, east, west, command)?, Side::of(second, west, east, command)?])
}

impl<'a> Side<'a> {
    fn of(
        view: OrderView<'a>,
        gives: Warehouse,
        gets: Warehouse,
        command: &SwapUnits,
    ) -> Result<Self, Rejection> {
        let is_given = |line: u16| view.lines[usize::from(line)].sku == command.sku;
        let here = view.allocations.iter().filter(|row| row.warehouse == gives);
        let mut lines: Vec<(u16, u32)> = here
            .filter(|row| row.allocated > 0 && is_given(row.line))
            .map(|row| (row.line, row.allocated))
            .collect();
        lines.sort_unstable();
        let mut left = command.quantity;
        for (_, units) in &mut lines {
            *units = (*units).min(left);
            left -= *units;
        }
        if left > 0 {
            let (asked, there) = (command.quantity, command.quantity - left);
            return Err(Rejection::of(RejectReason::ExceedsOpen, asked.into(), there.into()));
        }
        lines.retain(|(_, units)| *units > 0);
        Ok(Self { view, gives, gets, places: places_of(&view), lines })
    }

    fn places_after(&self, quantity: u32) -> Places {
        let kept = self.places.iter().map(|(warehouse, units)| {
            let given = if *warehouse == self.gives { quantity } else { 0 };
            (*warehouse, units - given)
        });
        by_warehouse(kept.chain([(self.gets, quantity)]))
    }

    /// Units at a warehouse that have not shipped.
    fn units_at(&self, warehouse: Warehouse) -> u32 {
        let at = self.places.binary_search_by_key(&warehouse, |place| place.0);
        at.map_or(0, |at| self.places[at].1)
    }

    /// Whether the order's rows have room for the places it gets.
    fn has_room(&self) -> bool {
        let is_known = |line: u16| {
            self.view.allocations.iter().any(|row| (row.line, row.warehouse) == (line, self.gets))
        };
        let new = self.lines.iter().filter(|(line, _)| !is_known(*line)).count();
        self.view.allocations.len() + new <= PAIRS_MAX
    }
}

/// Whether the order may have units from where it gets some, as if they were ordered now.
fn may_serve(
    state: &State,
    side: &Side<'_>,
    (other, quantity): (&Side<'_>, u32),
    now: EngineTime,
) -> Result<(), Rejection> {
    let row = side.view.row;
    let candidate = |warehouse: Warehouse| {
        state.network.candidates(row.zone).find(|it| it.warehouse == warehouse)
    };
    let (_, policy) = state.policies.of(side.view.detail.channel);
    let is_free = || {
        let is_here = side.units_at(side.gets) > 0 || side.view.has_shipped_from(side.gets);
        let is_left =
            other.units_at(side.gets) == quantity && !other.view.has_shipped_from(side.gets);
        is_here || is_left || state.capacity.orders_left(side.gets, day_of(now)) > 0
    };
    let may = candidate(side.gives).is_some()
        && candidate(side.gets)
            .is_some_and(|new| !policy.is_late(state.days(new, now)) && policy.allows(side.gets))
        && !is_barred(state.rejected.bars(row.placed), side.gets, now)
        && is_free();
    if may {
        return Ok(());
    }
    mark!("swap refused because a warehouse may not serve");
    Err(RejectReason::MayNotServe.into())
}

/// Whether neither buyer is worse off, nor the shop, and somebody better: by figures before and
/// after.
fn is_gain(orders: &[(Figures, Figures); 2]) -> bool {
    let is_no_worse =
        |(old, new): &(Figures, Figures)| new.parcels <= old.parcels && new.days <= old.days;
    let sum = |of: fn(&(Figures, Figures)) -> &Figures| {
        let parcels = orders.iter().map(|order| u32::from(of(order).parcels)).sum::<u32>();
        (parcels, orders.iter().map(|order| of(order).cost_minor).sum::<i64>())
    };
    let (old, new) = (sum(|order| &order.0), sum(|order| &order.1));
    orders.iter().all(is_no_worse) && new.1 <= old.1 && new != old
}
