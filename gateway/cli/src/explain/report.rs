//! An explanation by codes. The names are a format that other programs read.

use gantry_engine::{
    Engine, Explained, ExplainedCandidate, ExplainedPass, Measure, Plan, Problem, Take,
};
use gantry_model::{Objective, Policy, Proof, RejectReason, Rule};
use serde::Serialize;

use super::hold::HoldReport;
use super::promised::PromisedReport;
use super::resourced::SourcedAgainReport;
use super::swapped::SwappedReport;
use super::waiting::WaitingReport;

/// Why an order was sourced as it was.
#[derive(Debug, Serialize)]
pub(super) struct ExplainReport {
    pub(super) sequence: u64,
    pub(super) time_ns: u64,
    pub(super) policy: PolicyReport,
    pub(super) outcome: OutcomeReport,
    /// Whether this version decides as the record says.
    pub(super) decided_as_recorded: bool,
    pub(super) passes: Vec<PassReport>,
    /// What became of units that had to wait; `null`: none had to.
    pub(super) waiting: Option<WaitingReport>,
    /// Records that moved its units to better places later.
    pub(super) sourced_again: Vec<SourcedAgainReport>,
    /// Records by which it and another order have units of each other.
    pub(super) swapped: Vec<SwappedReport>,
    /// What it was promised, what warehouses rejected, when it is given up; `null`: nothing.
    pub(super) promised: Option<PromisedReport>,
    /// The hold that the order names; `null`: it names none.
    pub(super) hold: Option<HoldReport>,
}

#[derive(Debug, Serialize)]
pub(super) struct PolicyReport {
    /// `null`: the built-in policy.
    pub(super) code: Option<String>,
    pub(super) version: u32,
    pub(super) objective: &'static str,
}

#[derive(Debug, Serialize)]
pub(super) struct OutcomeReport {
    pub(super) status: &'static str,
    pub(super) reason: Option<&'static str>,
    pub(super) parcels: u16,
    pub(super) cost_minor: i64,
    pub(super) proof: Option<&'static str>,
    pub(super) gap: i64,
}

/// One pass: with every rule, or without the soft ones for what was left.
#[derive(Debug, Serialize)]
pub(super) struct PassReport {
    pub(super) dropped_rules: Vec<&'static str>,
    pub(super) parcels_max: u32,
    pub(super) demands: Vec<DemandReport>,
    pub(super) candidates: Vec<CandidateReport>,
    pub(super) best: PlanReport,
    /// The best plan that leaves out a warehouse of the best.
    pub(super) runner_up: Option<PlanReport>,
}

#[derive(Debug, Serialize)]
pub(super) struct DemandReport {
    pub(super) sku: String,
    pub(super) units: u32,
}

