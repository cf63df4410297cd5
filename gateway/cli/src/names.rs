//! The names behind handles and sequences, learned from records alone: what a dump shows instead
//! of numbers.
//!
//! Memory follows orders: about a hundred bytes each, because a later record may name any of them.

use std::collections::{BTreeMap, HashMap};

use gantry_engine::{CodeTable, State};
use gantry_model::{
    Channel, Code, Command, Handle, HoldId, Movement, MovementKind, OrderId, PlaceOrder, Policy,
    Record, Sequence, Sku, SupplyId, Warehouse, Zone,
};
use serde::{Serialize, Serializer};

/// Everything that has a name.
#[derive(Default)]
pub(crate) struct Names {
    skus: Vec<Code>,
    warehouses: Vec<Code>,
    zones: Vec<Code>,
    channels: Vec<Code>,
    policies: Vec<Code>,
    orders: OrderNames,
    /// By the record that placed the hold.
    holds: BTreeMap<Sequence, HoldId>,
    /// By the record that announced the supply.
    supplies: BTreeMap<Sequence, SupplyId>,
}

/// The code of a handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Name<'a> {
    /// The code.
    Known(&'a str),
    /// No record defined this handle: the journal is wrong, and still shown.
    Unknown(u32),
}

/// An order as people and programs know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OrderName<'a> {
    /// Its id.
    pub(crate) id: Id,
    /// The shop's own number, or empty.
    pub(crate) reference: &'a str,
}

/// A 128-bit id, shown as a UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Id(pub(crate) u128);

/// Placed orders in order of their sequence, findable by id too.
#[derive(Default)]
struct OrderNames {
    rows: Vec<OrderNameRow>,
    references: String,
    by_id: HashMap<OrderId, usize>,
}

struct OrderNameRow {
    sequence: Sequence,
    id: OrderId,
    reference_start: usize,
    reference_end: usize,
}

impl Names {
    /// The names that a state knows: those that trimmed records gave.
    pub(crate) fn of_state(state: &State) -> Self {
        let catalogue = &state.catalogue;
        let mut names = Self {
            skus: codes(&catalogue.skus),
            warehouses: codes(&catalogue.warehouses),
            zones: codes(&catalogue.zones),
            channels: codes(&catalogue.channels),
            policies: codes(&catalogue.policies),
            orders: OrderNames::default(),
            holds: state.holds.by_end().map(|hold| (hold.placed, hold.id)).collect(),
            supplies: state.supplies.iter().map(|supply| (supply.placed, supply.id)).collect(),
        };
        let mut orders: Vec<_> = state.orders.iter().collect();
        orders.sort_unstable_by_key(|(row, _)| row.placed);
        for (row, detail) in orders {
            let reference = String::from_utf8_lossy(state.orders.reference(detail));
            names.orders.learn(row.placed, row.id, &reference);
        }
        names
    }

    /// Notes what an accepted record defines. Whether handles are dense is not judged here.
    pub(crate) fn learn(&mut self, record: &Record<'_>) {
        if !record.outcome.head.is_accepted() {
            return;
        }
        let handle = record.outcome.head.handle();
        match &record.command {
            Command::PlaceOrder(order) => {
                self.orders.learn(record.sequence, order.id, order.reference);
            }
            Command::PlaceHold(hold) => {
                self.holds.insert(record.sequence, hold.id);
            }
            Command::ExpectSupply(supply) => {
                self.supplies.insert(record.sequence, supply.id);
            }
            Command::UpsertSku(sku) => note(&mut self.skus, handle, sku.code),
            Command::UpsertWarehouse(warehouse) => {
                note(&mut self.warehouses, handle, warehouse.code);
            }
            Command::UpsertZone(zone) => note(&mut self.zones, handle, zone.code),
            Command::UpsertChannel(channel) => note(&mut self.channels, handle, channel.code),
            Command::SetPolicy(policy) => note(&mut self.policies, handle, policy.code),
            _ => {}
        }
    }

