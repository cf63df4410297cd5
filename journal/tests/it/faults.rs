//! The disk fails, lies or belongs to somebody else.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gantry_journal::{
    Durability, FileStorage, FolderLock, FrameBuffer, FrameFacts, Journal, JournalError, NewFile,
    Opened, SegmentFile, SegmentRead, SlowStorage, Storage, WritePath, ZeroFile, verify,
};

use crate::support::{
    FRAMES_PER_SEGMENT, append_small, folder, open, options, page, prepare, segment, try_open,
};

/// What the disk does wrong.
#[derive(Debug, Default)]
struct Faults {
    sync_fails: AtomicBool,
    write_fails: AtomicBool,
    folder_is_read_only: AtomicBool,
    available_bytes: AtomicU64,
    zeros_fail: AtomicBool,
    open_fails: AtomicBool,
    syncs: AtomicU64,
    writes: Mutex<Vec<(u64, Vec<u8>)>>,
}

#[derive(Debug)]
struct FaultyStorage {
    inner: FileStorage,
    faults: Arc<Faults>,
}

#[derive(Debug)]
struct FaultySegment {
    inner: Box<dyn SegmentFile>,
    faults: Arc<Faults>,
}

#[derive(Debug)]
struct FullDisk;

fn error(number: i32) -> io::Error {
    io::Error::from_raw_os_error(number)
}

impl Storage for FaultyStorage {
    fn create_directory(&self, directory: &Path) -> io::Result<()> {
        if self.faults.folder_is_read_only.load(Ordering::Relaxed) {
            return Err(error(30));
        }
        self.inner.create_directory(directory)
    }
    fn list(&self, directory: &Path) -> io::Result<Vec<String>> {
        self.inner.list(directory)
    }
    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn FolderLock>>> {
        self.inner.lock(path)
    }
    fn is_locked(&self, path: &Path) -> io::Result<bool> {
        self.inner.is_locked(path)
    }
    fn read_small(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        self.inner.read_small(path)
    }
    fn write_small(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.inner.write_small(path, bytes)
    }
    fn rename(&self, source: &Path, target: &Path) -> io::Result<()> {
        self.inner.rename(source, target)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        self.inner.remove(path)
    }
    fn sync_directory(&self, directory: &Path) -> io::Result<()> {
        self.inner.sync_directory(directory)
    }
    fn sync_file(&self, path: &Path) -> io::Result<()> {
        self.inner.sync_file(path)
    }
    fn file_bytes(&self, path: &Path) -> io::Result<u64> {
        self.inner.file_bytes(path)
    }
    fn available_bytes(&self, _directory: &Path) -> io::Result<u64> {
        Ok(self.faults.available_bytes.load(Ordering::Relaxed))
    }
    fn create_zero_file(&self, path: &Path, file_bytes: u64) -> io::Result<Box<dyn ZeroFile>> {
        if self.faults.zeros_fail.load(Ordering::Relaxed) {
            fs::write(path, b"half")?;
            return Ok(Box::new(FullDisk));
        }
        self.inner.create_zero_file(path, file_bytes)
    }
    fn create_file(&self, path: &Path) -> io::Result<Box<dyn NewFile>> {
        self.inner.create_file(path)
    }
    fn open_segment(
        &self,
        path: &Path,
        write_path: WritePath,
        durability: Durability,
    ) -> io::Result<Box<dyn SegmentFile>> {
        if self.faults.open_fails.load(Ordering::Relaxed) {
            return Err(error(24));
        }
        let inner = self.inner.open_segment(path, write_path, durability)?;
        Ok(Box::new(FaultySegment { inner, faults: Arc::clone(&self.faults) }))
    }
    fn open_read(&self, path: &Path) -> io::Result<Box<dyn SegmentRead>> {
        self.inner.open_read(path)
    }
}

impl SegmentFile for FaultySegment {
    fn segment_bytes(&self) -> u64 {
        self.inner.segment_bytes()
    }
    fn write_pages(&self, offset: u64, pages: &[u8]) -> io::Result<()> {
        if self.faults.write_fails.load(Ordering::Relaxed) {
            return Err(error(5));
        }
        self.faults.writes.lock().unwrap().push((offset, pages.to_vec()));
        self.inner.write_pages(offset, pages)
    }
    fn sync_range(&self, offset: u64, bytes: u64) -> io::Result<()> {
        self.faults.syncs.fetch_add(1, Ordering::Relaxed);
        if self.faults.sync_fails.load(Ordering::Relaxed) {
            return Err(error(5));
        }
        self.inner.sync_range(offset, bytes)
    }
    fn populate(&self, _offset: u64, _bytes: u64) -> io::Result<()> {
        Err(error(22))
    }
}

