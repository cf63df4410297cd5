//! What a journal says about demand, stock and cost: learned from records alone, so that nothing
//! is decided again and no order is kept in memory.

use std::collections::{BTreeMap, HashMap};

use gantry_model::{
    Code, Command, CostRow, EngineTime, Movement, MovementKind, PlaceOrder, Record, Sequence,
    SetBundle, SetCosts, Sku, UpsertSku, UpsertWarehouse, Warehouse, Zone,
};

/// The part of a journal whose demand counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    /// The first moment of it.
    pub(super) from: EngineTime,
    /// The first moment after it.
    pub(super) until: EngineTime,
}

/// Everything that the linear programs are made of.
#[derive(Debug)]
pub(super) struct History {
    range: Range,
    /// The first record of the range, once it has come.
    first: Option<Sequence>,
    skus: BTreeMap<Sku, SkuFacts>,
    warehouses: BTreeMap<Warehouse, WarehouseFacts>,
    bundles: HashMap<Sku, Vec<(Sku, u32)>>,
    costs: BTreeMap<(Zone, Warehouse), Cost>,
    demand: HashMap<(Sku, Zone), u64>,
    /// What could be sold at the start of the range, with what came since; see
    /// [`effect_on_available`]. Below 0 where more is promised than is there.
    stock: HashMap<(Sku, Warehouse), i64>,
    sums: Sums,
}

/// A SKU as it stands at the end of the range.
#[derive(Clone, Debug)]
pub(super) struct SkuFacts {
    pub(super) code: Code,
    pub(super) tracked: bool,
}

/// A warehouse as it stands at the end of the range.
#[derive(Clone, Debug)]
pub(super) struct WarehouseFacts {
    pub(super) code: Code,
    pub(super) active: bool,
}

/// What a warehouse takes to serve a zone, at the end of the range.
#[derive(Clone, Copy, Debug)]
struct Cost {
    parcel: u32,
    unit: u32,
}

/// Sums over the range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sums {
    /// Orders, rejected ones too.
    pub(super) orders: u64,
    /// Units that they want, bundles counted as one unit.
    pub(super) units_ordered: u64,
    /// Units that were allocated when their order was placed.
    pub(super) units_allocated: u64,
    /// Parcels that they were allocated in.
    pub(super) parcels: u64,
}

impl History {
    /// Nothing yet.
    pub(super) fn new(range: Range) -> Self {
        Self {
            range,
            first: None,
            skus: BTreeMap::new(),
            warehouses: BTreeMap::new(),
            bundles: HashMap::new(),
            costs: BTreeMap::new(),
            demand: HashMap::new(),
            stock: HashMap::new(),
            sums: Sums::default(),
        }
    }

    /// Takes the next record; `false` once it lies behind the range, and so do all that follow.
    pub(super) fn take(&mut self, record: &Record<'_>) -> bool {
        if record.time >= self.range.until {
            return false;
        }
        if self.first.is_none() && record.time >= self.range.from {
            self.first = Some(record.sequence);
        }
        match &record.command {
            Command::PlaceOrder(order) if self.first.is_some() => self.count(record, order),
            _ if !record.outcome.head.is_accepted() => {}
            Command::UpsertSku(sku) => self.define_sku(record, sku),
            Command::UpsertWarehouse(warehouse) => self.define_warehouse(record, warehouse),
            Command::SetBundle(bundle) => self.define_bundle(bundle),
            Command::SetCosts(costs) => self.set_costs(costs),
            _ => {}
        }
        for movement in record.movements {
            self.move_stock(movement);
        }
        true
    }

    /// What is known of `sku`, if it was defined.
    pub(super) fn sku(&self, sku: Sku) -> Option<&SkuFacts> {
        self.skus.get(&sku)
    }

    /// What is known of `warehouse`, if it was defined.
    pub(super) fn warehouse(&self, warehouse: Warehouse) -> Option<&WarehouseFacts> {
        self.warehouses.get(&warehouse)
    }

    /// Sums over the range.
    pub(super) const fn sums(&self) -> Sums {
        self.sums
    }

    /// Units wanted of each SKU, by zone.
    pub(super) fn demand_by_sku(&self) -> BTreeMap<Sku, Vec<(Zone, u64)>> {
        let mut by_sku: BTreeMap<Sku, Vec<_>> = BTreeMap::new();
        for ((sku, zone), units) in &self.demand {
            by_sku.entry(*sku).or_default().push((*zone, *units));
        }
        by_sku.values_mut().for_each(|zones| zones.sort_unstable());
        by_sku
    }

    /// Units of each SKU that the range's orders could have, by warehouse; none of it 0.
    pub(super) fn stock_by_sku(&self) -> BTreeMap<Sku, Vec<(Warehouse, u64)>> {
        let mut by_sku: BTreeMap<Sku, Vec<_>> = BTreeMap::new();
        for ((sku, warehouse), units) in &self.stock {
            let units = u64::try_from(*units).unwrap_or(0);
            let active = self.warehouse(*warehouse).is_some_and(|facts| facts.active);
            if active && units > 0 {
                by_sku.entry(*sku).or_default().push((*warehouse, units));
            }
        }
        by_sku.values_mut().for_each(|cells| cells.sort_unstable());
        by_sku
    }

