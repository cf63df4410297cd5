//! Commands of demand and execution: placing an order, cancelling and shipping its units.

use zerocopy::little_endian::{I64, U16, U32, U128};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::{SCHEMA_1, SCHEMA_2, counted};
use crate::byte_enum::{byte_enum, byte_field};
use crate::item::{BodyReader, Malformed, zero};
use crate::{
    CANDIDATES_PER_ZONE_MAX, Channel, CommandId, HoldId, LINES_PER_ORDER_MAX, OrderId, Sku,
    Warehouse, Zone,
};

byte_enum!(
    /// What becomes of units that are not there when an order is placed.
    ShortMode {
        /// Every unit of every line is allocated in this record, or the order is rejected.
        ShipComplete = 1 "ship_complete",
        /// What is there is allocated, the rest cancelled; rejected if nothing is there.
        TakeAvailable = 2 "take_available",
        /// Always accepted: what is there is allocated, the rest waits.
        Backorder = 3 "backorder",
        /// Nothing is allocated until everything can be. Reserved: answered `not_yet`.
        WaitComplete = 4 "wait_complete",
    }
);

/// A line of an order: a SKU and how many units of it.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub struct OrderLine {
    sku: U32,
    quantity: U32,
}

impl OrderLine {
    /// A line of `quantity` units of `sku`.
    #[must_use]
    pub fn new(sku: Sku, quantity: u32) -> Self {
        Self { sku: sku.get().into(), quantity: quantity.into() }
    }

    /// The SKU.
    #[must_use]
    pub fn sku(&self) -> Sku {
        Sku::new(self.sku.get())
    }

    /// Units wanted.
    #[must_use]
    pub fn quantity(&self) -> u32 {
        self.quantity.get()
    }
}

/// Units of one line, at one warehouse where the command needs one.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub struct LineUnits {
    line: U16,
    warehouse: U16,
    quantity: U32,
}

impl LineUnits {
    /// `quantity` units of line `line` (from 0) at `warehouse`, or [`Warehouse::NONE`].
    #[must_use]
    pub fn new(line: u16, warehouse: Warehouse, quantity: u32) -> Self {
        Self { line: line.into(), warehouse: warehouse.get().into(), quantity: quantity.into() }
    }

    /// The line, counted from 0.
    #[must_use]
    pub fn line(&self) -> u16 {
        self.line.get()
    }

    /// The warehouse, or [`Warehouse::NONE`].
    #[must_use]
    pub fn warehouse(&self) -> Warehouse {
        Warehouse::new(self.warehouse.get())
    }

    /// Units.
    #[must_use]
    pub fn quantity(&self) -> u32 {
        self.quantity.get()
    }
}

/// A customer's order.
#[derive(Clone, Copy, Debug)]
pub struct PlaceOrder<'a> {
    /// The order's id, chosen by the client.
    pub id: OrderId,
    /// The hold that it takes, or [`HoldId::NONE`].
    pub hold: HoldId,
    /// The customer, opaque to the engine; 0 = not said.
    pub customer: u128,
    /// The order's value in minor units of its currency; 0 = not said.
    pub value_minor: i64,
    /// ISO 4217 letters, zero-padded; all zero = not said.
    pub currency: [u8; 4],
    /// Where it goes.
    pub zone: Zone,
    /// Where it came from, or [`Channel::NONE`].
    pub channel: Channel,
    /// 0 is served first.
    pub priority_class: u8,
    /// The shop's own number for what it promised (standard, express); opaque to the engine.
    pub service_level: u8,
    /// What becomes of units that are not there.
    pub short: ShortMode,
    /// The shop's own order number, or empty.
    pub reference: &'a str,
    /// What is wanted.
    pub lines: &'a [OrderLine],
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct PlaceOrderFixed {
    pub(crate) id: U128,
    pub(crate) customer: U128,
    pub(crate) value_minor: I64,
    pub(crate) currency: [u8; 4],
    pub(crate) zone: U16,
    pub(crate) channel: U16,
    pub(crate) priority_class: u8,
    pub(crate) service_level: u8,
    pub(crate) short: u8,
    pub(crate) reference_bytes: u8,
    pub(crate) line_count: U16,
    pub(crate) reserved: [u8; 2],
}
const _: () = assert!(size_of::<PlaceOrderFixed>() == 56);

impl<'a> PlaceOrder<'a> {
    /// The schema in which the order is written.
    pub(crate) fn schema(&self) -> u16 {
        if self.hold == HoldId::NONE { SCHEMA_1 } else { SCHEMA_2 }
    }

    /// The first schema names no hold, the second always does: an order has one form.
    pub(crate) fn parse(schema: u16, body: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = BodyReader::new(body);
        let fixed: &PlaceOrderFixed = reader.fixed()?;
        zero("reserved", &fixed.reserved)?;
        let hold = if schema == SCHEMA_1 {
            HoldId::NONE
        } else {
            let hold = HoldId::new(reader.fixed::<U128>()?.get());
            if hold == HoldId::NONE {
                return Err(Malformed::BadField { field: "hold", value: 0 });
            }
            hold
        };
        let count = counted("line_count", fixed.line_count, LINES_PER_ORDER_MAX)?;
        let lines = reader.list(count)?;
        let reference = reader.text("reference", fixed.reference_bytes)?;
        reader.end()?;
        Ok(Self {
            id: CommandId::new(fixed.id.get()),
            hold,
            customer: fixed.customer.get(),
            value_minor: fixed.value_minor.get(),
            currency: fixed.currency,
            zone: Zone::new(fixed.zone.get()),
            channel: Channel::new(fixed.channel.get()),
            priority_class: fixed.priority_class,
            service_level: fixed.service_level,
            short: byte_field("short", fixed.short, ShortMode::from_byte)?,
            reference,
            lines,
        })
    }
}

/// Units of an order that are cancelled or shipped.
#[derive(Clone, Copy, Debug)]
pub struct OrderUnits<'a> {
    /// This command's own id.
    pub id: CommandId,
    /// The order.
    pub order: OrderId,
    /// Which units, rising by line and then warehouse. A cancel names no warehouse; its empty list
    /// withdraws all that has not shipped.
    pub units: &'a [LineUnits],
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct OrderUnitsFixed {
    pub(crate) id: U128,
    pub(crate) order: U128,
    pub(crate) unit_count: U16,
    pub(crate) reserved: [u8; 6],
}
const _: () = assert!(size_of::<OrderUnitsFixed>() == 40);

impl<'a> OrderUnits<'a> {
    pub(crate) fn parse(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = BodyReader::new(body);
        let fixed: &OrderUnitsFixed = reader.fixed()?;
        zero("reserved", &fixed.reserved)?;
        let max = LINES_PER_ORDER_MAX * CANDIDATES_PER_ZONE_MAX;
        let units = reader.list(counted("unit_count", fixed.unit_count, max)?)?;
        reader.end()?;
        Ok(Self {
            id: CommandId::new(fixed.id.get()),
            order: OrderId::new(fixed.order.get()),
            units,
        })
    }
}
