//! Starting and stopping a server.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use gantry_engine::{Instance, LocalInstance, SnapshotFacts};
use gantry_journal::{JournalStats, Recovery, Storage};
use gantry_model::EngineTime;
use gantry_protocol::ErrorCode;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::{Notify, Semaphore};

use crate::connection::{refuse, serve};
use crate::error::ServerError;
use crate::guard::abort_at_panic;
use crate::host::{Host, SystemHost};
use crate::hub::Hub;
use crate::loops::{Ground, Loops};
use crate::open::open;
use crate::options::ServerOptions;
use crate::session::Farewell;
use crate::socket::halves;
use crate::stats::{ServerStats, add};
use crate::threads::{Threads, ThreadsEnd, prepare_first_segment};

/// Connections that the system keeps ready to be accepted.
const BACKLOG: u32 = 1_024;
/// Refused connections that are told why at a time; more are closed without a word.
const REFUSALS_MAX: usize = 64;
/// After a failed accept (no file handle left, most likely) the listener rests.
const ACCEPT_REST: Duration = Duration::from_millis(50);
/// After the connections were cut, their tasks get this long to end.
const CUT_TIMEOUT: Duration = Duration::from_secs(2);

/// What the start found in the folder.
#[derive(Clone, Copy, Debug)]
pub struct OpenedFacts {
    /// What recovery found and did.
    pub recovery: Recovery,
    /// Last record of the snapshot that it began with; 0 = without one.
    pub snapshot_sequence: u64,
    /// Records applied: those behind the snapshot.
    pub records_replayed: u64,
    /// Time that recovery and replay took together.
    pub replay_time: Duration,
    /// The state's hash after them.
    pub state_hash: u128,
}

impl OpenedFacts {
    pub(crate) fn of(instance: &Instance, replay_time: Duration) -> Self {
        Self {
            recovery: instance.recovery,
            snapshot_sequence: instance.snapshot.as_ref().map_or(0, SnapshotFacts::last_sequence),
            records_replayed: instance.records_replayed,
            replay_time,
            state_hash: instance.engine.state_hash(),
        }
    }
}

/// What a server leaves behind.
#[derive(Clone, Copy, Debug)]
pub struct StopReport {
    /// Last record, durable.
    pub last_sequence: u64,
    /// The state's hash after it.
    pub state_hash: u128,
    /// Counts of the journal.
    pub journal: JournalStats,
    /// Counts of the server.
    pub stats: ServerStats,
}

/// Asks a server to stop, from anywhere.
#[derive(Clone, Debug)]
pub struct StopHandle {
    stop: Arc<StopRequest>,
}

#[derive(Debug, Default)]
struct StopRequest {
    requested: AtomicBool,
    /// Wakes the listener.
    listener: Notify,
    /// Wakes [`Server::wait`].
    waiter: Notify,
}

impl StopHandle {
    /// Asks for an orderly stop; returns at once.
    pub fn stop(&self) {
        // Relaxed: the permits left by the two notifications order what follows.
        self.stop.requested.store(true, Ordering::Relaxed);
        self.stop.listener.notify_one();
        self.stop.waiter.notify_one();
    }
}

/// A running server.
///
/// # Durability
/// No answer that tells of a state leaves before that state is durable; see the crate's page.
/// Dropping a server stops it in order, too, but tells nobody how that went.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    opened: OpenedFacts,
    hub: Arc<Hub>,
    stop: Arc<StopRequest>,
    stop_timeout: Duration,
    /// `None` once stopped.
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    runtime: Runtime,
    threads: Threads,
}

impl Server {
    /// Takes the address, opens the folder, replays its journal and serves. Returns when clients
    /// can connect.
    ///
    /// # Errors
    /// [`ServerError`] says what was in the way; nothing is left running.
    pub fn start(options: ServerOptions, storage: Box<dyn Storage>) -> Result<Self, ServerError> {
        Self::start_after(options, storage, |_, _| Ok(()))
    }

