//! What is expected and promised, when orders are given up, and what warehouses reject, as JSON
//! objects.

use gantry_model::{
    ChangeSupply, EngineSecond, ExpectSupply, GiveUp, Promise, ReceiveSupply, RejectUnits,
    SetCancelAt,
};
use serde::Serialize;

use super::UnitsJson;
use super::matching::WaitingLineJson;
use crate::names::{Id, Name, Names, OrderName};
use crate::view::date_ns;

/// Units that will come in.
#[derive(Serialize)]
pub(super) struct ExpectJson<'a> {
    id: Id,
    supply: Id,
    sku: Name<'a>,
    warehouse: Option<Name<'a>>,
    quantity: u32,
    eta_time_ns: u64,
}

/// Another quantity, another time.
#[derive(Serialize)]
pub(super) struct ChangeJson {
    id: Id,
    supply: Id,
    quantity: u32,
    eta_time_ns: u64,
}

/// Units of a supply that came in.
#[derive(Serialize)]
pub(super) struct ReceiptJson {
    id: Id,
    supply: Id,
    quantity: u32,
}

/// When what an order still waits for is given up.
#[derive(Serialize)]
pub(super) struct CancelAtJson<'a> {
    id: Id,
    order: OrderName<'a>,
    order_id: Id,
    /// `null` if never.
    cancel_at_time_ns: Option<u64>,
}

/// Units that cannot leave their warehouses.
#[derive(Serialize)]
pub(super) struct RejectJson<'a> {
    id: Id,
    order: OrderName<'a>,
    order_id: Id,
    cause: &'static str,
    cool_down_seconds: u32,
    units: Vec<UnitsJson<'a>>,
}

/// Promises that were made anew.
#[derive(Serialize)]
pub(super) struct PromiseJson<'a> {
    sku: Name<'a>,
    /// The last line without a promise that was looked at; `null` if there was none.
    last: Option<WaitingLineJson<'a>>,
    /// `over`, or `goes_on` with the line behind the last.
    end: &'static str,
}

/// An order that is given up.
#[derive(Serialize)]
pub(super) struct GiveUpJson<'a> {
    order: OrderName<'a>,
    order_id: Id,
    cancel_at_time_ns: u64,
}

impl<'a> ExpectJson<'a> {
    pub(super) fn new(supply: &ExpectSupply, names: &'a Names) -> Self {
        let id = Id(supply.id.get());
        Self {
            id,
            supply: id,
            sku: names.sku(supply.sku),
            warehouse: names.warehouse(supply.warehouse),
            quantity: supply.quantity,
            eta_time_ns: ns(supply.eta),
        }
    }
}

impl ChangeJson {
    pub(super) fn new(change: &ChangeSupply) -> Self {
        let (id, supply) = (Id(change.id.get()), Id(change.supply.get()));
        Self { id, supply, quantity: change.quantity, eta_time_ns: ns(change.eta) }
    }
}

impl ReceiptJson {
    pub(super) fn new(receipt: &ReceiveSupply) -> Self {
        let (id, supply) = (Id(receipt.id.get()), Id(receipt.supply.get()));
        Self { id, supply, quantity: receipt.quantity }
    }
}

impl<'a> CancelAtJson<'a> {
    pub(super) fn new(command: &SetCancelAt, names: &'a Names) -> Self {
        let order = names.order(command.order);
        Self {
            id: Id(command.id.get()),
            order,
            order_id: order.id,
            cancel_at_time_ns: date_ns(command.cancel_at),
        }
    }
}

impl<'a> RejectJson<'a> {
    pub(super) fn new(rejected: &RejectUnits<'a>, names: &'a Names) -> Self {
        let order = names.order(rejected.order);
        let units = rejected.units.iter().map(|units| UnitsJson::new(units, names));
        Self {
            id: Id(rejected.id.get()),
            order,
            order_id: order.id,
            cause: rejected.cause.name(),
            cool_down_seconds: rejected.cool_down_seconds,
            units: units.collect(),
        }
    }
}

impl<'a> PromiseJson<'a> {
    pub(super) fn new(promise: &Promise, names: &'a Names) -> Self {
        Self {
            sku: names.sku(promise.sku),
            last: WaitingLineJson::new(promise.last, names),
            end: promise.end.name(),
        }
    }
}

impl<'a> GiveUpJson<'a> {
    pub(super) fn new(given_up: &GiveUp, names: &'a Names) -> Self {
        let order = names.order(given_up.order);
        Self { order, order_id: order.id, cancel_at_time_ns: ns(given_up.cancel_at) }
    }
}

const fn ns(second: EngineSecond) -> u64 {
    second.begins().get()
}
