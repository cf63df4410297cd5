//! Bundles: SKUs that consume units of others, whole and from one warehouse.

use gantry_model::{Command, Component, MovementKind, Records, SetBundle};

use crate::shop::Shop;

/// A kit is two books and a lamp, a set a book and three pens. The east is the cheaper one.
const NETWORK: &str = "
    warehouse EAST 1
    warehouse WEST 2
    zone 100
    cost EAST 100 500+10
    cost WEST 100 900+20
    sku BOOK
    sku LAMP
    sku PEN
    sku KIT unlimited
    sku SET unlimited
    bundle KIT BOOK:2,LAMP:1
    bundle SET BOOK:1,PEN:3
    channel WEB
";

fn shop() -> Shop {
    let mut shop = Shop::new();
    shop.script(NETWORK);
    shop
}

/// Books as said, and as many lamps and pens as anybody wants, all in the east.
fn shop_of_books(books: u32) -> Shop {
    let mut shop = shop();
    shop.script(&format!(
        "receive BOOK EAST {books} => accepted {books}/{books}
         receive LAMP EAST 99      => accepted 99/99
         receive PEN EAST 99       => accepted 99/99"
    ));
    shop
}

#[test]
fn a_bundle_takes_promises_ships_and_gives_back_its_components() {
    shop().script(
        "receive BOOK EAST 5              => accepted 5/5
         receive LAMP EAST 2              => accepted 2/2
         stock KIT                        => accepted EAST:2/0
         quote 100 ship_complete KIT:2    => accepted open parcels=1 cost=520 0@EAST:2
         place 1 100 ship_complete KIT:2  => accepted open parcels=1 cost=520 0@EAST:2
         stock KIT                        => accepted EAST:0/0
         stock BOOK                       => accepted EAST:1/5
         stock LAMP                       => accepted EAST:0/2
         place 2 100 ship_complete KIT:1  => out_of_stock 0:1/0
         ship 1 0@EAST:1                  \
         => accepted open parcels=1 cost=520 0@EAST:1 0@EAST:1shipped
         stock BOOK                       => accepted EAST:1/3
         stock LAMP                       => accepted EAST:0/1
         cancel 1                         \
         => accepted shipped parcels=1 cost=520 0@EAST:1shipped 0:1cancelled
         stock BOOK                       => accepted EAST:3/3
         stock LAMP                       => accepted EAST:1/1
         stock KIT                        => accepted EAST:1/0",
    );
}

#[test]
fn the_component_that_is_short_bounds_the_bundle() {
    shop_of_books(3).script(
        "stock KIT                         => accepted EAST:1/0
         place 1 100 ship_complete KIT:2   => out_of_stock 0:2/1
         place 2 100 take_available KIT:2  \
         => accepted open parcels=1 cost=510 0@EAST:1 0:1cancelled
         stock BOOK                        => accepted EAST:1/3
         place 3 100 take_available KIT:2  => out_of_stock 0:2/0
         place 4 100 take_available SET:2  \
         => accepted open parcels=1 cost=510 0@EAST:1 0:1cancelled",
    );
}

#[test]
fn a_unit_of_a_bundle_is_never_put_together_from_two_warehouses() {
    shop().script(
        "receive BOOK EAST 3              => accepted 3/3
         receive LAMP WEST 1              => accepted 1/1
         stock KIT                        => accepted
         place 1 100 ship_complete KIT:1  => out_of_stock 0:1/0
         receive BOOK WEST 2              => accepted 2/2
         place 2 100 ship_complete KIT:1  => accepted open parcels=1 cost=920 0@WEST:1
         receive LAMP WEST 1              => accepted 1/2
         receive BOOK WEST 3              => accepted 3/5
         receive LAMP EAST 5              => accepted 5/5
         place 3 100 ship_complete KIT:3  => out_of_stock 0:3/2
         place 4 100 ship_complete KIT:2  \
         => accepted open parcels=2 cost=1430 0@EAST:1 0@WEST:1
         stock BOOK                       => accepted EAST:1/3 WEST:1/5",
    );
}

