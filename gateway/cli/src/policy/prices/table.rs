//! The table of prices: every SKU solved, set to differences, sorted, and shown or written.

use std::collections::BTreeMap;
use std::time::Duration;

use gantry_model::{Code, SHADOW_PRICE_MINOR_MAX, Sku, Warehouse, Zone};
use serde::{Serialize, Serializer};

use crate::output::{Answer, Page, Progress, Table, grouped, percent};

use super::PricesError;
use super::history::{History, Sums};
use super::transport::{Demand, Prices, Size, Transport};

/// The first line of the file.
const CSV_HEAD: [&str; 3] = ["sku", "warehouse", "price_minor"];

/// Prices above 0, rising by the codes of SKU and warehouse, and how they were found.
#[derive(Debug, Default)]
pub(super) struct PriceTable {
    pub(super) rows: Vec<PriceRow>,
    skus: u64,
    skus_scarce: u64,
    skus_solved: u64,
    /// Sums over all linear programs.
    size: Size,
    /// Constraints of the largest.
    constraints_max: u64,
    dummy_cost_minor: u32,
}

/// One price.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct PriceRow {
    #[serde(serialize_with = "as_text")]
    sku: Code,
    #[serde(serialize_with = "as_text")]
    warehouse: Code,
    price_minor: u32,
}

/// What the command answers. The names are a format that other programs read.
#[derive(Debug, Serialize)]
pub(super) struct Report<'a> {
    #[serde(flatten)]
    pub(super) figures: Figures,
    /// The prices, unless they went to a file.
    #[serde(rename = "prices", skip_serializing_if = "Option::is_none")]
    pub(super) rows: Option<&'a [PriceRow]>,
}

/// The table in figures.
#[derive(Debug, Serialize)]
pub(super) struct Figures {
    orders: u64,
    units_ordered: u64,
    units_allocated: u64,
    parcels: u64,
    dummy_cost_minor: u32,
    skus: u64,
    skus_scarce: u64,
    skus_solved: u64,
    variables: u64,
    constraints: u64,
    constraints_max: u64,
    rows: u64,
    seconds: f64,
}

impl PriceTable {
    /// Solves every SKU whose stock is counted, and which somebody wanted and some warehouse
    /// stocked.
    pub(super) fn compute(history: &History) -> Result<Self, PricesError> {
        let (demand, stock) = (history.demand_by_sku(), history.stock_by_sku());
        let mut table = Self { dummy_cost_minor: history.dummy_cost(), ..Self::default() };
        let mut progress = Progress::new("solving", Some(demand.len() as u64));
        for (index, (sku, zones)) in (1..).zip(&demand) {
            let cells = stock.get(sku).map_or(&[][..], Vec::as_slice);
            table.add(history, *sku, zones, cells)?;
            progress.set(index);
        }
        table.rows.sort_unstable();
        Ok(table)
    }

    /// The rows as a file.
    pub(super) fn csv(&self) -> Vec<u8> {
        const INFALLIBLE: &str = "invariant: a vector takes every write";
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(CSV_HEAD).expect(INFALLIBLE);
        for row in &self.rows {
            let price = row.price_minor.to_string();
            let fields = [row.sku.as_str(), row.warehouse.as_str(), &price];
            writer.write_record(fields).expect(INFALLIBLE);
        }
        writer.into_inner().expect(INFALLIBLE)
    }

    fn add(
        &mut self,
        history: &History,
        sku: Sku,
        zones: &[(Zone, u64)],
        cells: &[(Warehouse, u64)],
    ) -> Result<(), PricesError> {
        let Some(facts) = history.sku(sku).filter(|facts| facts.tracked) else { return Ok(()) };
        let serves =
            |warehouse| zones.iter().any(|(zone, _)| history.unit_cost(*zone, warehouse).is_some());
        let cells: Vec<_> = cells.iter().filter(|(warehouse, _)| serves(*warehouse)).collect();
        if cells.is_empty() {
            return Ok(());
        }
        let transport = transport(history, zones, &cells, self.dummy_cost_minor);
        let Prices { minor, size } =
            transport.prices().map_err(|source| PricesError::Solver { sku: facts.code, source })?;
        self.count(&minor, size);
        let floor = minor.iter().copied().min().unwrap_or(0);
        for ((warehouse, _), price) in cells.into_iter().zip(minor) {
            let price_minor = (price - floor).min(SHADOW_PRICE_MINOR_MAX);
            let Some(facts_there) = history.warehouse(*warehouse) else { continue };
            if price_minor > 0 {
                self.rows.push(PriceRow {
                    sku: facts.code,
                    warehouse: facts_there.code,
                    price_minor,
                });
            }
        }
        Ok(())
    }

