//! What warehouses can work off in a day: orders, units, the turn of the day, and what is given
//! back.

use gantry_engine::DayLoad;

use crate::shop::Shop;

/// The east is always the cheaper one. The day of the script is the first after 1970 began.
const NETWORK: &str = "
    warehouse EAST 1
    warehouse WEST 2
    zone 100
    cost EAST 100 500+10
    cost WEST 100 900+20
    sku BOOK
    sku LAMP
    receive BOOK EAST 50 => accepted 50/50
    receive BOOK WEST 50 => accepted 50/50
    receive LAMP EAST 50 => accepted 50/50
    time 1 08:00
";

fn shop() -> Shop {
    let mut shop = Shop::new();
    shop.script(NETWORK);
    shop
}

fn load(shop: &Shop, warehouse: &str) -> DayLoad {
    shop.engine.state().capacity.load(shop.warehouse(warehouse))
}

#[test]
fn a_warehouse_takes_no_more_orders_than_it_can_work_off_in_a_day() {
    let mut shop = shop();
    shop.script(
        "capacity EAST orders=2
         place 1 100 backorder BOOK:5,LAMP:1 => accepted open parcels=1 cost=560 0@EAST:5 1@EAST:1
         place 2 100 backorder BOOK:30       => accepted open parcels=1 cost=800 0@EAST:30
         place 3 100 backorder BOOK:1        => accepted open parcels=1 cost=920 0@WEST:1
         place 4 100 ship_complete LAMP:1    => rules_forbid 0:1/0
         place 5 100 backorder LAMP:1        => accepted open parcels=0 cost=0 0:1waiting
         place 6 100 take_available LAMP:1,BOOK:1 \
         => accepted open parcels=1 cost=920 1@WEST:1 0:1cancelled",
    );
    assert_eq!(load(&shop, "EAST"), DayLoad { day: 1, orders: 2, units: 36 });
    assert_eq!(load(&shop, "WEST"), DayLoad::default(), "nothing is counted without a bound");
}

#[test]
fn a_warehouse_gives_no_more_units_than_it_can_work_off_in_a_day() {
    shop().script(
        "capacity EAST units=6
         place 1 100 backorder BOOK:4          => accepted open parcels=1 cost=540 0@EAST:4
         place 2 100 ship_complete LAMP:3      => rules_forbid 0:3/2
         place 3 100 ship_complete LAMP:51     => out_of_stock 0:51/2
         place 4 100 backorder BOOK:3          => accepted open parcels=1 cost=960 0@WEST:3
         place 5 100 backorder LAMP:1,BOOK:1   \
         => accepted open parcels=1 cost=520 0@EAST:1 1@EAST:1
         place 6 100 take_available LAMP:1     => rules_forbid 0:1/0
         place 7 100 backorder LAMP:1          => accepted open parcels=0 cost=0 0:1waiting",
    );
}

#[test]
fn the_units_of_a_day_are_shared_by_the_lines_of_an_order() {
    let mut shop = shop();
    shop.script("capacity EAST units=6\n capacity WEST units=3");
    shop.script(
        "quote 100 take_available BOOK:4,LAMP:4 \
         => accepted open parcels=2 cost=1500 0@EAST:2 0@WEST:2 1@EAST:4
         quote 100 ship_complete BOOK:10        => rules_forbid 0:10/9
         place 1 100 backorder BOOK:5,LAMP:4    \
         => accepted open parcels=2 cost=1520 0@EAST:2 0@WEST:3 1@EAST:4",
    );
}

#[test]
fn a_new_day_begins_at_midnight_utc() {
    let mut shop = shop();
    shop.script(
        "capacity EAST orders=1 units=9
         time 1 23:59
         place 1 100 backorder BOOK:5     => accepted open parcels=1 cost=550 0@EAST:5
         place 2 100 ship_complete LAMP:1 => rules_forbid 0:1/0
         quote 100 ship_complete LAMP:1   => rules_forbid 0:1/0
         time 2 00:00
         quote 100 ship_complete LAMP:9   => accepted open parcels=1 cost=590 0@EAST:9
         place 3 100 ship_complete LAMP:9 => accepted open parcels=1 cost=590 0@EAST:9
         place 4 100 ship_complete LAMP:1 => rules_forbid 0:1/0",
    );
    assert_eq!(load(&shop, "EAST"), DayLoad { day: 2, orders: 1, units: 9 });
}

