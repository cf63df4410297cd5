//! The rules of sourcing as records set them: policies, whom they bind, capacity, reserves.
//!
//! What a warehouse has used of its day is counted low: every unit that is released goes back,
//! whatever day it is of. So a warehouse that seems overdrawn here is.

use std::collections::{BTreeMap, HashMap};

use gantry_model::{
    AssignPolicy, Channel, PARCELS_PER_ORDER_MAX, Policy, Rule, Rules, SetCapacity, SetPolicy,
    SetReserves, Sku, SkuField, Warehouse, WarehouseField,
};

use super::catalogue::Catalogue;
use super::{Fault, rule};

const NS_PER_MINUTE: u64 = 60_000_000_000;
const MINUTES_PER_DAY: u64 = 24 * 60;
/// A bound that bounds nothing.
const ANY: u32 = u32::MAX;

/// Everything that records say of rules.
#[derive(Default)]
pub(super) struct RuleBook {
    policies: Vec<PolicyRow>,
    /// By channel; [`Channel::NONE`] = those without one of their own.
    assigned: HashMap<Channel, Policy>,
    capacity: HashMap<Warehouse, Capacity>,
    /// Units set aside, by whom they are for; [`Channel::NONE`] = nobody.
    reserves: HashMap<(Sku, Warehouse), BTreeMap<Channel, i64>>,
}

/// The rules of one policy.
pub(super) struct PolicyRow {
    soft: Rules,
    parcels_max: u16,
    days_max: u16,
    split_value_min: i64,
    warehouses: Vec<Warehouse>,
    no_split_skus: Vec<Sku>,
}

#[derive(Clone, Copy)]
struct Capacity {
    cut_off_minute: u16,
    orders_max: u32,
    units_max: u32,
    day: u64,
    orders: i64,
    units: i64,
}

/// What binds where nobody said anything.
pub(super) static BUILT_IN: PolicyRow = PolicyRow {
    soft: Rules::NONE,
    parcels_max: PARCELS_PER_ORDER_MAX,
    days_max: u16::MAX,
    split_value_min: 0,
    warehouses: Vec::new(),
    no_split_skus: Vec::new(),
};

impl PolicyRow {
    /// Whether the rule holds of every parcel: a soft one may have been dropped.
    pub(super) fn is_hard(&self, rule: Rule) -> bool {
        !self.soft.contains(rule)
    }

    /// Whether it may use the warehouse, whatever else.
    pub(super) fn allows(&self, warehouse: Warehouse) -> bool {
        self.warehouses.is_empty()
            || self.warehouses.contains(&warehouse)
            || !self.is_hard(Rule::Warehouses)
    }

    /// Whether a parcel may be on its way for so many days.
    pub(super) fn allows_days(&self, days: u64) -> bool {
        let is_bounded = self.days_max != u16::MAX && self.is_hard(Rule::DaysMax);
        !is_bounded || days <= u64::from(self.days_max)
    }

    /// Whether it names the warehouse, be the rule soft or not.
    pub(super) fn lists(&self, warehouse: Warehouse) -> bool {
        self.warehouses.is_empty() || self.warehouses.contains(&warehouse)
    }

    /// Whether so many days are within it, be the rule soft or not.
    pub(super) fn has_days(&self, days: u64) -> bool {
        self.days_max == u16::MAX || days <= u64::from(self.days_max)
    }

    /// Parcels that an order of this value and these SKUs may have.
    pub(super) fn parcels_max(
        &self,
        value_minor: i64,
        mut skus: impl Iterator<Item = Sku>,
    ) -> usize {
        let has_minimum = self.split_value_min != 0;
        let is_small = has_minimum && value_minor != 0 && value_minor < self.split_value_min;
        let is_whole = is_small || skus.any(|sku| self.no_split_skus.contains(&sku));
        match () {
            () if is_whole && self.is_hard(Rule::NoSplit) => 1,
            () if self.is_hard(Rule::ParcelsMax) => usize::from(self.parcels_max),
            () => usize::from(PARCELS_PER_ORDER_MAX),
        }
    }
}

