//! Deciding again from where orders' units come.

use zerocopy::little_endian::{U16, U32, U128};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::item::{BodyReader, Malformed, zero};
use crate::{CommandId, OrderId, Sku, Warehouse};

/// Lets an order's allocated units, as far as they have not shipped, come from better places, if
/// there are any now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResourceOrder {
    /// This command's own id.
    pub id: CommandId,
    /// The order.
    pub order: OrderId,
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct ResourceOrderFixed {
    id: U128,
    order: U128,
}
const _: () = assert!(size_of::<ResourceOrderFixed>() == 32);

impl ResourceOrder {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = BodyReader::new(body);
        let fixed: &ResourceOrderFixed = reader.fixed()?;
        reader.end()?;
        Ok(Self { id: CommandId::new(fixed.id.get()), order: OrderId::new(fixed.order.get()) })
    }

    pub(crate) fn fixed(&self) -> ResourceOrderFixed {
        ResourceOrderFixed { id: self.id.get().into(), order: self.order.get().into() }
    }
}

/// Lets two orders have units of each other: of one SKU, allocated and not shipped, at two
/// warehouses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SwapUnits {
    /// This command's own id.
    pub id: CommandId,
    /// One order.
    pub first: OrderId,
    /// The other.
    pub second: OrderId,
    /// The SKU.
    pub sku: Sku,
    /// Where the first order has the units, and the second gets them.
    pub first_warehouse: Warehouse,
    /// Where the second order has as many, and the first gets them.
    pub second_warehouse: Warehouse,
    /// Units that each gives.
    pub quantity: u32,
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct SwapUnitsFixed {
    id: U128,
    first: U128,
    second: U128,
    sku: U32,
    first_warehouse: U16,
    second_warehouse: U16,
    quantity: U32,
    reserved: [u8; 4],
}
const _: () = assert!(size_of::<SwapUnitsFixed>() == 64);

impl SwapUnits {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = BodyReader::new(body);
        let fixed: &SwapUnitsFixed = reader.fixed()?;
        zero("reserved", &fixed.reserved)?;
        reader.end()?;
        Ok(Self {
            id: CommandId::new(fixed.id.get()),
            first: OrderId::new(fixed.first.get()),
            second: OrderId::new(fixed.second.get()),
            sku: Sku::new(fixed.sku.get()),
            first_warehouse: Warehouse::new(fixed.first_warehouse.get()),
            second_warehouse: Warehouse::new(fixed.second_warehouse.get()),
            quantity: fixed.quantity.get(),
        })
    }

    pub(crate) fn fixed(&self) -> SwapUnitsFixed {
        SwapUnitsFixed {
            id: self.id.get().into(),
            first: self.first.get().into(),
            second: self.second.get().into(),
            sku: self.sku.get().into(),
            first_warehouse: self.first_warehouse.get().into(),
            second_warehouse: self.second_warehouse.get().into(),
            quantity: self.quantity.into(),
            reserved: [0; 4],
        }
    }
}
