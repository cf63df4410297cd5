//! The simulated network: streams of bytes between clients and the server, and their weather.
//!
//! A stream keeps its order, as TCP does; chunks of it come late, in crumbs, or with a flipped bit,
//! and any stream may break. Streams do not wait for each other, so what is sent over two of them
//! comes in any order. A server that lost its power says nothing any more: its streams go silent.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use gantry_client::{Dialling, Network, Stream};
use gantry_gateway::{Inlet, Outlet};
use rand::{Rng, RngExt};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// What the network does to bytes; 0 everywhere is calm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weather {
    /// The longest delay of most chunks, in milliseconds.
    pub delay_ms_max: u32,
    /// Of a million chunks, those that are lost once and sent again: 200 ms late.
    pub late_per_million: u32,
    /// Of a million chunks, those that break their connection.
    pub break_per_million: u32,
    /// Of a million chunks, those with a flipped bit.
    pub corrupt_per_million: u32,
    /// Chunks arrive in pieces of at most this many bytes; 0 = whole.
    pub crumb_bytes_max: u32,
    /// Of a million connections, those that are refused.
    pub refuse_per_million: u32,
}

/// What was done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NetCounts {
    /// Chunks that came very late.
    pub late: u64,
    /// Connections that broke.
    pub broken: u64,
    /// Bits that were flipped.
    pub corrupted: u64,
    /// Connections that were refused.
    pub refused: u64,
}

impl NetCounts {
    /// Faults of every sort.
    #[must_use]
    pub const fn all(&self) -> u64 {
        self.late + self.broken + self.corrupted + self.refused
    }
}

/// Bytes that one direction of a connection holds; beyond it the writer waits.
const STREAM_BYTES_MAX: usize = 256 << 10;
/// How late a lost chunk is.
const LOST: Duration = Duration::from_millis(200);
/// How long an attempt to connect to a silent server takes to fail.
const SILENT: Duration = Duration::from_secs(3);

/// The network between all clients and one server; clones share it.
#[derive(Clone)]
pub struct SimNetwork {
    state: Arc<Mutex<NetState>>,
}

struct NetState {
    random: ChaCha8Rng,
    backoff: ChaCha8Rng,
    weather: Weather,
    reach: Reach,
    /// Connections that the server has not taken yet.
    waiting: Vec<(Inlet, Box<dyn Outlet>)>,
    /// Both directions of every connection.
    pipes: Vec<Pipe>,
    counts: NetCounts,
}

/// Whether the server can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// It takes connections.
    Up,
    /// Its machine says that nobody listens.
    Down,
    /// Nobody answers at all.
    Silent,
}

