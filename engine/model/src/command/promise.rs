//! Commands of what is expected: supplies that will come in, what of them is promised, and when an
//! order's waiting lines are given up.

use zerocopy::little_endian::{U16, U32, U64, U128};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::{MatchEnd, SCHEMA_1};
use crate::byte_enum::byte_field;
use crate::item::{BodyReader, Malformed, zero};
use crate::{CommandId, EngineSecond, OrderId, Sku, SupplyId, WaitKey, Warehouse};

/// Announces units that will come in: a line of a purchase order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpectSupply {
    /// The supply's id, chosen by the client.
    pub id: SupplyId,
    /// The SKU.
    pub sku: Sku,
    /// Where it will come in.
    pub warehouse: Warehouse,
    /// Units.
    pub quantity: u32,
    /// When.
    pub eta: EngineSecond,
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct ExpectSupplyFixed {
    id: U128,
    sku: U32,
    quantity: U32,
    eta: U32,
    warehouse: U16,
    reserved: [u8; 2],
}
const _: () = assert!(size_of::<ExpectSupplyFixed>() == 32);

impl ExpectSupply {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = BodyReader::new(body);
        let fixed: &ExpectSupplyFixed = reader.fixed()?;
        zero("reserved", &fixed.reserved)?;
        reader.end()?;
        Ok(Self {
            id: SupplyId::new(fixed.id.get()),
            sku: Sku::new(fixed.sku.get()),
            warehouse: Warehouse::new(fixed.warehouse.get()),
            quantity: fixed.quantity.get(),
            eta: eta(fixed.eta)?,
        })
    }

    pub(crate) fn fixed(&self) -> ExpectSupplyFixed {
        ExpectSupplyFixed {
            id: self.id.get().into(),
            sku: self.sku.get().into(),
            quantity: self.quantity.into(),
            eta: self.eta.get().into(),
            warehouse: self.warehouse.get().into(),
            reserved: [0; 2],
        }
    }
}

/// Says that more or fewer units of a supply are expected, or sooner or later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangeSupply {
    /// This command's own id.
    pub id: CommandId,
    /// The supply.
    pub supply: SupplyId,
    /// Units in all, those that have come in with them; just these close it.
    pub quantity: u32,
    /// When the rest comes in.
    pub eta: EngineSecond,
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct ChangeSupplyFixed {
    id: U128,
    supply: U128,
    quantity: U32,
    eta: U32,
}
const _: () = assert!(size_of::<ChangeSupplyFixed>() == 40);

impl ChangeSupply {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = BodyReader::new(body);
        let fixed: &ChangeSupplyFixed = reader.fixed()?;
        reader.end()?;
        Ok(Self {
            id: CommandId::new(fixed.id.get()),
            supply: SupplyId::new(fixed.supply.get()),
            quantity: fixed.quantity.get(),
            eta: eta(fixed.eta)?,
        })
    }

    pub(crate) fn fixed(&self) -> ChangeSupplyFixed {
        ChangeSupplyFixed {
            id: self.id.get().into(),
            supply: self.supply.get().into(),
            quantity: self.quantity.into(),
            eta: self.eta.get().into(),
        }
    }
}

/// Units of a supply arrive, where it was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiveSupply {
    /// This command's own id.
    pub id: CommandId,
    /// The supply.
    pub supply: SupplyId,
    /// Units.
    pub quantity: u32,
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct ReceiveSupplyFixed {
    id: U128,
    supply: U128,
    quantity: U32,
    reserved: [u8; 4],
}
const _: () = assert!(size_of::<ReceiveSupplyFixed>() == 40);

impl ReceiveSupply {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = BodyReader::new(body);
        let fixed: &ReceiveSupplyFixed = reader.fixed()?;
        zero("reserved", &fixed.reserved)?;
        reader.end()?;
        let (id, supply) = (CommandId::new(fixed.id.get()), SupplyId::new(fixed.supply.get()));
        Ok(Self { id, supply, quantity: fixed.quantity.get() })
    }

    pub(crate) fn fixed(&self) -> ReceiveSupplyFixed {
        ReceiveSupplyFixed {
            id: self.id.get().into(),
            supply: self.supply.get().into(),
            quantity: self.quantity.into(),
            reserved: [0; 4],
        }
    }
}

