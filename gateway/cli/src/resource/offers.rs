//! What open orders have where, and what a swap between two of them would save: the engine's rules
//! of swaps worked out again, so that only those are asked for that it takes.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use gantry_engine::State;
use gantry_model::{EngineTime, OrderId, OrderStatus, Sequence, Sku, SwapUnits, Warehouse, Zone};

use crate::session::id_or_new;

const NS_PER_DAY: u64 = 86_400_000_000_000;

/// A position in the list of open orders, which is in the order of their placing.
pub(super) type Position = u32;

/// Open orders, and who has units of what where.
pub(super) struct Offers {
    pub(super) orders: Vec<Order>,
    /// Units by SKU, of each order at each warehouse.
    by_sku: Vec<BTreeMap<(Warehouse, Position), u32>>,
    /// By zone and warehouse; nothing where the warehouse does not serve.
    tariffs: Vec<Vec<Option<Tariff>>>,
    /// Whether a warehouse has room for one more order today.
    has_room: Vec<bool>,
}

/// An order, as far as its units have not shipped.
pub(super) struct Order {
    pub(super) id: OrderId,
    zone: Zone,
    parts: BTreeMap<(Sku, Warehouse), u32>,
    places: Vec<Place>,
    /// Where its policy lets it have units, and no bar forbids it.
    may_get: Vec<Warehouse>,
}

struct Place {
    warehouse: Warehouse,
    units: u32,
    has_shipped: bool,
}

#[derive(Clone, Copy)]
struct Tariff {
    parcel: i64,
    unit: i64,
    days: u32,
}

/// What a swap saves; more is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Saving {
    cost_minor: i64,
    parcels: i64,
}

/// Two orders that gain by units of each other.
#[derive(Clone, Copy)]
pub(super) struct Offer {
    pub(super) orders: [Position; 2],
    pub(super) sku: Sku,
    pub(super) warehouses: [Warehouse; 2],
    pub(super) units: u32,
    pub(super) saving: Saving,
}

impl Offers {
    /// What is to be had from the open orders of `state`.
    pub(super) fn new(state: &State, now: EngineTime) -> Self {
        let warehouses = state.catalogue.warehouses.handles();
        let zones = state.catalogue.zones.handles();
        let mut offers = Self {
            orders: Vec::new(),
            by_sku: state.catalogue.skus.handles().map(|_| BTreeMap::new()).collect(),
            tariffs: zones.map(|zone| tariffs(state, zone, now)).collect(),
            has_room: warehouses.map(|it| has_room(state, it, now)).collect(),
        };
        let is_open = |it: &OrderId| {
            let slot = state.order_slot(*it);
            slot.is_some_and(|slot| {
                state.orders.status(state.orders.row(slot)) == OrderStatus::Open
            })
        };
        let rows = state.orders.iter().map(|(row, _)| (row.placed, row.id));
        let mut open: Vec<(Sequence, OrderId)> = rows.filter(|(_, id)| is_open(id)).collect();
        open.sort_unstable();
        for (_, id) in open {
            offers.add(state, id, now);
        }
        offers
    }

    fn add(&mut self, state: &State, id: OrderId, now: EngineTime) {
        let Some(slot) = state.order_slot(id) else { return };
        let (row, detail) = (state.orders.row(slot), state.orders.detail(slot));
        let position = Position::try_from(self.orders.len()).unwrap_or(Position::MAX);
        let (_, policy) = state.policies.of(detail.channel);
        let bars = state.rejected.bars(row.placed);
        let is_barred = |it: Warehouse| bars.iter().any(|bar| bar.0 == it && now < bar.1);
        let zone = row.zone;
        let may_get = |it: &Warehouse| {
            let tariff = self.tariff(zone, *it);
            // A swap keeps soft rules too.
            let may = |tariff: Tariff| policy.allows(*it) && !policy.is_late(tariff.days);
            tariff.is_some_and(may) && !is_barred(*it)
        };
        let may_get = state.catalogue.warehouses.handles().filter(may_get).collect();
        let mut order = Order { id, zone, parts: BTreeMap::new(), places: Vec::new(), may_get };
        let lines = state.orders.lines(row);
        for part in state.orders.allocations(row) {
            let place = order.place_mut(part.warehouse);
            place.units += part.allocated;
            place.has_shipped |= part.shipped > 0;
            if part.allocated > 0 {
                let sku = lines[usize::from(part.line)].sku;
                *order.parts.entry((sku, part.warehouse)).or_default() += part.allocated;
                let cells = &mut self.by_sku[sku.index()];
                *cells.entry((part.warehouse, position)).or_default() += part.allocated;
            }
        }
        self.orders.push(order);
    }

