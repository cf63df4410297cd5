//! Lines that wait, and which SKUs are due.

use std::collections::BTreeMap;
use std::ops::Bound;

use gantry_model::{
    Channel, EngineSecond, Match, MatchEnd, Movement, MovementKind, PlaceOrder, Sequence,
    ShortMode, Sku, WaitKey,
};

use super::{Fault, rule};

/// Waiting lines that one record looks at, at most.
const LINES_PER_MATCH_MAX: usize = 64;

/// Who waits for what, and whose lines are to be looked at.
#[derive(Default)]
pub(super) struct Matching {
    books: BTreeMap<Sku, Book>,
    due: BTreeMap<Sku, Due>,
    /// Units that wait for any SKU.
    units: i64,
}

/// The lines that wait for a SKU.
#[derive(Default)]
struct Book {
    /// Units that wait, in the order in which they are served.
    lines: BTreeMap<WaitKey, i64>,
    units: i64,
}

#[derive(Clone, Copy)]
struct Due {
    since: Sequence,
    /// The line that was looked at last.
    after: Option<WaitKey>,
}

impl Matching {
    /// Applies what a movement does to the book of its SKU, where its line is promised its units for
    /// `promised`.
    pub(super) fn apply(
        &mut self,
        movement: &Movement,
        priority_class: u8,
        promised: EngineSecond,
    ) {
        let units = match movement.kind() {
            MovementKind::Backordered => i64::from(movement.quantity()),
            MovementKind::Dequeued => -i64::from(movement.quantity()),
            _ => return,
        };
        let placed = movement.order();
        let key = WaitKey { priority_class, promised, placed, line: movement.line() };
        let book = self.books.entry(movement.sku()).or_default();
        book.units += units;
        self.units += units;
        let waiting = book.lines.entry(key).or_default();
        *waiting += units;
        if *waiting == 0 {
            book.lines.remove(&key);
        }
    }

    /// Units that wait for a SKU.
    pub(super) fn units(&self, sku: Sku) -> i64 {
        self.books.get(&sku).map_or(0, |book| book.units)
    }

    /// Whether no line waits.
    pub(super) fn is_nothing_waiting(&self) -> bool {
        self.units == 0
    }

    /// Whether no lines are to be looked at.
    pub(super) fn is_nothing_due(&self) -> bool {
        self.due.is_empty()
    }

    /// The SKUs from one to another for which lines wait.
    pub(super) fn waited_for(&self, from: Sku, last: Sku) -> impl Iterator<Item = Sku> {
        let looked_at = self.books.range(from..=last);
        looked_at.filter(|(_, book)| book.units > 0).map(|(sku, _)| *sku)
    }

    /// Whether the lines of a SKU are to be looked at.
    pub(super) fn is_due(&self, sku: Sku) -> bool {
        self.due.contains_key(&sku)
    }

    /// Lines that wait for a SKU, with their units, in the order in which they are served.
    pub(super) fn lines(&self, sku: Sku) -> impl Iterator<Item = (WaitKey, i64)> {
        let book = self.books.get(&sku).into_iter();
        book.flat_map(|book| book.lines.iter().map(|(key, units)| (*key, *units)))
    }

    /// Lines of a SKU behind one, or all of them.
    pub(super) fn behind(&self, sku: Sku, after: Option<WaitKey>) -> impl Iterator<Item = WaitKey> {
        let first = after.map_or(Bound::Unbounded, Bound::Excluded);
        let book = self.books.get(&sku).into_iter();
        book.flat_map(move |book| book.lines.range((first, Bound::Unbounded)).map(|(key, _)| *key))
    }

    /// Moves the lines of an order to where another class has them.
    pub(super) fn set_priority(
        &mut self,
        (placed, skus): (Sequence, &[Sku]),
        before: u8,
        after: u8,
        promised: impl Fn(u16) -> EngineSecond,
    ) {
        for (line, sku) in (0..).zip(skus) {
            let promised = promised(line);
            let key = WaitKey { priority_class: before, promised, placed, line };
            let Some(book) = self.books.get_mut(sku) else { continue };
            if let Some(units) = book.lines.remove(&key) {
                book.lines.insert(WaitKey { priority_class: after, ..key }, units);
            }
        }
    }

    /// A line that waits moves to where another date has it.
    pub(super) fn redate(&mut self, sku: Sku, key: WaitKey, promised: EngineSecond) {
        let Some(book) = self.books.get_mut(&sku) else { return };
        if let Some(units) = book.lines.remove(&key) {
            book.lines.insert(WaitKey { promised, ..key }, units);
        }
    }

    pub(super) fn make_due(&mut self, sku: Sku, sequence: Sequence) {
        self.due.insert(sku, Due { since: sequence, after: None });
    }

    /// Whether these are the lines that come next.
    pub(super) fn check_looked(&self, looked: &Match) -> Result<(), Fault> {
        let longest = self.due.iter().min_by_key(|(sku, due)| (due.since, **sku));
        let Some((sku, due)) = longest else { return Err(Fault::Rule("no SKU is due")) };
        rule(*sku == looked.sku, "the SKU that has been due for longest is looked at first")?;
        if looked.last == WaitKey::FIRST {
            // No line is left, or looking at them stopped by a bug and they are passed over.
            return rule(looked.end == MatchEnd::Over, "a look at no line is over");
        }
        let mut lines = self.behind(*sku, due.after).take(LINES_PER_MATCH_MAX);
        let is_next = lines.any(|key| key == looked.last);
        rule(is_next, "the line looked at last waits, at most 64 lines behind the one before")?;
        let ends =
            looked.end == MatchEnd::Over || self.behind(*sku, Some(looked.last)).next().is_some();
        rule(ends, "matching goes on only with lines that wait")
    }

    /// What comes after the record: the lines behind it, or nothing.
    pub(super) fn end(&mut self, looked: &Match) {
        if looked.end == MatchEnd::Over {
            self.due.remove(&looked.sku);
        } else if let Some(due) = self.due.get_mut(&looked.sku) {
            due.after = Some(looked.last);
        }
    }
}

/// What of an order decides how its lines are served later.
pub(super) struct Facts {
    pub(super) zone: u16,
    pub(super) channel: Channel,
    pub(super) value_minor: i64,
    pub(super) priority_class: u8,
    pub(super) waits_complete: bool,
}

impl Facts {
    pub(super) fn of(order: &PlaceOrder<'_>) -> Self {
        Self {
            zone: order.zone.get(),
            channel: order.channel,
            value_minor: order.value_minor,
            priority_class: order.priority_class,
            waits_complete: order.short == ShortMode::WaitComplete,
        }
    }
}
