//! Answers: what a client is told, built from the state as it stands after the command.

mod dates;
mod hold;
mod supply;

use gantry_model::{
    BOOK_ROWS_PER_REPLY_MAX, BookHead, BookRow, Command, EngineSecond, EngineTime, HoldHead,
    Malformed, Movement, MovementKind, Namespace, OrderAllocation, OrderDetail, OrderHead,
    OrderLineView, OrderStatus, OutcomeHead, PlaceOrder, Query, QueryKind, ReadBook, RejectReason,
    ReplyHeader, ReplyStatus, ReplyWriter, Sequence, Short, Sku, StockChange, StockHead, Totals,
    WaitKey, Warehouse, name_prefix,
};
use zerocopy::little_endian::U32;

use self::dates::Dates;
pub(crate) use self::dates::order_of;
use crate::archive::Known;
use crate::decide::Decision;
use crate::state::{AllocationRow, Cell, FirstAnswer, LineRow, OrderView, State};

/// The answer to a command that has a record.
pub(crate) fn of_command(
    state: &State,
    command: &Command<'_>,
    decision: &Decision,
    sequence: Sequence,
    replies: &mut Vec<u8>,
) {
    let kind = command.kind().number();
    if !decision.head.is_accepted() {
        return rejected(kind, &decision.head, &decision.shorts, sequence, replies);
    }
    let begin = |replies| begin(replies, kind, ReplyStatus::Accepted, sequence);
    match command {
        // The order just placed stands last: no need to look its id up.
        Command::PlaceOrder(_) => {
            let order = state.orders.view(state.orders.last_slot());
            let dates = Dates::of(state, order.row);
            let header = ReplyHeader::new(ReplyStatus::Accepted, 0, sequence);
            put_order(dates.begin(replies, kind, header), &order, &dates).end();
        }
        // Of a hold that is gone nothing is left to look up.
        Command::ReleaseHold(command) => {
            begin(replies).put(&HoldHead::ended(command.hold, decision.released)).end();
        }
        _ => {
            let header = ReplyHeader::new(ReplyStatus::Accepted, 0, sequence);
            put_thing(replies, header, Known::of(state), command, state.last_time());
        }
    }
}

/// The answer to an id that was answered before: the thing as it stands now.
pub(crate) fn of_duplicate(
    known: Known<'_>,
    command: &Command<'_>,
    first: &FirstAnswer,
    now: EngineTime,
    replies: &mut Vec<u8>,
) {
    let kind = command.kind().number();
    if let Some(reason) = first.rejected {
        let header = ReplyHeader::new(ReplyStatus::Duplicate, reason.number(), first.sequence);
        return ReplyWriter::begin(replies, kind, header).end();
    }
    let header = ReplyHeader::new(ReplyStatus::Duplicate, 0, first.sequence);
    put_thing(replies, header, known, command, now);
}

/// Whether what an accepted `command` is about exists, as it does if it is the one that is
/// remembered.
pub(crate) fn is_made(known: Known<'_>, command: &Command<'_>) -> bool {
    let catalogue = &known.state.catalogue;
    match command {
        Command::PlaceOrder(order) => known.order(order.id).is_some(),
        Command::CancelOrder(units) | Command::Ship(units) => known.order(units.order).is_some(),
        Command::SetPriority(priority) => known.order(priority.order).is_some(),
        Command::ResourceOrder(resource) => known.order(resource.order).is_some(),
        Command::SwapUnits(swap) => {
            known.order(swap.first).is_some() && known.order(swap.second).is_some()
        }
        Command::SetCancelAt(command) => known.order(command.order).is_some(),
        Command::RejectUnits(units) => known.order(units.order).is_some(),
        Command::ExpectSupply(_) | Command::ChangeSupply(_) | Command::ReceiveSupply(_) => true,
        Command::MatchAgain(again) => catalogue.skus.contains(again.sku),
        Command::PlaceHold(_) | Command::ExtendHold(_) | Command::ReleaseHold(_) => true,
        Command::Receive(change) | Command::Adjust(change) | Command::SetStock(change) => {
            catalogue.skus.contains(change.sku) && catalogue.warehouses.contains(change.warehouse)
        }
        Command::UpsertSku(_)
        | Command::UpsertWarehouse(_)
        | Command::UpsertZone(_)
        | Command::UpsertChannel(_)
        | Command::SetPolicy(_) => handle_of(known.state, command).is_some(),
        Command::SetCosts(_)
        | Command::SetLimits(_)
        | Command::AssignPolicy(_)
        | Command::SetCapacity(_)
        | Command::SetReserves(_)
        | Command::SetBundle(_)
        | Command::SetShadowPrices(_)
        | Command::Mark { .. }
        | Command::Retire(_)
        | Command::Match(_)
        | Command::ExpireHolds(_)
        | Command::Promise(_)
        | Command::GiveUp(_)
        | Command::Sweep(_) => true,
    }
}

