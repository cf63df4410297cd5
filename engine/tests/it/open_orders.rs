//! Open orders that are given up: when, in what order, and what becomes of their units.

mod random;
mod rejected;
mod stuck;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use gantry_engine::{Batch, ProcessFigures, WhatIf, Writer};
use gantry_model::{
    Actor, Command, CommandId, EngineSecond, EngineTime, GiveUp, MovementKind, Records, SetCancelAt,
};

use crate::shop::{Shop, order_id};
use crate::snapshots::out_and_in;
use crate::what_if::feed;

/// Two counted SKUs, two warehouses of which the first is cheaper, one zone.
fn shop() -> Shop {
    let mut shop = Shop::new();
    shop.script(
        "sku A
         sku B
         warehouse N 1
         warehouse O 2
         zone 1
         cost N 1 5+0
         cost O 1 7+0
         receive A N 5 => accepted 5/5",
    );
    shop
}

/// Gives up the next order whose time has come, if there is any.
fn give_up(shop: &mut Shop) -> bool {
    let now = shop.clock().max(EngineTime::new(shop.engine.last_time().get() + 1_000));
    shop.engine.give_up(now, &mut shop.records)
}

/// What each record of giving up names, and what it moves: kind, line, units.
type GivenUp = (u128, u32, Vec<(MovementKind, u16, i32)>);

fn given_up(shop: &Shop) -> Vec<GivenUp> {
    let records = Records::new(shop.records.payload()).map(Result::unwrap);
    let given_up = records.filter_map(|record| {
        let Command::GiveUp(given_up) = record.command else { return None };
        assert_eq!(record.actor, Actor::ENGINE);
        assert!(given_up.cancel_at.is_past(record.time));
        let movements = record.movements.iter();
        let movements = movements.map(|it| (it.kind(), it.line(), it.quantity())).collect();
        Some((given_up.order.get() % 1_000_000, given_up.cancel_at.get(), movements))
    });
    given_up.collect()
}

#[test]
fn what_waits_is_given_up_to_the_nanosecond_and_what_is_allocated_is_kept() {
    let mut shop = shop();
    shop.script(
        "place 1 1 backorder A:6,B:2 => accepted open parcels=1 cost=5 0@N:5 0:1waiting 1:2waiting
         cancel_at 1 60 => accepted open parcels=1 cost=5 0@N:5 0:1waiting 1:2waiting until=60s
         show 1 => accepted open parcels=1 cost=5 0@N:5 0:1waiting 1:2waiting until=60s
         time 0 00:01
         wait 0 -1",
    );
    assert!(!give_up(&mut shop), "not a nanosecond early");
    shop.script("time 0 00:01");
    assert!(give_up(&mut shop) && !give_up(&mut shop), "once");
    shop.check();
    shop.script(
        "show 1 => accepted open parcels=1 cost=5 0@N:5 0:1cancelled 1:2cancelled
         book A => accepted 0+0
         ship 1 0@N:5 => accepted shipped parcels=1 cost=5 0@N:5shipped 0:1cancelled 1:2cancelled",
    );
    let moves = [(MovementKind::Dequeued, 0, 1), (MovementKind::Cancelled, 0, 1)].into_iter();
    let moves = moves.chain([(MovementKind::Dequeued, 1, 2), (MovementKind::Cancelled, 1, 2)]);
    assert_eq!(given_up(&shop), [(1, 60, moves.collect())]);
}

#[test]
fn a_time_is_refused_for_the_first_of_its_faults() {
    let mut shop = shop();
    shop.script(
        "place 1 1 backorder A:1 => accepted open parcels=1 cost=5 0@N:1
         place 2 1 backorder A:1 => accepted open parcels=1 cost=5 0@N:1
         cancel 2 => accepted cancelled parcels=1 cost=5 0:1cancelled
         time 0 00:01",
    );
    shop.refuses(
        "cancel_at 3 60 => unknown_order
         cancel_at 3 never => unknown_order",
    );
    shop.script(
        "cancel_at 2 60 => order_closed
         cancel_at 1 60 => cancel_at_in_past
         cancel_at 1 0 => cancel_at_in_past
         cancel_at 1 61 => accepted open parcels=1 cost=5 0@N:1 until=61s",
    );
    let own = GiveUp { order: order_id("1"), cancel_at: EngineSecond::new(61) };
    let reply = shop.send(&Command::GiveUp(own));
    assert_eq!(shop.verdict(&reply), "not_for_clients");
}

