//! The disk fails, lies or belongs to somebody else.

use std::fs;
use std::path::Path;
use std::time::Duration;

use gantry_journal::{
    DiskCall, DiskError, DiskWhen, FaultStorage, Faults, FrameBuffer, FrameFacts, Journal,
    JournalError, JournalReader, Opened, verify,
};

use crate::support::{
    FRAMES_PER_SEGMENT, append_small, folder, open, options, page, prepare, segment, try_open,
};

fn open_faulty(directory: &Path) -> (Result<Opened, JournalError>, Faults) {
    let faults = Faults::new();
    faults.record_writes();
    // The write itself must do where the kernel cannot populate.
    faults.fail(&[DiskCall::Populate], DiskWhen::ALWAYS, DiskError::Unknown);
    (open_on(directory, &faults), faults)
}

fn open_on(directory: &Path, faults: &Faults) -> Result<Opened, JournalError> {
    let storage = Box::new(FaultStorage::new(faults));
    Journal::open(directory, options(), storage, None, &mut |_| Ok(()))
}

fn append_one(journal: &mut Journal) -> Result<(), JournalError> {
    let mut buffer = FrameBuffer::new(100);
    buffer.extend_from_slice(&[1; 100]);
    let first_sequence = journal.last_sequence() + 1;
    journal.append(
        &mut buffer,
        FrameFacts { first_sequence, record_count: 1, time_ns: 0, previous_sync_us: 0 },
    )?;
    Ok(())
}

#[test]
fn a_failed_sync_poisons_for_good_and_is_never_tried_again() {
    let folder = folder();
    let (opened, faults) = open_faulty(folder.path());
    let mut opened = opened.unwrap();
    append_small(&mut opened, 2);
    faults.fail(&[DiskCall::SyncPages], DiskWhen::ALWAYS, DiskError::Device);
    let failed = append_one(&mut opened.journal);
    assert!(matches!(failed, Err(JournalError::Io { action: "write and sync", .. })));
    assert_eq!(opened.journal.last_sequence(), 2, "the failed frame is not acknowledged");
    faults.heal();
    let syncs = faults.calls(DiskCall::SyncPages);
    assert!(opened.journal.is_poisoned());
    assert!(matches!(append_one(&mut opened.journal), Err(JournalError::Poisoned)));
    assert!(matches!(opened.journal.seal(), Err(JournalError::Poisoned)));
    assert!(matches!(opened.journal.close(), Err(JournalError::Poisoned)));
    assert_eq!(faults.calls(DiskCall::SyncPages), syncs, "a sync after a failed sync lies");
    let (_opened, found) = open(folder.path(), options());
    assert!(found.len() >= 2, "acknowledged frames are there");
}

#[test]
fn a_failed_write_poisons() {
    let folder = folder();
    let (opened, faults) = open_faulty(folder.path());
    let mut opened = opened.unwrap();
    append_small(&mut opened, 1);
    faults.fail(&[DiskCall::WritePages], DiskWhen::ALWAYS, DiskError::Device);
    assert!(append_one(&mut opened.journal).is_err());
    faults.heal();
    assert!(matches!(append_one(&mut opened.journal), Err(JournalError::Poisoned)));
}

#[test]
fn a_failed_roll_poisons_and_recovers() {
    let folder = folder();
    let (opened, faults) = open_faulty(folder.path());
    let mut opened = opened.unwrap();
    append_small(&mut opened, FRAMES_PER_SEGMENT);
    prepare(&mut opened.preparer).unwrap();
    faults.fail(&[DiskCall::SyncPages], DiskWhen::ALWAYS, DiskError::Device);
    assert!(append_one(&mut opened.journal).is_err());
    assert!(matches!(append_one(&mut opened.journal), Err(JournalError::Poisoned)));
    drop(opened);
    let (mut opened, found) = open(folder.path(), options());
    assert_eq!(found.len() as u64, FRAMES_PER_SEGMENT);
    append_small(&mut opened, 2);
    drop(opened);
    assert_eq!(verify(folder.path()).unwrap().records, FRAMES_PER_SEGMENT + 2);
}

#[test]
fn a_full_disk_is_no_room_and_service_resumes_by_itself() {
    let folder = folder();
    let (opened, faults) = open_faulty(folder.path());
    let mut opened = opened.unwrap();
    faults.set_available_bytes(1000);
    let full = prepare(&mut opened.preparer).unwrap_err();
    let JournalError::NoRoom { needed_bytes, available_bytes, .. } = full else { panic!("{full}") };
    assert_eq!((needed_bytes, available_bytes), (64 * 1024, 1000));
    assert!(matches!(append_one(&mut opened.journal), Err(JournalError::NoSegmentReady)));
    faults.heal();
    // Room for the file, and none for its later part.
    faults.fail(&[DiskCall::Zero], DiskWhen::From(2), DiskError::Full);
    assert!(matches!(prepare(&mut opened.preparer), Err(JournalError::NoRoom { .. })));
    assert_eq!(fs::read_dir(folder.path().join("pool")).unwrap().count(), 0, "room given back");
    faults.heal();
    prepare(&mut opened.preparer).unwrap();
    append_one(&mut opened.journal).unwrap();
}