impl ZeroFile for FullDisk {
    fn write_zeros(&mut self, _offset: u64, _bytes: u64) -> io::Result<()> {
        Err(error(28))
    }
    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn open_faulty(directory: &Path) -> (Result<Opened, JournalError>, Arc<Faults>) {
    let faults = Arc::new(Faults::default());
    faults.available_bytes.store(u64::MAX, Ordering::Relaxed);
    let storage = FaultyStorage { inner: FileStorage::new(), faults: Arc::clone(&faults) };
    let opened = Journal::open(directory, options(), Box::new(storage), None, &mut |_| Ok(()));
    (opened, faults)
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
    faults.sync_fails.store(true, Ordering::Relaxed);
    let failed = append_one(&mut opened.journal);
    assert!(matches!(failed, Err(JournalError::Io { action: "write and sync", .. })));
    assert_eq!(opened.journal.last_sequence(), 2, "the failed frame is not acknowledged");
    faults.sync_fails.store(false, Ordering::Relaxed);
    let syncs = faults.syncs.load(Ordering::Relaxed);
    assert!(opened.journal.is_poisoned());
    assert!(matches!(append_one(&mut opened.journal), Err(JournalError::Poisoned)));
    assert!(matches!(opened.journal.seal(), Err(JournalError::Poisoned)));
    assert!(matches!(opened.journal.close(), Err(JournalError::Poisoned)));
    assert_eq!(faults.syncs.load(Ordering::Relaxed), syncs, "a sync after a failed sync lies");
    let (_opened, found) = open(folder.path(), options());
    assert!(found.len() >= 2, "acknowledged frames are there");
}

#[test]
fn a_failed_write_poisons() {
    let folder = folder();
    let (opened, faults) = open_faulty(folder.path());
    let mut opened = opened.unwrap();
    append_small(&mut opened, 1);
    faults.write_fails.store(true, Ordering::Relaxed);
    assert!(append_one(&mut opened.journal).is_err());
    faults.write_fails.store(false, Ordering::Relaxed);
    assert!(matches!(append_one(&mut opened.journal), Err(JournalError::Poisoned)));
}

#[test]
fn a_failed_roll_poisons_and_recovers() {
    let folder = folder();
    let (opened, faults) = open_faulty(folder.path());
    let mut opened = opened.unwrap();
    append_small(&mut opened, FRAMES_PER_SEGMENT);
    prepare(&mut opened.preparer).unwrap();
    faults.sync_fails.store(true, Ordering::Relaxed);
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
    faults.available_bytes.store(1000, Ordering::Relaxed);
    let full = prepare(&mut opened.preparer).unwrap_err();
    let JournalError::NoRoom { needed_bytes, available_bytes, .. } = full else { panic!("{full}") };
    assert_eq!((needed_bytes, available_bytes), (64 * 1024, 1000));
    assert!(matches!(append_one(&mut opened.journal), Err(JournalError::NoSegmentReady)));
    faults.available_bytes.store(u64::MAX, Ordering::Relaxed);
    faults.zeros_fail.store(true, Ordering::Relaxed);
    assert!(matches!(prepare(&mut opened.preparer), Err(JournalError::NoRoom { .. })));
    assert_eq!(fs::read_dir(folder.path().join("pool")).unwrap().count(), 0, "room given back");
    faults.zeros_fail.store(false, Ordering::Relaxed);
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
    faults.open_fails.store(true, Ordering::Relaxed);
    for _ in 0..2 {
        assert!(matches!(prepare(&mut opened.preparer), Err(JournalError::Io { .. })));
    }
    faults.open_fails.store(false, Ordering::Relaxed);
    append_small(&mut opened, 2 * FRAMES_PER_SEGMENT);
    drop(opened);
    let report = verify(folder.path()).unwrap();
    assert_eq!((report.records, report.segments), (3 * FRAMES_PER_SEGMENT + 1, 4));
}

#[test]
fn a_read_only_folder_has_an_error_of_its_own() {
    let folder = folder();
    let faults = Arc::new(Faults::default());
    faults.folder_is_read_only.store(true, Ordering::Relaxed);
    let storage = FaultyStorage { inner: FileStorage::new(), faults };
    let path = folder.path().join("journal");
    let opened = Journal::open(&path, options(), Box::new(storage), None, &mut |_| Ok(()));
    assert!(matches!(opened, Err(JournalError::ReadOnly { .. })));
}

#[test]
fn a_failed_sync_while_recovering_is_an_error() {
    let folder = folder();
    let (mut opened, _) = open(folder.path(), options());
    append_small(&mut opened, 1);
    drop(opened);
    let faults = Arc::new(Faults::default());
    faults.sync_fails.store(true, Ordering::Relaxed);
    let storage = FaultyStorage { inner: FileStorage::new(), faults };
    let opened = Journal::open(folder.path(), options(), Box::new(storage), None, &mut |_| Ok(()));
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
    let writes = faults.writes.lock().unwrap().clone();
    assert_eq!(writes, [(page(2), before[start..start + 4096].to_vec())]);
    assert_eq!(faults.syncs.load(Ordering::Relaxed), 1);
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
fn slow_storage_sleeps_in_every_sync() {
    let folder = folder();
    let delay = Duration::from_millis(20);
    let storage = SlowStorage::new(Box::new(FileStorage::new()), delay);
    let mut opened =
        Journal::open(folder.path(), options(), Box::new(storage), None, &mut |_| Ok(())).unwrap();
    let start = std::time::Instant::now();
    append_small(&mut opened, 3);
    // A lower bound that no machine can miss: a header and three frames were synced.
    assert!(start.elapsed() >= 4 * delay);
    assert_eq!(opened.journal.stats().syncs, 4);
}
