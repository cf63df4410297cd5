//! What the disk keeps, and what it may take back.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use gantry_journal::{Durability, SegmentFile, Storage, WritePath};
use gantry_simulator::disk::{DiskFault, SimDisk, is_death};

use super::disk;

const SEEDS: u64 = 200;
const PAGE: usize = 4096;

fn path(name: &str) -> &Path {
    Path::new(name)
}

fn read(disk: &SimDisk, name: &str) -> Vec<u8> {
    disk.read_small(path(name)).unwrap().unwrap()
}

fn open(disk: &SimDisk, name: &str) -> Box<dyn SegmentFile> {
    disk.open_segment(path(name), WritePath::Mapped, Durability::Sync).unwrap()
}

/// A segment of so many pages, durable, name and all.
fn segment(disk: &SimDisk, pages: u64) -> Box<dyn SegmentFile> {
    let bytes = pages * PAGE as u64;
    let mut zeros = disk.create_zero_file(path("/file"), bytes).unwrap();
    zeros.write_zeros(0, bytes).unwrap();
    zeros.sync().unwrap();
    disk.sync_directory(path("/")).unwrap();
    open(disk, "/file")
}

fn write(file: &dyn SegmentFile, page: u64, fill: u8) {
    file.write_pages(page * PAGE as u64, &[fill; PAGE]).unwrap();
}

/// What each sector of a page is filled with.
fn sectors(bytes: &[u8]) -> Vec<u8> {
    let fill = |sector: &[u8]| {
        assert!(sector.iter().all(|byte| *byte == sector[0]), "a sector is written whole or not");
        sector[0]
    };
    bytes.chunks(512).map(fill).collect()
}

#[test]
fn a_power_cut_leaves_each_sector_in_a_version_since_the_last_sync() {
    let (mut whole, mut versions, mut torn) = (BTreeSet::new(), BTreeSet::new(), 0);
    for seed in 0..SEEDS {
        let disk = disk(seed);
        let file = segment(&disk, 3);
        write(&*file, 0, 7);
        write(&*file, 1, 1);
        file.sync_range(0, 3 * PAGE as u64).unwrap();
        write(&*file, 1, 2);
        write(&*file, 1, 3);
        assert_eq!(sectors(&read(&disk, "/file")[PAGE..2 * PAGE]), [3; 8], "the cache has it");
        disk.crash_power();
        let bytes = read(&disk, "/file");
        assert_eq!(sectors(&bytes[..PAGE]), [7; 8], "what was synced stays");
        assert_eq!(sectors(&bytes[2 * PAGE..]), [0; 8]);
        let found: BTreeSet<_> = sectors(&bytes[PAGE..2 * PAGE]).into_iter().collect();
        torn += usize::from(found.len() > 1);
        versions.extend(&found);
        whole.extend(found.first().filter(|_| found.len() == 1));
        disk.crash_power();
        assert_eq!(read(&disk, "/file"), bytes, "what is there after a cut is durable");
    }
    assert_eq!(versions, [1, 2, 3].into());
    assert_eq!(whole, [1, 2, 3].into());
    assert!(torn > 40, "{torn} pages were torn");
}

#[test]
fn the_death_of_a_process_takes_nothing_that_was_written() {
    let disk = disk(1);
    let file = segment(&disk, 2);
    write(&*file, 1, 5);
    disk.crash_process();
    assert_eq!(sectors(&read(&disk, "/file")[PAGE..]), [5; 8]);
}

/// The kernel marks pages clean although their sync failed: they read well, a second sync says yes,
/// and the power takes them. Only writing them again helps.
#[test]
fn after_a_failed_sync_a_second_one_lies() {
    let (mut gone, mut there) = (0, 0);
    for seed in 0..SEEDS {
        for is_written_again in [false, true] {
            let disk = disk(seed);
            let file = segment(&disk, 1);
            write(&*file, 0, 4);
            disk.fail_once(DiskFault::SyncError, 1);
            let failed = file.sync_range(0, PAGE as u64).unwrap_err();
            assert_eq!(failed.raw_os_error(), Some(5));
            assert!(!is_death(&failed));
            if is_written_again {
                write(&*file, 0, 4);
            }
            file.sync_range(0, PAGE as u64).unwrap();
            disk.sync_file(path("/file")).unwrap();
            assert_eq!(sectors(&read(&disk, "/file")), [4; 8]);
            disk.crash_power();
            let is_there = sectors(&read(&disk, "/file")) == [4; 8];
            assert!(is_there || !is_written_again, "seed {seed}");
            if !is_written_again {
                (gone, there) = (gone + u32::from(!is_there), there + u32::from(is_there));
            }
        }
    }
    assert!(gone > 50 && there > 20, "{gone} gone, {there} there");
}

