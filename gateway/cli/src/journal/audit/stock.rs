//! Stock figures as the sum of movements.

use gantry_model::{Movement, MovementKind, Sku, Warehouse};

use super::catalogue::Catalogue;
use super::{Fault, rule};

/// Units of every SKU at every warehouse.
#[derive(Default)]
pub(super) struct Stock {
    skus: Vec<SkuStock>,
}

#[derive(Default)]
struct SkuStock {
    tracked: bool,
    /// By warehouse, as far as any had units.
    cells: Vec<Cell>,
}

#[derive(Clone, Copy, Default)]
struct Cell {
    on_hand: i64,
    allocated: i64,
    /// For lines that wait.
    set_aside: i64,
    /// For carts.
    held: i64,
    unavailable: i64,
}

impl Stock {
    /// A SKU was defined or changed: whether its stock is counted.
    pub(super) fn set_tracked(
        &mut self,
        handle: Option<u32>,
        catalogue: &Catalogue,
    ) -> Result<(), Fault> {
        let sku = Sku::new(handle.unwrap_or(u32::MAX));
        let tracked = catalogue.sku(sku)?;
        if sku.index() == self.skus.len() {
            self.skus.push(SkuStock { tracked, cells: Vec::new() });
        }
        let stock = &mut self.skus[sku.index()];
        let empty = stock
            .cells
            .iter()
            .all(|cell| cell.on_hand == 0 && cell.allocated == 0 && cell.all_held() == 0);
        rule(stock.tracked == tracked || empty, "tracking changes only while there are no units")?;
        stock.tracked = tracked;
        Ok(())
    }

    /// Applies what `movement` does to a cell, by the table of effects.
    pub(super) fn apply(&mut self, movement: &Movement) -> Result<(), Fault> {
        use MovementKind::{
            Adjusted, Allocated, Backordered, Cancelled, ComponentAllocated, ComponentReleased,
            ComponentShipped, Dequeued, Due, GivenBack, Held, PromiseBroken, Promised, Received,
            Released, Restored, SetAside, Shipped, Unheld, Unpromised, Withdrawn,
        };
        let quantity = i64::from(movement.quantity());
        let (on_hand, allocated, [set_aside, held], unavailable) = match movement.kind() {
            Received | Adjusted => (quantity, 0, [0; 2], 0),
            Shipped | ComponentShipped => (-quantity, -quantity, [0; 2], 0),
            Allocated | ComponentAllocated => (0, quantity, [0; 2], 0),
            Released | ComponentReleased => (0, -quantity, [0; 2], 0),
            SetAside => (0, 0, [quantity, 0], 0),
            GivenBack => (0, 0, [-quantity, 0], 0),
            Held => (0, 0, [0, quantity], 0),
            Unheld => (0, 0, [0, -quantity], 0),
            Withdrawn => (0, 0, [0; 2], quantity),
            Restored => (0, 0, [0; 2], -quantity),
            // Units that are expected lie on no shelf, though it is known on which they will.
            Promised | Unpromised => return Ok(()),
            Backordered | Dequeued | Cancelled | Due | PromiseBroken => {
                let nowhere = movement.warehouse() == Warehouse::NONE;
                return rule(nowhere, "units that are nowhere name no warehouse");
            }
        };
        rule(movement.warehouse() != Warehouse::NONE, "units that lie somewhere name it")?;
        let stock = &mut self.skus[movement.sku().index()];
        let index = movement.warehouse().index();
        if stock.cells.len() <= index {
            stock.cells.resize(index + 1, Cell::default());
        }
        let cell = &mut stock.cells[index];
        // Stock of an unlimited SKU is not counted.
        cell.on_hand += if stock.tracked { on_hand } else { 0 };
        cell.allocated += allocated;
        cell.set_aside += set_aside;
        cell.held += held;
        cell.unavailable += unavailable;
        check(*cell, stock.tracked, movement)
    }

    /// Units on hand.
    pub(super) fn on_hand(&self, sku: Sku, warehouse: Warehouse) -> i64 {
        self.cell(sku, warehouse).on_hand
    }

    /// Units that an order could still have; 0 of an unlimited SKU, which never falls short.
    pub(super) fn available(&self, sku: Sku, warehouse: Warehouse) -> i64 {
        let cell = self.cell(sku, warehouse);
        cell.on_hand - cell.allocated - cell.all_held() - cell.unavailable
    }

    /// Units of a SKU that are set aside, at all warehouses.
    pub(super) fn set_aside(&self, sku: Sku) -> i64 {
        let cells = self.skus.get(sku.index()).map_or(&[][..], |stock| &stock.cells);
        cells.iter().map(|cell| cell.set_aside).sum()
    }

    /// Units of a SKU that are set aside at a warehouse.
    pub(super) fn set_aside_at(&self, sku: Sku, warehouse: Warehouse) -> i64 {
        self.cell(sku, warehouse).set_aside
    }

    /// Units on hand, units allocated, and units held: set aside, or for carts.
    pub(super) fn sums(&self) -> [i64; 3] {
        let cells = self.skus.iter().flat_map(|stock| &stock.cells);
        cells.fold([0; 3], |[on_hand, allocated, held], cell| {
            [on_hand + cell.on_hand, allocated + cell.allocated, held + cell.all_held()]
        })
    }

    fn cell(&self, sku: Sku, warehouse: Warehouse) -> Cell {
        let stock = self.skus.get(sku.index());
        let cell = stock.and_then(|stock| stock.cells.get(warehouse.index()));
        cell.copied().unwrap_or_default()
    }
}

impl Cell {
    /// Units that no order may have but by whom they are held for.
    const fn all_held(self) -> i64 {
        self.set_aside + self.held
    }
}

/// Nothing falls below zero, and every promise and every withdrawn unit lies on the shelf.
fn check(cell: Cell, tracked: bool, movement: &Movement) -> Result<(), Fault> {
    let shelf = if tracked { cell.on_hand } else { i64::MAX };
    let (sku, warehouse) = (movement.sku().get(), movement.warehouse().get());
    let fault = |figure, units| Err(Fault::Stock { figure, sku, warehouse, units });
    if cell.on_hand < 0 {
        return fault("on hand", cell.on_hand);
    }
    if cell.allocated < 0 || cell.allocated > shelf {
        return fault("allocated, which is below 0 or more than are on hand", cell.allocated);
    }
    if cell.unavailable < 0 || cell.unavailable > shelf {
        return fault("unavailable, which is below 0 or more than are on hand", cell.unavailable);
    }
    if cell.set_aside < 0 || !tracked && cell.set_aside > 0 {
        return fault("set aside, which is below 0 or not counted", cell.set_aside);
    }
    if cell.held < 0 || !tracked && cell.held > 0 {
        return fault("held for carts, which is below 0 or not counted", cell.held);
    }
    let promised = cell.allocated + cell.all_held();
    if promised > shelf - cell.unavailable {
        return fault("allocated, set aside or held, which is more than can be sold", promised);
    }
    Ok(())
}
