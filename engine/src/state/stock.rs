//! Stock: what lies where, behind one accessor.
//!
//! Eight warehouses make a bank. A SKU's row in a bank is one cache line of what a decision reads
//! and an allocation changes; the rest stands in a second table that only supply and shipping
//! touch. A ninth warehouse adds a bank, and no row ever moves to another layout.

use gantry_model::{CellView, Handle, Sku, UNITS_PER_CELL_MAX, Warehouse};

const BANK_WAREHOUSES: usize = 8;

/// What a decision reads: one cache line for eight warehouses.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct HotRow([HotCell; BANK_WAREHOUSES]);

#[derive(Clone, Copy, Debug, Default)]
struct HotCell {
    /// On hand − held − unavailable − safety; the cell's bound where the SKU is unlimited. Below
    /// zero where more is set aside than is there.
    sellable: i32,
    allocated: u32,
}

const _: () = assert!(size_of::<HotRow>() == 64);
const _: () = assert!(UNITS_PER_CELL_MAX <= i32::MAX as u32);

/// What only supply and shipping touch.
#[derive(Clone, Copy, Debug, Default)]
struct ColdCell {
    on_hand: u32,
    held: u32,
    unavailable: u32,
    safety: u32,
}

impl ColdCell {
    fn sellable(&self) -> i32 {
        let set_aside = i64::from(self.held) + i64::from(self.unavailable) + i64::from(self.safety);
        i32::try_from(i64::from(self.on_hand) - set_aside)
            .expect("invariant: what is held or unavailable is on hand, and safety is below 2^31")
    }
}

#[derive(Debug, Default)]
struct Bank {
    hot: Vec<HotRow>,
    cold: Vec<[ColdCell; BANK_WAREHOUSES]>,
}

/// The figures of one SKU at one warehouse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// Units there.
    pub on_hand: u32,
    /// Units promised to orders.
    pub allocated: u32,
    /// Units held, for carts and for lines that wait.
    pub held: u32,
    /// Units on hand that cannot be sold.
    pub unavailable: u32,
    /// Units that are set aside from everybody.
    pub safety: u32,
}

/// Counted units of one warehouse, over all SKUs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WarehouseUnits {
    /// Units there.
    pub on_hand: u64,
    /// Units promised to orders.
    pub allocated: u64,
}

impl WarehouseUnits {
    /// The allocated share of what is on hand, in per mille; of nothing, all.
    #[must_use]
    pub fn load_per_mille(&self) -> u32 {
        let share = (self.allocated * 1_000).checked_div(self.on_hand).unwrap_or(1_000);
        u32::try_from(share.min(1_000)).expect("invariant: at most 1,000")
    }
}

impl Cell {
    /// Whether every figure is zero.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }

    /// Units promised to orders, to carts, and to lines that wait.
    #[must_use]
    pub fn promised(&self) -> u32 {
        self.allocated + self.held
    }
}

/// All stock of an instance.
#[derive(Debug, Default)]
pub struct Stock {
    banks: Vec<Bank>,
    tracked: Vec<bool>,
    warehouse_units: Vec<WarehouseUnits>,
}

impl Stock {
    /// Units that an order could have now.
    #[must_use]
    pub fn available(&self, sku: Sku, warehouse: Warehouse) -> u32 {
        let cell = self.banks[bank(warehouse)].hot[sku.index()].0[lane(warehouse)];
        let allocated = i64::from(cell.allocated);
        u32::try_from(i64::from(cell.sellable) - allocated).unwrap_or(0)
    }

    /// Whether an order could have a unit of `sku` at any warehouse now.
    #[must_use]
    pub fn is_any_available(&self, sku: Sku) -> bool {
        let is_left = |cell: &HotCell| i64::from(cell.sellable) > i64::from(cell.allocated);
        self.banks.iter().any(|bank| bank.hot[sku.index()].0.iter().any(is_left))
    }

    /// Units that an order could have now if `delta` more, or fewer, could be sold.
    #[must_use]
    pub(crate) fn available_with(&self, sku: Sku, warehouse: Warehouse, delta: i64) -> u32 {
        let cell = self.banks[bank(warehouse)].hot[sku.index()].0[lane(warehouse)];
        let units = i64::from(cell.sellable) - i64::from(cell.allocated) + delta;
        u32::try_from(units.clamp(0, UNITS_PER_CELL_MAX.into())).expect("invariant: clamped")
    }

    /// Units promised to orders.
    #[must_use]
    pub fn allocated(&self, sku: Sku, warehouse: Warehouse) -> u32 {
        self.banks[bank(warehouse)].hot[sku.index()].0[lane(warehouse)].allocated
    }