#[test]
fn a_bundle_and_its_component_are_not_promised_the_same_unit() {
    shop_of_books(2).script(
        "quote 100 ship_complete KIT:1            => accepted open parcels=1 cost=510 0@EAST:1
         quote 100 ship_complete BOOK:2           => accepted open parcels=1 cost=520 0@EAST:2
         place 1 100 ship_complete KIT:1,BOOK:2   => out_of_stock 0:1/0
         place 2 100 ship_complete BOOK:2,KIT:1   => out_of_stock 1:1/0
         quote 100 take_available KIT:1,BOOK:2    \
         => accepted open parcels=1 cost=520 1@EAST:2 0:1cancelled
         receive BOOK EAST 2                      => accepted 4/4
         place 3 100 ship_complete KIT:1,BOOK:2   \
         => accepted open parcels=1 cost=530 0@EAST:1 1@EAST:2
         stock BOOK                               => accepted EAST:0/4
         stock LAMP                               => accepted EAST:98/99",
    );
}

#[test]
fn two_bundles_share_a_component() {
    shop_of_books(2).script(
        "place 1 100 ship_complete KIT:1,SET:2 => out_of_stock 0:1/0
         quote 100 backorder KIT:1,SET:2       \
         => accepted open parcels=1 cost=520 1@EAST:2 0:1waiting
         receive BOOK EAST 1                   => accepted 3/3
         place 2 100 ship_complete SET:1,KIT:1 \
         => accepted open parcels=1 cost=520 0@EAST:1 1@EAST:1
         stock BOOK                            => accepted EAST:0/3
         stock PEN                             => accepted EAST:96/99
         receive BOOK WEST 2                   => accepted 2/2
         receive LAMP WEST 2                   => accepted 2/2
         receive PEN WEST 9                    => accepted 9/9
         receive BOOK EAST 3                   => accepted 3/6
         place 3 100 ship_complete KIT:1,SET:3 \
         => accepted open parcels=2 cost=1450 0@WEST:1 1@EAST:3",
    );
}

#[test]
fn rules_are_told_from_want_where_lines_share_a_component() {
    // Each line alone would find its books, both together do not: no rule is to blame.
    let mut shop = shop_of_books(2);
    shop.script(
        "receive BOOK WEST 2                    => accepted 2/2
         policy EASTERN least_cost warehouses=EAST
         assign all EASTERN
         place 1 100 ship_complete KIT:1,BOOK:3 => out_of_stock 0:1/0 1:3/2
         place 2 100 ship_complete KIT:1,BOOK:2 => rules_forbid 0:1/0",
    );
}

#[test]
fn one_bundle_on_two_lines_is_summed_and_goes_to_the_lower_line() {
    shop_of_books(5).script(
        "place 1 100 backorder KIT:1,KIT:2 \
         => accepted open parcels=1 cost=520 0@EAST:1 1@EAST:1 1:1waiting
         cancel 1 1:1                      \
         => accepted open parcels=1 cost=520 0@EAST:1 1@EAST:1 1:1cancelled
         stock BOOK                        => accepted EAST:1/5
         ship 1 0@EAST:1 1@EAST:1          \
         => accepted shipped parcels=1 cost=520 0@EAST:1shipped 1@EAST:1shipped 1:1cancelled
         stock BOOK                        => accepted EAST:1/1
         stock LAMP                        => accepted EAST:97/97",
    );
}

#[test]
fn units_of_a_bundle_are_cancelled_from_the_last_warehouse_backwards() {
    shop_of_books(4).script(
        "receive BOOK WEST 4               => accepted 4/4
         receive LAMP WEST 9               => accepted 9/9
         place 1 100 backorder KIT:4       \
         => accepted open parcels=2 cost=1460 0@EAST:2 0@WEST:2
         cancel 1 0:3                      \
         => accepted open parcels=2 cost=1460 0@EAST:1 0:3cancelled
         stock BOOK                        => accepted EAST:2/4 WEST:4/4
         stock LAMP                        => accepted EAST:98/99 WEST:9/9
         cancel 1 0:2                      => exceeds_open 2:1
         ship 1 0@WEST:1                   => exceeds_open 1:0",
    );
}

#[test]
fn corrections_keep_the_promises_of_bundles_covered() {
    shop_of_books(5).script(
        "place 1 100 ship_complete KIT:2     => accepted open parcels=1 cost=520 0@EAST:2
         adjust BOOK EAST -2 lost            => below_promised 3:4
         count LAMP EAST 1                   => below_promised 1:2
         adjust BOOK EAST 2 damaged unavailable => below_promised 3:4
         adjust BOOK EAST 1 damaged unavailable => accepted 0/5
         count LAMP EAST 2                   => accepted 0/2
         receive KIT EAST 1                  => not_tracked
         ship 1 0@EAST:2                     \
         => accepted shipped parcels=1 cost=520 0@EAST:2shipped
         stock BOOK                          => accepted EAST:0/1",
    );
}

