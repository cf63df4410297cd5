//! Every combination of absent, soft and hard rules, against a count of what they leave.

use crate::shop::Shop;

/// Eight warehouses with one book each. A rule takes out one of them each, or bounds how many may
/// open, so that what is left can be counted.
fn shop_of_eight_places(rules: &[State; 5]) -> Shop {
    let mut shop = Shop::new();
    shop.script("zone 100\n sku BOOK\n channel SHOP");
    let [_, days, orders, units, fence] = rules.map(|state| state != State::Absent);
    for place in 0..8 {
        let late = if place == 1 && days { 9 } else { 1 };
        shop.run(&format!("warehouse P{place} 1"));
        shop.run(&format!("cost P{place} 100 100+{place}/{late}"));
        shop.run(&format!("receive BOOK P{place} 1"));
    }
    if orders {
        shop.run("capacity P2 orders=0");
    }
    if units {
        shop.run("capacity P3 units=0");
    }
    if fence {
        shop.run("reserve BOOK@P4/SHOP:1");
    }
    shop
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Absent,
    Soft,
    Hard,
}

const STATES: [State; 3] = [State::Absent, State::Soft, State::Hard];
const NAMES: [&str; 5] =
    ["warehouses", "days_max", "orders_per_day", "units_per_day", "ring_fences"];
const PARCELS: u32 = 4;

/// Sets the policy of a combination; `parcels` is the state of the bound on parcels.
fn set_policy(shop: &mut Shop, rules: &[State; 5], parcels: State) {
    let mut line = "policy MIX least_cost".to_owned();
    let mut soft: Vec<&str> = Vec::new();
    if rules[0] != State::Absent {
        line += " warehouses=P1,P2,P3,P4,P5,P6,P7";
    }
    if rules[1] != State::Absent {
        line += " days_max=8";
    }
    if parcels != State::Absent {
        line += &format!(" parcels_max={PARCELS}");
    }
    for (name, state) in NAMES.iter().zip(rules).chain([(&"parcels_max", &parcels)]) {
        if *state == State::Soft {
            soft.push(name);
        }
    }
    if !soft.is_empty() {
        line += &format!(" soft={}", soft.join(","));
    }
    shop.script(&line);
    shop.script("assign all MIX");
}

fn combinations() -> impl Iterator<Item = ([State; 5], State)> {
    (0..3_usize.pow(6)).map(|number| {
        let state = |rule: u32| STATES[number / 3_usize.pow(rule) % 3];
        ([0, 1, 2, 3, 4].map(state), state(5))
    })
}

#[test]
fn every_combination_of_absent_soft_and_hard_rules_gives_what_it_leaves() {
    for (rules, parcels) in combinations() {
        let mut shop = shop_of_eight_places(&rules);
        set_policy(&mut shop, &rules, parcels);
        let count = |state| u32::try_from(rules.iter().filter(|rule| **rule == state).count());
        let (soft, hard) = (count(State::Soft).unwrap(), count(State::Hard).unwrap());
        // The first pass keeps all rules; what it serves needs no second.
        let kept = 8 - soft - hard;
        let first = if parcels == State::Absent { kept } else { kept.min(PARCELS) };
        let most = if parcels == State::Hard { (8 - hard).min(PARCELS) } else { 8 - hard };
        let quote = |shop: &mut Shop, mode: &str, units: u32| {
            let reply = shop.run(&format!("quote 100 {mode} BOOK:{units}"));
            shop.verdict(&reply)
        };
        let verdict = quote(&mut shop, "ship_complete", first);
        for (place, state) in rules.iter().enumerate() {
            let is_used = verdict.contains(&format!("@P{place}:"));
            assert!(!is_used || *state == State::Absent, "P{place} was not needed: {verdict}");
        }
        assert!(verdict.contains(&format!("parcels={first} ")), "{verdict}");
        let verdict = quote(&mut shop, "ship_complete", most);
        assert!(verdict.contains(&format!("parcels={most} ")), "{verdict}");
        for (place, state) in rules.iter().enumerate() {
            let is_used = verdict.contains(&format!("@P{place}:"));
            assert!(!is_used || *state != State::Hard, "P{place} is forbidden: {verdict}");
        }
        if most < 8 {
            let verdict = quote(&mut shop, "ship_complete", most + 1);
            assert_eq!(verdict, format!("rules_forbid 0:{}/{most}", most + 1));
            let verdict = quote(&mut shop, "backorder", 8);
            assert!(verdict.ends_with(&format!(" 0:{}waiting", 8 - most)), "{verdict}");
        }
        assert_eq!(quote(&mut shop, "ship_complete", 9), format!("out_of_stock 0:9/{most}"));
        shop.check();
    }
}
