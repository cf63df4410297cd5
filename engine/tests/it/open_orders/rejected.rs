//! Units that their warehouse cannot ship: where they come from then, whom the warehouse is spared
//! for, and when nobody tries any more.

use gantry_model::{AdjustReason, Movement, MovementKind, Records, Warehouse};

use crate::shop::Shop;
use crate::snapshots::out_and_in;

/// Two counted SKUs and an unlimited one, a bundle, three warehouses, the first the cheapest.
pub(super) fn shop() -> Shop {
    let mut shop = Shop::new();
    shop.script(
        "sku A
         sku B
         sku U unlimited
         sku KIT unlimited
         bundle KIT A:2,B:1
         warehouse N 1
         warehouse O 2
         warehouse P 3
         zone 1
         cost N 1 5+0
         cost O 1 7+0
         cost P 1 9+0",
    );
    shop
}

/// Kind, SKU, warehouse and units of the last record's movements.
fn last(shop: &Shop) -> Vec<(MovementKind, u32, u16, i32)> {
    let record = Records::new(shop.records.payload()).last().unwrap().unwrap();
    let of = |it: &Movement| (it.kind(), it.sku().get(), it.warehouse().get(), it.quantity());
    record.movements.iter().map(of).collect()
}

const NOWHERE: u16 = Warehouse::NONE.get();

#[test]
fn what_is_refused_comes_from_elsewhere_and_is_there_for_others() {
    let mut shop = shop();
    shop.script(
        "receive A N 5 => accepted 5/5
         receive A O 5 => accepted 5/5
         place 1 1 ship_complete A:3 => accepted open parcels=1 cost=5 0@N:3
         reject 1 refused 60 0@N:2 => accepted open parcels=1 cost=5 0@N:1 0@O:2
         stock A => accepted N:4/5 O:3/5
         place 2 1 ship_complete A:4 => accepted open parcels=1 cost=5 0@N:4",
    );
    shop.run("reject 2 refused 60 0@N:1");
    let moves = [(MovementKind::Released, 0, 0, 1), (MovementKind::Allocated, 0, 1, 1)];
    assert_eq!(last(&shop), moves);
}

#[test]
fn what_is_not_found_is_not_there_for_anybody() {
    let mut shop = shop();
    shop.script(
        "receive A N 5 => accepted 5/5
         receive A O 5 => accepted 5/5
         place 1 1 ship_complete A:3 => accepted open parcels=1 cost=5 0@N:3
         reject 1 not_found 60 0@N:3 => accepted open parcels=1 cost=5 0@O:3
         stock A => accepted N:2/5 O:2/5",
    );
    let record = Records::new(shop.records.payload()).last().unwrap().unwrap();
    let lost = record.movements[1];
    assert_eq!((lost.kind(), lost.reason()), (MovementKind::Withdrawn, AdjustReason::Lost));
    assert_eq!(lost.order().get(), 0, "it is the shelf's, not the order's");
    shop.script(
        "adjust A N -3 lost unavailable => accepted 5/5
         place 2 1 ship_complete A:5 => accepted open parcels=1 cost=5 0@N:5",
    );
}

#[test]
fn a_bundle_is_not_found_with_all_that_it_is_made_of() {
    let mut shop = shop();
    shop.script(
        "receive A N 4 => accepted 4/4
         receive B N 4 => accepted 4/4
         receive A O 4 => accepted 4/4
         receive B O 4 => accepted 4/4
         place 1 1 backorder KIT:2,U:3 => accepted open parcels=1 cost=5 0@N:2 1@N:3
         reject 1 not_found 60 0@N:2 1@N:1 => accepted open parcels=1 cost=5 1@N:2 0@O:2 1@O:1
         stock A => accepted N:0/4 O:0/4
         stock B => accepted N:2/4 O:2/4",
    );
    use MovementKind as Kind;
    let moves = [
        (Kind::Released, 3, 0, 2),
        (Kind::ComponentReleased, 0, 0, 4),
        (Kind::ComponentReleased, 1, 0, 2),
        (Kind::Withdrawn, 0, 0, 4),
        (Kind::Withdrawn, 1, 0, 2),
        (Kind::Released, 2, 0, 1),
        (Kind::Allocated, 3, 1, 2),
        (Kind::ComponentAllocated, 0, 1, 4),
        (Kind::ComponentAllocated, 1, 1, 2),
        (Kind::Allocated, 2, 1, 1),
    ];
    assert_eq!(last(&shop), moves, "what is unlimited is not counted");
}

