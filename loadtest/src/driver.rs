//! Carries the load: sockets, tasks and time around the books of each connection.
//!
//! Everything runs in one thread, because the server shares the machine: one event loop, two tasks
//! a connection. The pacer wakes every [`TICK`] and rouses the connections that have something due;
//! whatever is due by then goes out in one write. Answers are read as they come; in a full window
//! and in a closed loop they rouse the sender themselves.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::time::Duration;

use gantry_client::{Connection, ConnectionReceiver, ConnectionSender};
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};

use crate::lane::{Lane, LaneError};
use crate::pacer::{LoadClock, Ticker};
use crate::progress::Progress;
use crate::record::{MeasuredWindow, Record};
use crate::sampler::{Sample, Sampler};

/// How often what is due is looked at: it delays an order by half of this on average, and bounds
/// the number of writes a second.
const TICK: Duration = Duration::from_micros(500);
/// How long answers are awaited after the window, and orders that were due in it sent.
const DRAIN_NS_MAX: u64 = 10_000_000_000;
/// A server that answers nothing for so long, with orders in flight, has stopped.
const STALL_NS_MAX: u64 = 30_000_000_000;
const PROGRESS_EVERY_NS: u64 = 200_000_000;

/// Why a run came to no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DriveError {
    #[error("connection {connection}: {source}")]
    Lane { connection: usize, source: LaneError },
    #[error("the server answered nothing for {} s with {frames} frames in flight", STALL_NS_MAX / 1_000_000_000)]
    Stalled { frames: usize },
    #[error("no timer: {0}")]
    Timer(#[from] io::Error),
}

/// What a run came to.
pub(crate) struct Driven {
    /// What all connections counted.
    pub(crate) record: Record,
    /// Length of the measured window.
    pub(crate) measured: Duration,
    /// The server's own figures where the window began and ended, where they could be had.
    pub(crate) samples: [Option<Sample>; 2],
}

/// One connection, as its two tasks and the pacer share it.
struct Shared {
    lane: RefCell<Lane>,
    rouse: Notify,
}

/// Runs the load over these connections. Call within a `LocalSet`.
pub(crate) async fn drive(
    connections: Vec<(Connection, Lane)>,
    window: MeasuredWindow,
    sampler: Option<Sampler>,
    progress: &Progress,
) -> Result<Driven, DriveError> {
    let clock = LoadClock::start();
    let answered_ns = Rc::new(Cell::new(0));
    let mut tasks = JoinSet::new();
    let mut shared = Vec::with_capacity(connections.len());
    for (index, (connection, lane)) in connections.into_iter().enumerate() {
        let lane = Rc::new(Shared { lane: RefCell::new(lane), rouse: Notify::new() });
        let (sender, receiver) = connection.split();
        let failed = move |source| DriveError::Lane { connection: index, source };
        let (sending, receiving) = (Rc::clone(&lane), Rc::clone(&lane));
        let answered_ns = Rc::clone(&answered_ns);
        tasks.spawn_local(async move { send(&sending, sender, clock).await.map_err(failed) });
        tasks.spawn_local(async move {
            receive(&receiving, receiver, clock, &answered_ns).await.map_err(failed)
        });
        shared.push(lane);
    }
    let mut pacer = Pacer { shared, clock, window, answered_ns, sampler, sampling: [None, None] };
    let ended_ns = tokio::select! {
        ended = pacer.run(progress) => ended?,
        Some(failed) = tasks.join_next() => {
            let never = failed.expect("invariant: tasks are not aborted while the load runs");
            return never.map(|never| match never {});
        }
    };
    tasks.shutdown().await;
    pacer.close(ended_ns).await
}

enum Never {}

/// Sends what is due whenever it is roused.
async fn send(
    shared: &Shared,
    mut sender: ConnectionSender,
    clock: LoadClock,
) -> Result<Never, LaneError> {
    loop {
        shared.rouse.notified().await;
        while let Some(outgoing) = next_frame(shared, clock) {
            let (request, order_count) = (outgoing.request, outgoing.order_count);
            let sent = sender.send_commands(request, order_count, &outgoing.payload).await;
            shared.lane.borrow_mut().sent(outgoing);
            sent?;
        }
        sender.flush().await?;
    }
}

fn next_frame(shared: &Shared, clock: LoadClock) -> Option<crate::lane::Outgoing> {
    shared.lane.borrow_mut().next_frame(clock.now_ns())
}

