//! What records may do to lines that wait: set units aside for them, and give them units.

use gantry_model::{
    Actor, Command, HoldId, Match, MatchEnd, Movement, MovementKind, Record, SetPriority, Sku,
    WaitKey, Warehouse,
};

use super::orders::OrderIndex;
use super::{Audit, Fault, outcome, rule};

/// A record's own movements, and what it sets aside. An order that waits complete makes its SKUs
/// due before it lets the hold go that it takes.
pub(super) fn split(record: &Record<'_>) -> (Vec<Movement>, Vec<Movement>) {
    let takes_hold =
        matches!(&record.command, Command::PlaceOrder(order) if order.hold != HoldId::NONE);
    let is_late = |movement: &Movement| movement.kind().is_of_matching();
    if takes_hold {
        return record.movements.iter().copied().partition(|movement| !is_late(movement));
    }
    let own = record.movements.iter().position(is_late);
    let (own, late) = record.movements.split_at(own.unwrap_or(record.movements.len()));
    (own.to_vec(), late.to_vec())
}

/// Whether it leaves units to sell at its cell.
fn frees(movement: &Movement) -> bool {
    use MovementKind::{Adjusted, ComponentReleased, Received, Released, Restored, Unheld};
    let kinds = [Adjusted, ComponentReleased, Received, Released, Restored, Unheld];
    kinds.contains(&movement.kind()) && movement.quantity() > 0
}

impl Audit {
    /// What `own` movements free is set aside by those that follow, as far as lines wait for it.
    pub(super) fn set_aside(
        &mut self,
        record: &Record<'_>,
        own: &[Movement],
        later: &[Movement],
    ) -> Result<(), Fault> {
        // Units that were held or rejected may be used up by the same record.
        let is_rejection = matches!(record.command, Command::RejectUnits(_));
        let is_free = |it: &&Movement| {
            let is_used_up = || self.for_sale(it.sku(), it.warehouse()) <= 0;
            let may_be = is_rejection || it.kind() == MovementKind::Unheld;
            frees(it) && !(may_be && is_used_up())
        };
        let freed: Vec<Movement> = own.iter().filter(is_free).copied().collect();
        for movement in later {
            let (sku, warehouse) = (movement.sku(), movement.warehouse());
            match movement.kind() {
                MovementKind::Due => {
                    let is_wanted = self.matching.units(sku) > 0 || self.stock.set_aside(sku) > 0;
                    rule(is_wanted, "a SKU is due for lines that wait")?;
                    self.matching.make_due(sku, record.sequence);
                }
                MovementKind::SetAside => {
                    let mut came_in = freed.iter().map(|it| (it.sku(), it.warehouse()));
                    let is_there = came_in.any(|cell| cell == (sku, warehouse));
                    rule(is_there, "units are set aside where some came in")?;
                    self.check_set_aside_movement(movement)?;
                    self.check_set_aside(sku)?;
                }
                _ => return Err(Fault::Rule("the command makes no such movement")),
            }
        }
        if self.is_full {
            // There was no room for all of it.
            return Ok(());
        }
        freed.iter().try_for_each(|it| self.check_nobody_slips_in(it))
    }

    /// An order's waiting lines move in their books.
    pub(super) fn set_priority(
        &mut self,
        own: &[Movement],
        command: &SetPriority,
    ) -> Result<(), Fault> {
        rule(own.is_empty(), "another class moves no units")?;
        let order = self.orders.find(command.order)?;
        let (placed, skus) = (self.orders.placed_by(order), self.orders.skus(order));
        let skus: Vec<Sku> = skus.collect();
        let class = self.orders.set_priority(order, command.priority_class);
        let promised = |line| self.expected.date((placed, line));
        self.matching.set_priority((placed, &skus), class, command.priority_class, promised);
        self.rejected.start_anew(placed);
        Ok(())
    }

