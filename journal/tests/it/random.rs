//! Random batches, restarts, seals, and the tools between them: what was acknowledged is there
//! again, from the beginning or from a bookmark.

use std::path::PathBuf;

use gantry_journal::{
    Bookmark, JournalOptions, JournalReader, Opened, PAYLOAD_BYTES_MAX, backup, compress_next,
    repair, restore, trim,
};
use proptest::prelude::*;
use proptest::test_runner::Config;
use tempfile::TempDir;

use crate::support::{Frame, append, folder, open_from, options};

/// One thing that happens to a journal. A place is a share of its frames in 256ths.
#[derive(Clone, Debug)]
enum Event {
    Append { record_count: u32, payload_bytes: usize, fill: u8 },
    Seal,
    Crash,
    Close,
    NewTerm,
    Compress,
    TakeBookmark { place: u8 },
    Trim,
    BackUpAndRestore,
    Repair { place: u8 },
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let append = (1..500_u32, 1..45_000_usize, any::<u8>()).prop_map(
        |(record_count, payload_bytes, fill)| Event::Append { record_count, payload_bytes, fill },
    );
    let event = prop_oneof![
        20 => append,
        4 => Just(Event::Seal),
        2 => Just(Event::Crash),
        2 => Just(Event::Close),
        1 => Just(Event::NewTerm),
        1 => Just(Event::Compress),
        2 => any::<u8>().prop_map(|place| Event::TakeBookmark { place }),
        1 => Just(Event::Trim),
        1 => Just(Event::BackUpAndRestore),
        1 => any::<u8>().prop_map(|place| Event::Repair { place }),
    ];
    proptest::collection::vec(event, 1..60)
}

/// A journal and what it must hold.
struct Model {
    root: TempDir,
    /// Restores so far; each goes into a folder of its own.
    restores: u32,
    opened: Option<Opened>,
    frames: Vec<Frame>,
    bookmark: Option<Bookmark>,
    term: u64,
}

impl Model {
    fn new() -> Self {
        let root = folder();
        let mut model =
            Self { root, restores: 0, opened: None, frames: Vec::new(), bookmark: None, term: 1 };
        model.reopen(None);
        model
    }

    fn folder(&self) -> PathBuf {
        self.root.path().join(self.restores.to_string())
    }

    /// Opens it from the bookmark, if there is one, and holds what is there against the model.
    fn reopen(&mut self, term: Option<u64>) {
        self.opened = None;
        let options = JournalOptions { term, ..options() };
        let (opened, found) = open_from(&self.folder(), options, self.bookmark.as_ref());
        let before = self.bookmark.map_or(0, |bookmark| bookmark.frame_number);
        assert_eq!(found, self.frames[usize::try_from(before).unwrap()..]);
        assert_eq!(opened.recovery.cut_bytes, 0);
        assert_eq!(opened.journal.term(), term.unwrap_or(self.term));
        self.term = opened.journal.term();
        self.opened = Some(opened);
    }

    /// Frames from the bookmark on, of which something may be given up; the index is from 0.
    fn index_at(&self, place: u8) -> Option<usize> {
        let first = self.bookmark.map_or(0, |bookmark| bookmark.frame_number);
        let first = usize::try_from(first).unwrap();
        let count = self.frames.len() - first;
        (count > 0).then(|| first + count * usize::from(place) / 256)
    }

    fn take_bookmark(&mut self, place: u8) {
        let Some(index) = self.index_at(place) else { return };
        // Everything is readable once nobody writes.
        self.opened = None;
        let mut reader = match self.bookmark {
            Some(bookmark) => JournalReader::open_at(&self.folder(), &bookmark).unwrap(),
            None => JournalReader::open(&self.folder()).unwrap(),
        };
        while reader.next_frame().unwrap().unwrap().number != index as u64 + 1 {}
        self.bookmark = reader.bookmark();
        self.reopen(None);
    }

    fn restore(&mut self) {
        let (live, copy) = (self.folder(), self.root.path().join("copy"));
        self.opened = None;
        backup(&live, &copy).unwrap();
        self.restores += 1;
        restore(&copy, &self.folder()).unwrap();
        std::fs::remove_dir_all(copy).unwrap();
        self.term += 1;
        self.reopen(None);
    }

    fn repair(&mut self, place: u8) {
        let Some(index) = self.index_at(place) else { return };
        self.opened = None;
        let report = repair(&self.folder(), self.frames[index].first_sequence).unwrap();
        assert_eq!(report.frames, (self.frames.len() - index) as u64);
        self.frames.truncate(index);
        self.term = report.term;
        self.reopen(None);
    }

    fn meet(&mut self, event: Event) {
        let opened = self.opened.as_mut().unwrap();
        match event {
            Event::Append { record_count, payload_bytes, fill } => {
                assert!(payload_bytes <= PAYLOAD_BYTES_MAX);
                self.frames.push(append(opened, record_count, &vec![fill; payload_bytes]));
            }
            Event::Seal => assert!(opened.journal.seal().is_ok()),
            Event::Crash => self.reopen(None),
            Event::Close => {
                self.opened.take().unwrap().journal.close().unwrap();
                self.reopen(None);
            }
            Event::NewTerm => self.reopen(Some(self.term + 1)),
            Event::Compress => while compress_next(&self.folder()).unwrap().is_some() {},
            Event::TakeBookmark { place } => self.take_bookmark(place),
            Event::Trim => {
                if let Some(bookmark) = &self.bookmark {
                    trim(&self.folder(), bookmark).unwrap();
                }
            }
            Event::BackUpAndRestore => self.restore(),
            Event::Repair { place } => self.repair(place),
        }
    }
}

/// A few in CI; `PROPTEST_CASES` asks for more.
fn cases() -> u32 {
    let asked = std::env::var("PROPTEST_CASES").ok();
    asked.and_then(|cases| cases.parse().ok()).unwrap_or(16)
}

proptest! {
    #![proptest_config(Config { cases: cases(), failure_persistence: None, ..Config::default() })]

    #[test]
    fn acknowledged_frames_come_back_in_order(events in events()) {
        let mut model = Model::new();
        for event in events {
            model.meet(event);
        }
        model.reopen(None);
    }
}
