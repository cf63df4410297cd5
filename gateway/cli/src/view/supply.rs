//! Supplies as they stand, and those of a SKU.

use gantry_model::{EngineSecond, Namespace, PromiseRow, SuppliesHead, SupplyHead, SupplyStatus};
use serde::Serialize;

use super::{Body, date_ns};
use crate::error::CliError;
use crate::output::{Page, Table, grouped, utc_time};
use crate::session::{Session, id_text};

/// A supply, and the lines to which it is promised.
#[derive(Debug, Serialize)]
pub(crate) struct SupplyView {
    #[serde(flatten)]
    head: HeadView,
    /// The lines, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    promises: Option<Vec<PromiseView>>,
}

/// Of a closed supply no more is known than its id, and which record announced it.
#[derive(Debug, Serialize)]
struct HeadView {
    supply_id: String,
    supply_status: &'static str,
    /// The record that announced it; `null` if that was long ago.
    placed: Option<u64>,
    #[serde(flatten)]
    open: Option<OpenView>,
}

/// What is known of a supply that is open.
#[derive(Debug, Serialize)]
struct OpenView {
    sku: String,
    warehouse: String,
    eta_time_ns: Option<u64>,
    expected: u32,
    received: u32,
    promised: u32,
    /// Units that are still expected, and promised to nobody.
    free: u32,
    lines_promised: u32,
}

#[derive(Debug, Serialize)]
struct PromiseView {
    order_id: String,
    line: u16,
    /// The record that placed the order.
    placed: u64,
    units: u32,
    /// When all that the line waits for is to be there.
    promised_time_ns: Option<u64>,
}

impl SupplyView {
    /// Turns handles into codes; `rows_asked` is `None` where the reply tells of no lines.
    pub(crate) async fn new(
        session: &mut Session,
        head: &SupplyHead,
        rows: &[PromiseRow],
        rows_asked: Option<u32>,
    ) -> Result<Self, CliError> {
        let promises = rows.iter().map(|row| PromiseView {
            order_id: id_text(row.order()),
            line: row.key().line,
            placed: row.key().placed.get(),
            units: row.units(),
            promised_time_ns: date_ns(row.key().promised),
        });
        let promises = rows_asked.map(|_| promises.collect());
        Ok(Self { head: HeadView::new(session, head).await?, promises })
    }
}

impl HeadView {
    async fn new(session: &mut Session, head: &SupplyHead) -> Result<Self, CliError> {
        let is_open = head.status() == Some(SupplyStatus::Open);
        Ok(Self {
            supply_id: id_text(gantry_model::SupplyId::new(head.id.get())),
            supply_status: head.status().map_or("unknown", SupplyStatus::name),
            placed: Some(head.placed.get()).filter(|placed| *placed != 0),
            open: if is_open { Some(OpenView::new(session, head).await?) } else { None },
        })
    }
}

impl OpenView {
    async fn new(session: &mut Session, head: &SupplyHead) -> Result<Self, CliError> {
        let warehouse = u32::from(head.warehouse().get());
        Ok(Self {
            sku: session.name(Namespace::Sku, head.sku().get()).await?,
            warehouse: session.name(Namespace::Warehouse, warehouse).await?,
            eta_time_ns: date_ns(head.eta()),
            expected: head.expected.get(),
            received: head.received.get(),
            promised: head.promised.get(),
            free: free(head),
            lines_promised: head.lines.get(),
        })
    }

