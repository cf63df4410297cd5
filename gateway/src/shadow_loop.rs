//! The shadow thread: makes a snapshot whenever the journal has grown enough, at low priority.
//!
//! It works on the folder as any reader would. The engine takes no part in it, and a failure here
//! keeps nobody from being served: it is logged, and tried again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use gantry_engine::{ProcessFigures, Shadow, SnapshotError, SnapshotFacts};
use gantry_journal::Storage;

use crate::affinity::lower_priority_here;
use crate::guard::message;
use crate::seed::index_seed;
use crate::stats::Counters;

/// Time between two looks at the journal's length.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// After an error (a full disk, most likely) it tries again this often.
const RETRY_EVERY: Duration = Duration::from_secs(60);

/// The shadow thread's own state.
pub(crate) struct ShadowLoop {
    pub(crate) directory: PathBuf,
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) figures: Arc<ProcessFigures>,
    /// Journal bytes from one snapshot to the next.
    pub(crate) every_bytes: u64,
    /// Journal bytes between the last snapshot and the start.
    pub(crate) behind_bytes: u64,
    /// Those that were written since, up to the last snapshot.
    pub(crate) covered_bytes: u64,
}

impl ShadowLoop {
    /// The shadow thread's body.
    pub(crate) fn run(mut self, is_stopping: impl Fn() -> bool) {
        lower_priority_here();
        let mut not_before = Instant::now();
        while !is_stopping() {
            // Relaxed: a figure, and late is soon enough.
            let written_bytes = self.figures.journal_bytes.load(Ordering::Relaxed);
            let grown_bytes = self.behind_bytes + written_bytes - self.covered_bytes;
            if grown_bytes < self.every_bytes || Instant::now() < not_before {
                thread::sleep(LOOK_EVERY);
                continue;
            }
            match catch_unwind(AssertUnwindSafe(|| self.make(&is_stopping))) {
                Ok(Ok(_)) => (self.behind_bytes, self.covered_bytes) = (0, written_bytes),
                Err(panic) => return alarm(message(&*panic)),
                Ok(Err(error)) => {
                    tell(&error);
                    not_before = Instant::now() + RETRY_EVERY;
                }
            }
        }
    }

    /// Makes a snapshot of all that is durable now.
    fn make(
        &self,
        is_stopping: &impl Fn() -> bool,
    ) -> Result<Option<SnapshotFacts>, SnapshotError> {
        let started = Instant::now();
        // Acquire: the frame of a durable sequence can be read.
        let until = self.counters.durable_sequence.load(Ordering::Acquire);
        let mut shadow = Shadow::begin(&self.directory, Arc::clone(&self.storage), index_seed())?;
        for error in shadow.passed_over() {
            tracing::warn!(%error, "a snapshot cannot be used; an older one is");
        }
        let from = shadow.last_sequence();
        while shadow.last_sequence() < until && !is_stopping() && shadow.step()? {}
        let made = shadow.finish(&mut || !is_stopping())?;
        if let Some(facts) = &made {
            let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            tracing::info!(
                sequence = facts.last_sequence(),
                from,
                bytes = facts.file_bytes,
                took_ms,
                "a snapshot was made"
            );
        }
        Ok(made)
    }
}

fn tell(error: &SnapshotError) {
    let is_alarm = matches!(error, SnapshotError::Replay { .. } | SnapshotError::Journal(_));
    if is_alarm {
        alarm(&error.to_string());
    } else {
        tracing::warn!(%error, "no snapshot could be made; trying again in a minute");
    }
}

fn alarm(error: &str) {
    tracing::error!(
        error,
        "ALARM: THE JOURNAL CANNOT BE REPLAYED. A restart would stop here: keep this server \
         running, and look into it"
    );
}
