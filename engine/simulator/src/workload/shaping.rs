//! What shapes sourcing: policies, capacity, reserves, bundles, shadow prices.

use gantry_model::{
    AssignPolicy, Command, CommandId, Component, Objective, Policy, PriceRow, ReserveRow, Rule,
    Rules, SetBundle, SetCapacity, SetPolicy, SetReserves, SetShadowPrices, Sku, SkuField,
    Warehouse, WarehouseField,
};

use super::Workload;

const POLICIES: u32 = 3;

impl Workload {
    /// A policy of one of few names; some contradict themselves.
    pub(super) fn policy(&mut self, out: &mut Vec<u8>) {
        let objective = self.dice.pick(Objective::ALL);
        let is_greedy = objective == Objective::Greedy && !self.dice.one_in(9);
        let warehouses: Vec<WarehouseField> = match self.dice.below(3) {
            0 => (0..u16::try_from(self.swarm.warehouses).unwrap_or(1))
                .filter(|_| !self.dice.one_in(3))
                .map(|warehouse| WarehouseField::new(Warehouse::new(warehouse)))
                .collect(),
            _ => Vec::new(),
        };
        let no_split = !is_greedy && self.dice.one_in(4);
        let listed = [SkuField::new(Sku::new(0)), SkuField::new(Sku::new(2))];
        let listed = if no_split { &listed[..self.dice.index(3)] } else { &[] };
        let parcels_max = match self.dice.below(4) {
            0 if !is_greedy => self.dice.between(1, 3),
            _ => 64,
        };
        let mut policy = SetPolicy {
            id: self.id(),
            objective,
            soft: Rules::NONE,
            parcels_max: u16::try_from(parcels_max).unwrap_or(1),
            days_max: if self.dice.one_in(3) { self.dice.short(6) } else { u16::MAX },
            split_value_min: if no_split { 50 } else { 0 },
            warehouses: &warehouses,
            no_split_skus: listed,
            code: ["P0", "P1", "P2"][self.dice.index(3)],
        };
        if !self.dice.one_in(3) {
            policy.soft = self.soft(&policy);
        }
        Command::SetPolicy(policy).write(out);
    }

    /// Some of the rules that the policy has; now and then one that it does not have.
    fn soft(&mut self, policy: &SetPolicy<'_>) -> Rules {
        let has = |rule: Rule| match rule {
            Rule::Warehouses => !policy.warehouses.is_empty(),
            Rule::DaysMax => policy.days_max != u16::MAX,
            Rule::ParcelsMax => policy.parcels_max < 64,
            Rule::NoSplit => policy.split_value_min != 0 || !policy.no_split_skus.is_empty(),
            Rule::OrdersPerDay | Rule::UnitsPerDay | Rule::RingFences => true,
        };
        let mut soft = Rules::NONE;
        for rule in Rule::ALL {
            if self.dice.one_in(2) && (has(*rule) || self.dice.one_in(20)) {
                soft = soft.with(*rule);
            }
        }
        soft
    }

    pub(super) fn assign(&mut self, out: &mut Vec<u8>) {
        let policy = match self.dice.below(POLICIES + 1) {
            POLICIES => Policy::NONE,
            policy => Policy::new(u16::try_from(policy).unwrap_or(0)),
        };
        let (id, channel) = (self.id(), self.channel());
        Command::AssignPolicy(AssignPolicy { id, channel, policy }).write(out);
    }

    pub(super) fn capacity(&mut self, out: &mut Vec<u8>) {
        let bound = |workload: &mut Self, max: u32| match workload.dice.below(3) {
            0 => workload.dice.below(max),
            _ => u32::MAX,
        };
        let minute = self.dice.below(1_500);
        let capacity = SetCapacity {
            id: self.id(),
            warehouse: self.warehouse(),
            cut_off_minute: match self.dice.below(3) {
                0 => u16::try_from(minute).unwrap_or(0),
                _ => u16::MAX,
            },
            orders_per_day_max: bound(self, 400),
            units_per_day_max: bound(self, 1_500),
        };
        Command::SetCapacity(capacity).write(out);
    }

    pub(super) fn reserves(&mut self, out: &mut Vec<u8>) {
        let mut rows: Vec<ReserveRow> = (0..self.dice.between(1, 3))
            .map(|_| {
                let units = self.dice.below(6);
                ReserveRow::new(self.tracked_sku(), self.warehouse(), self.channel(), units)
            })
            .collect();
        let key = |row: &ReserveRow| (row.sku(), row.warehouse(), row.channel());
        if !self.dice.one_in(9) {
            rows.sort_by_key(key);
            rows.dedup_by_key(|row| key(row));
        }
        Command::SetReserves(SetReserves { id: self.id(), rows: &rows }).write(out);
    }

    /// Mostly one of the last SKUs, made of some of the first.
    pub(super) fn bundle(&mut self, out: &mut Vec<u8>) {
        let sku = match self.dice.below(8) {
            0 => self.sku(),
            _ => Sku::new(self.swarm.skus.saturating_sub(1 + self.dice.below(3))),
        };
        let id = self.id();
        self.write_bundle(id, sku, out);
    }

    pub(super) fn write_bundle(&mut self, id: CommandId, sku: Sku, out: &mut Vec<u8>) {
        let mut parts: Vec<Component> = (0..self.dice.between(1, 3))
            .map(|_| Component::new(self.tracked_sku(), self.dice.below(4)))
            .collect();
        if !self.dice.one_in(9) {
            parts.retain(|part| part.units() > 0);
            parts.sort_by_key(Component::sku);
            parts.dedup_by_key(|part| part.sku());
        }
        Command::SetBundle(SetBundle { id, sku, components: &parts }).write(out);
    }

    pub(super) fn prices(&mut self, out: &mut Vec<u8>) {
        if self.swarm.take_price_list() {
            return self.price_list(out);
        }
        let mut rows: Vec<PriceRow> = (0..self.dice.below(5))
            .map(|_| PriceRow::new(self.sku(), self.warehouse(), self.dice.below(300)))
            .collect();
        rows.sort_by_key(|row| (row.sku(), row.warehouse()));
        rows.dedup_by_key(|row| (row.sku(), row.warehouse()));
        let clear = self.dice.one_in(5);
        Command::SetShadowPrices(SetShadowPrices { id: self.id(), clear, rows: &rows }).write(out);
    }

    /// A price for every cell: frames and segments fill fast.
    fn price_list(&mut self, out: &mut Vec<u8>) {
        let warehouses = u16::try_from(self.swarm.warehouses).unwrap_or(1);
        let rows: Vec<_> = (0..self.swarm.skus)
            .flat_map(|sku| (0..warehouses).map(move |warehouse| (sku, warehouse)))
            .map(|(sku, warehouse)| {
                PriceRow::new(Sku::new(sku), Warehouse::new(warehouse), self.dice.below(300))
            })
            .collect();
        let clear = true;
        Command::SetShadowPrices(SetShadowPrices { id: self.id(), clear, rows: &rows }).write(out);
    }
}
