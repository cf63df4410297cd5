//! The state hash: an order-independent 128-bit sum of a fixed hash of each logical row.
//!
//! Rows are what users know: codes, ids, quantities, settings; never a handle, a slot or a
//! capacity. So two engines that hold the same facts have the same hash, however they came to
//! them. `apply` takes a row's hash out before it changes the row and puts the new one in after.

use twox_hash::{XxHash3_64, XxHash3_128};
use zerocopy::{Immutable, IntoBytes};

/// Version of what rows exist and how each is hashed; a mark names it.
pub(crate) const STATE_HASH_VERSION: u32 = 4;

/// Which table a row belongs to; a part of the hashed bytes through the seed.
#[derive(Clone, Copy, Debug)]
#[repr(u64)]
pub(crate) enum RowKind {
    Sku = 1,
    Warehouse = 2,
    Zone = 3,
    Channel = 4,
    Cost = 5,
    Limits = 6,
    /// On hand, held, unavailable of a cell.
    Stock = 7,
    /// Allocated units of a cell.
    Promise = 8,
    Order = 9,
    Line = 10,
    Allocation = 11,
    Command = 12,
    Rejection = 13,
    Policy = 14,
    /// Which policy a channel's orders are sourced by.
    Assignment = 15,
    /// Bounds and cut-off of a warehouse's day.
    Capacity = 16,
    /// What a warehouse's day has used of them.
    DayLoad = 17,
    SafetyStock = 18,
    RingFence = 19,
    /// One component of a bundle.
    Bundle = 20,
    ShadowPrice = 21,
    /// Which record closed an order that is in memory.
    Closed = 22,
    /// An archive file whose rows left memory.
    Archive = 23,
    /// A SKU whose waiting lines are to be looked at.
    Due = 24,
    /// Units set aside for waiting lines.
    SetAside = 25,
    /// Units that are held for a cart, until when.
    Hold = 26,
    /// Units of a hold at a place.
    Held = 27,
    /// Units that are expected.
    Supply = 28,
    /// When what a line waits for is promised to be there.
    LinePromise = 29,
    /// Units of a supply that are promised to a line.
    PromisePart = 30,
    /// A SKU whose promises are to be made anew.
    Review = 31,
    /// When an open order is given up.
    Deadline = 32,
    /// How often units of an open order were rejected.
    Rejected = 33,
    /// A warehouse that an open order has nothing from for a while.
    Bar = 34,
    /// How far the books were looked at because rules changed.
    Sweep = 35,
}

/// The sum. Wrapping arithmetic makes it a commutative group: what was put in can be taken out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct StateHash(u128);

impl StateHash {
    pub(crate) const fn put(&mut self, row: u128) {
        self.0 = self.0.wrapping_add(row);
    }

    pub(crate) const fn take(&mut self, row: u128) {
        self.0 = self.0.wrapping_sub(row);
    }

    pub(crate) const fn get(self) -> u128 {
        self.0
    }
}

/// The hash of one row.
#[inline]
pub(crate) fn row_hash<T: IntoBytes + Immutable>(kind: RowKind, row: &T) -> u128 {
    XxHash3_128::oneshot_with_seed(kind as u64, row.as_bytes())
}

/// What stands for a code in other rows' hashes.
pub(crate) fn code_hash(code: &str) -> u64 {
    bytes_hash(code.as_bytes())
}

/// What stands for a text in its row's hash.
pub(crate) fn bytes_hash(text: &[u8]) -> u64 {
    XxHash3_64::oneshot(text)
}
