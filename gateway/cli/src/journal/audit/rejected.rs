//! What warehouses could not ship, and what orders no longer wait for.

use std::collections::{BTreeMap, BTreeSet};

use gantry_model::{
    Actor, AdjustReason, COOL_DOWN_SECONDS_MAX, EngineSecond, GiveUp, LineUnits, Movement,
    MovementKind, REJECTIONS_PER_ORDER_MAX, Record, RejectCause, RejectUnits, Sequence,
    SetCancelAt, Sku, Warehouse,
};

use super::orders::OrderIndex;
use super::{Audit, Fault, outcome, rule};

const NS_PER_SECOND: u64 = 1_000_000_000;

/// What was rejected of orders, and when orders are given up; of closed ones too.
#[derive(Default)]
pub(super) struct Rejected {
    /// By the record that placed the order.
    orders: BTreeMap<Sequence, Bars>,
    cancel_at: BTreeMap<Sequence, EngineSecond>,
    by_time: BTreeSet<(EngineSecond, Sequence)>,
}

#[derive(Default)]
struct Bars {
    rejections: u32,
    /// Until when a warehouse is barred.
    until_ns: BTreeMap<Warehouse, u64>,
}

impl Rejected {
    /// Whether warehouses rejected units of an order too often for it to be sourced again.
    pub(super) fn is_stuck(&self, placed: Sequence) -> bool {
        let bars = self.orders.get(&placed);
        bars.is_some_and(|bars| bars.rejections > REJECTIONS_PER_ORDER_MAX)
    }

    /// Somebody looked after an order: its rejections are counted anew.
    pub(super) fn start_anew(&mut self, placed: Sequence) {
        if let Some(bars) = self.orders.get_mut(&placed) {
            bars.rejections = 0;
        }
    }

    pub(super) fn is_barred(&self, placed: Sequence, warehouse: Warehouse, time_ns: u64) -> bool {
        let until = self.orders.get(&placed).and_then(|bars| bars.until_ns.get(&warehouse));
        until.is_some_and(|until| time_ns < *until)
    }

    fn set_cancel_at(&mut self, placed: Sequence, cancel_at: EngineSecond) {
        if let Some(before) = self.cancel_at.remove(&placed) {
            self.by_time.remove(&(before, placed));
        }
        if cancel_at != EngineSecond::NONE {
            self.cancel_at.insert(placed, cancel_at);
            self.by_time.insert((cancel_at, placed));
        }
    }
}

impl Audit {
    /// An order's waiting units are given up at a time, which moves nothing now.
    pub(super) fn set_cancel_at(
        &mut self,
        record: &Record<'_>,
        command: &SetCancelAt,
    ) -> Result<(), Fault> {
        rule(record.movements.is_empty(), "a time to be given up moves nothing")?;
        let order = self.orders.find(command.order)?;
        rule(self.orders.is_open(order), "a closed order waits for nothing")?;
        let is_to_come = !command.cancel_at.is_past(record.time);
        rule(is_to_come, "an order is given up at a time that is to come")?;
        self.rejected.set_cancel_at(self.orders.placed_by(order), command.cancel_at);
        Ok(())
    }

    /// The time has come at which an order is given up.
    pub(super) fn give_up(
        &mut self,
        record: &Record<'_>,
        own: &[Movement],
        command: &GiveUp,
    ) -> Result<(), Fault> {
        rule(record.actor == Actor::ENGINE, "the engine alone gives orders up")?;
        let order = self.orders.find(command.order)?;
        let placed = self.orders.placed_by(order);
        let first = self.first_to_give_up()?;
        let is_first = first == Some((command.cancel_at, placed));
        rule(is_first, "orders are given up in the order of their times")?;
        let has_come = command.cancel_at.is_past(record.time);
        rule(has_come, "an order is given up when its time has come")?;
        for movement in own {
            let kinds = [MovementKind::Dequeued, MovementKind::Cancelled];
            let is_its = kinds.contains(&movement.kind());
            rule(is_its, "an order that is given up keeps what is allocated")?;
            self.apply(order, movement)?;
        }
        self.orders.check_whole(order)?;
        rule(!self.orders.waits(order), "nothing of an order waits that is given up")?;
        self.rejected.set_cancel_at(placed, EngineSecond::NONE);
        outcome("parcels", 0, record.outcome.head.parcels().into())
    }

    /// The open order that is to be given up before the others. Those that closed meanwhile are not.
    fn first_to_give_up(&mut self) -> Result<Option<(EngineSecond, Sequence)>, Fault> {
        while let Some((cancel_at, placed)) = self.rejected.by_time.first().copied() {
            let order = self.orders.find_placed(placed)?;
            if self.orders.is_open(order) {
                return Ok(Some((cancel_at, placed)));
            }
            self.rejected.set_cancel_at(placed, EngineSecond::NONE);
        }
        Ok(None)
    }

