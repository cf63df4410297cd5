//! Orders, their lines, and where their units are.

use gantry_model::{
    CANDIDATES_PER_ZONE_MAX, CODE_BYTES_MAX, Channel, EngineTime, LINES_PER_ORDER_MAX, OrderId,
    OrderStatus, PlaceOrder, Proof, Sequence, ShortMode, Sku, Warehouse, Zone,
};

use super::chunked::Chunked;
use super::index::POSITION_MAX;
use super::slab::{FreeRow, Slab};
use super::supply::Fill;

/// Bytes of a reference that lie in one row.
const REFERENCE_ROW_BYTES: usize = 8;

/// What every command on an order reads: one cache line.
#[derive(Clone, Copy, Debug)]
pub struct OrderRow {
    /// The id that the client chose.
    pub id: OrderId,
    /// The record that placed it.
    pub placed: Sequence,
    pub(crate) content_hash: u64,
    /// Shipping cost in minor units, as decided when it was placed or sourced again.
    pub cost_minor: i64,
    pub(crate) first_line: u32,
    pub(crate) first_allocation: u32,
    /// Units allocated or waiting; the order is open while there are any.
    pub(crate) open_units: u32,
    /// Its lines.
    pub line_count: u16,
    /// Its line × warehouse pairs.
    pub allocation_count: u16,
    /// Parcels as decided when it was placed or sourced again.
    pub parcels: u16,
    /// Where it goes.
    pub zone: Zone,
    /// What became of units that were not there.
    pub short: ShortMode,
    /// 0 is served first.
    pub priority_class: u8,
    /// The shop's own number.
    pub service_level: u8,
}

const _: () = assert!(size_of::<OrderRow>() == 64);

impl OrderRow {
    /// No order: what memory that is made ready is filled with, and where none is any more.
    pub(crate) const BLANK: Self = Self {
        id: OrderId::new(0),
        placed: Sequence::NONE,
        content_hash: 0,
        cost_minor: 0,
        first_line: 0,
        first_allocation: 0,
        open_units: 0,
        line_count: 0,
        allocation_count: 0,
        parcels: 0,
        zone: Zone::NONE,
        short: ShortMode::Backorder,
        priority_class: 0,
        service_level: 0,
    };

    /// How far the order is that has these lines.
    pub(crate) fn status(&self, lines: &[LineRow]) -> OrderStatus {
        if self.open_units > 0 {
            OrderStatus::Open
        } else if lines.iter().any(|line| line.shipped > 0) {
            OrderStatus::Shipped
        } else {
            OrderStatus::Cancelled
        }
    }
}

impl FreeRow for OrderRow {
    fn free(next: u32) -> Self {
        Self { first_line: next, ..Self::BLANK }
    }

    fn next_free(&self) -> u32 {
        self.first_line
    }
}

/// What only reads need.
#[derive(Clone, Copy, Debug)]
pub struct OrderDetailRow {
    /// The customer, opaque.
    pub customer: u128,
    /// Minor units.
    pub value_minor: i64,
    /// When it was placed.
    pub placed_time: EngineTime,
    /// ISO 4217 letters, zero-padded.
    pub currency: [u8; 4],
    /// Where it came from.
    pub channel: Channel,
    /// Where its reference lies among all references.
    pub(crate) first_reference: u32,
    /// What `proof` leaves open; 2³² − 1 = that or more.
    pub gap: u32,
    /// How far the plan was proven when the order was placed or sourced again.
    pub proof: Option<Proof>,
    /// Length of its reference.
    pub(crate) reference_bytes: u8,
}

const _: () = assert!(size_of::<OrderDetailRow>() == 48);

impl OrderDetailRow {
    pub(crate) const BLANK: Self = Self {
        customer: 0,
        value_minor: 0,
        placed_time: EngineTime::new(0),
        currency: [0; 4],
        channel: Channel::NONE,
        first_reference: 0,
        gap: 0,
        proof: None,
        reference_bytes: 0,
    };

    /// A gap as it is kept.
    pub(crate) fn gap_of(gap: i64) -> u32 {
        u32::try_from(gap).unwrap_or(u32::MAX)
    }

    fn reference_rows(&self) -> u16 {
        u16::from(self.reference_bytes).div_ceil(8)
    }
}

