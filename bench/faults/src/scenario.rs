//! A journal as it was left behind, and the run of a driver on it: what the sweeps repeat with a
//! fault at another place each time.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;

use gantry_journal::{FileStorage, Journal, SEGMENT_BYTES_MIN, WritePath};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::judge::{Case, append, open, prepare};
use crate::programs::{Drive, no_program_starts};

/// What a sweep repeats.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Frames that are there before the run.
    pub frames_before: u64,
    /// Whether the run before was killed in the middle of one more.
    pub torn: bool,
    /// The run.
    pub drive: Drive,
}

impl Scenario {
    /// A new folder: the first segment is begun.
    #[must_use]
    pub fn creation(seed: u64, write_path: WritePath) -> Self {
        let drive = Drive {
            case: Case::new(seed, write_path),
            frames: 2,
            seal_every: Some(2),
            close: true,
            instance: None,
        };
        Self { frames_before: 0, torn: false, drive }
    }

    /// A journal whose writer was killed in the middle of a frame; the run cuts it, goes on, and
    /// rolls.
    #[must_use]
    pub fn recovery(seed: u64, write_path: WritePath) -> Self {
        let mut scenario = Self::creation(seed, write_path);
        // One more will be torn, and one more will still fit.
        let most = frames_before_roll(&scenario.drive.case);
        scenario.frames_before = most.saturating_sub(2).max(1);
        scenario.torn = true;
        scenario.drive.frames = 3;
        scenario.drive.seal_every = Some(3);
        scenario
    }

    /// One frame, for which the next segment has to be begun.
    #[must_use]
    pub fn roll(seed: u64, write_path: WritePath) -> Self {
        let mut scenario = Self::creation(seed, write_path);
        scenario.frames_before = frames_before_roll(&scenario.drive.case);
        scenario.drive.frames = 1;
        scenario
    }

    /// Anything.
    #[must_use]
    pub fn random(seed: u64, write_path: WritePath) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut case = Case::new(seed, write_path);
        case.segments_spare = random.random_range(1..=2);
        case.segment_bytes = SEGMENT_BYTES_MIN * random.random_range(1..=3);
        let drive = Drive {
            case,
            frames: random.random_range(1..=6),
            seal_every: random.random_bool(0.5).then(|| random.random_range(1..=3)),
            close: random.random_bool(0.5),
            instance: None,
        };
        let frames_before = random.random_range(0..40);
        Self { frames_before, torn: frames_before > 0 && random.random_bool(0.5), drive }
    }

    /// Makes the folder as the run finds it; returns the last sequence that was acknowledged.
    #[must_use]
    pub fn lay_out(&self, directory: &Path) -> u64 {
        if self.frames_before == 0 {
            return 0;
        }
        let _alone = no_program_starts();
        let case = &self.drive.case;
        let count = self.frames_before + u64::from(self.torn);
        let storage = Box::new(FileStorage::new());
        let (mut opened, _) = open(directory, case.options(), storage).unwrap();
        let mut last = Vec::new();
        for frame in case.history().first(count) {
            prepare(&mut opened.preparer).unwrap();
            last.push(append(&mut opened.journal, &frame).unwrap());
        }
        prepare(&mut opened.preparer).unwrap();
        drop(opened);
        if self.torn {
            tear_last(directory, case);
            last.pop();
        }
        last.pop().unwrap()
    }
}

/// Frames of a case until the next would begin the second segment.
fn frames_before_roll(case: &Case) -> u64 {
    let mut room = case.segment_bytes - 3 * 4096;
    let mut count = 0;
    for frame in case.history() {
        let bytes = (256 + frame.payload.len() as u64).next_multiple_of(4096);
        if bytes > room {
            break;
        }
        room -= bytes;
        count += 1;
    }
    count
}

/// Zeroes about half of the sectors of the last frame, as a power cut in the middle of its sync.
fn tear_last(directory: &Path, case: &Case) {
    let mut place = (0, 0, 0);
    let storage = Box::new(FileStorage::new());
    Journal::open(directory, case.options(), storage, None, &mut |view| {
        place = (view.segment, view.offset, 256 + view.payload.len() as u64);
        Ok(())
    })
    .unwrap();
    let (segment, offset, bytes) = place;
    let path = directory.join(format!("segments/{segment:020}.segment"));
    let file = OpenOptions::new().write(true).open(path).unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(case.seed);
    // The payload's first sector always goes, so that the frame is surely torn.
    let sectors = bytes.div_ceil(512);
    for sector in (0..sectors).filter(|sector| *sector == 0 || random.random_bool(0.5)) {
        file.write_all_at(&[0; 512], offset + sector * 512).unwrap();
    }
}

/// Copies a folder with everything in it.
pub fn copy_folder(source: &Path, target: &Path) {
    fs::create_dir_all(target).unwrap();
    for entry in fs::read_dir(source).unwrap() {
        let path = entry.unwrap().path();
        let copy = target.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_folder(&path, &copy);
        } else {
            fs::copy(&path, &copy).unwrap();
        }
    }
}
