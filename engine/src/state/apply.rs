//! Apply: the only code that changes state. It copies what the record's command describes, moves
//! what its movements say, and cannot fail; it decides nothing.

use gantry_journal::sabotage::{Sabotage, asked};
use gantry_model::{
    Command, CostRow, HoldId, Limits, Movement, MovementKind, OrderId, PlaceOrder, Record,
    Sequence, SetCosts, UpsertCode, UpsertSku, UpsertWarehouse, content_hash,
};

use super::catalogue::{SkuRow, WarehouseRow};
use super::orders::{AllocationRow, NewOrder};
use super::remembered::{CommandRow, RejectionRow};
use super::{State, rows};

impl State {
    /// Applies the next record.
    pub fn apply(&mut self, record: &Record<'_>) {
        assert_eq!(record.sequence, self.last_sequence.next(), "records are applied in order");
        assert!(record.time >= self.last_time, "engine time never goes back");
        match record.outcome.head.reason() {
            None => {
                self.apply_accepted(record);
                self.settle_promises(record);
            }
            Some(reason) => {
                assert!(record.movements.is_empty(), "a rejection moves nothing");
                let id = record.command.id().expect("invariant: the engine rejects clients only");
                let content_hash = content_hash(record.command_bytes);
                let sequence = record.sequence;
                let row = RejectionRow { id, content_hash, sequence, reason };
                self.hash.put(rows::rejection(&row));
                self.remembered.add_rejection(row);
                self.forget_rejections();
            }
        }
        self.last_sequence = record.sequence;
        self.last_time = record.time;
    }

    fn apply_accepted(&mut self, record: &Record<'_>) {
        match &record.command {
            Command::PlaceOrder(order) => return self.apply_place(record, order),
            Command::CancelOrder(units) | Command::Ship(units) => {
                self.apply_to_order(units.order, record);
            }
            Command::SetPriority(priority) => self.apply_priority(record, priority),
            Command::ResourceOrder(resource) => self.apply_resource(record, resource.order),
            Command::Receive(_)
            | Command::Adjust(_)
            | Command::SetStock(_)
            | Command::MatchAgain(_) => {
                record.movements.iter().for_each(|it| self.move_supply(it, record.sequence));
            }
            Command::UpsertSku(sku) => self.apply_sku(sku),
            Command::UpsertWarehouse(warehouse) => self.apply_warehouse(warehouse),
            Command::UpsertZone(code) => self.apply_zone(code),
            Command::UpsertChannel(code) => self.apply_channel(code),
            Command::SetCosts(costs) => self.apply_costs(costs),
            Command::SetLimits(limits) => self.apply_limits(&limits.limits),
            Command::SetPolicy(policy) => self.apply_policy(policy),
            Command::AssignPolicy(assignment) => self.apply_assignment(assignment),
            Command::SetCapacity(capacity) => self.apply_capacity(capacity, record.sequence),
            Command::SetReserves(reserves) => {
                self.apply_reserves(reserves);
                record.movements.iter().for_each(|it| self.move_supply(it, record.sequence));
            }
            Command::SetBundle(bundle) => self.apply_bundle(bundle),
            Command::SetShadowPrices(prices) => self.apply_shadow_prices(prices),
            Command::Mark { .. } => return,
            Command::Retire(retire) => return self.apply_retire(retire),
            Command::PlaceHold(hold) => self.apply_place_hold(record, hold),
            Command::ExtendHold(extension) => self.apply_extend_hold(record.time, extension),
            Command::ReleaseHold(release) => self.apply_release_hold(record, release.hold),
            Command::ExpireHolds(expired) => {
                return self.apply_expire_holds(record, expired.holds);
            }
            Command::Match(looked) => return self.apply_match(record, looked),
            Command::SetCancelAt(command) => self.apply_cancel_at(command.order, command.cancel_at),
            Command::RejectUnits(command) => self.apply_reject(record, command),
            Command::GiveUp(given_up) => return self.apply_give_up(record, given_up.order),
            Command::ExpectSupply(command) => self.apply_expect_supply(command, record.sequence),
            Command::ChangeSupply(command) => self.apply_change_supply(command, record.sequence),
            Command::ReceiveSupply(command) => self.apply_receive_supply(command, record),
            Command::Promise(command) => return self.apply_promise(record, command),
            Command::Sweep(step) => return self.apply_sweep(record, step),
            Command::SwapUnits(swap) => self.apply_swap(record, swap),
        }
        self.ask_for_sweep(&record.command);
        let row = CommandRow {
            id: record.command.id().expect("invariant: only the engine's own have no id"),
            content_hash: content_hash(record.command_bytes),
            sequence: record.sequence,
        };
        self.hash.put(rows::command(&row));
        self.remembered.add_command(row);
    }

