//! What sourcing an order comes to: one pass with every rule, a second without the soft ones.

use gantry_model::{Objective, Rule, Rules, ShortMode};

use super::case::{Case, Grant};
use super::greedy;
use super::order::Demand;
use super::plan::{Best, Problem, Weight};

/// What the best plan comes to, where every set of warehouses could be tried.
#[derive(Debug)]
pub(super) struct Sourced {
    /// By demand.
    pub(super) units: Vec<i64>,
    pub(super) weight: Weight,
    pub(super) parcels: u32,
    /// The warehouses, where ties leave no choice.
    pub(super) warehouses: Option<Vec<u16>>,
    /// Days of the latest warehouse, as far as ties leave no choice; else they may be fewer.
    pub(super) days_max: u32,
    /// Whether the work limit leaves no doubt about the units.
    pub(super) are_units_certain: bool,
}

/// The best plan, or `None` where it is not to be had by trying.
pub(super) fn source(
    case: &Case<'_>,
    demands: &[Demand],
    problem: &mut Problem,
) -> Option<Sourced> {
    if case.policy.objective == Objective::Greedy {
        return Some(by_greed(case, demands));
    }
    if !case.is_comparable {
        return None;
    }
    case.fill(demands, Rules::NONE, &[], problem);
    if !problem.can_be_tried() {
        return None;
    }
    let best = problem.best();
    let mut sourced = Sourced {
        units: units(problem),
        weight: best.weight,
        parcels: best.parcels,
        warehouses: Some(warehouses(problem, &best)).filter(|_| case.sent.is_empty()),
        days_max: days_max(problem, &best),
        are_units_certain: is_certain(case, problem),
    };
    if best.short > 0 && case.policy.soft != Rules::NONE {
        let granted = grants(problem);
        second_pass(case, demands, &granted, &mut sourced, problem)?;
    }
    Some(sourced)
}

/// The greedy plan, which is one only.
fn by_greed(case: &Case<'_>, demands: &[Demand]) -> Sourced {
    let grants = greedy::grants(case, demands);
    let of_sku = |sku: u32| grants.iter().filter(move |grant| grant.sku == sku);
    let units = |demand: &Demand| of_sku(demand.sku).map(|grant| grant.units).sum();
    let mut warehouses: Vec<u16> = case.open(&grants).collect();
    warehouses.sort_unstable();
    let days = warehouses.iter().filter_map(|at| Some(case.candidate(*at)?.days));
    let days_max = days.max().unwrap_or(0);
    Sourced {
        units: demands.iter().map(units).collect(),
        weight: case.weight(&grants),
        parcels: u32::try_from(case.added(&grants).count()).expect("invariant: few candidates"),
        warehouses: Some(warehouses),
        days_max,
        are_units_certain: true,
    }
}

fn second_pass(
    case: &Case<'_>,
    demands: &[Demand],
    granted: &[Grant],
    sourced: &mut Sourced,
    problem: &mut Problem,
) -> Option<()> {
    let rest = demands.iter().zip(&sourced.units);
    let rest = rest.map(|(demand, had)| Demand { units: demand.units - had, ..*demand });
    let rest: Vec<Demand> = rest.filter(|demand| demand.units > 0).collect();
    // What the first pass took of a component is one of several equal choices.
    if case.share_a_component(demands) {
        return None;
    }
    case.fill(&rest, case.policy.soft, granted, problem);
    if !problem.can_be_tried() {
        return None;
    }
    let best = problem.best();
    for (demand, more) in rest.iter().zip(units(problem)) {
        let at = demands.iter().position(|other| other.sku == demand.sku)?;
        sourced.units[at] += more;
    }
    sourced.weight.0 += best.weight.0;
    sourced.weight.1 += best.weight.1;
    sourced.parcels += best.parcels;
    // Equal units from warehouses that send a parcel anyway are a tie that nothing decides.
    sourced.warehouses = None;
    sourced.days_max = sourced.days_max.max(days_max(problem, &best));
    sourced.are_units_certain &= is_certain(case, problem);
    Some(())
}

/// Where parcels are bounded, a search that ends early may miss units.
fn is_certain(case: &Case<'_>, problem: &Problem) -> bool {
    let closed = problem.sources.iter().filter(|source| !source.is_open).count();
    case.is_searched_to_its_end()
        || usize::try_from(problem.parcels_max).is_ok_and(|parcels| parcels >= closed)
}

fn units(problem: &Problem) -> Vec<i64> {
    let count = problem.sources.len();
    let demand = |at: usize| problem.takes[at * count..(at + 1) * count].iter().sum();
    (0..problem.demands.len()).map(demand).collect()
}

fn grants(problem: &Problem) -> Vec<Grant> {
    let mut grants = Vec::new();
    let mut takes = problem.takes.iter();
    for demand in &problem.demands {
        for (source, units) in problem.sources.iter().zip(takes.by_ref()) {
            if *units > 0 {
                let (sku, warehouse) = (demand.sku, source.warehouse);
                grants.push(Grant { sku, warehouse, units: *units });
            }
        }
    }
    grants
}

fn warehouses(problem: &Problem, best: &Best) -> Vec<u16> {
    let used = problem.sources.iter().enumerate().filter(|(at, _)| best.used >> at & 1 != 0);
    used.map(|(_, source)| source.warehouse).collect()
}

/// Of a plan's warehouses, and of those that send a parcel anyway and have units.
fn days_max(problem: &Problem, best: &Best) -> u32 {
    let sources = problem.sources.iter().enumerate();
    let may_be_used = |at: usize, is_open: bool| is_open || best.used >> at & 1 != 0;
    let used = sources.filter(|(at, source)| may_be_used(*at, source.is_open));
    used.map(|(_, source)| source.days).max().unwrap_or(0)
}

/// Whether the order would be accepted, were it not for rules; `None` where demands that compete
/// for components leave that open here.
pub(super) fn would_do_without_rules(case: &Case<'_>, demands: &[Demand]) -> Option<bool> {
    let no_fences = Rules::NONE.with(Rule::RingFences);
    let there = |sku: u32| {
        let candidates = case.candidates.iter();
        candidates.map(|row| case.left(sku, row.warehouse, no_fences, &[])).sum::<i64>()
    };
    if case.order.short == ShortMode::TakeAvailable {
        return Some(demands.iter().any(|demand| there(demand.sku) > 0));
    }
    let alone = demands.iter().all(|demand| there(demand.sku) >= demand.units);
    if alone && case.share_a_component(demands) { None } else { Some(alone) }
}
