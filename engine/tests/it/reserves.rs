//! What is set aside: safety stock from everybody, ring-fences from every channel but one.

use crate::shop::Shop;

/// The east is always the cheaper one.
const NETWORK: &str = "
    warehouse EAST 1
    warehouse WEST 2
    zone 100
    cost EAST 100 500+10
    cost WEST 100 900+20
    sku BOOK
    sku LAMP
    sku GIFT unlimited
    channel WEB
    channel SHOP
    channel APP
";

fn shop() -> Shop {
    let mut shop = Shop::new();
    shop.script(NETWORK);
    shop
}

#[test]
fn safety_stock_is_available_to_nobody() {
    shop().script(
        "receive BOOK EAST 5              => accepted 5/5
         reserve BOOK@EAST:3
         stock BOOK                       => accepted EAST:2/5
         place 1 100 ship_complete BOOK:3 => out_of_stock 0:3/2
         place 2 100 backorder BOOK:3     => accepted open parcels=1 cost=520 0@EAST:2 0:1waiting
         place 3 100 take_available BOOK:1 channel=WEB => out_of_stock 0:1/0
         ship 2 0@EAST:2                  \
         => accepted open parcels=1 cost=520 0@EAST:2shipped 0:1waiting
         stock BOOK                       => accepted EAST:0/3
         reserve BOOK@EAST:0
         stock BOOK                       => accepted EAST:3/3",
    );
}

#[test]
fn safety_stock_above_what_is_there_swallows_receipts_first() {
    shop().script(
        "receive BOOK EAST 2              => accepted 2/2
         reserve BOOK@EAST:5
         stock BOOK                       => accepted EAST:0/2
         place 1 100 take_available BOOK:1 => out_of_stock 0:1/0
         receive BOOK EAST 3              => accepted 0/5
         receive BOOK EAST 2              => accepted 2/7
         place 2 100 ship_complete BOOK:2 => accepted open parcels=1 cost=520 0@EAST:2
         reserve BOOK@EAST:2000000000
         stock BOOK                       => accepted EAST:0/7
         cancel 2                         => accepted cancelled parcels=1 cost=520 0:2cancelled
         stock BOOK                       => accepted EAST:0/7",
    );
}

/// Safety stock lowers what may be promised; it takes back no promise, and covers none.
#[test]
fn safety_stock_keeps_no_promise_from_being_kept() {
    shop().script(
        "receive BOOK EAST 5              => accepted 5/5
         place 1 100 ship_complete BOOK:5 => accepted open parcels=1 cost=550 0@EAST:5
         reserve BOOK@EAST:4
         stock BOOK                       => accepted EAST:0/5
         adjust BOOK EAST -1 lost         => below_promised 4:5
         ship 1 0@EAST:5                  => accepted shipped parcels=1 cost=550 0@EAST:5shipped
         receive BOOK EAST 6              => accepted 2/6
         adjust BOOK EAST -3 lost         => accepted 0/3
         adjust BOOK EAST 3 damaged unavailable => accepted 0/3",
    );
}

#[test]
fn a_cell_that_is_empty_may_have_safety_stock_before_its_first_receipt() {
    shop().script(
        "reserve BOOK@EAST:1 BOOK@WEST:2
         stock BOOK             => accepted EAST:0/0 WEST:0/0
         receive BOOK WEST 3    => accepted 1/3
         sku LAMP unlimited
         sku BOOK unlimited     => tracking_in_use
         adjust BOOK WEST -3 lost => accepted 0/0
         sku BOOK unlimited     => tracking_in_use
         reserve BOOK@EAST:0 BOOK@WEST:0
         sku BOOK unlimited
         place 1 100 ship_complete BOOK:9 => accepted open parcels=1 cost=590 0@EAST:9",
    );
}

#[test]
fn a_ring_fence_is_for_its_channel_and_no_other() {
    shop().script(
        "receive BOOK EAST 5              => accepted 5/5
         reserve BOOK@EAST/WEB:3
         stock BOOK                       => accepted EAST:5/5
         quote 100 ship_complete BOOK:3   => rules_forbid 0:3/2
         quote 100 ship_complete BOOK:3 channel=SHOP => rules_forbid 0:3/2
         quote 100 ship_complete BOOK:6 channel=SHOP => out_of_stock 0:6/2
         quote 100 take_available BOOK:9 channel=SHOP \
         => accepted open parcels=1 cost=520 0@EAST:2 0:7cancelled
         quote 100 backorder BOOK:3 channel=SHOP \
         => accepted open parcels=1 cost=520 0@EAST:2 0:1waiting
         quote 100 ship_complete BOOK:5 channel=WEB => accepted open parcels=1 cost=550 0@EAST:5",
    );
}