#[test]
fn a_cancel_on_the_same_day_gives_back_what_it_released() {
    let mut shop = shop();
    shop.script(
        "capacity EAST orders=1 units=5
         place 1 100 backorder BOOK:2,LAMP:3 => accepted open parcels=1 cost=550 0@EAST:2 1@EAST:3
         cancel 1 1:2                     \
         => accepted open parcels=1 cost=550 0@EAST:2 1@EAST:1 1:2cancelled
         place 2 100 ship_complete LAMP:1 => rules_forbid 0:1/0",
    );
    assert_eq!(load(&shop, "EAST"), DayLoad { day: 1, orders: 1, units: 3 });
    shop.script("cancel 1 => accepted cancelled parcels=1 cost=550 0:2cancelled 1:3cancelled");
    assert_eq!(load(&shop, "EAST"), DayLoad { day: 1, orders: 0, units: 0 });
    shop.script("place 3 100 ship_complete LAMP:5 => accepted open parcels=1 cost=550 0@EAST:5");
}

#[test]
fn shipped_units_are_worked_off_and_never_given_back() {
    let mut shop = shop();
    shop.script(
        "capacity EAST orders=1 units=5
         place 1 100 backorder BOOK:5 => accepted open parcels=1 cost=550 0@EAST:5
         ship 1 0@EAST:2              => accepted open parcels=1 cost=550 0@EAST:3 0@EAST:2shipped
         cancel 1                     \
         => accepted shipped parcels=1 cost=550 0@EAST:2shipped 0:3cancelled
         place 2 100 ship_complete LAMP:1 => rules_forbid 0:1/0",
    );
    assert_eq!(load(&shop, "EAST"), DayLoad { day: 1, orders: 1, units: 2 });
}

#[test]
fn a_cancel_on_the_next_day_gives_nothing_back_to_it() {
    let mut shop = shop();
    shop.script(
        "capacity EAST orders=2 units=5
         place 1 100 backorder BOOK:5     => accepted open parcels=1 cost=550 0@EAST:5
         time 2 00:00
         place 2 100 ship_complete LAMP:4 => accepted open parcels=1 cost=540 0@EAST:4
         cancel 1                         => accepted cancelled parcels=1 cost=550 0:5cancelled
         place 3 100 ship_complete LAMP:2 => rules_forbid 0:2/1",
    );
    assert_eq!(load(&shop, "EAST"), DayLoad { day: 2, orders: 1, units: 4 });
}

#[test]
fn a_bound_counts_from_when_it_is_set_and_may_fall_below_what_was_counted() {
    let mut shop = shop();
    shop.script(
        "place 1 100 backorder BOOK:9     => accepted open parcels=1 cost=590 0@EAST:9
         capacity EAST units=4
         place 2 100 ship_complete LAMP:3 => accepted open parcels=1 cost=530 0@EAST:3
         capacity EAST units=2
         place 3 100 ship_complete LAMP:1 => rules_forbid 0:1/0
         capacity EAST units=4 orders=2
         place 4 100 ship_complete LAMP:1 => accepted open parcels=1 cost=510 0@EAST:1
         capacity EAST units=9 orders=2
         place 5 100 ship_complete LAMP:1 => rules_forbid 0:1/0
         capacity EAST units=9
         place 6 100 ship_complete LAMP:1 => accepted open parcels=1 cost=510 0@EAST:1
         capacity EAST
         place 7 100 ship_complete LAMP:9 => accepted open parcels=1 cost=590 0@EAST:9
         capacity EAST units=1
         place 8 100 ship_complete LAMP:1 => accepted open parcels=1 cost=510 0@EAST:1
         place 9 100 ship_complete LAMP:1 => rules_forbid 0:1/0",
    );
}

/// An order that was placed before there was a bound was never counted. When it was cancelled on
/// the same day, its units came off the count of orders that had been, and the day took too many.
#[test]
fn an_order_that_was_never_counted_gives_nothing_back() {
    let mut shop = shop();
    shop.script(
        "place 1 100 backorder BOOK:5     => accepted open parcels=1 cost=550 0@EAST:5
         capacity EAST orders=1 units=5
         place 2 100 ship_complete LAMP:5 => accepted open parcels=1 cost=550 0@EAST:5
         cancel 1                         => accepted cancelled parcels=1 cost=550 0:5cancelled
         place 3 100 ship_complete LAMP:1 => rules_forbid 0:1/0
         capacity EAST
         capacity EAST orders=1 units=5
         place 4 100 ship_complete LAMP:5 => accepted open parcels=1 cost=550 0@EAST:5
         cancel 2                         => accepted cancelled parcels=1 cost=550 0:5cancelled
         place 5 100 ship_complete LAMP:1 => rules_forbid 0:1/0
         capacity EAST orders=1 units=7
         cancel 4 0:1                     => accepted open parcels=1 cost=550 0@EAST:4 0:1cancelled",
    );
    assert_eq!(load(&shop, "EAST"), DayLoad { day: 1, orders: 1, units: 4 });
}

