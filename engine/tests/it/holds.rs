//! Holds: units that are held for a cart, until an order takes them or their time comes.

mod naive;
mod random;
mod woven;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use gantry_engine::ProcessFigures;

use crate::shop::{Shop, order_id};
use crate::snapshots::retire;

/// Two counted SKUs and an unlimited one, two warehouses of which the first is cheaper, one zone.
fn shop() -> Shop {
    let mut shop = Shop::new();
    shop.script(
        "sku A
         sku B
         sku U unlimited
         warehouse N 1
         warehouse O 2
         zone 1
         zone 2
         channel WEB
         channel SHOP
         cost N 1 5+0
         cost O 1 7+0
         receive A N 5 => accepted 5/5
         receive A O 5 => accepted 5/5
         receive B N 3 => accepted 3/3",
    );
    shop
}

#[test]
fn what_is_held_is_nobody_elses_and_is_there_again_at_its_time() {
    let mut shop = shop();
    shop.script(
        "hold 1 7 zone=1 60 A:5,B:1 => accepted of 7 until=60s 0:A@N:5 1:B@N:1
         stock A => accepted N:0/5 O:5/5
         place 2 1 ship_complete A:6 => out_of_stock 0:6/5
         place 3 1 ship_complete A:5 => accepted open parcels=1 cost=7 0@O:5
         held 1 => accepted of 7 until=60s 0:A@N:5 1:B@N:1
         holds 7 => accepted 1: 1:6
         wait 60
         held 1 => accepted ended of 15
         holds 7 => unknown_owner
         expire
         stock A => accepted N:5/5 O:0/5
         stock B => accepted N:3/3",
    );
    assert_eq!(shop.engine.state().holds.len(), 0);
}

#[test]
fn a_hold_ends_to_the_nanosecond() {
    let mut shop = shop();
    shop.script("hold 1 7 zone=1 60 A:5 => accepted of 7 until=60s 0:A@N:5");
    let end = shop.engine.state().holds.first_end().unwrap();
    assert_eq!(end.get(), shop.engine.last_time().get() + 60_000_000_000);
    shop.script("wait 60 -1");
    assert!(!shop.engine.expire_holds(shop.clock(), &mut shop.records), "not a nanosecond early");
    shop.script(
        "held 1 => accepted of 7 until=60s 0:A@N:5
         place 2 1 ship_complete A:1 hold=1 => accepted open parcels=1 cost=5 0@N:1",
    );
    let mut shop = self::shop();
    shop.script(
        "hold 1 7 zone=1 60 A:5 => accepted of 7 until=60s 0:A@N:5
         wait 60
         place 2 1 ship_complete A:1 hold=1 => hold_ended
         quote 1 ship_complete A:1 hold=1 => hold_ended
         extend 1 60 => hold_ended
         release 1 => hold_ended
         hold 3 7 zone=1 60 A:1 replaces=1 => hold_ended
         held 1 => accepted ended of 15
         stock A => accepted N:0/5 O:5/5
         expire
         extend 1 60 => hold_ended
         held 1 => accepted ended of 15",
    );
}

#[test]
fn an_extension_never_shortens() {
    let mut shop = shop();
    shop.script(
        "hold 1 7 zone=1 60 A:5 => accepted of 7 until=60s 0:A@N:5
         extend 1 30 => accepted of 7 until=60s 0:A@N:5
         wait 30
         extend 1 45 => accepted of 7 until=75s 0:A@N:5
         wait 40
         expire
         held 1 => accepted of 7 until=75s 0:A@N:5
         wait 5
         expire
         held 1 => accepted ended of 15",
    );
}

#[test]
fn a_release_frees_at_once_and_cannot_be_repeated_by_another_command() {
    let mut shop = shop();
    shop.script(
        "hold 1 7 zone=1 60 A:5,U:9 => accepted of 7 until=60s 0:A@N:5
         release 1 => accepted ended of 15
         stock A => accepted N:5/5 O:5/5
         release 1 => hold_ended
         extend 1 5 => hold_ended
         held 1 => accepted ended of 15
         held 99 => unknown_hold
         holds 7 => unknown_owner",
    );
}

