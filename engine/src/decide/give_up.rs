//! When what an order waits for is given up, and giving it up.

use gantry_journal::mark;
use gantry_model::{
    EngineSecond, EngineTime, GiveUp, Movement, MovementKind, OutcomeHead, RejectReason, Sequence,
    SetCancelAt, ShortMode, Warehouse,
};

use super::due::{Freed, set_aside_what_is_free};
use super::order_units::make_rest_due;
use super::{Decision, Rejection};
use crate::archive::Known;
use crate::state::State;

/// Says when an open order is given up.
pub(super) fn set_cancel_at(
    known: Known<'_>,
    command: &SetCancelAt,
    now: EngineTime,
) -> Result<OutcomeHead, Rejection> {
    let view = known.order(command.order).ok_or(RejectReason::UnknownOrder)?;
    if view.row.open_units == 0 {
        return Err(RejectReason::OrderClosed.into());
    }
    if command.cancel_at.is_past(now) {
        return Err(RejectReason::CancelAtInPast.into());
    }
    Ok(OutcomeHead::accepted(0, 0))
}

/// Decides that the first order whose time has come is given up, as the record `sequence`; none, if
/// there is none at time `now`. Its waiting units are cancelled, as by whoever placed it.
pub(crate) fn decide_give_up(
    state: &State,
    sequence: Sequence,
    now: EngineTime,
    decision: &mut Decision,
) -> Option<GiveUp> {
    let given_up = let_go(state, sequence, now, decision)?;
    let (_, slot) = state.deadlines.first()?;
    let view = state.orders.view(slot);
    if view.row.short == ShortMode::WaitComplete {
        make_rest_due(state, view.lines, sequence, decision);
    }
    set_aside_what_is_free(state, Freed::All, sequence, decision);
    match decision.movements.is_empty() {
        true => mark!("order's time came when nothing waited"),
        false => mark!("order given up"),
    }
    if view.lines.iter().any(|line| line.waiting > 0 && line.allocated + line.shipped > 0) {
        mark!("order given up with units kept");
    }
    Some(given_up)
}

/// As [`decide_give_up`], but has nobody look at what is free for it: what is left where that stopped
/// by a bug, so that the same order does not stop it for ever.
pub(crate) fn let_go(
    state: &State,
    sequence: Sequence,
    now: EngineTime,
    decision: &mut Decision,
) -> Option<GiveUp> {
    decision.clear();
    let (cancel_at, slot) = state.deadlines.first()?;
    if cancel_at == EngineSecond::NONE || !cancel_at.is_past(now) {
        return None;
    }
    let view = state.orders.view(slot);
    for (line, row) in (0..).zip(view.lines).filter(|(_, row)| row.waiting > 0) {
        let (placed, nowhere) = (view.row.placed, Warehouse::NONE);
        for kind in [MovementKind::Dequeued, MovementKind::Cancelled] {
            let units = row.waiting;
            let movement =
                Movement::of_order(kind, placed, line, row.sku, nowhere, units, sequence);
            decision.movements.push(movement);
        }
    }
    Some(GiveUp { order: view.row.id, cancel_at })
}
