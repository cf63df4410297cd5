//! Swaps at random.

use gantry_model::SwapUnits;

use super::*;

/// Units of an order that have not shipped.
#[derive(Clone, Copy)]
struct Part {
    order: CommandId,
    sku: Sku,
    warehouse: Warehouse,
    units: u32,
}

impl Drawn {
    /// Some pairs of orders with units of one SKU at two warehouses try to swap them, or a part.
    pub(super) fn draw_swaps(&mut self) {
        for _ in 0..16 {
            let parts = self.parts();
            if parts.is_empty() {
                return;
            }
            let first = self.random.pick(&parts);
            let fits = |it: &&Part| {
                it.sku == first.sku && it.warehouse != first.warehouse && it.order != first.order
            };
            let others: Vec<Part> = parts.iter().filter(fits).copied().collect();
            if others.is_empty() {
                continue;
            }
            let second = self.random.pick(&others);
            let all = first.units.min(second.units);
            let is_part = self.random.one_in(4);
            let swap = SwapUnits {
                id: self.id(),
                first: first.order,
                second: second.order,
                sku: first.sku,
                first_warehouse: first.warehouse,
                second_warehouse: second.warehouse,
                quantity: if is_part { 1 + self.random.units(u64::from(all)) } else { all },
            };
            self.carry_out(&Command::SwapUnits(swap));
        }
    }

    fn parts(&self) -> Vec<Part> {
        let orders = &self.instance.engine().state().orders;
        let of_order = orders.iter().flat_map(|(row, _)| {
            let rows = orders.allocations(row).iter().filter(|part| part.allocated > 0);
            rows.map(|part| Part {
                order: row.id,
                sku: orders.lines(row)[usize::from(part.line)].sku,
                warehouse: part.warehouse,
                units: part.allocated,
            })
        });
        of_order.collect()
    }
}
