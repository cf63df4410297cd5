//! Hard bounds of the formats, and the softer limits that live in the state.
//!
//! The hard bounds shape layouts and buffers and can only change with a new schema. [`Limits`] are
//! set by a journaled command, because `decide` reads them.

use crate::movement::MOVEMENT_BYTES;
use crate::outcome::OUTCOME_FIXED_BYTES;
use crate::record::RECORD_HEADER_BYTES;

/// Lines that one order may have.
pub const LINES_PER_ORDER_MAX: usize = 128;
/// Units that one line may order; with [`LINES_PER_ORDER_MAX`] lines an order stays below 2³¹ units.
pub const QUANTITY_PER_LINE_MAX: u32 = 1_000_000;
/// Units that one receipt, adjustment or count may name.
pub const UNITS_PER_COMMAND_MAX: u32 = 1_000_000_000;
/// Units that one stock cell may hold.
pub const UNITS_PER_CELL_MAX: u32 = 2_000_000_000;
/// Warehouses that serve one zone, and so the candidates of one decision.
pub const CANDIDATES_PER_ZONE_MAX: usize = 64;
/// Warehouses in all.
pub const WAREHOUSES_MAX: usize = 1_024;
/// Destination zones in all.
pub const ZONES_MAX: usize = 16_384;
/// SKUs in all.
pub const SKUS_MAX: usize = 16_777_216;
/// A parcel cost or a unit cost, in minor units.
pub const COST_MINOR_MAX: u32 = 1_000_000_000;
/// A shadow price, in minor units.
pub const SHADOW_PRICE_MINOR_MAX: u32 = COST_MINOR_MAX;
/// Policies in all.
pub const POLICIES_MAX: usize = 256;
/// SKUs that one policy may list as not to be split.
pub const POLICY_SKUS_MAX: usize = 1_024;
/// Parcels that a policy may allow an order: any number.
pub const PARCELS_PER_ORDER_MAX: u16 = 64;
/// Rows of safety stock and ring-fences that one command may carry.
pub const RESERVE_ROWS_PER_COMMAND_MAX: usize = 1_024;
/// Ring-fences that one stock cell may have.
pub const RING_FENCES_PER_CELL_MAX: usize = 16;
/// Rows of shadow prices that one command may carry.
pub const PRICE_ROWS_PER_COMMAND_MAX: usize = 1_024;
/// Components that one bundle may have.
pub const COMPONENTS_PER_BUNDLE_MAX: usize = 16;
/// Units of one component that a bundle may consume.
pub const UNITS_PER_COMPONENT_MAX: u32 = 1_000;
/// Rows that one cost command may carry.
pub const COST_ROWS_PER_COMMAND_MAX: usize = 256;

/// Waiting lines that one reply may tell of.
pub const BOOK_ROWS_PER_REPLY_MAX: u32 = 1_024;

/// Seconds that a hold may last from its last extension: a week.
pub const HOLD_SECONDS_MAX: u32 = 604_800;
/// Holds in all.
pub const HOLDS_MAX: usize = 1 << 22;
/// Places (line, component, warehouse) that all holds of one owner may take together.
pub const HOLD_ROWS_PER_OWNER_MAX: usize = 512;
/// Holds that one reply may tell of.
pub const HOLDS_PER_REPLY_MAX: u32 = 1_024;
/// Holds that one record may let expire; their places are bounded like those of one owner, unless
/// the first alone takes more.
pub const HOLDS_EXPIRED_PER_RECORD_MAX: usize = 64;

/// Supplies that are expected at a time, of all SKUs.
pub const SUPPLIES_MAX: usize = 1 << 20;
/// Supplies of one SKU that are expected at a time.
pub const SUPPLIES_PER_SKU_MAX: usize = 64;
/// Supplies from which the units of one line may be promised.
pub const SUPPLIES_PER_PROMISE_MAX: usize = 4;
/// Lines of a supply that one reply may tell of.
pub const PROMISES_PER_REPLY_MAX: u32 = 1_024;
/// Waiting lines that one record of the engine's own may promise anew.
pub const LINES_PROMISED_PER_RECORD_MAX: usize = 64;

