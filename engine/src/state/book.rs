//! Books: the lines that wait for each SKU, in the order in which they are served.
//!
//! They follow from the orders, so no hash and no snapshot holds them. A waiting line costs 24 bytes;
//! lines that got all their units cost nothing.

use std::collections::BTreeSet;

use gantry_model::{Handle, ShortMode, Sku, WaitKey};

use super::waiting_lines::WaitingLines;

/// The lines that wait for one SKU.
#[derive(Debug, Default)]
struct Book {
    lines: WaitingLines,
    /// Those of orders that wait until all of their units can be had.
    complete: BTreeSet<WaitKey>,
    units: u64,
}

/// The books of all SKUs.
#[derive(Debug, Default)]
pub struct Books {
    /// By handle; none of a SKU for which nothing waits.
    books: Vec<Option<Box<Book>>>,
    /// SKUs for which something waits.
    count: usize,
}

impl Books {
    /// Units that wait for a SKU.
    #[must_use]
    pub fn units(&self, sku: Sku) -> u64 {
        self.book(sku).map_or(0, |book| book.units)
    }

    /// Lines that wait for a SKU.
    #[must_use]
    pub fn lines(&self, sku: Sku) -> usize {
        self.book(sku).map_or(0, |book| book.lines.len())
    }

    /// Whether nothing waits for anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The lines that wait for a SKU from a place on, with the slots of their orders.
    pub(crate) fn from(&self, sku: Sku, key: WaitKey) -> impl Iterator<Item = (WaitKey, u32)> {
        self.book(sku).into_iter().flat_map(move |book| book.lines.from(key))
    }

    /// The lines of a SKU whose orders wait until all of their units can be had, with the slots of
    /// these orders.
    pub(crate) fn complete(&self, sku: Sku) -> impl Iterator<Item = (WaitKey, u32)> {
        let slot = |book: &Book, key: WaitKey| {
            book.lines.get(key).expect("invariant: who waits complete waits")
        };
        let book = self.book(sku).into_iter();
        book.flat_map(move |book| book.complete.iter().map(move |key| (*key, slot(book, *key))))
    }

    /// The slot of the order whose line waits at `key`.
    pub(crate) fn slot(&self, sku: Sku, key: WaitKey) -> Option<u32> {
        self.book(sku)?.lines.get(key)
    }

    /// `units` more of a line wait.
    pub(crate) fn add(
        &mut self,
        sku: Sku,
        (key, slot): (WaitKey, u32),
        units: u32,
        mode: ShortMode,
    ) {
        if self.books.len() <= sku.index() {
            self.books.resize_with(sku.index() + 1, || None);
        }
        let book = self.books[sku.index()].get_or_insert_with(|| {
            self.count += 1;
            Box::default()
        });
        book.lines.insert(key, slot);
        if mode == ShortMode::WaitComplete {
            book.complete.insert(key);
        }
        book.units += u64::from(units);
    }

    /// `units` of a line wait no longer; none of it, if `is_last`.
    pub(crate) fn take(&mut self, sku: Sku, key: WaitKey, units: u32, is_last: bool) {
        let place = self.books.get_mut(sku.index());
        let book = place.and_then(Option::as_mut).expect("invariant: what waits is in its book");
        book.units -= u64::from(units);
        if is_last {
            book.lines.remove(key);
            book.complete.remove(&key);
            if book.lines.is_empty() {
                self.books[sku.index()] = None;
                self.count -= 1;
            }
        }
    }

    /// Puts a line that waits to another place of its book; one that waits no longer has none.
    pub(crate) fn move_line(&mut self, sku: Sku, before: WaitKey, after: WaitKey) {
        let Some(book) = self.books.get_mut(sku.index()).and_then(Option::as_mut) else { return };
        let Some(slot) = book.lines.remove(before) else { return };
        book.lines.insert(after, slot);
        if book.complete.remove(&before) {
            book.complete.insert(after);
        }
    }

    /// Every line that waits, by SKU.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Sku, WaitKey, u32)> {
        (0..self.books.len()).flat_map(|at| {
            let sku = Sku::from_index(at);
            self.from(sku, WaitKey::FIRST).map(move |(key, slot)| (sku, key, slot))
        })
    }

    fn book(&self, sku: Sku) -> Option<&Book> {
        self.books.get(sku.index())?.as_deref()
    }
}
