//! Units that a warehouse was to ship and cannot.

use zerocopy::little_endian::{U16, U32, U128};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::{LineUnits, counted};
use crate::byte_enum::{byte_enum, byte_field};
use crate::item::{BodyReader, Malformed, zero};
use crate::{CANDIDATES_PER_ZONE_MAX, CommandId, LINES_PER_ORDER_MAX, OrderId};

byte_enum!(
    /// Why a warehouse cannot ship units.
    RejectCause {
        /// They are not there (a short pick): they become unavailable until somebody counts.
        NotFound = 1 "not_found",
        /// They are there, and the warehouse will not ship them: others may have them.
        Refused = 2 "refused",
    }
);

/// Allocated units of an order cannot leave their warehouses; they are sourced from others.
#[derive(Clone, Copy, Debug)]
pub struct RejectUnits<'a> {
    /// This command's own id.
    pub id: CommandId,
    /// The order.
    pub order: OrderId,
    /// Why.
    pub cause: RejectCause,
    /// Seconds from this record on in which the order has nothing from these warehouses, at most
    /// [`crate::COOL_DOWN_SECONDS_MAX`].
    pub cool_down_seconds: u32,
    /// Which units, rising by line and then warehouse.
    pub units: &'a [LineUnits],
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct RejectUnitsFixed {
    id: U128,
    order: U128,
    cool_down_seconds: U32,
    unit_count: U16,
    cause: u8,
    reserved: u8,
}
const _: () = assert!(size_of::<RejectUnitsFixed>() == 40);

impl<'a> RejectUnits<'a> {
    pub(crate) fn parse(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = BodyReader::new(body);
        let fixed: &RejectUnitsFixed = reader.fixed()?;
        zero("reserved", &[fixed.reserved])?;
        let max = LINES_PER_ORDER_MAX * CANDIDATES_PER_ZONE_MAX;
        let units = reader.list(counted("unit_count", fixed.unit_count, max)?)?;
        reader.end()?;
        Ok(Self {
            id: CommandId::new(fixed.id.get()),
            order: OrderId::new(fixed.order.get()),
            cause: byte_field("cause", fixed.cause, RejectCause::from_byte)?,
            cool_down_seconds: fixed.cool_down_seconds.get(),
            units,
        })
    }

    pub(crate) fn fixed(&self) -> RejectUnitsFixed {
        RejectUnitsFixed {
            id: self.id.get().into(),
            order: self.order.get().into(),
            cool_down_seconds: self.cool_down_seconds.into(),
            unit_count: u16::try_from(self.units.len()).expect("a list is over the bound").into(),
            cause: self.cause.number(),
            reserved: 0,
        }
    }
}