    /// The figures of one cell.
    #[must_use]
    pub fn cell(&self, sku: Sku, warehouse: Warehouse) -> Cell {
        let bank = &self.banks[bank(warehouse)];
        let cold = bank.cold[sku.index()][lane(warehouse)];
        Cell {
            on_hand: cold.on_hand,
            allocated: bank.hot[sku.index()].0[lane(warehouse)].allocated,
            held: cold.held,
            unavailable: cold.unavailable,
            safety: cold.safety,
        }
    }

    /// Counted units of one warehouse, over all SKUs.
    #[must_use]
    pub fn units_at(&self, warehouse: Warehouse) -> WarehouseUnits {
        self.warehouse_units[warehouse.index()]
    }

    /// The cell as a reply shows it.
    #[must_use]
    pub fn view(&self, sku: Sku, warehouse: Warehouse) -> CellView {
        let cell = self.cell(sku, warehouse);
        let available =
            if self.tracked[sku.index()] { self.available(sku, warehouse) } else { u32::MAX };
        CellView {
            warehouse: warehouse.get().into(),
            reserved: [0; 2],
            on_hand: cell.on_hand.into(),
            allocated: cell.allocated.into(),
            held: cell.held.into(),
            unavailable: cell.unavailable.into(),
            available: available.into(),
        }
    }

    /// Whether any warehouse has a figure other than zero for `sku`.
    #[must_use]
    pub fn is_in_use(&self, sku: Sku) -> bool {
        self.warehouses().any(|warehouse| !self.cell(sku, warehouse).is_zero())
    }

    /// Every warehouse that has a place here, known or not yet.
    pub(crate) fn warehouses(&self) -> impl Iterator<Item = Warehouse> + use<> {
        (0..self.banks.len() * BANK_WAREHOUSES).map(<Warehouse as Handle>::from_index)
    }

    /// Reads the cache line that a decision about `sku` will need; see `State::touch`.
    pub(crate) fn touch(&self, sku: Sku) -> u64 {
        self.banks
            .first()
            .and_then(|bank| bank.hot.get(sku.index()))
            .map_or(0, |row| u64::from(row.0[0].allocated))
    }

    /// Makes room for a SKU, or changes whether its stock is counted.
    pub(crate) fn set_tracked(&mut self, sku: Sku, tracked: bool) {
        if sku.index() == self.tracked.len() {
            self.tracked.push(tracked);
            for bank in &mut self.banks {
                bank.push_row(tracked);
            }
        } else if self.tracked[sku.index()] != tracked {
            assert!(!self.is_in_use(sku), "tracking changes only while there are no units");
            self.tracked[sku.index()] = tracked;
            for bank in &mut self.banks {
                bank.hot[sku.index()] = HotRow::empty(tracked);
            }
        }
    }

    /// Makes room for a warehouse.
    pub(crate) fn add_warehouse(&mut self, warehouse: Warehouse) {
        while self.banks.len() <= bank(warehouse) {
            let mut bank = Bank::default();
            for tracked in &self.tracked {
                bank.push_row(*tracked);
            }
            self.banks.push(bank);
        }
        self.warehouse_units.resize_with(warehouse.index() + 1, WarehouseUnits::default);
    }

    /// Changes the allocated units of a cell.
    pub(crate) fn change_allocated(&mut self, sku: Sku, warehouse: Warehouse, delta: i64) {
        let cell = &mut self.banks[bank(warehouse)].hot[sku.index()].0[lane(warehouse)];
        cell.allocated = u32::try_from(i64::from(cell.allocated) + delta)
            .expect("invariant: decide allocates within the bound and releases what is there");
        if self.tracked[sku.index()] {
            let sum = &mut self.warehouse_units[warehouse.index()].allocated;
            *sum = sum.checked_add_signed(delta).expect("invariant: the sum of what is there");
        }
    }

    /// Changes on hand and unavailable units of a cell.
    pub(crate) fn change_on_hand(
        &mut self,
        sku: Sku,
        warehouse: Warehouse,
        on_hand_delta: i64,
        unavailable_delta: i64,
    ) {
        if !self.tracked[sku.index()] {
            return; // Shipping an unlimited SKU takes nothing off a shelf that is not counted.
        }
        let bank = &mut self.banks[bank(warehouse)];
        let cold = &mut bank.cold[sku.index()][lane(warehouse)];
        cold.on_hand = shifted(cold.on_hand, on_hand_delta);
        cold.unavailable = shifted(cold.unavailable, unavailable_delta);
        bank.hot[sku.index()].0[lane(warehouse)].sellable = cold.sellable();
        let sum = &mut self.warehouse_units[warehouse.index()].on_hand;
        *sum = sum.checked_add_signed(on_hand_delta).expect("invariant: the sum of what is there");
    }

