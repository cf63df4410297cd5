//! The judgement of a look at waiting lines: which were looked at, what they got, and what is next.

use gantry_model::{
    Actor, AdjustReason, Match, MatchEnd, Movement, MovementKind, OutcomeHead, Record, Sku,
    WaitKey, Warehouse,
};

use super::book::{Book, Waiting};
use super::case::{Case, Scratch, find_candidates};
use super::decide::{expect, expect_movements};
use super::feasible::{is_maximal, keeps_rules};
use super::freed::free_after;
use super::loose::plan_makes_sense;
use super::order::Demand;
use super::place::{self, Part};
use super::sourced::source;

/// Lines that one record may look at.
const LINES_LOOKED_AT_MAX: usize = 64;

/// Judges a look at waiting lines; returns whether the plan of the line that was served was held
/// against every plan.
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
    let behind: Vec<&Waiting> = book.waiting_behind(sku).collect();
    let parts = parts(record, looked.last.line);
    let (passed, served) = split(&behind, looked.last, !parts.is_empty())?;
    let time = record.time.get();
    for waiting in passed {
        gets_nothing(book, waiting, sku, time, scratch)?;
    }
    let mut expected = Vec::new();
    let is_tried = match served {
        Some(waiting) => {
            let is_tried = is_served(book, waiting, sku, record, &parts, scratch)?;
            serve(book, waiting, sku, record, &parts, &mut expected);
            is_tried
        }
        None => {
            let head = record.outcome.head;
            expect(*head == OutcomeHead::accepted(0, 0), || format!("said {head:?}"))?;
            true
        }
    };
    let is_last = behind.last().is_none_or(|waiting| waiting.key <= looked.last);
    ends(book, record, looked, is_last, &mut expected)?;
    expect_movements(record, &expected).map(|()| is_tried)
}

/// Whether it says rightly that it is over; then what is left is for everybody again.
fn ends(
    book: &Book,
    record: &Record<'_>,
    looked: &Match,
    is_last: bool,
    movements: &mut Vec<Movement>,
) -> Result<(), String> {
    let is_over = is_last || is_nothing_left(book, looked.sku, movements);
    let end = if is_over { MatchEnd::Over } else { MatchEnd::GoesOn };
    if is_over {
        give_back_all(book, looked.sku, record, movements);
    }
    expect(looked.end == end, || format!("ends {:?}, the rules say {end:?}", looked.end))
}

/// Where the units of the line that was served come from.
fn parts(record: &Record<'_>, line: u16) -> Vec<Part> {
    let movements = record.movements.iter();
    let allocated = movements.filter(|movement| movement.kind() == MovementKind::Allocated);
    let part = |movement: &Movement| Part {
        line,
        warehouse: movement.warehouse().get(),
        units: movement.quantity().into(),
    };
    allocated.map(part).collect()
}

/// The lines that were passed over, and the one that was served.
fn split<'a>(
    behind: &'a [&'a Waiting],
    last: WaitKey,
    is_served: bool,
) -> Result<(&'a [&'a Waiting], Option<&'a Waiting>), String> {
    if behind.is_empty() {
        let is_none = last == WaitKey::FIRST && !is_served;
        expect(is_none, || format!("no line waits, {last:?} was looked at"))?;
        return Ok((&[], None));
    }
    let lines = &behind[..behind.len().min(LINES_LOOKED_AT_MAX)];
    let at = lines.iter().position(|waiting| waiting.key == last);
    let at = at.ok_or_else(|| format!("{last:?} is not among the next {lines:?}"))?;
    if is_served {
        return Ok((&lines[..at], Some(lines[at])));
    }
    expect(at + 1 == lines.len(), || format!("{last:?} is not the last of {lines:?}"))?;
    Ok((lines, None))
}