#[test]
fn a_segment_that_could_not_be_opened_is_not_skipped() {
    let folder = folder();
    let (opened, faults) = open_faulty(folder.path());
    let mut opened = opened.unwrap();
    append_small(&mut opened, FRAMES_PER_SEGMENT);
    // The ready segment is used up by the next frame; the one after it fails to open twice.
    prepare(&mut opened.preparer).unwrap();
    append_small(&mut opened, 1);
    faults.fail(&[DiskCall::Open], DiskWhen::ALWAYS, DiskError::TooManyFiles);
    for _ in 0..2 {
        assert!(matches!(prepare(&mut opened.preparer), Err(JournalError::Io { .. })));
    }
    faults.heal();
    append_small(&mut opened, 2 * FRAMES_PER_SEGMENT);
    drop(opened);
    let report = verify(folder.path()).unwrap();
    assert_eq!((report.records, report.segments), (3 * FRAMES_PER_SEGMENT + 1, 4));
}

#[test]
fn a_read_only_folder_has_an_error_of_its_own() {
    let folder = folder();
    let faults = Faults::new();
    faults.fail(&[DiskCall::Folder], DiskWhen::ALWAYS, DiskError::ReadOnly);
    let path = folder.path().join("journal");
    let opened = open_on(&path, &faults);
    assert!(matches!(opened, Err(JournalError::ReadOnly { .. })));
}

#[test]
fn a_failed_sync_while_recovering_is_an_error() {
    let folder = folder();
    let (mut opened, _) = open(folder.path(), options());
    append_small(&mut opened, 1);
    drop(opened);
    let faults = Faults::new();
    faults.fail(&[DiskCall::SyncPages], DiskWhen::ALWAYS, DiskError::Device);
    let opened = open_on(folder.path(), &faults);
    assert!(matches!(opened, Err(JournalError::Io { action: "sync", .. })));
}

#[test]
fn opening_writes_the_last_frame_again_as_it_is_and_syncs_it() {
    let folder = folder();
    let (mut opened, _) = open(folder.path(), options());
    append_small(&mut opened, 3);
    drop(opened);
    let before = fs::read(segment(folder.path(), 1)).unwrap();
    let (opened, faults) = open_faulty(folder.path());
    let start = usize::try_from(page(2)).unwrap();
    let writes = faults.written();
    assert_eq!(writes, [(page(2), before[start..start + 4096].to_vec())]);
    assert_eq!(faults.calls(DiskCall::SyncPages), 1);
    drop(opened);
    assert!(fs::read(segment(folder.path(), 1)).unwrap() == before);
}

#[test]
fn a_newer_format_is_named_as_such() {
    let folder = folder();
    drop(open(folder.path(), options()));
    let path = folder.path().join("gantry.instance");
    let mut bytes = fs::read(&path).unwrap();
    bytes[16] = 2;
    let hash = blake3::hash(&bytes[..48]);
    bytes[48..].copy_from_slice(&hash.as_bytes()[..16]);
    fs::write(&path, &bytes).unwrap();
    let refused = try_open(folder.path(), options());
    assert!(matches!(refused, Err(JournalError::UnsupportedVersion { found: 2, .. })));
}

#[test]
fn a_second_writer_is_refused_while_the_first_lives() {
    let folder = folder();
    let (opened, _) = open(folder.path(), options());
    let second = try_open(folder.path(), options());
    assert!(matches!(second, Err(JournalError::Locked { .. })));
    let Opened { journal, preparer, .. } = opened;
    drop(preparer);
    assert!(try_open(folder.path(), options()).is_err(), "the journal holds the lock");
    drop(journal);
    assert!(try_open(folder.path(), options()).is_ok());
}

#[test]
fn a_folder_of_others_is_left_as_it_is() {
    let folder = folder();
    fs::write(folder.path().join("letter.txt"), b"dear").unwrap();
    let refused = try_open(folder.path(), options());
    assert!(matches!(refused, Err(JournalError::NotAJournal { .. })));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "not even a lock file");
}

