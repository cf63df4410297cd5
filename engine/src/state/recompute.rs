//! The state hash computed whole, to check the one that `apply` keeps up; and an audit of the
//! invariants that tie the tables together. Both are linear in the state: for tests and tools.

use std::collections::BTreeMap;

use gantry_model::{Channel, EngineTime, Namespace, Sequence, Sku, Warehouse};

use super::hash::StateHash;
use super::{State, UnitTotals, rows};

impl State {
    /// The state hash from nothing but the rows as they stand.
    #[must_use]
    pub fn recompute_hash(&self) -> u128 {
        let mut hash = StateHash::default();
        hash.put(rows::limits(&self.limits));
        self.put_catalogue(&mut hash);
        self.put_sourcing(&mut hash);
        self.put_cells(&mut hash);
        self.put_orders(&mut hash);
        self.matching.due().for_each(|(sku, row)| hash.put(self.hash_due(sku, &row)));
        let set_aside = self.matching.set_aside.iter();
        set_aside.for_each(|(sku, row)| hash.put(self.hash_set_aside(sku, &row)));
        self.holds.by_end().for_each(|hold| hash.put(self.hash_hold(hold)));
        let deadlines = self.deadlines.iter();
        deadlines.for_each(|(at, placed, _)| hash.put(rows::deadline(placed, at)));
        let rejected = self.rejected.iter();
        rejected.for_each(|(placed, _, row)| hash.put(self.hash_rejected(placed, row)));
        self.put_promises(&mut hash);
        hash.put(self.hash_sweeping());
        self.remembered.commands().for_each(|row| hash.put(rows::command(row)));
        self.remembered.rejections().for_each(|row| hash.put(rows::rejection(row)));
        self.archives.closed.iter().for_each(|row| hash.put(self.hash_closed(row)));
        self.archives.rows().iter().for_each(|row| hash.put(rows::archive(row)));
        hash.get()
    }

    fn put_catalogue(&self, hash: &mut StateHash) {
        let catalogue = &self.catalogue;
        for (code_hash, row) in catalogue.skus.hashes().iter().zip(&catalogue.sku_rows) {
            hash.put(rows::sku(*code_hash, row));
        }
        let warehouses = catalogue.warehouses.hashes().iter().zip(&catalogue.warehouse_rows);
        warehouses.for_each(|(code_hash, row)| hash.put(rows::warehouse(*code_hash, row)));
        for zone in catalogue.zones.handles() {
            hash.put(rows::zone(catalogue.zones.code(zone).as_str()));
            for candidate in self.network.serving(zone) {
                hash.put(self.hash_cost(zone, candidate));
            }
        }
        for channel in catalogue.channels.handles() {
            hash.put(rows::channel(catalogue.channels.code(channel).as_str()));
        }
    }

    fn put_sourcing(&self, hash: &mut StateHash) {
        let catalogue = &self.catalogue;
        self.policies.rows().iter().for_each(|row| hash.put(rows::policy(row)));
        for channel in catalogue.channels.handles().chain([Channel::NONE]) {
            if let Some(row) = self.policies.row(self.policies.assigned(channel)) {
                hash.put(rows::assignment(self.channel_hash(channel), row.code_hash));
            }
        }
        for warehouse in catalogue.warehouses.handles() {
            hash.put(self.hash_capacity(warehouse));
            hash.put(self.hash_day_load(warehouse));
        }
        self.fences.iter().for_each(|(sku, row)| hash.put(self.hash_fence(sku, &row)));
        self.prices.iter().for_each(|(sku, row)| hash.put(self.hash_price(sku, &row)));
        self.bundles.iter().for_each(|(sku, _)| hash.put(self.hash_bundle(sku)));
    }

    fn put_cells(&self, hash: &mut StateHash) {
        for sku in self.catalogue.skus.handles() {
            for warehouse in self.catalogue.warehouses.handles() {
                let cell = self.stock.cell(sku, warehouse);
                hash.put(self.hash_stock(sku, warehouse, &cell));
                hash.put(self.hash_promise(sku, warehouse, cell.allocated));
                hash.put(self.hash_safety(sku, warehouse, cell.safety));
            }
        }
    }

