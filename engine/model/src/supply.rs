//! Supplies that are expected, and what of them is promised, as replies show them.

use zerocopy::little_endian::{U16, U32, U64, U128};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::byte_enum::byte_enum;
use crate::item::{BodyReader, Malformed, zero};
use crate::{EngineSecond, OrderId, Sequence, Sku, SupplyId, Warehouse};

byte_enum!(
    /// Whether anything of a supply is still expected.
    SupplyStatus {
        /// Units of it are expected.
        Open = 1 "open",
        /// All of it has come in, or no more is expected.
        Closed = 2 "closed",
    }
);

/// The place of a promise among those of a supply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PromiseKey {
    /// When the line's units were promised to be there.
    pub promised: EngineSecond,
    /// The record that placed the order.
    pub placed: Sequence,
    /// The line, counted from 0.
    pub line: u16,
}

impl PromiseKey {
    /// Before every promise.
    pub const FIRST: Self =
        Self { promised: EngineSecond::new(0), placed: Sequence::NONE, line: 0 };
}

/// Asks for a supply, and for the lines to which it is promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadSupply {
    /// The supply.
    pub supply: SupplyId,
    /// Lines before this place are left out.
    pub from: PromiseKey,
    /// Lines to tell of at most, up to [`crate::PROMISES_PER_REPLY_MAX`]; 0 means that many.
    pub rows_max: u32,
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct ReadSupplyFixed {
    supply: U128,
    placed: U64,
    promised: U32,
    rows_max: U32,
    line: U16,
    reserved: [u8; 6],
}
const _: () = assert!(size_of::<ReadSupplyFixed>() == 40);

impl ReadSupply {
    pub(crate) fn parse(reader: &mut BodyReader<'_>) -> Result<Self, Malformed> {
        let fixed: &ReadSupplyFixed = reader.fixed()?;
        zero("reserved", &fixed.reserved)?;
        let from = PromiseKey {
            promised: EngineSecond::new(fixed.promised.get()),
            placed: Sequence::new(fixed.placed.get()),
            line: fixed.line.get(),
        };
        let supply = SupplyId::new(fixed.supply.get());
        Ok(Self { supply, from, rows_max: fixed.rows_max.get() })
    }

    pub(crate) fn fixed(&self) -> ReadSupplyFixed {
        ReadSupplyFixed {
            supply: self.supply.get().into(),
            placed: self.from.placed.get().into(),
            promised: self.from.promised.get().into(),
            rows_max: self.rows_max.into(),
            line: self.from.line.into(),
            reserved: [0; 6],
        }
    }
}

/// A supply, but for the lines to which it is promised.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct SupplyHead {
    /// Its id.
    pub id: U128,
    /// The record that announced it; 0 of a closed one that left memory.
    pub placed: U64,
    /// The SKU's handle. What follows is 0 of a closed supply, but for the status.
    pub sku: U32,
    /// Units in all.
    pub expected: U32,
    /// Units that have come in.
    pub received: U32,
    /// Units that are promised to lines.
    pub promised: U32,
    /// When the rest comes in, in seconds of engine time.
    pub eta: U32,
    /// Lines to which it is promised.
    pub lines: U32,
    /// Rows that follow; 0 in lists.
    pub row_count: U16,
    /// The warehouse's handle.
    pub warehouse: U16,
    /// The number of a [`SupplyStatus`].
    pub status: u8,
    /// Zero.
    pub reserved: [u8; 3],
}
const _: () = assert!(size_of::<SupplyHead>() == 56);

impl SupplyHead {
    /// A closed supply: all that is still known of it.
    #[must_use]
    pub fn closed(id: SupplyId, placed: Sequence) -> Self {
        Self {
            id: id.get().into(),
            placed: placed.get().into(),
            sku: 0.into(),
            expected: 0.into(),
            received: 0.into(),
            promised: 0.into(),
            eta: 0.into(),
            lines: 0.into(),
            row_count: 0.into(),
            warehouse: 0.into(),
            status: SupplyStatus::Closed.number(),
            reserved: [0; 3],
        }
    }

