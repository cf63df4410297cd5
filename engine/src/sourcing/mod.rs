//! Sourcing: which warehouses an order's units come from.
//!
//! A [`Problem`] holds what a decision may depend on as plain numbers; a [`Plan`] is where the
//! units come from, what that costs and how far it is proven. Nothing here knows the state.
//!
//! The best plan allocates the most units; of those, it has the least objective, then cost, then
//! parcels, days, sum of priority numbers, and the lowest positions. The problem is that of placing
//! facilities, with capacities and a bound on their number. It is solved exactly: by a look at the
//! sources that have everything (`singles`), else by branch and bound over the sets of sources that
//! send a parcel (`search`, with the bound of `bound` and the exact inner problem of `fill`). What
//! plans are compared by is an ordered group (`weight`), so that one search serves every objective
//! (`weighing`). A limit on the work, counted and never timed, ends the search early; the plan is
//! then the best found, and its gap says by how much a better one may be better.

mod bound;
mod coupled;
mod fill;
mod flow;
mod greedy;
mod measure;
mod model;
mod plan;
mod problem;
mod search;
mod shared;
mod singles;
mod survey;
mod tie;
mod weighing;
mod weight;

use gantry_model::{Objective, Proof};

use self::search::{Room, Task};
use self::weighing::{Cost, LevelList, PackedLevels, ParcelCount, Two, Weighing, two};
use self::weight::{Levels, Money, Pair, Parcels};

pub use measure::Measure;
pub use plan::{Plan, Take};
pub use problem::{Demand, Part, Problem, Source};

/// Memory that a solution is worked out in. Kept and used again, so that solving allocates nothing
/// once it has seen the largest problem of each objective.
#[derive(Debug, Default)]
pub struct Scratch {
    money: Room<Money>,
    parcels: Room<Parcels>,
    pair: Room<Pair>,
    levels: Room<Levels>,
}

/// Fills `plan` with the best plan for `problem` that its work limit lets be found.
pub fn solve(problem: &Problem, scratch: &mut Scratch, plan: &mut Plan) {
    plan.clear();
    match problem.objective {
        Objective::Greedy => greedy::plan(problem, plan),
        Objective::LeastCost => by(problem, &Cost, &mut scratch.money, plan),
        Objective::FewestParcels => fewest_parcels(problem, scratch, plan),
        Objective::Priority => {
            let list = LevelList::of(problem);
            match PackedLevels::new(list, problem.units_wanted()) {
                Some(packed) => by(problem, &Two::Priority(packed), &mut scratch.pair, plan),
                None => by(problem, &list, &mut scratch.levels, plan),
            }
        }
        objective => {
            let weighing = two(objective).unwrap_or(Two::ShadowPrices);
            by(problem, &weighing, &mut scratch.pair, plan);
        }
    }
}

fn by<M: Weighing>(problem: &Problem, weighing: &M, room: &mut Room<M::Weight>, plan: &mut Plan) {
    if singles::solve(problem, weighing, problem.parcels_max, plan) {
        return prove(plan, Proof::Optimal, 0);
    }
    let found = search::solve(problem, weighing, &Task::of(problem), room);
    room.emit(problem, found.set, plan);
    prove(plan, found.proof, found.gap);
}

/// Counts parcels first, then looks for the least cost of as many.
fn fewest_parcels(problem: &Problem, scratch: &mut Scratch, plan: &mut Plan) {
    // One parcel is the least there can be, and the cheapest such plan the best.
    if singles::solve(problem, &Cost, problem.parcels_max.min(1), plan) {
        return prove(plan, Proof::Optimal, 0);
    }
    let whole = Task::of(problem);
    let count = search::solve(problem, &ParcelCount, &whole, &mut scratch.parcels);
    let task = Task {
        parcels_max: count.parcels,
        units_max: count.units_max(),
        steps_max: whole.steps_max.saturating_sub(count.steps),
        seed: count.set,
    };
    let cost = search::solve(problem, &Cost, &task, &mut scratch.money);
    scratch.money.emit(problem, cost.set, plan);
    let units_gap = i64::from(count.units_max() - cost.units);
    // If the search for units ended early, nothing is known of the parcels that more units take.
    let parcels_min = match count.proof {
        Proof::GapInUnits => i64::from(count.parcels.min(1)),
        _ => i64::from(count.parcels) - count.gap,
    };
    let parcels_gap = i64::from(cost.parcels) - parcels_min;
    if units_gap > 0 {
        prove(plan, Proof::GapInUnits, units_gap);
    } else if parcels_gap > 0 {
        prove(plan, Proof::GapInObjective, parcels_gap);
    } else {
        prove(plan, cost.proof, cost.gap);
    }
}

fn prove(plan: &mut Plan, proof: Proof, gap: i64) {
    plan.proof = Some(proof);
    plan.gap = gap;
}
