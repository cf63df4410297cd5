//! Applying what shapes sourcing: policies, capacity, reserves, bundles, shadow prices.

use gantry_model::{
    AssignPolicy, Channel, EngineTime, Movement, MovementKind, Policy, Record, Sequence, SetBundle,
    SetCapacity, SetPolicy, SetReserves, SetShadowPrices, Sku, SkuField, WAREHOUSES_MAX, Warehouse,
    WarehouseField,
};

use super::by_sku::PlaceRow;
use super::capacity::{CapacityRow, day_of};
use super::hash::{bytes_hash, code_hash};
use super::policies::PolicyRow;
use super::{State, rows};

/// A set of warehouses by handle, on the stack.
#[derive(Default)]
struct WarehouseSet([u64; WAREHOUSES_MAX / 64]);

impl WarehouseSet {
    /// Whether it was not in the set before.
    fn insert(&mut self, warehouse: Warehouse) -> bool {
        let (word, bit) = (usize::from(warehouse.get()) / 64, 1 << (warehouse.get() % 64));
        let is_new = self.0[word] & bit == 0;
        self.0[word] |= bit;
        is_new
    }
}

impl State {
    pub(super) fn apply_policy(&mut self, command: &SetPolicy<'_>) {
        let policy = self.catalogue.policies.handle_or_next(command.code);
        let version = self.policies.row(policy).map_or(0, |row| row.version) + 1;
        self.apply_policy_version(command, version);
    }

    pub(super) fn apply_policy_version(&mut self, command: &SetPolicy<'_>, version: u32) {
        let (policy, _) = self.catalogue.policies.upsert(command.code);
        let warehouses: Vec<Warehouse> =
            command.warehouses.iter().map(WarehouseField::get).collect();
        let no_split_skus: Vec<Sku> = command.no_split_skus.iter().map(SkuField::get).collect();
        let row = PolicyRow {
            code_hash: code_hash(command.code),
            lists_hash: self.lists_hash(&warehouses, &no_split_skus),
            version,
            objective: command.objective,
            soft: command.soft,
            parcels_max: command.parcels_max,
            days_max: command.days_max,
            split_value_min: command.split_value_min,
            warehouses,
            no_split_skus,
        };
        self.hash.put(rows::policy(&row));
        if let Some(before) = self.policies.set(policy, row) {
            self.hash.take(rows::policy(&before));
        }
    }

    /// Stands for a policy's lists in its row's hash: the codes' hashes, each list with its length.
    fn lists_hash(&self, warehouses: &[Warehouse], skus: &[Sku]) -> u64 {
        let mut bytes = Vec::new();
        bytes.extend_from_slice(&(warehouses.len() as u64).to_le_bytes());
        for warehouse in warehouses {
            bytes.extend_from_slice(&self.warehouse_hash(*warehouse).to_le_bytes());
        }
        for sku in skus {
            bytes.extend_from_slice(&self.sku_hash(*sku).to_le_bytes());
        }
        bytes_hash(&bytes)
    }

    pub(super) fn apply_assignment(&mut self, command: &AssignPolicy) {
        let before = self.policies.assigned(command.channel);
        self.policies.assign(command.channel, command.policy);
        self.hash.take(self.hash_assignment(command.channel, before));
        self.hash.put(self.hash_assignment(command.channel, command.policy));
    }

    pub(super) fn apply_capacity(&mut self, command: &SetCapacity, sequence: Sequence) {
        let warehouse = command.warehouse;
        let row = CapacityRow {
            cut_off_minute: command.cut_off_minute,
            orders_per_day_max: command.orders_per_day_max,
            units_per_day_max: command.units_per_day_max,
        };
        self.hash.take(self.hash_capacity(warehouse));
        self.hash.take(self.hash_day_load(warehouse));
        self.capacity.set(warehouse, row, sequence);
        self.hash.put(self.hash_capacity(warehouse));
        self.hash.put(self.hash_day_load(warehouse));
    }

    pub(super) fn apply_reserves(&mut self, command: &SetReserves<'_>) {
        for row in command.rows {
            let (sku, warehouse, channel) = (row.sku(), row.warehouse(), row.channel());
            if channel == Channel::NONE {
                let before = self.stock.cell(sku, warehouse).safety;
                self.stock.set_safety(sku, warehouse, row.units());
                self.hash.take(self.hash_safety(sku, warehouse, before));
                self.hash.put(self.hash_safety(sku, warehouse, row.units()));
            } else {
                let fence = PlaceRow { warehouse, channel, value: row.units() };
                if let Some(before) = self.fences.set(sku, fence) {
                    self.hash.take(self.hash_fence(sku, &before));
                }
                self.hash.put(self.hash_fence(sku, &fence));
            }
        }
    }