/// One line. `ordered` = allocated + waiting + shipped + cancelled after each record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineRow {
    /// The SKU.
    pub sku: Sku,
    /// Units ordered.
    pub ordered: u32,
    /// Units allocated and not shipped.
    pub allocated: u32,
    /// Units waiting for stock.
    pub waiting: u32,
    /// Units shipped.
    pub shipped: u32,
    /// Units cancelled.
    pub cancelled: u32,
}

impl LineRow {
    /// Units that are in no bucket; zero after each record.
    #[must_use]
    pub fn open(&self) -> u32 {
        self.ordered - self.allocated - self.waiting - self.shipped - self.cancelled
    }
}

impl FreeRow for LineRow {
    fn free(next: u32) -> Self {
        Self { sku: Sku::new(next), ..Self::default() }
    }

    fn next_free(&self) -> u32 {
        self.sku.get()
    }
}

/// Units of one line at one warehouse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocationRow {
    /// The line, counted from 0.
    pub line: u16,
    /// Where.
    pub warehouse: Warehouse,
    /// Units allocated and not shipped.
    pub allocated: u32,
    /// Units shipped.
    pub shipped: u32,
}

impl AllocationRow {
    const BLANK: Self = Self { line: 0, warehouse: Warehouse::NONE, allocated: 0, shipped: 0 };
}

impl FreeRow for AllocationRow {
    fn free(next: u32) -> Self {
        Self { allocated: next, ..Self::BLANK }
    }

    fn next_free(&self) -> u32 {
        self.allocated
    }
}

/// All that is known of one order, wherever it is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OrderView<'a> {
    pub(crate) row: &'a OrderRow,
    pub(crate) detail: &'a OrderDetailRow,
    pub(crate) lines: &'a [LineRow],
    pub(crate) allocations: &'a [AllocationRow],
    pub(crate) reference: &'a [u8],
}

impl OrderView<'_> {
    /// Whether a parcel of the order has left the warehouse.
    pub(crate) fn has_shipped_from(&self, warehouse: Warehouse) -> bool {
        self.allocations.iter().any(|row| row.warehouse == warehouse && row.shipped > 0)
    }
}

/// The orders of an instance that are in memory.
#[derive(Debug)]
pub struct Orders {
    rows: Slab<OrderRow>,
    /// At the positions of `rows`.
    details: Chunked<OrderDetailRow>,
    /// How many there are, in use or free.
    slots: u32,
    lines: Slab<LineRow>,
    allocations: Slab<AllocationRow>,
    references: Slab<[u8; REFERENCE_ROW_BYTES]>,
    count: u64,
    last_slot: Option<u32>,
}

/// What `apply` knows of an order that is placed.
pub(crate) struct NewOrder<'a> {
    pub(crate) command: &'a PlaceOrder<'a>,
    pub(crate) content_hash: u64,
    pub(crate) placed: Sequence,
    pub(crate) time: EngineTime,
    pub(crate) parcels: u16,
    pub(crate) cost_minor: i64,
    pub(crate) proof: Option<Proof>,
    pub(crate) gap: i64,
}

impl Orders {
    pub(crate) fn new() -> Self {
        Self {
            rows: Slab::new(1),
            details: Chunked::new(),
            slots: 0,
            lines: Slab::new(LINES_PER_ORDER_MAX),
            allocations: Slab::new(LINES_PER_ORDER_MAX * CANDIDATES_PER_ZONE_MAX),
            references: Slab::new(CODE_BYTES_MAX.div_ceil(REFERENCE_ROW_BYTES)),
            count: 0,
            last_slot: None,
        }
    }

    /// Lets the memory of new orders be made ready by whoever runs the makers.
    pub(crate) fn supply(&mut self) -> [Box<dyn Fill>; 4] {
        [
            Box::new(self.rows.supply(OrderRow::BLANK)),
            Box::new(self.details.supply(OrderDetailRow::BLANK)),
            Box::new(self.lines.supply(LineRow::default())),
            Box::new(self.allocations.supply(AllocationRow::BLANK)),
        ]
    }

    /// Whether one more order fits the tables, whatever its size.
    pub(crate) fn has_room(&self) -> bool {
        self.slots < POSITION_MAX
            && self.lines.has_room()
            && self.allocations.has_room()
            && self.references.has_room()
    }

    /// Orders placed, also those that are not in memory any more.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// The slot of the order placed last. Panics if there is none.
    #[must_use]
    pub fn last_slot(&self) -> u32 {
        self.last_slot.expect("an order was placed")
    }

