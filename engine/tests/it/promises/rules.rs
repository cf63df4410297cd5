//! What may be expected, who is promised what, and what is told of it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use gantry_engine::ProcessFigures;

use super::{last, shop};
use crate::shop::Shop;

#[test]
fn a_supply_says_no_for_the_first_of_its_faults() {
    let mut shop = shop();
    shop.script("wait 10");
    shop.refuses(
        "expect 1 X X 0 9 => unknown_sku
         expect 1 U X 0 9 => unknown_warehouse
         expect 1 U N 0 9 => not_tracked
         expect 1 KIT N 0 9 => not_tracked
         expect 1 A N 0 9 => quantity_not_positive
         expect 1 A N 1000000001 9 => quantity_over_limit 1000000001:1000000000
         expect 1 A N 1000000000 10 => eta_in_past
         change 1 5 60 => unknown_supply
         arrive 1 5 => unknown_supply
         supply 1 => unknown_supply
         supplies X => unknown_sku
         expect 0 A N 1 60 => id_zero",
    );
    shop.script(
        "expect 1 A N 5 11 => accepted A@N:0/5 at=11s promised=0 lines=0
         arrive 1 2 => accepted A@N:2/5 at=11s promised=0 lines=0",
    );
    shop.refuses(
        "change 1 1000000001 9 => quantity_over_limit 1000000001:1000000000
         change 1 1 9 => below_received 1:2
         change 1 3 9 => eta_in_past
         arrive 1 0 => quantity_not_positive
         arrive 1 4 => exceeds_expected 4:3
         sku A unlimited => tracking_in_use",
    );
    shop.script("adjust A N -2 lost => accepted 0/0");
    shop.refuses("sku A unlimited => tracking_in_use");
    shop.script("change 1 2 3 => accepted closed of 15");
    shop.refuses(
        "change 1 5 60 => supply_closed
         arrive 1 1 => supply_closed",
    );
    shop.script("sku A unlimited");
}

#[test]
fn what_comes_in_must_fit_its_cell() {
    let mut shop = shop();
    shop.script(
        "receive A N 1000000000 => accepted 1000000000/1000000000
         receive A N 1000000000 => accepted 2000000000/2000000000
         expect 1 A N 1000000000 60 => accepted A@N:0/1000000000 at=60s promised=0 lines=0",
    );
    shop.refuses("arrive 1 1000000000 => stock_overflow 3000000000:2000000000");
}

#[test]
fn a_sku_has_so_many_supplies_and_those_that_are_promised_still_count() {
    let mut shop = shop();
    for supply in 1..=63 {
        shop.run(&format!("expect {supply} A N 1 60"));
    }
    shop.script(
        "expect 64 A N 1 50
         place 100 1 backorder A:1 => accepted open parcels=0 cost=0 0:1waiting 0@50",
    );
}

#[test]
fn no_more_than_64_supplies_of_a_sku() {
    let mut shop = shop();
    for supply in 1..=64 {
        shop.run(&format!("expect {supply} A N 1 60"));
    }
    shop.refuses("expect 65 A N 1 50 => too_many_supplies 64:64");
    shop.script(
        "expect 65 B N 1 50 => accepted B@N:0/1 at=50s promised=0 lines=0
         place 100 1 backorder A:1 => accepted open parcels=0 cost=0 0:1waiting 0@60
         change 1 0 60 => accepted closed of 15",
    );
    // It is closed, and there for as long as it is promised.
    shop.refuses("expect 66 A N 1 50 => too_many_supplies 64:64");
    shop.script(
        "rest
         show 100 => accepted open parcels=0 cost=0 0:1waiting 0@60
         expect 66 A N 1 50 => accepted A@N:0/1 at=50s promised=0 lines=0",
    );
}

#[test]
fn ids_of_supplies_are_commands_ids() {
    let mut shop = shop();
    shop.script(
        "place 9 1 backorder A:1 => accepted open parcels=0 cost=0 0:1waiting
         expect 1 B N 5 60 => accepted B@N:0/5 at=60s promised=0 lines=0
         expect 1 B N 5 60 => duplicate of 16 B@N:0/5 at=60s promised=0 lines=0
         expect 1 B N 6 60 => id_reused
         arrive 9 1 => unknown_supply
         supply 9 => unknown_supply
         change 1 0 60 => accepted closed of 16
         expect 1 B N 5 60 => duplicate of 16 closed of 16
         supply 1 => accepted closed of 16",
    );
}

