//! Replies of every kind and status.

use gantry_model::{
    BookHead, BookRow, CellView, CommandKind, EngineSecond, EngineTime, HeldUnits, HoldHead,
    HoldsHead, LinePromise, OrderAllocation, OrderBody, OrderDates, OrderDetail, OrderHead,
    OrderId, OrderLineView, OrderStatus, Outcome, OutcomeHead, PromiseKey, PromiseRow, Proof,
    QueryKind, RejectReason, Reply, ReplyBody, ReplyHeader, ReplyStatus, ReplyWriter, Sequence,
    Short, Sku, StockHead, SuppliesHead, SupplyHead, SupplyStatus, Totals, WaitKey, Warehouse,
    name_prefix,
};
use zerocopy::little_endian::U32;

use super::{HOLD, ID, SUPPLY, Sample, Version};

/// The replies that this version was the first to write.
pub(crate) fn replies(version: Version) -> Vec<Sample> {
    let mut samples = Vec::new();
    let visit = |name: &str, reply: Reply<'_>| {
        let (name, meaning) = (name.to_owned(), format!("{reply:?}"));
        samples.push(Sample { name, meaning, written: written(&reply) });
    };
    match version {
        Version::First => first(visit),
        Version::Second => second(visit),
        Version::Third => third(visit),
        Version::Fourth => fourth(visit),
    }
    samples
}

