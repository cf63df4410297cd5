//! The judgement of one waiting line: what it got of what it could have, or why it got nothing. Of an
//! order that waits complete all lines are one.

use gantry_model::{
    AdjustReason, Movement, MovementKind, OutcomeHead, Record, Sequence, ShortMode, Sku, Warehouse,
};

use super::book::{Book, LineBook, OrderBook, Waiting};
use super::case::{Case, Grant, Scratch, find_candidates_but};
use super::decide::expect;
use super::feasible::{is_maximal, keeps_rules};
use super::freed::push_due;
use super::loose::plan_makes_sense;
use super::order::Demand;
use super::place::{self, Part};
use super::plan::Problem;
use super::sourced::source;

/// What a waiting line wants, as if it were ordered now.
pub(super) struct Asked<'a> {
    book: &'a Book,
    waiting: &'a Waiting,
    order: &'a OrderBook,
    time: u64,
    is_complete: bool,
    wanted: Vec<Demand>,
    /// Of wanted SKUs that no wanted bundle consumes.
    in_reach: Vec<Grant>,
}

impl<'a> Asked<'a> {
    pub(super) fn new(book: &'a Book, waiting: &'a Waiting, time: u64) -> Self {
        let order = &book.orders[waiting.order];
        let is_complete = order.short == ShortMode::WaitComplete;
        let lines = book.lines_of(order);
        let line = usize::from(waiting.key.line);
        let asked = if is_complete { lines } else { &lines[line..=line] };
        let mut wanted: Vec<Demand> = Vec::new();
        for LineBook { sku, waiting, .. } in asked.iter().filter(|line| line.waiting > 0) {
            match wanted.iter_mut().find(|demand| demand.sku == *sku) {
                Some(demand) => demand.units += waiting,
                None => wanted.push(Demand { sku: *sku, units: *waiting }),
            }
        }
        // What a bundle consumes of a wanted SKU is not counted against what is set aside.
        let is_part = |sku: u32| {
            let parts = wanted.iter().flat_map(|demand| &book.the_sku(demand.sku).components);
            parts.into_iter().any(|(part, _)| *part == sku)
        };
        let claimed = wanted.iter().map(|demand| demand.sku).filter(|sku| !is_part(*sku));
        let in_reach = claimed.flat_map(|sku| book.in_reach(sku, waiting, time)).collect();
        Self { book, waiting, order, time, is_complete, wanted, in_reach }
    }

    /// Units that are asked for, by line of the order.
    fn units(&self) -> impl Iterator<Item = i64> {
        let is_asked = |line: u16| self.is_complete || line == self.waiting.key.line;
        let lines = (0..).zip(self.book.lines_of(self.order));
        lines.map(move |(line, row)| if is_asked(line) { row.waiting } else { 0 })
    }

