//! Recovery as a table of decisions: all 32 combinations of what can be asked about a frame.
//!
//! The rows of `docs/FORMAT.md` tell the cases apart more finely; this shows that none is left out.

use std::fs;
use std::path::Path;

use gantry_journal::{JournalError, JournalOptions, PAGE_BYTES, verify};

use crate::support::{
    append, append_small, contents, each_write_path, flip_bit, folder, open, page, segment,
    try_open, write_at,
};

/// What is true of frame 2 of a journal.
#[derive(Clone, Copy, Debug)]
struct Case {
    header_valid: bool,
    payload_valid: bool,
    /// A later page calls it durable.
    watermark: bool,
    /// A whole frame follows it.
    frame_behind: bool,
    /// No later segment was begun.
    last_segment: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Accept,
    Cut,
    Refuse,
}

impl Case {
    fn all() -> impl Iterator<Item = Self> {
        (0..32_u32).map(|bits| {
            let bit = |index: u32| bits >> index & 1 == 1;
            Self {
                header_valid: bit(0),
                payload_valid: bit(1),
                watermark: bit(2),
                frame_behind: bit(3),
                last_segment: bit(4),
            }
        })
    }

    /// The rule of the document in three lines.
    fn action(self) -> Action {
        let whole = self.header_valid && self.payload_valid;
        let alone = !self.watermark && !self.frame_behind && self.last_segment;
        match (whole, alone) {
            (true, _) => Action::Accept,
            (false, true) => Action::Cut,
            (false, false) => Action::Refuse,
        }
    }

    /// Builds it; returns how many records the undamaged journal has.
    fn build(self, directory: &Path, options: &JournalOptions) -> u64 {
        let (mut opened, _) = open(directory, options.clone());
        append_small(&mut opened, 2);
        if self.frame_behind {
            append_small(&mut opened, 1);
        } else if self.watermark {
            opened.journal.seal().unwrap();
        }
        if !self.last_segment {
            // Twelve pages: too long for what is left of the first segment.
            append(&mut opened, 1, &[3; 45_000]);
            assert!(segment(directory, 2).exists());
        }
        let records = opened.journal.last_sequence();
        drop(opened);
        let path = segment(directory, 1);
        if self.frame_behind && !self.watermark {
            clear_watermark(&path, page(2));
        }
        if !self.header_valid {
            flip_bit(&path, page(1) + 50, 0);
        }
        if !self.payload_valid {
            flip_bit(&path, page(1) + 300, 0);
        }
        records
    }
}

/// Makes the frame at `offset` say that nothing before it was durable. Its own number still does.
fn clear_watermark(path: &Path, offset: u64) {
    let start = usize::try_from(offset).unwrap();
    let mut header = fs::read(path).unwrap()[start..start + 256].to_vec();
    header[88..96].fill(0);
    let hash = blake3::hash(&header[..240]);
    header[240..].copy_from_slice(&hash.as_bytes()[..16]);
    write_at(path, offset, &header);
}

/// What a start does, and that a reader sees it the same way.
fn found_action(directory: &Path, options: &JournalOptions, records: u64) -> Action {
    let before = contents(directory);
    let read = verify(directory);
    assert!(contents(directory) == before, "a reader changed the folder");
    match try_open(directory, options.clone()) {
        Ok((opened, frames)) if opened.recovery.cut_bytes == 0 => {
            assert_eq!((frames.len() as u64, read.unwrap().records), (records, records));
            Action::Accept
        }
        Ok((opened, frames)) => {
            assert_eq!((frames.len(), opened.recovery.cut_bytes), (1, PAGE_BYTES));
            assert_eq!((opened.recovery.last_sequence, read.unwrap().records), (1, 1));
            Action::Cut
        }
        Err(JournalError::Damage(damage)) => {
            assert_eq!((damage.frame, damage.sequence, damage.offset), (2, 2, page(1)));
            assert!(damage.path.ends_with(segment(directory, 1)));
            assert!(
                matches!(read, Err(JournalError::Damage(again)) if again.fault == damage.fault)
            );
            assert!(contents(directory) == before, "a refusal changed the folder");
            Action::Refuse
        }
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn each_of_the_32_combinations_has_its_action() {
    each_write_path(|options| {
        let mut counts = [0; 3];
        for case in Case::all() {
            let folder = folder();
            let records = case.build(folder.path(), &options);
            let found = found_action(folder.path(), &options, records);
            assert_eq!(found, case.action(), "{case:?}");
            counts[found as usize] += 1;
        }
        assert_eq!(counts, [8, 3, 21], "accepted, cut, refused");
    });
}
