//! The judgement of a record by which promises of one SKU are made anew.

use gantry_model::{
    Actor, EngineSecond, EngineTime, LINES_PROMISED_PER_RECORD_MAX, MatchEnd, Movement,
    MovementKind, OutcomeHead, Promise, Record, Sequence, Sku, WaitKey, Warehouse,
};

use super::book::{Book, Waiting};
use super::decide::{expect, expect_movements};
use super::expected::SupplyBook;
use super::freed::push_due;
use super::promises::{date_after, promise_movement};

/// Promises that are looked at for dates that are past.
const PAST_LOOKED_AT_MAX: usize = 64;

/// The promises of a SKU are to be made anew: those of lines behind `after`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Review {
    pub(super) since: u64,
    pub(super) after: Option<WaitKey>,
}

pub(super) fn judge(book: &Book, record: &Record<'_>, command: &Promise) -> Result<(), String> {
    let outcome = &record.outcome;
    let is_plain = record.actor == Actor::ENGINE
        && *outcome.head == OutcomeHead::accepted(0, 0)
        && outcome.shorts.is_empty();
    expect(is_plain, || format!("the engine's own record with {outcome:?}"))?;
    let next = book.next_reviewed(record.time.get());
    expect(next == Some(command.sku.get()), || format!("{next:?} is to be looked at next"))?;
    let mut step = Step {
        book,
        sku: command.sku,
        sequence: record.sequence,
        time: record.time.get(),
        movements: Vec::new(),
        is_moved: false,
    };
    let (last, end) = step.take();
    expect((command.last, command.end) == (last, end), || {
        format!("said {:?} and {:?}, the rules say {last:?} and {end:?}", command.last, command.end)
    })?;
    expect_movements(record, &step.movements)
}

impl Book {
    /// Enters what a look at promises leaves to be done.
    pub(super) fn enter_review(&mut self, command: &Promise) {
        let sku = command.sku.get();
        let after = (command.last != WaitKey::FIRST).then_some(command.last);
        let since = self.reviews.remove(&sku).map_or(self.sequence, |review| review.since);
        if command.end == MatchEnd::GoesOn {
            self.reviews.insert(sku, Review { since, after });
        }
    }

    /// The SKU whose promises are to be looked at next, at this time.
    pub(super) fn next_reviewed(&self, time: u64) -> Option<u32> {
        let is_due = |sku: u32| self.the_sku(sku).due.is_some();
        let reviews = self.reviews.iter().map(|(sku, review)| (review.since, *sku));
        let under_review = reviews.filter(|(_, sku)| !is_due(*sku)).min().map(|(_, sku)| sku);
        under_review.or_else(|| self.past(time).into_iter().find(|sku| !is_due(*sku)))
    }

    /// The SKUs of the first promises whose date has come, in the order of dates.
    pub(super) fn past(&self, time: u64) -> Vec<u32> {
        let first = self.promises_by_date().into_iter().take(PAST_LOOKED_AT_MAX);
        let past = first.filter(|key| key.promised.is_past(EngineTime::new(time)));
        past.map(|key| {
            let order = self.orders.partition_point(|order| order.placed < key.placed.get());
            self.lines_of(&self.orders[order])[usize::from(key.line)].sku
        })
        .collect()
    }

    /// Lines of a SKU whose promises cannot be kept, in the order of its book.
    pub(super) fn not_to_be_kept(&self, sku: u32, time: u64) -> Vec<&Waiting> {
        let mut found: Vec<(u64, u16)> = Vec::new();
        let mut collect = |placed: Sequence, line: u16| {
            let line = (placed.get(), line);
            if !found.contains(&line) && found.len() < LINES_PROMISED_PER_RECORD_MAX {
                found.push(line);
            }
        };
        let supplies = self.supplies_of(sku);
        for supply in &supplies {
            let mut over = supply.promised - supply.open();
            for (key, units) in self.promises_on(supply).iter().rev() {
                if over > 0 {
                    collect(key.placed, key.line);
                    over -= units;
                }
            }
        }
        for supply in &supplies {
            let is_late =
                |date: EngineSecond| date < supply.eta || date.is_past(EngineTime::new(time));
            let promises = self.promises_on(supply).into_iter();
            for (key, _) in promises.take_while(|(key, _)| is_late(key.promised)) {
                collect(key.placed, key.line);
            }
        }
        let is_found =
            |waiting: &&Waiting| found.contains(&(waiting.key.placed.get(), waiting.key.line));
        self.the_sku(sku).waiting.iter().filter(is_found).collect()
    }
}

