//! Stock of a SKU, and single cells of it.

use gantry_model::{CellView, Namespace, StockHead};
use serde::Serialize;

use super::Body;
use crate::error::CliError;
use crate::output::{Page, Table, grouped};
use crate::session::Session;

/// What the engine answers as available where stock is not counted.
const UNLIMITED: u32 = u32::MAX;

/// A SKU's stock at every warehouse that has any.
#[derive(Debug, Serialize)]
pub(crate) struct StockView {
    sku: String,
    tracked: bool,
    warehouses: Vec<CellRow>,
}

/// The cell that a command changed.
#[derive(Debug, Serialize)]
pub(crate) struct CellChange {
    sku: String,
    #[serde(flatten)]
    cell: CellRow,
}

#[derive(Debug, Serialize)]
struct CellRow {
    warehouse: String,
    on_hand: u32,
    allocated: u32,
    held: u32,
    unavailable: u32,
    /// `null`: as many as anyone wants.
    available: Option<u32>,
}

impl StockView {
    /// Turns handles into codes.
    pub(crate) async fn new(
        session: &mut Session,
        head: &StockHead,
        cells: &[CellView],
    ) -> Result<Self, CliError> {
        let mut warehouses = Vec::with_capacity(cells.len());
        for cell in cells {
            warehouses.push(CellRow::new(session, cell).await?);
        }
        let sku = session.name(Namespace::Sku, head.sku.get()).await?;
        Ok(Self { sku, tracked: head.tracked == 1, warehouses })
    }

    fn sums(&self) -> [String; 5] {
        let sum = |figure: fn(&CellRow) -> u32| {
            grouped(self.warehouses.iter().map(|row| u64::from(figure(row))).sum::<u64>())
        };
        let available = |row: &CellRow| row.available.unwrap_or(0);
        let available = if self.tracked { sum(available) } else { "unlimited".to_owned() };
        [
            sum(|row| row.on_hand),
            sum(|row| row.allocated),
            sum(|row| row.held),
            sum(|row| row.unavailable),
            available,
        ]
    }
}

impl CellChange {
    /// Turns the handle into a code.
    pub(crate) async fn new(
        session: &mut Session,
        sku: &str,
        cell: &CellView,
    ) -> Result<Self, CliError> {
        Ok(Self { sku: sku.to_owned(), cell: CellRow::new(session, cell).await? })
    }
}

impl CellRow {
    async fn new(session: &mut Session, cell: &CellView) -> Result<Self, CliError> {
        let handle = u32::from(cell.warehouse.get());
        Ok(Self {
            warehouse: session.name(Namespace::Warehouse, handle).await?,
            on_hand: cell.on_hand.get(),
            allocated: cell.allocated.get(),
            held: cell.held.get(),
            unavailable: cell.unavailable.get(),
            available: Some(cell.available.get()).filter(|units| *units != UNLIMITED),
        })
    }

    fn figures(&self) -> [String; 5] {
        [
            grouped(self.on_hand),
            grouped(self.allocated),
            grouped(self.held),
            grouped(self.unavailable),
            self.available.map_or_else(|| "unlimited".to_owned(), grouped),
        ]
    }
}

const TITLES: [&str; 6] =
    ["warehouse", ">on hand", ">allocated", ">held", ">unavailable", ">available"];

fn row(name: &str, figures: [String; 5]) -> impl Iterator<Item = String> {
    std::iter::once(name.to_owned()).chain(figures)
}

impl Body for StockView {
    fn show(&self, page: Page) -> Page {
        let mut table = Table::new(&TITLES);
        for cell in &self.warehouses {
            table.row(row(&cell.warehouse, cell.figures()));
        }
        table.row(row("total", self.sums()));
        page.facts([("sku", self.sku.clone())]).table(table)
    }
}

impl Body for CellChange {
    fn show(&self, page: Page) -> Page {
        let mut table = Table::new(&TITLES);
        table.row(row(&self.cell.warehouse, self.cell.figures()));
        page.facts([("sku", self.sku.clone())]).table(table)
    }
}