    fn apply_place(&mut self, record: &Record<'_>, order: &PlaceOrder<'_>) {
        let head = record.outcome.head;
        let new = NewOrder {
            command: order,
            content_hash: content_hash(record.command_bytes),
            placed: record.sequence,
            time: record.time,
            parcels: head.parcels(),
            cost_minor: head.cost_minor(),
            proof: head.proof(),
            gap: head.gap(),
        };
        // `decide` puts allocations first, so they are a prefix of the movements.
        let allocated = record
            .movements
            .iter()
            .position(|movement| movement.kind() != MovementKind::Allocated)
            .unwrap_or(record.movements.len());
        let allocations = record.movements[..allocated].iter().map(|movement| AllocationRow {
            line: movement.line(),
            warehouse: movement.warehouse(),
            allocated: 0,
            shipped: 0,
        });
        let slot = self.orders.place(&new, allocations);
        self.remembered.add_order(order.id, slot);
        let owner = (order.hold != HoldId::NONE).then(|| self.take_hold(order.hold));
        for (position, movement) in record.movements.iter().enumerate() {
            if movement.kind().is_of_hold() {
                let owner = owner.expect("invariant: only who names a hold takes units of one");
                self.move_taken(owner, movement);
                continue;
            }
            if movement.kind().is_of_matching() {
                self.move_set_aside(movement, record.sequence);
                continue;
            }
            if movement.kind().is_of_promise() {
                self.move_promise(slot, movement);
                continue;
            }
            if asked(Sabotage::MovementSkipped)
                && position > 0
                && position + 1 == record.movements.len()
            {
                continue;
            }
            if position < allocated {
                self.orders.allocation_at_mut(slot, position).allocated = units(movement);
            }
            self.move_units(slot, movement);
        }
        self.count_placed(&record.movements[..allocated], record.time);
        self.put_order(slot);
        if self.orders.row(slot).open_units > 0 {
            self.totals.open_orders += 1;
        } else {
            self.close_order(slot, record.sequence);
        }
    }

    pub(super) fn apply_to_order(&mut self, order: OrderId, record: &Record<'_>) {
        let slot = self.order_slot(order).expect("invariant: decide found the order");
        let was_open = self.orders.row(slot).open_units > 0;
        self.take_order(slot);
        self.move_placed(slot, record);
        self.count_released(slot, record.movements, record.time);
        self.put_order(slot);
        let is_open = self.orders.row(slot).open_units > 0;
        assert!(was_open || !is_open, "a closed order does not open again");
        if was_open && !is_open {
            self.totals.open_orders -= 1;
            self.close_order(slot, record.sequence);
        }
    }

    /// Carries out the movements of a record about an order that an earlier one placed.
    pub(super) fn move_placed(&mut self, slot: u32, record: &Record<'_>) {
        for movement in record.movements {
            if movement.kind().is_of_matching() {
                self.move_set_aside(movement, record.sequence);
                continue;
            }
            if movement.kind() == MovementKind::Withdrawn {
                self.move_stock(movement);
                continue;
            }
            assert_eq!(movement.order(), self.orders.row(slot).placed, "one order a record");
            if movement.kind().is_of_promise() {
                self.move_promise(slot, movement);
                continue;
            }
            self.move_allocation(slot, movement);
        }
    }

    /// Moves the units of a placed order's movement, at their cell and in the order's rows.
    pub(super) fn move_allocation(&mut self, slot: u32, movement: &Movement) {
        match movement.kind() {
            MovementKind::Allocated => {
                let (line, warehouse) = (movement.line(), movement.warehouse());
                let blank = AllocationRow { line, warehouse, allocated: 0, shipped: 0 };
                self.orders.allocation_or_new(slot, &blank).allocated += units(movement);
            }
            MovementKind::Released => {
                self.allocation_of(slot, movement).allocated -= units(movement);
            }
            MovementKind::Shipped => {
                let allocation = self.allocation_of(slot, movement);
                allocation.allocated -= units(movement);
                allocation.shipped += units(movement);
            }
            _ => {}
        }
        self.move_units(slot, movement);
    }

    fn allocation_of(&mut self, slot: u32, movement: &Movement) -> &mut AllocationRow {
        self.orders.allocation_mut(slot, movement.line(), movement.warehouse())
    }

