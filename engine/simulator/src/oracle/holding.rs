//! The rules of holding units, letting go of them, and taking them for an order.

use gantry_model::{
    Channel, ExpireHolds, ExtendHold, HOLD_ROWS_PER_OWNER_MAX, HOLD_SECONDS_MAX, HOLDS_MAX, HoldId,
    Movement, MovementKind, Objective, OrderId, OutcomeHead, PlaceHold, PlaceOrder, Proof, Record,
    RejectReason, ReleaseHold, Rules, Sequence, ShortMode, Warehouse, Zone,
};

use super::book::{Book, WarehouseBook};
use super::case::{Case, Grant, Scratch, find_candidates};
use super::decide::{expect, expect_movements, expect_own};
use super::feasible::keeps_rules;
use super::freed;
use super::holds::{HeldRow, HoldBook, grants, held_movement, sum_by_place};
use super::loose::plan_makes_sense;
use super::no::{No, figure, no, refuse_if};
use super::order::{Demand, check_channel, check_line_count, is_served, sum_lines};
use super::place::{self, Part, Said};
use super::plan::Problem;
use super::sourced::{Sourced, source};

/// What a hold must be before anything is sourced; sums what it wants.
pub(super) fn check(
    book: &Book,
    hold: &PlaceHold<'_>,
    time: u64,
    demands: &mut Vec<Demand>,
) -> Result<(), No> {
    refuse_if(hold.lines.is_empty(), RejectReason::NoLines)?;
    refuse_if(hold.owner == 0, RejectReason::OwnerZero)?;
    check_ttl(hold.ttl_seconds)?;
    check_line_count(book, hold.lines)?;
    let is_by_zone = hold.zone != Zone::NONE;
    refuse_if(is_by_zone == (hold.warehouse != Warehouse::NONE), RejectReason::BadHoldScope)?;
    let knows_zone = !is_by_zone || hold.zone.index() < book.zones.len();
    refuse_if(!knows_zone, RejectReason::UnknownZone)?;
    let knows_warehouse = is_by_zone || book.knows_warehouse(hold.warehouse);
    refuse_if(!knows_warehouse, RejectReason::UnknownWarehouse)?;
    check_channel(book, hold.channel)?;
    let replaces = hold.replaces != HoldId::NONE;
    refuse_if(book.holds.len() >= HOLDS_MAX && !replaces, RejectReason::TableFull)?;
    if replaces {
        let owner = book.active_hold(hold.replaces, time)?.owner;
        refuse_if(owner != hold.owner, RejectReason::NotTheOwner)?;
    }
    sum_lines(book, hold.lines, demands)?;
    let has_candidates = if is_by_zone {
        is_served(book, hold.zone)
    } else {
        book.warehouses[hold.warehouse.index()].active
    };
    refuse_if(!has_candidates, RejectReason::NotServed)
}

fn check_ttl(seconds: u32) -> Result<(), No> {
    refuse_if(seconds == 0, RejectReason::TtlZero)?;
    if seconds > HOLD_SECONDS_MAX {
        return no(RejectReason::TtlOverLimit, seconds, HOLD_SECONDS_MAX);
    }
    Ok(())
}

pub(super) fn extend(book: &Book, command: &ExtendHold, time: u64) -> Result<OutcomeHead, No> {
    check_ttl(command.ttl_seconds)?;
    book.active_hold(command.hold, time)?;
    Ok(OutcomeHead::accepted(0, 0))
}

pub(super) fn release(
    book: &Book,
    command: &ReleaseHold,
    (sequence, time): (Sequence, u64),
    movements: &mut Vec<Movement>,
) -> Result<OutcomeHead, No> {
    book.active_hold(command.hold, time)?.let_go(sequence, movements);
    freed::add(book, sequence, movements);
    Ok(OutcomeHead::accepted(0, 0))
}

