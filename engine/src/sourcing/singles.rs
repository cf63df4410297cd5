//! The path of most orders: one source covers the whole order, and no two can do better.
//!
//! Sources that cover every demand are compared by weight, then days, priority number and position,
//! as plans of one parcel are. Any other plan of as many units sends at least two parcels, or weighs
//! no less; so it weighs at least the two lightest parcels plus each demand at the lightest unit
//! that any source with stock of it has. Where the best single source is not above that, it is the
//! best plan: on equality it has fewer parcels.
//!
//! Nothing is read twice, sorted or copied here. Sources that are open already send plans of no
//! parcel into the race; those are left to the search.

use super::model::{bits, set_of};
use super::weighing::Weighing;
use super::weight::Weight;
use super::{Plan, Problem};

/// Puts the best plan into `plan` if it is a single source that is proven to be the best.
pub(super) fn solve<M: Weighing>(
    problem: &Problem,
    weighing: &M,
    parcels_max: u32,
    plan: &mut Plan,
) -> bool {
    if parcels_max == 0 || problem.sources.iter().any(|source| source.is_open) {
        return false;
    }
    let Some((covering, units)) = survey(problem, weighing) else {
        return false;
    };
    let wanted = problem.units_wanted();
    let weight = |position: usize| {
        let source = &problem.sources[position];
        let mut weight = weighing.parcel(source) + weighing.unit(source).times(wanted);
        if weighing.is_priced() {
            for (demand, wanted) in problem.demands.iter().enumerate() {
                weight += weighing.price(problem.price(demand, position)).times(wanted.units);
            }
        }
        weight
    };
    let best = bits(covering).map(|position| {
        let source = &problem.sources[position];
        (weight(position), source.days, source.priority, position)
    });
    let Some((weight, .., position)) = best.min() else {
        return false;
    };
    let two = two_lightest_parcels(problem, weighing);
    let is_best = parcels_max == 1 || two.is_none_or(|two| weight <= two + units);
    if is_best {
        for (demand, wanted) in problem.demands.iter().enumerate() {
            plan.take(demand, position, wanted.units, problem);
        }
    }
    is_best
}

/// The sources that cover every demand, and what all units weigh at least. `None` if there is no
/// such source.
fn survey<M: Weighing>(problem: &Problem, weighing: &M) -> Option<(u64, M::Weight)> {
    let wanted = problem.units_wanted();
    let sources = problem.sources.iter().enumerate();
    let mut covering = sources.fold(0, |covering, (position, source)| {
        covering | u64::from(source.units_max >= wanted) << position
    });
    for component in 0..problem.left.len().checked_div(problem.sources.len()).unwrap_or(0) {
        covering &= sharing(problem, component);
    }
    let mut units = M::Weight::default();
    let rows = problem.available.chunks_exact(problem.sources.len().max(1));
    for ((demand, wanted), row) in problem.demands.iter().enumerate().zip(rows) {
        let (mut covers, mut has) = (0, 0);
        for (position, available) in row.iter().enumerate() {
            covers |= u64::from(*available >= wanted.units) << position;
            has |= u64::from(*available > 0) << position;
        }
        covering &= covers;
        if covering == 0 {
            return None;
        }
        let unit = |position: usize| {
            let unit = weighing.unit(&problem.sources[position]);
            if weighing.is_priced() {
                unit + weighing.price(problem.price(demand, position))
            } else {
                unit
            }
        };
        units += bits(has).map(unit).min()?.times(wanted.units);
    }
    Some((covering, units))
}

/// The sources that have enough of a component for all demands that share it.
fn sharing(problem: &Problem, component: usize) -> u64 {
    let parts = problem.parts.iter().filter(|part| part.component == component);
    let used = parts
        .map(|part| u64::from(part.units_each) * u64::from(problem.demands[part.demand].units));
    let used: u64 = used.sum();
    let left = &problem.left[component * problem.sources.len()..][..problem.sources.len()];
    set_of((0..left.len()).filter(|position| u64::from(left[*position]) >= used))
}

fn two_lightest_parcels<M: Weighing>(problem: &Problem, weighing: &M) -> Option<M::Weight> {
    let (mut first, mut second) = (None, None);
    for source in &problem.sources {
        let parcel = weighing.parcel(source);
        if first.is_none_or(|first| parcel < first) {
            (first, second) = (Some(parcel), first);
        } else if second.is_none_or(|second| parcel < second) {
            second = Some(parcel);
        }
    }
    Some(first? + second?)
}