/// Seconds for which a warehouse that rejected units of an order may be spared: 30 days.
pub const COOL_DOWN_SECONDS_MAX: u32 = 2_592_000;
/// Rejections after which units of an order are not sourced again without a hand's doing.
pub const REJECTIONS_PER_ORDER_MAX: u32 = 5;

/// SKUs that one step of a sweep looks at.
pub const SKUS_SWEPT_PER_RECORD_MAX: u32 = 4_096;
/// SKUs whose waiting lines one step of a sweep makes due.
pub const SKUS_DUE_PER_SWEEP_MAX: usize = 64;

/// Orders, and commands, that one record may let go to the archive.
pub const ROWS_RETIRED_PER_RECORD_MAX: u32 = 1_024;

/// Movements that one record may hold. The longest is a cancel: each line dequeued, released at
/// every candidate, cancelled, and its SKU due for others, with some of its units set aside. A
/// bundle's components count as lines of their order, so they stay within the same bound. An order
/// may end holds besides, whose units are set aside for others, and be promised what is expected.
pub const MOVEMENTS_PER_RECORD_MAX: usize = LINES_PER_ORDER_MAX
    * (CANDIDATES_PER_ZONE_MAX + 4 + SUPPLIES_PER_PROMISE_MAX)
    + 3 * HOLD_ROWS_PER_OWNER_MAX;
/// The longest command: an order units command that names every allocation of the largest order.
pub const COMMAND_BYTES_MAX: usize = 48 + 8 * LINES_PER_ORDER_MAX * CANDIDATES_PER_ZONE_MAX;
/// The longest outcome: every line of the largest order is short.
pub const OUTCOME_BYTES_MAX: usize = OUTCOME_FIXED_BYTES + 16 * LINES_PER_ORDER_MAX;
/// The longest record.
pub const RECORD_BYTES_MAX: usize = RECORD_HEADER_BYTES
    + COMMAND_BYTES_MAX
    + OUTCOME_BYTES_MAX
    + MOVEMENTS_PER_RECORD_MAX * MOVEMENT_BYTES;

// A record must fit a journal frame of 960 KiB with room to batch others beside it.
const _: () = assert!(RECORD_BYTES_MAX < 416 * 1024);
// Movement counts stand in 16 bits.
const _: () = assert!(MOVEMENTS_PER_RECORD_MAX < u16::MAX as usize);
const _: () = assert!(PARCELS_PER_ORDER_MAX as usize == CANDIDATES_PER_ZONE_MAX);
// The units of an order fit 31 bits, so sums of a decision cannot overflow 32.
const _: () = assert!(LINES_PER_ORDER_MAX as u64 * (QUANTITY_PER_LINE_MAX as u64) < 1 << 31);
// A full cell plus the largest receipt still fits 32 bits, so the check itself cannot overflow.
const _: () = assert!(UNITS_PER_CELL_MAX as u64 + (UNITS_PER_COMMAND_MAX as u64) < 1 << 32);

/// Limits that `decide` reads; part of the state, set by [`crate::SetLimits`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Lines an order may have. Default and maximum: [`LINES_PER_ORDER_MAX`]. Minimum 1.
    pub lines_per_order_max: u32,
    /// Units a line may order. Default: 10,000. Maximum: [`QUANTITY_PER_LINE_MAX`]. Minimum 1.
    pub quantity_per_line_max: u32,
    /// Ids of rejected commands that are remembered. Default: 1,048,576. Minimum 1.
    pub rejections_remembered_max: u32,
    /// Cells (demand × candidate) that one decision's search may look at: its work limit. Default:
    /// 150,000. Minimum 1.
    pub sourcing_steps_max: u32,
}

impl Limits {
    /// The limits of a new instance.
    pub const DEFAULT: Self = Self {
        lines_per_order_max: 128,
        quantity_per_line_max: 10_000,
        rejections_remembered_max: 1 << 20,
        sourcing_steps_max: 150_000,
    };
    /// The largest that a command may set.
    pub const MAX: Self = Self {
        lines_per_order_max: 128,
        quantity_per_line_max: QUANTITY_PER_LINE_MAX,
        rejections_remembered_max: 1 << 24,
        sourcing_steps_max: 1_000_000_000,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

const _: () = assert!(Limits::DEFAULT.lines_per_order_max as usize == LINES_PER_ORDER_MAX);
