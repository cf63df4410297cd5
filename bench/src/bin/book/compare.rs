//! Random events on an engine, each record held against the naive book.

use std::collections::BTreeMap;

use gantry_bench::Random;
use gantry_engine::Engine;
use gantry_model::{
    AdjustReason, Command, LineUnits, MovementKind, OrderId, OrderUnits, StockChange, Warehouse,
};

use crate::naive::{Naive, Order, sums};
use crate::rig::{Rig, SERVED, WAREHOUSES, one_record};

/// SKUs of the shop.
const SKUS: u32 = 12;
/// Orders that are open at a time, about.
const OPEN_MAX: usize = 1_200;
/// Events between two crashes, about.
const EVENTS_PER_CRASH: u32 = 1_000;

/// What happened, by name.
pub(crate) type Counts = BTreeMap<&'static str, u64>;

struct Run {
    rig: Rig,
    naive: Naive,
    /// An engine that is a crash behind, and the records since.
    behind: Engine,
    since: Vec<u8>,
    random: Random,
    counts: Counts,
}

/// Runs `events` random events. Panics where the two disagree.
pub(crate) fn run(events: u64, seed: u64) -> Counts {
    let mut rig = Rig::new(SKUS);
    let mut behind = Engine::new();
    behind.replay(&rig.take_records()).expect("invariant: what an engine wrote");
    let naive = Naive::new(SKUS as usize);
    let random = Random::new(seed);
    let mut run = Run { rig, naive, behind, since: Vec::new(), random, counts: Counts::new() };
    for _ in 0..events {
        run.event();
    }
    run.crash();
    run.counts
}

impl Run {
    fn event(&mut self) {
        let name = match self.random.below(100) {
            0..34 if self.naive.orders.len() < OPEN_MAX => self.place(),
            0..42 => self.end_order(),
            42..58 => self.receive(),
            58..64 => self.adjust(),
            64..70 => self.cancel_some(),
            _ => self.look(),
        };
        *self.counts.entry(name).or_default() += 1;
        if self.random.below(EVENTS_PER_CRASH) == 0 {
            self.crash();
            *self.counts.entry("crash").or_default() += 1;
        }
    }

    /// The engine is gone; another makes its state of the records, and goes on.
    fn crash(&mut self) {
        self.behind.replay_verified(&self.since).expect("invariant: what an engine wrote");
        assert_eq!(self.behind.state_hash(), self.rig.engine.state_hash());
        self.since.clear();
        std::mem::swap(&mut self.behind, &mut self.rig.engine);
    }

    /// The record that was just written.
    fn written(&mut self) -> Vec<u8> {
        let written = self.rig.take_records();
        self.since.extend_from_slice(&written);
        written
    }