/// The movements by which an order takes a hold, behind those of its own: the hold lets go of all,
/// and the owner's others of what the order has of theirs.
pub(super) fn take(
    book: &Book,
    hold: &HoldBook,
    channel: Channel,
    (sequence, time): (Sequence, u64),
    movements: &mut Vec<Movement>,
) {
    let mut taken: Vec<((u32, u16), i64)> = Vec::new();
    for movement in movements.iter() {
        let place = (movement.sku().get(), movement.warehouse().get());
        let is_allocated =
            matches!(movement.kind(), MovementKind::Allocated | MovementKind::ComponentAllocated);
        if !is_allocated || !book.the_sku(place.0).tracked {
            continue;
        }
        match taken.iter_mut().find(|row| row.0 == place) {
            Some(row) => row.1 += i64::from(movement.quantity()),
            None => taken.push((place, movement.quantity().into())),
        }
    }
    hold.let_go(sequence, movements);
    for ((sku, warehouse), units) in taken {
        // What is fenced for others is not taken while there are units of the owner's.
        let fenced = book.fenced(sku, warehouse, channel.get());
        let free = (book.available(sku, warehouse) - fenced).max(0);
        let mut need = units - free - hold.units_at(sku, warehouse);
        let others = book.holds_of(hold.owner, time).filter(|other| other.placed != hold.placed);
        for other in others {
            for row in other.rows.iter().filter(|row| (row.sku, row.warehouse) == (sku, warehouse))
            {
                let units = row.units.min(need);
                if units > 0 {
                    movements.push(other.unheld(row, units, sequence));
                    need -= units;
                }
            }
        }
    }
}

/// Judges the engine's note that holds came to their end.
pub(super) fn judge_expiry(
    book: &Book,
    record: &Record<'_>,
    command: &ExpireHolds,
) -> Result<(), String> {
    expect_own(record)?;
    let over = book.expired(record.time.get());
    let last = over.last().ok_or("no hold is over")?;
    let said = (command.last_expires.get(), command.last_placed.get(), command.holds);
    let holds = u32::try_from(over.len()).unwrap_or(u32::MAX);
    expect(said == (last.expires, last.placed, holds), || format!("over are {over:?}"))?;
    let mut movements = Vec::new();
    over.iter().for_each(|hold| hold.let_go(record.sequence, &mut movements));
    freed::add(book, record.sequence, &mut movements);
    expect_movements(record, &movements)
}

/// Judges a hold with a record; returns whether it was held against every plan.
pub(super) fn judge(
    book: &Book,
    record: &Record<'_>,
    hold: &PlaceHold<'_>,
    scratch: &mut Scratch,
) -> Result<bool, String> {
    let time = record.time.get();
    let (head, shorts) = (record.outcome.head, record.outcome.shorts);
    let mut demands = std::mem::take(&mut scratch.demands);
    if let Err(no) = check(book, hold, time, &mut demands) {
        let is_same = *head == no.head() && shorts.is_empty() && record.movements.is_empty();
        return expect(is_same, || format!("said {head:?}, the rules say {no:?}")).map(|()| true);
    }
    let replaced = book.hold(hold.replaces);
    let parts = parts(book, record, hold)?;
    let said = Said { head, shorts, parts: &parts };
    let is_tried =
        Holding { book, hold, replaced, time, demands: &demands }.judge(&said, scratch)?;
    scratch.demands = demands;
    let mut movements = Vec::new();
    if head.is_accepted() {
        expect(*head == OutcomeHead::accepted(0, 0), || format!("said {head:?} of a hold"))?;
        if let Some(replaced) = replaced {
            replaced.let_go(record.sequence, &mut movements);
        }
        let rows = rows(book, hold, &parts);
        let too_many = book.rows_of_others_with(hold, rows.len());
        expect(too_many.is_none(), || format!("places of one owner: {too_many:?}"))?;
        movements.extend(
            rows.iter().map(|row| {
                held_movement(MovementKind::Held, record.sequence, row, record.sequence)
            }),
        );
        freed::add(book, record.sequence, &mut movements);
    }
    expect_movements(record, &movements).map(|()| is_tried)
}

