//! Waiting lines: what comes in is set aside for them and given to them in order.

use crate::shop::Shop;

/// One SKU, two warehouses of which the first is cheaper, one zone.
fn shop() -> Shop {
    let mut shop = Shop::new();
    shop.script(
        "sku A
         sku B
         warehouse N 1
         warehouse O 2
         zone 1
         zone 2
         cost N 1 5+0
         cost O 1 7+0
         cost O 2 7+0",
    );
    shop
}

#[test]
fn what_comes_in_is_set_aside_and_then_given_to_the_first_in_the_book() {
    let mut shop = shop();
    shop.script(
        "place 1 1 backorder A:3 class=5 => accepted open parcels=0 cost=0 0:3waiting
         place 2 1 backorder A:2 class=5 => accepted open parcels=0 cost=0 0:2waiting
         place 3 1 backorder A:4 class=1 => accepted open parcels=0 cost=0 0:4waiting
         book A => accepted 9+0 3/0:4 1/0:3 2/0:2
         receive A N 5 => accepted 0/5
         book A => accepted 9+5 due 3/0:4 1/0:3 2/0:2
         place 4 1 ship_complete A:1 => out_of_stock 0:1/0
         step
         show 3 => accepted open parcels=0 cost=0 0@N:4
         book A => accepted 5+1 due 1/0:3 2/0:2
         step
         show 1 => accepted open parcels=0 cost=0 0@N:1 0:2waiting
         book A => accepted 4+0 1/0:2 2/0:2
         stock A => accepted N:0/5",
    );
}

#[test]
fn more_than_is_waited_for_is_there_for_others_at_once() {
    let mut shop = shop();
    shop.script(
        "place 1 1 backorder A:3 => accepted open parcels=0 cost=0 0:3waiting
         receive A N 10 => accepted 7/10
         book A => accepted 3+3 due 1/0:3
         place 2 1 ship_complete A:7 => accepted open parcels=1 cost=5 0@N:7
         match
         show 1 => accepted open parcels=0 cost=0 0@N:3
         book A => accepted 0+0",
    );
}

#[test]
fn what_nobody_may_have_is_given_back() {
    let mut shop = shop();
    shop.script(
        "place 1 2 backorder A:3 => accepted open parcels=0 cost=0 0:3waiting
         receive A N 10 => accepted 7/10
         match
         book A => accepted 3+0 1/0:3
         stock A => accepted N:10/10
         receive A O 2 => accepted 0/2
         match
         show 1 => accepted open parcels=0 cost=0 0@O:2 0:1waiting
         book A => accepted 1+0 1/0:1",
    );
}

#[test]
fn a_cancel_a_count_and_a_correction_serve_the_book_too() {
    let mut shop = shop();
    shop.script(
        "receive A N 4 => accepted 4/4
         place 1 1 backorder A:4 => accepted open parcels=1 cost=5 0@N:4
         place 2 1 backorder A:9 => accepted open parcels=0 cost=0 0:9waiting
         cancel 1 0:3 => accepted open parcels=1 cost=5 0@N:1 0:3cancelled
         book A => accepted 9+3 due 2/0:9
         match
         show 2 => accepted open parcels=0 cost=0 0@N:3 0:6waiting
         count A N 6 => accepted 0/6
         match
         show 2 => accepted open parcels=0 cost=0 0@N:5 0:4waiting
         adjust A N 1 found => accepted 0/7
         match
         show 2 => accepted open parcels=0 cost=0 0@N:6 0:3waiting
         adjust A O 5 found => accepted 2/5
         match
         show 2 => accepted open parcels=0 cost=0 0@N:6 0@O:3",
    );
}

#[test]
fn an_order_gives_no_units_back_to_its_own_waiting_line_that_it_cancels() {
    let mut shop = shop();
    shop.script(
        "receive A N 2 => accepted 2/2
         place 1 1 backorder A:5 => accepted open parcels=1 cost=5 0@N:2 0:3waiting
         cancel 1 => accepted cancelled parcels=1 cost=5 0:5cancelled
         book A => accepted 0+0
         stock A => accepted N:2/2",
    );
}

#[test]
fn a_bundle_waits_for_its_components() {
    let mut shop = shop();
    shop.script(
        "sku K unlimited
         bundle K A:2,B:1
         receive A N 4 => accepted 4/4
         place 1 1 backorder K:3 => accepted open parcels=0 cost=0 0:3waiting
         place 2 1 backorder B:1 => accepted open parcels=0 cost=0 0:1waiting
         receive B N 2 => accepted 1/2
         book K => accepted 3+0 due 1/0:3
         match
         show 2 => accepted open parcels=0 cost=0 0@N:1
         show 1 => accepted open parcels=0 cost=0 0@N:1 0:2waiting
         stock A => accepted N:2/4",
    );
}

