//! The whole state: whether the books add up, and whether the engine tells the same.

use std::collections::BTreeSet;

use gantry_model::{
    BOOK_ROWS_PER_REPLY_MAX, EngineSecond, HOLD_ROWS_PER_OWNER_MAX, HoldId, Item, Items, Namespace,
    OrderId, PROMISES_PER_REPLY_MAX, PromiseKey, Query, ReadBook, ReadHolds, ReadSupply,
    SUPPLIES_PER_PROMISE_MAX, Sequence, ShortMode, Sku, SupplyId, WaitKey,
};

use super::book::{Book, Sums};
use super::case::Scratch;
use super::decide::expect;
use super::holds::sum_by_place;
use super::queries;

/// Every so many holds of an owner a page of them is read.
const HOLDS_READ: usize = 100;
/// So many ids, about, are read of each sort that is no hold's.
const IDS_READ: usize = 200;

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
    holds_add_up(book)?;
    promises_add_up(book)?;
    are_of_open_orders(book)?;
    expect(sums == book.sums, || format!("sums {:?}, counted {sums:?}", book.sums))
}

/// Every line that waits is in the book of its SKU, in its place; units are set aside only while lines are looked at or an order that waits complete keeps it.
fn waiting_lines_add_up(book: &Book) -> Result<(), String> {
    let mut waiting = vec![Vec::new(); book.skus.len()];
    for (at, order) in book.orders.iter().enumerate() {
        for (line, row) in (0..).zip(book.lines_of(order)).filter(|(_, row)| row.waiting > 0) {
            let sku = usize::try_from(row.sku).map_err(|_| "a handle too large")?;
            let date = book.date(order.placed, line);
            waiting[sku].push((order.priority_class, date, order.placed, line, at));
        }
    }
    for (sku, mut waiting) in book.skus.iter().zip(waiting) {
        waiting.sort_unstable();
        let kept = sku.waiting.iter().map(|row| {
            let key = row.key;
            (key.priority_class, key.promised, key.placed.get(), key.line, row.order)
        });
        expect(kept.eq(waiting.iter().copied()), || {
            format!("for {} wait {:?}, counted {waiting:?}", sku.code, sku.waiting)
        })?;
        let is_kept = sku.waiting.iter().any(|row| {
            let order = &book.orders[row.order];
            order.short == ShortMode::WaitComplete && !book.is_stuck(order.placed)
        });
        let is_due = sku.due.is_some() || sku.set_aside.is_empty() || is_kept;
        expect(is_due, || {
            format!("{}: {:?} set aside, due {:?}", sku.code, sku.set_aside, sku.due)
        })?;
    }
    Ok(())
}

/// Units are held for lines that wait and for holds, and for nothing else.
fn holds_add_up(book: &Book) -> Result<(), String> {
    let mut of_holds = sum_by_place(book.holds.values());
    for (sku, row) in (0..).zip(&book.skus) {
        for (warehouse, cell) in (0..).zip(&row.cells) {
            let set_aside = row.set_aside.get(&warehouse).copied().unwrap_or(0);
            let held = of_holds.remove(&(sku, warehouse)).unwrap_or(0);
            expect(cell.held == set_aside + held && (held == 0 || row.tracked), || {
                format!("{} has {cell:?}, set aside {set_aside}, in holds {held}", row.code)
            })?;
        }
    }
    expect(of_holds.is_empty(), || format!("held where nothing is: {of_holds:?}"))?;
    for (placed, hold) in &book.holds {
        let is_known = book.ids.get(hold.id).is_some_and(|known| known.sequence == *placed);
        let is_positive = hold.rows.iter().all(|row| row.units > 0);
        let rows = book.rows_of_others(hold.owner, HoldId::NONE);
        let makes_sense = is_known && is_positive && hold.owner != 0;
        expect(makes_sense && rows <= HOLD_ROWS_PER_OWNER_MAX, || format!("a wrong {hold:?}"))?;
    }
    Ok(())
}