/// The fence is a floor for others: what its own channel takes does not count against it.
#[test]
fn a_ring_fence_does_not_shrink_as_its_channel_takes() {
    shop().script(
        "receive BOOK EAST 5              => accepted 5/5
         reserve BOOK@EAST/WEB:3
         place 1 100 ship_complete BOOK:2 channel=WEB  => accepted open parcels=1 cost=520 0@EAST:2
         place 2 100 ship_complete BOOK:1 channel=SHOP => rules_forbid 0:1/0
         place 3 100 ship_complete BOOK:3 channel=WEB  => accepted open parcels=1 cost=530 0@EAST:3
         receive BOOK EAST 4                           => accepted 4/9
         place 4 100 ship_complete BOOK:2 channel=SHOP => rules_forbid 0:2/1
         place 5 100 ship_complete BOOK:1 channel=SHOP => accepted open parcels=1 cost=510 0@EAST:1",
    );
}

#[test]
fn two_ring_fences_leave_a_third_channel_what_is_above_both() {
    shop().script(
        "receive BOOK EAST 9              => accepted 9/9
         reserve BOOK@EAST/WEB:3 BOOK@EAST/SHOP:4
         quote 100 take_available BOOK:9 channel=WEB  \
         => accepted open parcels=1 cost=550 0@EAST:5 0:4cancelled
         quote 100 take_available BOOK:9 channel=SHOP \
         => accepted open parcels=1 cost=560 0@EAST:6 0:3cancelled
         quote 100 take_available BOOK:9 channel=APP  \
         => accepted open parcels=1 cost=520 0@EAST:2 0:7cancelled
         quote 100 take_available BOOK:9              \
         => accepted open parcels=1 cost=520 0@EAST:2 0:7cancelled
         reserve BOOK@EAST/WEB:0
         quote 100 take_available BOOK:9 channel=SHOP => accepted open parcels=1 cost=590 0@EAST:9
         quote 100 take_available BOOK:9 channel=APP  \
         => accepted open parcels=1 cost=550 0@EAST:5 0:4cancelled",
    );
}

#[test]
fn a_ring_fence_larger_than_the_stock_leaves_others_nothing_there() {
    shop().script(
        "receive BOOK EAST 5              => accepted 5/5
         receive BOOK WEST 1              => accepted 1/1
         reserve BOOK@EAST/WEB:2000000000 BOOK@EAST/SHOP:2000000000 LAMP@EAST/APP:7
         place 1 100 ship_complete BOOK:1              => accepted open parcels=1 cost=920 0@WEST:1
         place 2 100 ship_complete BOOK:1 channel=WEB  => rules_forbid 0:1/0
         place 3 100 ship_complete BOOK:1 channel=SHOP => rules_forbid 0:1/0
         reserve BOOK@EAST/SHOP:0
         place 4 100 ship_complete BOOK:5 channel=WEB  => accepted open parcels=1 cost=550 0@EAST:5",
    );
}

#[test]
fn safety_stock_and_ring_fences_add_up() {
    shop().script(
        "receive BOOK EAST 9              => accepted 9/9
         reserve BOOK@EAST/WEB:3 BOOK@EAST:4
         stock BOOK                       => accepted EAST:5/9
         quote 100 take_available BOOK:9 channel=WEB \
         => accepted open parcels=1 cost=550 0@EAST:5 0:4cancelled
         quote 100 take_available BOOK:9 \
         => accepted open parcels=1 cost=520 0@EAST:2 0:7cancelled
         adjust BOOK EAST 4 damaged unavailable => accepted 1/9
         quote 100 take_available BOOK:9 => rules_forbid 0:9/0",
    );
}

