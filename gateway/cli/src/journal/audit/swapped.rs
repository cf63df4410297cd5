//! Whether two orders that swapped units kept all of theirs and the rules, and gained by it.

use std::collections::BTreeMap;

use gantry_model::{Movement, MovementKind, Record, Sku, SwapUnits, Warehouse};

use super::orders::OrderIndex;
use super::resourced::Figures;
use super::{Audit, Fault, outcome, rule};

/// One of the two orders: where it gives units, and where it gets as many.
struct Side {
    order: OrderIndex,
    gives: Warehouse,
    gets: Warehouse,
}

/// A line, and units of it.
type LineUnits = (u16, i64);

impl Audit {
    /// Two orders have units of each other, and every cell has what it had.
    pub(super) fn swap(&mut self, record: &Record<'_>, command: &SwapUnits) -> Result<(), Fault> {
        let (first, second) = (self.orders.find(command.first)?, self.orders.find(command.second)?);
        let (here, there) = (command.first_warehouse, command.second_warehouse);
        let is_of_two = command.first != command.second && here != there;
        rule(is_of_two, "a swap is of two orders, at two warehouses")?;
        let sides = [
            Side { order: first, gives: here, gets: there },
            Side { order: second, gives: there, gets: here },
        ];
        self.check_swapped(record, command, &sides)?;
        check_cells(record.movements)?;
        let old = [self.served(record, first)?, self.served(record, second)?];
        let has_room = self.count_swapped(record, &sides, command.quantity);
        for side in &sides {
            self.check_side(record, side)?;
        }
        for movement in record.movements {
            let order = self.orders.find_placed(movement.order())?;
            self.apply(order, movement)?;
        }
        for side in &sides {
            let of_side = self.of_side(record, side);
            self.bundles.check(&of_side)?;
            self.orders.check_whole(side.order)?;
            let released = of_side.iter().filter(|it| it.kind() == MovementKind::Released);
            for movement in released {
                self.rules.give_back(movement.warehouse(), movement.quantity().into());
            }
        }
        rule(has_room, "a day has room for an order that comes to it")?;
        let new = [self.served(record, first)?, self.served(record, second)?];
        check_gain(&old, &new)?;
        let head = record.outcome.head;
        outcome("parcels", new[0].parcels + new[1].parcels, head.parcels().into())?;
        outcome("cost", new[0].cost_cents + new[1].cost_cents, head.cost_minor())
    }

    /// The movements are the two orders' alone: each gives what the command says, and its lines get
    /// what they gave.
    fn check_swapped(
        &self,
        record: &Record<'_>,
        command: &SwapUnits,
        sides: &[Side; 2],
    ) -> Result<(), Fault> {
        use MovementKind::{Allocated, ComponentAllocated, ComponentReleased, Released};
        let kinds = [Allocated, ComponentAllocated, ComponentReleased, Released];
        let places = sides.each_ref().map(|side| self.orders.placed_by(side.order));
        let is_its = |it: &Movement| kinds.contains(&it.kind()) && places.contains(&it.order());
        rule(record.movements.iter().all(is_its), "a swap moves units of two orders")?;
        let given = record.movements.iter().take_while(|it| it.kind() != Allocated).count();
        let later = record.movements[given..].iter();
        let in_order = later.clone().all(|it| !matches!(it.kind(), Released | ComponentReleased));
        rule(in_order, "orders that swap give before they get")?;
        for side in sides {
            let of_side = self.of_side(record, side);
            let gave = lines(&of_side, Released, (command.sku, side.gives))?;
            let got = lines(&of_side, Allocated, (command.sku, side.gets))?;
            let units = gave.iter().map(|(_, units)| units).sum();
            outcome("swapped units", command.quantity.into(), units)?;
            let is_rising = gave.is_sorted_by(|one, next| one.0 < next.0);
            rule(is_rising, "the lines of an order swap in their order")?;
            rule(gave == got, "each line gets as many units as it gives")?;
        }
        Ok(())
    }

