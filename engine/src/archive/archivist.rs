//! The archivist: follows the durable journal a grace period behind, and builds archive files.

use std::path::Path;
use std::sync::Arc;

use gantry_journal::{JournalError, JournalReader, Storage, VisitError};
use gantry_model::EngineTime;

use super::build::{ArchiveLimits, build_archive};
use super::file::ArchiveFacts;
use super::files::ArchiveFiles;
use super::folder::ArchiveFolder;
use super::moment::Moment;
use crate::{Engine, InstanceError, Start};

/// A second engine that lives in the past: whatever is closed there has been so for long enough.
/// A step function that owns no thread and no clock; whoever runs it says how far the past reaches.
#[derive(Debug)]
pub struct Archivist {
    folder: ArchiveFolder,
    engine: Engine,
    reader: JournalReader,
    limits: ArchiveLimits,
    /// The newest file that there is.
    last: Option<ArchiveFacts>,
    /// A frame that is not past yet.
    held: Option<HeldFrame>,
}

#[derive(Debug)]
struct HeldFrame {
    number: u64,
    time: EngineTime,
    payload: Vec<u8>,
}

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArchiveStep {
    /// A frame of the past was applied.
    Applied,
    /// A file is there, durable and not yet verified.
    Built(ArchiveFacts),
    /// There is nothing to do for now.
    Idle,
}

impl Archivist {
    /// Begins with the newest good snapshot of the instance in `directory` that is not later than
    /// `past`, or as far back as its journal reaches. `files` belong to it. Any beginning will do:
    /// what no file holds is still in every state since.
    pub fn begin(
        storage: Arc<dyn Storage>,
        directory: &Path,
        files: &ArchiveFiles,
        limits: ArchiveLimits,
        past: EngineTime,
        index_seed: u64,
    ) -> Result<Self, InstanceError> {
        let start = Start::not_after(&storage, directory, past, index_seed)?;
        let reader = start.reader(&storage, directory)?;
        let folder = ArchiveFolder::new(storage, directory, reader.instance_id());
        Ok(Self { folder, engine: start.engine, reader, limits, last: files.last(), held: None })
    }

    /// Applies the next frame, if it is not later than `past`, or builds the next file.
    pub fn step(&mut self, past: EngineTime) -> Result<ArchiveStep, InstanceError> {
        if self.is_full()
            && let Some(facts) = self.build()?
        {
            return Ok(ArchiveStep::Built(facts));
        }
        if self.apply_next(past)? {
            return Ok(ArchiveStep::Applied);
        }
        Ok(self.build()?.map_or(ArchiveStep::Idle, ArchiveStep::Built))
    }

    /// Where its files lie.
    #[must_use]
    pub const fn folder(&self) -> &ArchiveFolder {
        &self.folder
    }

    /// Whether there is as much as one file may hold.
    fn is_full(&self) -> bool {
        let state = self.engine.state();
        let held = self.last.map_or((0, 0), |last| last.ends());
        let orders = state.archives.orders() + u64::from(state.archives.closed_orders());
        let commands = state.archives.commands() + u64::from(state.command_count());
        orders >= held.0 + u64::from(self.limits.orders_max)
            || commands >= held.1 + u64::from(self.limits.commands_max)
    }

    fn build(&mut self) -> Result<Option<ArchiveFacts>, InstanceError> {
        let (sequence, time) = (self.engine.last_sequence(), self.engine.last_time());
        let (last, until) = (self.last.as_ref(), Moment { sequence, time });
        let built = build_archive(&self.folder, &self.engine, last, until, &self.limits)?;
        self.last = built.or(self.last);
        Ok(built)
    }

    fn apply_next(&mut self, past: EngineTime) -> Result<bool, JournalError> {
        if self.held.is_none() {
            self.held = self.reader.next_frame()?.map(|frame| HeldFrame {
                number: frame.number,
                time: EngineTime::new(frame.time_ns),
                payload: frame.payload.to_vec(),
            });
        }
        let Some(frame) = self.held.take_if(|frame| frame.time <= past) else { return Ok(false) };
        self.engine.replay(&frame.payload).map_err(|error| JournalError::Visit {
            frame_number: frame.number,
            source: VisitError::from(error),
        })?;
        Ok(true)
    }
}