    /// The order at `slot`.
    #[must_use]
    pub fn row(&self, slot: u32) -> &OrderRow {
        self.rows.get(slot)
    }

    /// What else is known of the order at `slot`.
    #[must_use]
    pub fn detail(&self, slot: u32) -> &OrderDetailRow {
        self.details.get(slot)
    }

    /// The shop's own number of an order, or empty.
    #[must_use]
    pub fn reference(&self, detail: &OrderDetailRow) -> &[u8] {
        let rows = self.references.run(detail.first_reference, detail.reference_rows());
        &rows.as_flattened()[..usize::from(detail.reference_bytes)]
    }

    /// The lines of an order.
    #[must_use]
    pub fn lines(&self, row: &OrderRow) -> &[LineRow] {
        self.lines.run(row.first_line, row.line_count)
    }

    /// Where the units of an order are, by line.
    #[must_use]
    pub fn allocations(&self, row: &OrderRow) -> &[AllocationRow] {
        self.allocations.run(row.first_allocation, row.allocation_count)
    }

    /// Every order that is in memory. No order's id is 0: a row with it is free.
    pub fn iter(&self) -> impl Iterator<Item = (&OrderRow, &OrderDetailRow)> {
        self.rows.iter().zip(self.details.iter()).filter(|(row, _)| row.id != OrderRow::BLANK.id)
    }