#[test]
fn a_hold_says_no_for_the_first_of_its_faults() {
    let mut shop = shop();
    shop.script("limits lines=2 units=100");
    shop.refuses(
        "hold 1 0 zone=1 0 - => no_lines
         hold 1 0 zone=1 0 A:1 => owner_zero
         hold 1 7 - 0 A:1,A:1,A:1 => ttl_zero
         hold 1 7 - 604801 A:1,A:1,A:1 => ttl_over_limit 604801:604800
         hold 1 7 - 604800 A:1,A:1,A:1 => too_many_lines 3:2
         hold 1 7 - 604800 X:1,A:1 => bad_hold_scope
         hold 1 7 zone=9 604800 X:1 channel=X => unknown_zone
         hold 1 7 at=X 604800 X:1 channel=X => unknown_warehouse
         hold 1 7 at=N 604800 X:1 channel=X replaces=8 => unknown_channel
         hold 1 7 at=N 604800 X:1 replaces=8 => unknown_hold
         hold 1 7 at=N 604800 X:1 => unknown_sku
         hold 1 7 zone=1 604800 A:0 => quantity_not_positive
         hold 1 7 zone=1 604800 A:101 => quantity_over_limit 101:100
         hold 0 7 zone=1 604800 A:1 => id_zero
         extend 1 0 => ttl_zero
         extend 1 604801 => ttl_over_limit 604801:604800
         extend 1 60 => unknown_hold
         extend 0 60 => unknown_hold
         release 1 => unknown_hold
         place 1 1 ship_complete A:1 hold=9 => unknown_hold
         place 1 1 ship_complete X:1 hold=9 => unknown_hold
         place 1 9 ship_complete A:1 hold=9 => unknown_zone
         holds 0 => unknown_owner
         held 0 => unknown_hold",
    );
    shop.script(
        "hold 9 7 zone=2 60 A:1 => not_served
         hold 8 7 at=O 60 A:6 => out_of_stock 0:6/5
         hold 1 7 zone=1 604800 A:1 => accepted of 7 until=604800s 0:A@N:1
         warehouse O 2 inactive
         hold 3 7 at=O 60 A:1 => not_served",
    );
    shop.refuses(
        "hold 2 8 zone=1 60 A:1 replaces=1 => not_the_owner
         hold 1 7 zone=1 60 A:1 => id_reused",
    );
    shop.script("sku A inactive");
    shop.refuses("hold 2 7 zone=1 60 A:1 => sku_inactive");
}

#[test]
fn an_id_that_was_no_hold_is_no_hold() {
    let mut shop = shop();
    shop.script(
        "place 1 1 ship_complete A:1 => accepted open parcels=1 cost=5 0@N:1
         hold 2 7 zone=1 60 A:99 => out_of_stock 0:99/9",
    );
    shop.refuses(
        "release 1 => unknown_hold
         release 2 => unknown_hold
         held 1 => unknown_hold",
    );
}

#[test]
fn all_or_nothing_unless_some_will_do() {
    let mut shop = shop();
    shop.script(
        "hold 1 7 zone=1 60 A:12,B:2,A:1,B:2 => out_of_stock 0:12/10 2:1/0 3:2/1
         hold 2 7 zone=1 60 A:12,B:2,A:1,B:2 partial => \
         accepted of 7 until=60s 0:A@N:5 0:A@O:5 1:B@N:2 3:B@N:1
         hold 3 8 zone=1 60 A:1,B:1 partial => out_of_stock 0:1/0 1:1/0
         hold 4 8 zone=1 60 A:1,U:3 partial => accepted of 8 until=60s
         hold 5 8 zone=1 60 U:3 => accepted of 8 until=60s
         holds 8 => accepted 2: 4:0 5:0
         holds 8 rows=1 => accepted 2: 4:0
         holds 8 from=19 rows=1 => accepted 2: 5:0
         holds 8 from=99 => accepted 2:
         release 5 => accepted ended of 19",
    );
}

