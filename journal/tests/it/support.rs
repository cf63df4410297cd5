//! Folders, journals and damage for the tests.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use gantry_journal::{
    Bookmark, FileStorage, FrameBuffer, FrameFacts, Journal, JournalError, JournalOptions, Opened,
    PAGE_BYTES, PrepareStep, SegmentPreparer, WritePath,
};
use tempfile::TempDir;

/// Smallest segments: 16 pages, of which frames may fill 13.
pub(crate) const SEGMENT_BYTES: u64 = 64 * 1024;
/// One-page frames in one segment.
pub(crate) const FRAMES_PER_SEGMENT: u64 = 13;
pub(crate) const INSTANCE: u128 = 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef;

/// What a visitor keeps of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) number: u64,
    pub(crate) first_sequence: u64,
    pub(crate) record_count: u32,
    pub(crate) time_ns: u64,
    pub(crate) payload: Vec<u8>,
}

/// A folder on the disk that also holds the build: `tmpfs` would refuse some of what is tested.
pub(crate) fn folder() -> TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

pub(crate) fn options() -> JournalOptions {
    JournalOptions {
        new_instance_id: INSTANCE,
        segment_bytes: SEGMENT_BYTES,
        ..JournalOptions::default()
    }
}

/// Runs a test for both write paths, or says which one this file system cannot do.
pub(crate) fn each_write_path(test: impl Fn(JournalOptions)) {
    test(options());
    let direct = JournalOptions { write_path: WritePath::Direct, ..options() };
    static DIRECT: OnceLock<bool> = OnceLock::new();
    if *DIRECT.get_or_init(|| can_write(&direct)) {
        test(direct);
    } else {
        println!("skipped WritePath::Direct: this file system refuses O_DIRECT");
    }
}

fn can_write(options: &JournalOptions) -> bool {
    let folder = folder();
    let mut opened = open(folder.path(), options.clone()).0;
    match prepare(&mut opened.preparer) {
        Err(JournalError::Io { source, .. }) if source.raw_os_error() == Some(22) => false,
        other => other.map(|()| true).unwrap(),
    }
}

/// Opens and collects what the visitor saw.
pub(crate) fn open(directory: &Path, options: JournalOptions) -> (Opened, Vec<Frame>) {
    try_open(directory, options).unwrap()
}

/// As [`open`], from behind a bookmark.
pub(crate) fn open_from(
    directory: &Path,
    options: JournalOptions,
    from: Option<&Bookmark>,
) -> (Opened, Vec<Frame>) {
    try_open_from(directory, options, from).unwrap()
}

pub(crate) fn try_open(
    directory: &Path,
    options: JournalOptions,
) -> Result<(Opened, Vec<Frame>), JournalError> {
    try_open_from(directory, options, None)
}

pub(crate) fn try_open_from(
    directory: &Path,
    options: JournalOptions,
    from: Option<&Bookmark>,
) -> Result<(Opened, Vec<Frame>), JournalError> {
    let mut frames = Vec::new();
    let storage = Box::new(FileStorage::new());
    let opened = Journal::open(directory, options, storage, from, &mut |view| {
        frames.push(Frame {
            number: view.number,
            first_sequence: view.first_sequence,
            record_count: view.record_count,
            time_ns: view.time_ns,
            payload: view.payload.to_vec(),
        });
        Ok(())
    })?;
    Ok((opened, frames))
}

/// Runs the preparer until it has nothing to do.
pub(crate) fn prepare(preparer: &mut SegmentPreparer) -> Result<(), JournalError> {
    while preparer.step()? == PrepareStep::Worked {}
    Ok(())
}

/// Appends one frame of `payload`, preparing segments as needed.
pub(crate) fn append(opened: &mut Opened, record_count: u32, payload: &[u8]) -> Frame {
    let mut buffer = FrameBuffer::new(payload.len());
    buffer.extend_from_slice(payload);
    let first_sequence = opened.journal.last_sequence() + 1;
    let time_ns = 1_000 * first_sequence;
    let facts = FrameFacts { first_sequence, record_count, time_ns, previous_sync_us: 0 };
    let appended = match opened.journal.append(&mut buffer, facts) {
        Err(JournalError::NoSegmentReady) => {
            prepare(&mut opened.preparer).unwrap();
            opened.journal.append(&mut buffer, facts).unwrap()
        }
        other => other.unwrap(),
    };
    assert_eq!(appended.durable_sequence, first_sequence + u64::from(record_count) - 1);
    let number = appended.frame_number;
    Frame { number, first_sequence, record_count, time_ns, payload: payload.to_vec() }
}

/// Appends `count` frames of one record and one page each.
pub(crate) fn append_small(opened: &mut Opened, count: u64) -> Vec<Frame> {
    (0..count)
        .map(|_| {
            let fill = u8::try_from(opened.journal.last_sequence() % 251).unwrap() + 1;
            append(opened, 1, &[fill; 300])
        })
        .collect()
}

/// How a test journal ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Finish {
    Crash,
    Seal,
    Close,
}

/// A journal of `count` one-page frames, with the next segment laid ready.
pub(crate) fn build(directory: &Path, count: u64, finish: Finish) -> Vec<Frame> {
    build_with(directory, count, finish, options())
}

pub(crate) fn build_with(
    directory: &Path,
    count: u64,
    finish: Finish,
    options: JournalOptions,
) -> Vec<Frame> {
    let (mut opened, _) = open(directory, options);
    let frames = append_small(&mut opened, count);
    prepare(&mut opened.preparer).unwrap();
    match finish {
        Finish::Crash => {}
        Finish::Seal => assert!(opened.journal.seal().unwrap()),
        Finish::Close => opened.journal.close().unwrap(),
    }
    frames
}

pub(crate) fn segment(directory: &Path, number: u64) -> PathBuf {
    directory.join(format!("segments/{number:020}.segment"))
}

/// Offset of the one-page frame `index` (from 0) of a segment.
pub(crate) fn page(index: u64) -> u64 {
    (1 + index) * PAGE_BYTES
}

pub(crate) fn write_at(path: &Path, offset: u64, bytes: &[u8]) {
    let file = OpenOptions::new().write(true).open(path).unwrap();
    file.write_all_at(bytes, offset).unwrap();
}

pub(crate) fn flip_bit(path: &Path, offset: u64, bit: u32) {
    let file = OpenOptions::new().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, offset).unwrap();
    byte[0] ^= 1 << bit;
    file.write_all_at(&byte, offset).unwrap();
}

/// Names and contents of all segments, to see that a refusal changed nothing.
pub(crate) fn contents(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(directory.join("segments"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            (name, fs::read(entry.path()).unwrap())
        })
        .collect();
    files.sort();
    files
}

/// Copies a folder as it is: cheaper than building the same journal again, because nothing is
/// synced.
pub(crate) fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(|entry| entry.unwrap()) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
