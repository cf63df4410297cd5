//! The rules of a swap: two orders give each other units of one SKU at two warehouses.

use std::collections::{BTreeMap, BTreeSet};

use gantry_model::{
    Movement, MovementKind, OutcomeHead, Record, RejectReason, Sequence, SwapUnits,
};

use super::book::{ANY_16, ANY_32, Book, Cost, MINUTE_NS, OrderBook, day_and_minute};
use super::no::{No, no, refuse_if};
use super::units::Target;

/// Pairs of line and warehouse that an order may have.
const PAIRS_MAX: usize = 128 * 64;
const DAY_NS: u64 = 1_440 * MINUTE_NS;

/// What an order's units that have not shipped come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Worth {
    parcels: u16,
    cost: i64,
    days: u32,
}

/// What a swap may do for nobody, and must do for somebody.
fn is_gained(before: [Worth; 2], after: [Worth; 2]) -> bool {
    let sums = |worth: [Worth; 2]| {
        let [one, other] = worth;
        (u32::from(one.parcels) + u32::from(other.parcels), one.cost + other.cost)
    };
    let ((parcels, cost), (new_parcels, new_cost)) = (sums(before), sums(after));
    let is_worse =
        |at: usize| after[at].parcels > before[at].parcels || after[at].days > before[at].days;
    let is_anybody_worse = is_worse(0) || is_worse(1) || new_cost > cost;
    !is_anybody_worse && (new_parcels < parcels || new_cost < cost)
}

/// One of the two orders: where it gives units, and where it gets as many.
struct Side<'a> {
    book: &'a Book,
    order: &'a OrderBook,
    sku: u32,
    units: i64,
    old: u16,
    new: u16,
}

impl Side<'_> {
    /// What its lines give, the lowest first.
    fn parts(&self) -> Vec<(u16, i64)> {
        let rows = self.book.allocations_of(self.order);
        let mut left = self.units;
        let mut parts = Vec::new();
        for (line, row) in (0..).zip(self.book.lines_of(self.order)) {
            let here = rows.iter().filter(|it| (it.line, it.warehouse) == (line, self.old));
            let units = here.map(|it| it.allocated).sum::<i64>().min(left);
            if row.sku == self.sku && units > 0 {
                parts.push((line, units));
                left -= units;
            }
        }
        parts
    }

    /// No, if it has fewer units than it is to give.
    fn has_units(&self) -> Result<(), No> {
        let lines = self.book.lines_of(self.order);
        let rows = self.book.allocations_of(self.order).iter().filter(|row| {
            row.warehouse == self.old && lines[usize::from(row.line)].sku == self.sku
        });
        let there: i64 = rows.map(|row| row.allocated).sum();
        if there < self.units {
            return no(RejectReason::ExceedsOpen, self.units, there);
        }
        Ok(())
    }

    /// No, if it may not get units where it is to get them, or give them where it has them.
    fn may_be_served(&self, other: &Side<'_>, time: u64) -> Result<(), No> {
        let Self { book, order, old, new, .. } = *self;
        let are_candidates = candidate(book, order, old).and(candidate(book, order, new));
        let is_barred = book.is_barred(order.placed, new, time);
        let may = are_candidates.is_some_and(|cost| {
            !is_barred && self.is_allowed(cost, time) && self.has_room(other, time)
        });
        refuse_if(!may, RejectReason::MayNotServe)
    }

    /// Whether its policy allows the new warehouse, be its rules soft or not.
    fn is_allowed(&self, cost: &Cost, time: u64) -> bool {
        let policy = self.book.policy_of(self.book.placed(self.order).channel.get());
        let is_listed = policy.warehouses.is_empty() || policy.warehouses.contains(&self.new);
        let days = days(self.book, self.new, cost, time);
        is_listed && (policy.days_max == ANY_16 || days <= u32::from(policy.days_max))
    }

    /// Whether the new warehouse's day has room for the order.
    fn has_room(&self, other: &Side<'_>, time: u64) -> bool {
        let has_units = self.book.parcels_of(self.order).contains(&self.new);
        let row = &self.book.warehouses[usize::from(self.new)];
        let is_today = row.day == day_and_minute(time).0;
        let orders = if is_today { row.day_orders } else { 0 };
        has_units
            || row.orders_max == ANY_32
            || i64::from(row.orders_max) > orders
            || other.leaves()
    }

    /// Whether it has nothing at its old warehouse but what it gives, and never had.
    fn leaves(&self) -> bool {
        let rows = self.book.allocations_of(self.order).iter();
        let rows = rows.filter(|row| row.warehouse == self.old);
        let (mut allocated, mut shipped) = (0, 0);
        for row in rows {
            allocated += row.allocated;
            shipped += row.shipped;
        }
        shipped == 0 && allocated == self.units
    }

    /// What it comes to before, and after.
    fn worth(&self, time: u64) -> [Worth; 2] {
        let before = units_by_warehouse(self.book, self.order);
        let mut after = before.clone();
        *after.entry(self.old).or_insert(0) -= self.units;
        *after.entry(self.new).or_insert(0) += self.units;
        [before, after].map(|units| worth(self.book, self.order, &units, time))
    }

    /// Pairs of line and warehouse that it has afterwards.
    fn pairs(&self) -> usize {
        let rows = self.book.allocations_of(self.order).iter();
        let mut pairs: BTreeSet<_> = rows.map(|row| (row.line, row.warehouse)).collect();
        pairs.extend(self.parts().iter().map(|(line, _)| (*line, self.new)));
        pairs.len()
    }

    fn push(
        &self,
        kinds: [MovementKind; 2],
        at: u16,
        sequence: Sequence,
        movements: &mut Vec<Movement>,
    ) {
        let target = Target { book: self.book, order: self.order, sequence };
        for (line, units) in self.parts() {
            target.push(kinds, line, at, units, movements);
        }
    }
}