/// What placing `order` would answer.
pub(crate) fn of_quote(
    state: &State,
    order: &PlaceOrder<'_>,
    decision: &Decision,
    sequence: Sequence,
    replies: &mut Vec<u8>,
) {
    let kind = QueryKind::Quote.number();
    if !decision.head.is_accepted() {
        return rejected(kind, &decision.head, &decision.shorts, sequence, replies);
    }
    let mut lines: Vec<LineRow> = order
        .lines
        .iter()
        .map(|line| LineRow { sku: line.sku(), ordered: line.quantity(), ..LineRow::default() })
        .collect();
    let mut allocations = Vec::new();
    let is_of_order = |it: &&Movement| {
        let kind = it.kind();
        !kind.is_of_matching() && !kind.is_of_hold() && !kind.is_of_promise()
    };
    let of_order = decision.movements.iter().filter(is_of_order);
    for movement in of_order {
        let units = movement.quantity().unsigned_abs();
        let line = &mut lines[usize::from(movement.line())];
        match movement.kind() {
            MovementKind::Backordered => line.waiting += units,
            MovementKind::Cancelled => line.cancelled += units,
            kind if kind.is_of_component() => {}
            _ => {
                line.allocated += units;
                allocations.push(AllocationRow {
                    line: movement.line(),
                    warehouse: movement.warehouse(),
                    allocated: units,
                    shipped: 0,
                });
            }
        }
    }
    let head = &decision.head;
    let dates = Dates::of_quote(state, &decision.movements);
    let reply = dates.begin(replies, kind, ReplyHeader::new(ReplyStatus::Answered, 0, sequence));
    let (cost, parcels) = (head.cost_minor(), head.parcels());
    let gap = u32::try_from(head.gap()).unwrap_or(u32::MAX);
    let order = order_head(OrderStatus::Open, cost, parcels, &lines, &allocations);
    let order = order.proven(head.proof(), gap);
    dates.put(put_rows(reply, order, &lines, &allocations)).end();
}

/// The answer to a query other than a quote and totals.
pub(crate) fn of_query(
    known: Known<'_>,
    query: &Query<'_>,
    now: EngineTime,
    replies: &mut Vec<u8>,
) {
    let state = known.state;
    let kind = query.kind().number();
    let sequence = state.last_sequence();
    let no = |reason: RejectReason, replies: &mut Vec<u8>| {
        rejected(kind, &OutcomeHead::rejected(reason, 0, 0), &[], sequence, replies);
    };
    let answered = |replies| begin(replies, kind, ReplyStatus::Answered, sequence);
    match query {
        Query::ReadSupply(query) => match supply::is_known(state, query.supply) {
            true => supply::put_with_lines(answered(replies), state, query),
            false => no(RejectReason::UnknownSupply, replies),
        },
        Query::ReadSupplies(sku) => match state.catalogue.sku(*sku) {
            Some(_) => supply::put_those_of_sku(answered(replies), state, *sku),
            None => no(RejectReason::UnknownSku, replies),
        },
        Query::ReadOrder(order) => match known.order(*order) {
            Some(order) => put_order_detail(state, &order, sequence, replies),
            None => no(RejectReason::UnknownOrder, replies),
        },
        Query::ReadStock(sku) => match state.catalogue.sku(*sku) {
            Some(row) => {
                let reply = answered(replies);
                put_stock(reply, state, *sku, row.tracked);
            }
            None => no(RejectReason::UnknownSku, replies),
        },
        Query::Resolve(namespace, code) => match state.catalogue.resolve(*namespace, code) {
            Some(handle) => {
                let reply = answered(replies);
                put_handle(reply, handle).end();
            }
            None => no(RejectReason::UnknownCode, replies),
        },
        Query::Name(namespace, handle) => match state.catalogue.name(*namespace, *handle) {
            Some(code) => {
                let reply = answered(replies);
                reply.put(&name_prefix(code.as_str())).put(code.as_bytes()).end();
            }
            None => no(RejectReason::UnknownCode, replies),
        },
        Query::ReadBook(book) => match state.catalogue.sku(book.sku) {
            Some(_) => put_book(state, book, replies),
            None => no(RejectReason::UnknownSku, replies),
        },
        Query::ReadHold(id) => match hold::is_known(state, *id) {
            true => hold::put(answered(replies), state, *id, now).end(),
            false => no(RejectReason::UnknownHold, replies),
        },
        Query::ReadHolds(holds) => match hold::count(state, holds.owner, now) {
            0 => no(RejectReason::UnknownOwner, replies),
            count => {
                let reply = answered(replies);
                hold::put_those_of_owner(reply, state, holds, (count, now));
            }
        },
        Query::Quote(_) | Query::ReadTotals => unreachable!("the engine answers these itself"),
    }
}

