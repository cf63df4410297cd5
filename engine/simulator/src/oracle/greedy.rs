//! The greedy rule: no objective, but a choice that anybody can follow.
//!
//! The cheapest warehouse that has all takes all. Else SKU by SKU: the cheapest that has all units
//! of it takes them, a parcel being paid once; else they come from one warehouse after the other,
//! the cheapest next unit first. Ties go to the lower priority number, then the lower handle. It
//! looks at no bound on parcels.

use gantry_model::{Rule, Rules};

use super::case::{Candidate, Case, Grant};
use super::order::Demand;

/// What is granted in the end: by the first pass, then, where soft rules left anything, by a second.
pub(super) fn grants(case: &Case<'_>, demands: &[Demand]) -> Vec<Grant> {
    let mut grants = Vec::new();
    pass(case, demands, Rules::NONE, &mut grants);
    let soft = case.policy.soft;
    let left = demands.iter().map(|demand| {
        let had = grants.iter().filter(|grant| grant.sku == demand.sku);
        Demand { units: demand.units - had.map(|grant| grant.units).sum::<i64>(), ..*demand }
    });
    let left: Vec<Demand> = left.filter(|demand| demand.units > 0).collect();
    if soft != Rules::NONE && !left.is_empty() {
        pass(case, &left, soft, &mut grants);
    }
    grants
}

fn pass(case: &Case<'_>, demands: &[Demand], dropped: Rules, grants: &mut Vec<Grant>) {
    let kept: Vec<_> = case.candidates.iter().filter(|row| case.is_left(row, dropped)).collect();
    let wanted: i64 = demands.iter().map(|demand| demand.units).sum();
    let covering = kept.iter().filter(|row| has_all(case, demands, row, dropped, grants));
    let is_sent = |row: &Candidate, grants: &[Grant]| {
        case.sent.contains(&row.warehouse)
            || grants.iter().any(|grant| grant.warehouse == row.warehouse)
    };
    let whole = covering.min_by_key(|row| {
        let parcel = if is_sent(row, grants) { 0 } else { row.parcel_cost };
        (parcel + row.unit_cost * wanted, row.priority, row.warehouse)
    });
    if let Some(row) = whole {
        return demands.iter().for_each(|demand| {
            grants.push(Grant { sku: demand.sku, warehouse: row.warehouse, units: demand.units });
        });
    }
    for demand in demands {
        let mut left = demand.units;
        let of_demand = grants.len();
        while left > 0 {
            let there = |row: &Candidate| have(case, demand.sku, row, dropped, grants);
            let price = |row: &Candidate, units: i64| {
                let parcel = if is_sent(row, grants) { 0 } else { row.parcel_cost };
                (parcel + row.unit_cost * units, row.priority, row.warehouse)
            };
            let is_whole = grants.len() == of_demand;
            let rows = || kept.iter().filter(|row| there(row) > 0);
            let covering = rows().filter(|row| is_whole && there(row) >= left);
            let next = covering.min_by_key(|row| price(row, left));
            let Some(row) = next.or_else(|| rows().min_by_key(|row| price(row, 1))) else { break };
            let units = there(row).min(left);
            grants.push(Grant { sku: demand.sku, warehouse: row.warehouse, units });
            left -= units;
        }
    }
}

/// Units of a SKU that are still to be had on top of `grants`.
fn have(case: &Case<'_>, sku: u32, row: &Candidate, dropped: Rules, grants: &[Grant]) -> i64 {
    let left = case.left(sku, row.warehouse, dropped, grants);
    match row.units_left.filter(|_| !dropped.contains(Rule::UnitsPerDay)) {
        Some(room) => {
            let here = grants.iter().filter(|grant| grant.warehouse == row.warehouse);
            left.min(room - here.map(|grant| grant.units).sum::<i64>())
        }
        None => left,
    }
}

/// Whether one warehouse has all demands at once.
fn has_all(
    case: &Case<'_>,
    demands: &[Demand],
    row: &Candidate,
    dropped: Rules,
    grants: &[Grant],
) -> bool {
    let mut with = grants.to_vec();
    demands.iter().all(|demand| {
        let has = have(case, demand.sku, row, dropped, &with) >= demand.units;
        let (sku, warehouse, units) = (demand.sku, row.warehouse, demand.units);
        with.push(Grant { sku, warehouse, units });
        has
    })
}