fn first(mut visit: impl FnMut(&str, Reply<'_>)) {
    let head = |status, allocations| OrderHead::new(status, 1_290, 3, 2, allocations);
    orders(&head, &mut visit);
    let refused = OutcomeHead::rejected(RejectReason::OutOfStock, 5, 9);
    let shorts = [Short::new(1, Sku::new(0x0102_0304), 9, 5)];
    let no = Outcome { head: &refused, shorts: &shorts };
    visit("place_order.rejected", rejected(CommandKind::PlaceOrder, no));
    let kind = CommandKind::PlaceOrder.number();
    visit("place_order.malformed", reply(kind, ReplyStatus::Malformed, 6, ReplyBody::Empty));
    let refused_before = reply(kind, ReplyStatus::Duplicate, 400, ReplyBody::Empty);
    visit("place_order.rejected_before", refused_before);
    visit("unknown.malformed", reply(0, ReplyStatus::Malformed, 4, ReplyBody::Empty));
    first_of_the_rest(visit);
}

fn first_of_the_rest(mut visit: impl FnMut(&str, Reply<'_>)) {
    let cell = CellView {
        warehouse: 0x0102.into(),
        reserved: [0; 2],
        on_hand: 0x03.into(),
        allocated: 0x04.into(),
        held: 0x05.into(),
        unavailable: 0x06.into(),
        available: 0x07.into(),
    };
    visit("receive", accepted(CommandKind::Receive, ReplyBody::Cell(&cell)));
    visit("adjust", accepted(CommandKind::Adjust, ReplyBody::Cell(&cell)));
    visit("set_stock", accepted(CommandKind::SetStock, ReplyBody::Cell(&cell)));
    visit("upsert_sku", accepted(CommandKind::UpsertSku, ReplyBody::Handle(0x0102_0304)));
    visit("upsert_warehouse", accepted(CommandKind::UpsertWarehouse, ReplyBody::Handle(5)));
    visit("upsert_zone", accepted(CommandKind::UpsertZone, ReplyBody::Handle(6)));
    visit("upsert_channel", accepted(CommandKind::UpsertChannel, ReplyBody::Handle(7)));
    visit("set_costs", accepted(CommandKind::SetCosts, ReplyBody::Empty));
    visit("set_limits", accepted(CommandKind::SetLimits, ReplyBody::Empty));
    let refused = OutcomeHead::rejected(RejectReason::NotForClients, 0, 0);
    visit("mark", rejected(CommandKind::Mark, Outcome { head: &refused, shorts: &[] }));
    let head = StockHead { sku: 0x0102.into(), cell_count: 2.into(), tracked: 1, reserved: 0 };
    let cells = [cell, cell];
    visit(
        "read_stock",
        answered(QueryKind::ReadStock, ReplyBody::Stock { head: &head, cells: &cells }),
    );
    visit("resolve", answered(QueryKind::Resolve, ReplyBody::Handle(8)));
    visit("name", answered(QueryKind::Name, ReplyBody::Name("EWR")));
    visit("read_totals", answered(QueryKind::ReadTotals, ReplyBody::Totals(&totals())));
}

fn second(mut visit: impl FnMut(&str, Reply<'_>)) {
    let head = |status, allocations| {
        OrderHead::new(status, 1_290, 3, 2, allocations).proven(Some(Proof::GapInCost), 0x0102_0304)
    };
    orders(&head, &mut visit);
    let refused = OutcomeHead::rejected(RejectReason::RulesForbid, 0, 0);
    let no = Outcome { head: &refused, shorts: &[] };
    visit("place_order.rejected", rejected(CommandKind::PlaceOrder, no));
    let kind = CommandKind::PlaceOrder.number();
    visit("place_order.malformed", reply(kind, ReplyStatus::Malformed, 6, ReplyBody::Empty));
    let refused_before = reply(kind, ReplyStatus::Duplicate, 405, ReplyBody::Empty);
    visit("place_order.rejected_before", refused_before);
    visit("set_policy", accepted(CommandKind::SetPolicy, ReplyBody::Handle(9)));
    visit("assign_policy", accepted(CommandKind::AssignPolicy, ReplyBody::Empty));
    visit("set_capacity", accepted(CommandKind::SetCapacity, ReplyBody::Empty));
    visit("set_reserves", accepted(CommandKind::SetReserves, ReplyBody::Empty));
    visit("set_bundle", accepted(CommandKind::SetBundle, ReplyBody::Empty));
    visit("set_shadow_prices", accepted(CommandKind::SetShadowPrices, ReplyBody::Empty));
    let refused = OutcomeHead::rejected(RejectReason::NotForClients, 0, 0);
    visit("retire", rejected(CommandKind::Retire, Outcome { head: &refused, shorts: &[] }));
}

fn third(mut visit: impl FnMut(&str, Reply<'_>)) {
    let refused = OutcomeHead::rejected(RejectReason::NotForClients, 0, 0);
    let lines = [line(7, [8, 9, 10, 11])];
    let head = OrderHead::new(OrderStatus::Open, 1_290, 3, 1, 0);
    let order = undated(head, &lines, &[]);
    visit("set_priority", accepted(CommandKind::SetPriority, ReplyBody::Order(order)));
    visit("match_again", accepted(CommandKind::MatchAgain, ReplyBody::Empty));
    visit("match", rejected(CommandKind::Match, Outcome { head: &refused, shorts: &[] }));
    let head = book_head();
    let book = ReplyBody::Book { head: &head, rows: &book_rows(), promised: &[] };
    visit("read_book", answered(QueryKind::ReadBook, book));
    holds(&mut visit);
    visit("resource_order", accepted(CommandKind::ResourceOrder, ReplyBody::Order(order)));
}

fn fourth(mut visit: impl FnMut(&str, Reply<'_>)) {
    dated_orders(&mut visit);
    let book = ReplyBody::Book {
        head: &book_head(),
        rows: &book_rows(),
        promised: &[U32::new(0x1112_1314), U32::new(u32::MAX)],
    };
    visit("read_book", answered(QueryKind::ReadBook, book));
    supplies(&mut visit);
    let refused = OutcomeHead::rejected(RejectReason::NotForClients, 0, 0);
    let no = Outcome { head: &refused, shorts: &[] };
    visit("promise", rejected(CommandKind::Promise, no));
    visit("give_up", rejected(CommandKind::GiveUp, no));
    visit("sweep", rejected(CommandKind::Sweep, no));
}

fn dated_orders(visit: &mut impl FnMut(&str, Reply<'_>)) {
    let head = OrderHead::new(OrderStatus::Open, 1_290, 3, 2, 2);
    let lines = [line(0x0102_0304, [3, 4, 5, 6]), line(7, [8, 9, 10, 11])];
    let allocations = [allocation(0, 0x0102), allocation(1, 3)];
    let promises = [
        LinePromise::new(0, EngineSecond::new(0x0506_0708)),
        LinePromise::new(0x0a0b, EngineSecond::new(0x0c0d_0e0f)),
    ];
    let order = OrderBody {
        dates: OrderDates::new(EngineSecond::new(0x0102_0304), 2),
        promises: &promises,
        ..undated(head, &lines, &allocations)
    };
    visit("place_order.accepted", accepted(CommandKind::PlaceOrder, ReplyBody::Order(order)));
    for kind in [
        CommandKind::CancelOrder,
        CommandKind::SetPriority,
        CommandKind::ResourceOrder,
        CommandKind::SetCancelAt,
        CommandKind::SwapUnits,
        CommandKind::Ship,
        CommandKind::RejectUnits,
    ] {
        visit(kind.name(), accepted(kind, ReplyBody::Order(order)));
    }
    visit("quote", answered(QueryKind::Quote, ReplyBody::Order(order)));
    let (detail, reference) = (&detail(), "SO-1001");
    let body = ReplyBody::OrderDetail { order, detail, reference };
    visit("read_order", answered(QueryKind::ReadOrder, body));
}

fn supplies(visit: &mut impl FnMut(&str, Reply<'_>)) {
    let (rows, placed) = (supply_rows(), Sequence::new(0x1112_1314));
    let open = SupplyHead {
        sku: 0x0102_0304.into(),
        expected: 0x0506_0708.into(),
        received: 0x090a_0b0c.into(),
        promised: 0x0d0e_0f10.into(),
        eta: 0x1112_1314.into(),
        lines: 0x1516_1718.into(),
        row_count: 2.into(),
        warehouse: 0x191a.into(),
        status: SupplyStatus::Open.number(),
        ..SupplyHead::closed(SUPPLY, placed)
    };
    let supply = ReplyBody::Supply { head: &open, rows: &rows };
    visit("expect_supply", accepted(CommandKind::ExpectSupply, supply));
    let closed = SupplyHead::closed(SUPPLY, placed);
    let gone = ReplyBody::Supply { head: &closed, rows: &[] };
    visit("change_supply", accepted(CommandKind::ChangeSupply, gone));
    visit("receive_supply", accepted(CommandKind::ReceiveSupply, supply));
    visit("read_supply", answered(QueryKind::ReadSupply, supply));
    let head = SuppliesHead {
        open: 0x0102_0304_0506.into(),
        promised: 0x0708_090a_0b0c.into(),
        sku: 0x0d0e_0f10.into(),
        row_count: 2.into(),
        is_due: 1,
        reserved: 0,
    };
    let rows = [open, open].map(|row| SupplyHead { row_count: 0.into(), ..row });
    let supplies = ReplyBody::Supplies { head: &head, rows: &rows };
    visit("read_supplies", answered(QueryKind::ReadSupplies, supplies));
}

fn supply_rows() -> [PromiseRow; 2] {
    let promised = EngineSecond::new(0x0102_0304);
    let key = PromiseKey { promised, placed: Sequence::new(0x0506), line: 0x0708 };
    let later = PromiseKey { line: 0x0709, ..key };
    [PromiseRow::new(OrderId::new(0x0a0b), key, 0x0c0d), PromiseRow::new(ID, later, 1)]
}

fn book_head() -> BookHead {
    BookHead {
        units: 0x0102.into(),
        lines: 3.into(),
        set_aside: 4.into(),
        sku: 0x0506.into(),
        row_count: 2.into(),
        is_due: 1,
        reserved: 0,
    }
}

fn book_rows() -> [BookRow; 2] {
    let (promised, placed) = (EngineSecond::NONE, Sequence::new(0x0809));
    let key = WaitKey { priority_class: 7, promised, placed, line: 0x0a0b };
    let later = WaitKey { line: 0x0a0c, ..key };
    [BookRow::new(OrderId::new(0x0c0d), key, 14), BookRow::new(OrderId::new(15), later, 16)]
}

/// An order of which there is nothing to say of dates.
fn undated<'a>(
    head: OrderHead,
    lines: &'a [OrderLineView],
    allocations: &'a [OrderAllocation],
) -> OrderBody<'a> {
    OrderBody { head, lines, allocations, dates: OrderDates::NONE, promises: &[] }
}

fn holds(mut visit: impl FnMut(&str, Reply<'_>)) {
    let (placed, expires) = (Sequence::new(0x0102_0304), EngineTime::new(0x0506_0708));
    let active = HoldHead::active((HOLD, 0x090a), placed, expires, 0x0b0c, 2);
    let rows = [
        HeldUnits::new(0x0d0e, Sku::new(0x0f10), Warehouse::new(0x1112), 0x1314),
        HeldUnits::new(1, Sku::new(2), Warehouse::new(3), 4),
    ];
    let hold = ReplyBody::Hold { head: &active, rows: &rows };
    visit("place_hold", accepted(CommandKind::PlaceHold, hold));
    visit("extend_hold", accepted(CommandKind::ExtendHold, hold));
    let ended = HoldHead::ended(HOLD, placed);
    let gone = ReplyBody::Hold { head: &ended, rows: &[] };
    visit("release_hold", accepted(CommandKind::ReleaseHold, gone));
    let refused = OutcomeHead::rejected(RejectReason::NotForClients, 0, 0);
    let no = Outcome { head: &refused, shorts: &[] };
    visit("expire_holds", rejected(CommandKind::ExpireHolds, no));
    visit("read_hold", answered(QueryKind::ReadHold, hold));
    let head =
        HoldsHead { owner: 0x090a.into(), holds: 3.into(), row_count: 2.into(), reserved: [0; 2] };
    let rows = [active, HoldHead::active((ID, 0x090a), Sequence::new(0x0405), expires, 5, 6)];
    visit(
        "read_holds",
        answered(QueryKind::ReadHolds, ReplyBody::Holds { head: &head, rows: &rows }),
    );
}

/// Every kind of answer that tells of an order.
fn orders(head: &dyn Fn(OrderStatus, u16) -> OrderHead, visit: &mut impl FnMut(&str, Reply<'_>)) {
    let lines = [line(0x0102_0304, [3, 4, 5, 6]), line(7, [8, 9, 10, 11])];
    let allocations = [allocation(0, 0x0102), allocation(1, 3)];
    let (lines, allocations) = (&lines[..], &allocations[..]);
    let open = undated(head(OrderStatus::Open, 2), lines, allocations);
    visit("place_order.accepted", accepted(CommandKind::PlaceOrder, ReplyBody::Order(open)));
    let kind = CommandKind::PlaceOrder.number();
    let again = reply(kind, ReplyStatus::Duplicate, 0, ReplyBody::Order(open));
    visit("place_order.duplicate", again);
    let shipped = OrderBody { head: head(OrderStatus::Shipped, 2), ..open };
    visit("ship", accepted(CommandKind::Ship, ReplyBody::Order(shipped)));
    let cancelled = undated(head(OrderStatus::Cancelled, 0), lines, &[]);
    visit("cancel_order", accepted(CommandKind::CancelOrder, ReplyBody::Order(cancelled)));
    visit("quote", answered(QueryKind::Quote, ReplyBody::Order(open)));
    let (detail, reference) = (&detail(), "SO-1001");
    let body = ReplyBody::OrderDetail { order: open, detail, reference };
    visit("read_order", answered(QueryKind::ReadOrder, body));
}

fn accepted(kind: CommandKind, body: ReplyBody<'_>) -> Reply<'_> {
    reply(kind.number(), ReplyStatus::Accepted, 0, body)
}

fn answered(kind: QueryKind, body: ReplyBody<'_>) -> Reply<'_> {
    reply(kind.number(), ReplyStatus::Answered, 0, body)
}

fn rejected(kind: CommandKind, outcome: Outcome<'_>) -> Reply<'_> {
    let reason = outcome.head.reason().unwrap().number();
    reply(kind.number(), ReplyStatus::Rejected, reason, ReplyBody::Rejection(outcome))
}

fn reply(kind: u16, status: ReplyStatus, reason: u16, body: ReplyBody<'_>) -> Reply<'_> {
    Reply { kind, status, reason, sequence: Sequence::new(0x0102_0304_0506_0708), body }
}

fn line(sku: u32, [allocated, waiting, shipped, cancelled]: [u32; 4]) -> OrderLineView {
    OrderLineView {
        sku: sku.into(),
        ordered: (allocated + waiting + shipped + cancelled).into(),
        allocated: allocated.into(),
        waiting: waiting.into(),
        shipped: shipped.into(),
        cancelled: cancelled.into(),
    }
}

fn allocation(line: u16, warehouse: u16) -> OrderAllocation {
    let (allocated, shipped) = (0x0a0b.into(), 0x0c.into());
    OrderAllocation { line: line.into(), warehouse: warehouse.into(), allocated, shipped }
}

fn detail() -> OrderDetail {
    OrderDetail {
        id: 0x0102.into(),
        customer: 0x0304.into(),
        placed_time_ns: 0x0506.into(),
        value_minor: 0x0708.into(),
        currency: *b"EUR\0",
        zone: 0x0a.into(),
        channel: 0x0b.into(),
        priority_class: 0x0c,
        service_level: 0x0d,
        short: 3,
        reference_bytes: 7,
        reserved: [0; 4],
    }
}

fn totals() -> Totals {
    Totals {
        last_sequence: 1.into(),
        orders: 2.into(),
        open_orders: 3.into(),
        units_on_hand: 4.into(),
        units_allocated: 5.into(),
        units_held: 6.into(),
        units_backordered: 7.into(),
        skus: 8.into(),
        order_memory_bytes: 9.into(),
        record_bytes: 10.into(),
        records: 11.into(),
        rejected_unjournaled: 12.into(),
        state_hash: 13.into(),
        journal_bytes: 14.into(),
        syncs: 15.into(),
        disk_free_bytes: 16.into(),
        uptime_ns: 17.into(),
        durability: 1,
        journal_io: 2,
        reserved: [0; 6],
    }
}

fn written(reply: &Reply<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let header = ReplyHeader::new(reply.status, reply.reason, reply.sequence);
    let begin = if is_dated(&reply.body) { ReplyWriter::begin_dated } else { ReplyWriter::begin };
    let writer = begin(&mut bytes, reply.kind, header);
    match &reply.body {
        ReplyBody::Empty => writer,
        ReplyBody::Order(order) => put_order(writer, order),
        ReplyBody::OrderDetail { order, detail, reference } => {
            put_order(writer, order).put(*detail).put(reference.as_bytes())
        }
        ReplyBody::Cell(cell) => writer.put(*cell),
        ReplyBody::Stock { head, cells } => writer.put(*head).put(*cells),
        ReplyBody::Book { head, rows, promised } => writer.put(*head).put(*rows).put(*promised),
        ReplyBody::Supply { head, rows } => writer.put(*head).put(*rows),
        ReplyBody::Supplies { head, rows } => writer.put(*head).put(*rows),
        ReplyBody::Hold { head, rows } => writer.put(*head).put(*rows),
        ReplyBody::Holds { head, rows } => writer.put(*head).put(*rows),
        ReplyBody::Handle(handle) => writer.put(&[U32::new(*handle), U32::new(0)]),
        ReplyBody::Name(code) => writer.put(&name_prefix(code)).put(code.as_bytes()),
        ReplyBody::Totals(totals) => writer.put(*totals),
        ReplyBody::Rejection(outcome) => writer.put(outcome.head).put(outcome.shorts),
    }
    .end();
    bytes
}

fn put_order<'a>(writer: ReplyWriter<'a>, order: &OrderBody<'_>) -> ReplyWriter<'a> {
    let writer = writer.put(&order.head).put(order.lines).put(order.allocations);
    if has_dates(order) { writer.put(&order.dates).put(order.promises) } else { writer }
}

/// Whether a reply tells of promises, or of when an order is given up.
fn is_dated(body: &ReplyBody<'_>) -> bool {
    match body {
        ReplyBody::Order(order) | ReplyBody::OrderDetail { order, .. } => has_dates(order),
        ReplyBody::Book { promised, .. } => !promised.is_empty(),
        _ => false,
    }
}

fn has_dates(order: &OrderBody<'_>) -> bool {
    order.dates != OrderDates::NONE
}
