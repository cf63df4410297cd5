//! The book of a SKU: the lines that wait for it, in the order in which they are served.

use zerocopy::little_endian::{U16, U32, U64, U128};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::item::{BodyReader, Malformed, zero};
use crate::{OrderId, Sequence, Sku};

/// The place of a waiting line in the book of its SKU; what is less is served first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WaitKey {
    /// The order's priority class; 0 is served first.
    pub priority_class: u8,
    /// The record that placed the order.
    pub placed: Sequence,
    /// The line, counted from 0.
    pub line: u16,
}

impl WaitKey {
    /// Before every line.
    pub const FIRST: Self = Self { priority_class: 0, placed: Sequence::NONE, line: 0 };
}

/// Asks for the lines that wait for a SKU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadBook {
    /// The SKU.
    pub sku: Sku,
    /// Lines before this place are left out.
    pub from: WaitKey,
    /// Lines to tell of at most, up to [`crate::BOOK_ROWS_PER_REPLY_MAX`].
    pub rows_max: u32,
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct ReadBookFixed {
    pub(crate) placed: U64,
    pub(crate) sku: U32,
    pub(crate) rows_max: U32,
    pub(crate) line: U16,
    pub(crate) priority_class: u8,
    pub(crate) reserved: [u8; 5],
}
const _: () = assert!(size_of::<ReadBookFixed>() == 24);

impl ReadBook {
    pub(crate) fn parse(reader: &mut BodyReader<'_>) -> Result<Self, Malformed> {
        let fixed: &ReadBookFixed = reader.fixed()?;
        zero("reserved", &fixed.reserved)?;
        let (priority_class, line) = (fixed.priority_class, fixed.line.get());
        let from = WaitKey { priority_class, placed: Sequence::new(fixed.placed.get()), line };
        Ok(Self { sku: Sku::new(fixed.sku.get()), from, rows_max: fixed.rows_max.get() })
    }

    pub(crate) fn fixed(&self) -> ReadBookFixed {
        ReadBookFixed {
            placed: self.from.placed.get().into(),
            sku: self.sku.get().into(),
            rows_max: self.rows_max.into(),
            line: self.from.line.into(),
            priority_class: self.from.priority_class,
            reserved: [0; 5],
        }
    }
}

/// Goes before the rows of a book.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct BookHead {
    /// Units that wait, of every line of the SKU.
    pub units: U64,
    /// Lines that wait, those that are left out with them.
    pub lines: U32,
    /// Units that are set aside for them, at all warehouses.
    pub set_aside: U32,
    /// The SKU's handle.
    pub sku: U32,
    /// Rows that follow.
    pub row_count: U16,
    /// 1 = the lines are being looked at: more of them may be served by the next records.
    pub is_due: u8,
    /// Zero.
    pub reserved: u8,
}
const _: () = assert!(size_of::<BookHead>() == 24);

/// A line that waits.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct BookRow {
    order: U128,
    placed: U64,
    units: U32,
    line: U16,
    priority_class: u8,
    reserved: u8,
}
const _: () = assert!(size_of::<BookRow>() == 32);

impl BookRow {
    /// `units` of the order's line at `key` wait.
    #[must_use]
    pub fn new(order: OrderId, key: WaitKey, units: u32) -> Self {
        Self {
            order: order.get().into(),
            placed: key.placed.get().into(),
            units: units.into(),
            line: key.line.into(),
            priority_class: key.priority_class,
            reserved: 0,
        }
    }

    /// The order.
    #[must_use]
    pub fn order(&self) -> OrderId {
        OrderId::new(self.order.get())
    }

    /// Its place.
    #[must_use]
    pub fn key(&self) -> WaitKey {
        let placed = Sequence::new(self.placed.get());
        WaitKey { priority_class: self.priority_class, placed, line: self.line.get() }
    }

    /// Units that wait.
    #[must_use]
    pub fn units(&self) -> u32 {
        self.units.get()
    }
}
