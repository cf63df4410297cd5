//! Commands of control: catalogue, costs, limits.

use zerocopy::little_endian::{U16, U32, U128};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::{SCHEMA_1, counted};
use crate::item::{BodyReader, Malformed, zero};
use crate::{COST_ROWS_PER_COMMAND_MAX, CommandId, Limits, Warehouse, Zone};

/// What it costs one warehouse to serve one zone.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub struct CostRow {
    zone: U16,
    days: U16,
    serves: u8,
    reserved: [u8; 3],
    parcel_cost: U32,
    unit_cost: U32,
}

impl CostRow {
    /// The zone is served: a cost per parcel and per unit in minor units, and days on the way.
    #[must_use]
    pub fn serves(zone: Zone, parcel_cost: u32, unit_cost: u32, days: u16) -> Self {
        Self {
            zone: zone.get().into(),
            days: days.into(),
            serves: 1,
            reserved: [0; 3],
            parcel_cost: parcel_cost.into(),
            unit_cost: unit_cost.into(),
        }
    }

    /// The zone is served no longer.
    #[must_use]
    pub fn removed(zone: Zone) -> Self {
        Self { serves: 0, ..Self::serves(zone, 0, 0, 0) }
    }

    /// The destination zone.
    #[must_use]
    pub fn zone(&self) -> Zone {
        Zone::new(self.zone.get())
    }

    /// Days from order to door.
    #[must_use]
    pub fn days(&self) -> u16 {
        self.days.get()
    }

    /// Whether the warehouse serves the zone from now on.
    #[must_use]
    pub const fn is_served(&self) -> bool {
        self.serves == 1
    }

    /// Minor units for each parcel.
    #[must_use]
    pub fn parcel_cost(&self) -> u32 {
        self.parcel_cost.get()
    }

    /// Minor units for each unit.
    #[must_use]
    pub fn unit_cost(&self) -> u32 {
        self.unit_cost.get()
    }
}

/// A SKU and how it may be sold.
#[derive(Clone, Copy, Debug)]
pub struct UpsertSku<'a> {
    /// This command's own id.
    pub id: CommandId,
    /// Units that one order may have of it; 0 = no limit but the line's.
    pub order_max: u32,
    /// Whether stock is counted. An untracked SKU is unlimited.
    pub tracked: bool,
    /// Whether units may wait for stock.
    pub backorder: bool,
    /// Whether new orders may have it.
    pub active: bool,
    /// Its name.
    pub code: &'a str,
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct UpsertSkuFixed {
    pub(crate) id: U128,
    pub(crate) order_max: U32,
    pub(crate) flags: u8,
    pub(crate) code_bytes: u8,
    pub(crate) reserved: [u8; 2],
}
const _: () = assert!(size_of::<UpsertSkuFixed>() == 24);

pub(crate) const SKU_TRACKED: u8 = 1;
pub(crate) const SKU_BACKORDER: u8 = 2;
pub(crate) const SKU_ACTIVE: u8 = 4;

impl<'a> UpsertSku<'a> {
    pub(crate) fn parse(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = BodyReader::new(body);
        let fixed: &UpsertSkuFixed = reader.fixed()?;
        zero("reserved", &fixed.reserved)?;
        zero("flags", &[fixed.flags & !(SKU_TRACKED | SKU_BACKORDER | SKU_ACTIVE)])?;
        let code = reader.text("code", fixed.code_bytes)?;
        reader.end()?;
        Ok(Self {
            id: CommandId::new(fixed.id.get()),
            order_max: fixed.order_max.get(),
            tracked: fixed.flags & SKU_TRACKED != 0,
            backorder: fixed.flags & SKU_BACKORDER != 0,
            active: fixed.flags & SKU_ACTIVE != 0,
            code,
        })
    }
}

/// A warehouse and its place in the order of preference.
#[derive(Clone, Copy, Debug)]
pub struct UpsertWarehouse<'a> {
    /// This command's own id.
    pub id: CommandId,
    /// 1 is preferred to 2.
    pub priority: u16,
    /// Whether new orders may be sourced from it.
    pub active: bool,
    /// Its name.
    pub code: &'a str,
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct UpsertWarehouseFixed {
    pub(crate) id: U128,
    pub(crate) priority: U16,
    pub(crate) active: u8,
    pub(crate) code_bytes: u8,
    pub(crate) reserved: [u8; 4],
}
const _: () = assert!(size_of::<UpsertWarehouseFixed>() == 24);

