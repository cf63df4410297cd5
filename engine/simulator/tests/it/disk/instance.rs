//! A whole instance on the simulated disk: journal, snapshots and archive, which dies at every call.

use std::path::Path;
use std::sync::Arc;

use gantry_engine::{
    ArchiveError, ArchiveLimits, InstanceError, LocalInstance, Moment, ReplayCheck, Shadow,
    SnapshotError, Start, list_snapshots, read_snapshot, replay_directory, trim_instance,
};
use gantry_journal::{JournalError, JournalOptions, Storage};
use gantry_model::{
    Actor, AdjustReason, Channel, Command, CommandId, CostRow, EngineTime, HoldId, Item, OrderId,
    OrderLine, OrderUnits, PlaceOrder, Query, Reply, ReplyStatus, Sequence, SetCosts, ShortMode,
    Sku, StockChange, StockState, UpsertCode, UpsertSku, UpsertWarehouse, Warehouse, Zone,
};
use gantry_simulator::disk::{DiskFault, DiskRates, SimDisk, is_death};
use gantry_simulator::random::{Stream, stream};
use rand::RngExt;

use super::disk;

const FOLDER: &str = "/shop";
const ORDERS: u128 = 14;
/// Orders of a session, behind which their rows are archived and a snapshot is made.
const SESSION: u128 = 5;
const ALL: Moment = Moment { sequence: Sequence::MAX, time: EngineTime::new(77) };
const EVEN_ONE: ArchiveLimits = ArchiveLimits { rows_min: 1, orders_max: 3, commands_max: 64 };

fn open(disk: &SimDisk) -> Result<LocalInstance, InstanceError> {
    let options = JournalOptions {
        new_instance_id: 7,
        segment_bytes: 1 << 20,
        segments_spare: 1,
        ..JournalOptions::default()
    };
    LocalInstance::open(Path::new(FOLDER), options, Box::new(disk.mounted()), 1)
}

/// One SKU in one warehouse, a thousand units.
fn shop(costs: &[CostRow]) -> [Command<'_>; 5] {
    let id = CommandId::new;
    let (sku, warehouse) = (Sku::new(0), Warehouse::new(0));
    let (order_max, tracked, backorder, active) = (0, true, true, true);
    [
        Command::UpsertZone(UpsertCode { id: id(1), code: "EU" }),
        Command::UpsertSku(UpsertSku {
            id: id(2),
            order_max,
            tracked,
            backorder,
            active,
            code: "A",
        }),
        Command::UpsertWarehouse(UpsertWarehouse { id: id(3), priority: 1, active, code: "N" }),
        Command::SetCosts(SetCosts { id: id(4), warehouse, rows: costs }),
        Command::Receive(StockChange {
            id: id(5),
            sku,
            warehouse,
            quantity: 1_000,
            reason: AdjustReason::None,
            state: StockState::OnHand,
            note: "",
        }),
    ]
}

fn order(number: u128, lines: &[OrderLine]) -> Command<'_> {
    Command::PlaceOrder(PlaceOrder {
        id: OrderId::new(1_000 + number),
        hold: HoldId::NONE,
        customer: 1,
        value_minor: 100,
        currency: *b"EUR\0",
        zone: Zone::new(0),
        channel: Channel::NONE,
        priority_class: 3,
        service_level: 4,
        short: ShortMode::Backorder,
        reference: "",
        lines,
    })
}

fn status(reply: &[u8]) -> ReplyStatus {
    let (item, _) = Item::split(reply, 1 << 20).unwrap();
    Reply::parse(&item).unwrap().status
}

fn execute(instance: &mut LocalInstance, command: &Command<'_>) -> Result<(), InstanceError> {
    let status = status(&instance.execute(command, Actor::IMPORT, EngineTime::new(50))?);
    assert!(matches!(status, ReplyStatus::Accepted | ReplyStatus::Duplicate), "{status:?}");
    Ok(())
}

/// Opens, checks what is there, closes some orders, archives, closes, makes a snapshot.
fn session(disk: &SimDisk, acknowledged: &mut u128) -> Result<(), InstanceError> {
    let mut instance = open(disk)?;
    check(&mut instance, *acknowledged)?;
    let costs = [CostRow::serves(Zone::new(0), 100, 10, 1)];
    shop(&costs).iter().try_for_each(|command| execute(&mut instance, command))?;
    close_orders(&mut instance, acknowledged)?;
    while instance.archive(ALL, &EVEN_ONE)?.is_some() {}
    instance.close()?;
    snapshot(disk)?;
    Ok(())
}

