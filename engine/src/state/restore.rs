//! A state from rows that were kept: what a snapshot brings back.
//!
//! What is defined comes before what names it, and tables come in the order of their handles. Each
//! function puts the hashes of its rows in, so a state that has all rows again has their hash
//! again; those of orders come with the index, because whoever reads ids sums them up. What a
//! command sets whole is brought back by applying that command.

use gantry_model::{
    AssignPolicy, EngineSecond, EngineTime, HoldId, Limits, Sequence, SetBundle, SetCapacity,
    SetCosts, SetPolicy, SetReserves, SetShadowPrices, Sku, UpsertCode, UpsertSku, UpsertWarehouse,
    Warehouse,
};

use super::archives::ArchiveRow;
use super::capacity::DayLoad;
use super::holds::{HeldRow, HoldRow};
use super::matching::DueRow;
use super::orders::{AllocationRow, LineRow, OrderDetailRow, OrderRow};
use super::rejected::RejectedRow;
use super::remembered::{CommandRow, RejectionRow};
use super::stock::Cell;
use super::sweeping::Sweeping;
use super::{IdIndex, State, StateHash, rows};

impl State {
    pub(crate) fn restore_limits(&mut self, limits: &Limits) {
        self.apply_limits(limits);
    }

    pub(crate) fn restore_sku(&mut self, sku: &UpsertSku<'_>) {
        self.apply_sku(sku);
    }

    pub(crate) fn restore_warehouse(&mut self, warehouse: &UpsertWarehouse<'_>) {
        self.apply_warehouse(warehouse);
    }

    pub(crate) fn restore_zone(&mut self, zone: &UpsertCode<'_>) {
        self.apply_zone(zone);
    }

    pub(crate) fn restore_channel(&mut self, channel: &UpsertCode<'_>) {
        self.apply_channel(channel);
    }

    pub(crate) fn restore_costs(&mut self, costs: &SetCosts<'_>) {
        self.apply_costs(costs);
    }

    /// A policy that had been set `version` times.
    pub(crate) fn restore_policy(&mut self, policy: &SetPolicy<'_>, version: u32) {
        self.apply_policy_version(policy, version);
    }

    pub(crate) fn restore_assignment(&mut self, assignment: &AssignPolicy) {
        self.apply_assignment(assignment);
    }

    /// Bounds, since when is counted, and what was counted.
    pub(crate) fn restore_capacity(
        &mut self,
        bounds: &SetCapacity,
        since: Sequence,
        load: DayLoad,
    ) {
        self.apply_capacity(bounds, since);
        self.capacity.add(bounds.warehouse, load.day, load.orders, load.units);
        self.hash.put(self.hash_day_load(bounds.warehouse));
    }

    /// A cell that has had no figure so far.
    pub(crate) fn restore_cell(&mut self, sku: Sku, warehouse: Warehouse, cell: &Cell) {
        self.stock.restore_cell(sku, warehouse, cell);
        self.hash.put(self.hash_stock(sku, warehouse, cell));
        self.hash.put(self.hash_promise(sku, warehouse, cell.allocated));
        self.hash.put(self.hash_safety(sku, warehouse, cell.safety));
        self.totals.on_hand += u64::from(cell.on_hand);
        self.totals.allocated += u64::from(cell.allocated);
        self.totals.held += u64::from(cell.held);
    }

    pub(crate) fn restore_reserves(&mut self, reserves: &SetReserves<'_>) {
        self.apply_reserves(reserves);
    }

    pub(crate) fn restore_bundle(&mut self, bundle: &SetBundle<'_>) {
        self.apply_bundle(bundle);
    }

    pub(crate) fn restore_prices(&mut self, prices: &SetShadowPrices<'_>) {
        self.apply_shadow_prices(prices);
    }

    /// An order that was placed before. Slots are dense from 0.
    pub(crate) fn restore_order(
        &mut self,
        (row, detail): (OrderRow, OrderDetailRow),
        lines: impl ExactSizeIterator<Item = LineRow>,
        allocations: impl ExactSizeIterator<Item = AllocationRow>,
        reference: &[u8],
    ) {
        let mut waiting = 0;
        let lines = lines.inspect(|line| waiting += u64::from(line.waiting));
        let slot = self.orders.bring_back(row, detail, lines, allocations, reference);
        self.totals.backordered += waiting;
        if waiting > 0 {
            self.restore_waiting(slot);
        }
        self.totals.open_orders += u64::from(self.orders.row(slot).open_units > 0);
    }

    /// Puts the waiting lines of the order at `slot` into their books.
    fn restore_waiting(&mut self, slot: u32) {
        let order = self.orders.row(slot);
        for (line, row) in (0..).zip(self.orders.lines(order)) {
            if row.waiting > 0 {
                // What is promised to it comes behind all orders.
                let key = self.wait_key(order, line);
                self.books.add(row.sku, (key, slot), row.waiting, order.short);
            }
        }
    }

    /// A SKU whose waiting lines are to be looked at.
    pub(crate) fn restore_due(&mut self, sku: Sku, row: DueRow) {
        self.set_due(sku, Some(row));
    }

    /// Units set aside at a cell, of those that it holds.
    pub(crate) fn restore_set_aside(&mut self, sku: Sku, warehouse: Warehouse, units: u32) {
        self.put_set_aside(sku, warehouse, units);
    }

    /// A hold, of the units that its cells hold.
    pub(crate) fn restore_hold(
        &mut self,
        (id, owner): (HoldId, u128),
        placed: Sequence,
        expires: EngineTime,
        places: &[HeldRow],
    ) {
        self.add_hold(HoldRow::new((id, owner), placed, expires), places);
    }

    /// A closed order in memory; the one that has been closed for longest comes first.
    pub(crate) fn restore_closed(&mut self, slot: u32, closed: Sequence) {
        self.close_order(slot, closed);
    }

    /// When an open order is given up.
    pub(crate) fn restore_deadline(&mut self, slot: u32, at: EngineSecond) {
        self.set_deadline(slot, at);
    }

    /// What became of an open order of which units were rejected.
    pub(crate) fn restore_rejected(&mut self, slot: u32, row: RejectedRow) {
        self.set_rejected(slot, Some(row));
    }

    /// How far the books were looked at because rules changed.
    pub(crate) fn restore_sweeping(&mut self, row: Sweeping) {
        self.set_sweeping(row);
    }

    /// An archive file whose rows leave memory, or have left.
    pub(crate) fn restore_archive(&mut self, row: ArchiveRow) {
        self.hash.put(rows::archive(&row));
        self.archives.bring_back(row);
    }

    /// How many orders were ever placed.
    pub(crate) fn restore_order_count(&mut self, count: u64) {
        self.orders.set_count(count);
    }

    pub(crate) fn restore_command(&mut self, row: CommandRow) {
        self.hash.put(rows::command(&row));
        self.remembered.bring_back_command(row);
    }

    pub(crate) fn restore_rejection(&mut self, row: RejectionRow) {
        self.hash.put(rows::rejection(&row));
        self.remembered.bring_back_rejection(row);
    }

    /// Where the ids of all rows lie, and the sum of the hashes of all orders' rows.
    pub(crate) fn restore_index(&mut self, orders_hash: StateHash, index: IdIndex) {
        self.hash.put(orders_hash.get());
        self.remembered.bring_back_index(index);
    }

    /// The last record that the rows know of.
    pub(crate) fn restore_end(&mut self, sequence: Sequence, time: EngineTime) {
        self.last_sequence = sequence;
        self.last_time = time;
    }
}