#[test]
fn a_rejection_is_refused_for_the_first_of_its_faults() {
    let mut shop = shop();
    shop.script(
        "receive A N 5 => accepted 5/5
         place 1 1 ship_complete A:3,A:1 => accepted open parcels=1 cost=5 0@N:3 1@N:1
         place 2 1 ship_complete A:1 => accepted open parcels=1 cost=5 0@N:1
         cancel 2 => accepted cancelled parcels=1 cost=5 0:1cancelled",
    );
    shop.refuses("reject 9 refused 9999999 => unknown_order");
    shop.script(
        "reject 1 refused 9999999 => no_lines
         reject 1 refused 9999999 9@X:0 1@X:0 => list_not_rising
         reject 1 refused 9999999 0@N:1 0@N:1 => list_not_rising
         reject 1 refused 9999999 9@X:0 => cool_down_over_limit 9999999:2592000
         reject 1 refused 2592000 0@N:9 2@X:0 => exceeds_open 9:3
         reject 1 refused 2592000 2@X:0 => unknown_line 2:2
         reject 1 refused 2592000 1@X:0 => unknown_warehouse
         reject 1 refused 2592000 1:1 => unknown_warehouse
         reject 1 refused 2592000 1@N:0 => quantity_not_positive
         reject 1 refused 2592000 1@O:1 => exceeds_open 1:0
         reject 1 refused 2592000 0@N:3 1@N:2 => exceeds_open 2:1
         reject 2 refused 2592000 0@N:1 => exceeds_open 1:0
         show 1 => accepted open parcels=1 cost=5 0@N:3 1@N:1
         stock A => accepted N:1/5",
    );
    assert!(shop.engine.state().rejected.bars(gantry_model::Sequence::new(14)).is_empty());
}

#[test]
fn what_is_nowhere_waits_whatever_the_order_and_the_sku_allow() {
    let mut shop = shop();
    shop.script(
        "sku A no_backorder
         receive A N 5 => accepted 5/5
         receive A O 1 => accepted 1/1
         place 1 1 ship_complete A:3 => accepted open parcels=1 cost=5 0@N:3
         place 2 1 take_available A:2 => accepted open parcels=1 cost=5 0@N:2
         reject 1 not_found 60 0@N:3 => accepted open parcels=1 cost=5 0@O:1 0:2waiting
         reject 2 not_found 0 0@N:2 => accepted open parcels=1 cost=5 0:2waiting
         book A => accepted 4+0 1/0:2 2/0:2
         receive A P 3 => accepted 0/3
         match
         show 1 => accepted open parcels=1 cost=5 0@O:1 0@P:2
         show 2 => accepted open parcels=1 cost=5 0@P:1 0:1waiting",
    );
    let moves = [(MovementKind::Released, 0, 0, 2), (MovementKind::Withdrawn, 0, 0, 2)];
    let moves = moves.into_iter().chain([(MovementKind::Backordered, 0, NOWHERE, 2)]);
    let records: Vec<_> = Records::new(shop.records.payload()).map(Result::unwrap).collect();
    let second = records.iter().rev().find(|it| it.command.kind().name() == "reject_units");
    let found: Vec<_> = second.unwrap().movements.iter().map(|it| it.kind()).collect();
    assert_eq!(found, moves.map(|it| it.0).collect::<Vec<_>>(), "nobody is due for what is lost");
}

#[test]
fn a_warehouse_that_rejects_is_not_asked_by_the_same_record_even_without_a_cool_down() {
    let mut shop = shop();
    shop.script(
        "receive A N 9 => accepted 9/9
         place 1 1 backorder A:2,A:3 => accepted open parcels=1 cost=5 0@N:2 1@N:3
         reject 1 refused 0 0@N:2 => accepted open parcels=1 cost=5 1@N:3 0:2waiting
         stock A => accepted N:4/9
         match
         show 1 => accepted open parcels=1 cost=5 0@N:2 1@N:3",
    );
}