    fn check_set_aside_movement(&mut self, movement: &Movement) -> Result<(), Fault> {
        let sku = movement.sku();
        rule(self.matching.is_due(sku), "units are set aside for a SKU that is due")?;
        self.stock.apply(movement)?;
        let free = self.for_sale(sku, movement.warehouse());
        rule(free >= 0, "only units that are for sale are set aside")
    }

    fn check_set_aside(&self, sku: Sku) -> Result<(), Fault> {
        let fits = self.stock.set_aside(sku) <= self.matching.units(sku);
        rule(fits, "no more is set aside than waits")
    }

    /// Units that came in while lines wait are not there for others first.
    fn check_nobody_slips_in(&self, movement: &Movement) -> Result<(), Fault> {
        let (sku, warehouse) = (movement.sku(), movement.warehouse());
        if !self.catalogue.sku(sku)? {
            return Ok(());
        }
        let is_looked_at = |sku| self.matching.units(sku) == 0 || self.matching.is_due(sku);
        let mut skus = self.bundles.using(sku).chain([sku]);
        rule(skus.all(is_looked_at), "a SKU that came in while lines wait for it is due")?;
        let (units, held) = (self.for_sale(sku, warehouse), self.stock.set_aside(sku));
        if units > 0 && held < self.matching.units(sku) {
            let (sku, warehouse) = (sku.get(), warehouse.get());
            let figure = "for sale, which are not set aside for lines that wait";
            return Err(Fault::Stock { figure, sku, warehouse, units });
        }
        Ok(())
    }

    /// A look at waiting lines: the last of them gets what the movements say.
    pub(super) fn match_lines(&mut self, record: &Record<'_>, looked: &Match) -> Result<(), Fault> {
        rule(record.actor == Actor::ENGINE, "the engine alone matches lines")?;
        self.matching.check_looked(looked)?;
        let is_served = record.movements.iter().any(|it| it.kind() == MovementKind::Dequeued);
        if is_served {
            self.serve(record, looked)?;
        } else {
            record.movements.iter().try_for_each(|it| self.keep_or_give_back(looked, it))?;
            // What is kept elsewhere for an order may be given back where it is barred.
            self.check_set_aside(looked.sku)?;
            outcome("parcels", 0, record.outcome.head.parcels().into())?;
            outcome("cost", 0, record.outcome.head.cost_minor())?;
        }
        if looked.end == MatchEnd::Over {
            let is_kept = self.stock.set_aside(looked.sku) <= self.kept_max(looked.sku)?;
            rule(is_kept, "what nobody got is given back")?;
            self.check_nothing_left_to_give(looked)?;
        }
        self.matching.end(looked);
        Ok(())
    }

    /// Units that an order that waits complete may keep from those behind it: those that the first
    /// such line waits for.
    fn kept_max(&self, sku: Sku) -> Result<i64, Fault> {
        if self.stock.set_aside(sku) == 0 {
            return Ok(0);
        }
        for (key, units) in self.matching.lines(sku) {
            let order = self.orders.find_placed(key.placed)?;
            let is_keeper = !self.rejected.is_stuck(key.placed);
            if is_keeper && self.orders.facts(order).waits_complete {
                return Ok(units);
            }
        }
        Ok(0)
    }

    /// What a look does that serves nobody: it keeps units for an order that waits complete, or
    /// gives back what nobody got.
    fn keep_or_give_back(&mut self, looked: &Match, movement: &Movement) -> Result<(), Fault> {
        if movement.kind() != MovementKind::SetAside {
            return self.give_back(movement, movement.sku() == looked.sku);
        }
        let order = self.orders.find_placed(looked.last.placed)?;
        let is_its = self.orders.facts(order).waits_complete && movement.sku() == looked.sku;
        rule(is_its, "a look sets units aside for an order that waits complete")?;
        self.check_set_aside_movement(movement)
    }