#[test]
fn a_bundle_changes_only_while_no_unit_of_it_is_allocated() {
    let mut shop = shop_of_books(5);
    shop.script(
        "place 1 100 backorder KIT:3 => accepted open parcels=1 cost=520 0@EAST:2 0:1waiting",
    );
    shop.refuses(
        "bundle KIT BOOK:1        => bundle_in_use
         bundle KIT -             => bundle_in_use
         bundle KIT BOOK:2,LAMP:1 => bundle_in_use
         sku KIT                  => tracking_in_use
         sku BOOK unlimited       => tracking_in_use",
    );
    shop.script(
        "bundle SET BOOK:2
         ship 1 0@EAST:1          \
         => accepted open parcels=1 cost=520 0@EAST:1 0@EAST:1shipped 0:1waiting
         bundle KIT BOOK:1        => bundle_in_use
         cancel 1 0:2             \
         => accepted shipped parcels=1 cost=520 0@EAST:1shipped 0:2cancelled
         bundle KIT BOOK:1
         place 2 100 backorder KIT:4 => accepted open parcels=1 cost=530 0@EAST:3 0:1waiting
         ship 2 0@EAST:3          \
         => accepted open parcels=1 cost=530 0@EAST:3shipped 0:1waiting
         bundle KIT -
         cancel 2                 \
         => accepted shipped parcels=1 cost=530 0@EAST:3shipped 0:1cancelled
         place 3 100 ship_complete KIT:9 => accepted open parcels=1 cost=590 0@EAST:9
         bundle KIT BOOK:1        => bundle_in_use
         cancel 3                 => accepted cancelled parcels=1 cost=590 0:9cancelled
         bundle KIT BOOK:1
         sku KIT                  => bundle_tracked
         bundle KIT -
         bundle KIT -
         sku KIT
         receive KIT EAST 3       => accepted 3/3
         stock KIT                => accepted EAST:3/3",
    );
}

#[test]
fn a_component_that_is_unlimited_bounds_nothing_and_cannot_become_counted_while_promised() {
    shop().script(
        "sku CARD unlimited
         bundle KIT BOOK:1,CARD:3
         receive BOOK EAST 2             => accepted 2/2
         place 1 100 take_available KIT:3 \
         => accepted open parcels=1 cost=520 0@EAST:2 0:1cancelled
         sku CARD                        => tracking_in_use
         ship 1 0@EAST:2                 \
         => accepted shipped parcels=1 cost=520 0@EAST:2shipped 0:1cancelled
         stock CARD                      => accepted
         sku CARD
         receive BOOK EAST 1             => accepted 1/1
         place 2 100 ship_complete KIT:1 => out_of_stock 0:1/0
         receive CARD EAST 3             => accepted 3/3
         place 3 100 ship_complete KIT:1 => accepted open parcels=1 cost=510 0@EAST:1",
    );
}

#[test]
fn bad_bundles_are_refused() {
    let mut shop = shop();
    shop.script("sku CARD unlimited\n sku MIX unlimited");
    shop.refuses(
        "bundle NONE BOOK:1             => unknown_sku
         bundle MIX NONE:1              => unknown_sku
         bundle MIX BOOK:1,NONE:1       => unknown_sku
         bundle MIX MIX:1               => bundle_contains_itself
         bundle MIX KIT:1               => bundle_in_bundle
         bundle MIX BOOK:1,SET:1        => bundle_in_bundle
         bundle PEN BOOK:1              => bundle_tracked
         bundle PEN -                   => bundle_tracked
         bundle MIX BOOK:0              => quantity_not_positive
         bundle MIX BOOK:1001           => quantity_over_limit 1001:1000
         bundle MIX LAMP:1,BOOK:1       => list_not_rising
         bundle MIX BOOK:1,BOOK:1       => list_not_rising
         bundle KIT BOOK:1,KIT:1        => bundle_contains_itself
         receive KIT EAST 1             => not_tracked
         adjust KIT EAST 1 found        => not_tracked
         count KIT EAST 1               => not_tracked
         reserve KIT@EAST:1             => not_tracked
         sku KIT                        => bundle_tracked",
    );
    shop.script("bundle MIX CARD:1000");
    shop.refuses("bundle CARD BOOK:1 => bundle_in_bundle");
    shop.script(
        "bundle CARD -
         bundle MIX BOOK:1
         bundle CARD BOOK:1",
    );
}

