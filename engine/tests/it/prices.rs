//! Shadow prices: what a unit at a place is worth to orders still to come.

use crate::shop::Shop;

/// The east is the cheaper one, by 410 for the first book and by 10 for each more.
const NETWORK: &str = "
    warehouse EAST 1
    warehouse WEST 2
    zone 100
    cost EAST 100 500+10
    cost WEST 100 900+20
    sku BOOK
    sku LAMP
    sku KIT unlimited
    receive BOOK EAST 9 => accepted 9/9
    receive BOOK WEST 9 => accepted 9/9
    receive LAMP EAST 9 => accepted 9/9
    receive LAMP WEST 9 => accepted 9/9
    policy PRICED least_cost_with_shadow_prices
    policy PLAIN least_cost
    assign all PRICED
";

fn shop() -> Shop {
    let mut shop = Shop::new();
    shop.script(NETWORK);
    shop
}

#[test]
fn a_price_steers_units_and_is_no_part_of_the_cost() {
    shop().script(
        "quote 100 ship_complete BOOK:1 => accepted open parcels=1 cost=510 0@EAST:1
         price BOOK@EAST:409
         quote 100 ship_complete BOOK:1 => accepted open parcels=1 cost=510 0@EAST:1
         price BOOK@EAST:411
         quote 100 ship_complete BOOK:1 => accepted open parcels=1 cost=920 0@WEST:1
         quote 100 ship_complete LAMP:1 => accepted open parcels=1 cost=510 0@EAST:1
         price BOOK@WEST:2
         quote 100 ship_complete BOOK:1 => accepted open parcels=1 cost=510 0@EAST:1
         quote 100 ship_complete BOOK:2 => accepted open parcels=1 cost=940 0@WEST:2",
    );
}

/// Ties of the objective go to the lower cost.
#[test]
fn equal_with_its_price_is_decided_by_cost() {
    shop().script(
        "price BOOK@EAST:410
         quote 100 ship_complete BOOK:1 => accepted open parcels=1 cost=510 0@EAST:1",
    );
}

#[test]
fn a_price_of_zero_ends_it_and_clear_ends_all_that_stood_before() {
    shop().script(
        "price BOOK@EAST:1000 LAMP@EAST:1000
         quote 100 ship_complete LAMP:1 => accepted open parcels=1 cost=920 0@WEST:1
         price LAMP@EAST:0 LAMP@WEST:0
         quote 100 ship_complete LAMP:1 => accepted open parcels=1 cost=510 0@EAST:1
         quote 100 ship_complete BOOK:1 => accepted open parcels=1 cost=920 0@WEST:1
         price clear LAMP@EAST:1000
         quote 100 ship_complete LAMP:1 => accepted open parcels=1 cost=920 0@WEST:1
         quote 100 ship_complete BOOK:1 => accepted open parcels=1 cost=510 0@EAST:1
         price clear
         quote 100 ship_complete LAMP:1 => accepted open parcels=1 cost=510 0@EAST:1
         price clear",
    );
}

#[test]
fn other_objectives_read_no_prices() {
    let mut shop = shop();
    shop.script("price BOOK@EAST:1000000000");
    for objective in ["least_cost", "fewest_parcels", "priority", "greedy"] {
        shop.script(&format!(
            "policy PLAIN {objective}
             assign all PLAIN
             quote 100 ship_complete BOOK:1 => accepted open parcels=1 cost=510 0@EAST:1"
        ));
    }
}

#[test]
fn prices_steer_both_passes_and_break_no_rule() {
    shop().script(
        "price BOOK@EAST:5000
         capacity WEST units=2
         quote 100 ship_complete BOOK:3 \
         => accepted open parcels=2 cost=1450 0@WEST:2 0@EAST:1
         policy PRICED least_cost_with_shadow_prices soft=units_per_day
         quote 100 ship_complete BOOK:3 \
         => accepted open parcels=2 cost=1450 0@WEST:2 0@EAST:1
         quote 100 ship_complete BOOK:12 \
         => accepted open parcels=2 cost=1550 0@WEST:3 0@EAST:9
         policy PRICED least_cost_with_shadow_prices warehouses=EAST
         quote 100 ship_complete BOOK:1 => accepted open parcels=1 cost=510 0@EAST:1",
    );
}

/// The greatest prices and costs that may stand, and as many units as a cell may hold.
#[test]
fn the_greatest_prices_do_not_overflow() {
    let mut shop = shop();
    shop.script(
        "limits units=1000000
         cost EAST 100 1000000000+1000000000
         cost WEST 100 1000000000+1000000000
         price BOOK@EAST:1000000000 BOOK@WEST:1000000000
         receive BOOK EAST 1000000000 => accepted 1000000009/1000000009",
    );
    let lines = vec!["BOOK:1000000"; 128].join(",");
    let reply = shop.run(&format!("quote 100 ship_complete {lines}"));
    let verdict = shop.verdict(&reply);
    assert!(verdict.starts_with("accepted open parcels=1 cost=128000001000000000 "), "{verdict}");
}

#[test]
fn bad_prices_are_refused() {
    shop().refuses(
        "price                         => no_lines
         price NONE@EAST:1             => unknown_sku
         price BOOK@NOWHERE:1          => unknown_warehouse
         price BOOK@EAST:1000000001    => cost_over_limit 1000000001:1000000000
         price BOOK@WEST:1 BOOK@EAST:1 => list_not_rising
         price BOOK@EAST:1 BOOK@EAST:1 => list_not_rising
         price clear LAMP@EAST:1 BOOK@EAST:1 => list_not_rising
         price clear NONE@EAST:1       => unknown_sku",
    );
}
