//! Replies: one item for each command or query, in the order of the request.
//!
//! A reply's kind is its request's. Its body depends on kind and status; [`Reply::parse`] knows
//! which, so that a client never guesses.

use zerocopy::little_endian::{I64, U16, U32, U64, U128};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::byte_enum::byte_enum;
use crate::command::{CommandKind, SCHEMA_1, SCHEMA_2, SCHEMA_3};
use crate::encode::ItemWriter;
use crate::item::{BodyReader, Item, Malformed};
use crate::{
    BookHead, BookRow, CODE_BYTES_MAX, HeldUnits, HoldHead, HoldsHead, LinePromise, OrderDates,
    Outcome, PromiseRow, Proof, QueryKind, RejectReason, Sequence, SuppliesHead, SupplyHead,
    Totals,
};

/// Size of an item's header and [`ReplyHeader`].
pub const REPLY_HEADER_BYTES: usize = crate::ITEM_HEADER_BYTES + size_of::<ReplyHeader>();

byte_enum!(
    /// What became of a request.
    ReplyStatus {
        /// Carried out, and durable.
        Accepted = 1 "accepted",
        /// Not carried out; the reason says why.
        Rejected = 2 "rejected",
        /// The id was answered before: the first record's sequence, and the thing as it stands.
        Duplicate = 3 "duplicate",
        /// A query's answer.
        Answered = 4 "answered",
        /// The item is not of a known form; the reason is a number of [`Malformed`].
        Malformed = 5 "malformed",
    }
);

byte_enum!(
    /// How far an order is.
    OrderStatus {
        /// Some units are allocated or waiting.
        Open = 1 "open",
        /// Every unit that was not cancelled has shipped.
        Shipped = 2 "shipped",
        /// Every unit was cancelled.
        Cancelled = 3 "cancelled",
    }
);

/// Follows the item's header in every reply.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct ReplyHeader {
    status: u8,
    reserved: u8,
    reason: U16,
    reserved_2: [u8; 4],
    sequence: U64,
}
const _: () = assert!(size_of::<ReplyHeader>() == 16);

impl ReplyHeader {
    /// The head of a reply about `sequence`: the request's own record, or the first one of a
    /// duplicate, or the last applied one of a query.
    #[must_use]
    pub fn new(status: ReplyStatus, reason: u16, sequence: Sequence) -> Self {
        Self {
            status: status.number(),
            reserved: 0,
            reason: reason.into(),
            reserved_2: [0; 4],
            sequence: sequence.get().into(),
        }
    }
}

/// The part of an order that every answer about it carries.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct OrderHead {
    cost_minor: I64,
    parcels: U16,
    line_count: U16,
    allocation_count: U16,
    status: u8,
    proof: u8,
    gap: U32,
    reserved: [u8; 4],
}
const _: () = assert!(size_of::<OrderHead>() == 24);

/// The head in schema 1, which said nothing of proof.
#[derive(Clone, Copy, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
struct OrderHead1 {
    cost_minor: I64,
    parcels: U16,
    line_count: U16,
    allocation_count: U16,
    status: u8,
    reserved: u8,
}
const _: () = assert!(size_of::<OrderHead1>() == 16);

impl OrderHead1 {
    fn widened(&self) -> OrderHead {
        OrderHead {
            cost_minor: self.cost_minor,
            parcels: self.parcels,
            line_count: self.line_count,
            allocation_count: self.allocation_count,
            status: self.status,
            proof: 0,
            gap: 0.into(),
            reserved: [0; 4],
        }
    }
}

impl OrderHead {
    /// Sizes as bounded by the limits on an order.
    #[must_use]
    pub fn new(
        status: OrderStatus,
        cost_minor: i64,
        parcels: u16,
        line_count: u16,
        allocation_count: u16,
    ) -> Self {
        Self {
            cost_minor: cost_minor.into(),
            parcels: parcels.into(),
            line_count: line_count.into(),
            allocation_count: allocation_count.into(),
            status: status.number(),
            proof: 0,
            gap: 0.into(),
            reserved: [0; 4],
        }
    }

    /// The head with how far the plan was proven when the order was placed.
    #[must_use]
    pub fn proven(self, proof: Option<Proof>, gap: u32) -> Self {
        Self { proof: proof.map_or(0, Proof::number), gap: gap.into(), ..self }
    }