    fn put_orders(&self, hash: &mut StateHash) {
        for (row, detail) in self.orders.iter() {
            hash.put(self.hash_order(row, detail));
            for (line, line_row) in (0..).zip(self.orders.lines(row)) {
                hash.put(self.hash_line(row, line, line_row));
            }
            for allocation in self.orders.allocations(row) {
                hash.put(self.hash_allocation(row, allocation));
            }
        }
    }

    /// The orders in memory are those that are open and those that wait to leave.
    fn audit_closed(&self) {
        let in_memory = self.orders.count() - self.archives.orders();
        assert_eq!(self.orders.iter().count() as u64, in_memory, "what was placed did not leave");
        let closed = u64::from(self.archives.closed_orders());
        assert_eq!(closed, in_memory - self.totals.open_orders, "an order closes once");
        for row in self.archives.closed.iter() {
            assert_eq!(self.orders.row(row.slot).open_units, 0, "a closed order stays closed");
        }
        assert!(self.archives.closed.iter().is_sorted_by_key(|row| row.closed), "in order");
    }

    /// Orders that are given up at a time, or of which units were rejected, are open.
    fn audit_open(&self) {
        let deadlines = self.deadlines.iter().map(|(_, placed, slot)| (placed, slot));
        let rejected = self.rejected.iter().map(|(placed, slot, _)| (placed, slot));
        for (placed, slot) in deadlines.chain(rejected) {
            let row = self.orders.row(slot);
            assert!(row.placed == placed && row.open_units > 0, "the order is open");
        }
        let counted =
            self.deadlines.iter().filter(|(at, placed, _)| self.deadlines.of(*placed) == *at);
        assert_eq!(counted.count(), self.deadlines.len(), "an order is given up once");
        let mut bars: Vec<_> = rejected_bars(self).collect();
        bars.sort_unstable();
        assert!(self.rejected.ends().eq(bars), "the ends of bars are those of the rows");
    }

    /// The sums over a warehouse's counted cells are what `apply` keeps up.
    fn audit_warehouse(&self, warehouse: Warehouse) {
        let mut sums = super::WarehouseUnits::default();
        for sku in self.catalogue.skus.handles() {
            let cell = self.stock.cell(sku, warehouse);
            if self.catalogue.sku_rows[sku.index()].tracked {
                sums.on_hand += u64::from(cell.on_hand);
                sums.allocated += u64::from(cell.allocated);
            }
        }
        assert_eq!(self.stock.units_at(warehouse), sums, "a warehouse's units are its cells'");
    }

    /// A line that waits is in the book of its SKU, and nothing else is; what is set aside for lines
    /// and held for carts is all that is held.
    fn audit_books(&self) {
        let mut waiting = 0;
        for (row, _) in self.orders.iter() {
            let lines = self.orders.lines(row).iter();
            waiting += lines.filter(|line| line.waiting > 0).count();
        }
        let mut units: BTreeMap<Sku, u64> = BTreeMap::new();
        for (sku, key, slot) in self.books.iter() {
            let row = self.orders.row(slot);
            let line = self.orders.lines(row)[usize::from(key.line)];
            let is_its = (self.wait_key(row, key.line), line.sku) == (key, sku);
            assert!(is_its && line.waiting > 0, "a book holds lines that wait");
            *units.entry(sku).or_default() += u64::from(line.waiting);
            waiting -= 1;
        }
        assert_eq!(waiting, 0, "every line that waits is in a book");
        units.iter().for_each(|(sku, units)| assert_eq!(self.books.units(*sku), *units));
        let held_for_carts = self.audit_holds();
        for sku in self.catalogue.skus.handles() {
            for warehouse in self.catalogue.warehouses.handles() {
                let set_aside = self.matching.set_aside_at(sku, warehouse);
                let for_carts = held_for_carts.get(&(sku, warehouse)).copied().unwrap_or(0);
                let held = u64::from(set_aside) + for_carts;
                assert_eq!(u64::from(self.stock.cell(sku, warehouse).held), held, "what is held");
                let is_kept = self.matching.is_due(sku) || self.keeper(sku, None).is_some();
                assert!(set_aside == 0 || is_kept, "for lines to be looked at");
            }
        }
    }