#[test]
fn an_interrupted_creation_is_finished() {
    let folder = folder();
    let path = folder.path();
    let steps: [&dyn Fn(); 4] = [
        &|| fs::write(path.join("LOCK"), b"").unwrap(),
        &|| fs::create_dir(path.join("segments")).unwrap(),
        &|| fs::create_dir(path.join("pool")).unwrap(),
        &|| fs::write(path.join("gantry.instance.partial"), b"gant").unwrap(),
    ];
    for taken in 0..=steps.len() {
        for name in fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()) {
            if name.is_dir() {
                fs::remove_dir_all(name).unwrap()
            } else {
                fs::remove_file(name).unwrap()
            }
        }
        steps[..taken].iter().for_each(|step| step());
        let (mut opened, found) = open(path, options());
        assert!(opened.recovery.created && found.is_empty(), "after {taken} steps");
        append_small(&mut opened, 1);
    }
}

#[test]
fn segments_without_an_instance_file_are_not_taken_for_a_new_folder() {
    let folder = folder();
    let (mut opened, _) = open(folder.path(), options());
    append_small(&mut opened, 1);
    drop(opened);
    fs::remove_file(folder.path().join("gantry.instance")).unwrap();
    assert!(matches!(try_open(folder.path(), options()), Err(JournalError::NotAJournal { .. })));
}

#[test]
fn a_slow_storage_sleeps_in_every_sync() {
    let folder = folder();
    let delay = Duration::from_millis(20);
    let faults = Faults::new();
    faults.delay(DiskCall::SyncPages, delay);
    let mut opened = open_on(folder.path(), &faults).unwrap();
    let start = std::time::Instant::now();
    append_small(&mut opened, 3);
    // A lower bound that no machine can miss: a header and three frames were synced.
    assert!(start.elapsed() >= 4 * delay);
    assert_eq!(opened.journal.stats().syncs, 4);
}

/// Fails each call of a start in turn, for once and for ever: a start that says yes is whole, and a
/// start after it, on a disk that works, always is.
#[test]
fn a_start_survives_a_failure_of_each_of_its_calls() {
    let folder = folder();
    let (mut opened, _) = open(folder.path(), options());
    append_small(&mut opened, FRAMES_PER_SEGMENT + 2);
    drop(opened);
    let kinds = DiskCall::ALL.map(|call| (call, DiskError::Device));
    for (call, error) in kinds {
        for when in [DiskWhen::Once, DiskWhen::From] {
            for nth in 1.. {
                let faults = Faults::new();
                faults.fail(&[call], when(nth), error);
                let opened = open_on(folder.path(), &faults);
                let calls = faults.calls(call);
                drop(opened);
                let (opened, found) = open(folder.path(), options());
                assert_eq!(found.len() as u64, FRAMES_PER_SEGMENT + 2, "{call:?} {nth}");
                assert_eq!(opened.recovery.cut_bytes, 0);
                if calls < nth {
                    break;
                }
            }
        }
    }
}

#[test]
fn a_disk_that_cannot_read_is_named_with_file_and_offset() {
    let folder = folder();
    let (mut opened, _) = open(folder.path(), options());
    append_small(&mut opened, FRAMES_PER_SEGMENT + 2);
    drop(opened);
    for nth in 1.. {
        let faults = Faults::new();
        let storage = Box::new(FaultStorage::new(&faults));
        let mut reader = JournalReader::open_with(folder.path(), storage).unwrap();
        faults.fail(&[DiskCall::Read], DiskWhen::From(nth), DiskError::Device);
        let walked = loop {
            match reader.next_frame() {
                Ok(Some(_)) => {}
                other => break other.map(|_| ()),
            }
        };
        match walked {
            Ok(()) => {
                assert!(nth > FRAMES_PER_SEGMENT, "nothing was read");
                break;
            }
            Err(JournalError::Read { path, offset, source }) => {
                assert!(path.starts_with(folder.path()) && offset < 64 * 1024);
                assert_eq!(source.raw_os_error(), Some(5));
            }
            Err(other) => panic!("read {nth}: {other}"),
        }
    }
}

#[test]
fn the_first_page_that_cannot_be_read_is_named() {
    let folder = folder();
    let (mut opened, _) = open(folder.path(), options());
    append_small(&mut opened, FRAMES_PER_SEGMENT + 2);
    drop(opened);
    for (number, offset) in [(1, 0), (1, page(4)), (1, page(14)), (2, page(1)), (2, page(9))] {
        let faults = Faults::new();
        let path = segment(folder.path(), number);
        faults.break_pages(&path, offset + 512..offset + 1024);
        let refused = open_on(folder.path(), &faults).map(|_| ());
        let Err(JournalError::Read { path: named, offset: at, .. }) = refused else {
            panic!("segment {number}, {offset}: {refused:?}")
        };
        assert_eq!((named, at), (path, offset));
    }
}
