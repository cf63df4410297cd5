//! A recording: a driver at work on a disk whose every write is noted.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::disk::Disk;
use super::machine::{FileSystem, Recorded};
use super::recorder::Event;
use crate::programs::{Drive, Driver, Talking};

/// What the disk does wrong while it is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It refuses the N-th write, once. The driver must stop; it is started again at once.
    RefusesWrite(u64),
}

/// What was recorded.
#[derive(Clone, Debug)]
pub struct Session {
    /// The file system.
    pub file_system: FileSystem,
    /// What the driver did.
    pub drive: Drive,
    /// What was acknowledged before.
    pub(super) acknowledged_before: u64,
    /// The disk as it was before the file system was mounted.
    pub(super) base: Disk,
    pub(super) events: Vec<Event>,
    /// Blocks that held the content of our files at the end: these may be torn at 512 bytes.
    pub(super) content_blocks: BTreeSet<usize>,
}

impl Session {
    /// Mounts `disk`, runs the driver on it, and a second time if the first stopped early.
    ///
    /// # Panics
    /// If the disk cannot be mounted, or the driver says what no driver says.
    #[must_use]
    pub fn record(
        file_system: FileSystem,
        disk: Disk,
        driver: &Driver,
        drive: &Drive,
        acknowledged_before: u64,
        trouble: Option<Trouble>,
    ) -> Self {
        let base = disk.clone();
        let recorded = Recorded::mount(file_system, disk).unwrap();
        if let Some(Trouble::RefusesWrite(number)) = trouble {
            recorded.recorder().hold().refuse_in = Some(number);
        }
        let directory = recorded.root().join("journal");
        let done = run(&recorded, driver, drive, &directory);
        assert!(done || trouble.is_some(), "the driver stopped without a reason");
        if !done {
            // Where the refusal made the file system read-only, it stops again.
            run(&recorded, driver, drive, &directory);
        }
        let events = std::mem::take(&mut recorded.recorder().hold().events);
        let files = content_files(&directory);
        let content_blocks = if files.is_empty() {
            BTreeSet::new()
        } else {
            recorded.blocks_of(&files).into_iter().collect()
        };
        let drive = drive.clone();
        Self { file_system, drive, acknowledged_before, base, events, content_blocks }
    }
}

/// Runs the driver to its end, noting acknowledgements between the writes; whether it was done.
fn run(recorded: &Recorded, driver: &Driver, drive: &Drive, directory: &Path) -> bool {
    let mut talking = Talking::start(drive.command_of(driver, &[], directory));
    let mut done = false;
    while let Some(line) = talking.line() {
        if let Some(sequence) = line.strip_prefix("ack ") {
            let event = Event::Acknowledged(sequence.parse().unwrap());
            recorded.recorder().hold().events.push(event);
        }
        done |= line == "done";
        talking.go_on();
    }
    done
}

fn content_files(directory: &Path) -> Vec<PathBuf> {
    let folders = ["segments", "snapshots", "archive"].map(|name| directory.join(name));
    let entries = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten();
    entries.filter_map(|entry| Some(entry.ok()?.path())).collect()
}
