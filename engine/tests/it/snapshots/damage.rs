//! Damage: whatever befalls a snapshot file, it is seen before anything of it is used.

use std::path::Path;

use gantry_engine::{
    Engine, SnapshotError, SnapshotFacts, Start, list_snapshots, read_snapshot, write_snapshot,
};

use super::disk::{Left, MemoryDisk};
use super::{bookmark_of, random_lines};
use crate::shop::Shop;

/// A small shop that has something of everything.
pub(crate) fn small_shop() -> Shop {
    let mut shop = Shop::new();
    random_lines(3, 90).iter().for_each(|line| drop(shop.run(line)));
    shop
}

fn write(disk: &MemoryDisk, engine: &Engine) -> Result<SnapshotFacts, SnapshotError> {
    let (folder, bookmark) = (Path::new(""), bookmark_of(engine));
    write_snapshot(disk, folder, engine, &bookmark, &mut || true).map(Option::unwrap)
}

/// A small snapshot: its disk, its facts, its bytes.
fn small() -> (MemoryDisk, SnapshotFacts, Vec<u8>) {
    let disk = MemoryDisk::default();
    let facts = write(&disk, &small_shop().engine).unwrap();
    let bytes = disk.content(&facts.path).unwrap();
    assert_eq!(bytes.len() as u64, facts.file_bytes);
    (disk, facts, bytes)
}

fn is_seen(disk: &MemoryDisk, facts: &SnapshotFacts, bytes: Vec<u8>) -> bool {
    disk.put(&facts.path, bytes);
    matches!(read_snapshot(disk, &facts.path, 1), Err(SnapshotError::Damaged { .. }))
}

#[test]
fn every_flipped_bit_of_a_snapshot_is_seen() {
    let (disk, facts, bytes) = small();
    assert!(read_snapshot(&disk, &facts.path, 1).is_ok());
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            assert!(is_seen(&disk, &facts, flipped), "byte {at}, bit {bit}");
        }
    }
    println!("{} bits flipped one at a time", bytes.len() * 8);
}

#[test]
fn a_snapshot_cut_at_any_byte_or_longer_by_one_is_seen() {
    let (disk, facts, bytes) = small();
    for length in 0..bytes.len() {
        assert!(is_seen(&disk, &facts, bytes[..length].to_vec()), "cut at {length}");
        let mut zeroed = bytes.clone();
        zeroed[length..].fill(0);
        let is_same = zeroed == bytes;
        assert!(is_same || is_seen(&disk, &facts, zeroed), "zero from {length} on");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert!(is_seen(&disk, &facts, longer));
}

#[test]
fn a_snapshot_with_the_name_of_another_is_seen() {
    let (disk, facts, bytes) = small();
    let name = format!("snapshots/{:020}.snapshot", facts.last_sequence() + 1);
    disk.put(Path::new(&name), bytes);
    let found = read_snapshot(&disk, Path::new(&name), 1);
    assert!(matches!(found, Err(SnapshotError::Damaged { .. })));
}

#[test]
fn sections_of_two_snapshots_do_not_mix() {
    let mut shop = small_shop();
    let disk = MemoryDisk::default();
    let first = write(&disk, &shop.engine).unwrap();
    shop.run("receive A N 1");
    let second = write(&disk, &shop.engine).unwrap();
    let [first, bytes] = [&first, &second].map(|facts| disk.content(&facts.path).unwrap());
    // The first section, settings, has the same length in both.
    let settings = 4096..4096 + 64 + 128;
    let mut mixed = bytes.clone();
    mixed[settings.clone()].copy_from_slice(&first[settings]);
    assert_ne!(mixed, bytes);
    assert!(is_seen(&disk, &second, mixed));
}

/// Cuts the power at every call of making a second snapshot.
#[test]
fn a_crash_at_any_step_of_publishing_leaves_the_old_or_the_new() {
    let mut shop = small_shop();
    let before = MemoryDisk::default();
    let old = write(&before, &shop.engine).unwrap();
    let old_hash = shop.engine.state_hash();
    shop.run("receive A N 1");
    let new_hash = shop.engine.state_hash();
    let whole = before.after_crash(Left::Synced);
    write(&whole, &shop.engine).unwrap();
    let (mut olds, mut news) = (0, 0);
    for calls in 0..=whole.calls() {
        let disk = before.after_crash(Left::Synced);
        disk.cut_after(calls);
        let made = write(&disk, &shop.engine);
        assert_eq!(made.is_ok(), calls == whole.calls(), "cut after {calls}");
        for left in [Left::Synced, Left::Everything] {
            let disk = disk.after_crash(left);
            let start = Start::from_newest(&disk, Path::new(""), 1).unwrap();
            assert!(start.passed_over.is_empty(), "cut after {calls}, {left:?}: {start:?}");
            let hash = start.engine.state_hash();
            assert!([old_hash, new_hash].contains(&hash), "cut after {calls}, {left:?}");
            assert!(made.is_err() || hash == new_hash, "what was told is durable");
            assert!(list_snapshots(&disk, Path::new("")).unwrap().contains(&old.path));
            olds += usize::from(hash == old_hash);
            news += usize::from(hash == new_hash);
        }
    }
    assert!(olds > 9 && news > 2, "{olds} old, {news} new");
}

#[test]
fn a_maker_that_is_told_to_stop_leaves_nothing() {
    let shop = small_shop();
    let disk = MemoryDisk::default();
    let mut sections = 3;
    let mut proceed = || {
        sections -= 1;
        sections > 0
    };
    let bookmark = bookmark_of(&shop.engine);
    let made = write_snapshot(&disk, Path::new(""), &shop.engine, &bookmark, &mut proceed);
    assert!(made.unwrap().is_none());
    let left = gantry_journal::Storage::list(&disk, Path::new("snapshots")).unwrap();
    assert!(left.is_empty(), "{left:?}");
}
