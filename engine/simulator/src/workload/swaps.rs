//! Swaps of units between two orders: mostly of those that want one SKU.

use gantry_model::{Command, OrderLine, Sku, SwapUnits, Warehouse};

use super::{Asked, REMEMBERED_MAX, Workload};

impl Workload {
    pub(super) fn swap_units(&mut self, out: &mut Vec<u8>) {
        let id = self.id();
        let one = self.asked_lately();
        let line = match one.lines.is_empty() {
            true => OrderLine::new(Sku::new(0), 1),
            false => one.lines[self.dice.index(one.lines.len())],
        };
        let sku = if self.dice.one_in(60) { self.sku() } else { line.sku() };
        let other = if self.dice.one_in(40) { one.clone() } else { self.asked_of(sku, &one) };
        let of_other = other.lines.iter().find(|row| row.sku() == sku);
        let least = line.quantity().min(of_other.map_or(1, OrderLine::quantity)).max(1);
        let quantity = match self.dice.below(8) {
            0 => self.units(2 * self.swarm.units_max),
            1 => 1,
            2 => self.units(least),
            _ => least,
        };
        let quantity = if self.dice.one_in(60) { 0 } else { quantity };
        let (first_warehouse, second_warehouse) = self.two_places(sku);
        let (first, second) = (one.id, other.id);
        Command::SwapUnits(SwapUnits {
            id,
            first,
            second,
            sku,
            first_warehouse,
            second_warehouse,
            quantity,
        })
        .write(out);
    }

    /// Another of the last orders that want a SKU, if there is any: mostly of another zone, for which
    /// other warehouses are best.
    fn asked_of(&mut self, sku: Sku, one: &Asked) -> Asked {
        let count = self.orders.len();
        let (ago, may_be_alike) = (self.dice.index(count.min(64)), self.dice.one_in(4));
        let wants = |asked: &&Asked| {
            let is_other = asked.id != one.id && (asked.zone != one.zone || may_be_alike);
            is_other && asked.lines.iter().any(|line| line.sku() == sku)
        };
        let last = self.orders_made.saturating_sub(1);
        let mut older = (ago..count).map(|ago| &self.orders[(last - ago) % REMEMBERED_MAX]);
        let found = older.find(wants).cloned();
        found.unwrap_or_else(|| self.asked_lately())
    }

    /// Two warehouses where a SKU's units may be; now and then one only.
    fn two_places(&mut self, sku: Sku) -> (Warehouse, Warehouse) {
        let one = self.likely_home(sku);
        let mut other = self.likely_home(sku);
        if other == one && !self.dice.one_in(40) {
            let next = u32::from(one.get()) + self.dice.between(1, self.swarm.warehouses - 1);
            let next = next % self.swarm.warehouses;
            other = Warehouse::new(u16::try_from(next).unwrap_or(u16::MAX));
        }
        (one, other)
    }
}
