//! Units swapped between two orders: who gets what, who may refuse, and what is never touched.

use gantry_engine::DayLoad;
use gantry_model::{Command, SwapUnits};

use crate::shop::{Shop, order_id};

/// Each of two warehouses is near and cheap to one of two zones.
const NETWORK: &str = "
    warehouse N 1
    warehouse S 2
    zone 1
    zone 2
    cost N 1 500+10/1
    cost S 1 900+20/3
    cost N 2 900+20/3
    cost S 2 500+10/1
    sku A
    sku B
    time 1 08:00
";

/// Order 1 of the north has its A in the south, order 2 of the south has one in the north.
const CROSSED: &str = "
    receive A S 1               => accepted 1/1
    place 1 1 ship_complete A:1 => accepted open parcels=1 cost=920 0@S:1
    receive A N 1               => accepted 1/1
    place 2 2 ship_complete A:1 => accepted open parcels=1 cost=920 0@N:1
";

fn shop() -> Shop {
    let mut shop = Shop::new();
    shop.script(NETWORK);
    shop
}

fn crossed() -> Shop {
    let mut shop = shop();
    shop.script(CROSSED);
    shop
}

#[test]
fn two_orders_get_what_is_near_to_them() {
    crossed().script(
        "resource 1       => accepted open parcels=1 cost=920 0@S:1
         resource 2       => accepted open parcels=1 cost=920 0@N:1
         swap 1 2 A:1 S N => accepted open parcels=1 cost=510 0@N:1
         show 2           => accepted open parcels=1 cost=510 0@S:1
         stock A          => accepted N:0/1 S:0/1
         swap 1 2 A:1 N S => nothing_gained
         ship 1 0@N:1     => accepted shipped parcels=1 cost=510 0@N:1shipped
         cancel 2         => accepted cancelled parcels=1 cost=510 0:1cancelled
         stock A          => accepted S:1/1",
    );
}

/// It need not be all that a line has, and it may be of several lines: the lower ones first.
#[test]
fn lines_give_the_lower_first_and_get_as_many_back() {
    shop().script(
        "receive A S 5                   => accepted 5/5
         place 1 1 ship_complete A:2,A:3 => accepted open parcels=1 cost=1000 0@S:2 1@S:3
         receive A N 4                   => accepted 4/4
         place 2 2 ship_complete A:4     => accepted open parcels=1 cost=980 0@N:4
         swap 1 2 A:4 S N                => nothing_gained
         receive B N 1                   => accepted 1/1
         place 3 1 ship_complete A:1     => out_of_stock 0:1/0
         swap 1 2 A:6 S N                => exceeds_open 6:5
         swap 1 2 A:5 S N                => exceeds_open 5:4
         cost N 1 1+0/1
         swap 1 2 A:4 S N                => nothing_gained
         cancel 1 1:1                    => accepted open parcels=1 cost=1000 0@S:2 1@S:2 1:1cancelled
         swap 1 2 A:4 S N                => accepted open parcels=1 cost=1 0@N:2 1@N:2 1:1cancelled",
    );
}

/// A second parcel for one buyer is worse, whatever the other saves; so is a day.
#[test]
fn neither_buyer_is_worse_off() {
    let mut shop = shop();
    shop.script(
        "receive A S 1                   => accepted 1/1
         receive B S 1                   => accepted 1/1
         place 1 1 ship_complete A:1,B:1 => accepted open parcels=1 cost=940 0@S:1 1@S:1
         receive A N 1                   => accepted 1/1
         place 2 2 ship_complete A:1     => accepted open parcels=1 cost=920 0@N:1
         cost N 2 5000+20/3
         swap 1 2 A:1 S N                => nothing_gained
         cost N 1 1+0/3
         swap 1 2 A:1 S N                => nothing_gained",
    );
    crossed().script(
        "cost N 1 500+10/4
         swap 1 2 A:1 S N => nothing_gained
         capacity S cut_off=07:00
         swap 1 2 A:1 S N => accepted open parcels=1 cost=510 0@N:1",
    );
    // The same costs and parcels: nobody gains.
    crossed().script(
        "cost N 1 900+20/1
         cost S 2 900+20/1
         swap 1 2 A:1 S N => nothing_gained
         cost S 2 899+20/1
         swap 2 1 A:1 N S => accepted open parcels=1 cost=919 0@S:1",
    );
}

