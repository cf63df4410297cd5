//! Rows of version 1, as `rkyv` archives them in a snapshot's sections. Frozen: a field that is
//! added, moved or means something else is a new module beside this one, and this one stays.
//!
//! A section is an archived list of one kind of rows, except orders and holds, whose parts lie in
//! lists of their own so that every row has one size. Structs have no padding but reserved bytes, which are
//! zero, and nothing here is a map or a shared pointer. What a number may be is judged in `restore_v1`, not by the archive.

use gantry_model::SUPPLIES_PER_PROMISE_MAX;
use rkyv::{Archive, Serialize};

/// Version 5 has `Sweep` besides the kinds of version 4; that had those from `Supplies` on besides
/// those of version 3; that had `Holds` besides
/// those of version 2, and that had `Due` and `SetAside` besides those of version 1. All are read.
pub(crate) const ROWS_VERSION: u32 = 5;
/// Rows of a section at most; a section of orders is full when one of its lists is.
pub(crate) const SECTION_ROWS_MAX: usize = 1 << 16;
/// Bytes of a code at most.
pub(crate) const CODE_BYTES: usize = 40;

/// What a section holds. Sections come in the order of these numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u16)]
pub(crate) enum Kind {
    Settings = 1,
    Skus = 2,
    Warehouses = 3,
    Zones = 4,
    Channels = 5,
    Policies = 6,
    Costs = 7,
    Assignments = 8,
    Capacities = 9,
    Cells = 10,
    Fences = 11,
    Bundles = 12,
    Prices = 13,
    Orders = 14,
    Commands = 15,
    Rejections = 16,
    Closed = 17,
    Archives = 18,
    Due = 19,
    SetAside = 20,
    Holds = 21,
    Supplies = 22,
    Promises = 23,
    Reviews = 24,
    DueDates = 25,
    CancelAt = 26,
    Rejected = 27,
    Sweep = 28,
}

impl Kind {
    /// Every kind, by its number less one.
    pub(crate) const ALL: [Self; 28] = [
        Self::Settings,
        Self::Skus,
        Self::Warehouses,
        Self::Zones,
        Self::Channels,
        Self::Policies,
        Self::Costs,
        Self::Assignments,
        Self::Capacities,
        Self::Cells,
        Self::Fences,
        Self::Bundles,
        Self::Prices,
        Self::Orders,
        Self::Commands,
        Self::Rejections,
        Self::Closed,
        Self::Archives,
        Self::Due,
        Self::SetAside,
        Self::Holds,
        Self::Supplies,
        Self::Promises,
        Self::Reviews,
        Self::DueDates,
        Self::CancelAt,
        Self::Rejected,
        Self::Sweep,
    ];

    pub(crate) const fn number(self) -> u16 {
        self as u16
    }

    pub(crate) fn from_number(number: u16) -> Option<Self> {
        Self::ALL.get(usize::from(number).checked_sub(1)?).copied()
    }
}

/// One row in every snapshot: limits, and sums that the other rows must give again.
#[derive(Clone, Copy, Debug, Archive, Serialize)]
pub(crate) struct Settings {
    pub(crate) last_mark: u64,
    /// Ever placed; those that left memory with them.
    pub(crate) orders_placed: u64,
    /// In memory, as the commands.
    pub(crate) orders: u64,
    pub(crate) commands: u64,
    pub(crate) rejections: u64,
    pub(crate) open_orders: u64,
    pub(crate) on_hand: u64,
    pub(crate) allocated: u64,
    pub(crate) held: u64,
    pub(crate) backordered: u64,
    pub(crate) lines_per_order_max: u32,
    pub(crate) quantity_per_line_max: u32,
    pub(crate) rejections_remembered_max: u32,
    pub(crate) sourcing_steps_max: u32,
}

/// A code, zero-padded.
#[derive(Clone, Copy, Debug, Archive, Serialize)]
pub(crate) struct Code {
    pub(crate) bytes: [u8; CODE_BYTES],
    pub(crate) length: u8,
}