#[test]
fn a_bar_holds_for_its_order_alone_and_until_its_nanosecond() {
    let mut shop = shop();
    shop.script(
        "receive A N 3 => accepted 3/3
         place 1 1 backorder A:3 => accepted open parcels=1 cost=5 0@N:3
         time 0 00:01
         reject 1 refused 60 0@N:3 => accepted open parcels=1 cost=5 0:3waiting
         match
         book A => accepted 3+0 1/0:3
         stock A => accepted N:3/3
         place 2 1 ship_complete A:1 => accepted open parcels=1 cost=5 0@N:1
         time 0 00:02
         wait 0 -1001
         again A
         step
         book A => accepted 3+0 1/0:3
         time 0 00:02",
    );
    // The bar ends, and nothing is due by itself.
    assert_eq!(shop.engine.state().matching.next(), None);
    shop.script(
        "again A
         match
         show 1 => accepted open parcels=1 cost=5 0@N:2 0:1waiting",
    );
}

#[test]
fn the_longer_of_two_bars_holds() {
    let mut shop = shop();
    shop.script(
        "receive A N 2 => accepted 2/2
         place 1 1 backorder A:2 => accepted open parcels=1 cost=5 0@N:2
         time 0 00:01
         reject 1 refused 120 0@N:1 => accepted open parcels=1 cost=5 0@N:1 0:1waiting
         reject 1 refused 30 0@N:1 => accepted open parcels=1 cost=5 0:2waiting
         time 0 00:02
         again A
         match
         book A => accepted 2+0 1/0:2
         time 0 00:03
         again A
         match
         show 1 => accepted open parcels=1 cost=5 0@N:2",
    );
}

#[test]
fn a_second_rejection_goes_to_neither_warehouse() {
    let mut shop = shop();
    shop.script(
        "receive A N 2 => accepted 2/2
         receive A O 2 => accepted 2/2
         receive A P 2 => accepted 2/2
         place 1 1 backorder A:2 => accepted open parcels=1 cost=5 0@N:2
         reject 1 refused 60 0@N:2 => accepted open parcels=1 cost=5 0@O:2
         reject 1 refused 60 0@O:2 => accepted open parcels=1 cost=5 0@P:2
         reject 1 refused 60 0@P:2 => accepted open parcels=1 cost=5 0:2waiting",
    );
    let mut shop = self::shop();
    shop.script(
        "receive A N 2 => accepted 2/2
         receive A O 2 => accepted 2/2
         place 1 1 backorder A:2 => accepted open parcels=1 cost=5 0@N:2
         reject 1 refused 60 0@N:2 => accepted open parcels=1 cost=5 0@O:2
         wait 61
         reject 1 refused 60 0@O:2 => accepted open parcels=1 cost=5 0@N:2",
    );
}

#[test]
fn lines_get_what_was_granted_of_their_sku_the_lower_first() {
    let mut shop = shop();
    shop.script(
        "receive A N 9 => accepted 9/9
         receive A O 2 => accepted 2/2
         receive A P 1 => accepted 1/1
         place 1 1 backorder A:2,B:1,A:3 => accepted open parcels=1 cost=5 0@N:2 2@N:3 1:1waiting
         reject 1 refused 60 0@N:1 2@N:3 => accepted open parcels=1 cost=5 0@N:1 0@O:1 2@O:1 \
         2@P:1 1:1waiting 2:1waiting",
    );
    use MovementKind as Kind;
    let moves = [
        (Kind::Released, 0, 0, 1),
        (Kind::Released, 0, 0, 3),
        (Kind::Allocated, 0, 1, 1),
        (Kind::Allocated, 0, 1, 1),
        (Kind::Allocated, 0, 2, 1),
        (Kind::Backordered, 0, NOWHERE, 1),
        (Kind::Due, 0, NOWHERE, 0),
        (Kind::SetAside, 0, 0, 1),
    ];
    assert_eq!(last(&shop), moves);
}

