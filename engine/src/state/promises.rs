//! Promises: units of supplies that are kept for what lines wait for, and the second by which they
//! are to be there.
//!
//! A promise covers all units that its line waits for. It is found by its line, by each of its
//! supplies, and by its date.

use std::collections::{BTreeMap, BTreeSet};

use gantry_model::{EngineSecond, PromiseKey, Sequence, Sku, WaitKey};

/// Units of a supply that are promised to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PromisePart {
    /// The record that announced the supply.
    pub supply: Sequence,
    /// More than 0.
    pub units: u32,
}

/// What is promised to a line that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinePromiseRow {
    /// What it waits for.
    pub sku: Sku,
    pub(crate) slot: u32,
    /// When all of it is to be there.
    pub date: EngineSecond,
    /// From which supplies, each once, rising by record.
    pub parts: Vec<PromisePart>,
}

impl LinePromiseRow {
    /// Units of one supply.
    #[must_use]
    pub fn units_of(&self, supply: Sequence) -> u32 {
        let part = self.parts.iter().find(|part| part.supply == supply);
        part.map_or(0, |part| part.units)
    }

    /// Units of all of them.
    #[must_use]
    pub fn units(&self) -> u64 {
        self.parts.iter().map(|part| u64::from(part.units)).sum()
    }

    fn change(&mut self, supply: Sequence, units: u32, is_more: bool) {
        match self.parts.binary_search_by_key(&supply, |part| part.supply) {
            Ok(at) if is_more => self.parts[at].units += units,
            Ok(at) => self.parts[at].units -= units,
            Err(at) if is_more => self.parts.insert(at, PromisePart { supply, units }),
            Err(_) => panic!("invariant: what is taken back was promised"),
        }
        self.parts.retain(|part| part.units > 0);
    }
}

/// A line of an order: the record that placed it, and the line's number.
pub(crate) type LineAt = (Sequence, u16);

/// What a record has changed of a line's promise so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Touched {
    /// Units of it are waited for no longer, or nothing is promised any more.
    Less,
    /// Something is promised to it.
    Given,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Promises {
    lines: BTreeMap<LineAt, LinePromiseRow>,
    by_supply: BTreeSet<(Sequence, PromiseKey)>,
    by_date: BTreeSet<PromiseKey>,
    /// Lines whose promises the record that is being applied changes; none between two records. They
    /// stand in no index, and have the date that they had before.
    touched: BTreeMap<LineAt, Touched>,
}

/// The place of a line's promise among others.
fn key_of((placed, line): LineAt, promised: EngineSecond) -> PromiseKey {
    PromiseKey { promised, placed, line }
}

impl Promises {
    /// Whether nothing is promised to anybody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Lines with a promise.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// What is promised to a line.
    #[must_use]
    pub fn get(&self, placed: Sequence, line: u16) -> Option<&LinePromiseRow> {
        if self.lines.is_empty() { None } else { self.lines.get(&(placed, line)) }
    }

    /// When a line's units are to be there, or [`EngineSecond::NONE`].
    #[must_use]
    pub fn date(&self, placed: Sequence, line: u16) -> EngineSecond {
        self.get(placed, line).map_or(EngineSecond::NONE, |row| row.date)
    }

    /// Promises to the lines of an order, rising by line.
    pub fn of_order(&self, placed: Sequence) -> impl Iterator<Item = (u16, &LinePromiseRow)> {
        let of_order = self.lines.range((placed, 0)..=(placed, u16::MAX));
        of_order.map(|((_, line), row)| (*line, row))
    }

    /// The promises on a supply from a place on, in order.
    pub fn of_supply(
        &self,
        supply: Sequence,
        from: PromiseKey,
    ) -> impl DoubleEndedIterator<Item = PromiseKey> {
        let last = key_of((Sequence::MAX, u16::MAX), EngineSecond::NONE);
        self.by_supply.range((supply, from)..=(supply, last)).map(|(_, key)| *key)
    }