    /// How far the plan was proven when the order was placed; `None` where nothing was proven.
    #[must_use]
    pub fn proof(&self) -> Option<Proof> {
        Proof::from_byte(self.proof)
    }

    /// What [`OrderHead::proof`] leaves open, in its units; 4,294,967,295 = that or more.
    #[must_use]
    pub fn gap(&self) -> u32 {
        self.gap.get()
    }

    /// Shipping cost as decided when the order was placed, in minor units.
    #[must_use]
    pub fn cost_minor(&self) -> i64 {
        self.cost_minor.get()
    }

    /// Parcels as decided when the order was placed.
    #[must_use]
    pub fn parcels(&self) -> u16 {
        self.parcels.get()
    }

    /// How far the order is.
    #[must_use]
    pub fn status(&self) -> Option<OrderStatus> {
        OrderStatus::from_byte(self.status)
    }
}

/// One line of an order as it stands. `ordered` is the sum of the four other figures.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct OrderLineView {
    /// The SKU's handle.
    pub sku: U32,
    /// Units ordered.
    pub ordered: U32,
    /// Units allocated and not shipped.
    pub allocated: U32,
    /// Units waiting for stock.
    pub waiting: U32,
    /// Units shipped.
    pub shipped: U32,
    /// Units cancelled.
    pub cancelled: U32,
}
const _: () = assert!(size_of::<OrderLineView>() == 24);

/// Units of one line at one warehouse.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct OrderAllocation {
    /// The line, counted from 0.
    pub line: U16,
    /// The warehouse's handle.
    pub warehouse: U16,
    /// Units allocated and not shipped.
    pub allocated: U32,
    /// Units shipped.
    pub shipped: U32,
}
const _: () = assert!(size_of::<OrderAllocation>() == 12);

/// What else is known of an order; only in answers to `read_order`. The reference follows it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct OrderDetail {
    /// The order's id.
    pub id: U128,
    /// The customer, opaque.
    pub customer: U128,
    /// Engine time at which it was placed.
    pub placed_time_ns: U64,
    /// The order's value in minor units.
    pub value_minor: I64,
    /// ISO 4217 letters, zero-padded.
    pub currency: [u8; 4],
    /// The destination zone's handle.
    pub zone: U16,
    /// The channel's handle, or 65,535.
    pub channel: U16,
    /// 0 is served first.
    pub priority_class: u8,
    /// The shop's own number.
    pub service_level: u8,
    /// The number of a [`crate::ShortMode`].
    pub short: u8,
    /// Length of the reference.
    pub reference_bytes: u8,
    /// Zero.
    pub reserved: [u8; 4],
}
const _: () = assert!(size_of::<OrderDetail>() == 64);

/// The stock of one SKU at one warehouse.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    FromBytes,
    IntoBytes,
    KnownLayout,
    Immutable,
    Unaligned,
)]
#[repr(C)]
pub struct CellView {
    /// The warehouse's handle.
    pub warehouse: U16,
    /// Zero.
    pub reserved: [u8; 2],
    /// Units there.
    pub on_hand: U32,
    /// Units promised to orders.
    pub allocated: U32,
    /// Units held for carts.
    pub held: U32,
    /// Units on hand that cannot be sold.
    pub unavailable: U32,
    /// Units that an order could have now; 4,294,967,295 where the SKU is unlimited.
    pub available: U32,
}
const _: () = assert!(size_of::<CellView>() == 24);

/// Goes before the cells of a SKU.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct StockHead {
    /// The SKU's handle.
    pub sku: U32,
    /// Cells that follow: warehouses with any figure other than zero.
    pub cell_count: U16,
    /// 1 = stock is counted.
    pub tracked: u8,
    /// Zero.
    pub reserved: u8,
}
const _: () = assert!(size_of::<StockHead>() == 8);

