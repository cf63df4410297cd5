//! What a request is answered, byte by byte.

use gantry_model::{
    CellView, Command, EngineTime, HeldUnits, HoldHead, HoldId, Malformed, OrderAllocation,
    OrderHead, OrderId, OrderLineView, OrderStatus, Outcome, OutcomeHead, RejectReason,
    ReplyHeader, ReplyStatus, ReplyWriter, Sequence, Short, Sku, StockChange, Warehouse,
};

use super::book::{AllocationBook, Book, Known, LineBook, OrderBook, What};
use super::dates::{Dates, supply_head};
use super::holds::HoldBook;

/// The reply to a command that has a record, which is in the book by now.
pub(super) fn of_record(
    book: &Book,
    command: &Command<'_>,
    outcome: &Outcome<'_>,
    out: &mut Vec<u8>,
) {
    let sequence = Sequence::new(book.sequence);
    let kind = command.kind().number();
    let Outcome { head, shorts } = *outcome;
    match head.reason() {
        Some(reason) => rejected(kind, reason, head, shorts, sequence, out),
        None => thing(book, command, (ReplyStatus::Accepted, book.time), sequence, out),
    }
}

/// The reply at `time` to an id that was answered before, with the same content or with other.
pub(super) fn of_known(
    book: &Book,
    command: &Command<'_>,
    bytes: &[u8],
    (known, time): (&Known, u64),
    out: &mut Vec<u8>,
) {
    let kind = command.kind().number();
    let sequence = Sequence::new(known.sequence);
    if book.content(known.content) != bytes {
        return refused(kind, RejectReason::IdReused, out);
    }
    match known.what {
        What::Rejected(reason) => {
            let header = ReplyHeader::new(ReplyStatus::Duplicate, reason.number(), sequence);
            ReplyWriter::begin(out, kind, header).end();
        }
        What::Order(_) | What::Command(_) => {
            thing(book, command, (ReplyStatus::Duplicate, time), sequence, out);
        }
    }
}

/// "No", without a record and without figures.
pub(super) fn refused(kind: u16, reason: RejectReason, out: &mut Vec<u8>) {
    let head = OutcomeHead::rejected(reason, 0, 0);
    rejected(kind, reason, &head, &[], Sequence::NONE, out);
}

pub(super) fn rejected(
    kind: u16,
    reason: RejectReason,
    head: &OutcomeHead,
    shorts: &[Short],
    sequence: Sequence,
    out: &mut Vec<u8>,
) {
    let header = ReplyHeader::new(ReplyStatus::Rejected, reason.number(), sequence);
    ReplyWriter::begin(out, kind, header).put(head).put(shorts).end();
}

pub(super) fn malformed(kind: u16, malformed: Malformed, out: &mut Vec<u8>) {
    let header = ReplyHeader::new(ReplyStatus::Malformed, malformed.number(), Sequence::NONE);
    ReplyWriter::begin(out, kind, header).end();
}

/// What an accepted command was about, as it stands.
fn thing(
    book: &Book,
    command: &Command<'_>,
    (status, time): (ReplyStatus, u64),
    sequence: Sequence,
    out: &mut Vec<u8>,
) {
    let header = ReplyHeader::new(status, 0, sequence);
    if let Some(order) = order_of(command) {
        let (_, order) = book.order(order.get()).expect("invariant: the command was judged");
        return put_order(book, order, (command.kind().number(), header), out).end();
    }
    let reply = ReplyWriter::begin(out, command.kind().number(), header);
    let reply = match command {
        Command::ExpectSupply(supply) => reply.put(&supply_head(book, supply.id)),
        Command::ChangeSupply(change) => reply.put(&supply_head(book, change.supply)),
        Command::ReceiveSupply(receipt) => reply.put(&supply_head(book, receipt.supply)),
        Command::PlaceHold(hold) => put_hold(book, hold.id, time, reply),
        Command::ExtendHold(extension) => put_hold(book, extension.hold, time, reply),
        Command::ReleaseHold(release) if status == ReplyStatus::Accepted => {
            let known = book.ids.get(release.hold.get()).expect("invariant: judged");
            reply.put(&HoldHead::ended(release.hold, Sequence::new(known.sequence)))
        }
        Command::ReleaseHold(release) => put_hold(book, release.hold, time, reply),
        Command::Receive(change) | Command::Adjust(change) | Command::SetStock(change) => {
            let StockChange { sku, warehouse, .. } = *change;
            reply.put(&cell(book, sku.get(), warehouse.get()))
        }
        command => match handle_of(book, command) {
            Some(handle) => put_handle(handle, reply),
            None => reply,
        },
    };
    reply.end();
}

/// The order that an accepted command was about.
fn order_of(command: &Command<'_>) -> Option<OrderId> {
    match command {
        Command::PlaceOrder(order) => Some(order.id),
        Command::CancelOrder(units) | Command::Ship(units) => Some(units.order),
        Command::SetPriority(priority) => Some(priority.order),
        Command::SetCancelAt(command) => Some(command.order),
        Command::ResourceOrder(command) => Some(command.order),
        Command::RejectUnits(command) => Some(command.order),
        Command::SwapUnits(command) => Some(command.first),
        _ => None,
    }
}

