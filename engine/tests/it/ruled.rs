//! Random shops under random rules: policies, capacity, reserves, bundles and prices come and go,
//! days turn, and a naive book of the records finds no decision that broke a rule.

mod book;
mod judge;
mod wide;

use gantry_model::{Command, Records};
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::properties::Ledger;
use crate::shop::Shop;
use book::Book;
use judge::{Judge, Seen};

const SKUS: [&str; 7] = ["A", "B", "C", "D", "KIT", "SET", "GIFT"];
const WAREHOUSES: [&str; 5] = ["N", "O", "P", "Q", "R"];
const OBJECTIVES: [&str; 8] = [
    "least_cost",
    "least_cost",
    "fewest_parcels",
    "nearest",
    "priority",
    "balance",
    "least_cost_with_shadow_prices",
    "greedy",
];
const SOFT: [&str; 7] = [
    "warehouses",
    "days_max",
    "parcels_max",
    "no_split",
    "orders_per_day",
    "units_per_day",
    "ring_fences",
];

/// Writes lines of a script; the clock only goes forward.
struct Writer {
    random: ChaCha8Rng,
    minutes: u32,
}

impl Writer {
    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from.choose(&mut self.random).unwrap()
    }

    fn below(&mut self, end: u32) -> u32 {
        self.random.random_range(0..end)
    }

    /// Some of a list, in its order.
    fn some(&mut self, of: &[&str]) -> String {
        let picked: Vec<&str> =
            of.iter().copied().filter(|_| self.random.random_range(0..3) > 0).collect();
        picked.join(",")
    }

    fn line(&mut self) -> String {
        let (sku, warehouse) = (self.pick(&SKUS), self.pick(&WAREHOUSES));
        let (order, units) = (self.below(90), self.below(8));
        match self.below(40) {
            0..16 => self.order(order + 1),
            16..22 => format!("receive {sku} {warehouse} {}", units + 2),
            22 => format!("cancel {order}"),
            23 | 24 => format!("cancel {order} {}:{units}", self.below(3)),
            25..28 => format!("ship {order} {}@{warehouse}:{units}", self.below(3)),
            28 => format!("adjust {sku} {warehouse} {} lost", i64::from(units) - 4),
            29 => format!("adjust {sku} {warehouse} {} damaged unavailable", i64::from(units) - 4),
            30 | 31 => self.policy(),
            32 => {
                let policy = self.pick(&["P", "P", "Q", "none"]);
                format!("assign {} {policy}", self.pick(&["all", "X", "Y"]))
            }
            33 | 34 => self.capacity(warehouse),
            35 => {
                let whom = self.pick(&["", "/X", "/Y"]);
                format!("reserve {sku}@{warehouse}{whom}:{units}")
            }
            36 | 37 => self.time(),
            38 => self.setup(sku, warehouse, units),
            _ => format!("price {sku}@{warehouse}:{units}"),
        }
    }

    fn order(&mut self, order: u32) -> String {
        let modes = ["ship_complete", "ship_complete", "take_available", "backorder"];
        let mode = self.pick(&modes);
        let lines: Vec<String> = (0..self.below(4) + 1)
            .map(|_| format!("{}:{}", self.pick(&SKUS), self.below(5) + 1))
            .collect();
        let zone = self.below(2) + 1;
        let channel = self.pick(&["", " channel=X", " channel=Y"]);
        let value = self.pick(&["", " value=40", " value=50", " value=99"]);
        format!("place {order} {zone} {mode} {}{channel}{value}", lines.join(","))
    }

    /// A policy of one of two names; some contradict themselves and are refused.
    fn policy(&mut self) -> String {
        let mut line = format!("policy {} {}", self.pick(&["P", "Q"]), self.pick(&OBJECTIVES));
        let mut soft: Vec<&str> = SOFT[4..].to_vec();
        let mut rule = |line: &mut String, soft_name: &'static str, rule: String| {
            *line += &format!(" {rule}");
            soft.push(soft_name);
        };
        let is_greedy = line.ends_with("greedy");
        if self.below(3) == 0 {
            let listed = self.some(&WAREHOUSES);
            if !listed.is_empty() {
                rule(&mut line, SOFT[0], format!("warehouses={listed}"));
            }
        }
        if self.below(3) == 0 {
            rule(&mut line, SOFT[1], format!("days_max={}", self.below(4) + 1));
        }
        if !is_greedy && self.below(4) == 0 {
            rule(&mut line, SOFT[2], format!("parcels_max={}", self.below(3) + 1));
        }
        if !is_greedy && self.below(4) == 0 {
            rule(&mut line, SOFT[3], "split_below=50 no_split=C,KIT".to_owned());
        }
        let soft = if self.below(3) > 0 { self.some(&soft) } else { String::new() };
        if soft.is_empty() { line } else { format!("{line} soft={soft}") }
    }

    fn capacity(&mut self, warehouse: &str) -> String {
        let mut line = format!("capacity {warehouse}");
        if self.below(2) == 0 {
            line += &format!(" orders={}", self.below(4));
        }
        if self.below(4) == 0 {
            line += &format!(" units={}", self.below(12));
        }
        if self.below(2) == 0 {
            line += &format!(" cut_off={}:00", self.below(24));
        }
        line
    }

    fn time(&mut self) -> String {
        self.minutes += self.below(700);
        let (day, minute) = (self.minutes / 1_440, self.minutes % 1_440);
        format!("time {day} {}:{}", minute / 60, minute % 60)
    }

    fn setup(&mut self, sku: &str, warehouse: &str, units: u32) -> String {
        let zone = self.below(2) + 1;
        match self.below(7) {
            0 => format!("cost {warehouse} {zone} {}+{units}/{}", self.below(9), self.below(5)),
            1 => format!("cost {warehouse} {zone} removed"),
            2 => format!("warehouse {warehouse} {units} {}", self.pick(&["inactive", "x", "x"])),
            3 => format!("sku {sku} {}", self.pick(&["max=3", "no_backorder", "unlimited"])),
            4 => {
                let parts = ["A:1", "A:2,B:1", "B:1,C:3", "A:1,GIFT:2", "D:1", "-"];
                format!("bundle {} {}", self.pick(&["KIT", "SET", "GIFT"]), self.pick(&parts))
            }
            5 => format!("limits steps={}", self.pick(&["1", "20", "500000"])),
            _ => "price clear".to_owned(),
        }
    }
}

