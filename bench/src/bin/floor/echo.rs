//! Echo and sync over loopback TCP: a server that does nothing but receive, make durable, answer,
//! and clients in the same process that always have as many frames in flight as they may.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use gantry_bench::Latencies;
use gantry_journal::WritePath;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::commit::{Queue, commit};
use crate::sync::{FloorFile, nanoseconds};

/// A frame's header on the wire.
const HEADER_BYTES: usize = 32;
/// An order on the wire: 8 + 56 bytes, and 8 for each of 2.2 lines, on a multiple of 8.
const REQUEST_BYTES: usize = 88;
/// An answer: 24 + 16 bytes, 24 for each line, 12 for each allocation.
const REPLY_BYTES: usize = 128;
/// A record: 40 bytes, the order, 24 of outcome, 32 for each of 2.5 movements.
const RECORD_BYTES: usize = 40 + REQUEST_BYTES + 24 + 80;
/// Time under load before the measured time.
const WARM_UP: Duration = Duration::from_millis(500);
/// Measured time.
const MEASURED: Duration = Duration::from_secs(2);
/// A run that takes longer has failed.
const GIVE_UP: Duration = Duration::from_secs(30);
/// Threads that serve sockets, as in the server.
const WORKERS: usize = 2;

/// How the clients send.
#[derive(Clone, Copy)]
pub(crate) struct EchoPlan {
    pub(crate) connections: usize,
    pub(crate) window: usize,
    pub(crate) orders_per_frame: usize,
}

impl EchoPlan {
    /// The load test's shape for throughput.
    pub(crate) const MANY_ORDERS: Self = Self { connections: 8, window: 32, orders_per_frame: 64 };
    /// One order per frame.
    pub(crate) const ONE_ORDER: Self = Self { connections: 64, window: 16, orders_per_frame: 1 };

    const fn request_frame_bytes(&self) -> usize {
        HEADER_BYTES + self.orders_per_frame * REQUEST_BYTES
    }

    const fn reply_frame_bytes(&self) -> usize {
        HEADER_BYTES + self.orders_per_frame * REPLY_BYTES
    }
}

/// What came of it.
pub(crate) struct Measured {
    pub(crate) orders_per_second: u64,
    pub(crate) syncs_per_second: u64,
    pub(crate) latencies: Latencies,
}

/// Runs server and clients for the measured time.
pub(crate) fn measure(
    folder: &Path,
    write_path: WritePath,
    plan: EchoPlan,
) -> io::Result<Measured> {
    let mut file = FloorFile::create(folder, write_path)?;
    let queue = Arc::new(Queue::default());
    let committing = Arc::clone(&queue);
    let committer = thread::spawn(move || commit(&committing, &mut file));
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build()?;
    // A commit that failed answers nothing more; its error comes out of the thread below.
    let load = serve_and_load(plan, Arc::clone(&queue));
    let latencies = runtime.block_on(async { tokio::time::timeout(GIVE_UP, load).await });
    queue.stop();
    let syncs = committer.join().expect("invariant: the committer does not panic")?;
    let latencies = Latencies::new(latencies??);
    let orders = (latencies.count() * plan.orders_per_frame) as u64;
    Ok(Measured {
        orders_per_second: orders / MEASURED.as_secs(),
        syncs_per_second: per_second(syncs, WARM_UP + MEASURED),
        latencies,
    })
}

fn per_second(count: u64, time: Duration) -> u64 {
    count * 1_000 / nanoseconds(time).div_ceil(1_000_000)
}

async fn serve_and_load(plan: EchoPlan, queue: Arc<Queue>) -> io::Result<Vec<u64>> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let server = tokio::spawn(accept(listener, plan, queue));
    let begun = Instant::now();
    let clients: Vec<_> =
        (0..plan.connections).map(|_| tokio::spawn(client(address, plan, begun))).collect();
    let mut latencies_ns = Vec::new();
    for client in clients {
        latencies_ns.extend(client.await??);
    }
    server.abort();
    Ok(latencies_ns)
}

async fn accept(listener: TcpListener, plan: EchoPlan, queue: Arc<Queue>) -> io::Result<()> {
    for _ in 0..plan.connections {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let (reading, writing) = stream.into_split();
        // Every frame in flight is answered once, so this never holds more than the window.
        let (answer, answers) = mpsc::channel(plan.window);
        tokio::spawn(receive(reading, plan, Arc::clone(&queue), answer));
        tokio::spawn(answer_all(writing, plan, answers));
    }
    Ok(())
}

/// Hands the whole frames of each read to the commit.
async fn receive(
    mut reading: OwnedReadHalf,
    plan: EchoPlan,
    queue: Arc<Queue>,
    answer: mpsc::Sender<usize>,
) -> io::Result<()> {
    let mut buffer = vec![0; plan.request_frame_bytes() * plan.window];
    let mut received_bytes = 0;
    loop {
        let count = reading.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        received_bytes += count;
        let frames = received_bytes / plan.request_frame_bytes();
        received_bytes %= plan.request_frame_bytes();
        if frames > 0 {
            queue.push(frames, frames * plan.orders_per_frame * RECORD_BYTES, &answer);
        }
    }
}

/// Answers frames once they are durable.
async fn answer_all(
    mut writing: OwnedWriteHalf,
    plan: EchoPlan,
    mut answers: mpsc::Receiver<usize>,
) -> io::Result<()> {
    let replies = vec![0x5a; plan.reply_frame_bytes() * plan.window];
    while let Some(mut frames) = answers.recv().await {
        while let Ok(more) = answers.try_recv() {
            frames += more;
        }
        writing.write_all(&replies[..frames * plan.reply_frame_bytes()]).await?;
    }
    Ok(())
}

/// Keeps the window full; returns the latency of each frame answered in the measured time.
async fn client(address: SocketAddr, plan: EchoPlan, begun: Instant) -> io::Result<Vec<u64>> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let requests = vec![0xa5; plan.request_frame_bytes() * plan.window];
    let mut buffer = vec![0; plan.reply_frame_bytes() * plan.window];
    let mut sent: VecDeque<Instant> = VecDeque::with_capacity(plan.window);
    let (mut latencies_ns, mut received_bytes, mut free) = (Vec::new(), 0, plan.window);
    loop {
        sent.extend(std::iter::repeat_n(Instant::now(), free));
        stream.write_all(&requests[..free * plan.request_frame_bytes()]).await?;
        received_bytes += stream.read(&mut buffer).await?;
        let now = Instant::now();
        if now >= begun + WARM_UP + MEASURED {
            return Ok(latencies_ns);
        }
        free = received_bytes / plan.reply_frame_bytes();
        received_bytes %= plan.reply_frame_bytes();
        for sent in sent.drain(..free) {
            if now >= begun + WARM_UP {
                latencies_ns.push(nanoseconds(now - sent));
            }
        }
    }
}
