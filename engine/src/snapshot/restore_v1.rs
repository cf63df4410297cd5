//! A state from rows of version 1.
//!
//! The rows are what was written: every section has passed its hash before it comes here. They are
//! judged all the same, so that a file made by a bug is told by name and never ends the process.

mod closed;
mod holds;
mod matching;
mod open;
mod promises;

use gantry_model::{
    AssignPolicy, CANDIDATES_PER_ZONE_MAX, CODE_BYTES_MAX, Channel, CommandId, Component, CostRow,
    EngineTime, Handle, LINES_PER_ORDER_MAX, Limits, Objective, Policy, PriceRow, Proof,
    QUANTITY_PER_LINE_MAX, RejectReason, ReserveRow, Rules, Sequence, SetBundle, SetCapacity,
    SetCosts, SetPolicy, SetReserves, SetShadowPrices, ShortMode, Sku, SkuField,
    UNITS_PER_CELL_MAX, UpsertCode, UpsertSku, UpsertWarehouse, WAREHOUSES_MAX, Warehouse,
    WarehouseField, Zone,
};
use rkyv::Portable;
use rkyv::api::high::HighValidator;
use rkyv::bytecheck::CheckBytes;
use rkyv::rancor::Failure;
use rkyv::vec::ArchivedVec;

use super::error::RowsError;
use super::index_v1::Indexing;
use super::rows_v1::{self as v1, Kind};
use crate::Engine;
use crate::state::{
    AllocationRow, Cell, CommandRow, DayLoad, LineRow, OrderDetailRow, OrderRow, RejectionRow,
    State, UnitTotals,
};

/// The commands that bring settings back have no id: they are not remembered, their rows are.
const NO_ID: CommandId = CommandId::new(0);

/// Builds an engine section by section.
#[derive(Debug)]
pub(crate) struct Restoring {
    engine: Engine,
    /// What the rows must add up to.
    expected: Option<Expected>,
    last_kind: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Expected {
    totals: UnitTotals,
    orders_placed: u64,
    orders: u64,
    commands: u64,
    rejections: u64,
}

impl Restoring {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Self { engine: Engine::new(), expected: None, last_kind: 0 }
    }

    /// Adds the next section; `bytes` start on a multiple of 16 in memory.
    pub(crate) fn add(&mut self, number: u16, rows: u32, bytes: &[u8]) -> Result<(), RowsError> {
        let kind = Kind::from_number(number).ok_or(RowsError::Kind { kind: number })?;
        let is_first = self.last_kind == 0;
        if number < self.last_kind || is_first != (kind == Kind::Settings) {
            return Err(RowsError::Order { kind: number });
        }
        self.last_kind = number;
        let found = self.add_rows(kind, bytes)?;
        if found == rows as usize {
            return Ok(());
        }
        Err(RowsError::Sum { what: "rows of a section", kept: rows.into(), found: found as u64 })
    }

