//! The threads around one engine: started together, stopped from the engine outwards.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use gantry_engine::{Engine, Instance};
use gantry_journal::JournalError;

use crate::affinity::pin_here;
use crate::archive_loop::ArchiveLoop;
use crate::error::ServerError;
use crate::guard::spawn_or_abort;
use crate::journal_loop::JournalEnd;
use crate::loops::{Loops, Shared};
use crate::memory_loop::MemoryThread;

/// The running threads.
#[derive(Debug)]
pub(crate) struct Threads {
    shared: Shared,
    engine: JoinHandle<Engine>,
    journal: JoinHandle<JournalEnd>,
    release: JoinHandle<()>,
    preparer: JoinHandle<()>,
    memory: MemoryThread,
    archive: JoinHandle<()>,
    shadow: JoinHandle<Option<()>>,
}

/// What the threads leave behind, everything acknowledged being durable.
pub(crate) struct ThreadsEnd {
    pub(crate) engine: Engine,
    pub(crate) journal: JournalEnd,
}

impl Threads {
    /// Gives each loop a thread.
    pub(crate) fn start(
        loops: Loops,
        memory: MemoryThread,
        engine_core: Option<usize>,
    ) -> Result<Self, ServerError> {
        let Loops { shared, engine, journal, preparer, shadow, archive } = loops;
        shared.release.touch_free();
        let decide = move || {
            if let Some(core) = engine_core {
                pin_here(core);
            }
            engine.run()
        };
        let deliver = {
            let release = Arc::clone(&shared.release);
            move || release.run()
        };
        let follow = {
            let shared = shared.clone();
            move || shadow.map(|shadow| shadow.run(|| shared.preparer.is_stopping()))
        };
        let spawned = ServerError::Thread;
        Ok(Self {
            memory,
            archive: start_archive(archive, shared.clone()).map_err(spawned)?,
            shadow: spawn_or_abort("gantry-shadow", follow).map_err(spawned)?,
            preparer: spawn_or_abort("gantry-prepare", || preparer.run()).map_err(spawned)?,
            release: spawn_or_abort("gantry-release", deliver).map_err(spawned)?,
            journal: spawn_or_abort("gantry-journal", || journal.run()).map_err(spawned)?,
            engine: spawn_or_abort("gantry-engine", decide).map_err(spawned)?,
            shared,
        })
    }

    /// Works off what was queued, makes it durable, lets the replies go, and ends the threads.
    /// Nothing may be queued any more. Without a segment to write to it gives up after `patience`.
    pub(crate) fn stop(self, patience: Duration) -> ThreadsEnd {
        let shared = self.shared;
        shared.engine_stop.store(true, Ordering::Release);
        shared.ingress.bell.ring();
        let (engine, journal) = thread::scope(|scope| {
            let (stopped, stopping) = mpsc::channel::<()>();
            let handoff = &shared.handoff;
            scope.spawn(move || {
                if stopping.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
                    handoff.abandon();
                }
            });
            let engine = join(self.engine);
            handoff.stop();
            let journal = join(self.journal);
            drop(stopped);
            (engine, journal)
        });
        shared.release.stop();
        join(self.release);
        shared.preparer.stop();
        join(self.preparer);
        drop(self.memory);
        if self.archive.join().is_err() {
            tracing::error!("the archive thread panicked; the others went on");
        }
        join(self.shadow);
        ThreadsEnd { engine, journal }
    }
}

/// A panic of this thread ends nothing else.
fn start_archive(archive: ArchiveLoop, shared: Shared) -> io::Result<JoinHandle<()>> {
    let body = move || archive.run(|| shared.is_stopping());
    thread::Builder::new().name("gantry-archive".to_owned()).spawn(body)
}

fn join<T>(thread: JoinHandle<T>) -> T {
    thread.join().expect("invariant: a panic of these threads ends the process")
}

/// Prepares the first segment of a journal that has none, so that a server that listens can
/// write.
pub(crate) fn prepare_first_segment(instance: &mut Instance) -> Result<(), JournalError> {
    let Instance { journal, preparer, .. } = instance;
    while journal.segment_remaining_bytes() == 0 && journal.stats().segments_spare == 0 {
        preparer.step()?;
    }
    Ok(())
}