/// What a warehouse takes for serving an order, if it may.
fn candidate<'a>(book: &'a Book, order: &OrderBook, warehouse: u16) -> Option<&'a Cost> {
    let cost = book.zones[order.zone.index()].costs.get(&warehouse)?;
    Some(cost).filter(|_| book.warehouses[usize::from(warehouse)].active)
}

/// Days from a warehouse, of an order that is sent now.
fn days(book: &Book, warehouse: u16, cost: &Cost, time: u64) -> u32 {
    let cut_off = book.warehouses[usize::from(warehouse)].cut_off_minute;
    let is_late = cut_off != ANY_16 && day_and_minute(time).1 >= u64::from(cut_off);
    u32::from(cost.days) + u32::from(is_late)
}

/// Units of an order that have not shipped.
fn units_by_warehouse(book: &Book, order: &OrderBook) -> BTreeMap<u16, i64> {
    let mut units = BTreeMap::new();
    for row in book.allocations_of(order) {
        *units.entry(row.warehouse).or_insert(0) += row.allocated;
    }
    units
}

fn worth(book: &Book, order: &OrderBook, units: &BTreeMap<u16, i64>, time: u64) -> Worth {
    let mut worth = Worth::default();
    for (warehouse, units) in units.iter().filter(|(_, units)| **units > 0) {
        let Some(cost) = candidate(book, order, *warehouse) else { continue };
        let mut rows = book.allocations_of(order).iter();
        if !rows.any(|row| row.warehouse == *warehouse && row.shipped > 0) {
            worth.parcels += 1;
            worth.cost += i64::from(cost.parcel);
        }
        worth.cost += i64::from(cost.unit) * units;
        worth.days = worth.days.max(days(book, *warehouse, cost, time));
    }
    worth
}

pub(super) fn swap(
    book: &Book,
    command: &SwapUnits,
    (sequence, time): (Sequence, u64),
    movements: &mut Vec<Movement>,
) -> Result<OutcomeHead, No> {
    let sides = sides(book, command)?;
    let [first, second] = &sides;
    first.has_units()?;
    second.has_units()?;
    first.may_be_served(second, time)?;
    second.may_be_served(first, time)?;
    let [[before, after], [others_before, others_after]] =
        [first, second].map(|side| side.worth(time));
    let is_gained = is_gained([before, others_before], [after, others_after]);
    let fits = sides.iter().all(|side| side.pairs() <= PAIRS_MAX);
    refuse_if(!is_gained || !fits, RejectReason::NothingGained)?;
    for side in &sides {
        let kinds = [MovementKind::Released, MovementKind::ComponentReleased];
        side.push(kinds, side.old, sequence, movements);
    }
    for side in &sides {
        let kinds = [MovementKind::Allocated, MovementKind::ComponentAllocated];
        side.push(kinds, side.new, sequence, movements);
    }
    let parcels = after.parcels + others_after.parcels;
    Ok(OutcomeHead::accepted(parcels, after.cost + others_after.cost))
}

