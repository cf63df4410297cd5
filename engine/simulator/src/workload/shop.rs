//! What defines the shop, and what changes it later: catalogue, costs, limits, stock.

use gantry_model::{
    AdjustReason, Command, CommandId, CostRow, Limits, SetCosts, SetLimits, Sku, StockChange,
    StockState, UpsertCode, UpsertSku, UpsertWarehouse, Warehouse, Zone,
};

use super::Workload;
use super::swarm::Act;

/// Ids of set-up commands: a block that chance does not meet.
const SET_UP_IDS: u128 = 0x5e7_0000_0000_0000_0000;

impl Workload {
    pub(super) fn set_up_steps(&self) -> u32 {
        let swarm = &self.swarm;
        let cells = (swarm.skus - swarm.bundles) * swarm.warehouses;
        let cells = if swarm.is_stocked { cells } else { 0 };
        let shaped = swarm.bundles + 5 * swarm.shaped;
        swarm.zones + swarm.channels + 2 * swarm.warehouses + swarm.skus + cells + shaped
    }

    /// Zones, channels, warehouses, SKUs, costs, what shapes sourcing, and a receipt in each cell.
    pub(super) fn write_set_up(&mut self, step: u32, out: &mut Vec<u8>) {
        let id = CommandId::new(SET_UP_IDS + u128::from(step));
        let (zones, channels) = (self.swarm.zones, self.swarm.channels);
        let (warehouses, skus) = (self.swarm.warehouses, self.swarm.skus);
        let (bundles, shaped) = (self.swarm.bundles, self.swarm.shaped);
        let mut number = step;
        let mut is_among = |count: u32| {
            let is_here = number < count;
            number = if is_here { number } else { number - count };
            is_here.then_some(number)
        };
        if let Some(zone) = is_among(zones) {
            Command::UpsertZone(UpsertCode { id, code: &format!("Z{zone}") }).write(out);
        } else if let Some(channel) = is_among(channels) {
            Command::UpsertChannel(UpsertCode { id, code: &format!("C{channel}") }).write(out);
        } else if let Some(warehouse) = is_among(warehouses) {
            self.write_warehouse(id, warehouse, true, out);
        } else if let Some(sku) = is_among(skus) {
            self.write_sku(id, sku, true, out);
        } else if let Some(warehouse) = is_among(warehouses) {
            let warehouse = Warehouse::new(u16::try_from(warehouse).unwrap_or(u16::MAX));
            self.write_costs(id, warehouse, true, out);
        } else if let Some(bundle) = is_among(bundles) {
            self.write_bundle(id, Sku::new(skus - bundles + bundle), out);
        } else if let Some(step) = is_among(5 * shaped) {
            match step % 5 {
                0 => self.policy(out),
                1 => self.assign(out),
                2 => self.capacity(out),
                3 => self.reserves(out),
                _ => self.prices(out),
            }
        } else {
            let (sku, cell) = (number / warehouses, number % warehouses);
            let warehouse = if self.swarm.homes == 0 {
                Warehouse::new(u16::try_from(cell).unwrap_or(u16::MAX))
            } else {
                self.home(Sku::new(sku))
            };
            let most =
                if sku == 0 && self.swarm.hot_share > 0 { 1 } else { self.swarm.receipt_max };
            let quantity = self.dice.between(1, most);
            let quantity = i32::try_from(quantity).unwrap_or(i32::MAX);
            write_receipt(id, Sku::new(sku), warehouse, quantity, out);
        }
    }

    fn write_warehouse(&mut self, id: CommandId, number: u32, active: bool, out: &mut Vec<u8>) {
        let (priority, code) = (self.dice.short(4), format!("W{number}"));
        Command::UpsertWarehouse(UpsertWarehouse { id, priority, active, code: &code }).write(out);
    }

    fn write_sku(&mut self, id: CommandId, number: u32, active: bool, out: &mut Vec<u8>) {
        // One line keeps within it, another of the same SKU may not.
        let units_max = self.swarm.units_max;
        let order_max = self.dice.between(units_max, 3 * units_max);
        let order_max = if self.dice.one_in(10) { order_max } else { 0 };
        let is_bundle = number + self.swarm.bundles >= self.swarm.skus;
        let tracked = !is_bundle && !self.dice.per_mille(self.swarm.unlimited_share);
        let backorder = !self.dice.per_mille(self.swarm.no_backorder_share);
        let code = format!("S{number}");
        Command::UpsertSku(UpsertSku { id, order_max, tracked, backorder, active, code: &code })
            .write(out);
    }