/// What is promised of a supply are the units of its promises, no more than are still expected, and not
/// before they are, unless that is to be looked at.
fn promises_add_up(book: &Book) -> Result<(), String> {
    for (placed, supply) in &book.supplies {
        let promises = book.promises_on(supply);
        let promised: i64 = promises.iter().map(|(_, units)| units).sum();
        let is_counted = promised == supply.promised && supply.placed == *placed;
        let is_there = supply.open() > 0 || supply.promised > 0;
        let is_within = supply.received >= 0 && supply.open() >= 0;
        let is_late = promises.iter().any(|(key, _)| key.promised < supply.eta);
        let is_kept = supply.promised <= supply.open() && !is_late;
        let is_reviewed = book.reviews.contains_key(&supply.sku);
        let makes_sense = is_counted && is_there && is_within && (is_kept || is_reviewed);
        expect(makes_sense && book.the_sku(supply.sku).tracked, || {
            format!("a wrong {supply:?} with {promises:?}, reviewed {:?}", book.reviews)
        })?;
    }
    for ((placed, line), promise) in &book.promises {
        let order = book.orders.partition_point(|order| order.placed < *placed);
        let order = book.orders.get(order).filter(|order| order.placed == *placed);
        let row = order.and_then(|order| book.lines_of(order).get(usize::from(*line)));
        let units: i64 = promise.parts.values().sum();
        let is_of_sku = |(supply, units): (&u64, &i64)| {
            let supply = book.supplies.get(supply);
            *units > 0 && supply.map(|supply| supply.sku) == row.map(|row| row.sku)
        };
        let makes_sense = row.is_some_and(|row| row.waiting == units)
            && (1..=SUPPLIES_PER_PROMISE_MAX).contains(&promise.parts.len())
            && promise.date != EngineSecond::NONE
            && promise.parts.iter().all(is_of_sku);
        expect(makes_sense, || format!("a wrong {promise:?} of line {line} of {placed}"))?;
    }
    Ok(())
}

/// Only of open orders is it known when they are given up, and who rejected their units.
fn are_of_open_orders(book: &Book) -> Result<(), String> {
    let mut placed = book.cancel_at.keys().chain(book.rejected.keys());
    let is_open = |placed: &u64| {
        let at = book.orders.partition_point(|order| order.placed < *placed);
        let order = book.orders.get(at).filter(|order| order.placed == *placed);
        order.is_some_and(|order| book.lines_of(order).iter().any(|line| line.open() > 0))
    };
    expect(placed.all(is_open), || {
        format!("not all are open: {:?}, {:?}", book.cancel_at, book.rejected)
    })
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
        queries::judge(book, &query, &item, u64::MAX, &mut scratch)
            .map_err(|what| format!("{query:?}: {what}"))
    };
    ask(Query::ReadTotals)?;
    for sku in 0..=u32::try_from(book.skus.len()).map_err(|_| "too many SKUs")? {
        ask(Query::ReadStock(Sku::new(sku)))?;
        for from in book_pages(book, sku) {
            ask(Query::ReadBook(ReadBook { sku: Sku::new(sku), from, rows_max: 0 }))?;
        }
        ask(Query::ReadSupplies(Sku::new(sku)))?;
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
    for id in held_ids(book) {
        ask(Query::ReadHold(id))?;
    }
    for id in supply_ids(book) {
        for from in promise_pages(book, id) {
            ask(Query::ReadSupply(ReadSupply { supply: id, from, rows_max: 0 }))?;
        }
    }
    let owners: BTreeSet<u128> = book.holds.values().map(|hold| hold.owner).collect();
    for owner in owners.into_iter().chain([0]) {
        let from_each = book.holds.values().filter(|hold| hold.owner == owner);
        for from in from_each.map(|hold| hold.placed).step_by(HOLDS_READ).chain([0]) {
            let from = Sequence::new(from);
            ask(Query::ReadHolds(ReadHolds { owner, from, rows_max: 0 }))?;
        }
    }
    Ok(())
}

/// The holds that are there, some that are gone, and some orders, which are none.
fn held_ids(book: &Book) -> Vec<HoldId> {
    let there = book.holds.values().map(|hold| hold.id);
    let gone = book.holds_ended.iter().copied().step_by(1 + book.holds_ended.len() / IDS_READ);
    let orders = book.orders.iter().map(|order| order.id);
    let orders = orders.step_by(1 + book.orders.len() / IDS_READ);
    there.chain(gone).chain(orders).map(HoldId::new).collect()
}

/// The supplies that are there, some that are gone, and some orders, which are none.
fn supply_ids(book: &Book) -> Vec<SupplyId> {
    let there = book.supplies.values().map(|supply| supply.id);
    let gone = book.supplies_ended.iter().copied();
    let gone = gone.step_by(1 + book.supplies_ended.len() / IDS_READ);
    let orders = book.orders.iter().map(|order| order.id);
    let orders = orders.step_by(1 + book.orders.len() / IDS_READ);
    there.chain(gone).chain(orders).map(SupplyId::new).collect()
}

/// Places from which a supply is read, so that every line is told of.
fn promise_pages(book: &Book, supply: SupplyId) -> Vec<PromiseKey> {
    let rows = usize::try_from(PROMISES_PER_REPLY_MAX).unwrap_or(usize::MAX);
    let supply = book.supply(supply);
    let promises = supply.map_or_else(Vec::new, |supply| book.promises_on(supply));
    let later = promises.iter().skip(rows).step_by(rows).map(|(key, _)| *key);
    [PromiseKey::FIRST].into_iter().chain(later).collect()
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
