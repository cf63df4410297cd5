//! Answers to queries: exact, but for figures of the process.

use gantry_model::{
    BOOK_ROWS_PER_REPLY_MAX, BookHead, BookRow, HOLDS_PER_REPLY_MAX, HoldHead, HoldId, HoldsHead,
    Item, Namespace, OrderDetail, OrderHead, OrderId, OrderStatus, OutcomeHead, PlaceOrder, Query,
    QueryKind, ReadBook, ReadHolds, RejectReason, Reply, ReplyBody, ReplyHeader, ReplyStatus,
    ReplyWriter, Sequence, ShortMode, Sku, StockHead, Totals, name_prefix,
};

use super::book::{ANY_16, AllocationBook, Book, LineBook, MINUTE_NS, OrderBook};
use super::case::Scratch;
use super::decide::expect;
use super::place::{self, Part, Said};
use super::replies::{
    cell, count, hold_head, put_handle, put_hold, put_order, put_rows, rejected, units,
};

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
        Query::Quote(order) => quote(book, order, reply, until, scratch),
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
                put_in_full(book, *id, order, begin(book, kind, out));
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
            Some(_) => put_book(book, asked, begin(book, kind, out)),
            None => no(book, kind, RejectReason::UnknownSku, out),
        },
        Query::ReadSupply(_) | Query::ReadSupplies(_) => {
            no(book, kind, RejectReason::NotYet, out);
        }
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
fn put_book(book: &Book, asked: &ReadBook, reply: ReplyWriter<'_>) {
    let (sku, row) = (asked.sku.get(), book.the_sku(asked.sku.get()));
    let max = BOOK_ROWS_PER_REPLY_MAX;
    let rows_max = if asked.rows_max == 0 { max } else { asked.rows_max.min(max) };
    let told = row.waiting.iter().filter(|waiting| waiting.key >= asked.from);
    let told = told.take(usize::try_from(rows_max).unwrap_or(usize::MAX));
    let rows: Vec<BookRow> = told
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
    reply.put(&head).put(rows.as_slice()).end();
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

fn begin<'a>(book: &Book, kind: QueryKind, out: &'a mut Vec<u8>) -> ReplyWriter<'a> {
    let sequence = Sequence::new(book.sequence);
    ReplyWriter::begin(out, kind.number(), ReplyHeader::new(ReplyStatus::Answered, 0, sequence))
}

fn no(book: &Book, kind: QueryKind, reason: RejectReason, out: &mut Vec<u8>) {
    let (head, sequence) = (OutcomeHead::rejected(reason, 0, 0), Sequence::new(book.sequence));
    rejected(kind.number(), reason, &head, &[], sequence, out);
}

/// An order with what its command said of it.
fn put_in_full(book: &Book, id: OrderId, row: &OrderBook, reply: ReplyWriter<'_>) {
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
    put_order(book, row, reply).put(&detail).put(order.reference.as_bytes()).end();
}