    fn place(&mut self) -> &'static str {
        let (zone, sku) = (self.random.below(2), self.random.below(SKUS));
        let (units, class) = (1 + self.random.below(9), self.random.below(4));
        let [zone_number, class] = [zone, class].map(|number| number.to_le_bytes()[0]);
        let id = self.rig.place(zone_number.into(), sku, units, class);
        let (placed, bytes) = (self.rig.last_sequence(), self.written());
        let record = one_record(&bytes);
        let allocated = record.movements.iter().filter(|it| it.kind() == MovementKind::Allocated);
        let parcels: Vec<(usize, i64, i64)> = allocated
            .map(|it| (usize::from(it.warehouse().get()), i64::from(it.quantity()), 0))
            .collect();
        let waiting = i64::from(units) - parcels.iter().map(|parcel| parcel.1).sum::<i64>();
        // Nothing that is set aside, and all that is not.
        let shelf = &self.naive.shelves[sku as usize];
        let free: i64 = SERVED[zone as usize]
            .map(|(at, ..)| usize::from(at))
            .map(|at| (shelf.on_hand[at] - shelf.allocated[at] - shelf.set_aside[at]).max(0))
            .iter()
            .sum();
        assert_eq!(waiting, (i64::from(units) - free).max(0), "{record:?}");
        let (zone, sku) = (zone as usize, sku as usize);
        self.naive.check_freed(&record, sums(&record), sku);
        let id = id.get();
        self.naive.orders.push(Order { id, placed, class, zone, sku, waiting, parcels });
        "place"
    }

    fn any_order(&mut self) -> Option<usize> {
        let count = u32::try_from(self.naive.orders.len()).expect("invariant: few orders");
        (count > 0).then(|| self.random.below(count) as usize)
    }

    /// Cancels what waits of an order, and ships or cancels the rest.
    fn end_order(&mut self) -> &'static str {
        let Some(at) = self.any_order() else { return "nothing" };
        let ships = self.random.below(2) == 0;
        let order = self.naive.orders.swap_remove(at);
        let id = OrderId::new(order.id);
        if ships {
            for (warehouse, allocated, _) in order.parcels.iter().filter(|parcel| parcel.1 > 0) {
                let warehouse = Warehouse::new(u16::try_from(*warehouse).unwrap_or(u16::MAX));
                let units = u32::try_from(*allocated).expect("invariant: positive");
                let units = [LineUnits::new(0, warehouse, units)];
                let command = OrderUnits { id: self.rig.next_id(), order: id, units: &units };
                assert!(self.rig.send(&Command::Ship(command)));
                let bytes = self.written();
                let record = one_record(&bytes);
                self.naive.check_freed(&record, sums(&record), order.sku);
            }
        }
        if order.waiting == 0 && ships {
            return "ship";
        }
        let command = OrderUnits { id: self.rig.next_id(), order: id, units: &[] };
        assert!(self.rig.send(&Command::CancelOrder(command)));
        let bytes = self.written();
        let record = one_record(&bytes);
        let mut expected = BTreeMap::new();
        let mut all = order.waiting;
        if order.waiting > 0 {
            expected.insert((MovementKind::Dequeued.number(), WAREHOUSES), order.waiting);
        }
        for (warehouse, allocated, _) in order.parcels.iter().filter(|_| !ships) {
            if *allocated > 0 {
                expected.insert((MovementKind::Released.number(), *warehouse), *allocated);
                all += allocated;
            }
        }
        expected.insert((MovementKind::Cancelled.number(), WAREHOUSES), all);
        self.naive.check_freed(&record, expected, order.sku);
        "end an order"
    }

    /// Cancels some units of an order: those that wait first, then the last parcel's.
    fn cancel_some(&mut self) -> &'static str {
        let Some(at) = self.any_order() else { return "nothing" };
        let mut order = self.naive.orders.swap_remove(at);
        let open = order.waiting + order.parcels.iter().map(|parcel| parcel.1).sum::<i64>();
        let units = 1 + self.random.below(u32::try_from(open).expect("invariant: positive"));
        let wanted = [LineUnits::new(0, Warehouse::NONE, units)];
        let (id, target) = (self.rig.next_id(), OrderId::new(order.id));
        let command = OrderUnits { id, order: target, units: &wanted };
        assert!(self.rig.send(&Command::CancelOrder(command)));
        let bytes = self.written();
        let record = one_record(&bytes);
        let mut expected = BTreeMap::new();
        let mut left = i64::from(units);
        expected.insert((MovementKind::Cancelled.number(), WAREHOUSES), left);
        let waiting = order.waiting.min(left);
        if waiting > 0 {
            expected.insert((MovementKind::Dequeued.number(), WAREHOUSES), waiting);
        }
        order.waiting -= waiting;
        left -= waiting;
        for parcel in order.parcels.iter_mut().rev() {
            let released = parcel.1.min(left);
            if released > 0 {
                expected.insert((MovementKind::Released.number(), parcel.0), released);
            }
            parcel.1 -= released;
            left -= released;
        }
        let sku = order.sku;
        if order.is_open() {
            self.naive.orders.push(order);
        }
        self.naive.check_freed(&record, expected, sku);
        "cancel some"
    }

    fn receive(&mut self) -> &'static str {
        let (sku, warehouse) = (self.random.below(SKUS), self.random.below(3).to_le_bytes()[0]);
        // About what waits: sometimes too little for the first line, sometimes too much for all.
        let waiting = u32::try_from(self.naive.waiting(sku as usize)).unwrap_or(u32::MAX);
        let units = 1 + self.random.below(2 + waiting.min(400));
        let units = i32::try_from(units).expect("invariant: a few hundred");
        let change = self.rig.change(sku, warehouse.into(), units);
        self.change_stock(&Command::Receive(change), MovementKind::Received, &change);
        "receive"
    }

    fn adjust(&mut self) -> &'static str {
        let (sku, warehouse) = (self.random.below(SKUS), self.random.below(3).to_le_bytes()[0]);
        let units = i32::try_from(self.random.below(13)).expect("invariant: small") - 6;
        let change = self.rig.change(sku, warehouse.into(), units);
        let change = StockChange { reason: AdjustReason::Found, ..change };
        let shelf = &self.naive.shelves[sku as usize];
        let at = usize::from(warehouse);
        let left = shelf.on_hand[at] + i64::from(units);
        if units == 0 || left < shelf.allocated[at] + shelf.set_aside[at] {
            self.rig.send(&Command::Adjust(change));
            let bytes = self.written();
            let is_refused = bytes.is_empty() || !one_record(&bytes).outcome.head.is_accepted();
            assert!(is_refused, "promised units are not lost");
            return "adjust refused";
        }
        self.change_stock(&Command::Adjust(change), MovementKind::Adjusted, &change);
        "adjust"
    }

    fn change_stock(&mut self, command: &Command<'_>, kind: MovementKind, to: &StockChange<'_>) {
        assert!(self.rig.send(command), "{command:?}");
        let bytes = self.written();
        let at = usize::from(to.warehouse.get());
        let expected = BTreeMap::from([((kind.number(), at), i64::from(to.quantity))]);
        self.naive.check_freed(&one_record(&bytes), expected, to.sku.get() as usize);
    }

    fn look(&mut self) -> &'static str {
        if !self.rig.step() {
            return "nothing due";
        }
        let bytes = self.written();
        match self.naive.check_match(&one_record(&bytes)) {
            true => "line served",
            false => "nothing for a line",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engine_and_a_naive_book_agree() {
        let counts = run(20_000, 7);
        for name in ["place", "end an order", "cancel some", "receive", "line served", "crash"] {
            assert!(counts.get(name).is_some_and(|count| *count > 5), "{name}: {counts:?}");
        }
    }
}