/// The schemas in which replies of a kind are written: the first of them where nothing is promised
/// to a line, and no order is to be given up at a time.
fn schemas_of(kind: u16) -> [u16; 2] {
    let command = CommandKind::from_number(kind);
    let of_order =
        matches!(
            command,
            Some(
                CommandKind::PlaceOrder
                    | CommandKind::CancelOrder
                    | CommandKind::SetPriority
                    | CommandKind::ResourceOrder
                    | CommandKind::SetCancelAt
                    | CommandKind::SwapUnits
                    | CommandKind::Ship
                    | CommandKind::RejectUnits
            )
        ) || matches!(QueryKind::from_number(kind), Some(QueryKind::Quote | QueryKind::ReadOrder));
    let of_book = kind == QueryKind::ReadBook.number();
    match (of_order, of_book) {
        (true, _) => [SCHEMA_2, SCHEMA_3],
        (_, true) => [SCHEMA_1, SCHEMA_2],
        _ => [SCHEMA_1, SCHEMA_1],
    }
}

/// Writes replies in their layout.
pub struct ReplyWriter<'a> {
    item: ItemWriter<'a>,
}

impl<'a> ReplyWriter<'a> {
    /// Begins a reply to a request of this kind.
    pub fn begin(out: &'a mut Vec<u8>, kind: u16, header: ReplyHeader) -> Self {
        Self { item: ItemWriter::begin(out, kind, schemas_of(kind)[0]).put(&header) }
    }

    /// Begins a reply that tells of promises, or of when an order is given up: behind the rest of
    /// the order [`OrderDates`] and [`LinePromise`]s are to be put, behind the rows of a book when
    /// each line was promised its units.
    pub fn begin_dated(out: &'a mut Vec<u8>, kind: u16, header: ReplyHeader) -> Self {
        Self { item: ItemWriter::begin(out, kind, schemas_of(kind)[1]).put(&header) }
    }

    /// Appends a part of the body.
    #[must_use]
    pub fn put<T: IntoBytes + Immutable + ?Sized>(self, part: &T) -> Self {
        Self { item: self.item.put(part) }
    }

    /// Appends parts of the body.
    #[must_use]
    pub fn put_all<T: IntoBytes + Immutable>(self, parts: impl IntoIterator<Item = T>) -> Self {
        parts.into_iter().fold(self, |writer, part| writer.put(&part))
    }

    /// Pads the reply and fills in its length.
    pub fn end(self) {
        self.item.end();
    }
}

/// An order, borrowed from a reply.
#[derive(Clone, Copy, Debug)]
pub struct OrderBody<'a> {
    /// Sizes, status and cost.
    pub head: OrderHead,
    /// Its lines, in order.
    pub lines: &'a [OrderLineView],
    /// Where its units are, by line.
    pub allocations: &'a [OrderAllocation],
    /// When it is given up, if at all, and how many lines have a promise.
    pub dates: OrderDates,
    /// What is promised to lines that wait, rising by line.
    pub promises: &'a [LinePromise],
}