#[test]
fn a_parcel_that_goes_anyway_costs_nothing_again() {
    let mut shop = shop();
    shop.script(
        "receive A N 1 => accepted 1/1
         receive B P 1 => accepted 1/1
         place 1 1 backorder A:1,B:1 => accepted open parcels=2 cost=14 0@N:1 1@P:1
         receive A O 2 => accepted 2/2
         receive A P 2 => accepted 2/2
         reject 1 refused 60 0@N:1 => accepted open parcels=2 cost=14 1@P:1 0@P:1
         reject 1 refused 60 0@P:1 1@P:1 => accepted open parcels=2 cost=14 0@O:1 1:1waiting",
    );
}

#[test]
fn rules_keep_and_soft_ones_go_as_for_a_waiting_line() {
    let mut shop = shop();
    shop.script(
        "channel WEB
         receive A N 2 => accepted 2/2
         receive A O 2 => accepted 2/2
         place 1 1 backorder A:2 => accepted open parcels=1 cost=5 0@N:2
         place 2 1 backorder A:1 channel=WEB => accepted open parcels=1 cost=7 0@O:1
         policy HARD least_cost warehouses=N,P
         policy SOFT least_cost warehouses=N,P soft=warehouses
         assign all HARD
         assign WEB SOFT
         reject 1 refused 60 0@N:1 => accepted open parcels=1 cost=5 0@N:1 0:1waiting
         match
         reject 2 refused 0 0@O:1 => accepted open parcels=1 cost=7 0@N:1",
    );
    let mut shop = self::shop();
    shop.script(
        "receive A N 2 => accepted 2/2
         receive A O 2 => accepted 2/2
         place 1 1 backorder A:2 => accepted open parcels=1 cost=5 0@N:2
         policy SOFT least_cost warehouses=N,P soft=warehouses
         assign all SOFT
         reject 1 refused 60 0@N:2 => accepted open parcels=1 cost=5 0@O:2",
    );
}

#[test]
fn an_order_is_not_sourced_again_to_where_it_was_rejected_and_leaves_at_any_price() {
    let mut shop = shop();
    shop.script(
        "receive A N 4 => accepted 4/4
         receive A O 1 => accepted 1/1
         place 1 1 backorder A:2 => accepted open parcels=1 cost=5 0@N:2
         time 0 00:01
         reject 1 refused 60 0@N:1 => accepted open parcels=1 cost=5 0@N:1 0@O:1
         receive A P 9 => accepted 9/9
         resource 1 => accepted open parcels=1 cost=9 0@P:2
         time 0 00:02
         resource 1 => accepted open parcels=1 cost=5 0@N:2",
    );
}

#[test]
fn a_day_gets_back_what_was_rejected_and_counts_what_came_instead() {
    let mut shop = shop();
    shop.script(
        "time 3 10:00
         capacity N units=4 orders=2
         capacity O units=1
         receive A N 9 => accepted 9/9
         receive A O 9 => accepted 9/9
         place 1 1 ship_complete A:3 => accepted open parcels=1 cost=5 0@N:3
         place 2 1 backorder A:2 => accepted open parcels=2 cost=12 0@N:1 0@O:1
         reject 2 refused 60 0@O:1 => accepted open parcels=2 cost=12 0@N:1 0:1waiting
         reject 1 refused 60 0@N:3 => accepted open parcels=1 cost=5 0@O:1 0:2waiting",
    );
    let load = |shop: &Shop, code| {
        let load = shop.engine.state().capacity.load(shop.warehouse(code));
        (load.day, load.orders, load.units)
    };
    assert_eq!((load(&shop, "N"), load(&shop, "O")), ((3, 1, 1), (3, 1, 1)));
    shop.script(
        "time 4 10:00
         reject 2 refused 60 0@N:1 => accepted open parcels=2 cost=12 0@O:1 0:1waiting",
    );
    assert_eq!((load(&shop, "N"), load(&shop, "O")), ((3, 1, 1), (4, 1, 1)), "another day");
}

