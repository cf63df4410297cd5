//! The report of an import: sums over the engine's answers, each held against the costs file.

use std::collections::BTreeSet;
use std::time::Duration;

use gantry_model::OrderBody;
use serde::Serialize;

use crate::output::{Answer, Page, grouped, percent};

use super::network::Cost;

/// What became of all orders of a file. The names are a format that other programs read.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Report {
    /// Orders in the file, rejected ones too.
    pub(crate) orders: u64,
    /// Their lines.
    pub(crate) lines: u64,
    /// Units that they want.
    pub(crate) units_ordered: u64,
    /// Units promised from a warehouse, or shipped since.
    pub(crate) units_allocated: u64,
    /// Units that wait for stock.
    pub(crate) units_backordered: u64,
    /// Units of rejected orders, and units cancelled for want of stock.
    pub(crate) units_rejected: u64,
    /// Orders rejected as a whole.
    pub(crate) orders_rejected: u64,
    /// Pairs of order and warehouse with units.
    pub(crate) parcels: u64,
    /// Orders from two or more warehouses.
    pub(crate) split_orders: u64,
    /// For each parcel its cost, and the unit cost for each unit in it.
    pub(crate) shipping_cost_cents: i64,
    /// How long the import took.
    pub(crate) seconds: f64,
}

/// What one order adds to the report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct OrderSums {
    pub(super) parcels: u64,
    pub(super) cost_cents: i64,
}

impl Report {
    /// Counts an order of the file, whatever becomes of it.
    pub(super) fn count(&mut self, lines: usize, units: u64) {
        self.orders += 1;
        self.lines += lines as u64;
        self.units_ordered += units;
    }

    /// Counts an order that was rejected as a whole.
    pub(super) fn reject(&mut self, units: u64) {
        self.orders_rejected += 1;
        self.units_rejected += units;
    }

    /// Counts an order that stands. `cost_of` is the costs file: what the warehouse with this
    /// handle takes to serve the order's zone. `None`: the file does not say.
    pub(super) fn accept(
        &mut self,
        order: &OrderBody<'_>,
        cost_of: impl Fn(u16) -> Option<Cost>,
    ) -> Option<OrderSums> {
        for line in order.lines {
            self.units_allocated += u64::from(line.allocated.get() + line.shipped.get());
            self.units_backordered += u64::from(line.waiting.get());
            self.units_rejected += u64::from(line.cancelled.get());
        }
        let sums = order_sums(order, cost_of)?;
        self.parcels += sums.parcels;
        self.split_orders += u64::from(sums.parcels > 1);
        self.shipping_cost_cents += sums.cost_cents;
        Some(sums)
    }

    /// Notes how long it took.
    pub(super) fn finish(&mut self, took: Duration) {
        self.seconds = took.as_secs_f64();
    }
}

/// Parcels and their cost, from where the units are.
fn order_sums(order: &OrderBody<'_>, cost_of: impl Fn(u16) -> Option<Cost>) -> Option<OrderSums> {
    let mut warehouses = BTreeSet::new();
    let mut cost_cents = 0;
    for allocation in order.allocations {
        let units = allocation.allocated.get() + allocation.shipped.get();
        if units == 0 {
            continue;
        }
        let cost = cost_of(allocation.warehouse.get())?;
        if warehouses.insert(allocation.warehouse.get()) {
            cost_cents += i64::from(cost.parcel_cost_cents);
        }
        cost_cents += i64::from(units) * i64::from(cost.unit_cost_cents);
    }
    Some(OrderSums { parcels: warehouses.len() as u64, cost_cents })
}

impl Answer for Report {
    fn page(&self) -> Page {
        let shared =
            |part: u64, whole: u64| format!("{} ({})", grouped(part), percent(part, whole));
        let accepted = self.orders - self.orders_rejected;
        Page::new().facts([
            ("orders", grouped(self.orders)),
            ("lines", grouped(self.lines)),
            ("units ordered", grouped(self.units_ordered)),
            ("units allocated", shared(self.units_allocated, self.units_ordered)),
            ("units backordered", shared(self.units_backordered, self.units_ordered)),
            ("units rejected", shared(self.units_rejected, self.units_ordered)),
            ("orders rejected", shared(self.orders_rejected, self.orders)),
            ("parcels", grouped(self.parcels)),
            ("split orders", shared(self.split_orders, accepted)),
            ("shipping cost", cents(self.shipping_cost_cents)),
            ("seconds", format!("{:.3}", self.seconds)),
        ])
    }
}

fn cents(cents: i64) -> String {
    format!("{}.{:02}", grouped(cents / 100), cents.unsigned_abs() % 100)
}
