//! Opening the folder: the newest good snapshot, then the journal behind it.

use std::panic::resume_unwind;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread;

use gantry_engine::{
    Engine, Instance, InstanceError, SnapshotBuilder, SnapshotError, SnapshotFacts,
    SnapshotIndexer, SnapshotReader, Start,
};
use gantry_journal::Storage;

use crate::error::ServerError;
use crate::host::Host;
use crate::memory_loop::MemoryThread;
use crate::options::ServerOptions;

/// Sections that are read, proven and indexed ahead of the one that is built from.
const SECTIONS_AHEAD: usize = 2;

/// Opens or creates the instance of `options`; returns also the thread that makes its memory ready,
/// which a replay needs most.
pub(crate) fn open(
    options: &ServerOptions,
    storage: &Arc<dyn Storage>,
    host: &dyn Host,
) -> Result<(Instance, MemoryThread), ServerError> {
    let (directory, seed) = (&options.directory, host.random());
    let mut start = if options.full_replay {
        Start::without_snapshot(seed)
    } else {
        Start::from_newest_by(&**storage, directory, seed, |path| {
            read_snapshot_ahead(&**storage, path, seed)
        })
        .map_err(InstanceError::from)?
    };
    for error in &start.passed_over {
        tracing::warn!(%error, "A SNAPSHOT CANNOT BE USED: the start falls back to what is older");
    }
    let preparer = start.engine.memory_preparer();
    let memory = MemoryThread::start(preparer).map_err(ServerError::Thread)?;
    let storage = Box::new(Arc::clone(storage));
    let instance = Instance::open_from(start, directory, options.journal.clone(), storage)?;
    memory.serve();
    Ok((instance, memory))
}

/// Reads a snapshot whole: one thread reads, proves and indexes the next sections while this one
/// builds.
///
/// # Errors
/// As [`gantry_engine::read_snapshot`].
pub fn read_snapshot_ahead(
    storage: &dyn Storage,
    path: &Path,
    seed: u64,
) -> Result<(Engine, SnapshotFacts), SnapshotError> {
    let mut reader = SnapshotReader::open(storage, path)?;
    let mut indexer = SnapshotIndexer::new(seed);
    let mut builder = SnapshotBuilder::new(&reader);
    thread::scope(|scope| {
        let (proven, sections) = sync_channel(SECTIONS_AHEAD);
        let (used, spares) = sync_channel(SECTIONS_AHEAD);
        let reading = scope.spawn(move || {
            loop {
                let mut section = spares.try_recv().unwrap_or_default();
                let is_there = reader.next_section(&mut section)?;
                if is_there {
                    indexer.add(&section);
                }
                if !is_there || proven.send(section).is_err() {
                    return Ok::<SnapshotIndexer, SnapshotError>(indexer);
                }
            }
        });
        let built: Result<(), SnapshotError> = sections.iter().try_for_each(|section| {
            builder.add(&section)?;
            // A spare saves an allocation; without a place for it, it goes.
            let _ = used.try_send(section);
            Ok(())
        });
        // Lets the reader end where the building failed.
        drop(sections);
        let indexer = reading.join().unwrap_or_else(|panic| resume_unwind(panic))?;
        built?;
        builder.finish(indexer)
    })
}
