//! The logical rows of the state and how each is hashed; one function a row.

use gantry_model::{
    Channel, EngineSecond, EngineTime, Limits, Proof, Sequence, Sku, WaitKey, Warehouse, Zone,
};
use zerocopy::little_endian::{I64, U32, U64, U128};
use zerocopy::{Immutable, IntoBytes, Unaligned};

use super::State;
use super::archives::{ArchiveRow, ClosedRow};
use super::by_sku::PlaceRow;
use super::capacity::CapacityRow;
use super::catalogue::{SkuRow, WarehouseRow};
use super::expected::SupplyRow;
pub(crate) use super::hash::code_hash;
use super::hash::{RowKind, bytes_hash, row_hash};
use super::holds::{HeldRow, HoldRow};
use super::matching::DueRow;
use super::network::Candidate;
use super::orders::{AllocationRow, LineRow, OrderDetailRow, OrderRow};
use super::policies::PolicyRow;
use super::promises::{LinePromiseRow, PromisePart, ReviewRow};
use super::remembered::{CommandRow, RejectionRow};
use super::stock::Cell;
use super::sweeping::Sweeping;

/// Up to eight figures of a row; unused ones are zero.
#[derive(IntoBytes, Immutable, Unaligned)]
#[repr(C)]
struct Figures<const COUNT: usize>([U64; COUNT]);

#[inline]
fn figures<const COUNT: usize>(kind: RowKind, values: [u64; COUNT]) -> u128 {
    row_hash(kind, &Figures(values.map(U64::new)))
}

pub(crate) fn sku(code_hash: u64, row: &SkuRow) -> u128 {
    let flags = u64::from(row.tracked) | u64::from(row.backorder) << 1 | u64::from(row.active) << 2;
    figures(RowKind::Sku, [code_hash, row.order_max.into(), flags])
}

pub(crate) fn warehouse(code_hash: u64, row: &WarehouseRow) -> u128 {
    let active = u64::from(row.active);
    figures(RowKind::Warehouse, [code_hash, row.priority.into(), active])
}

pub(crate) fn zone(code: &str) -> u128 {
    figures(RowKind::Zone, [code_hash(code)])
}

pub(crate) fn channel(code: &str) -> u128 {
    figures(RowKind::Channel, [code_hash(code)])
}

pub(crate) fn policy(row: &PolicyRow) -> u128 {
    let numbers = [row.objective.number().into(), row.soft.bits(), row.parcels_max, row.days_max];
    let numbers = numbers.into_iter().fold(0, |packed, number| packed << 16 | u64::from(number));
    let values = [
        row.code_hash,
        row.version.into(),
        numbers,
        row.split_value_min.cast_unsigned(),
        row.lists_hash,
    ];
    figures(RowKind::Policy, values)
}

/// `channel` is 0 for the default of all channels.
pub(crate) fn assignment(channel: u64, policy: u64) -> u128 {
    figures(RowKind::Assignment, [channel, policy])
}

pub(crate) fn limits(limits: &Limits) -> u128 {
    let values = [
        limits.lines_per_order_max.into(),
        limits.quantity_per_line_max.into(),
        limits.rejections_remembered_max.into(),
        limits.sourcing_steps_max.into(),
    ];
    figures(RowKind::Limits, values)
}

pub(crate) fn command(row: &CommandRow) -> u128 {
    row_hash(
        RowKind::Command,
        &[U128::new(row.id.get()), U128::new(pair(row.content_hash, row.sequence.get()))],
    )
}