#[test]
fn what_is_not_promised_uses_nothing_of_a_day() {
    let mut shop = shop();
    shop.script(
        "capacity EAST orders=5 units=50
         quote 100 ship_complete LAMP:5   => accepted open parcels=1 cost=550 0@EAST:5
         place 1 100 ship_complete LAMP:51 => out_of_stock 0:51/50
         cancel 1                          => unknown_order
         sku PEN
         place 2 100 backorder PEN:5       => accepted open parcels=0 cost=0 0:5waiting
         cancel 2 0:1                      => accepted open parcels=0 cost=0 0:4waiting 0:1cancelled",
    );
    assert_eq!(load(&shop, "EAST"), DayLoad::default());
}

#[test]
fn an_order_from_two_warehouses_counts_at_both() {
    let mut shop = shop();
    shop.script(
        "capacity EAST orders=9
         capacity WEST units=99
         place 1 100 backorder BOOK:60 => accepted open parcels=2 cost=2100 0@EAST:50 0@WEST:10
         cancel 1 0:20                 => accepted open parcels=2 cost=2100 0@EAST:40 0:20cancelled",
    );
    assert_eq!(load(&shop, "EAST"), DayLoad { day: 1, orders: 1, units: 40 });
    assert_eq!(load(&shop, "WEST"), DayLoad { day: 1, orders: 0, units: 0 });
}

#[test]
fn a_soft_bound_on_orders_lets_a_warehouse_in_for_the_rest() {
    shop().script(
        "capacity EAST orders=1
         policy KIND least_cost soft=orders_per_day
         assign all KIND
         place 1 100 ship_complete BOOK:1        => accepted open parcels=1 cost=510 0@EAST:1
         place 2 100 ship_complete BOOK:1        => accepted open parcels=1 cost=920 0@WEST:1
         place 3 100 ship_complete BOOK:1,LAMP:2 \
         => accepted open parcels=2 cost=1440 0@WEST:1 1@EAST:2
         place 4 100 ship_complete LAMP:99       => out_of_stock 0:99/48",
    );
}

#[test]
fn a_soft_bound_on_units_gives_more_from_a_parcel_that_is_open() {
    let mut shop = shop();
    shop.script(
        "capacity EAST units=3
         capacity WEST units=2
         policy KIND least_cost soft=units_per_day
         assign all KIND
         quote 100 ship_complete BOOK:5 => accepted open parcels=2 cost=1470 0@EAST:3 0@WEST:2
         quote 100 ship_complete BOOK:7 => accepted open parcels=2 cost=1490 0@EAST:5 0@WEST:2
         place 1 100 ship_complete LAMP:5 => accepted open parcels=1 cost=550 0@EAST:5
         place 2 100 ship_complete BOOK:3 => accepted open parcels=1 cost=960 0@WEST:3",
    );
    assert_eq!(load(&shop, "EAST"), DayLoad { day: 1, orders: 1, units: 5 });
    shop.script(
        "cancel 1 => accepted cancelled parcels=1 cost=550 0:5cancelled
         place 3 100 ship_complete LAMP:3 => accepted open parcels=1 cost=530 0@EAST:3",
    );
}

/// The first pass opens the east with its last order of the day; the second may still add to it.
#[test]
fn the_last_order_of_the_day_keeps_its_parcel_in_the_second_pass() {
    shop().script(
        "reserve BOOK@EAST/SHOP:1 => unknown_channel
         channel SHOP
         reserve BOOK@EAST/SHOP:47
         capacity EAST orders=1
         capacity WEST orders=0
         policy KIND least_cost soft=ring_fences
         assign all KIND
         place 1 100 ship_complete BOOK:5 => accepted open parcels=1 cost=550 0@EAST:5
         place 2 100 ship_complete BOOK:1 => rules_forbid 0:1/0",
    );
}

#[test]
fn orders_and_units_a_day_hold_together_with_a_cut_off() {
    shop().script(
        "capacity EAST orders=2 units=5 cut_off=12:00
         policy FAST least_cost days_max=1
         assign all FAST
         place 1 100 ship_complete BOOK:4 => accepted open parcels=1 cost=540 0@EAST:4
         place 2 100 ship_complete LAMP:2 => rules_forbid 0:2/1
         place 3 100 ship_complete LAMP:1 => accepted open parcels=1 cost=510 0@EAST:1
         time 1 12:00
         cancel 1                         => accepted cancelled parcels=1 cost=540 0:4cancelled
         place 4 100 ship_complete LAMP:1 => rules_forbid 0:1/0
         time 2 11:59
         place 5 100 ship_complete LAMP:5 => accepted open parcels=1 cost=550 0@EAST:5",
    );
}

#[test]
fn bad_bounds_are_refused() {
    shop().refuses(
        "capacity NOWHERE orders=1      => unknown_warehouse
         capacity EAST cut_off=24:00    => bad_cut_off 1440:1439
         capacity EAST cut_off=1092:14  => bad_cut_off 65534:1439",
    );
}
