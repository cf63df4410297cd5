//! Why an order was sourced as it was: the decision taken again on the state just before it, with
//! everything written down. None of this runs while orders are served.

mod waiting;

use std::path::Path;

use gantry_journal::{JournalError, JournalReader, VisitError};
use gantry_model::{
    Command, EngineTime, OrderId, OutcomeHead, PlaceOrder, Policy, Record, Records, Rule, Rules,
    Sequence, ShortMode,
};

use crate::decide::{Decision, Grant, Held, Pass, decide, sum_demands};
use crate::sourcing::{Measure, Plan, Problem, Scratch, solve};
use crate::state::{Candidate, State};
use crate::{Engine, ReplayError};
pub use waiting::{MatchedUnits, Waited, WaitingUnits, follow_waiting};

/// A warehouse that serves the order's zone, and what became of it in one pass.
#[derive(Clone, Debug)]
pub struct ExplainedCandidate {
    /// Priority, costs, days as the network has them.
    pub candidate: Candidate,
    /// Whether it takes new orders; one that does not is no candidate.
    pub active: bool,
    /// Days from then to the door, the cut-off considered.
    pub days: u32,
    /// The rule that took it out, if one did.
    pub removed_by: Option<Rule>,
    /// Position among the problem's sources, if it was not taken out.
    pub source: Option<usize>,
}

/// One pass of a decision.
#[derive(Clone, Debug)]
pub struct ExplainedPass {
    /// Rules that the pass did not keep.
    pub dropped: Rules,
    /// Every warehouse that serves the zone, in order of handle.
    pub candidates: Vec<ExplainedCandidate>,
    /// What was solved.
    pub problem: Problem,
    /// The plan taken.
    pub best: Plan,
    /// What the plan is measured by.
    pub best_measure: Measure,
    /// The best plan that leaves out at least one warehouse of the plan taken, if there is one.
    pub runner_up: Option<(Plan, Measure)>,
}

/// A decision, explained.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The policy in force, or [`Policy::NONE`] for the built-in one.
    pub policy: Policy,
    /// Its version then.
    pub policy_version: u32,
    /// One pass, or two where soft rules were dropped for what was left.
    pub passes: Vec<ExplainedPass>,
    /// What was decided.
    pub head: OutcomeHead,
}

/// An order's decision found in a journal.
#[derive(Debug)]
pub struct Explained {
    /// The engine as it was just before the decision.
    pub engine: Engine,
    /// The record of the decision.
    pub sequence: Sequence,
    /// When it was taken.
    pub time: EngineTime,
    /// The order's id.
    pub order: OrderId,
    /// Whether units of the order may have had to wait.
    pub may_wait: bool,
    /// What the record says was decided.
    pub recorded: OutcomeHead,
    /// The decision taken again.
    pub explanation: Explanation,
}

impl Engine {
    /// Decides `order` at time `now` on the state as it stands, and tells how. Changes nothing.
    #[must_use]
    pub fn explain(&self, order: &PlaceOrder<'_>, now: EngineTime) -> Explanation {
        let state = self.state();
        let mut decision = Decision::new();
        let command = Command::PlaceOrder(*order);
        decide(state, &command, self.last_sequence().next(), now, &mut decision);
        let (policy, row) = state.policies.of(order.channel);
        let held = Held::for_order(state, order, now);
        let first = Pass::first(state, order, now).of_owner(&held);
        let mut passes = Vec::new();
        let mut problem = Problem::new();
        if sum_demands(state, order.lines, &mut problem.demands).is_ok() {
            let pass = explain_pass(state, &first, &mut problem);
            let granted = grants(&pass);
            leave_what_is_not_granted(&mut problem, &granted);
            passes.push(pass);
            if first.has_soft_rules() && !problem.demands.is_empty() {
                passes.push(explain_pass(state, &first.second(&granted), &mut problem));
            }
        }
        Explanation { policy, policy_version: row.version, passes, head: decision.head }
    }
}

fn explain_pass(state: &State, pass: &Pass<'_>, problem: &mut Problem) -> ExplainedPass {
    pass.fill(problem);
    let (mut best, mut scratch) = (Plan::new(), Scratch::default());
    solve(problem, &mut scratch, &mut best);
    let best_measure = Measure::of(problem, &best);
    let candidates = state.network.serving(pass.order.zone).iter();
    let mut sources = 0..problem.sources.len();
    let candidates = candidates.map(|candidate| {
        let removed_by = pass.removed_by(candidate);
        let is_source = candidate.active && removed_by.is_none();
        ExplainedCandidate {
            candidate: *candidate,
            active: candidate.active,
            days: pass.days(candidate),
            removed_by,
            source: if is_source { sources.next() } else { None },
        }
    });
    ExplainedPass {
        dropped: pass.dropped,
        candidates: candidates.collect(),
        runner_up: runner_up(problem, &best),
        problem: problem.clone(),
        best,
        best_measure,
    }
}

