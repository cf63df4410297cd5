//! Books: the lines that wait for each SKU, in the order in which they are served.
//!
//! They follow from the orders, so no hash and no snapshot holds them. A waiting line costs a node
//! in a tree; lines that got all their units cost nothing.

use std::collections::{BTreeMap, BTreeSet};

use gantry_model::{ShortMode, Sku, WaitKey};

/// The lines that wait for one SKU.
#[derive(Debug, Default)]
struct Book {
    /// The slots of their orders.
    lines: BTreeMap<WaitKey, u32>,
    /// Those of orders that wait until all of their units can be had.
    complete: BTreeSet<WaitKey>,
    units: u64,
}

/// The books of all SKUs.
#[derive(Debug, Default)]
pub struct Books {
    books: BTreeMap<Sku, Book>,
}

impl Books {
    /// Units that wait for a SKU.
    #[must_use]
    pub fn units(&self, sku: Sku) -> u64 {
        if self.books.is_empty() { 0 } else { self.books.get(&sku).map_or(0, |book| book.units) }
    }

    /// Lines that wait for a SKU.
    #[must_use]
    pub fn lines(&self, sku: Sku) -> usize {
        self.books.get(&sku).map_or(0, |book| book.lines.len())
    }

    /// Whether nothing waits for anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.books.is_empty()
    }

    /// The lines that wait for a SKU from a place on, with the slots of their orders.
    pub(crate) fn from(&self, sku: Sku, key: WaitKey) -> impl Iterator<Item = (WaitKey, u32)> {
        let book = self.books.get(&sku).into_iter();
        book.flat_map(move |book| book.lines.range(key..).map(|(key, slot)| (*key, *slot)))
    }

    /// The lines of a SKU whose orders wait until all of their units can be had, with the slots of
    /// these orders.
    pub(crate) fn complete(&self, sku: Sku) -> impl Iterator<Item = (WaitKey, u32)> {
        let book = self.books.get(&sku).into_iter();
        book.flat_map(|book| book.complete.iter().map(|key| (*key, book.lines[key])))
    }

    /// The slot of the order whose line waits at `key`.
    pub(crate) fn slot(&self, sku: Sku, key: WaitKey) -> Option<u32> {
        self.books.get(&sku)?.lines.get(&key).copied()
    }

    /// `units` more of a line wait.
    pub(crate) fn add(
        &mut self,
        sku: Sku,
        (key, slot): (WaitKey, u32),
        units: u32,
        mode: ShortMode,
    ) {
        let book = self.books.entry(sku).or_default();
        book.lines.insert(key, slot);
        if mode == ShortMode::WaitComplete {
            book.complete.insert(key);
        }
        book.units += u64::from(units);
    }

    /// `units` of a line wait no longer; none of it, if `is_last`.
    pub(crate) fn take(&mut self, sku: Sku, key: WaitKey, units: u32, is_last: bool) {
        let book = self.books.get_mut(&sku).expect("invariant: a line that waits is in its book");
        book.units -= u64::from(units);
        if is_last {
            book.lines.remove(&key);
            book.complete.remove(&key);
            if book.lines.is_empty() {
                self.books.remove(&sku);
            }
        }
    }

    /// Puts a line that waits to another place of its book; one that waits no longer has none.
    pub(crate) fn move_line(&mut self, sku: Sku, before: WaitKey, after: WaitKey) {
        let Some(book) = self.books.get_mut(&sku) else { return };
        let Some(slot) = book.lines.remove(&before) else { return };
        book.lines.insert(after, slot);
        if book.complete.remove(&before) {
            book.complete.insert(after);
        }
    }

    /// Every line that waits, by SKU.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Sku, WaitKey, u32)> {
        self.books
            .iter()
            .flat_map(|(sku, book)| book.lines.iter().map(|(key, slot)| (*sku, *key, *slot)))
    }
}
