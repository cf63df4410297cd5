//! Faults under a journal: what one copy can mask is masked, the rest is refused and counted.

use std::path::Path;

use gantry_journal::JournalError;
use gantry_simulator::disk::{DiskFault, DiskRates, DiskTimes, is_death};

use super::disk;
use super::journal::{append, open};

const SEEDS: u64 = 60;

/// A failed sync ends a process; whatever the next one says was there, stays there.
#[test]
fn what_a_start_found_behind_a_failed_sync_is_never_taken_back() {
    let (mut more, mut less) = (0, 0);
    for seed in 0..SEEDS {
        let disk = disk(seed);
        let (mut opened, _) = open(Box::new(disk.mounted())).unwrap();
        (0..8).for_each(|_| append(&mut opened).unwrap());
        disk.fail_once(DiskFault::SyncError, 1);
        assert!(append(&mut opened).is_err());
        assert!(matches!(append(&mut opened), Err(JournalError::Poisoned)));
        disk.crash_process();
        let (opened, found) = open(Box::new(disk.mounted())).unwrap();
        assert!([8, 9].contains(&found.len()));
        drop(opened);
        disk.crash_power();
        let (_, again) = open(Box::new(disk.mounted())).unwrap();
        assert_eq!(again, found, "seed {seed}");
        (more, less) = (more + usize::from(found.len() == 9), less + usize::from(found.len() == 8));
    }
    assert!(more > 5 && less > 5, "{more} with it, {less} without");
}

#[test]
fn a_full_disk_has_no_room_for_a_segment_until_there_is_room() {
    let disk = disk(1);
    disk.set_capacity(64 * 1024 + 3 * 4096);
    let (mut opened, _) = open(Box::new(disk.mounted())).unwrap();
    let full = loop {
        match append(&mut opened) {
            Ok(()) => {}
            Err(error) => break error,
        }
    };
    let JournalError::NoRoom { needed_bytes, available_bytes, .. } = full else { panic!("{full}") };
    assert_eq!(needed_bytes, 64 * 1024);
    assert!(available_bytes < needed_bytes);
    let written = opened.journal.last_sequence();
    assert!(written >= 8, "{written}");
    disk.set_capacity(1 << 20);
    append(&mut opened).unwrap();
    assert_eq!(opened.journal.last_sequence(), written + 1);
}

#[test]
fn pages_that_cannot_be_read_are_named_until_they_are_written() {
    let disk = disk(1);
    let (mut opened, _) = open(Box::new(disk.mounted())).unwrap();
    (0..3).for_each(|_| append(&mut opened).unwrap());
    drop(opened);
    let path = Path::new("/shop/segments/00000000000000000001.segment");
    disk.break_pages(path, 8192..12288).unwrap();
    let Err(JournalError::Read { path: named, offset, source }) =
        open(Box::new(disk.mounted())).map(drop)
    else {
        panic!("it was read")
    };
    assert_eq!((named.as_path(), offset, source.raw_os_error()), (path, 8192, Some(5)));
    disk.heal();
    assert_eq!(open(Box::new(disk.mounted())).unwrap().1.len(), 3);
    assert_eq!(disk.counts().of(DiskFault::ReadError), 1);
    assert_eq!(disk.counts().beyond_one_copy(), 0);
}

/// What is lost, misplaced or rotten may cost frames, and never makes one that was not written.
#[test]
fn what_is_beyond_one_copy_is_counted_apart_and_never_believed() {
    let (mut refused, mut short, mut masked) = (0, 0, 0);
    for seed in 0..SEEDS {
        for fault in [DiskFault::LostWrite, DiskFault::MisdirectedWrite, DiskFault::BitRot] {
            let disk = disk(seed);
            let (mut opened, _) = open(Box::new(disk.mounted())).unwrap();
            (0..2).for_each(|_| append(&mut opened).unwrap());
            disk.fail_once(fault, 1 + seed % 9);
            (0..12).for_each(|_| append(&mut opened).unwrap());
            drop(opened);
            if fault == DiskFault::BitRot {
                assert!(disk.rot().is_some());
            }
            disk.crash_power();
            assert_eq!(disk.counts().of(fault), 1, "{fault:?}");
            assert_eq!(disk.counts().beyond_one_copy(), 1);
            match open(Box::new(disk.mounted())) {
                Err(error) => {
                    assert!(!is_death(&error), "{error}");
                    refused += 1;
                }
                Ok((_, found)) if found.len() == 14 => masked += 1,
                // The last frame, which nothing vouches for.
                Ok((_, found)) => {
                    assert_eq!(found.len(), 13, "{fault:?} {seed}");
                    short += 1;
                }
            }
        }
    }
    println!("{refused} refused, {short} short, {masked} masked");
    assert!(refused > 100, "{refused} refused, {short} short, {masked} masked");
}

#[test]
fn stalls_and_rates_are_drawn_and_time_adds_up() {
    let disk = disk(1);
    disk.set_times(DiskTimes { call_ns: 10, sync_ns: 1_000, page_ns: 100 });
    let (mut opened, _) = open(Box::new(disk.mounted())).unwrap();
    while opened.journal.segment_remaining_bytes() < 4096 {
        append(&mut opened).unwrap();
    }
    let _ = disk.take_elapsed_ns();
    append(&mut opened).unwrap();
    // A hint that its page is wanted, a page, a sync.
    let elapsed_ns = disk.take_elapsed_ns();
    assert!((1_120..=1_130).contains(&elapsed_ns), "{elapsed_ns}");
    assert_eq!(disk.take_elapsed_ns(), 0);
    disk.fail_once(DiskFault::Stall, 1);
    append(&mut opened).unwrap();
    assert!(disk.take_elapsed_ns() >= 10_000_000);
    disk.set_rates(DiskRates { sync_errors: 200_000, ..DiskRates::default() });
    let appended = (0..10_000).take_while(|_| append(&mut opened).is_ok()).count();
    assert!(appended < 100, "{appended}");
    assert_eq!(disk.counts().of(DiskFault::SyncError), 1);
}
