//! Commands of carts: units that are held for somebody who has not ordered yet.

use zerocopy::little_endian::{U16, U32, U64, U128};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::{OrderLine, counted};
use crate::item::{BodyReader, Malformed, zero};
use crate::{
    Channel, CommandId, EngineTime, HoldId, LINES_PER_ORDER_MAX, Sequence, Warehouse, Zone,
};

/// Holds units for an owner, for a while.
#[derive(Clone, Copy, Debug)]
pub struct PlaceHold<'a> {
    /// The hold's id, chosen by the client.
    pub id: HoldId,
    /// Whose it is: a cart, a checkout or a customer, opaque to the engine; not 0.
    pub owner: u128,
    /// The owner's hold whose place it takes, or [`HoldId::NONE`].
    pub replaces: HoldId,
    /// Seconds from this record on, at most [`crate::HOLD_SECONDS_MAX`].
    pub ttl_seconds: u32,
    /// Where the goods will go: units are held where an order there would have them from; or
    /// [`Zone::NONE`].
    pub zone: Zone,
    /// The only place where units are held, or [`Warehouse::NONE`]. Either it or the zone is named.
    pub warehouse: Warehouse,
    /// Where the cart came from, or [`Channel::NONE`].
    pub channel: Channel,
    /// Whether fewer units than wanted will do; else all are held, or none.
    pub partial: bool,
    /// What is wanted.
    pub lines: &'a [OrderLine],
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct PlaceHoldFixed {
    id: U128,
    owner: U128,
    replaces: U128,
    ttl_seconds: U32,
    zone: U16,
    warehouse: U16,
    channel: U16,
    line_count: U16,
    partial: u8,
    reserved: [u8; 3],
}
const _: () = assert!(size_of::<PlaceHoldFixed>() == 64);

impl<'a> PlaceHold<'a> {
    pub(crate) fn parse(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = BodyReader::new(body);
        let fixed: &PlaceHoldFixed = reader.fixed()?;
        zero("reserved", &fixed.reserved)?;
        if fixed.partial > 1 {
            let value = fixed.partial.into();
            return Err(Malformed::BadField { field: "partial", value });
        }
        let lines = reader.list(counted("line_count", fixed.line_count, LINES_PER_ORDER_MAX)?)?;
        reader.end()?;
        Ok(Self {
            id: CommandId::new(fixed.id.get()),
            owner: fixed.owner.get(),
            replaces: HoldId::new(fixed.replaces.get()),
            ttl_seconds: fixed.ttl_seconds.get(),
            zone: Zone::new(fixed.zone.get()),
            warehouse: Warehouse::new(fixed.warehouse.get()),
            channel: Channel::new(fixed.channel.get()),
            partial: fixed.partial == 1,
            lines,
        })
    }

    pub(crate) fn fixed(&self) -> PlaceHoldFixed {
        PlaceHoldFixed {
            id: self.id.get().into(),
            owner: self.owner.into(),
            replaces: self.replaces.get().into(),
            ttl_seconds: self.ttl_seconds.into(),
            zone: self.zone.get().into(),
            warehouse: self.warehouse.get().into(),
            channel: self.channel.get().into(),
            line_count: u16::try_from(self.lines.len()).expect("a list is over the bound").into(),
            partial: self.partial.into(),
            reserved: [0; 3],
        }
    }
}

/// Lets a hold last longer; never shorter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExtendHold {
    /// This command's own id.
    pub id: CommandId,
    /// The hold.
    pub hold: HoldId,
    /// Seconds from this record on, at most [`crate::HOLD_SECONDS_MAX`].
    pub ttl_seconds: u32,
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct ExtendHoldFixed {
    id: U128,
    hold: U128,
    ttl_seconds: U32,
    reserved: [u8; 4],
}
const _: () = assert!(size_of::<ExtendHoldFixed>() == 40);

impl ExtendHold {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = BodyReader::new(body);
        let fixed: &ExtendHoldFixed = reader.fixed()?;
        zero("reserved", &fixed.reserved)?;
        reader.end()?;
        let (id, hold) = (CommandId::new(fixed.id.get()), HoldId::new(fixed.hold.get()));
        Ok(Self { id, hold, ttl_seconds: fixed.ttl_seconds.get() })
    }

    pub(crate) fn fixed(&self) -> ExtendHoldFixed {
        ExtendHoldFixed {
            id: self.id.get().into(),
            hold: self.hold.get().into(),
            ttl_seconds: self.ttl_seconds.into(),
            reserved: [0; 4],
        }
    }
}

/// Lets go of what is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReleaseHold {
    /// This command's own id.
    pub id: CommandId,
    /// The hold.
    pub hold: HoldId,
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct ReleaseHoldFixed {
    id: U128,
    hold: U128,
}
const _: () = assert!(size_of::<ReleaseHoldFixed>() == 32);

impl ReleaseHold {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = BodyReader::new(body);
        let fixed: &ReleaseHoldFixed = reader.fixed()?;
        reader.end()?;
        Ok(Self { id: CommandId::new(fixed.id.get()), hold: HoldId::new(fixed.hold.get()) })
    }

    pub(crate) fn fixed(&self) -> ReleaseHoldFixed {
        ReleaseHoldFixed { id: self.id.get().into(), hold: self.hold.get().into() }
    }
}

/// The engine's own note that holds came to their end: all up to the last of these, in order of
/// the time of their end and of the record that placed them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpireHolds {
    /// When the last of them ended.
    pub last_expires: EngineTime,
    /// The record that placed the last of them.
    pub last_placed: Sequence,
    /// How many they are.
    pub holds: u32,
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct ExpireHoldsFixed {
    last_expires: U64,
    last_placed: U64,
    holds: U32,
    reserved: [u8; 4],
}
const _: () = assert!(size_of::<ExpireHoldsFixed>() == 24);

impl ExpireHolds {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = BodyReader::new(body);
        let fixed: &ExpireHoldsFixed = reader.fixed()?;
        zero("reserved", &fixed.reserved)?;
        reader.end()?;
        let last_expires = EngineTime::new(fixed.last_expires.get());
        let last_placed = Sequence::new(fixed.last_placed.get());
        Ok(Self { last_expires, last_placed, holds: fixed.holds.get() })
    }

    pub(crate) fn fixed(&self) -> ExpireHoldsFixed {
        ExpireHoldsFixed {
            last_expires: self.last_expires.get().into(),
            last_placed: self.last_placed.get().into(),
            holds: self.holds.into(),
            reserved: [0; 4],
        }
    }
}