    /// Moves the units of an order's movement: at their cell, and between their line's buckets. A
    /// component's units have no bucket; those of its bundle have.
    pub(super) fn move_units(&mut self, slot: u32, movement: &Movement) {
        use MovementKind as Kind;
        let quantity = i64::from(movement.quantity());
        match movement.kind() {
            Kind::Allocated | Kind::ComponentAllocated => {
                self.move_cell_promise(movement, quantity);
            }
            Kind::Released | Kind::ComponentReleased => {
                self.move_cell_promise(movement, -quantity);
                // Only where it can be: an assertion would notice the rest.
                let left = self.stock.allocated(movement.sku(), movement.warehouse());
                if asked(Sabotage::ReleaseTwiceOnCancel) && i64::from(left) >= quantity {
                    self.move_cell_promise(movement, -quantity);
                }
            }
            Kind::Shipped | Kind::ComponentShipped => {
                self.move_cell_promise(movement, -quantity);
                self.move_stock(movement);
            }
            _ => {}
        }
        if !movement.kind().is_of_component() {
            self.move_line(slot, movement);
        }
    }

    /// Moves a line's units between its buckets, and the sums over them.
    fn move_line(&mut self, slot: u32, movement: &Movement) {
        let quantity = units(movement);
        let line = self.orders.line_mut(slot, movement.line());
        assert_eq!(line.sku, movement.sku(), "a movement names its line's SKU");
        let before = line.allocated + line.waiting;
        match movement.kind() {
            MovementKind::Allocated => line.allocated += quantity,
            MovementKind::Released => line.allocated -= quantity,
            MovementKind::Backordered => line.waiting += quantity,
            MovementKind::Dequeued => line.waiting -= quantity,
            MovementKind::Cancelled => line.cancelled += quantity,
            MovementKind::Shipped => {
                line.allocated -= quantity;
                line.shipped += quantity;
            }
            other => unreachable!("{} is no movement of a line", other.name()),
        }
        let after = line.allocated + line.waiting;
        assert!(line.allocated + line.waiting + line.shipped + line.cancelled <= line.ordered);
        let is_last = line.waiting == 0;
        let row = self.orders.row(slot);
        let (key, mode) = (self.wait_key(row, movement.line()), row.short);
        match movement.kind() {
            MovementKind::Backordered => {
                self.totals.backordered += u64::from(quantity);
                self.books.add(movement.sku(), (key, slot), quantity, mode);
            }
            MovementKind::Dequeued => {
                self.totals.backordered -= u64::from(quantity);
                self.books.take(movement.sku(), key, quantity, is_last);
                self.take_off_promise(slot, movement);
            }
            _ => {}
        }
        let row = self.orders.row_mut(slot);
        row.open_units = row.open_units + after - before;
    }

    /// Moves what came in, and what of it is set aside.
    pub(super) fn move_supply(&mut self, movement: &Movement, sequence: Sequence) {
        if movement.kind().is_of_matching() {
            self.move_set_aside(movement, sequence);
        } else {
            self.move_stock(movement);
        }
    }

    /// Changes the allocated units of a cell, their sum and their hash.
    fn move_cell_promise(&mut self, movement: &Movement, delta: i64) {
        let (sku, warehouse) = (movement.sku(), movement.warehouse());
        let before = self.stock.allocated(sku, warehouse);
        self.stock.change_allocated(sku, warehouse, delta);
        let after = self.stock.allocated(sku, warehouse);
        self.hash.take(self.hash_promise(sku, warehouse, before));
        self.hash.put(self.hash_promise(sku, warehouse, after));
        self.totals.allocated = self.totals.allocated + u64::from(after) - u64::from(before);
    }

    /// Changes on hand and unavailable units of a cell, their sum and their hash.
    fn move_stock(&mut self, movement: &Movement) {
        let (sku, warehouse) = (movement.sku(), movement.warehouse());
        let quantity = i64::from(movement.quantity());
        let (on_hand_delta, unavailable_delta) = match movement.kind() {
            MovementKind::Received | MovementKind::Adjusted => (quantity, 0),
            MovementKind::Shipped | MovementKind::ComponentShipped => (-quantity, 0),
            MovementKind::Withdrawn => (0, quantity),
            MovementKind::Restored => (0, -quantity),
            other => unreachable!("{} does not change what lies on a shelf", other.name()),
        };
        let before = self.stock.cell(sku, warehouse);
        self.stock.change_on_hand(sku, warehouse, on_hand_delta, unavailable_delta);
        let after = self.stock.cell(sku, warehouse);
        self.hash.take(self.hash_stock(sku, warehouse, &before));
        self.hash.put(self.hash_stock(sku, warehouse, &after));
        self.totals.on_hand =
            self.totals.on_hand + u64::from(after.on_hand) - u64::from(before.on_hand);
    }

