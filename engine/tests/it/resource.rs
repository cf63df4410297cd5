//! Orders sourced again: what moves, what stays, and who is never worse off by it.

mod random;

use gantry_engine::DayLoad;
use gantry_model::{Command, ResourceOrder};

use crate::shop::{Shop, order_id};

/// The north is cheap and near, the south dear and far; both serve zone 1.
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

fn load(shop: &Shop, warehouse: &str) -> DayLoad {
    shop.engine.state().capacity.load(shop.warehouse(warehouse))
}

#[test]
fn an_order_moves_to_a_better_place_once_there_is_one() {
    shop().script(
        "receive A S 5             => accepted 5/5
         place 1 1 ship_complete A:3 => accepted open parcels=1 cost=960 0@S:3
         resource 1                => accepted open parcels=1 cost=960 0@S:3
         receive A N 9             => accepted 9/9
         resource 1                => accepted open parcels=1 cost=530 0@N:3
         stock A                   => accepted N:6/9 S:5/5
         resource 1                => accepted open parcels=1 cost=530 0@N:3
         ship 1 0@N:3              => accepted shipped parcels=1 cost=530 0@N:3shipped",
    );
}

#[test]
fn a_split_order_comes_together() {
    shop().script(
        "receive A N 2               => accepted 2/2
         receive A S 3               => accepted 3/3
         place 1 1 ship_complete A:4 => accepted open parcels=2 cost=1460 0@N:2 0@S:2
         resource 1                  => accepted open parcels=2 cost=1460 0@N:2 0@S:2
         receive A S 1               => accepted 2/4
         resource 1                  => accepted open parcels=1 cost=980 0@S:4
         receive A N 2               => accepted 4/4
         resource 1                  => accepted open parcels=1 cost=540 0@N:4
         stock A                     => accepted N:0/4 S:4/4",
    );
}

/// Fewer parcels for more money, less money for more parcels, and either for more days: no.
#[test]
fn nothing_moves_where_anybody_is_worse_off() {
    let mut shop = shop();
    shop.script(
        "warehouse FAR 3
         cost FAR 1 100+0/9
         warehouse DEAR 4
         cost DEAR 1 2000+0/1
         receive A N 2               => accepted 2/2
         receive A S 2               => accepted 2/2
         place 1 1 ship_complete A:4 => accepted open parcels=2 cost=1460 0@N:2 0@S:2
         receive A FAR 9             => accepted 9/9
         resource 1                  => accepted open parcels=2 cost=1460 0@N:2 0@S:2
         receive A DEAR 9            => accepted 9/9
         policy FEW fewest_parcels days_max=3
         assign all FEW
         resource 1                  => accepted open parcels=2 cost=1460 0@N:2 0@S:2
         cost DEAR 1 1400+20/3
         resource 1                  => accepted open parcels=2 cost=1460 0@N:2 0@S:2
         cost DEAR 1 1400+15/3
         resource 1                  => accepted open parcels=1 cost=1460 0@DEAR:4",
    );
    // Two parcels of 100 instead of one of 500.
    let mut shop = Shop::new();
    shop.script(
        "warehouse N 1
         warehouse E 1
         warehouse W 1
         zone 1
         cost N 1 500+0/3
         cost E 1 100+0/1
         cost W 1 100+0/1
         sku A
         receive A N 2               => accepted 2/2
         place 1 1 ship_complete A:2 => accepted open parcels=1 cost=500 0@N:2
         receive A E 1               => accepted 1/1
         receive A W 1               => accepted 1/1
         resource 1                  => accepted open parcels=1 cost=500 0@N:2
         cost E 1 100+0/4
         receive A E 1               => accepted 2/2
         resource 1                  => accepted open parcels=1 cost=500 0@N:2
         cost E 1 100+0/3
         resource 1                  => accepted open parcels=1 cost=100 0@E:2",
    );
}

/// What counts is what the order's places cost and take now, not what was said when it was placed.
#[test]
fn the_order_s_present_places_are_judged_by_what_they_are_now() {
    shop().script(
        "receive A N 5               => accepted 5/5
         receive A S 5               => accepted 5/5
         place 1 1 ship_complete A:3 => accepted open parcels=1 cost=530 0@N:3
         cost N 1 800+50/1
         resource 1                  => accepted open parcels=1 cost=530 0@N:3
         cost N 1 801+50/5
         resource 1                  => accepted open parcels=1 cost=530 0@N:3
         cost N 1 811+50/5
         resource 1                  => accepted open parcels=1 cost=960 0@S:3",
    );
    // The days of one that has passed its cut-off count too.
    shop().script(
        "cost S 1 500+10/2
         receive A N 5               => accepted 5/5
         place 1 1 ship_complete A:3 => accepted open parcels=1 cost=530 0@N:3
         receive A S 5               => accepted 5/5
         cost S 1 500+9/2
         resource 1                  => accepted open parcels=1 cost=530 0@N:3
         capacity N cut_off=12:00
         time 1 12:00
         resource 1                  => accepted open parcels=1 cost=527 0@S:3",
    );
}

