//! The figures of a comparison. The names are a format that other programs read.

use std::collections::BTreeMap;

use gantry_engine::{Catalogue, Unmapped, WhatIf, WhatIfColumn, WhatIfFigures};
use gantry_model::EngineTime;
use serde::Serialize;

use crate::args::WhatIfArgs;
use crate::output::note;
use crate::policy::PolicyFile;

/// What nobody should read into the figures.
const CAUTION: &str = "Demand is taken as given: how customers would have answered to other \
                       parcels, days or rejections is not modelled.";

/// A journal decided again: what was recorded first, then a column a policy.
#[derive(Debug, Serialize)]
pub(super) struct WhatIfReport {
    pub(super) records: u64,
    /// Where deciding again begins; `None`: with the first record.
    pub(super) from_time_ns: Option<u64>,
    /// Where reading ends; `None`: with the last record.
    pub(super) until_time_ns: Option<u64>,
    pub(super) promised_days: Option<u16>,
    /// Records that every column's own policy stands in for.
    pub(super) replaced: BTreeMap<&'static str, u64>,
    pub(super) caution: &'static str,
    pub(super) columns: Vec<ColumnReport>,
}

/// One column.
#[derive(Debug, Serialize)]
pub(super) struct ColumnReport {
    pub(super) name: String,
    /// What decided; `None` for what was recorded.
    pub(super) objective: Option<&'static str>,
    pub(super) orders_accepted: u64,
    pub(super) orders_rejected: u64,
    pub(super) rejected: BTreeMap<&'static str, u64>,
    pub(super) units_ordered: u64,
    pub(super) units_allocated: u64,
    pub(super) units_backordered: u64,
    pub(super) units_matched: u64,
    /// Of these, units that came later than their line was first promised.
    pub(super) units_matched_late: u64,
    /// How often a line was told that what it was promised comes later, or not at all.
    pub(super) promises_broken: u64,
    /// Seconds that the matched units waited, summed over units.
    pub(super) matched_wait_unit_seconds: u64,
    pub(super) matched_wait_seconds_mean: Option<u64>,
    pub(super) units_cancelled: u64,
    pub(super) units_rejected: u64,
    pub(super) fill_per_mille: Option<u64>,
    pub(super) orders_split: u64,
    pub(super) split_per_mille: Option<u64>,
    pub(super) parcels: u64,
    pub(super) cost_minor: i64,
    pub(super) cost_minor_per_order: Option<i64>,
    pub(super) orders_proven: u64,
    pub(super) proven_per_mille: Option<u64>,
    pub(super) gaps: BTreeMap<&'static str, GapReport>,
    /// `None`: nothing was promised about any order.
    pub(super) orders_late: Option<u64>,
    pub(super) warehouses: Vec<WarehouseReport>,
    /// `None` for what was recorded.
    pub(super) unmapped: Option<UnmappedReport>,
    /// Codes that the policy names and the journal does not define.
    pub(super) codes_undefined: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct GapReport {
    pub(super) orders: u64,
    pub(super) largest: i64,
}

#[derive(Debug, Serialize)]
pub(super) struct WarehouseReport {
    pub(super) warehouse: String,
    pub(super) units: u64,
    pub(super) parcels: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct UnmappedReport {
    pub(super) ship_units: u64,
    pub(super) cancel_units: u64,
    pub(super) supply_units: u64,
    pub(super) orders: u64,
    pub(super) holds: u64,
    pub(super) resourcings: u64,
    pub(super) deadlines: u64,
    pub(super) rejected_units: u64,
    pub(super) control_commands: u64,
}

impl WhatIfReport {
    /// `policies` are those of the columns, in their order.
    pub(super) fn new(args: &WhatIfArgs, what_if: &WhatIf, policies: &[PolicyFile]) -> Self {
        let recorded = what_if.recorded();
        let catalogue = &recorded.state().catalogue;
        let figures = what_if.recorded_figures();
        let mut columns = vec![ColumnReport::new("as recorded".to_owned(), figures, catalogue)];
        for (column, policy) in what_if.columns().iter().zip(policies) {
            columns.push(ColumnReport::of_policy(column, name(policy, policies), catalogue));
        }
        let replaced = what_if.replaced().iter().map(|(kind, count)| (kind.name(), *count));
        Self {
            records: recorded.last_sequence().get(),
            from_time_ns: args.from.map(EngineTime::get),
            until_time_ns: args.until.map(EngineTime::get),
            promised_days: args.promised_days,
            replaced: replaced.collect(),
            caution: CAUTION,
            columns,
        }
    }

