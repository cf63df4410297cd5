//! The preparer loop: keeps segments ready ahead of the journal, at low priority.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use gantry_engine::ProcessFigures;
use gantry_journal::{JournalError, PrepareStep, SegmentPreparer, Storage, mark};

use crate::affinity::lower_priority_here;
use crate::doorbell::Doorbell;
use crate::host::Host;
use crate::turn::Rest;

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
            (false, true) => mark!("no_space begins"),
            (true, false) => mark!("no_space ends"),
            _ => {}
        }
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

/// The preparer loop's own state.
pub(crate) struct PreparerLoop {
    pub(crate) preparer: SegmentPreparer,
    pub(crate) bell: Arc<PreparerBell>,
    pub(crate) figures: Arc<ProcessFigures>,
    pub(crate) host: Arc<dyn Host>,
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) directory: PathBuf,
    /// The error that was logged last.
    pub(crate) told: String,
}

impl PreparerLoop {
    /// The preparer thread's body.
    pub(crate) fn run(mut self) {
        lower_priority_here();
        self.bell.bell.answer_here();
        self.look_at_disk();
        loop {
            match self.turn() {
                Rest::Over => return,
                Rest::Again => {}
                Rest::Pause(pause) => thread::sleep(pause),
                Rest::Bell(longest) => {
                    let bell = &self.bell;
                    let has_work = || bell.due.load(Ordering::Relaxed) || bell.is_stopping();
                    bell.bell.sleep(longest, has_work);
                }
            }
        }
    }

    /// Does one piece of work.
    pub(crate) fn turn(&mut self) -> Rest {
        let Self { preparer, bell, figures, host, told, .. } = self;
        if bell.is_stopping() {
            return Rest::Over;
        }
        bell.due.store(false, Ordering::Relaxed);
        let started = host.monotonic();
        match preparer.step() {
            Ok(PrepareStep::Worked) => {
                bell.settle_space(preparer.segments_spare(), figures);
                let worked = host.monotonic().saturating_sub(started);
                Rest::Pause((worked * 2).clamp(REST_MIN, REST_MAX))
            }
            Ok(PrepareStep::Idle) => {
                told.clear();
                bell.disk_full.store(false, Ordering::Relaxed);
                bell.settle_space(preparer.segments_spare(), figures);
                self.look_at_disk();
                Rest::Bell(Some(LOOK_EVERY))
            }
            Err(error) => {
                let is_full = matches!(error, JournalError::NoRoom { .. });
                bell.disk_full.store(is_full, Ordering::Relaxed);
                bell.settle_space(preparer.segments_spare(), figures);
                let text = error.to_string();
                if *told != text {
                    tracing::error!(error = text, "no segment can be prepared; trying again");
                    *told = text;
                }
                // Not the bell: it rings all the time now.
                Rest::Pause(RETRY_EVERY)
            }
        }
    }

    /// Keeps the figure that totals show; a file system that does not say shows the last one.
    fn look_at_disk(&self) {
        if let Ok(free_bytes) = self.storage.available_bytes(&self.directory) {
            self.figures.disk_free_bytes.store(free_bytes, Ordering::Relaxed);
        }
    }
}
