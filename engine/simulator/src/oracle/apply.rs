//! A judged record enters the book.

use std::collections::{BTreeMap, VecDeque};

use gantry_model::{
    Command, Component, Movement, MovementKind, PlaceOrder, Record, ResourceOrder, Retire,
    SetCapacity, SetCosts, SetPolicy, SetReserves, SetShadowPrices, SkuField, UpsertSku,
    UpsertWarehouse, Warehouse, WarehouseField,
};

use super::book::{
    ANY_16, ANY_32, AllocationBook, Book, Cell, ChannelBook, Fence, Known, LineBook, NOBODY,
    OrderBook, PolicyBook, SkuBook, Span, WarehouseBook, What, ZoneBook, day_and_minute,
};

impl Book {
    /// Enters a record that was judged.
    pub(super) fn enter(&mut self, record: &Record<'_>) {
        let concerned = self.concerned(record);
        self.enter_all_of(record);
        self.end_record(record, &concerned);
    }

    fn enter_all_of(&mut self, record: &Record<'_>) {
        self.sequence = record.sequence.get();
        self.time = record.time.get();
        let Some(id) = record.command.id() else { return self.enter_own(record) };
        let start = self.contents.len();
        self.contents.extend_from_slice(record.command_bytes);
        let content = Span { start, end: self.contents.len() };
        let what = match record.outcome.head.reason() {
            Some(reason) => {
                self.rejections.push_back(id.get());
                What::Rejected(reason)
            }
            None => self.enter_accepted(record, content),
        };
        self.ids.insert(id.get(), Known { what, sequence: self.sequence, content });
        self.forget_rejections();
    }

    fn enter_own(&mut self, record: &Record<'_>) {
        match &record.command {
            Command::Retire(retire) => self.enter_retire(retire),
            Command::Match(looked) => self.enter_match(looked, record),
            Command::ExpireHolds(expiry) => {
                record.movements.iter().for_each(|movement| self.move_cell(movement));
                self.enter_expiry(expiry);
            }
            Command::Promise(promise) => {
                record.movements.iter().for_each(|movement| self.move_cell(movement));
                self.enter_review(promise);
            }
            Command::GiveUp(command) => self.enter_given_up(command, record),
            Command::Sweep(command) => {
                record.movements.iter().for_each(|movement| self.move_cell(movement));
                self.enter_sweep(command);
            }
            _ => {}
        }
    }

    fn enter_retire(&mut self, retire: &Retire) {
        let Retire { orders, commands, .. } = *retire;
        let archive = &mut self.archive;
        if archive.left == archive.totals {
            archive.left = (0, 0);
        }
        archive.number = retire.archive;
        archive.hash = retire.archive_hash;
        archive.totals = (retire.orders_total, retire.commands_total);
        archive.left = (archive.left.0 + orders, archive.left.1 + commands);
        archive.orders += u64::from(orders);
        archive.commands += u64::from(commands);
    }

    fn forget_rejections(&mut self) {
        let max = self.limits.rejections_remembered_max;
        while self.rejections.len() > usize::try_from(max).expect("invariant: a limit fits") {
            if let Some(id) = self.rejections.pop_front() {
                self.ids.remove(id);
            }
        }
    }

    fn enter_accepted(&mut self, record: &Record<'_>, content: Span) -> What {
        match &record.command {
            Command::PlaceOrder(order) => return self.enter_order(record, order, content),
            Command::CancelOrder(units) | Command::Ship(units) => {
                let order = self.order(units.order.get()).map(|(at, _)| at);
                self.move_order(order.expect("invariant: judged"), record);
            }
            Command::ResourceOrder(command) => self.enter_sourced_again(command, record),
            Command::RejectUnits(command) => self.enter_rejection(command, record),
            Command::SwapUnits(command) => self.enter_swap(command, record),
            command => {
                self.enter_other(command);
                record.movements.iter().for_each(|movement| self.move_cell(movement));
                self.end_holds_of(command);
                self.ask_for_sweep(command);
            }
        }
        self.commands += 1;
        What::Command(self.commands - 1)
    }

    /// Holds whose end a command is; their movements came before.
    fn end_holds_of(&mut self, command: &Command<'_>) {
        match command {
            Command::PlaceHold(hold) => self.end_hold(hold.replaces),
            Command::ReleaseHold(release) => self.end_hold(release.hold),
            _ => {}
        }
    }

