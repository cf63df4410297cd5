//! Answers to queries: exact, but for figures of the process.

use gantry_model::{
    BOOK_ROWS_PER_REPLY_MAX, BookHead, BookRow, EngineSecond, HOLDS_PER_REPLY_MAX, HoldHead,
    HoldId, HoldsHead, Item, Namespace, OrderDetail, OrderId, OutcomeHead, Query, QueryKind,
    ReadBook, ReadHolds, RejectReason, Reply, ReplyBody, ReplyHeader, ReplyStatus, ReplyWriter,
    Sequence, Sku, StockHead, Totals, name_prefix,
};

use super::book::{Book, OrderBook};
use super::case::Scratch;
use super::dates::{put_supplies, put_supply};
use super::decide::expect;
use super::quoted;
use super::replies::{cell, count, hold_head, put_handle, put_hold, put_order, rejected, units};

/// Judges the reply to a query, of which the book holds every record that it may know, and which was
/// answered at `until` at the latest.
pub(super) fn judge(
    book: &Book,
    query: &Query<'_>,
    reply: &Item<'_>,
    until: u64,
    scratch: &mut Scratch,
) -> Result<(), String> {
    match query {
        Query::Quote(order) => quoted::judge(book, order, reply, until, scratch),
        Query::ReadTotals => totals(book, reply),
        Query::ReadHold(id) => {
            let moments = book.moments(until, |hold| hold.id == id.get());
            any_of(&moments, reply, |time, out| put_hold_or_no(book, *id, time, out))
        }
        Query::ReadHolds(asked) => {
            let moments = book.moments(until, |hold| hold.owner == asked.owner);
            any_of(&moments, reply, |time, out| put_holds(book, asked, time, out))
        }
        query => {
            scratch.reply.clear();
            answer(book, query, &mut scratch.reply);
            expect_reply(reply, &scratch.reply)
        }
    }
}

pub(super) fn expect_reply(reply: &Item<'_>, expected: &[u8]) -> Result<(), String> {
    expect(reply.bytes == expected, || {
        let mut items = gantry_model::Items::new(expected, usize::MAX);
        let expected = items.next().and_then(Result::ok);
        let expected = expected.map(|item| format!("{:?}", Reply::parse(&item)));
        format!("answered {:?}, the rules say {expected:?}", Reply::parse(reply))
    })
}

/// The answer tells no time: it must be the right one at one of these.
fn any_of(
    moments: &[u64],
    reply: &Item<'_>,
    answer: impl Fn(u64, &mut Vec<u8>),
) -> Result<(), String> {
    let mut judged = Ok(());
    for time in moments {
        let mut expected = Vec::new();
        answer(*time, &mut expected);
        judged = expect_reply(reply, &expected);
        if judged.is_ok() {
            break;
        }
    }
    judged
}

/// What a query that no time changes is answered.
fn answer(book: &Book, query: &Query<'_>, out: &mut Vec<u8>) {
    let kind = query.kind();
    match query {
        Query::ReadOrder(id) => match book.order(id.get()) {
            Some((_, order)) => {
                put_in_full(book, *id, order, out);
            }
            None => no(book, kind, RejectReason::UnknownOrder, out),
        },
        Query::ReadStock(sku) => match book.sku(sku.get()) {
            Some(_) => put_stock(book, *sku, begin(book, kind, out)),
            None => no(book, kind, RejectReason::UnknownSku, out),
        },
        Query::Resolve(namespace, code) => {
            match codes(book, *namespace).position(|known| known == code) {
                Some(handle) => {
                    put_handle(handle, begin(book, kind, out)).end();
                }
                None => no(book, kind, RejectReason::UnknownCode, out),
            }
        }
        Query::Name(namespace, handle) => {
            let at = usize::try_from(*handle).expect("invariant: handles fit memory");
            match codes(book, *namespace).nth(at) {
                Some(code) => {
                    let reply = begin(book, kind, out);
                    reply.put(&name_prefix(code)).put(code.as_bytes()).end();
                }
                None => no(book, kind, RejectReason::UnknownCode, out),
            }
        }
        Query::ReadBook(asked) => match book.sku(asked.sku.get()) {
            Some(_) => put_book(book, asked, out),
            None => no(book, kind, RejectReason::UnknownSku, out),
        },
        Query::ReadSupply(asked) => put_supply(book, asked, out),
        Query::ReadSupplies(sku) => match book.sku(sku.get()) {
            Some(_) => put_supplies(book, *sku, out),
            None => no(book, kind, RejectReason::UnknownSku, out),
        },
        Query::Quote(_) | Query::ReadTotals | Query::ReadHold(_) | Query::ReadHolds(_) => {}
    }
}