    /// An order has nothing from a warehouse that rejected units of it, until its cool-down is over;
    /// and nothing more at all if that happened too often.
    pub(super) fn check_bars(&self, placed: Sequence, record: &Record<'_>) -> Result<(), Fault> {
        let kind = MovementKind::Allocated;
        let mut allocated = record.movements.iter().filter(|movement| movement.kind() == kind);
        let is_sourced = allocated.clone().next().is_some();
        let is_match = matches!(record.command, gantry_model::Command::Match(_));
        let may_be = !(is_match && is_sourced && self.rejected.is_stuck(placed));
        rule(may_be, "an order is passed over of which warehouses rejected units too often")?;
        let time_ns = record.time.get();
        let is_barred = |it: &Movement| self.rejected.is_barred(placed, it.warehouse(), time_ns);
        rule(!allocated.any(is_barred), "an order has nothing from a warehouse that is barred")
    }

    /// Whether an order still has units at a warehouse that rejected some of it.
    pub(super) fn has_units_where_barred(&self, order: OrderIndex, record: &Record<'_>) -> bool {
        let (placed, time_ns) = (self.orders.placed_by(order), record.time.get());
        let mut warehouses = (0..self.catalogue.warehouses()).map(Warehouse::new);
        warehouses.any(|warehouse| {
            self.rejected.is_barred(placed, warehouse, time_ns)
                && self.orders.units_at(order, warehouse) > 0
        })
    }

    /// Units that cannot leave their warehouses go elsewhere, or wait.
    pub(super) fn reject(
        &mut self,
        record: &Record<'_>,
        own: &[Movement],
        command: &RejectUnits<'_>,
    ) -> Result<(), Fault> {
        let seconds = command.cool_down_seconds;
        rule(seconds <= COOL_DOWN_SECONDS_MAX, "a cool-down lasts at most 30 days")?;
        let places = command.units.iter().map(|units| (units.line(), units.warehouse()));
        let is_rising = !command.units.is_empty() && places.is_sorted_by(|one, next| one < next);
        rule(is_rising, "rejected units are listed by line and warehouse")?;
        let order = self.orders.find(command.order)?;
        let placed = self.orders.placed_by(order);
        let channel = self.orders.facts(order).channel;
        let policy = self.rules.policy(channel);
        let left = |it: &Movement| self.left(it.sku(), it.warehouse(), channel, policy);
        let left: Vec<i64> = own.iter().map(left).collect();
        let taken_back = self.take_back(order, own, command)?;
        let (gone, granted) = own.split_at(taken_back);
        let opened: Vec<Warehouse> = self.opened(order).collect();
        let until_ns = record.time.get().saturating_add(u64::from(seconds) * NS_PER_SECOND);
        self.bar(placed, command, until_ns, record.time.get(), granted)?;
        check_lines(command.units, granted)?;
        granted.iter().try_for_each(|movement| self.apply(order, movement))?;
        self.bundles.check(own)?;
        self.orders.check_whole(order)?;
        self.check_grants(record, order, granted, &left[taken_back..], &opened)?;
        for movement in gone.iter().filter(|it| it.kind() == MovementKind::Released) {
            self.rules.give_back(movement.warehouse(), movement.quantity().into());
        }
        Ok(())
    }

    /// The first movements release just the units that are rejected, and withdraw those that were not
    /// found; how many they are.
    fn take_back(
        &mut self,
        order: OrderIndex,
        own: &[Movement],
        command: &RejectUnits<'_>,
    ) -> Result<usize, Fault> {
        let mut at = 0;
        for units in command.units {
            let sku = self.orders.sku(order, units.line())?;
            let parts = self.bundles.components(sku).map(<[(Sku, i64)]>::to_vec);
            let is_bundle = parts.is_some();
            let parts = parts.unwrap_or_else(|| vec![(sku, 1)]);
            let mut expected = vec![(MovementKind::Released, sku, i64::from(units.quantity()))];
            let whole = i64::from(units.quantity());
            if is_bundle {
                let part = |(sku, each): &(Sku, i64)| {
                    (MovementKind::ComponentReleased, *sku, whole * each)
                };
                expected.extend(parts.iter().map(part));
            }
            if command.cause == RejectCause::NotFound {
                for (sku, each) in &parts {
                    let is_counted = self.catalogue.sku(*sku)?;
                    let withdrawn = (MovementKind::Withdrawn, *sku, whole * each);
                    expected.extend(is_counted.then_some(withdrawn));
                }
            }
            for (kind, sku, quantity) in expected {
                let movement = own.get(at).filter(|movement| {
                    let what = (movement.kind(), movement.sku(), i64::from(movement.quantity()));
                    what == (kind, sku, quantity) && movement.warehouse() == units.warehouse()
                });
                let words = "rejected units are released, and lost ones unavailable";
                let movement = movement.ok_or(Fault::Rule(words))?;
                let is_lost = movement.reason() == AdjustReason::Lost;
                rule(is_lost == (kind == MovementKind::Withdrawn), words)?;
                if kind == MovementKind::Withdrawn {
                    self.stock.apply(movement)?;
                } else {
                    rule(movement.line() == units.line(), words)?;
                    self.apply(order, movement)?;
                }
                at += 1;
            }
        }
        Ok(at)
    }

