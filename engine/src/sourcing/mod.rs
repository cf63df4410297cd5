//! Sourcing: which warehouses an order's units come from.
//!
//! A [`Problem`] holds what a decision may depend on as plain numbers; a [`Plan`] is where the
//! units come from, what that costs and how far it is proven. Nothing here knows the state.

mod greedy;
mod measure;
mod plan;
mod problem;

pub use measure::Measure;
pub use plan::{Plan, Take};
pub use problem::{Demand, Part, Problem, Source};

/// Memory that a solution is worked out in. Kept and used again, so that solving allocates nothing.
#[derive(Debug, Default)]
pub struct Scratch {}

/// Fills `plan` with the best plan for `problem` that its work limit lets be found.
pub fn solve(problem: &Problem, _scratch: &mut Scratch, plan: &mut Plan) {
    greedy::plan(problem, plan);
}