    fn of_side(&self, record: &Record<'_>, side: &Side) -> Vec<Movement> {
        let placed = self.orders.placed_by(side.order);
        record.movements.iter().filter(|it| it.order() == placed).copied().collect()
    }

    /// Both warehouses serve the order, and nothing forbids it the one where it gets units.
    fn check_side(&self, record: &Record<'_>, side: &Side) -> Result<(), Fault> {
        let facts = self.orders.facts(side.order);
        self.catalogue.cost(side.gives, facts.zone)?;
        let days = self.days(side.gets, facts.zone, record.time.get())?;
        let placed = self.orders.placed_by(side.order);
        let is_barred = self.rejected.is_barred(placed, side.gets, record.time.get());
        rule(!is_barred, "an order has nothing from a warehouse that is barred")?;
        let policy = self.rules.policy(facts.channel);
        let may_use = policy.lists(side.gets) && policy.has_days(days);
        rule(may_use, "orders swap within their policies, soft rules too")
    }

    /// Counts what comes against the day of each warehouse; whether it had room for a new order.
    fn count_swapped(&mut self, record: &Record<'_>, sides: &[Side; 2], quantity: u32) -> bool {
        let mut has_room = true;
        for (side, other) in [(&sides[0], &sides[1]), (&sides[1], &sides[0])] {
            let is_in = self.orders.has_parcel(side.order, side.gets);
            let leaves = self.orders.units_at(other.order, side.gets) == i64::from(quantity)
                && !self.orders.has_shipped(other.order, side.gets);
            let used = (i64::from(!is_in), i64::from(quantity));
            let [fits, _] = self.rules.count(side.gets, record.time.get(), used);
            has_room &= is_in || leaves || fits;
        }
        has_room
    }

    /// The order's figures, of warehouses that serve it.
    fn served(&self, record: &Record<'_>, order: OrderIndex) -> Result<Figures, Fault> {
        let zone = self.orders.facts(order).zone;
        let serves = |warehouse: &Warehouse| self.catalogue.cost(*warehouse, zone).is_ok();
        self.figures_at(record, order, self.all().filter(serves))
    }
}

/// Units by line, at the one cell where they may be.
fn lines(
    of_side: &[Movement],
    kind: MovementKind,
    cell: (Sku, Warehouse),
) -> Result<Vec<LineUnits>, Fault> {
    let of_kind = of_side.iter().filter(|it| it.kind() == kind);
    let is_there = of_kind.clone().all(|it| (it.sku(), it.warehouse()) == cell);
    rule(is_there, "a swap moves units of one SKU between two warehouses")?;
    Ok(of_kind.map(|it| (it.line(), i64::from(it.quantity()))).collect())
}

/// Every cell has as many allocated units as before.
fn check_cells(movements: &[Movement]) -> Result<(), Fault> {
    use MovementKind::{Allocated, ComponentAllocated};
    let mut cells: BTreeMap<(Sku, Warehouse), i64> = BTreeMap::new();
    for movement in movements {
        let comes = matches!(movement.kind(), Allocated | ComponentAllocated);
        let units = i64::from(movement.quantity());
        let cell = cells.entry((movement.sku(), movement.warehouse())).or_default();
        *cell += if comes { units } else { -units };
    }
    rule(cells.values().all(|units| *units == 0), "a swap leaves every cell as it was")
}

/// Neither order has more parcels or days, both together cost no more, and something is saved.
fn check_gain(old: &[Figures; 2], new: &[Figures; 2]) -> Result<(), Fault> {
    let is_no_worse = old.iter().zip(new).all(|(old, new)| new.parcels <= old.parcels);
    rule(is_no_worse, "no order swaps for more parcels")?;
    let is_no_later = old.iter().zip(new).all(|(old, new)| new.days <= old.days);
    rule(is_no_later, "no order swaps for more days")?;
    let sums =
        |of: &[Figures; 2]| (of[0].parcels + of[1].parcels, of[0].cost_cents + of[1].cost_cents);
    let (old, new) = (sums(old), sums(new));
    rule(new.1 <= old.1 && new != old, "orders swap for fewer parcels or a lower cost")
}
