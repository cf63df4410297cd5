//! Orders that are given up at their time: what they wait for is cancelled, and nothing else.

use gantry_model::{Command, EngineSecond, EngineTime, SetCancelAt};

use crate::shop::{Shop, order_id};

const NETWORK: &str = "
    warehouse N 1
    zone 1
    cost N 1 500+10/1
    sku A
    sku B
    receive A N 2 => accepted 2/2
";

fn shop() -> Shop {
    let mut shop = Shop::new();
    shop.script(NETWORK);
    shop
}

#[test]
fn what_an_order_waits_for_is_cancelled_at_its_time_and_the_rest_stays() {
    shop().script(
        "place 1 1 backorder A:5,B:1 => accepted open parcels=1 cost=520 0@N:2 0:3waiting 1:1waiting
         cancel_at 1 60              => accepted open parcels=1 cost=520 0@N:2 0:3waiting 1:1waiting until=60s
         wait 59
         give_up
         show 1                      => accepted open parcels=1 cost=520 0@N:2 0:3waiting 1:1waiting until=60s
         wait 1
         give_up
         show 1                      => accepted open parcels=1 cost=520 0@N:2 0:3cancelled 1:1cancelled
         book A                      => accepted 0+0
         ship 1 0@N:2                => accepted shipped parcels=1 cost=520 0@N:2shipped 0:3cancelled 1:1cancelled",
    );
}

#[test]
fn an_order_that_only_waited_is_closed_by_it() {
    let mut shop = shop();
    shop.script(
        "place 1 1 backorder B:4 => accepted open parcels=0 cost=0 0:4waiting
         cancel_at 1 60          => accepted open parcels=0 cost=0 0:4waiting until=60s
         cancel_at 1 90          => accepted open parcels=0 cost=0 0:4waiting until=90s
         wait 60
         give_up
         show 1                  => accepted open parcels=0 cost=0 0:4waiting until=90s
         wait 30
         give_up
         show 1                  => accepted cancelled parcels=0 cost=0 0:4cancelled",
    );
    assert_eq!(shop.engine.state().deadlines.first(), None);
}

#[test]
fn a_time_can_be_taken_back_and_goes_when_the_order_closes() {
    let mut shop = shop();
    shop.script(
        "place 1 1 backorder B:4 => accepted open parcels=0 cost=0 0:4waiting
         place 2 1 backorder B:1 => accepted open parcels=0 cost=0 0:1waiting
         cancel_at 1 60          => accepted open parcels=0 cost=0 0:4waiting until=60s
         cancel_at 2 60          => accepted open parcels=0 cost=0 0:1waiting until=60s
         cancel_at 1 never       => accepted open parcels=0 cost=0 0:4waiting
         cancel 2                => accepted cancelled parcels=0 cost=0 0:1cancelled",
    );
    assert_eq!(shop.engine.state().deadlines.first(), None);
    shop.script(
        "wait 100
         give_up
         show 1 => accepted open parcels=0 cost=0 0:4waiting",
    );
}

/// The date is gone also where nothing waits, so that the engine does not wake for it again.
#[test]
fn an_order_that_waits_for_nothing_loses_nothing() {
    let mut shop = shop();
    shop.script(
        "place 1 1 backorder A:2 => accepted open parcels=1 cost=520 0@N:2
         cancel_at 1 60          => accepted open parcels=1 cost=520 0@N:2 until=60s
         wait 60
         give_up
         show 1                  => accepted open parcels=1 cost=520 0@N:2",
    );
}

#[test]
fn what_is_kept_for_an_order_that_waits_complete_is_for_others_then() {
    shop().script(
        "place 1 1 wait_complete A:4 => accepted open parcels=0 cost=0 0:4waiting
         match
         book A                      => accepted 4+2 1/0:4
         place 2 1 backorder A:1     => accepted open parcels=0 cost=0 0:1waiting
         cancel_at 1 60              => accepted open parcels=0 cost=0 0:4waiting until=60s
         wait 60
         give_up
         match
         show 2                      => accepted open parcels=0 cost=0 0@N:1
         stock A                     => accepted N:1/2",
    );
}

#[test]
fn a_time_that_has_come_and_an_order_that_is_closed_are_refused() {
    let mut shop = shop();
    shop.script(
        "place 1 1 backorder B:4     => accepted open parcels=0 cost=0 0:4waiting
         place 2 1 take_available A:2 => accepted open parcels=1 cost=520 0@N:2
         cancel 2                    => accepted cancelled parcels=1 cost=520 0:2cancelled
         wait 60",
    );
    shop.refuses(
        "cancel_at 1 60 => cancel_at_in_past
         cancel_at 2 90 => order_closed
         cancel_at 7 90 => unknown_order",
    );
}

/// Of two orders whose time has come the one with the earlier time goes first, and of one time the
/// one that was placed first.
#[test]
fn orders_are_given_up_in_the_order_of_their_times() {
    let mut shop = shop();
    for order in 1..=3 {
        shop.script(&format!(
            "place {order} 1 backorder B:1 => accepted open parcels=0 cost=0 0:1waiting"
        ));
    }
    for (order, second) in [("3", 50), ("2", 40), ("1", 50)] {
        let id = shop.next_id();
        let (order, cancel_at) = (order_id(order), EngineSecond::new(second));
        shop.send(&Command::SetCancelAt(SetCancelAt { id, order, cancel_at }));
    }
    let mut given_up = Vec::new();
    while let Some((at, slot)) = shop.engine.state().deadlines.first() {
        given_up.push((at.get(), shop.engine.state().orders.row(slot).id));
        shop.give_up_one(EngineTime::new(99_000_000_000));
    }
    assert_eq!(given_up, [(40, order_id("2")), (50, order_id("1")), (50, order_id("3"))]);
}