    fn write_costs(&mut self, id: CommandId, warehouse: Warehouse, whole: bool, out: &mut Vec<u8>) {
        let mut rows = Vec::new();
        for zone in 0..self.swarm.zones {
            if !whole && self.dice.one_in(2) {
                continue;
            }
            let zone = Zone::new(u16::try_from(zone).unwrap_or(u16::MAX));
            let (mut parcel, unit) = (self.dice.below(900), self.dice.below(4) * 10);
            if self.is_ebb(warehouse, zone) {
                parcel /= 16;
            }
            if self.dice.per_mille(self.swarm.extreme_share) {
                parcel = self.dice.pick(&[0, 1_000_000_000, 1_000_000_001]);
            }
            rows.push(if self.dice.one_in(if whole { self.swarm.zones_per_gap } else { 4 }) {
                CostRow::removed(zone)
            } else {
                CostRow::serves(zone, parcel, unit, self.dice.short(self.swarm.days_max))
            });
        }
        Command::SetCosts(SetCosts { id, warehouse, rows: &rows }).write(out);
    }

    /// Whether a warehouse is cheap to a zone now: the others are dear to it.
    fn is_ebb(&self, warehouse: Warehouse, zone: Zone) -> bool {
        let tide = usize::try_from(self.swarm.tide).unwrap_or(0);
        let turns = self.orders_made.checked_div(tide);
        turns.is_some_and(|turns| (turns + warehouse.index() + zone.index()).is_multiple_of(2))
    }

    /// Defines something again, otherwise, or something new.
    pub(super) fn set_again(&mut self, act: Act, out: &mut Vec<u8>) {
        let (id, active) = (self.id(), !self.dice.one_in(30));
        match act {
            Act::Sku => {
                let number = self.dice.below(self.swarm.skus + 1);
                self.write_sku(id, number, active, out);
            }
            Act::Warehouse => {
                let past = u32::from(self.dice.one_in(20));
                let number = self.dice.below(self.swarm.warehouses + past);
                self.write_warehouse(id, number, active, out);
            }
            Act::Costs => {
                let warehouse = self.warehouse();
                self.write_costs(id, warehouse, false, out);
            }
            _ => self.limits(id, out),
        }
    }

    fn limits(&mut self, id: CommandId, out: &mut Vec<u8>) {
        let default = Limits::DEFAULT;
        let limits = Limits {
            // Tight ones hold until somebody sets others, so they are seldom.
            lines_per_order_max: if self.dice.one_in(20) { 3 } else { self.dice.pick(&[128, 129]) },
            quantity_per_line_max: match self.dice.one_in(20) {
                true => 4,
                false => self.dice.pick(&[10_000, 10_000, 10_000, 1_000_000, 0]),
            },
            rejections_remembered_max: self.dice.pick(&[1, 10, 1_000, 1 << 20]),
            sourcing_steps_max: self.dice.pick(&[1, 30, default.sourcing_steps_max, 1 << 20]),
        };
        Command::SetLimits(SetLimits { id, limits }).write(out);
    }

    /// A receipt, a correction or a count.
    pub(super) fn stock(&mut self, act: Act, out: &mut Vec<u8>) {
        let (id, sku) = (self.id(), self.tracked_sku());
        let warehouse = if act == Act::Receive { self.home(sku) } else { self.warehouse() };
        let units = self.dice.between(1, self.swarm.receipt_max);
        let mut quantity = i32::try_from(units).unwrap_or(i32::MAX);
        if self.dice.per_mille(self.swarm.extreme_share) {
            quantity = self.dice.pick(&[0, -1, 1_000_000_000, 1_000_000_001, i32::MAX, i32::MIN]);
        }
        if act == Act::Receive {
            return write_receipt(id, sku, warehouse, quantity, out);
        }
        let is_out = act == Act::Adjust && self.dice.one_in(2);
        let change = StockChange {
            id,
            sku,
            warehouse,
            quantity: if is_out { quantity.saturating_neg() } else { quantity },
            reason: self.dice.pick(AdjustReason::ALL),
            state: StockState::ALL[self.dice.weighed(&[3, 1])],
            note: if self.dice.one_in(9) { "a note" } else { "" },
        };
        let command =
            if act == Act::Adjust { Command::Adjust(change) } else { Command::SetStock(change) };
        command.write(out);
    }
}

fn write_receipt(id: CommandId, sku: Sku, warehouse: Warehouse, quantity: i32, out: &mut Vec<u8>) {
    let (reason, state) = (AdjustReason::None, StockState::OnHand);
    let change = StockChange { id, sku, warehouse, quantity, reason, state, note: "" };
    Command::Receive(change).write(out);
}
