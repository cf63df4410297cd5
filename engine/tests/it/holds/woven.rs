//! Random shops with everything in them, and holds between.

use gantry_engine::WhatIf;
use gantry_model::{MovementKind, Records};
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::shop::Shop;
use crate::snapshots::{out_and_in, random_lines, retire};
use crate::what_if::{check_books, feed};

/// A line about holds. Orders have the ids below 60, holds some of the others.
fn hold_line(random: &mut ChaCha8Rng) -> String {
    let (hold, owner) = (random.random_range(50..130), random.random_range(0..6));
    let seconds = random.random_range(0..70);
    match random.random_range(0..13) {
        0..6 => {
            let places = ["zone=1", "zone=2", "at=N", "at=O", "at=P", "at=Q"];
            let place = places.choose(random).unwrap();
            let skus = ["A", "B", "C", "D", "E", "A", "KIT"];
            let lines: Vec<String> = (0..random.random_range(1..4))
                .map(|_| format!("{}:{}", skus.choose(random).unwrap(), random.random_range(1..5)))
                .collect();
            let partial = ["", " partial"].choose(random).unwrap();
            let channel = ["", "", " channel=WEB"].choose(random).unwrap();
            let replaces = match random.random_range(0..3) {
                0 => format!(" replaces={}", random.random_range(50..130)),
                _ => String::new(),
            };
            let lines = lines.join(",");
            format!("hold {hold} {owner} {place} {seconds} {lines}{partial}{channel}{replaces}")
        }
        6 => format!("extend {hold} {seconds}"),
        7 => format!("release {hold}"),
        8 => format!("wait {}", random.random_range(0..25)),
        9 => "step".to_owned(),
        10 => {
            let (sku, place) = (["A", "B", "C", "D", "E"], ["N", "O", "P", "Q"]);
            format!("receive {} {} 30", sku.choose(random).unwrap(), place.choose(random).unwrap())
        }
        _ => "expire".to_owned(),
    }
}

/// The lines of a random shop, with lines about holds between and holds in its orders.
fn woven_lines(seed: u64, commands: usize) -> Vec<String> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut lines = Vec::new();
    for mut line in random_lines(seed, commands) {
        if line.starts_with("place") && random.random_range(0..3) == 0 {
            line.push_str(&format!(" hold={}", random.random_range(50..130)));
        }
        lines.push(line);
        if lines.len() > 30 && random.random_range(0..2) == 0 {
            lines.push(hold_line(&mut random));
        }
    }
    lines
}

fn woven_shop(seed: u64) -> Shop {
    let mut shop = Shop::new();
    woven_lines(seed, 400).iter().for_each(|line| drop(shop.run(line)));
    shop
}

fn units(shop: &Shop, kind: MovementKind) -> u32 {
    let records = Records::new(shop.records.payload()).map(Result::unwrap);
    let units = |units: u32, movement: &gantry_model::Movement| {
        units + if movement.kind() == kind { movement.quantity().unsigned_abs() } else { 0 }
    };
    records.map(|record| record.movements.iter().fold(0, units)).sum()
}

#[test]
fn shops_with_holds_hold_together_and_replay_to_the_same_state() {
    let (mut held, mut set_aside) = (0, 0);
    for seed in 500..560 {
        let shop = woven_shop(seed);
        shop.check();
        held += units(&shop, MovementKind::Held);
        set_aside += units(&shop, MovementKind::SetAside);
    }
    assert!(held > 2_500 && set_aside > 1_000, "{held} units held, {set_aside} set aside");
}

#[test]
fn a_snapshot_and_what_follows_it_is_a_full_replay_with_holds_too() {
    let mut holds = 0;
    for seed in 600..640 {
        let lines = woven_lines(seed, 400);
        let at = ChaCha8Rng::seed_from_u64(seed).random_range(100..lines.len() - 50);
        let (before, after) = lines.split_at(at);
        let mut shop = Shop::new();
        before.iter().for_each(|line| drop(shop.run(line)));
        retire(&mut shop, 12);
        holds += shop.engine.state().holds.len();
        let restored = out_and_in(&shop.engine);
        restored.state().audit();
        assert_eq!(restored.state_hash(), shop.engine.state_hash(), "seed {seed}");
        let mut restored = shop.gone_on(restored);
        let recorded = shop.records.payload().len();
        for line in after {
            assert_eq!(shop.run(line), restored.run(line), "seed {seed}: {line}");
        }
        for hold in 50..130 {
            let line = format!("held {hold}");
            assert_eq!(shop.run(&line), restored.run(&line), "seed {seed}: {line}");
        }
        let tail = &shop.records.payload()[recorded..];
        assert_eq!(tail, restored.records.payload(), "seed {seed}");
        assert_eq!(restored.engine.state().recompute_hash(), shop.engine.state_hash());
    }
    assert!(holds > 100, "{holds} holds were in the snapshots");
}

#[test]
fn holds_decided_again_under_the_same_rule_are_themselves() {
    for seed in 700..730 {
        let mut shop = Shop::new();
        // Policies are the column's own affair.
        let is_policy = |line: &&String| line.starts_with("policy") || line.starts_with("assign");
        let lines = woven_lines(seed, 400);
        lines.iter().filter(|line| !is_policy(line)).for_each(|line| {
            // In a journal of a server holds end before requests are looked at.
            shop.run("expire");
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