    fn add_rows(&mut self, kind: Kind, bytes: &[u8]) -> Result<usize, RowsError> {
        let state = &mut self.engine.state;
        match kind {
            Kind::Settings => self.add_settings(bytes),
            Kind::Skus => each(bytes, |row: &v1::ArchivedSku| add_sku(state, row)),
            Kind::Warehouses => {
                each(bytes, |row: &v1::ArchivedWarehouse| add_warehouse(state, row))
            }
            Kind::Zones => each(bytes, |row: &v1::ArchivedCode| {
                state.restore_zone(&UpsertCode { id: NO_ID, code: code(row)? });
                Ok(())
            }),
            Kind::Channels => each(bytes, |row: &v1::ArchivedCode| {
                state.restore_channel(&UpsertCode { id: NO_ID, code: code(row)? });
                Ok(())
            }),
            Kind::Policies => each(bytes, |row: &v1::ArchivedPolicy| add_policy(state, row)),
            Kind::Costs => each(bytes, |row: &v1::ArchivedCost| add_cost(state, row)),
            Kind::Assignments => {
                each(bytes, |row: &v1::ArchivedAssignment| add_assignment(state, row))
            }
            Kind::Capacities => each(bytes, |row: &v1::ArchivedCapacity| add_capacity(state, row)),
            Kind::Cells => each(bytes, |row: &v1::ArchivedCell| add_cell(state, row)),
            Kind::Fences => each(bytes, |row: &v1::ArchivedPlace| add_fence(state, row)),
            Kind::Bundles => each(bytes, |row: &v1::ArchivedBundle| add_bundle(state, row)),
            Kind::Prices => each(bytes, |row: &v1::ArchivedPlace| add_price(state, row)),
            Kind::Orders => add_orders(state, access(bytes)?),
            Kind::Commands => each(bytes, |row: &v1::ArchivedCommand| {
                state.restore_command(CommandRow {
                    id: CommandId::new(row.id.to_native()),
                    content_hash: row.content_hash.to_native(),
                    sequence: Sequence::new(row.sequence.to_native()),
                });
                Ok(())
            }),
            Kind::Rejections => each(bytes, |row: &v1::ArchivedRejection| {
                state.restore_rejection(RejectionRow {
                    id: CommandId::new(row.id.to_native()),
                    content_hash: row.content_hash.to_native(),
                    sequence: Sequence::new(row.sequence.to_native()),
                    reason: known("reason", RejectReason::from_number(row.reason.to_native()))?,
                });
                Ok(())
            }),
            Kind::Closed => each(bytes, |row: &v1::ArchivedClosed| closed::add(state, row)),
            Kind::Archives => {
                each(bytes, |row: &v1::ArchivedArchiveFile| closed::add_archive(state, row))
            }
            Kind::Due => each(bytes, |row: &v1::ArchivedDue| matching::add_due(state, row)),
            Kind::SetAside => {
                each(bytes, |row: &v1::ArchivedPlace| matching::add_set_aside(state, row))
            }
            Kind::Holds => holds::add(state, access(bytes)?),
            Kind::CancelAt => {
                each(bytes, |row: &v1::ArchivedCancelAt| open::add_deadline(state, row))
            }
            Kind::Rejected => {
                each(bytes, |row: &v1::ArchivedRejected| open::add_rejected(state, row))
            }
            Kind::Sweep => each(bytes, |row: &v1::ArchivedSweep| matching::add_sweep(state, row)),
            Kind::Supplies => {
                each(bytes, |row: &v1::ArchivedSupply| promises::add_supply(state, row))
            }
            Kind::Promises => each(bytes, |row: &v1::ArchivedPromise| promises::add(state, row)),
            Kind::Reviews => each(bytes, |row: &v1::ArchivedDue| promises::add_review(state, row)),
            Kind::DueDates => {
                each(bytes, |row: &v1::ArchivedDueDate| promises::add_due_date(state, row))
            }
        }
    }

    fn add_settings(&mut self, bytes: &[u8]) -> Result<usize, RowsError> {
        let expected = &mut self.expected;
        let engine = &mut self.engine;
        each(bytes, |row: &v1::ArchivedSettings| {
            engine.last_mark = Sequence::new(row.last_mark.to_native());
            engine.state.restore_limits(&Limits {
                lines_per_order_max: row.lines_per_order_max.to_native(),
                quantity_per_line_max: row.quantity_per_line_max.to_native(),
                rejections_remembered_max: row.rejections_remembered_max.to_native(),
                sourcing_steps_max: row.sourcing_steps_max.to_native(),
            });
            let sums = Expected {
                totals: UnitTotals {
                    open_orders: row.open_orders.to_native(),
                    on_hand: row.on_hand.to_native(),
                    allocated: row.allocated.to_native(),
                    held: row.held.to_native(),
                    backordered: row.backordered.to_native(),
                },
                orders_placed: row.orders_placed.to_native(),
                orders: row.orders.to_native(),
                commands: row.commands.to_native(),
                rejections: row.rejections.to_native(),
            };
            *expected = Some(sums);
            Ok(())
        })
    }

