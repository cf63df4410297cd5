//! The judgement of an order that was placed or quoted: is this plan, or this "no", what the rules
//! say?

use gantry_model::{
    Movement, MovementKind, Objective, OutcomeHead, PlaceOrder, Proof, RejectReason, Rules,
    Sequence, Short, ShortMode, Sku, Warehouse,
};

use super::book::{Book, may_wait};
use super::case::{Case, Grant, Scratch, find_candidates};
use super::decide::expect;
use super::feasible::{keeps_rules, most_units};
use super::freed::{self, push_due};
use super::holding;
use super::loose::{plan_makes_sense, rejection_makes_sense};
use super::order::{Demand, demands};
use super::promises;
use super::sourced::{Sourced, source, would_do_without_rules};

/// Units of a line from a warehouse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) line: u16,
    pub(super) warehouse: u16,
    pub(super) units: i64,
}

/// What was said of an order.
pub(super) struct Said<'a> {
    pub(super) head: &'a OutcomeHead,
    pub(super) shorts: &'a [Short],
    /// Of an accepted order: where its units come from.
    pub(super) parts: &'a [Part],
}

/// Judges what was said of `order` at `time`; returns whether it was held against every plan.
pub(super) fn judge(
    book: &Book,
    order: &PlaceOrder<'_>,
    time: u64,
    said: &Said<'_>,
    scratch: &mut Scratch,
) -> Result<bool, String> {
    let Scratch { demands: wanted, candidates, problem, .. } = scratch;
    if let Err(no) = demands(book, order, time, wanted) {
        let expected = no.head();
        let is_same = *said.head == expected && said.shorts.is_empty() && said.parts.is_empty();
        expect(is_same, || format!("said {:?}, the rules say {expected:?}", said.head))?;
        return Ok(true);
    }
    let is_comparable = find_candidates(book, order, time, wanted, candidates);
    let policy = book.policy_of(order.channel.get());
    let hold = book.active_hold(order.hold, time).ok();
    let in_reach = &hold.map_or_else(Vec::new, |hold| book.own_units(hold.owner, time));
    let (sent, is_hold, is_its_own) = (&[][..], false, hold.is_some());
    let case = Case {
        book,
        order,
        policy,
        candidates,
        in_reach,
        sent,
        is_hold,
        is_its_own,
        is_comparable,
    };
    let sourced = source(&case, wanted, problem);
    if said.head.is_accepted() {
        accepted(&case, wanted, said, sourced.as_ref())?;
        Ok(sourced.is_some())
    } else {
        let sourced = sourced.filter(|sourced| sourced.are_units_certain);
        rejected(&case, wanted, said, sourced.as_ref())?;
        Ok(sourced.is_some())
    }
}

fn accepted(
    case: &Case<'_>,
    wanted: &[Demand],
    said: &Said<'_>,
    sourced: Option<&Sourced>,
) -> Result<(), String> {
    expect(said.shorts.is_empty(), || "an accepted order is short of nothing".into())?;
    if case.order.short == ShortMode::WaitComplete && said.parts.is_empty() {
        return waits(case, wanted, said, sourced);
    }
    let had = by_line(case, said.parts)?;
    let units: Vec<i64> = wanted.iter().map(|demand| of_sku(case, demand.sku, &had)).collect();
    let as_filled = fill_lines(case, wanted, &units);
    expect(had == as_filled, || {
        format!("lines have {had:?}, lower lines first would have {as_filled:?}")
    })?;
    expect(may_be_accepted(case, &had), || {
        format!("accepted with {had:?}, which its mode does not allow")
    })?;
    let is_partial = || wanted.iter().zip(&units).any(|(demand, had)| *had < demand.units);
    let is_complete = case.order.short != ShortMode::WaitComplete || !is_partial();
    expect(is_complete, || format!("a part of an order that waits complete: {had:?}"))?;
    keeps_rules(case, said.parts)?;
    let grants = grants(case, said.parts);
    figures_add_up(case, said.head, &grants)?;
    proof_makes_sense(case, said.head)?;
    match sourced {
        Some(sourced) => compare(case, said.head, &units, &grants, sourced),
        None => plan_makes_sense(case, wanted, said.head, &grants),
    }
}