    /// Every promise, by date.
    pub fn by_date(&self) -> impl Iterator<Item = PromiseKey> {
        self.by_date.iter().copied()
    }

    /// The first second by which something is to be there.
    #[must_use]
    pub fn first_date(&self) -> Option<EngineSecond> {
        self.by_date.first().map(|key| key.promised)
    }

    /// Every promise, by line.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (LineAt, &LinePromiseRow)> {
        self.lines.iter().map(|(at, row)| (*at, row))
    }

    /// Takes a line out of the indexes until the record is applied; returns whether it was in them.
    pub(super) fn touch(&mut self, at: LineAt, (sku, slot): (Sku, u32), how: Touched) -> bool {
        if let Some(touched) = self.touched.get_mut(&at) {
            if how == Touched::Given {
                *touched = how;
            }
            return false;
        }
        self.touched.insert(at, how);
        let blank = LinePromiseRow { sku, slot, date: EngineSecond::NONE, parts: Vec::new() };
        let row = self.lines.entry(at).or_insert(blank);
        let key = key_of(at, row.date);
        for part in &row.parts {
            self.by_supply.remove(&(part.supply, key));
        }
        self.by_date.remove(&key)
    }

    /// Promises units of a supply to a line that was touched, or takes them back.
    pub(super) fn change(&mut self, at: LineAt, supply: Sequence, units: u32, is_more: bool) {
        let row = self.lines.get_mut(&at).expect("invariant: a line that was touched is there");
        row.change(supply, units, is_more);
    }

    /// Whether the record that is being applied has changed any promise.
    pub(super) fn is_touched(&self) -> bool {
        !self.touched.is_empty()
    }

    pub(super) fn take_touched(&mut self) -> BTreeMap<LineAt, Touched> {
        std::mem::take(&mut self.touched)
    }

    /// Puts a line that was touched into the indexes, by its new date; out of the table, if nothing
    /// is promised to it.
    pub(super) fn put(&mut self, at: LineAt, date: EngineSecond) {
        let row = self.lines.get_mut(&at).expect("invariant: a line that was touched is there");
        if row.parts.is_empty() {
            self.lines.remove(&at);
            return;
        }
        row.date = date;
        let key = key_of(at, date);
        for part in &row.parts {
            self.by_supply.insert((part.supply, key));
        }
        self.by_date.insert(key);
    }
}

/// A SKU whose promises are to be made anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReviewRow {
    /// The record since which they are.
    pub since: Sequence,
    /// Lines without a promise have been looked at, up to this one.
    pub after: Option<WaitKey>,
}

/// The SKUs whose promises are to be made anew.
#[derive(Debug, Default)]
pub struct Reviews {
    rows: BTreeMap<Sku, ReviewRow>,
    order: BTreeSet<(Sequence, Sku)>,
}

impl Reviews {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// What is to be done of a SKU.
    #[must_use]
    pub fn of(&self, sku: Sku) -> Option<ReviewRow> {
        if self.rows.is_empty() { None } else { self.rows.get(&sku).copied() }
    }

    /// The SKUs, in the order in which they are worked off.
    pub fn in_order(&self) -> impl Iterator<Item = Sku> {
        self.order.iter().map(|(_, sku)| *sku)
    }

    /// Every SKU, in order of handle.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Sku, ReviewRow)> {
        self.rows.iter().map(|(sku, row)| (*sku, *row))
    }

    pub(super) fn set(&mut self, sku: Sku, row: Option<ReviewRow>) -> Option<ReviewRow> {
        let before = match row {
            Some(row) => self.rows.insert(sku, row),
            None => self.rows.remove(&sku),
        };
        if let Some(before) = before {
            self.order.remove(&(before.since, sku));
        }
        if let Some(row) = row {
            self.order.insert((row.since, sku));
        }
        before
    }
}