#[test]
fn the_last_time_that_was_said_counts() {
    let mut shop = shop();
    shop.script(
        "place 1 1 backorder B:1 => accepted open parcels=0 cost=0 0:1waiting
         place 2 1 backorder B:1 => accepted open parcels=0 cost=0 0:1waiting
         place 3 1 backorder B:1 => accepted open parcels=0 cost=0 0:1waiting
         cancel_at 1 60 => accepted open parcels=0 cost=0 0:1waiting until=60s
         cancel_at 1 120 => accepted open parcels=0 cost=0 0:1waiting until=120s
         cancel_at 2 120 => accepted open parcels=0 cost=0 0:1waiting until=120s
         cancel_at 2 60 => accepted open parcels=0 cost=0 0:1waiting until=60s
         cancel_at 3 60 => accepted open parcels=0 cost=0 0:1waiting until=60s
         cancel_at 3 never => accepted open parcels=0 cost=0 0:1waiting
         cancel_at 3 never => accepted open parcels=0 cost=0 0:1waiting
         time 0 00:01
         give_up
         book B => accepted 2+0 1/0:1 3/0:1
         time 9 00:00
         give_up
         book B => accepted 1+0 3/0:1",
    );
}

#[test]
fn orders_are_given_up_one_a_record_by_time_and_then_by_age() {
    let mut shop = shop();
    for (order, second) in [("1", 70), ("2", 60), ("3", 60), ("4", 99)] {
        shop.run(&format!("place {order} 1 backorder B:1"));
        shop.run(&format!("cancel_at {order} {second}"));
    }
    shop.run("cancel_at 3 55");
    shop.run("cancel_at 3 60");
    shop.script(
        "wait 80
         give_up
         book B => accepted 1+0 4/0:1",
    );
    let order: Vec<_> = given_up(&shop).into_iter().map(|row| (row.0, row.1)).collect();
    assert_eq!(order, [(2, 60), (3, 60), (1, 70)]);
}

#[test]
fn a_time_at_which_nothing_waits_passes_and_moves_nothing() {
    let mut shop = shop();
    shop.script(
        "place 1 1 backorder A:6 => accepted open parcels=1 cost=5 0@N:5 0:1waiting
         cancel_at 1 60 => accepted open parcels=1 cost=5 0@N:5 0:1waiting until=60s
         receive A O 1 => accepted 0/1
         match
         show 1 => accepted open parcels=1 cost=5 0@N:5 0@O:1 until=60s
         wait 60
         give_up
         show 1 => accepted open parcels=1 cost=5 0@N:5 0@O:1",
    );
    assert_eq!(given_up(&shop), [(1, 60, Vec::new())]);
    shop.script("cancel_at 1 90 => accepted open parcels=1 cost=5 0@N:5 0@O:1 until=90s");
}

#[test]
fn an_order_that_closes_before_has_no_time_any_more() {
    let mut shop = shop();
    shop.script(
        "place 1 1 backorder A:2 => accepted open parcels=1 cost=5 0@N:2
         place 2 1 backorder A:2 => accepted open parcels=1 cost=5 0@N:2
         cancel_at 1 60 => accepted open parcels=1 cost=5 0@N:2 until=60s
         cancel_at 2 60 => accepted open parcels=1 cost=5 0@N:2 until=60s
         ship 1 0@N:1 => accepted open parcels=1 cost=5 0@N:1 0@N:1shipped until=60s
         ship 1 0@N:1 => accepted shipped parcels=1 cost=5 0@N:2shipped
         cancel 2 => accepted cancelled parcels=1 cost=5 0:2cancelled",
    );
    assert_eq!(shop.engine.state().deadlines.first(), None);
    shop.script("wait 60");
    assert!(!give_up(&mut shop));
}

#[test]
fn what_was_kept_for_a_whole_order_is_for_others_when_it_is_given_up() {
    let mut shop = shop();
    shop.script(
        "receive B N 1 => accepted 1/1
         place 1 1 wait_complete B:2 => accepted open parcels=0 cost=0 0:2waiting
         place 2 1 backorder B:1 => accepted open parcels=1 cost=5 0@N:1
         cancel 2 => accepted cancelled parcels=1 cost=5 0:1cancelled
         place 3 1 wait_complete B:1,A:6 => accepted open parcels=0 cost=0 0:1waiting 1:6waiting
         match
         place 4 1 backorder B:1 => accepted open parcels=0 cost=0 0:1waiting
         match
         book B => accepted 4+1 1/0:2 3/0:1 4/0:1
         cancel_at 1 60 => accepted open parcels=0 cost=0 0:2waiting until=60s
         cancel_at 3 60 => accepted open parcels=0 cost=0 0:1waiting 1:6waiting until=60s
         wait 60
         give_up
         book B => accepted 1+1 due 4/0:1
         match
         show 4 => accepted open parcels=0 cost=0 0@N:1
         stock A => accepted N:5/5
         stock B => accepted N:0/1",
    );
}

#[test]
fn a_full_disk_does_not_keep_it_off() {
    let mut shop = shop();
    shop.script(
        "place 1 1 backorder B:1 => accepted open parcels=0 cost=0 0:1waiting
         place 2 1 backorder B:1 => accepted open parcels=0 cost=0 0:1waiting
         cancel_at 1 60 => accepted open parcels=0 cost=0 0:1waiting until=60s",
    );
    let figures = Arc::new(ProcessFigures::default());
    figures.no_space.store(true, Ordering::Relaxed);
    shop.engine.set_figures(figures);
    shop.script(
        "cancel_at 2 60 => accepted open parcels=0 cost=0 0:1waiting until=60s
         wait 60
         give_up
         book B => accepted 0+0",
    );
}

