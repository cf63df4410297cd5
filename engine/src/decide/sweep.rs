//! Sweeping: looking at every book, in steps, because something changed by which waiting lines are
//! sourced: a rule, a warehouse, a bar that ended, a day that began.
//!
//! A step makes the SKUs due for which lines wait and something is there; matching does the rest.
//! What became due is matched before the next step, so a sweep of a large catalogue holds nobody up.

use gantry_journal::mark;
use gantry_model::{
    EngineTime, Handle, MatchEnd, SKUS_DUE_PER_SWEEP_MAX, SKUS_SWEPT_PER_RECORD_MAX, Sequence, Sku,
    Sweep,
};

use super::Decision;
use super::due::make_due;
use crate::state::{State, SweepCause};

/// Decides the next step of a sweep as the record `sequence`; none, if there is nothing to sweep, or
/// something is to be matched before.
pub(crate) fn decide_sweep(
    state: &State,
    sequence: Sequence,
    now: EngineTime,
    decision: &mut Decision,
) -> Option<Sweep> {
    decision.clear();
    let from = begin(state, now)?;
    if state.sweeping.next.is_none() {
        match state.sweep_cause(now)? {
            SweepCause::Asked => mark!("sweep begun because a rule changed"),
            SweepCause::BarEnded => mark!("sweep begun because a bar ended"),
            SweepCause::DayBegan => mark!("sweep begun because a day began"),
        }
    }
    let mut last = from;
    for sku in skus_of_step(state, from) {
        last = sku;
        if is_to_be_looked_at(state, sku) {
            make_due(sku, sequence, decision);
        }
        if decision.movements.len() == SKUS_DUE_PER_SWEEP_MAX {
            mark!("sweep stopped where enough was due");
            break;
        }
    }
    match decision.movements.is_empty() {
        true => mark!("sweep found nothing to be looked at"),
        false => mark!("sweep made a SKU due"),
    }
    Some(step(state, from, last))
}

/// The step that makes no SKU due: what is left where [`decide_sweep`] stopped by a bug, so that the
/// same SKUs do not stop it for ever.
pub(crate) fn look_past(
    state: &State,
    _: Sequence,
    now: EngineTime,
    decision: &mut Decision,
) -> Option<Sweep> {
    decision.clear();
    let from = begin(state, now)?;
    Some(step(state, from, skus_of_step(state, from).last()?))
}

/// Where the next step begins, if there is to be one.
fn begin(state: &State, now: EngineTime) -> Option<Sku> {
    let is_due = state.may_sweep(now) && state.matching.next().is_none();
    is_due.then(|| state.sweeping.next.unwrap_or(Sku::from_index(0)))
}

/// The SKUs that one step looks at, if it does not stop before.
fn skus_of_step(state: &State, from: Sku) -> impl Iterator<Item = Sku> {
    let all = state.catalogue.skus.len();
    let count = SKUS_SWEPT_PER_RECORD_MAX as usize;
    (from.index()..all).take(count).map(<Sku as Handle>::from_index)
}

fn step(state: &State, from: Sku, last: Sku) -> Sweep {
    let is_over = last.index() + 1 == state.catalogue.skus.len();
    if !is_over {
        mark!("sweep goes on in another record");
    }
    Sweep { from, last, end: if is_over { MatchEnd::Over } else { MatchEnd::GoesOn } }
}

/// Whether lines wait for a SKU and something of it may be had. What is not counted may always be,
/// and a bundle is not asked how many of it are there.
fn is_to_be_looked_at(state: &State, sku: Sku) -> bool {
    if state.books.units(sku) == 0 {
        return false;
    }
    let is_tracked = state.catalogue.sku(sku).is_some_and(|row| row.tracked);
    let mut warehouses = state.catalogue.warehouses.handles();
    !is_tracked
        || state.matching.set_aside_of(sku) > 0
        || warehouses.any(|warehouse| state.stock.available(sku, warehouse) > 0)
}