impl RuleBook {
    /// A policy was set; its handle is known to be dense.
    pub(super) fn set_policy(
        &mut self,
        policy: &SetPolicy<'_>,
        handle: usize,
        catalogue: &Catalogue,
    ) -> Result<(), Fault> {
        let parcels = policy.parcels_max;
        rule((1..=PARCELS_PER_ORDER_MAX).contains(&parcels), "a policy allows 1 to 64 parcels")?;
        let warehouses: Vec<_> = policy.warehouses.iter().map(WarehouseField::get).collect();
        let no_split_skus: Vec<_> = policy.no_split_skus.iter().map(SkuField::get).collect();
        warehouses.iter().try_for_each(|known| catalogue.warehouse(*known).map(drop))?;
        no_split_skus.iter().try_for_each(|known| catalogue.sku(*known).map(drop))?;
        let row = PolicyRow {
            soft: policy.soft,
            parcels_max: parcels,
            days_max: policy.days_max,
            split_value_min: policy.split_value_min,
            warehouses,
            no_split_skus,
        };
        if handle == self.policies.len() {
            self.policies.push(row);
        } else {
            self.policies[handle] = row;
        }
        Ok(())
    }

    /// A channel, or all without one of their own, got a policy.
    pub(super) fn assign(
        &mut self,
        assign: &AssignPolicy,
        catalogue: &Catalogue,
    ) -> Result<(), Fault> {
        catalogue.channel(assign.channel)?;
        if assign.policy == Policy::NONE {
            self.assigned.remove(&assign.channel);
            return Ok(());
        }
        let handle = u32::from(assign.policy.get());
        let is_known = assign.policy.index() < self.policies.len();
        self.assigned.insert(assign.channel, assign.policy);
        if is_known { Ok(()) } else { Err(Fault::Unknown { what: "policy", handle }) }
    }

    /// A warehouse got bounds, or has none any more.
    pub(super) fn set_capacity(
        &mut self,
        set: &SetCapacity,
        catalogue: &Catalogue,
    ) -> Result<(), Fault> {
        catalogue.warehouse(set.warehouse)?;
        let minute = u64::from(set.cut_off_minute);
        let is_minute = minute < MINUTES_PER_DAY || set.cut_off_minute == u16::MAX;
        rule(is_minute, "a cut-off is a minute of a day")?;
        let before = self.capacity.get(&set.warehouse);
        let bounded = set.orders_per_day_max != ANY || set.units_per_day_max != ANY;
        let (day, orders, units) = match before {
            Some(before) if bounded => (before.day, before.orders, before.units),
            _ => (0, 0, 0),
        };
        let row = Capacity {
            cut_off_minute: set.cut_off_minute,
            orders_max: set.orders_per_day_max,
            units_max: set.units_per_day_max,
            day,
            orders,
            units,
        };
        self.capacity.insert(set.warehouse, row);
        Ok(())
    }

    /// Units were set aside, or are no longer.
    pub(super) fn set_reserves(
        &mut self,
        set: &SetReserves<'_>,
        catalogue: &Catalogue,
    ) -> Result<(), Fault> {
        for row in set.rows {
            rule(catalogue.sku(row.sku())?, "only counted stock is set aside")?;
            catalogue.warehouse(row.warehouse())?;
            catalogue.channel(row.channel())?;
            let cell = self.reserves.entry((row.sku(), row.warehouse())).or_default();
            cell.insert(row.channel(), row.units().into());
        }
        Ok(())
    }

    /// The policy that binds orders of `channel`.
    pub(super) fn policy(&self, channel: Channel) -> &PolicyRow {
        let own = self.assigned.get(&channel).or_else(|| self.assigned.get(&Channel::NONE));
        own.and_then(|policy| self.policies.get(policy.index())).unwrap_or(&BUILT_IN)
    }