    fn with_case<T>(
        &self,
        scratch: &mut Scratch,
        judge: impl FnOnce(&Case<'_>, &mut Problem) -> T,
    ) -> T {
        let Self { book, wanted, in_reach, .. } = self;
        let (order, sent) = (&book.placed(self.order), &book.parcels_of(self.order));
        let Scratch { candidates, problem, .. } = scratch;
        let is_barred = |warehouse: u16| book.is_barred(self.order.placed, warehouse, self.time);
        let is_comparable =
            find_candidates_but(book, order, self.time, wanted, is_barred, candidates);
        let policy = book.policy_of(order.channel.get());
        let (is_hold, is_its_own) = (false, false);
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
        judge(&case, problem)
    }

    /// Whether it is right that it got nothing.
    pub(super) fn gets_nothing(&self, scratch: &mut Scratch) -> Result<(), String> {
        if self.book.is_stuck(self.order.placed) {
            return Ok(());
        }
        let judged = self.with_case(scratch, |case, problem| {
            if self.is_complete {
                let sourced = source(case, &self.wanted, problem);
                return place::is_not_whole(case, &self.wanted, sourced.as_ref());
            }
            is_maximal(case, &self.wanted, &[])
        });
        judged.map_err(|what| format!("no units for {:?}: {what}", self.waiting))
    }

    /// Whether it is right that it got these units, by this plan; tells whether the plan was held
    /// against every plan.
    pub(super) fn gets(
        &self,
        parts: &[Part],
        head: &OutcomeHead,
        scratch: &mut Scratch,
    ) -> Result<bool, String> {
        let is_stuck = self.book.is_stuck(self.order.placed);
        expect(!is_stuck, || "units of it were rejected too often".into())?;
        self.with_case(scratch, |case, problem| {
            let had = place::by_line(case, parts)?;
            let is_within = had.iter().zip(self.units()).all(|(had, wanted)| *had <= wanted);
            let is_all = || had.iter().copied().eq(self.units());
            expect(is_within && (!self.is_complete || is_all()), || {
                format!("{had:?} units of {:?}", self.units().collect::<Vec<_>>())
            })?;
            keeps_rules(case, parts)?;
            let grants = place::grants(case, parts);
            place::figures_add_up(case, head, &grants)?;
            place::proof_makes_sense(case, head)?;
            let of_sku = |sku: u32| grants.iter().filter(move |grant| grant.sku == sku);
            let wanted = self.wanted.iter();
            let units = wanted.map(|row| of_sku(row.sku).map(|grant| grant.units).sum());
            let units: Vec<i64> = units.collect();
            match source(case, &self.wanted, problem) {
                Some(best) => place::compare(case, head, &units, &grants, &best).map(|()| true),
                None => plan_makes_sense(case, &self.wanted, head, &grants).map(|()| false),
            }
        })
    }

    /// The movements of what got these units when lines of `looked_at` were looked at.
    pub(super) fn serve(
        mut self,
        looked_at: u32,
        parts: &[Part],
        record: &Record<'_>,
        movements: &mut Vec<Movement>,
    ) {
        let (lines, nowhere) = (self.book.lines_of(self.order), Warehouse::NONE.get());
        for (line, row) in (0..).zip(lines) {
            let of_line = || parts.iter().filter(|part| part.line == line);
            let units: i64 = of_line().map(|part| part.units).sum();
            if units == 0 {
                continue;
            }
            let of_order = |kind: MovementKind, sku: u32, warehouse: u16, units: i64| {
                let units = u32::try_from(units).expect("invariant: orders stay below 2^31 units");
                let (sku, warehouse) = (Sku::new(sku), Warehouse::new(warehouse));
                let placed = Sequence::new(self.order.placed);
                Movement::of_order(kind, placed, line, sku, warehouse, units, record.sequence)
            };
            movements.push(of_order(MovementKind::Dequeued, row.sku, nowhere, units));
            for part in of_line() {
                let here = (row.sku, part.warehouse);
                let mut in_reach = self.in_reach.iter_mut();
                if let Some(left) = in_reach.find(|left| (left.sku, left.warehouse) == here) {
                    let back = part.units.min(left.units);
                    left.units -= back;
                    give_back(Sku::new(row.sku), part.warehouse, back, record, movements);
                }
                let (kind, warehouse) = (MovementKind::Allocated, part.warehouse);
                movements.push(of_order(kind, row.sku, warehouse, part.units));
                for (component, each) in &self.book.the_sku(row.sku).components {
                    let kind = MovementKind::ComponentAllocated;
                    let units = part.units * i64::from(*each);
                    movements.push(of_order(kind, *component, warehouse, units));
                }
            }
        }
        // What is left of what the order kept is for others.
        for Demand { sku, .. } in self.wanted.iter().filter(|demand| demand.sku != looked_at) {
            let sku = Sku::new(*sku);
            let rows = self.book.the_sku(sku.get()).set_aside.keys();
            let left = rows.map(|at| set_aside_after(self.book, sku, *at, movements));
            if left.sum::<i64>() > 0 {
                push_due(sku, record.sequence, movements);
            }
        }
    }
}

pub(super) fn give_back(
    sku: Sku,
    warehouse: u16,
    units: i64,
    record: &Record<'_>,
    movements: &mut Vec<Movement>,
) {
    push(MovementKind::GivenBack, sku, warehouse, units, record, movements);
}

/// Puts units aside for a line that cannot be served.
pub(super) fn keep(
    sku: Sku,
    more: &[(u16, i64)],
    record: &Record<'_>,
    movements: &mut Vec<Movement>,
) {
    for (warehouse, units) in more {
        push(MovementKind::SetAside, sku, *warehouse, *units, record, movements);
    }
}

fn push(
    kind: MovementKind,
    sku: Sku,
    warehouse: u16,
    units: i64,
    record: &Record<'_>,
    movements: &mut Vec<Movement>,
) {
    let units = i32::try_from(units).expect("invariant: cells hold below 2^31");
    if units > 0 {
        let (reason, warehouse) = (AdjustReason::None, Warehouse::new(warehouse));
        movements.push(Movement::stock(kind, reason, sku, warehouse, units, record.sequence));
    }
}

/// Units that are set aside for the SKU at a warehouse when the movements are done.
pub(super) fn set_aside_after(
    book: &Book,
    sku: Sku,
    warehouse: u16,
    movements: &[Movement],
) -> i64 {
    let here =
        |movement: &&Movement| (movement.sku(), movement.warehouse().get()) == (sku, warehouse);
    let moved = movements.iter().filter(here).map(|movement| match movement.kind() {
        MovementKind::SetAside => i64::from(movement.quantity()),
        MovementKind::GivenBack => -i64::from(movement.quantity()),
        _ => 0,
    });
    let before = book.the_sku(sku.get()).set_aside.get(&warehouse).copied().unwrap_or(0);
    before + moved.sum::<i64>()
}
