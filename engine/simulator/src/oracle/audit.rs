//! The whole state: whether the books add up, and whether the engine tells the same.

use gantry_model::{Item, Items, Namespace, OrderId, Query, Sku};

use super::book::{Book, Sums, What};
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
            let is_covered = !sku.tracked || cell.on_hand - cell.unavailable >= cell.allocated;
            let is_positive = cell.allocated >= 0 && cell.unavailable >= 0 && cell.on_hand >= 0;
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
    expect(sums == book.sums, || format!("sums {:?}, counted {sums:?}", book.sums))
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
    for (id, known) in &book.ids {
        if matches!(known.what, What::Order(_)) {
            ask(Query::ReadOrder(OrderId::new(*id)))?;
        }
    }
    Ok(())
}

fn one_item(reply: &[u8]) -> Result<Item<'_>, String> {
    match Items::new(reply, usize::MAX).next() {
        Some(Ok(item)) if item.bytes.len() == reply.len() => Ok(item),
        _ => Err("not one reply".into()),
    }
}
