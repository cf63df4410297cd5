//! The book of a SKU: the lines that wait for it, in the order in which they are served.

use zerocopy::little_endian::{U16, U32, U64, U128};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::command::{SCHEMA_1, SCHEMA_2};
use crate::item::{BodyReader, Malformed, zero};
use crate::{EngineSecond, OrderId, Sequence, Sku};

/// The place of a waiting line in the book of its SKU; what is less is served first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WaitKey {
    /// The order's priority class; 0 is served first.
    pub priority_class: u8,
    /// When its units are promised to be there; a line without a promise is served behind those that
    /// have one.
    pub promised: EngineSecond,
    /// The record that placed the order.
    pub placed: Sequence,
    /// The line, counted from 0.
    pub line: u16,
}

impl WaitKey {
    /// Before every line.
    pub const FIRST: Self =
        Self { priority_class: 0, promised: EngineSecond::new(0), placed: Sequence::NONE, line: 0 };

    /// The schema in which a key is written: the first knows no promises.
    pub(crate) fn schema(self) -> u16 {
        let is_plain = self == Self::FIRST || self.promised == EngineSecond::NONE;
        if is_plain { SCHEMA_1 } else { SCHEMA_2 }
    }

    /// The key of these parts, and of what follows them in the second schema. A key has one form.
    pub(crate) fn parse(
        schema: u16,
        (priority_class, placed, line): (u8, u64, u16),
        reader: &mut BodyReader<'_>,
    ) -> Result<Self, Malformed> {
        let key = Self {
            priority_class,
            promised: EngineSecond::NONE,
            placed: Sequence::new(placed),
            line,
        };
        if schema == SCHEMA_1 {
            let first = Self { promised: EngineSecond::NONE, ..Self::FIRST };
            return Ok(if key == first { Self::FIRST } else { key });
        }
        let fixed: &PromisedFixed = reader.fixed()?;
        zero("reserved", &fixed.reserved)?;
        let key = Self { promised: EngineSecond::new(fixed.promised.get()), ..key };
        if key.schema() == SCHEMA_1 {
            let value = fixed.promised.get().into();
            return Err(Malformed::BadField { field: "promised", value });
        }
        Ok(key)
    }

    /// What the second schema writes behind the rest.
    pub(crate) fn promised_fixed(self) -> Option<PromisedFixed> {
        let promised = self.promised.get().into();
        (self.schema() == SCHEMA_2).then_some(PromisedFixed { promised, reserved: [0; 4] })
    }
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct PromisedFixed {
    promised: U32,
    reserved: [u8; 4],
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
    pub(crate) fn parse(schema: u16, reader: &mut BodyReader<'_>) -> Result<Self, Malformed> {
        let fixed: &ReadBookFixed = reader.fixed()?;
        zero("reserved", &fixed.reserved)?;
        let parts = (fixed.priority_class, fixed.placed.get(), fixed.line.get());
        let from = WaitKey::parse(schema, parts, reader)?;
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

/// A line that waits; when it was promised its units stands in a list behind the lines.
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

    /// Its place, where it was promised its units for `promised`.
    #[must_use]
    pub fn key(&self, promised: EngineSecond) -> WaitKey {
        let placed = Sequence::new(self.placed.get());
        WaitKey { priority_class: self.priority_class, promised, placed, line: self.line.get() }
    }

    /// Units that wait.
    #[must_use]
    pub fn units(&self) -> u32 {
        self.units.get()
    }
}