/// The best plan that leaves out at least one warehouse that `best` opens: the best of those that
/// leave out one of them for certain.
fn runner_up(problem: &Problem, best: &Plan) -> Option<(Plan, Measure)> {
    let mut scratch = Scratch::default();
    let without = |left_out: usize| {
        let mut problem = problem.clone();
        problem.forbid(left_out);
        let mut plan = Plan::new();
        solve(&problem, &mut scratch, &mut plan);
        let measure = Measure::of(&problem, &plan);
        (plan, measure)
    };
    let plans = best.opened_sources().map(without);
    let plans = plans.filter(|(plan, _)| !plan.takes.is_empty());
    plans.min_by(|(_, left), (_, right)| left.cmp(right))
}

fn grants(pass: &ExplainedPass) -> Vec<Grant> {
    let takes = pass.best.takes.iter();
    let grant = |take: &crate::Take| Grant {
        sku: pass.problem.demands[take.demand].sku,
        warehouse: pass.problem.sources[take.source].warehouse,
        units: take.units,
    };
    takes.map(grant).collect()
}

fn leave_what_is_not_granted(problem: &mut Problem, granted: &[Grant]) {
    for demand in &mut problem.demands {
        let here = granted.iter().filter(|grant| grant.sku == demand.sku);
        demand.units -= here.map(|grant| grant.units).sum::<u32>();
    }
    problem.demands.retain(|demand| demand.units > 0);
}

/// Replays a folder up to the first decision about an order that `is_wanted` and explains it;
/// `None` if no record is about such an order. Changes nothing, and works beside a running server.
pub fn explain_order(
    directory: &Path,
    is_wanted: &dyn Fn(&PlaceOrder<'_>) -> bool,
    index_seed: u64,
) -> Result<Option<Explained>, JournalError> {
    let mut found = None;
    let engine = visit_orders(directory, index_seed, &mut |engine, record| {
        if found.is_none() && is_wanted(&record.order) {
            let explanation = engine.explain(&record.order, record.time);
            let may_wait = record.head.is_accepted() && may_wait(record.order.short);
            let RecordedOrder { sequence, time, head, .. } = *record;
            found = Some((sequence, time, record.order.id, may_wait, head, explanation));
        }
        found.is_none()
    })?;
    Ok(found.map(|(sequence, time, order, may_wait, recorded, explanation)| Explained {
        engine,
        sequence,
        time,
        order,
        may_wait,
        recorded,
        explanation,
    }))
}

/// A recorded decision about an order.
#[derive(Clone, Copy, Debug)]
pub struct RecordedOrder<'a> {
    /// The record.
    pub sequence: Sequence,
    /// When it was decided.
    pub time: EngineTime,
    /// What was asked.
    pub order: PlaceOrder<'a>,
    /// What was decided.
    pub head: OutcomeHead,
}

/// Replays a folder and shows each recorded decision about an order with the engine as it was just
/// before it, until `visit` returns false; returns the engine as it was then.
pub fn visit_orders(
    directory: &Path,
    index_seed: u64,
    visit: &mut dyn FnMut(&Engine, &RecordedOrder<'_>) -> bool,
) -> Result<Engine, JournalError> {
    visit_records(directory, index_seed, &mut |engine, record| {
        let Command::PlaceOrder(order) = record.command else { return true };
        let (sequence, time, head) = (record.sequence, record.time, *record.outcome.head);
        visit(engine, &RecordedOrder { sequence, time, order, head })
    })
}

/// Replays a folder and shows each record with the engine as it was just before it, until `visit`
/// returns false; returns the engine as it was then.
fn visit_records(
    directory: &Path,
    index_seed: u64,
    visit: &mut dyn FnMut(&Engine, &Record<'_>) -> bool,
) -> Result<Engine, JournalError> {
    let mut reader = JournalReader::open(directory)?;
    let mut engine = Engine::with_index_seed(index_seed);
    while let Some(frame) = reader.next_frame()? {
        for record in Records::new(frame.payload) {
            let fail = |error: ReplayError| JournalError::Visit {
                frame_number: frame.number,
                source: VisitError::from(error),
            };
            let record = record.map_err(|error| fail(error.into()))?;
            if !visit(&engine, &record) {
                return Ok(engine);
            }
            engine.replay_record(&record).map_err(fail)?;
        }
    }
    Ok(engine)
}

const fn may_wait(short: ShortMode) -> bool {
    matches!(short, ShortMode::Backorder | ShortMode::WaitComplete)
}