    /// What commands that are of no order's units set; their movements come behind.
    fn enter_other(&mut self, command: &Command<'_>) {
        match command {
            Command::SetPriority(priority) => self.enter_priority(priority),
            Command::SetCancelAt(command) => self.enter_cancel_at(command),
            Command::PlaceHold(hold) => self.enter_hold(hold),
            Command::ExtendHold(extension) => self.enter_extension(extension),
            Command::ExpectSupply(supply) => self.enter_supply(supply),
            Command::ChangeSupply(change) => self.enter_change(change),
            Command::ReceiveSupply(receipt) => self.enter_receipt(receipt),
            Command::Receive(_)
            | Command::Adjust(_)
            | Command::SetStock(_)
            | Command::ReleaseHold(_)
            | Command::MatchAgain(_) => {}
            Command::UpsertSku(sku) => self.enter_sku(sku),
            Command::UpsertWarehouse(warehouse) => self.enter_warehouse(warehouse),
            Command::UpsertZone(zone) => {
                if self.zones.iter().all(|row| row.code != zone.code) {
                    self.zones.push(ZoneBook { code: zone.code.into(), ..ZoneBook::default() });
                }
            }
            Command::UpsertChannel(channel) => {
                if self.channels.iter().all(|row| row.code != channel.code) {
                    let code = channel.code.into();
                    self.channels.push(ChannelBook { code, policy: NOBODY });
                }
            }
            Command::SetCosts(costs) => self.enter_costs(costs),
            Command::SetLimits(limits) => self.limits = limits.limits,
            Command::SetPolicy(policy) => self.enter_policy(policy),
            Command::AssignPolicy(assignment) => {
                match self.channels.get_mut(assignment.channel.index()) {
                    Some(channel) => channel.policy = assignment.policy.get(),
                    None => self.default_policy = assignment.policy.get(),
                }
            }
            Command::SetCapacity(capacity) => self.enter_capacity(capacity),
            Command::SetReserves(reserves) => self.enter_reserves(reserves),
            Command::SetBundle(bundle) => {
                let part = |row: &Component| (row.sku().get(), row.units());
                let components = bundle.components.iter().map(part).collect();
                self.the_sku_mut(bundle.sku.get()).components = components;
            }
            Command::SetShadowPrices(prices) => self.enter_prices(prices),
            Command::PlaceOrder(_)
            | Command::CancelOrder(_)
            | Command::ResourceOrder(_)
            | Command::Ship(_)
            | Command::Mark { .. }
            | Command::Retire(_)
            | Command::Match(_)
            | Command::ExpireHolds(_)
            | Command::Promise(_)
            | Command::RejectUnits(_)
            | Command::SwapUnits(_)
            | Command::GiveUp(_)
            | Command::Sweep(_) => unreachable!("these are entered elsewhere"),
        }
    }

    fn enter_sku(&mut self, sku: &UpsertSku<'_>) {
        let (cells, prices) = (self.warehouses.len(), self.warehouses.len());
        let at = self.skus.iter().position(|row| row.code == sku.code).unwrap_or_else(|| {
            self.skus.push(SkuBook {
                code: sku.code.into(),
                order_max: 0,
                tracked: false,
                backorder: false,
                active: false,
                cells: vec![Cell::default(); cells],
                components: Vec::new(),
                fences: Vec::new(),
                prices: vec![0; prices],
                waiting: VecDeque::new(),
                complete_count: 0,
                due: None,
                set_aside: BTreeMap::new(),
            });
            self.skus.len() - 1
        });
        let row = &mut self.skus[at];
        row.order_max = sku.order_max;
        (row.tracked, row.backorder, row.active) = (sku.tracked, sku.backorder, sku.active);
    }

    fn enter_warehouse(&mut self, warehouse: &UpsertWarehouse<'_>) {
        let rows = &mut self.warehouses;
        if let Some(row) = rows.iter_mut().find(|row| row.code == warehouse.code) {
            (row.priority, row.active) = (warehouse.priority, warehouse.active);
            return;
        }
        rows.push(WarehouseBook {
            code: warehouse.code.into(),
            priority: warehouse.priority,
            active: warehouse.active,
            cut_off_minute: ANY_16,
            orders_max: ANY_32,
            units_max: ANY_32,
            day: 0,
            day_orders: 0,
            day_units: 0,
            counted_since: 0,
            on_hand: 0,
            allocated: 0,
        });
        for sku in &mut self.skus {
            sku.cells.push(Cell::default());
            sku.prices.push(0);
        }
    }

    fn enter_costs(&mut self, costs: &SetCosts<'_>) {
        let warehouse = costs.warehouse.get();
        for row in costs.rows {
            let served = &mut self.zones[row.zone().index()].costs;
            if row.is_served() {
                let (days, parcel, unit) = (row.days(), row.parcel_cost(), row.unit_cost());
                served.insert(warehouse, super::book::Cost { days, parcel, unit });
            } else {
                served.remove(&warehouse);
            }
        }
    }