#[test]
fn all_of_a_line_is_promised_of_four_supplies_at_most_or_nothing() {
    let mut shop = shop();
    shop.script(
        "expect 1 A N 1 60
         expect 2 A N 1 60
         expect 3 A N 1 50
         expect 4 A N 1 40
         expect 5 A N 9 70",
    );
    let mut other = shop.gone_on(crate::snapshots::out_and_in(&shop.engine));
    other.run("quote 1 backorder A:1");
    shop.script("place 9 1 backorder A:5 => accepted open parcels=0 cost=0 0:5waiting");
    shop.script("place 10 1 backorder A:4 => accepted open parcels=0 cost=0 0:4waiting 0@60");
    assert_eq!(
        last(&shop),
        "backordered 21/0:4, promised 21/0:1 of 18, promised 21/0:1 of 17, \
         promised 21/0:1 of 15, promised 21/0:1 of 16",
    );
    shop.script(
        "place 11 1 backorder A:10 => accepted open parcels=0 cost=0 0:10waiting
         place 12 1 backorder A:6,A:4,A:3 => accepted open parcels=0 cost=0 0:6waiting 1:4waiting 2:3waiting 0@70 2@70",
    );
}

#[test]
fn only_what_waits_is_promised_and_not_of_what_is_overdue() {
    let mut shop = shop();
    shop.script(
        "receive A N 2 => accepted 2/2
         expect 1 A N 5 60
         place 9 1 backorder A:4 => accepted open parcels=1 cost=5 0@N:2 0:2waiting 0@60
         place 10 1 take_available A:9,B:0 => quantity_not_positive
         wait 60 -20000
         quote 1 backorder A:3 => accepted open parcels=0 cost=0 0:3waiting 0@60
         wait 1
         quote 1 backorder A:3 => accepted open parcels=0 cost=0 0:3waiting",
    );
}

#[test]
fn a_supply_is_for_those_whom_its_warehouse_serves_and_their_policy_allows() {
    let mut shop = shop();
    shop.script(
        "expect 1 A N 5 50
         expect 2 A O 5 60
         quote 1 backorder A:1 => accepted open parcels=0 cost=0 0:1waiting 0@50
         quote 2 backorder A:1 => accepted open parcels=0 cost=0 0:1waiting 0@60
         policy HARD least_cost warehouses=O
         policy SOFT least_cost warehouses=O soft=warehouses
         policy LATE least_cost warehouses=N days_max=0
         assign WEB HARD
         assign SHOP SOFT
         quote 1 backorder A:1 channel=WEB => accepted open parcels=0 cost=0 0:1waiting 0@60
         quote 1 backorder A:1 channel=SHOP => accepted open parcels=0 cost=0 0:1waiting 0@50
         assign WEB LATE
         quote 1 backorder A:1 channel=WEB => accepted open parcels=0 cost=0 0:1waiting 0@50
         quote 2 backorder A:1 channel=WEB => accepted open parcels=0 cost=0 0:1waiting
         warehouse O 2 inactive
         warehouse N 1 inactive
         quote 1 backorder A:1 => not_served
         warehouse N 1
         quote 1 backorder A:6 => accepted open parcels=0 cost=0 0:6waiting",
    );
}

#[test]
fn who_was_promised_something_is_served_before_the_others_of_its_class() {
    let mut shop = shop();
    shop.script(
        "place 1 1 backorder A:9 => accepted open parcels=0 cost=0 0:9waiting
         expect 2 A N 3 60
         rest
         place 3 1 backorder A:1 => accepted open parcels=0 cost=0 0:1waiting 0@60
         place 4 1 backorder A:2 class=1 => accepted open parcels=0 cost=0 0:2waiting 0@60
         expect 5 A N 1 50
         rest
         place 6 1 backorder A:1 => accepted open parcels=0 cost=0 0:1waiting 0@50
         book A => accepted 13+0 6/0:1@50 3/0:1@60 1/0:9 4/0:2@60
         priority 4 0 => accepted open parcels=0 cost=0 0:2waiting 0@60
         book A => accepted 13+0 6/0:1@50 3/0:1@60 4/0:2@60 1/0:9
         priority 1 0 => accepted open parcels=0 cost=0 0:9waiting
         receive A N 1 => accepted 0/1
         match
         book A => accepted 12+0 3/0:1@60 4/0:2@60 1/0:9",
    );
}