#[test]
fn a_warehouse_that_takes_no_orders_any_more_is_left_at_any_price() {
    let mut shop = shop();
    shop.script(
        "receive A N 5               => accepted 5/5
         receive A S 2               => accepted 2/2
         place 1 1 ship_complete A:3 => accepted open parcels=1 cost=530 0@N:3
         place 2 1 ship_complete A:1 => accepted open parcels=1 cost=510 0@N:1
         warehouse N 1 inactive
         resource 1                  => accepted open parcels=1 cost=530 0@N:3
         resource 2                  => accepted open parcels=1 cost=920 0@S:1
         receive A S 2               => accepted 3/4
         resource 1                  => accepted open parcels=1 cost=960 0@S:3
         stock A                     => accepted N:5/5 S:0/4",
    );
    // One that does not serve the zone any more is left as well.
    shop.script(
        "cost S 1 none
         resource 1 => accepted open parcels=1 cost=960 0@S:3
         warehouse N 1
         resource 1 => accepted open parcels=1 cost=530 0@N:3",
    );
}

#[test]
fn units_that_have_shipped_stay_and_their_parcel_is_open() {
    shop().script(
        "receive A S 9               => accepted 9/9
         place 1 1 ship_complete A:5 => accepted open parcels=1 cost=1000 0@S:5
         ship 1 0@S:1                => accepted open parcels=1 cost=1000 0@S:4 0@S:1shipped
         receive A N 9               => accepted 9/9
         resource 1                  => accepted open parcels=1 cost=1000 0@S:4 0@S:1shipped
         cost S 1 900+200/3
         resource 1                  => accepted open parcels=1 cost=1000 0@S:4 0@S:1shipped",
    );
    // A rest that can join a parcel that has gone opens none.
    shop().script(
        "receive A N 2               => accepted 2/2
         receive A S 3               => accepted 3/3
         place 1 1 ship_complete A:4 => accepted open parcels=2 cost=1460 0@N:2 0@S:2
         ship 1 0@N:2                => accepted open parcels=2 cost=1460 0@N:2shipped 0@S:2
         policy ONE least_cost parcels_max=2
         assign all ONE
         receive A N 9               => accepted 9/9
         resource 1                  => accepted open parcels=0 cost=20 0@N:2 0@N:2shipped
         ship 1 0@N:2                => accepted shipped parcels=0 cost=20 0@N:4shipped",
    );
}

#[test]
fn a_bundle_moves_whole_and_its_components_with_it() {
    let mut shop = shop();
    shop.script(
        "sku KIT unlimited
         bundle KIT A:2,B:1
         receive A S 6                 => accepted 6/6
         receive B S 3                 => accepted 3/3
         place 1 1 ship_complete KIT:3 => accepted open parcels=1 cost=960 0@S:3
         receive A N 5                 => accepted 5/5
         receive B N 3                 => accepted 3/3
         resource 1                    => accepted open parcels=1 cost=960 0@S:3
         receive A N 1                 => accepted 6/6
         resource 1                    => accepted open parcels=1 cost=530 0@N:3
         stock A                       => accepted N:0/6 S:6/6
         stock B                       => accepted N:0/3 S:3/3",
    );
    // A component's own line and a bundle of it compete for the same units, their own too.
    shop.script(
        "receive A N 3                     => accepted 3/9
         receive B N 1                     => accepted 1/4
         adjust A S -2 damaged             => accepted 4/4
         place 2 1 ship_complete KIT:1,A:5 => accepted open parcels=2 cost=1490 0@S:1 1@N:3 1@S:2
         resource 2                        => accepted open parcels=2 cost=1490 0@S:1 1@N:3 1@S:2
         receive A N 3                     => accepted 3/12
         resource 2                        => accepted open parcels=2 cost=1470 1@N:4 1@S:1 0@N:1
         receive A N 1                     => accepted 1/13
         resource 2                        => accepted open parcels=1 cost=560 1@N:5 0@N:1
         stock A                           => accepted N:0/13 S:4/4",
    );
}

