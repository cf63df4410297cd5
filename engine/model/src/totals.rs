//! Figures of a whole instance, as a reply tells them.

use zerocopy::little_endian::{U64, U128};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// Figures of a whole instance.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    FromBytes,
    IntoBytes,
    KnownLayout,
    Immutable,
    Unaligned,
)]
#[repr(C)]
pub struct Totals {
    /// Records applied.
    pub last_sequence: U64,
    /// Orders placed.
    pub orders: U64,
    /// Orders with units allocated or waiting.
    pub open_orders: U64,
    /// Units on hand.
    pub units_on_hand: U64,
    /// Units allocated.
    pub units_allocated: U64,
    /// Units held.
    pub units_held: U64,
    /// Units waiting for stock.
    pub units_backordered: U64,
    /// SKUs.
    pub skus: U64,
    /// Bytes that orders, their lines and ids take in memory.
    pub order_memory_bytes: U64,
    /// Bytes of records journaled since start.
    pub record_bytes: U64,
    /// Records journaled since start.
    pub records: U64,
    /// Commands rejected without a record since start.
    pub rejected_unjournaled: U64,
    /// The state hash.
    pub state_hash: U128,
    /// Bytes of journal frames written since start; this and what follows is the process's.
    pub journal_bytes: U64,
    /// Syncs of the journal since start.
    pub syncs: U64,
    /// Bytes free where the journal is.
    pub disk_free_bytes: U64,
    /// Time since start.
    pub uptime_ns: U64,
    /// 1 = answered when synced, 2 = answered when the operating system has it.
    pub durability: u8,
    /// 1 = mapped, 2 = direct.
    pub journal_io: u8,
    /// Zero.
    pub reserved: [u8; 6],
}
const _: () = assert!(size_of::<Totals>() == 152);