/// All of it waits: it may, and cannot be had whole.
fn waits(
    case: &Case<'_>,
    wanted: &[Demand],
    said: &Said<'_>,
    sourced: Option<&Sourced>,
) -> Result<(), String> {
    let is_plain = *said.head == OutcomeHead::accepted(0, 0);
    expect(is_plain, || format!("said {:?} of an order that waits", said.head))?;
    let mut lines = case.order.lines.iter();
    let may = lines.all(|line| case.book.the_sku(line.sku().get()).backorder);
    expect(may, || "a line waits that may not".into())?;
    is_not_whole(case, wanted, sourced)
}

/// Whether not every unit could be had at once, as far as that is certain.
pub(super) fn is_not_whole(
    case: &Case<'_>,
    wanted: &[Demand],
    sourced: Option<&Sourced>,
) -> Result<(), String> {
    let all: i64 = wanted.iter().map(|demand| demand.units).sum();
    let most = match sourced {
        Some(sourced) => sourced.are_units_certain.then(|| sourced.units.iter().sum::<i64>()),
        None if case.is_searched_to_its_end() => most_units(case, wanted),
        None => None,
    };
    expect(most.is_none_or(|most| most < all), || {
        format!("all {all} units of {wanted:?} could be had: {sourced:?}")
    })
}

/// Units of each line, if each pair of line and warehouse stands there once, by line.
pub(super) fn by_line(case: &Case<'_>, parts: &[Part]) -> Result<Vec<i64>, String> {
    let mut had = vec![0; case.order.lines.len()];
    for (at, part) in parts.iter().enumerate() {
        let line = usize::from(part.line);
        expect(line < had.len() && part.units > 0, || format!("a wrong allocation {part:?}"))?;
        let is_in_order = at == 0 || parts[at - 1].line <= part.line;
        let pair = |other: &Part| (other.line, other.warehouse) == (part.line, part.warehouse);
        let is_new = !parts[..at].iter().any(pair);
        expect(is_in_order && is_new, || format!("allocations not by line: {parts:?}"))?;
        had[line] += part.units;
    }
    Ok(had)
}

fn of_sku(case: &Case<'_>, sku: u32, had: &[i64]) -> i64 {
    let lines = case.order.lines.iter().zip(had);
    lines.filter(|(line, _)| line.sku().get() == sku).map(|(_, units)| units).sum()
}

/// Units of each line, lower lines of one SKU served first.
pub(super) fn fill_lines(case: &Case<'_>, wanted: &[Demand], units: &[i64]) -> Vec<i64> {
    let mut left = units.to_vec();
    let lines = case.order.lines.iter().map(|line| {
        let at = wanted.iter().position(|demand| demand.sku == line.sku().get());
        // What a hold has without holding it is not sourced.
        let Some(at) = at else { return line.quantity().into() };
        let had = left[at].min(line.quantity().into());
        left[at] -= had;
        had
    });
    lines.collect()
}

/// Whether the order's mode lets it be accepted with these units.
pub(super) fn may_be_accepted(case: &Case<'_>, had: &[i64]) -> bool {
    let lines = || case.order.lines.iter().zip(had);
    let is_short = |line: &gantry_model::OrderLine, had: i64| had < i64::from(line.quantity());
    match case.order.short {
        ShortMode::ShipComplete => lines().all(|(line, had)| !is_short(line, *had)),
        ShortMode::TakeAvailable => lines().any(|(_, had)| *had > 0),
        ShortMode::Backorder => lines().all(|(line, had)| {
            !is_short(line, *had) || case.book.the_sku(line.sku().get()).backorder
        }),
        ShortMode::WaitComplete => {
            lines().all(|(line, had)| !is_short(line, *had))
                || lines().all(|(line, _)| case.book.the_sku(line.sku().get()).backorder)
        }
    }
}

