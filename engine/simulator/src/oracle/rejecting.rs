//! The judgement of units that a warehouse was to ship and cannot: they are free or lost, and sourced
//! from others, or wait.

use std::collections::BTreeSet;

use gantry_model::{
    AdjustReason, COOL_DOWN_SECONDS_MAX, Movement, MovementKind, OutcomeHead,
    REJECTIONS_PER_ORDER_MAX, Record, RejectCause, RejectReason, RejectUnits, Sequence, ShortMode,
    Sku, Warehouse,
};

use super::book::{Book, OrderBook};
use super::case::{Case, Scratch, find_candidates_but};
use super::decide::{expect, expect_movements, part};
use super::feasible::{is_maximal, keeps_rules};
use super::freed::{self, push_due};
use super::loose::plan_makes_sense;
use super::no::{No, figure, no, refuse_if};
use super::order::Demand;
use super::place::{self, Part};
use super::plan::Problem;
use super::promises::promise_movement;
use super::sourced::source;
use super::units::{Target, check_list};

/// Movements that what is rejected may make.
const OWN_MOVEMENTS_MAX: usize = 4_096;

/// What a command must be; returns what becomes of the units that it names.
pub(super) fn own_movements(
    book: &Book,
    command: &RejectUnits<'_>,
    sequence: Sequence,
) -> Result<Vec<Movement>, No> {
    let target = Target::find(book, command.order, sequence)?;
    refuse_if(command.units.is_empty(), RejectReason::NoLines)?;
    check_list(command.units)?;
    if command.cool_down_seconds > COOL_DOWN_SECONDS_MAX {
        let (actual, limit) = (command.cool_down_seconds, COOL_DOWN_SECONDS_MAX);
        return no(RejectReason::CoolDownOverLimit, actual, limit);
    }
    let mut movements = Vec::new();
    for units in command.units {
        target.check_allocated(units)?;
        let part = Part {
            line: units.line(),
            warehouse: units.warehouse().get(),
            units: units.quantity().into(),
        };
        let kinds = [MovementKind::Released, MovementKind::ComponentReleased];
        target.push(kinds, part.line, part.warehouse, part.units, &mut movements);
        if command.cause == RejectCause::NotFound {
            lose(&target, &part, &mut movements);
        }
    }
    if movements.len() > OWN_MOVEMENTS_MAX {
        let (actual, limit) = (figure(movements.len()), figure(OWN_MOVEMENTS_MAX));
        return no(RejectReason::TooManyLines, actual, limit);
    }
    Ok(movements)
}

/// Units that were not found are unavailable, as far as they are counted: of bundles their
/// components.
fn lose(target: &Target<'_>, part: &Part, movements: &mut Vec<Movement>) {
    let Target { book, order, sequence } = *target;
    let sku = book.lines_of(order)[usize::from(part.line)].sku;
    let components = &book.the_sku(sku).components;
    let itself = [(sku, 1)];
    for (sku, each) in if components.is_empty() { &itself[..] } else { components } {
        if !book.the_sku(*sku).tracked {
            continue;
        }
        let units = part.units * i64::from(*each);
        let units = i32::try_from(units).expect("invariant: cells hold below 2^31");
        let (kind, reason) = (MovementKind::Withdrawn, AdjustReason::Lost);
        let (sku, warehouse) = (Sku::new(*sku), Warehouse::new(part.warehouse));
        movements.push(Movement::stock(kind, reason, sku, warehouse, units, sequence));
    }
}

