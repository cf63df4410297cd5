//! Journals written by every version of the format, which this version must open.
//!
//! A golden file holds the used pages of a folder in hex. The newest is also what today's writer
//! writes, byte for byte: where that changes, the format has changed, and needs a new number and a
//! new golden file beside the old ones.

use std::fs;
use std::path::{Path, PathBuf};

use gantry_journal::{
    FrameBuffer, FrameFacts, JournalOptions, JournalReader, Opened, backup, verify,
};

use crate::support::{folder, open, options, prepare};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
const NEWEST: &str = "journal-1.hex";
/// Bytes of a line of hex.
const LINE_BYTES: usize = 64;

/// What every reader must find in the journal of format 1.
const FRAMES: u64 = 19;
const RECORDS: u64 = 58;
const TERM: u64 = 3;
const CHAIN: &str = "cb1ae1243bcd0756c7372be606218588";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn append_facts(opened: &mut Opened, record_count: u32, payload: &[u8], previous_sync_us: u32) {
    prepare(&mut opened.preparer).unwrap();
    let mut buffer = FrameBuffer::new(payload.len());
    buffer.extend_from_slice(payload);
    let first_sequence = opened.journal.last_sequence() + 1;
    let time_ns = 1_700_000_000_000_000_000 + first_sequence;
    let facts = FrameFacts { first_sequence, record_count, time_ns, previous_sync_us };
    opened.journal.append(&mut buffer, facts).unwrap();
}

/// The journal of format 1: two segments, a seal, a clean stop, a new term, a frame of two pages.
fn build(directory: &Path) {
    let (mut opened, _) = open(directory, options());
    for number in 1..=8_u8 {
        append_facts(&mut opened, number.into(), &[number; 40], 0);
    }
    opened.journal.seal().unwrap();
    append_facts(&mut opened, 1, b"behind a seal", 150);
    opened.journal.close().unwrap();
    let (mut opened, _) = open(directory, JournalOptions { term: Some(TERM), ..options() });
    let mut long = vec![0; 4000];
    long[3999] = 0xee;
    append_facts(&mut opened, 12, &long, 0);
    for number in 1..=9_u8 {
        append_facts(&mut opened, 1, &[0xa0 + number; 20], 100 + u32::from(number));
    }
    opened.journal.close().unwrap();
    fs::remove_dir_all(directory.join("pool")).unwrap();
    fs::remove_file(directory.join("LOCK")).unwrap();
}

/// The files of a folder as text: the name and length of each, then its bytes that are not zero.
fn to_text(directory: &Path) -> String {
    let mut names = vec![PathBuf::from("gantry.instance")];
    let entries = fs::read_dir(directory.join("segments")).unwrap();
    names.extend(entries.map(|entry| PathBuf::from("segments").join(entry.unwrap().file_name())));
    names.sort();
    let mut text = String::new();
    for name in names {
        let bytes = fs::read(directory.join(&name)).unwrap();
        text.push_str(&format!("file {} {}\n", name.display(), bytes.len()));
        for (index, line) in bytes.chunks(LINE_BYTES).enumerate() {
            if line.iter().any(|byte| *byte != 0) {
                text.push_str(&format!("{} {}\n", index * LINE_BYTES, hex(line)));
            }
        }
    }
    text
}

fn from_text(text: &str, directory: &Path) {
    fs::create_dir_all(directory.join("segments")).unwrap();
    fs::create_dir(directory.join("pool")).unwrap();
    let mut files: Vec<(PathBuf, Vec<u8>)> = Vec::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        if let ["file", name, bytes] = words[..] {
            files.push((directory.join(name), vec![0; bytes.parse().unwrap()]));
            continue;
        }
        let [offset, digits] = words[..] else { panic!("{line}") };
        let offset: usize = offset.parse().unwrap();
        let bytes = &mut files.last_mut().unwrap().1;
        for (index, pair) in digits.as_bytes().chunks(2).enumerate() {
            let pair = std::str::from_utf8(pair).unwrap();
            bytes[offset + index] = u8::from_str_radix(pair, 16).unwrap();
        }
    }
    files.iter().for_each(|(path, bytes)| fs::write(path, bytes).unwrap());
}

fn golden(name: &str) -> String {
    fs::read_to_string(Path::new(GOLDEN).join(name)).unwrap()
}

#[test]
fn every_golden_journal_opens_and_goes_on() {
    for name in [NEWEST] {
        let folder = folder();
        from_text(&golden(name), folder.path());
        let report = verify(folder.path()).unwrap();
        assert_eq!((report.frames, report.records), (FRAMES, RECORDS), "{name}");
        assert!(report.tail.clean_stop, "{name}");
        let mut reader = JournalReader::open(folder.path()).unwrap();
        while reader.next_frame().unwrap().is_some() {}
        assert_eq!((reader.term(), hex(&reader.bookmark().unwrap().chain)), (TERM, CHAIN.into()));
        let (mut opened, found) = open(folder.path(), options());
        assert_eq!((found.len() as u64, opened.recovery.cut_bytes), (FRAMES, 0));
        append_facts(&mut opened, 1, b"written by a later version", 0);
        drop(opened);
        assert_eq!(verify(folder.path()).unwrap().records, RECORDS + 1, "{name}");
    }
}

#[test]
fn the_writer_of_today_writes_the_newest_golden_journal() {
    let folder = folder();
    build(folder.path());
    let text = to_text(folder.path());
    if std::env::var_os("GANTRY_WRITE_GOLDEN").is_some() {
        fs::create_dir_all(GOLDEN).unwrap();
        fs::write(Path::new(GOLDEN).join(NEWEST), &text).unwrap();
    }
    assert!(text == golden(NEWEST), "the format has changed: give it a new number");
}

#[test]
fn the_manifest_of_a_backup_has_golden_bytes() {
    let folder = folder();
    let (live, copy) = (folder.path().join("live"), folder.path().join("copy"));
    from_text(&golden(NEWEST), &live);
    backup(&live, &copy).unwrap();
    assert_eq!(hex(&fs::read(copy.join("gantry.backup")).unwrap()), MANIFEST);
}

const MANIFEST: &str = "\
    67616e747279206261636b75700a000001000000000000000200000000000000\
    efcdab8967452301efcdab896745230103000000000000001300000000000000\
    020000000000000000b00000000000003a000000000000000300000000000000\
    cb1ae1243bcd0756c7372be606218588af1349b9f5f9a1a6a0404dea36dcc949\
    00000000000000000000000000000000d06dc304b2bee60ef983bf4ecdc19ccf";