pub(super) fn grants(case: &Case<'_>, parts: &[Part]) -> Vec<Grant> {
    let grant = |part: &Part| Grant {
        sku: case.order.lines[usize::from(part.line)].sku().get(),
        warehouse: part.warehouse,
        units: part.units,
    };
    parts.iter().map(grant).collect()
}

pub(super) fn figures_add_up(
    case: &Case<'_>,
    head: &OutcomeHead,
    grants: &[Grant],
) -> Result<(), String> {
    let parcels = case.added(grants).count();
    let cost = case.weight(grants).1;
    let says_no_more = OutcomeHead::sourced(head.parcels(), cost, head.proof(), head.gap());
    expect(usize::from(head.parcels()) == parcels && *head == says_no_more, || {
        let (said, said_cost) = (head.parcels(), head.cost_minor());
        format!("says {said} parcels for {said_cost}, has {parcels} for {cost}")
    })
}

pub(super) fn proof_makes_sense(case: &Case<'_>, head: &OutcomeHead) -> Result<(), String> {
    let makes_sense = match head.proof() {
        None => case.policy.objective == Objective::Greedy && head.gap() == 0,
        Some(proof) => {
            case.policy.objective != Objective::Greedy
                && (proof == Proof::Optimal) == (head.gap() == 0)
                && head.gap() >= 0
        }
    };
    expect(makes_sense, || format!("{:?} with a gap of {}", head.proof(), head.gap()))
}

/// Holds an accepted plan against the best.
pub(super) fn compare(
    case: &Case<'_>,
    head: &OutcomeHead,
    units: &[i64],
    grants: &[Grant],
    best: &Sourced,
) -> Result<(), String> {
    let weight = case.weight(grants);
    let (had, most) = (units.iter().sum::<i64>(), best.units.iter().sum::<i64>());
    let gap = head.gap();
    // Of a greedy plan nothing is proven, but there is only one.
    let is_proven = matches!(head.proof(), Some(Proof::Optimal) | None);
    let is_ended = !is_proven || head.proof().is_some() && !case.is_searched_to_its_end();
    if is_ended && case.policy.soft != Rules::NONE {
        // A first pass that ends early leaves other units, or other parcels, to the second; which of
        // them the gap is of, is not said.
        return Ok(());
    }
    let is_as_said = match head.proof() {
        Some(Proof::Optimal) | None => {
            let mut used: Vec<u16> = case.open(grants).collect();
            used.sort_unstable();
            let is_same = best.warehouses.as_ref().is_none_or(|warehouses| *warehouses == used);
            let is_tie_decided = u32::from(head.parcels()) == best.parcels && is_same;
            let are_units_same = units == best.units || !best.are_units_certain;
            had == most
                && weight == best.weight
                && are_units_same
                && (is_tie_decided || !case.is_searched_to_its_end())
        }
        Some(Proof::GapInUnits) => most - had <= gap,
        Some(Proof::GapInObjective) if case.policy.objective == Objective::Priority => had == most,
        Some(Proof::GapInObjective) => had == most && weight.0 - best.weight.0 <= i128::from(gap),
        Some(Proof::GapInCost) => {
            had == most && weight.0 == best.weight.0 && weight.1 - best.weight.1 <= gap
        }
    };
    let is_no_better = had < most || had == most && weight >= best.weight;
    expect(is_as_said && (is_proven || is_no_better), || {
        format!("plan {grants:?} of weight {weight:?}, said {head:?}; the best is {best:?}")
    })
}

