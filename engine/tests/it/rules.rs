//! Every combination of absent, soft and hard rules, against a count of what they leave.
//!
//! Eight warehouses have one book each. Five rules take out one warehouse each, two bound how many
//! may open; so what is left, by how many parcels, can be counted, whatever the objective.

use crate::shop::Shop;

#[derive(Clone, Copy, PartialEq)]
enum State {
    Absent,
    Soft,
    Hard,
}

const STATES: [State; 3] = [State::Absent, State::Soft, State::Hard];
const NAMES: [&str; 7] = [
    "warehouses",
    "days_max",
    "orders_per_day",
    "units_per_day",
    "ring_fences",
    "parcels_max",
    "no_split",
];
/// Parcels that the last two rules leave.
const PARCELS: [(usize, u32); 2] = [(5, 4), (6, 1)];
const OBJECTIVES: [&str; 6] = [
    "least_cost",
    "fewest_parcels",
    "nearest",
    "priority",
    "balance",
    "least_cost_with_shadow_prices",
];

/// The states of all rules, and the number of their combination.
struct Combination {
    number: usize,
    rules: [State; 7],
}

impl Combination {
    fn all() -> impl Iterator<Item = Self> {
        (0..3_usize.pow(7)).map(|number| {
            let state = |rule: u32| STATES[number / 3_usize.pow(rule) % 3];
            Self { number, rules: [0, 1, 2, 3, 4, 5, 6].map(state) }
        })
    }

    fn has(&self, rule: usize) -> bool {
        self.rules[rule] != State::Absent
    }

    fn shop(&self) -> Shop {
        let mut shop = Shop::new();
        shop.script("zone 100\n sku BOOK\n channel SHOP");
        for place in 0..8 {
            let late = if place == 1 && self.has(1) { 9 } else { 1 };
            shop.run(&format!("warehouse P{place} {}", place % 3));
            shop.run(&format!("cost P{place} 100 100+{place}/{late}"));
            shop.run(&format!("receive BOOK P{place} 1"));
        }
        if self.has(2) {
            shop.run("capacity P2 orders=0");
        }
        if self.has(3) {
            shop.run("capacity P3 units=0");
        }
        if self.has(4) {
            shop.run("reserve BOOK@P4/SHOP:1");
        }
        shop.script(&self.policy());
        shop.script("assign all MIX");
        shop
    }

    fn policy(&self) -> String {
        let mut line = format!("policy MIX {}", OBJECTIVES[self.number % OBJECTIVES.len()]);
        let own = [
            (0, "warehouses=P1,P2,P3,P4,P5,P6,P7"),
            (1, "days_max=8"),
            (5, "parcels_max=4"),
            (6, "split_below=100"),
        ];
        for (_, text) in own.iter().filter(|(rule, _)| self.has(*rule)) {
            line += &format!(" {text}");
        }
        let names = NAMES.iter().zip(self.rules);
        let soft = names.filter(|(_, state)| *state == State::Soft).map(|(name, _)| *name);
        let soft: Vec<&str> = soft.collect();
        if soft.is_empty() { line } else { format!("{line} soft={}", soft.join(",")) }
    }

    /// Books that rules leave of which `holds` is true.
    fn left_by(&self, holds: impl Fn(State) -> bool) -> u32 {
        let taken_out = self.rules[..5].iter().filter(|state| holds(**state)).count();
        let left = 8 - u32::try_from(taken_out).unwrap();
        let bounds = PARCELS.iter().filter(|(rule, _)| holds(self.rules[*rule]));
        bounds.fold(left, |left, (_, parcels)| left.min(*parcels))
    }

    /// No warehouse is used that a rule takes out of which `holds` is true.
    fn assert_unused(&self, verdict: &str, holds: impl Fn(State) -> bool) {
        for (place, state) in self.rules[..5].iter().enumerate() {
            let is_used = verdict.contains(&format!("@P{place}:"));
            assert!(!is_used || !holds(*state), "{}: {verdict}", self.policy());
        }
    }
}

fn quote(shop: &mut Shop, mode: &str, units: u32) -> String {
    let reply = shop.run(&format!("quote 100 {mode} BOOK:{units} value=99"));
    shop.verdict(&reply)
}

#[test]
fn every_combination_of_absent_soft_and_hard_rules_gives_what_it_leaves() {
    for combination in Combination::all() {
        let (mut shop, name) = (combination.shop(), combination.policy());
        // The first pass keeps all rules; what it serves needs no second.
        let first = combination.left_by(|state| state != State::Absent);
        let most = combination.left_by(|state| state == State::Hard);
        let verdict = quote(&mut shop, "ship_complete", first);
        assert!(verdict.contains(&format!("parcels={first} ")), "{name}: {verdict}");
        combination.assert_unused(&verdict, |state| state != State::Absent);
        let verdict = quote(&mut shop, "ship_complete", most);
        assert!(verdict.contains(&format!("parcels={most} ")), "{name}: {verdict}");
        combination.assert_unused(&verdict, |state| state == State::Hard);
        if most < 8 {
            let verdict = quote(&mut shop, "ship_complete", most + 1);
            assert_eq!(verdict, format!("rules_forbid 0:{}/{most}", most + 1), "{name}");
            let verdict = quote(&mut shop, "backorder", 8);
            assert!(verdict.ends_with(&format!(" 0:{}waiting", 8 - most)), "{name}: {verdict}");
        }
        let verdict = quote(&mut shop, "ship_complete", 9);
        assert_eq!(verdict, format!("out_of_stock 0:9/{most}"), "{name}");
        shop.check();
    }
}