impl<'a> UpsertWarehouse<'a> {
    pub(crate) fn parse(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = BodyReader::new(body);
        let fixed: &UpsertWarehouseFixed = reader.fixed()?;
        zero("reserved", &fixed.reserved)?;
        zero("active", &[fixed.active & !1])?;
        let code = reader.text("code", fixed.code_bytes)?;
        reader.end()?;
        Ok(Self {
            id: CommandId::new(fixed.id.get()),
            priority: fixed.priority.get(),
            active: fixed.active == 1,
            code,
        })
    }
}

/// A destination zone or a channel: a name that gets a handle.
#[derive(Clone, Copy, Debug)]
pub struct UpsertCode<'a> {
    /// This command's own id.
    pub id: CommandId,
    /// Its name.
    pub code: &'a str,
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct UpsertCodeFixed {
    pub(crate) id: U128,
    pub(crate) code_bytes: u8,
    pub(crate) reserved: [u8; 7],
}
const _: () = assert!(size_of::<UpsertCodeFixed>() == 24);

impl<'a> UpsertCode<'a> {
    pub(crate) fn parse(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = BodyReader::new(body);
        let fixed: &UpsertCodeFixed = reader.fixed()?;
        zero("reserved", &fixed.reserved)?;
        let code = reader.text("code", fixed.code_bytes)?;
        reader.end()?;
        Ok(Self { id: CommandId::new(fixed.id.get()), code })
    }
}

/// Costs from one warehouse to some zones.
#[derive(Clone, Copy, Debug)]
pub struct SetCosts<'a> {
    /// This command's own id.
    pub id: CommandId,
    /// The warehouse.
    pub warehouse: Warehouse,
    /// One row a zone, rising by zone; zones not named stay as they are.
    pub rows: &'a [CostRow],
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct SetCostsFixed {
    pub(crate) id: U128,
    pub(crate) warehouse: U16,
    pub(crate) row_count: U16,
    pub(crate) reserved: [u8; 4],
}
const _: () = assert!(size_of::<SetCostsFixed>() == 24);

impl<'a> SetCosts<'a> {
    pub(crate) fn parse(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = BodyReader::new(body);
        let fixed: &SetCostsFixed = reader.fixed()?;
        zero("reserved", &fixed.reserved)?;
        let count = counted("row_count", fixed.row_count, COST_ROWS_PER_COMMAND_MAX)?;
        let rows: &[CostRow] = reader.list(count)?;
        for row in rows {
            zero("reserved", &row.reserved)?;
            zero("serves", &[row.serves & !1])?;
        }
        reader.end()?;
        Ok(Self {
            id: CommandId::new(fixed.id.get()),
            warehouse: Warehouse::new(fixed.warehouse.get()),
            rows,
        })
    }
}

/// New values for the limits that `decide` reads.
#[derive(Clone, Copy, Debug)]
pub struct SetLimits {
    /// This command's own id.
    pub id: CommandId,
    /// The limits from now on.
    pub limits: Limits,
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct SetLimitsFixed {
    pub(crate) id: U128,
    pub(crate) lines_per_order_max: U32,
    pub(crate) quantity_per_line_max: U32,
    pub(crate) rejections_remembered_max: U32,
    /// Reserved in schema 1.
    pub(crate) sourcing_steps_max: U32,
}
const _: () = assert!(size_of::<SetLimitsFixed>() == 32);

impl SetLimits {
    pub(crate) fn parse(schema: u16, body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = BodyReader::new(body);
        let fixed: &SetLimitsFixed = reader.fixed()?;
        let sourcing_steps_max = if schema == SCHEMA_1 {
            zero("reserved", fixed.sourcing_steps_max.as_bytes())?;
            Limits::DEFAULT.sourcing_steps_max
        } else {
            fixed.sourcing_steps_max.get()
        };
        reader.end()?;
        Ok(Self {
            id: CommandId::new(fixed.id.get()),
            limits: Limits {
                lines_per_order_max: fixed.lines_per_order_max.get(),
                quantity_per_line_max: fixed.quantity_per_line_max.get(),
                rejections_remembered_max: fixed.rejections_remembered_max.get(),
                sourcing_steps_max,
            },
        })
    }
}
