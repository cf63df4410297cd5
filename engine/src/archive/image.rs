//! What the archive knows of an id: an order's image, or that a command was carried out.

use gantry_model::{
    Channel, CommandId, EngineTime, OrderId, Proof, Sequence, ShortMode, Sku, Warehouse, Zone,
};
use zerocopy::{FromBytes, IntoBytes};

use super::layout::{CommandEntry, ImageAllocation, ImageHead, ImageLine};
use crate::state::{AllocationRow, CommandRow, LineRow, OrderDetailRow, OrderRow, OrderView};

/// What the archive knows of an id.
#[derive(Debug)]
pub enum Archived {
    /// The order that it placed.
    Order(Box<ArchivedOrder>),
    /// Another command that was carried out.
    Command(ArchivedCommand),
}

/// An order that left memory.
#[derive(Debug)]
pub struct ArchivedOrder {
    row: OrderRow,
    detail: OrderDetailRow,
    lines: Vec<LineRow>,
    allocations: Vec<AllocationRow>,
    reference: Vec<u8>,
    closed: Sequence,
}

/// A command whose id left memory.
#[derive(Clone, Copy, Debug)]
pub struct ArchivedCommand {
    pub(crate) row: CommandRow,
}

impl Archived {
    /// The id.
    #[must_use]
    pub fn id(&self) -> CommandId {
        match self {
            Self::Order(order) => order.row.id,
            Self::Command(command) => command.row.id,
        }
    }
}

impl ArchivedCommand {
    pub(super) fn new(entry: &CommandEntry) -> Self {
        Self {
            row: CommandRow {
                id: CommandId::new(entry.id.get()),
                content_hash: entry.content_hash.get(),
                sequence: Sequence::new(entry.sequence.get()),
            },
        }
    }
}

impl ArchivedOrder {
    /// The record that closed it.
    #[must_use]
    pub const fn closed(&self) -> Sequence {
        self.closed
    }

    pub(crate) fn view(&self) -> OrderView<'_> {
        OrderView {
            row: &self.row,
            detail: &self.detail,
            lines: &self.lines,
            allocations: &self.allocations,
            reference: &self.reference,
        }
    }

    /// Reads an image; `None` where it is not one.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let (head, rest) = ImageHead::ref_from_prefix(bytes).ok()?;
        let (lines, rest) =
            <[ImageLine]>::ref_from_prefix_with_elems(rest, head.line_count.get().into()).ok()?;
        let count = head.allocation_count.get().into();
        let (allocations, rest) =
            <[ImageAllocation]>::ref_from_prefix_with_elems(rest, count).ok()?;
        let (reference, padding) = rest.split_at_checked(head.reference_bytes.into())?;
        let is_whole = head.length_bytes.get() as usize == bytes.len()
            && padding.len() < 8
            && padding.iter().chain(&head.reserved).all(|byte| *byte == 0);
        if !is_whole {
            return None;
        }
        let lines: Vec<_> = lines.iter().map(line_row).collect();
        let open_units = lines.iter().map(|line| line.allocated + line.waiting).sum();
        Some(Self {
            row: order_row(head, open_units)?,
            detail: detail_row(head)?,
            lines,
            allocations: allocations.iter().map(allocation_row).collect(),
            reference: reference.to_vec(),
            closed: Sequence::new(head.closed.get()),
        })
    }
}

fn order_row(head: &ImageHead, open_units: u32) -> Option<OrderRow> {
    Some(OrderRow {
        id: OrderId::new(head.id.get()),
        placed: Sequence::new(head.placed.get()),
        content_hash: head.content_hash.get(),
        cost_minor: head.cost_minor.get(),
        open_units,
        line_count: head.line_count.get(),
        allocation_count: head.allocation_count.get(),
        parcels: head.parcels.get(),
        zone: Zone::new(head.zone.get()),
        short: ShortMode::from_byte(head.short)?,
        priority_class: head.priority_class,
        service_level: head.service_level,
        ..OrderRow::BLANK
    })
}

fn detail_row(head: &ImageHead) -> Option<OrderDetailRow> {
    let proof = match head.proof {
        0 => None,
        number => Some(Proof::from_byte(number)?),
    };
    Some(OrderDetailRow {
        customer: head.customer.get(),
        value_minor: head.value_minor.get(),
        placed_time: EngineTime::new(head.placed_time_ns.get()),
        currency: head.currency,
        channel: Channel::new(head.channel.get()),
        gap: head.gap.get(),
        proof,
        reference_bytes: head.reference_bytes,
        ..OrderDetailRow::BLANK
    })
}

fn line_row(line: &ImageLine) -> LineRow {
    LineRow {
        sku: Sku::new(line.sku.get()),
        ordered: line.ordered.get(),
        allocated: line.allocated.get(),
        waiting: line.waiting.get(),
        shipped: line.shipped.get(),
        cancelled: line.cancelled.get(),
    }
}

fn allocation_row(allocation: &ImageAllocation) -> AllocationRow {
    AllocationRow {
        line: allocation.line.get(),
        warehouse: Warehouse::new(allocation.warehouse.get()),
        allocated: allocation.allocated.get(),
        shipped: allocation.shipped.get(),
    }
}

/// Writes the image of an order into `out`, which is emptied first.
pub(super) fn write_image(order: &OrderView<'_>, closed: Sequence, out: &mut Vec<u8>) {
    let OrderView { row, detail, lines, allocations, reference } = *order;
    let length = size_of::<ImageHead>()
        + size_of::<ImageLine>() * lines.len()
        + size_of::<ImageAllocation>() * allocations.len()
        + reference.len();
    let length = length.next_multiple_of(8);
    let head = ImageHead {
        length_bytes: u32::try_from(length).expect("invariant: orders are bounded").into(),
        line_count: row.line_count.into(),
        allocation_count: row.allocation_count.into(),
        id: row.id.get().into(),
        customer: detail.customer.into(),
        placed: row.placed.get().into(),
        placed_time_ns: detail.placed_time.get().into(),
        closed: closed.get().into(),
        content_hash: row.content_hash.into(),
        cost_minor: row.cost_minor.into(),
        value_minor: detail.value_minor.into(),
        currency: detail.currency,
        gap: detail.gap.into(),
        parcels: row.parcels.into(),
        zone: row.zone.get().into(),
        channel: detail.channel.get().into(),
        short: row.short.number(),
        priority_class: row.priority_class,
        service_level: row.service_level,
        proof: detail.proof.map_or(0, Proof::number),
        reference_bytes: detail.reference_bytes,
        reserved: [0; 5],
    };
    out.clear();
    out.extend_from_slice(head.as_bytes());
    for line in lines {
        let line = ImageLine {
            sku: line.sku.get().into(),
            ordered: line.ordered.into(),
            allocated: line.allocated.into(),
            waiting: line.waiting.into(),
            shipped: line.shipped.into(),
            cancelled: line.cancelled.into(),
        };
        out.extend_from_slice(line.as_bytes());
    }
    for allocation in allocations {
        let allocation = ImageAllocation {
            line: allocation.line.into(),
            warehouse: allocation.warehouse.get().into(),
            allocated: allocation.allocated.into(),
            shipped: allocation.shipped.into(),
        };
        out.extend_from_slice(allocation.as_bytes());
    }
    out.extend_from_slice(reference);
    out.resize(length, 0);
}