impl SimNetwork {
    /// A network whose server is down, with chance for its weather and for the clients' backoff.
    #[must_use]
    pub fn new(weather: Weather, random: ChaCha8Rng, backoff: ChaCha8Rng) -> Self {
        let state = NetState {
            random,
            backoff,
            weather,
            reach: Reach::Down,
            waiting: Vec::new(),
            pipes: Vec::new(),
            counts: NetCounts::default(),
        };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// Says whether the server can be reached from now on.
    pub fn set_reach(&self, reach: Reach) {
        self.state().reach = reach;
    }

    /// Changes the weather.
    pub fn set_weather(&self, weather: Weather) {
        self.state().weather = weather;
    }

    /// Connections that were made since the last call, for the server to take.
    pub fn take_waiting(&self) -> Vec<(Inlet, Box<dyn Outlet>)> {
        std::mem::take(&mut self.state().waiting)
    }

    /// Ends every connection: both sides are told, or with `silently` neither ever hears again.
    pub fn break_all(&self, silently: bool) {
        let (pipes, waiting) = {
            let mut state = self.state();
            state.counts.broken += 1;
            (std::mem::take(&mut state.pipes), std::mem::take(&mut state.waiting))
        };
        for pipe in pipes {
            pipe.end(if silently { End::Silent } else { End::Broken });
        }
        drop(waiting);
    }

    /// What was done so far.
    #[must_use]
    pub fn counts(&self) -> NetCounts {
        self.state().counts
    }

    fn state(&self) -> MutexGuard<'_, NetState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a connection; refuses it if the server is down.
    async fn connect(&self) -> io::Result<Stream> {
        let (delay, reach) = self.state().draw_connection();
        tokio::time::sleep(delay).await;
        match reach {
            Reach::Up => {}
            Reach::Down => return Err(io::ErrorKind::ConnectionRefused.into()),
            Reach::Silent => {
                tokio::time::sleep(SILENT).await;
                return Err(io::ErrorKind::TimedOut.into());
            }
        }
        let (up, down) = (Pipe::new(self), Pipe::new(self));
        let mut state = self.state();
        state.pipes.retain(Pipe::is_alive);
        state.pipes.extend([up.clone(), down.clone()]);
        state.waiting.push((Box::new(Reader::new(up.clone())), Box::new(Writer(down.clone()))));
        Ok(Stream { inlet: Box::new(Reader::new(down)), outlet: Box::new(Writer(up)) })
    }
}

impl NetState {
    fn draw_connection(&mut self) -> (Duration, Reach) {
        let delay = self.draw_delay();
        let is_refused = self.happens(self.weather.refuse_per_million);
        self.counts.refused += u64::from(is_refused);
        (delay, if is_refused { Reach::Down } else { self.reach })
    }

    fn draw_delay(&mut self) -> Duration {
        let milliseconds = match self.weather.delay_ms_max {
            0 => 0,
            max => self.random.random_range(0..=max),
        };
        Duration::from_millis(milliseconds.into())
    }

    fn happens(&mut self, per_million: u32) -> bool {
        per_million > 0 && self.random.random_range(0..1_000_000) < per_million
    }
}

impl fmt::Debug for SimNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimNetwork").field("weather", &self.state().weather).finish_non_exhaustive()
    }
}

impl Network for SimNetwork {
    fn dial<'a>(&'a self, _address: &'a str) -> Dialling<'a> {
        Box::pin(self.connect())
    }

    fn random(&self) -> u64 {
        self.state().backoff.next_u64()
    }
}

/// How a direction of a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The writer closed it: what is under way still comes.
    Closed,
    /// Both sides are told at once.
    Broken,
    /// Nothing comes any more, and nobody is told.
    Silent,
}

/// One direction of a connection.
#[derive(Clone)]
struct Pipe {
    network: SimNetwork,
    state: Arc<Mutex<PipeState>>,
}

struct PipeState {
    chunks: VecDeque<Chunk>,
    held_bytes: usize,
    /// When the newest chunk comes; none comes before it.
    last_at: Instant,
    end: Option<End>,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

struct Chunk {
    at: Instant,
    bytes: Vec<u8>,
    read: usize,
}

impl Pipe {
    fn new(network: &SimNetwork) -> Self {
        let state = PipeState {
            chunks: VecDeque::new(),
            held_bytes: 0,
            last_at: Instant::now(),
            end: None,
            reader: None,
            writer: None,
        };
        Self { network: network.clone(), state: Arc::new(Mutex::new(state)) }
    }

    fn state(&self) -> MutexGuard<'_, PipeState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_alive(&self) -> bool {
        self.state().end.is_none()
    }

