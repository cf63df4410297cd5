//! What becomes of orders later, as JSON objects: looks at waiting lines, commands about them, and
//! sourcing again.

use gantry_model::{Match, MatchAgain, ResourceOrder, Sequence, SetPriority, WaitKey};
use serde::Serialize;

use crate::names::{Id, Name, Names, OrderName};
use crate::view::date_ns;

/// A look at lines that wait for a SKU.
#[derive(Serialize)]
pub(super) struct MatchJson<'a> {
    sku: Name<'a>,
    /// The last line that was looked at; `null` if there was none.
    last: Option<WaitingLineJson<'a>>,
    /// `over`, or `goes_on` with the line behind the last.
    end: &'static str,
}

/// A line that waits.
#[derive(Serialize)]
pub(super) struct WaitingLineJson<'a> {
    order: Option<OrderName<'a>>,
    order_id: Option<Id>,
    line: u16,
    priority_class: u8,
    /// When its units were promised to be there.
    #[serde(skip_serializing_if = "Option::is_none")]
    promised_time_ns: Option<u64>,
    /// The record that placed the order.
    placed: u64,
}

/// A client's wish that lines are looked at.
#[derive(Serialize)]
pub(super) struct AgainJson<'a> {
    id: Id,
    sku: Name<'a>,
}

/// Another class for an order.
#[derive(Serialize)]
pub(super) struct PriorityJson<'a> {
    id: Id,
    order: OrderName<'a>,
    order_id: Id,
    priority_class: u8,
}

/// A client's wish that an order is sourced again.
#[derive(Serialize)]
pub(super) struct ResourceJson<'a> {
    id: Id,
    order: OrderName<'a>,
    order_id: Id,
}

impl<'a> MatchJson<'a> {
    pub(super) fn new(looked: &Match, names: &'a Names) -> Self {
        let last = WaitingLineJson::new(looked.last, names);
        Self { sku: names.sku(looked.sku), last, end: looked.end.name() }
    }
}

impl<'a> WaitingLineJson<'a> {
    /// The line at this place, if it is one.
    pub(super) fn new(key: WaitKey, names: &'a Names) -> Option<Self> {
        let order = names.order_placed(key.placed);
        let line = Self {
            order,
            order_id: order.map(|order| order.id),
            line: key.line,
            priority_class: key.priority_class,
            promised_time_ns: date_ns(key.promised),
            placed: key.placed.get(),
        };
        (key.placed != Sequence::NONE).then_some(line)
    }
}

impl<'a> AgainJson<'a> {
    pub(super) fn new(again: &MatchAgain, names: &'a Names) -> Self {
        Self { id: Id(again.id.get()), sku: names.sku(again.sku) }
    }
}

impl<'a> ResourceJson<'a> {
    pub(super) fn new(resource: &ResourceOrder, names: &'a Names) -> Self {
        let order = names.order(resource.order);
        Self { id: Id(resource.id.get()), order, order_id: order.id }
    }
}

impl<'a> PriorityJson<'a> {
    pub(super) fn new(priority: &SetPriority, names: &'a Names) -> Self {
        let order = names.order(priority.order);
        Self {
            id: Id(priority.id.get()),
            order,
            order_id: order.id,
            priority_class: priority.priority_class,
        }
    }
}
