//! Orders and the buckets of their lines as the sum of movements.

use std::collections::{HashMap, HashSet};

use gantry_model::{Movement, MovementKind, OrderId, PlaceOrder, Sequence, Sku, Warehouse};

use super::matching::Facts;
use super::{Fault, rule};

/// Every order that was placed.
#[derive(Default)]
pub(super) struct Orders {
    orders: Vec<Order>,
    lines: Vec<Line>,
    /// Units of a line allocated at a warehouse; entries that fall to zero go.
    parts: HashMap<(usize, Warehouse), i64>,
    /// Warehouses from which an order has shipped something while more of it is open.
    shipped: HashSet<(usize, Warehouse)>,
    by_id: HashMap<OrderId, OrderIndex>,
}

/// A position in the list of orders.
#[derive(Clone, Copy)]
pub(super) struct OrderIndex(usize);

struct Order {
    placed: Sequence,
    first_line: usize,
    line_count: usize,
    facts: Facts,
}

struct Line {
    sku: Sku,
    ordered: i64,
    allocated: i64,
    waiting: i64,
    shipped: i64,
    cancelled: i64,
}

impl Orders {
    /// A new order, with all its units still open.
    pub(super) fn place(
        &mut self,
        placed: Sequence,
        order: &PlaceOrder<'_>,
    ) -> Result<OrderIndex, Fault> {
        rule(!order.lines.is_empty(), "an order has lines")?;
        let index = OrderIndex(self.orders.len());
        let earlier = self.by_id.insert(order.id, index);
        rule(earlier.is_none(), "an order is placed once")?;
        let (first_line, line_count) = (self.lines.len(), order.lines.len());
        let facts = Facts::of(order);
        self.orders.push(Order { placed, first_line, line_count, facts });
        self.lines.extend(order.lines.iter().map(|line| Line {
            sku: line.sku(),
            ordered: line.quantity().into(),
            allocated: 0,
            waiting: 0,
            shipped: 0,
            cancelled: 0,
        }));
        Ok(index)
    }

    /// The order with this id.
    pub(super) fn find(&self, id: OrderId) -> Result<OrderIndex, Fault> {
        self.by_id.get(&id).copied().ok_or(Fault::Rule("the order was never placed"))
    }

    /// The order that the record of this sequence placed.
    pub(super) fn find_placed(&self, placed: Sequence) -> Result<OrderIndex, Fault> {
        let index = self.orders.binary_search_by_key(&placed, |order| order.placed);
        index.map(OrderIndex).map_err(|_| Fault::Rule("the order was never placed"))
    }

    /// What of an order decides how its lines are served later.
    pub(super) fn facts(&self, order: OrderIndex) -> &Facts {
        &self.orders[order.0].facts
    }

    /// The record that placed an order.
    pub(super) fn placed_by(&self, order: OrderIndex) -> Sequence {
        self.orders[order.0].placed
    }

    /// Gives an order another class; returns the one that it had.
    pub(super) fn set_priority(&mut self, order: OrderIndex, class: u8) -> u8 {
        std::mem::replace(&mut self.orders[order.0].facts.priority_class, class)
    }

    /// The SKUs of an order's lines.
    pub(super) fn skus(&self, order: OrderIndex) -> impl Iterator<Item = Sku> {
        self.lines_of(order).iter().map(|line| line.sku)
    }

    /// Whether an order that is open has units at a warehouse, or some have shipped.
    pub(super) fn has_parcel(&self, order: OrderIndex, warehouse: Warehouse) -> bool {
        let first = self.orders[order.0].first_line;
        let mut lines = first..first + self.orders[order.0].line_count;
        lines.any(|line| self.parts.contains_key(&(line, warehouse)))
            || self.shipped.contains(&(order.0, warehouse))
    }

    /// Units of a line that wait.
    pub(super) fn waiting(&self, order: OrderIndex, line: u16) -> i64 {
        self.lines_of(order).get(usize::from(line)).map_or(0, |line| line.waiting)
    }

    /// The SKU of a line.
    pub(super) fn sku(&self, order: OrderIndex, line: u16) -> Result<Sku, Fault> {
        let line = self.lines_of(order).get(usize::from(line));
        line.map(|line| line.sku).ok_or(Fault::Rule("a movement names a line of its order"))
    }

    /// Whether units of an order wait.
    pub(super) fn waits(&self, order: OrderIndex) -> bool {
        self.lines_of(order).iter().any(|line| line.waiting > 0)
    }

    /// Whether units of an order are allocated or wait.
    pub(super) fn is_open(&self, order: OrderIndex) -> bool {
        self.lines_of(order).iter().any(|line| line.allocated + line.waiting > 0)
    }

    /// Whether some of an order that is open has shipped from a warehouse.
    pub(super) fn has_shipped(&self, order: OrderIndex, warehouse: Warehouse) -> bool {
        self.shipped.contains(&(order.0, warehouse))
    }

