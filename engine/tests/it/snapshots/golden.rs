//! Snapshots as earlier versions wrote them. The bytes never change: every later version must read
//! them.

use std::path::Path;

use gantry_engine::{list_snapshots, read_snapshot, write_snapshot};
use gantry_model::EngineTime;

use super::disk::MemoryDisk;

/// Rows version 1, file version 1: a small shop with rows of every kind.
const FIRST: &[u8] = include_bytes!("golden_v1.snapshot");
/// The hash (version 3, and 4) of the state that it keeps, and its last record.
const FIRST_HASH: u128 = 0xab96_ad73_5184_62da_281f_49c8_7123_a9c1;
const FIRST_SEQUENCE: u64 = 117;

/// The page that names the version.
const HEADER_BYTES: usize = 4096;

#[test]
fn a_snapshot_of_the_first_version_is_read() {
    let disk = MemoryDisk::default();
    let path = format!("snapshots/{FIRST_SEQUENCE:020}.snapshot");
    disk.put(Path::new(&path), FIRST.to_vec());
    let (engine, facts) = read_snapshot(&disk, Path::new(&path), 1).unwrap();
    assert_eq!((facts.rows_version, facts.state_hash), (1, FIRST_HASH));
    assert_eq!(engine.state().recompute_hash(), FIRST_HASH);
    assert_eq!(engine.last_sequence().get(), FIRST_SEQUENCE);
    let state = engine.state();
    state.audit();
    assert!(state.archives.unfinished().is_some() && state.archives.closed_orders() > 0);
    assert!(state.orders.count() > 9 && state.totals.backordered > 0);
    assert!(!state.bundles.is_empty() && !state.fences.is_empty() && !state.prices.is_empty());

    // The newest version has more kinds of sections; what both have is the same, byte for byte.
    let again = MemoryDisk::default();
    write_snapshot(&again, Path::new(""), &engine, &facts.bookmark, &mut || true).unwrap();
    let written = list_snapshots(&again, Path::new("")).unwrap();
    let content = again.content(&written[0]).unwrap();
    assert_eq!(content[HEADER_BYTES..], FIRST[HEADER_BYTES..]);
}

/// Rows version 3: a shop with waiting lines and holds.
const THIRD: &[u8] = include_bytes!("golden_v3.snapshot");
const THIRD_HASH: u128 = 0xdc47_c76c_fb09_adad_11d4_849a_6b31_b103;
const THIRD_SEQUENCE: u64 = 129;

#[test]
fn a_snapshot_with_holds_is_read_and_written_again_byte_for_byte() {
    let disk = MemoryDisk::default();
    let path = format!("snapshots/{THIRD_SEQUENCE:020}.snapshot");
    disk.put(Path::new(&path), THIRD.to_vec());
    let (engine, facts) = read_snapshot(&disk, Path::new(&path), 1).unwrap();
    assert_eq!((facts.rows_version, facts.state_hash), (3, THIRD_HASH));
    let state = engine.state();
    assert_eq!(state.recompute_hash(), THIRD_HASH);
    state.audit();
    assert!(state.holds.len() > 2 && state.holds.row_count() > 2);
    assert!(state.matching.next().is_some() && !state.books.is_empty());

    let again = MemoryDisk::default();
    write_snapshot(&again, Path::new(""), &engine, &facts.bookmark, &mut || true).unwrap();
    let written = list_snapshots(&again, Path::new("")).unwrap();
    let content = again.content(&written[0]).unwrap();
    assert_eq!(content[HEADER_BYTES..], THIRD[HEADER_BYTES..]);
}

/// Rows version 5: a shop with supplies and promises, one of them under review, a bar, an order to be
/// given up, a book that is looked at, and a sweep that was asked for.
const FIFTH: &[u8] = include_bytes!("golden_v5.snapshot");
const FIFTH_HASH: u128 = 0xd8e4_40c6_7188_62b4_1648_da0f_08d6_a2ae;
const FIFTH_SEQUENCE: u64 = 27;

#[test]
fn a_snapshot_with_promises_is_read_and_written_again_byte_for_byte() {
    let disk = MemoryDisk::default();
    let path = format!("snapshots/{FIFTH_SEQUENCE:020}.snapshot");
    disk.put(Path::new(&path), FIFTH.to_vec());
    let (engine, facts) = read_snapshot(&disk, Path::new(&path), 1).unwrap();
    assert_eq!((facts.rows_version, facts.state_hash), (5, FIFTH_HASH));
    let state = engine.state();
    assert_eq!(state.recompute_hash(), FIFTH_HASH);
    state.audit();
    assert!(state.promises.len() > 1 && !state.reviews.is_empty());
    assert!(state.supplies.len() > 1 && state.deadlines.first().is_some());
    assert!(state.matching.next().is_some());
    assert!(state.sweeping.is_asked && state.sweeping.begun > EngineTime::new(0));
    let barred = state.orders.iter().filter(|(row, _)| !state.rejected.bars(row.placed).is_empty());
    assert_eq!(barred.count(), 1);

    let again = MemoryDisk::default();
    write_snapshot(&again, Path::new(""), &engine, &facts.bookmark, &mut || true).unwrap();
    let written = list_snapshots(&again, Path::new("")).unwrap();
    assert_eq!(again.content(&written[0]).unwrap(), FIFTH);
}
