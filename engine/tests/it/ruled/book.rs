//! What a naive reader of the records knows of rules. It shares nothing with the engine but the
//! records.

use std::collections::BTreeMap;

use gantry_engine::State;
use gantry_model::{
    Channel, Command, Movement, MovementKind, Objective, PlaceOrder, Policy, Record, Rules,
    SetCapacity, SetPolicy, SkuField, UpsertSku, Warehouse, WarehouseField,
};

pub(super) const DAY_NS: u64 = 86_400_000_000_000;
const MINUTE_NS: u64 = 60_000_000_000;

/// A SKU at a warehouse.
pub(super) type Place = (u32, u16);

#[derive(Clone)]
pub(super) struct PolicyCopy {
    pub(super) objective: Objective,
    pub(super) soft: Rules,
    pub(super) parcels_max: u16,
    pub(super) days_max: u16,
    split_value_min: i64,
    pub(super) warehouses: Vec<u16>,
    no_split: Vec<u32>,
}

impl PolicyCopy {
    const BUILT_IN: Self = Self {
        objective: Objective::LeastCost,
        soft: Rules::NONE,
        parcels_max: 64,
        days_max: u16::MAX,
        split_value_min: 0,
        warehouses: Vec::new(),
        no_split: Vec::new(),
    };

    fn new(set: &SetPolicy<'_>) -> Self {
        Self {
            objective: set.objective,
            soft: set.soft,
            parcels_max: set.parcels_max,
            days_max: set.days_max,
            split_value_min: set.split_value_min,
            warehouses: set
                .warehouses
                .iter()
                .map(|field| WarehouseField::get(field).get())
                .collect(),
            no_split: set.no_split_skus.iter().map(|field| SkuField::get(field).get()).collect(),
        }
    }

    pub(super) fn is_whole(&self, order: &PlaceOrder<'_>) -> bool {
        let has_minimum = self.split_value_min != 0;
        let is_small =
            has_minimum && order.value_minor != 0 && order.value_minor < self.split_value_min;
        is_small || order.lines.iter().any(|line| self.no_split.contains(&line.sku().get()))
    }
}

/// Bounds of a warehouse, and what each order that was counted has there.
#[derive(Default)]
pub(super) struct Day {
    cut_off: Option<u16>,
    pub(super) orders_max: Option<u32>,
    pub(super) units_max: Option<u32>,
    /// By order: the day it was placed and its units there, shipped ones too.
    used: BTreeMap<u64, (u64, u32)>,
}

impl Day {
    fn set(&mut self, set: &SetCapacity) {
        let bound = |max: u32| Some(max).filter(|max| *max != u32::MAX);
        self.cut_off = Some(set.cut_off_minute).filter(|minute| *minute != u16::MAX);
        self.orders_max = bound(set.orders_per_day_max);
        self.units_max = bound(set.units_per_day_max);
        if !self.is_bounded() {
            self.used.clear();
        }
    }

    fn is_bounded(&self) -> bool {
        self.orders_max.is_some() || self.units_max.is_some()
    }

    /// Orders and units of a day.
    pub(super) fn used_on(&self, day: u64) -> (u32, u32) {
        let of_day = self.used.values().filter(|used| used.0 == day && used.1 > 0);
        of_day.fold((0, 0), |(orders, units), used| (orders + 1, units + used.1))
    }
}

#[derive(Clone, Copy, Default)]
pub(super) struct Shelf {
    on_hand: i64,
    allocated: i64,
    unavailable: i64,
    held: i64,
}

/// See the file.
#[derive(Default)]
pub(super) struct Book {
    /// The work limit, once it was set.
    pub(super) steps_max: Option<u32>,
    /// By SKU: whether it is counted, and whether it may wait.
    pub(super) skus: BTreeMap<u32, (bool, bool)>,
    pub(super) active: BTreeMap<u16, bool>,
    /// By zone and warehouse: parcel, unit, days.
    pub(super) costs: BTreeMap<(u16, u16), (i64, i64, u64)>,
    policies: BTreeMap<u16, PolicyCopy>,
    assigned: BTreeMap<u16, u16>,
    pub(super) days: BTreeMap<u16, Day>,
    safety: BTreeMap<Place, i64>,
    fences: BTreeMap<(Place, u16), i64>,
    pub(super) bundles: BTreeMap<u32, Vec<(u32, u32)>>,
    shelves: BTreeMap<Place, Shelf>,
}

impl Book {
    /// Takes over what a record says.
    pub(super) fn read(&mut self, record: &Record<'_>) {
        if !record.outcome.head.is_accepted() {
            return;
        }
        let handle = || record.outcome.head.handle().unwrap();
        let small = || u16::try_from(handle()).unwrap();
        match &record.command {
            Command::UpsertSku(UpsertSku { tracked, backorder, .. }) => {
                self.skus.insert(handle(), (*tracked, *backorder));
            }
            Command::UpsertWarehouse(warehouse) => {
                self.active.insert(small(), warehouse.active);
            }
            Command::SetCosts(costs) => {
                for row in costs.rows {
                    let key = (row.zone().get(), costs.warehouse.get());
                    let (parcel, unit) = (row.parcel_cost().into(), row.unit_cost().into());
                    self.costs.remove(&key);
                    if row.is_served() {
                        self.costs.insert(key, (parcel, unit, row.days().into()));
                    }
                }
            }
            Command::SetLimits(set) => self.steps_max = Some(set.limits.sourcing_steps_max),
            Command::SetPolicy(set) => {
                self.policies.insert(small(), PolicyCopy::new(set));
            }
            Command::AssignPolicy(set) => {
                self.assigned.insert(set.channel.get(), set.policy.get());
            }
            Command::SetCapacity(set) => self.days.entry(set.warehouse.get()).or_default().set(set),
            Command::SetReserves(set) => {
                for row in set.rows {
                    let place = (row.sku().get(), row.warehouse().get());
                    if row.channel() == Channel::NONE {
                        self.safety.insert(place, row.units().into());
                    } else {
                        self.fences.insert((place, row.channel().get()), row.units().into());
                    }
                }
            }
            Command::SetBundle(set) => {
                let parts = set.components.iter().map(|part| (part.sku().get(), part.units()));
                self.bundles.insert(set.sku.get(), parts.collect());
            }
            _ => {}
        }
        record.movements.iter().for_each(|movement| self.shift(movement, record));
    }