    /// Changes the held units of a cell.
    pub(crate) fn change_held(&mut self, sku: Sku, warehouse: Warehouse, delta: i64) {
        assert!(self.tracked[sku.index()], "of an unlimited SKU nothing is held");
        let bank = &mut self.banks[bank(warehouse)];
        let cold = &mut bank.cold[sku.index()][lane(warehouse)];
        cold.held = shifted(cold.held, delta);
        bank.hot[sku.index()].0[lane(warehouse)].sellable = cold.sellable();
    }

    /// Sets a cell that has had no figure so far to what was kept of it.
    pub(crate) fn restore_cell(&mut self, sku: Sku, warehouse: Warehouse, cell: &Cell) {
        let Cell { on_hand, allocated, held, unavailable, safety } = *cell;
        let bank = &mut self.banks[bank(warehouse)];
        let cold = &mut bank.cold[sku.index()][lane(warehouse)];
        *cold = ColdCell { on_hand, held, unavailable, safety };
        let hot = &mut bank.hot[sku.index()].0[lane(warehouse)];
        hot.allocated = allocated;
        if self.tracked[sku.index()] {
            hot.sellable = cold.sellable();
            let units = &mut self.warehouse_units[warehouse.index()];
            units.on_hand += u64::from(on_hand);
            units.allocated += u64::from(allocated);
        }
    }

    /// Sets the units that are set aside from everybody.
    pub(crate) fn set_safety(&mut self, sku: Sku, warehouse: Warehouse, units: u32) {
        assert!(self.tracked[sku.index()], "an unlimited SKU has no safety stock");
        let bank = &mut self.banks[bank(warehouse)];
        let cold = &mut bank.cold[sku.index()][lane(warehouse)];
        cold.safety = units;
        bank.hot[sku.index()].0[lane(warehouse)].sellable = cold.sellable();
    }
}

impl Bank {
    fn push_row(&mut self, tracked: bool) {
        self.hot.push(HotRow::empty(tracked));
        self.cold.push([ColdCell::default(); BANK_WAREHOUSES]);
    }
}

impl HotRow {
    /// No units: nothing to sell of a counted SKU, the cell's bound of an unlimited one.
    fn empty(tracked: bool) -> Self {
        let bound = i32::try_from(UNITS_PER_CELL_MAX).expect("invariant: asserted above");
        let sellable = if tracked { 0 } else { bound };
        Self([HotCell { sellable, allocated: 0 }; BANK_WAREHOUSES])
    }
}

fn shifted(units: u32, delta: i64) -> u32 {
    u32::try_from(i64::from(units) + delta).expect("invariant: decide keeps figures in range")
}

fn bank(warehouse: Warehouse) -> usize {
    warehouse.index() / BANK_WAREHOUSES
}

fn lane(warehouse: Warehouse) -> usize {
    warehouse.index() % BANK_WAREHOUSES
}

#[cfg(test)]
mod tests {
    use super::*;

    const SKU: Sku = Sku::new(0);
    const NINTH: Warehouse = Warehouse::new(8);

    #[test]
    fn available_is_what_is_neither_promised_nor_unavailable() {
        let mut stock = Stock::default();
        stock.set_tracked(SKU, true);
        stock.add_warehouse(NINTH);
        stock.change_on_hand(SKU, NINTH, 10, 3);
        stock.change_allocated(SKU, NINTH, 4);
        assert_eq!(stock.available(SKU, NINTH), 3);
        stock.change_on_hand(SKU, NINTH, 0, 4);
        assert_eq!(stock.available(SKU, NINTH), 0, "never below zero");
        assert!(!stock.is_any_available(SKU));
        let figures = Cell { on_hand: 10, allocated: 4, held: 0, unavailable: 7, safety: 0 };
        assert_eq!(stock.cell(SKU, NINTH), figures);
        stock.change_on_hand(SKU, NINTH, 0, -7);
        stock.set_safety(SKU, NINTH, 5);
        assert_eq!(stock.available(SKU, NINTH), 1);
        assert!(stock.is_any_available(SKU), "there and nowhere else");
        stock.set_safety(SKU, NINTH, 50);
        assert_eq!(stock.available(SKU, NINTH), 0, "more is set aside than is there");
        assert_eq!(stock.units_at(NINTH).load_per_mille(), 400);
    }

    #[test]
    fn an_unlimited_sku_is_available_everywhere_and_has_nothing_on_hand() {
        let mut stock = Stock::default();
        stock.add_warehouse(Warehouse::new(0));
        stock.set_tracked(SKU, false);
        stock.add_warehouse(NINTH);
        assert_eq!(stock.available(SKU, NINTH), UNITS_PER_CELL_MAX);
        stock.change_allocated(SKU, NINTH, 5);
        stock.change_on_hand(SKU, NINTH, -5, 0);
        assert_eq!(stock.cell(SKU, NINTH).on_hand, 0);
        assert_eq!(stock.available(SKU, NINTH), UNITS_PER_CELL_MAX - 5);
    }
}