#[test]
fn a_soft_ring_fence_is_opened_for_what_is_left_only() {
    shop().script(
        "receive BOOK EAST 5              => accepted 5/5
         receive BOOK WEST 1              => accepted 1/1
         reserve BOOK@EAST/WEB:3 BOOK@WEST:1
         policy KIND least_cost soft=ring_fences
         assign SHOP KIND
         quote 100 ship_complete BOOK:5 channel=SHOP => accepted open parcels=1 cost=550 0@EAST:5
         quote 100 ship_complete BOOK:5              => rules_forbid 0:5/2
         reserve BOOK@WEST:0
         quote 100 ship_complete BOOK:3 channel=SHOP \
         => accepted open parcels=2 cost=1440 0@EAST:2 0@WEST:1
         quote 100 ship_complete BOOK:5 channel=SHOP \
         => accepted open parcels=2 cost=1460 0@EAST:4 0@WEST:1
         quote 100 ship_complete BOOK:7 channel=SHOP => out_of_stock 0:7/6",
    );
}

#[test]
fn a_ring_fence_stands_beside_an_allow_list() {
    shop().script(
        "receive BOOK EAST 5              => accepted 5/5
         receive BOOK WEST 5              => accepted 5/5
         reserve BOOK@WEST/WEB:4
         policy WESTERN least_cost warehouses=WEST
         assign all WESTERN
         quote 100 ship_complete BOOK:2             => rules_forbid 0:2/1
         quote 100 ship_complete BOOK:5 channel=WEB => accepted open parcels=1 cost=1000 0@WEST:5
         policy WESTERN least_cost warehouses=WEST soft=ring_fences
         quote 100 ship_complete BOOK:6             => rules_forbid 0:6/5
         policy WESTERN least_cost warehouses=WEST soft=warehouses
         quote 100 ship_complete BOOK:6 \
         => accepted open parcels=2 cost=1470 0@WEST:1 0@EAST:5
         quote 100 ship_complete BOOK:7             => rules_forbid 0:7/6",
    );
}

#[test]
fn bad_reserves_are_refused() {
    let mut shop = shop();
    shop.refuses(
        "reserve                               => no_lines
         reserve NONE@EAST:1                   => unknown_sku
         reserve BOOK@NOWHERE:1                => unknown_warehouse
         reserve BOOK@EAST/NOBODY:1            => unknown_channel
         reserve GIFT@EAST:1                   => not_tracked
         reserve GIFT@EAST/WEB:1               => not_tracked
         reserve GIFT@EAST:0                   => not_tracked
         reserve BOOK@EAST:2000000001          => quantity_over_limit 2000000001:2000000000
         reserve BOOK@EAST/WEB:2000000001      => quantity_over_limit 2000000001:2000000000
         reserve BOOK@WEST:1 BOOK@EAST:1       => list_not_rising
         reserve BOOK@EAST:1 BOOK@EAST/WEB:1   => list_not_rising
         reserve BOOK@EAST/WEB:1 BOOK@EAST/WEB:1 => list_not_rising
         reserve LAMP@EAST:1 BOOK@EAST:1       => list_not_rising
         reserve BOOK@EAST:1 LAMP@NOWHERE:1    => unknown_warehouse",
    );
    shop.script("reserve BOOK@EAST/WEB:1\n sku BOOK unlimited => tracking_in_use");
}

/// Sixteen fit. One more is refused, unless another goes in the same command, or it is none at all.
#[test]
fn one_ring_fence_too_many_is_refused() {
    let mut shop = shop();
    let rows = |units: [u32; 3]| {
        let [first, middle, last] = units;
        let middle = (1..16).map(|number| format!(" BOOK@EAST/C{number}:{middle}"));
        let middle: String = middle.collect();
        format!("reserve BOOK@EAST/C0:{first}{middle} BOOK@EAST/C16:{last}")
    };
    for number in 0..20 {
        shop.run(&format!("channel C{number}"));
    }
    shop.refuses(&format!("{} => too_many_ring_fences 17:16", rows([1, 1, 1])));
    shop.script(&rows([0, 1, 1]));
    shop.refuses("reserve BOOK@EAST/C0:1 => too_many_ring_fences 17:16");
    shop.script(
        "reserve BOOK@WEST/C0:1 LAMP@EAST/C0:1
         reserve BOOK@EAST/C0:0
         reserve BOOK@EAST/C0:2 BOOK@EAST/C1:0
         reserve BOOK@EAST/C0:3 BOOK@EAST:2
         receive BOOK EAST 20           => accepted 18/20
         quote 100 ship_complete BOOK:2 => rules_forbid 0:2/0
         quote 100 ship_complete BOOK:3 channel=C0 => accepted open parcels=1 cost=530 0@EAST:3",
    );
    shop.refuses(
        "reserve BOOK@EAST/C0:0 BOOK@EAST/C1:1 BOOK@EAST/C17:1 => too_many_ring_fences 17:16",
    );
}