#[test]
fn every_answer_about_the_order_tells_when_it_is_given_up() {
    let mut shop = shop();
    shop.script("place 1 1 backorder A:2,B:2 => accepted open parcels=1 cost=5 0@N:2 1:2waiting");
    let (order, id) = (order_id("1"), CommandId::new(5_000_000));
    let command = Command::SetCancelAt(SetCancelAt { id, order, cancel_at: EngineSecond::new(60) });
    shop.must(&command);
    shop.script(
        "priority 1 3 => accepted open parcels=1 cost=5 0@N:2 1:2waiting until=60s
         resource 1 => accepted open parcels=1 cost=5 0@N:2 1:2waiting until=60s
         cancel 1 1:1 => accepted open parcels=1 cost=5 0@N:2 1:1waiting 1:1cancelled until=60s
         ship 1 0@N:1 => accepted open parcels=1 cost=5 0@N:1 0@N:1shipped 1:1waiting \
         1:1cancelled until=60s
         place 1 1 backorder A:2,B:2 => duplicate of 9 open parcels=1 cost=5 0@N:1 0@N:1shipped \
         1:1waiting 1:1cancelled until=60s
         reject 1 refused 0 0@N:1 => accepted open parcels=1 cost=5 0@N:1shipped 0:1waiting \
         1:1waiting 1:1cancelled until=60s
         place 2 1 backorder A:1 => accepted open parcels=1 cost=5 0@N:1
         wait 60
         give_up",
    );
    let reply = shop.send(&command);
    let told = "duplicate of 10 shipped parcels=1 cost=5 0@N:1shipped 0:1cancelled 1:2cancelled";
    assert_eq!(shop.verdict(&reply), told, "as it stands now");
}

#[test]
fn a_time_outlives_a_snapshot() {
    let mut shop = shop();
    for order in ["1", "2", "3"] {
        shop.run(&format!("place {order} 1 backorder B:1"));
        shop.run(&format!("cancel_at {order} 6{order}"));
    }
    shop.run("cancel 1");
    let restored = out_and_in(&shop.engine);
    assert_eq!(restored.state_hash(), shop.engine.state_hash());
    assert_eq!(restored.state().deadlines.first().unwrap().0, EngineSecond::new(62));
    let mut shop = shop.gone_on(restored);
    shop.run("wait 62");
    assert!(give_up(&mut shop) && !give_up(&mut shop));
    shop.engine.state().audit();
    let shown = shop.run("show 2");
    assert_eq!(shop.verdict(&shown), "accepted cancelled parcels=0 cost=0 0:1cancelled");
}

#[test]
fn a_drain_gives_up_sixteen_orders_at_most() {
    let mut shop = shop();
    for order in 1..=20 {
        shop.run(&format!("place {order} 1 backorder B:1"));
        shop.run(&format!("cancel_at {order} 60"));
    }
    let mut writer = Writer::new(shop.engine);
    let now = EngineTime::new(60_000_000_000);
    let left = |writer: &Writer| writer.engine().state().totals.open_orders;
    for (worked, after) in [(true, 4), (true, 0), (false, 0)] {
        let mut batch = Batch::new();
        assert_eq!(writer.give_up(&mut batch, now), worked);
        assert_eq!(left(&writer), after);
        assert_eq!(batch.facts().is_some(), worked);
    }
}

#[test]
fn a_what_if_gives_up_its_own_waiting_units_of_the_order() {
    let mut shop = shop();
    shop.script(
        "policy ONE least_cost warehouses=O
         assign all ONE
         place 1 1 backorder A:2 => accepted open parcels=0 cost=0 0:2waiting
         cancel_at 1 60 => accepted open parcels=0 cost=0 0:2waiting until=60s
         place 2 1 backorder B:2 => accepted open parcels=0 cost=0 0:2waiting
         cancel_at 2 60 => accepted open parcels=0 cost=0 0:2waiting until=60s
         wait 60
         give_up
         receive A O 2 => accepted 2/2",
    );
    let mut what_if = WhatIf::new(1, None);
    what_if.add_default();
    feed(&mut what_if, &shop).unwrap();
    let state = what_if.columns()[0].engine().state();
    let line = |order| {
        let row = state.orders.row(state.order_slot(order_id(order)).unwrap());
        let line = state.orders.lines(row)[0];
        (line.allocated, line.cancelled)
    };
    assert_eq!((line("1"), line("2")), ((2, 0), (0, 2)), "what is allocated here is kept");
    assert_eq!(state.deadlines.first(), None);
    state.audit();
    assert!(what_if.columns()[0].figures().unmapped.is_none());
}
