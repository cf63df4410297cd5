//! The book: everything that the records so far have made, in plain tables that are scanned.

use std::collections::{BTreeMap, VecDeque};

use gantry_model::{
    EngineSecond, Limits, Movement, MovementKind, Objective, PlaceOrder, RejectReason, Rules,
    ShortMode, UNITS_PER_CELL_MAX, WaitKey, Warehouse, Zone,
};

use super::expected::SupplyBook;
use super::holds::HoldBook;
use super::ids::Ids;
use super::promises::PromiseBook;
use super::rejected::RejectedBook;
use super::reviewing::Review;
use super::sweeping::SweepBook;

/// No handle, where a `u16` names a channel, policy or warehouse.
pub(super) const NOBODY: u16 = u16::MAX;
/// Any number of days, and no cut-off.
pub(super) const ANY_16: u16 = u16::MAX;
/// Any number of orders or units a day.
pub(super) const ANY_32: u32 = u32::MAX;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) on_hand: i64,
    pub(super) allocated: i64,
    pub(super) held: i64,
    pub(super) unavailable: i64,
    pub(super) safety: i64,
}

impl Cell {
    /// What a movement at the cell does to it.
    pub(super) fn take_in(&mut self, movement: &Movement, tracked: bool) {
        use MovementKind as Kind;
        let units = i64::from(movement.quantity());
        let shelved = if tracked { units } else { 0 };
        match movement.kind() {
            Kind::Received | Kind::Adjusted => self.on_hand += shelved,
            Kind::Withdrawn => self.unavailable += units,
            Kind::Restored => self.unavailable -= units,
            Kind::Allocated | Kind::ComponentAllocated => self.allocated += units,
            Kind::Released | Kind::ComponentReleased => self.allocated -= units,
            Kind::Shipped | Kind::ComponentShipped => {
                self.on_hand -= shelved;
                self.allocated -= units;
            }
            Kind::SetAside | Kind::Held => self.held += units,
            Kind::GivenBack | Kind::Unheld => self.held -= units,
            Kind::Backordered | Kind::Dequeued | Kind::Cancelled | Kind::Due => {}
            Kind::Promised | Kind::Unpromised | Kind::PromiseBroken => {}
        }
    }

    /// What is neither promised nor held; below zero where more is than there is.
    pub(super) fn free(&self, tracked: bool) -> i64 {
        let there = if tracked {
            self.on_hand - self.held - self.unavailable - self.safety
        } else {
            i64::from(UNITS_PER_CELL_MAX)
        };
        there - self.allocated
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Fence {
    pub(super) warehouse: u16,
    pub(super) channel: u16,
    pub(super) units: u32,
}

#[derive(Debug)]
pub(super) struct SkuBook {
    pub(super) code: String,
    pub(super) order_max: u32,
    pub(super) tracked: bool,
    pub(super) backorder: bool,
    pub(super) active: bool,
    /// By warehouse.
    pub(super) cells: Vec<Cell>,
    /// SKU and units of each component.
    pub(super) components: Vec<(u32, u32)>,
    pub(super) fences: Vec<Fence>,
    /// By warehouse.
    pub(super) prices: Vec<u32>,
    /// Lines that wait, the first to be served first.
    pub(super) waiting: VecDeque<Waiting>,
    /// How many of them are of orders that wait complete.
    pub(super) complete_count: usize,
    /// Where its waiting lines are to be looked at.
    pub(super) due: Option<Due>,
    /// Units for its waiting lines, by warehouse.
    pub(super) set_aside: BTreeMap<u16, i64>,
}

/// A line that waits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    pub(super) key: WaitKey,
    /// Among the orders.
    pub(super) order: usize,
    /// Its order waits until all of it can be had.
    pub(super) is_complete: bool,
}

/// Waiting lines are to be looked at: those behind `after`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Due {
    pub(super) since: u64,
    pub(super) after: Option<WaitKey>,
}

