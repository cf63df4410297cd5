//! Random shops: whatever comes, the books add up, and a naive reading of the records agrees.

use std::collections::BTreeMap;

use gantry_engine::Engine;
use gantry_model::{Command, MovementKind, Record, Records, ShortMode};
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::shop::Shop;

const SKUS: [&str; 5] = ["A", "B", "C", "D", "E"];
const WAREHOUSES: [&str; 4] = ["N", "O", "P", "Q"];
const ZONES: [&str; 2] = ["1", "2"];

/// One random line of a script; ids are drawn from few, so that repeats and reuse happen.
pub(crate) fn random_line(random: &mut ChaCha8Rng) -> String {
    let pick = |random: &mut ChaCha8Rng, from: &[&'static str]| *from.choose(random).unwrap();
    let sku = pick(random, &SKUS);
    let warehouse = pick(random, &WAREHOUSES);
    let zone = pick(random, &ZONES);
    let order = random.random_range(1..60);
    let units = random.random_range(0..6);
    match random.random_range(0..20) {
        0..10 => {
            let modes = ["ship_complete", "take_available", "backorder", "wait_complete"];
            let mode = pick(random, &modes);
            let count = random.random_range(1..5);
            let lines: Vec<String> = (0..count)
                .map(|_| format!("{}:{}", pick(random, &SKUS), random.random_range(1..5)))
                .collect();
            format!("place {order} {zone} {mode} {}", lines.join(","))
        }
        10..13 => format!("receive {sku} {warehouse} {units}"),
        13 => format!("cancel {order}"),
        14 if units == 0 => format!("priority {order} {}", random.random_range(0..3)),
        14 => format!("cancel {order} {}:{units}", random.random_range(0..3)),
        15 | 16 => format!("ship {order} {}@{warehouse}:{units}", random.random_range(0..3)),
        17 => format!("adjust {sku} {warehouse} {} lost", units - 3),
        18 => format!("adjust {sku} {warehouse} {} damaged unavailable", units - 3),
        _ => match random.random_range(0..4) {
            0 => format!("cost {warehouse} {zone} {}+{units}", random.random_range(0..9)),
            1 => format!("sku {sku} {}", pick(random, &["max=3", "no_backorder", "unlimited"])),
            2 => format!("warehouse {warehouse} {units} {}", pick(random, &["inactive", "x"])),
            _ => format!("count {sku} {warehouse} {}", units * 2),
        },
    }
}

fn random_shop(seed: u64, commands: usize) -> Shop {
    random_shop_with(seed, commands, |_| ())
}

/// A random shop that is set up further before its first random command.
pub(crate) fn random_shop_with(seed: u64, commands: usize, set_up: impl FnOnce(&mut Shop)) -> Shop {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut shop = Shop::new();
    for sku in SKUS {
        shop.run(&format!("sku {sku}"));
    }
    for zone in ZONES {
        shop.run(&format!("zone {zone}"));
    }
    for (priority, warehouse) in WAREHOUSES.iter().enumerate() {
        shop.run(&format!("warehouse {warehouse} {priority}"));
        for zone in ZONES {
            let cost = random.random_range(1..9);
            shop.run(&format!("cost {warehouse} {zone} {cost}+{}", priority % 3));
        }
    }
    set_up(&mut shop);
    for number in 0..commands {
        let line = random_line(&mut random);
        shop.run(&line);
        if number % 3 == 0 {
            shop.match_waiting(1);
        }
    }
    shop
}

#[test]
fn random_shops_hold_together_and_replay_to_the_same_state() {
    let mut accepted = 0;
    for seed in 0..60 {
        let shop = random_shop(seed, 400);
        println!("seed {seed}");
        shop.check();
        accepted += shop.engine.state().orders.count();
    }
    assert!(accepted > 1_000, "the shops were busy: {accepted} orders");
}

/// What a naive reader of the records knows: sums over movements, nothing else.
#[derive(Default)]
pub(crate) struct Ledger {
    on_hand: BTreeMap<(u32, u16), i64>,
    allocated: BTreeMap<(u32, u16), i64>,
    held: BTreeMap<(u32, u16), i64>,
    /// Units by order and line: open, waiting, allocated, shipped, cancelled.
    lines: BTreeMap<(u64, u16), [i64; 5]>,
    unlimited: BTreeMap<u32, bool>,
}

impl Ledger {
    pub(crate) fn read(&mut self, record: &Record<'_>) {
        match &record.command {
            Command::UpsertSku(sku) => {
                let handle = record.outcome.head.handle().unwrap();
                self.unlimited.insert(handle, !sku.tracked);
            }
            Command::PlaceOrder(order) if record.outcome.head.is_accepted() => {
                for (line, wanted) in (0..).zip(order.lines) {
                    let units = [wanted.quantity().into(), 0, 0, 0, 0];
                    self.lines.insert((record.sequence.get(), line), units);
                }
            }
            _ => {}
        }
        for movement in record.movements {
            let quantity = i64::from(movement.quantity());
            let cell = (movement.sku().get(), movement.warehouse().get());
            let key = (movement.order().get(), movement.line());
            let mut shift = |from: usize, to: usize| {
                let line = self.lines.get_mut(&key).unwrap();
                line[from] -= quantity;
                line[to] += quantity;
            };
            match movement.kind() {
                MovementKind::Received | MovementKind::Adjusted => {
                    *self.on_hand.entry(cell).or_default() += quantity;
                }
                MovementKind::Allocated => {
                    shift(0, 2);
                    *self.allocated.entry(cell).or_default() += quantity;
                }
                MovementKind::Released => {
                    shift(2, 0);
                    *self.allocated.entry(cell).or_default() -= quantity;
                }
                MovementKind::Shipped => {
                    shift(2, 3);
                    *self.allocated.entry(cell).or_default() -= quantity;
                    if !self.unlimited[&cell.0] {
                        *self.on_hand.entry(cell).or_default() -= quantity;
                    }
                }
                MovementKind::Backordered => shift(0, 1),
                MovementKind::Dequeued => shift(1, 0),
                MovementKind::Cancelled => shift(0, 4),
                MovementKind::ComponentAllocated => {
                    *self.allocated.entry(cell).or_default() += quantity;
                }
                MovementKind::ComponentReleased => {
                    *self.allocated.entry(cell).or_default() -= quantity;
                }
                MovementKind::ComponentShipped => {
                    *self.allocated.entry(cell).or_default() -= quantity;
                    if !self.unlimited[&cell.0] {
                        *self.on_hand.entry(cell).or_default() -= quantity;
                    }
                }
                MovementKind::SetAside | MovementKind::Held => {
                    *self.held.entry(cell).or_default() += quantity;
                }
                MovementKind::GivenBack | MovementKind::Unheld => {
                    *self.held.entry(cell).or_default() -= quantity;
                }
                _ => {}
            }
        }
        self.check(record);
    }

    /// Never oversold, nothing negative, nothing left open.
    fn check(&self, record: &Record<'_>) {
        let sequence = record.sequence;
        for (cell, allocated) in &self.allocated {
            let on_hand = self.on_hand.get(cell).copied().unwrap_or(0);
            let held = self.held.get(cell).copied().unwrap_or(0);
            assert!(*allocated >= 0 && held >= 0, "record {sequence}: {cell:?}");
            assert!(
                self.unlimited[&cell.0] || *allocated + held <= on_hand,
                "record {sequence}: {cell:?} has {allocated} allocated of {on_hand} on hand"
            );
        }
        for (line, buckets) in &self.lines {
            assert_eq!(buckets[0], 0, "record {sequence}: open units of {line:?}");
            assert!(buckets.iter().all(|units| *units >= 0), "record {sequence}: {line:?}");
        }
    }
}

#[test]
fn a_naive_ledger_of_the_movements_agrees_with_the_engine() {
    for seed in 100..130 {
        let shop = random_shop(seed, 400);
        let mut ledger = Ledger::default();
        for record in Records::new(shop.records.payload()) {
            ledger.read(&record.unwrap());
        }
        let state = shop.engine.state();
        for (cell, on_hand) in &ledger.on_hand {
            let sku = gantry_model::Sku::new(cell.0);
            let figures = state.stock.cell(sku, gantry_model::Warehouse::new(cell.1));
            assert_eq!(i64::from(figures.on_hand), *on_hand, "seed {seed}: {cell:?}");
            let allocated = ledger.allocated.get(cell).copied().unwrap_or(0);
            assert_eq!(i64::from(figures.allocated), allocated, "seed {seed}: {cell:?}");
        }
    }
}

/// The modes' meaning, checked on every accepted order against the stock just before it.
#[test]
fn every_order_gets_all_that_was_there_for_no_more_than_from_one_warehouse() {
    for seed in 200..230 {
        let shop = random_shop(seed, 300);
        let mut before = Engine::new();
        for record in Records::new(shop.records.payload()) {
            let record = record.unwrap();
            if let Command::PlaceOrder(order) = &record.command {
                check_order(&before, &record, order);
            }
            before.replay(record_bytes(shop.records.payload(), &record)).unwrap();
        }
    }
}

/// The record's own bytes: from its header, 40 bytes before its command, to the next record's.
fn record_bytes<'a>(payload: &'a [u8], record: &Record<'_>) -> &'a [u8] {
    let mut rest = payload;
    loop {
        let (found, after) = Record::split(rest).unwrap();
        if found.sequence == record.sequence {
            return &rest[..rest.len() - after.len()];
        }
        rest = after;
    }
}

fn check_order(before: &Engine, record: &Record<'_>, order: &gantry_model::PlaceOrder<'_>) {
    let state = before.state();
    let mut wanted: BTreeMap<u32, u64> = BTreeMap::new();
    for line in order.lines {
        *wanted.entry(line.sku().get()).or_default() += u64::from(line.quantity());
    }
    let candidates: Vec<_> = state.network.candidates(order.zone).copied().collect();
    let available = |sku: u32, warehouse| {
        u64::from(state.stock.available(gantry_model::Sku::new(sku), warehouse))
    };
    let could_have = |sku: u32| -> u64 {
        let all: u64 = candidates.iter().map(|row| available(sku, row.warehouse)).sum();
        all.min(wanted[&sku])
    };
    if !record.outcome.head.is_accepted() {
        let is_short = wanted.iter().any(|(sku, units)| could_have(*sku) < *units);
        assert!(is_short || candidates.is_empty(), "an order is refused for want of stock only");
        assert!(
            order.short != ShortMode::Backorder
                || !record.outcome.shorts.is_empty()
                || candidates.is_empty()
        );
        return;
    }
    let mut allocated: BTreeMap<u32, u64> = BTreeMap::new();
    for movement in record.movements.iter().filter(|m| m.kind() == MovementKind::Allocated) {
        *allocated.entry(movement.sku().get()).or_default() +=
            u64::from(movement.quantity().unsigned_abs());
    }
    let is_whole = wanted.iter().all(|(sku, units)| could_have(*sku) == *units);
    if order.short == ShortMode::WaitComplete && !is_whole {
        assert!(allocated.is_empty(), "record {}: all or nothing", record.sequence);
        return;
    }
    for sku in wanted.keys() {
        let got = allocated.get(sku).copied().unwrap_or(0);
        assert_eq!(got, could_have(*sku), "record {}: all that was there", record.sequence);
    }
    let covers = |row: &&gantry_engine::Candidate| {
        wanted.iter().all(|(sku, units)| available(*sku, row.warehouse) >= *units)
    };
    let units: i64 = order.lines.iter().map(|line| i64::from(line.quantity())).sum();
    let whole = candidates.iter().filter(covers);
    let cheapest = whole.map(|row| i64::from(row.parcel_cost) + i64::from(row.unit_cost) * units);
    if let Some(cost) = cheapest.min() {
        let found = record.outcome.head;
        assert!(found.cost_minor() <= cost, "{} where one takes {cost}", found.cost_minor());
        assert!(found.cost_minor() < cost || found.parcels() == 1, "one parcel costs no more");
    }
}
