//! An instance: a journal folder and the engine that its records make.

use std::path::Path;
use std::sync::Arc;
use std::thread;

use gantry_journal::sabotage::{Sabotage, asked};
use gantry_journal::{
    FrameBuffer, Journal, JournalError, JournalOptions, Opened, PrepareStep, Recovery,
    SegmentPreparer, Storage, VisitError,
};
use gantry_model::{Actor, COMMAND_BYTES_MAX, Command, EngineTime, Item, Query};

use crate::archive::{
    ArchiveError, ArchiveFacts, ArchiveFiles, ArchiveFolder, ArchiveLimits, Moment, build_archive,
};
use crate::{Batch, Engine, RequestKind, SnapshotError, SnapshotFacts, Start};

/// The smallest segment an instance can use: the longest record must fit a frame of it.
pub const INSTANCE_SEGMENT_BYTES_MIN: u64 = 1 << 20;

/// A failure of an instance: of its journal, its archive, or its snapshots.
#[derive(Debug, thiserror::Error)]
pub enum InstanceError {
    /// Of its journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Of its archive.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// Of its snapshots.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
}

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
    /// The snapshot that it began with; none if it replayed the whole journal.
    pub snapshot: Option<SnapshotFacts>,
    /// Newer snapshots that could not be used, and why.
    pub passed_over: Vec<SnapshotError>,
    /// Records applied: those behind the snapshot.
    pub records_replayed: u64,
    /// Where its archive files lie.
    pub archive_folder: ArchiveFolder,
    /// What left memory.
    pub archive: ArchiveFiles,
}

impl Instance {
    /// Opens or creates the folder, begins with its newest good snapshot, replays the journal
    /// behind it and opens its archive. `index_seed` is a random number that no client can know;
    /// see [`Engine::with_index_seed`].
    ///
    /// # Errors
    /// Each case is a row of the table "Start" in `docs/FORMAT.md`, or of the archive.
    pub fn open(
        directory: &Path,
        options: JournalOptions,
        storage: Box<dyn Storage>,
        index_seed: u64,
    ) -> Result<Self, InstanceError> {
        let start = Start::from_newest(&*storage, directory, index_seed)?;
        Self::open_from(start, directory, options, storage)
    }