impl Book {
    /// All places that the owner would hold units at, where that is too many.
    fn rows_of_others_with(&self, hold: &PlaceHold<'_>, rows: usize) -> Option<usize> {
        let all = self.rows_of_others(hold.owner, hold.replaces) + rows;
        (all > HOLD_ROWS_PER_OWNER_MAX).then_some(all)
    }
}

/// Judges the "no" to a hold that would hold units at too many places. Which ones is not told, so
/// that there may be so many has to do.
pub(super) fn judge_too_many(
    book: &Book,
    hold: &PlaceHold<'_>,
    time: u64,
    head: &OutcomeHead,
    scratch: &mut Scratch,
) -> Result<(), String> {
    let mut demands = Vec::new();
    check(book, hold, time, &mut demands).map_err(|no| format!("the rules say {no:?}"))?;
    let others = figure(book.rows_of_others(hold.owner, hold.replaces));
    let (max, actual) = (figure(HOLD_ROWS_PER_OWNER_MAX), head.actual());
    let is_no = *head == OutcomeHead::rejected(RejectReason::TooManyPlacesHeld, actual, max);
    let of_line = |sku: u32| book.the_sku(sku).components.len().max(1);
    let of_lines = hold.lines.iter().map(|line| of_line(line.sku().get()));
    let most = figure(of_lines.sum::<usize>() * book.warehouses.len());
    expect(is_no && actual > max && (1..=most).contains(&(actual - others)), || {
        format!("said {head:?}; other holds of the owner are at {others} places")
    })?;
    if book.warehouses.iter().any(WarehouseBook::is_timed) {
        return Ok(()); // What there was when this was answered, nobody knows.
    }
    let replaced = book.hold(hold.replaces);
    Holding { book, hold, replaced, time, demands: &demands }.is_granted(scratch)
}

/// Where the units that a record holds come from.
fn parts(book: &Book, record: &Record<'_>, hold: &PlaceHold<'_>) -> Result<Vec<Part>, String> {
    let held = record.movements.iter().filter(|row| row.kind() == MovementKind::Held);
    let held: Vec<&Movement> = held.collect();
    let (mut parts, mut at) = (Vec::new(), 0);
    while let Some(first) = held.get(at) {
        let line = hold.lines.get(usize::from(first.line()));
        let line = line.ok_or_else(|| format!("{first:?} is of no line"))?;
        let tracked = tracked_parts(book, line.sku().get());
        let (_, each) = tracked.first().ok_or_else(|| format!("{first:?} is of no counted SKU"))?;
        let units = i64::from(first.quantity()) / each;
        let warehouse = first.warehouse();
        expect(units > 0 && book.knows_warehouse(warehouse), || format!("{first:?} holds none"))?;
        parts.push(Part { line: first.line(), warehouse: warehouse.get(), units });
        at += tracked.len();
    }
    Ok(parts)
}

/// The SKUs whose units a unit of `sku` takes, as far as they are counted, and how many of each.
fn tracked_parts(book: &Book, sku: u32) -> Vec<(u32, i64)> {
    let components = &book.the_sku(sku).components;
    let parts = components.iter().map(|(part, each)| (*part, i64::from(*each)));
    let itself = components.is_empty().then_some((sku, 1));
    parts.chain(itself).filter(|(part, _)| book.the_sku(*part).tracked).collect()
}

/// The rows of a hold with these parts.
fn rows(book: &Book, hold: &PlaceHold<'_>, parts: &[Part]) -> Vec<HeldRow> {
    let rows = parts.iter().flat_map(|part| {
        let Part { line, warehouse, units } = *part;
        let sku = hold.lines[usize::from(line)].sku().get();
        let row = move |(sku, each)| HeldRow { line, sku, warehouse, units: units * each };
        tracked_parts(book, sku).into_iter().map(row)
    });
    rows.collect()
}