#[test]
fn a_hold_of_one_place_looks_at_no_rule_but_ring_fences() {
    let mut shop = shop();
    shop.script(
        "policy ONE least_cost warehouses=O
         assign all ONE
         capacity N units=0
         reserve A@N/WEB:2 A@N:1
         hold 1 7 zone=1 60 A:2 => accepted of 7 until=60s 0:A@O:2
         hold 2 7 at=N 60 A:3 => out_of_stock 0:3/2
         hold 3 7 at=N 60 A:3 channel=WEB => accepted of 7 until=60s 0:A@N:3
         hold 4 7 at=N 60 A:3 partial channel=WEB => accepted of 7 until=60s 0:A@N:1
         hold 5 7 at=N 60 A:1,B:1 partial => accepted of 7 until=60s 1:B@N:1",
    );
}

#[test]
fn a_bundle_holds_its_components() {
    let mut shop = shop();
    shop.script(
        "sku K unlimited
         bundle K A:2,B:1,U:1
         hold 1 7 zone=1 60 K:2 => accepted of 7 until=60s 0:A@N:4 0:B@N:2
         hold 2 7 at=N 60 K:1 => out_of_stock 0:1/0
         hold 3 7 at=O 60 A:1 => accepted of 7 until=60s 0:A@O:1
         bundle K A:1
         held 1 => accepted of 7 until=60s 0:A@N:4 0:B@N:2
         place 4 1 ship_complete K:4 hold=1 => accepted open parcels=1 cost=5 0@N:4
         stock A => accepted N:1/5 O:4/5
         stock B => accepted N:3/3
         bundle K - => bundle_in_use",
    );
}

#[test]
fn a_bundle_at_one_place_sees_what_the_demands_before_it_left() {
    let mut shop = shop();
    shop.script(
        "sku K unlimited
         bundle K A:2,B:1
         hold 1 7 at=N 60 A:2,K:3 partial => accepted of 7 until=60s 0:A@N:2 1:A@N:2 1:B@N:1",
    );
}

#[test]
fn a_replacement_sees_what_it_replaces_and_ends_it() {
    let mut shop = shop();
    shop.script(
        "hold 1 7 zone=1 60 A:10 => accepted of 7 until=60s 0:A@N:5 0:A@O:5
         hold 2 7 zone=1 60 A:11 replaces=1 => out_of_stock 0:11/10
         held 1 => accepted of 7 until=60s 0:A@N:5 0:A@O:5
         hold 3 7 zone=1 90 A:7,B:1 replaces=1 => \
         accepted of 7 until=90s 0:A@N:5 0:A@O:2 1:B@N:1
         held 1 => accepted ended of 15
         stock A => accepted N:0/5 O:3/5
         hold 4 7 at=O 90 A:5 => out_of_stock 0:5/3
         hold 4 7 at=O 90 A:5 replaces=3 => id_reused
         hold 5 7 at=O 90 A:5 replaces=3 => accepted of 7 until=90s 0:A@O:5
         stock A => accepted N:5/5 O:0/5",
    );
}

