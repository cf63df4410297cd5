//! A naive allocator: every set of sources, every way to take units from it. It shares no code with
//! the solver and knows no bound, so it says what the best plan is.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use gantry_engine::{Plan, Problem};
use gantry_model::Objective;

/// Units taken, demand by demand, then source by source.
pub(crate) type Takes = Vec<Vec<u32>>;

/// Everything plans are compared by; the less, the better.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) short: u32,
    pub(crate) objective: Vec<i64>,
    pub(crate) cost: i64,
    pub(crate) parcels: usize,
    pub(crate) days: u32,
    pub(crate) priorities: u32,
    pub(crate) opened: Vec<usize>,
}

/// The key of what is taken.
pub(crate) fn key(problem: &Problem, takes: &Takes) -> Key {
    let from = |source: usize| -> u32 { takes.iter().map(|row| row[source]).sum() };
    let used: Vec<usize> = (0..problem.sources.len()).filter(|s| from(*s) > 0).collect();
    let opened: Vec<usize> =
        used.iter().copied().filter(|source| !problem.sources[*source].is_open).collect();
    let wanted: u32 = problem.demands.iter().map(|demand| demand.units).sum();
    let had: u32 = used.iter().map(|source| from(*source)).sum();
    let parcels: i64 =
        opened.iter().map(|source| i64::from(problem.sources[*source].parcel_cost)).sum();
    let units: i64 = used
        .iter()
        .map(|source| i64::from(problem.sources[*source].unit_cost) * i64::from(from(*source)))
        .sum();
    let mut prices = 0;
    for (demand, row) in takes.iter().enumerate() {
        for (source, taken) in row.iter().enumerate() {
            prices += i64::from(problem.price(demand, source)) * i64::from(*taken);
        }
    }
    let per_unit = |weight: &dyn Fn(usize) -> u32| -> i64 {
        used.iter().map(|s| i64::from(weight(*s)) * i64::from(from(*s))).sum()
    };
    let objective = match problem.objective {
        Objective::LeastCost => vec![],
        Objective::LeastCostWithShadowPrices => vec![parcels + units + prices],
        Objective::FewestParcels => vec![i64::try_from(opened.len()).unwrap()],
        Objective::Nearest => vec![per_unit(&|source| problem.sources[source].days)],
        Objective::Balance => vec![per_unit(&|source| problem.sources[source].load_per_mille)],
        Objective::Priority => {
            let mut levels = BTreeMap::new();
            for (source, row) in problem.sources.iter().enumerate() {
                *levels.entry(row.priority).or_insert(0) -= i64::from(from(source));
            }
            levels.into_values().collect()
        }
        Objective::Greedy => panic!("no objective"),
    };
    Key {
        short: wanted - had,
        objective,
        cost: parcels + units,
        parcels: opened.len(),
        days: used.iter().map(|source| problem.sources[*source].days).max().unwrap_or(0),
        priorities: opened.iter().map(|s| u32::from(problem.sources[*s].priority)).sum(),
        opened,
    }
}

/// The takes of a plan, after a check that it breaks no rule.
pub(crate) fn takes_of(problem: &Problem, plan: &Plan) -> Takes {
    let mut takes = vec![vec![0; problem.sources.len()]; problem.demands.len()];
    let mut seen = BTreeSet::new();
    let mut last = 0;
    for take in &plan.takes {
        assert!(take.units > 0, "an empty take");
        assert!(seen.insert((take.demand, take.source)), "a pair twice");
        assert!(take.demand >= last, "takes stand in order of demand");
        last = take.demand;
        takes[take.demand][take.source] = take.units;
    }
    assert!(is_feasible(problem, &takes), "the plan breaks a rule");
    let key = key(problem, &takes);
    assert!(key.parcels <= problem.parcels_max as usize, "too many parcels");
    assert_eq!(plan.cost_minor, key.cost, "the plan's cost is that of its takes");
    assert_eq!(plan.parcels() as usize, key.parcels);
    takes
}

fn is_feasible(problem: &Problem, takes: &Takes) -> bool {
    let sources = 0..problem.sources.len();
    takes.iter().enumerate().all(|(demand, row)| {
        let within = |source: usize| row[source] <= problem.available(demand, source);
        row.iter().sum::<u32>() <= problem.demands[demand].units && sources.clone().all(within)
    }) && sources.clone().all(|source| {
        let units: u32 = takes.iter().map(|row| row[source]).sum();
        units <= problem.sources[source].units_max
    }) && components(problem).all(|component| {
        sources.clone().all(|source| {
            let parts = problem.parts.iter().filter(|part| part.component == component);
            let used: u32 = parts.map(|part| part.units_each * takes[part.demand][source]).sum();
            used <= problem.left[component * problem.sources.len() + source]
        })
    })
}

