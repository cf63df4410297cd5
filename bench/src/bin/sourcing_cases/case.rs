//! One case: a problem, the plan for it, and what the plan is measured by.

use gantry_engine::{Measure, Plan, Problem, Scratch, Source, solve};
use gantry_model::Proof;
use serde_json::{Value, json};

/// A problem and the product's plan.
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) problem: Problem,
    pub(crate) plan: Plan,
    pub(crate) measure: Measure,
}

impl Case {
    /// Has the product solve `problem`.
    pub(crate) fn solved(id: String, problem: Problem) -> Self {
        let mut plan = Plan::new();
        solve(&problem, &mut Scratch::default(), &mut plan);
        let measure = Measure::of(&problem, &plan);
        Self { id, problem, plan, measure }
    }

    /// The case as one line of JSON.
    pub(crate) fn line(&self) -> String {
        let case = json!({
            "id": self.id,
            "problem": problem(&self.problem),
            "plan": plan(&self.plan),
            "measure": measure(&self.measure),
        });
        case.to_string()
    }
}

fn problem(problem: &Problem) -> Value {
    let demands = problem.demands.iter();
    let demands = demands.map(|demand| json!({"sku": demand.sku.get(), "units": demand.units}));
    let parts = problem.parts.iter();
    let parts = parts.map(|part| json!([part.demand, part.component, part.units_each]));
    json!({
        "objective": problem.objective.name(),
        "parcels_max": problem.parcels_max,
        "steps_max": problem.steps_max,
        "sources": problem.sources.iter().map(source).collect::<Vec<_>>(),
        "demands": demands.collect::<Vec<_>>(),
        "available": problem.available,
        "prices": problem.prices,
        "parts": parts.collect::<Vec<_>>(),
        "left": problem.left,
    })
}

fn source(source: &Source) -> Value {
    json!({
        "warehouse": source.warehouse.get(),
        "priority": source.priority,
        "days": source.days,
        "parcel_cost": source.parcel_cost,
        "unit_cost": source.unit_cost,
        "units_max": (source.units_max != u32::MAX).then_some(source.units_max),
        "load_per_mille": source.load_per_mille,
        "is_open": source.is_open,
    })
}

fn plan(plan: &Plan) -> Value {
    let takes = plan.takes.iter();
    let takes = takes.map(|take| json!([take.demand, take.source, take.units]));
    json!({
        "takes": takes.collect::<Vec<_>>(),
        "opened": plan.opened_sources().collect::<Vec<_>>(),
        "cost_minor": plan.cost_minor,
        "proof": plan.proof.map(Proof::name),
        "gap": plan.gap,
    })
}

fn measure(measure: &Measure) -> Value {
    json!({
        "units_short": measure.units_short,
        "objective": measure.objective,
        "cost_minor": measure.cost_minor,
        "parcels": measure.parcels,
        "days": measure.days,
        "priorities": measure.priorities,
    })
}