fn snapshot(disk: &SimDisk) -> Result<(), SnapshotError> {
    let storage: Arc<dyn Storage> = Arc::new(disk.mounted());
    let mut shadow = Shadow::begin(Path::new(FOLDER), storage, 3)?;
    while shadow.step()? {}
    shadow.finish(&mut || true).map(drop)
}

/// Opens the shop and closes the first orders.
fn close_orders_of_a_new_shop(instance: &mut LocalInstance) -> u128 {
    let costs = [CostRow::serves(Zone::new(0), 100, 10, 1)];
    shop(&costs).iter().for_each(|command| execute(instance, command).unwrap());
    let mut acknowledged = 0;
    close_orders(instance, &mut acknowledged).unwrap();
    acknowledged
}

/// Places and cancels the orders of a session, each durable before the next.
fn close_orders(
    instance: &mut LocalInstance,
    acknowledged: &mut u128,
) -> Result<(), InstanceError> {
    let last = ORDERS.min(*acknowledged + SESSION);
    while *acknowledged < last {
        let lines = [OrderLine::new(Sku::new(0), 2)];
        execute(instance, &order(*acknowledged, &lines))?;
        let id = CommandId::new(5_000 + *acknowledged);
        let order = OrderId::new(1_000 + *acknowledged);
        let cancel = OrderUnits { id, order, units: &[] };
        execute(instance, &Command::CancelOrder(cancel))?;
        instance.commit()?;
        *acknowledged += 1;
    }
    Ok(())
}

/// Every acknowledged order is known, in memory or in the archive, and all tables agree.
fn check(instance: &mut LocalInstance, acknowledged: u128) -> Result<(), InstanceError> {
    for number in 0..acknowledged {
        let reply = instance.query(&Query::ReadOrder(OrderId::new(1_000 + number)))?;
        assert_eq!(status(&reply), ReplyStatus::Answered, "order {number} of {acknowledged}");
        let lines = [OrderLine::new(Sku::new(0), 2)];
        let again = instance.execute(&order(number, &lines), Actor::IMPORT, EngineTime::new(60))?;
        assert_eq!(status(&again), ReplyStatus::Duplicate, "order {number} of {acknowledged}");
    }
    let state = instance.engine().state();
    state.audit();
    assert_eq!(state.hash(), state.recompute_hash());
    Ok(())
}

/// Sessions until all orders are closed; every one of them may die. Returns how many did.
fn lives(disk: &SimDisk, nth: u64, is_power: bool, seed: u64) -> u32 {
    let mut random = stream(seed, Stream::Faults);
    let (mut acknowledged, mut deaths) = (0, 0);
    disk.die_at(nth);
    while acknowledged < ORDERS {
        match session(disk, &mut acknowledged) {
            Ok(()) => continue,
            Err(error) => assert!(is_death(&error), "{nth} {is_power} {seed}: {error}"),
        }
        deaths += 1;
        if is_power {
            disk.crash_power()
        } else {
            disk.crash_process()
        }
        if deaths < 3 {
            disk.die_at(random.random_range(1..120));
        }
    }
    // One session more: the last one may have ended in the middle of its archive.
    disk.crash_power();
    session(disk, &mut acknowledged).unwrap();
    deaths
}

#[test]
fn an_instance_survives_its_death_at_every_call() {
    let whole = disk(0);
    assert_eq!(lives(&whole, u64::MAX, true, 0), 0);
    let calls = whole.counts().calls;
    assert!(calls > 300, "{calls} calls");
    let mut deaths = 0_u64;
    for nth in 1..=calls {
        for is_power in [false, true] {
            let seed = nth << 1 | u64::from(is_power);
            let disk = disk(seed);
            deaths += u64::from(lives(&disk, nth, is_power, seed));
            let mut instance = open(&disk).unwrap();
            check(&mut instance, ORDERS).unwrap();
            assert_eq!(instance.engine().state().archives.orders(), 14, "all have left memory");
            let hash = instance.engine().state_hash();
            instance.close().unwrap();
            let storage: Arc<dyn Storage> = Arc::new(disk.clone());
            let start = Start::without_snapshot(5);
            let check = ReplayCheck::Decide;
            let folder = Path::new(FOLDER);
            let replayed =
                replay_directory(start, &storage, folder, check, Sequence::MAX, &mut |_| {});
            assert_eq!(replayed.unwrap().engine.state_hash(), hash, "{nth} {is_power}");
        }
    }
    assert!(deaths > 2 * calls, "{deaths} deaths at {calls} calls");
}

