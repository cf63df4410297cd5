//! The balances that a dump of a trimmed journal opens with: what the records before it came to.

use gantry_engine::{Cell, State};
use serde::Serialize;

use crate::names::{Name, Names};

/// One object, before the first record.
#[derive(Serialize)]
pub(super) struct BalancesLine<'a> {
    balances: Balances<'a>,
}

#[derive(Serialize)]
struct Balances<'a> {
    /// The record behind which the balances stood so.
    sequence: u64,
    time_ns: u64,
    state_hash: String,
    open_orders: u64,
    units_on_hand: u64,
    units_allocated: u64,
    units_held: u64,
    units_backordered: u64,
    /// Every cell with units or safety stock.
    stock: Vec<CellJson<'a>>,
}

#[derive(Serialize)]
struct CellJson<'a> {
    sku: Name<'a>,
    warehouse: Option<Name<'a>>,
    on_hand: u32,
    allocated: u32,
    held: u32,
    unavailable: u32,
    safety: u32,
}

impl<'a> BalancesLine<'a> {
    pub(super) fn new(state: &State, names: &'a Names) -> Self {
        let totals = &state.totals;
        let stock = state.catalogue.skus.handles().flat_map(|sku| {
            let cells = state
                .catalogue
                .warehouses
                .handles()
                .map(move |warehouse| (sku, warehouse, state.stock.cell(sku, warehouse)));
            cells.filter(|(_, _, cell)| *cell != Cell::default())
        });
        let stock = stock.map(|(sku, warehouse, cell)| CellJson {
            sku: names.sku(sku),
            warehouse: names.warehouse(warehouse),
            on_hand: cell.on_hand,
            allocated: cell.allocated,
            held: cell.held,
            unavailable: cell.unavailable,
            safety: cell.safety,
        });
        let balances = Balances {
            sequence: state.last_sequence().get(),
            time_ns: state.last_time().get(),
            state_hash: format!("{:032x}", state.hash()),
            open_orders: totals.open_orders,
            units_on_hand: totals.on_hand,
            units_allocated: totals.allocated,
            units_held: totals.held,
            units_backordered: totals.backordered,
            stock: stock.collect(),
        };
        Self { balances }
    }
}

/// The same as people read it.
pub(super) fn text(state: &State) -> String {
    let totals = &state.totals;
    format!(
        "behind record {}: {} open orders; {} units on hand, {} allocated, {} backordered",
        state.last_sequence().get(),
        totals.open_orders,
        totals.on_hand,
        totals.allocated,
        totals.backordered
    )
}