    /// Days that a parcel waits at the warehouse because its cut-off has passed.
    pub(super) fn days_late(&self, warehouse: Warehouse, time_ns: u64) -> u64 {
        let minute = time_ns / NS_PER_MINUTE % MINUTES_PER_DAY;
        let cut_off = self.capacity.get(&warehouse).map_or(u16::MAX, |row| row.cut_off_minute);
        u64::from(cut_off != u16::MAX && minute >= u64::from(cut_off))
    }

    /// Whether the warehouse works off only so much a day, under a rule that holds for `policy`.
    pub(super) fn is_bounded(&self, warehouse: Warehouse, policy: &PolicyRow) -> bool {
        self.capacity.get(&warehouse).is_some_and(|row| {
            row.orders_max != ANY && policy.is_hard(Rule::OrdersPerDay)
                || row.units_max != ANY && policy.is_hard(Rule::UnitsPerDay)
        })
    }

    /// Units that orders of `channel` leave where they are.
    pub(super) fn set_aside(
        &self,
        sku: Sku,
        warehouse: Warehouse,
        channel: Channel,
        policy: &PolicyRow,
    ) -> i64 {
        let cell = self.reserves.get(&(sku, warehouse)).into_iter().flatten();
        let keeps =
            |of: Channel| of == Channel::NONE || of != channel && policy.is_hard(Rule::RingFences);
        cell.filter(|(of, _)| keeps(**of)).map(|(_, units)| units).sum()
    }

    /// Units that nobody gets.
    pub(super) fn safety(&self, sku: Sku, warehouse: Warehouse) -> i64 {
        let cell = self.reserves.get(&(sku, warehouse));
        cell.and_then(|cell| cell.get(&Channel::NONE)).copied().unwrap_or(0)
    }

    /// Counts `units` of an order against the warehouse's day, which must have room for them; the
    /// order too, where it is new there.
    pub(super) fn use_up(
        &mut self,
        warehouse: Warehouse,
        channel: Channel,
        time_ns: u64,
        (orders, units): (i64, i64),
    ) -> Result<(), Fault> {
        let policy = self.policy(channel);
        let [orders_hold, units_hold] =
            [Rule::OrdersPerDay, Rule::UnitsPerDay].map(|rule| policy.is_hard(rule));
        let [orders_fit, units_fit] = self.count(warehouse, time_ns, (orders, units));
        rule(!orders_hold || orders_fit, "a day has room for its orders")?;
        rule(!units_hold || units_fit, "a day has room for its units")
    }

    /// Counts orders and units against the warehouse's day; whether it had room for each.
    pub(super) fn count(
        &mut self,
        warehouse: Warehouse,
        time_ns: u64,
        (orders, units): (i64, i64),
    ) -> [bool; 2] {
        let Some(row) = self.capacity.get_mut(&warehouse) else { return [true; 2] };
        if row.orders_max == ANY && row.units_max == ANY {
            // Counting begins when there is a bound.
            return [true; 2];
        }
        let day = time_ns / NS_PER_MINUTE / MINUTES_PER_DAY;
        if row.day != day {
            (row.day, row.orders, row.units) = (day, 0, 0);
        }
        row.orders += orders;
        row.units += units;
        let has_room = |used: i64, max: u32| max == ANY || used <= i64::from(max);
        [has_room(row.orders, row.orders_max), has_room(row.units, row.units_max)]
    }

    /// Whether any warehouse has a cut-off or a bound.
    pub(super) fn has_capacities(&self) -> bool {
        self.capacity.values().any(|row| {
            row.cut_off_minute != u16::MAX || row.orders_max != ANY || row.units_max != ANY
        })
    }

    /// Units of an order were released at the warehouse.
    pub(super) fn give_back(&mut self, warehouse: Warehouse, units: i64) {
        if let Some(row) = self.capacity.get_mut(&warehouse) {
            row.orders = (row.orders - 1).max(0);
            row.units = (row.units - units).max(0);
        }
    }
}
