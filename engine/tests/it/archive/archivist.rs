//! What an archivist begins with, and that it makes no difference.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use gantry_engine::{ArchiveFiles, ArchiveStep, Archivist, LocalInstance, Start};
use gantry_journal::{DiskCall, DiskError, DiskWhen, FaultStorage, Faults, FileStorage, Storage};
use gantry_model::{Actor, Command, CommandId, EngineTime, OrderId, OrderLine, OrderUnits, Sku};
use tempfile::TempDir;

use super::instances::{EVEN_ONE, now, open, order, real, set_up};
use crate::snapshots::instance::make;

/// Places and cancels these orders, one a frame.
fn turn_over(instance: &mut LocalInstance, orders: std::ops::Range<u128>) {
    for number in orders {
        let order_id = OrderId::new(1_000 + number);
        let lines = [OrderLine::new(Sku::new(0), 1)];
        let place = Command::PlaceOrder(order(order_id, &lines));
        instance.execute(&place, Actor::CLIENT_MIN, now(number)).unwrap();
        let id = CommandId::new(5_000 + number);
        let cancel = Command::CancelOrder(OrderUnits { id, order: order_id, units: &[] });
        instance.execute(&cancel, Actor::CLIENT_MIN, now(number)).unwrap();
        instance.commit().unwrap();
    }
}

/// An instance with snapshots behind its orders 9 and 19, and ten orders behind those; the records
/// that the two know.
fn with_two_snapshots() -> (TempDir, [u64; 2]) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut sequences = Vec::new();
    for part in 0..3 {
        let mut instance = open(folder.path(), 7).unwrap();
        if part == 0 {
            set_up(&mut instance);
        }
        turn_over(&mut instance, part * 10..(part + 1) * 10);
        instance.close().unwrap();
        if part < 2 {
            sequences.push(make(folder.path()).unwrap().unwrap().last_sequence());
        }
    }
    (folder, sequences.try_into().unwrap())
}

/// The record of the snapshot that is not after `time`; 0 without one.
fn begun_with(directory: &Path, time: EngineTime) -> u64 {
    let start = Start::not_after(&real(), directory, time, 1).unwrap();
    start.snapshot.map_or(0, |facts| facts.last_sequence())
}

/// The files that an archivist makes of what is not after `past`.
fn archived(storage: Arc<dyn Storage>, directory: &Path, past: EngineTime) -> Vec<Vec<u8>> {
    let files = ArchiveFiles::default();
    let mut archivist = Archivist::begin(storage, directory, &files, EVEN_ONE, past, 1).unwrap();
    let mut made = Vec::new();
    loop {
        match archivist.step(past).unwrap() {
            ArchiveStep::Applied => {}
            ArchiveStep::Built(facts) => {
                archivist.folder().open(facts.number).unwrap();
                made.push(fs::read(archivist.folder().file(facts.number)).unwrap());
            }
            ArchiveStep::Idle => return made,
        }
    }
}

#[test]
fn it_begins_with_the_newest_good_snapshot_that_is_not_after_the_past() {
    let (folder, [older, newer]) = with_two_snapshots();
    let [newest, behind, between, at, before] = [99, 19, 18, 9, 8].map(now);
    assert_eq!([newest, behind].map(|past| begun_with(folder.path(), past)), [newer; 2]);
    assert_eq!([between, at].map(|past| begun_with(folder.path(), past)), [older; 2]);
    assert_eq!(begun_with(folder.path(), before), 0);
    // A damaged one is passed over.
    let snapshot = |sequence: u64| folder.path().join(format!("snapshots/{sequence:020}.snapshot"));
    let mut bytes = fs::read(snapshot(newer)).unwrap();
    bytes[5_000] ^= 1;
    fs::write(snapshot(newer), &bytes).unwrap();
    assert_eq!(begun_with(folder.path(), newest), older);
    fs::remove_file(snapshot(older)).unwrap();
    assert_eq!(begun_with(folder.path(), newest), 0);
}

#[test]
fn it_makes_the_same_files_with_a_snapshot_and_without() {
    for past in [8, 9, 15, 19, 99].map(now) {
        let (folder, _) = with_two_snapshots();
        let with = archived(real(), folder.path(), past);
        fs::remove_dir_all(folder.path().join("archive")).unwrap();
        fs::remove_dir_all(folder.path().join("snapshots")).unwrap();
        assert_eq!(with.len(), 1);
        assert!(with == archived(real(), folder.path(), past), "{past:?}");
    }
}

/// Whatever it reads and writes passes the storage that it was given.
#[test]
fn it_touches_no_file_past_its_storage() {
    let (folder, _) = with_two_snapshots();
    let faults = Faults::new();
    let storage: Arc<dyn Storage> = Arc::new(FaultStorage::new(&faults));
    let begin = |past| {
        let (files, storage) = (ArchiveFiles::default(), Arc::clone(&storage));
        Archivist::begin(storage, folder.path(), &files, EVEN_ONE, past, 1)
    };
    for call in [DiskCall::Open, DiskCall::Read] {
        // Without a snapshot that can be read it begins with the first record, and reads that.
        faults.fail(&[call], DiskWhen::ALWAYS, DiskError::Device);
        let refused = begin(now(99)).and_then(|mut archivist| archivist.step(now(99)));
        let error = refused.unwrap_err().to_string();
        assert!(error.contains("os error 5"), "{call:?}: {error}");
        faults.heal();
    }
    let plain = archived(Arc::new(FileStorage::new()), folder.path(), now(99));
    fs::remove_dir_all(folder.path().join("archive")).unwrap();
    assert!(plain == archived(storage, folder.path(), now(99)));
}