/// The stock cells of a SKU that say anything.
fn put_stock(reply: ReplyWriter<'_>, state: &State, sku: Sku, is_tracked: bool) {
    let is_bundle = !state.bundles.components(sku).is_empty();
    let has_any = |warehouse: &Warehouse| {
        state.stock.cell(sku, *warehouse) != Cell::default()
            || is_bundle && state.available(sku, *warehouse) > 0
    };
    let used = state.catalogue.warehouses.handles().filter(has_any);
    let cells: Vec<_> = used.map(|warehouse| state.view(sku, warehouse)).collect();
    let head = StockHead {
        sku: sku.get().into(),
        cell_count: count(cells.len()).into(),
        tracked: u8::from(is_tracked),
        reserved: 0,
    };
    reply.put(&head).put(cells.as_slice()).end();
}

/// The lines that wait for a SKU, from a place on.
fn put_book(state: &State, book: &ReadBook, replies: &mut Vec<u8>) {
    let sku = book.sku;
    let rows_max = match book.rows_max {
        0 => BOOK_ROWS_PER_REPLY_MAX,
        given => given.min(BOOK_ROWS_PER_REPLY_MAX),
    };
    let row = |(key, slot): (WaitKey, u32)| {
        let order = state.orders.row(slot);
        let line = state.orders.lines(order)[usize::from(key.line)];
        (BookRow::new(order.id, key, line.waiting), U32::new(key.promised.get()))
    };
    let lines = state.books.from(sku, book.from).take(rows_max as usize);
    let (rows, promised): (Vec<BookRow>, Vec<U32>) = lines.map(row).unzip();
    let head = BookHead {
        units: state.books.units(sku).into(),
        lines: u32::try_from(state.books.lines(sku)).unwrap_or(u32::MAX).into(),
        set_aside: u32::try_from(state.matching.set_aside_of(sku)).unwrap_or(u32::MAX).into(),
        sku: sku.get().into(),
        row_count: count(rows.len()).into(),
        is_due: state.matching.is_due(sku).into(),
        reserved: 0,
    };
    let kind = QueryKind::ReadBook.number();
    let header = ReplyHeader::new(ReplyStatus::Answered, 0, state.last_sequence());
    if promised.iter().any(|date| date.get() != EngineSecond::NONE.get()) {
        let reply = ReplyWriter::begin_dated(replies, kind, header);
        reply.put(&head).put(rows.as_slice()).put(promised.as_slice()).end();
    } else {
        ReplyWriter::begin(replies, kind, header).put(&head).put(rows.as_slice()).end();
    }
}

pub(crate) fn of_totals(totals: &Totals, sequence: Sequence, replies: &mut Vec<u8>) {
    let kind = QueryKind::ReadTotals.number();
    begin(replies, kind, ReplyStatus::Answered, sequence).put(totals).end();
}

pub(crate) fn rejected(
    kind: u16,
    head: &OutcomeHead,
    shorts: &[Short],
    sequence: Sequence,
    replies: &mut Vec<u8>,
) {
    let reason = head.reason().map_or(0, RejectReason::number);
    let header = ReplyHeader::new(ReplyStatus::Rejected, reason, sequence);
    ReplyWriter::begin(replies, kind, header).put(head).put(shorts).end();
}

pub(crate) fn malformed(kind: u16, malformed: Malformed, replies: &mut Vec<u8>) {
    let number = malformed.number();
    let header = ReplyHeader::new(ReplyStatus::Malformed, number, Sequence::NONE);
    ReplyWriter::begin(replies, kind, header).end();
}

fn begin(
    replies: &mut Vec<u8>,
    kind: u16,
    status: ReplyStatus,
    sequence: Sequence,
) -> ReplyWriter<'_> {
    ReplyWriter::begin(replies, kind, ReplyHeader::new(status, 0, sequence))
}