/// Says when what an order still waits for is given up; earlier or later than before, or never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetCancelAt {
    /// This command's own id.
    pub id: CommandId,
    /// The order; it must be open.
    pub order: OrderId,
    /// When, or [`EngineSecond::NONE`].
    pub cancel_at: EngineSecond,
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct SetCancelAtFixed {
    id: U128,
    order: U128,
    cancel_at: U32,
    reserved: [u8; 4],
}
const _: () = assert!(size_of::<SetCancelAtFixed>() == 40);

impl SetCancelAt {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = BodyReader::new(body);
        let fixed: &SetCancelAtFixed = reader.fixed()?;
        zero("reserved", &fixed.reserved)?;
        reader.end()?;
        let (id, order) = (CommandId::new(fixed.id.get()), OrderId::new(fixed.order.get()));
        Ok(Self { id, order, cancel_at: EngineSecond::new(fixed.cancel_at.get()) })
    }

    pub(crate) fn fixed(&self) -> SetCancelAtFixed {
        SetCancelAtFixed {
            id: self.id.get().into(),
            order: self.order.get().into(),
            cancel_at: self.cancel_at.get().into(),
            reserved: [0; 4],
        }
    }
}

/// What is expected of a SKU was promised anew to some of the lines that wait for it, as the
/// record's movements say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Promise {
    /// The SKU.
    pub sku: Sku,
    /// The last line without a promise that was looked at; [`WaitKey::FIRST`] where promises that
    /// cannot be kept were looked at, and such lines were not.
    pub last: WaitKey,
    /// What comes next.
    pub end: MatchEnd,
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct PromiseFixed {
    sku: U32,
    line: U16,
    priority_class: u8,
    end: u8,
    placed: U64,
}
const _: () = assert!(size_of::<PromiseFixed>() == 16);

impl Promise {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = BodyReader::new(body);
        let fixed: &PromiseFixed = reader.fixed()?;
        let parts = (fixed.priority_class, fixed.placed.get(), fixed.line.get());
        let last = WaitKey::parse(SCHEMA_1, parts, &mut reader)?;
        reader.end()?;
        let end = byte_field("end", fixed.end, MatchEnd::from_byte)?;
        Ok(Self { sku: Sku::new(fixed.sku.get()), last, end })
    }

    pub(crate) fn fixed(&self) -> PromiseFixed {
        assert_eq!(self.last.schema(), SCHEMA_1, "a line without a promise");
        PromiseFixed {
            sku: self.sku.get().into(),
            line: self.last.line.into(),
            priority_class: self.last.priority_class,
            end: self.end.number(),
            placed: self.last.placed.get().into(),
        }
    }
}

/// The engine's own note that the time has come at which an order's waiting lines are given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GiveUp {
    /// The order.
    pub order: OrderId,
    /// That time.
    pub cancel_at: EngineSecond,
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct GiveUpFixed {
    order: U128,
    cancel_at: U32,
    reserved: [u8; 4],
}
const _: () = assert!(size_of::<GiveUpFixed>() == 24);

impl GiveUp {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = BodyReader::new(body);
        let fixed: &GiveUpFixed = reader.fixed()?;
        zero("reserved", &fixed.reserved)?;
        reader.end()?;
        let cancel_at = EngineSecond::new(fixed.cancel_at.get());
        Ok(Self { order: OrderId::new(fixed.order.get()), cancel_at })
    }

    pub(crate) fn fixed(&self) -> GiveUpFixed {
        GiveUpFixed {
            order: self.order.get().into(),
            cancel_at: self.cancel_at.get().into(),
            reserved: [0; 4],
        }
    }
}

/// Goods that are expected are expected at some time.
fn eta(field: U32) -> Result<EngineSecond, Malformed> {
    let eta = EngineSecond::new(field.get());
    if eta == EngineSecond::NONE {
        return Err(Malformed::BadField { field: "eta", value: field.get().into() });
    }
    Ok(eta)
}