    /// The engine, if the rows add up and have the hash that the state had. `indexing` took the
    /// same sections.
    pub(crate) fn finish(
        mut self,
        indexing: Indexing,
        sequence: Sequence,
        time: EngineTime,
        hash: Option<u128>,
    ) -> Result<Engine, RowsError> {
        let state = &mut self.engine.state;
        let expected = self.expected.ok_or(RowsError::Order { kind: 0 })?;
        known("code", indexing.has_codes_of(state).then_some(()))?;
        let in_memory = u64::from(state.orders.slots());
        let ids = [expected.orders, expected.commands, expected.rejections];
        let pairs = [
            ("orders", expected.orders, in_memory),
            ("orders placed", expected.orders_placed, in_memory + state.archives.orders()),
            ("commands", expected.commands, state.commands().count() as u64),
            ("rejections", expected.rejections, state.rejections().count() as u64),
            ("open orders", expected.totals.open_orders, state.totals.open_orders),
            ("units on hand", expected.totals.on_hand, state.totals.on_hand),
            ("units allocated", expected.totals.allocated, state.totals.allocated),
            ("units held", expected.totals.held, state.totals.held),
            ("units set aside or held", expected.totals.held, holds::units(state)?),
            ("units waiting", expected.totals.backordered, state.totals.backordered),
            ("ids", ids.into_iter().fold(0, u64::saturating_add), indexing.ids()),
        ];
        if let Some((what, kept, found)) = pairs.into_iter().find(|(_, kept, found)| kept != found)
        {
            return Err(RowsError::Sum { what, kept, found });
        }
        known("supply", promises::is_kept(state).then_some(()))?;
        let (orders_hash, index) = indexing.into_parts();
        state.restore_index(orders_hash, index);
        if let Some(kept) = hash.filter(|kept| *kept != state.hash()) {
            return Err(RowsError::StateHash { kept, found: state.hash() });
        }
        state.restore_order_count(expected.orders_placed);
        state.restore_end(sequence, time);
        Ok(self.engine)
    }
}

/// The archive, validated.
pub(super) fn access<T>(bytes: &[u8]) -> Result<&T, RowsError>
where
    T: Portable + for<'a> CheckBytes<HighValidator<'a, Failure>>,
{
    rkyv::access::<T, Failure>(bytes).map_err(|_| RowsError::Archive)
}

/// Takes each row of an archived list; returns how many there were.
fn each<T>(
    bytes: &[u8],
    mut take: impl FnMut(&T) -> Result<(), RowsError>,
) -> Result<usize, RowsError>
where
    ArchivedVec<T>: Portable + for<'a> CheckBytes<HighValidator<'a, Failure>>,
{
    let rows: &ArchivedVec<T> = access(bytes)?;
    rows.iter().try_for_each(&mut take)?;
    Ok(rows.len())
}

fn known<T>(what: &'static str, value: Option<T>) -> Result<T, RowsError> {
    value.ok_or(RowsError::Value { what })
}

fn yes_or_no(what: &'static str, value: u8) -> Result<bool, RowsError> {
    known(what, [false, true].get(usize::from(value)).copied())
}

pub(super) fn code(code: &v1::ArchivedCode) -> Result<&str, RowsError> {
    let bytes = known("code", code.bytes.get(..usize::from(code.length)))?;
    known("code", std::str::from_utf8(bytes).ok())
}

/// A handle that is defined.
fn handle<H: Handle>(what: &'static str, handle: H, defined: usize) -> Result<H, RowsError> {
    known(what, (handle.index() < defined).then_some(handle))
}

fn sku(state: &State, raw: u32) -> Result<Sku, RowsError> {
    handle("SKU", Sku::new(raw), state.catalogue.skus.len())
}

fn warehouse(state: &State, raw: u16) -> Result<Warehouse, RowsError> {
    handle("warehouse", Warehouse::new(raw), state.catalogue.warehouses.len())
}

/// A channel that is defined, or none.
fn channel(state: &State, raw: u16) -> Result<Channel, RowsError> {
    match Channel::new(raw) {
        Channel::NONE => Ok(Channel::NONE),
        channel => handle("channel", channel, state.catalogue.channels.len()),
    }
}