/// A process that looks after the death of another may find what the device has.
#[test]
fn what_a_failed_sync_left_may_be_gone_from_the_cache() {
    let mut gone = 0;
    for seed in 0..SEEDS {
        let disk = disk(seed);
        let file = segment(&disk, 1);
        write(&*file, 0, 4);
        disk.fail_once(DiskFault::SyncError, 1);
        file.sync_range(0, PAGE as u64).unwrap_err();
        disk.crash_process();
        gone += u32::from(sectors(&read(&disk, "/file")) != [4; 8]);
    }
    assert!((20..180).contains(&gone), "{gone}");
}

#[test]
fn names_are_durable_after_a_sync_of_their_folder_and_not_before() {
    let mut found = BTreeSet::new();
    for seed in 0..SEEDS {
        let disk = disk(seed);
        disk.create_directory(path("/shop/files")).unwrap();
        let mut file = disk.create_file(path("/shop/files/new")).unwrap();
        file.write_at(0, b"whole").unwrap();
        file.sync().unwrap();
        let clean = |disk: &SimDisk| {
            let mut names = disk.list(path("/shop/files")).unwrap();
            names.sort();
            names.join(" ")
        };
        disk.rename(path("/shop/files/new"), path("/shop/files/old")).unwrap();
        disk.write_small(path("/shop/files/small"), b"small").unwrap();
        assert_eq!(clean(&disk), "old small");
        if seed % 4 == 0 {
            disk.sync_directory(path("/shop/files")).unwrap();
        }
        disk.crash_power();
        let names = clean(&disk);
        if seed % 4 == 0 {
            assert_eq!(names, "old small");
        }
        if names.contains("old") {
            assert_eq!(read(&disk, "/shop/files/old"), b"whole");
        }
        found.insert(names);
    }
    let expected = ["", "new", "new small", "old", "old small", "small"];
    assert_eq!(found, expected.map(str::to_owned).into());
}

/// A maker that failed, or died, between making a folder and the sync above it left it there with a
/// name that may go; whoever comes next and finds it there must make it durable.
#[test]
fn a_folder_that_is_there_is_made_durable() {
    let mut lost = 0;
    for seed in 0..SEEDS {
        for is_made_again in [false, true] {
            let disk = disk(seed);
            disk.fail_once(DiskFault::SyncError, 1);
            disk.create_directory(path("/shop")).unwrap_err();
            assert!(disk.list(path("/shop")).is_ok());
            if is_made_again {
                disk.create_directory(path("/shop")).unwrap();
            }
            disk.crash_power();
            let is_there = disk.list(path("/shop")).is_ok();
            assert!(is_there || !is_made_again, "seed {seed}");
            lost += u32::from(!is_there);
        }
    }
    assert!(lost > 40, "{lost}");
}

/// A file that is replaced by renaming is the old one or the new one.
#[test]
fn a_rename_over_a_file_is_whole() {
    let mut found = BTreeSet::new();
    for seed in 0..SEEDS {
        let disk = disk(seed);
        disk.write_small(path("/a"), b"old").unwrap();
        disk.sync_directory(path("/")).unwrap();
        disk.write_small(path("/a.partial"), b"new").unwrap();
        disk.rename(path("/a.partial"), path("/a")).unwrap();
        disk.crash_power();
        found.insert(read(&disk, "/a"));
    }
    assert_eq!(found, [b"old".to_vec(), b"new".to_vec()].into());
}