#[test]
fn sixteen_components_fit_a_bundle_and_a_seventeenth_is_malformed() {
    let mut shop = shop();
    for number in 0..17 {
        shop.run(&format!("sku C{number}"));
    }
    let mut set = |count: u32| {
        let parts = (0..count).map(|number| Component::new(shop.sku(&format!("C{number}")), 1));
        let components: Vec<_> = parts.collect();
        let (id, sku) = (shop.next_id(), shop.sku("KIT"));
        let reply = shop.send(&Command::SetBundle(SetBundle { id, sku, components: &components }));
        shop.verdict(&reply)
    };
    assert_eq!(set(16), "accepted");
    assert_eq!(set(17), "(Malformed, None)");
    shop.check();
}

#[test]
fn an_inactive_bundle_takes_no_orders_and_keeps_its_promises() {
    shop_of_books(9).script(
        "place 1 100 ship_complete KIT:2 => accepted open parcels=1 cost=520 0@EAST:2
         sku KIT unlimited inactive
         place 2 100 ship_complete KIT:1 => sku_inactive
         cancel 1 0:1                    \
         => accepted open parcels=1 cost=520 0@EAST:1 0:1cancelled
         ship 1 0@EAST:1                 \
         => accepted shipped parcels=1 cost=520 0@EAST:1shipped 0:1cancelled
         stock BOOK                      => accepted EAST:7/7
         sku KIT unlimited
         place 3 100 ship_complete KIT:3 => accepted open parcels=1 cost=530 0@EAST:3",
    );
}

#[test]
fn units_of_a_bundle_wait_as_others_do_and_promise_nothing() {
    shop_of_books(1).script(
        "place 1 100 backorder KIT:2     => accepted open parcels=0 cost=0 0:2waiting
         receive BOOK EAST 5             => accepted 6/6
         stock LAMP                      => accepted EAST:99/99
         show 1                          => accepted open parcels=0 cost=0 0:2waiting
         sku KIT unlimited no_backorder max=3
         place 2 100 backorder KIT:4     => over_order_maximum 4:3
         place 3 100 backorder KIT:2,KIT:2 => over_order_maximum 4:3
         place 4 100 backorder KIT:3     => accepted open parcels=1 cost=530 0@EAST:3
         place 5 100 backorder KIT:1     => backorder_not_allowed 0:1/0
         cancel 1 0:1                    => accepted open parcels=0 cost=0 0:1waiting 0:1cancelled
         cancel 1                        => accepted cancelled parcels=0 cost=0 0:2cancelled",
    );
}

#[test]
fn what_is_set_aside_of_a_component_is_set_aside_from_its_bundles() {
    shop_of_books(9).script(
        "reserve BOOK@EAST/WEB:4 BOOK@EAST:2
         stock KIT                                    => accepted EAST:3/0
         quote 100 ship_complete KIT:2                => rules_forbid 0:2/1
         quote 100 ship_complete KIT:3 channel=WEB    => accepted open parcels=1 cost=530 0@EAST:3
         quote 100 ship_complete KIT:4 channel=WEB    => out_of_stock 0:4/3
         policy KIND least_cost soft=ring_fences
         assign all KIND
         quote 100 ship_complete KIT:3                => accepted open parcels=1 cost=530 0@EAST:3
         quote 100 ship_complete BOOK:1,KIT:3         => accepted open parcels=1 cost=540 0@EAST:1 1@EAST:3
         quote 100 ship_complete KIT:4                => out_of_stock 0:4/3",
    );
}

#[test]
fn a_unit_of_a_bundle_is_one_unit_of_a_day() {
    let mut shop = shop_of_books(9);
    shop.script(
        "capacity EAST units=3
         place 1 100 ship_complete KIT:2        => accepted open parcels=1 cost=520 0@EAST:2
         place 2 100 ship_complete SET:2        => rules_forbid 0:2/1
         place 3 100 ship_complete SET:1        => accepted open parcels=1 cost=510 0@EAST:1
         place 4 100 ship_complete SET:1        => rules_forbid 0:1/0
         cancel 1 0:1                           \
         => accepted open parcels=1 cost=520 0@EAST:1 0:1cancelled
         place 5 100 ship_complete SET:1        => accepted open parcels=1 cost=510 0@EAST:1",
    );
}

#[test]
fn the_greedy_rule_promises_no_component_twice() {
    shop_of_books(2).script(
        "policy OLD greedy
         assign all OLD
         place 1 100 ship_complete KIT:1,BOOK:1 => out_of_stock 1:1/0
         place 2 100 backorder KIT:1,SET:1      \
         => accepted open parcels=1 cost=510 0@EAST:1 1:1waiting",
    );
}

