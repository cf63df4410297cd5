//! Whether an order that was sourced again kept all its units and the rules, and nobody is worse off.

use gantry_model::{Movement, MovementKind, Record, ResourceOrder, Sku, Warehouse};

use super::orders::OrderIndex;
use super::{Audit, Fault, outcome, rule};

/// What units that have not shipped mean, by what their warehouses are now.
pub(super) struct Figures {
    pub(super) parcels: i64,
    pub(super) cost_cents: i64,
    pub(super) days: u64,
}

impl Audit {
    /// Units of an order move from where they were allocated to other warehouses, or none do.
    pub(super) fn resource(
        &mut self,
        record: &Record<'_>,
        own: &[Movement],
        command: &ResourceOrder,
    ) -> Result<(), Fault> {
        let order = self.orders.find(command.order)?;
        rule(self.orders.is_open(order), "a closed order is not sourced again")?;
        let head = record.outcome.head;
        if own.is_empty() {
            outcome("parcels", 0, head.parcels().into())?;
            return outcome("cost", 0, head.cost_minor());
        }
        check_moves(own)?;
        self.check_bars(self.orders.placed_by(order), record)?;
        let old = self.figures(record, order);
        let is_barred = self.has_units_where_barred(order, record);
        let was_there: Vec<bool> =
            self.all().map(|warehouse| self.orders.has_parcel(order, warehouse)).collect();
        let free: Vec<i64> = own.iter().map(|it| self.for_sale(it.sku(), it.warehouse())).collect();
        own.iter().try_for_each(|movement| self.apply(order, movement))?;
        self.bundles.check(own)?;
        self.orders.check_whole(order)?;
        let new = self.figures(record, order)?;
        outcome("parcels", new.parcels, head.parcels().into())?;
        outcome("cost", new.cost_cents, head.cost_minor())?;
        // What is at a warehouse that does not serve the order any more, or is barred for it, may go
        // anywhere.
        if let (Ok(old), false) = (old, is_barred) {
            let is_no_worse = new.parcels <= old.parcels && new.cost_cents <= old.cost_cents;
            let is_better = (new.parcels, new.cost_cents) != (old.parcels, old.cost_cents);
            rule(is_no_worse && is_better, "an order moves for fewer parcels or a lower cost")?;
            rule(new.days <= old.days, "an order that moves comes no later")?;
        }
        self.check_plan(record, order)?;
        self.check_taken(order, own, &free)?;
        self.count(record, order, &was_there)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = Warehouse> + use<> {
        (0..self.catalogue.warehouses()).map(Warehouse::new)
    }

    /// Fails if the order has units where it would get none now.
    fn figures(&self, record: &Record<'_>, order: OrderIndex) -> Result<Figures, Fault> {
        self.figures_at(record, order, self.all())
    }

    /// What the order's units at some warehouses mean.
    pub(super) fn figures_at(
        &self,
        record: &Record<'_>,
        order: OrderIndex,
        warehouses: impl Iterator<Item = Warehouse>,
    ) -> Result<Figures, Fault> {
        let zone = self.orders.facts(order).zone;
        let mut figures = Figures { parcels: 0, cost_cents: 0, days: 0 };
        for warehouse in warehouses {
            let units = self.orders.units_at(order, warehouse);
            if units == 0 {
                continue;
            }
            let cost = self.catalogue.cost(warehouse, zone)?;
            if !self.orders.has_shipped(order, warehouse) {
                figures.parcels += 1;
                figures.cost_cents += i64::from(cost.parcel);
            }
            figures.cost_cents += i64::from(cost.unit) * units;
            let days = self.days(warehouse, zone, record.time.get())?;
            figures.days = figures.days.max(days);
        }
        Ok(figures)
    }

    /// Every rule that is not soft holds of every parcel that has not gone.
    fn check_plan(&self, record: &Record<'_>, order: OrderIndex) -> Result<(), Fault> {
        let facts = self.orders.facts(order);
        let policy = self.rules.policy(facts.channel);
        let parcels_max = policy.parcels_max(facts.value_minor, self.orders.skus(order));
        let sends = |warehouse: &Warehouse| self.orders.units_at(order, *warehouse) > 0;
        let has_gone = |warehouse: &Warehouse| self.orders.has_shipped(order, *warehouse);
        let gone = self.all().filter(has_gone).count();
        let parcels = self.all().filter(|it| sends(it) && !has_gone(it)).count();
        let count_holds = parcels == 0 || gone + parcels <= parcels_max;
        rule(count_holds, "an order has no more parcels than its policy allows")?;
        for warehouse in self.all().filter(sends) {
            rule(policy.allows(warehouse), "a policy's warehouses are the only ones")?;
            let days = self.days(warehouse, facts.zone, record.time.get())?;
            rule(policy.allows_days(days), "no parcel is later than its policy allows")?;
        }
        Ok(())
    }

    /// What the order has taken was there for it. `free` is what each movement's cell had before.
    fn check_taken(&self, order: OrderIndex, own: &[Movement], free: &[i64]) -> Result<(), Fault> {
        use MovementKind::{Allocated, ComponentAllocated};
        let channel = self.orders.facts(order).channel;
        let policy = self.rules.policy(channel);
        let taken = own.iter().zip(free);
        for (movement, free) in
            taken.filter(|(it, _)| matches!(it.kind(), Allocated | ComponentAllocated))
        {
            let (sku, warehouse) = (movement.sku(), movement.warehouse());
            let units = self.left(sku, warehouse, channel, policy);
            if self.catalogue.sku(sku)? && units < 0.min(*free) {
                let (sku, warehouse) = (sku.get(), warehouse.get());
                let figure = "left for others";
                return Err(Fault::Stock { figure, sku, warehouse, units });
            }
        }
        Ok(())
    }

    /// Counts what comes and goes against the day of the warehouses. One that sends a parcel of the
    /// order anyway may be full.
    fn count(
        &mut self,
        record: &Record<'_>,
        order: OrderIndex,
        was_there: &[bool],
    ) -> Result<(), Fault> {
        let channel = self.orders.facts(order).channel;
        for warehouse in self.all() {
            let moved = |kind: MovementKind| -> Vec<i64> {
                let here = record.movements.iter().filter(|it| it.warehouse() == warehouse);
                let of_kind = here.filter(|it| it.kind() == kind);
                of_kind.map(|it| i64::from(it.quantity())).collect()
            };
            let units: i64 = moved(MovementKind::Allocated).iter().sum();
            if units > 0 {
                let is_in = was_there[warehouse.index()];
                let used = (i64::from(!is_in), units);
                let counted = self.rules.use_up(warehouse, channel, record.time.get(), used);
                rule(is_in || counted.is_ok(), "a day has room for an order that comes to it")?;
            }
            for units in moved(MovementKind::Released) {
                self.rules.give_back(warehouse, units);
            }
        }
        Ok(())
    }
}

/// Units leave and come, and only those that differ.
fn check_moves(own: &[Movement]) -> Result<(), Fault> {
    use MovementKind::{Allocated, ComponentAllocated, ComponentReleased, Released};
    let kinds = [Allocated, ComponentAllocated, ComponentReleased, Released];
    let expected = own.iter().all(|it| kinds.contains(&it.kind()));
    rule(expected, "the command makes no such movement")?;
    let places = |kind: MovementKind| -> Vec<(Sku, Warehouse)> {
        let of_kind = own.iter().filter(|it| it.kind() == kind);
        of_kind.map(|it| (it.sku(), it.warehouse())).collect()
    };
    let came = places(Allocated);
    let stays = places(Released).iter().all(|place| !came.contains(place));
    rule(stays, "units that stay do not move")
}