    /// As [`Instance::open`], with a start of the caller's choice.
    ///
    /// # Errors
    /// [`JournalError::BookmarkLost`] if the journal does not hold what the snapshot has seen.
    pub fn open_from(
        start: Start,
        directory: &Path,
        options: JournalOptions,
        storage: Box<dyn Storage>,
    ) -> Result<Self, InstanceError> {
        if options.segment_bytes < INSTANCE_SEGMENT_BYTES_MIN {
            return Err(JournalError::Options("a segment must be at least 1 MiB").into());
        }
        let Start { mut engine, snapshot, passed_over } = start;
        let believes_stale = asked(Sabotage::AcceptStaleSnapshot);
        let bookmark = snapshot.as_ref().map(|facts| facts.bookmark).filter(|_| !believes_stale);
        let mut records_replayed = 0;
        let storage: Arc<dyn Storage> = Arc::from(storage);
        let shared = Box::new(Arc::clone(&storage));
        let opened = Journal::open(directory, options, shared, bookmark.as_ref(), &mut |frame| {
            if believes_stale && frame.last_sequence() <= engine.last_sequence().get() {
                return Ok(());
            }
            records_replayed += engine.replay(frame.payload).map_err(VisitError::from)?;
            Ok(())
        })?;
        let Opened { journal, preparer, recovery } = opened;
        let archive_folder = ArchiveFolder::new(storage, directory, recovery.instance_id);
        let archive = ArchiveFiles::open(&archive_folder, &engine.state().archives)?;
        Ok(Self {
            engine,
            journal,
            preparer,
            recovery,
            snapshot,
            passed_over,
            records_replayed,
            archive_folder,
            archive,
        })
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
    ) -> Result<Self, InstanceError> {
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

    /// Ends the holds whose time has come, then decides and applies a command; returns its reply, one
    /// item. Durable after the next [`LocalInstance::commit`], which happens by itself when the batch
    /// is full.
    pub fn execute(
        &mut self,
        command: &Command<'_>,
        actor: Actor,
        now: EngineTime,
    ) -> Result<Vec<u8>, InstanceError> {
        self.expire_holds(now)?;
        self.give_up(now)?;
        if self.batch.is_full() {
            self.commit()?;
        }
        let mut bytes = Vec::new();
        command.write(&mut bytes);
        let (item, _) = Item::split(&bytes, COMMAND_BYTES_MAX)
            .expect("invariant: a written command is a whole item");
        let archived = self.instance.archive.look_up_item(RequestKind::Commands, &item)?;
        let mut reply = Vec::new();
        let Instance { engine, .. } = &mut self.instance;
        let records = &mut self.batch.records;
        if engine.execute_known(&item, &archived, actor, now, records, &mut reply) {
            self.batch.count_record(
                self.instance.engine.last_sequence(),
                self.instance.engine.last_time(),
            );
        }
        Ok(reply)
    }

    /// Gives what came in to the lines that wait for it, sweeps and makes promises anew, until nothing
    /// is due, to be swept, or under review.
    pub fn match_waiting(&mut self, now: EngineTime) -> Result<(), JournalError> {
        self.journal_all(&mut |engine, records| {
            engine.match_waiting(now, records)
                || engine.sweep(now, records)
                || engine.review_promises(now, records)
        })
    }

    /// Ends the holds whose time has come.
    pub fn expire_holds(&mut self, now: EngineTime) -> Result<(), JournalError> {
        self.journal_all(&mut |engine, records| engine.expire_holds(now, records))
    }

    /// Gives up the orders whose time has come.
    pub fn give_up(&mut self, now: EngineTime) -> Result<(), JournalError> {
        self.journal_all(&mut |engine, records| engine.give_up(now, records))
    }

    /// Lets the engine journal what is its own, until there is none.
    fn journal_all(
        &mut self,
        next: &mut dyn FnMut(&mut Engine, &mut FrameBuffer) -> bool,
    ) -> Result<(), JournalError> {
        loop {
            if self.batch.is_full() {
                self.commit()?;
            }
            let Self { instance: Instance { engine, .. }, batch } = self;
            if !next(engine, &mut batch.records) {
                return Ok(());
            }
            batch.count_record(engine.last_sequence(), engine.last_time());
        }
    }

    /// Answers a query at the time of the last record; returns its reply, one item.
    pub fn query(&mut self, query: &Query<'_>) -> Result<Vec<u8>, ArchiveError> {
        let mut bytes = Vec::new();
        query.write(&mut bytes);
        let (item, _) = Item::split(&bytes, COMMAND_BYTES_MAX)
            .expect("invariant: a written query is a whole item");
        let archived = self.instance.archive.look_up_item(RequestKind::Queries, &item)?;
        let mut reply = Vec::new();
        let now = self.instance.engine.last_time();
        self.instance.engine.query_known(&item, &archived, now, &mut reply);
        Ok(reply)
    }

    /// Lets orders that were closed, and commands that were carried out, up to `until` leave memory
    /// for the next archive file; first of all what is left of the last one. `None`: there are too
    /// few.
    pub fn archive(
        &mut self,
        until: Moment,
        limits: &ArchiveLimits,
    ) -> Result<Option<ArchiveFacts>, InstanceError> {
        self.retire(None)?;
        // What a file holds must not be ahead of the journal.
        self.commit()?;
        let Instance { engine, archive_folder, archive, .. } = &mut self.instance;
        let last = archive.last();
        let built = build_archive(archive_folder, engine, last.as_ref(), until, limits)?;
        let Some(facts) = built else { return Ok(None) };
        *archive = archive.with(archive_folder.open(facts.number)?)?;
        self.retire(Some(&facts))?;
        Ok(Some(facts))
    }

    fn retire(&mut self, next: Option<&ArchiveFacts>) -> Result<(), JournalError> {
        let rows_max = gantry_model::ROWS_RETIRED_PER_RECORD_MAX;
        // A file that is begun goes on, whatever is named.
        self.journal_all(&mut |engine, records| {
            engine.retire(next, rows_max, engine.last_time(), records)
        })
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