/// What an unsynced file of no fixed length looks like: any length that it had.
#[test]
fn a_file_that_was_not_synced_may_be_short() {
    let mut lengths = BTreeSet::new();
    for seed in 0..SEEDS {
        let disk = disk(seed);
        let mut file = disk.create_file(path("/a")).unwrap();
        disk.sync_directory(path("/")).unwrap();
        file.write_at(0, &[1; 700]).unwrap();
        file.write_at(700, &[2; 5_000]).unwrap();
        disk.crash_power();
        let bytes = read(&disk, "/a");
        assert!(bytes.iter().take(700).all(|byte| [0, 1].contains(byte)));
        assert!(bytes.iter().skip(700).all(|byte| [0, 2].contains(byte)));
        lengths.insert(bytes.len());
    }
    assert_eq!(lengths, [0, 700, 5_700].into());
}

#[test]
fn what_was_opened_before_a_crash_is_stale() {
    for is_power in [false, true] {
        let disk = disk(3);
        let mounted = disk.mounted();
        let file = segment(&mounted, 2);
        let reading = mounted.open_read(path("/file")).unwrap();
        let lock = mounted.lock(path("/lock")).unwrap().unwrap();
        assert!(mounted.lock(path("/lock")).unwrap().is_none());
        assert!(mounted.is_locked(path("/lock")).unwrap());
        if is_power {
            disk.crash_power()
        } else {
            disk.crash_process()
        }
        let errors: [io::Error; 5] = [
            file.write_pages(0, &[1; PAGE]).unwrap_err(),
            file.sync_range(0, 4096).unwrap_err(),
            reading.read_at(0, &mut [0; 8]).unwrap_err(),
            reading.slice(0, 8).unwrap_err(),
            mounted.list(path("/")).unwrap_err(),
        ];
        assert!(errors.iter().all(|error| is_death(error)), "{errors:?}");
        let again = disk.mounted().lock(path("/lock")).unwrap().unwrap();
        drop(lock);
        assert!(disk.is_locked(path("/lock")).unwrap(), "the old holder frees nothing");
        drop(again);
        assert!(!disk.is_locked(path("/lock")).unwrap());
    }
}

#[test]
fn a_process_dies_at_the_call_that_it_is_told() {
    let (mut done, mut torn) = (BTreeSet::new(), 0);
    for seed in 0..SEEDS {
        let disk = disk(seed);
        let file = segment(&disk, 1);
        disk.die_at(2);
        file.sync_range(0, 4096).unwrap();
        let died = file.write_pages(0, &[9; PAGE]).unwrap_err();
        assert!(is_death(&died) && disk.is_dead());
        assert!(is_death(&disk.list(path("/")).unwrap_err()), "everything fails from then on");
        disk.crash_process();
        let written = read(&disk, "/file").iter().filter(|byte| **byte == 9).count();
        torn += usize::from(!written.is_multiple_of(PAGE));
        done.insert(written / PAGE);
    }
    assert_eq!(done, [0, 1].into());
    assert!(torn > 20, "{torn} writes were cut in the middle");
}

#[test]
fn room_is_counted() {
    let disk = disk(1);
    disk.set_capacity(10 * 4096);
    let mut file = disk.create_file(path("/a")).unwrap();
    file.write_at(0, &[1; 4097]).unwrap();
    assert_eq!(disk.available_bytes(path("/")).unwrap(), 8 * 4096);
    let refused = disk.create_zero_file(path("/b"), 9 * 4096).unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::StorageFull);
    disk.create_zero_file(path("/b"), 8 * 4096).unwrap();
    let refused = file.write_at(8192, &[1]).unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::StorageFull);
    file.write_at(8191, &[1]).unwrap();
    assert_eq!(disk.counts().of(DiskFault::NoSpace), 2);
    disk.remove(path("/b")).unwrap();
    assert_eq!(disk.free_bytes(), 8 * 4096);
    disk.rename(path("/a"), path("/c")).unwrap();
    assert_eq!(disk.free_bytes(), 8 * 4096);
    drop(disk.create_file(path("/c")).unwrap());
    assert_eq!(disk.free_bytes(), 10 * 4096);
    disk.set_capacity(0);
    assert_eq!(disk.free_bytes(), 0);
    assert!(disk.create_file(path("/c")).unwrap().write_at(0, &[1]).is_err());
}
