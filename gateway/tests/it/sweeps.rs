//! Books are swept when a day begins or a bar ends, whether anybody asks or not.

use std::sync::atomic::Ordering;
use std::time::Duration;

use gantry_engine::{Instance, LocalInstance};
use gantry_gateway::{Loop, Rest, SteppedServer};
use gantry_journal::{Faults, FileStorage};
use gantry_model::{
    Actor, Command, CommandId, EngineTime, Item, OrderLine, SetCapacity, ShortMode, Sku, Warehouse,
};
use tempfile::TempDir;

use crate::harness::{bytes_of, furniture, order_of, small};
use crate::holds::{PLACED, SECOND, stepped};

const DAY: u64 = 24 * 60 * 60 * SECOND;

/// A folder whose journal ends with an order that waits for the units of another day.
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    let options = small(folder.path()).journal;
    let storage = Box::new(FileStorage::new());
    let capacity = bytes_of(&Command::SetCapacity(SetCapacity {
        id: CommandId::new(77),
        warehouse: Warehouse::new(0),
        cut_off_minute: u16::MAX,
        orders_per_day_max: u32::MAX,
        units_per_day_max: 5,
    }));
    let lines = [OrderLine::new(Sku::new(0), 5)];
    let first = bytes_of(&Command::PlaceOrder(order_of(1, &lines, ShortMode::Backorder)));
    let second = bytes_of(&Command::PlaceOrder(order_of(2, &lines, ShortMode::Backorder)));
    let mut instance =
        LocalInstance::from(Instance::open(folder.path(), options, storage, 1).unwrap());
    for bytes in furniture().iter().chain([&capacity, &first, &second]) {
        let (item, _) = Item::split(bytes, usize::MAX).unwrap();
        let command = Command::parse(&item).unwrap();
        instance.execute(&command, Actor::CLIENT_MIN, PLACED).unwrap();
        instance.match_waiting(PLACED).unwrap();
    }
    instance.close().unwrap();
    folder
}

fn waiting(server: &SteppedServer) -> u64 {
    server.engine().state().totals.backordered
}

/// Lets the engine work until it rests.
fn rest(server: &mut SteppedServer) -> Rest {
    loop {
        let rest = server.turn(Loop::Engine).unwrap();
        if rest != Rest::Again {
            return rest;
        }
    }
}

#[test]
fn an_idle_engine_sleeps_until_midnight_and_serves_who_waits_to_the_nanosecond() {
    let folder = folder();
    let (mut server, host) = stepped(folder.path(), 0, &Faults::new());
    assert_eq!(waiting(&server), 5);
    let Rest::Bell(Some(first)) = rest(&mut server) else { panic!() };
    let left = Duration::from_nanos(DAY - PLACED.get());
    assert!((left..left + left / 32).contains(&first), "{first:?}");
    host.0.store(DAY - 1, Ordering::Relaxed);
    let early = rest(&mut server);
    assert!(matches!(early, Rest::Bell(Some(it)) if it < Duration::from_millis(1)), "{early:?}");
    assert_eq!(waiting(&server), 5);
    host.0.store(DAY, Ordering::Relaxed);
    assert_eq!(server.turn(Loop::Engine).unwrap(), Rest::Again);
    assert_eq!(rest(&mut server), Rest::Bell(None), "nobody waits any more");
    assert_eq!(waiting(&server), 0);
    assert_eq!(server.engine().last_time(), EngineTime::new(DAY));
    let hash = server.stop(|| true).unwrap().state_hash();
    let (server, _) = stepped(folder.path(), DAY, &Faults::new());
    assert_eq!(server.engine().state_hash(), hash, "the records are in the journal");
}

#[test]
fn a_stop_or_a_full_disk_sweeps_nothing() {
    let folder = folder();
    let (server, _) = stepped(folder.path(), DAY, &Faults::new());
    assert_eq!(server.stop(|| true).unwrap().state().totals.backordered, 5, "it does not wait");
    let faults = Faults::new();
    let (mut server, host) = stepped(folder.path(), 0, &faults);
    faults.fill_disk();
    for _ in 0..9 {
        server.turn(Loop::Preparer).unwrap();
    }
    host.0.store(DAY, Ordering::Relaxed);
    // It does not wake for what it may not do.
    assert_eq!(server.turn(Loop::Engine).unwrap(), Rest::Bell(None));
    assert_eq!(waiting(&server), 5);
}
