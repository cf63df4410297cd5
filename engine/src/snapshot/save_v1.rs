//! The rows of a state, as version 1 keeps them.

mod promises;

use std::collections::BTreeMap;

use gantry_model::{Channel, Policy, Proof, Sku, WaitKey};
use rkyv::Serialize;
use rkyv::api::high::HighSerializer;
use rkyv::rancor::Error;
use rkyv::ser::allocator::ArenaHandle;
use rkyv::util::AlignedVec;

use super::rows_v1::{self as v1, Kind, SECTION_ROWS_MAX};
use crate::state::{ArchiveRow, Bar, ClosedRow, DueRow, OrderView, State, Sweeping};
use crate::{CapacityRow, Engine};

/// One section as it goes into the file.
#[derive(Debug)]
pub(crate) struct Section<'a> {
    pub(crate) kind: Kind,
    pub(crate) rows: usize,
    pub(crate) bytes: &'a [u8],
}

/// Takes sections, in order. What it fails with ends the walk.
type Sink<'a, E> = dyn FnMut(Section<'_>) -> Result<(), E> + 'a;

/// Hands every row of the state to `sink`, a section at a time.
pub(crate) fn save<E>(engine: &Engine, sink: &mut Sink<'_, E>) -> Result<(), E> {
    let state = engine.state();
    put(Kind::Settings, std::iter::once(settings(engine)), sink)?;
    save_catalogue(state, sink)?;
    save_sourcing(state, sink)?;
    put(Kind::Cells, cells(state), sink)?;
    put(Kind::Fences, state.fences.iter().map(place), sink)?;
    let bundles = state.bundles.iter().map(|(sku, components)| v1::Bundle {
        sku: sku.get(),
        components: components.iter().map(|part| [part.sku().get(), part.units()]).collect(),
    });
    put(Kind::Bundles, bundles, sink)?;
    put(Kind::Prices, state.prices.iter().map(place), sink)?;
    save_orders(state, sink)?;
    let commands = state.commands().map(|row| v1::Command {
        id: row.id.get(),
        content_hash: row.content_hash,
        sequence: row.sequence.get(),
    });
    put(Kind::Commands, commands, sink)?;
    let rejections = state.rejections().map(|row| v1::Rejection {
        id: row.id.get(),
        content_hash: row.content_hash,
        sequence: row.sequence.get(),
        reason: row.reason.number(),
        reserved: [0; 14],
    });
    put(Kind::Rejections, rejections, sink)?;
    put(Kind::Closed, closed(state).into_iter(), sink)?;
    put(Kind::Archives, state.archives.rows().iter().map(archive), sink)?;
    put(Kind::Due, state.matching.due().map(due), sink)?;
    put(Kind::SetAside, state.matching.set_aside.iter().map(place), sink)?;
    save_holds(state, sink)?;
    put(Kind::Supplies, state.supplies.iter().map(promises::supply), sink)?;
    put(Kind::Promises, promises::promises(state).into_iter(), sink)?;
    put(Kind::Reviews, state.reviews.iter().map(promises::review), sink)?;
    put(Kind::DueDates, state.matching.due().filter_map(promises::due_date), sink)?;
    save_open(state, sink)?;
    let sweeping = Some(state.sweeping).filter(|row| *row != Sweeping::default());
    put(Kind::Sweep, sweeping.iter().map(sweep), sink)
}

fn sweep(row: &Sweeping) -> v1::Sweep {
    v1::Sweep {
        begun: row.begun.get(),
        next: row.next.map_or(0, Sku::get),
        is_asked: row.is_asked.into(),
        is_under_way: row.next.is_some().into(),
        reserved: [0; 2],
    }
}

fn due((sku, row): (Sku, DueRow)) -> v1::Due {
    let WaitKey { priority_class, placed, line, .. } = row.after.unwrap_or(WaitKey::FIRST);
    v1::Due {
        since: row.since.get(),
        placed: placed.get(),
        sku: sku.get(),
        line,
        priority_class,
        is_begun: row.after.is_some().into(),
    }
}

