//! Random shops with everything in them, supplies between and holds too.

use std::collections::BTreeMap;

use gantry_engine::WhatIf;
use gantry_model::{MovementKind, Records};
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::shop::Shop;
use crate::snapshots::{out_and_in, random_lines, retire};
use crate::what_if::{check_books, feed};

const SKUS: [&str; 6] = ["A", "B", "C", "D", "E", "A"];
const PLACES: [&str; 4] = ["N", "O", "P", "Q"];

/// A line about supplies, at about `second`. Supplies have ids from 200 on, holds those below.
fn supply_line(random: &mut ChaCha8Rng, second: &mut u64) -> String {
    let (supply, units) = (random.random_range(200..230), random.random_range(0..9));
    let (sku, place) = (SKUS.choose(random).unwrap(), PLACES.choose(random).unwrap());
    let eta = *second + random.random_range(0..60);
    match random.random_range(0..24) {
        0..7 => {
            let supply = random.random_range(200..330);
            format!("expect {supply} {sku} {place} {} {eta}", 3 * units)
        }
        7..10 => format!("change {supply} {units} {eta}"),
        10..13 => format!("arrive {supply} {units}"),
        13..16 => "review".to_owned(),
        16 => "step".to_owned(),
        17 => "rest".to_owned(),
        18 => {
            let seconds = random.random_range(0..25);
            *second += seconds;
            format!("wait {seconds}")
        }
        19 => format!("priority {} {}", random.random_range(1..60), random.random_range(0..3)),
        20 => format!("hold {} 3 zone=1 9 {sku}:{units} partial", random.random_range(100..190)),
        21 => format!("supplies {sku}"),
        22 => format!("book {sku}"),
        _ => format!("supply {supply}"),
    }
}

/// The lines of a random shop, with lines about supplies between.
fn woven_lines(seed: u64, commands: usize) -> Vec<String> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let (mut lines, mut second) = (Vec::new(), 1);
    for mut line in random_lines(seed, commands) {
        if line.starts_with("place") && random.random_range(0..4) == 0 {
            line.push_str(&format!(" hold={}", random.random_range(100..190)));
        }
        lines.push(line);
        while lines.len() > 20 && random.random_range(0..2) == 0 {
            lines.push(supply_line(&mut random, &mut second));
        }
    }
    lines
}

fn woven_shop(seed: u64) -> Shop {
    let mut shop = Shop::new();
    woven_lines(seed, 400).iter().for_each(|line| drop(shop.run(line)));
    shop
}

/// Movements by kind.
fn counts(shop: &Shop) -> BTreeMap<MovementKind, u32> {
    let mut counts = BTreeMap::new();
    for record in Records::new(shop.records.payload()).map(Result::unwrap) {
        for movement in record.movements {
            *counts.entry(movement.kind()).or_default() += 1;
        }
    }
    counts
}

#[test]
fn shops_with_supplies_hold_together_and_replay_to_the_same_state() {
    let mut sums: BTreeMap<MovementKind, u32> = BTreeMap::new();
    for seed in 800..880 {
        let shop = woven_shop(seed);
        shop.check();
        counts(&shop).into_iter().for_each(|(kind, count)| *sums.entry(kind).or_default() += count);
    }
    let of = |kind| sums.get(&kind).copied().unwrap_or(0);
    assert!(of(MovementKind::Promised) > 600, "{sums:?}");
    assert!(of(MovementKind::Unpromised) > 350, "{sums:?}");
    assert!(of(MovementKind::PromiseBroken) > 300, "{sums:?}");
}

/// Every record leaves a state in which the tables agree.
#[test]
fn the_books_of_promises_agree_after_each_line() {
    for seed in 900..908 {
        let mut shop = Shop::new();
        for line in woven_lines(seed, 400) {
            shop.run(&line);
            let state = shop.engine.state();
            state.audit();
            assert_eq!(state.hash(), state.recompute_hash(), "seed {seed}: {line}");
        }
    }
}

#[test]
fn a_snapshot_and_what_follows_it_is_a_full_replay_with_promises_too() {
    let (mut promises, mut reviews) = (0, 0);
    for seed in 1_000..1_040 {
        let lines = woven_lines(seed, 400);
        let at = ChaCha8Rng::seed_from_u64(seed).random_range(100..lines.len() - 50);
        let (before, after) = lines.split_at(at);
        let mut shop = Shop::new();
        before.iter().for_each(|line| drop(shop.run(line)));
        retire(&mut shop, 12);
        promises += shop.engine.state().promises.len();
        reviews += u32::from(!shop.engine.state().reviews.is_empty());
        let restored = out_and_in(&shop.engine);
        restored.state().audit();
        assert_eq!(restored.state_hash(), shop.engine.state_hash(), "seed {seed}");
        let mut restored = shop.gone_on(restored);
        let recorded = shop.records.payload().len();
        for line in after {
            assert_eq!(shop.run(line), restored.run(line), "seed {seed}: {line}");
        }
        for supply in 200..330 {
            let line = format!("supply {supply}");
            assert_eq!(shop.run(&line), restored.run(&line), "seed {seed}: {line}");
        }
        let tail = &shop.records.payload()[recorded..];
        assert_eq!(tail, restored.records.payload(), "seed {seed}");
        assert_eq!(restored.engine.state().recompute_hash(), shop.engine.state_hash());
    }
    assert!(promises > 20 && reviews > 5, "{promises} promises, {reviews} snapshots with reviews");
}

#[test]
fn promises_made_again_under_the_same_rule_are_themselves() {
    for seed in 1_100..1_130 {
        let mut shop = Shop::new();
        // Policies are the column's own affair.
        let is_policy = |line: &&String| line.starts_with("policy") || line.starts_with("assign");
        let lines = woven_lines(seed, 400);
        lines.iter().filter(|line| !is_policy(line)).for_each(|line| {
            // In a journal of a server matching comes before reviewing, and holds end before both.
            shop.run("expire");
            if line == "review" {
                shop.run("match");
            }
            drop(shop.run(line));
        });
        let mut what_if = WhatIf::new(seed, Some(0));
        what_if.add_default();
        feed(&mut what_if, &shop).unwrap();
        check_books(&what_if, &format!("seed {seed}"));
        let column = &what_if.columns()[0];
        assert_eq!(column.figures(), what_if.recorded_figures(), "seed {seed}");
    }
}
