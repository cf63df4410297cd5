//! A step of a sweep looks at so many SKUs, makes so many due, and the next goes on behind it.

use gantry_engine::{Batch, Writer};
use gantry_model::{EngineTime, MatchEnd, SKUS_DUE_PER_SWEEP_MAX, SKUS_SWEPT_PER_RECORD_MAX};

use super::{Sku, Sweeping, steps, sweeping};
use crate::shop::Shop;
use crate::snapshots::out_and_in;

/// A shop of so many SKUs, of which some are waited for and cannot be had: the
/// warehouse that serves has nothing.
fn wide(skus: u32, waiting: impl Iterator<Item = u32>) -> Shop {
    let mut shop = Shop::new();
    shop.run("zone 1");
    shop.run("warehouse N 1");
    shop.run("warehouse P 9");
    shop.run("cost P 1 9+0");
    for sku in 0..skus {
        if sku % 1_024 == 1_023 {
            shop.records.clear();
        }
        shop.run(&format!("sku S{sku}"));
    }
    for sku in waiting {
        shop.run(&format!("receive S{sku} N 2"));
        shop.run(&format!("place {} 1 backorder S{sku}:1", sku + 1));
    }
    shop.match_waiting(usize::MAX);
    shop
}

#[test]
fn a_step_makes_64_skus_due_and_the_next_goes_on_behind_the_last() {
    let mut shop = wide(200, (0..200).filter(|sku| sku % 2 == 1));
    assert_eq!(SKUS_DUE_PER_SWEEP_MAX, 64);
    shop.run("cost N 1 5+0");
    assert!(shop.sweep() && !shop.sweep(), "what is due comes first");
    let odd = |skus: std::ops::Range<u32>| skus.filter(|sku| sku % 2 == 1).collect::<Vec<_>>();
    assert_eq!(steps(&shop), [(0, 127, MatchEnd::GoesOn, odd(0..128))]);
    let begun = shop.engine.last_time();
    let under_way = Sweeping { is_asked: false, begun, next: Some(Sku::new(128)) };
    assert_eq!(sweeping(&shop), under_way);
    assert_eq!(shop.engine.state().next_sweep(), Some(begun), "at once");
    shop.check();

    // Whoever starts from a snapshot in the middle goes on as the other does.
    let mut other = shop.gone_on(out_and_in(&shop.engine));
    for shop in [&mut shop, &mut other] {
        shop.settle();
    }
    assert_eq!(steps(&shop)[1..], [(128, 199, MatchEnd::Over, odd(128..200))]);
    assert_eq!(steps(&other), steps(&shop)[1..]);
    assert_eq!(sweeping(&shop), Sweeping { next: None, ..under_way }, "begun when it began");
    assert_eq!(other.engine.state_hash(), shop.engine.state_hash());
    assert_eq!(shop.engine.state().totals.backordered, 0);
    shop.check();
}

#[test]
fn a_step_looks_at_4096_skus() {
    const SKUS: u32 = 2 * SKUS_SWEPT_PER_RECORD_MAX + 5;
    let mut shop = wide(SKUS, [4_095, 4_096, SKUS - 1].into_iter());
    assert_eq!(SKUS_SWEPT_PER_RECORD_MAX, 4_096);
    shop.run("warehouse O 1");
    shop.settle();
    let expected = [
        (0, 4_095, MatchEnd::GoesOn, vec![4_095]),
        (4_096, 8_191, MatchEnd::GoesOn, vec![4_096]),
        (8_192, SKUS - 1, MatchEnd::Over, vec![SKUS - 1]),
    ];
    assert_eq!(steps(&shop), expected);
    assert_eq!(shop.engine.state().totals.backordered, 3, "they cannot be had yet");
}

#[test]
fn whoever_asks_while_one_is_under_way_brings_another() {
    let mut shop = wide(100, 0..100);
    shop.run("cost N 1 5+0");
    assert!(shop.sweep());
    let begun = sweeping(&shop).begun;
    shop.run("warehouse N 2");
    assert_eq!(sweeping(&shop), Sweeping { is_asked: true, begun, next: Some(Sku::new(64)) });
    shop.match_waiting(usize::MAX);
    assert!(shop.sweep());
    let asked = Sweeping { is_asked: true, begun, next: None };
    assert_eq!(sweeping(&shop), asked, "all the same");
    shop.script("place 200 1 backorder S0:5 => accepted open parcels=1 cost=5 0@N:1 0:4waiting");
    shop.settle();
    let ends: Vec<_> = steps(&shop).iter().map(|step| (step.0, step.1, step.2)).collect();
    let expected = [(0, 63, MatchEnd::GoesOn), (64, 99, MatchEnd::Over), (0, 99, MatchEnd::Over)];
    assert_eq!(ends, expected);
    assert!(!sweeping(&shop).is_asked && sweeping(&shop).begun > begun);
}

#[test]
fn what_is_new_meanwhile_is_looked_at_and_where_nothing_waits_a_sweep_rests() {
    let mut shop = wide(70, 0..70);
    shop.run("cost N 1 5+0");
    assert!(shop.sweep());
    shop.run("sku T");
    (0..70).for_each(|sku| drop(shop.run(&format!("cancel {}", sku + 1))));
    shop.match_waiting(usize::MAX);
    assert!(shop.engine.state().books.is_empty());
    assert!(!shop.sweep() && sweeping(&shop).next == Some(Sku::new(64)), "nothing waits");
    shop.run("place 200 1 backorder T:1");
    shop.settle();
    let steps = steps(&shop);
    assert_eq!(steps[1], (64, 70, MatchEnd::Over, vec![]), "to the last there is");
    assert_eq!(steps.len(), 3, "the SKU that came while lines waited asked for another");
    shop.check();
}

#[test]
fn a_drain_takes_few_steps() {
    let mut shop = wide(7 * SKUS_SWEPT_PER_RECORD_MAX, [7].into_iter());
    shop.run("warehouse O 1");
    let mut writer = Writer::new(shop.engine);
    let (now, mut batch) = (EngineTime::new(60_000_000_000), Batch::new());
    assert!(writer.sweep(&mut batch, now), "the first makes a SKU due");
    assert_eq!(writer.engine().state().sweeping.next, Some(Sku::new(4_096)));
    assert!(!writer.sweep(&mut batch, now) && writer.match_waiting(&mut batch, now));
    assert!(writer.sweep(&mut batch, now));
    let next = writer.engine().state().sweeping.next.unwrap();
    assert_eq!(next, Sku::new(5 * 4_096), "4 steps that find nothing");
    assert!(writer.sweep(&mut batch, now) && !writer.sweep(&mut batch, now));
    assert_eq!(writer.engine().state().sweeping.next, None);
    assert_eq!(batch.facts().map(|facts| facts.record_count), Some(1 + 1 + 4 + 2));
}
