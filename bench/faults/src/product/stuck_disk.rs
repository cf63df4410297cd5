//! A disk that hangs: nothing is answered that it does not hold, and nothing is lost.
//!
//! The real server works on a disk that the recorder of `power` serves. While the disk hangs, what
//! was durable before can be read, whatever would tell of something fresh waits, the queues fill,
//! and clients are told `busy`. When the disk goes on, so does the server; or it is killed before,
//! and the next start finds all that was acknowledged.

use std::os::unix::fs::symlink;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use gantry_client::{Connection, ConnectionSender, new_id};
use gantry_model::{OrderId, Query};
use gantry_protocol::{Busy, FrameKind};
use tokio::runtime::Builder;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use super::ledger::Ledger;
use super::server::{Product, Server};
use super::shop::{ACTOR, set_up, write_order};
use crate::driver::Io;
use crate::judge::Violation;
use crate::power::{FileSystem, Recorded};

/// How long a disk hangs at least.
const HANGS_FOR: Duration = Duration::from_secs(3);
/// Long enough to tell an answer that waits from one that comes.
const A_WHILE: Duration = Duration::from_millis(500);
/// Who waits longer than this waits for ever.
const PATIENCE: Duration = Duration::from_secs(60);

/// Clients while the disk hangs.
const CLIENTS: u64 = 16;
/// Requests of each; below what may be in flight on a connection.
const REQUESTS: u64 = 900;
/// The first of them are this long: together they fill every batch.
const LONG_REQUESTS: u64 = 8;
const LONG_ORDERS: u64 = 256;

/// What a number of hanging disks found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hangs {
    /// How often a disk hung.
    pub hangs: u64,
    /// Requests that waited for the disk and were answered when it went on.
    pub waited: u64,
    /// How often a request was answered `busy` while it hung.
    pub busy: u64,
    /// Orders without an answer when a server was killed on a disk that hung.
    pub unanswered: u64,
}

/// Lets a disk hang twice under a server; the second time the server is killed meanwhile.
///
/// # Errors
/// An answer that came too early or not at all, or an order that was lost.
pub fn hang(product: &Product, io: Io, hangs: &mut Hangs) -> Result<(), Violation> {
    let file_system = FileSystem::Xfs;
    let recorded = Recorded::mount(file_system, file_system.blank_disk()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    // By another name, so that the server's log, which stands beside it, is not on the disk.
    let directory = folder.path().join("shop");
    std::fs::create_dir(recorded.root().join("shop")).unwrap();
    symlink(recorded.root().join("shop"), &directory).unwrap();
    let server = Server::start(product, &directory, io)?;
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let address = server.address().to_owned();
        set_up(&address).await;
        let mut all = crowd_on_a_stuck_disk(&recorded, &address, hangs).await?;
        expect_orders(&server, &all)?;
        let mut sent = kill_on_a_stuck_disk(&recorded, server, hangs).await?;
        let server = Server::start(product, &directory, io)?;
        all.send_again(server.address()).await?;
        sent.send_again(server.address()).await?;
        all.append(sent);
        expect_orders(&server, &all)?;
        all.read_back(server.address()).await
    })
}

fn expect_orders(server: &Server, all: &Ledger) -> Result<(), Violation> {
    let (orders, ids) = (server.json(&["stats"])?["orders"].clone(), all.orders.len());
    if orders == ids {
        return Ok(());
    }
    Err(Violation(format!("{ids} ids were sent, {orders} orders are there")))
}

/// What clients were told, counted over all of them.
#[derive(Debug, Default)]
struct Told {
    answers: AtomicU64,
    busy: AtomicU64,
}

/// Lets the disk hang under a crowd until queues are full, and go on again.
async fn crowd_on_a_stuck_disk(
    recorded: &Recorded,
    address: &str,
    hangs: &mut Hangs,
) -> Result<Ledger, Violation> {
    // The last of the setting up is sealed by then.
    sleep(A_WHILE).await;
    let stuck = recorded.recorder().get_stuck();
    let since = Instant::now();
    hangs.hangs += 1;
    let durable = timeout(PATIENCE, read_totals(address)).await;
    durable.map_err(|_| Violation("what is durable was not answered".to_owned()))?;
    let told = Arc::new(Told::default());
    let first = spawn_client(address, 0, 1, &told);
    sleep(A_WHILE).await;
    let fresh = tokio::spawn(read_totals_of(address.to_owned()));
    sleep(A_WHILE).await;
    if fresh.is_finished() {
        return Err(Violation("a query was told of a record that was not synced".to_owned()));
    }
    let clients = (1..=CLIENTS).map(|client| spawn_client(address, client, REQUESTS, &told));
    let clients: Vec<_> = [first].into_iter().chain(clients).collect();
    while told.busy.load(Ordering::Relaxed) == 0 || since.elapsed() < HANGS_FOR {
        if since.elapsed() > PATIENCE {
            return Err(Violation("the queues were never full".to_owned()));
        }
        sleep(Duration::from_millis(10)).await;
    }
    let early = told.answers.load(Ordering::Relaxed);
    if early > 0 {
        return Err(Violation(format!("{early} requests were answered by a disk that hung")));
    }
    hangs.busy += told.busy.load(Ordering::Relaxed);
    drop(stuck);
    let mut all = Ledger::default();
    for client in clients {
        all.append(client.await.unwrap()?);
    }
    let fresh = timeout(PATIENCE, fresh).await;
    fresh.map_err(|_| Violation("a query was never answered".to_owned()))?.unwrap();
    hangs.waited += told.answers.load(Ordering::Relaxed) + 1;
    Ok(all)
}

