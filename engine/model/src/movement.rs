//! Movements: the only facts by which quantities change.

use zerocopy::little_endian::{I32, U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::byte_enum::byte_enum;
use crate::{AdjustReason, Sequence, Sku, Warehouse};

/// Size of a [`Movement`].
pub const MOVEMENT_BYTES: usize = size_of::<Movement>();

byte_enum!(
    /// What a movement does; the table of effects is in `docs/FORMAT.md`.
    MovementKind {
        /// + on hand.
        Received = 1 "received",
        /// ± on hand.
        Adjusted = 2 "adjusted",
        /// − on hand, − allocated; the line's units go from allocated to shipped.
        Shipped = 3 "shipped",
        /// + allocated; the line's units go from open to allocated.
        Allocated = 4 "allocated",
        /// − allocated; the line's units go from allocated to open.
        Released = 5 "released",
        /// The line's units go from open to waiting.
        Backordered = 6 "backordered",
        /// The line's units go from waiting to open.
        Dequeued = 7 "dequeued",
        /// The line's units go from open to cancelled.
        Cancelled = 8 "cancelled",
        /// + unavailable; the units stay on hand.
        Withdrawn = 9 "withdrawn",
        /// − unavailable; the units stay on hand.
        Restored = 10 "restored",
        /// + allocated of a bundle's component; the bundle's own units go by `allocated`.
        ComponentAllocated = 11 "component_allocated",
        /// − allocated of a bundle's component.
        ComponentReleased = 12 "component_released",
        /// − on hand, − allocated of a bundle's component.
        ComponentShipped = 13 "component_shipped",
        /// + held, for the lines that wait for the SKU.
        SetAside = 14 "set_aside",
        /// − held, of units that were set aside.
        GivenBack = 15 "given_back",
        /// Moves nothing: the SKU's waiting lines are looked at from the first on.
        Due = 16 "due",
        /// + held, for a cart.
        Held = 17 "held",
        /// − held, of units that were held for a cart.
        Unheld = 18 "unheld",
        /// + promised, of units that are expected, to a line that waits. Its cause is the record
        /// that announced the supply, its warehouse where that will come in.
        Promised = 19 "promised",
        /// − promised; else as `promised`.
        Unpromised = 20 "unpromised",
        /// Moves nothing: what was promised to the line will not be there in time, and it is
        /// promised again, or no more, by the rest of the record.
        PromiseBroken = 21 "promise_broken",
    }
);

impl MovementKind {
    /// Whether it moves a bundle's component: a cell's units, and no bucket of a line.
    #[must_use]
    pub const fn is_of_component(self) -> bool {
        matches!(self, Self::ComponentAllocated | Self::ComponentReleased | Self::ComponentShipped)
    }

    /// Whether it concerns units that are held for a cart. Its order is the record that placed the
    /// hold, its line the hold's; a bundle's components are held, and the bundle is not.
    #[must_use]
    pub const fn is_of_hold(self) -> bool {
        matches!(self, Self::Held | Self::Unheld)
    }

    /// Whether it concerns units that are expected: no cell's, and no bucket of a line.
    #[must_use]
    pub const fn is_of_promise(self) -> bool {
        matches!(self, Self::Promised | Self::Unpromised | Self::PromiseBroken)
    }

    /// Whether it concerns what is set aside for waiting lines: no order's units, and no shelf's.
    #[must_use]
    pub const fn is_of_matching(self) -> bool {
        matches!(self, Self::SetAside | Self::GivenBack | Self::Due)
    }
}

/// One immutable fact of 32 bytes. Fields that a kind has no use for hold `NONE` or zero.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct Movement {
    kind: u8,
    reason: u8,
    line: U16,
    quantity: I32,
    sku: U32,
    warehouse: U16,
    reserved: [u8; 2],
    order: U64,
    cause: U64,
}
const _: () = assert!(MOVEMENT_BYTES == 32);

impl Movement {
    /// A change of a stock figure that concerns no order.
    #[must_use]
    pub fn stock(
        kind: MovementKind,
        reason: AdjustReason,
        sku: Sku,
        warehouse: Warehouse,
        quantity: i32,
        cause: Sequence,
    ) -> Self {
        Self {
            kind: kind.number(),
            reason: reason.number(),
            line: u16::MAX.into(),
            quantity: quantity.into(),
            sku: sku.get().into(),
            warehouse: warehouse.get().into(),
            reserved: [0; 2],
            order: 0.into(),
            cause: cause.get().into(),
        }
    }

    /// A change of an order's line. `order` is the sequence of the record that placed the order;
    /// `warehouse` is [`Warehouse::NONE`] where the units are nowhere yet.
    #[must_use]
    pub fn of_order(
        kind: MovementKind,
        order: Sequence,
        line: u16,
        sku: Sku,
        warehouse: Warehouse,
        quantity: u32,
        cause: Sequence,
    ) -> Self {
        let quantity = i32::try_from(quantity).expect("invariant: an order stays below 2^31 units");
        Self {
            line: line.into(),
            order: order.get().into(),
            ..Self::stock(kind, AdjustReason::None, sku, warehouse, quantity, cause)
        }
    }

    /// What it does. Panics on bytes that no engine wrote; [`crate::Record`] checks them first.
    #[must_use]
    pub fn kind(&self) -> MovementKind {
        MovementKind::from_byte(self.kind).expect("invariant: checked when the record was parsed")
    }

    /// Why, where a correction has a reason.
    #[must_use]
    pub fn reason(&self) -> AdjustReason {
        AdjustReason::from_byte(self.reason).expect("invariant: checked when the record was parsed")
    }

    /// The line, counted from 0; 65,535 where no order is concerned.
    #[must_use]
    pub fn line(&self) -> u16 {
        self.line.get()
    }

    /// Units; signed for [`MovementKind::Adjusted`], else positive.
    #[must_use]
    pub fn quantity(&self) -> i32 {
        self.quantity.get()
    }

    /// The SKU.
    #[must_use]
    pub fn sku(&self) -> Sku {
        Sku::new(self.sku.get())
    }

    /// The warehouse, or [`Warehouse::NONE`].
    #[must_use]
    pub fn warehouse(&self) -> Warehouse {
        Warehouse::new(self.warehouse.get())
    }

    /// The record that placed the order, or the hold; or [`Sequence::NONE`].
    #[must_use]
    pub fn order(&self) -> Sequence {
        Sequence::new(self.order.get())
    }

    /// The record whose command brought this about; of units that are promised, the record that
    /// announced their supply.
    #[must_use]
    pub fn cause(&self) -> Sequence {
        Sequence::new(self.cause.get())
    }

    /// Whether kind and reason are known numbers.
    pub(crate) const fn is_known(&self) -> bool {
        MovementKind::from_byte(self.kind).is_some()
            && AdjustReason::from_byte(self.reason).is_some()
    }
}
