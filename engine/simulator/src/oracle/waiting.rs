//! Lines that wait: the book of each SKU, and what is set aside for its lines.

use gantry_model::{
    Match, MatchEnd, Movement, MovementKind, Record, Sequence, SetPriority, ShortMode, WaitKey,
};

use super::book::{AllocationBook, Book, Due, OrderBook, Waiting};

impl Book {
    /// The SKU whose lines are looked at next.
    pub(super) fn next_due(&self) -> Option<u32> {
        let due = (0..).zip(&self.skus);
        let due = due.filter_map(|(sku, row)| Some((row.due?.since, sku)));
        due.min().map(|(_, sku)| sku)
    }

    /// Lines of the SKU that are still to be looked at.
    pub(super) fn waiting_behind(&self, sku: u32) -> impl Iterator<Item = &Waiting> {
        let row = self.the_sku(sku);
        let after = row.due.and_then(|due| due.after);
        let is_before = |waiting: &Waiting| after.is_some_and(|after| waiting.key <= after);
        row.waiting.range(row.waiting.partition_point(is_before)..)
    }

    /// Units that a waiting line still wants.
    pub(super) fn wanted(&self, waiting: &Waiting) -> i64 {
        let lines = self.lines_of(&self.orders[waiting.order]);
        lines[usize::from(waiting.key.line)].waiting
    }

    /// Units that wait, over all lines of the SKU.
    pub(super) fn units_waiting(&self, sku: u32) -> i64 {
        self.the_sku(sku).waiting.iter().map(|waiting| self.wanted(waiting)).sum()
    }

    /// Units that are set aside for the SKU's lines, at all warehouses.
    pub(super) fn units_set_aside(&self, sku: u32) -> i64 {
        self.the_sku(sku).set_aside.values().sum()
    }

    /// Warehouses that send a parcel of the order, or have sent one.
    pub(super) fn parcels_of(&self, order: &OrderBook) -> Vec<u16> {
        let rows = self.allocations_of(order).iter();
        let rows = rows.filter(|row| row.allocated + row.shipped > 0);
        let mut warehouses: Vec<u16> = rows.map(|row| row.warehouse).collect();
        warehouses.sort_unstable();
        warehouses.dedup();
        warehouses
    }

    /// Enters a look at waiting lines.
    pub(super) fn enter_match(&mut self, looked: &Match, record: &Record<'_>) {
        let placed = |movement: &Movement| movement.order();
        let of_order = record.movements.iter().map(placed).find(|order| *order != Sequence::NONE);
        match of_order {
            Some(placed) => {
                let at = self.orders.partition_point(|order| order.placed < placed.get());
                self.move_order(at, record);
            }
            None => record.movements.iter().for_each(|movement| self.move_cell(movement)),
        }
        let row = self.the_sku_mut(looked.sku.get());
        match (looked.end, &mut row.due) {
            (MatchEnd::GoesOn, Some(due)) => due.after = Some(looked.last),
            _ => row.due = None,
        }
    }

    /// Enters the class in which an order is served from now on.
    pub(super) fn enter_priority(&mut self, command: &SetPriority) {
        let (at, _) = self.order(command.order.get()).expect("invariant: judged");
        let row = self.orders[at];
        self.forget_rejections_of(row.placed);
        for line in 0..row.line_count {
            let sku = self.lines[row.first_line + line].sku;
            let is_its = |waiting: &Waiting| waiting.order == at;
            let row = self.the_sku_mut(sku);
            let complete = row.waiting.iter().filter(|it| is_its(it) && it.is_complete).count();
            row.complete_count -= complete;
            row.waiting.retain(|waiting| !is_its(waiting));
        }
        self.orders[at].priority_class = command.priority_class;
        let lines = u16::try_from(row.line_count).expect("invariant: at most 128");
        (0..lines).for_each(|line| self.keep_waiting(at, line));
    }

    /// What a movement means for what is due and set aside.
    pub(super) fn move_matching(&mut self, movement: &Movement) {
        let (since, warehouse) = (self.sequence, movement.warehouse().get());
        let units = match movement.kind() {
            MovementKind::SetAside => i64::from(movement.quantity()),
            MovementKind::GivenBack => -i64::from(movement.quantity()),
            MovementKind::Due => {
                let row = self.the_sku_mut(movement.sku().get());
                row.due = Some(Due { since, after: None });
                return;
            }
            _ => return,
        };
        let set_aside = &mut self.the_sku_mut(movement.sku().get()).set_aside;
        let left = set_aside.get(&warehouse).copied().unwrap_or(0) + units;
        set_aside.insert(warehouse, left);
        if left == 0 {
            set_aside.remove(&warehouse);
        }
    }

    /// Takes a line out of the book of its SKU, if it is there.
    pub(super) fn leave_book(&mut self, order: usize, line: u16) {
        let sku = self.lines_of(&self.orders[order])[usize::from(line)].sku;
        let row = self.the_sku_mut(sku);
        let is_it = |waiting: &Waiting| (waiting.order, waiting.key.line) == (order, line);
        let left = row.waiting.iter().position(is_it).and_then(|at| row.waiting.remove(at));
        row.complete_count -= usize::from(left.is_some_and(|waiting| waiting.is_complete));
    }

    /// Keeps a line in the book of its SKU while it waits.
    pub(super) fn keep_waiting(&mut self, order: usize, line: u16) {
        let row = self.orders[order];
        let placed = Sequence::new(row.placed);
        let key = WaitKey {
            priority_class: row.priority_class,
            promised: self.date(row.placed, line),
            placed,
            line,
        };
        let line = self.lines[row.first_line + usize::from(line)];
        let is_complete = row.short == ShortMode::WaitComplete;
        let row = self.the_sku_mut(line.sku);
        let waiting = &mut row.waiting;
        match waiting.binary_search_by_key(&key, |waiting| waiting.key) {
            Ok(at) if line.waiting == 0 => {
                waiting.remove(at);
                row.complete_count -= usize::from(is_complete);
            }
            Err(at) if line.waiting > 0 => {
                waiting.insert(at, Waiting { key, order, is_complete });
                row.complete_count += usize::from(is_complete);
            }
            _ => {}
        }
    }

    /// Keeps a row for a line's units at a warehouse, behind those that the order has.
    pub(super) fn keep_allocation(&mut self, order: usize, line: u16, warehouse: u16) {
        let row = self.orders[order];
        let rows = self.allocations_of(&row);
        if rows.iter().any(|row| (row.line, row.warehouse) == (line, warehouse)) {
            return;
        }
        // The order's rows stand together: they move behind all others.
        let rows = rows.to_vec();
        let row = &mut self.orders[order];
        row.first_allocation = self.allocations.len();
        row.allocation_count += 1;
        self.allocations.extend(rows);
        self.allocations.push(AllocationBook { line, warehouse, allocated: 0, shipped: 0 });
    }
}