fn zone(state: &State, raw: u16) -> Result<Zone, RowsError> {
    handle("zone", Zone::new(raw), state.catalogue.zones.len())
}

fn add_sku(state: &mut State, row: &v1::ArchivedSku) -> Result<(), RowsError> {
    state.restore_sku(&UpsertSku {
        id: NO_ID,
        order_max: row.order_max.to_native(),
        tracked: yes_or_no("tracked", row.tracked)?,
        backorder: yes_or_no("backorder", row.backorder)?,
        active: yes_or_no("active", row.active)?,
        code: code(&row.code)?,
    });
    Ok(())
}

fn add_warehouse(state: &mut State, row: &v1::ArchivedWarehouse) -> Result<(), RowsError> {
    known("warehouse", (state.catalogue.warehouses.len() < WAREHOUSES_MAX).then_some(()))?;
    state.restore_warehouse(&UpsertWarehouse {
        id: NO_ID,
        priority: row.priority.to_native(),
        active: yes_or_no("active", row.active)?,
        code: code(&row.code)?,
    });
    Ok(())
}

fn add_policy(state: &mut State, row: &v1::ArchivedPolicy) -> Result<(), RowsError> {
    let warehouses = row.warehouses.iter().map(|raw| warehouse(state, raw.to_native()));
    let warehouses = warehouses.map(|handle| handle.map(WarehouseField::new));
    let warehouses: Vec<WarehouseField> = warehouses.collect::<Result<_, _>>()?;
    let skus = row.no_split_skus.iter().map(|raw| sku(state, raw.to_native()));
    let skus: Vec<SkuField> =
        skus.map(|handle| handle.map(SkuField::new)).collect::<Result<_, _>>()?;
    let policy = SetPolicy {
        id: NO_ID,
        objective: known("objective", Objective::from_byte(row.objective))?,
        soft: known("soft rules", Rules::from_bits(row.soft.to_native()))?,
        parcels_max: row.parcels_max.to_native(),
        days_max: row.days_max.to_native(),
        split_value_min: row.split_value_min.to_native(),
        warehouses: &warehouses,
        no_split_skus: &skus,
        code: code(&row.code)?,
    };
    state.restore_policy(&policy, row.version.to_native());
    Ok(())
}

fn add_cost(state: &mut State, row: &v1::ArchivedCost) -> Result<(), RowsError> {
    let warehouse = warehouse(state, row.warehouse.to_native())?;
    let zone = zone(state, row.zone.to_native())?;
    let (parcel, unit) = (row.parcel_cost.to_native(), row.unit_cost.to_native());
    let cost = CostRow::serves(zone, parcel, unit, row.days.to_native());
    state.restore_costs(&SetCosts { id: NO_ID, warehouse, rows: &[cost] });
    Ok(())
}

fn add_assignment(state: &mut State, row: &v1::ArchivedAssignment) -> Result<(), RowsError> {
    let policies = state.catalogue.policies.len();
    state.restore_assignment(&AssignPolicy {
        id: NO_ID,
        channel: channel(state, row.channel.to_native())?,
        policy: handle("policy", Policy::new(row.policy.to_native()), policies)?,
    });
    Ok(())
}

fn add_capacity(state: &mut State, row: &v1::ArchivedCapacity) -> Result<(), RowsError> {
    let bounds = SetCapacity {
        id: NO_ID,
        warehouse: warehouse(state, row.warehouse.to_native())?,
        cut_off_minute: row.cut_off_minute.to_native(),
        orders_per_day_max: row.orders_per_day_max.to_native(),
        units_per_day_max: row.units_per_day_max.to_native(),
    };
    let load = DayLoad {
        day: row.day.to_native(),
        orders: row.day_orders.to_native(),
        units: row.day_units.to_native(),
    };
    state.restore_capacity(&bounds, Sequence::new(row.since.to_native()), load);
    Ok(())
}