    /// Units of an order at a warehouse that have not shipped.
    pub(super) fn units_at(&self, order: OrderIndex, warehouse: Warehouse) -> i64 {
        let first = self.orders[order.0].first_line;
        let lines = first..first + self.orders[order.0].line_count;
        lines.filter_map(|line| self.parts.get(&(line, warehouse))).sum()
    }

    fn lines_of(&self, order: OrderIndex) -> &[Line] {
        let row = &self.orders[order.0];
        &self.lines[row.first_line..row.first_line + row.line_count]
    }

    /// Applies what `movement` does to a line of `order`, by the table of effects.
    pub(super) fn apply(&mut self, order: OrderIndex, movement: &Movement) -> Result<(), Fault> {
        let row = &self.orders[order.0];
        rule(movement.order() == row.placed, "a movement names the order of its command")?;
        let number = usize::from(movement.line());
        rule(number < row.line_count, "a movement names a line of its order")?;
        let index = row.first_line + number;
        if is_of_component(movement.kind()) {
            // A line's buckets hold units of its bundle; the bundle moves them itself.
            return Ok(());
        }
        let line = &mut self.lines[index];
        rule(movement.sku() == line.sku, "a movement names the SKU of its line")?;
        let quantity = i64::from(movement.quantity());
        line.apply(movement.kind(), quantity)?;
        line.check(movement.line())?;
        let at_warehouse = match movement.kind() {
            MovementKind::Allocated => quantity,
            MovementKind::Released | MovementKind::Shipped => -quantity,
            _ => return Ok(()),
        };
        if movement.kind() == MovementKind::Shipped && self.is_open(order) {
            self.shipped.insert((order.0, movement.warehouse()));
        }
        self.move_part(index, movement, at_warehouse)
    }

    /// Every unit of every line of `order` is in a bucket, and in one only.
    pub(super) fn check_whole(&self, order: OrderIndex) -> Result<(), Fault> {
        for (number, line) in (0..).zip(self.lines_of(order)) {
            let units = line.open();
            if units != 0 {
                return Err(Fault::Line { figure: "that are in no bucket", line: number, units });
            }
        }
        Ok(())
    }

    /// Orders.
    pub(super) fn placed(&self) -> u64 {
        self.orders.len() as u64
    }

    /// Orders, orders with units allocated or waiting, and units waiting.
    pub(super) fn sums(&self) -> (u64, u64, i64) {
        let is_open = |order: &&Order| {
            let lines = &self.lines[order.first_line..order.first_line + order.line_count];
            lines.iter().any(|line| line.allocated + line.waiting > 0)
        };
        let open_orders = self.orders.iter().filter(is_open).count() as u64;
        let waiting = self.lines.iter().map(|line| line.waiting).sum();
        (self.orders.len() as u64, open_orders, waiting)
    }

    fn move_part(&mut self, index: usize, movement: &Movement, quantity: i64) -> Result<(), Fault> {
        let key = (index, movement.warehouse());
        let units = self.parts.get(&key).copied().unwrap_or(0) + quantity;
        if units < 0 {
            let (figure, line) = ("allocated at that warehouse", movement.line());
            return Err(Fault::Line { figure, line, units });
        }
        if units == 0 {
            self.parts.remove(&key);
        } else {
            self.parts.insert(key, units);
        }
        Ok(())
    }
}

/// Whether units of a bundle's component move, and not those of a line.
pub(super) const fn is_of_component(kind: MovementKind) -> bool {
    use MovementKind::{ComponentAllocated, ComponentReleased, ComponentShipped};
    matches!(kind, ComponentAllocated | ComponentReleased | ComponentShipped)
}

impl Line {
    fn apply(&mut self, kind: MovementKind, quantity: i64) -> Result<(), Fault> {
        match kind {
            MovementKind::Allocated => self.allocated += quantity,
            MovementKind::Released => self.allocated -= quantity,
            MovementKind::Backordered => self.waiting += quantity,
            MovementKind::Dequeued => self.waiting -= quantity,
            MovementKind::Cancelled => self.cancelled += quantity,
            MovementKind::Shipped => {
                self.allocated -= quantity;
                self.shipped += quantity;
            }
            _ => return Err(Fault::Rule("an order moves no such way")),
        }
        Ok(())
    }

    fn open(&self) -> i64 {
        self.ordered - self.allocated - self.waiting - self.shipped - self.cancelled
    }

    fn check(&self, line: u16) -> Result<(), Fault> {
        let figures = [("allocated", self.allocated), ("waiting", self.waiting)];
        match figures.into_iter().find(|(_, units)| *units < 0) {
            Some((figure, units)) => Err(Fault::Line { figure, line, units }),
            None => Ok(()),
        }
    }
}