/// One record of it.
pub(super) struct Step<'a> {
    pub(super) book: &'a Book,
    pub(super) sku: Sku,
    pub(super) sequence: Sequence,
    pub(super) time: u64,
    pub(super) movements: Vec<Movement>,
    /// Whether a line has another date than before.
    pub(super) is_moved: bool,
}

impl Step<'_> {
    /// What it says of itself; fills the movements.
    pub(super) fn take(&mut self) -> (WaitKey, MatchEnd) {
        let broken = self.book.not_to_be_kept(self.sku.get(), self.time);
        let said = if broken.is_empty() {
            self.promise_others()
        } else {
            self.promise_again(&broken);
            (WaitKey::FIRST, MatchEnd::GoesOn)
        };
        if self.is_moved && self.book.units_set_aside(self.sku.get()) > 0 {
            push_due(self.sku, self.sequence, &mut self.movements);
        }
        said
    }

    /// All of them are promised nothing any more, and then something else if that can be.
    fn promise_again(&mut self, lines: &[&Waiting]) {
        for WaitKey { placed, line, .. } in lines.iter().map(|waiting| waiting.key) {
            let line = (placed.get(), line);
            for (supply, units) in self.book.parts_of(line) {
                let supply = &self.book.supplies[&supply];
                let kind = MovementKind::Unpromised;
                self.movements.push(promise_movement(kind, line, supply, units));
            }
        }
        for waiting in lines {
            let old = waiting.key.promised;
            let wanting = self.book.wanting(waiting);
            let latest = wanting.promise(self.book, self.time, &mut self.movements);
            let new = latest
                .map_or(EngineSecond::NONE, |latest| date_after(Some(old), latest, self.time));
            self.is_moved |= new != old;
            if new > old || old.is_past(EngineTime::new(self.time)) {
                let units = u32::try_from(wanting.units).expect("invariant: below 2^31 units");
                let (kind, placed) = (MovementKind::PromiseBroken, waiting.key.placed);
                let (line, nowhere, cause) = (waiting.key.line, Warehouse::NONE, self.sequence);
                self.movements
                    .push(Movement::of_order(kind, placed, line, self.sku, nowhere, units, cause));
            }
        }
    }

    /// Lines without a promise get one, if that can be.
    fn promise_others(&mut self) -> (WaitKey, MatchEnd) {
        if !self.is_anything_free() {
            return (WaitKey::FIRST, MatchEnd::Over);
        }
        let book = self.book;
        let after = book.reviews.get(&self.sku.get()).and_then(|review| review.after);
        let is_asked = |waiting: &&Waiting| {
            let is_behind = after.is_none_or(|after| waiting.key > after);
            is_behind && book.promise(waiting.key.placed.get(), waiting.key.line).is_none()
        };
        let mut asked = book.the_sku(self.sku.get()).waiting.iter().filter(is_asked);
        let mut last = WaitKey::FIRST;
        for waiting in asked.by_ref().take(LINES_PROMISED_PER_RECORD_MAX) {
            let made = book.wanting(waiting).promise(book, self.time, &mut self.movements);
            self.is_moved |= made.is_some();
            last = waiting.key;
        }
        let is_over = asked.next().is_none() || !self.is_anything_free();
        (last, if is_over { MatchEnd::Over } else { MatchEnd::GoesOn })
    }

    /// Whether units are expected in time that nobody is promised.
    fn is_anything_free(&self) -> bool {
        let is_free = |supply: &&SupplyBook| {
            let is_past = supply.eta.is_past(EngineTime::new(self.time));
            !is_past && supply.free_after(&self.movements) > 0
        };
        self.book.supplies_of(self.sku.get()).iter().any(is_free)
    }
}
