//! Promises are broken at their time, whether anybody asks or not.

use std::sync::atomic::Ordering;
use std::time::Duration;

use gantry_engine::{Instance, LocalInstance};
use gantry_gateway::{Loop, Rest, SteppedServer};
use gantry_journal::{Faults, FileStorage};
use gantry_model::{
    Actor, Command, CommandId, EngineSecond, ExpectSupply, Item, OrderLine, ShortMode, Sku,
    Warehouse,
};
use tempfile::TempDir;

use crate::harness::{UNITS, bytes_of, furniture, order_of, small};
use crate::holds::{PLACED, SECOND, stepped};

/// A folder whose journal ends with an order that is promised its units a minute later.
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    let options = small(folder.path()).journal;
    let storage = Box::new(FileStorage::new());
    let supply = bytes_of(&Command::ExpectSupply(ExpectSupply {
        id: CommandId::new(77),
        sku: Sku::new(0),
        warehouse: Warehouse::new(0),
        quantity: 5,
        eta: EngineSecond::new(1_060),
    }));
    let all = [OrderLine::new(Sku::new(0), UNITS / 100); 100];
    let all = bytes_of(&Command::PlaceOrder(order_of(1, &all, ShortMode::Backorder)));
    let more = [OrderLine::new(Sku::new(0), 3)];
    let more = bytes_of(&Command::PlaceOrder(order_of(2, &more, ShortMode::Backorder)));
    let mut instance =
        LocalInstance::from(Instance::open(folder.path(), options, storage, 1).unwrap());
    for bytes in furniture().iter().chain([&supply, &all, &more]) {
        let (item, _) = Item::split(bytes, usize::MAX).unwrap();
        let command = Command::parse(&item).unwrap();
        instance.execute(&command, Actor::CLIENT_MIN, PLACED).unwrap();
    }
    assert_eq!(instance.engine().state().promises.len(), 1);
    instance.close().unwrap();
    folder
}

fn promises(server: &SteppedServer) -> usize {
    server.engine().state().promises.len()
}

#[test]
fn an_idle_engine_sleeps_until_the_first_promise_and_breaks_it_to_the_nanosecond() {
    let folder = folder();
    let (mut server, host) = stepped(folder.path(), 0, &Faults::new());
    let Rest::Bell(Some(rest)) = server.turn(Loop::Engine).unwrap() else { panic!() };
    let minute = Duration::from_secs(60);
    assert!((minute..minute + Duration::from_secs(1)).contains(&rest), "{rest:?}");
    host.0.store(PLACED.get() + 60 * SECOND - 1, Ordering::Relaxed);
    let rest = server.turn(Loop::Engine).unwrap();
    assert!(matches!(rest, Rest::Bell(Some(rest)) if rest < Duration::from_millis(1)), "{rest:?}");
    assert_eq!(promises(&server), 1);
    host.0.store(PLACED.get() + 60 * SECOND, Ordering::Relaxed);
    assert_eq!(server.turn(Loop::Engine).unwrap(), Rest::Again);
    assert_eq!(promises(&server), 0);
    while server.turn(Loop::Engine).unwrap() == Rest::Again {}
    let state = server.engine().state();
    assert!(state.reviews.is_empty());
    assert_eq!(state.last_time().get(), PLACED.get() + 60 * SECOND);
    assert_eq!(server.turn(Loop::Engine).unwrap(), Rest::Bell(None));
    let hash = server.stop(|| true).unwrap().state_hash();
    let (server, _) = stepped(folder.path(), 61 * SECOND, &Faults::new());
    assert_eq!(server.engine().state_hash(), hash, "the records are in the journal");
}

#[test]
fn a_stop_or_a_full_disk_breaks_no_promise() {
    let folder = folder();
    let (server, _) = stepped(folder.path(), 60 * SECOND, &Faults::new());
    assert_eq!(server.stop(|| true).unwrap().state().promises.len(), 1, "a stop does not wait");
    let faults = Faults::new();
    let (mut server, host) = stepped(folder.path(), 0, &faults);
    faults.fill_disk();
    for _ in 0..9 {
        server.turn(Loop::Preparer).unwrap();
    }
    host.0.store(PLACED.get() + 60 * SECOND, Ordering::Relaxed);
    // It does not wake for what it may not do.
    assert_eq!(server.turn(Loop::Engine).unwrap(), Rest::Bell(None));
    assert_eq!(promises(&server), 1);
}