/// The two orders, as far as the command names what there is.
fn sides<'a>(book: &'a Book, command: &SwapUnits) -> Result<[Side<'a>; 2], No> {
    let is_one = command.first == command.second;
    let is_one_place = command.first_warehouse == command.second_warehouse;
    refuse_if(is_one || is_one_place, RejectReason::SwapsWithItself)?;
    refuse_if(command.quantity == 0, RejectReason::QuantityNotPositive)?;
    let find = |id: gantry_model::OrderId| {
        book.order(id.get()).map(|(_, order)| order).ok_or(RejectReason::UnknownOrder)
    };
    let orders = [find(command.first)?, find(command.second)?];
    for order in orders {
        let is_closed = book.lines_of(order).iter().all(|line| line.open() == 0);
        refuse_if(is_closed, RejectReason::OrderClosed)?;
    }
    refuse_if(book.sku(command.sku.get()).is_none(), RejectReason::UnknownSku)?;
    let places = [command.first_warehouse, command.second_warehouse];
    for warehouse in places {
        refuse_if(!book.knows_warehouse(warehouse), RejectReason::UnknownWarehouse)?;
    }
    let [old, new] = places.map(gantry_model::Warehouse::get);
    let (sku, units) = (command.sku.get(), i64::from(command.quantity));
    let [first, second] = orders;
    Ok([
        Side { book, order: first, sku, units, old, new },
        Side { book, order: second, sku, units, old: new, new: old },
    ])
}

/// Times until `until` that a "no" may depend on: the last record's, and those behind it when a bar of
/// one of the orders ends, a cut-off comes or a day begins. A day on which none of that is new differs
/// from the one before in nothing.
pub(super) fn moments(book: &Book, command: &SwapUnits, until: u64) -> Vec<u64> {
    let orders = [command.first, command.second].map(|id| book.order(id.get()));
    let rejected = orders.iter().flatten().filter_map(|(_, it)| book.rejected.get(&it.placed));
    let ends = rejected.flat_map(|order| order.bars.values().copied());
    let mut begins: Vec<u64> = ends.filter(|end| *end > book.time).collect();
    begins.push(book.time);
    let mut moments = begins.clone();
    for begin in begins {
        let today = begin / DAY_NS * DAY_NS;
        for day in [today, today + DAY_NS] {
            moments.push(day);
            let minutes = book.warehouses.iter().map(|row| row.cut_off_minute);
            let minutes = minutes.filter(|minute| *minute != ANY_16);
            moments.extend(minutes.map(|minute| day + u64::from(minute) * MINUTE_NS));
        }
    }
    moments.retain(|time| (book.time..=until).contains(time));
    moments.sort_unstable();
    moments.dedup();
    moments
}

impl Book {
    /// Enters a swap: each order's day, units and figures.
    pub(super) fn enter_swap(&mut self, command: &SwapUnits, record: &Record<'_>) {
        let at = |id: gantry_model::OrderId| self.order(id.get()).map(|(at, _)| at);
        let orders = [command.first, command.second].map(|id| at(id).expect("invariant: judged"));
        let parcels_before = orders.map(|at| self.parcels_of(&self.orders[at]));
        for movement in record.movements {
            self.move_cell(movement);
            if !movement.kind().is_of_component() {
                let placed = movement.order().get();
                let whose = orders.iter().find(|at| self.orders[**at].placed == placed);
                self.move_line(*whose.expect("invariant: judged"), movement);
            }
        }
        for kind in [MovementKind::Allocated, MovementKind::Released] {
            for (at, parcels) in orders.iter().zip(&parcels_before) {
                let placed = self.orders[*at].placed;
                let is_its = |row: &&Movement| row.kind() == kind && row.order().get() == placed;
                let its: Vec<Movement> = record.movements.iter().filter(is_its).copied().collect();
                self.count_day(*at, &its, parcels);
            }
        }
        for at in orders {
            let order = self.orders[at];
            let worth = worth(self, &order, &units_by_warehouse(self, &order), self.time);
            let order = &mut self.orders[at];
            (order.parcels, order.cost_minor) = (worth.parcels, worth.cost);
            (order.proof, order.gap) = (None, 0);
        }
    }
}