/// Runs random lines. An order that is placed was quoted just before, with the same answer.
fn ruled_shop(seed: u64, commands: usize) -> Shop {
    let mut writer = Writer { random: ChaCha8Rng::seed_from_u64(seed), minutes: 0 };
    let mut shop = Shop::new();
    shop.script(
        "zone 1\n zone 2\n channel X\n channel Y
         sku A\n sku B\n sku C\n sku D
         sku KIT unlimited\n sku SET unlimited\n sku GIFT unlimited
         bundle KIT A:1,B:2\n bundle SET B:1,C:1",
    );
    for (priority, warehouse) in WAREHOUSES.iter().enumerate() {
        shop.run(&format!("warehouse {warehouse} {}", priority / 2));
        for zone in 1..3 {
            let (cost, days) = (writer.below(9), writer.below(5));
            shop.run(&format!("cost {warehouse} {zone} {cost}+{}/{days}", priority % 3));
        }
        for sku in &SKUS[..4] {
            shop.run(&format!("receive {sku} {warehouse} {}", writer.below(9) + 1));
        }
    }
    for _ in 0..commands {
        let line = writer.line();
        let quoted = line.split_once(' ').filter(|(verb, _)| *verb == "place").map(|(_, order)| {
            let (_, order) = order.split_once(' ').unwrap();
            let reply = shop.run(&format!("quote {order}"));
            shop.verdict(&reply)
        });
        let before = (shop.engine.last_sequence(), shop.engine.state_hash());
        let reply = shop.run(&line);
        let verdict = shop.verdict(&reply);
        let after = (shop.engine.last_sequence(), shop.engine.state_hash());
        assert_eq!(before.0 == after.0, before.1 == after.1, "seed {seed}: {line}: {verdict}");
        let is_new = !verdict.starts_with("duplicate") && verdict != "id_reused";
        if let Some(quoted) = quoted.filter(|_| is_new) {
            assert_eq!(verdict, quoted, "seed {seed}: {line}");
        }
    }
    shop
}

/// Reads the records of a shop, and judges each order just before it is read.
fn judge(shop: &Shop, seen: &mut Seen) {
    let (mut ledger, mut book) = (Ledger::default(), Book::default());
    for record in Records::new(shop.records.payload()) {
        let record = record.unwrap();
        if let Command::PlaceOrder(order) = &record.command {
            Judge::check(&book, &record, order, seen);
        }
        ledger.read(&record);
        book.read(&record);
    }
    book.compare(shop.engine.state());
}

#[test]
fn ruled_shops_hold_together_and_replay_to_the_same_state() {
    let (mut accepted, mut forbidden) = (0, 0);
    for seed in 0..80 {
        println!("seed {seed}");
        let shop = ruled_shop(seed, 500);
        shop.check();
        accepted += shop.engine.state().orders.count();
        let records = Records::new(shop.records.payload()).map(Result::unwrap);
        let reasons = records.filter_map(|record| record.outcome.head.reason());
        forbidden += reasons.filter(|reason| reason.name() == "rules_forbid").count();
    }
    assert!(accepted > 2_000 && forbidden > 100, "{accepted} accepted, {forbidden} forbidden");
}

#[test]
fn no_decision_breaks_a_rule_or_promises_a_unit_twice() {
    let mut seen = Seen::default();
    for seed in 1_000..1_200 {
        println!("seed {seed}");
        judge(&ruled_shop(seed, 500), &mut seen);
    }
    println!("{seen:?}");
    seen.check();
}

/// Most of these plans are not proven: what is found before the work limit keeps every rule too.
#[test]
fn wide_shops_break_no_rule_either() {
    let mut seen = Seen::default();
    for seed in 0..8 {
        println!("seed {seed}");
        let shop = wide::shop(seed, 12);
        judge(&shop, &mut seen);
        shop.check();
    }
    assert!(seen.orders == 96 && seen.bundles > 500, "{seen:?}");
}
