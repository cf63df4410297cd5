//! The archive thread: runs the archivist at low priority, shows new files to the connections, and
//! lets their rows leave memory a while later.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use gantry_engine::{ArchiveFacts, ArchiveFile, ArchiveStep, Archivist, InstanceError};
use gantry_model::EngineTime;

use crate::archive_shelf::ArchiveShelf;
use crate::ingress::Ingress;
use crate::options::ArchiveOptions;
use crate::stats::{Counters, add};

/// Pause after a step that found nothing to do.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// It rests as long as it worked, after working for this long: others share the cores.
const WORK_MAX: Duration = Duration::from_millis(20);
/// After an error (a full disk, most likely) it tries again this often.
const RETRY_EVERY: Duration = Duration::from_secs(10);
/// How often a rest looks whether the server stops.
const STOP_LOOK_EVERY: Duration = Duration::from_millis(20);

/// The archive thread's own state.
pub(crate) struct ArchiveLoop {
    pub(crate) archivist: Archivist,
    pub(crate) shelf: Arc<ArchiveShelf>,
    pub(crate) ingress: Arc<Ingress>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) options: ArchiveOptions,
}

impl ArchiveLoop {
    /// The archive thread's body.
    pub(crate) fn run(mut self, is_stopping: impl Fn() -> bool) {
        let mut worked_since = Instant::now();
        while !is_stopping() {
            let pause = match self.step(&is_stopping) {
                Ok(ArchiveStep::Idle) => LOOK_EVERY,
                Ok(_) if worked_since.elapsed() < WORK_MAX => continue,
                Ok(_) => worked_since.elapsed(),
                Err(InstanceError::Archive(error)) => {
                    tracing::error!(%error, "no archive file can be made; trying again");
                    RETRY_EVERY
                }
                Err(error) => {
                    // What it has seen cannot be believed; what is archived stays.
                    tracing::error!(%error, "nothing more is archived until the next start");
                    return;
                }
            };
            rest(pause, &is_stopping);
            worked_since = Instant::now();
        }
    }

    fn step(&mut self, is_stopping: &impl Fn() -> bool) -> Result<ArchiveStep, InstanceError> {
        let step = self.archivist.step(past(self.options.after))?;
        if let ArchiveStep::Built(facts) = step {
            self.publish(facts, is_stopping)?;
        }
        Ok(step)
    }

    /// Verifies a file, shows it to the connections, and when all that were looked up before are
    /// worked off lets its rows leave memory.
    fn publish(
        &self,
        facts: ArchiveFacts,
        is_stopping: &impl Fn() -> bool,
    ) -> Result<(), InstanceError> {
        let file = ArchiveFile::open(&self.archivist.folder().file(facts.number))?;
        self.shelf.show(self.shelf.files().with(file)?);
        add(&self.counters.archive_files, 1);
        tracing::info!(
            archive = facts.number,
            orders = facts.orders,
            commands = facts.commands,
            bytes = facts.file_bytes,
            "an archive file was made"
        );
        rest(self.options.shown_before, is_stopping);
        while !is_stopping() && !self.shelf.retire(facts) {
            rest(LOOK_EVERY, is_stopping);
        }
        self.ingress.bell.ring();
        Ok(())
    }
}

/// The time that is so long ago.
pub(crate) fn past(after: Duration) -> EngineTime {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let past = now.saturating_sub(after).as_nanos();
    EngineTime::new(u64::try_from(past).unwrap_or(u64::MAX))
}

fn rest(pause: Duration, is_stopping: &impl Fn() -> bool) {
    let end = Instant::now() + pause;
    while !is_stopping() {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        thread::sleep(left.min(STOP_LOOK_EVERY));
    }
}