fn add_cell(state: &mut State, row: &v1::ArchivedCell) -> Result<(), RowsError> {
    let (sku, warehouse) =
        (sku(state, row.sku.to_native())?, warehouse(state, row.warehouse.to_native())?);
    let cell = Cell {
        on_hand: row.on_hand.to_native(),
        allocated: row.allocated.to_native(),
        held: row.held.to_native(),
        unavailable: row.unavailable.to_native(),
        safety: row.safety.to_native(),
    };
    let set_aside = u64::from(cell.held) + u64::from(cell.unavailable);
    let is_cell = cell.on_hand.max(cell.allocated).max(cell.safety) <= UNITS_PER_CELL_MAX
        && set_aside <= u64::from(cell.on_hand)
        && state.stock.cell(sku, warehouse).is_zero();
    known("stock cell", is_cell.then_some(()))?;
    state.restore_cell(sku, warehouse, &cell);
    Ok(())
}

fn add_fence(state: &mut State, row: &v1::ArchivedPlace) -> Result<(), RowsError> {
    let sku = sku(state, row.sku.to_native())?;
    let warehouse = warehouse(state, row.warehouse.to_native())?;
    let channel = channel(state, row.channel.to_native())?;
    let fence = ReserveRow::new(sku, warehouse, channel, row.value.to_native());
    known("ring-fence", (channel != Channel::NONE).then_some(()))?;
    state.restore_reserves(&SetReserves { id: NO_ID, rows: &[fence] });
    Ok(())
}

fn add_bundle(state: &mut State, row: &v1::ArchivedBundle) -> Result<(), RowsError> {
    let bundle = sku(state, row.sku.to_native())?;
    let parts = row.components.iter();
    let parts = parts
        .map(|[part, units]| Ok(Component::new(sku(state, part.to_native())?, units.to_native())));
    let components: Vec<Component> = parts.collect::<Result<_, RowsError>>()?;
    let is_made_of_some = components.iter().all(|component| component.units() > 0);
    known("bundle", is_made_of_some.then_some(()))?;
    state.restore_bundle(&SetBundle { id: NO_ID, sku: bundle, components: &components });
    Ok(())
}

fn add_price(state: &mut State, row: &v1::ArchivedPlace) -> Result<(), RowsError> {
    let sku = sku(state, row.sku.to_native())?;
    let warehouse = warehouse(state, row.warehouse.to_native())?;
    let price = PriceRow::new(sku, warehouse, row.value.to_native());
    state.restore_prices(&SetShadowPrices { id: NO_ID, clear: false, rows: &[price] });
    Ok(())
}

/// Adds the orders of one section; returns how many there were.
fn add_orders(state: &mut State, section: &v1::ArchivedOrders) -> Result<usize, RowsError> {
    let mut rest = Parts::of(section);
    for order in section.orders.iter() {
        add_order(state, order, rest.take(order)?)?;
    }
    let is_used_up =
        rest.lines.is_empty() && rest.allocations.is_empty() && rest.references.is_empty();
    known("order", is_used_up.then_some(section.orders.len()))
}

/// What lies beside the orders of a section, and has not been taken yet.
#[derive(Clone, Copy)]
pub(super) struct Parts<'a> {
    pub(super) lines: &'a [v1::ArchivedLine],
    pub(super) allocations: &'a [v1::ArchivedAllocation],
    pub(super) references: &'a [u8],
}

impl<'a> Parts<'a> {
    /// All of a section.
    pub(super) fn of(section: &'a v1::ArchivedOrders) -> Self {
        Self {
            lines: &section.lines,
            allocations: &section.allocations,
            references: &section.references,
        }
    }

    pub(super) fn take(&mut self, order: &v1::ArchivedOrder) -> Result<Self, RowsError> {
        let lines = usize::from(order.line_count.to_native());
        let allocations = usize::from(order.allocation_count.to_native());
        Ok(Self {
            lines: take(&mut self.lines, lines)?,
            allocations: take(&mut self.allocations, allocations)?,
            references: take(&mut self.references, order.reference_bytes.into())?,
        })
    }
}

fn take<'a, T>(rows: &mut &'a [T], count: usize) -> Result<&'a [T], RowsError> {
    let (taken, rest) = known("order", rows.split_at_checked(count))?;
    *rows = rest;
    Ok(taken)
}