    fn give_back(&mut self, movement: &Movement, is_its: bool) -> Result<(), Fault> {
        let is_its = is_its && movement.kind() == MovementKind::GivenBack;
        rule(is_its, "a match moves units of its own line and its own SKU")?;
        self.stock.apply(movement)
    }

    /// Units of one line go from waiting to allocated; of an order that waits complete, all units of
    /// all of its lines.
    fn serve(&mut self, record: &Record<'_>, looked: &Match) -> Result<(), Fault> {
        use MovementKind::{Allocated, ComponentAllocated, Dequeued, Due};
        let index = self.orders.find_placed(looked.last.placed)?;
        self.check_bars(looked.last.placed, record)?;
        let warehouses = record.movements.iter().filter(|it| it.kind() == Allocated);
        let mut warehouses: Vec<Warehouse> = warehouses.map(Movement::warehouse).collect();
        warehouses.sort_unstable();
        warehouses.dedup();
        let opened: Vec<Warehouse> = self.opened(index).collect();
        let waits_complete = self.orders.facts(index).waits_complete;
        for movement in record.movements {
            let sku = movement.sku();
            let is_other = waits_complete && self.orders.skus(index).any(|of_line| of_line == sku);
            match movement.kind() {
                Allocated | ComponentAllocated | Dequeued => {
                    let is_its = waits_complete || movement.line() == looked.last.line;
                    rule(is_its, "a match moves units of one line")?;
                    self.apply(index, movement)?;
                }
                Due => {
                    let is_other = is_other && sku != looked.sku;
                    rule(is_other, "a match makes other SKUs of the order due")?;
                    self.matching.make_due(sku, record.sequence);
                }
                _ => self.give_back(movement, is_other || sku == looked.sku)?,
            }
        }
        let is_whole = !waits_complete || !self.orders.waits(index);
        rule(is_whole, "an order that waits complete is served whole")?;
        self.bundles.check(record.movements)?;
        self.orders.check_whole(index)?;
        let parcels = warehouses.iter().filter(|warehouse| !opened.contains(warehouse));
        let parcels: Vec<Warehouse> = parcels.copied().collect();
        self.check_cost(record, index, &parcels)?;
        self.check_matched_rules(record, index, &warehouses, &parcels, opened.len())?;
        self.check_claim(record, index)
    }

    /// Warehouses with units of an order, or from which some have shipped.
    pub(super) fn opened(&self, order: OrderIndex) -> impl Iterator<Item = Warehouse> {
        let warehouses = (0..self.catalogue.warehouses()).map(Warehouse::new);
        warehouses.filter(move |warehouse| self.orders.has_parcel(order, *warehouse))
    }

    /// A parcel that the order had before costs nothing more.
    pub(super) fn check_cost(
        &self,
        record: &Record<'_>,
        order: OrderIndex,
        parcels: &[Warehouse],
    ) -> Result<(), Fault> {
        let zone = self.orders.facts(order).zone;
        let mut cost_cents = 0;
        for warehouse in parcels {
            cost_cents += i64::from(self.catalogue.cost(*warehouse, zone)?.parcel);
        }
        for movement in record.movements.iter().filter(|it| it.kind() == MovementKind::Allocated) {
            let cost = self.catalogue.cost(movement.warehouse(), zone)?;
            cost_cents += i64::from(cost.unit) * i64::from(movement.quantity());
        }
        let count = i64::try_from(parcels.len()).unwrap_or(i64::MAX);
        outcome("parcels", count, record.outcome.head.parcels().into())?;
        outcome("cost", cost_cents, record.outcome.head.cost_minor())
    }