/// SKUs, in order of handle.
#[derive(Clone, Copy, Debug, Archive, Serialize)]
pub(crate) struct Sku {
    pub(crate) order_max: u32,
    pub(crate) tracked: u8,
    pub(crate) backorder: u8,
    pub(crate) active: u8,
    pub(crate) code: Code,
}

/// Warehouses, in order of handle.
#[derive(Clone, Copy, Debug, Archive, Serialize)]
pub(crate) struct Warehouse {
    pub(crate) priority: u16,
    pub(crate) active: u8,
    pub(crate) code: Code,
}

/// Sourcing policies, in order of handle.
#[derive(Clone, Debug, Archive, Serialize)]
pub(crate) struct Policy {
    pub(crate) split_value_min: i64,
    pub(crate) version: u32,
    pub(crate) warehouses: Vec<u16>,
    pub(crate) no_split_skus: Vec<u32>,
    pub(crate) soft: u16,
    pub(crate) parcels_max: u16,
    pub(crate) days_max: u16,
    pub(crate) objective: u8,
    pub(crate) reserved: [u8; 4],
    pub(crate) code: Code,
}

/// What it costs to serve a zone.
#[derive(Clone, Copy, Debug, Archive, Serialize)]
pub(crate) struct Cost {
    pub(crate) parcel_cost: u32,
    pub(crate) unit_cost: u32,
    pub(crate) zone: u16,
    pub(crate) warehouse: u16,
    pub(crate) days: u16,
    pub(crate) reserved: [u8; 2],
}

/// Which policy a channel's orders are sourced by; 65,535 = all channels without one of their own.
#[derive(Clone, Copy, Debug, Archive, Serialize)]
pub(crate) struct Assignment {
    pub(crate) channel: u16,
    pub(crate) policy: u16,
}

/// Bounds of a warehouse's day and what was counted of it.
#[derive(Clone, Copy, Debug, Archive, Serialize)]
pub(crate) struct Capacity {
    pub(crate) since: u64,
    pub(crate) orders_per_day_max: u32,
    pub(crate) units_per_day_max: u32,
    pub(crate) day: u32,
    pub(crate) day_orders: u32,
    pub(crate) day_units: u32,
    pub(crate) warehouse: u16,
    pub(crate) cut_off_minute: u16,
}

/// A stock cell with any figure.
#[derive(Clone, Copy, Debug, Archive, Serialize)]
pub(crate) struct Cell {
    pub(crate) sku: u32,
    pub(crate) on_hand: u32,
    pub(crate) allocated: u32,
    pub(crate) held: u32,
    pub(crate) unavailable: u32,
    pub(crate) safety: u32,
    pub(crate) warehouse: u16,
    pub(crate) reserved: [u8; 2],
}

/// A ring-fence or, without a channel, a shadow price.
#[derive(Clone, Copy, Debug, Archive, Serialize)]
pub(crate) struct Place {
    pub(crate) sku: u32,
    pub(crate) value: u32,
    pub(crate) warehouse: u16,
    pub(crate) channel: u16,
}

/// A bundle and what it is made of.
#[derive(Clone, Debug, Archive, Serialize)]
pub(crate) struct Bundle {
    pub(crate) sku: u32,
    /// SKU and units, one after the other.
    pub(crate) components: Vec<[u32; 2]>,
}

/// SKUs whose waiting lines are to be looked at; behind a line, if the look has begun. SKUs whose
/// promises are to be made anew; behind a line without one, if lines were looked at.
#[derive(Clone, Copy, Debug, Archive, Serialize)]
pub(crate) struct Due {
    pub(crate) since: u64,
    pub(crate) placed: u64,
    pub(crate) sku: u32,
    pub(crate) line: u16,
    pub(crate) priority_class: u8,
    pub(crate) is_begun: u8,
}

/// Orders that are in memory; their lines, allocations and references, order by order.
#[derive(Clone, Debug, Default, Archive, Serialize)]
pub(crate) struct Orders {
    pub(crate) orders: Vec<Order>,
    pub(crate) lines: Vec<Line>,
    pub(crate) allocations: Vec<Allocation>,
    pub(crate) references: Vec<u8>,
}

