//! The judgement of an order that is sourced again: whether its units move, from where to where, and
//! whether that is better.

use std::collections::BTreeMap;

use gantry_model::{
    Movement, MovementKind, Objective, OutcomeHead, Proof, Record, ResourceOrder, Rules, Sequence,
    Sku, Warehouse,
};

use super::book::{Book, OrderBook};
use super::case::{Candidate, Case, Grant, Scratch, find_candidates_but};
use super::decide::{expect, expect_movements};
use super::every::lightest;
use super::feasible::keeps_rules;
use super::freed;
use super::holding::is_searched;
use super::loose::plan_makes_sense;
use super::no::No;
use super::order::Demand;
use super::place::{self, Part};
use super::plan::Problem;
use super::sourced::source;
use super::units::open_order;

/// Units by line and warehouse.
type Plan = BTreeMap<(u16, u16), i64>;

/// What plans are compared by; less is better.
#[derive(Clone, Copy, Debug)]
struct Worth {
    parcels: usize,
    cost: i64,
    days: u32,
}

impl Worth {
    fn is_better_than(&self, old: &Self) -> bool {
        let is_worse = self.parcels > old.parcels || self.cost > old.cost || self.days > old.days;
        !is_worse && (self.parcels < old.parcels || self.cost < old.cost)
    }
}

pub(super) fn check<'a>(book: &'a Book, command: &ResourceOrder) -> Result<&'a OrderBook, No> {
    open_order(book, command.order)
}

/// Judges the record of an order that was sourced again; returns whether it was held against every
/// plan.
pub(super) fn judge(
    book: &Book,
    record: &Record<'_>,
    command: &ResourceOrder,
    scratch: &mut Scratch,
) -> Result<bool, String> {
    let order = check(book, command).map_err(|no| format!("the rules say {no:?}"))?;
    let again = Again::new(book, order);
    expect(record.outcome.shorts.is_empty(), || "an order that is short of nothing".into())?;
    let (head, new) = (record.outcome.head, again.plan_of(record));
    let is_tried = again.with_case(record.time.get(), scratch, |case, problem| {
        if new == again.old {
            again.stays(case, head, problem)
        } else {
            again.moves(case, head, &new, problem)
        }
    })?;
    let mut expected = again.movements(&new, record.sequence);
    freed::add(book, record.sequence, &mut expected);
    expect_movements(record, &expected).map(|()| is_tried)
}

/// An order whose allocated units may come from elsewhere.
struct Again<'a> {
    book: &'a Book,
    order: &'a OrderBook,
    old: Plan,
    wanted: Vec<Demand>,
}

impl<'a> Again<'a> {
    fn new(book: &'a Book, order: &'a OrderBook) -> Self {
        let rows = book.allocations_of(order).iter().filter(|row| row.allocated > 0);
        let old = rows.map(|row| ((row.line, row.warehouse), row.allocated)).collect();
        let mut wanted: Vec<Demand> = Vec::new();
        for line in book.lines_of(order).iter().filter(|line| line.allocated > 0) {
            match wanted.iter_mut().find(|demand| demand.sku == line.sku) {
                Some(demand) => demand.units += line.allocated,
                None => wanted.push(Demand { sku: line.sku, units: line.allocated }),
            }
        }
        Self { book, order, old, wanted }
    }

    fn sku(&self, line: u16) -> u32 {
        self.book.lines_of(self.order)[usize::from(line)].sku
    }

    /// Where the units are when the record's movements are done.
    fn plan_of(&self, record: &Record<'_>) -> Plan {
        let mut plan = self.old.clone();
        for movement in record.movements {
            let units = match movement.kind() {
                MovementKind::Allocated => i64::from(movement.quantity()),
                MovementKind::Released => -i64::from(movement.quantity()),
                _ => continue,
            };
            *plan.entry((movement.line(), movement.warehouse().get())).or_insert(0) += units;
        }
        plan.retain(|_, units| *units != 0);
        plan
    }

    /// Units of a line that is there.
    fn grants(&self, plan: &Plan) -> Vec<Grant> {
        let grant = |((line, warehouse), units): (&(u16, u16), &i64)| Grant {
            sku: self.sku(*line),
            warehouse: *warehouse,
            units: *units,
        };
        plan.iter().map(grant).collect()
    }

    /// The order's own units, each place once: of bundles those of their components.
    fn own(&self) -> Vec<Grant> {
        let mut own: BTreeMap<(u32, u16), i64> = BTreeMap::new();
        for Grant { sku, warehouse, units } in self.grants(&self.old) {
            let parts = &self.book.the_sku(sku).components;
            let itself = [(sku, 1)];
            for (part, each) in if parts.is_empty() { &itself[..] } else { parts } {
                *own.entry((*part, warehouse)).or_insert(0) += units * i64::from(*each);
            }
        }
        super::holds::grants(&own)
    }

