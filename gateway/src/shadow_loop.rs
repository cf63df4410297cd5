//! The shadow loop: makes a snapshot whenever the journal has grown enough, at low priority.
//!
//! It works on the folder as any reader would. The engine takes no part in it, and a failure here
//! keeps nobody from being served: it is logged, and tried again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use gantry_engine::{ProcessFigures, Shadow, SnapshotError, SnapshotFacts};
use gantry_journal::{Storage, mark};

use crate::affinity::lower_priority_here;
use crate::guard::panic_message;
use crate::host::Host;
use crate::stats::Counters;
use crate::turn::Rest;

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
    pub(crate) host: Arc<dyn Host>,
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
        let mut rested = Duration::ZERO;
        while !is_stopping() {
            if !rested.is_zero() {
                let rest = rested.min(LOOK_EVERY);
                thread::sleep(rest);
                rested -= rest;
                continue;
            }
            match catch_unwind(AssertUnwindSafe(|| self.turn(&is_stopping))) {
                Ok(Ok(Rest::Pause(pause))) => rested = pause,
                Ok(Ok(_)) => {}
                Ok(Err(error)) => rested = rest_after(&error),
                Err(panic) => return alarm(panic_message(&*panic)),
            }
        }
    }

    /// Makes a snapshot if the journal has grown enough.
    pub(crate) fn turn(&mut self, is_stopping: &impl Fn() -> bool) -> Result<Rest, SnapshotError> {
        // Relaxed: a figure, and late is soon enough.
        let written_bytes = self.figures.journal_bytes.load(Ordering::Relaxed);
        let grown_bytes = self.behind_bytes + written_bytes - self.covered_bytes;
        if grown_bytes < self.every_bytes {
            return Ok(Rest::Pause(LOOK_EVERY));
        }
        self.make(is_stopping)?;
        (self.behind_bytes, self.covered_bytes) = (0, written_bytes);
        Ok(Rest::Again)
    }

    /// Makes a snapshot of all that is durable now.
    fn make(
        &self,
        is_stopping: &impl Fn() -> bool,
    ) -> Result<Option<SnapshotFacts>, SnapshotError> {
        let started = self.host.monotonic();
        // Acquire: the frame of a durable sequence can be read.
        let until = self.counters.durable_sequence.load(Ordering::Acquire);
        let storage = Arc::clone(&self.storage);
        let mut shadow = Shadow::begin(&self.directory, storage, self.host.random())?;
        for error in shadow.passed_over() {
            tracing::warn!(%error, "a snapshot cannot be used; an older one is");
        }
        let from = shadow.last_sequence();
        while shadow.last_sequence() < until && !is_stopping() && shadow.step()? {}
        let made = shadow.finish(&mut || !is_stopping())?;
        if let Some(facts) = &made {
            mark!("snapshot made");
            let took = self.host.monotonic().saturating_sub(started);
            let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
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

/// Logs what went wrong; says how long to wait before another try.
pub(crate) fn rest_after(error: &SnapshotError) -> Duration {
    mark!("snapshot failed");
    let is_alarm = matches!(error, SnapshotError::Replay { .. } | SnapshotError::Journal(_));
    if is_alarm {
        alarm(&error.to_string());
    } else {
        tracing::warn!(%error, "no snapshot could be made; trying again in a minute");
    }
    RETRY_EVERY
}

fn alarm(error: &str) {
    tracing::error!(
        error,
        "ALARM: THE JOURNAL CANNOT BE REPLAYED. A restart would stop here: keep this server \
         running, and look into it"
    );
}