/// The handle of the code that a command defines.
fn handle_of(book: &Book, command: &Command<'_>) -> Option<usize> {
    match command {
        Command::UpsertSku(sku) => book.skus.iter().position(|row| row.code == sku.code),
        Command::UpsertWarehouse(warehouse) => {
            book.warehouses.iter().position(|row| row.code == warehouse.code)
        }
        Command::UpsertZone(zone) => book.zones.iter().position(|row| row.code == zone.code),
        Command::UpsertChannel(channel) => {
            book.channels.iter().position(|row| row.code == channel.code)
        }
        Command::SetPolicy(policy) => book.policies.iter().position(|row| row.code == policy.code),
        _ => None,
    }
}

pub(super) fn put_handle(handle: usize, reply: ReplyWriter<'_>) -> ReplyWriter<'_> {
    let handle = u64::try_from(handle).expect("invariant: handles fit 32 bits");
    reply.put(&handle.to_le_bytes())
}

/// A hold as it stands at `time`; of one that is over or gone what is still known.
pub(super) fn put_hold<'a>(
    book: &Book,
    id: HoldId,
    time: u64,
    reply: ReplyWriter<'a>,
) -> ReplyWriter<'a> {
    match book.hold(id).filter(|hold| !hold.is_over(time)) {
        Some(hold) => reply.put(&hold_head(hold)).put_all(hold.rows.iter().map(|row| {
            let (sku, warehouse) = (Sku::new(row.sku), Warehouse::new(row.warehouse));
            HeldUnits::new(row.line, sku, warehouse, units(row.units))
        })),
        None => reply.put(&HoldHead::ended(id, book.remembered(id).unwrap_or(Sequence::NONE))),
    }
}

pub(super) fn hold_head(hold: &HoldBook) -> HoldHead {
    let (id, placed) = (HoldId::new(hold.id), Sequence::new(hold.placed));
    let expires = EngineTime::new(hold.expires);
    HoldHead::active((id, hold.owner), placed, expires, units(hold.units()), count(hold.rows.len()))
}

/// A cell as replies show it.
pub(super) fn cell(book: &Book, sku: u32, warehouse: u16) -> CellView {
    let row = book.the_sku(sku);
    let cell = row.cells[usize::from(warehouse)];
    let available = if row.tracked || !row.components.is_empty() {
        units(book.whole(sku, warehouse))
    } else {
        u32::MAX
    };
    CellView {
        warehouse: warehouse.into(),
        reserved: [0; 2],
        on_hand: units(cell.on_hand).into(),
        allocated: units(cell.allocated).into(),
        held: units(cell.held).into(),
        unavailable: units(cell.unavailable).into(),
        available: available.into(),
    }
}

/// Begins a reply with an order as it stands.
pub(super) fn put_order<'a>(
    book: &Book,
    order: &OrderBook,
    (kind, header): (u16, ReplyHeader),
    out: &'a mut Vec<u8>,
) -> ReplyWriter<'a> {
    let dates = Dates::of(book, order);
    let reply = dates.begin(out, kind, header);
    let (lines, allocations) = (book.lines_of(order), book.allocations_of(order));
    let status = if lines.iter().any(|line| line.open() > 0) {
        OrderStatus::Open
    } else if lines.iter().any(|line| line.shipped > 0) {
        OrderStatus::Shipped
    } else {
        OrderStatus::Cancelled
    };
    let counts = (count(lines.len()), count(allocations.len()));
    let head = OrderHead::new(status, order.cost_minor, order.parcels, counts.0, counts.1);
    dates.put(put_rows(head.proven(order.proof, order.gap), lines, allocations, reply))
}

pub(super) fn put_rows<'a>(
    head: OrderHead,
    lines: &[LineBook],
    allocations: &[AllocationBook],
    reply: ReplyWriter<'a>,
) -> ReplyWriter<'a> {
    let lines = lines.iter().map(|line| OrderLineView {
        sku: line.sku.into(),
        ordered: units(line.ordered).into(),
        allocated: units(line.allocated).into(),
        waiting: units(line.waiting).into(),
        shipped: units(line.shipped).into(),
        cancelled: units(line.cancelled).into(),
    });
    let allocations = allocations.iter().map(|row| OrderAllocation {
        line: row.line.into(),
        warehouse: row.warehouse.into(),
        allocated: units(row.allocated).into(),
        shipped: units(row.shipped).into(),
    });
    reply.put(&head).put_all(lines).put_all(allocations)
}

pub(super) fn units(units: i64) -> u32 {
    u32::try_from(units).expect("invariant: judged figures are not below zero")
}

pub(super) fn count(length: usize) -> u16 {
    u16::try_from(length).expect("invariant: bounded by the limits on an order")
}