/// A hold that is to be placed, and makes sense.
struct Holding<'a> {
    book: &'a Book,
    hold: &'a PlaceHold<'a>,
    replaced: Option<&'a HoldBook>,
    time: u64,
    demands: &'a [Demand],
}

impl Holding<'_> {
    fn judge(&self, said: &Said<'_>, scratch: &mut Scratch) -> Result<bool, String> {
        self.with_case(scratch, |case, wanted, problem| {
            let sourced = self.source(case, wanted, problem);
            if !said.head.is_accepted() {
                let sourced = sourced.filter(|sourced| sourced.are_units_certain);
                place::rejected(case, wanted, said, sourced.as_ref())?;
                return Ok(sourced.is_some());
            }
            expect(said.shorts.is_empty(), || "an accepted hold is short of nothing".into())?;
            let had = self.had(case, wanted, said.parts)?;
            expect(place::may_be_accepted(case, &had), || format!("accepted with {had:?}"))?;
            if self.hold.zone == Zone::NONE {
                let had = units(case, wanted, said.parts);
                return self.is_from_warehouse(&had, said.parts, sourced.as_ref()).map(|()| true);
            }
            keeps_rules(case, said.parts)?;
            is_best(case, wanted, said.parts, sourced.as_ref())
        })
    }

    /// Whether it may be placed, as far as that is certain.
    fn is_granted(&self, scratch: &mut Scratch) -> Result<(), String> {
        self.with_case(scratch, |case, wanted, problem| {
            match self.source(case, wanted, problem).filter(|sourced| sourced.are_units_certain) {
                Some(sourced) => {
                    let had = place::fill_lines(case, wanted, &sourced.units);
                    expect(place::may_be_accepted(case, &had), || format!("it has {had:?}"))
                }
                None => Ok(()),
            }
        })
    }

    /// An order of the same lines, of which units matter that must be held.
    fn with_case<T>(
        &self,
        scratch: &mut Scratch,
        judge: impl FnOnce(&Case<'_>, &[Demand], &mut Problem) -> T,
    ) -> T {
        let Self { book, hold, replaced, time, demands } = *self;
        let is_held = |demand: &&Demand| !tracked_parts(book, demand.sku).is_empty();
        let wanted: Vec<Demand> = demands.iter().filter(is_held).copied().collect();
        let short = if hold.partial { ShortMode::TakeAvailable } else { ShortMode::ShipComplete };
        let order = &PlaceOrder {
            id: OrderId::new(0),
            hold: HoldId::NONE,
            customer: 0,
            value_minor: 0,
            currency: [0; 4],
            zone: hold.zone,
            channel: hold.channel,
            priority_class: 0,
            service_level: 0,
            short,
            reference: "",
            lines: hold.lines,
        };
        let Scratch { candidates, problem, .. } = scratch;
        candidates.clear();
        let is_comparable =
            hold.zone != Zone::NONE && find_candidates(book, order, time, &wanted, candidates);
        let policy = book.policy_of(hold.channel.get());
        let in_reach = &grants(&sum_by_place(replaced));
        let sent = &[][..];
        let (is_hold, is_its_own) = (true, true);
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
        judge(&case, &wanted, problem)
    }

    /// The best that can be had, if that is known.
    fn source(&self, case: &Case<'_>, wanted: &[Demand], problem: &mut Problem) -> Option<Sourced> {
        if self.hold.zone != Zone::NONE {
            return source(case, wanted, problem);
        }
        let warehouse = self.hold.warehouse.get();
        let mut granted: Vec<Grant> = Vec::new();
        for Demand { sku, units } in wanted.iter().copied() {
            let units = case.left(sku, warehouse, Rules::NONE, &granted).min(units);
            granted.push(Grant { sku, warehouse, units });
        }
        Some(Sourced {
            units: granted.iter().map(|grant| grant.units).collect(),
            weight: (0, 0),
            parcels: 1,
            warehouses: None,
            days_max: 0,
            are_units_certain: true,
        })
    }

    /// Units of each line, of which those of uncounted SKUs are all there.
    fn had(&self, case: &Case<'_>, wanted: &[Demand], parts: &[Part]) -> Result<Vec<i64>, String> {
        let of_parts = place::by_line(case, parts)?;
        let units = units(case, wanted, parts);
        let had = place::fill_lines(case, wanted, &units);
        let lines = self.hold.lines.iter().zip(of_parts.iter().zip(&had));
        let is_filled = |sku: u32, of_parts: i64, had: i64| {
            let is_held = wanted.iter().any(|demand| demand.sku == sku);
            of_parts == if is_held { had } else { 0 }
        };
        let mut lines = lines.map(|(line, (of_parts, had))| (line.sku().get(), *of_parts, *had));
        expect(lines.all(|(sku, of_parts, had)| is_filled(sku, of_parts, had)), || {
            format!("lines have {of_parts:?}, lower lines first would have {had:?}")
        })?;
        Ok(had)
    }

    fn is_from_warehouse(
        &self,
        had: &[i64],
        parts: &[Part],
        sourced: Option<&Sourced>,
    ) -> Result<(), String> {
        let warehouse = self.hold.warehouse.get();
        let is_there = parts.iter().all(|part| part.warehouse == warehouse);
        let is_all = sourced.is_some_and(|sourced| sourced.units == had);
        expect(is_there && is_all, || {
            format!("holds {parts:?}, the rules say {sourced:?} from {warehouse}")
        })
    }
}

