//! Decide: what a command would do. Reads the state, writes into a reused buffer, changes nothing.

mod candidates;
mod control;
mod due;
mod expected;
mod give_up;
mod held;
mod hold;
mod matching;
mod order_units;
mod place;
mod promise;
mod reject;
mod resource;
mod review;
mod serve;
mod sourcing;
mod supply;
mod swap;
mod sweep;

use gantry_model::{
    Command, EngineTime, MOVEMENTS_PER_RECORD_MAX, Movement, MovementKind, OutcomeHead,
    RejectReason, ReserveRow, Sequence, Short,
};

pub(crate) use candidates::{Grant, Pass};
pub(crate) use give_up::{decide_give_up, let_go};
pub(crate) use held::{Held, decide_expiry, let_expire};
pub(crate) use matching::{decide_match, pass_over};
pub(crate) use place::sum_demands;
pub(crate) use review::{decide_review, leave_broken};
pub(crate) use sweep::{decide_sweep, look_past};

use crate::archive::Known;
use crate::sourcing::{Plan, Problem, Scratch};
use crate::state::State;

/// A decision and the scratch it was worked out in. Kept and filled again.
#[derive(Debug)]
pub struct Decision {
    /// Accepted or rejected, with the figures that belong to it.
    pub head: OutcomeHead,
    /// Lines for which there was too little.
    pub shorts: Vec<Short>,
    /// The quantities that change.
    pub movements: Vec<Movement>,
    /// The record that placed the hold which the command releases.
    pub(crate) released: Sequence,
    problem: Problem,
    scratch: Scratch,
    plan: Plan,
    grants: Vec<Grant>,
    /// What the first pass granted, while the second works.
    granted: Vec<Grant>,
}

impl Decision {
    /// An empty decision with room for the largest.
    #[must_use]
    pub fn new() -> Self {
        Self {
            head: OutcomeHead::accepted(0, 0),
            shorts: Vec::with_capacity(gantry_model::LINES_PER_ORDER_MAX),
            movements: Vec::with_capacity(MOVEMENTS_PER_RECORD_MAX),
            released: Sequence::NONE,
            problem: Problem::new(),
            scratch: Scratch::default(),
            plan: Plan::new(),
            grants: Vec::with_capacity(gantry_model::LINES_PER_ORDER_MAX),
            granted: Vec::new(),
        }
    }

    /// A decision that says yes and moves nothing.
    pub(crate) fn accept_empty(&mut self) {
        self.clear();
    }

    fn clear(&mut self) {
        self.head = OutcomeHead::accepted(0, 0);
        self.shorts.clear();
        self.movements.clear();
    }
}

impl Default for Decision {
    fn default() -> Self {
        Self::new()
    }
}

/// Why not: a reason, and the two figures it compares where it compares any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rejection {
    reason: RejectReason,
    actual: i64,
    limit: i64,
}

impl Rejection {
    /// `actual` was too large or too small for `limit`.
    pub(crate) const fn of(reason: RejectReason, actual: i64, limit: i64) -> Self {
        Self { reason, actual, limit }
    }
}

impl From<RejectReason> for Rejection {
    fn from(reason: RejectReason) -> Self {
        Self::of(reason, 0, 0)
    }
}

/// Adds what a movement of a bundle's units means for its components: `kind`, and the same place.
fn push_components(
    state: &State,
    movement: &Movement,
    kind: MovementKind,
    movements: &mut Vec<Movement>,
) {
    for part in state.bundles.components(movement.sku()) {
        let units = movement.quantity().unsigned_abs() * part.units();
        let (order, cause) = (movement.order(), movement.cause());
        let (line, warehouse) = (movement.line(), movement.warehouse());
        let movement = Movement::of_order(kind, order, line, part.sku(), warehouse, units, cause);
        movements.push(movement);
    }
}

/// Decides `command` as the record `sequence` at time `now`. Nothing but `decision` changes.
///
/// Repeated ids are not looked at here: the engine answers them before it decides.
pub fn decide(
    state: &State,
    command: &Command<'_>,
    sequence: Sequence,
    now: EngineTime,
    decision: &mut Decision,
) {
    decide_known(Known::of(state), command, sequence, now, decision);
}