/// Judges a record of rejected units; returns whether what they got elsewhere was held against every
/// plan.
pub(super) fn judge(
    book: &Book,
    record: &Record<'_>,
    command: &RejectUnits<'_>,
    scratch: &mut Scratch,
) -> Result<bool, String> {
    let mut expected = own_movements(book, command, record.sequence)
        .map_err(|no| format!("the rules say {no:?}"))?;
    let (_, order) = book.order(command.order.get()).ok_or("an order is gone")?;
    expect(record.outcome.shorts.is_empty(), || "rejected units are short of nothing".into())?;
    let rejected = Rejected { book, order, command, time: record.time.get() };
    let movements = record.movements.iter();
    let allocated = movements.filter(|movement| movement.kind() == MovementKind::Allocated);
    let parts: Vec<Part> = allocated.map(part).collect();
    let is_tried = rejected.are_sourced(&parts, record.outcome.head, scratch)?;
    rejected.push_rest(&parts, record.sequence, &mut expected);
    freed::add_what_is_left(book, record.sequence, &mut expected);
    expect_movements(record, &expected).map(|()| is_tried)
}

struct Rejected<'a> {
    book: &'a Book,
    order: &'a OrderBook,
    command: &'a RejectUnits<'a>,
    time: u64,
}

impl Rejected<'_> {
    fn sku(&self, line: u16) -> u32 {
        self.book.lines_of(self.order)[usize::from(line)].sku
    }

    /// Units that are to come from elsewhere, by line of the order.
    fn by_line(&self) -> Vec<i64> {
        let mut units = vec![0; self.order.line_count];
        for row in self.command.units {
            units[usize::from(row.line())] += i64::from(row.quantity());
        }
        units
    }

    /// The same, SKU by SKU.
    fn wanted(&self) -> Vec<Demand> {
        let mut wanted: Vec<Demand> = Vec::new();
        for row in self.command.units {
            let (sku, units) = (self.sku(row.line()), i64::from(row.quantity()));
            match wanted.iter_mut().find(|demand| demand.sku == sku) {
                Some(demand) => demand.units += units,
                None => wanted.push(Demand { sku, units }),
            }
        }
        wanted
    }

    /// Warehouses that send a parcel of the order all the same, or have sent one.
    fn sent(&self) -> Vec<u16> {
        let rows = self.book.allocations_of(self.order).iter();
        let left = rows.map(|row| {
            let place = (row.line, row.warehouse);
            let named = self.command.units.iter();
            let named = named.filter(|units| (units.line(), units.warehouse().get()) == place);
            let gone: i64 = named.map(|units| i64::from(units.quantity())).sum();
            (row.warehouse, row.allocated - gone + row.shipped)
        });
        let sent = left.filter(|(_, units)| *units > 0).map(|(warehouse, _)| warehouse);
        sent.collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn with_case<T>(
        &self,
        wanted: &[Demand],
        scratch: &mut Scratch,
        judge: impl FnOnce(&Case<'_>, &mut Problem) -> T,
    ) -> T {
        let Self { book, time, command, .. } = *self;
        let order = &book.placed(self.order);
        let is_named =
            |warehouse: u16| command.units.iter().any(|units| units.warehouse().get() == warehouse);
        let is_left_out = |warehouse: u16| {
            is_named(warehouse) || book.is_barred(self.order.placed, warehouse, time)
        };
        let Scratch { candidates, problem, .. } = scratch;
        let is_comparable = find_candidates_but(book, order, time, wanted, is_left_out, candidates);
        let case = Case {
            book,
            order,
            policy: book.policy_of(order.channel.get()),
            candidates,
            in_reach: &[],
            sent: &self.sent(),
            is_hold: false,
            is_its_own: false,
            is_comparable,
        };
        judge(&case, problem)
    }

    /// Whether it is right that so much comes from elsewhere, from there.
    fn are_sourced(
        &self,
        parts: &[Part],
        head: &OutcomeHead,
        scratch: &mut Scratch,
    ) -> Result<bool, String> {
        let is_plain = *head == OutcomeHead::accepted(0, 0);
        if self.book.rejections(self.order.placed) >= REJECTIONS_PER_ORDER_MAX {
            let is_left_alone = parts.is_empty() && is_plain;
            return expect(is_left_alone, || format!("{parts:?}, though rejected too often"))
                .map(|()| true);
        }
        let wanted = self.wanted();
        self.with_case(&wanted, scratch, |case, problem| {
            if parts.is_empty() {
                expect(is_plain, || format!("said {head:?}, granted nothing"))?;
                return is_maximal(case, &wanted, &[]).map(|()| true);
            }
            self.goes_to_lower_lines(case, &wanted, parts)?;
            keeps_rules(case, parts)?;
            let grants = place::grants(case, parts);
            place::figures_add_up(case, head, &grants)?;
            place::proof_makes_sense(case, head)?;
            let of_sku = |sku: u32| grants.iter().filter(move |grant| grant.sku == sku);
            let units = wanted.iter().map(|row| of_sku(row.sku).map(|grant| grant.units).sum());
            let units: Vec<i64> = units.collect();
            match source(case, &wanted, problem) {
                Some(best) => place::compare(case, head, &units, &grants, &best).map(|()| true),
                None => plan_makes_sense(case, &wanted, head, &grants).map(|()| false),
            }
        })
    }

    /// Whether what there is of a SKU went to lower lines first, and to none more than it lost.
    fn goes_to_lower_lines(
        &self,
        case: &Case<'_>,
        wanted: &[Demand],
        parts: &[Part],
    ) -> Result<(), String> {
        let had = place::by_line(case, parts)?;
        let named = self.by_line();
        let mut filled = vec![0; named.len()];
        for Demand { sku, .. } in wanted {
            let of_sku = parts.iter().filter(|part| self.sku(part.line) == *sku);
            let mut left: i64 = of_sku.map(|part| part.units).sum();
            for (line, named) in (0..).zip(&named).filter(|(line, _)| self.sku(*line) == *sku) {
                filled[usize::from(line)] = left.min(*named);
                left -= left.min(*named);
            }
        }
        expect(had == filled, || format!("lines have {had:?} of {named:?}, not {filled:?}"))
    }

    /// A line of which `more` units wait has no promise any more.
    fn break_promise(
        &self,
        line: u16,
        more: i64,
        target: &Target<'_>,
        movements: &mut Vec<Movement>,
    ) {
        let Self { book, order, .. } = *self;
        let place = (order.placed, line);
        let parts = book.parts_of(place);
        if parts.is_empty() {
            return;
        }
        movements.extend(parts.iter().map(|(supply, units)| {
            promise_movement(MovementKind::Unpromised, place, &book.supplies[supply], *units)
        }));
        let waiting = book.lines_of(order)[usize::from(line)].waiting + more;
        let (kind, nowhere) = (MovementKind::PromiseBroken, Warehouse::NONE.get());
        movements.push(target.movement(kind, line, self.sku(line), nowhere, waiting));
    }

    /// Line by line what it got and what waits; and of an order that waits complete, that units which
    /// are kept for it may be for others.
    fn push_rest(&self, parts: &[Part], sequence: Sequence, movements: &mut Vec<Movement>) {
        let target = Target { book: self.book, order: self.order, sequence };
        for (line, named) in (0..).zip(self.by_line()) {
            let of_line = || parts.iter().filter(|part| part.line == line);
            for part in of_line() {
                let kinds = [MovementKind::Allocated, MovementKind::ComponentAllocated];
                target.push(kinds, line, part.warehouse, part.units, movements);
            }
            let rest = named - of_line().map(|part| part.units).sum::<i64>();
            if rest > 0 {
                self.break_promise(line, rest, &target, movements);
                let (kind, nowhere) = (MovementKind::Backordered, Warehouse::NONE.get());
                movements.push(target.movement(kind, line, self.sku(line), nowhere, rest));
            }
        }
        if self.order.short != ShortMode::WaitComplete {
            return;
        }
        let lines = self.book.lines_of(self.order);
        for line in lines.iter().filter(|line| line.waiting > 0) {
            if self.book.units_set_aside(line.sku) > 0 {
                push_due(Sku::new(line.sku), sequence, movements);
            }
        }
    }
}