#[test]
fn components_count_as_lines_up_to_the_bound_of_lines() {
    let mut shop = shop();
    let parts: Vec<String> = (0..16).map(|number| format!("C{number}:1")).collect();
    for number in 0..16 {
        shop.run(&format!("sku C{number}"));
    }
    shop.script(&format!("bundle KIT {}", parts.join(",")));
    let order = |kits: usize, books: usize| {
        let kits = vec!["KIT:1"; kits].join(",");
        format!("quote 100 backorder {kits},{}", vec!["BOOK:1"; books].join(","))
    };
    let reply = shop.run(&order(7, 9));
    assert!(shop.verdict(&reply).starts_with("accepted open parcels=0"));
    shop.refuses(&format!("{} => too_many_lines 129:128", order(7, 10)));
    shop.refuses(&format!("{} => too_many_lines 136:128", order(8, 0)));
}

/// Seven bundles of sixteen components each, every unit of every line at another of 64 warehouses:
/// the longest records that there are.
#[test]
fn the_largest_order_of_bundles_fits_its_records() {
    let mut shop = Shop::new();
    shop.run("zone 100");
    for place in 0..64 {
        shop.run(&format!("warehouse W{place} 1"));
        shop.run(&format!("cost W{place} 100 {}+1", 100 + place));
    }
    let mut receive = |sku: &str| {
        shop.run(&format!("sku {sku}"));
        for place in 0..64 {
            shop.run(&format!("receive {sku} W{place} 1"));
        }
        shop.records.clear();
    };
    let names = |bundle: usize| (0..16).map(move |part| format!("C{bundle}-{part}"));
    (0..7).for_each(|bundle| names(bundle).for_each(|name| receive(&name)));
    (0..9).for_each(|plain| receive(&format!("S{plain}")));
    let mut lines = Vec::new();
    for bundle in 0..7 {
        let parts: Vec<String> = names(bundle).map(|name| format!("{name}:1")).collect();
        shop.run(&format!("sku B{bundle} unlimited"));
        shop.run(&format!("bundle B{bundle} {}", parts.join(",")));
        lines.push(format!("B{bundle}:65"));
    }
    lines.extend((0..9).map(|plain| format!("S{plain}:65")));
    shop.records.clear();
    let reply = shop.run(&format!("place 1 100 backorder {}", lines.join(",")));
    assert!(shop.verdict(&reply).starts_with("accepted open parcels=64 "));
    shop.engine.state().audit();
    shop.run("cancel 1");
    let kinds = |kind: MovementKind| {
        let records = Records::new(shop.records.payload()).map(Result::unwrap);
        let movements = records.flat_map(|record| record.movements);
        movements.filter(|movement| movement.kind() == kind).count()
    };
    assert_eq!(kinds(MovementKind::Allocated), 16 * 64);
    assert_eq!(kinds(MovementKind::ComponentAllocated), 7 * 16 * 64);
    assert_eq!(kinds(MovementKind::ComponentReleased), 7 * 16 * 64);
    assert_eq!(kinds(MovementKind::Cancelled), 16);
    let state = shop.engine.state();
    state.audit();
    assert_eq!(state.hash(), state.recompute_hash());
    assert_eq!(state.totals.allocated, 0);
}

/// A million bundles of a thousand units on each of two lines take exactly what a cell can hold.
#[test]
fn the_largest_quantities_of_a_bundle_fill_a_cell_and_do_not_overflow() {
    let mut shop = shop();
    shop.script(
        "limits units=1000000
         bundle KIT BOOK:1000
         receive BOOK EAST 1000000000 => accepted 1000000000/1000000000
         receive BOOK EAST 1000000000 => accepted 2000000000/2000000000
         place 1 100 backorder KIT:1000000,KIT:1000000,KIT:1000000 \
         => accepted open parcels=1 cost=20000500 0@EAST:1000000 1@EAST:1000000 2:1000000waiting
         stock BOOK                   => accepted EAST:0/2000000000
         ship 1 0@EAST:1000000        \
         => accepted open parcels=1 cost=20000500 0@EAST:1000000shipped 1@EAST:1000000 2:1000000waiting
         cancel 1                     \
         => accepted shipped parcels=1 cost=20000500 0@EAST:1000000shipped 1:1000000cancelled 2:1000000cancelled
         stock BOOK                   => accepted EAST:1000000000/1000000000",
    );
}