    fn enter_policy(&mut self, policy: &SetPolicy<'_>) {
        let row = PolicyBook {
            code: policy.code.into(),
            objective: policy.objective,
            soft: policy.soft,
            parcels_max: policy.parcels_max,
            days_max: policy.days_max,
            split_value_min: policy.split_value_min,
            warehouses: policy
                .warehouses
                .iter()
                .map(WarehouseField::get)
                .map(|w| w.get())
                .collect(),
            no_split_skus: policy
                .no_split_skus
                .iter()
                .map(SkuField::get)
                .map(|s| s.get())
                .collect(),
        };
        match self.policies.iter_mut().find(|known| known.code == policy.code) {
            Some(known) => *known = row,
            None => self.policies.push(row),
        }
    }

    fn enter_capacity(&mut self, capacity: &SetCapacity) {
        let sequence = self.sequence;
        let row = &mut self.warehouses[capacity.warehouse.index()];
        let was_bounded = row.is_bounded();
        row.cut_off_minute = capacity.cut_off_minute;
        row.orders_max = capacity.orders_per_day_max;
        row.units_max = capacity.units_per_day_max;
        if !row.is_bounded() {
            (row.day, row.day_orders, row.day_units) = (0, 0, 0);
        } else if !was_bounded {
            row.counted_since = sequence;
        }
    }

    fn enter_reserves(&mut self, reserves: &SetReserves<'_>) {
        for row in reserves.rows {
            let (warehouse, channel) = (row.warehouse().get(), row.channel().get());
            let sku = self.the_sku_mut(row.sku().get());
            if channel == NOBODY {
                sku.cells[usize::from(warehouse)].safety = row.units().into();
                continue;
            }
            let place = |fence: &Fence| (fence.warehouse, fence.channel) == (warehouse, channel);
            sku.fences.retain(|fence| !place(fence));
            if row.units() > 0 {
                sku.fences.push(Fence { warehouse, channel, units: row.units() });
            }
        }
    }

    fn enter_prices(&mut self, prices: &SetShadowPrices<'_>) {
        if prices.clear {
            self.skus.iter_mut().for_each(|sku| sku.prices.fill(0));
        }
        for row in prices.rows {
            self.the_sku_mut(row.sku().get()).prices[row.warehouse().index()] = row.price();
        }
    }

    fn enter_order(&mut self, record: &Record<'_>, order: &PlaceOrder<'_>, content: Span) -> What {
        let (first_line, first_allocation) = (self.lines.len(), self.allocations.len());
        self.lines.extend(order.lines.iter().map(|line| LineBook {
            sku: line.sku().get(),
            ordered: line.quantity().into(),
            allocated: 0,
            waiting: 0,
            shipped: 0,
            cancelled: 0,
        }));
        let allocated = record.movements.iter();
        let allocated = allocated.filter(|movement| movement.kind() == MovementKind::Allocated);
        self.allocations.extend(allocated.map(|movement| AllocationBook {
            line: movement.line(),
            warehouse: movement.warehouse().get(),
            allocated: 0,
            shipped: 0,
        }));
        let head = record.outcome.head;
        let at = self.orders.len();
        self.orders.push(OrderBook {
            id: order.id.get(),
            priority_class: order.priority_class,
            zone: order.zone,
            short: order.short,
            placed: self.sequence,
            time: self.time,
            cost_minor: head.cost_minor(),
            parcels: head.parcels(),
            proof: head.proof(),
            gap: u32::try_from(head.gap()).unwrap_or(u32::MAX),
            first_line,
            line_count: order.lines.len(),
            first_allocation,
            allocation_count: self.allocations.len() - first_allocation,
            content,
        });
        self.sums.open_orders += 1;
        self.move_order(at, record);
        self.end_hold(order.hold);
        What::Order(at)
    }

    /// An order whose units move has the figures of its new plan.
    fn enter_sourced_again(&mut self, command: &ResourceOrder, record: &Record<'_>) {
        let (at, _) = self.order(command.order.get()).expect("invariant: judged");
        self.move_order(at, record);
        let head = record.outcome.head;
        if !record.movements.is_empty() {
            let order = &mut self.orders[at];
            (order.cost_minor, order.parcels) = (head.cost_minor(), head.parcels());
            order.proof = head.proof();
            order.gap = u32::try_from(head.gap()).unwrap_or(u32::MAX);
        }
    }

    /// Moves units of an order, and what they mean for cells and days.
    pub(super) fn move_order(&mut self, at: usize, record: &Record<'_>) {
        let was_closed = self.is_closed(at) && record.sequence.get() != self.orders[at].placed;
        let has_bounds = self.warehouses.iter().any(WarehouseBook::is_bounded);
        let parcels_before =
            if has_bounds { self.parcels_of(&self.orders[at]) } else { Vec::new() };
        for movement in record.movements {
            self.move_cell(movement);
            let kind = movement.kind();
            let is_of_order = movement.order().get() == self.orders[at].placed;
            if is_of_order && !kind.is_of_component() && !kind.is_of_promise() {
                self.move_line(at, movement);
            }
        }
        self.count_day(at, record.movements, &parcels_before);
        if !was_closed && self.is_closed(at) {
            let placed = self.orders[at].placed;
            self.cancel_at.remove(&placed);
            self.rejected.remove(&placed);
            self.closed_orders += 1;
            self.sums.open_orders -= 1;
        }
    }

