//! A disk that is full at every point of a journal's life, and then has room again.
//!
//! The driver writes on a small file system of its own until it says that it is full; room is made;
//! it must go on. And it is killed when full: what it acknowledged must be there.

use std::fs;
use std::path::Path;
use std::process::Command;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::driver::Io;
use crate::judge::{Case, Violation, judge};
use crate::programs::{Drive, Talking, start};

/// Segments that the file system has room for, at most.
const SEGMENTS_MAX: u64 = 8;

/// A small file system in memory; needs root and a mount namespace of one's own.
struct Small {
    folder: tempfile::TempDir,
}

impl Small {
    fn mount(kibibytes: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", &format!("size={kibibytes}k"), "tmpfs"]);
        assert!(start(command.arg(folder.path())).wait().unwrap().success(), "no tmpfs");
        Self { folder }
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = start(Command::new("umount").arg("--lazy").arg(self.folder.path())).wait();
    }
}

/// What a number of full disks found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fills {
    /// Disks that were filled.
    pub disks: u64,
    /// How often a driver said that it was full.
    pub full: u64,
    /// How often one went on when there was room again.
    pub resumed: u64,
}

/// Fills a disk of a size drawn from `seed`, makes room, lets the driver go on until it is full
/// again, kills it and judges.
pub fn fill(seed: u64, fills: &mut Fills) -> Result<(), Violation> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let io = Io::ALL[usize::from(!seed.is_multiple_of(2))];
    let segments_spare = random.random_range(1..=2);
    let case = Case { segments_spare, ..Case::new(seed, io.write_path()) };
    // Not whole segments: the disk is full in the middle of making one, too.
    let kibibytes = random.random_range(16..=64 * SEGMENTS_MAX) & !3;
    let small = Small::mount(kibibytes);
    let ballast = small.folder.path().join("ballast");
    fs::write(&ballast, vec![1; 4096 * usize::try_from(kibibytes / 8).unwrap()]).unwrap();
    let directory = small.folder.path().join("journal");
    let drive = Drive { case, frames: 400, seal_every: Some(3), close: false, instance: None };
    let mut talking = Talking::start(drive.command(&[], &directory));
    let (mut acknowledged, mut was_full) = (0, false);
    while let Some(line) = talking.line() {
        if let Some(sequence) = line.strip_prefix("ack ") {
            acknowledged = sequence.parse().unwrap();
            fills.resumed += u64::from(std::mem::take(&mut was_full));
        } else if line == "full" {
            fills.full += 1;
            // The first time there is room to make; after that the driver is killed where it is.
            if fs::remove_file(&ballast).is_err() {
                break;
            }
            was_full = true;
        }
        talking.go_on();
    }
    talking.kill();
    fills.disks += 1;
    check(&small, &directory, &case, acknowledged)
        .map_err(|violation| Violation(format!("{case:?}, {kibibytes} KiB: {violation}")))
}

/// What is there must be whole; so that the judge has room to go on, the disk grows.
fn check(small: &Small, directory: &Path, case: &Case, acknowledged: u64) -> Result<(), Violation> {
    let mut command = Command::new("mount");
    command.args(["-o", "remount,size=64m"]).arg(small.folder.path());
    assert!(start(&mut command).wait().unwrap().success(), "the disk does not grow");
    judge(directory, case, acknowledged).map(|_| ())
}
