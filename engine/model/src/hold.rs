//! Holds as replies show them, and how they are asked for.

use zerocopy::little_endian::{U16, U32, U64, U128};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::byte_enum::byte_enum;
use crate::item::{BodyReader, Malformed, zero};
use crate::{EngineTime, HoldId, Sequence, Sku, Warehouse};

byte_enum!(
    /// Whether a hold can be used.
    HoldStatus {
        /// Its units are held.
        Active = 1 "active",
        /// It expired, was released or replaced, or an order took it.
        Ended = 2 "ended",
    }
);

/// Asks for the holds of an owner, in the order in which they were placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadHolds {
    /// The owner.
    pub owner: u128,
    /// Holds placed before this record are left out.
    pub from: Sequence,
    /// Holds to tell of at most, up to [`crate::HOLDS_PER_REPLY_MAX`]; 0 means that many.
    pub rows_max: u32,
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct ReadHoldsFixed {
    owner: U128,
    from: U64,
    rows_max: U32,
    reserved: [u8; 4],
}
const _: () = assert!(size_of::<ReadHoldsFixed>() == 32);

impl ReadHolds {
    pub(crate) fn parse(reader: &mut BodyReader<'_>) -> Result<Self, Malformed> {
        let fixed: &ReadHoldsFixed = reader.fixed()?;
        zero("reserved", &fixed.reserved)?;
        let from = Sequence::new(fixed.from.get());
        Ok(Self { owner: fixed.owner.get(), from, rows_max: fixed.rows_max.get() })
    }

    pub(crate) fn fixed(&self) -> ReadHoldsFixed {
        ReadHoldsFixed {
            owner: self.owner.into(),
            from: self.from.get().into(),
            rows_max: self.rows_max.into(),
            reserved: [0; 4],
        }
    }
}

/// A hold, but for its places.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct HoldHead {
    id: U128,
    owner: U128,
    placed: U64,
    expires_ns: U64,
    units: U32,
    row_count: U16,
    status: u8,
    reserved: u8,
}
const _: () = assert!(size_of::<HoldHead>() == 56);

impl HoldHead {
    /// An active hold of `units` in all, at `row_count` places.
    #[must_use]
    pub fn active(
        (id, owner): (HoldId, u128),
        placed: Sequence,
        expires: EngineTime,
        units: u32,
        row_count: u16,
    ) -> Self {
        Self {
            id: id.get().into(),
            owner: owner.into(),
            placed: placed.get().into(),
            expires_ns: expires.get().into(),
            units: units.into(),
            row_count: row_count.into(),
            status: HoldStatus::Active.number(),
            reserved: 0,
        }
    }

    /// A hold that is over: all that is still known of it.
    #[must_use]
    pub fn ended(id: HoldId, placed: Sequence) -> Self {
        let status = HoldStatus::Ended.number();
        Self { status, ..Self::active((id, 0), placed, EngineTime::default(), 0, 0) }
    }

    /// The hold's id.
    #[must_use]
    pub fn id(&self) -> HoldId {
        HoldId::new(self.id.get())
    }

    /// Whose it is; 0 of a hold that is over.
    #[must_use]
    pub fn owner(&self) -> u128 {
        self.owner.get()
    }

    /// The record that placed it.
    #[must_use]
    pub fn placed(&self) -> Sequence {
        Sequence::new(self.placed.get())
    }

    /// When it ends; 0 of a hold that is over.
    #[must_use]
    pub fn expires(&self) -> EngineTime {
        EngineTime::new(self.expires_ns.get())
    }

    /// Units held, of all SKUs; a bundle's components count, and the bundle does not.
    #[must_use]
    pub fn units(&self) -> u32 {
        self.units.get()
    }

    /// Places where it holds units.
    #[must_use]
    pub fn row_count(&self) -> u16 {
        self.row_count.get()
    }

    /// Whether it can be used.
    #[must_use]
    pub fn status(&self) -> Option<HoldStatus> {
        HoldStatus::from_byte(self.status)
    }
}

/// Units of one SKU that are held at one place for a line.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct HeldUnits {
    sku: U32,
    units: U32,
    line: U16,
    warehouse: U16,
    reserved: [u8; 4],
}
const _: () = assert!(size_of::<HeldUnits>() == 16);

impl HeldUnits {
    /// `units` of `sku` at `warehouse` are held for line `line`.
    #[must_use]
    pub fn new(line: u16, sku: Sku, warehouse: Warehouse, units: u32) -> Self {
        Self {
            sku: sku.get().into(),
            units: units.into(),
            line: line.into(),
            warehouse: warehouse.get().into(),
            reserved: [0; 4],
        }
    }

    /// The hold's line, counted from 0.
    #[must_use]
    pub fn line(&self) -> u16 {
        self.line.get()
    }

    /// The line's SKU, or a component of it.
    #[must_use]
    pub fn sku(&self) -> Sku {
        Sku::new(self.sku.get())
    }

    /// Where they are.
    #[must_use]
    pub fn warehouse(&self) -> Warehouse {
        Warehouse::new(self.warehouse.get())
    }

    /// Units.
    #[must_use]
    pub fn units(&self) -> u32 {
        self.units.get()
    }
}

/// Goes before the holds of an owner.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct HoldsHead {
    /// The owner.
    pub owner: U128,
    /// Holds of the owner, those that are left out with them.
    pub holds: U32,
    /// Holds that follow.
    pub row_count: U16,
    /// Zero.
    pub reserved: [u8; 2],
}
const _: () = assert!(size_of::<HoldsHead>() == 24);