#[test]
fn lines_of_one_sku_keep_what_stays_the_lower_first() {
    shop().script(
        "receive A N 3                   => accepted 3/3
         receive A S 5                   => accepted 5/5
         place 1 1 ship_complete A:2,A:4 => accepted open parcels=2 cost=1490 0@N:2 1@N:1 1@S:3
         receive A N 2                   => accepted 2/5
         resource 1                      => accepted open parcels=2 cost=1470 0@N:2 1@N:3 1@S:1
         cost N 1 100+90/1
         resource 1                      => accepted open parcels=2 cost=1190 0@N:1 1@S:4 0@S:1
         warehouse N 1 inactive
         resource 1                      => accepted open parcels=2 cost=1190 0@N:1 1@S:4 0@S:1
         receive A S 1                   => accepted 1/6
         resource 1                      => accepted open parcels=1 cost=1020 1@S:4 0@S:2",
    );
}

#[test]
fn what_comes_free_goes_to_the_lines_that_wait_before_anybody_else() {
    let mut shop = shop();
    shop.script(
        "receive A S 3               => accepted 3/3
         place 1 1 ship_complete A:3 => accepted open parcels=1 cost=960 0@S:3
         place 2 1 backorder A:2     => accepted open parcels=0 cost=0 0:2waiting
         warehouse M 3
         cost M 1 100+0/1
         policy ONLY least_cost warehouses=N,S
         channel SHOP
         assign SHOP ONLY
         cancel 2                    => accepted cancelled parcels=0 cost=0 0:2cancelled
         place 3 1 backorder A:2 channel=SHOP => accepted open parcels=0 cost=0 0:2waiting
         receive A M 3               => accepted 1/3
         match
         book A                      => accepted 2+0 3/0:2
         resource 1                  => accepted open parcels=1 cost=100 0@M:3
         book A                      => accepted 2+2 due 3/0:2
         place 4 1 ship_complete A:2 => out_of_stock 0:2/1
         match
         show 3                      => accepted open parcels=0 cost=0 0@S:2
         stock A                     => accepted S:1/3 M:0/3",
    );
}

/// The order's own waiting lines are lines that wait like others.
#[test]
fn what_waits_is_not_asked_for_again() {
    shop().script(
        "receive A S 3           => accepted 3/3
         place 1 1 backorder A:5 => accepted open parcels=1 cost=960 0@S:3 0:2waiting
         place 2 1 backorder B:1 => accepted open parcels=0 cost=0 0:1waiting
         resource 2              => accepted open parcels=0 cost=0 0:1waiting
         warehouse M 3
         cost M 1 100+0/1
         receive A M 5           => accepted 3/5
         resource 1              => accepted open parcels=1 cost=100 0@M:3 0:2waiting
         book A                  => accepted 2+2 due 1/0:2
         match
         show 1                  => accepted open parcels=1 cost=100 0@M:5
         stock A                 => accepted S:3/3 M:0/5",
    );
}

#[test]
fn a_full_day_keeps_nobody_out_who_is_in_and_lets_nobody_in() {
    let mut shop = shop();
    shop.script(
        "capacity N orders=1 units=3
         capacity S orders=1
         receive A N 9               => accepted 9/9
         receive B N 9               => accepted 9/9
         receive A S 9               => accepted 9/9
         place 1 1 ship_complete A:3 => accepted open parcels=1 cost=530 0@N:3
         place 2 1 ship_complete A:2 => accepted open parcels=1 cost=940 0@S:2
         resource 1                  => accepted open parcels=1 cost=530 0@N:3
         resource 2                  => accepted open parcels=1 cost=940 0@S:2
         capacity N orders=2 units=4
         resource 2                  => accepted open parcels=1 cost=940 0@S:2
         capacity N orders=2 units=5
         resource 2                  => accepted open parcels=1 cost=520 0@N:2",
    );
    assert_eq!(load(&shop, "N"), DayLoad { day: 1, orders: 2, units: 5 });
    assert_eq!(load(&shop, "S"), DayLoad { day: 1, orders: 0, units: 0 });
    // On another day what leaves gives nothing back, and what comes counts.
    shop.script(
        "time 2 08:00
         cost S 1 100+0/1
         place 3 1 ship_complete B:1 => accepted open parcels=1 cost=510 0@N:1
         resource 1                  => accepted open parcels=1 cost=100 0@S:3
         resource 2                  => accepted open parcels=1 cost=520 0@N:2",
    );
    assert_eq!(load(&shop, "N"), DayLoad { day: 2, orders: 1, units: 1 });
    assert_eq!(load(&shop, "S"), DayLoad { day: 2, orders: 1, units: 3 });
}