    pub(super) fn put_order(&mut self, slot: u32) {
        let hash = self.order_hash(slot);
        self.hash.put(hash);
    }

    pub(super) fn take_order(&mut self, slot: u32) {
        let hash = self.order_hash(slot);
        self.hash.take(hash);
    }

    /// The sum of the hashes of an order's rows.
    fn order_hash(&self, slot: u32) -> u128 {
        let row = self.orders.row(slot);
        let order = self.hash_order(row, self.orders.detail(slot));
        let lines = (0..).zip(self.orders.lines(row));
        let lines = lines.map(|(line, line_row)| self.hash_line(row, line, line_row));
        let allocations = self.orders.allocations(row);
        let allocations =
            allocations.iter().map(|allocation| self.hash_allocation(row, allocation));
        lines.chain(allocations).fold(order, u128::wrapping_add)
    }

    pub(super) fn apply_sku(&mut self, command: &UpsertSku<'_>) {
        let (sku, is_new) = self.catalogue.skus.upsert(command.code);
        let row = SkuRow {
            order_max: command.order_max,
            tracked: command.tracked,
            backorder: command.backorder,
            active: command.active,
        };
        let code_hash = self.sku_hash(sku);
        self.hash.put(rows::sku(code_hash, &row));
        self.stock.set_tracked(sku, command.tracked);
        if is_new {
            self.catalogue.sku_rows.push(row);
        } else {
            let before = std::mem::replace(&mut self.catalogue.sku_rows[sku.index()], row);
            self.hash.take(rows::sku(code_hash, &before));
        }
    }

    pub(super) fn apply_warehouse(&mut self, command: &UpsertWarehouse<'_>) {
        let (warehouse, is_new) = self.catalogue.warehouses.upsert(command.code);
        let row = WarehouseRow { priority: command.priority, active: command.active };
        let code_hash = self.warehouse_hash(warehouse);
        self.hash.put(rows::warehouse(code_hash, &row));
        if is_new {
            self.stock.add_warehouse(warehouse);
            self.capacity.add_warehouse();
            self.catalogue.warehouse_rows.push(row);
        } else {
            let rows = &mut self.catalogue.warehouse_rows;
            let before = std::mem::replace(&mut rows[warehouse.index()], row);
            self.hash.take(rows::warehouse(code_hash, &before));
            self.network.set_warehouse(warehouse, &row);
        }
    }

    pub(super) fn apply_zone(&mut self, command: &UpsertCode<'_>) {
        let (zone, is_new) = self.catalogue.zones.upsert(command.code);
        if is_new {
            self.network.add_zone(zone);
            self.hash.put(rows::zone(command.code));
        }
    }

    pub(super) fn apply_channel(&mut self, command: &UpsertCode<'_>) {
        let (_, is_new) = self.catalogue.channels.upsert(command.code);
        if is_new {
            self.policies.add_channel();
            self.hash.put(rows::channel(command.code));
        }
    }

    pub(super) fn apply_costs(&mut self, command: &SetCosts<'_>) {
        let row = self.catalogue.warehouse_rows[command.warehouse.index()];
        for cost in command.rows {
            self.apply_cost(command, &row, cost);
        }
    }

    fn apply_cost(&mut self, command: &SetCosts<'_>, row: &WarehouseRow, cost: &CostRow) {
        let zone = cost.zone();
        if let Some(before) = self.network.set_cost(command.warehouse, row, cost) {
            self.hash.take(self.hash_cost(zone, &before));
        }
        let serving = self.network.serving(zone).iter();
        let after = serving.copied().find(|candidate| candidate.warehouse == command.warehouse);
        if let Some(after) = after {
            self.hash.put(self.hash_cost(zone, &after));
        }
    }

    pub(super) fn apply_limits(&mut self, limits: &Limits) {
        self.hash.take(rows::limits(&self.limits));
        self.limits = *limits;
        self.hash.put(rows::limits(&self.limits));
        self.forget_rejections();
    }

    fn forget_rejections(&mut self) {
        while let Some(row) = self.remembered.forget_beyond(self.limits.rejections_remembered_max) {
            self.hash.take(rows::rejection(&row));
        }
    }
}

/// Units of a movement that is positive by its kind.
fn units(movement: &Movement) -> u32 {
    u32::try_from(movement.quantity()).expect("invariant: order movements are positive")
}