/// The body of a reply.
#[derive(Clone, Copy, Debug)]
pub enum ReplyBody<'a> {
    /// Nothing more to say.
    Empty,
    /// An order as it stands after the command, or as it would stand (quote).
    Order(OrderBody<'a>),
    /// An order in full.
    OrderDetail {
        /// The order.
        order: OrderBody<'a>,
        /// What else is known of it.
        detail: &'a OrderDetail,
        /// The shop's own number, or empty.
        reference: &'a str,
    },
    /// The cell that a receipt or correction changed.
    Cell(&'a CellView),
    /// The stock of one SKU.
    Stock {
        /// Which SKU, and whether its stock is counted.
        head: &'a StockHead,
        /// The warehouses that have any.
        cells: &'a [CellView],
    },
    /// The lines that wait for a SKU.
    Book {
        /// Which SKU, and what all of its lines come to.
        head: &'a BookHead,
        /// Lines, the one that is served first before the others.
        rows: &'a [BookRow],
        /// When each of them was promised its units, in seconds of engine time, or 4,294,967,295;
        /// empty where none was.
        promised: &'a [U32],
    },
    /// A hold as it stands after the command.
    Hold {
        /// Whose it is, and until when.
        head: &'a HoldHead,
        /// Where its units are, by line.
        rows: &'a [HeldUnits],
    },
    /// The holds of an owner.
    Holds {
        /// Whose they are, and how many.
        head: &'a HoldsHead,
        /// The holds, in the order in which they were placed.
        rows: &'a [HoldHead],
    },
    /// A supply as it stands after the command.
    Supply {
        /// What is expected.
        head: &'a SupplyHead,
        /// The lines to which it is promised.
        rows: &'a [PromiseRow],
    },
    /// The supplies that are expected of a SKU.
    Supplies {
        /// Which SKU, and what all of them come to.
        head: &'a SuppliesHead,
        /// The supplies, the one that comes in first before the others.
        rows: &'a [SupplyHead],
    },
    /// The handle of a code.
    Handle(u32),
    /// The code of a handle.
    Name(&'a str),
    /// Figures of the whole instance.
    Totals(&'a Totals),
    /// Why not: figures and short lines.
    Rejection(Outcome<'a>),
}

/// One reply, borrowed from its bytes.
#[derive(Clone, Copy, Debug)]
pub struct Reply<'a> {
    /// The request's kind.
    pub kind: u16,
    /// What became of it.
    pub status: ReplyStatus,
    /// The number of a [`RejectReason`] or a [`Malformed`]; 0 where there is none.
    pub reason: u16,
    /// The record it speaks of; see [`ReplyHeader::new`].
    pub sequence: Sequence,
    /// The rest.
    pub body: ReplyBody<'a>,
}

impl<'a> Reply<'a> {
    /// Reads the reply in `item`.
    pub fn parse(item: &Item<'a>) -> Result<Self, Malformed> {
        if item.schema == 0 || item.schema > schemas_of(item.kind)[1] {
            return Err(Malformed::UnknownSchema { kind: item.kind, schema: item.schema });
        }
        let mut reader = BodyReader::new(item.body);
        let header: &ReplyHeader = reader.fixed()?;
        let Some(status) = ReplyStatus::from_byte(header.status) else {
            return Err(Malformed::BadField { field: "status", value: header.status.into() });
        };
        let reason = header.reason.get();
        let body = match status {
            ReplyStatus::Malformed => ReplyBody::Empty,
            ReplyStatus::Rejected => {
                ReplyBody::Rejection(Outcome::parse(&item.body[size_of::<ReplyHeader>()..])?)
            }
            ReplyStatus::Duplicate if reason != 0 => ReplyBody::Empty,
            _ => ReplyBody::parse(item.kind, item.schema, reader)?,
        };
        let sequence = Sequence::new(header.sequence.get());
        Ok(Self { kind: item.kind, status, reason, sequence, body })
    }

    /// The rejection's reason, where there is one.
    #[must_use]
    pub const fn reject_reason(&self) -> Option<RejectReason> {
        RejectReason::from_number(self.reason)
    }
}

impl<'a> ReplyBody<'a> {
    fn parse(kind: u16, schema: u16, mut reader: BodyReader<'a>) -> Result<Self, Malformed> {
        let body = match (CommandKind::from_number(kind), QueryKind::from_number(kind)) {
            (Some(command), _) => Self::of_command(command, schema, &mut reader)?,
            (_, Some(query)) => Self::of_query(query, schema, &mut reader)?,
            (None, None) => return Err(Malformed::UnknownKind { kind }),
        };
        reader.end()?;
        Ok(body)
    }

    fn of_command(
        kind: CommandKind,
        schema: u16,
        reader: &mut BodyReader<'a>,
    ) -> Result<Self, Malformed> {
        Ok(match kind {
            CommandKind::PlaceOrder
            | CommandKind::CancelOrder
            | CommandKind::SetPriority
            | CommandKind::ResourceOrder
            | CommandKind::SetCancelAt
            | CommandKind::SwapUnits
            | CommandKind::Ship
            | CommandKind::RejectUnits => Self::Order(OrderBody::parse(schema, reader)?),
            CommandKind::PlaceHold | CommandKind::ExtendHold | CommandKind::ReleaseHold => {
                Self::hold(reader)?
            }
            CommandKind::Receive | CommandKind::Adjust | CommandKind::SetStock => {
                Self::Cell(reader.fixed()?)
            }
            CommandKind::ExpectSupply | CommandKind::ChangeSupply | CommandKind::ReceiveSupply => {
                Self::supply(reader)?
            }
            CommandKind::UpsertSku
            | CommandKind::UpsertWarehouse
            | CommandKind::UpsertZone
            | CommandKind::UpsertChannel
            | CommandKind::SetPolicy => Self::Handle(parse_handle(reader)?),
            CommandKind::SetCosts
            | CommandKind::SetLimits
            | CommandKind::Mark
            | CommandKind::AssignPolicy
            | CommandKind::SetCapacity
            | CommandKind::SetReserves
            | CommandKind::SetBundle
            | CommandKind::SetShadowPrices
            | CommandKind::Retire
            | CommandKind::Match
            | CommandKind::ExpireHolds
            | CommandKind::Promise
            | CommandKind::GiveUp
            | CommandKind::Sweep
            | CommandKind::MatchAgain => Self::Empty,
        })
    }

    fn of_query(
        kind: QueryKind,
        schema: u16,
        reader: &mut BodyReader<'a>,
    ) -> Result<Self, Malformed> {
        Ok(match kind {
            QueryKind::Quote => Self::Order(OrderBody::parse(schema, reader)?),
            QueryKind::ReadOrder => {
                let order = OrderBody::parse(schema, reader)?;
                let detail: &OrderDetail = reader.fixed()?;
                let reference = reader.text("reference", detail.reference_bytes)?;
                Self::OrderDetail { order, detail, reference }
            }
            QueryKind::ReadStock => {
                let head: &StockHead = reader.fixed()?;
                let cells = reader.list(usize::from(head.cell_count.get()))?;
                Self::Stock { head, cells }
            }
            QueryKind::Resolve => Self::Handle(parse_handle(reader)?),
            QueryKind::Name => {
                let length: &[u8; 8] = reader.fixed()?;
                Self::Name(reader.text("code", length[0])?)
            }
            QueryKind::ReadTotals => Self::Totals(reader.fixed()?),
            QueryKind::ReadBook => {
                let head: &BookHead = reader.fixed()?;
                let rows: &[BookRow] = reader.list(usize::from(head.row_count.get()))?;
                let dated = if schema == SCHEMA_1 { 0 } else { rows.len() };
                Self::Book { head, rows, promised: reader.list(dated)? }
            }
            QueryKind::ReadHold => Self::hold(reader)?,
            QueryKind::ReadHolds => {
                let head: &HoldsHead = reader.fixed()?;
                Self::Holds { head, rows: reader.list(usize::from(head.row_count.get()))? }
            }
            QueryKind::ReadSupply => Self::supply(reader)?,
            QueryKind::ReadSupplies => {
                let head: &SuppliesHead = reader.fixed()?;
                Self::Supplies { head, rows: reader.list(usize::from(head.row_count.get()))? }
            }
        })
    }

    fn hold(reader: &mut BodyReader<'a>) -> Result<Self, Malformed> {
        let head: &HoldHead = reader.fixed()?;
        Ok(Self::Hold { head, rows: reader.list(usize::from(head.row_count()))? })
    }

    fn supply(reader: &mut BodyReader<'a>) -> Result<Self, Malformed> {
        let head: &SupplyHead = reader.fixed()?;
        Ok(Self::Supply { head, rows: reader.list(usize::from(head.row_count.get()))? })
    }
}

impl<'a> OrderBody<'a> {
    fn parse(schema: u16, reader: &mut BodyReader<'a>) -> Result<Self, Malformed> {
        let head = match schema {
            SCHEMA_1 => reader.fixed::<OrderHead1>()?.widened(),
            _ => *reader.fixed::<OrderHead>()?,
        };
        let lines = reader.list(usize::from(head.line_count.get()))?;
        let allocations = reader.list(usize::from(head.allocation_count.get()))?;
        let dates = match schema {
            SCHEMA_3 => *reader.fixed::<OrderDates>()?,
            _ => OrderDates::NONE,
        };
        let promises = reader.list(usize::from(dates.promise_count()))?;
        Ok(Self { head, lines, allocations, dates, promises })
    }
}

/// Writes a code as [`ReplyBody::Name`] expects it: a length byte, seven zero bytes, the text.
#[must_use]
pub fn name_prefix(code: &str) -> [u8; 8] {
    assert!(code.len() <= CODE_BYTES_MAX, "codes are bounded when they are defined");
    let length = u8::try_from(code.len()).expect("invariant: at most 40");
    [length, 0, 0, 0, 0, 0, 0, 0]
}

fn parse_handle(reader: &mut BodyReader<'_>) -> Result<u32, Malformed> {
    let fixed: &[U32; 2] = reader.fixed()?;
    Ok(fixed[0].get())
}