#[test]
fn a_look_ends_after_sixty_four_lines_and_goes_on_in_the_next_record() {
    let mut shop = shop();
    for order in 1..=70 {
        shop.script(&format!(
            "place {order} 2 backorder A:1 => accepted open parcels=0 cost=0 0:1waiting"
        ));
    }
    shop.script(
        "place 71 1 backorder A:2 => accepted open parcels=0 cost=0 0:2waiting
         receive A N 9 => accepted 0/9
         step
         show 71 => accepted open parcels=0 cost=0 0:2waiting
         step
         show 71 => accepted open parcels=0 cost=0 0@N:2",
    );
    let next = shop.engine.state().matching.next();
    assert_eq!(next, None, "the last line was looked at: what is left is given back");
    shop.script("stock A => accepted N:7/9");
}

#[test]
fn a_look_is_over_when_no_whole_bundle_is_left() {
    let mut shop = shop();
    shop.script(
        "sku K unlimited
         bundle K A:2
         place 1 1 backorder K:1 => accepted open parcels=0 cost=0 0:1waiting
         place 2 1 backorder K:1 => accepted open parcels=0 cost=0 0:1waiting
         receive A N 3 => accepted 3/3
         step
         show 1 => accepted open parcels=0 cost=0 0@N:1
         book K => accepted 1+0 2/0:1",
    );
}

#[test]
fn an_order_is_served_when_its_class_says_also_in_the_middle_of_a_look() {
    let mut shop = shop();
    shop.script(
        "place 1 1 backorder A:3 class=2 => accepted open parcels=0 cost=0 0:3waiting
         place 2 1 backorder A:3 class=2 => accepted open parcels=0 cost=0 0:3waiting
         place 3 1 backorder A:3 class=2 => accepted open parcels=0 cost=0 0:3waiting
         priority 3 1 => accepted open parcels=0 cost=0 0:3waiting
         book A => accepted 9+0 3/0:3 1/0:3 2/0:3
         receive A N 6 => accepted 0/6
         step
         book A => accepted 6+3 due 1/0:3 2/0:3
         priority 2 0 => accepted open parcels=0 cost=0 0:3waiting
         step
         show 2 => accepted open parcels=0 cost=0 0@N:3
         book A => accepted 3+0 1/0:3",
    );
}

#[test]
fn a_class_is_for_open_orders() {
    let mut shop = shop();
    shop.script(
        "place 1 1 backorder A:3 => accepted open parcels=0 cost=0 0:3waiting
         cancel 1 => accepted cancelled parcels=0 cost=0 0:3cancelled",
    );
    shop.refuses("priority 1 4 => order_closed");
    shop.refuses("priority 9 4 => unknown_order");
    shop.refuses("again X => unknown_sku");
}

#[test]
fn what_could_not_be_had_before_is_had_when_lines_are_looked_at_again() {
    let mut shop = shop();
    shop.script(
        "place 1 2 backorder A:3 => accepted open parcels=0 cost=0 0:3waiting
         receive A N 3 => accepted 0/3
         match
         cost N 2 9+0
         book A => accepted 3+0 1/0:3
         again A
         book A => accepted 3+0 due 1/0:3
         match
         show 1 => accepted open parcels=0 cost=0 0@N:3",
    );
}

#[test]
fn units_that_reserves_let_go_are_for_waiting_lines() {
    let mut shop = shop();
    shop.script(
        "reserve A@N:5
         receive A N 5 => accepted 0/5
         place 1 1 backorder A:3 => accepted open parcels=0 cost=0 0:3waiting
         reserve A@N:1
         match
         show 1 => accepted open parcels=0 cost=0 0@N:3",
    );
}

#[test]
fn an_order_that_waits_complete_gets_all_or_nothing_and_keeps_what_there_is() {
    let mut shop = shop();
    shop.script(
        "receive A N 5 => accepted 5/5
         place 1 1 wait_complete A:3,B:2 => accepted open parcels=0 cost=0 0:3waiting 1:2waiting
         match
         stock A => accepted N:2/5
         place 2 1 ship_complete A:3 => out_of_stock 0:3/2
         place 3 1 backorder A:4 => accepted open parcels=1 cost=5 0@N:2 0:2waiting
         receive B N 1 => accepted 0/1
         match
         show 1 => accepted open parcels=0 cost=0 0:3waiting 1:2waiting
         receive A N 1 => accepted 0/6
         match
         show 3 => accepted open parcels=1 cost=5 0@N:3 0:1waiting
         receive B N 4 => accepted 3/5
         match
         show 1 => accepted open parcels=0 cost=0 0@N:3 1@N:2
         stock B => accepted N:3/5
         book A => accepted 1+0 3/0:1",
    );
}

