//! The logical rows of the state and how each is hashed; one function a row.

use gantry_model::{Channel, Limits, Sku, Warehouse, Zone};
use zerocopy::little_endian::{I64, U32, U64, U128};
use zerocopy::{Immutable, IntoBytes, Unaligned};

use super::State;
use super::catalogue::{SkuRow, WarehouseRow};
use super::hash::{RowKind, bytes_hash, code_hash, row_hash};
use super::network::Candidate;
use super::orders::{AllocationRow, LineRow, OrderDetailRow, OrderRow};
use super::remembered::{CommandRow, RejectionRow};
use super::stock::Cell;

/// Up to eight figures of a row; unused ones are zero.
#[derive(IntoBytes, Immutable, Unaligned)]
#[repr(C)]
struct Figures<const COUNT: usize>([U64; COUNT]);

fn figures<const COUNT: usize>(kind: RowKind, values: [u64; COUNT]) -> u128 {
    row_hash(kind, &Figures(values.map(U64::new)))
}

pub(crate) fn sku(row: &SkuRow) -> u128 {
    let flags = u64::from(row.tracked) | u64::from(row.backorder) << 1 | u64::from(row.active) << 2;
    figures(RowKind::Sku, [row.code_hash, row.order_max.into(), flags])
}

pub(crate) fn warehouse(row: &WarehouseRow) -> u128 {
    let active = u64::from(row.active);
    figures(RowKind::Warehouse, [row.code_hash, row.priority.into(), active])
}

pub(crate) fn zone(code: &str) -> u128 {
    figures(RowKind::Zone, [code_hash(code)])
}

pub(crate) fn channel(code: &str) -> u128 {
    figures(RowKind::Channel, [code_hash(code)])
}

pub(crate) fn limits(limits: &Limits) -> u128 {
    let values = [
        limits.lines_per_order_max.into(),
        limits.quantity_per_line_max.into(),
        limits.rejections_remembered_max.into(),
    ];
    figures(RowKind::Limits, values)
}

pub(crate) fn command(row: &CommandRow) -> u128 {
    row_hash(
        RowKind::Command,
        &[U128::new(row.id.get()), U128::new(pair(row.content_hash, row.sequence.get()))],
    )
}

pub(crate) fn rejection(row: &RejectionRow) -> u128 {
    row_hash(
        RowKind::Rejection,
        &[
            U128::new(row.id.get()),
            U128::new(pair(row.content_hash, row.sequence.get())),
            U128::new(row.reason.number().into()),
        ],
    )
}

fn pair(low: u64, high: u64) -> u128 {
    u128::from(high) << 64 | u128::from(low)
}

#[derive(IntoBytes, Immutable, Unaligned)]
#[repr(C)]
struct OrderFigures {
    id: U128,
    customer: U128,
    placed: U64,
    placed_time: U64,
    value_minor: I64,
    cost_minor: I64,
    zone: U64,
    channel: U64,
    reference: U64,
    currency: [u8; 4],
    parcels: U32,
    modes: [u8; 8],
}

/// Hashes of rows that name others by code: they need the catalogue.
impl State {
    pub(super) fn hash_cost(&self, zone: Zone, candidate: &Candidate) -> u128 {
        let values = [
            code_hash(self.catalogue.zones.code(zone).as_str()),
            self.warehouse_hash(candidate.warehouse),
            candidate.parcel_cost.into(),
            candidate.unit_cost.into(),
            candidate.days.into(),
        ];
        figures(RowKind::Cost, values)
    }

    /// On hand, held and unavailable; a cell without any has no row.
    pub(super) fn hash_stock(&self, sku: Sku, warehouse: Warehouse, cell: &Cell) -> u128 {
        if cell.on_hand == 0 && cell.held == 0 && cell.unavailable == 0 {
            return 0;
        }
        let values = [
            self.sku_hash(sku),
            self.warehouse_hash(warehouse),
            cell.on_hand.into(),
            cell.held.into(),
            cell.unavailable.into(),
        ];
        figures(RowKind::Stock, values)
    }

    /// Allocated units; a cell without any has no row.
    pub(super) fn hash_promise(&self, sku: Sku, warehouse: Warehouse, allocated: u32) -> u128 {
        if allocated == 0 {
            return 0;
        }
        let values = [self.sku_hash(sku), self.warehouse_hash(warehouse), allocated.into()];
        figures(RowKind::Promise, values)
    }

    pub(super) fn hash_order(&self, row: &OrderRow, detail: &OrderDetailRow) -> u128 {
        let channel = if detail.channel == Channel::NONE {
            0
        } else {
            code_hash(self.catalogue.channels.code(detail.channel).as_str())
        };
        let modes = [row.short.number(), row.priority_class, row.service_level, 0, 0, 0, 0, 0];
        row_hash(
            RowKind::Order,
            &OrderFigures {
                id: row.id.get().into(),
                customer: detail.customer.into(),
                placed: row.placed.get().into(),
                placed_time: detail.placed_time.get().into(),
                value_minor: detail.value_minor.into(),
                cost_minor: row.cost_minor.into(),
                zone: self.zone_hash(row.zone).into(),
                channel: channel.into(),
                reference: bytes_hash(self.orders.reference(detail)).into(),
                currency: detail.currency,
                parcels: u32::from(row.parcels).into(),
                modes,
            },
        )
    }

    pub(super) fn hash_line(&self, order: &OrderRow, line: u16, row: &LineRow) -> u128 {
        let values = [
            order.placed.get(),
            line.into(),
            self.sku_hash(row.sku),
            row.ordered.into(),
            row.allocated.into(),
            row.waiting.into(),
            row.shipped.into(),
            row.cancelled.into(),
        ];
        figures(RowKind::Line, values)
    }

    pub(super) fn hash_allocation(&self, order: &OrderRow, row: &AllocationRow) -> u128 {
        let values = [
            order.placed.get(),
            row.line.into(),
            self.warehouse_hash(row.warehouse),
            row.allocated.into(),
            row.shipped.into(),
        ];
        figures(RowKind::Allocation, values)
    }

    fn sku_hash(&self, sku: Sku) -> u64 {
        self.catalogue.sku_rows[sku.index()].code_hash
    }

    fn warehouse_hash(&self, warehouse: Warehouse) -> u64 {
        self.catalogue.warehouse_rows[warehouse.index()].code_hash
    }

    fn zone_hash(&self, zone: Zone) -> u64 {
        code_hash(self.catalogue.zones.code(zone).as_str())
    }
}
