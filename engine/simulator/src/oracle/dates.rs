//! What replies tell of dates: of orders, of books, and of supplies.

use gantry_model::{
    EngineSecond, LinePromise, OrderDates, OrderId, PROMISES_PER_REPLY_MAX, PromiseKey, PromiseRow,
    QueryKind, ReadSupply, RejectReason, ReplyHeader, ReplyWriter, Sequence, Sku, SuppliesHead,
    SupplyHead, SupplyId, SupplyStatus,
};

use super::book::{Book, OrderBook};
use super::expected::SupplyBook;
use super::queries::{begin, no, sum};
use super::replies::{count, units};

/// The dates of an order, where it has any.
#[derive(Debug)]
pub(super) struct Dates {
    cancel_at: EngineSecond,
    promises: Vec<LinePromise>,
}

impl Dates {
    /// Of an order that is not given up.
    pub(super) fn new(promises: &[(u16, EngineSecond)]) -> Self {
        let promises = promises.iter().map(|(line, date)| LinePromise::new(*line, *date));
        Self { cancel_at: EngineSecond::NONE, promises: promises.collect() }
    }

    pub(super) fn of(book: &Book, order: &OrderBook) -> Self {
        let promises = book.promises.range((order.placed, 0)..=(order.placed, u16::MAX));
        let dates = promises.map(|((_, line), promise)| (*line, promise.date));
        let promised = Self::new(&dates.collect::<Vec<_>>());
        Self { cancel_at: book.cancel_at(order.placed), ..promised }
    }

    fn is_any(&self) -> bool {
        self.cancel_at != EngineSecond::NONE || !self.promises.is_empty()
    }

    /// Begins a reply that tells of the order.
    pub(super) fn begin<'a>(
        &self,
        out: &'a mut Vec<u8>,
        kind: u16,
        header: ReplyHeader,
    ) -> ReplyWriter<'a> {
        if self.is_any() {
            ReplyWriter::begin_dated(out, kind, header)
        } else {
            ReplyWriter::begin(out, kind, header)
        }
    }

    /// Appends them to the rest of the order.
    pub(super) fn put<'a>(&self, reply: ReplyWriter<'a>) -> ReplyWriter<'a> {
        if !self.is_any() {
            return reply;
        }
        let head = OrderDates::new(self.cancel_at, count(self.promises.len()));
        reply.put(&head).put(self.promises.as_slice())
    }
}

/// A supply without the lines to which it is promised; of one that is closed what is still known.
pub(super) fn supply_head(book: &Book, id: SupplyId) -> SupplyHead {
    match book.supply(id) {
        Some(supply) if supply.open() > 0 => head(book, supply),
        Some(supply) => SupplyHead::closed(id, Sequence::new(supply.placed)),
        None => SupplyHead::closed(id, book.remembered(id).unwrap_or(Sequence::NONE)),
    }
}

fn head(book: &Book, supply: &SupplyBook) -> SupplyHead {
    let lines = u32::try_from(book.promises_on(supply).len());
    SupplyHead {
        id: supply.id.into(),
        placed: supply.placed.into(),
        sku: supply.sku.into(),
        expected: units(supply.expected).into(),
        received: units(supply.received).into(),
        promised: units(supply.promised).into(),
        eta: supply.eta.get().into(),
        lines: lines.expect("invariant: lines of memory").into(),
        row_count: 0.into(),
        warehouse: supply.warehouse.into(),
        status: SupplyStatus::Open.number(),
        reserved: [0; 3],
    }
}

/// A supply and the lines to which it is promised, from a place on.
pub(super) fn put_supply(book: &Book, asked: &ReadSupply, out: &mut Vec<u8>) {
    let (id, kind) = (asked.supply, QueryKind::ReadSupply);
    if book.supply(id).is_none() && book.remembered(id).is_none() {
        return no(book, kind, RejectReason::UnknownSupply, out);
    }
    let open = book.supply(id).filter(|supply| supply.open() > 0);
    let promises = open.map_or_else(Vec::new, |supply| book.promises_on(supply));
    let max = PROMISES_PER_REPLY_MAX;
    let rows_max = if asked.rows_max == 0 { max } else { asked.rows_max.min(max) };
    let told = promises.into_iter().filter(|(key, _)| *key >= asked.from);
    let told = told.take(usize::try_from(rows_max).unwrap_or(usize::MAX));
    let row = |(key, promised): (PromiseKey, i64)| {
        let order = book.orders.partition_point(|order| order.placed < key.placed.get());
        PromiseRow::new(OrderId::new(book.orders[order].id), key, units(promised))
    };
    let rows: Vec<PromiseRow> = told.map(row).collect();
    let head = SupplyHead { row_count: count(rows.len()).into(), ..supply_head(book, id) };
    begin(book, kind, out).put(&head).put(rows.as_slice()).end();
}

/// The supplies of a SKU.
pub(super) fn put_supplies(book: &Book, sku: Sku, out: &mut Vec<u8>) {
    let supplies = book.supplies_of(sku.get()).into_iter().filter(|supply| supply.open() > 0);
    let supplies: Vec<&SupplyBook> = supplies.collect();
    let rows: Vec<SupplyHead> = supplies.iter().map(|supply| head(book, supply)).collect();
    let head = SuppliesHead {
        open: sum(supplies.iter().map(|supply| supply.open()).sum()).into(),
        promised: sum(supplies.iter().map(|supply| supply.promised).sum()).into(),
        sku: sku.get().into(),
        row_count: count(rows.len()).into(),
        is_due: book.reviews.contains_key(&sku.get()).into(),
        reserved: 0,
    };
    begin(book, QueryKind::ReadSupplies, out).put(&head).put(rows.as_slice()).end();
}