#[test]
fn an_order_that_can_be_had_whole_does_not_wait() {
    let mut shop = shop();
    shop.script(
        "receive A N 5 => accepted 5/5
         place 1 1 wait_complete A:3,A:2 => accepted open parcels=1 cost=5 0@N:3 1@N:2
         quote 1 wait_complete A:1 => accepted open parcels=0 cost=0 0:1waiting
         sku B no_backorder
         place 2 1 wait_complete A:1,B:1 => backorder_not_allowed 1:1/0",
    );
}

#[test]
fn what_is_kept_is_for_others_when_its_order_is_cancelled() {
    let mut shop = shop();
    shop.script(
        "receive A N 3 => accepted 3/3
         place 1 1 wait_complete A:3,B:2 => accepted open parcels=0 cost=0 0:3waiting 1:2waiting
         place 2 1 backorder A:3 => accepted open parcels=1 cost=5 0@N:3",
    );
    shop.script(
        "receive A N 4 => accepted 1/7
         match
         stock A => accepted N:1/7
         place 3 1 backorder A:2 => accepted open parcels=1 cost=5 0@N:1 0:1waiting
         cancel 1 0:1 => accepted open parcels=0 cost=0 0:2waiting 0:1cancelled 1:2waiting
         match
         show 3 => accepted open parcels=1 cost=5 0@N:2
         cancel 1 1:2 => accepted open parcels=0 cost=0 0:2waiting 0:1cancelled 1:2cancelled
         match
         show 1 => accepted open parcels=0 cost=0 0@N:2 0:1cancelled 1:2cancelled
         book A => accepted 0+0
         stock A => accepted N:0/7",
    );
}

#[test]
fn the_first_that_waits_complete_is_not_starved_by_those_behind_it() {
    let mut shop = shop();
    shop.script(
        "place 1 1 wait_complete A:4,B:4 => accepted open parcels=0 cost=0 0:4waiting 1:4waiting
         place 2 1 wait_complete A:2,B:2 => accepted open parcels=0 cost=0 0:2waiting 1:2waiting
         match",
    );
    for _ in 0..4 {
        shop.run("place 99 1 backorder A:1,B:1");
        shop.run("receive A N 1");
        shop.match_waiting(usize::MAX);
        shop.run("receive B O 1");
        shop.match_waiting(usize::MAX);
        shop.check();
    }
    shop.script("show 1 => accepted open parcels=0 cost=0 0@N:4 1@O:4");
    shop.script("show 2 => accepted open parcels=0 cost=0 0:2waiting 1:2waiting");
}

#[test]
fn an_order_that_waits_complete_counts_once_on_the_day_of_its_warehouse() {
    let mut shop = shop();
    shop.script(
        "capacity N orders=2
         place 1 1 wait_complete A:1,B:1 => accepted open parcels=0 cost=0 0:1waiting 1:1waiting
         receive B N 1 => accepted 0/1
         receive A N 2 => accepted 1/2
         match
         show 1 => accepted open parcels=0 cost=0 0@N:1 1@N:1
         place 2 1 ship_complete A:1 => accepted open parcels=1 cost=5 0@N:1",
    );
}

#[test]
fn what_a_served_order_kept_of_a_component_is_for_others() {
    let mut shop = shop();
    shop.script(
        "sku K unlimited
         bundle K A:1,B:1
         receive A N 3 => accepted 3/3
         place 1 1 wait_complete A:1,K:1 => accepted open parcels=0 cost=0 0:1waiting 1:1waiting
         match
         stock A => accepted N:2/3
         receive B N 1 => accepted 1/1
         match
         show 1 => accepted open parcels=0 cost=0 0@N:1 1@N:1
         book A => accepted 0+0
         stock A => accepted N:1/3",
    );
}

#[test]
fn a_look_that_begins_anew_does_so_behind_those_of_other_skus() {
    let mut shop = shop();
    shop.script(
        "place 1 2 backorder A:3 => accepted open parcels=0 cost=0 0:3waiting
         place 2 1 backorder B:3 => accepted open parcels=0 cost=0 0:3waiting
         receive A N 1 => accepted 0/1
         receive B N 1 => accepted 0/1
         receive A N 1 => accepted 0/2
         step
         show 2 => accepted open parcels=0 cost=0 0@N:1 0:2waiting",
    );
}
