//! The greedy rule of the first version, kept to be compared with.
//!
//! If one source covers the whole order, the cheapest such one takes it. Else each SKU in turn: the
//! cheapest source that covers it takes it, counting a parcel only where the order has none yet;
//! else it is spread, cheapest first. Ties go to the lower priority number, then the lower handle.
//! It looks at no limit on parcels or units a day and at no shared component.

use super::{Plan, Problem, Source};

pub(super) fn plan(problem: &Problem, plan: &mut Plan) {
    plan.clear();
    if let Some(source) = cheapest_covering_all(problem) {
        for (demand, wanted) in problem.demands.iter().enumerate() {
            plan.take(demand, source, wanted.units, problem);
        }
        return;
    }
    for demand in 0..problem.demands.len() {
        match cheapest_covering(problem, demand, plan) {
            Some(source) => plan.take(demand, source, problem.demands[demand].units, problem),
            None => spread(problem, demand, plan),
        }
    }
}

/// The cheapest source that has every unit of every demand.
fn cheapest_covering_all(problem: &Problem) -> Option<usize> {
    let units = i64::from(problem.units_wanted());
    let cost = |row: &Source| i64::from(row.parcel_cost) + i64::from(row.unit_cost) * units;
    let covers = |source: usize| {
        let mut demands = problem.demands.iter().enumerate();
        demands.all(|(demand, wanted)| problem.available(demand, source) >= wanted.units)
    };
    let rows = problem.sources.iter().enumerate();
    rows.filter(|(source, _)| covers(*source))
        .min_by_key(|(_, row)| (cost(row), row.priority, row.warehouse))
        .map(|(source, _)| source)
}

/// The source that adds the least cost among those that have every unit of one demand.
fn cheapest_covering(problem: &Problem, demand: usize, plan: &Plan) -> Option<usize> {
    let wanted = problem.demands[demand].units;
    let rows = problem.sources.iter().enumerate();
    rows.filter(|(source, _)| problem.available(demand, *source) >= wanted)
        .min_by_key(|(source, row)| {
            (plan.cost_of(*source, wanted, problem), row.priority, row.warehouse)
        })
        .map(|(source, _)| source)
}

/// Takes what there is of one demand, source by source, each time from the one whose next unit adds
/// the least cost.
fn spread(problem: &Problem, demand: usize, plan: &mut Plan) {
    let mut left = problem.demands[demand].units;
    let mut used = 0_u64;
    while left > 0 {
        let rows = problem.sources.iter().enumerate();
        let next = rows
            .filter(|(source, _)| {
                used & (1 << source) == 0 && problem.available(demand, *source) > 0
            })
            .min_by_key(|(source, row)| {
                (plan.cost_of(*source, 1, problem), row.priority, row.warehouse)
            });
        let Some((source, _)) = next else { return };
        let units = left.min(problem.available(demand, source));
        plan.take(demand, source, units, problem);
        used |= 1 << source;
        left -= units;
    }
}