fn codes(book: &Book, namespace: Namespace) -> Box<dyn Iterator<Item = &String> + '_> {
    match namespace {
        Namespace::Sku => Box::new(book.skus.iter().map(|row| &row.code)),
        Namespace::Warehouse => Box::new(book.warehouses.iter().map(|row| &row.code)),
        Namespace::Zone => Box::new(book.zones.iter().map(|row| &row.code)),
        Namespace::Channel => Box::new(book.channels.iter().map(|row| &row.code)),
        Namespace::Policy => Box::new(book.policies.iter().map(|row| &row.code)),
    }
}

fn put_stock(book: &Book, sku: Sku, reply: ReplyWriter<'_>) {
    let row = book.the_sku(sku.get());
    let has_any = |warehouse: &u16| {
        let is_bundle = !row.components.is_empty();
        row.cells[usize::from(*warehouse)] != super::book::Cell::default()
            || is_bundle && book.whole(sku.get(), *warehouse) > 0
    };
    let warehouses = (0..count(book.warehouses.len())).filter(has_any);
    let cells: Vec<_> = warehouses.map(|warehouse| cell(book, sku.get(), warehouse)).collect();
    let head = StockHead {
        sku: sku.get().into(),
        cell_count: count(cells.len()).into(),
        tracked: row.tracked.into(),
        reserved: 0,
    };
    reply.put(&head).put(cells.as_slice()).end();
}

/// The lines that wait for a SKU, from a place on.
fn put_book(book: &Book, asked: &ReadBook, out: &mut Vec<u8>) {
    let (sku, row) = (asked.sku.get(), book.the_sku(asked.sku.get()));
    let max = BOOK_ROWS_PER_REPLY_MAX;
    let rows_max = if asked.rows_max == 0 { max } else { asked.rows_max.min(max) };
    let told = row.waiting.iter().filter(|waiting| waiting.key >= asked.from);
    let told: Vec<_> = told.take(usize::try_from(rows_max).unwrap_or(usize::MAX)).collect();
    let dates: Vec<EngineSecond> = told.iter().map(|waiting| waiting.key.promised).collect();
    let rows: Vec<BookRow> = told
        .iter()
        .map(|waiting| {
            let id = OrderId::new(book.orders[waiting.order].id);
            BookRow::new(id, waiting.key, units(book.wanted(waiting)))
        })
        .collect();
    let head = BookHead {
        units: sum(book.units_waiting(sku)).into(),
        lines: u32::try_from(row.waiting.len()).expect("invariant: lines of memory").into(),
        set_aside: units(book.units_set_aside(sku)).into(),
        sku: sku.into(),
        row_count: count(rows.len()).into(),
        is_due: row.due.is_some().into(),
        reserved: 0,
    };
    let (kind, header) = (QueryKind::ReadBook.number(), header(book));
    if dates.iter().all(|date| *date == EngineSecond::NONE) {
        return ReplyWriter::begin(out, kind, header).put(&head).put(rows.as_slice()).end();
    }
    let dates = dates.iter().map(|date| date.get().to_le_bytes());
    let reply = ReplyWriter::begin_dated(out, kind, header).put(&head).put(rows.as_slice());
    reply.put_all(dates).end();
}

/// A hold, or what is still known of it.
fn put_hold_or_no(book: &Book, id: HoldId, time: u64, out: &mut Vec<u8>) {
    if book.hold(id).is_none() && book.remembered(id).is_none() {
        return no(book, QueryKind::ReadHold, RejectReason::UnknownHold, out);
    }
    put_hold(book, id, time, begin(book, QueryKind::ReadHold, out)).end();
}

