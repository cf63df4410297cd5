//! What becomes of orders later, as JSON objects: looks at waiting lines, commands about them,
//! sourcing again, and swaps.

use gantry_model::{
    Match, MatchAgain, ResourceOrder, Sequence, SetPriority, SwapUnits, Sweep, WaitKey,
};
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

/// Units that two orders have of each other.
#[derive(Serialize)]
pub(super) struct SwapJson<'a> {
    id: Id,
    first: OrderName<'a>,
    first_id: Id,
    second: OrderName<'a>,
    second_id: Id,
    sku: Name<'a>,
    /// Where the first order had them before.
    first_warehouse: Option<Name<'a>>,
    second_warehouse: Option<Name<'a>>,
    quantity: u32,
}

/// A look at SKUs for which lines wait.
#[derive(Serialize)]
pub(super) struct SweepJson<'a> {
    from: Name<'a>,
    last: Name<'a>,
    /// `over`, or `goes_on` with the SKU behind the last.
    end: &'static str,
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

impl<'a> SwapJson<'a> {
    pub(super) fn new(swap: &SwapUnits, names: &'a Names) -> Self {
        let (first, second) = (names.order(swap.first), names.order(swap.second));
        Self {
            id: Id(swap.id.get()),
            first,
            first_id: first.id,
            second,
            second_id: second.id,
            sku: names.sku(swap.sku),
            first_warehouse: names.warehouse(swap.first_warehouse),
            second_warehouse: names.warehouse(swap.second_warehouse),
            quantity: swap.quantity,
        }
    }
}

impl<'a> SweepJson<'a> {
    pub(super) fn new(sweep: &Sweep, names: &'a Names) -> Self {
        let (from, last) = (names.sku(sweep.from), names.sku(sweep.last));
        Self { from, last, end: sweep.end.name() }
    }
}
