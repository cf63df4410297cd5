//! The preparer thread: keeps segments ready ahead of the journal, at low priority.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use gantry_engine::ProcessFigures;
use gantry_journal::{JournalError, PrepareStep, SegmentPreparer};

use crate::affinity::lower_priority_here;
use crate::doorbell::Doorbell;

/// Without a ring the preparer looks after its work this often.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// After a piece of work it rests twice as long as the piece took, within these bounds: a disk that
/// is busy with zeros keeps the journal's syncs waiting. At 2 GB/s this still prepares 600 MB/s.
const REST_MIN: Duration = Duration::from_millis(1);
const REST_MAX: Duration = Duration::from_millis(4);
/// After an error (a full disk, most likely) it tries again this often.
const RETRY_EVERY: Duration = Duration::from_millis(200);

/// Wakes and stops the preparer thread.
#[derive(Debug, Default)]
pub(crate) struct PreparerBell {
    bell: Doorbell,
    // All flags are relaxed: the doorbell's fences order them against the sleep, and they guard
    // no other data.
    due: AtomicBool,
    stop: AtomicBool,
    /// The disk had no room for the spare that was wanted last.
    disk_full: AtomicBool,
}

impl PreparerBell {
    /// Says that work may be due.
    pub(crate) fn ring(&self) {
        self.due.store(true, Ordering::Relaxed);
        self.bell.ring();
    }

    /// Ends the thread after its current step.
    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
        self.bell.ring();
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Tells the engine whether the journal writes into its last segment. The journal asks at each
    /// roll, so that the engine knows before that segment fills; the preparer asks when it has room
    /// again.
    pub(crate) fn settle_space(&self, segments_spare: u64, figures: &ProcessFigures) {
        let no_space = segments_spare == 0 && self.disk_full.load(Ordering::Relaxed);
        let before = figures.no_space.swap(no_space, Ordering::Relaxed);
        match (before, no_space) {
            (false, true) => tracing::error!(
                "THE DISK IS FULL: placing, receiving and set-up are refused (no_space) until \
                 there is room for another segment; the last one is kept for everything else"
            ),
            (true, false) => tracing::warn!("there is room again: nothing is refused any more"),
            _ => {}
        }
    }
}

/// The preparer thread's body.
pub(crate) fn run(
    mut preparer: SegmentPreparer,
    bell: &PreparerBell,
    figures: &ProcessFigures,
    directory: &Path,
) {
    lower_priority_here();
    bell.bell.answer_here();
    look_at_disk(figures, directory);
    let mut told = String::new();
    while !bell.is_stopping() {
        bell.due.store(false, Ordering::Relaxed);
        let started = Instant::now();
        match preparer.step() {
            Ok(PrepareStep::Worked) => {
                bell.settle_space(preparer.segments_spare(), figures);
                thread::sleep((started.elapsed() * 2).clamp(REST_MIN, REST_MAX));
            }
            Ok(PrepareStep::Idle) => {
                told.clear();
                bell.disk_full.store(false, Ordering::Relaxed);
                bell.settle_space(preparer.segments_spare(), figures);
                look_at_disk(figures, directory);
                let has_work = || bell.due.load(Ordering::Relaxed) || bell.is_stopping();
                bell.bell.sleep(Some(LOOK_EVERY), has_work);
            }
            Err(error) => {
                let is_full = matches!(error, JournalError::NoRoom { .. });
                bell.disk_full.store(is_full, Ordering::Relaxed);
                bell.settle_space(preparer.segments_spare(), figures);
                let text = error.to_string();
                if told != text {
                    tracing::error!(error = text, "no segment can be prepared; trying again");
                    told = text;
                }
                // Not the bell: it rings all the time now.
                thread::sleep(RETRY_EVERY);
            }
        }
    }
}

/// Keeps the figure that totals show; a file system that does not say shows the last one.
fn look_at_disk(figures: &ProcessFigures, directory: &Path) {
    if let Ok(disk) = rustix::fs::statvfs(directory) {
        let free_bytes = disk.f_bavail.saturating_mul(disk.f_frsize);
        figures.disk_free_bytes.store(free_bytes, Ordering::Relaxed);
    }
}
