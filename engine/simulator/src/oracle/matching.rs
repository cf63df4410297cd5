//! The judgement of a look at waiting lines: which were looked at, what they got, and what is next.

use std::collections::BTreeMap;

use gantry_model::{
    Actor, Match, MatchEnd, Movement, MovementKind, OutcomeHead, Record, Sku, WaitKey, Warehouse,
};

use super::book::{Book, Waiting};
use super::case::Scratch;
use super::decide::{expect, expect_movements};
use super::freed::free_after;
use super::place::Part;
use super::serving::{Asked, give_back, keep, set_aside_after};

/// Lines that one record may look at.
const LINES_LOOKED_AT_MAX: usize = 64;

/// Judges a look at waiting lines; returns whether the plan of what was served was held against
/// every plan.
pub(super) fn judge(
    book: &Book,
    record: &Record<'_>,
    looked: &Match,
    scratch: &mut Scratch,
) -> Result<bool, String> {
    let sku = looked.sku.get();
    let is_own = record.actor == Actor::ENGINE && record.outcome.shorts.is_empty();
    expect(is_own, || format!("the engine's own record with {:?}", record.outcome))?;
    let next = book.next_due();
    expect(next == Some(sku), || format!("{next:?} is due next"))?;
    let behind: Vec<&Waiting> = book.waiting_behind(sku).take(LINES_LOOKED_AT_MAX + 1).collect();
    let parts = parts(record);
    let has = |kind| record.movements.iter().any(|movement| movement.kind() == kind);
    let is_stopped = !parts.is_empty() || has(MovementKind::SetAside);
    let (passed, stopped_at) = split(&behind, looked.last, is_stopped)?;
    let time = record.time.get();
    for waiting in passed {
        Asked::new(book, waiting, time).gets_nothing(scratch)?;
        let more = book.kept_more(waiting, sku, time);
        expect(more.is_empty(), || format!("{waiting:?} would keep {more:?}"))?;
    }
    let (head, mut expected) = (record.outcome.head, Vec::new());
    let (mut is_tried, mut served) = (true, None);
    match stopped_at {
        Some(waiting) if !parts.is_empty() => {
            let asked = Asked::new(book, waiting, time);
            is_tried = asked.gets(&parts, head, scratch)?;
            asked.serve(sku, &parts, record, &mut expected);
            served = Some(waiting.order);
        }
        kept => {
            expect(*head == OutcomeHead::accepted(0, 0), || format!("said {head:?}"))?;
            if let Some(waiting) = kept {
                Asked::new(book, waiting, time).gets_nothing(scratch)?;
                keep(looked.sku, &book.kept_more(waiting, sku, time), record, &mut expected);
            }
        }
    }
    let is_last = behind.last().is_none_or(|waiting| waiting.key <= looked.last);
    ends(book, record, looked, (is_last, served), &mut expected)?;
    expect_movements(record, &expected).map(|()| is_tried)
}

/// Whether it says rightly that it is over; then what is left and not kept is for everybody again.
fn ends(
    book: &Book,
    record: &Record<'_>,
    looked: &Match,
    (is_last, served): (bool, Option<usize>),
    movements: &mut Vec<Movement>,
) -> Result<(), String> {
    let keeper = book.keeper(looked.sku.get(), served);
    let here = (0..).zip(&book.warehouses);
    let here = here.map(|(at, _)| (at, set_aside_after(book, looked.sku, at, movements)));
    let set_aside: BTreeMap<u16, i64> = here.filter(|(_, units)| *units > 0).collect();
    let kept = book.kept(keeper, &set_aside, record.time.get());
    let is_kept = keeper.is_some_and(|keeper| keeper.key <= looked.last);
    let is_over = is_last || {
        let from_those_behind = if is_kept { &kept } else { &BTreeMap::new() };
        is_nothing_left(book, looked.sku, from_those_behind, movements)
    };
    let end = if is_over { MatchEnd::Over } else { MatchEnd::GoesOn };
    for (warehouse, units) in set_aside.iter().filter(|_| is_over) {
        let kept = kept.get(warehouse).copied().unwrap_or(0);
        give_back(looked.sku, *warehouse, units - kept, record, movements);
    }
    expect(looked.end == end, || format!("ends {:?}, the rules say {end:?}", looked.end))
}

/// Where the units that were given come from.
fn parts(record: &Record<'_>) -> Vec<Part> {
    let movements = record.movements.iter();
    let allocated = movements.filter(|movement| movement.kind() == MovementKind::Allocated);
    let part = |movement: &Movement| Part {
        line: movement.line(),
        warehouse: movement.warehouse().get(),
        units: movement.quantity().into(),
    };
    allocated.map(part).collect()
}

/// The lines that were passed over, and the one at which the look ended: it got units, or keeps
/// more.
fn split<'a>(
    behind: &'a [&'a Waiting],
    last: WaitKey,
    is_stopped: bool,
) -> Result<(&'a [&'a Waiting], Option<&'a Waiting>), String> {
    if behind.is_empty() {
        let is_none = last == WaitKey::FIRST && !is_stopped;
        expect(is_none, || format!("no line waits, {last:?} was looked at"))?;
        return Ok((&[], None));
    }
    let lines = &behind[..behind.len().min(LINES_LOOKED_AT_MAX)];
    let at = lines.iter().position(|waiting| waiting.key == last);
    let at = at.ok_or_else(|| format!("{last:?} is not among the next {lines:?}"))?;
    if is_stopped {
        return Ok((&lines[..at], Some(lines[at])));
    }
    expect(at + 1 == lines.len(), || format!("{last:?} is not the last of {lines:?}"))?;
    Ok((lines, None))
}

/// Whether no warehouse has a unit of the SKU any more that is not `kept`, or a whole one of a
/// bundle.
fn is_nothing_left(
    book: &Book,
    sku: Sku,
    kept: &BTreeMap<u16, i64>,
    movements: &[Movement],
) -> bool {
    let parts = &book.the_sku(sku.get()).components;
    (0..).zip(&book.warehouses).all(|(warehouse, _)| {
        let free = |sku: Sku| free_after(book, sku, Warehouse::new(warehouse), movements);
        let whole = parts.iter().map(|(part, each)| free(Sku::new(*part)) / i64::from(*each));
        let left = whole.min();
        let kept = kept.get(&warehouse).copied().unwrap_or(0);
        let there = || free(sku) + set_aside_after(book, sku, warehouse, movements) - kept;
        left.unwrap_or_else(there) <= 0
    })
}
