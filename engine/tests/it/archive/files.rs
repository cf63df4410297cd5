//! What a start makes of the files that it finds.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use gantry_engine::{ArchiveError, ArchiveFile, ArchiveFolder, InstanceError, build_archive};
use gantry_model::{
    Actor, Command, CommandId, Item, OrderId, OrderLine, OrderUnits, Query, RejectReason, Reply,
    ResourceOrder, Sku,
};
use tempfile::TempDir;

use super::instances::{ALL, EVEN_ONE, now, open, order, real, set_up};

/// A folder with `files` archive files of one order each.
fn archived(instance_id: u128, files: u128) -> TempDir {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut instance = open(folder.path(), instance_id).unwrap();
    set_up(&mut instance);
    for number in 0..files {
        let order_id = OrderId::new(1_000 + number);
        let lines = [OrderLine::new(Sku::new(0), 1)];
        let place = Command::PlaceOrder(order(order_id, &lines));
        instance.execute(&place, Actor::CLIENT_MIN, now(number)).unwrap();
        let id = CommandId::new(5_000 + number);
        let cancel = Command::CancelOrder(OrderUnits { id, order: order_id, units: &[] });
        instance.execute(&cancel, Actor::CLIENT_MIN, now(number)).unwrap();
        assert!(instance.archive(ALL, &EVEN_ONE).unwrap().is_some());
    }
    instance.close().unwrap();
    folder
}

fn file(folder: &Path, number: u64) -> PathBuf {
    ArchiveFolder::new(real(), folder, 7).file(number)
}

fn refusal(folder: &Path) -> ArchiveError {
    match open(folder, 7).unwrap_err() {
        InstanceError::Archive(error) => error,
        error => panic!("{error}"),
    }
}

/// An order that left memory is known, and closed; one that never was is neither.
#[test]
fn an_archived_order_is_not_sourced_again() {
    let folder = archived(7, 1);
    let mut instance = open(folder.path(), 7).unwrap();
    let mut ask = |id: u128, order: u128| {
        let (id, order) = (CommandId::new(id), OrderId::new(order));
        let resource = Command::ResourceOrder(ResourceOrder { id, order });
        let reply = instance.execute(&resource, Actor::CLIENT_MIN, now(9)).unwrap();
        let (item, _) = Item::split(&reply, usize::MAX).unwrap();
        Reply::parse(&item).unwrap().reject_reason().unwrap()
    };
    assert_eq!(ask(9_000, 1_000), RejectReason::OrderClosed);
    assert_eq!(ask(9_001, 1_001), RejectReason::UnknownOrder);
    instance.close().unwrap();
}

#[test]
fn a_missing_file_is_refused_by_name() {
    let folder = archived(7, 3);
    fs::remove_file(file(folder.path(), 2)).unwrap();
    let error = refusal(folder.path());
    assert!(matches!(&error, ArchiveError::Missing { path } if *path == file(folder.path(), 2)));
    assert!(error.to_string().contains("00000000000000000002.archive"), "{error}");
}

#[test]
fn every_changed_byte_is_noticed() {
    let folder = archived(7, 1);
    let path = file(folder.path(), 1);
    let whole = fs::read(&path).unwrap();
    let file = File::options().write(true).open(&path).unwrap();
    for (at, byte) in whole.iter().enumerate() {
        let put = |byte| file.write_all_at(&[byte], at as u64).unwrap();
        put(byte ^ 1 << (at % 8));
        let error = ArchiveFile::open(&*real(), &path).unwrap_err();
        assert!(matches!(error, ArchiveError::Damaged { .. }), "byte {at}: {error}");
        put(*byte);
    }
    for length in (0..whole.len()).step_by(512).chain([whole.len() - 1]) {
        fs::write(&path, &whole[..length]).unwrap();
        let error = ArchiveFile::open(&*real(), &path).unwrap_err();
        assert!(matches!(error, ArchiveError::Damaged { .. }), "{length} bytes: {error}");
    }
    let mut longer = whole.clone();
    longer.push(0);
    fs::write(&path, &longer).unwrap();
    assert!(matches!(refusal(folder.path()), ArchiveError::Damaged { .. }));
    fs::write(&path, &whole).unwrap();
    open(folder.path(), 7).unwrap();
}

