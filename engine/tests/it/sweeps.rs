//! Sweeps: lines that wait are served when a rule changes, a bar ends or a day begins, although
//! nothing comes in.

mod bounds;
mod random;

use gantry_engine::{Batch, Engine, Sweeping, WhatIf, Writer};
use gantry_model::{
    Actor, Command, EngineTime, MatchEnd, MovementKind, Record, Records, Sku, Sweep,
};

use crate::shop::Shop;
use crate::snapshots::out_and_in;
use crate::what_if::feed;

const DAY_NS: u64 = 24 * 60 * 60 * 1_000_000_000;

/// Two counted SKUs, a bundle of the second, two warehouses of which the first is cheaper.
const NETWORK: &str = "
    sku A
    sku B
    sku KIT unlimited
    bundle KIT B:3
    warehouse N 1
    warehouse O 2
    zone 1
    channel WEB
    cost N 1 5+0
    cost O 1 7+0
";

fn shop() -> Shop {
    let mut shop = Shop::new();
    shop.script(NETWORK);
    shop
}

fn sweeping(shop: &Shop) -> Sweeping {
    shop.engine.state().sweeping
}

/// What every step of a sweep says, and the SKUs that it makes due.
fn steps(shop: &Shop) -> Vec<(u32, u32, MatchEnd, Vec<u32>)> {
    let records = Records::new(shop.records.payload()).map(Result::unwrap);
    let steps = records.filter_map(|record| {
        let Command::Sweep(Sweep { from, last, end }) = record.command else { return None };
        Some((from.get(), last.get(), end, due(&record)))
    });
    steps.collect()
}

/// The SKUs that a step makes due; it does nothing else.
fn due(record: &Record<'_>) -> Vec<u32> {
    assert_eq!((record.actor, record.outcome.head.is_accepted()), (Actor::ENGINE, true));
    assert!(record.movements.iter().all(|it| it.kind() == MovementKind::Due));
    record.movements.iter().map(|it| it.sku().get()).collect()
}

#[test]
fn a_line_that_waits_for_a_full_warehouse_is_served_after_midnight() {
    let mut shop = shop();
    shop.script(
        "receive A N 9 => accepted 9/9
         cost O 1 none
         time 3 10:00
         capacity N units=4
         place 1 1 backorder A:4 => accepted open parcels=1 cost=5 0@N:4
         place 2 1 backorder A:3 => accepted open parcels=0 cost=0 0:3waiting
         settle
         show 2 => accepted open parcels=0 cost=0 0:3waiting
         time 4 00:00
         wait 0 -1",
    );
    assert_eq!(steps(&shop).len(), 1, "the first that waits brings one that finds it full");
    assert_eq!(shop.engine.state().next_sweep(), Some(EngineTime::new(4 * DAY_NS)));
    assert!(!shop.sweep(), "not a nanosecond early");
    shop.script(
        "time 4 00:00
         settle
         show 2 => accepted open parcels=0 cost=0 0@N:3",
    );
    assert_eq!(steps(&shop).len(), 2);
    assert_eq!(sweeping(&shop).begun, EngineTime::new(4 * DAY_NS));
    assert_eq!(shop.engine.state().next_sweep(), None, "nothing waits");
    shop.script(
        "time 9 00:00
         sweep",
    );
    assert_eq!(steps(&shop).len(), 2);
}

/// What is set up before one order waits, the command that lets it be had, and what it gets.
const CHANGES: [[&str; 4]; 8] = [
    ["policy ONE least_cost warehouses=O;assign all ONE", "A:2", "policy ONE least_cost", "0@N:2"],
    ["policy ONE least_cost warehouses=O;assign all ONE", "A:2", "assign all none", "0@N:2"],
    ["policy ONE least_cost warehouses=O;assign all ONE", "A:2", "cost O 1 9+0", ""],
    ["cost N 1 none", "A:2", "cost N 1 6+0", "0@N:2"],
    ["capacity N units=0", "A:2", "capacity N units=1", "0@N:1 0:1waiting"],
    ["warehouse N 1 inactive", "A:2", "warehouse N 1", "0@N:2"],
    ["cost O 1 9+0", "C:2", "sku C unlimited", "0@N:2"],
    ["cost O 1 9+0", "KIT:2", "bundle KIT A:1,B:1", "0@N:2"],
];

#[test]
fn whatever_lets_a_line_be_had_brings_a_sweep_that_serves_it() {
    for [before, line, change, served] in CHANGES {
        let mut shop = shop();
        shop.run("sku C");
        shop.run("receive A N 2");
        shop.run("receive B N 2");
        before.split(';').for_each(|line| drop(shop.run(line)));
        shop.script(&format!("place 1 1 backorder {line}\nsettle"));
        let (waiting, swept) = (sweeping(&shop), steps(&shop).len());
        assert!(!waiting.is_asked, "{before}: what was said before nobody waited");
        shop.script(&format!("{change}\nbook A"));
        assert!(sweeping(&shop).is_asked, "{change}");
        shop.script("settle");
        assert_eq!(steps(&shop).len(), swept + 1, "{change}");
        let shown = shop.run("show 1");
        let served = if served.is_empty() { "0:2waiting" } else { served };
        assert!(shop.verdict(&shown).ends_with(served), "{change}: {}", shop.verdict(&shown));
        assert!(!sweeping(&shop).is_asked && sweeping(&shop).begun > waiting.begun);
    }
}

