//! The state: everything that a decision can depend on, and nothing else.
//!
//! Read by `decide`, changed by `apply` alone. Nothing here knows a clock, a file or a random
//! number; tables are dense and reached by handle.

mod apply;
mod archives;
mod book;
mod bundles;
mod by_sku;
mod capacity;
mod catalogue;
mod chunked;
mod deadlines;
mod expected;
mod fifo;
mod figures;
mod hash;
mod holds;
mod index;
mod index_builder;
mod kept;
mod matching;
mod network;
mod orders;
mod policies;
mod promises;
mod promising;
mod recompute;
mod recompute_promises;
mod rejected;
mod remembered;
mod resourced;
mod restore;
mod retire;
pub(crate) mod rows;
mod slab;
mod sourcing_rows;
mod stock;
mod supply;
mod swapped;
mod sweeping;
mod waiting_lines;

use gantry_model::{
    CellView, Channel, CommandId, EngineTime, Limits, OrderId, Sequence, Sku, Warehouse,
};

pub(crate) use archives::ClosedRow;
pub use archives::{ArchiveRow, Archives};
pub use book::Books;
pub use bundles::Bundles;
pub use by_sku::{BySku, PlaceRow};
pub(crate) use capacity::{CUT_OFF_NONE, day_of};
pub use capacity::{Capacity, CapacityRow, DayLoad};
pub use catalogue::{Catalogue, CodeTable, SkuRow, WarehouseRow};
pub use deadlines::Deadlines;
pub use expected::{Supplies, SupplyRow};
pub(crate) use figures::{Figures, Places, by_warehouse, places_of};
pub(crate) use hash::{STATE_HASH_VERSION, StateHash};
pub use holds::{HeldRow, HoldRow, Holds};
pub(crate) use index::{IdIndex, POSITION_MAX, Place};
pub(crate) use index_builder::IndexBuilder;
pub(crate) use kept::Claimant;
pub use matching::{DueRow, Matching};
pub use network::{Candidate, Network};
pub(crate) use orders::OrderView;
pub use orders::{AllocationRow, LineRow, OrderDetailRow, OrderRow, Orders};
pub(crate) use policies::DAYS_ANY;
pub use policies::{Policies, PolicyRow};
pub use promises::{LinePromiseRow, PromisePart, Promises, ReviewRow, Reviews};
pub(crate) use promising::date_after;
pub(crate) use rejected::is_barred;
pub use rejected::{Bar, Rejected, RejectedRow};
pub use remembered::FirstAnswer;
use remembered::Remembered;
pub(crate) use remembered::{CommandRow, RejectionRow};
pub use stock::{Cell, Stock, WarehouseUnits};
pub use supply::MemoryPreparer;
pub(crate) use sweeping::SweepCause;
pub use sweeping::Sweeping;

/// Sums over all stock and orders, kept up by `apply`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnitTotals {
    /// Orders with units allocated or waiting.
    pub open_orders: u64,
    /// Units on hand.
    pub on_hand: u64,
    /// Units allocated.
    pub allocated: u64,
    /// Units held, for carts and for lines that wait.
    pub held: u64,
    /// Units waiting for stock.
    pub backordered: u64,
}

/// See the module.
#[derive(Debug)]
pub struct State {
    /// SKUs, warehouses, zones, channels.
    pub catalogue: Catalogue,
    /// Who serves which zone at what cost.
    pub network: Network,
    /// What lies where.
    pub stock: Stock,
    /// Who was promised what.
    pub orders: Orders,
    /// By which policy orders are sourced.
    pub policies: Policies,
    /// What warehouses can work off in a day.
    pub capacity: Capacity,
    /// Units at a place that other channels may not take.
    pub fences: BySku,
    /// What bundles are made of.
    pub bundles: Bundles,
    /// The lines that wait for each SKU.
    pub books: Books,
    /// Whose lines are to be looked at, and what is set aside for them.
    pub matching: Matching,
    /// What is held for carts.
    pub holds: Holds,
    /// When open orders are given up.
    pub deadlines: Deadlines,
    /// Orders of which warehouses rejected units.
    pub rejected: Rejected,
    /// What is expected to come in.
    pub supplies: Supplies,
    /// What of it is promised to lines that wait.
    pub promises: Promises,
    /// The SKUs whose promises are to be made anew.
    pub reviews: Reviews,
    /// How far the books were looked at because rules changed.
    pub sweeping: Sweeping,
    /// What a unit at a place is worth to orders still to come, in minor units.
    pub prices: BySku,
    /// Closed orders, and what has left memory.
    pub archives: Archives,
    /// Limits that decisions read.
    pub limits: Limits,
    /// Sums over all stock and orders.
    pub totals: UnitTotals,
    remembered: Remembered,
    last_sequence: Sequence,
    last_time: EngineTime,
    hash: StateHash,
}

