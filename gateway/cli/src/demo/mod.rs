//! `gantry demo`: a Black Friday on a fresh server, a hard kill, and a count of what was kept.
//!
//! `network` and `stream` make up a shop and its orders from a seed, `shape` says when they come,
//! `load` sends them over TCP, `table` shows what happens, `server` is the process that is killed,
//! and `verify` reads every acknowledged order back from its successor.

mod figures;
mod folder;
mod load;
mod network;
mod random;
mod report;
mod server;
mod shape;
mod stream;
mod table;
mod verify;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gantry_client::{ClientError, Connection};
use gantry_model::{Actor, Malformed};
use gantry_protocol::FrameKind;
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;

use crate::args::DemoArgs;
use crate::error::CliError;
use crate::output::{Output, grouped};
use crate::session::runtime;
use crate::signals::Signals;

use figures::Figures;
use folder::Folder;
use load::{Acknowledged, Share, Shopped, shop};
use report::Report;
use server::Server;
use shape::Shape;
use stream::Stream;
use table::LiveTable;
use verify::{read_back, totals};

/// The demo is a client like any other.
const ACTOR: Actor = Actor::CLIENT_MIN;
const CONNECTIONS: u64 = 4;
const SECOND: Duration = Duration::from_secs(1);

/// What can end a demo early, or badly.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DemoError {
    /// The folder cannot be made.
    #[error("cannot make the folder {}: {source}; $TMPDIR names another place", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The server process cannot be started.
    #[error("cannot start a server process: {0}")]
    Spawn(std::io::Error),
    /// The server process cannot be killed.
    #[error("cannot kill the server process: {0}")]
    Kill(std::io::Error),
    /// The server ended, or never listened.
    #[error("the server did not start. It said:\n{log}")]
    ServerNotReady {
        /// The last lines of its log.
        log: String,
    },
    /// The connection failed.
    #[error("connection to the demo's server: {0}")]
    Connection(#[from] ClientError),
    /// A reply of no known form.
    #[error("reply of the demo's server: {0}")]
    Reply(#[from] Malformed),
    /// A frame that does not belong there.
    #[error("the demo's server sent a frame of kind {kind:?}")]
    UnexpectedFrame {
        /// Its kind.
        kind: FrameKind,
    },
    /// A command of the set-up was not accepted.
    #[error("the shop could not be set up: {status}, reason {reason}")]
    SetUpRefused {
        /// The reply's status.
        status: &'static str,
        /// The number of its reason.
        reason: u16,
    },
    /// An order or a read was answered in a way that cannot be.
    #[error("an order was answered `{status}`, reason {reason}")]
    UnexpectedAnswer {
        /// The reply's status.
        status: &'static str,
        /// The number of its reason.
        reason: u16,
    },
    /// Nothing was acknowledged, so nothing was shown.
    #[error("the server acknowledged no order in the given time")]
    NothingAcknowledged,
    /// The promise is broken.
    #[error(
        "{missing} acknowledged orders are missing and {different} differ; {extra} orders are in \
         the journal that were never sent"
    )]
    Lost {
        /// Orders that are not there.
        missing: u64,
        /// Orders that are not as they were acknowledged.
        different: u64,
        /// Orders too many.
        extra: u64,
    },
}

/// Runs the demo; fails if one acknowledged order is missing or differs.
pub(crate) fn run(args: &DemoArgs, output: &mut Output) -> Result<(), CliError> {
    runtime()?.block_on(async {
        let mut signals = Signals::new()?;
        tokio::select! {
            done = play(args, output) => done,
            _ = signals.next() => Err(CliError::Interrupted),
        }
    })
}

async fn play(args: &DemoArgs, output: &mut Output) -> Result<(), CliError> {
    let folder = Folder::new(args.keep)?;
    let shape = Arc::new(Shape::new(args.seconds, args.orders_per_second));
    output.line("starting a server process on a fresh folder")?;
    output.flush()?;
    let mut server = Server::start(folder.path())?;
    let mut connection =
        Connection::connect(server.address(), ACTOR).await.map_err(DemoError::from)?;
    let network = network::set_up(&mut connection, args.seed, shape.day_orders()).await?;
    drop(connection);
    output.line(format_args!(
        "8 warehouses, {} zones, {} SKUs; about {} orders in {} s, up to {} a second\n",
        network.zones.len(),
        grouped(network.skus.len() as u64),
        grouped(shape.day_orders()),
        args.seconds,
        grouped(args.orders_per_second),
    ))?;
    let stream = Arc::new(Stream::new(args.seed, network));
    let day = rush(&mut server, &stream, &shape, output).await?;
    drop(server);
    let report = recover(&folder, &stream, day, output).await?;
    output.page(&report.page())?;
    if args.keep {
        output.line(format_args!("\nkept: {}", folder.path().display()))?;
    }
    report.verdict().map_err(CliError::from)
}

