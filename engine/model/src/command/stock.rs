//! Commands of supply: receipts, adjustments and counts.

use zerocopy::little_endian::{I32, U16, U32, U128};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::byte_enum::{byte_enum, byte_field};
use crate::item::{BodyReader, Malformed, zero};
use crate::{CommandId, Sku, Warehouse};

byte_enum!(
    /// Why a stock figure was corrected.
    AdjustReason {
        /// A receipt, not a correction.
        None = 0 "none",
        /// A count replaced the book.
        Count = 1 "count",
        /// Broken in the warehouse.
        Damaged = 2 "damaged",
        /// Turned up.
        Found = 3 "found",
        /// Cannot be found.
        Lost = 4 "lost",
        /// Past its date.
        Expired = 5 "expired",
        /// Held back for quality control.
        QualityControl = 6 "quality_control",
        /// Anything else; the note says what.
        Other = 7 "other",
    }
);

byte_enum!(
    /// Which figure a correction changes.
    StockState {
        /// Units on hand: `+` adds, `−` takes away.
        OnHand = 0 "on_hand",
        /// Units on hand that cannot be sold: `+` withdraws, `−` restores. On hand stays.
        Unavailable = 1 "unavailable",
    }
);

/// A receipt, an adjustment or a count of one SKU at one warehouse.
#[derive(Clone, Copy, Debug)]
pub struct StockChange<'a> {
    /// This command's own id.
    pub id: CommandId,
    /// The SKU.
    pub sku: Sku,
    /// Where.
    pub warehouse: Warehouse,
    /// Received units, signed delta, or counted units, by the command's kind.
    pub quantity: i32,
    /// Why; [`AdjustReason::None`] for a receipt.
    pub reason: AdjustReason,
    /// Which figure an adjustment changes; [`StockState::OnHand`] for the others.
    pub state: StockState,
    /// A short note, or empty.
    pub note: &'a str,
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct StockChangeFixed {
    pub(crate) id: U128,
    pub(crate) sku: U32,
    pub(crate) quantity: I32,
    pub(crate) warehouse: U16,
    pub(crate) reason: u8,
    pub(crate) state: u8,
    pub(crate) note_bytes: u8,
    pub(crate) reserved: [u8; 3],
}
const _: () = assert!(size_of::<StockChangeFixed>() == 32);

impl<'a> StockChange<'a> {
    pub(crate) fn parse(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = BodyReader::new(body);
        let fixed: &StockChangeFixed = reader.fixed()?;
        zero("reserved", &fixed.reserved)?;
        let note = reader.text("note", fixed.note_bytes)?;
        reader.end()?;
        Ok(Self {
            id: CommandId::new(fixed.id.get()),
            sku: Sku::new(fixed.sku.get()),
            warehouse: Warehouse::new(fixed.warehouse.get()),
            quantity: fixed.quantity.get(),
            reason: byte_field("reason", fixed.reason, AdjustReason::from_byte)?,
            state: byte_field("state", fixed.state, StockState::from_byte)?,
            note,
        })
    }
}
