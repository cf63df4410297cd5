//! Holds end at their time, whether anybody asks or not.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use gantry_engine::{Instance, LocalInstance};
use gantry_gateway::{Host, Loop, Rest, ServerOptions, SteppedServer};
use gantry_journal::{FaultStorage, Faults, FileStorage};
use gantry_model::{
    Actor, Channel, Command, CommandId, EngineTime, HoldId, HoldStatus, Item, Items, OrderLine,
    PlaceHold, Query, Reply, ReplyBody, ShortMode, Sku, Warehouse, Zone,
};
use tempfile::TempDir;

use crate::harness::{TestServer, UNITS, bytes_of, furniture, order, order_of, small, start_on};

const HOLD: HoldId = CommandId::new(77);
pub(crate) const SECOND: u64 = 1_000_000_000;
/// When the hold of [`folder`] is placed.
pub(crate) const PLACED: EngineTime = EngineTime::new(1_000 * SECOND);

/// A hold of `units` lamps.
fn hold(units: u32, ttl_seconds: u32) -> Vec<u8> {
    let lines = [OrderLine::new(Sku::new(0), units)];
    bytes_of(&Command::PlaceHold(PlaceHold {
        id: HOLD,
        owner: 7,
        replaces: HoldId::NONE,
        ttl_seconds,
        zone: Zone::new(0),
        warehouse: Warehouse::NONE,
        channel: Channel::NONE,
        partial: false,
        lines: &lines,
    }))
}

#[test]
fn a_hold_frees_its_units_while_nobody_asks() {
    let test = TestServer::start();
    test.furnish();
    let before = test.server.stats().journal_records;
    let mut wire = test.connect();
    wire.send_commands(1, &[hold(1_000, 1), order(1, 1_000)]);
    assert_eq!(wire.next_replies(1).accepted, 2);
    drop(wire);
    let drains = test.server.stats().engine_drains;
    test.wait_for("the end of the hold", |stats| stats.journal_records == before + 3);
    let drains = test.server.stats().engine_drains - drains;
    assert!(drains <= 2, "{drains} drains of an idle engine");

    let mut wire = test.connect();
    wire.send_queries(2, &[Query::ReadHold(HOLD), Query::ReadStock(Sku::new(0))]);
    let frame = wire.next().unwrap();
    let items: Vec<_> = Items::new(&frame.payload, 1 << 20).map(Result::unwrap).collect();
    let ReplyBody::Hold { head, rows } = Reply::parse(&items[0]).unwrap().body else { panic!() };
    assert_eq!((head.status(), rows.len()), (Some(HoldStatus::Ended), 0));
    let ReplyBody::Stock { cells, .. } = Reply::parse(&items[1]).unwrap().body else { panic!() };
    assert_eq!(cells[0].held.get(), 0);
    let (folder, report) = test.stop();
    let server = start_on(folder.path(), |_| {}, None).unwrap();
    assert_eq!(server.opened().state_hash, report.state_hash);
}

/// A clock that stands until it is set.
#[derive(Debug)]
pub(crate) struct StillHost(pub(crate) AtomicU64);

impl Host for StillHost {
    fn monotonic(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Relaxed))
    }

    fn wall(&self) -> Duration {
        self.monotonic()
    }

    fn random(&self) -> u64 {
        5
    }
}

/// A folder whose journal ends with a hold of a minute, and an order that waits for its units.
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    let options = small(folder.path()).journal;
    let storage = Box::new(FileStorage::new());
    let lines = [OrderLine::new(Sku::new(0), UNITS / 100); 100];
    let waiting = bytes_of(&Command::PlaceOrder(order_of(1, &lines, ShortMode::Backorder)));
    let mut instance =
        LocalInstance::from(Instance::open(folder.path(), options, storage, 1).unwrap());
    for bytes in furniture().iter().chain([&hold(1_000, 60), &waiting]) {
        let (item, _) = Item::split(bytes, usize::MAX).unwrap();
        let command = Command::parse(&item).unwrap();
        instance.execute(&command, Actor::CLIENT_MIN, PLACED).unwrap();
    }
    assert_eq!(instance.engine().state().totals.held, 1_000);
    instance.close().unwrap();
    folder
}