    fn facts(&self) -> [(&'static str, String); 6] {
        let lines = grouped(self.lines_promised);
        [
            ("sku", self.sku.clone()),
            ("at", self.warehouse.clone()),
            ("expected for", self.eta_time_ns.map_or_else(String::new, utc_time)),
            ("units", format!("{}, {} came in", grouped(self.expected), grouped(self.received))),
            ("promised", format!("{} to {lines} lines", grouped(self.promised))),
            ("free", grouped(self.free)),
        ]
    }
}

/// Units that are still expected, and promised to nobody.
fn free(head: &SupplyHead) -> u32 {
    let open = head.expected.get().saturating_sub(head.received.get());
    open.saturating_sub(head.promised.get())
}

impl Body for SupplyView {
    fn show(&self, page: Page) -> Page {
        let head = &self.head;
        let facts = [
            Some(("supply id", head.supply_id.clone())),
            Some(("status", head.supply_status.to_owned())),
            head.placed.map(|placed| ("announced as record", grouped(placed))),
        ];
        let open = head.open.iter().flat_map(OpenView::facts);
        let mut table = Table::new(&["order", ">line", ">units", "promised for"]);
        for row in self.promises.iter().flatten() {
            table.row([
                row.order_id.clone(),
                row.line.to_string(),
                grouped(row.units),
                row.promised_time_ns.map_or_else(String::new, utc_time),
            ]);
        }
        page.facts(facts.into_iter().flatten().chain(open)).table(table)
    }
}

/// The supplies of a SKU.
#[derive(Debug, Serialize)]
pub(crate) struct SuppliesView {
    sku: String,
    /// Units that are still expected.
    expected: u64,
    /// Units of them that are promised.
    promised: u64,
    /// Whether promises may change at any moment.
    under_review: bool,
    supplies: Vec<ListedView>,
}

#[derive(Debug, Serialize)]
struct ListedView {
    supply_id: String,
    warehouse: String,
    eta_time_ns: Option<u64>,
    /// By this machine's clock.
    overdue: bool,
    /// Units that are still expected.
    open: u32,
    promised: u32,
    free: u32,
    /// Units that are free until then, of this supply and those before it, but for overdue ones.
    available_to_promise: u64,
}

impl SuppliesView {
    /// Turns handles into codes.
    pub(crate) async fn new(
        session: &mut Session,
        sku: String,
        head: &SuppliesHead,
        rows: &[SupplyHead],
        now: EngineSecond,
    ) -> Result<Self, CliError> {
        let mut supplies = Vec::with_capacity(rows.len());
        let mut available_to_promise = 0;
        for row in rows {
            let (warehouse, overdue) = (u32::from(row.warehouse().get()), row.eta() <= now);
            available_to_promise += if overdue { 0 } else { u64::from(free(row)) };
            supplies.push(ListedView {
                supply_id: id_text(gantry_model::SupplyId::new(row.id.get())),
                warehouse: session.name(Namespace::Warehouse, warehouse).await?,
                eta_time_ns: date_ns(row.eta()),
                overdue,
                open: row.expected.get().saturating_sub(row.received.get()),
                promised: row.promised.get(),
                free: free(row),
                available_to_promise,
            });
        }
        let (expected, promised) = (head.open.get(), head.promised.get());
        Ok(Self { sku, expected, promised, under_review: head.is_due == 1, supplies })
    }
}

impl Body for SuppliesView {
    fn show(&self, page: Page) -> Page {
        let titles = [
            "supply",
            "at",
            "expected for",
            ">open",
            ">promised",
            ">free",
            ">to promise until then",
        ];
        let mut table = Table::new(&titles);
        for row in &self.supplies {
            let eta = row.eta_time_ns.map_or_else(String::new, utc_time);
            let overdue = if row.overdue { ", overdue" } else { "" };
            table.row([
                row.supply_id.clone(),
                row.warehouse.clone(),
                format!("{eta}{overdue}"),
                grouped(row.open),
                grouped(row.promised),
                grouped(row.free),
                grouped(row.available_to_promise),
            ]);
        }
        let reviewed = if self.under_review { "just now" } else { "to the end" };
        let facts = [
            ("sku", self.sku.clone()),
            ("expected", format!("{} units", grouped(self.expected))),
            ("promised", format!("{} of them", grouped(self.promised))),
            ("reviewed", reviewed.to_owned()),
        ];
        page.facts(facts).table(table)
    }
}