    /// What a unit costs from `warehouse` to `zone` in minor units: the unit cost, and the parcel
    /// cost divided by the average units in a parcel. The average is that of all parcels of the
    /// range's orders as they were placed; where there are none, a unit pays its whole parcel.
    pub(super) fn unit_cost(&self, zone: Zone, warehouse: Warehouse) -> Option<u32> {
        let cost = self.costs.get(&(zone, warehouse))?;
        Some(self.with_parcel(cost))
    }

    /// One minor unit more than any unit costs: what a unit costs that finds no stock.
    pub(super) fn dummy_cost(&self) -> u32 {
        let active = self.costs.iter().filter(|((_, warehouse), _)| {
            self.warehouse(*warehouse).is_some_and(|facts| facts.active)
        });
        active.map(|(_, cost)| self.with_parcel(cost)).max().unwrap_or(0) + 1
    }

    fn with_parcel(&self, cost: &Cost) -> u32 {
        let Sums { parcels, units_allocated, .. } = self.sums;
        // Fits: a journal has far fewer parcels than the 18 · 10⁹ of which the dearest would not.
        let shared = (u64::from(cost.parcel) * parcels).checked_div(units_allocated);
        let share = shared.unwrap_or(cost.parcel.into());
        let share = u32::try_from(share).expect("invariant: a parcel has a unit at least");
        // Each is at most 10^9.
        cost.unit + share
    }

    fn count(&mut self, record: &Record<'_>, order: &PlaceOrder<'_>) {
        self.sums.orders += 1;
        self.sums.parcels += u64::from(record.outcome.head.parcels());
        for movement in record.movements {
            if movement.kind() == MovementKind::Allocated {
                self.sums.units_allocated += u64::from(movement.quantity().unsigned_abs());
            }
        }
        for line in order.lines {
            let units = u64::from(line.quantity());
            self.sums.units_ordered += units;
            match self.bundles.get(&line.sku()) {
                None => *self.demand.entry((line.sku(), order.zone)).or_default() += units,
                Some(components) => {
                    for (component, per_bundle) in components {
                        let demand = self.demand.entry((*component, order.zone)).or_default();
                        *demand += units * u64::from(*per_bundle);
                    }
                }
            }
        }
    }

    fn define_sku(&mut self, record: &Record<'_>, sku: &UpsertSku<'_>) {
        if let Some(handle) = record.outcome.head.handle() {
            let facts = SkuFacts { code: code(sku.code), tracked: sku.tracked };
            self.skus.insert(Sku::new(handle), facts);
        }
    }

    fn define_warehouse(&mut self, record: &Record<'_>, warehouse: &UpsertWarehouse<'_>) {
        let handle = record.outcome.head.handle().and_then(|handle| u16::try_from(handle).ok());
        if let Some(handle) = handle {
            let facts = WarehouseFacts { code: code(warehouse.code), active: warehouse.active };
            self.warehouses.insert(Warehouse::new(handle), facts);
        }
    }

    fn define_bundle(&mut self, bundle: &SetBundle<'_>) {
        let components =
            bundle.components.iter().map(|component| (component.sku(), component.units()));
        if bundle.components.is_empty() {
            self.bundles.remove(&bundle.sku);
        } else {
            self.bundles.insert(bundle.sku, components.collect());
        }
    }

    fn set_costs(&mut self, costs: &SetCosts<'_>) {
        for row in costs.rows {
            self.set_cost(costs.warehouse, row);
        }
    }

    fn set_cost(&mut self, warehouse: Warehouse, row: &CostRow) {
        let key = (row.zone(), warehouse);
        if row.is_served() {
            let cost = Cost { parcel: row.parcel_cost(), unit: row.unit_cost() };
            self.costs.insert(key, cost);
        } else {
            self.costs.remove(&key);
        }
    }

    /// What the range's own orders take or give back is demand, and so no change of stock.
    fn move_stock(&mut self, movement: &Movement) {
        let effect = effect_on_available(movement);
        let is_demand = self.first.is_some_and(|first| movement.order() >= first);
        if effect != 0 && !is_demand {
            *self.stock.entry((movement.sku(), movement.warehouse())).or_default() += effect;
        }
    }
}

/// How a movement changes what can be sold at its warehouse, by the table of effects in
/// `docs/FORMAT.md`. Shipping takes as much off what is promised as off what is there.
fn effect_on_available(movement: &Movement) -> i64 {
    use MovementKind::{
        Adjusted, Allocated, Backordered, Cancelled, ComponentAllocated, ComponentReleased,
        ComponentShipped, Dequeued, Due, GivenBack, Held, PromiseBroken, Promised, Received,
        Released, Restored, SetAside, Shipped, Unheld, Unpromised, Withdrawn,
    };
    let quantity = i64::from(movement.quantity());
    match movement.kind() {
        Received | Adjusted | Restored | Released | ComponentReleased | GivenBack | Unheld => {
            quantity
        }
        Withdrawn | Allocated | ComponentAllocated | SetAside | Held => -quantity,
        Shipped | ComponentShipped | Backordered | Dequeued | Cancelled | Due => 0,
        // What is expected is nowhere yet.
        Promised | Unpromised | PromiseBroken => 0,
    }
}

fn code(text: &str) -> Code {
    Code::new(text).expect("invariant: checked when the record was parsed")
}