/// As [`decide`], beside what the archive knows.
pub(crate) fn decide_known(
    known: Known<'_>,
    command: &Command<'_>,
    sequence: Sequence,
    now: EngineTime,
    decision: &mut Decision,
) {
    let state = known.state;
    decision.clear();
    let decided = match command {
        Command::PlaceOrder(order) => place::decide(state, order, sequence, now, decision),
        Command::CancelOrder(units) => order_units::cancel(known, units, sequence, decision),
        Command::Ship(units) => order_units::ship(known, units, sequence, decision),
        Command::SetPriority(set) => order_units::set_priority(known, set, sequence, decision),
        Command::MatchAgain(again) => due::match_again(state, again.sku, sequence, decision),
        Command::Receive(change) => supply::receive(state, change, sequence, decision),
        Command::Adjust(change) => supply::adjust(state, change, sequence, decision),
        Command::SetStock(change) => supply::set_stock(state, change, sequence, decision),
        Command::UpsertSku(sku) => control::sku(state, sku),
        Command::UpsertWarehouse(warehouse) => control::warehouse(state, warehouse),
        Command::UpsertZone(code) => control::zone(state, code),
        Command::UpsertChannel(code) => control::channel(state, code),
        Command::SetCosts(costs) => control::costs(state, costs),
        Command::SetLimits(limits) => control::limits(&limits.limits),
        Command::SetPolicy(policy) => sourcing::policy(state, policy),
        Command::AssignPolicy(assignment) => sourcing::assignment(state, assignment),
        Command::SetCapacity(capacity) => sourcing::capacity(state, capacity),
        Command::SetReserves(reserves) => sourcing::reserves(state, reserves),
        Command::SetBundle(bundle) => sourcing::bundle(state, bundle),
        Command::SetShadowPrices(prices) => sourcing::shadow_prices(state, prices),
        Command::PlaceHold(command) => hold::place(state, command, sequence, now, decision),
        Command::ExtendHold(command) => hold::extend(state, command, now),
        Command::ReleaseHold(command) => hold::release(state, command, sequence, now, decision),
        Command::ResourceOrder(command) => {
            resource::decide(known, command, sequence, now, decision)
        }
        Command::SwapUnits(command) => swap::decide(known, command, sequence, now, decision),
        Command::SetCancelAt(command) => give_up::set_cancel_at(known, command, now),
        Command::RejectUnits(command) => reject::decide(known, command, sequence, now, decision),
        Command::ExpectSupply(command) => expected::expect(state, command, now),
        Command::ChangeSupply(command) => expected::change(state, command, now),
        Command::ReceiveSupply(command) => expected::receive(state, command, sequence, decision),
        Command::Mark { .. }
        | Command::Retire(_)
        | Command::Match(_)
        | Command::ExpireHolds(_)
        | Command::Promise(_)
        | Command::GiveUp(_)
        | Command::Sweep(_) => Err(RejectReason::NotForClients.into()),
    };
    match decided {
        Ok(head) => {
            decision.head = head;
            make_due_what_follows(state, command, sequence, decision);
        }
        Err(Rejection { reason, actual, limit }) => {
            decision.head = OutcomeHead::rejected(reason, actual, limit);
            decision.movements.clear();
        }
    }
    assert!(decision.movements.len() <= MOVEMENTS_PER_RECORD_MAX, "a record is bounded");
    assert!(decision.shorts.is_empty() || !decision.head.is_accepted(), "shorts explain a no");
}

/// Lets waiting lines be looked at for which the decision frees something, or lets something be had.
fn make_due_what_follows(
    state: &State,
    command: &Command<'_>,
    sequence: Sequence,
    decision: &mut Decision,
) {
    let freed = match command {
        Command::SwapUnits(_) => None,
        Command::RejectUnits(_) => Some(due::Freed::WhatIsLeft),
        _ => Some(due::Freed::All),
    };
    if let Some(freed) = freed {
        due::set_aside_what_is_free(state, freed, sequence, decision);
    }
    if let Command::SetReserves(reserves) = command {
        let skus = reserves.rows.iter().map(ReserveRow::sku);
        skus.for_each(|sku| due::make_due_what_waits(state, sku, sequence, decision));
    }
}