    /// The trees of the holds agree; returns the units held at each cell.
    fn audit_holds(&self) -> BTreeMap<(Sku, Warehouse), u64> {
        let mut held: BTreeMap<(Sku, Warehouse), u64> = BTreeMap::new();
        let (mut count, mut rows) = (0, 0);
        for hold in self.holds.by_end() {
            assert_eq!(self.holds.find(hold.id), Some(hold), "a hold is found by its id");
            let mut of_owner = self.holds.of_owner(hold.owner);
            assert!(of_owner.any(|other| other == hold), "and by its owner");
            for row in self.holds.rows(hold) {
                assert!(row.units > 0, "a place without units is none");
                *held.entry((row.sku, row.warehouse)).or_default() += u64::from(row.units);
                rows += 1;
            }
            count += 1;
        }
        assert_eq!((self.holds.len(), self.holds.row_count()), (count, rows), "counts of holds");
        held
    }

    /// Stops the process where two tables disagree about a unit, or a promise is not covered.
    pub fn audit(&self) {
        let mut totals = UnitTotals::default();
        let warehouse_count = self.catalogue.warehouses.len();
        let mut promised = vec![0_u64; self.catalogue.skus.len() * warehouse_count];
        for (row, _) in self.orders.iter() {
            let lines = self.orders.lines(row);
            let mut allocated = vec![0; lines.len()];
            for allocation in self.orders.allocations(row) {
                let line = usize::from(allocation.line);
                allocated[line] += allocation.allocated;
                let units = u64::from(allocation.allocated);
                let place = allocation.warehouse.index();
                promised[lines[line].sku.index() * warehouse_count + place] += units;
                for part in self.bundles.components(lines[line].sku) {
                    let cell = part.sku().index() * warehouse_count + place;
                    promised[cell] += units * u64::from(part.units());
                }
            }
            for (line, allocated) in lines.iter().zip(allocated) {
                assert_eq!(line.allocated, allocated, "a line's units are at warehouses");
                assert_eq!(line.open(), 0, "every unit of a line is in one bucket");
                totals.backordered += u64::from(line.waiting);
            }
            let open: u32 = lines.iter().map(|line| line.allocated + line.waiting).sum();
            assert_eq!(row.open_units, open, "open units are the sum of the lines'");
            totals.open_orders += u64::from(open > 0);
        }
        for sku in self.catalogue.skus.handles() {
            for warehouse in self.catalogue.warehouses.handles() {
                let cell = self.stock.cell(sku, warehouse);
                let promised = promised[sku.index() * warehouse_count + warehouse.index()];
                assert_eq!(u64::from(cell.allocated), promised, "allocated = sum over orders");
                if self.catalogue.sku_rows[sku.index()].tracked {
                    let sellable = cell.on_hand - cell.unavailable;
                    assert!(cell.promised() <= sellable, "promises are covered");
                }
                assert!(cell.unavailable <= cell.on_hand, "unavailable is part of on hand");
                totals.on_hand += u64::from(cell.on_hand);
                totals.allocated += u64::from(cell.allocated);
                totals.held += u64::from(cell.held);
            }
        }
        assert_eq!(self.totals, totals, "totals are the sums of the tables");
        self.audit_closed();
        self.audit_open();
        self.audit_books();
        self.audit_promises();
        for warehouse in self.catalogue.warehouses.handles() {
            self.audit_warehouse(warehouse);
        }
        let names = self.catalogue.skus.handles();
        for sku in names {
            let code = self.catalogue.skus.code(sku).as_str();
            assert_eq!(self.catalogue.resolve(Namespace::Sku, code), Some(sku.get()));
        }
    }
}

/// When each bar ends, of which order and warehouse.
fn rejected_bars(state: &State) -> impl Iterator<Item = (EngineTime, Sequence, Warehouse)> {
    state.rejected.iter().flat_map(|(placed, _, row)| {
        row.bars.iter().map(move |(warehouse, end)| (*end, placed, *warehouse))
    })
}
