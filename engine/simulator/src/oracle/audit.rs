//! The whole state: whether the books add up, and whether the engine tells the same.

use gantry_model::{
    BOOK_ROWS_PER_REPLY_MAX, Item, Items, Namespace, OrderId, Query, ReadBook, ShortMode, Sku,
    WaitKey,
};

use super::book::{Book, Sums};
use super::case::Scratch;
use super::decide::expect;
use super::queries;

/// Units are conserved, never below zero, never promised twice.
pub(super) fn books_add_up(book: &Book) -> Result<(), String> {
    let mut sums = Sums::default();
    for sku in &book.skus {
        for cell in &sku.cells {
            sums.on_hand += cell.on_hand;
            sums.allocated += cell.allocated;
            sums.held += cell.held;
            let promised = cell.allocated + cell.held;
            let is_covered = !sku.tracked || cell.on_hand - cell.unavailable >= promised;
            let figures = [cell.on_hand, cell.allocated, cell.held, cell.unavailable];
            let is_positive = figures.iter().all(|figure| *figure >= 0);
            expect(is_covered && is_positive, || format!("{} has {cell:?}", sku.code))?;
        }
    }
    let mut promised = vec![vec![0_i64; book.warehouses.len()]; book.skus.len()];
    for order in &book.orders {
        let lines = book.lines_of(order);
        let mut at_warehouses = vec![(0, 0); lines.len()];
        for row in book.allocations_of(order) {
            let line = usize::from(row.line);
            at_warehouses[line].0 += row.allocated;
            at_warehouses[line].1 += row.shipped;
            let sku = book.the_sku(lines[line].sku);
            let itself = [(lines[line].sku, 1)];
            let parts = itself.iter().chain(&sku.components);
            for (part, each) in parts {
                let part = usize::try_from(*part).map_err(|_| "a handle too large")?;
                promised[part][usize::from(row.warehouse)] += row.allocated * i64::from(*each);
            }
        }
        for (line, there) in lines.iter().zip(at_warehouses) {
            let all = line.allocated + line.waiting + line.shipped + line.cancelled;
            let is_whole = all == line.ordered && there == (line.allocated, line.shipped);
            expect(is_whole, || format!("a line that does not add up: {line:?}, {there:?}"))?;
            sums.waiting += line.waiting;
        }
        sums.open_orders += u64::from(lines.iter().any(|line| line.open() > 0));
    }
    for (sku, promised) in book.skus.iter().zip(promised) {
        let allocated = sku.cells.iter().map(|cell| cell.allocated);
        expect(allocated.eq(promised.iter().copied()), || {
            format!("{} is promised {promised:?}, has {:?}", sku.code, sku.cells)
        })?;
    }
    waiting_lines_add_up(book)?;
    expect(sums == book.sums, || format!("sums {:?}, counted {sums:?}", book.sums))
}

/// Every line that waits is in the book of its SKU, in its place; what is set aside is held, and
/// only while lines are looked at or an order that waits complete keeps it.
fn waiting_lines_add_up(book: &Book) -> Result<(), String> {
    let mut waiting = vec![Vec::new(); book.skus.len()];
    for (at, order) in book.orders.iter().enumerate() {
        for (line, row) in (0..).zip(book.lines_of(order)).filter(|(_, row)| row.waiting > 0) {
            let sku = usize::try_from(row.sku).map_err(|_| "a handle too large")?;
            waiting[sku].push((order.priority_class, order.placed, line, at));
        }
    }
    for (sku, mut waiting) in book.skus.iter().zip(waiting) {
        waiting.sort_unstable();
        let kept = sku
            .waiting
            .iter()
            .map(|row| (row.key.priority_class, row.key.placed.get(), row.key.line, row.order));
        expect(kept.eq(waiting.iter().copied()), || {
            format!("for {} wait {:?}, counted {waiting:?}", sku.code, sku.waiting)
        })?;
        let held = (0..).zip(&sku.cells).filter(|(_, cell)| cell.held != 0);
        let is_held = held.map(|(at, cell)| (at, cell.held));
        let is_same = is_held.eq(sku.set_aside.iter().map(|(at, units)| (*at, *units)));
        let is_kept = sku.waiting.iter().any(|row| {
            let short = book.orders[row.order].short;
            short == ShortMode::WaitComplete
        });
        let is_due = sku.due.is_some() || sku.set_aside.is_empty() || is_kept;
        expect(is_same && is_due, || {
            let (set_aside, cells) = (&sku.set_aside, &sku.cells);
            format!("{}: {set_aside:?} set aside, due {:?}, has {cells:?}", sku.code, sku.due)
        })?;
    }
    Ok(())
}

/// Reads everything that can be read.
pub(super) fn compare(
    book: &Book,
    read: &mut dyn FnMut(&Query<'_>) -> Vec<u8>,
) -> Result<(), String> {
    let mut scratch = Scratch::default();
    let mut ask = |query: Query<'_>| {
        let reply = read(&query);
        let item = one_item(&reply)?;
        queries::judge(book, &query, &item, &mut scratch)
            .map_err(|what| format!("{query:?}: {what}"))
    };
    ask(Query::ReadTotals)?;
    for sku in 0..=u32::try_from(book.skus.len()).map_err(|_| "too many SKUs")? {
        ask(Query::ReadStock(Sku::new(sku)))?;
        for from in book_pages(book, sku) {
            ask(Query::ReadBook(ReadBook { sku: Sku::new(sku), from, rows_max: 0 }))?;
        }
        ask(Query::Name(Namespace::Sku, sku))?;
    }
    for (namespace, count) in [
        (Namespace::Warehouse, book.warehouses.len()),
        (Namespace::Zone, book.zones.len()),
        (Namespace::Channel, book.channels.len()),
        (Namespace::Policy, book.policies.len()),
    ] {
        for handle in 0..=u32::try_from(count).map_err(|_| "too many codes")? {
            ask(Query::Name(namespace, handle))?;
        }
    }
    for order in &book.orders {
        ask(Query::ReadOrder(OrderId::new(order.id)))?;
    }
    Ok(())
}

/// Places from which a SKU's book is read, so that every line is told of.
fn book_pages(book: &Book, sku: u32) -> Vec<WaitKey> {
    let rows = usize::try_from(BOOK_ROWS_PER_REPLY_MAX).unwrap_or(usize::MAX);
    let waiting = book.sku(sku).into_iter().flat_map(|row| &row.waiting);
    let later = waiting.skip(rows).step_by(rows).map(|row| row.key);
    [WaitKey::FIRST].into_iter().chain(later).collect()
}

fn one_item(reply: &[u8]) -> Result<Item<'_>, String> {
    match Items::new(reply, usize::MAX).next() {
        Some(Ok(item)) if item.bytes.len() == reply.len() => Ok(item),
        _ => Err("not one reply".into()),
    }
}