#[test]
fn what_changes_nothing_for_lines_and_what_nobody_waits_for_asks_for_nothing() {
    let mut shop = shop();
    shop.script(
        "receive A O 1 => accepted 1/1
         cost N 1 6+0
         warehouse N 3
         capacity N units=5
         policy ONE least_cost
         assign all ONE
         settle",
    );
    assert_eq!(sweeping(&shop), Sweeping::default(), "nobody waits");
    assert_eq!(shop.engine.state().next_sweep(), None);
    shop.script(
        "capacity N
         place 1 1 backorder A:2 => accepted open parcels=1 cost=7 0@O:1 0:1waiting
         zone 2
         channel SHOP
         limits lines=9
         price A@N:5
         reserve A@O/WEB:0
         expect 7 A N 5 60
         receive B N 1 => accepted 1/1
         cost O 9 7+0 => unknown_zone
         cancel_at 1 90 => accepted open parcels=1 cost=7 0@O:1 0:1waiting until=90s",
    );
    assert_eq!(sweeping(&shop), Sweeping::default());
    shop.script("match");
    assert!(!shop.sweep());
}

#[test]
fn a_bar_that_ends_lets_the_warehouse_be_asked_again() {
    let mut shop = shop();
    shop.script(
        "receive A N 3 => accepted 3/3
         place 1 1 backorder A:2 => accepted open parcels=1 cost=5 0@N:2
         time 0 00:01
         reject 1 refused 60 0@N:2 => accepted open parcels=1 cost=5 0:2waiting
         settle
         show 1 => accepted open parcels=1 cost=5 0:2waiting
         time 0 00:02
         wait 0 -1",
    );
    assert_eq!(shop.engine.state().next_sweep(), Some(EngineTime::new(120_000_000_000)));
    assert!(!shop.sweep() && steps(&shop).is_empty(), "not a nanosecond early");
    shop.script(
        "time 0 00:02
         settle
         show 1 => accepted open parcels=1 cost=5 0@N:2",
    );
    assert_eq!(steps(&shop), [(0, 2, MatchEnd::Over, vec![0])]);
    // It has ended before the sweep began: another line that waits brings none.
    shop.script("place 2 1 backorder A:9 => accepted open parcels=1 cost=5 0@N:1 0:8waiting");
    assert_eq!(shop.engine.state().next_sweep(), None);
}

#[test]
fn the_bar_of_a_closed_order_ends_for_nobody() {
    let mut shop = shop();
    shop.script(
        "receive A N 3 => accepted 3/3
         place 1 1 backorder A:2 => accepted open parcels=1 cost=5 0@N:2
         place 2 1 backorder A:2 => accepted open parcels=1 cost=5 0@N:1 0:1waiting
         reject 1 refused 60 0@N:1 => accepted open parcels=1 cost=5 0@N:1 0:1waiting
         reject 1 refused 90 0@N:1 => accepted open parcels=1 cost=5 0:2waiting
         match",
    );
    let next = |shop: &Shop| shop.engine.state().next_sweep().map(|at| at.get() / 1_000_000_000);
    assert_eq!(next(&shop), Some(90), "the longer one");
    shop.script("cancel 1 => accepted cancelled parcels=1 cost=5 0:2cancelled");
    assert_eq!(next(&shop), None);
}

#[test]
fn a_sku_is_looked_at_where_something_of_it_is_there_for_everybody() {
    let mut shop = shop();
    shop.script(
        "sku C
         sku D
         receive C N 2 => accepted 2/2
         reserve C@N:2
         receive D N 2 => accepted 2/2
         reserve D@N/WEB:2
         receive A N 2 => accepted 2/2
         warehouse P 3
         cost P 1 9+0
         cost N 1 none
         cost O 1 none
         place 1 1 backorder A:1 => accepted open parcels=0 cost=0 0:1waiting
         place 2 1 backorder B:1,KIT:1 => accepted open parcels=0 cost=0 0:1waiting 1:1waiting
         place 3 1 backorder C:1,D:1 => accepted open parcels=0 cost=0 0:1waiting 1:1waiting
         warehouse O 3
         sweep",
    );
    // Nothing of B; all of C is safety stock; a bundle is looked at whatever it is made of.
    assert_eq!(steps(&shop), [(0, 4, MatchEnd::Over, vec![0, 2, 4])]);
}