    fn count(&mut self, minor: &[u32], size: Option<Size>) {
        self.skus += 1;
        self.skus_scarce += u64::from(minor.iter().any(|price| *price > 0));
        let Some(Size { variables, constraints }) = size else { return };
        self.skus_solved += 1;
        self.size.variables += variables;
        self.size.constraints += constraints;
        self.constraints_max = self.constraints_max.max(constraints);
    }
}

/// The problem of one SKU. Demand that none of `cells` can serve goes short whatever is decided,
/// and so has no part in it.
fn transport(
    history: &History,
    zones: &[(Zone, u64)],
    cells: &[&(Warehouse, u64)],
    dummy_cost: u32,
) -> Transport {
    let mut units_by_costs: BTreeMap<Vec<Option<u32>>, u64> = BTreeMap::new();
    for (zone, units) in zones {
        let costs: Vec<_> =
            cells.iter().map(|(warehouse, _)| history.unit_cost(*zone, *warehouse)).collect();
        if costs.iter().any(Option::is_some) {
            *units_by_costs.entry(costs).or_default() += units;
        }
    }
    let demands = units_by_costs.into_iter().map(|(costs, units)| Demand { units, costs });
    let stock = cells.iter().map(|(_, units)| *units).collect();
    Transport { stock, demands: demands.collect(), dummy_cost }
}

impl Figures {
    /// What to tell of `table`.
    pub(super) fn new(sums: &Sums, table: &PriceTable, took: Duration) -> Self {
        Self {
            orders: sums.orders,
            units_ordered: sums.units_ordered,
            units_allocated: sums.units_allocated,
            parcels: sums.parcels,
            dummy_cost_minor: table.dummy_cost_minor,
            skus: table.skus,
            skus_scarce: table.skus_scarce,
            skus_solved: table.skus_solved,
            variables: table.size.variables,
            constraints: table.size.constraints,
            constraints_max: table.constraints_max,
            rows: table.rows.len() as u64,
            seconds: took.as_secs_f64(),
        }
    }
}

impl Answer for Report<'_> {
    fn page(&self) -> Page {
        let figures = &self.figures;
        let shared =
            |part: u64, whole: u64| format!("{} ({})", grouped(part), percent(part, whole));
        let mut table = Table::new(&["sku", "warehouse", ">price"]);
        for row in self.rows.unwrap_or_default() {
            let price = grouped(row.price_minor);
            table.row([row.sku.to_string(), row.warehouse.to_string(), price]);
        }
        let size = format!(
            "{} variables, {} constraints; at most {} in one",
            grouped(figures.variables),
            grouped(figures.constraints),
            grouped(figures.constraints_max)
        );
        Page::new()
            .facts([
                ("orders", grouped(figures.orders)),
                ("units ordered", grouped(figures.units_ordered)),
                ("units allocated", shared(figures.units_allocated, figures.units_ordered)),
                ("parcels", grouped(figures.parcels)),
                ("cost of a unit short", grouped(figures.dummy_cost_minor)),
                ("SKUs", grouped(figures.skus)),
                ("scarce SKUs", shared(figures.skus_scarce, figures.skus)),
                ("linear programs", grouped(figures.skus_solved)),
                ("their size", size),
                ("prices", grouped(figures.rows)),
                ("seconds", format!("{:.3}", figures.seconds)),
            ])
            .table(table)
    }
}

fn as_text<S: Serializer>(code: &Code, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(code.as_str())
}