fn add_order(
    state: &mut State,
    order: &v1::ArchivedOrder,
    parts: Parts<'_>,
) -> Result<(), RowsError> {
    known("order", (is_order(state, order, &parts) && state.orders.has_room()).then_some(()))?;
    zone(state, order.zone.to_native())?;
    channel(state, order.channel.to_native())?;
    let rows = (order_row(order)?, detail_row(order)?);
    let lines = parts.lines.iter().map(line);
    let allocations = parts.allocations.iter().map(allocation);
    state.restore_order(rows, lines, allocations, parts.references);
    Ok(())
}

/// The handles in it are not judged here.
pub(super) fn order_row(order: &v1::ArchivedOrder) -> Result<OrderRow, RowsError> {
    Ok(OrderRow {
        id: CommandId::new(order.id.to_native()),
        placed: Sequence::new(order.placed.to_native()),
        content_hash: order.content_hash.to_native(),
        cost_minor: order.cost_minor.to_native(),
        line_count: order.line_count.to_native(),
        allocation_count: order.allocation_count.to_native(),
        parcels: order.parcels.to_native(),
        zone: Zone::new(order.zone.to_native()),
        short: known("short mode", ShortMode::from_byte(order.short))?,
        priority_class: order.priority_class,
        service_level: order.service_level,
        ..OrderRow::BLANK
    })
}

/// The handles in it are not judged here.
pub(super) fn detail_row(order: &v1::ArchivedOrder) -> Result<OrderDetailRow, RowsError> {
    Ok(OrderDetailRow {
        customer: order.customer.to_native(),
        value_minor: order.value_minor.to_native(),
        placed_time: EngineTime::new(order.placed_time.to_native()),
        currency: order.currency,
        channel: Channel::new(order.channel.to_native()),
        gap: order.gap.to_native(),
        proof: match order.proof {
            0 => None,
            byte => Some(known("proof", Proof::from_byte(byte))?),
        },
        reference_bytes: order.reference_bytes,
        ..OrderDetailRow::BLANK
    })
}

/// Whether lines and allocations name what is there, and every unit is in one bucket.
fn is_order(state: &State, order: &v1::ArchivedOrder, parts: &Parts<'_>) -> bool {
    let (skus, warehouses) = (state.catalogue.skus.len(), state.catalogue.warehouses.len());
    let is_line = |row: &v1::ArchivedLine| {
        let buckets = [row.allocated, row.waiting, row.shipped, row.cancelled];
        let units: u64 = buckets.iter().map(|units| u64::from(units.to_native())).sum();
        (row.sku.to_native() as usize) < skus
            && units == u64::from(row.ordered.to_native())
            && units <= u64::from(QUANTITY_PER_LINE_MAX)
    };
    let is_allocation = |row: &v1::ArchivedAllocation| {
        usize::from(row.warehouse.to_native()) < warehouses
            && usize::from(row.line.to_native()) < parts.lines.len()
    };
    order.id.to_native() != 0
        && parts.lines.len() <= LINES_PER_ORDER_MAX
        && parts.allocations.len() <= LINES_PER_ORDER_MAX * CANDIDATES_PER_ZONE_MAX
        && parts.references.len() <= CODE_BYTES_MAX
        && parts.lines.iter().all(is_line)
        && parts.allocations.iter().all(is_allocation)
}

pub(super) fn line(row: &v1::ArchivedLine) -> LineRow {
    LineRow {
        sku: Sku::new(row.sku.to_native()),
        ordered: row.ordered.to_native(),
        allocated: row.allocated.to_native(),
        waiting: row.waiting.to_native(),
        shipped: row.shipped.to_native(),
        cancelled: row.cancelled.to_native(),
    }
}

pub(super) fn allocation(row: &v1::ArchivedAllocation) -> AllocationRow {
    AllocationRow {
        line: row.line.to_native(),
        warehouse: Warehouse::new(row.warehouse.to_native()),
        allocated: row.allocated.to_native(),
        shipped: row.shipped.to_native(),
    }
}

#[cfg(test)]
mod tests;