    fn tariff(&self, zone: Zone, warehouse: Warehouse) -> Option<Tariff> {
        self.tariffs.get(zone.index())?.get(warehouse.index()).copied().flatten()
    }

    /// The best swap for an order, if any saves something: by what it saves, then the order of
    /// placing of the other, then its warehouse. At most `partners_max` others are looked at for each
    /// place where the order has units.
    pub(super) fn best(&self, first: Position, partners_max: usize) -> Option<Offer> {
        let order = &self.orders[first as usize];
        let mut best: Option<Offer> = None;
        for (&(sku, here), &units) in &order.parts {
            if self.tariff(order.zone, here).is_none() {
                continue;
            }
            let cells = &self.by_sku[sku.index()];
            // Where all of it may not come, no part of it may.
            let may_come = |there: &Warehouse| {
                *there != here && self.effect(order, [here, *there], units).is_some()
            };
            let elsewhere = order.may_get.iter().copied().filter(may_come);
            let partners = elsewhere.flat_map(|there| cells.range(all_of(there)));
            for (&(there, second), &others) in partners.take(partners_max) {
                let units = units.min(others);
                let offer = |saving| Offer {
                    orders: [first, second],
                    sku,
                    warehouses: [here, there],
                    units,
                    saving,
                };
                let found = self.saving([first, second], [here, there], units).map(offer);
                best = match (best, found) {
                    (Some(best), Some(found)) if found.is_behind(&best) => Some(best),
                    (best, found) => found.or(best),
                };
            }
        }
        best
    }

    /// What two orders save that have so many units of each other; nothing, if they may not.
    fn saving(
        &self,
        [first, second]: [Position; 2],
        [here, there]: [Warehouse; 2],
        units: u32,
    ) -> Option<Saving> {
        if first == second {
            return None;
        }
        let (one, other) = (&self.orders[first as usize], &self.orders[second as usize]);
        let saved = self.effect(one, [here, there], units)?;
        let may = self.may_come(one, there, (other, units))
            && other.may_get.binary_search(&here).is_ok()
            && self.may_come(other, here, (one, units));
        if !may {
            return None;
        }
        let saved_too = self.effect(other, [there, here], units)?;
        let cost_minor = saved.cost_minor + saved_too.cost_minor;
        let parcels = saved.parcels + saved_too.parcels;
        (cost_minor > 0 || cost_minor == 0 && parcels > 0).then_some(Saving { cost_minor, parcels })
    }

    /// Whether a warehouse's day has room for an order, where another leaves so many units.
    fn may_come(&self, order: &Order, warehouse: Warehouse, (other, units): (&Order, u32)) -> bool {
        let is_left = |place: &Place| place.units == units && !place.has_shipped;
        self.has_room[warehouse.index()]
            || order.place(warehouse).is_some_and(|place| place.units > 0 || place.has_shipped)
            || other.place(warehouse).is_some_and(is_left)
    }

    /// What an order saves that has units elsewhere; nothing, if it would have more parcels or days.
    fn effect(&self, order: &Order, [gives, gets]: [Warehouse; 2], units: u32) -> Option<Saving> {
        let (old, new) = (self.tariff(order.zone, gives)?, self.tariff(order.zone, gets)?);
        let (mut cost_minor, mut parcels) = ((old.unit - new.unit) * i64::from(units), 0);
        let is_left = |place: &Place| place.units == units;
        let leaves = order.place(gives).is_some_and(is_left);
        if leaves && !order.has_shipped(gives) {
            cost_minor += old.parcel;
            parcels += 1;
        }
        let comes = order.place(gets).is_none_or(|place| place.units == 0);
        if comes && !order.has_shipped(gets) {
            cost_minor -= new.parcel;
            parcels -= 1;
        }
        if parcels < 0 {
            return None;
        }
        let is_later = comes && new.days > self.days(order);
        (!is_later).then_some(Saving { cost_minor, parcels })
    }

