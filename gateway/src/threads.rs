//! The threads around one engine: started together, stopped from the engine outwards.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use gantry_engine::{Engine, Instance, ProcessFigures, Writer};
use gantry_journal::{Durability, JournalError, WritePath};

use crate::affinity::pin_here;
use crate::clock::EngineClock;
use crate::engine_loop::{EngineLinks, EngineLoop};
use crate::error::ServerError;
use crate::guard::spawn_or_abort;
use crate::handoff::Handoff;
use crate::ingress::Ingress;
use crate::journal_loop::{JournalEnd, JournalLoop};
use crate::link::Links;
use crate::options::ServerOptions;
use crate::preparer_loop::{self, PreparerBell};
use crate::release::Release;
use crate::stats::Counters;

/// The running threads and what they share.
#[derive(Debug)]
pub(crate) struct Threads {
    ingress: Arc<Ingress>,
    handoff: Arc<Handoff>,
    release: Arc<Release>,
    preparer_bell: Arc<PreparerBell>,
    engine_stop: Arc<AtomicBool>,
    engine: JoinHandle<Engine>,
    journal: JoinHandle<JournalEnd>,
    release_thread: JoinHandle<()>,
    preparer: JoinHandle<()>,
}

/// What the threads leave behind, everything acknowledged being durable.
pub(crate) struct ThreadsEnd {
    pub(crate) engine: Engine,
    pub(crate) journal: JournalEnd,
}

impl Threads {
    /// Starts the threads around an opened instance.
    pub(crate) fn start(
        instance: Instance,
        clock: EngineClock,
        options: &ServerOptions,
        ingress: &Arc<Ingress>,
        links: &Arc<Links>,
        counters: &Arc<Counters>,
    ) -> Result<Self, ServerError> {
        let Instance { mut engine, journal, preparer, .. } = instance;
        let figures = Arc::new(figures(options));
        engine.set_figures(Arc::clone(&figures));
        counters.durable_sequence.store(journal.last_sequence(), Ordering::Release);
        let handoff = Arc::new(Handoff::new(options.batches));
        let release = Arc::new(Release::new(
            options.batches,
            Arc::clone(links),
            Arc::clone(ingress),
            Arc::clone(counters),
        ));
        let preparer_bell = Arc::new(PreparerBell::default());
        let engine_stop = Arc::new(AtomicBool::new(false));
        let engine_loop = EngineLoop::new(
            Writer::new(engine),
            clock,
            EngineLinks {
                ingress: Arc::clone(ingress),
                handoff: Arc::clone(&handoff),
                release: Arc::clone(&release),
                counters: Arc::clone(counters),
                figures: Arc::clone(&figures),
                stop: Arc::clone(&engine_stop),
            },
        );
        let journal_loop = JournalLoop {
            journal,
            handoff: Arc::clone(&handoff),
            release: Arc::clone(&release),
            preparer: Arc::clone(&preparer_bell),
            counters: Arc::clone(counters),
            figures: Arc::clone(&figures),
            commit_floor: options.commit_floor,
            unprepared_bytes: 0,
            records_dropped: 0,
        };
        let prepare = {
            let (bell, directory) = (Arc::clone(&preparer_bell), PathBuf::from(&options.directory));
            move || preparer_loop::run(preparer, &bell, &figures, &directory)
        };
        let deliver = {
            let release = Arc::clone(&release);
            move || release.run()
        };
        let core = options.engine_core;
        let decide = move || {
            if let Some(core) = core {
                pin_here(core);
            }
            engine_loop.run().into_engine()
        };
        let spawned = ServerError::Thread;
        Ok(Self {
            ingress: Arc::clone(ingress),
            handoff,
            release,
            preparer_bell,
            engine_stop,
            preparer: spawn_or_abort("gantry-prepare", prepare).map_err(spawned)?,
            release_thread: spawn_or_abort("gantry-release", deliver).map_err(spawned)?,
            journal: spawn_or_abort("gantry-journal", || journal_loop.run()).map_err(spawned)?,
            engine: spawn_or_abort("gantry-engine", decide).map_err(spawned)?,
        })
    }

    /// Gives up on batches for which there is no segment.
    pub(crate) fn abandon(&self) {
        self.handoff.abandon();
    }

    /// Works off what was queued, makes it durable, lets the replies go, and ends the threads.
    /// Nothing may be queued any more.
    pub(crate) fn stop(self) -> ThreadsEnd {
        self.engine_stop.store(true, Ordering::Release);
        self.ingress.bell.ring();
        let engine = join(self.engine);
        self.handoff.stop();
        let journal = join(self.journal);
        self.release.stop();
        join(self.release_thread);
        self.preparer_bell.stop();
        join(self.preparer);
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