/// A warehouse that an order leaves with one line and comes to with another has it once.
#[test]
fn an_order_counts_once_where_it_has_a_parcel_before_and_after() {
    let mut shop = shop();
    shop.script(
        "warehouse M 3
         cost M 1 400+0/1
         capacity N orders=5 units=50
         capacity M orders=5 units=50
         receive A N 3                   => accepted 3/3
         receive B S 3                   => accepted 3/3
         place 1 1 ship_complete A:3,B:3 => accepted open parcels=2 cost=1490 0@N:3 1@S:3
         receive A M 3                   => accepted 3/3
         receive B N 3                   => accepted 3/3
         capacity N orders=1 units=3
         resource 1                      => accepted open parcels=2 cost=930 0@M:3 1@N:3",
    );
    assert_eq!(load(&shop, "N"), DayLoad { day: 1, orders: 1, units: 3 });
    assert_eq!(load(&shop, "M"), DayLoad { day: 1, orders: 1, units: 3 });
}

#[test]
fn safety_stock_and_ring_fences_are_kept_and_leave_the_order_what_it_has() {
    shop().script(
        "channel SHOP
         receive A S 3                => accepted 3/3
         place 1 1 ship_complete A:3  => accepted open parcels=1 cost=960 0@S:3
         receive A N 5                => accepted 5/5
         reserve A@N:3
         resource 1                   => accepted open parcels=1 cost=960 0@S:3
         reserve A@N/SHOP:3 A@N:0
         resource 1                   => accepted open parcels=1 cost=960 0@S:3
         reserve A@N/SHOP:0
         resource 1                   => accepted open parcels=1 cost=530 0@N:3
         reserve A@N:99
         resource 1                   => accepted open parcels=1 cost=530 0@N:3
         policy HARD least_cost
         assign all HARD
         reserve A@N/SHOP:5 A@N:0
         cost S 1 100+0/1
         resource 1                   => accepted open parcels=1 cost=100 0@S:3",
    );
}

#[test]
fn the_policy_is_that_of_today() {
    shop().script(
        "receive A S 3               => accepted 3/3
         place 1 1 ship_complete A:3 => accepted open parcels=1 cost=960 0@S:3
         receive A N 2               => accepted 2/2
         policy SOFT least_cost warehouses=N soft=warehouses
         policy HARD least_cost warehouses=N
         assign all HARD
         resource 1                  => accepted open parcels=1 cost=960 0@S:3
         assign all SOFT
         resource 1                  => accepted open parcels=1 cost=960 0@S:3
         receive A N 1               => accepted 3/3
         resource 1                  => accepted open parcels=1 cost=530 0@N:3",
    );
}

/// A soft rule is kept as far as it can be; the two passes' parcels and cost are one plan's.
#[test]
fn both_passes_make_one_plan() {
    shop().script(
        "warehouse M 3
         cost M 1 800+0/1
         receive A S 3               => accepted 3/3
         receive B M 1               => accepted 1/1
         place 1 1 ship_complete A:3,B:1 => accepted open parcels=2 cost=1760 0@S:3 1@M:1
         policy SOFT least_cost warehouses=N soft=warehouses
         assign all SOFT
         receive A N 3               => accepted 3/3
         resource 1                  => accepted open parcels=2 cost=1330 1@M:1 0@N:3",
    );
}

/// The same id again changes nothing, and tells how the order is by now.
#[test]
fn a_repeat_is_a_duplicate() {
    let mut shop = shop();
    shop.script(
        "receive A S 3               => accepted 3/3
         place 1 1 ship_complete A:3 => accepted open parcels=1 cost=960 0@S:3
         receive A N 3               => accepted 3/3",
    );
    let order = order_id("1");
    let command = Command::ResourceOrder(ResourceOrder { id: shop.next_id(), order });
    let moved = shop.send(&command);
    assert_eq!(shop.verdict(&moved), "accepted open parcels=1 cost=530 0@N:3");
    let sequence = shop.engine.last_sequence();
    shop.script("cancel 1 0:1 => accepted open parcels=1 cost=530 0@N:2 0:1cancelled");
    let before = shop.engine.state_hash();
    let repeat = shop.send(&command);
    let told = format!("duplicate of {sequence} open parcels=1 cost=530 0@N:2 0:1cancelled");
    assert_eq!(shop.verdict(&repeat), told);
    assert_eq!(shop.engine.state_hash(), before);
}

#[test]
fn a_closed_order_and_an_unknown_one_are_refused() {
    let mut shop = shop();
    shop.script(
        "resource 1                  => unknown_order
         receive A N 3               => accepted 3/3
         place 1 1 ship_complete A:1 => accepted open parcels=1 cost=510 0@N:1
         place 2 1 ship_complete A:1 => accepted open parcels=1 cost=510 0@N:1
         ship 1 0@N:1                => accepted shipped parcels=1 cost=510 0@N:1shipped
         cancel 2                    => accepted cancelled parcels=1 cost=510 0:1cancelled
         resource 1                  => order_closed
         resource 2                  => order_closed",
    );
}