#[test]
fn an_order_takes_its_hold_and_what_its_owner_holds_elsewhere() {
    let mut shop = shop();
    shop.script(
        "hold 1 7 zone=1 60 A:5 => accepted of 7 until=60s 0:A@N:5
         hold 2 7 at=O 60 A:2,B:1 partial => accepted of 7 until=60s 0:A@O:2
         hold 3 7 at=O 60 A:2 => accepted of 7 until=60s 0:A@O:2
         hold 4 8 at=O 60 A:1 => accepted of 8 until=60s 0:A@O:1
         quote 1 ship_complete A:8 hold=1 => accepted open parcels=2 cost=12 0@N:5 0@O:3
         place 5 1 ship_complete A:10 hold=1 => out_of_stock 0:10/9
         held 1 => accepted of 7 until=60s 0:A@N:5
         place 6 1 ship_complete A:8 hold=1 => accepted open parcels=2 cost=12 0@N:5 0@O:3
         held 1 => accepted ended of 15
         held 2 => accepted of 7 until=60s
         held 3 => accepted of 7 until=60s 0:A@O:1
         held 4 => accepted of 8 until=60s 0:A@O:1
         place 7 1 ship_complete A:1 => out_of_stock 0:1/0
         place 8 1 ship_complete A:1 hold=1 => hold_ended
         place 9 1 ship_complete A:1 hold=2 => accepted open parcels=1 cost=7 0@O:1
         held 3 => accepted of 7 until=60s
         release 3 => accepted ended of 17
         place 6 1 ship_complete A:8 hold=1 => \
         duplicate of 20 open parcels=2 cost=12 0@N:5 0@O:3",
    );
}

#[test]
fn an_order_that_takes_less_gives_the_rest_back() {
    let mut shop = shop();
    shop.script(
        "hold 1 7 zone=1 60 A:5,B:3 => accepted of 7 until=60s 0:A@N:5 1:B@N:3
         place 2 1 take_available A:2 hold=1 => accepted open parcels=1 cost=5 0@N:2
         stock A => accepted N:3/5 O:5/5
         stock B => accepted N:3/3",
    );
}

#[test]
fn a_hold_is_kept_though_safety_stock_was_raised_above_what_is_there() {
    let mut shop = shop();
    shop.script(
        "hold 1 7 at=N 60 A:4 => accepted of 7 until=60s 0:A@N:4
         reserve A@N:9
         stock A => accepted N:0/5 O:5/5
         place 2 1 ship_complete A:4 hold=1 => accepted open parcels=1 cost=5 0@N:4
         reserve A@N:0
         stock A => accepted N:1/5 O:5/5",
    );
}

#[test]
fn an_owners_units_go_before_those_that_are_fenced_for_others() {
    let mut shop = shop();
    shop.script(
        "receive A N 10 => accepted 15/15
         hold 1 7 zone=1 60 B:1 => accepted of 7 until=60s 0:B@N:1
         hold 2 7 at=N 60 A:5 => accepted of 7 until=60s 0:A@N:5
         reserve A@N/WEB:10
         place 3 1 ship_complete A:3 hold=1 channel=SHOP => \
         accepted open parcels=1 cost=5 0@N:3
         held 2 => accepted of 7 until=60s 0:A@N:2
         stock A => accepted N:10/15 O:5/5
         policy ONE least_cost soft=ring_fences
         assign all ONE
         hold 4 7 at=N 60 B:1 => accepted of 7 until=60s 0:B@N:1
         place 5 1 ship_complete A:14 hold=4 channel=SHOP => \
         accepted open parcels=2 cost=12 0@N:9 0@O:5
         held 2 => accepted of 7 until=60s
         stock A => accepted N:3/15 O:0/5",
    );
}

#[test]
fn what_is_unlimited_needs_no_source_and_draws_nothing_to_one() {
    let mut shop = shop();
    shop.script(
        "sku K unlimited
         bundle K U:3
         warehouse O 2
         policy ONE least_cost parcels_max=1 warehouses=N
         assign all ONE
         capacity N units=3
         hold 1 7 zone=1 60 U:900,K:7 => accepted of 7 until=60s
         hold 2 7 zone=1 60 U:900,A:4 => out_of_stock 1:4/3
         hold 3 7 zone=1 60 U:900,A:4 partial => accepted of 7 until=60s 1:A@N:3
         hold 4 7 at=O 60 U:900,K:7,A:4 => accepted of 7 until=60s 2:A@O:4
         hold 5 7 zone=2 60 U:1 => not_served",
    );
}