    /// All that is known of the order at `slot`.
    pub(crate) fn view(&self, slot: u32) -> OrderView<'_> {
        let (row, detail) = (self.row(slot), self.detail(slot));
        OrderView {
            row,
            detail,
            lines: self.lines(row),
            allocations: self.allocations(row),
            reference: self.reference(detail),
        }
    }

    pub(crate) fn row_mut(&mut self, slot: u32) -> &mut OrderRow {
        self.rows.get_mut(slot)
    }

    pub(crate) fn detail_mut(&mut self, slot: u32) -> &mut OrderDetailRow {
        self.details.get_mut(slot)
    }

    pub(crate) fn line_mut(&mut self, slot: u32, line: u16) -> &mut LineRow {
        let row = self.rows.get(slot);
        &mut self.lines.run_mut(row.first_line, row.line_count)[usize::from(line)]
    }

    /// The pair of line and warehouse, which an earlier record allocated.
    pub(crate) fn allocation_mut(
        &mut self,
        slot: u32,
        line: u16,
        warehouse: Warehouse,
    ) -> &mut AllocationRow {
        let row = self.rows.get(slot);
        self.allocations
            .run_mut(row.first_allocation, row.allocation_count)
            .iter_mut()
            .find(|allocation| allocation.line == line && allocation.warehouse == warehouse)
            .expect("invariant: a movement names an allocation that was made")
    }

    /// The pair of line and warehouse at a position of the order's run.
    pub(crate) fn allocation_at_mut(&mut self, slot: u32, position: usize) -> &mut AllocationRow {
        let row = self.rows.get(slot);
        &mut self.allocations.run_mut(row.first_allocation, row.allocation_count)[position]
    }

    /// The pair of line and warehouse of `blank`, which is put behind the order's others if there is
    /// none yet.
    pub(crate) fn allocation_or_new(
        &mut self,
        slot: u32,
        blank: &AllocationRow,
    ) -> &mut AllocationRow {
        let row = *self.rows.get(slot);
        let is_there =
            |it: &&AllocationRow| it.line == blank.line && it.warehouse == blank.warehouse;
        if !self.allocations(&row).iter().any(|it| is_there(&it)) {
            let mut longer = self.allocations(&row).to_vec();
            longer.push(*blank);
            self.allocations.remove_run(row.first_allocation, row.allocation_count);
            let first_allocation = self.allocations.put_run(longer.into_iter());
            let row = self.rows.get_mut(slot);
            row.first_allocation = first_allocation;
            row.allocation_count += 1;
        }
        self.allocation_mut(slot, blank.line, blank.warehouse)
    }

    /// Adds an order whose units are all open, with room for what `allocations` names.
    pub(crate) fn place(
        &mut self,
        new: &NewOrder<'_>,
        allocations: impl ExactSizeIterator<Item = AllocationRow>,
    ) -> u32 {
        let command = new.command;
        let count = |length: usize| u16::try_from(length).expect("invariant: bounded by limits");
        let allocation_count = count(allocations.len());
        let lines = command.lines.iter().map(|line| LineRow {
            sku: line.sku(),
            ordered: line.quantity(),
            ..LineRow::default()
        });
        let row = OrderRow {
            id: command.id,
            placed: new.placed,
            content_hash: new.content_hash,
            cost_minor: new.cost_minor,
            first_line: self.lines.put_run(lines),
            first_allocation: self.allocations.put_run(allocations),
            open_units: 0,
            line_count: count(command.lines.len()),
            allocation_count,
            parcels: new.parcels,
            zone: command.zone,
            short: command.short,
            priority_class: command.priority_class,
            service_level: command.service_level,
        };
        let detail = OrderDetailRow {
            customer: command.customer,
            value_minor: command.value_minor,
            placed_time: new.time,
            currency: command.currency,
            channel: command.channel,
            gap: OrderDetailRow::gap_of(new.gap),
            proof: new.proof,
            first_reference: self.references.put_run(reference_rows(command.reference.as_bytes())),
            reference_bytes: u8::try_from(command.reference.len())
                .expect("invariant: texts are bounded when parsed"),
        };
        self.count += 1;
        self.put(row, detail)
    }

    /// Puts an order whose parts are in their tables; returns its slot.
    fn put(&mut self, row: OrderRow, detail: OrderDetailRow) -> u32 {
        let slot = self.rows.put_run(std::iter::once(row));
        if slot == self.slots {
            self.details.push(detail);
            self.slots += 1;
        } else {
            *self.details.get_mut(slot) = detail;
        }
        self.last_slot = Some(slot);
        slot
    }

    /// Adds an order that was kept elsewhere; returns its slot. It was counted when it was placed.
    pub(crate) fn bring_back(
        &mut self,
        row: OrderRow,
        detail: OrderDetailRow,
        lines: impl ExactSizeIterator<Item = LineRow>,
        allocations: impl ExactSizeIterator<Item = AllocationRow>,
        reference: &[u8],
    ) -> u32 {
        let mut open_units = 0;
        let lines = lines.inspect(|line| open_units += line.allocated + line.waiting);
        let row = OrderRow {
            first_line: self.lines.put_run(lines),
            first_allocation: self.allocations.put_run(allocations),
            ..row
        };
        let first_reference = self.references.put_run(reference_rows(reference));
        let detail = OrderDetailRow { first_reference, ..detail };
        self.put(OrderRow { open_units, ..row }, detail)
    }

    /// Sets how many orders were placed, those that are not in memory any more with them.
    pub(crate) fn set_count(&mut self, count: u64) {
        self.count = count;
    }

    /// Slots, in use or free.
    pub(crate) const fn slots(&self) -> u32 {
        self.slots
    }

    /// The slot of every order that is in memory, rising.
    pub(crate) fn used_slots(&self) -> impl Iterator<Item = u32> {
        (0..self.slots).filter(|slot| self.row(*slot).id != OrderRow::BLANK.id)
    }

    /// Lets go of the order at `slot`; its memory serves others.
    pub(crate) fn remove(&mut self, slot: u32) {
        let (row, detail) = (*self.row(slot), *self.detail(slot));
        self.lines.remove_run(row.first_line, row.line_count);
        self.allocations.remove_run(row.first_allocation, row.allocation_count);
        self.references.remove_run(detail.first_reference, detail.reference_rows());
        self.rows.remove_run(slot, 1);
        // Only the order just placed is asked for, and that one is not gone.
        self.last_slot = self.last_slot.filter(|last| *last != slot);
    }

    /// How far an order is.
    #[must_use]
    pub fn status(&self, row: &OrderRow) -> OrderStatus {
        row.status(self.lines(row))
    }

    pub(crate) fn memory_bytes(&self) -> u64 {
        self.rows.memory_bytes()
            + self.details.memory_bytes()
            + self.lines.memory_bytes()
            + self.allocations.memory_bytes()
            + self.references.memory_bytes()
    }
}

/// A reference in rows; the last is filled up with zero.
fn reference_rows(
    reference: &[u8],
) -> impl ExactSizeIterator<Item = [u8; REFERENCE_ROW_BYTES]> + '_ {
    reference.chunks(REFERENCE_ROW_BYTES).map(|part| {
        let mut row = [0; REFERENCE_ROW_BYTES];
        row[..part.len()].copy_from_slice(part);
        row
    })
}