    pub(super) fn apply_bundle(&mut self, command: &SetBundle<'_>) {
        self.hash.take(self.hash_bundle(command.sku));
        self.bundles.set(command.sku, command.components);
        self.hash.put(self.hash_bundle(command.sku));
    }

    pub(super) fn apply_shadow_prices(&mut self, command: &SetShadowPrices<'_>) {
        if command.clear {
            for (sku, row) in self.prices.iter() {
                let row = self.hash_price(sku, &row);
                self.hash.take(row);
            }
            self.prices.clear();
        }
        for row in command.rows {
            let channel = Channel::NONE;
            let price = PlaceRow { warehouse: row.warehouse(), channel, value: row.price() };
            if let Some(before) = self.prices.set(row.sku(), price) {
                self.hash.take(self.hash_price(row.sku(), &before));
            }
            self.hash.put(self.hash_price(row.sku(), &price));
        }
    }

    /// Counts what an order that was just placed uses of its warehouses' day.
    pub(super) fn count_placed(&mut self, movements: &[Movement], now: EngineTime) {
        let mut met = WarehouseSet::default();
        for movement in movements {
            let warehouse = movement.warehouse();
            let is_counted = self.capacity.is_counted(warehouse, movement.order());
            if movement.kind() != MovementKind::Allocated || !is_counted {
                continue;
            }
            let orders = u32::from(met.insert(warehouse));
            self.hash.take(self.hash_day_load(warehouse));
            self.capacity.add(warehouse, day_of(now), orders, movement.quantity().unsigned_abs());
            self.hash.put(self.hash_day_load(warehouse));
        }
    }

    /// Counts what a waiting line that got units uses of its warehouses' day.
    pub(super) fn count_matched(&mut self, slot: u32, record: &Record<'_>) {
        let mut met = WarehouseSet::default();
        for movement in record.movements {
            let warehouse = movement.warehouse();
            let is_counted = movement.kind() == MovementKind::Allocated
                && movement.order() == self.orders.row(slot).placed
                && self.capacity.is_counted(warehouse, record.sequence);
            if is_counted {
                let is_new = met.insert(warehouse) && !self.has_units_at(slot, warehouse);
                let orders = u32::from(is_new);
                let (day, units) = (day_of(record.time), movement.quantity().unsigned_abs());
                self.hash.take(self.hash_day_load(warehouse));
                self.capacity.add(warehouse, day, orders, units);
                self.hash.put(self.hash_day_load(warehouse));
            }
        }
    }

    /// Gives back what released units had used of the day on which their order was placed.
    pub(super) fn count_released(&mut self, slot: u32, movements: &[Movement], now: EngineTime) {
        let day = day_of(self.orders.detail(slot).placed_time);
        if day != day_of(now) {
            return;
        }
        let mut met = WarehouseSet::default();
        for movement in movements {
            let warehouse = movement.warehouse();
            let is_counted = movement.order() == self.orders.row(slot).placed
                && self.capacity.is_counted(warehouse, movement.order());
            if movement.kind() != MovementKind::Released || !is_counted {
                continue;
            }
            let orders = u32::from(met.insert(warehouse) && !self.has_units_at(slot, warehouse));
            let units = movement.quantity().unsigned_abs();
            self.hash.take(self.hash_day_load(warehouse));
            self.capacity.give_back(warehouse, day, orders, units);
            self.hash.put(self.hash_day_load(warehouse));
        }
    }

    /// Whether an order has units at a warehouse, or had and they have shipped.
    fn has_units_at(&self, slot: u32, warehouse: Warehouse) -> bool {
        let allocations = self.orders.allocations(self.orders.row(slot));
        let mut here = allocations.iter().filter(|allocation| allocation.warehouse == warehouse);
        here.any(|allocation| allocation.allocated + allocation.shipped > 0)
    }

    /// The policy of an assignment, as its code stands in hashes; none has no row.
    fn hash_assignment(&self, channel: Channel, policy: Policy) -> u128 {
        if policy == Policy::NONE {
            return 0;
        }
        let policy = self.policies.row(policy).expect("invariant: decide knew the policy");
        rows::assignment(self.channel_hash(channel), policy.code_hash)
    }
}