    /// Days until the order's last parcel comes.
    fn days(&self, order: &Order) -> u32 {
        let sending = order.places.iter().filter(|place| place.units > 0);
        let tariffs = sending.filter_map(|place| self.tariff(order.zone, place.warehouse));
        tariffs.map(|tariff| tariff.days).max().unwrap_or(0)
    }

    /// The offer was taken up.
    pub(super) fn carry_out(&mut self, offer: &Offer, state: &State, now: EngineTime) {
        let [here, there] = offer.warehouses;
        for (position, gives, gets) in
            [(offer.orders[0], here, there), (offer.orders[1], there, here)]
        {
            let order = &mut self.orders[position as usize];
            let cells = &mut self.by_sku[offer.sku.index()];
            take(&mut order.parts, (offer.sku, gives), offer.units);
            take(cells, (gives, position), offer.units);
            *order.parts.entry((offer.sku, gets)).or_default() += offer.units;
            *cells.entry((gets, position)).or_default() += offer.units;
            order.place_mut(gives).units -= offer.units;
            order.place_mut(gets).units += offer.units;
            self.has_room[gets.index()] = has_room(state, gets, now);
        }
    }

    /// The command that takes an offer up.
    pub(super) fn command(&self, offer: &Offer) -> SwapUnits {
        let [first, second] = offer.orders.map(|position| self.orders[position as usize].id);
        let [first_warehouse, second_warehouse] = offer.warehouses;
        let (sku, quantity) = (offer.sku, offer.units);
        let id = id_or_new(None);
        SwapUnits { id, first, second, sku, first_warehouse, second_warehouse, quantity }
    }
}

impl Order {
    /// Whether it has units at a warehouse.
    pub(super) fn has_units_at(&self, warehouse: Warehouse) -> bool {
        self.place(warehouse).is_some_and(|place| place.units > 0)
    }

    fn has_shipped(&self, warehouse: Warehouse) -> bool {
        self.place(warehouse).is_some_and(|place| place.has_shipped)
    }

    fn place(&self, warehouse: Warehouse) -> Option<&Place> {
        self.places.iter().find(|place| place.warehouse == warehouse)
    }

    fn place_mut(&mut self, warehouse: Warehouse) -> &mut Place {
        let at = self.places.iter().position(|place| place.warehouse == warehouse);
        let at = at.unwrap_or_else(|| {
            self.places.push(Place { warehouse, units: 0, has_shipped: false });
            self.places.len() - 1
        });
        &mut self.places[at]
    }
}

impl Offer {
    /// Whether another is to be taken before it.
    fn is_behind(&self, best: &Self) -> bool {
        let place = |it: &Self| (it.orders[1], it.warehouses[1]);
        let (mine, its) = (self.saving, best.saving);
        its > mine || its == mine && place(best) <= place(self)
    }
}

fn tariffs(state: &State, zone: Zone, now: EngineTime) -> Vec<Option<Tariff>> {
    let mut tariffs: Vec<Option<Tariff>> =
        state.catalogue.warehouses.handles().map(|_| None).collect();
    for candidate in state.network.candidates(zone) {
        let late = state.capacity.row(candidate.warehouse).days_late(now);
        tariffs[candidate.warehouse.index()] = Some(Tariff {
            parcel: candidate.parcel_cost.into(),
            unit: candidate.unit_cost.into(),
            days: u32::from(candidate.days) + late,
        });
    }
    tariffs
}

fn has_room(state: &State, warehouse: Warehouse, now: EngineTime) -> bool {
    let day = u32::try_from(now.get() / NS_PER_DAY).unwrap_or(u32::MAX);
    state.capacity.orders_left(warehouse, day) > 0
}

/// Every order at a warehouse.
fn all_of(warehouse: Warehouse) -> RangeInclusive<(Warehouse, Position)> {
    (warehouse, 0)..=(warehouse, Position::MAX)
}

fn take<K: Ord>(units: &mut BTreeMap<K, u32>, key: K, taken: u32) {
    if let Some(there) = units.get_mut(&key) {
        *there -= taken;
        if *there == 0 {
            units.remove(&key);
        }
    }
}
