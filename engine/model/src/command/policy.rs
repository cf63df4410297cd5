//! Commands of control that shape sourcing: policies, who they bind, what warehouses can work off,
//! what is set aside, bundles, shadow prices.

use zerocopy::little_endian::{I64, U16, U32, U128};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::counted;
use crate::byte_enum::byte_field;
use crate::item::{BodyReader, Malformed, zero};
use crate::{
    Channel, CommandId, Objective, POLICY_SKUS_MAX, PRICE_ROWS_PER_COMMAND_MAX, Policy,
    RESERVE_ROWS_PER_COMMAND_MAX, Rules, Sku, WAREHOUSES_MAX, Warehouse,
};

/// A warehouse in a list.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(transparent)]
pub struct WarehouseField(U16);

impl WarehouseField {
    /// `warehouse` as lists hold it.
    #[must_use]
    pub fn new(warehouse: Warehouse) -> Self {
        Self(warehouse.get().into())
    }

    /// The warehouse.
    #[must_use]
    pub fn get(&self) -> Warehouse {
        Warehouse::new(self.0.get())
    }
}

/// A SKU in a list.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(transparent)]
pub struct SkuField(U32);

impl SkuField {
    /// `sku` as lists hold it.
    #[must_use]
    pub fn new(sku: Sku) -> Self {
        Self(sku.get().into())
    }

    /// The SKU.
    #[must_use]
    pub fn get(&self) -> Sku {
        Sku::new(self.0.get())
    }
}

/// A policy: an objective and rules. Setting a policy of a known code makes its next version.
#[derive(Clone, Copy, Debug)]
pub struct SetPolicy<'a> {
    /// This command's own id.
    pub id: CommandId,
    /// What the best plan has least of.
    pub objective: Objective,
    /// Rules that are dropped, in a second pass, for units that they left over.
    pub soft: Rules,
    /// Parcels that one order may have: 1 to 64.
    pub parcels_max: u16,
    /// Days that a parcel may be on its way; 65,535 = any number.
    pub days_max: u16,
    /// Orders of a value below this are not split; 0 = no such rule. An order that does not say
    /// its value is not judged by it.
    pub split_value_min: i64,
    /// The only warehouses it may use, rising; none = all.
    pub warehouses: &'a [WarehouseField],
    /// Orders with one of these are not split; rising.
    pub no_split_skus: &'a [SkuField],
    /// Its name.
    pub code: &'a str,
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct SetPolicyFixed {
    pub(crate) id: U128,
    pub(crate) split_value_min: I64,
    pub(crate) soft: U16,
    pub(crate) parcels_max: U16,
    pub(crate) days_max: U16,
    pub(crate) warehouse_count: U16,
    pub(crate) sku_count: U16,
    pub(crate) objective: u8,
    pub(crate) code_bytes: u8,
    pub(crate) reserved: [u8; 4],
}
const _: () = assert!(size_of::<SetPolicyFixed>() == 40);

impl<'a> SetPolicy<'a> {
    pub(crate) fn parse(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = BodyReader::new(body);
        let fixed: &SetPolicyFixed = reader.fixed()?;
        zero("reserved", &fixed.reserved)?;
        let warehouse_count = counted("warehouse_count", fixed.warehouse_count, WAREHOUSES_MAX)?;
        let sku_count = counted("sku_count", fixed.sku_count, POLICY_SKUS_MAX)?;
        let no_split_skus = reader.list(sku_count)?;
        let warehouses = reader.list(warehouse_count)?;
        let code = reader.text("code", fixed.code_bytes)?;
        reader.end()?;
        let soft = fixed.soft.get();
        Ok(Self {
            id: CommandId::new(fixed.id.get()),
            objective: byte_field("objective", fixed.objective, Objective::from_byte)?,
            soft: Rules::from_bits(soft)
                .ok_or(Malformed::BadField { field: "soft", value: soft.into() })?,
            parcels_max: fixed.parcels_max.get(),
            days_max: fixed.days_max.get(),
            split_value_min: fixed.split_value_min.get(),
            warehouses,
            no_split_skus,
            code,
        })
    }
}

/// From now on orders of a channel are sourced by a policy.
#[derive(Clone, Copy, Debug)]
pub struct AssignPolicy {
    /// This command's own id.
    pub id: CommandId,
    /// The channel, or [`Channel::NONE`]: every channel without a policy of its own.
    pub channel: Channel,
    /// The policy, or [`Policy::NONE`]: the channel has none of its own any more.
    pub policy: Policy,
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct AssignPolicyFixed {
    pub(crate) id: U128,
    pub(crate) channel: U16,
    pub(crate) policy: U16,
    pub(crate) reserved: [u8; 4],
}
const _: () = assert!(size_of::<AssignPolicyFixed>() == 24);

impl AssignPolicy {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = BodyReader::new(body);
        let fixed: &AssignPolicyFixed = reader.fixed()?;
        zero("reserved", &fixed.reserved)?;
        reader.end()?;
        Ok(Self {
            id: CommandId::new(fixed.id.get()),
            channel: Channel::new(fixed.channel.get()),
            policy: Policy::new(fixed.policy.get()),
        })
    }
}

