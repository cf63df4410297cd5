//! The network of a shop as the files tell it: warehouses, zones, costs, SKUs and stock.
//!
//! Everything is checked here, against the formats' bounds and among the files; numbers of rows
//! stand for their codes until the engine gives handles.

use std::collections::{HashMap, HashSet};

use gantry_model::{
    CANDIDATES_PER_ZONE_MAX, COST_MINOR_MAX, Code, SKUS_MAX, UNITS_PER_COMMAND_MAX, WAREHOUSES_MAX,
    ZONES_MAX,
};

use super::codes::Codes;
use crate::table::{Row, Table, TableError};

const WAREHOUSE_COLUMNS: &[&str] = &["warehouse", "priority"];
const COST_COLUMNS: &[&str] =
    &["warehouse", "destination_zone", "parcel_cost_cents", "unit_cost_cents", "days"];
const SKU_COLUMNS: &[&str] = &["sku"];
const STOCK_COLUMNS: &[&str] = &["sku", "warehouse", "on_hand"];

/// Longest way of a parcel.
const DAYS_MAX: u16 = 365;

/// What the four network files say.
#[derive(Default)]
pub(super) struct Network {
    /// Warehouses, in order of their rows.
    pub(super) warehouses: Codes,
    /// Their priorities.
    pub(super) priorities: Vec<u16>,
    /// Zones, in order of first appearance in the costs file.
    pub(super) zones: Codes,
    /// Costs by warehouse and zone.
    pub(super) costs: HashMap<(u32, u32), Cost>,
    /// Cost rows in order of the file.
    pub(super) cost_rows: Vec<(u32, u32)>,
    /// SKUs, in order of their rows.
    pub(super) skus: Codes,
    /// Stock, in order of its rows.
    pub(super) stock: Vec<Stock>,
}

/// What it costs one warehouse to serve one zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cost {
    pub(super) parcel_cost_cents: u32,
    pub(super) unit_cost_cents: u32,
    pub(super) days: u16,
}

/// Units of a SKU at a warehouse.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stock {
    pub(super) sku: u32,
    pub(super) warehouse: u32,
    pub(super) on_hand: u32,
}

impl Network {
    /// Reads the four files.
    pub(super) fn read(
        warehouses: &Table,
        costs: &Table,
        skus: &Table,
        stock: &Table,
    ) -> Result<Self, TableError> {
        let mut network = Self::default();
        network.read_warehouses(warehouses)?;
        network.read_costs(costs)?;
        network.read_skus(skus)?;
        network.read_stock(stock)?;
        Ok(network)
    }

    fn read_warehouses(&mut self, table: &Table) -> Result<(), TableError> {
        table.for_each_row(WAREHOUSE_COLUMNS, &[], |row| {
            let code = row.code("warehouse")?;
            if !self.warehouses.add(code) {
                return Err(duplicate(row, "warehouse", &format!("warehouse {code}")));
            }
            bounded(row, "warehouse", self.warehouses.count(), WAREHOUSES_MAX)?;
            self.priorities.push(row.number_u16("priority", 1, u16::MAX)?);
            Ok(())
        })
    }

    fn read_costs(&mut self, table: &Table) -> Result<(), TableError> {
        let mut candidates: Vec<usize> = Vec::new();
        table.for_each_row(COST_COLUMNS, &[], |row| {
            let warehouse = self.warehouse(row)?;
            let zone_code = row.code("destination_zone")?;
            let zone = self.zones.find_or_add(zone_code);
            bounded(row, "destination_zone", self.zones.count(), ZONES_MAX)?;
            let cost = Cost {
                parcel_cost_cents: row.number_u32("parcel_cost_cents", 0, COST_MINOR_MAX)?,
                unit_cost_cents: row.number_u32("unit_cost_cents", 0, COST_MINOR_MAX)?,
                days: row.number_u16("days", 0, DAYS_MAX)?,
            };
            if self.costs.insert((warehouse, zone), cost).is_some() {
                let what = format!("warehouse {} with zone {zone_code}", row.code("warehouse")?);
                return Err(duplicate(row, "destination_zone", &what));
            }
            self.cost_rows.push((warehouse, zone));
            candidates.resize(self.zones.count(), 0);
            candidates[zone as usize] += 1;
            bounded(row, "warehouse", candidates[zone as usize], CANDIDATES_PER_ZONE_MAX)
        })
    }

    fn read_skus(&mut self, table: &Table) -> Result<(), TableError> {
        table.for_each_row(SKU_COLUMNS, &[], |row| {
            let code = row.code("sku")?;
            if !self.skus.add(code) {
                return Err(duplicate(row, "sku", &format!("SKU {code}")));
            }
            bounded(row, "sku", self.skus.count(), SKUS_MAX)
        })
    }

    fn read_stock(&mut self, table: &Table) -> Result<(), TableError> {
        let mut seen = HashSet::new();
        table.for_each_row(STOCK_COLUMNS, &[], |row| {
            let sku = self.sku(row)?;
            let warehouse = self.warehouse(row)?;
            let on_hand = row.number_u32("on_hand", 0, UNITS_PER_COMMAND_MAX)?;
            if !seen.insert((sku, warehouse)) {
                let (sku, warehouse) = (row.code("sku")?, row.code("warehouse")?);
                return Err(duplicate(row, "sku", &format!("SKU {sku} at warehouse {warehouse}")));
            }
            self.stock.push(Stock { sku, warehouse, on_hand });
            Ok(())
        })
    }

    fn warehouse(&self, row: &Row<'_>) -> Result<u32, TableError> {
        let code = row.code("warehouse")?;
        self.warehouses.find(&code).ok_or_else(|| {
            let wrong = format!("warehouse {code} is not known");
            row.error("warehouse", &wrong, "a warehouse of the --warehouses file")
        })
    }

    /// The number of the SKU that `row` names.
    pub(super) fn sku(&self, row: &Row<'_>) -> Result<u32, TableError> {
        let code = row.code("sku")?;
        self.skus.find(&code).ok_or_else(|| {
            let wrong = format!("SKU {code} is not known");
            row.error("sku", &wrong, "a SKU of the --skus file")
        })
    }

    /// The zone with the longest code that begins `postal_code`.
    pub(super) fn zone_of(&self, postal_code: &str) -> Option<u32> {
        let ends = postal_code.char_indices().map(|(start, letter)| start + letter.len_utf8());
        let prefixes = ends.collect::<Vec<_>>().into_iter().rev().map(|end| &postal_code[..end]);
        prefixes.filter_map(|prefix| Code::new(prefix).ok()).find_map(|code| self.zones.find(&code))
    }
}

fn duplicate(row: &Row<'_>, column: &'static str, what: &str) -> TableError {
    row.error(column, &format!("{what} stands in this file already"), "one row for each")
}

fn bounded(
    row: &Row<'_>,
    column: &'static str,
    count: usize,
    max: usize,
) -> Result<(), TableError> {
    if count <= max {
        return Ok(());
    }
    Err(row.error(column, "there are too many of them", &format!("at most {max}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_postal_code_belongs_to_its_longest_zone() {
        let mut network = Network::default();
        for code in ["1", "100", "D-1", "Ö"] {
            network.zones.add(Code::new(code).unwrap());
        }
        assert_eq!(network.zone_of("10011"), Some(1));
        assert_eq!(network.zone_of("10"), Some(0));
        assert_eq!(network.zone_of("D-10115"), Some(2));
        assert_eq!(network.zone_of("Öster"), Some(3));
        assert_eq!(network.zone_of("20095"), None);
        assert_eq!(network.zone_of(""), None);
    }
}