    /// As [`Server::start`], and lets `first` carry out commands before anybody can connect. They
    /// are durable by then.
    ///
    /// # Errors
    /// A [`ServerError`], or what `first` ends with.
    pub fn start_after<E: From<ServerError>>(
        mut options: ServerOptions,
        storage: Box<dyn Storage>,
        first: impl FnOnce(&mut LocalInstance, EngineTime) -> Result<(), E>,
    ) -> Result<Self, E> {
        options.check().map_err(ServerError::from)?;
        if options.journal.new_instance_id == 0 {
            options.journal.new_instance_id = uuid::Uuid::now_v7().as_u128();
        }
        let runtime = runtime(&options).map_err(ServerError::Thread)?;
        // The address first: it is the cheapest to fail. Nobody can connect before `listen`.
        let socket = bind(options.listen, &runtime)?;
        let host: Arc<dyn Host> = Arc::new(SystemHost::new());
        let storage: Arc<dyn Storage> = Arc::from(storage);
        let opening = host.monotonic();
        let (instance, memory) = open(&options, &storage, &*host)?;
        let replay_time = host.monotonic().saturating_sub(opening);
        let mut clock = options.clock(&host, &instance).map_err(ServerError::from)?;
        let opened = OpenedFacts::of(&instance, replay_time);
        let mut local = LocalInstance::from(instance);
        first(&mut local, clock.now())?;
        let mut instance = local.into_instance().map_err(ServerError::Open)?;
        prepare_first_segment(&mut instance).map_err(ServerError::Open)?;
        let listener = listen(socket, options.listen, &runtime)?;
        let address =
            listener.local_addr().map_err(|error| ServerError::listen(options.listen, error))?;
        let hub = Arc::new(Hub::new(&options, &mut instance));
        let ground = Ground { host, storage, options: &options };
        let loops = Loops::new(instance, clock, &hub, &ground);
        let threads = Threads::start(loops, memory, options.engine_core)?;
        let stop = Arc::new(StopRequest::default());
        runtime.spawn(accept(
            listener,
            Arc::clone(&hub),
            Arc::clone(&stop),
            u64::from(options.connections_max),
        ));
        let running = Some(Running { runtime, threads });
        let stop_timeout = options.stop_timeout;
        Ok(Self { address, opened, hub, stop, stop_timeout, running })
    }

    /// Where clients connect.
    #[must_use]
    pub const fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// What the start found.
    #[must_use]
    pub const fn opened(&self) -> &OpenedFacts {
        &self.opened
    }

    /// Counts since the start.
    #[must_use]
    pub fn stats(&self) -> ServerStats {
        self.hub.counters.read()
    }

    /// A handle that stops this server.
    #[must_use]
    pub fn stop_handle(&self) -> StopHandle {
        StopHandle { stop: Arc::clone(&self.stop) }
    }

    /// Waits until somebody stops the server, then stops it in order: goodbye to all, every request
    /// that was taken answered, the journal synced and closed with a clean-stop page.
    ///
    /// # Errors
    /// What was acknowledged is durable even then.
    pub fn wait(mut self) -> Result<StopReport, ServerError> {
        let running = self.running.take().expect("invariant: only here and in drop");
        while !self.stop.requested.load(Ordering::Relaxed) {
            running.runtime.block_on(self.stop.waiter.notified());
        }
        self.stop(running)
    }