/// Sections of one kind; none where there are no rows.
fn put<R, E>(kind: Kind, rows: impl Iterator<Item = R>, sink: &mut Sink<'_, E>) -> Result<(), E>
where
    Vec<R>: for<'a> Serialize<HighSerializer<AlignedVec, ArenaHandle<'a>, Error>>,
{
    let mut rows = rows.peekable();
    while rows.peek().is_some() {
        let section: Vec<R> = rows.by_ref().take(SECTION_ROWS_MAX).collect();
        sink(Section { kind, rows: section.len(), bytes: &archived(&section) })?;
    }
    Ok(())
}

fn archived<R>(rows: &R) -> AlignedVec
where
    R: for<'a> Serialize<HighSerializer<AlignedVec, ArenaHandle<'a>, Error>>,
{
    rkyv::to_bytes::<Error>(rows).expect("invariant: a section is far below 2^31 bytes")
}

fn settings(engine: &Engine) -> v1::Settings {
    let state = engine.state();
    let (limits, totals) = (&state.limits, &state.totals);
    v1::Settings {
        last_mark: engine.last_mark.get(),
        orders_placed: state.orders.count(),
        orders: state.orders.used_slots().count() as u64,
        commands: state.commands().count() as u64,
        rejections: state.rejections().count() as u64,
        open_orders: totals.open_orders,
        on_hand: totals.on_hand,
        allocated: totals.allocated,
        held: totals.held,
        backordered: totals.backordered,
        lines_per_order_max: limits.lines_per_order_max,
        quantity_per_line_max: limits.quantity_per_line_max,
        rejections_remembered_max: limits.rejections_remembered_max,
        sourcing_steps_max: limits.sourcing_steps_max,
    }
}

fn code(code: &gantry_model::Code) -> v1::Code {
    let text = code.as_bytes();
    let mut bytes = [0; v1::CODE_BYTES];
    bytes[..text.len()].copy_from_slice(text);
    v1::Code { bytes, length: u8::try_from(text.len()).expect("invariant: at most 40") }
}

fn save_catalogue<E>(state: &State, sink: &mut Sink<'_, E>) -> Result<(), E> {
    let catalogue = &state.catalogue;
    let skus = catalogue.skus.handles().zip(&catalogue.sku_rows).map(|(sku, row)| v1::Sku {
        order_max: row.order_max,
        tracked: row.tracked.into(),
        backorder: row.backorder.into(),
        active: row.active.into(),
        code: code(catalogue.skus.code(sku)),
    });
    put(Kind::Skus, skus, sink)?;
    let warehouses = catalogue.warehouses.handles().zip(&catalogue.warehouse_rows);
    let warehouses = warehouses.map(|(warehouse, row)| v1::Warehouse {
        priority: row.priority,
        active: row.active.into(),
        code: code(catalogue.warehouses.code(warehouse)),
    });
    put(Kind::Warehouses, warehouses, sink)?;
    let zones = catalogue.zones.handles().map(|zone| code(catalogue.zones.code(zone)));
    put(Kind::Zones, zones, sink)?;
    let channels = catalogue.channels.handles();
    put(Kind::Channels, channels.map(|channel| code(catalogue.channels.code(channel))), sink)
}

fn save_sourcing<E>(state: &State, sink: &mut Sink<'_, E>) -> Result<(), E> {
    let catalogue = &state.catalogue;
    let policies = catalogue.policies.handles().zip(state.policies.rows());
    let policies = policies.map(|(policy, row)| v1::Policy {
        split_value_min: row.split_value_min,
        version: row.version,
        warehouses: row.warehouses.iter().map(|warehouse| warehouse.get()).collect(),
        no_split_skus: row.no_split_skus.iter().map(|sku| sku.get()).collect(),
        soft: row.soft.bits(),
        parcels_max: row.parcels_max,
        days_max: row.days_max,
        objective: row.objective.number(),
        reserved: [0; 4],
        code: code(catalogue.policies.code(policy)),
    });
    put(Kind::Policies, policies, sink)?;
    let costs = catalogue.zones.handles().flat_map(|zone| {
        state.network.serving(zone).iter().map(move |candidate| v1::Cost {
            parcel_cost: candidate.parcel_cost,
            unit_cost: candidate.unit_cost,
            zone: zone.get(),
            warehouse: candidate.warehouse.get(),
            days: candidate.days,
            reserved: [0; 2],
        })
    });
    put(Kind::Costs, costs, sink)?;
    let channels = catalogue.channels.handles().chain([Channel::NONE]);
    let assigned = channels.map(|channel| (channel, state.policies.assigned(channel)));
    let assigned = assigned.filter(|(_, policy)| *policy != Policy::NONE);
    let assigned = assigned
        .map(|(channel, policy)| v1::Assignment { channel: channel.get(), policy: policy.get() });
    put(Kind::Assignments, assigned, sink)?;
    let capacities = catalogue.warehouses.handles().filter_map(|warehouse| {
        let (row, load) = (state.capacity.row(warehouse), state.capacity.load(warehouse));
        // What was counted goes with the last bound.
        (*row != CapacityRow::ANY).then_some(v1::Capacity {
            since: state.capacity.since(warehouse).get(),
            orders_per_day_max: row.orders_per_day_max,
            units_per_day_max: row.units_per_day_max,
            day: load.day,
            day_orders: load.orders,
            day_units: load.units,
            warehouse: warehouse.get(),
            cut_off_minute: row.cut_off_minute,
        })
    });
    put(Kind::Capacities, capacities, sink)
}

fn cells(state: &State) -> impl Iterator<Item = v1::Cell> {
    let catalogue = &state.catalogue;
    let places = catalogue
        .skus
        .handles()
        .flat_map(|sku| catalogue.warehouses.handles().map(move |warehouse| (sku, warehouse)));
    places.filter_map(|(sku, warehouse)| {
        let cell = state.stock.cell(sku, warehouse);
        (!cell.is_zero()).then_some(v1::Cell {
            sku: sku.get(),
            on_hand: cell.on_hand,
            allocated: cell.allocated,
            held: cell.held,
            unavailable: cell.unavailable,
            safety: cell.safety,
            warehouse: warehouse.get(),
            reserved: [0; 2],
        })
    })
}

fn place((sku, row): (gantry_model::Sku, crate::PlaceRow)) -> v1::Place {
    v1::Place {
        sku: sku.get(),
        value: row.value,
        warehouse: row.warehouse.get(),
        channel: row.channel.get(),
    }
}

fn save_orders<E>(state: &State, sink: &mut Sink<'_, E>) -> Result<(), E> {
    let mut section = v1::Orders::default();
    for slot in state.orders.used_slots() {
        add_order(&mut section, &state.orders.view(slot));
        let longest = section.lines.len().max(section.allocations.len());
        if longest.max(section.orders.len()) >= SECTION_ROWS_MAX {
            put_orders(&mut section, sink)?;
        }
    }
    if section.orders.is_empty() { Ok(()) } else { put_orders(&mut section, sink) }
}

fn put_orders<E>(section: &mut v1::Orders, sink: &mut Sink<'_, E>) -> Result<(), E> {
    let rows = section.orders.len();
    sink(Section { kind: Kind::Orders, rows, bytes: &archived(section) })?;
    section.orders.clear();
    section.lines.clear();
    section.allocations.clear();
    section.references.clear();
    Ok(())
}

fn add_order(section: &mut v1::Orders, order: &OrderView<'_>) {
    let OrderView { row, detail, lines, allocations, reference } = *order;
    section.orders.push(v1::Order {
        id: row.id.get(),
        customer: detail.customer,
        placed: row.placed.get(),
        placed_time: detail.placed_time.get(),
        content_hash: row.content_hash,
        value_minor: detail.value_minor,
        cost_minor: row.cost_minor,
        gap: detail.gap,
        currency: detail.currency,
        line_count: row.line_count,
        allocation_count: row.allocation_count,
        parcels: row.parcels,
        zone: row.zone.get(),
        channel: detail.channel.get(),
        short: row.short.number(),
        priority_class: row.priority_class,
        service_level: row.service_level,
        proof: detail.proof.map_or(0, Proof::number),
        reference_bytes: detail.reference_bytes,
        reserved: 0,
    });
    section.lines.extend(lines.iter().map(|line| v1::Line {
        sku: line.sku.get(),
        ordered: line.ordered,
        allocated: line.allocated,
        waiting: line.waiting,
        shipped: line.shipped,
        cancelled: line.cancelled,
    }));
    section.allocations.extend(allocations.iter().map(|row| v1::Allocation {
        allocated: row.allocated,
        shipped: row.shipped,
        line: row.line,
        warehouse: row.warehouse.get(),
    }));
    section.references.extend_from_slice(reference);
}

fn save_holds<E>(state: &State, sink: &mut Sink<'_, E>) -> Result<(), E> {
    let mut section = v1::Holds::default();
    for hold in state.holds.by_end() {
        section.holds.push(v1::Hold {
            id: hold.id.get(),
            owner: hold.owner,
            placed: hold.placed.get(),
            expires: hold.expires.get(),
            place_count: hold.row_count,
            reserved: [0; 14],
        });
        section.places.extend(state.holds.rows(hold).iter().map(|row| v1::HeldUnits {
            sku: row.sku.get(),
            units: row.units,
            line: row.line,
            warehouse: row.warehouse.get(),
        }));
        if section.holds.len().max(section.places.len()) >= SECTION_ROWS_MAX {
            put_holds(&mut section, sink)?;
        }
    }
    if section.holds.is_empty() { Ok(()) } else { put_holds(&mut section, sink) }
}

fn put_holds<E>(section: &mut v1::Holds, sink: &mut Sink<'_, E>) -> Result<(), E> {
    let rows = section.holds.len();
    sink(Section { kind: Kind::Holds, rows, bytes: &archived(section) })?;
    section.holds.clear();
    section.places.clear();
    Ok(())
}

/// The place among the orders that were saved of each slot in `slots`, which is that among the
/// slots in use.
fn places(state: &State, slots: impl Iterator<Item = u32>) -> BTreeMap<u32, u32> {
    let mut slots: Vec<u32> = slots.collect();
    slots.sort_unstable();
    let mut used = (0..).zip(state.orders.used_slots()).peekable();
    let place = |slot: u32| {
        while used.next_if(|(_, used)| *used < slot).is_some() {}
        let (order, found) = *used.peek().expect("invariant: the order is in memory");
        assert_eq!(slot, found, "the order is in memory");
        (slot, order)
    };
    slots.into_iter().map(place).collect()
}

fn closed(state: &State) -> Vec<v1::Closed> {
    let rows: Vec<ClosedRow> = state.archives.closed.iter().copied().collect();
    let places = places(state, rows.iter().map(|row| row.slot));
    let closed = |row: &ClosedRow| {
        let order = places[&row.slot];
        v1::Closed { closed: row.closed.get(), order, reserved: [0; 4] }
    };
    let mut closed: Vec<v1::Closed> = rows.iter().map(closed).collect();
    // A record closes one order at most.
    closed.sort_unstable_by_key(|row| row.closed);
    closed
}

/// What only open orders have.
fn save_open<E>(state: &State, sink: &mut Sink<'_, E>) -> Result<(), E> {
    let places_of = places(state, state.deadlines.iter().map(|(_, _, slot)| slot));
    let deadlines = state
        .deadlines
        .iter()
        .map(|(at, _, slot)| v1::CancelAt { order: places_of[&slot], cancel_at: at.get() });
    put(Kind::CancelAt, deadlines, sink)?;
    let places_of = places(state, state.rejected.iter().map(|(_, slot, _)| slot));
    let rejected = state.rejected.iter().map(|(_, slot, row)| v1::Rejected {
        order: places_of[&slot],
        rejections: row.rejections,
        bars: row.bars.iter().map(bar).collect(),
    });
    put(Kind::Rejected, rejected, sink)
}

fn bar((warehouse, until): &Bar) -> v1::Bar {
    v1::Bar { until: until.get(), warehouse: warehouse.get(), reserved: [0; 6] }
}

fn archive(row: &ArchiveRow) -> v1::ArchiveFile {
    v1::ArchiveFile {
        number: row.number,
        hash: row.hash,
        orders_total: row.orders_total,
        commands_total: row.commands_total,
        orders_retired: row.orders_retired,
        commands_retired: row.commands_retired,
    }
}
