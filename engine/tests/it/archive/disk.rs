//! Disks that fail, and power that goes, while an archive file is made.

use std::path::Path;
use std::sync::Arc;

use gantry_engine::{
    ArchiveError, ArchiveFacts, ArchiveFiles, ArchiveFolder, Engine, InstanceError, LocalInstance,
    build_archive,
};
use gantry_journal::{DiskCall, DiskError, DiskWhen, FaultStorage, Faults, Storage};
use gantry_model::{Actor, Command, CommandId, OrderId, OrderLine, OrderUnits, Query, Sku};
use tempfile::TempDir;

use super::instances::{ALL, EVEN_ONE, now, open, open_on, order, set_up};
use crate::snapshots::disk::{Left, MemoryDisk};

const ORDERS: u128 = 3;

fn folder() -> TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// Places and cancels orders, all of it durable.
fn fill(instance: &mut LocalInstance) {
    set_up(instance);
    for number in 0..ORDERS {
        let order_id = OrderId::new(1_000 + number);
        let lines = [OrderLine::new(Sku::new(0), 1)];
        let place = Command::PlaceOrder(order(order_id, &lines));
        instance.execute(&place, Actor::CLIENT_MIN, now(number)).unwrap();
        let id = CommandId::new(5_000 + number);
        let cancel = Command::CancelOrder(OrderUnits { id, order: order_id, units: &[] });
        instance.execute(&cancel, Actor::CLIENT_MIN, now(number)).unwrap();
    }
    instance.commit().unwrap();
}

/// What is told of each order, without the sequence of the last record.
fn answers(instance: &mut LocalInstance) -> Vec<Vec<u8>> {
    let read = |number| Query::ReadOrder(OrderId::new(1_000 + number));
    (0..=ORDERS).map(|number| instance.query(&read(number)).unwrap().split_off(24)).collect()
}

/// Lets the `nth` call of a sort fail while a file is made and shown; whether there was such a
/// call. Whatever came of it, the next attempt makes the file.
fn fails_once(call: DiskCall, nth: u64, error: DiskError) -> bool {
    let (folder, faults) = (folder(), Faults::new());
    let storage = Box::new(FaultStorage::new(&faults));
    let mut instance = open_on(storage, folder.path(), 7).unwrap();
    fill(&mut instance);
    let expected = answers(&mut instance);
    let before = faults.calls(call);
    faults.fail(&[call], DiskWhen::Once(nth), error);
    let archived = instance.archive(ALL, &EVEN_ONE);
    let has_failed = faults.calls(call) - before >= nth;
    faults.heal();
    assert_eq!(answers(&mut instance), expected, "{call:?} {nth}");
    match archived {
        Ok(facts) => assert_eq!(facts.unwrap().number, 1, "{call:?} {nth}"),
        Err(InstanceError::Archive(ArchiveError::Io { source, .. })) => {
            assert!(has_failed, "{call:?} {nth}: {source}");
            assert_eq!(source.raw_os_error(), std::io::Error::from(error).raw_os_error());
            let again = instance.archive(ALL, &EVEN_ONE).unwrap();
            assert_eq!(again.unwrap().number, 1, "{call:?} {nth}");
        }
        Err(other) => panic!("{call:?} {nth}: {other}"),
    }
    assert_eq!(instance.engine().state().orders.iter().count(), 0, "all have left memory");
    assert_eq!(answers(&mut instance), expected, "{call:?} {nth}");
    instance.close().unwrap();
    let mut instance = open(folder.path(), 7).unwrap();
    assert_eq!(answers(&mut instance), expected, "{call:?} {nth}, after a restart");
    has_failed
}

#[test]
fn the_disk_fails_once_at_each_call_of_making_a_file_and_the_next_attempt_succeeds() {
    let mut failures = 0;
    for call in [DiskCall::File, DiskCall::Folder, DiskCall::Open, DiskCall::Read] {
        for error in [DiskError::Device, DiskError::Full] {
            failures += (1..).take_while(|nth| fails_once(call, *nth, error)).count();
        }
    }
    assert!(failures >= 2 * 12, "{failures} calls");
}

/// A process that ends right behind a failure: the next start finds nothing, or a whole file that
/// nothing depends on.
#[test]
fn a_start_behind_a_failure_at_any_call_tidies_up() {
    let source = folder();
    let engine = archivable(source.path());
    for call in [DiskCall::File, DiskCall::Folder] {
        for nth in 1.. {
            let (folder, faults) = (folder(), Faults::new());
            let of =
                |storage: FaultStorage| ArchiveFolder::new(Arc::new(storage), folder.path(), 7);
            faults.fail(&[call], DiskWhen::From(nth), DiskError::Full);
            let built = build(&of(FaultStorage::new(&faults)), &engine);
            let has_failed = faults.calls(call) >= nth;
            assert_eq!(built.is_err(), has_failed, "{call:?} {nth}");
            let healthy = of(FaultStorage::new(&Faults::new()));
            let was_there = healthy.file(1).exists();
            let files = ArchiveFiles::open(&healthy, &engine.state().archives).unwrap();
            assert_eq!(files.last_number(), 0, "the journal names none");
            let left = std::fs::read_dir(folder.path().join("archive"));
            assert_eq!(left.map_or(0, Iterator::count), 0, "{call:?} {nth}: {was_there}");
            let facts = build(&healthy, &engine).unwrap().unwrap();
            assert_eq!(healthy.open(1).unwrap().facts(), facts);
            if !has_failed {
                break;
            }
        }
    }
}

/// The engine of an instance whose orders can all be archived.
fn archivable(folder: &Path) -> Engine {
    let mut instance = open(folder, 7).unwrap();
    fill(&mut instance);
    instance.into_instance().unwrap().engine
}

fn build(folder: &ArchiveFolder, engine: &Engine) -> Result<Option<ArchiveFacts>, ArchiveError> {
    build_archive(folder, engine, None, ALL, &EVEN_ONE)
}

/// Cuts the power at every call of making a file.
#[test]
fn a_power_cut_at_any_call_leaves_no_file_or_a_whole_one() {
    let source = folder();
    let engine = archivable(source.path());
    let of = |disk: &MemoryDisk| {
        let disk: Arc<dyn Storage> = Arc::new(disk.clone());
        ArchiveFolder::new(disk, Path::new(""), 7)
    };
    let whole = MemoryDisk::default();
    build(&of(&whole), &engine).unwrap().unwrap();
    let path = of(&whole).file(1);
    let bytes = whole.content(&path).unwrap();
    let (mut absent, mut there) = (0, 0);
    for calls in 0..=whole.calls() {
        let disk = MemoryDisk::default();
        disk.cut_after(calls);
        let built = build(&of(&disk), &engine);
        assert_eq!(built.is_ok(), calls == whole.calls(), "cut after {calls}");
        for left in [Left::Synced, Left::Everything] {
            let disk = disk.after_crash(left);
            let found = disk.content(&path);
            assert!(found.is_some() || built.is_err(), "what was told is durable");
            assert!(found.is_none_or(|found| found == bytes), "cut after {calls}, {left:?}");
            let is_there = disk.content(&path).is_some();
            (absent, there) = (absent + usize::from(!is_there), there + usize::from(is_there));
            ArchiveFiles::open(&of(&disk), &engine.state().archives).unwrap();
            build(&of(&disk), &engine).unwrap().unwrap();
            assert_eq!(disk.content(&path).unwrap(), bytes, "cut after {calls}, {left:?}");
            of(&disk).open(1).unwrap();
        }
    }
    assert!(absent >= 8 && there >= 3, "{absent} absent, {there} there");
}
