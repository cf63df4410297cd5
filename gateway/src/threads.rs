//! The threads around one engine: started together, stopped from the engine outwards.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use gantry_engine::{Archivist, Engine, Instance, ProcessFigures, Writer};
use gantry_journal::{Durability, Journal, JournalError, Storage, WritePath};

use crate::affinity::{lower_priority_here, pin_here};
use crate::archive_loop::{ArchiveLoop, past};
use crate::archive_shelf::ArchiveShelf;
use crate::clock::EngineClock;
use crate::engine_loop::{EngineLinks, EngineLoop};
use crate::error::ServerError;
use crate::guard::spawn_or_abort;
use crate::handoff::Handoff;
use crate::hub::Hub;
use crate::ingress::Ingress;
use crate::journal_loop::{JournalEnd, JournalLoop};
use crate::memory_loop::MemoryThread;
use crate::options::{ArchiveOptions, ServerOptions};
use crate::preparer_loop::{self, PreparerBell};
use crate::release::Release;
use crate::seed::index_seed;
use crate::shadow_loop::ShadowLoop;
use crate::stats::Counters;

/// What the threads share with each other and with the connections.
#[derive(Clone, Debug)]
struct Shared {
    ingress: Arc<Ingress>,
    archive: Arc<ArchiveShelf>,
    handoff: Arc<Handoff>,
    release: Arc<Release>,
    preparer: Arc<PreparerBell>,
    counters: Arc<Counters>,
    figures: Arc<ProcessFigures>,
    engine_stop: Arc<AtomicBool>,
}

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

impl Shared {
    fn new(options: &ServerOptions, hub: &Hub) -> Self {
        let (ingress, counters) = (Arc::clone(&hub.ingress), Arc::clone(&hub.counters));
        let release = Release::new(
            options.batches,
            Arc::clone(&hub.links),
            Arc::clone(&ingress),
            Arc::clone(&counters),
        );
        Self {
            ingress,
            archive: Arc::clone(&hub.archive),
            handoff: Arc::new(Handoff::new(options.batches)),
            release: Arc::new(release),
            preparer: Arc::new(PreparerBell::default()),
            counters,
            figures: Arc::new(figures(options)),
            engine_stop: Arc::new(AtomicBool::new(false)),
        }
    }

    fn engine_loop(&self, mut engine: Engine, clock: EngineClock) -> EngineLoop {
        engine.set_figures(Arc::clone(&self.figures));
        let links = EngineLinks {
            ingress: Arc::clone(&self.ingress),
            archive: Arc::clone(&self.archive),
            handoff: Arc::clone(&self.handoff),
            release: Arc::clone(&self.release),
            counters: Arc::clone(&self.counters),
            figures: Arc::clone(&self.figures),
            stop: Arc::clone(&self.engine_stop),
        };
        EngineLoop::new(Writer::new(engine), clock, links)
    }

    /// The archive is a convenience: without its thread memory grows, and nothing else is wrong.
    fn start_archive(&self, options: &ServerOptions) -> io::Result<JoinHandle<()>> {
        let (shared, directory, options) =
            (self.clone(), options.directory.clone(), options.archive);
        let body = move || {
            lower_priority_here();
            let (files, past) = (shared.archive.files(), past(options.after));
            // Here, because it may read a whole snapshot, for which no client should wait.
            match Archivist::begin(&directory, &files, options.limits, past, index_seed()) {
                Ok(archivist) => {
                    shared.archive_loop(archivist, options).run(|| shared.is_stopping())
                }
                Err(error) => tracing::error!(%error, "nothing is archived until the next start"),
            }
        };
        thread::Builder::new().name("gantry-archive".to_owned()).spawn(body)
    }

    fn archive_loop(&self, archivist: Archivist, options: ArchiveOptions) -> ArchiveLoop {
        ArchiveLoop {
            archivist,
            shelf: Arc::clone(&self.archive),
            ingress: Arc::clone(&self.ingress),
            counters: Arc::clone(&self.counters),
            options,
        }
    }

    fn is_stopping(&self) -> bool {
        self.engine_stop.load(Ordering::Relaxed)
    }

    /// None if it is to make nothing.
    fn shadow_loop(
        &self,
        options: &ServerOptions,
        storage: Arc<dyn Storage>,
        behind_bytes: u64,
    ) -> Option<ShadowLoop> {
        let every_bytes = options.snapshot_every_bytes;
        let is_wanted = every_bytes > 0 && options.journal.durability == Durability::Sync;
        is_wanted.then(|| ShadowLoop {
            directory: options.directory.clone(),
            storage,
            counters: Arc::clone(&self.counters),
            figures: Arc::clone(&self.figures),
            every_bytes,
            behind_bytes,
            covered_bytes: 0,
        })
    }

    fn journal_loop(&self, journal: Journal, commit_floor: Duration) -> JournalLoop {
        self.counters.durable_sequence.store(journal.last_sequence(), Ordering::Release);
        JournalLoop {
            journal,
            handoff: Arc::clone(&self.handoff),
            release: Arc::clone(&self.release),
            preparer: Arc::clone(&self.preparer),
            counters: Arc::clone(&self.counters),
            figures: Arc::clone(&self.figures),
            commit_floor,
            unprepared_bytes: 0,
            sync_us: 0,
            records_dropped: 0,
        }
    }
}

impl Threads {
    /// Starts the threads around an opened instance.
    pub(crate) fn start(
        instance: Instance,
        memory: MemoryThread,
        storage: Arc<dyn Storage>,
        clock: EngineClock,
        options: &ServerOptions,
        hub: &Hub,
    ) -> Result<Self, ServerError> {
        let shared = Shared::new(options, hub);
        let shadow = shared.shadow_loop(options, storage, instance.recovery.bytes);
        let Instance { engine, journal, preparer, .. } = instance;
        let engine_loop = shared.engine_loop(engine, clock);
        let journal_loop = shared.journal_loop(journal, options.commit_floor);
        let core = options.engine_core;
        let decide = move || {
            if let Some(core) = core {
                pin_here(core);
            }
            engine_loop.run().into_engine()
        };
        let deliver = {
            let release = Arc::clone(&shared.release);
            move || release.run()
        };
        let prepare = {
            let (shared, directory) = (shared.clone(), options.directory.clone());
            move || preparer_loop::run(preparer, &shared.preparer, &shared.figures, &directory)
        };
        let follow = {
            let shared = shared.clone();
            move || shadow.map(|shadow| shadow.run(|| shared.preparer.is_stopping()))
        };
        let spawned = ServerError::Thread;
        Ok(Self {
            memory,
            archive: shared.start_archive(options).map_err(spawned)?,
            shadow: spawn_or_abort("gantry-shadow", follow).map_err(spawned)?,
            preparer: spawn_or_abort("gantry-prepare", prepare).map_err(spawned)?,
            release: spawn_or_abort("gantry-release", deliver).map_err(spawned)?,
            journal: spawn_or_abort("gantry-journal", || journal_loop.run()).map_err(spawned)?,
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

fn join<T>(thread: JoinHandle<T>) -> T {
    thread.join().expect("invariant: a panic of these threads ends the process")
}

fn figures(options: &ServerOptions) -> ProcessFigures {
    let figures = ProcessFigures::default();
    let durability = match options.journal.durability {
        Durability::Sync => 1,
        Durability::Os => 2,
    };
    let journal_io = match options.journal.write_path {
        WritePath::Mapped => 1,
        WritePath::Direct => 2,
    };
    figures.durability.store(durability, Ordering::Relaxed);
    figures.journal_io.store(journal_io, Ordering::Relaxed);
    figures
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