fn spawn_client(
    address: &str,
    client: u64,
    requests: u64,
    told: &Arc<Told>,
) -> JoinHandle<Result<Ledger, Violation>> {
    let (address, told) = (address.to_owned(), Arc::clone(told));
    tokio::spawn(async move {
        let client = Client::connect(&address, client, told).await;
        client.order(requests).await
    })
}

/// A client that sends all its requests and then waits for each to be answered.
struct Client {
    connection: Connection,
    number: u64,
    told: Arc<Told>,
    ledger: Ledger,
    /// Ids by request.
    open: Vec<Vec<OrderId>>,
}

impl Client {
    async fn connect(address: &str, number: u64, told: Arc<Told>) -> Self {
        let connection = Connection::connect(address, ACTOR).await.unwrap();
        Self { connection, number, told, ledger: Ledger::default(), open: Vec::new() }
    }

    async fn order(mut self, requests: u64) -> Result<Ledger, Violation> {
        for request in 0..requests {
            let is_long = requests > 1 && request < LONG_REQUESTS;
            let count = if is_long { LONG_ORDERS } else { 1 };
            let first = (self.number * REQUESTS + request) * LONG_ORDERS;
            let ids = (first..first + count).map(|number| {
                let id = new_id();
                self.ledger.orders.insert(id, (number, None));
                id
            });
            self.open.push(ids.collect());
            self.send(request).await;
            if !is_long {
                // Each frame a socket read of its own, as far as it can be had.
                sleep(Duration::from_millis(1)).await;
            }
        }
        let mut waiting = requests;
        while waiting > 0 {
            let next = timeout(PATIENCE, self.take()).await;
            let again = next.map_err(|_| Violation("a request was never answered".to_owned()))?;
            match again {
                None => waiting -= 1,
                Some((request, after)) => {
                    sleep(after).await;
                    self.send(request).await;
                }
            }
        }
        Ok(self.ledger)
    }

    async fn send(&mut self, request: u64) {
        let ids = &self.open[usize::try_from(request).unwrap()];
        let mut payload = Vec::new();
        ids.iter().for_each(|id| write_order(*id, self.ledger.orders[id].0, &mut payload));
        let count = u32::try_from(ids.len()).unwrap();
        let sender: &mut ConnectionSender = self.connection.sender();
        sender.send_commands(request, count, &payload).await.unwrap();
        sender.flush().await.unwrap();
    }

    /// Takes the next answer; a request that is to be sent again, and when.
    async fn take(&mut self) -> Option<(u64, Duration)> {
        let frame = self.connection.receiver().next_frame().await.unwrap();
        match frame.kind {
            FrameKind::Busy => {
                self.told.busy.fetch_add(1, Ordering::Relaxed);
                let hint = Busy::parse(frame.payload).unwrap().retry_after_us;
                Some((frame.request, Duration::from_micros(hint.into())))
            }
            FrameKind::Replies => {
                self.told.answers.fetch_add(1, Ordering::Relaxed);
                let ids = &self.open[usize::try_from(frame.request).unwrap()];
                self.ledger.note(ids, frame.payload);
                None
            }
            other => panic!("{other:?} for request {}", frame.request),
        }
    }
}

async fn read_totals(address: &str) {
    let mut connection = Connection::connect(address, ACTOR).await.unwrap();
    let mut payload = Vec::new();
    Query::ReadTotals.write(&mut payload);
    connection.sender().send_queries(1, 1, &payload).await.unwrap();
    connection.sender().flush().await.unwrap();
    let frame = connection.receiver().next_frame().await.unwrap();
    assert_eq!(frame.kind, FrameKind::Replies);
}

async fn read_totals_of(address: String) {
    read_totals(&address).await;
}

/// Kills a server under load while its disk hangs; what was sent to it.
async fn kill_on_a_stuck_disk(
    recorded: &Recorded,
    server: Server,
    hangs: &mut Hangs,
) -> Result<Ledger, Violation> {
    let address = server.address().to_owned();
    // Far from the numbers of the crowd.
    let first = |client: u64| (1 << 40) + client * 1_000_000;
    let load = |client| tokio::spawn(Ledger::load(address.clone(), first(client)));
    let clients: Vec<_> = (0..4).map(load).collect();
    sleep(A_WHILE).await;
    let stuck = recorded.recorder().get_stuck();
    hangs.hangs += 1;
    sleep(A_WHILE).await;
    // It ends once the disk lets go of it.
    server.kill_and(|| drop(stuck));
    let mut sent = Ledger::default();
    for client in clients {
        sent.append(client.await.unwrap());
    }
    let unanswered = sent.orders.len() as u64 - sent.promises();
    hangs.unanswered += unanswered;
    if unanswered == 0 || sent.promises() == 0 {
        return Err(Violation(format!("no load on the disk that hung: {unanswered} unanswered")));
    }
    Ok(sent)
}
