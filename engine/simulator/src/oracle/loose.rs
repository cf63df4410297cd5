//! Judgements of plans that are too many to be tried: what holds of them whatever the best is.

use gantry_model::{OrderLine, OutcomeHead, Proof, Short, ShortMode};

use super::book::may_wait;
use super::case::{Case, Grant};
use super::decide::expect;
use super::feasible::{is_maximal, most_units};
use super::order::Demand;
use super::place::{Said, is_not_whole, reasons};

/// An accepted plan: unless it says that it may lack units, it lacks none that could be had.
pub(super) fn plan_makes_sense(
    case: &Case<'_>,
    wanted: &[Demand],
    head: &OutcomeHead,
    grants: &[Grant],
) -> Result<(), String> {
    if head.proof() == Some(Proof::GapInUnits) {
        return Ok(());
    }
    is_maximal(case, wanted, grants)?;
    let had: i64 = grants.iter().map(|grant| grant.units).sum();
    let most = most_units(case, wanted);
    expect(most.is_none_or(|most| had == most), || {
        format!("{had} units, {most:?} could be had: {grants:?}")
    })
}

/// What holds of a rejection whatever the best plan is.
pub(super) fn rejection_makes_sense(
    case: &Case<'_>,
    wanted: &[Demand],
    said: &Said<'_>,
) -> Result<(), String> {
    let lines = case.order.lines;
    let rises = said.shorts.is_sorted_by(|one, next| one.line() < next.line());
    let is_complete = case.order.short == ShortMode::WaitComplete;
    // Of an order that waits complete every unit would have to wait.
    let is_short = |short: &Short| {
        let (had, wanted) = (short.available(), short.wanted());
        had < wanted || is_complete && had == wanted
    };
    let is_of_line = |short: &Short| {
        let line = lines.get(usize::from(short.line()));
        line.is_some_and(|line| {
            let waits =
                may_wait(case.order.short) && case.book.the_sku(short.sku().get()).backorder;
            let is_same = (short.sku(), short.wanted()) == (line.sku(), line.quantity());
            is_same && is_short(short) && !waits
        })
    };
    let makes_sense = !said.shorts.is_empty() && rises && said.shorts.iter().all(is_of_line);
    expect(makes_sense, || format!("shorts {:?} of {lines:?}", said.shorts))?;
    if is_complete {
        let forbid = |line: &&OrderLine| !case.book.the_sku(line.sku().get()).backorder;
        let forbid = lines.iter().filter(forbid).count();
        expect(said.shorts.len() == forbid, || format!("shorts {:?} of {lines:?}", said.shorts))?;
        is_not_whole(case, wanted, None)?;
    }
    let takes_any = case.order.short == ShortMode::TakeAvailable;
    let is_nothing =
        said.shorts.iter().all(|short| short.available() == 0) && said.shorts.len() == lines.len();
    expect(!takes_any || is_nothing, || format!("some units are there: {:?}", said.shorts))?;
    if case.order.short == ShortMode::ShipComplete && case.is_searched_to_its_end() {
        let lacks = said.shorts.iter().map(|short| short.wanted() - short.available());
        let lacks: i64 = lacks.map(i64::from).sum();
        let all: i64 = wanted.iter().map(|demand| demand.units).sum();
        let most = most_units(case, wanted);
        expect(most.is_none_or(|most| all - lacks == most), || {
            format!("{lacks} of {all} units are said to lack, {most:?} could be had")
        })?;
    }
    let reasons = reasons(case, wanted);
    let is_one = reasons.iter().any(|no| *said.head == OutcomeHead::rejected(*no, 0, 0));
    expect(is_one, || format!("said {:?}, the rules say {reasons:?}", said.head))
}