/// Units of each demand.
fn units(case: &Case<'_>, wanted: &[Demand], parts: &[Part]) -> Vec<i64> {
    let sku = |part: &Part| case.order.lines[usize::from(part.line)].sku().get();
    let of = |demand: &Demand| {
        let parts = parts.iter().filter(|part| sku(part) == demand.sku);
        parts.map(|part| part.units).sum()
    };
    wanted.iter().map(of).collect()
}

/// Holds the places of a hold against the best; returns whether every plan was tried. A hold does not
/// say how far its plan is proven, so a search that may have ended early leaves it open.
fn is_best(
    case: &Case<'_>,
    wanted: &[Demand],
    parts: &[Part],
    sourced: Option<&Sourced>,
) -> Result<bool, String> {
    let grants = place::grants(case, parts);
    let Some(best) = sourced else {
        if is_searched(case, wanted) {
            plan_makes_sense(case, wanted, &OutcomeHead::accepted(0, 0), &grants)?;
        }
        return Ok(false);
    };
    let units = units(case, wanted, parts);
    let (proof, gap) = match case.policy.objective {
        Objective::Greedy => (None, 0),
        _ if is_searched(case, wanted) => (Some(Proof::Optimal), 0),
        _ => (Some(Proof::GapInUnits), i64::MAX),
    };
    let parcels = u16::try_from(case.added(&grants).count()).expect("invariant: few candidates");
    let head = OutcomeHead::sourced(parcels, case.weight(&grants).1, proof, gap);
    place::compare(case, &head, &units, &grants, best).map(|()| true)
}

/// Whether the work limit lets every set of candidates be looked at.
pub(super) fn is_searched(case: &Case<'_>, wanted: &[Demand]) -> bool {
    let cells = wanted.len().saturating_mul(case.candidates.len());
    let sets = 4_usize.checked_shl(u32::try_from(case.candidates.len()).unwrap_or(u32::MAX));
    let steps = sets.map_or(usize::MAX, |sets| sets.saturating_mul(cells));
    usize::try_from(case.book.limits.sourcing_steps_max).is_ok_and(|max| steps <= max)
}