#[test]
fn refused_units_are_set_aside_for_others_who_wait_and_lost_ones_for_nobody() {
    let mut shop = shop();
    shop.script(
        "receive A N 3 => accepted 3/3
         place 1 1 backorder A:3 => accepted open parcels=1 cost=5 0@N:3
         place 2 1 backorder A:1 => accepted open parcels=0 cost=0 0:1waiting
         reject 1 not_found 60 0@N:1 => accepted open parcels=1 cost=5 0@N:2 0:1waiting
         book A => accepted 2+0 1/0:1 2/0:1
         reject 1 refused 60 0@N:1 => accepted open parcels=1 cost=5 0@N:1 0:2waiting
         book A => accepted 3+1 due 1/0:2 2/0:1
         match
         show 2 => accepted open parcels=0 cost=0 0@N:1
         book A => accepted 2+0 1/0:2",
    );
}

#[test]
fn what_became_of_an_order_is_forgotten_when_it_closes() {
    let mut shop = shop();
    shop.script(
        "receive A N 3 => accepted 3/3
         receive A O 3 => accepted 3/3
         place 1 1 backorder A:2 => accepted open parcels=1 cost=5 0@N:2
         reject 1 refused 60 0@N:2 => accepted open parcels=1 cost=5 0@O:2
         ship 1 0@O:1 => accepted open parcels=1 cost=5 0@O:1 0@O:1shipped",
    );
    let placed = gantry_model::Sequence::new(15);
    assert_eq!(shop.engine.state().rejected.bars(placed).len(), 1);
    shop.script("cancel 1 => accepted shipped parcels=1 cost=5 0@O:1shipped 0:1cancelled");
    assert_eq!(shop.engine.state().rejected.row(placed), None);
}

#[test]
fn what_takes_too_many_movements_is_refused() {
    let mut shop = Shop::new();
    shop.script("zone 1");
    (0..128).for_each(|sku| drop(shop.run(&format!("sku S{sku}"))));
    for at in 0..33 {
        shop.run(&format!("warehouse W{at} 9"));
        shop.run(&format!("cost W{at} 1 20+0"));
        (0..128).for_each(|sku| drop(shop.run(&format!("receive S{sku} W{at} 1"))));
    }
    let lines: Vec<_> = (0..128).map(|sku| format!("S{sku}:33")).collect();
    shop.records.clear();
    shop.run(&format!("place 1 1 backorder {}", lines.join(",")));
    let mut reject = |cause: &str, places: usize| {
        let places =
            (0..128).flat_map(|line| (0..places).map(move |at| format!(" {line}@W{at}:1")));
        shop.records.clear();
        let reply = shop.run(&format!("reject 1 {cause} 60{}", places.collect::<String>()));
        let verdict = shop.verdict(&reply);
        let record = Records::new(shop.records.payload()).last().map(Result::unwrap);
        let is_released = |it: &&Movement| it.kind() == MovementKind::Released;
        let own = record.map(|record| record.movements.iter().filter(is_released).count());
        (verdict, own)
    };
    assert_eq!(reject("refused", 33).0, "too_many_lines 4224:4096");
    assert_eq!(reject("not_found", 17).0, "too_many_lines 4352:4096");
    let (verdict, own) = reject("refused", 32);
    assert!(verdict.starts_with("accepted open") && own == Some(4_096), "{own:?} {verdict}");
}

#[test]
fn a_restart_knows_bars_and_counts() {
    let mut shop = shop();
    shop.script(
        "receive A N 3 => accepted 3/3
         receive A O 3 => accepted 3/3
         place 1 1 backorder A:2 => accepted open parcels=1 cost=5 0@N:2
         place 2 1 backorder A:1 => accepted open parcels=1 cost=5 0@N:1
         reject 1 refused 60 0@N:2 => accepted open parcels=1 cost=5 0@O:2
         reject 1 refused 90 0@O:2 => accepted open parcels=1 cost=5 0:2waiting
         reject 2 refused 0 0@N:1 => accepted open parcels=1 cost=5 0@O:1",
    );
    let restored = out_and_in(&shop.engine);
    assert_eq!(restored.state_hash(), shop.engine.state_hash());
    assert_eq!(restored.state().recompute_hash(), shop.engine.state_hash());
    for placed in [15, 16].map(gantry_model::Sequence::new) {
        let row = restored.state().rejected.row(placed).unwrap();
        assert_eq!(Some(row), shop.engine.state().rejected.row(placed));
    }
}