    fn is_closed(&self, at: usize) -> bool {
        self.lines_of(&self.orders[at]).iter().all(|line| line.open() == 0)
    }

    pub(super) fn move_cell(&mut self, movement: &Movement) {
        self.move_matching(movement);
        self.move_hold(movement);
        self.move_promise(movement);
        if movement.warehouse() == Warehouse::NONE {
            return;
        }
        let sku = self.the_sku_mut(movement.sku().get());
        let tracked = sku.tracked;
        let cell = &mut sku.cells[movement.warehouse().index()];
        let before = *cell;
        cell.take_in(movement, tracked);
        let (on_hand, held) = (cell.on_hand - before.on_hand, cell.held - before.held);
        let allocated = cell.allocated - before.allocated;
        if tracked {
            let row = &mut self.warehouses[movement.warehouse().index()];
            row.on_hand += on_hand;
            row.allocated += allocated;
        }
        self.sums.on_hand += on_hand;
        self.sums.allocated += allocated;
        self.sums.held += held;
    }

    pub(super) fn move_line(&mut self, at: usize, movement: &Movement) {
        use MovementKind as Kind;
        let (kind, units) = (movement.kind(), i64::from(movement.quantity()));
        let order = self.orders[at];
        let line = &mut self.lines[order.first_line + usize::from(movement.line())];
        match kind {
            Kind::Allocated => line.allocated += units,
            Kind::Released => line.allocated -= units,
            Kind::Backordered => line.waiting += units,
            Kind::Dequeued => line.waiting -= units,
            Kind::Cancelled => line.cancelled += units,
            Kind::Shipped => {
                line.allocated -= units;
                line.shipped += units;
            }
            _ => {}
        }
        match kind {
            Kind::Backordered => self.sums.waiting += units,
            Kind::Dequeued => self.sums.waiting -= units,
            _ => {}
        }
        match kind {
            Kind::Backordered | Kind::Dequeued => self.keep_waiting(at, movement.line()),
            Kind::Allocated => {
                self.keep_allocation(at, movement.line(), movement.warehouse().get());
            }
            _ => {}
        }
        let order = self.orders[at];
        let rows = &mut self.allocations[order.first_allocation..][..order.allocation_count];
        let here = rows
            .iter_mut()
            .find(|row| (row.line, row.warehouse) == (movement.line(), movement.warehouse().get()));
        if let Some(row) = here {
            match kind {
                Kind::Allocated => row.allocated += units,
                Kind::Released => row.allocated -= units,
                Kind::Shipped => {
                    row.allocated -= units;
                    row.shipped += units;
                }
                _ => {}
            }
        }
    }

    /// What an order uses of its warehouses' day, and what a cancel of the same day gives back.
    pub(super) fn count_day(&mut self, at: usize, movements: &[Movement], parcels_before: &[u16]) {
        let order = self.orders[at];
        let (day, _) = day_and_minute(self.time);
        let of_kind = |kind: MovementKind, sign: i64| {
            let found = movements.iter().enumerate().filter(move |(_, row)| row.kind() == kind);
            found.map(move |(index, movement)| (index, movement, sign))
        };
        let is_same_day = day_and_minute(order.time).0 == day;
        let released = of_kind(MovementKind::Released, -1).filter(|_| is_same_day);
        for (index, movement, sign) in of_kind(MovementKind::Allocated, 1).chain(released) {
            let warehouse = movement.warehouse();
            let here = |other: &Movement| {
                (other.kind(), other.warehouse()) == (movement.kind(), warehouse)
            };
            let is_first = !movements[..index].iter().any(here);
            let has_units = self
                .allocations_of(&order)
                .iter()
                .any(|row| row.warehouse == warehouse.get() && row.allocated + row.shipped > 0);
            let row = &mut self.warehouses[warehouse.index()];
            let is_counted = sign > 0 || order.placed > row.counted_since;
            if !row.is_bounded() || !is_counted {
                continue;
            }
            if row.day != day {
                if sign < 0 {
                    continue;
                }
                (row.day, row.day_orders, row.day_units) = (day, 0, 0);
            }
            let was_there = parcels_before.contains(&warehouse.get());
            let ends = is_first && if sign > 0 { !was_there } else { !has_units };
            row.day_orders = (row.day_orders + sign * i64::from(ends)).max(0);
            row.day_units = (row.day_units + sign * i64::from(movement.quantity())).max(0);
        }
    }
}