    /// Every rule that is not soft holds of every parcel, new or grown.
    pub(super) fn check_matched_rules(
        &mut self,
        record: &Record<'_>,
        order: OrderIndex,
        warehouses: &[Warehouse],
        parcels: &[Warehouse],
        opened: usize,
    ) -> Result<(), Fault> {
        let facts = self.orders.facts(order);
        let (zone, channel, time_ns) = (facts.zone, facts.channel, record.time.get());
        let policy = self.rules.policy(channel);
        let parcels_max = policy.parcels_max(facts.value_minor, self.orders.skus(order));
        let count_holds = parcels.is_empty() || opened + parcels.len() <= parcels_max;
        rule(count_holds, "an order has no more parcels than its policy allows")?;
        for warehouse in warehouses {
            rule(policy.allows(*warehouse), "a policy's warehouses are the only ones")?;
            let days = self.days(*warehouse, zone, time_ns)?;
            rule(policy.allows_days(days), "no parcel is later than its policy allows")?;
        }
        for warehouse in warehouses {
            let here = record.movements.iter().filter(|it| it.warehouse() == *warehouse);
            let here = here.filter(|it| it.kind() == MovementKind::Allocated);
            let units = here.map(|it| i64::from(it.quantity())).sum();
            let orders = i64::from(parcels.contains(warehouse));
            self.rules.use_up(*warehouse, channel, time_ns, (orders, units))?;
        }
        Ok(())
    }

    /// A line gets what is set aside for its SKU, and of everything else what anyone could have.
    fn check_claim(&self, record: &Record<'_>, order: OrderIndex) -> Result<(), Fault> {
        let channel = self.orders.facts(order).channel;
        let policy = self.rules.policy(channel);
        for movement in record.movements {
            let (sku, warehouse) = (movement.sku(), movement.warehouse());
            if warehouse == Warehouse::NONE || !self.catalogue.sku(sku)? {
                continue;
            }
            let is_claimed = self.orders.skus(order).any(|of_line| of_line == sku);
            let claimed = if is_claimed { self.stock.set_aside_at(sku, warehouse) } else { 0 };
            let units = self.left(sku, warehouse, channel, policy) + claimed;
            if units < 0 && movement.kind() != MovementKind::GivenBack {
                let (sku, warehouse) = (sku.get(), warehouse.get());
                let figure = "left besides those that are set aside";
                return Err(Fault::Stock { figure, sku, warehouse, units });
            }
        }
        Ok(())
    }

    /// Matching ends with the last line, or with the last unit.
    fn check_nothing_left_to_give(&self, looked: &Match) -> Result<(), Fault> {
        let sku = looked.sku;
        let is_last = self.matching.behind(sku, Some(looked.last)).next().is_none();
        if is_last || looked.last == WaitKey::FIRST {
            return Ok(());
        }
        let alone = [(sku, 1)];
        for warehouse in (0..self.catalogue.warehouses()).map(Warehouse::new) {
            let components = self.bundles.components(sku).unwrap_or(&alone);
            let counted = components.iter().filter(|(sku, _)| self.catalogue.sku(*sku) == Ok(true));
            let whole = counted.map(|(sku, each)| self.for_sale(*sku, warehouse) / each);
            if let Some(units) = whole.min().filter(|units| *units > 0) {
                let (sku, warehouse) = (sku.get(), warehouse.get());
                let figure = "left to give, and lines that were not looked at";
                return Err(Fault::Stock { figure, sku, warehouse, units });
            }
        }
        Ok(())
    }

    /// Units that an order without a channel could have, ring-fences aside.
    pub(super) fn for_sale(&self, sku: Sku, warehouse: Warehouse) -> i64 {
        self.stock.available(sku, warehouse) - self.rules.safety(sku, warehouse)
    }

    /// Applies what a movement does to a line of an order, its book, and a cell.
    pub(super) fn apply(&mut self, order: OrderIndex, movement: &Movement) -> Result<(), Fault> {
        self.orders.apply(order, movement)?;
        self.stock.apply(movement)?;
        let promised = self.expected.date((movement.order(), movement.line()));
        self.matching.apply(movement, self.orders.facts(order).priority_class, promised);
        Ok(())
    }
}