    /// The warehouses are barred from now on, and none that is gives the order anything.
    fn bar(
        &mut self,
        placed: Sequence,
        command: &RejectUnits<'_>,
        until_ns: u64,
        time_ns: u64,
        granted: &[Movement],
    ) -> Result<(), Fault> {
        let is_last = |bars: &Bars| bars.rejections >= REJECTIONS_PER_ORDER_MAX;
        let is_stuck = self.rejected.orders.get(&placed).is_some_and(is_last);
        for movement in granted.iter().filter(|it| it.kind() == MovementKind::Allocated) {
            let warehouse = movement.warehouse();
            let named = command.units.iter().any(|units| units.warehouse() == warehouse);
            let is_barred = named || self.rejected.is_barred(placed, warehouse, time_ns);
            rule(!is_barred, "an order has nothing from a warehouse that is barred")?;
            rule(!is_stuck, "an order is sourced again after five rejections, and no more")?;
        }
        let bars = self.rejected.orders.entry(placed).or_default();
        bars.rejections += 1;
        for units in command.units {
            let until = bars.until_ns.entry(units.warehouse()).or_default();
            let before_ns = *until;
            *until = until_ns.max(before_ns);
            self.swept.bar(placed, units.warehouse(), (before_ns, *until));
        }
        Ok(())
    }

    /// What the order gets elsewhere keeps the rules, and was there for it. `left` is what each
    /// movement's cell had before.
    fn check_grants(
        &mut self,
        record: &Record<'_>,
        order: OrderIndex,
        granted: &[Movement],
        left: &[i64],
        opened: &[Warehouse],
    ) -> Result<(), Fault> {
        use MovementKind::{Allocated, ComponentAllocated};
        let of_kind = granted.iter().filter(|it| it.kind() == Allocated);
        let warehouses: BTreeSet<Warehouse> = of_kind.map(Movement::warehouse).collect();
        let warehouses: Vec<Warehouse> = warehouses.into_iter().collect();
        let parcels: Vec<Warehouse> =
            warehouses.iter().copied().filter(|it| !opened.contains(it)).collect();
        if warehouses.is_empty() {
            outcome("parcels", 0, record.outcome.head.parcels().into())?;
            outcome("cost", 0, record.outcome.head.cost_minor())?;
        } else {
            self.check_cost(record, order, &parcels)?;
            self.check_matched_rules(record, order, &warehouses, &parcels, opened.len())?;
        }
        let channel = self.orders.facts(order).channel;
        let policy = self.rules.policy(channel);
        for (movement, before) in granted.iter().zip(left) {
            let (sku, warehouse) = (movement.sku(), movement.warehouse());
            let is_taken = matches!(movement.kind(), Allocated | ComponentAllocated);
            if !is_taken || !self.catalogue.sku(sku)? {
                continue;
            }
            let units = self.left(sku, warehouse, channel, policy);
            if units < 0.min(*before) {
                let (sku, warehouse) = (sku.get(), warehouse.get());
                let figure = "left for others";
                return Err(Fault::Stock { figure, sku, warehouse, units });
            }
        }
        Ok(())
    }
}

/// Every unit that is rejected goes elsewhere or waits, line by line; and no other does.
fn check_lines(rejected: &[LineUnits], granted: &[Movement]) -> Result<(), Fault> {
    use MovementKind::{Allocated, Backordered, ComponentAllocated};
    let kinds = [Allocated, Backordered, ComponentAllocated];
    let expected = granted.iter().all(|it| kinds.contains(&it.kind()));
    rule(expected, "the command makes no such movement")?;
    rule(granted.is_sorted_by_key(Movement::line), "rejected units go elsewhere line by line")?;
    let mut units: BTreeMap<u16, i64> = BTreeMap::new();
    for of_line in rejected {
        *units.entry(of_line.line()).or_default() += i64::from(of_line.quantity());
    }
    for movement in granted.iter().filter(|it| it.kind() != ComponentAllocated) {
        *units.entry(movement.line()).or_default() -= i64::from(movement.quantity());
    }
    match units.into_iter().find(|(_, units)| *units != 0) {
        Some((line, units)) => {
            Err(Fault::Line { figure: "rejected that neither go elsewhere nor wait", line, units })
        }
        None => Ok(()),
    }
}
