//! The loops around one engine and what they share, before anybody gives them threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gantry_engine::{Engine, Instance, ProcessFigures, Writer};
use gantry_journal::{Durability, Journal, SegmentPreparer, Storage, WritePath};

use crate::archive_loop::ArchiveLoop;
use crate::archive_shelf::ArchiveShelf;
use crate::clock::EngineClock;
use crate::engine_loop::{EngineLinks, EngineLoop};
use crate::handoff::Handoff;
use crate::host::Host;
use crate::hub::Hub;
use crate::ingress::Ingress;
use crate::journal_loop::JournalLoop;
use crate::options::ServerOptions;
use crate::preparer_loop::{PreparerBell, PreparerLoop};
use crate::release::Release;
use crate::shadow_loop::ShadowLoop;
use crate::stats::Counters;

/// What the loops share with each other and with the connections.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    pub(crate) ingress: Arc<Ingress>,
    pub(crate) archive: Arc<ArchiveShelf>,
    pub(crate) handoff: Arc<Handoff>,
    pub(crate) release: Arc<Release>,
    pub(crate) preparer: Arc<PreparerBell>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) figures: Arc<ProcessFigures>,
    pub(crate) engine_stop: Arc<AtomicBool>,
}

/// Every loop of a server but the deliveries, which [`Release`] does itself.
pub(crate) struct Loops {
    pub(crate) shared: Shared,
    pub(crate) engine: EngineLoop,
    pub(crate) journal: JournalLoop,
    pub(crate) preparer: PreparerLoop,
    /// None if no snapshots are to be made.
    pub(crate) shadow: Option<ShadowLoop>,
    pub(crate) archive: ArchiveLoop,
}

/// What the loops get from outside: the machine and the settings.
pub(crate) struct Ground<'a> {
    pub(crate) host: Arc<dyn Host>,
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) options: &'a ServerOptions,
}

impl Loops {
    /// The loops around an opened instance.
    pub(crate) fn new(
        instance: Instance,
        clock: EngineClock,
        hub: &Hub,
        ground: &Ground<'_>,
    ) -> Self {
        let shared = Shared::new(ground.options, hub);
        let shadow = ground.shadow_loop(&shared, instance.recovery.bytes);
        let Instance { engine, journal, preparer, .. } = instance;
        Self {
            engine: shared.engine_loop(engine, clock),
            journal: ground.journal_loop(&shared, journal),
            preparer: ground.preparer_loop(&shared, preparer),
            shadow,
            archive: ground.archive_loop(&shared),
            shared,
        }
    }
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

    pub(crate) fn is_stopping(&self) -> bool {
        self.engine_stop.load(Ordering::Relaxed)
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
}

impl Ground<'_> {
    fn journal_loop(&self, shared: &Shared, journal: Journal) -> JournalLoop {
        shared.counters.durable_sequence.store(journal.last_sequence(), Ordering::Release);
        JournalLoop {
            journal,
            handoff: Arc::clone(&shared.handoff),
            release: Arc::clone(&shared.release),
            preparer: Arc::clone(&shared.preparer),
            counters: Arc::clone(&shared.counters),
            figures: Arc::clone(&shared.figures),
            idle_since: self.host.monotonic(),
            host: Arc::clone(&self.host),
            commit_floor: self.options.commit_floor,
            unprepared_bytes: 0,
            sync_us: 0,
            records_dropped: 0,
            waiting: None,
            is_sealed: false,
        }
    }

    fn preparer_loop(&self, shared: &Shared, preparer: SegmentPreparer) -> PreparerLoop {
        PreparerLoop {
            preparer,
            bell: Arc::clone(&shared.preparer),
            figures: Arc::clone(&shared.figures),
            host: Arc::clone(&self.host),
            storage: Arc::clone(&self.storage),
            directory: self.options.directory.clone(),
            told: String::new(),
        }
    }

    fn archive_loop(&self, shared: &Shared) -> ArchiveLoop {
        ArchiveLoop {
            directory: self.options.directory.clone(),
            storage: Arc::clone(&self.storage),
            shelf: Arc::clone(&shared.archive),
            ingress: Arc::clone(&shared.ingress),
            counters: Arc::clone(&shared.counters),
            host: Arc::clone(&self.host),
            options: self.options.archive,
            archivist: None,
            built: None,
            shown: None,
            worked_since: None,
        }
    }

    /// None if it is to make nothing.
    fn shadow_loop(&self, shared: &Shared, behind_bytes: u64) -> Option<ShadowLoop> {
        let every_bytes = self.options.snapshot_every_bytes;
        let is_wanted = every_bytes > 0 && self.options.journal.durability == Durability::Sync;
        is_wanted.then(|| ShadowLoop {
            directory: self.options.directory.clone(),
            storage: Arc::clone(&self.storage),
            counters: Arc::clone(&shared.counters),
            figures: Arc::clone(&shared.figures),
            host: Arc::clone(&self.host),
            every_bytes,
            behind_bytes,
            covered_bytes: 0,
        })
    }
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
