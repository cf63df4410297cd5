//! Explanations: the same decision, with everything written down.

use gantry_model::{Command, Records};

use crate::shop::Shop;

const NETWORK: &str = "
    warehouse EAST 1
    warehouse MID 2
    warehouse WEST 3
    warehouse SHUT 4 inactive
    zone 100
    sku BOOK
    sku PEN
    cost EAST 100 500+10
    cost MID 100 600+10
    cost WEST 100 700+10
    cost SHUT 100 1+1
    receive BOOK EAST 5 => accepted 5/5
    receive PEN MID 5   => accepted 5/5
    receive BOOK WEST 5 => accepted 5/5
    receive PEN WEST 5  => accepted 5/5
";

/// The explanation of the last order of a script, on the state before it.
fn explained(script: &str, order: &str) -> (Shop, gantry_engine::Explanation) {
    let mut shop = Shop::new();
    shop.script(script);
    let mut with_order = Shop::new();
    with_order.script(script);
    with_order.run(order);
    let record = Records::new(with_order.records.payload()).last().unwrap().unwrap();
    let Command::PlaceOrder(placed) = record.command else { panic!("the order comes last") };
    let before = shop.engine.state_hash();
    let explanation = shop.engine.explain(&placed, record.time);
    assert_eq!(shop.engine.state_hash(), before, "explaining changes nothing");
    assert_eq!(explanation.head, *record.outcome.head, "the decision is the recorded one");
    (shop, explanation)
}

#[test]
fn the_plan_the_runner_up_and_who_was_no_candidate_are_told() {
    let (shop, explanation) = explained(NETWORK, "place 1 100 backorder BOOK:2,PEN:1");
    let [pass] = &explanation.passes[..] else { panic!("no rule is soft") };
    let shut = &pass.candidates[usize::from(shop.warehouse("SHUT").get())];
    assert!(!shut.active && shut.source.is_none());
    assert_eq!(pass.candidates.iter().filter(|row| row.source.is_some()).count(), 3);
    assert_eq!((pass.best_measure.parcels, pass.best_measure.cost_minor), (1, 730));
    let (_, runner_up) = pass.runner_up.as_ref().unwrap();
    assert_eq!((runner_up.parcels, runner_up.cost_minor), (2, 1_130), "without WEST");
    assert!(pass.best_measure < *runner_up);
}

#[test]
fn an_order_that_nobody_can_serve_has_no_runner_up() {
    let (_, explanation) = explained(NETWORK, "place 1 100 ship_complete BOOK:20");
    assert!(!explanation.head.is_accepted());
    assert_eq!(explanation.passes[0].best_measure.units_short, 10);
}