/// Whether an error says that something acknowledged is gone, or is not what it was.
fn is_loss(error: &InstanceError) -> bool {
    use InstanceError::{Archive, Journal, Snapshot};
    match error {
        Archive(ArchiveError::Io { .. }) => false,
        Archive(_) | Snapshot(SnapshotError::Replay { .. }) => true,
        Journal(error) | Snapshot(SnapshotError::Journal(error)) => {
            use JournalError::{BookmarkLost, Damage, Trimmed, Visit};
            matches!(error, BookmarkLost(_) | Damage(_) | Trimmed { .. } | Visit { .. })
        }
        Snapshot(_) => false,
    }
}

/// Syncs, writes and reads fail at random, and the process dies.
#[test]
fn an_instance_on_a_disk_that_fails_at_random_loses_nothing() {
    let mut lives = 0_u32;
    for seed in 0..100 {
        let (disk, mut random) = (disk(seed), stream(seed, Stream::Faults));
        let mut share = || random.random_range(0..20_000) * random.random_range(0..2);
        disk.set_rates(DiskRates {
            sync_errors: share(),
            write_errors: share(),
            read_errors: share() / 4,
            ..DiskRates::default()
        });
        let mut acknowledged = 0;
        while acknowledged < ORDERS {
            if let Err(error) = session(&disk, &mut acknowledged) {
                assert!(!is_loss(&error), "{seed}: {error}");
                lives += 1;
                if random.random_bool(0.5) {
                    disk.crash_power()
                } else {
                    disk.crash_process()
                }
                disk.die_at(random.random_range(1..600));
                if lives.is_multiple_of(20) {
                    disk.heal();
                }
            }
        }
        disk.heal();
        disk.crash_power();
        check(&mut open(&disk).unwrap(), ORDERS).unwrap();
    }
    assert!(lives > 300, "{lives}");
}

/// A server tries the archive again after an error, in the same process. What it then lets go from
/// memory must be on the disk, whatever it was that failed.
#[test]
fn a_sync_that_fails_once_while_archiving_costs_no_order() {
    let mut failures = 0;
    for nth in 1.. {
        let mut has_failed = false;
        for seed in 0..20 {
            let disk = disk(seed);
            let mut instance = open(&disk).unwrap();
            let acknowledged = close_orders_of_a_new_shop(&mut instance);
            disk.fail_once(DiskFault::SyncError, nth);
            match instance.archive(ALL, &EVEN_ONE) {
                Err(InstanceError::Archive(_)) => {
                    assert!(instance.archive(ALL, &EVEN_ONE).unwrap().is_some());
                    instance.commit().unwrap();
                }
                // A journal whose sync failed ends the process.
                archived => drop(archived.map(drop)),
            }
            has_failed |= disk.counts().of(DiskFault::SyncError) > 0;
            disk.heal();
            drop(instance);
            disk.crash_power();
            check(&mut open(&disk).unwrap(), acknowledged).unwrap();
        }
        if !has_failed {
            break;
        }
        failures += 1;
    }
    assert!(failures >= 3, "{failures} syncs");
}

/// A trim keeps two good snapshots. One that was named, and whose name could not be synced, counts
/// as good: the trim makes it durable before it deletes anything.
#[test]
fn what_a_trim_rests_on_is_there_although_a_sync_failed_when_it_was_made() {
    let mut failures = 0;
    for nth in 1.. {
        let mut has_failed = false;
        for seed in 0..20 {
            let disk = disk(seed);
            let mut instance = open(&disk).unwrap();
            let mut acknowledged = close_orders_of_a_new_shop(&mut instance);
            instance.close().unwrap();
            snapshot(&disk).unwrap();
            let mut instance = open(&disk).unwrap();
            close_orders(&mut instance, &mut acknowledged).unwrap();
            instance.close().unwrap();
            disk.fail_once(DiskFault::SyncError, nth);
            if snapshot(&disk).is_err() {
                snapshot(&disk).unwrap();
            }
            has_failed |= disk.counts().of(DiskFault::SyncError) > 0;
            disk.heal();
            let storage: Arc<dyn Storage> = Arc::new(disk.mounted());
            trim_instance(&storage, Path::new(FOLDER), u64::MAX, 1).unwrap();
            disk.crash_power();
            let there = list_snapshots(&disk, Path::new(FOLDER)).unwrap();
            assert_eq!(there.len(), 2, "seed {seed}, sync {nth}");
            there.iter().for_each(|path| drop(read_snapshot(&disk, path, 1).unwrap()));
            check(&mut open(&disk).unwrap(), acknowledged).unwrap();
        }
        if !has_failed {
            break;
        }
        failures += 1;
    }
    assert!(failures >= 2, "{failures} syncs");
}
