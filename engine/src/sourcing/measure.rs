//! What a plan is measured by, in the order in which it counts.

use gantry_model::{CANDIDATES_PER_ZONE_MAX, Objective};

use super::{Plan, Problem};

/// A plan's key: the lower of two is the better plan. Computed from the plan alone, apart from the
/// search, for explanations and tests.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Measure {
    /// Units wanted and not allocated.
    pub units_short: u32,
    /// In the policy's objective. One figure, but for `priority`: there the units from each
    /// priority number, the preferred first, negated so that more is lower.
    pub objective: Vec<i64>,
    /// Minor units, shadow prices left out.
    pub cost_minor: i64,
    /// Parcels added.
    pub parcels: u32,
    /// Days of the latest parcel with units of this plan.
    pub days: u32,
    /// Sum of the priority numbers of parcels added.
    pub priorities: u32,
}

impl Measure {
    /// Measures `plan` as a plan for `problem`.
    #[must_use]
    pub fn of(problem: &Problem, plan: &Plan) -> Self {
        let opened = || plan.opened_sources().map(|source| &problem.sources[source]);
        let days = plan.takes.iter().map(|take| problem.sources[take.source].days);
        Self {
            units_short: problem.units_wanted() - plan.units(),
            objective: objective(problem, plan),
            cost_minor: plan.cost_minor,
            parcels: plan.parcels(),
            days: days.max().unwrap_or(0),
            priorities: opened().map(|source| u32::from(source.priority)).sum(),
        }
    }
}

fn objective(problem: &Problem, plan: &Plan) -> Vec<i64> {
    let each = |weight: &dyn Fn(usize, usize) -> u32| {
        let takes = plan.takes.iter();
        let sum =
            takes.map(|take| i64::from(take.units) * i64::from(weight(take.demand, take.source)));
        vec![sum.sum::<i64>()]
    };
    match problem.objective {
        Objective::LeastCost | Objective::Greedy => vec![plan.cost_minor],
        Objective::LeastCostWithShadowPrices => {
            let prices = each(&|demand, source| problem.price(demand, source));
            vec![plan.cost_minor + prices[0]]
        }
        Objective::FewestParcels => vec![i64::from(plan.parcels())],
        Objective::Nearest => each(&|_, source| problem.sources[source].days),
        Objective::Balance => each(&|_, source| problem.sources[source].load_per_mille),
        Objective::Priority => units_by_priority(problem, plan),
    }
}

fn units_by_priority(problem: &Problem, plan: &Plan) -> Vec<i64> {
    let mut levels: Vec<u16> = problem.sources.iter().map(|source| source.priority).collect();
    levels.sort_unstable();
    levels.dedup();
    assert!(levels.len() <= CANDIDATES_PER_ZONE_MAX, "no more levels than sources");
    let units = |level: &u16| {
        let takes = plan.takes.iter();
        let here = takes.filter(|take| problem.sources[take.source].priority == *level);
        -here.map(|take| i64::from(take.units)).sum::<i64>()
    };
    levels.iter().map(units).collect()
}