    /// The SKU's code.
    pub(crate) fn sku(&self, sku: Sku) -> Name<'_> {
        name(&self.skus, sku.get())
    }

    /// The warehouse's code, if there is a warehouse.
    pub(crate) fn warehouse(&self, warehouse: Warehouse) -> Option<Name<'_>> {
        (warehouse != Warehouse::NONE).then(|| name(&self.warehouses, warehouse.get().into()))
    }

    /// The zone's code.
    pub(crate) fn zone(&self, zone: Zone) -> Name<'_> {
        name(&self.zones, zone.get().into())
    }

    /// The zone's code, if there is a zone.
    pub(crate) fn zone_if_any(&self, zone: Zone) -> Option<Name<'_>> {
        (zone != Zone::NONE).then(|| self.zone(zone))
    }

    /// The channel's code, if there is a channel.
    pub(crate) fn channel(&self, channel: Channel) -> Option<Name<'_>> {
        (channel != Channel::NONE).then(|| name(&self.channels, channel.get().into()))
    }

    /// The policy's code, if there is a policy.
    pub(crate) fn policy(&self, policy: Policy) -> Option<Name<'_>> {
        (policy != Policy::NONE).then(|| name(&self.policies, policy.get().into()))
    }

    /// The order that this command places or would have placed.
    pub(crate) fn placing<'a>(order: &PlaceOrder<'a>) -> OrderName<'a> {
        OrderName { id: Id(order.id.get()), reference: order.reference }
    }

    /// The order that the record of this sequence placed.
    pub(crate) fn order_placed(&self, sequence: Sequence) -> Option<OrderName<'_>> {
        let rows = &self.orders.rows;
        // Most movements speak of the order just placed.
        let index = match rows.last() {
            Some(last) if last.sequence == sequence => rows.len() - 1,
            _ => rows.binary_search_by_key(&sequence, |row| row.sequence).ok()?,
        };
        Some(self.orders.name(index))
    }

    /// The hold that the record of this sequence placed.
    pub(crate) fn hold_placed(&self, sequence: Sequence) -> Option<Id> {
        self.holds.get(&sequence).map(|hold| Id(hold.get()))
    }

    /// The supply that the record of this sequence announced.
    pub(crate) fn supply_placed(&self, sequence: Sequence) -> Option<Id> {
        self.supplies.get(&sequence).map(|supply| Id(supply.get()))
    }

    /// The supply of which a movement promises units, or does no longer.
    pub(crate) fn supply_of(&self, movement: &Movement) -> Option<Id> {
        let is_its = matches!(movement.kind(), MovementKind::Promised | MovementKind::Unpromised);
        is_its.then(|| self.supply_placed(movement.cause())).flatten()
    }

    /// The order with this id; its id alone if no record placed it.
    pub(crate) fn order(&self, id: OrderId) -> OrderName<'_> {
        match self.orders.by_id.get(&id) {
            Some(index) => self.orders.name(*index),
            None => OrderName { id: Id(id.get()), reference: "" },
        }
    }
}

impl OrderNames {
    fn learn(&mut self, sequence: Sequence, id: OrderId, reference: &str) {
        let reference_start = self.references.len();
        self.references.push_str(reference);
        let reference_end = self.references.len();
        self.by_id.insert(id, self.rows.len());
        self.rows.push(OrderNameRow { sequence, id, reference_start, reference_end });
    }

    fn name(&self, index: usize) -> OrderName<'_> {
        let row = &self.rows[index];
        let reference = &self.references[row.reference_start..row.reference_end];
        OrderName { id: Id(row.id.get()), reference }
    }
}

fn codes<H: Handle>(table: &CodeTable<H>) -> Vec<Code> {
    table.handles().map(|handle| *table.code(handle)).collect()
}

fn note(codes: &mut Vec<Code>, handle: Option<u32>, code: &str) {
    // A handle out of turn stays unknown; `journal verify` names it.
    if handle.is_some_and(|handle| handle as usize == codes.len()) {
        codes.push(Code::new(code).expect("invariant: checked when the record was parsed"));
    }
}

fn name(codes: &[Code], handle: u32) -> Name<'_> {
    codes.get(handle as usize).map_or(Name::Unknown(handle), |code| Name::Known(code.as_str()))
}

impl std::fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Known(code) => f.write_str(code),
            Self::Unknown(handle) => write!(f, "#{handle}"),
        }
    }
}

impl Serialize for Name<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Known(code) => serializer.serialize_str(code),
            Self::Unknown(_) => serializer.collect_str(self),
        }
    }
}

impl std::fmt::Display for OrderName<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.reference.is_empty() { self.id.fmt(f) } else { f.write_str(self.reference) }
    }
}

impl Serialize for OrderName<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.reference.is_empty() {
            self.id.serialize(serializer)
        } else {
            serializer.serialize_str(self.reference)
        }
    }
}

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        uuid::Uuid::from_u128(self.0).hyphenated().fmt(f)
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = uuid::Uuid::encode_buffer();
        let uuid = uuid::Uuid::from_u128(self.0);
        serializer.serialize_str(uuid.hyphenated().encode_lower(&mut text))
    }
}