    fn shift(&mut self, movement: &Movement, record: &Record<'_>) {
        use MovementKind as Kind;
        let quantity = i64::from(movement.quantity());
        let (sku, warehouse) = (movement.sku().get(), movement.warehouse().get());
        let is_counted = self.skus[&sku].0;
        let shelf = self.shelves.entry((sku, warehouse)).or_default();
        match movement.kind() {
            Kind::Received | Kind::Adjusted => shelf.on_hand += quantity,
            Kind::Withdrawn => shelf.unavailable += quantity,
            Kind::Restored => shelf.unavailable -= quantity,
            Kind::Allocated | Kind::ComponentAllocated => shelf.allocated += quantity,
            Kind::Released | Kind::ComponentReleased => shelf.allocated -= quantity,
            Kind::Shipped | Kind::ComponentShipped => {
                shelf.allocated -= quantity;
                shelf.on_hand -= if is_counted { quantity } else { 0 };
            }
            Kind::SetAside | Kind::Held => shelf.held += quantity,
            Kind::GivenBack | Kind::Unheld => shelf.held -= quantity,
            Kind::Promised | Kind::Unpromised | Kind::PromiseBroken => {}
            Kind::Backordered | Kind::Dequeued | Kind::Cancelled | Kind::Due => {}
        }
        let units = movement.quantity().unsigned_abs();
        let day = record.time.get() / DAY_NS;
        let Some(counted) = self.days.get_mut(&warehouse) else { return };
        match movement.kind() {
            Kind::Allocated if counted.is_bounded() => {
                counted.used.entry(movement.order().get()).or_insert((day, 0)).1 += units;
            }
            Kind::Released => {
                let used = counted.used.get_mut(&movement.order().get());
                if let Some(used) = used.filter(|used| used.0 == day) {
                    used.1 -= units;
                }
            }
            _ => {}
        }
    }

    pub(super) fn policy(&self, channel: Channel) -> PolicyCopy {
        let own = |channel: u16| {
            self.assigned.get(&channel).filter(|policy| **policy != Policy::NONE.get())
        };
        let policy = own(channel.get()).or_else(|| own(Channel::NONE.get()));
        policy.map_or(PolicyCopy::BUILT_IN, |policy| self.policies[policy].clone())
    }

    /// What a SKU is made of; a plain one of itself.
    pub(super) fn parts(&self, sku: u32) -> Vec<(u32, u32)> {
        let parts = self.bundles.get(&sku).filter(|parts| !parts.is_empty());
        parts.cloned().unwrap_or_else(|| vec![(sku, 1)])
    }

    /// Units of a plain SKU that an order of `channel` may have at a place.
    pub(super) fn available(&self, place: Place, channel: Channel, fenced: bool) -> u64 {
        if !self.skus[&place.0].0 {
            return 1 << 30;
        }
        let shelf = self.shelves.get(&place).copied().unwrap_or_default();
        let safety = self.safety.get(&place).copied().unwrap_or(0);
        let fences = self.fences.iter().filter(|(key, _)| key.0 == place);
        let others = fences.filter(|(key, _)| key.1 != channel.get()).map(|(_, units)| units);
        let set_aside = if fenced { others.sum() } else { 0 };
        let free = shelf.on_hand - shelf.allocated - shelf.unavailable - shelf.held - safety;
        u64::try_from(free.max(0) - set_aside).unwrap_or(0)
    }

    pub(super) fn days(&self, zone: u16, warehouse: u16, record: &Record<'_>) -> u64 {
        let minute = record.time.get() % DAY_NS / MINUTE_NS;
        let cut_off = self.days.get(&warehouse).and_then(|day| day.cut_off);
        self.costs[&(zone, warehouse)].2
            + u64::from(cut_off.is_some_and(|cut_off| minute >= u64::from(cut_off)))
    }

    /// The engine knows the same shelves and days.
    pub(super) fn compare(&self, state: &State) {
        for (place, shelf) in &self.shelves {
            let warehouse = Warehouse::new(place.1);
            if warehouse == Warehouse::NONE {
                continue;
            }
            let cell = state.stock.cell(gantry_model::Sku::new(place.0), warehouse);
            let figures = [cell.on_hand, cell.allocated, cell.unavailable].map(i64::from);
            assert_eq!(figures, [shelf.on_hand, shelf.allocated, shelf.unavailable], "{place:?}");
        }
        for (warehouse, day) in &self.days {
            let load = state.capacity.load(Warehouse::new(*warehouse));
            assert_eq!(day.used_on(load.day.into()), (load.orders, load.units), "{warehouse}");
        }
    }
}