/// One order.
#[derive(Clone, Copy, Debug, Archive, Serialize)]
pub(crate) struct Order {
    pub(crate) id: u128,
    pub(crate) customer: u128,
    pub(crate) placed: u64,
    pub(crate) placed_time: u64,
    pub(crate) content_hash: u64,
    pub(crate) value_minor: i64,
    pub(crate) cost_minor: i64,
    pub(crate) gap: u32,
    pub(crate) currency: [u8; 4],
    pub(crate) line_count: u16,
    pub(crate) allocation_count: u16,
    pub(crate) parcels: u16,
    pub(crate) zone: u16,
    pub(crate) channel: u16,
    pub(crate) short: u8,
    pub(crate) priority_class: u8,
    pub(crate) service_level: u8,
    /// 0 = not said.
    pub(crate) proof: u8,
    pub(crate) reference_bytes: u8,
    pub(crate) reserved: u8,
}

/// One line of an order.
#[derive(Clone, Copy, Debug, Archive, Serialize)]
pub(crate) struct Line {
    pub(crate) sku: u32,
    pub(crate) ordered: u32,
    pub(crate) allocated: u32,
    pub(crate) waiting: u32,
    pub(crate) shipped: u32,
    pub(crate) cancelled: u32,
}

/// Units of a line at a warehouse.
#[derive(Clone, Copy, Debug, Archive, Serialize)]
pub(crate) struct Allocation {
    pub(crate) allocated: u32,
    pub(crate) shipped: u32,
    pub(crate) line: u16,
    pub(crate) warehouse: u16,
}

/// Holds, by the time of their end; their places, hold by hold.
#[derive(Clone, Debug, Default, Archive, Serialize)]
pub(crate) struct Holds {
    pub(crate) holds: Vec<Hold>,
    pub(crate) places: Vec<HeldUnits>,
}

/// One hold.
#[derive(Clone, Copy, Debug, Archive, Serialize)]
pub(crate) struct Hold {
    pub(crate) id: u128,
    pub(crate) owner: u128,
    pub(crate) placed: u64,
    pub(crate) expires: u64,
    pub(crate) place_count: u16,
    pub(crate) reserved: [u8; 14],
}

/// Units of a line of a hold at a place.
#[derive(Clone, Copy, Debug, Archive, Serialize)]
pub(crate) struct HeldUnits {
    pub(crate) sku: u32,
    pub(crate) units: u32,
    pub(crate) line: u16,
    pub(crate) warehouse: u16,
}

/// Open orders that are given up at a time, in that order; by the order's place among all.
#[derive(Clone, Copy, Debug, Archive, Serialize)]
pub(crate) struct CancelAt {
    pub(crate) order: u32,
    pub(crate) cancel_at: u32,
}

/// An open order of which units were rejected, by its place among all; warehouses that are spared.
#[derive(Clone, Debug, Archive, Serialize)]
pub(crate) struct Rejected {
    pub(crate) order: u32,
    pub(crate) rejections: u32,
    /// Rising by warehouse.
    pub(crate) bars: Vec<Bar>,
}

/// A warehouse that an order has nothing from until a time.
#[derive(Clone, Copy, Debug, Archive, Serialize)]
pub(crate) struct Bar {
    pub(crate) until: u64,
    pub(crate) warehouse: u16,
    pub(crate) reserved: [u8; 6],
}

/// Units that are expected, in the order in which they were announced.
#[derive(Clone, Copy, Debug, Archive, Serialize)]
pub(crate) struct Supply {
    pub(crate) id: u128,
    pub(crate) placed: u64,
    pub(crate) sku: u32,
    pub(crate) expected: u32,
    pub(crate) received: u32,
    pub(crate) eta: u32,
    pub(crate) warehouse: u16,
    pub(crate) reserved: [u8; 6],
}

/// What is promised to a line; parts without units are none.
#[derive(Clone, Copy, Debug, Archive, Serialize)]
pub(crate) struct Promise {
    /// The records that announced the supplies, rising.
    pub(crate) supplies: [u64; SUPPLIES_PER_PROMISE_MAX],
    pub(crate) units: [u32; SUPPLIES_PER_PROMISE_MAX],
    /// The order's place among the orders of this snapshot, from 0.
    pub(crate) order: u32,
    pub(crate) date: u32,
    pub(crate) line: u16,
    pub(crate) reserved: [u8; 6],
}