    fn stop(&self, running: Running) -> Result<StopReport, ServerError> {
        self.hub.stop();
        let hub = &self.hub;
        let orderly = running.runtime.block_on(async {
            tokio::time::timeout(self.stop_timeout, all_ended(hub)).await.is_ok()
        });
        if !orderly {
            let connections = hub.links.len();
            tracing::warn!(connections, "the stop ran out of time; connections are cut");
            hub.cut();
            let all_ended = async { tokio::time::timeout(CUT_TIMEOUT, all_ended(hub)).await };
            // Tasks that are still there end with the runtime.
            let _ = running.runtime.block_on(all_ended);
        }
        // Ends the tasks, so nothing can be queued after this.
        running.runtime.shutdown_timeout(CUT_TIMEOUT);
        let ThreadsEnd { engine, journal: end } = running.threads.stop(self.stop_timeout);
        let (journal, records_dropped) = (end.journal, end.records_dropped);
        let report = StopReport {
            last_sequence: journal.last_sequence(),
            state_hash: engine.state_hash(),
            journal: journal.stats(),
            stats: self.hub.counters.read(),
        };
        journal.close().map_err(ServerError::Close)?;
        if records_dropped > 0 {
            return Err(ServerError::Unwritten { records: records_dropped });
        }
        Ok(report)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let Some(running) = self.running.take() else { return };
        StopHandle { stop: Arc::clone(&self.stop) }.stop();
        if let Err(error) = self.stop(running) {
            tracing::error!(%error, "the server was dropped and did not stop in order");
        }
    }
}

async fn all_ended(hub: &Hub) {
    while !hub.links.is_empty() {
        hub.ended.notified().await;
    }
}

fn runtime(options: &ServerOptions) -> io::Result<Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(options.workers).thread_name("gantry-net").enable_all();
    // Where a worker cannot be had, tokio panics and waits for ever for those that it has started.
    abort_at_panic(|| builder.build())
}

fn bind(address: SocketAddr, runtime: &Runtime) -> Result<TcpSocket, ServerError> {
    let _entered = runtime.enter();
    let bind = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        // A restart must not wait for the last connections' time to run out.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        Ok(socket)
    };
    bind().map_err(|error| ServerError::listen(address, error))
}

fn listen(
    socket: TcpSocket,
    address: SocketAddr,
    runtime: &Runtime,
) -> Result<TcpListener, ServerError> {
    let _entered = runtime.enter();
    socket.listen(BACKLOG).map_err(|error| ServerError::listen(address, error))
}

/// Accepts until stopped; then the listener closes.
async fn accept(
    listener: TcpListener,
    hub: Arc<Hub>,
    stop: Arc<StopRequest>,
    connections_max: u64,
) {
    let next_id = AtomicU64::new(1);
    let refusals = Arc::new(Semaphore::new(REFUSALS_MAX));
    while !stop.requested.load(Ordering::Relaxed) {
        let Some(accepted) = unless(stop.listener.notified(), listener.accept()).await else {
            continue;
        };
        match accepted {
            Ok((stream, _)) => {
                // Replies are written whole: waiting for more to send with them gains nothing.
                let _ = stream.set_nodelay(true);
                let open = hub.counters.connections_open.load(Ordering::Relaxed);
                if open < connections_max {
                    admit(stream, next_id.fetch_add(1, Ordering::Relaxed), &hub);
                } else {
                    turn_away(stream, &refusals, &hub, connections_max);
                }
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_REST).await;
            }
        }
    }
}

/// The result of `work`, or `None` if `signal` comes first.
async fn unless<T>(signal: impl Future<Output = ()>, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        () = signal => None,
        result = work => Some(result),
    }
}

fn admit(stream: TcpStream, id: u64, hub: &Arc<Hub>) {
    add(&hub.counters.connections_accepted, 1);
    add(&hub.counters.connections_open, 1);
    tokio::spawn(serve(halves(stream), id, Arc::clone(hub)));
}

fn turn_away(stream: TcpStream, refusals: &Arc<Semaphore>, hub: &Hub, connections_max: u64) {
    add(&hub.counters.connections_refused, 1);
    let Ok(permit) = Arc::clone(refusals).try_acquire_owned() else { return };
    let text = format!("the server takes {connections_max} connections at a time");
    let farewell = Farewell { code: ErrorCode::TooManyConnections, request: 0, text };
    tokio::spawn(async move {
        refuse(stream, farewell).await;
        drop(permit);
    });
}