#[derive(Debug)]
pub(super) struct WarehouseBook {
    pub(super) code: String,
    pub(super) priority: u16,
    pub(super) active: bool,
    pub(super) cut_off_minute: u16,
    pub(super) orders_max: u32,
    pub(super) units_max: u32,
    /// The day whose load is counted, and its orders and units.
    pub(super) day: u64,
    pub(super) day_orders: i64,
    pub(super) day_units: i64,
    /// The record from which on orders are counted.
    pub(super) counted_since: u64,
    /// Units of tracked SKUs.
    pub(super) on_hand: i64,
    pub(super) allocated: i64,
}

impl WarehouseBook {
    pub(super) fn is_bounded(&self) -> bool {
        self.orders_max != ANY_32 || self.units_max != ANY_32
    }

    /// Whether an answer may depend on what time it is.
    pub(super) fn is_timed(&self) -> bool {
        self.is_bounded() || self.cut_off_minute != ANY_16
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Cost {
    pub(super) days: u16,
    pub(super) parcel: u32,
    pub(super) unit: u32,
}

#[derive(Debug, Default)]
pub(super) struct ZoneBook {
    pub(super) code: String,
    /// By warehouse.
    pub(super) costs: BTreeMap<u16, Cost>,
}

#[derive(Debug)]
pub(super) struct ChannelBook {
    pub(super) code: String,
    pub(super) policy: u16,
}

#[derive(Clone, Debug)]
pub(super) struct PolicyBook {
    pub(super) code: String,
    pub(super) objective: Objective,
    pub(super) soft: Rules,
    pub(super) parcels_max: u16,
    pub(super) days_max: u16,
    pub(super) split_value_min: i64,
    pub(super) warehouses: Vec<u16>,
    pub(super) no_split_skus: Vec<u32>,
}

impl PolicyBook {
    /// What sources orders while nobody has said otherwise.
    pub(super) fn built_in() -> Self {
        Self {
            code: String::new(),
            objective: Objective::LeastCost,
            soft: Rules::NONE,
            parcels_max: gantry_model::PARCELS_PER_ORDER_MAX,
            days_max: ANY_16,
            split_value_min: 0,
            warehouses: Vec::new(),
            no_split_skus: Vec::new(),
        }
    }
}

/// An order's line; `ordered` is the sum of the rest.
#[derive(Clone, Copy, Debug)]
pub(super) struct LineBook {
    pub(super) sku: u32,
    pub(super) ordered: i64,
    pub(super) allocated: i64,
    pub(super) waiting: i64,
    pub(super) shipped: i64,
    pub(super) cancelled: i64,
}

impl LineBook {
    pub(super) fn open(&self) -> i64 {
        self.allocated + self.waiting
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct AllocationBook {
    pub(super) line: u16,
    pub(super) warehouse: u16,
    pub(super) allocated: i64,
    pub(super) shipped: i64,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct OrderBook {
    pub(super) id: u128,
    pub(super) priority_class: u8,
    pub(super) zone: Zone,
    pub(super) short: ShortMode,
    pub(super) placed: u64,
    pub(super) time: u64,
    pub(super) cost_minor: i64,
    pub(super) parcels: u16,
    pub(super) proof: Option<gantry_model::Proof>,
    pub(super) gap: u32,
    pub(super) first_line: usize,
    pub(super) line_count: usize,
    pub(super) first_allocation: usize,
    pub(super) allocation_count: usize,
    /// The command that placed it, in the book's contents.
    pub(super) content: Span,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
}

/// What is known of an id that was answered before.
#[derive(Clone, Copy, Debug)]
pub(super) enum What {
    Order(usize),
    /// Carried out, as which of those that placed no order.
    Command(u64),
    Rejected(RejectReason),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub(super) what: What,
    pub(super) sequence: u64,
    pub(super) content: Span,
}

/// Sums, kept up as records come and counted again by the audit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) open_orders: u64,
    pub(super) on_hand: i64,
    pub(super) allocated: i64,
    pub(super) held: i64,
    pub(super) waiting: i64,
}

/// What has left the engine's memory. The book keeps it: answers must not change by it.
#[derive(Debug, Default)]
pub(super) struct ArchiveBook {
    /// Number, hash and totals of the last file, and what left of it.
    pub(super) number: u64,
    pub(super) hash: [u8; 16],
    pub(super) totals: (u32, u32),
    pub(super) left: (u32, u32),
    /// Over all files.
    pub(super) orders: u64,
    pub(super) commands: u64,
}

#[derive(Debug)]
pub(super) struct Book {
    pub(super) skus: Vec<SkuBook>,
    pub(super) warehouses: Vec<WarehouseBook>,
    pub(super) zones: Vec<ZoneBook>,
    pub(super) channels: Vec<ChannelBook>,
    pub(super) policies: Vec<PolicyBook>,
    pub(super) built_in: PolicyBook,
    pub(super) default_policy: u16,
    pub(super) limits: Limits,
    pub(super) orders: Vec<OrderBook>,
    pub(super) lines: Vec<LineBook>,
    pub(super) allocations: Vec<AllocationBook>,
    /// By the record that placed each.
    pub(super) holds: BTreeMap<u64, HoldBook>,
    /// Ids of those that are gone.
    pub(super) holds_ended: Vec<u128>,
    /// Supplies that are open or promised, by the record that announced each.
    pub(super) supplies: BTreeMap<u64, SupplyBook>,
    /// Ids of those that are gone.
    pub(super) supplies_ended: Vec<u128>,
    /// By the record that placed the order, and the line.
    pub(super) promises: BTreeMap<(u64, u16), PromiseBook>,
    /// SKUs whose promises are to be made anew.
    pub(super) reviews: BTreeMap<u32, Review>,
    /// Open orders that are given up at a time, and those of which warehouses rejected units; by the
    /// record that placed each.
    pub(super) cancel_at: BTreeMap<u64, EngineSecond>,
    pub(super) rejected: BTreeMap<u64, RejectedBook>,
    pub(super) sweep: SweepBook,
    pub(super) ids: Ids,
    /// Ids of rejected commands, the oldest first.
    pub(super) rejections: VecDeque<u128>,
    /// The bytes of every command that is remembered.
    pub(super) contents: Vec<u8>,
    /// Commands carried out that placed no order, and orders without open units.
    pub(super) commands: u64,
    pub(super) closed_orders: u64,
    pub(super) archive: ArchiveBook,
    pub(super) sums: Sums,
    pub(super) sequence: u64,
    pub(super) time: u64,
}

impl Book {
    pub(super) fn new() -> Self {
        Self {
            skus: Vec::new(),
            warehouses: Vec::new(),
            zones: Vec::new(),
            channels: Vec::new(),
            policies: Vec::new(),
            built_in: PolicyBook::built_in(),
            default_policy: NOBODY,
            limits: Limits::DEFAULT,
            orders: Vec::new(),
            lines: Vec::new(),
            allocations: Vec::new(),
            holds: BTreeMap::new(),
            holds_ended: Vec::new(),
            supplies: BTreeMap::new(),
            supplies_ended: Vec::new(),
            promises: BTreeMap::new(),
            reviews: BTreeMap::new(),
            cancel_at: BTreeMap::new(),
            rejected: BTreeMap::new(),
            sweep: SweepBook::default(),
            ids: Ids::default(),
            rejections: VecDeque::new(),
            contents: Vec::new(),
            commands: 0,
            closed_orders: 0,
            archive: ArchiveBook::default(),
            sums: Sums::default(),
            sequence: 0,
            time: 0,
        }
    }

    pub(super) fn sku(&self, sku: u32) -> Option<&SkuBook> {
        self.skus.get(usize::try_from(sku).ok()?)
    }

    /// A SKU that was checked before.
    pub(super) fn the_sku(&self, sku: u32) -> &SkuBook {
        self.sku(sku).expect("invariant: the SKU was looked up before")
    }

    pub(super) fn the_sku_mut(&mut self, sku: u32) -> &mut SkuBook {
        let sku = usize::try_from(sku).expect("invariant: handles fit memory");
        &mut self.skus[sku]
    }

    pub(super) fn knows_warehouse(&self, warehouse: Warehouse) -> bool {
        warehouse.index() < self.warehouses.len()
    }

    pub(super) fn content(&self, span: Span) -> &[u8] {
        &self.contents[span.start..span.end]
    }

    pub(super) fn policy_of(&self, channel: u16) -> &PolicyBook {
        let own = self.channels.get(usize::from(channel)).map_or(NOBODY, |row| row.policy);
        let policy = if own == NOBODY { self.default_policy } else { own };
        self.policies.get(usize::from(policy)).unwrap_or(&self.built_in)
    }

    /// Units of `sku` itself at a warehouse that are fenced for channels other than this one.
    pub(super) fn fenced(&self, sku: u32, warehouse: u16, channel: u16) -> i64 {
        let here = self.the_sku(sku).fences.iter().filter(|fence| fence.warehouse == warehouse);
        let others = here.filter(|fence| fence.channel != channel);
        others.map(|fence| i64::from(fence.units)).sum()
    }

    /// Units of `sku` itself that could be had at a warehouse, ring-fences aside.
    pub(super) fn available(&self, sku: u32, warehouse: u16) -> i64 {
        let row = self.the_sku(sku);
        row.cells[usize::from(warehouse)].free(row.tracked).max(0)
    }

    /// The same of a bundle: whole ones.
    pub(super) fn whole(&self, sku: u32, warehouse: u16) -> i64 {
        let parts = &self.the_sku(sku).components;
        let whole =
            parts.iter().map(|(part, units)| self.available(*part, warehouse) / i64::from(*units));
        whole.min().unwrap_or_else(|| self.available(sku, warehouse))
    }

    /// Whether any cell of the SKU has a figure.
    pub(super) fn is_in_use(&self, sku: u32) -> bool {
        self.the_sku(sku).cells.iter().any(|cell| *cell != Cell::default())
    }

    /// Whether some bundle is made of the SKU.
    pub(super) fn is_component(&self, sku: u32) -> bool {
        self.skus.iter().any(|row| row.components.iter().any(|(part, _)| *part == sku))
    }

    pub(super) fn lines_of(&self, order: &OrderBook) -> &[LineBook] {
        &self.lines[order.first_line..order.first_line + order.line_count]
    }

    pub(super) fn allocations_of(&self, order: &OrderBook) -> &[AllocationBook] {
        &self.allocations[order.first_allocation..order.first_allocation + order.allocation_count]
    }

    /// The command that placed an order.
    pub(super) fn placed(&self, order: &OrderBook) -> PlaceOrder<'_> {
        let item = gantry_model::Items::new(self.content(order.content), usize::MAX).next();
        let item = item.and_then(Result::ok).expect("invariant: an item was entered");
        match gantry_model::Command::parse(&item) {
            Ok(gantry_model::Command::PlaceOrder(placed)) => placed,
            _ => unreachable!("an order was placed by a place_order"),
        }
    }

    pub(super) fn order(&self, id: u128) -> Option<(usize, &OrderBook)> {
        match self.ids.get(id)?.what {
            What::Order(at) => Some((at, &self.orders[at])),
            What::Command(_) | What::Rejected(_) => None,
        }
    }
}

pub(super) const MINUTE_NS: u64 = 60_000_000_000;

/// The UTC day of a time, and the minute of it.
pub(super) fn day_and_minute(time: u64) -> (u64, u64) {
    let minutes = time / MINUTE_NS;
    (minutes / 1_440, minutes % 1_440)
}

/// Whether an order in this mode lets units wait that are not to be had.
pub(super) fn may_wait(short: ShortMode) -> bool {
    matches!(short, ShortMode::Backorder | ShortMode::WaitComplete)
}