#[test]
fn units_that_are_kept_for_a_line_are_something_that_is_there() {
    let mut shop = shop();
    shop.script(
        "place 1 1 wait_complete A:2,B:1 => accepted open parcels=0 cost=0 0:2waiting 1:1waiting
         receive A N 2 => accepted 0/2
         match
         book A => accepted 2+2 1/0:2
         stock A => accepted N:0/2
         cost O 1 8+0
         sweep",
    );
    assert_eq!(steps(&shop), [(0, 2, MatchEnd::Over, vec![0])]);
}

#[test]
fn what_is_due_is_matched_before_the_next_step() {
    let mut shop = shop();
    shop.script(
        "place 1 1 backorder A:1 => accepted open parcels=0 cost=0 0:1waiting
         place 2 1 backorder A:1,B:1 => accepted open parcels=0 cost=0 0:1waiting 1:1waiting
         cost O 1 8+0
         receive A N 1 => accepted 0/1
         sweep",
    );
    assert!(steps(&shop).is_empty() && sweeping(&shop).is_asked, "it waits for what is due");
    let (mut writer, mut batch) = (Writer::new(shop.engine), Batch::new());
    let now = EngineTime::new(1_000_000_000);
    assert!(!writer.sweep(&mut batch, now));
    assert!(writer.match_waiting(&mut batch, now));
    assert!(writer.sweep(&mut batch, now));
    assert!(!writer.sweep(&mut batch, now));
    assert_eq!(writer.engine().state().sweeping.begun, now);
}

#[test]
fn a_client_cannot_sweep_and_a_repeated_command_asks_for_nothing() {
    let mut shop = shop();
    let own = Sweep { from: Sku::new(0), last: Sku::new(0), end: MatchEnd::Over };
    let reply = shop.send(&Command::Sweep(own));
    assert_eq!(shop.verdict(&reply), "not_for_clients");
    let active = gantry_model::UpsertWarehouse {
        id: gantry_model::CommandId::new(5_000_000),
        priority: 1,
        active: true,
        code: "N",
    };
    shop.must(&Command::UpsertWarehouse(active));
    shop.run("place 1 1 backorder A:1");
    let again = shop.send(&Command::UpsertWarehouse(active));
    assert!(shop.verdict(&again).starts_with("duplicate"));
    assert_eq!(sweeping(&shop), Sweeping::default());
}

#[test]
fn a_restart_knows_that_a_sweep_is_asked_for() {
    let mut shop = shop();
    shop.script(
        "receive A O 2 => accepted 2/2
         cost O 1 none
         place 1 1 backorder A:2 => accepted open parcels=0 cost=0 0:2waiting
         cost O 1 7+0",
    );
    let restored = out_and_in(&shop.engine);
    assert_eq!(restored.state().sweeping, Sweeping { is_asked: true, ..Sweeping::default() });
    assert_eq!(restored.state_hash(), shop.engine.state_hash());
    assert_eq!(restored.state().recompute_hash(), shop.engine.state_hash());
    let mut gone_on = shop.gone_on(restored);
    gone_on.settle();
    shop.settle();
    assert_eq!(gone_on.engine.state_hash(), shop.engine.state_hash());
    assert_eq!(sweeping(&shop).begun, shop.engine.state().sweeping.begun);
    let shown = shop.run("show 1");
    assert_eq!(shop.verdict(&shown), "accepted open parcels=0 cost=0 0@O:2");
    let restored = out_and_in(&shop.engine);
    assert_eq!(restored.state().sweeping, sweeping(&shop), "when it was is known, too");
}

#[test]
fn a_what_if_sweeps_where_its_own_lines_wait() {
    let mut shop = shop();
    shop.script(
        "receive A N 9 => accepted 9/9
         receive A O 9 => accepted 9/9
         time 3 10:00
         capacity N units=4
         capacity O units=1
         policy ONE least_cost warehouses=N
         assign all ONE
         place 1 1 backorder A:4 => accepted open parcels=1 cost=5 0@N:4
         place 2 1 backorder A:3 => accepted open parcels=0 cost=0 0:3waiting
         settle
         time 4 01:00
         settle
         show 2 => accepted open parcels=0 cost=0 0@N:3
         place 3 1 backorder A:1 => accepted open parcels=1 cost=5 0@N:1
         time 5 01:00
         zone 2",
    );
    let mut what_if = WhatIf::new(1, None);
    what_if.add_default();
    feed(&mut what_if, &shop).unwrap();
    let state = what_if.columns()[0].engine().state();
    state.audit();
    let waiting = |engine: &Engine| engine.state().totals.backordered;
    // Here one of the second order's units came from O at once; the others came a day later.
    assert_eq!((waiting(&shop.engine), waiting(what_if.columns()[0].engine())), (0, 0));
    assert_eq!(state.sweeping.begun, sweeping(&shop).begun, "a recorded step is one of its own");
    assert!(what_if.columns()[0].figures().unmapped.is_none());
}