/// The holds of an owner, from a record on.
fn put_holds(book: &Book, asked: &ReadHolds, time: u64, out: &mut Vec<u8>) {
    let active: Vec<_> = book.holds_of(asked.owner, time).collect();
    if active.is_empty() {
        return no(book, QueryKind::ReadHolds, RejectReason::UnknownOwner, out);
    }
    let max = HOLDS_PER_REPLY_MAX;
    let rows_max = if asked.rows_max == 0 { max } else { asked.rows_max.min(max) };
    let told = active.iter().filter(|hold| hold.placed >= asked.from.get());
    let told = told.take(usize::try_from(rows_max).unwrap_or(usize::MAX));
    let rows: Vec<HoldHead> = told.map(|hold| hold_head(hold)).collect();
    let head = HoldsHead {
        owner: asked.owner.into(),
        holds: u32::try_from(active.len()).expect("invariant: holds are bounded").into(),
        row_count: count(rows.len()).into(),
        reserved: [0; 2],
    };
    begin(book, QueryKind::ReadHolds, out).put(&head).put(rows.as_slice()).end();
}

fn header(book: &Book) -> ReplyHeader {
    ReplyHeader::new(ReplyStatus::Answered, 0, Sequence::new(book.sequence))
}

pub(super) fn begin<'a>(book: &Book, kind: QueryKind, out: &'a mut Vec<u8>) -> ReplyWriter<'a> {
    ReplyWriter::begin(out, kind.number(), header(book))
}

pub(super) fn no(book: &Book, kind: QueryKind, reason: RejectReason, out: &mut Vec<u8>) {
    let (head, sequence) = (OutcomeHead::rejected(reason, 0, 0), Sequence::new(book.sequence));
    rejected(kind.number(), reason, &head, &[], sequence, out);
}

/// An order with what its command said of it.
fn put_in_full(book: &Book, id: OrderId, row: &OrderBook, out: &mut Vec<u8>) {
    let order = book.placed(row);
    let detail = OrderDetail {
        id: id.get().into(),
        customer: order.customer.into(),
        placed_time_ns: row.time.into(),
        value_minor: order.value_minor.into(),
        currency: order.currency,
        zone: order.zone.get().into(),
        channel: order.channel.get().into(),
        priority_class: row.priority_class,
        service_level: order.service_level,
        short: order.short.number(),
        reference_bytes: name_prefix(order.reference)[0],
        reserved: [0; 4],
    };
    let begun = (QueryKind::ReadOrder.number(), header(book));
    put_order(book, row, begun, out).put(&detail).put(order.reference.as_bytes()).end();
}

/// Totals as far as they are state; the rest is the process's.
fn totals(book: &Book, reply: &Item<'_>) -> Result<(), String> {
    let said =
        Reply::parse(reply).map_err(|malformed| format!("a malformed reply: {malformed}"))?;
    let ReplyBody::Totals(told) = said.body else {
        return Err(format!("totals were answered {said:?}"));
    };
    let sums = &book.sums;
    let expected = Totals {
        last_sequence: book.sequence.into(),
        orders: total(book.orders.len()).into(),
        open_orders: sums.open_orders.into(),
        units_on_hand: sum(sums.on_hand).into(),
        units_allocated: sum(sums.allocated).into(),
        units_held: sum(sums.held).into(),
        units_backordered: sum(sums.waiting).into(),
        skus: total(book.skus.len()).into(),
        ..*told
    };
    let mut bytes = Vec::new();
    let header = ReplyHeader::new(ReplyStatus::Answered, 0, Sequence::new(book.sequence));
    ReplyWriter::begin(&mut bytes, QueryKind::ReadTotals.number(), header).put(&expected).end();
    expect_reply(reply, &bytes)
}

pub(super) fn sum(units: i64) -> u64 {
    u64::try_from(units).expect("invariant: sums of what is there")
}

fn total(rows: usize) -> u64 {
    u64::try_from(rows).expect("invariant: lengths of memory")
}