/// One order's parcels come together while the other pays a little more.
#[test]
fn a_split_order_comes_together_at_the_other_s_cost() {
    shop().script(
        "receive A S 1                   => accepted 1/1
         receive B N 1                   => accepted 1/1
         place 1 1 ship_complete A:1,B:1 => accepted open parcels=2 cost=1430 0@S:1 1@N:1
         receive A N 1                   => accepted 1/1
         place 2 1 ship_complete A:1     => accepted open parcels=1 cost=510 0@N:1
         swap 2 1 A:1 N S                => nothing_gained
         cost S 1 900+20/1
         swap 2 1 A:1 N S                => accepted open parcels=1 cost=920 0@S:1
         show 1                          => accepted open parcels=1 cost=520 1@N:1 0@N:1",
    );
}

#[test]
fn a_parcel_that_has_left_costs_nothing_more() {
    shop().script(
        "receive A S 2               => accepted 2/2
         place 1 1 ship_complete A:2 => accepted open parcels=1 cost=940 0@S:2
         ship 1 0@S:1                => accepted open parcels=1 cost=940 0@S:1 0@S:1shipped
         receive A N 1               => accepted 1/1
         place 2 2 ship_complete A:1 => accepted open parcels=1 cost=920 0@N:1
         swap 1 2 A:1 S N            => nothing_gained",
    );
}

#[test]
fn a_bundle_is_swapped_whole_and_its_components_with_it() {
    let mut shop = shop();
    shop.script(
        "sku KIT unlimited
         bundle KIT A:2,B:1
         receive A S 2                 => accepted 2/2
         receive B S 1                 => accepted 1/1
         place 1 1 ship_complete KIT:1 => accepted open parcels=1 cost=920 0@S:1
         receive A N 2                 => accepted 2/2
         receive B N 1                 => accepted 1/1
         place 2 2 ship_complete KIT:1 => accepted open parcels=1 cost=920 0@N:1
         swap 1 2 A:1 S N              => exceeds_open 1:0
         swap 1 2 KIT:1 S N            => accepted open parcels=1 cost=510 0@N:1
         stock A                       => accepted N:0/2 S:0/2
         cancel 1                      => accepted cancelled parcels=1 cost=510 0:1cancelled
         stock A                       => accepted N:2/2 S:0/2
         stock B                       => accepted N:1/1 S:0/1",
    );
}

#[test]
fn nonsense_is_refused_and_changes_nothing() {
    let mut shop = crossed();
    shop.script(
        "warehouse X 3
         place 3 1 backorder A:1 => accepted open parcels=0 cost=0 0:1waiting
         place 4 1 backorder B:1 => accepted open parcels=0 cost=0 0:1waiting
         cancel 4                => accepted cancelled parcels=0 cost=0 0:1cancelled",
    );
    let before = shop.engine.state_hash();
    shop.script(
        "swap 1 1 A:1 S N => swaps_with_itself
         swap 1 2 A:1 S S => swaps_with_itself
         swap 1 2 A:0 S N => quantity_not_positive
         swap 9 2 A:1 S N => unknown_order
         swap 1 9 A:1 S N => unknown_order
         swap 4 2 A:1 S N => order_closed
         swap 1 4 A:1 S N => order_closed
         swap 1 2 B:1 S N => exceeds_open 1:0
         swap 1 2 A:2 S N => exceeds_open 2:1
         swap 1 2 A:1 N S => exceeds_open 1:0
         swap 1 2 A:1 S X => exceeds_open 1:0
         swap 1 3 A:1 S N => exceeds_open 1:0",
    );
    assert_eq!(shop.engine.state_hash(), before);
}

/// Each must be allowed what it gets by everything that is asked of a new order, and be served by
/// what it gives.
#[test]
fn a_warehouse_that_may_not_serve_is_not_swapped_to() {
    for (forbids, allows) in [
        ("warehouse N 1 inactive", "warehouse N 1"),
        ("warehouse S 2 inactive", "warehouse S 2"),
        ("policy P least_cost warehouses=S soft=warehouses", "policy P least_cost"),
        ("policy P least_cost warehouses=N", "policy P least_cost warehouses=N,S"),
        ("policy P least_cost days_max=0", "policy P least_cost days_max=1"),
    ] {
        let mut shop = crossed();
        shop.script("policy P least_cost\n assign all P");
        shop.script(forbids);
        shop.script("swap 1 2 A:1 S N => may_not_serve");
        shop.script(allows);
        shop.script("swap 1 2 A:1 S N => accepted open parcels=1 cost=510 0@N:1");
    }
}