/// Its lines stand alike in all of their books, so two such orders never keep from each other.
#[test]
fn an_order_that_waits_complete_is_promised_nothing() {
    let mut shop = shop();
    shop.script(
        "expect 1 A N 2 60
         place 2 1 wait_complete A:2,B:2 => accepted open parcels=0 cost=0 0:2waiting 1:2waiting
         expect 3 B N 2 50
         place 4 1 wait_complete B:2,A:2 => accepted open parcels=0 cost=0 0:2waiting 1:2waiting
         rest
         book A => accepted 4+0 2/0:2 4/1:2
         book B => accepted 4+0 2/1:2 4/0:2
         arrive 3 2
         rest
         book B => accepted 4+2 2/1:2 4/0:2
         arrive 1 2
         rest
         show 2 => accepted open parcels=0 cost=0 0@N:2 1@N:2",
    );
}

#[test]
fn pages_of_a_supply_tell_of_all_its_lines() {
    let mut shop = shop();
    shop.script("expect 1 A N 9 60");
    for order in 2..6 {
        shop.run(&format!("place {order} 1 backorder A:1,A:1"));
    }
    shop.script(
        "supply 1 rows=3 => accepted A@N:0/9 at=60s promised=8 lines=8 2/0:1@60 2/1:1@60 3/0:1@60
         supply 1 from=60/17/1 rows=2 => accepted A@N:0/9 at=60s promised=8 lines=8 3/1:1@60 4/0:1@60
         supply 1 from=61/1/0 => accepted A@N:0/9 at=60s promised=8 lines=8
         cancel 3 => accepted cancelled parcels=0 cost=0 0:1cancelled 1:1cancelled
         supply 1 from=60/16/1 rows=2 => accepted A@N:0/9 at=60s promised=6 lines=6 2/1:1@60 4/0:1@60
         supplies A => accepted 6/9 due 1:0/9
         rest
         supplies A => accepted 6/9 1:0/9",
    );
}

#[test]
fn a_full_disk_takes_no_new_supplies_and_lets_those_there_be_changed() {
    let mut shop = shop();
    shop.script("expect 1 A N 5 60");
    let figures = Arc::new(ProcessFigures::default());
    figures.no_space.store(true, Ordering::Relaxed);
    shop.engine.set_figures(figures);
    shop.script(
        "expect 2 A N 5 60 => no_space
         arrive 1 1 => no_space
         change 1 3 60 => accepted A@N:0/3 at=60s promised=0 lines=0",
    );
}

#[test]
fn an_order_takes_its_owners_hold_and_is_promised_the_rest() {
    let mut shop = shop();
    shop.script(
        "receive A N 2 => accepted 2/2
         expect 1 A N 5 60
         hold 2 7 zone=1 60 A:2 => accepted of 7 until=60s 0:A@N:2
         place 3 1 backorder A:4 hold=2 => accepted open parcels=1 cost=5 0@N:2 0:2waiting 0@60",
    );
    assert_eq!(
        last(&shop),
        "allocated 18/0:2, backordered 18/0:2, promised 18/0:2 of 16, unheld 17/0:2",
    );
}

/// Nothing of a shop without supplies tells of them.
#[test]
fn a_shop_that_never_expected_anything_has_nothing_to_review() {
    let mut shop = shop();
    shop.script("place 1 1 backorder A:2 => accepted open parcels=0 cost=0 0:2waiting");
    let before = shop.engine.last_sequence();
    shop.script("rest");
    assert_eq!(shop.engine.last_sequence(), before);
    let Shop { engine, .. } = &shop;
    assert!(engine.state().next_review(shop.clock()).is_none());
}
