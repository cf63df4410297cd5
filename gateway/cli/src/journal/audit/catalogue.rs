//! What exists, and what serving costs, as records say.

use std::collections::{BTreeMap, HashMap};

use gantry_model::{Channel, Command, Record, SetCosts, Sku, Warehouse, Zone};

use super::{Fault, rule};

/// Handles in use, by what they name, and costs.
#[derive(Default)]
pub(super) struct Catalogue {
    /// For each SKU, whether its stock is counted.
    tracked: Vec<bool>,
    /// For each warehouse, whether orders may be sourced from it.
    active: Vec<bool>,
    zone_codes: Table,
    channel_codes: Table,
    sku_codes: Table,
    warehouse_codes: Table,
    policy_codes: Table,
    /// By zone, then warehouse.
    costs: HashMap<u16, BTreeMap<u16, Cost>>,
}

/// The handle of each code.
#[derive(Default)]
struct Table(HashMap<String, u32>);

/// What a parcel costs, and a unit in it, and how long it takes.
#[derive(Clone, Copy)]
pub(super) struct Cost {
    pub(super) parcel: u32,
    pub(super) unit: u32,
    pub(super) days: u16,
}

impl Catalogue {
    /// Takes an accepted command that sets something up.
    pub(super) fn take(&mut self, record: &Record<'_>) -> Result<(), Fault> {
        let handle = record.outcome.head.handle();
        match &record.command {
            Command::UpsertSku(sku) => {
                let index = self.sku_codes.take(sku.code, handle)?;
                set(&mut self.tracked, index, sku.tracked);
            }
            Command::UpsertWarehouse(warehouse) => {
                let index = self.warehouse_codes.take(warehouse.code, handle)?;
                set(&mut self.active, index, warehouse.active);
            }
            Command::UpsertZone(zone) => {
                self.zone_codes.take(zone.code, handle)?;
            }
            Command::UpsertChannel(channel) => {
                self.channel_codes.take(channel.code, handle)?;
            }
            Command::SetPolicy(policy) => {
                self.policy_codes.take(policy.code, handle)?;
            }
            Command::SetCosts(costs) => self.set_costs(costs)?,
            _ => {}
        }
        Ok(())
    }

    /// Fails if there is no such SKU; whether its stock is counted.
    pub(super) fn sku(&self, sku: Sku) -> Result<bool, Fault> {
        let handle = sku.get();
        self.tracked.get(sku.index()).copied().ok_or(Fault::Unknown { what: "SKU", handle })
    }

    /// How many SKUs there are.
    pub(super) fn skus(&self) -> usize {
        self.tracked.len()
    }

    /// Fails if there is no such warehouse; whether it is active.
    pub(super) fn warehouse(&self, warehouse: Warehouse) -> Result<bool, Fault> {
        let handle = u32::from(warehouse.get());
        let active = self.active.get(warehouse.index()).copied();
        active.ok_or(Fault::Unknown { what: "warehouse", handle })
    }

    /// How many warehouses there are.
    pub(super) fn warehouses(&self) -> u16 {
        u16::try_from(self.active.len()).unwrap_or(u16::MAX)
    }

    /// Fails if there is no such zone; its number.
    pub(super) fn zone(&self, zone: Zone) -> Result<u16, Fault> {
        let handle = u32::from(zone.get());
        let known = zone.index() < self.zone_codes.0.len();
        if known { Ok(zone.get()) } else { Err(Fault::Unknown { what: "zone", handle }) }
    }

    /// Fails if there is such a channel and nobody defined it.
    pub(super) fn channel(&self, channel: Channel) -> Result<(), Fault> {
        let handle = u32::from(channel.get());
        let known = channel == Channel::NONE || channel.index() < self.channel_codes.0.len();
        if known { Ok(()) } else { Err(Fault::Unknown { what: "channel", handle }) }
    }

    /// The handle of a policy that was set.
    pub(super) fn policy(&self, code: &str) -> Result<usize, Fault> {
        let handle = self.policy_codes.0.get(code).copied();
        handle.map(|handle| handle as usize).ok_or(Fault::Rule("a policy has a handle"))
    }

    /// What it costs `warehouse` to serve `zone`.
    pub(super) fn cost(&self, warehouse: Warehouse, zone: u16) -> Result<Cost, Fault> {
        rule(self.warehouse(warehouse)?, "an inactive warehouse serves no new order")?;
        let cost = self.costs.get(&zone).and_then(|row| row.get(&warehouse.get()));
        cost.copied().ok_or(Fault::Rule("a warehouse serves only zones that it has a cost for"))
    }

    /// Active warehouses that serve `zone`.
    pub(super) fn serving(&self, zone: u16) -> impl Iterator<Item = Warehouse> {
        let row = self.costs.get(&zone).into_iter().flatten();
        let warehouses = row.map(|(warehouse, _)| Warehouse::new(*warehouse));
        warehouses.filter(|warehouse| self.active[warehouse.index()])
    }

    fn set_costs(&mut self, costs: &SetCosts<'_>) -> Result<(), Fault> {
        self.warehouse(costs.warehouse)?;
        for row in costs.rows {
            let of_zone = self.costs.entry(self.zone(row.zone())?).or_default();
            if row.is_served() {
                let (parcel, unit, days) = (row.parcel_cost(), row.unit_cost(), row.days());
                let cost = Cost { parcel, unit, days };
                of_zone.insert(costs.warehouse.get(), cost);
            } else {
                of_zone.remove(&costs.warehouse.get());
            }
        }
        Ok(())
    }
}

impl Table {
    /// A known code keeps its handle, a new one gets the next; the handle.
    fn take(&mut self, code: &str, handle: Option<u32>) -> Result<usize, Fault> {
        let next = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        let expected = *self.0.entry(code.to_owned()).or_insert(next);
        rule(handle == Some(expected), "handles are dense, in order of first upsert")?;
        Ok(expected as usize)
    }
}

/// Sets the flag of a row that may be the next one.
fn set(flags: &mut Vec<bool>, index: usize, flag: bool) {
    if index == flags.len() {
        flags.push(flag);
    } else {
        flags[index] = flag;
    }
}