#[test]
fn a_full_day_lets_nobody_in_but_for_who_leaves() {
    shop().script(
        "capacity N orders=1
         receive A S 1               => accepted 1/1
         place 1 1 ship_complete A:1 => accepted open parcels=1 cost=920 0@S:1
         receive A N 2               => accepted 2/2
         place 2 2 ship_complete A:2 => accepted open parcels=1 cost=940 0@N:2
         cost S 2 1+0/1
         swap 1 2 A:1 S N            => may_not_serve
         cancel 2 0:1                => accepted open parcels=1 cost=940 0@N:1 0:1cancelled
         swap 1 2 A:1 S N            => accepted open parcels=1 cost=510 0@N:1",
    );
}

/// Who has a parcel there already adds no order to the day; nor does a parcel that has left make room.
#[test]
fn a_full_day_is_open_to_who_is_there() {
    shop().script(
        "receive B N 1                   => accepted 1/1
         receive A S 1                   => accepted 1/1
         place 1 1 ship_complete A:1,B:1 => accepted open parcels=2 cost=1430 0@S:1 1@N:1
         receive A N 2                   => accepted 2/2
         receive B S 1                   => accepted 1/1
         place 2 2 ship_complete A:2,B:1 => accepted open parcels=2 cost=1450 0@N:2 1@S:1
         capacity N orders=0
         swap 1 2 A:1 S N                => accepted open parcels=1 cost=520 1@N:1 0@N:1",
    );
    shop().script(
        "receive A S 1               => accepted 1/1
         place 1 1 ship_complete A:1 => accepted open parcels=1 cost=920 0@S:1
         receive A N 2               => accepted 2/2
         place 2 2 ship_complete A:2 => accepted open parcels=1 cost=940 0@N:2
         ship 2 0@N:1                => accepted open parcels=1 cost=940 0@N:1 0@N:1shipped
         capacity N orders=0
         swap 1 2 A:1 S N            => may_not_serve
         capacity N orders=1
         swap 1 2 A:1 S N            => nothing_gained",
    );
}

/// What an order counts of a warehouse's day goes with it.
#[test]
fn days_count_what_each_order_has_now() {
    let mut shop = shop();
    shop.script("capacity N orders=9 units=90\n capacity S orders=9 units=90");
    shop.script(CROSSED);
    shop.script("swap 1 2 A:1 S N => accepted open parcels=1 cost=510 0@N:1");
    let load =
        |shop: &Shop, warehouse: &str| shop.engine.state().capacity.load(shop.warehouse(warehouse));
    let one = DayLoad { day: 1, orders: 1, units: 1 };
    assert_eq!((load(&shop, "N"), load(&shop, "S")), (one, one));
    shop.script("cancel 1 => accepted cancelled parcels=1 cost=510 0:1cancelled");
    let none = DayLoad { day: 1, orders: 0, units: 0 };
    assert_eq!((load(&shop, "N"), load(&shop, "S")), (none, one));
}

/// Where a warehouse rejected units of an order it gets none by a swap either, for a while.
#[test]
fn a_bar_holds_for_swaps_too() {
    shop().script(
        "receive A N 1                => accepted 1/1
         receive A S 1                => accepted 1/1
         place 1 1 ship_complete A:1  => accepted open parcels=1 cost=510 0@N:1
         reject 1 refused 30 0@N:1    => accepted open parcels=1 cost=510 0@S:1
         place 2 2 ship_complete A:1  => accepted open parcels=1 cost=920 0@N:1
         swap 1 2 A:1 S N             => may_not_serve
         time 1 08:01
         swap 1 2 A:1 S N             => accepted open parcels=1 cost=510 0@N:1",
    );
}

/// Lines that wait for the SKU are not looked at: nothing came free.
#[test]
fn nobody_else_is_touched() {
    let mut shop = crossed();
    shop.script(
        "place 3 1 backorder A:2 => accepted open parcels=0 cost=0 0:2waiting
         swap 1 2 A:1 S N        => accepted open parcels=1 cost=510 0@N:1
         book A                  => accepted 2+0 3/0:2",
    );
}

#[test]
fn a_repeat_is_a_duplicate() {
    let mut shop = crossed();
    let command = Command::SwapUnits(SwapUnits {
        id: shop.next_id(),
        first: order_id("1"),
        second: order_id("2"),
        sku: shop.sku("A"),
        first_warehouse: shop.warehouse("S"),
        second_warehouse: shop.warehouse("N"),
        quantity: 1,
    });
    let swapped = shop.send(&command);
    assert_eq!(shop.verdict(&swapped), "accepted open parcels=1 cost=510 0@N:1");
    let (sequence, before) = (shop.engine.last_sequence(), shop.engine.state_hash());
    let repeat = shop.send(&command);
    let told = format!("duplicate of {sequence} open parcels=1 cost=510 0@N:1");
    assert_eq!(shop.verdict(&repeat), told);
    assert_eq!(shop.engine.state_hash(), before);
}