/// What the day left behind.
struct Day {
    acknowledged: Vec<Acknowledged>,
    /// Orders that were sent and not answered before the kill.
    unanswered: u64,
    total: Figures,
    /// Answered orders in the last whole second.
    last_second: u64,
    killed_after: Duration,
}

/// Sends the day's orders, shows them, and kills the server at its height.
async fn rush(
    server: &mut Server,
    stream: &Arc<Stream>,
    shape: &Arc<Shape>,
    output: &mut Output,
) -> Result<Day, CliError> {
    let figures: Vec<_> = (0..CONNECTIONS).map(|_| Arc::default()).collect();
    let (mut shoppers, start) = open_doors(server.address(), stream, shape, &figures).await?;
    let mut table = LiveTable::begin(output)?;
    let mut last_second = 0;
    let mut due = start;
    while due < start + shape.day() {
        due += SECOND;
        tokio::select! {
            () = tokio::time::sleep_until(due) => {}
            // Nobody ends before the kill but by a failure.
            Some(ended) = shoppers.join_next() => return Err(ended_early(ended).into()),
        }
        let second = taken(&figures);
        last_second = second.accepted + second.rejected;
        table.show(&second, start.elapsed(), shape, output)?;
    }
    output.redraw_done();
    server.kill()?;
    let killed_after = start.elapsed();
    let (acknowledged, unanswered) = go_home(&mut shoppers).await?;
    let mut total = table.into_total();
    total.add(&taken(&figures));
    Ok(Day { acknowledged, unanswered, total, last_second, killed_after })
}

type Shoppers = JoinSet<Result<Shopped, DemoError>>;

/// Connects the shoppers; the day begins when all of them are there.
async fn open_doors(
    address: &str,
    stream: &Arc<Stream>,
    shape: &Arc<Shape>,
    figures: &[Arc<Mutex<Figures>>],
) -> Result<(Shoppers, Instant), DemoError> {
    let mut connections = Vec::with_capacity(figures.len());
    for _ in figures {
        connections.push(Connection::connect(address, ACTOR).await?);
    }
    let (mut shoppers, start) = (JoinSet::new(), Instant::now());
    for ((connection, figures), first) in connections.into_iter().zip(figures).zip(0..) {
        let (stream, shape, figures) = (stream.clone(), shape.clone(), figures.clone());
        let share = Share { stream, shape, figures, start, first, stride: CONNECTIONS };
        shoppers.spawn(shop(connection, share));
    }
    Ok((shoppers, start))
}

/// Collects what every shopper was promised, and counts what got no answer.
async fn go_home(shoppers: &mut Shoppers) -> Result<(Vec<Acknowledged>, u64), DemoError> {
    let (mut acknowledged, mut unanswered) = (Vec::new(), 0);
    while let Some(ended) = shoppers.join_next().await {
        let shopped = finished(ended)?;
        acknowledged.extend(shopped.acknowledged);
        unanswered += shopped.unanswered;
    }
    Ok((acknowledged, unanswered))
}

fn ended_early(ended: Result<Result<Shopped, DemoError>, JoinError>) -> DemoError {
    match finished(ended) {
        Ok(_) => DemoError::Connection(ClientError::Disconnected { cut_bytes: 0 }),
        Err(error) => error,
    }
}

/// A shopper's own end; its panic is ours.
fn finished(ended: Result<Result<Shopped, DemoError>, JoinError>) -> Result<Shopped, DemoError> {
    ended.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

fn taken(figures: &[Arc<Mutex<Figures>>]) -> Figures {
    let mut sum = Figures::new();
    for figures in figures {
        sum.add(&figures.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
    sum
}

/// Starts a second server on the folder and asks it for every acknowledged order.
async fn recover(
    folder: &Folder,
    stream: &Stream,
    day: Day,
    output: &mut Output,
) -> Result<Report, CliError> {
    if day.acknowledged.is_empty() {
        return Err(DemoError::NothingAcknowledged.into());
    }
    output.line(format_args!(
        "\nkilled the server with SIGKILL after {:.1} s, at {} orders/s; {} orders were on their way",
        day.killed_after.as_secs_f64(),
        grouped(day.last_second),
        grouped(day.unanswered),
    ))?;
    output.flush()?;
    let server = Server::start(folder.path())?;
    output.line(format_args!(
        "started it again; asking for every one of {} acknowledged orders",
        grouped(day.acknowledged.len() as u64),
    ))?;
    output.flush()?;
    let findings = read_back(server.address(), ACTOR, stream, &day.acknowledged).await?;
    let totals = totals(server.address(), ACTOR).await?;
    Ok(Report {
        acknowledged: day.acknowledged.len() as u64,
        unanswered: day.unanswered,
        findings,
        orders_in_journal: totals.orders.get(),
        records: totals.last_sequence.get(),
        start_time: server.start_time(),
        replay_ms: server.replay_figure("replay_ms"),
        total: day.total,
    })
}