    /// Warehouses that have sent a parcel.
    fn sent(&self) -> Vec<u16> {
        let rows = self.book.allocations_of(self.order).iter().filter(|row| row.shipped > 0);
        let mut sent: Vec<u16> = rows.map(|row| row.warehouse).collect();
        sent.sort_unstable();
        sent.dedup();
        sent
    }

    /// The day of a warehouse that has units of the order has room for them.
    fn make_room(&self, candidates: &mut [Candidate]) {
        for candidate in candidates {
            let here = self.old.iter().filter(|((_, at), _)| *at == candidate.warehouse);
            let units: i64 = here.map(|(_, units)| units).sum();
            if units > 0 {
                candidate.takes_orders = true;
                candidate.units_left = candidate.units_left.map(|left| left.max(units));
            }
        }
    }

    fn with_case<T>(
        &self,
        time: u64,
        scratch: &mut Scratch,
        judge: impl FnOnce(&Case<'_>, &mut Problem) -> T,
    ) -> T {
        let book = self.book;
        let order = &book.placed(self.order);
        let Scratch { candidates, problem, .. } = scratch;
        let is_barred = |warehouse: u16| book.is_barred(self.order.placed, warehouse, time);
        let is_comparable =
            find_candidates_but(book, order, time, &self.wanted, is_barred, candidates);
        self.make_room(candidates);
        let case = Case {
            book,
            order,
            policy: book.policy_of(order.channel.get()),
            candidates,
            in_reach: &self.own(),
            sent: &self.sent(),
            is_hold: false,
            is_its_own: true,
            is_comparable,
        };
        judge(&case, problem)
    }

    /// Whether it is right that nothing moves.
    fn stays(
        &self,
        case: &Case<'_>,
        head: &OutcomeHead,
        problem: &mut Problem,
    ) -> Result<bool, String> {
        expect(*head == OutcomeHead::accepted(0, 0), || format!("said {head:?}, moved nothing"))?;
        if self.wanted.is_empty() {
            return Ok(true);
        }
        let is_ended = !is_searched(case, &self.wanted);
        if is_ended && case.policy.objective != Objective::Greedy {
            // It does not say how good the plan is that it did not take.
            return Ok(false);
        }
        let old = worth(case, &self.grants(&self.old));
        let Some(best) = source(case, &self.wanted, problem) else {
            return self.is_none_better(case, old);
        };
        let whole = self.wanted.iter().map(|demand| demand.units);
        if !whole.eq(best.units.iter().copied()) {
            return Ok(true);
        }
        let parcels = usize::try_from(best.parcels).map_err(|_| "too many parcels")?;
        let best = Worth { parcels, cost: best.weight.1, days: best.days_max };
        let is_taken = old.is_none_or(|old| best.is_better_than(&old));
        expect(!is_taken, || format!("{:?} stays, worth {old:?}; better is {best:?}", self.old))?;
        Ok(true)
    }

    /// Where demands compete: whether one of the best plans, if they are known, need not be taken.
    /// Any of them may have been found.
    fn is_none_better(&self, case: &Case<'_>, old: Option<Worth>) -> Result<bool, String> {
        let Some(lightest) = lightest(case, &self.wanted) else { return Ok(false) };
        let Some(lightest) = lightest else { return Ok(case.policy.soft == Rules::NONE) };
        let is_better = |plan: &Vec<Grant>| match (worth(case, plan), old) {
            (Some(new), Some(old)) => new.is_better_than(&old),
            _ => true,
        };
        expect(!lightest.plans.iter().all(is_better), || {
            format!("{:?} stays, worth {old:?}; better is {lightest:?}", self.old)
        })?;
        Ok(true)
    }

    /// Whether it is right that the units are elsewhere now.
    fn moves(
        &self,
        case: &Case<'_>,
        head: &OutcomeHead,
        new: &Plan,
        problem: &mut Problem,
    ) -> Result<bool, String> {
        self.is_whole(new)?;
        self.keeps_places(new)?;
        let part = |((line, warehouse), units): (&(u16, u16), &i64)| Part {
            line: *line,
            warehouse: *warehouse,
            units: *units,
        };
        let parts: Vec<Part> = new.iter().map(part).collect();
        let (old, new) = (self.grants(&self.old), self.grants(new));
        let found = worth(case, &new).ok_or("a warehouse is no candidate")?;
        let old = worth(case, &old);
        expect(old.is_none_or(|old| found.is_better_than(&old)), || {
            format!("{found:?} is not better than {old:?}")
        })?;
        keeps_rules(case, &parts)?;
        place::figures_add_up(case, head, &new)?;
        place::proof_makes_sense(case, head)?;
        let units: Vec<i64> = self.wanted.iter().map(|demand| demand.units).collect();
        match source(case, &self.wanted, problem) {
            Some(best) => place::compare(case, head, &units, &new, &best).map(|()| true),
            None => {
                plan_makes_sense(case, &self.wanted, head, &new)?;
                self.is_lightest(case, head, &new)
            }
        }
    }

    /// Where demands compete: whether a plan that is proven to be the best is, if that is known. One
    /// that is not proven may have passed by a soft rule that a heavier plan keeps.
    fn is_lightest(
        &self,
        case: &Case<'_>,
        head: &OutcomeHead,
        new: &[Grant],
    ) -> Result<bool, String> {
        let is_proven = head.proof() == Some(Proof::Optimal);
        let Some(Some(lightest)) = lightest(case, &self.wanted) else { return Ok(false) };
        let weight = case.weight(new);
        let may_be_lighter = case.policy.soft != Rules::NONE;
        let is_other = weight > lightest.weight || may_be_lighter;
        expect(weight == lightest.weight || is_other && !is_proven, || {
            format!("{new:?} of weight {weight:?}, said {head:?}; the best are {lightest:?}")
        })?;
        Ok(true)
    }

    /// Every line has as many units as before.
    fn is_whole(&self, new: &Plan) -> Result<(), String> {
        let of_line = |plan: &Plan, line: u16| {
            plan.iter().filter(|(place, _)| place.0 == line).map(|(_, units)| units).sum::<i64>()
        };
        let lines = 0..u16::try_from(self.order.line_count).map_err(|_| "too many lines")?;
        let is_known = new.iter().all(|(place, units)| lines.contains(&place.0) && *units > 0);
        let mut lines = lines;
        let is_same = lines.all(|line| of_line(&self.old, line) == of_line(new, line));
        expect(is_known && is_same, || format!("{:?} became {new:?}", self.old))
    }

    /// Of the units of a SKU that stay at a warehouse, lower lines keep theirs first.
    fn keeps_places(&self, new: &Plan) -> Result<(), String> {
        let mut left: BTreeMap<(u32, u16), i64> = BTreeMap::new();
        for Grant { sku, warehouse, units } in self.grants(new) {
            *left.entry((sku, warehouse)).or_insert(0) += units;
        }
        for ((line, warehouse), units) in &self.old {
            let left = left.entry((self.sku(*line), *warehouse)).or_insert(0);
            let kept = (*left).min(*units);
            *left -= kept;
            let has = new.get(&(*line, *warehouse)).copied().unwrap_or(0);
            expect(has >= kept, || {
                format!("line {line} could keep {kept} at {warehouse}: {:?}, {new:?}", self.old)
            })?;
        }
        Ok(())
    }

    /// The movements from where the units are to where they are to be.
    fn movements(&self, new: &Plan, sequence: Sequence) -> Vec<Movement> {
        let mut movements = Vec::new();
        let kinds = [MovementKind::Released, MovementKind::ComponentReleased];
        self.push_more(&self.old, new, kinds, sequence, &mut movements);
        let kinds = [MovementKind::Allocated, MovementKind::ComponentAllocated];
        self.push_more(new, &self.old, kinds, sequence, &mut movements);
        movements
    }

    /// What `one` plan has more than the `other`, by line and warehouse.
    fn push_more(
        &self,
        one: &Plan,
        other: &Plan,
        kinds: [MovementKind; 2],
        sequence: Sequence,
        movements: &mut Vec<Movement>,
    ) {
        for ((line, warehouse), units) in one {
            let units = units - other.get(&(*line, *warehouse)).copied().unwrap_or(0);
            let mut push = |kind: MovementKind, sku: u32, units: i64| {
                let units = u32::try_from(units).expect("invariant: orders stay below 2^31 units");
                let (sku, warehouse) = (Sku::new(sku), Warehouse::new(*warehouse));
                let (placed, line) = (Sequence::new(self.order.placed), *line);
                let movement =
                    Movement::of_order(kind, placed, line, sku, warehouse, units, sequence);
                movements.push(movement);
            };
            if units <= 0 {
                continue;
            }
            let sku = self.sku(*line);
            push(kinds[0], sku, units);
            for (part, each) in &self.book.the_sku(sku).components {
                push(kinds[1], *part, units * i64::from(*each));
            }
        }
    }
}

/// What a plan is worth today; none, where a warehouse of it is no candidate.
fn worth(case: &Case<'_>, grants: &[Grant]) -> Option<Worth> {
    let mut days = 0;
    for warehouse in case.open(grants) {
        days = days.max(case.candidate(warehouse)?.days);
    }
    Some(Worth { parcels: case.added(grants).count(), cost: case.weight(grants).1, days })
}