/// Books what the server answers.
async fn receive(
    shared: &Shared,
    mut receiver: ConnectionReceiver,
    clock: LoadClock,
    answered_ns: &Cell<u64>,
) -> Result<Never, LaneError> {
    loop {
        // One look at the clock for all frames of one read: they came together.
        let first = receiver.next_frame().await?;
        let now_ns = clock.now_ns();
        let was_full = shared.lane.borrow().is_full();
        shared.lane.borrow_mut().receive(&first, now_ns)?;
        while let Some(frame) = receiver.next_buffered().map_err(LaneError::Client)? {
            shared.lane.borrow_mut().receive(&frame, now_ns)?;
        }
        answered_ns.set(now_ns);
        if was_full && shared.lane.borrow().has_work(now_ns) {
            shared.rouse.notify_one();
        }
    }
}

/// Wakes the senders, watches the time, and ends the run.
struct Pacer {
    shared: Vec<Rc<Shared>>,
    clock: LoadClock,
    window: MeasuredWindow,
    answered_ns: Rc<Cell<u64>>,
    sampler: Option<Sampler>,
    // The server's figures at the window's start and end.
    sampling: [Option<JoinHandle<Option<Sample>>>; 2],
}

impl Pacer {
    /// Runs until everything is answered, or waited for long enough.
    async fn run(&mut self, progress: &Progress) -> Result<u64, DriveError> {
        let ticker = Ticker::new(TICK)?;
        let mut progress_ns = 0;
        loop {
            let now_ns = self.clock.now_ns();
            self.rouse_senders(now_ns);
            self.take_samples(now_ns);
            if let Some(ended_ns) = self.ended_ns(now_ns)? {
                return Ok(ended_ns);
            }
            if now_ns >= progress_ns {
                progress_ns = now_ns + PROGRESS_EVERY_NS;
                progress.show(now_ns, self.accepted());
            }
            ticker.tick().await?;
        }
    }

    fn rouse_senders(&self, now_ns: u64) {
        for shared in &self.shared {
            if shared.lane.borrow().has_work(now_ns) {
                shared.rouse.notify_one();
            }
        }
    }

    fn take_samples(&mut self, now_ns: u64) {
        let due_ns = [self.window.start_ns, self.window.end_ns];
        for (sampling, due_ns) in self.sampling.iter_mut().zip(due_ns) {
            if sampling.is_none() && now_ns >= due_ns {
                *sampling = self.sampler.as_ref().map(Sampler::start);
            }
        }
    }

    fn in_flight(&self) -> usize {
        self.shared.iter().map(|shared| shared.lane.borrow().in_flight()).sum()
    }

    fn accepted(&self) -> u64 {
        self.shared.iter().map(|shared| shared.lane.borrow().record().accepted).sum()
    }

    /// The moment at which the run ended, if it has.
    fn ended_ns(&self, now_ns: u64) -> Result<Option<u64>, DriveError> {
        let frames = self.in_flight();
        let finished = self.shared.iter().all(|shared| shared.lane.borrow().is_finished());
        if finished {
            return Ok(Some(self.answered_ns.get()));
        }
        // What was due in the window and waits for room still goes out, within the bound.
        let quiet = frames == 0 && !self.shared.iter().any(|it| it.lane.borrow().has_work(now_ns));
        let drained = quiet || now_ns > self.window.end_ns.saturating_add(DRAIN_NS_MAX);
        if now_ns >= self.window.end_ns && drained {
            return Ok(Some(now_ns));
        }
        if frames > 0 && now_ns > self.answered_ns.get() + STALL_NS_MAX {
            return Err(DriveError::Stalled { frames });
        }
        Ok(None)
    }

    async fn close(mut self, ended_ns: u64) -> Result<Driven, DriveError> {
        // A flash sale has no set end, so its second sample is still to be taken.
        self.take_samples(u64::MAX);
        let mut samples = [None, None];
        for (sample, sampling) in samples.iter_mut().zip(self.sampling) {
            if let Some(sampling) = sampling {
                *sample = sampling.await.ok().flatten();
            }
        }
        let mut record = Record::new();
        for shared in self.shared {
            let shared = Rc::into_inner(shared).expect("invariant: the tasks have ended");
            record.merge(&shared.lane.into_inner().close(ended_ns));
        }
        let end_ns = self.window.end_ns.min(ended_ns);
        let measured = Duration::from_nanos(end_ns - self.window.start_ns);
        Ok(Driven { record, measured, samples })
    }
}