impl State {
    /// An instance without anything. The seed shapes where ids lie in memory, never an answer.
    #[must_use]
    pub fn new(index_seed: u64) -> Self {
        let limits = Limits::DEFAULT;
        let mut hash = StateHash::default();
        hash.put(rows::limits(&limits));
        Self {
            catalogue: Catalogue::new(),
            network: Network::default(),
            stock: Stock::default(),
            orders: Orders::new(),
            policies: Policies::new(),
            capacity: Capacity::default(),
            fences: BySku::default(),
            bundles: Bundles::default(),
            books: Books::default(),
            matching: Matching::default(),
            holds: Holds::new(),
            deadlines: Deadlines::default(),
            rejected: Rejected::default(),
            supplies: Supplies::default(),
            promises: Promises::default(),
            reviews: Reviews::default(),
            sweeping: Sweeping::default(),
            prices: BySku::default(),
            archives: Archives::new(),
            limits,
            totals: UnitTotals::default(),
            remembered: Remembered::new(index_seed),
            last_sequence: Sequence::NONE,
            last_time: EngineTime::default(),
            hash,
        }
    }

    /// The last record applied.
    #[must_use]
    pub const fn last_sequence(&self) -> Sequence {
        self.last_sequence
    }

    /// The time of the last record applied.
    #[must_use]
    pub const fn last_time(&self) -> EngineTime {
        self.last_time
    }

    /// The order-independent hash of every logical row.
    #[must_use]
    pub const fn hash(&self) -> u128 {
        self.hash.get()
    }

    /// What is known of an id that was answered before.
    #[must_use]
    pub fn first_answer(&self, id: CommandId) -> Option<FirstAnswer> {
        self.remembered.find(&self.orders, id)
    }

    /// The record that carried out the command of this id, if that is in memory; none of an order.
    #[must_use]
    pub(crate) fn command_record(&self, id: CommandId) -> Option<Sequence> {
        let first = self.first_answer(id)?;
        (first.rejected.is_none() && first.order_slot.is_none()).then_some(first.sequence)
    }

    /// The slot of an order.
    #[must_use]
    pub fn order_slot(&self, id: OrderId) -> Option<u32> {
        self.first_answer(id)?.order_slot
    }

    /// Commands that were carried out and are in memory.
    pub(crate) const fn command_count(&self) -> u32 {
        self.remembered.command_count()
    }

    /// Commands that were carried out and are in memory, the oldest first.
    pub(crate) fn commands(&self) -> impl Iterator<Item = &CommandRow> {
        self.remembered.commands()
    }

    /// Units that an order could have now, ring-fences aside; of a bundle, whole ones.
    #[must_use]
    pub fn available(&self, sku: Sku, warehouse: Warehouse) -> u32 {
        let parts = self.bundles.components(sku).iter();
        let whole = parts.map(|part| self.stock.available(part.sku(), warehouse) / part.units());
        whole.min().unwrap_or_else(|| self.stock.available(sku, warehouse))
    }

    /// Units fenced for other channels than this.
    #[must_use]
    pub fn fenced(&self, sku: Sku, warehouse: Warehouse, channel: Channel) -> u64 {
        let fences = self.fences.of(sku).iter();
        let others = fences.filter(|row| row.warehouse == warehouse && row.channel != channel);
        others.map(|row| u64::from(row.value)).sum()
    }

    /// A cell as replies show it; of a bundle, what could be had is what its components allow.
    #[must_use]
    pub fn view(&self, sku: Sku, warehouse: Warehouse) -> CellView {
        let mut view = self.stock.view(sku, warehouse);
        if !self.bundles.components(sku).is_empty() {
            view.available = self.available(sku, warehouse).into();
        }
        view
    }

    /// Rejections that are remembered, the oldest first.
    pub(crate) fn rejections(&self) -> impl Iterator<Item = &RejectionRow> {
        self.remembered.rejections()
    }

    /// Bytes that orders and remembered ids take in memory.
    #[must_use]
    pub fn order_memory_bytes(&self) -> u64 {
        let closed = self.archives.closed.memory_bytes();
        self.orders.memory_bytes() + self.remembered.memory_bytes() + closed
    }

    /// Lets the memory of new orders be made ready by whoever runs the preparer.
    pub(crate) fn memory_preparer(&mut self) -> MemoryPreparer {
        let mut makers = Vec::from(self.orders.supply());
        makers.push(self.remembered.supply());
        MemoryPreparer::new(makers)
    }

    /// Reads the cache lines that decisions about these ids and SKUs will need. The loads do not
    /// depend on each other, so their misses overlap; the result only keeps them from being
    /// optimised away.
    pub(crate) fn touch(&self, ids: &[CommandId], skus: &[Sku]) -> u64 {
        let ids = ids.iter().map(|id| self.remembered.touch(*id));
        let skus = skus.iter().map(|sku| {
            let row = self.catalogue.sku(*sku).map_or(0, |row| u64::from(row.order_max));
            row ^ self.stock.touch(*sku)
        });
        ids.chain(skus).fold(0, |read, line| read ^ line)
    }
}