    /// Whether anything of it is still expected.
    #[must_use]
    pub fn status(&self) -> Option<SupplyStatus> {
        SupplyStatus::from_byte(self.status)
    }

    /// When the rest comes in.
    #[must_use]
    pub fn eta(&self) -> EngineSecond {
        EngineSecond::new(self.eta.get())
    }

    /// The SKU.
    #[must_use]
    pub fn sku(&self) -> Sku {
        Sku::new(self.sku.get())
    }

    /// Where it comes in.
    #[must_use]
    pub fn warehouse(&self) -> Warehouse {
        Warehouse::new(self.warehouse.get())
    }
}

/// Units of a supply that are promised to a line.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct PromiseRow {
    order: U128,
    placed: U64,
    units: U32,
    promised: U32,
    line: U16,
    reserved: [u8; 6],
}
const _: () = assert!(size_of::<PromiseRow>() == 40);

impl PromiseRow {
    /// `units` are promised to the order's line at `key`.
    #[must_use]
    pub fn new(order: OrderId, key: PromiseKey, units: u32) -> Self {
        Self {
            order: order.get().into(),
            placed: key.placed.get().into(),
            units: units.into(),
            promised: key.promised.get().into(),
            line: key.line.into(),
            reserved: [0; 6],
        }
    }

    /// The order.
    #[must_use]
    pub fn order(&self) -> OrderId {
        OrderId::new(self.order.get())
    }

    /// Its place.
    #[must_use]
    pub fn key(&self) -> PromiseKey {
        PromiseKey {
            promised: EngineSecond::new(self.promised.get()),
            placed: Sequence::new(self.placed.get()),
            line: self.line.get(),
        }
    }

    /// Units of this supply.
    #[must_use]
    pub fn units(&self) -> u32 {
        self.units.get()
    }
}

/// Goes before the supplies of a SKU.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct SuppliesHead {
    /// Units that are still expected, of all of them.
    pub open: U64,
    /// Units of them that are promised.
    pub promised: U64,
    /// The SKU's handle.
    pub sku: U32,
    /// Supplies that follow: all that are open.
    pub row_count: U16,
    /// 1 = promises are being made anew: more may change by the next records.
    pub is_due: u8,
    /// Zero.
    pub reserved: u8,
}
const _: () = assert!(size_of::<SuppliesHead>() == 24);

/// When things are to happen to an order; behind the rest of it, where there is anything to say.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct OrderDates {
    cancel_at: U32,
    promise_count: U16,
    reserved: [u8; 2],
}
const _: () = assert!(size_of::<OrderDates>() == 8);

impl OrderDates {
    /// Nothing to say.
    pub const NONE: Self =
        Self { cancel_at: U32::from_bytes([0xff; 4]), promise_count: U16::ZERO, reserved: [0; 2] };

    /// Of an order that is given up at `cancel_at`, with promises to `promise_count` lines.
    #[must_use]
    pub fn new(cancel_at: EngineSecond, promise_count: u16) -> Self {
        Self {
            cancel_at: cancel_at.get().into(),
            promise_count: promise_count.into(),
            reserved: [0; 2],
        }
    }

    /// When what it still waits for is given up, or [`EngineSecond::NONE`].
    #[must_use]
    pub fn cancel_at(&self) -> EngineSecond {
        EngineSecond::new(self.cancel_at.get())
    }

    /// Lines with a promise.
    #[must_use]
    pub fn promise_count(&self) -> u16 {
        self.promise_count.get()
    }
}

/// When the units that a line waits for are promised to be there.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct LinePromise {
    promised: U32,
    line: U16,
    reserved: [u8; 2],
}
const _: () = assert!(size_of::<LinePromise>() == 8);

impl LinePromise {
    /// What line `line` waits for is to be there at `promised`.
    #[must_use]
    pub fn new(line: u16, promised: EngineSecond) -> Self {
        Self { promised: promised.get().into(), line: line.into(), reserved: [0; 2] }
    }

    /// The line, counted from 0.
    #[must_use]
    pub fn line(&self) -> u16 {
        self.line.get()
    }

    /// When.
    #[must_use]
    pub fn promised(&self) -> EngineSecond {
        EngineSecond::new(self.promised.get())
    }
}
