//! Answers to quotes: what placing the order would answer, at a time that the reply does not tell.

use gantry_model::{
    Item, Movement, MovementKind, OrderHead, OrderStatus, OutcomeHead, PlaceOrder, QueryKind,
    Reply, ReplyBody, ReplyHeader, ReplyStatus, Sequence, Short, ShortMode, Warehouse,
};

use super::book::{ANY_16, AllocationBook, Book, LineBook, MINUTE_NS};
use super::case::Scratch;
use super::dates::Dates;
use super::decide::expect;
use super::place::{self, Part, Said};
use super::promises;
use super::queries::expect_reply;
use super::replies::{count, put_rows, rejected};

/// What a quote says, in parts.
struct Quoted<'a> {
    /// None of a rejection.
    order: Option<OrderHead>,
    head: OutcomeHead,
    shorts: &'a [Short],
    parts: Vec<Part>,
}

/// Judges a quote that was given at `until` at the latest: it must be right at some time that may be.
pub(super) fn judge(
    book: &Book,
    order: &PlaceOrder<'_>,
    reply: &Item<'_>,
    until: u64,
    scratch: &mut Scratch,
) -> Result<(), String> {
    let quoted = Quoted::read(order, reply)?;
    let first = quoted.judge_at(book, order, reply, book.time, scratch);
    first.or_else(|what| {
        let mut others = other_times(book, order);
        others.retain(|time| *time <= until);
        let mut others = others.into_iter();
        let fits = others.any(|time| quoted.judge_at(book, order, reply, time, scratch).is_ok());
        expect(fits, || what)
    })
}

impl<'a> Quoted<'a> {
    fn read(order: &PlaceOrder<'_>, reply: &Item<'a>) -> Result<Self, String> {
        let said =
            Reply::parse(reply).map_err(|malformed| format!("a malformed reply: {malformed}"))?;
        let mut parts = Vec::new();
        match said.body {
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
                let head = OutcomeHead::sourced(parcels, cost, body.head.proof(), gap.into());
                Ok(Self { order: Some(body.head), head, shorts: &[], parts })
            }
            ReplyBody::Rejection(outcome) if outcome.head.reason().is_some() => {
                let (head, shorts) = (*outcome.head, outcome.shorts);
                Ok(Self { order: None, head, shorts, parts })
            }
            _ => Err(format!("a quote was answered {said:?}")),
        }
    }

    fn judge_at(
        &self,
        book: &Book,
        order: &PlaceOrder<'_>,
        reply: &Item<'_>,
        time: u64,
        scratch: &mut Scratch,
    ) -> Result<(), String> {
        let mut expected = Vec::new();
        self.put(book, order, time, &mut expected);
        expect_reply(reply, &expected)?;
        let said = Said { head: &self.head, shorts: self.shorts, parts: &self.parts };
        place::judge(book, order, time, &said, scratch).map(|_| ())
    }

    /// The order as it would stand, with the figures that were said of its plan.
    fn put(&self, book: &Book, order: &PlaceOrder<'_>, time: u64, out: &mut Vec<u8>) {
        let (kind, sequence) = (QueryKind::Quote.number(), Sequence::new(book.sequence));
        let Some(said) = &self.order else {
            let reason = self.head.reason().expect("invariant: read before");
            return rejected(kind, reason, &self.head, self.shorts, sequence, out);
        };
        let lines = self.lines(order);
        let allocations: Vec<AllocationBook> = self
            .parts
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
        let dates = dates(book, order, &lines, time);
        let header = ReplyHeader::new(ReplyStatus::Answered, 0, sequence);
        let reply = dates.begin(out, kind, header);
        let head = head.proven(said.proof(), said.gap());
        dates.put(put_rows(head, &lines, &allocations, reply)).end();
    }

    fn lines(&self, order: &PlaceOrder<'_>) -> Vec<LineBook> {
        let line = |(line, wanted): (u16, &gantry_model::OrderLine)| {
            let had = self.parts.iter().filter(|part| part.line == line).map(|part| part.units);
            let (ordered, allocated) = (i64::from(wanted.quantity()), had.sum::<i64>());
            let left = (ordered - allocated).max(0);
            let is_cancelled = order.short == ShortMode::TakeAvailable;
            let (waiting, cancelled) = if is_cancelled { (0, left) } else { (left, 0) };
            let sku = wanted.sku().get();
            LineBook { sku, ordered, allocated, waiting, shipped: 0, cancelled }
        };
        (0..).zip(order.lines).map(line).collect()
    }
}

/// What would be promised to the lines that would wait.
fn dates(book: &Book, order: &PlaceOrder<'_>, lines: &[LineBook], time: u64) -> Dates {
    let next = Sequence::new(book.sequence).next();
    let waiting = (0..).zip(order.lines).zip(lines).filter(|(_, row)| row.waiting > 0);
    let mut movements: Vec<Movement> = waiting
        .map(|((line, wanted), row): ((u16, _), _)| {
            let units = u32::try_from(row.waiting).expect("invariant: no more than was ordered");
            let (kind, nowhere) = (MovementKind::Backordered, Warehouse::NONE);
            Movement::of_order(kind, next, line, wanted.sku(), nowhere, units, next)
        })
        .collect();
    Dates::new(&promises::when_ordered(book, order, time, &mut movements))
}

/// Times from the last record on that may make another plan, or other promises: when a cut-off comes,
/// a day begins, a hold of the owner ends, or units come in. A later day differs from the next in
/// nothing.
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
    for line in order.lines {
        let supplies = book.supplies_of(line.sku().get());
        times.extend(supplies.iter().map(|supply| supply.eta.begins().get()));
    }
    times.retain(|time| *time > book.time);
    times.sort_unstable();
    times.dedup();
    times
}