#[test]
fn another_instances_file_is_refused() {
    let (ours, theirs) = (archived(7, 1), archived(8, 2));
    fs::copy(file(theirs.path(), 1), file(ours.path(), 1)).unwrap();
    let error = refusal(ours.path());
    assert!(matches!(error, ArchiveError::OtherInstance { found: 8, expected: 7, .. }), "{error}");
    // Also where the journal names none.
    let ours = archived(7, 1);
    fs::copy(file(theirs.path(), 2), file(ours.path(), 2)).unwrap();
    let error = refusal(ours.path());
    assert!(matches!(error, ArchiveError::OtherInstance { found: 8, expected: 7, .. }), "{error}");
}

#[test]
fn a_file_in_anothers_place_is_refused() {
    let folder = archived(7, 2);
    fs::copy(file(folder.path(), 1), file(folder.path(), 2)).unwrap();
    assert!(matches!(refusal(folder.path()), ArchiveError::OtherFile { .. }));
    // The same number of another history of the same instance.
    let (ours, other) = (archived(7, 1), tempfile::tempdir().unwrap());
    let mut instance = open(other.path(), 7).unwrap();
    set_up(&mut instance);
    assert!(instance.archive(ALL, &EVEN_ONE).unwrap().is_some());
    instance.close().unwrap();
    fs::copy(file(other.path(), 1), file(ours.path(), 1)).unwrap();
    assert!(matches!(refusal(ours.path()), ArchiveError::OtherFile { .. }));
}

#[test]
fn what_the_journal_does_not_name_is_removed_and_built_again() {
    let folder = archived(7, 1);
    let mut instance = open(folder.path(), 7).unwrap();
    let lines = [OrderLine::new(Sku::new(0), 1)];
    let id = OrderId::new(2_000);
    instance.execute(&Command::PlaceOrder(order(id, &lines)), Actor::CLIENT_MIN, now(9)).unwrap();
    let cancel = OrderUnits { id: CommandId::new(6_000), order: id, units: &[] };
    instance.execute(&Command::CancelOrder(cancel), Actor::CLIENT_MIN, now(9)).unwrap();
    let instance = instance.into_instance().unwrap();
    let (folder_of, engine, last) =
        (&instance.archive_folder, &instance.engine, instance.archive.last());
    let built = build_archive(folder_of, engine, last.as_ref(), ALL, &EVEN_ONE).unwrap();
    assert_eq!(built.unwrap().number, 2);
    let more = build_archive(folder_of, engine, built.as_ref(), ALL, &EVEN_ONE).unwrap();
    assert_eq!(more, None, "there is no more to archive");
    drop(instance);
    let partial = file(folder.path(), 3).with_extension("partial");
    fs::write(&partial, b"half of a file").unwrap();
    let mut instance = open(folder.path(), 7).unwrap();
    assert!(!file(folder.path(), 2).exists(), "published, and nothing left memory for it");
    assert!(!partial.exists());
    assert_eq!(instance.archive(ALL, &EVEN_ONE).unwrap().unwrap().number, 2);
    let reply = instance.query(&Query::ReadOrder(id)).unwrap();
    let (item, _) = gantry_model::Item::split(&reply, 1 << 20).unwrap();
    assert!(Reply::parse(&item).unwrap().reject_reason().is_none());
}

#[test]
fn a_file_that_changes_under_a_reader_is_damage_and_not_absence() {
    let folder = archived(7, 1);
    let mut instance = open(folder.path(), 7).unwrap();
    let path = file(folder.path(), 1);
    let mut bytes = fs::read(&path).unwrap();
    let id = 1_000_u128.to_le_bytes();
    let places = bytes.windows(16).enumerate().filter(|(_, window)| *window == id);
    let places: Vec<_> = places.map(|(at, _)| at).collect();
    assert!(places.len() >= 2, "in the image and in the index");
    for at in places.into_iter().filter(|at| *at >= 4096) {
        bytes[at] ^= 1;
        fs::write(&path, &bytes).unwrap();
        let read = instance.query(&Query::ReadOrder(OrderId::new(1_000)));
        assert!(matches!(read, Err(ArchiveError::Damaged { .. })), "byte {at}: {read:?}");
        bytes[at] ^= 1;
    }
    fs::write(&path, &bytes).unwrap();
    instance.query(&Query::ReadOrder(OrderId::new(1_000))).unwrap();
}
