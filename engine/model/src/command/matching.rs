//! What is done about waiting lines: looking at them, by the engine or for a client, and serving an
//! order earlier or later.

use zerocopy::little_endian::{U16, U32, U64, U128};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::byte_enum::{byte_enum, byte_field};
use crate::item::{BodyReader, Malformed, zero};
use crate::{CommandId, OrderId, Sku, WaitKey};

byte_enum!(
    /// What comes after a look at waiting lines.
    MatchEnd {
        /// The lines behind this one are looked at next.
        GoesOn = 0 "goes_on",
        /// There is nothing left, to give or to be given to.
        Over = 1 "over",
    }
);

/// Waiting lines of a SKU were looked at, from the best on; the last of them got what the record's
/// movements say, those before it nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    /// The SKU that they wait for.
    pub sku: Sku,
    /// The last line that was looked at; [`WaitKey::FIRST`] where there was none.
    pub last: WaitKey,
    /// What comes next.
    pub end: MatchEnd,
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct MatchFixed {
    pub(crate) sku: U32,
    pub(crate) line: U16,
    pub(crate) priority_class: u8,
    pub(crate) end: u8,
    pub(crate) placed: U64,
}
const _: () = assert!(size_of::<MatchFixed>() == 16);

impl Match {
    pub(crate) fn parse(schema: u16, body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = BodyReader::new(body);
        let fixed: &MatchFixed = reader.fixed()?;
        let parts = (fixed.priority_class, fixed.placed.get(), fixed.line.get());
        let last = WaitKey::parse(schema, parts, &mut reader)?;
        reader.end()?;
        let end = byte_field("end", fixed.end, MatchEnd::from_byte)?;
        Ok(Self { sku: Sku::new(fixed.sku.get()), last, end })
    }

    pub(crate) fn fixed(&self) -> MatchFixed {
        let WaitKey { priority_class, placed, line, .. } = self.last;
        MatchFixed {
            sku: self.sku.get().into(),
            line: line.into(),
            priority_class,
            end: self.end.number(),
            placed: placed.get().into(),
        }
    }
}

/// SKUs were looked at because something changed by which waiting lines are sourced. The record's
/// movements make those due for which lines wait and something is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// The first SKU that was looked at.
    pub from: Sku,
    /// The last one.
    pub last: Sku,
    /// Whether SKUs with higher handles are looked at next.
    pub end: MatchEnd,
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct SweepFixed {
    from: U32,
    last: U32,
    end: u8,
    reserved: [u8; 7],
}
const _: () = assert!(size_of::<SweepFixed>() == 16);

impl Sweep {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = BodyReader::new(body);
        let fixed: &SweepFixed = reader.fixed()?;
        zero("reserved", &fixed.reserved)?;
        reader.end()?;
        let end = byte_field("end", fixed.end, MatchEnd::from_byte)?;
        Ok(Self { from: Sku::new(fixed.from.get()), last: Sku::new(fixed.last.get()), end })
    }

    pub(crate) fn fixed(&self) -> SweepFixed {
        SweepFixed {
            from: self.from.get().into(),
            last: self.last.get().into(),
            end: self.end.number(),
            reserved: [0; 7],
        }
    }
}

/// Lets an order's waiting lines be served before or behind others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetPriority {
    /// This command's own id.
    pub id: CommandId,
    /// The order; it must be open.
    pub order: OrderId,
    /// Its class from now on; 0 is served first.
    pub priority_class: u8,
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct SetPriorityFixed {
    pub(crate) id: U128,
    pub(crate) order: U128,
    pub(crate) priority_class: u8,
    pub(crate) reserved: [u8; 7],
}
const _: () = assert!(size_of::<SetPriorityFixed>() == 40);

impl SetPriority {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = BodyReader::new(body);
        let fixed: &SetPriorityFixed = reader.fixed()?;
        zero("reserved", &fixed.reserved)?;
        reader.end()?;
        let (id, order) = (CommandId::new(fixed.id.get()), OrderId::new(fixed.order.get()));
        Ok(Self { id, order, priority_class: fixed.priority_class })
    }

    pub(crate) fn fixed(&self) -> SetPriorityFixed {
        SetPriorityFixed {
            id: self.id.get().into(),
            order: self.order.get().into(),
            priority_class: self.priority_class,
            reserved: [0; 7],
        }
    }
}

/// Lets the lines that wait for a SKU be looked at, although nothing came in: after costs, rules,
/// capacity or a warehouse have changed, units may be had that could not be had before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MatchAgain {
    /// This command's own id.
    pub id: CommandId,
    /// The SKU.
    pub sku: Sku,
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct MatchAgainFixed {
    pub(crate) id: U128,
    pub(crate) sku: U32,
    pub(crate) reserved: [u8; 4],
}
const _: () = assert!(size_of::<MatchAgainFixed>() == 24);

impl MatchAgain {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = BodyReader::new(body);
        let fixed: &MatchAgainFixed = reader.fixed()?;
        zero("reserved", &fixed.reserved)?;
        reader.end()?;
        Ok(Self { id: CommandId::new(fixed.id.get()), sku: Sku::new(fixed.sku.get()) })
    }

    pub(crate) fn fixed(&self) -> MatchAgainFixed {
        let (id, sku) = (self.id.get().into(), self.sku.get().into());
        MatchAgainFixed { id, sku, reserved: [0; 4] }
    }
}