fn components(problem: &Problem) -> impl Iterator<Item = usize> {
    0..problem.left.len() / problem.sources.len().max(1)
}

/// Whether one demand's units say nothing of another's.
pub(crate) fn is_separable(problem: &Problem) -> bool {
    problem.parts.is_empty() && problem.sources.iter().all(|row| row.units_max == u32::MAX)
}

/// The key of the best plan.
pub(crate) fn best(problem: &Problem) -> Key {
    let sets = 0..1_u64 << problem.sources.len();
    let keys = sets.filter_map(|set| {
        let is_in = |source: usize| set >> source & 1 != 0;
        let sources = problem.sources.iter().enumerate();
        let opens = sources.clone().filter(|(source, row)| is_in(*source) && !row.is_open).count();
        let all_open_in = sources.clone().all(|(source, row)| !row.is_open || is_in(source));
        let is_allowed = all_open_in && opens <= problem.parcels_max as usize;
        is_allowed.then(|| key(problem, &inner(problem, &is_in)))
    });
    keys.min().unwrap()
}

/// The best units from the sources that are in.
fn inner(problem: &Problem, is_in: &dyn Fn(usize) -> bool) -> Takes {
    let rows: Vec<Vec<Vec<u32>>> =
        (0..problem.demands.len()).map(|demand| rows(problem, demand, is_in)).collect();
    if is_separable(problem) {
        let best = |(demand, rows): (usize, &Vec<Vec<u32>>)| {
            rows.iter().min_by_key(|row| inner_key(problem, &[(demand, row)])).unwrap().clone()
        };
        return rows.iter().enumerate().map(best).collect();
    }
    let mut best = None;
    let mut takes = vec![Vec::new(); rows.len()];
    every(&rows, 0, &mut takes, &mut |takes| {
        if is_feasible(problem, takes) {
            let pairs: Vec<_> = takes.iter().enumerate().collect();
            let key = inner_key(problem, &pairs);
            if best.as_ref().is_none_or(|(best, _)| key < *best) {
                best = Some((key, takes.clone()));
            }
        }
    });
    best.unwrap().1
}

/// Every way to take units of one demand.
fn rows(problem: &Problem, demand: usize, is_in: &dyn Fn(usize) -> bool) -> Vec<Vec<u32>> {
    let mut rows = vec![vec![]];
    for source in 0..problem.sources.len() {
        let most = if is_in(source) { problem.available(demand, source) } else { 0 };
        let mut longer = Vec::new();
        for row in rows {
            let left = problem.demands[demand].units - row.iter().sum::<u32>();
            for units in 0..=left.min(most) {
                longer.push([row.clone(), vec![units]].concat());
            }
        }
        rows = longer;
    }
    rows
}

/// Every combination of rows.
fn every(rows: &[Vec<Vec<u32>>], demand: usize, takes: &mut Takes, visit: &mut dyn FnMut(&Takes)) {
    if demand == rows.len() {
        return visit(takes);
    }
    for row in &rows[demand] {
        takes[demand].clone_from(row);
        every(rows, demand + 1, takes, visit);
    }
}

/// What decides between ways to take units from one set: most units, least objective, least cost;
/// then, demand by demand, the most from low priority numbers and low positions.
type InnerKey = (Reverse<u32>, Vec<i64>, i64, Vec<Reverse<u32>>);

fn inner_key(problem: &Problem, takes: &[(usize, &Vec<u32>)]) -> InnerKey {
    let mut order: Vec<usize> = (0..problem.sources.len()).collect();
    order.sort_by_key(|source| (problem.sources[*source].priority, *source));
    let (mut units, mut cost, mut preferred) = (0, 0, Vec::new());
    let mut levels: BTreeMap<u16, i64> = BTreeMap::new();
    let mut objective = 0;
    for (demand, row) in takes {
        for source in &order {
            let taken = row[*source];
            let from = &problem.sources[*source];
            let weight = match problem.objective {
                Objective::LeastCostWithShadowPrices => {
                    from.unit_cost + problem.price(*demand, *source)
                }
                Objective::Nearest => from.days,
                Objective::Balance => from.load_per_mille,
                _ => 0,
            };
            units += taken;
            objective += i64::from(weight) * i64::from(taken);
            cost += i64::from(from.unit_cost) * i64::from(taken);
            *levels.entry(from.priority).or_default() -= i64::from(taken);
            preferred.push(Reverse(taken));
        }
    }
    let objective = match problem.objective {
        Objective::Priority => levels.into_values().collect(),
        _ => vec![objective],
    };
    (Reverse(units), objective, cost, preferred)
}
