//! Queries: what may be read. They change nothing and are not journaled.

use zerocopy::little_endian::{U32, U128};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::byte_enum::{byte_enum, byte_field};
use crate::command::{SCHEMA_1, SCHEMA_2};
use crate::item::{BodyReader, Item, Malformed, zero};
use crate::{HoldId, OrderId, PlaceOrder, ReadBook, ReadHolds, ReadSupply, Sku};

byte_enum!(
    /// Which table a code or handle belongs to.
    Namespace {
        /// SKUs.
        Sku = 1 "sku",
        /// Warehouses.
        Warehouse = 2 "warehouse",
        /// Destination zones.
        Zone = 3 "zone",
        /// Channels.
        Channel = 4 "channel",
        /// Sourcing policies.
        Policy = 5 "policy",
    }
);

/// The kind of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u16)]
pub enum QueryKind {
    /// An order as it stands.
    ReadOrder = 0x0801,
    /// The stock of one SKU at every warehouse.
    ReadStock = 0x0802,
    /// What placing an order would answer.
    Quote = 0x0803,
    /// The handle of a code.
    Resolve = 0x0804,
    /// The code of a handle.
    Name = 0x0805,
    /// Figures of the whole instance.
    ReadTotals = 0x0806,
    /// The lines that wait for a SKU.
    ReadBook = 0x0807,
    /// A hold as it stands.
    ReadHold = 0x0808,
    /// The holds of an owner.
    ReadHolds = 0x0809,
    /// A supply that is expected, and the lines to which it is promised.
    ReadSupply = 0x080a,
    /// The supplies that are expected of a SKU.
    ReadSupplies = 0x080b,
}

impl QueryKind {
    /// Every kind, in order of its number.
    pub const ALL: [Self; 11] = [
        Self::ReadOrder,
        Self::ReadStock,
        Self::Quote,
        Self::Resolve,
        Self::Name,
        Self::ReadTotals,
        Self::ReadBook,
        Self::ReadHold,
        Self::ReadHolds,
        Self::ReadSupply,
        Self::ReadSupplies,
    ];

    /// The kind with this number.
    #[must_use]
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }

    /// The fixed number.
    #[must_use]
    pub const fn number(self) -> u16 {
        self as u16
    }
}

/// A query, borrowed from its bytes.
#[derive(Clone, Copy, Debug)]
pub enum Query<'a> {
    /// An order as it stands.
    ReadOrder(OrderId),
    /// The stock of one SKU at every warehouse.
    ReadStock(Sku),
    /// What placing this order would answer; its id is not looked at.
    Quote(PlaceOrder<'a>),
    /// The handle of a code.
    Resolve(Namespace, &'a str),
    /// The code of a handle.
    Name(Namespace, u32),
    /// Figures of the whole instance.
    ReadTotals,
    /// The lines that wait for a SKU.
    ReadBook(ReadBook),
    /// A hold as it stands.
    ReadHold(HoldId),
    /// The holds of an owner.
    ReadHolds(ReadHolds),
    /// A supply that is expected, and the lines to which it is promised.
    ReadSupply(ReadSupply),
    /// The supplies that are expected of a SKU.
    ReadSupplies(Sku),
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct NameFixed {
    pub(crate) handle: U32,
    pub(crate) namespace: u8,
    pub(crate) code_bytes: u8,
    pub(crate) reserved: [u8; 2],
}
const _: () = assert!(size_of::<NameFixed>() == 8);

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct ReadStockFixed {
    pub(crate) sku: U32,
    pub(crate) reserved: [u8; 4],
}

impl<'a> Query<'a> {
    /// Reads the query in `item`.
    pub fn parse(item: &Item<'a>) -> Result<Self, Malformed> {
        let Some(kind) = QueryKind::from_number(item.kind) else {
            return Err(Malformed::UnknownKind { kind: item.kind });
        };
        let schema_max = match kind {
            QueryKind::Quote | QueryKind::ReadBook => SCHEMA_2,
            _ => SCHEMA_1,
        };
        if item.schema == 0 || item.schema > schema_max {
            return Err(Malformed::UnknownSchema { kind: item.kind, schema: item.schema });
        }
        let mut reader = BodyReader::new(item.body);
        let query = match kind {
            QueryKind::Quote => {
                return Ok(Self::Quote(PlaceOrder::parse(item.schema, item.body)?));
            }
            QueryKind::ReadOrder => Self::ReadOrder(OrderId::new(reader.fixed::<U128>()?.get())),
            QueryKind::ReadStock => Self::ReadStock(sku(&mut reader)?),
            QueryKind::ReadSupplies => Self::ReadSupplies(sku(&mut reader)?),
            QueryKind::ReadSupply => Self::ReadSupply(ReadSupply::parse(&mut reader)?),
            QueryKind::Resolve | QueryKind::Name => {
                let fixed: &NameFixed = reader.fixed()?;
                zero("reserved", &fixed.reserved)?;
                let namespace = byte_field("namespace", fixed.namespace, Namespace::from_byte)?;
                if kind == QueryKind::Resolve {
                    zero("handle", fixed.handle.as_bytes())?;
                    Self::Resolve(namespace, reader.text("code", fixed.code_bytes)?)
                } else {
                    zero("code_bytes", &[fixed.code_bytes])?;
                    Self::Name(namespace, fixed.handle.get())
                }
            }
            QueryKind::ReadTotals => Self::ReadTotals,
            QueryKind::ReadBook => Self::ReadBook(ReadBook::parse(item.schema, &mut reader)?),
            QueryKind::ReadHold => Self::ReadHold(HoldId::new(reader.fixed::<U128>()?.get())),
            QueryKind::ReadHolds => Self::ReadHolds(ReadHolds::parse(&mut reader)?),
        };
        reader.end()?;
        Ok(query)
    }

    /// The query's kind.
    #[must_use]
    pub const fn kind(&self) -> QueryKind {
        match self {
            Self::ReadOrder(_) => QueryKind::ReadOrder,
            Self::ReadStock(_) => QueryKind::ReadStock,
            Self::Quote(_) => QueryKind::Quote,
            Self::Resolve(..) => QueryKind::Resolve,
            Self::Name(..) => QueryKind::Name,
            Self::ReadTotals => QueryKind::ReadTotals,
            Self::ReadBook(_) => QueryKind::ReadBook,
            Self::ReadHold(_) => QueryKind::ReadHold,
            Self::ReadHolds(_) => QueryKind::ReadHolds,
            Self::ReadSupply(_) => QueryKind::ReadSupply,
            Self::ReadSupplies(_) => QueryKind::ReadSupplies,
        }
    }
}

fn sku(reader: &mut BodyReader<'_>) -> Result<Sku, Malformed> {
    let fixed: &ReadStockFixed = reader.fixed()?;
    zero("reserved", &fixed.reserved)?;
    Ok(Sku::new(fixed.sku.get()))
}