/// A server on the folder whose clock stands `after` nanoseconds behind the hold.
pub(crate) fn stepped(
    folder: &Path,
    after: u64,
    faults: &Faults,
) -> (SteppedServer, Arc<StillHost>) {
    let host = Arc::new(StillHost(AtomicU64::new(PLACED.get() + after)));
    let options: ServerOptions = small(folder);
    let storage = Arc::new(FaultStorage::new(faults));
    let server = SteppedServer::open(&options, storage, Arc::clone(&host) as Arc<dyn Host>);
    (server.unwrap(), host)
}

fn holds(server: &SteppedServer) -> usize {
    server.engine().state().holds.len()
}

#[test]
fn an_idle_engine_sleeps_until_the_end_of_the_first_hold_and_ends_it_to_the_nanosecond() {
    let folder = folder();
    let (mut server, host) = stepped(folder.path(), 0, &Faults::new());
    let Rest::Bell(Some(rest)) = server.turn(Loop::Engine).unwrap() else { panic!() };
    let minute = Duration::from_secs(60);
    assert!((minute..minute + Duration::from_secs(1)).contains(&rest), "{rest:?}");
    host.0.store(PLACED.get() + 60 * SECOND - 1, Ordering::Relaxed);
    let rest = server.turn(Loop::Engine).unwrap();
    assert!(matches!(rest, Rest::Bell(Some(rest)) if rest < Duration::from_millis(1)), "{rest:?}");
    assert_eq!(holds(&server), 1);
    host.0.store(PLACED.get() + 60 * SECOND, Ordering::Relaxed);
    assert_eq!(server.turn(Loop::Engine).unwrap(), Rest::Again);
    assert_eq!(holds(&server), 0);
    assert_eq!(server.engine().last_time().get(), PLACED.get() + 60 * SECOND);
    assert_eq!(server.turn(Loop::Engine).unwrap(), Rest::Bell(None));
    let hash = server.stop(|| true).unwrap().state_hash();
    let (server, _) = stepped(folder.path(), 61 * SECOND, &Faults::new());
    assert_eq!(server.engine().state_hash(), hash, "the record is in the journal");
}

#[test]
fn what_came_to_its_end_while_the_server_was_down_is_ended_at_its_start_and_not_at_its_stop() {
    let folder = folder();
    let (server, _) = stepped(folder.path(), 60 * SECOND, &Faults::new());
    assert_eq!(server.stop(|| true).unwrap().state().holds.len(), 1, "a stop does not wait");
    let (mut server, _) = stepped(folder.path(), 600 * SECOND, &Faults::new());
    assert_eq!(server.turn(Loop::Engine).unwrap(), Rest::Again);
    assert_eq!(holds(&server), 0);
}

#[test]
fn a_full_disk_keeps_no_hold_from_its_end() {
    let folder = folder();
    let faults = Faults::new();
    let (mut server, host) = stepped(folder.path(), 0, &faults);
    faults.fill_disk();
    for _ in 0..9 {
        server.turn(Loop::Preparer).unwrap();
    }
    host.0.store(PLACED.get() + 60 * SECOND, Ordering::Relaxed);
    assert_eq!(server.turn(Loop::Engine).unwrap(), Rest::Again);
    let state = server.engine().state();
    assert!(state.holds.is_empty());
    // What nobody asked for is left: the disk is full.
    assert!(state.matching.is_due(Sku::new(0)));
    assert_eq!(state.totals.held, 1_000, "set aside");
    server.turn(Loop::Journal).unwrap();
    assert_eq!(server.stats().journal_records, 1);
}
