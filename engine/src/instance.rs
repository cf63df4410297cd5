//! An instance: a journal folder and the engine that its records make.

use std::path::Path;
use std::thread;

use gantry_journal::{
    Journal, JournalError, JournalOptions, Opened, PrepareStep, Recovery, SegmentPreparer, Storage,
    VisitError,
};
use gantry_model::{Actor, COMMAND_BYTES_MAX, Command, EngineTime, Item, Query};

use crate::{Batch, Engine};

/// The smallest segment an instance can use: the longest record must fit a frame of it.
pub const INSTANCE_SEGMENT_BYTES_MIN: u64 = 1 << 20;

/// A folder opened for writing, replayed.
#[derive(Debug)]
pub struct Instance {
    /// The engine as it was after the last record.
    pub engine: Engine,
    /// The journal, ready to append.
    pub journal: Journal,
    /// Prepares the journal's segments.
    pub preparer: SegmentPreparer,
    /// What recovery found.
    pub recovery: Recovery,
    /// Records applied.
    pub records_replayed: u64,
}

impl Instance {
    /// Opens or creates the folder and replays its journal. `index_seed` is a random number that
    /// no client can know; see [`Engine::with_index_seed`].
    pub fn open(
        directory: &Path,
        options: JournalOptions,
        storage: Box<dyn Storage>,
        index_seed: u64,
    ) -> Result<Self, JournalError> {
        if options.segment_bytes < INSTANCE_SEGMENT_BYTES_MIN {
            return Err(JournalError::Options("a segment must be at least 1 MiB"));
        }
        let mut engine = Engine::with_index_seed(index_seed);
        let mut records_replayed = 0;
        let opened = Journal::open(directory, options, storage, None, &mut |frame| {
            records_replayed += engine.replay(frame.payload).map_err(VisitError::from)?;
            Ok(())
        })?;
        let Opened { journal, preparer, recovery } = opened;
        Ok(Self { engine, journal, preparer, recovery, records_replayed })
    }
}

/// A whole instance in one thread, for tools that work on the folder itself.
#[derive(Debug)]
pub struct LocalInstance {
    instance: Instance,
    batch: Batch,
}

impl From<Instance> for LocalInstance {
    fn from(instance: Instance) -> Self {
        Self { instance, batch: Batch::new() }
    }
}

impl LocalInstance {
    /// Opens or creates the folder and replays its journal; see [`Instance::open`].
    pub fn open(
        directory: &Path,
        options: JournalOptions,
        storage: Box<dyn Storage>,
        index_seed: u64,
    ) -> Result<Self, JournalError> {
        Instance::open(directory, options, storage, index_seed).map(Self::from)
    }

    /// Makes everything durable and hands the instance to whoever runs it with threads.
    pub fn into_instance(mut self) -> Result<Instance, JournalError> {
        self.commit()?;
        Ok(self.instance)
    }

    /// The engine, to read. It may be ahead of the journal until [`LocalInstance::commit`].
    #[must_use]
    pub const fn engine(&self) -> &Engine {
        &self.instance.engine
    }

    /// Decides and applies a command; returns its reply, one item. Durable after the next
    /// [`LocalInstance::commit`], which happens by itself when the batch is full.
    pub fn execute(
        &mut self,
        command: &Command<'_>,
        actor: Actor,
        now: EngineTime,
    ) -> Result<Vec<u8>, JournalError> {
        if self.batch.is_full() {
            self.commit()?;
        }
        let mut bytes = Vec::new();
        command.write(&mut bytes);
        let (item, _) = Item::split(&bytes, COMMAND_BYTES_MAX)
            .expect("invariant: a written command is a whole item");
        let mut reply = Vec::new();
        if self.instance.engine.execute(&item, actor, now, &mut self.batch.records, &mut reply) {
            self.batch.count_record(
                self.instance.engine.last_sequence(),
                self.instance.engine.last_time(),
            );
        }
        Ok(reply)
    }

    /// Answers a query at the time of the last record; returns its reply, one item.
    #[must_use]
    pub fn query(&mut self, query: &Query<'_>) -> Vec<u8> {
        let mut bytes = Vec::new();
        query.write(&mut bytes);
        let (item, _) = Item::split(&bytes, COMMAND_BYTES_MAX)
            .expect("invariant: a written query is a whole item");
        let mut reply = Vec::new();
        let now = self.instance.engine.last_time();
        self.instance.engine.query(&item, now, &mut reply);
        reply
    }

    /// Makes everything executed so far durable.
    pub fn commit(&mut self) -> Result<(), JournalError> {
        let Some(facts) = self.batch.facts() else { return Ok(()) };
        loop {
            match self.instance.journal.append(&mut self.batch.records, facts) {
                Ok(_) => break,
                Err(JournalError::NoSegmentReady) => self.prepare()?,
                Err(error) => return Err(error),
            }
        }
        self.batch.clear();
        Ok(())
    }

    /// Makes everything durable and closes the journal in order.
    pub fn close(mut self) -> Result<(), JournalError> {
        self.commit()?;
        self.instance.journal.close()
    }

    /// Prepares segments until there is nothing to do for now.
    fn prepare(&mut self) -> Result<(), JournalError> {
        while self.instance.preparer.step()? == PrepareStep::Worked {
            thread::yield_now();
        }
        Ok(())
    }
}