pub(crate) fn archive(row: &ArchiveRow) -> u128 {
    let hash = u128::from_le_bytes(row.hash);
    let orders = u128::from(row.orders_total) << 64 | u128::from(row.orders_retired);
    let commands = u128::from(row.commands_total) << 64 | u128::from(row.commands_retired);
    row_hash(RowKind::Archive, &[u128::from(row.number), hash, orders, commands].map(U128::new))
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

/// A SKU whose waiting lines are to be looked at; `sku` is its code's hash.
pub(crate) fn due(sku: u64, row: &DueRow) -> u128 {
    let [placed, place] = place_of(row.after);
    figures(RowKind::Due, [sku, row.since.get(), placed, place])
}

/// A place in a book, or none, in two figures.
fn place_of(key: Option<WaitKey>) -> [u64; 2] {
    key.map_or([u64::MAX; 2], |key| {
        let class_and_line = u64::from(key.priority_class) << 16 | u64::from(key.line);
        // 0 where nothing is promised.
        let promised = u64::from(key.promised.get().wrapping_add(1));
        [key.placed.get(), promised << 32 | class_and_line]
    })
}

/// Units that are expected; their codes' hashes are those of SKU and warehouse.
pub(crate) fn supply((sku, warehouse): (u64, u64), row: &SupplyRow) -> u128 {
    let values = [
        row.id.get(),
        pair(row.placed.get(), row.eta.get().into()),
        pair(sku, warehouse),
        pair(row.expected.into(), row.received.into()),
        row.promised.into(),
    ];
    row_hash(RowKind::Supply, &values.map(U128::new))
}

/// What is promised to a line, without its parts.
pub(crate) fn line_promise((placed, line): (Sequence, u16), row: &LinePromiseRow) -> u128 {
    figures(RowKind::LinePromise, [placed.get(), line.into(), row.date.get().into()])
}

/// Units of a supply that are promised to a line.
pub(crate) fn promise_part((placed, line): (Sequence, u16), part: &PromisePart) -> u128 {
    let values = [placed.get(), line.into(), part.supply.get(), part.units.into()];
    figures(RowKind::PromisePart, values)
}

/// A SKU whose promises are to be made anew; `sku` is its code's hash.
pub(crate) fn review(sku: u64, row: &ReviewRow) -> u128 {
    let [placed, place] = place_of(row.after);
    figures(RowKind::Review, [sku, row.since.get(), placed, place])
}

/// Units set aside for waiting lines; `sku` and `warehouse` are their codes' hashes.
pub(crate) fn set_aside(sku: u64, warehouse: u64, units: u32) -> u128 {
    figures(RowKind::SetAside, [sku, warehouse, units.into()])
}

/// A hold without its places.
pub(crate) fn hold(row: &HoldRow) -> u128 {
    let times = pair(row.placed.get(), row.expires.get());
    row_hash(RowKind::Hold, &[row.id.get(), row.owner, times].map(U128::new))
}

/// When an open order is given up; no row where it is not.
pub(crate) fn deadline(placed: Sequence, at: EngineSecond) -> u128 {
    if at == EngineSecond::NONE {
        return 0;
    }
    figures(RowKind::Deadline, [placed.get(), at.get().into()])
}

/// How often units of an open order were rejected.
pub(crate) fn rejected(placed: Sequence, rejections: u32) -> u128 {
    figures(RowKind::Rejected, [placed.get(), rejections.into()])
}

/// Until when an open order has nothing from a warehouse; `warehouse` is its code's hash.
pub(crate) fn bar(placed: Sequence, warehouse: u64, until: EngineTime) -> u128 {
    figures(RowKind::Bar, [placed.get(), warehouse, until.get()])
}

/// How far a sweep has come; `next` is the hash of a SKU's code.
pub(crate) fn sweeping(next: Option<u64>, row: &Sweeping) -> u128 {
    let flags = u64::from(row.is_asked) | u64::from(next.is_some()) << 1;
    figures(RowKind::Sweep, [flags, row.begun.get(), next.unwrap_or(0)])
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

/// An order without its lines and allocations; `zone` and `channel` are their codes' hashes, 0 for
/// no channel.
pub(crate) fn order(
    row: &OrderRow,
    detail: &OrderDetailRow,
    (zone, channel): (u64, u64),
    reference: &[u8],
) -> u128 {
    let proof = detail.proof.map_or(0, Proof::number);
    let gap = detail.gap.to_le_bytes();
    let modes = [
        row.short.number(),
        row.priority_class,
        row.service_level,
        proof,
        gap[0],
        gap[1],
        gap[2],
        gap[3],
    ];
    row_hash(
        RowKind::Order,
        &OrderFigures {
            id: row.id.get().into(),
            customer: detail.customer.into(),
            placed: row.placed.get().into(),
            placed_time: detail.placed_time.get().into(),
            value_minor: detail.value_minor.into(),
            cost_minor: row.cost_minor.into(),
            zone: zone.into(),
            channel: channel.into(),
            reference: bytes_hash(reference).into(),
            currency: detail.currency,
            parcels: u32::from(row.parcels).into(),
            modes,
        },
    )
}

/// A line of the order that `placed` placed; `sku` is its code's hash.
pub(crate) fn line(placed: Sequence, position: u16, sku: u64, row: &LineRow) -> u128 {
    let values = [
        placed.get(),
        position.into(),
        sku,
        row.ordered.into(),
        row.allocated.into(),
        row.waiting.into(),
        row.shipped.into(),
        row.cancelled.into(),
    ];
    figures(RowKind::Line, values)
}

/// Units of a line at a warehouse; `warehouse` is its code's hash.
pub(crate) fn allocation(placed: Sequence, warehouse: u64, row: &AllocationRow) -> u128 {
    let values =
        [placed.get(), row.line.into(), warehouse, row.allocated.into(), row.shipped.into()];
    figures(RowKind::Allocation, values)
}

/// Hashes of rows that name others by code: they need the catalogue.
impl State {
    pub(super) fn hash_cost(&self, zone: Zone, candidate: &Candidate) -> u128 {
        let values = [
            self.zone_hash(zone),
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

    /// Bounds, cut-off and since when is counted; a warehouse of which nothing was said has no row.
    pub(super) fn hash_capacity(&self, warehouse: Warehouse) -> u128 {
        let row = self.capacity.row(warehouse);
        if *row == CapacityRow::ANY {
            return 0;
        }
        let values = [
            self.warehouse_hash(warehouse),
            row.cut_off_minute.into(),
            row.orders_per_day_max.into(),
            row.units_per_day_max.into(),
            self.capacity.since(warehouse).get(),
        ];
        figures(RowKind::Capacity, values)
    }

    /// What a day's orders have used; no row where that is nothing.
    pub(super) fn hash_day_load(&self, warehouse: Warehouse) -> u128 {
        let load = self.capacity.load(warehouse);
        if load.orders == 0 && load.units == 0 {
            return 0;
        }
        let (orders, units) = (load.orders.into(), load.units.into());
        let values = [self.warehouse_hash(warehouse), load.day.into(), orders, units];
        figures(RowKind::DayLoad, values)
    }

    /// Safety stock; a cell without any has no row.
    pub(super) fn hash_safety(&self, sku: Sku, warehouse: Warehouse, safety: u32) -> u128 {
        if safety == 0 {
            return 0;
        }
        let values = [self.sku_hash(sku), self.warehouse_hash(warehouse), safety.into()];
        figures(RowKind::SafetyStock, values)
    }

    pub(super) fn hash_fence(&self, sku: Sku, row: &PlaceRow) -> u128 {
        if row.value == 0 {
            return 0;
        }
        let values = [
            self.sku_hash(sku),
            self.warehouse_hash(row.warehouse),
            self.channel_hash(row.channel),
            row.value.into(),
        ];
        figures(RowKind::RingFence, values)
    }

    pub(super) fn hash_price(&self, sku: Sku, row: &PlaceRow) -> u128 {
        if row.value == 0 {
            return 0;
        }
        let values = [self.sku_hash(sku), self.warehouse_hash(row.warehouse), row.value.into()];
        figures(RowKind::ShadowPrice, values)
    }

    /// The sum over a bundle's components; a SKU that is no bundle has none.
    pub(super) fn hash_bundle(&self, sku: Sku) -> u128 {
        let components = self.bundles.components(sku).iter().map(|component| {
            let units = component.units().into();
            figures(RowKind::Bundle, [self.sku_hash(sku), self.sku_hash(component.sku()), units])
        });
        components.fold(0, u128::wrapping_add)
    }

    pub(super) fn hash_order(&self, row: &OrderRow, detail: &OrderDetailRow) -> u128 {
        let codes = (self.zone_hash(row.zone), self.channel_hash(detail.channel));
        order(row, detail, codes, self.orders.reference(detail))
    }

    pub(super) fn hash_closed(&self, row: &ClosedRow) -> u128 {
        let placed = self.orders.row(row.slot).placed;
        figures(RowKind::Closed, [placed.get(), row.closed.get()])
    }

    pub(super) fn hash_line(&self, order: &OrderRow, position: u16, row: &LineRow) -> u128 {
        line(order.placed, position, self.sku_hash(row.sku), row)
    }

    pub(super) fn hash_allocation(&self, order: &OrderRow, row: &AllocationRow) -> u128 {
        allocation(order.placed, self.warehouse_hash(row.warehouse), row)
    }

    /// A place of the hold that `placed` placed, by its place among the hold's.
    pub(super) fn hash_held(&self, placed: Sequence, position: u64, row: &HeldRow) -> u128 {
        let values = [
            placed.get(),
            position,
            row.line.into(),
            self.sku_hash(row.sku),
            self.warehouse_hash(row.warehouse),
            row.units.into(),
        ];
        figures(RowKind::Held, values)
    }

    /// 0 for no channel.
    pub(super) fn channel_hash(&self, channel: Channel) -> u64 {
        if channel == Channel::NONE {
            return 0;
        }
        self.catalogue.channels.hash(channel)
    }

    pub(super) fn sku_hash(&self, sku: Sku) -> u64 {
        self.catalogue.skus.hash(sku)
    }

    pub(super) fn warehouse_hash(&self, warehouse: Warehouse) -> u64 {
        self.catalogue.warehouses.hash(warehouse)
    }

    fn zone_hash(&self, zone: Zone) -> u64 {
        self.catalogue.zones.hash(zone)
    }
}
