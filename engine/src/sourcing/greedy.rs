//! The greedy rule of the first version, kept to be compared with.
//!
//! If one source covers the whole order, the cheapest such one takes it. Else each SKU in turn: the
//! cheapest source that covers it takes it; else it is spread, cheapest first. A parcel is counted
//! only where the order has none yet. Ties go to the lower priority number, then the lower handle.
//! It looks at no limit on parcels. What a warehouse can work off and components that demands share
//! bind it as they bind every plan: no unit is taken twice.

use super::{Part, Plan, Problem, Source, Take};

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
    let parcel = |row: &Source| if row.is_open { 0 } else { i64::from(row.parcel_cost) };
    let cost = |row: &Source| parcel(row) + i64::from(row.unit_cost) * units;
    let covers = |source: usize| {
        let mut demands = problem.demands.iter().enumerate();
        demands.all(|(demand, wanted)| problem.available(demand, source) >= wanted.units)
            && has_all_together(problem, source)
    };
    let rows = problem.sources.iter().enumerate();
    rows.filter(|(source, _)| covers(*source))
        .min_by_key(|(_, row)| (cost(row), row.priority, row.warehouse))
        .map(|(source, _)| source)
}

/// Whether a source that has every demand alone has them all at once.
fn has_all_together(problem: &Problem, source: usize) -> bool {
    let mut parts = problem.parts.iter();
    problem.units_wanted() <= problem.sources[source].units_max
        && parts.all(|part| {
            let wanted = |other: &Part| {
                u64::from(problem.demands[other.demand].units) * u64::from(other.units_each)
            };
            let others = problem.parts.iter().filter(|other| other.component == part.component);
            others.map(wanted).sum::<u64>() <= left(problem, part.component, source)
        })
}

/// Units of a demand that a source still has after what the plan took there.
fn available(problem: &Problem, plan: &Plan, demand: usize, source: usize) -> u32 {
    let taken = plan.takes.iter().filter(|take| take.source == source);
    let units: u32 = taken.clone().map(|take| take.units).sum();
    let units_left = problem.sources[source].units_max.saturating_sub(units);
    let mut available = problem.available(demand, source).min(units_left);
    for part in problem.parts.iter().filter(|part| part.demand == demand) {
        let consumed = |take: &Take| {
            let of_take = problem
                .parts
                .iter()
                .filter(|other| other.demand == take.demand && other.component == part.component);
            let each = of_take.map(|other| u64::from(other.units_each)).sum::<u64>();
            each * u64::from(take.units)
        };
        let consumed = taken.clone().map(consumed).sum();
        let left = left(problem, part.component, source).saturating_sub(consumed);
        let whole = left / u64::from(part.units_each);
        available = available.min(u32::try_from(whole).unwrap_or(u32::MAX));
    }
    available
}

fn left(problem: &Problem, component: usize, source: usize) -> u64 {
    problem.left[component * problem.sources.len() + source].into()
}

/// The source that adds the least cost among those that have every unit of one demand.
fn cheapest_covering(problem: &Problem, demand: usize, plan: &Plan) -> Option<usize> {
    let wanted = problem.demands[demand].units;
    let rows = problem.sources.iter().enumerate();
    rows.filter(|(source, _)| available(problem, plan, demand, *source) >= wanted)
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
                used & (1 << source) == 0 && available(problem, plan, demand, *source) > 0
            })
            .min_by_key(|(source, row)| {
                (plan.cost_of(*source, 1, problem), row.priority, row.warehouse)
            });
        let Some((source, _)) = next else { return };
        let units = left.min(available(problem, plan, demand, source));
        plan.take(demand, source, units, problem);
        used |= 1 << source;
        left -= units;
    }
}

#[cfg(test)]
mod tests {
    use gantry_model::{Sku, Warehouse};

    use super::super::Demand;
    use super::*;

    /// A bundle of two units of a component, and the component itself; two sources with `left` of
    /// the component each.
    fn bundle_and_component(left: u32, units_max: u32) -> Plan {
        let mut problem = Problem::new();
        problem.demands =
            vec![Demand { sku: Sku::new(0), units: 2 }, Demand { sku: Sku::new(1), units: 2 }];
        problem.sources = [0, 1].map(|at| source(at, units_max)).to_vec();
        problem.available = vec![left / 2, left / 2, left, left];
        let part = |demand, units_each| Part { demand, component: 0, units_each };
        problem.parts = vec![part(0, 2), part(1, 1)];
        problem.left = vec![left; 2];
        let mut found = Plan::new();
        plan(&problem, &mut found);
        found
    }

    fn source(warehouse: u16, units_max: u32) -> Source {
        Source {
            warehouse: Warehouse::new(warehouse),
            priority: 1,
            days: 1,
            parcel_cost: 100,
            unit_cost: 1,
            units_max,
            load_per_mille: 0,
            is_open: false,
        }
    }

    fn takes(plan: &Plan) -> Vec<(usize, usize, u32)> {
        plan.takes.iter().map(|take| (take.demand, take.source, take.units)).collect()
    }

    #[test]
    fn a_bundle_and_its_component_do_not_take_the_same_unit() {
        assert_eq!(takes(&bundle_and_component(6, u32::MAX)), [(0, 0, 2), (1, 0, 2)]);
        assert_eq!(takes(&bundle_and_component(5, u32::MAX)), [(0, 0, 2), (1, 1, 2)]);
        assert_eq!(
            takes(&bundle_and_component(3, u32::MAX)),
            [(0, 0, 1), (0, 1, 1), (1, 0, 1), (1, 1, 1)]
        );
    }

    #[test]
    fn a_parcel_that_is_sent_anyway_costs_nothing_more() {
        let mut problem = Problem::new();
        problem.demands = vec![Demand { sku: Sku::new(0), units: 1 }];
        problem.sources = [0, 1].map(|at| source(at, u32::MAX)).to_vec();
        problem.available = vec![1, 1];
        for (is_open, taken) in [(false, 0), (true, 1)] {
            problem.sources[1].is_open = is_open;
            let mut found = Plan::new();
            plan(&problem, &mut found);
            assert_eq!(takes(&found), [(0, taken, 1)]);
        }
    }

    #[test]
    fn no_warehouse_gets_more_units_than_it_can_work_off() {
        assert_eq!(takes(&bundle_and_component(9, 3)), [(0, 0, 2), (1, 1, 2)]);
        assert_eq!(takes(&bundle_and_component(9, 1)), [(0, 0, 1), (0, 1, 1)]);
    }
}