/// What a command was about, as it stands now.
fn put_thing(
    replies: &mut Vec<u8>,
    header: ReplyHeader,
    known: Known<'_>,
    command: &Command<'_>,
    now: EngineTime,
) {
    let (state, kind) = (known.state, command.kind().number());
    if let Some(id) = order_of(command) {
        let order = known.order(id).expect("invariant: the command's order is there");
        let dates = Dates::of(state, order.row);
        return put_order(dates.begin(replies, kind, header), &order, &dates).end();
    }
    let reply = ReplyWriter::begin(replies, kind, header);
    let reply = match command {
        Command::ExpectSupply(command) => supply::put(reply, state, command.id),
        Command::ChangeSupply(command) => supply::put(reply, state, command.supply),
        Command::ReceiveSupply(command) => supply::put(reply, state, command.supply),
        Command::Receive(change) | Command::Adjust(change) | Command::SetStock(change) => {
            let StockChange { sku, warehouse, .. } = *change;
            reply.put(&state.view(sku, warehouse))
        }
        Command::UpsertSku(_)
        | Command::UpsertWarehouse(_)
        | Command::UpsertZone(_)
        | Command::UpsertChannel(_)
        | Command::SetPolicy(_) => {
            let handle = handle_of(state, command);
            put_handle(reply, handle.expect("invariant: an upsert defines its code"))
        }
        Command::PlaceHold(command) => hold::put(reply, state, command.id, now),
        Command::ExtendHold(command) => hold::put(reply, state, command.hold, now),
        Command::ReleaseHold(command) => hold::put(reply, state, command.hold, now),
        _ => reply, // Of what is set up there is nothing to tell.
    };
    reply.end();
}

/// The handle of the code that an upsert names.
pub(crate) fn handle_of(state: &State, command: &Command<'_>) -> Option<u32> {
    let (namespace, code) = match command {
        Command::UpsertSku(sku) => (Namespace::Sku, sku.code),
        Command::UpsertWarehouse(warehouse) => (Namespace::Warehouse, warehouse.code),
        Command::UpsertZone(zone) => (Namespace::Zone, zone.code),
        Command::UpsertChannel(channel) => (Namespace::Channel, channel.code),
        Command::SetPolicy(policy) => (Namespace::Policy, policy.code),
        _ => return None,
    };
    state.catalogue.resolve(namespace, code)
}

fn put_handle(reply: ReplyWriter<'_>, handle: u32) -> ReplyWriter<'_> {
    reply.put(&[U32::new(handle), U32::new(0)])
}

fn put_order<'a>(reply: ReplyWriter<'a>, order: &OrderView<'_>, dates: &Dates) -> ReplyWriter<'a> {
    let OrderView { row, detail, lines, allocations, .. } = *order;
    let status = row.status(lines);
    let head = order_head(status, row.cost_minor, row.parcels, lines, allocations);
    dates.put(put_rows(reply, head.proven(detail.proof, detail.gap), lines, allocations))
}

fn order_head(
    status: OrderStatus,
    cost_minor: i64,
    parcels: u16,
    lines: &[LineRow],
    allocations: &[AllocationRow],
) -> OrderHead {
    OrderHead::new(status, cost_minor, parcels, count(lines.len()), count(allocations.len()))
}

fn put_rows<'a>(
    reply: ReplyWriter<'a>,
    head: OrderHead,
    lines: &[LineRow],
    allocations: &[AllocationRow],
) -> ReplyWriter<'a> {
    let lines = lines.iter().map(|line| OrderLineView {
        sku: line.sku.get().into(),
        ordered: line.ordered.into(),
        allocated: line.allocated.into(),
        waiting: line.waiting.into(),
        shipped: line.shipped.into(),
        cancelled: line.cancelled.into(),
    });
    let allocations = allocations.iter().map(|allocation| OrderAllocation {
        line: allocation.line.into(),
        warehouse: allocation.warehouse.get().into(),
        allocated: allocation.allocated.into(),
        shipped: allocation.shipped.into(),
    });
    reply.put(&head).put_all(lines).put_all(allocations)
}

fn put_order_detail(
    state: &State,
    order: &OrderView<'_>,
    sequence: Sequence,
    replies: &mut Vec<u8>,
) {
    let kind = QueryKind::ReadOrder.number();
    let dates = Dates::of(state, order.row);
    let header = ReplyHeader::new(ReplyStatus::Answered, 0, sequence);
    let reply = dates.begin(replies, kind, header);
    let OrderView { row, detail, reference, .. } = *order;
    let view = OrderDetail {
        id: row.id.get().into(),
        customer: detail.customer.into(),
        placed_time_ns: detail.placed_time.get().into(),
        value_minor: detail.value_minor.into(),
        currency: detail.currency,
        zone: row.zone.get().into(),
        channel: detail.channel.get().into(),
        priority_class: row.priority_class,
        service_level: row.service_level,
        short: row.short.number(),
        reference_bytes: u8::try_from(reference.len()).expect("invariant: at most 40"),
        reserved: [0; 4],
    };
    put_order(reply, order, &dates).put(&view).put(reference).end();
}

fn count(length: usize) -> u16 {
    u16::try_from(length).expect("invariant: bounded by the limits on an order and on warehouses")
}