#[test]
fn rules_forbid_what_is_held_too() {
    let mut shop = shop();
    shop.script(
        "policy ONE least_cost warehouses=O
         hold 1 7 at=N 60 A:5 => accepted of 7 until=60s 0:A@N:5
         assign all ONE
         place 2 1 ship_complete A:10 => out_of_stock 0:10/5
         place 3 1 ship_complete A:10 hold=1 => rules_forbid 0:10/5",
    );
}

#[test]
fn units_that_a_hold_frees_are_set_aside_for_lines_that_wait() {
    let mut shop = shop();
    shop.script(
        "place 1 1 backorder A:13 => \
         accepted open parcels=2 cost=12 0@N:5 0@O:5 0:3waiting
         receive B N 1 => accepted 4/4
         hold 2 7 zone=1 60 B:4 => accepted of 7 until=60s 0:B@N:4
         place 3 1 backorder B:3 => accepted open parcels=0 cost=0 0:3waiting
         place 4 1 ship_complete B:1 => out_of_stock 0:1/0
         wait 60
         expire
         book B => accepted 3+3 due 3/0:3
         stock B => accepted N:1/4
         match
         show 3 => accepted open parcels=0 cost=0 0@N:3
         hold 5 7 zone=1 60 B:1 => accepted of 7 until=120s 0:B@N:1
         place 6 1 backorder B:1 => accepted open parcels=0 cost=0 0:1waiting
         release 5 => accepted ended of 22
         book B => accepted 1+1 due 6/0:1",
    );
}

#[test]
fn a_replacement_and_an_order_set_aside_only_what_they_leave() {
    let mut shop = shop();
    shop.script(
        "hold 1 7 zone=1 60 B:3 => accepted of 7 until=60s 0:B@N:3
         place 2 1 backorder B:2 => accepted open parcels=0 cost=0 0:2waiting
         hold 3 7 zone=1 60 B:3,A:1 replaces=1 => accepted of 7 until=60s 0:B@N:3 1:A@N:1
         book B => accepted 2+0 2/0:2
         hold 4 7 zone=1 60 B:2 replaces=3 => accepted of 7 until=60s 0:B@N:2
         book B => accepted 2+1 due 2/0:2
         match
         place 5 1 ship_complete B:2 hold=4 => accepted open parcels=1 cost=5 0@N:2
         book B => accepted 1+0 2/0:1
         hold 6 7 zone=1 60 A:9 => accepted of 7 until=60s 0:A@N:5 0:A@O:4
         place 7 1 backorder A:3,B:1 hold=6 => \
         accepted open parcels=1 cost=5 0@N:3 1:1waiting
         stock A => accepted N:2/5 O:5/5",
    );
}

#[test]
fn an_order_that_waits_until_all_is_there_keeps_what_its_hold_held() {
    let mut shop = shop();
    shop.script(
        "hold 1 7 at=N 60 B:3 => accepted of 7 until=60s 0:B@N:3
         place 2 1 wait_complete B:4 hold=1 => accepted open parcels=0 cost=0 0:4waiting
         book B => accepted 4+3 due 2/0:4
         stock B => accepted N:0/3
         match
         book B => accepted 4+3 2/0:4
         receive B O 1 => accepted 0/1
         match
         show 2 => accepted open parcels=0 cost=0 0@N:3 0@O:1",
    );
}

#[test]
fn without_space_nothing_is_held_and_all_that_is_held_can_be_let_go() {
    let mut shop = shop();
    shop.script(
        "hold 1 7 zone=1 60 A:4 => accepted of 7 until=60s 0:A@N:4
         hold 2 7 zone=1 60 B:3 => accepted of 7 until=60s 0:B@N:3",
    );
    let figures = Arc::new(ProcessFigures::default());
    figures.no_space.store(true, Ordering::Relaxed);
    shop.engine.set_figures(figures);
    shop.refuses(
        "hold 3 7 zone=1 60 A:1 => no_space
         hold 3 7 zone=1 60 A:1 replaces=1 => no_space
         place 3 1 ship_complete A:1 hold=1 => no_space",
    );
    shop.script(
        "extend 1 70 => accepted of 7 until=70s 0:A@N:4
         release 2 => accepted ended of 16
         wait 70
         expire
         stock A => accepted N:5/5 O:5/5
         stock B => accepted N:3/3",
    );
}

