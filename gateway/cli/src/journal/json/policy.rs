//! The commands that shape sourcing, in a dump: policies, capacity, reserves, bundles, shadow
//! prices. `null` stands where a bound or a rule is not set.

use gantry_model::{
    AssignPolicy, PARCELS_PER_ORDER_MAX, Rule, SetBundle, SetCapacity, SetPolicy, SetReserves,
    SetShadowPrices,
};
use serde::Serialize;

use crate::names::{Id, Name, Names};

#[derive(Serialize)]
pub(super) struct PolicyJson<'a> {
    id: Id,
    policy: &'a str,
    objective: &'static str,
    parcels_max: Option<u16>,
    days_max: Option<u16>,
    split_value_min_minor: Option<i64>,
    warehouses: Vec<Option<Name<'a>>>,
    no_split_skus: Vec<Name<'a>>,
    soft: Vec<&'static str>,
}

#[derive(Serialize)]
pub(super) struct AssignJson<'a> {
    id: Id,
    /// `null`: every channel without a policy of its own.
    channel: Option<Name<'a>>,
    /// `null`: the channel has none of its own any more.
    policy: Option<Name<'a>>,
}

#[derive(Serialize)]
pub(super) struct CapacityJson<'a> {
    id: Id,
    warehouse: Option<Name<'a>>,
    cut_off_minute: Option<u16>,
    orders_per_day_max: Option<u32>,
    units_per_day_max: Option<u32>,
}

#[derive(Serialize)]
pub(super) struct ReservesJson<'a> {
    id: Id,
    rows: Vec<ReserveJson<'a>>,
}

#[derive(Serialize)]
struct ReserveJson<'a> {
    sku: Name<'a>,
    warehouse: Option<Name<'a>>,
    /// `null`: safety stock.
    channel: Option<Name<'a>>,
    units: u32,
}

#[derive(Serialize)]
pub(super) struct BundleJson<'a> {
    id: Id,
    sku: Name<'a>,
    components: Vec<ComponentJson<'a>>,
}

#[derive(Serialize)]
struct ComponentJson<'a> {
    sku: Name<'a>,
    units: u32,
}

#[derive(Serialize)]
pub(super) struct PricesJson<'a> {
    id: Id,
    clear: bool,
    rows: Vec<PriceJson<'a>>,
}

#[derive(Serialize)]
struct PriceJson<'a> {
    sku: Name<'a>,
    warehouse: Option<Name<'a>>,
    price_minor: u32,
}

impl<'a> PolicyJson<'a> {
    pub(super) fn new(policy: &SetPolicy<'a>, names: &'a Names) -> Self {
        let warehouses = policy.warehouses.iter();
        Self {
            id: Id(policy.id.get()),
            policy: policy.code,
            objective: policy.objective.name(),
            parcels_max: bound(policy.parcels_max, PARCELS_PER_ORDER_MAX),
            days_max: bound(policy.days_max, u16::MAX),
            split_value_min_minor: bound(policy.split_value_min, 0),
            warehouses: warehouses.map(|field| names.warehouse(field.get())).collect(),
            no_split_skus: policy.no_split_skus.iter().map(|sku| names.sku(sku.get())).collect(),
            soft: policy.soft.iter().map(Rule::name).collect(),
        }
    }
}

impl<'a> AssignJson<'a> {
    pub(super) fn new(assign: &AssignPolicy, names: &'a Names) -> Self {
        Self {
            id: Id(assign.id.get()),
            channel: names.channel(assign.channel),
            policy: names.policy(assign.policy),
        }
    }
}

impl<'a> CapacityJson<'a> {
    pub(super) fn new(capacity: &SetCapacity, names: &'a Names) -> Self {
        Self {
            id: Id(capacity.id.get()),
            warehouse: names.warehouse(capacity.warehouse),
            cut_off_minute: bound(capacity.cut_off_minute, u16::MAX),
            orders_per_day_max: bound(capacity.orders_per_day_max, u32::MAX),
            units_per_day_max: bound(capacity.units_per_day_max, u32::MAX),
        }
    }
}

impl<'a> ReservesJson<'a> {
    pub(super) fn new(reserves: &SetReserves<'a>, names: &'a Names) -> Self {
        let rows = reserves.rows.iter().map(|row| ReserveJson {
            sku: names.sku(row.sku()),
            warehouse: names.warehouse(row.warehouse()),
            channel: names.channel(row.channel()),
            units: row.units(),
        });
        Self { id: Id(reserves.id.get()), rows: rows.collect() }
    }
}

impl<'a> BundleJson<'a> {
    pub(super) fn new(bundle: &SetBundle<'a>, names: &'a Names) -> Self {
        let components = bundle
            .components
            .iter()
            .map(|part| ComponentJson { sku: names.sku(part.sku()), units: part.units() });
        Self {
            id: Id(bundle.id.get()),
            sku: names.sku(bundle.sku),
            components: components.collect(),
        }
    }
}

impl<'a> PricesJson<'a> {
    pub(super) fn new(prices: &SetShadowPrices<'a>, names: &'a Names) -> Self {
        let rows = prices.rows.iter().map(|row| PriceJson {
            sku: names.sku(row.sku()),
            warehouse: names.warehouse(row.warehouse()),
            price_minor: row.price(),
        });
        Self { id: Id(prices.id.get()), clear: prices.clear, rows: rows.collect() }
    }
}

/// A figure, unless it is the one that says "not set".
fn bound<T: PartialEq>(figure: T, not_set: T) -> Option<T> {
    (figure != not_set).then_some(figure)
}