/// Sets the case of a line as if its waiting units were an order of their own.
fn with_case<T>(
    book: &Book,
    waiting: &Waiting,
    sku: u32,
    time: u64,
    scratch: &mut Scratch,
    judge: impl FnOnce(&Case<'_>, &[Demand], &mut super::plan::Problem) -> T,
) -> T {
    let row = &book.orders[waiting.order];
    let (order, sent) = (&book.placed(row), &book.parcels_of(row));
    let wanted = [Demand { sku, units: book.wanted(waiting) }];
    let Scratch { candidates, problem, .. } = scratch;
    let is_comparable = find_candidates(book, order, time, &wanted, candidates);
    let policy = book.policy_of(order.channel.get());
    let awaited = Some(sku);
    let case = Case { book, order, policy, candidates, awaited, sent, is_comparable };
    judge(&case, &wanted, problem)
}

fn gets_nothing(
    book: &Book,
    waiting: &Waiting,
    sku: u32,
    time: u64,
    scratch: &mut Scratch,
) -> Result<(), String> {
    with_case(book, waiting, sku, time, scratch, |case, wanted, _| {
        is_maximal(case, wanted, &[]).map_err(|what| format!("passed over {waiting:?}: {what}"))
    })
}

fn is_served(
    book: &Book,
    waiting: &Waiting,
    sku: u32,
    record: &Record<'_>,
    parts: &[Part],
    scratch: &mut Scratch,
) -> Result<bool, String> {
    let head = record.outcome.head;
    with_case(book, waiting, sku, record.time.get(), scratch, |case, wanted, problem| {
        let had: i64 = parts.iter().map(|part| part.units).sum();
        let is_once = (0..parts.len()).all(|at| {
            let is_same = |other: &Part| other.warehouse == parts[at].warehouse;
            parts[at].units > 0 && !parts[..at].iter().any(is_same)
        });
        expect(is_once && had <= wanted[0].units, || format!("{parts:?} of {waiting:?}"))?;
        keeps_rules(case, parts)?;
        let grants = place::grants(case, parts);
        place::figures_add_up(case, head, &grants)?;
        place::proof_makes_sense(case, head)?;
        match source(case, wanted, problem) {
            Some(best) => place::compare(case, head, &[had], &grants, &best).map(|()| true),
            None => plan_makes_sense(case, wanted, head, &grants).map(|()| false),
        }
    })
}

/// The movements of a line that gets these units.
fn serve(
    book: &Book,
    waiting: &Waiting,
    sku: u32,
    record: &Record<'_>,
    parts: &[Part],
    movements: &mut Vec<Movement>,
) {
    let cause = record.sequence;
    let of_order = |kind: MovementKind, sku: u32, warehouse: u16, units: i64| {
        let units = u32::try_from(units).expect("invariant: an order stays below 2^31 units");
        let (sku, warehouse, key) = (Sku::new(sku), Warehouse::new(warehouse), waiting.key);
        Movement::of_order(kind, key.placed, key.line, sku, warehouse, units, cause)
    };
    let row = book.the_sku(sku);
    let nowhere = Warehouse::NONE.get();
    let all = parts.iter().map(|part| part.units).sum();
    movements.push(of_order(MovementKind::Dequeued, sku, nowhere, all));
    for part in parts {
        let set_aside = row.set_aside.get(&part.warehouse).copied().unwrap_or(0);
        give_back(Sku::new(sku), part.warehouse, set_aside.min(part.units), record, movements);
        movements.push(of_order(MovementKind::Allocated, sku, part.warehouse, part.units));
        for (component, each) in &row.components {
            let (kind, units) = (MovementKind::ComponentAllocated, part.units * i64::from(*each));
            movements.push(of_order(kind, *component, part.warehouse, units));
        }
    }
}

fn give_back(
    sku: Sku,
    warehouse: u16,
    units: i64,
    record: &Record<'_>,
    movements: &mut Vec<Movement>,
) {
    let units = i32::try_from(units).expect("invariant: cells hold below 2^31");
    if units > 0 {
        let (kind, reason) = (MovementKind::GivenBack, AdjustReason::None);
        let warehouse = Warehouse::new(warehouse);
        movements.push(Movement::stock(kind, reason, sku, warehouse, units, record.sequence));
    }
}

/// Units that are still set aside for the SKU at a warehouse when the movements are done.
fn set_aside_after(book: &Book, sku: Sku, warehouse: u16, movements: &[Movement]) -> i64 {
    let here = movements.iter().filter(|movement| {
        movement.kind() == MovementKind::GivenBack
            && (movement.sku(), movement.warehouse().get()) == (sku, warehouse)
    });
    let given: i64 = here.map(|movement| i64::from(movement.quantity())).sum();
    book.the_sku(sku.get()).set_aside.get(&warehouse).copied().unwrap_or(0) - given
}

/// Whether no warehouse has a unit of the SKU any more, or a whole one of a bundle.
fn is_nothing_left(book: &Book, sku: Sku, movements: &[Movement]) -> bool {
    let parts = &book.the_sku(sku.get()).components;
    (0..).zip(&book.warehouses).all(|(warehouse, _)| {
        let free = |sku: Sku| free_after(book, sku, Warehouse::new(warehouse), movements);
        let whole = parts.iter().map(|(part, each)| free(Sku::new(*part)) / i64::from(*each));
        let left = whole.min();
        left.unwrap_or_else(|| free(sku) + set_aside_after(book, sku, warehouse, movements)) <= 0
    })
}

/// All that is set aside for the SKU is for everybody again.
fn give_back_all(book: &Book, sku: Sku, record: &Record<'_>, movements: &mut Vec<Movement>) {
    for (warehouse, _) in (0..).zip(&book.warehouses) {
        let units = set_aside_after(book, sku, warehouse, movements);
        give_back(sku, warehouse, units, record, movements);
    }
}