#[derive(Debug, Serialize)]
pub(super) struct CandidateReport {
    pub(super) warehouse: String,
    pub(super) priority: u16,
    pub(super) days: u32,
    pub(super) parcel_cost_minor: u32,
    pub(super) unit_cost_minor: u32,
    /// `null`: any number.
    pub(super) units_max: Option<u32>,
    /// `null`: it is a candidate.
    pub(super) removed_by: Option<&'static str>,
    /// Units that each demand could have there, in order of the demands.
    pub(super) available: Vec<u32>,
    pub(super) in_plan: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct PlanReport {
    pub(super) units_short: u32,
    /// One figure, or for `priority` the units from each priority, negated.
    pub(super) objective: Vec<i64>,
    pub(super) cost_minor: i64,
    pub(super) parcels: u32,
    pub(super) days: u32,
    pub(super) proof: Option<&'static str>,
    pub(super) gap: i64,
    pub(super) parcel_costs: Vec<ParcelReport>,
    pub(super) takes: Vec<TakeReport>,
}

#[derive(Debug, Serialize)]
pub(super) struct ParcelReport {
    pub(super) warehouse: String,
    pub(super) cost_minor: u32,
}

#[derive(Debug, Serialize)]
pub(super) struct TakeReport {
    pub(super) sku: String,
    pub(super) warehouse: String,
    pub(super) units: u32,
    pub(super) unit_cost_minor: u32,
    pub(super) shadow_price_minor: u32,
}

impl ExplainReport {
    pub(super) fn new(explained: &Explained) -> Self {
        let (engine, explanation) = (&explained.engine, &explained.explanation);
        let head = &explained.recorded;
        let codes = &engine.state().catalogue.policies;
        let policy = explanation.policy;
        let code = (policy != Policy::NONE).then(|| codes.code(policy).as_str().to_owned());
        let objective = engine.state().policies.row(policy);
        let objective = objective.map_or(Objective::LeastCost, |row| row.objective);
        Self {
            sequence: explained.sequence.get(),
            time_ns: explained.time.get(),
            policy: PolicyReport {
                code,
                version: explanation.policy_version,
                objective: objective.name(),
            },
            outcome: OutcomeReport {
                status: if head.is_accepted() { "accepted" } else { "rejected" },
                reason: head.reason().map(RejectReason::name),
                parcels: head.parcels(),
                cost_minor: head.cost_minor(),
                proof: head.proof().map(Proof::name),
                gap: head.gap(),
            },
            decided_as_recorded: explanation.head == explained.recorded,
            passes: explanation.passes.iter().map(|pass| PassReport::new(engine, pass)).collect(),
            waiting: None,
            sourced_again: Vec::new(),
            swapped: Vec::new(),
            promised: None,
            hold: None,
        }
    }
}

impl PassReport {
    fn new(engine: &Engine, pass: &ExplainedPass) -> Self {
        let catalogue = &engine.state().catalogue;
        let demands = pass.problem.demands.iter().map(|demand| DemandReport {
            sku: catalogue.skus.code(demand.sku).as_str().to_owned(),
            units: demand.units,
        });
        let candidates = pass.candidates.iter();
        let runner_up = pass.runner_up.as_ref();
        Self {
            dropped_rules: pass.dropped.iter().map(Rule::name).collect(),
            parcels_max: pass.problem.parcels_max,
            demands: demands.collect(),
            candidates: candidates.map(|row| CandidateReport::new(engine, pass, row)).collect(),
            best: PlanReport::new(engine, &pass.problem, &pass.best, &pass.best_measure),
            runner_up: runner_up
                .map(|(plan, measure)| PlanReport::new(engine, &pass.problem, plan, measure)),
        }
    }
}

impl CandidateReport {
    fn new(engine: &Engine, pass: &ExplainedPass, row: &ExplainedCandidate) -> Self {
        let Problem { demands, sources, .. } = &pass.problem;
        let state = engine.state();
        let candidate = &row.candidate;
        let available = |(at, demand): (usize, &gantry_engine::Demand)| match row.source {
            Some(source) => pass.problem.available(at, source),
            None => state.available(demand.sku, candidate.warehouse),
        };
        let units_max = row.source.map_or(u32::MAX, |source| sources[source].units_max);
        let removed_by = row.removed_by.map(Rule::name);
        Self {
            warehouse: state.catalogue.warehouses.code(candidate.warehouse).as_str().to_owned(),
            priority: candidate.priority,
            days: row.days,
            parcel_cost_minor: candidate.parcel_cost,
            unit_cost_minor: candidate.unit_cost,
            units_max: (units_max != u32::MAX).then_some(units_max),
            removed_by: if row.active { removed_by } else { Some("inactive") },
            available: demands.iter().enumerate().map(available).collect(),
            in_plan: row.source.is_some_and(|source| uses(&pass.best, source)),
        }
    }
}

fn uses(plan: &Plan, source: usize) -> bool {
    plan.takes.iter().any(|take| take.source == source)
}

impl PlanReport {
    fn new(engine: &Engine, problem: &Problem, plan: &Plan, measure: &Measure) -> Self {
        let catalogue = &engine.state().catalogue;
        let warehouse = |source: usize| {
            let warehouse = problem.sources[source].warehouse;
            catalogue.warehouses.code(warehouse).as_str().to_owned()
        };
        let take = |take: &Take| TakeReport {
            sku: catalogue.skus.code(problem.demands[take.demand].sku).as_str().to_owned(),
            warehouse: warehouse(take.source),
            units: take.units,
            unit_cost_minor: problem.sources[take.source].unit_cost,
            shadow_price_minor: problem.price(take.demand, take.source),
        };
        let parcel = |source: usize| ParcelReport {
            warehouse: warehouse(source),
            cost_minor: problem.sources[source].parcel_cost,
        };
        Self {
            units_short: measure.units_short,
            objective: measure.objective.clone(),
            cost_minor: measure.cost_minor,
            parcels: measure.parcels,
            days: measure.days,
            proof: plan.proof.map(Proof::name),
            gap: plan.gap,
            parcel_costs: plan.opened_sources().map(parcel).collect(),
            takes: plan.takes.iter().map(take).collect(),
        }
    }
}
