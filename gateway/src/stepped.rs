//! A server without threads and sockets: its caller decides whose turn it is.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use gantry_engine::{
    ArchiveError, Engine, Instance, InstanceError, RequestKind, SnapshotError, Start, Submission,
};
use gantry_journal::{JournalError, Storage};
use gantry_model::Actor;

use crate::archive_loop;
use crate::connection::serve;
use crate::error::ServerError;
use crate::host::Host;
use crate::hub::Hub;
use crate::ingress::SubmissionWatcher;
use crate::loops::{Ground, Loops};
use crate::options::ServerOptions;
use crate::release::BatchWatcher;
use crate::server::OpenedFacts;
use crate::shadow_loop;
use crate::socket::{Inlet, Outlet};
use crate::stats::{ServerStats, add};
use crate::threads::prepare_first_segment;
use crate::turn::Rest;

/// A loop of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loop {
    /// Drains the queues into batches.
    Engine,
    /// Makes batches durable.
    Journal,
    /// Lets the replies of durable batches go.
    Release,
    /// Prepares segments.
    Preparer,
    /// Makes snapshots.
    Shadow,
    /// Builds archive files.
    Archive,
}

impl Loop {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Engine, Self::Journal, Self::Release, Self::Preparer, Self::Shadow, Self::Archive];
}

/// The loops and connections of a [`Server`](crate::Server), driven by whoever owns it: nothing
/// happens between two calls. Dropping it is a crash.
pub struct SteppedServer {
    hub: Arc<Hub>,
    loops: Loops,
    opened: OpenedFacts,
    passed_over: Vec<SnapshotError>,
    next_session: u64,
}

impl SteppedServer {
    /// Opens the folder and replays its journal.
    ///
    /// # Errors
    /// As [`Server::start`](crate::Server::start).
    pub fn open(
        options: &ServerOptions,
        storage: Arc<dyn Storage>,
        host: Arc<dyn Host>,
    ) -> Result<Self, ServerError> {
        options.check()?;
        let (directory, seed) = (&options.directory, host.random());
        let opening = host.monotonic();
        let start = match options.full_replay {
            true => Start::without_snapshot(seed),
            false => Start::from_newest(&*storage, directory, seed).map_err(InstanceError::from)?,
        };
        let boxed = Box::new(Arc::clone(&storage));
        let mut instance = Instance::open_from(start, directory, options.journal.clone(), boxed)?;
        let opened = OpenedFacts::of(&instance, host.monotonic().saturating_sub(opening));
        let clock = options.clock(&host, &instance)?;
        prepare_first_segment(&mut instance).map_err(ServerError::Open)?;
        let passed_over = std::mem::take(&mut instance.passed_over);
        let hub = Arc::new(Hub::new(options, &mut instance));
        let loops = Loops::new(instance, clock, &hub, &Ground { host, storage, options });
        Ok(Self { hub, loops, opened, passed_over, next_session: 1 })
    }

    /// Gives one loop a turn. A snapshot or an archive file that fails is tried again later, as a
    /// server does.
    ///
    /// # Errors
    /// A server would have ended itself: drop this one.
    pub fn turn(&mut self, whose: Loop) -> Result<Rest, JournalError> {
        let Loops { shared, engine, journal, preparer, shadow, archive } = &mut self.loops;
        match whose {
            Loop::Engine => Ok(engine.turn()),
            Loop::Journal => journal.turn(),
            Loop::Preparer => Ok(preparer.turn()),
            Loop::Release => {
                shared.release.turn();
                Ok(Rest::Bell(None))
            }
            Loop::Shadow => Ok(shadow.as_mut().map_or(Rest::Over, |shadow| {
                let turned = shadow.turn(&|| false);
                turned.unwrap_or_else(|error| Rest::Pause(shadow_loop::rest_after(&error)))
            })),
            Loop::Archive => {
                Ok(archive.turn().unwrap_or_else(|error| archive_loop::rest_after(&error)))
            }
        }
    }

    /// A new connection; poll the future to its end, or drop it.
    pub fn connect(
        &mut self,
        halves: (Inlet, Box<dyn Outlet>),
    ) -> impl Future<Output = ()> + Send + use<> {
        let id = self.next_session;
        self.next_session += 1;
        add(&self.hub.counters.connections_accepted, 1);
        add(&self.hub.counters.connections_open, 1);
        serve(halves, id, Arc::clone(&self.hub))
    }

    /// Shows every durable batch before its replies leave.
    pub fn watch(&self, watcher: BatchWatcher) {
        self.loops.shared.release.watch(watcher);
    }

    /// Shows every submission that is taken, before it is queued; it may still be refused.
    pub fn watch_submissions(&self, watcher: SubmissionWatcher) {
        self.hub.ingress.watch(watcher);
    }

    /// Makes every connection say goodbye, answer what is pending, and end.
    pub fn say_goodbye(&self) {
        self.hub.stop();
    }

    /// Ends the loops in order once the connections have ended, closes the journal, and returns the
    /// engine. `is_patient` is asked before each round of turns: from its first no on, what finds no
    /// segment to be written to is dropped, unanswered.
    ///
    /// # Errors
    /// The disk failed meanwhile; what was acknowledged is durable even then.
    pub fn stop(mut self, mut is_patient: impl FnMut() -> bool) -> Result<Engine, JournalError> {
        self.loops.shared.engine_stop.store(true, Ordering::Release);
        let mut is_engine_over = false;
        loop {
            if !is_patient() {
                self.loops.shared.handoff.abandon();
            }
            if !is_engine_over && self.loops.engine.turn() == Rest::Over {
                is_engine_over = true;
                self.loops.shared.handoff.stop();
            }
            self.loops.preparer.turn();
            let rest = self.loops.journal.turn()?;
            self.loops.shared.release.turn();
            if rest == Rest::Over {
                break;
            }
        }
        self.loops.journal.end().journal.close()?;
        Ok(self.loops.engine.into_engine())
    }

    /// Answers queries (their items, back to back) at once, for whoever looks on: the answers may
    /// tell of what is not durable yet.
    ///
    /// # Errors
    /// An archive file cannot be read.
    pub fn look(&mut self, queries: &[u8]) -> Result<Vec<u8>, ArchiveError> {
        let mut submission = Submission::new(0, Actor::COMMAND_LINE);
        submission.push_frame(RequestKind::Queries, 0, queries);
        self.hub.archive.attach(&mut submission)?;
        Ok(self.loops.engine.look(&submission))
    }

    /// What the start found.
    #[must_use]
    pub const fn opened(&self) -> &OpenedFacts {
        &self.opened
    }

    /// Snapshots that the start found and could not use.
    #[must_use]
    pub fn passed_over(&self) -> &[SnapshotError] {
        &self.passed_over
    }

    /// The engine, to read; it may be ahead of the journal.
    #[must_use]
    pub const fn engine(&self) -> &Engine {
        self.loops.engine.engine()
    }

    /// Counts since the start.
    #[must_use]
    pub fn stats(&self) -> ServerStats {
        self.hub.counters.read()
    }
}