#[test]
fn a_hold_outlives_its_command_in_memory() {
    let mut shop = shop();
    shop.script("hold 1 7 zone=1 60 A:4 => accepted of 7 until=60s 0:A@N:4");
    (0..5).for_each(|_| drop(shop.run("receive B N 1")));
    (0..2).for_each(|_| retire(&mut shop, 9));
    assert_eq!(shop.engine.state().first_answer(order_id("1")), None);
    shop.script(
        "held 1 => accepted of 7 until=60s 0:A@N:4
         extend 1 70 => accepted of 7 until=70s 0:A@N:4
         release 1 => accepted ended of 15
         held 1 => unknown_hold
         release 1 => unknown_hold",
    );
}

#[test]
fn what_is_held_is_promised() {
    let mut shop = shop();
    shop.script(
        "hold 1 7 zone=1 60 A:4 => accepted of 7 until=60s 0:A@N:4
         count A N 3 => below_promised 3:4
         adjust A N -2 damaged => below_promised 3:4
         adjust A N -1 damaged => accepted 0/4
         sku A unlimited => tracking_in_use",
    );
}

#[test]
fn an_owners_holds_take_no_more_places_than_a_record_has_room_for() {
    let mut shop = Shop::new();
    shop.script("zone 1\nwarehouse N 1\ncost N 1 5+0");
    let mut lines = Vec::new();
    for sku in 0..128 {
        shop.script(&format!("sku S{sku}\nreceive S{sku} N 9 => accepted 9/9"));
        lines.push(format!("S{sku}:1"));
    }
    let lines = lines.join(",");
    for hold in 1..=4 {
        shop.run(&format!("hold {hold} 7 zone=1 60 {lines}"));
    }
    assert_eq!(shop.engine.state().holds.row_count(), 512);
    shop.script(
        "hold 5 7 zone=1 60 S0:1 => too_many_places_held 513:512
         hold 5 8 at=N 60 S0:1 => accepted of 8 until=60s 0:S0@N:1
         hold 6 7 zone=1 60 S0:3 replaces=1 => accepted of 7 until=60s 0:S0@N:3
         holds 7 => accepted 4: 2:128 3:128 4:128 6:3
         wait 60
         hold 7 7 at=N 60 S1:2 => accepted of 7 until=120s 0:S1@N:2",
    );
    assert_eq!(shop.engine.state().holds.row_count(), 3 * 128 + 3, "over, and not freed yet");
    let before = shop.engine.last_sequence().get();
    shop.script("expire");
    let state = shop.engine.state();
    assert_eq!((state.holds.len(), state.holds.row_count()), (1, 1));
    assert_eq!(shop.engine.last_sequence().get(), before + 1);
}

#[test]
fn a_record_ends_sixty_four_holds_and_no_more_places_than_an_owner_has() {
    let mut shop = Shop::new();
    shop.script("zone 1\nwarehouse N 1\ncost N 1 5+0\nsku A\nreceive A N 999 => accepted 999/999");
    for hold in 1..=130 {
        shop.run(&format!("hold {hold} {hold} zone=1 60 A:1"));
    }
    shop.check();
    let before = shop.engine.last_sequence().get();
    shop.script(
        "wait 59
         expire
         wait 60
         expire",
    );
    assert_eq!(shop.engine.last_sequence().get() - before, 3, "64, 64 and 2");
    assert!(shop.engine.state().holds.is_empty());
    shop.script("stock A => accepted N:999/999");
}