/// When what the line waits for is to be there behind which a look at a SKU's lines goes on.
#[derive(Clone, Copy, Debug, Archive, Serialize)]
pub(crate) struct DueDate {
    pub(crate) sku: u32,
    pub(crate) date: u32,
}

/// How far a sweep has come; one row, or none where it is zero.
#[derive(Clone, Copy, Debug, Archive, Serialize)]
pub(crate) struct Sweep {
    /// When the last sweep began.
    pub(crate) begun: u64,
    /// The SKU that the next step looks at first, while one is under way.
    pub(crate) next: u32,
    pub(crate) is_asked: u8,
    pub(crate) is_under_way: u8,
    pub(crate) reserved: [u8; 2],
}

/// A command that is remembered, in order.
#[derive(Clone, Copy, Debug, Archive, Serialize)]
pub(crate) struct Command {
    pub(crate) id: u128,
    pub(crate) content_hash: u64,
    pub(crate) sequence: u64,
}

/// A rejection that is remembered, the oldest first.
#[derive(Clone, Copy, Debug, Archive, Serialize)]
pub(crate) struct Rejection {
    pub(crate) id: u128,
    pub(crate) content_hash: u64,
    pub(crate) sequence: u64,
    pub(crate) reason: u16,
    pub(crate) reserved: [u8; 14],
}

/// A closed order in memory; the one that has been closed for longest comes first.
#[derive(Clone, Copy, Debug, Archive, Serialize)]
pub(crate) struct Closed {
    /// The record that closed it.
    pub(crate) closed: u64,
    /// Its place among the orders of this snapshot, from 0.
    pub(crate) order: u32,
    pub(crate) reserved: [u8; 4],
}

/// An archive file whose rows leave memory, or have left; by number.
#[derive(Clone, Copy, Debug, Archive, Serialize)]
pub(crate) struct ArchiveFile {
    pub(crate) number: u64,
    pub(crate) hash: [u8; 16],
    pub(crate) orders_total: u32,
    pub(crate) commands_total: u32,
    pub(crate) orders_retired: u32,
    pub(crate) commands_retired: u32,
}

const _: () = assert!(size_of::<ArchivedSettings>() == 96);
const _: () = assert!(size_of::<ArchivedSku>() == 48);
const _: () = assert!(size_of::<ArchivedWarehouse>() == 44);
const _: () = assert!(size_of::<ArchivedPolicy>() == 80);
const _: () = assert!(size_of::<ArchivedCost>() == 16);
const _: () = assert!(size_of::<ArchivedAssignment>() == 4);
const _: () = assert!(size_of::<ArchivedCapacity>() == 32);
const _: () = assert!(size_of::<ArchivedCell>() == 28);
const _: () = assert!(size_of::<ArchivedPlace>() == 12);
const _: () = assert!(size_of::<ArchivedBundle>() == 12);
const _: () = assert!(size_of::<ArchivedOrder>() == 96);
const _: () = assert!(size_of::<ArchivedLine>() == 24);
const _: () = assert!(size_of::<ArchivedAllocation>() == 12);
const _: () = assert!(size_of::<ArchivedHold>() == 64);
const _: () = assert!(size_of::<ArchivedHeldUnits>() == 12);
const _: () = assert!(size_of::<ArchivedSupply>() == 48);
const _: () = assert!(size_of::<ArchivedPromise>() == 64);
const _: () = assert!(size_of::<ArchivedDueDate>() == 8);
const _: () = assert!(size_of::<ArchivedSweep>() == 16);
const _: () = assert!(size_of::<ArchivedCommand>() == 32);
const _: () = assert!(size_of::<ArchivedRejection>() == 48);
const _: () = assert!(size_of::<ArchivedClosed>() == 16);
const _: () = assert!(size_of::<ArchivedArchiveFile>() == 40);