pub(super) fn rejected(
    case: &Case<'_>,
    wanted: &[Demand],
    said: &Said<'_>,
    sourced: Option<&Sourced>,
) -> Result<(), String> {
    expect(said.parts.is_empty(), || "a rejection allocates nothing".into())?;
    let Some(sourced) = sourced else {
        return rejection_makes_sense(case, wanted, said);
    };
    let had = fill_lines(case, wanted, &sourced.units);
    expect(!may_be_accepted(case, &had), || {
        format!("rejected by {:?} although it has {had:?}", said.head)
    })?;
    let shorts = shorts(case, &had);
    expect(said.shorts == shorts, || format!("shorts {:?}, not {shorts:?}", said.shorts))?;
    let reasons = reasons(case, wanted);
    let is_one = reasons.iter().any(|no| *said.head == OutcomeHead::rejected(*no, 0, 0));
    expect(is_one, || format!("said {:?}, the rules say {reasons:?}", said.head))
}

/// The short lines that a rejection names.
pub(super) fn shorts(case: &Case<'_>, had: &[i64]) -> Vec<Short> {
    let rows = (0..).zip(case.order.lines).zip(had);
    let rows = rows.filter(|((_, line), had)| {
        let waits = may_wait(case.order.short) && case.book.the_sku(line.sku().get()).backorder;
        let is_short = **had < i64::from(line.quantity());
        // Of an order that waits complete every unit would have to wait.
        (is_short || case.order.short == ShortMode::WaitComplete) && !waits
    });
    let short = rows.map(|((at, line), had)| {
        let had = u32::try_from(*had).expect("invariant: no more than the line wants");
        Short::new(at, line.sku(), line.quantity(), had)
    });
    short.collect()
}

/// What a rejection of the order may say.
pub(super) fn reasons(case: &Case<'_>, wanted: &[Demand]) -> &'static [RejectReason] {
    if case.is_hold {
        return &[RejectReason::OutOfStock];
    }
    if may_wait(case.order.short) {
        return &[RejectReason::BackorderNotAllowed];
    }
    match would_do_without_rules(case, wanted) {
        Some(true) => &[RejectReason::RulesForbid],
        Some(false) => &[RejectReason::OutOfStock],
        None => &[RejectReason::RulesForbid, RejectReason::OutOfStock],
    }
}

/// The movements of an order with these parts that was accepted at `time`.
pub(super) fn movements(
    book: &Book,
    order: &PlaceOrder<'_>,
    (sequence, time): (Sequence, u64),
    parts: &[Part],
    movements: &mut Vec<Movement>,
) {
    let mut push = |kind: MovementKind, line: u16, sku: u32, warehouse: u16, units: i64| {
        let units = u32::try_from(units).expect("invariant: an order stays below 2^31 units");
        let (sku, warehouse) = (Sku::new(sku), Warehouse::new(warehouse));
        movements.push(Movement::of_order(kind, sequence, line, sku, warehouse, units, sequence));
    };
    let sku_of = |line: u16| order.lines[usize::from(line)].sku().get();
    for part in parts {
        push(MovementKind::Allocated, part.line, sku_of(part.line), part.warehouse, part.units);
    }
    for part in parts {
        for (sku, each) in &book.the_sku(sku_of(part.line)).components {
            let units = part.units * i64::from(*each);
            push(MovementKind::ComponentAllocated, part.line, *sku, part.warehouse, units);
        }
    }
    let kind = match order.short {
        ShortMode::TakeAvailable => MovementKind::Cancelled,
        _ => MovementKind::Backordered,
    };
    for (line, wanted) in (0..).zip(order.lines) {
        let had = parts.iter().filter(|part| part.line == line).map(|part| part.units);
        let left = i64::from(wanted.quantity()) - had.sum::<i64>();
        if left > 0 {
            push(kind, line, wanted.sku().get(), Warehouse::NONE.get(), left);
        }
    }
    if order.short == ShortMode::WaitComplete && parts.is_empty() {
        order.lines.iter().for_each(|line| push_due(line.sku(), sequence, movements));
    }
    promises::when_ordered(book, order, time, movements);
    if let Ok(hold) = book.active_hold(order.hold, time) {
        holding::take(book, hold, order.channel, (sequence, time), movements);
        freed::add(book, sequence, movements);
    }
}
