//! Random shops with everything in them, in which orders are given up and their units rejected.

use gantry_engine::WhatIf;
use gantry_model::{MovementKind, Records};
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::shop::{Shop, order_id};
use crate::snapshots::{out_and_in, random_lines, retire};
use crate::what_if::{check_books, feed};

/// A line by which an order loses units, most of which are there to be lost.
fn leaving_line(shop: &Shop, random: &mut ChaCha8Rng) -> String {
    let order = random.random_range(1..60);
    match random.random_range(0..9) {
        0 => format!("cancel_at {order} never"),
        1 | 2 => {
            let now = shop.clock().max(shop.engine.last_time()).get() / 1_000_000_000;
            format!("cancel_at {order} {}", now + random.random_range(0..40))
        }
        3 => format!("wait {}", random.random_range(0..20)),
        4 => format!("priority {order} {}", random.random_range(0..4)),
        _ => reject_line(shop, order, random),
    }
}

fn reject_line(shop: &Shop, order: u32, random: &mut ChaCha8Rng) -> String {
    let state = shop.engine.state();
    let slot = state.order_slot(order_id(&order.to_string()));
    let row = slot.map(|slot| state.orders.row(slot));
    let allocations = row.map_or(&[][..], |row| state.orders.allocations(row));
    let there: Vec<_> = allocations.iter().filter(|row| row.allocated > 0).collect();
    let cause = ["not_found", "refused"].choose(random).unwrap();
    let seconds = [0, 7, 60].choose(random).unwrap();
    let Some(row) = there.choose(random) else {
        return format!("reject {order} {cause} {seconds} 0@N:1");
    };
    let place = state.catalogue.warehouses.code(row.warehouse).as_str();
    let units = random.random_range(1..=row.allocated);
    format!("reject {order} {cause} {seconds} {}@{place}:{units}", row.line)
}

/// Runs the lines, with others between; returns all of them with their replies.
fn play(shop: &mut Shop, lines: &[String], random: &mut ChaCha8Rng) -> Vec<(String, Vec<u8>)> {
    let mut played = Vec::new();
    let mut run = |shop: &mut Shop, line: String| {
        let reply = shop.run(&line);
        played.push((line, reply));
    };
    for line in lines {
        // In a journal of a server orders are given up before requests are looked at.
        run(shop, "give_up".to_owned());
        run(shop, line.clone());
        if random.random_range(0..2) == 0 {
            let line = leaving_line(shop, random);
            run(shop, "give_up".to_owned());
            run(shop, line);
        }
    }
    played
}

fn count(shop: &Shop, is_meant: impl Fn(&str, MovementKind) -> bool) -> usize {
    let records = Records::new(shop.records.payload()).map(Result::unwrap);
    let counts = records.map(|record| {
        let name = record.command.kind().name();
        record.movements.iter().filter(|it| is_meant(name, it.kind())).count()
    });
    counts.sum()
}

#[test]
fn shops_that_reject_and_give_up_hold_together_and_replay_to_the_same_state() {
    let mut counts = [0; 4];
    for seed in 800..850 {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut shop = Shop::new();
        play(&mut shop, &random_lines(seed, 300), &mut random);
        shop.check();
        counts[0] +=
            count(&shop, |name, kind| (name, kind) == ("give_up", MovementKind::Cancelled));
        let rejects = |wanted| count(&shop, |name, kind| name == "reject_units" && kind == wanted);
        counts[1] += rejects(MovementKind::Allocated);
        counts[2] += rejects(MovementKind::Backordered);
        counts[3] += rejects(MovementKind::SetAside);
    }
    assert!(counts.iter().all(|count| *count > 40), "{counts:?}");
}

#[test]
fn a_snapshot_and_what_follows_it_is_a_full_replay() {
    let mut open = [0; 2];
    for seed in 850..880 {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let lines = random_lines(seed, 300);
        let (before, after) = lines.split_at(random.random_range(100..250));
        let mut shop = Shop::new();
        play(&mut shop, before, &mut random);
        retire(&mut shop, 12);
        let state = shop.engine.state();
        open[0] += usize::from(state.deadlines.first().is_some());
        open[1] += usize::from((1..60).any(|order| {
            let slot = state.order_slot(order_id(&order.to_string()));
            slot.is_some_and(|slot| state.rejected.row(state.orders.row(slot).placed).is_some())
        }));
        let restored = out_and_in(&shop.engine);
        restored.state().audit();
        assert_eq!(restored.state_hash(), shop.engine.state_hash(), "seed {seed}");
        let mut restored = shop.gone_on(restored);
        let recorded = shop.records.payload().len();
        for (line, reply) in play(&mut shop, after, &mut random) {
            assert_eq!(reply, restored.run(&line), "seed {seed}: {line}");
        }
        let tail = &shop.records.payload()[recorded..];
        assert_eq!(tail, restored.records.payload(), "seed {seed}");
        assert_eq!(restored.engine.state().recompute_hash(), shop.engine.state_hash());
    }
    assert!(open.iter().all(|shops| *shops > 10), "{open:?}");
}

#[test]
fn what_is_decided_again_under_the_same_rule_is_itself() {
    for seed in 880..900 {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut shop = Shop::new();
        // Policies are the column's own affair.
        let is_policy = |line: &String| line.starts_with("policy") || line.starts_with("assign");
        let mut lines = random_lines(seed, 300);
        lines.retain(|line| !is_policy(line));
        play(&mut shop, &lines, &mut random);
        let mut what_if = WhatIf::new(seed, Some(0));
        what_if.add_default();
        feed(&mut what_if, &shop).unwrap();
        check_books(&what_if, &format!("seed {seed}"));
        let column = &what_if.columns()[0];
        assert_eq!(column.figures(), what_if.recorded_figures(), "seed {seed}");
    }
}