/// A quote is what placing would answer, at a time that the reply does not tell: any that may be.
fn quote(
    book: &Book,
    order: &PlaceOrder<'_>,
    reply: &Item<'_>,
    until: u64,
    scratch: &mut Scratch,
) -> Result<(), String> {
    let said =
        Reply::parse(reply).map_err(|malformed| format!("a malformed reply: {malformed}"))?;
    let sequence = Sequence::new(book.sequence);
    let kind = QueryKind::Quote.number();
    let (mut parts, mut expected) = (Vec::new(), Vec::new());
    let (head, shorts) = match said.body {
        ReplyBody::Order(body) => {
            parts.extend(body.allocations.iter().map(|row| Part {
                line: row.line.get(),
                warehouse: row.warehouse.get(),
                units: row.allocated.get().into(),
            }));
            let is_within = parts.iter().all(|part| usize::from(part.line) < order.lines.len());
            expect(is_within, || format!("allocations of no line: {parts:?}"))?;
            let (parcels, cost, gap) =
                (body.head.parcels(), body.head.cost_minor(), body.head.gap());
            let header = ReplyHeader::new(ReplyStatus::Answered, 0, sequence);
            let writer = ReplyWriter::begin(&mut expected, kind, header);
            put_quoted(order, &body.head, &parts, writer);
            let proof = body.head.proof();
            (OutcomeHead::sourced(parcels, cost, proof, gap.into()), &[][..])
        }
        ReplyBody::Rejection(outcome) => {
            let Some(reason) = outcome.head.reason() else {
                return Err("a rejection without a reason".into());
            };
            rejected(kind, reason, outcome.head, outcome.shorts, sequence, &mut expected);
            (*outcome.head, outcome.shorts)
        }
        _ => return Err(format!("a quote was answered {said:?}")),
    };
    expect_reply(reply, &expected)?;
    let said = Said { head: &head, shorts, parts: &parts };
    let first = place::judge(book, order, book.time, &said, scratch).map(|_| ());
    first.or_else(|what| {
        let mut others = other_times(book, order);
        others.retain(|time| *time <= until);
        let fits =
            others.into_iter().any(|time| place::judge(book, order, time, &said, scratch).is_ok());
        expect(fits, || what)
    })
}

/// Times from the last record on that may make another plan: when a cut-off comes, a day begins, or a
/// hold of the owner ends. A later day differs from the next in nothing.
fn other_times(book: &Book, order: &PlaceOrder<'_>) -> Vec<u64> {
    let day_ns = 1_440 * MINUTE_NS;
    let today = book.time / day_ns * day_ns;
    let costs = book.zones.get(order.zone.index()).map(|zone| &zone.costs);
    let rows = costs.into_iter().flatten().map(|(at, _)| &book.warehouses[usize::from(*at)]);
    let mut times = Vec::new();
    for row in rows.filter(|row| row.is_timed()) {
        times.push(today + day_ns);
        if row.cut_off_minute != ANY_16 {
            let minute = u64::from(row.cut_off_minute) * MINUTE_NS;
            times.extend([today + minute, today + day_ns + minute]);
        }
    }
    if let Some(hold) = book.hold(order.hold) {
        times.extend(book.moments(u64::MAX, |other| other.owner == hold.owner));
    }
    times.retain(|time| *time > book.time);
    times.sort_unstable();
    times.dedup();
    times
}

/// The order as it would stand, with the figures that were said of its plan.
fn put_quoted(order: &PlaceOrder<'_>, said: &OrderHead, parts: &[Part], reply: ReplyWriter<'_>) {
    let lines: Vec<LineBook> = (0..)
        .zip(order.lines)
        .map(|(line, wanted): (u16, _)| {
            let had = parts.iter().filter(|part| part.line == line).map(|part| part.units);
            let (ordered, allocated) = (i64::from(wanted.quantity()), had.sum::<i64>());
            let left = (ordered - allocated).max(0);
            let is_cancelled = order.short == ShortMode::TakeAvailable;
            let (waiting, cancelled) = if is_cancelled { (0, left) } else { (left, 0) };
            let sku = wanted.sku().get();
            LineBook { sku, ordered, allocated, waiting, shipped: 0, cancelled }
        })
        .collect();
    let allocations: Vec<AllocationBook> = parts
        .iter()
        .map(|part| AllocationBook {
            line: part.line,
            warehouse: part.warehouse,
            allocated: part.units,
            shipped: 0,
        })
        .collect();
    let counts = (count(lines.len()), count(allocations.len()));
    let (cost, parcels) = (said.cost_minor(), said.parcels());
    let head = OrderHead::new(OrderStatus::Open, cost, parcels, counts.0, counts.1);
    put_rows(head.proven(said.proof(), said.gap()), &lines, &allocations, reply).end();
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

fn sum(units: i64) -> u64 {
    u64::try_from(units).expect("invariant: sums of what is there")
}

fn total(rows: usize) -> u64 {
    u64::try_from(rows).expect("invariant: lengths of memory")
}