    /// Ends it; the first end stands, only a break comes over a close.
    fn end(&self, end: End) {
        let mut state = self.state();
        if state.end.is_none() || (state.end, end) == (Some(End::Closed), End::Broken) {
            state.end = Some(end);
        }
        state.wake();
    }

    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        let mut network = self.network.state();
        let mut state = self.state();
        match state.end {
            None => {}
            Some(End::Silent) => return Ok(bytes.len()),
            Some(End::Broken | End::Closed) => return Err(io::ErrorKind::BrokenPipe.into()),
        }
        let room = STREAM_BYTES_MAX.saturating_sub(state.held_bytes);
        if room == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let NetState { weather, .. } = *network;
        if network.happens(weather.break_per_million) {
            network.counts.broken += 1;
            state.end = Some(End::Broken);
            state.wake();
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        let mut delay = network.draw_delay();
        if network.happens(weather.late_per_million) {
            network.counts.late += 1;
            delay += LOST;
        }
        let taken = bytes.len().min(room);
        let mut bytes = bytes[..taken].to_vec();
        if network.happens(weather.corrupt_per_million) {
            network.counts.corrupted += 1;
            let index = network.random.random_range(0..bytes.len());
            bytes[index] ^= 1 << network.random.random_range(0..8);
        }
        let at = state.last_at.max(Instant::now() + delay);
        state.last_at = at;
        state.held_bytes += taken;
        state.chunks.push_back(Chunk { at, bytes, read: 0 });
        if let Some(reader) = state.reader.take() {
            reader.wake();
        }
        Ok(taken)
    }

    fn poll_room(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.state();
        if state.end.is_some() || state.held_bytes < STREAM_BYTES_MAX {
            return Poll::Ready(());
        }
        state.writer = Some(context.waker().clone());
        Poll::Pending
    }
}

impl PipeState {
    fn wake(&mut self) {
        for waker in [self.reader.take(), self.writer.take()].into_iter().flatten() {
            waker.wake();
        }
    }

    /// Copies what has come, at most `crumb` bytes if that is given.
    fn read(&mut self, buffer: &mut ReadBuf<'_>, crumb: u32, now: Instant) -> bool {
        let mut room = match crumb {
            0 => buffer.remaining(),
            crumb => buffer.remaining().min(crumb as usize),
        };
        let before = buffer.filled().len();
        while room > 0 {
            let Some(chunk) = self.chunks.front_mut().filter(|chunk| chunk.at <= now) else {
                break;
            };
            let count = room.min(chunk.bytes.len() - chunk.read);
            buffer.put_slice(&chunk.bytes[chunk.read..chunk.read + count]);
            chunk.read += count;
            room -= count;
            self.held_bytes -= count;
            if chunk.read == chunk.bytes.len() {
                self.chunks.pop_front();
            }
        }
        if let Some(writer) = self.writer.take() {
            writer.wake();
        }
        buffer.filled().len() > before
    }
}

/// The end that is read from.
struct Reader {
    pipe: Pipe,
    /// Until the next chunk comes.
    timer: Pin<Box<Sleep>>,
}

impl Reader {
    fn new(pipe: Pipe) -> Self {
        Self { pipe, timer: Box::pin(sleep_until(Instant::now())) }
    }
}

impl AsyncRead for Reader {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let crumb = this.pipe.network.state().weather.crumb_bytes_max;
        let mut state = this.pipe.state();
        loop {
            if state.end == Some(End::Broken) {
                return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
            }
            if state.end != Some(End::Silent) {
                if state.read(buffer, crumb, Instant::now()) {
                    return Poll::Ready(Ok(()));
                }
                if let Some(chunk) = state.chunks.front() {
                    this.timer.as_mut().reset(chunk.at);
                    if this.timer.as_mut().poll(context).is_ready() {
                        continue;
                    }
                } else if state.end == Some(End::Closed) {
                    return Poll::Ready(Ok(()));
                }
            }
            state.reader = Some(context.waker().clone());
            return Poll::Pending;
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // Whoever still writes is told, as a reset does.
        self.pipe.end(End::Broken);
    }
}

/// The end that is written to.
#[derive(Clone)]
struct Writer(Pipe);

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

impl Outlet for Writer {
    fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn poll_write_ready(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_room(context).map(Ok)
    }

    fn shut_down(&self) {
        self.0.end(End::Closed);
    }
}

impl AsyncWrite for Writer {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.0.poll_room(context).is_pending() {
            return Poll::Pending;
        }
        Poll::Ready(self.0.write(bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.end(End::Closed);
        Poll::Ready(Ok(()))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.0.end(End::Closed);
    }
}
