//! The archive loop: runs the archivist at low priority, shows new files to the connections, and
//! lets their rows leave memory a while later.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use gantry_engine::{ArchiveFacts, ArchiveStep, Archivist, InstanceError};
use gantry_journal::{Storage, mark};
use gantry_model::EngineTime;

use crate::affinity::lower_priority_here;
use crate::archive_shelf::ArchiveShelf;
use crate::host::Host;
use crate::ingress::Ingress;
use crate::options::ArchiveOptions;
use crate::stats::{Counters, add};
use crate::turn::Rest;

/// Pause after a step that found nothing to do.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// It rests as long as it worked, after working for this long: others share the cores.
const WORK_MAX: Duration = Duration::from_millis(20);
/// After an error (a full disk, most likely) it tries again this often.
const RETRY_EVERY: Duration = Duration::from_secs(10);
/// How often a rest looks whether the server stops.
const STOP_LOOK_EVERY: Duration = Duration::from_millis(20);

/// The archive loop's own state.
pub(crate) struct ArchiveLoop {
    pub(crate) directory: PathBuf,
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) shelf: Arc<ArchiveShelf>,
    pub(crate) ingress: Arc<Ingress>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) host: Arc<dyn Host>,
    pub(crate) options: ArchiveOptions,
    /// `None` until the first turn: to begin may mean to read a whole snapshot, for which no client
    /// should wait.
    pub(crate) archivist: Option<Archivist>,
    /// The file that was made and not shown yet: it may fail to be read back at first.
    pub(crate) built: Option<ArchiveFacts>,
    /// The file whose rows are to leave memory, and not before when.
    pub(crate) shown: Option<(ArchiveFacts, Duration)>,
    /// Since when it has worked without a rest.
    pub(crate) worked_since: Option<Duration>,
}

impl ArchiveLoop {
    /// The archive thread's body. The archive is a convenience: without its thread memory grows, and
    /// nothing else is wrong.
    pub(crate) fn run(mut self, is_stopping: impl Fn() -> bool) {
        lower_priority_here();
        while !is_stopping() {
            match self.turn() {
                Ok(Rest::Pause(pause) | Rest::Bell(Some(pause))) => rest(pause, &is_stopping),
                Ok(Rest::Again | Rest::Bell(None)) => {}
                Ok(Rest::Over) => return,
                Err(error) => match rest_after(&error) {
                    Rest::Pause(pause) => rest(pause, &is_stopping),
                    _ => return,
                },
            }
        }
    }

    /// Follows the journal by a step, or lets the rows of the file that was made last leave memory.
    ///
    /// # Errors
    /// After one of the archive it may be called again; any other is final.
    pub(crate) fn turn(&mut self) -> Result<Rest, InstanceError> {
        if let Some((facts, not_before)) = self.shown {
            return Ok(self.retire(facts, not_before));
        }
        if let Some(facts) = self.built {
            self.show(facts)?;
            return Ok(Rest::Again);
        }
        let began = self.host.monotonic();
        let since = *self.worked_since.get_or_insert(began);
        let step = self.step()?;
        let worked = self.host.monotonic().saturating_sub(since);
        let pause = match step {
            ArchiveStep::Idle => LOOK_EVERY,
            _ if worked < WORK_MAX => return Ok(Rest::Again),
            _ => worked,
        };
        self.worked_since = None;
        Ok(Rest::Pause(pause))
    }

    fn step(&mut self) -> Result<ArchiveStep, InstanceError> {
        let past = self.past();
        let archivist = match &mut self.archivist {
            Some(archivist) => archivist,
            None => {
                let (files, limits) = (self.shelf.files(), self.options.limits);
                let seed = self.host.random();
                let storage = Arc::clone(&self.storage);
                let archivist =
                    Archivist::begin(storage, &self.directory, &files, limits, past, seed)?;
                self.archivist.insert(archivist)
            }
        };
        let step = archivist.step(past)?;
        if let ArchiveStep::Built(facts) = step {
            self.built = Some(facts);
        }
        Ok(step)
    }

    /// Verifies a file and shows it to the connections.
    fn show(&mut self, facts: ArchiveFacts) -> Result<(), InstanceError> {
        let Some(archivist) = &self.archivist else { return Ok(()) };
        let file = archivist.folder().open(facts.number)?;
        self.shelf.show(self.shelf.files().with(file)?);
        mark!("archive file made");
        add(&self.counters.archive_files, 1);
        tracing::info!(
            archive = facts.number,
            orders = facts.orders,
            commands = facts.commands,
            bytes = facts.file_bytes,
            "an archive file was made"
        );
        self.built = None;
        self.shown = Some((facts, self.host.monotonic() + self.options.shown_before));
        Ok(())
    }

    /// Lets the rows of a file leave memory when all that were looked up before are worked off.
    fn retire(&mut self, facts: ArchiveFacts, not_before: Duration) -> Rest {
        let left = not_before.saturating_sub(self.host.monotonic());
        if !left.is_zero() {
            return Rest::Pause(left);
        }
        if !self.shelf.retire(facts) {
            return Rest::Pause(LOOK_EVERY);
        }
        mark!("archived rows may leave memory");
        self.shown = None;
        self.ingress.bell.ring();
        Rest::Again
    }

    /// The time that is so long ago that what was closed then may leave.
    fn past(&self) -> EngineTime {
        let past = self.host.wall().saturating_sub(self.options.after).as_nanos();
        EngineTime::new(u64::try_from(past).unwrap_or(u64::MAX))
    }
}

/// Logs what went wrong; says when to try again, if ever.
pub(crate) fn rest_after(error: &InstanceError) -> Rest {
    mark!("archive file failed");
    if let InstanceError::Archive(error) = error {
        tracing::error!(%error, "no archive file can be made; trying again");
        return Rest::Pause(RETRY_EVERY);
    }
    // What it has seen cannot be believed; what is archived stays.
    tracing::error!(%error, "nothing more is archived until the next start");
    Rest::Over
}

/// Rests, and ends the rest early when the server stops.
fn rest(mut left: Duration, is_stopping: &impl Fn() -> bool) {
    while !left.is_zero() && !is_stopping() {
        let piece = left.min(STOP_LOOK_EVERY);
        thread::sleep(piece);
        left -= piece;
    }
}