    /// Says on the side which codes bind nothing, because they stand for nothing.
    pub(super) fn note_undefined_codes(&self) {
        for column in self.columns.iter().filter(|column| !column.codes_undefined.is_empty()) {
            let (name, count) = (&column.name, column.codes_undefined.len());
            let first = &column.codes_undefined[0];
            note(format_args!(
                "{name}: the journal defines no {first:?} ({count} codes of the policy bind nothing)"
            ));
        }
    }
}

/// The head of a policy's column: its name, unless another has the same.
fn name(policy: &PolicyFile, policies: &[PolicyFile]) -> String {
    let same = policies.iter().filter(|other| other.name == policy.name).count();
    if same > 1 { policy.source.clone() } else { policy.name.as_str().to_owned() }
}

impl ColumnReport {
    fn of_policy(column: &WhatIfColumn, name: String, catalogue: &Catalogue) -> Self {
        let codes = column.missing_codes();
        Self {
            objective: column.policy().map(|policy| policy.objective.name()),
            unmapped: Some(UnmappedReport::new(&column.figures().unmapped)),
            codes_undefined: codes.iter().map(|code| code.as_str().to_owned()).collect(),
            ..Self::new(name, column.figures(), catalogue)
        }
    }

    fn new(name: String, figures: &WhatIfFigures, catalogue: &Catalogue) -> Self {
        let rejected = figures.orders_rejected.iter();
        let gaps = figures.gaps.iter().map(|(proof, gaps)| {
            (proof.name(), GapReport { orders: gaps.orders, largest: gaps.largest })
        });
        Self {
            name,
            objective: None,
            orders_accepted: figures.orders_accepted,
            orders_rejected: figures.orders_rejected_total(),
            rejected: rejected.map(|(reason, orders)| (reason.name(), *orders)).collect(),
            units_ordered: figures.units_ordered,
            units_allocated: figures.units_allocated,
            units_backordered: figures.units_backordered,
            units_matched: figures.units_matched,
            matched_wait_unit_seconds: seconds(figures.matched_wait_ns),
            units_matched_late: figures.units_matched_late,
            promises_broken: figures.promises_broken,
            matched_wait_seconds_mean: figures.wait_ns_per_unit().map(|ns| seconds(ns.into())),
            units_cancelled: figures.units_cancelled,
            units_rejected: figures.units_rejected,
            fill_per_mille: figures.fill_per_mille(),
            orders_split: figures.orders_split,
            split_per_mille: figures.split_per_mille(),
            parcels: figures.parcels,
            cost_minor: minor(figures.cost_minor),
            cost_minor_per_order: figures.cost_minor_per_order().map(minor),
            orders_proven: figures.orders_proven,
            proven_per_mille: figures.proven_per_mille(),
            gaps: gaps.collect(),
            orders_late: Some(figures.orders_late).filter(|_| figures.orders_promised > 0),
            warehouses: warehouses(figures, catalogue),
            unmapped: None,
            codes_undefined: Vec::new(),
        }
    }
}

/// A row for every warehouse of the journal, so that columns can be laid side by side.
fn warehouses(figures: &WhatIfFigures, catalogue: &Catalogue) -> Vec<WarehouseReport> {
    let rows = catalogue.warehouses.handles().map(|handle| {
        let row = figures.warehouses.get(handle.index()).copied().unwrap_or_default();
        let warehouse = catalogue.warehouses.code(handle).as_str().to_owned();
        WarehouseReport { warehouse, units: row.units, parcels: row.parcels }
    });
    rows.collect()
}

impl UnmappedReport {
    fn new(unmapped: &Unmapped) -> Self {
        Self {
            ship_units: unmapped.ship_units,
            cancel_units: unmapped.cancel_units,
            supply_units: unmapped.supply_units,
            orders: unmapped.orders,
            holds: unmapped.holds,
            resourcings: unmapped.resourcings,
            deadlines: unmapped.deadlines,
            rejected_units: unmapped.rejected_units,
            control_commands: unmapped.control_commands,
        }
    }
}

fn seconds(ns: u128) -> u64 {
    u64::try_from(ns / 1_000_000_000).unwrap_or(u64::MAX)
}

/// JSON numbers end here; no shop's costs do.
fn minor(cost: i128) -> i64 {
    i64::try_from(cost).unwrap_or(i64::MAX)
}