/// What a warehouse can work off in a day, and until when on the same day.
#[derive(Clone, Copy, Debug)]
pub struct SetCapacity {
    /// This command's own id.
    pub id: CommandId,
    /// The warehouse.
    pub warehouse: Warehouse,
    /// Minutes after midnight UTC: what is placed at it or later leaves a day later; 65,535 = none.
    pub cut_off_minute: u16,
    /// Orders a UTC day; 4,294,967,295 = any number.
    pub orders_per_day_max: u32,
    /// Units a UTC day; 4,294,967,295 = any number.
    pub units_per_day_max: u32,
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct SetCapacityFixed {
    pub(crate) id: U128,
    pub(crate) warehouse: U16,
    pub(crate) cut_off_minute: U16,
    pub(crate) orders_per_day_max: U32,
    pub(crate) units_per_day_max: U32,
    pub(crate) reserved: [u8; 4],
}
const _: () = assert!(size_of::<SetCapacityFixed>() == 32);

impl SetCapacity {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = BodyReader::new(body);
        let fixed: &SetCapacityFixed = reader.fixed()?;
        zero("reserved", &fixed.reserved)?;
        reader.end()?;
        Ok(Self {
            id: CommandId::new(fixed.id.get()),
            warehouse: Warehouse::new(fixed.warehouse.get()),
            cut_off_minute: fixed.cut_off_minute.get(),
            orders_per_day_max: fixed.orders_per_day_max.get(),
            units_per_day_max: fixed.units_per_day_max.get(),
        })
    }
}

/// Units of a SKU at a warehouse that are set aside: from everybody (safety stock), or from
/// everybody but one channel (a ring-fence).
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub struct ReserveRow {
    sku: U32,
    warehouse: U16,
    channel: U16,
    units: U32,
}
const _: () = assert!(size_of::<ReserveRow>() == 12);

impl ReserveRow {
    /// `units` are set aside for `channel`, or as safety stock with [`Channel::NONE`]; 0 ends it.
    #[must_use]
    pub fn new(sku: Sku, warehouse: Warehouse, channel: Channel, units: u32) -> Self {
        Self {
            sku: sku.get().into(),
            warehouse: warehouse.get().into(),
            channel: channel.get().into(),
            units: units.into(),
        }
    }

    /// The SKU.
    #[must_use]
    pub fn sku(&self) -> Sku {
        Sku::new(self.sku.get())
    }

    /// The warehouse.
    #[must_use]
    pub fn warehouse(&self) -> Warehouse {
        Warehouse::new(self.warehouse.get())
    }

    /// Whose ring-fence, or [`Channel::NONE`] for safety stock.
    #[must_use]
    pub fn channel(&self) -> Channel {
        Channel::new(self.channel.get())
    }

    /// Units set aside.
    #[must_use]
    pub fn units(&self) -> u32 {
        self.units.get()
    }
}

/// Safety stock and ring-fences from now on; cells not named stay as they are.
#[derive(Clone, Copy, Debug)]
pub struct SetReserves<'a> {
    /// This command's own id.
    pub id: CommandId,
    /// Rising by SKU, warehouse, channel.
    pub rows: &'a [ReserveRow],
}

/// A shadow price: what a unit at a place is worth to orders still to come.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub struct PriceRow {
    sku: U32,
    warehouse: U16,
    reserved: [u8; 2],
    price: U32,
}
const _: () = assert!(size_of::<PriceRow>() == 12);

impl PriceRow {
    /// A unit of `sku` at `warehouse` is worth `price` minor units; 0 ends it.
    #[must_use]
    pub fn new(sku: Sku, warehouse: Warehouse, price: u32) -> Self {
        Self {
            sku: sku.get().into(),
            warehouse: warehouse.get().into(),
            reserved: [0; 2],
            price: price.into(),
        }
    }

    /// The SKU.
    #[must_use]
    pub fn sku(&self) -> Sku {
        Sku::new(self.sku.get())
    }

    /// The warehouse.
    #[must_use]
    pub fn warehouse(&self) -> Warehouse {
        Warehouse::new(self.warehouse.get())
    }

    /// Minor units.
    #[must_use]
    pub fn price(&self) -> u32 {
        self.price.get()
    }
}

/// Shadow prices from now on; cells not named stay as they are, unless the table is cleared first.
#[derive(Clone, Copy, Debug)]
pub struct SetShadowPrices<'a> {
    /// This command's own id.
    pub id: CommandId,
    /// Whether every price that stood before goes first.
    pub clear: bool,
    /// Rising by SKU and warehouse.
    pub rows: &'a [PriceRow],
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct CellRowsFixed {
    pub(crate) id: U128,
    pub(crate) row_count: U16,
    pub(crate) clear: u8,
    pub(crate) reserved: [u8; 5],
}
const _: () = assert!(size_of::<CellRowsFixed>() == 24);

impl<'a> SetReserves<'a> {
    pub(crate) fn parse(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = BodyReader::new(body);
        let fixed: &CellRowsFixed = reader.fixed()?;
        zero("reserved", &fixed.reserved)?;
        zero("reserved", &[fixed.clear])?;
        let count = counted("row_count", fixed.row_count, RESERVE_ROWS_PER_COMMAND_MAX)?;
        let rows = reader.list(count)?;
        reader.end()?;
        Ok(Self { id: CommandId::new(fixed.id.get()), rows })
    }
}

impl<'a> SetShadowPrices<'a> {
    pub(crate) fn parse(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = BodyReader::new(body);
        let fixed: &CellRowsFixed = reader.fixed()?;
        zero("reserved", &fixed.reserved)?;
        zero("clear", &[fixed.clear & !1])?;
        let count = counted("row_count", fixed.row_count, PRICE_ROWS_PER_COMMAND_MAX)?;
        let rows: &[PriceRow] = reader.list(count)?;
        for row in rows {
            zero("reserved", &row.reserved)?;
        }
        reader.end()?;
        Ok(Self { id: CommandId::new(fixed.id.get()), clear: fixed.clear == 1, rows })
    }
}
