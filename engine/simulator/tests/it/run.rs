//! One seed: a workload through the engine's writer, and what came out of it.

use std::collections::BTreeMap;

use gantry_engine::{Batch, Engine, Progress, RequestKind, Submission, Writer};
use gantry_model::{Actor, EngineTime, Query};
use gantry_simulator::oracle::{Answered, Oracle, Violation};
use gantry_simulator::random::{Stream, stream};
use gantry_simulator::workload::{Made, Swarm, Workload};
use rand::RngExt;

/// A request as it was sent.
pub(crate) struct Sent {
    pub(crate) is_query: bool,
    pub(crate) items: Vec<u8>,
}

/// One batch: its records, and each answer with the number of its request.
#[derive(Clone)]
pub(crate) struct Shown {
    pub(crate) records: Vec<u8>,
    pub(crate) replies: Vec<(u64, Vec<u8>)>,
}

/// What a seed came to.
pub(crate) struct Run {
    pub(crate) sent: BTreeMap<u64, Sent>,
    pub(crate) shown: Vec<Shown>,
    pub(crate) engine: Engine,
    pub(crate) now: u64,
    /// Whether the engine did all that it does by itself.
    pub(crate) is_settled: bool,
}

pub(crate) fn swarm(seed: u64) -> Swarm {
    Swarm::draw(&mut stream(seed, Stream::Swarm))
}

impl Run {
    /// Sends so many items in frames and submissions of chance.
    pub(crate) fn new(seed: u64, swarm: Swarm, items: usize) -> Self {
        Self::with_batches(seed, swarm, items, 5)
    }

    /// The same, where a batch is handed over after so many submissions, or when it is full.
    pub(crate) fn with_batches(seed: u64, swarm: Swarm, items: usize, submissions: u32) -> Self {
        let mut rng = stream(seed, Stream::Turns);
        let mut workload = Workload::new(stream(seed, Stream::Workload), swarm);
        let mut writer = Writer::new(Engine::new());
        let (mut sent, mut shown) = (BTreeMap::new(), Vec::new());
        let mut batch = Batch::new();
        let (mut made, mut request, mut now) = (0, 0, 1_700_000_000_000_000_000);
        let mut next: Option<(Made, Vec<u8>)> = None;
        while made < items {
            now += u64::from(rng.random_range(0..600_u32)) * 1_000_000_000;
            workload.tell_time(u32::try_from(now / 1_000_000_000).unwrap());
            let mut submission = Submission::new(7, Actor::CLIENT_MIN);
            for _ in 0..rng.random_range(1..4) {
                let frame_items = rng.random_range(1..20);
                let (kind, bytes) = frame(&mut workload, &mut next, frame_items, &mut made);
                request += 1;
                let is_query = kind == Made::Query;
                let kind = if is_query { RequestKind::Queries } else { RequestKind::Commands };
                submission.push_frame(kind, request, &bytes);
                sent.insert(request, Sent { is_query, items: bytes });
            }
            // As a rule what is over is gone before the next request is looked at.
            while rng.random_range(0..4) > 0
                && writer.expire_holds(&mut batch, EngineTime::new(now))
            {}
            while rng.random_range(0..4) > 0 && writer.give_up(&mut batch, EngineTime::new(now)) {}
            if rng.random_range(0..3) == 0 {
                writer.sweep(&mut batch, EngineTime::new(now));
            }
            while writer.step(&mut submission, &mut batch, EngineTime::new(now))
                == Progress::BatchFull
            {
                shown.push(show(&mut batch));
            }
            assert_eq!(writer.take_stopped_by_bug(), None, "seed {seed}");
            for _ in 0..rng.random_range(0..3) {
                writer.match_waiting(&mut batch, EngineTime::new(now));
            }
            for _ in 0..rng.random_range(0..3) {
                writer.sweep(&mut batch, EngineTime::new(now));
            }
            for _ in 0..rng.random_range(0..3) {
                writer.review_promises(&mut batch, EngineTime::new(now));
            }
            if rng.random_range(0..submissions) == 0 {
                shown.push(show(&mut batch));
            }
        }
        shown.push(show(&mut batch));
        let is_settled = rng.random();
        while is_settled && goes_on(&mut writer, &mut batch, EngineTime::new(now)) {
            shown.push(show(&mut batch));
        }
        Self { sent, shown, engine: writer.into_engine(), now, is_settled }
    }

    /// Shows one batch to an oracle.
    pub(crate) fn judge(&self, oracle: &mut Oracle, shown: &Shown) -> Result<(), Violation> {
        let replies = shown.replies.iter().map(|(request, reply)| {
            let sent = &self.sent[request];
            Answered { is_query: sent.is_query, request: &sent.items, reply }
        });
        oracle.batch(&shown.records, replies)
    }

    /// Shows all, and compares the state at the end.
    pub(crate) fn judge_all(&mut self, oracle: &mut Oracle) -> Result<(), Violation> {
        for shown in &self.shown {
            self.judge(oracle, shown)?;
        }
        self.compare(oracle)?;
        assert!(!self.is_settled || oracle.is_at_rest(), "something is left to be done");
        Ok(())
    }

    /// Holds the engine's state against the oracle's.
    pub(crate) fn compare(&mut self, oracle: &Oracle) -> Result<(), Violation> {
        let now = EngineTime::new(self.now);
        let engine = &mut self.engine;
        oracle.compare(&mut |query: &Query<'_>| {
            let (mut item, mut reply) = (Vec::new(), Vec::new());
            query.write(&mut item);
            let item = gantry_model::Items::new(&item, usize::MAX).next().unwrap().unwrap();
            engine.query(&item, now, &mut reply);
            reply
        })
    }
}

/// What an engine does that nobody asks anything.
fn goes_on(writer: &mut Writer, batch: &mut Batch, now: EngineTime) -> bool {
    writer.expire_holds(batch, now)
        || writer.match_waiting(batch, now)
        || writer.sweep(batch, now)
        || writer.review_promises(batch, now)
}

/// A frame of items of one kind; the item of another kind begins the next.
fn frame(
    workload: &mut Workload,
    next: &mut Option<(Made, Vec<u8>)>,
    items: usize,
    made: &mut usize,
) -> (Made, Vec<u8>) {
    let (mut kind, mut bytes) = (None, Vec::new());
    for _ in 0..items {
        let (item_kind, item) = next.take().unwrap_or_else(|| {
            *made += 1;
            let mut item = Vec::new();
            (workload.next(&mut item), item)
        });
        if *kind.get_or_insert(item_kind) != item_kind {
            *next = Some((item_kind, item));
            break;
        }
        bytes.extend_from_slice(&item);
    }
    (kind.unwrap(), bytes)
}

fn show(batch: &mut Batch) -> Shown {
    let replies = batch.outbox.replies().map(|reply| (reply.request, reply.payload.to_vec()));
    let shown = Shown { records: batch.records.payload().to_vec(), replies: replies.collect() };
    batch.clear();
    shown
}
