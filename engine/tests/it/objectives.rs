//! What each objective prefers, of what a decision reads of the state.

use crate::shop::Shop;

/// The east is cheap, the hub preferred and well stocked, the west near.
const NETWORK: &str = "
    warehouse EAST 3
    warehouse HUB 1
    warehouse WEST 2
    zone 100
    cost EAST 100 500+10/2
    cost HUB 100 2000+20/3
    cost WEST 100 700+15/1
    sku BOOK
    sku PEN
    receive BOOK EAST 4 => accepted 4/4
    receive BOOK HUB 9  => accepted 9/9
    receive BOOK WEST 4 => accepted 4/4
    receive PEN EAST 6  => accepted 6/6
";

fn shop(objective: &str) -> Shop {
    let mut shop = Shop::new();
    shop.script(NETWORK);
    shop.script(&format!("policy MINE {objective}\n assign all MINE"));
    shop
}

#[test]
fn least_cost_splits_where_that_is_cheaper() {
    shop("least_cost").script(
        "quote 100 ship_complete BOOK:1 => accepted open parcels=1 cost=510 0@EAST:1
         quote 100 ship_complete BOOK:5 => accepted open parcels=2 cost=1255 0@EAST:4 0@WEST:1",
    );
}

#[test]
fn fewest_parcels_is_one_however_dear() {
    shop("fewest_parcels").script(
        "quote 100 ship_complete BOOK:1 => accepted open parcels=1 cost=510 0@EAST:1
         quote 100 ship_complete BOOK:5 => accepted open parcels=1 cost=2100 0@HUB:5",
    );
}

#[test]
fn priority_goes_by_the_warehouses_number_as_it_stands() {
    shop("priority").script(
        "quote 100 ship_complete BOOK:1  => accepted open parcels=1 cost=2020 0@HUB:1
         quote 100 ship_complete BOOK:10 => accepted open parcels=2 cost=2895 0@HUB:9 0@WEST:1
         warehouse HUB 3
         quote 100 ship_complete BOOK:1  => accepted open parcels=1 cost=715 0@WEST:1
         warehouse EAST 0
         quote 100 ship_complete BOOK:1  => accepted open parcels=1 cost=510 0@EAST:1",
    );
}

#[test]
fn nearest_goes_by_days_and_a_cut_off_is_a_day() {
    shop("nearest").script(
        "capacity WEST cut_off=12:00
         time 1 11:59
         quote 100 ship_complete BOOK:1 => accepted open parcels=1 cost=715 0@WEST:1
         quote 100 ship_complete BOOK:5 => accepted open parcels=2 cost=1270 0@WEST:4 0@EAST:1
         time 1 12:00
         quote 100 ship_complete BOOK:1 => accepted open parcels=1 cost=510 0@EAST:1",
    );
}

/// The share is of all that lies there, whatever the SKU, and moves with every promise.
#[test]
fn balance_goes_to_where_the_least_share_is_promised() {
    shop("balance").script(
        "place 1 100 ship_complete PEN:2 => accepted open parcels=1 cost=520 0@EAST:2
         place 2 100 ship_complete BOOK:1 => accepted open parcels=1 cost=715 0@WEST:1
         place 3 100 ship_complete BOOK:1 => accepted open parcels=1 cost=2020 0@HUB:1
         quote 100 ship_complete BOOK:1   => accepted open parcels=1 cost=2020 0@HUB:1
         cancel 2                         => accepted cancelled parcels=1 cost=715 0:1cancelled
         quote 100 ship_complete BOOK:1   => accepted open parcels=1 cost=715 0@WEST:1
         ship 1 0@EAST:2                  => accepted shipped parcels=1 cost=520 0@EAST:2shipped
         quote 100 ship_complete BOOK:1   => accepted open parcels=1 cost=510 0@EAST:1",
    );
}
