//! Units that their warehouse rejected: sourced elsewhere at once, or waiting; the warehouse is
//! spared for a while, and an order of which units were rejected too often must be looked after.

use gantry_model::REJECTIONS_PER_ORDER_MAX;

use crate::shop::Shop;

const NETWORK: &str = "
    warehouse N 1
    warehouse S 2
    zone 1
    cost N 1 500+10/1
    cost S 1 900+20/3
    sku A
    sku B
    time 1 08:00
";

fn shop() -> Shop {
    let mut shop = Shop::new();
    shop.script(NETWORK);
    shop
}

#[test]
fn a_short_pick_is_sourced_elsewhere_and_what_is_missing_is_unavailable() {
    shop().script(
        "receive A N 5                 => accepted 5/5
         receive A S 5                 => accepted 5/5
         place 1 1 ship_complete A:3   => accepted open parcels=1 cost=530 0@N:3
         reject 1 not_found 60 0@N:2   => accepted open parcels=1 cost=530 0@N:1 0@S:2
         stock A                       => accepted N:2/5 S:3/5",
    );
}

#[test]
fn refused_units_are_for_others_and_the_rest_waits() {
    shop().script(
        "receive A N 5                 => accepted 5/5
         receive A S 1                 => accepted 1/1
         place 1 1 ship_complete A:3   => accepted open parcels=1 cost=530 0@N:3
         reject 1 refused 60 0@N:3     => accepted open parcels=1 cost=530 0@S:1 0:2waiting
         book A                        => accepted 2+2 due 1/0:2
         match
         stock A                       => accepted N:5/5 S:0/1
         place 2 1 ship_complete A:5   => accepted open parcels=1 cost=550 0@N:5
         receive A S 2                 => accepted 0/3
         match
         show 1                        => accepted open parcels=1 cost=530 0@S:3",
    );
}

/// The bar is the order's: others have units from there, and it has again when the time is over.
#[test]
fn a_warehouse_is_spared_until_its_time_is_over() {
    shop().script(
        "receive A N 5               => accepted 5/5
         place 1 1 ship_complete A:2 => accepted open parcels=1 cost=520 0@N:2
         reject 1 refused 60 0@N:2   => accepted open parcels=1 cost=520 0:2waiting
         match
         show 1                      => accepted open parcels=1 cost=520 0:2waiting
         wait 59
         again A
         match
         show 1                      => accepted open parcels=1 cost=520 0:2waiting
         wait 1
         again A
         match
         show 1                      => accepted open parcels=1 cost=520 0@N:2",
    );
}

#[test]
fn an_order_that_is_sourced_again_leaves_and_spares_a_barred_warehouse() {
    shop().script(
        "receive A N 5               => accepted 5/5
         place 1 1 ship_complete A:4 => accepted open parcels=1 cost=540 0@N:4
         receive A S 5               => accepted 5/5
         resource 1                  => accepted open parcels=1 cost=540 0@N:4
         reject 1 refused 60 0@N:1   => accepted open parcels=1 cost=540 0@N:3 0@S:1
         resource 1                  => accepted open parcels=1 cost=980 0@S:4
         resource 1                  => accepted open parcels=1 cost=980 0@S:4
         wait 60
         resource 1                  => accepted open parcels=1 cost=540 0@N:4",
    );
}

#[test]
fn after_too_many_rejections_somebody_must_look_after_the_order() {
    let mut shop = shop();
    shop.script(
        "receive A N 9               => accepted 9/9
         place 1 1 ship_complete A:1 => accepted open parcels=1 cost=510 0@N:1",
    );
    for _ in 0..REJECTIONS_PER_ORDER_MAX {
        shop.script(
            "reject 1 refused 0 0@N:1 => accepted open parcels=1 cost=510 0:1waiting
             match
             show 1                   => accepted open parcels=1 cost=510 0@N:1",
        );
    }
    shop.script(
        "receive A S 1            => accepted 1/1
         reject 1 refused 0 0@N:1 => accepted open parcels=1 cost=510 0:1waiting
         match
         again A
         match
         show 1                   => accepted open parcels=1 cost=510 0:1waiting
         priority 1 0             => accepted open parcels=1 cost=510 0:1waiting
         match
         show 1                   => accepted open parcels=1 cost=510 0@N:1",
    );
}

#[test]
fn a_bundle_s_components_leave_with_it() {
    shop().script(
        "sku K unlimited
         bundle K A:2,B:1
         receive A N 4               => accepted 4/4
         receive B N 2               => accepted 2/2
         receive A S 4               => accepted 4/4
         receive B S 1               => accepted 1/1
         place 1 1 ship_complete K:2 => accepted open parcels=1 cost=520 0@N:2
         reject 1 not_found 9 0@N:2  => accepted open parcels=1 cost=520 0@S:1 0:1waiting
         stock A                     => accepted N:0/4 S:2/4
         stock B                     => accepted N:0/2 S:0/1",
    );
}

/// An order that waits complete keeps nothing where it is spared, or while it is stuck.
#[test]
fn what_was_kept_at_a_barred_warehouse_is_for_others() {
    shop().script(
        "receive A N 3               => accepted 3/3
         receive B N 1               => accepted 1/1
         place 1 1 wait_complete A:1 => accepted open parcels=1 cost=510 0@N:1
         place 2 1 backorder A:9     => accepted open parcels=1 cost=520 0@N:2 0:7waiting
         reject 1 refused 60 0@N:1   => accepted open parcels=1 cost=510 0:1waiting
         match
         show 2                      => accepted open parcels=1 cost=520 0@N:3 0:6waiting",
    );
}

#[test]
fn what_is_not_there_to_be_rejected_is_refused() {
    let mut shop = shop();
    shop.script(
        "receive A N 5               => accepted 5/5
         place 1 1 ship_complete A:3 => accepted open parcels=1 cost=530 0@N:3
         ship 1 0@N:1                => accepted open parcels=1 cost=530 0@N:2 0@N:1shipped",
    );
    shop.refuses(
        "reject 9 refused 60 0@N:1        => unknown_order
         reject 1 refused 60              => no_lines
         reject 1 refused 60 0@N:1 0@N:1  => list_not_rising
         reject 1 refused 2592001 0@N:1   => cool_down_over_limit 2592001:2592000
         reject 1 refused 60 1@N:1        => unknown_line 1:1
         reject 1 refused 60 0@X:1        => unknown_warehouse
         reject 1 refused 60 0@N:0        => quantity_not_positive
         reject 1 refused 60 0@N:3        => exceeds_open 3:2
         reject 1 refused 60 0@S:1        => exceeds_open 1:0",
    );
}
