//! The engine loop: drains the queues into batches.
//!
//! Deciding and applying are the engine crate's business. Here is only what comes around
//! them: the queues, the clock, fairness between commands and queries, and when to rest.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gantry_engine::{
    ArchiveFacts, Batch, Engine, ProcessFigures, Progress, RequestKind, Submission, Writer,
};
use gantry_journal::mark;
use gantry_model::{EngineSecond, EngineTime};

use crate::archive_shelf::ArchiveShelf;
use crate::clock::EngineClock;
use crate::handoff::Handoff;
use crate::ingress::{Ingress, Queued};
use crate::release::Release;
use crate::stats::{Counters, add};
use crate::turn::Rest;

/// Request bytes of commands in one drain: about 200 orders, a fifth of a millisecond. After it the
/// batch is offered and queries get their turn.
const COMMAND_QUANTUM_BYTES: usize = 32 << 10;
/// Request bytes of queries in one drain: about 300 short reads.
const QUERY_QUANTUM_BYTES: usize = 8 << 10;

/// What the engine thread shares with the others.
#[derive(Clone, Debug)]
pub(crate) struct EngineLinks {
    pub(crate) ingress: Arc<Ingress>,
    pub(crate) archive: Arc<ArchiveShelf>,
    pub(crate) handoff: Arc<Handoff>,
    pub(crate) release: Arc<Release>,
    pub(crate) counters: Arc<Counters>,
    /// What totals show of the process.
    pub(crate) figures: Arc<ProcessFigures>,
    /// Ends the thread once the queues are empty; ring the ingress bell.
    pub(crate) stop: Arc<AtomicBool>,
}

/// The engine thread's own state.
pub(crate) struct EngineLoop {
    writer: Writer,
    clock: EngineClock,
    links: EngineLinks,
    /// The submission that was begun when the batches ran out. The writer keeps a half-given answer
    /// for it, so it goes on before anything else.
    begun: Option<Queued>,
    /// The file whose rows leave memory next.
    retiring: Option<ArchiveFacts>,
    /// There is work and no batch to put it in.
    is_starved: bool,
}

/// What a drain found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Drained {
    Worked,
    Nothing,
    /// There is work and no batch to put it in: the journal is behind.
    NoBatch,
}

/// What the engine did of its own accord.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Done {
    swept: bool,
    reviewed: bool,
}

impl EngineLoop {
    pub(crate) fn new(writer: Writer, clock: EngineClock, links: EngineLinks) -> Self {
        Self { writer, clock, links, begun: None, retiring: None, is_starved: false }
    }

    /// The engine thread's body; returns when stopped and everything is worked off.
    pub(crate) fn run(mut self) -> Engine {
        self.links.ingress.bell.answer_here();
        loop {
            match self.turn() {
                Rest::Again => {}
                Rest::Over => return self.into_engine(),
                Rest::Bell(longest) => {
                    self.links.ingress.bell.sleep(longest, || self.may_go_on());
                }
                Rest::Pause(_) => unreachable!("the engine is always for the bell to wake"),
            }
        }
    }

    /// Drains the queues once.
    pub(crate) fn turn(&mut self) -> Rest {
        // Before the look at the queues: whoever stops us pushes nothing afterwards.
        let stopping = self.is_stopping();
        let drained = self.drain();
        self.is_starved = drained == Drained::NoBatch;
        match drained {
            Drained::Worked => Rest::Again,
            Drained::Nothing if stopping => Rest::Over,
            Drained::Nothing => Rest::Bell(self.until_first_end()),
            Drained::NoBatch => {
                mark!("engine waits for a batch");
                add(&self.links.counters.engine_stalls, 1);
                Rest::Bell(None)
            }
        }
    }

    /// The engine, to read.
    pub(crate) const fn engine(&self) -> &Engine {
        self.writer.engine()
    }

    /// Answers queries without waiting for anything to be durable.
    pub(crate) fn look(&mut self, submission: &Submission) -> Vec<u8> {
        let now = self.clock.now();
        self.writer.look(submission, now)
    }

    /// The engine, when the loop is over.
    pub(crate) fn into_engine(self) -> Engine {
        self.writer.into_engine()
    }

    fn may_go_on(&self) -> bool {
        if self.is_starved {
            return !self.links.release.free.is_empty();
        }
        self.has_work() || self.is_stopping()
    }

    fn is_stopping(&self) -> bool {
        // Acquire pairs with the release of whoever stops.
        self.links.stop.load(Ordering::Acquire)
    }

    fn has_work(&self) -> bool {
        self.begun.is_some()
            || !self.links.ingress.is_empty()
            || self.may_match()
            || self.may_review()
            || self.may_retire()
    }

    /// Whether rows are to leave memory.
    fn may_retire(&self) -> bool {
        let archives = &self.writer.engine().state().archives;
        let is_due = || self.retiring.is_some() || self.links.archive.is_due();
        self.has_leisure() && (archives.unfinished().is_some() || is_due())
    }

    /// Whether lines wait for what came in.
    fn may_match(&self) -> bool {
        self.has_leisure() && self.writer.engine().state().matching.next().is_some()
    }

    /// Whether books are to be looked at because something changed by which lines are sourced: a sweep
    /// was asked for, or its time has come.
    fn may_sweep(&mut self) -> bool {
        let next = self.writer.engine().state().next_sweep();
        self.has_leisure() && next.is_some_and(|at| at <= self.clock.now())
    }

    /// Whether promises are to be made anew.
    fn may_review(&self) -> bool {
        self.has_leisure() && !self.writer.engine().state().reviews.is_empty()
    }

    /// Whether promises are there that were to be kept by now.
    fn may_break(&mut self) -> bool {
        let date = self.writer.engine().state().promises.first_date();
        self.has_leisure() && date.is_some_and(|date| date.is_past(self.clock.now()))
    }

    /// Whether the engine may journal what nobody asked for: a stop does not wait for it, and the
    /// last segment of a full disk is not for it.
    fn has_leisure(&self) -> bool {
        !self.is_stopping() && !self.links.figures.no_space.load(Ordering::Relaxed)
    }

    /// When the engine next does something by itself: the first hold ends, or the first order is
    /// given up.
    fn first_end(&self) -> Option<EngineTime> {
        let state = self.writer.engine().state();
        let given_up = state.deadlines.first().map(|(at, _)| at.begins());
        [state.holds.first_end(), given_up].into_iter().flatten().min()
    }

    /// Whether that time has come: a stop does not wait for it, a full disk does not keep it off.
    fn may_expire(&mut self) -> bool {
        let end = self.first_end();
        !self.is_stopping() && end.is_some_and(|end| end <= self.clock.now())
    }

    /// How long it is until then, until the first promise is to be kept, or until books are swept.
    fn until_first_end(&mut self) -> Option<Duration> {
        let state = self.writer.engine().state();
        let date = state.promises.first_date().map(EngineSecond::begins);
        let leisurely = [date, state.next_sweep()].into_iter().flatten().min();
        let leisurely = leisurely.filter(|_| self.has_leisure());
        let end = self.first_end().into_iter().chain(leisurely).min()?;
        let left_ns = end.get().saturating_sub(self.clock.now().get());
        // Engine time may run slower than the clock of the sleep, by less than this.
        Some(Duration::from_nanos(left_ns + left_ns / 64 + 1_000))
    }

    /// Gives some of what came in to the lines that wait for it, sweeps some of the books, and makes
    /// some promises anew; returns which of the latter two it did.
    fn match_waiting(&mut self, batch: &mut Batch, now: EngineTime) -> Done {
        if self.begun.is_some() || !self.has_leisure() {
            return Done::default();
        }
        self.writer.match_waiting(batch, now);
        let swept = self.writer.sweep(batch, now);
        Done { swept, reviewed: self.writer.review_promises(batch, now) }
    }

    /// Lets some rows leave memory.
    fn retire(&mut self, batch: &mut Batch, now: EngineTime) {
        if self.begun.is_some() || !self.may_retire() {
            return;
        }
        self.retiring = self.retiring.take().or_else(|| self.links.archive.take_due());
        let worked = self.writer.retire(self.retiring.as_ref(), batch, now);
        let archives = &self.writer.engine().state().archives;
        self.links.counters.archive_orders_retired.store(archives.orders(), Ordering::Relaxed);
        let has_begun = |file: &ArchiveFacts| archives.last_number() >= file.number;
        if self.retiring.as_ref().is_some_and(has_begun) {
            self.retiring = None;
        } else if !worked && !batch.is_full() {
            tracing::error!(file = ?self.retiring, "an archive file does not fit the state");
            self.retiring = None;
        }
    }

    /// Works off one quantum of commands and one of queries, at one reading of the clock.
    fn drain(&mut self) -> Drained {
        let has_work = self.has_work();
        if !has_work && !self.may_expire() && !self.may_break() && !self.may_sweep() {
            return Drained::Nothing;
        }
        let is_idle = self.begun.is_none() && self.links.ingress.is_empty();
        let Some(mut batch) = self.open_batch() else { return Drained::NoBatch };
        let now = self.clock.now();
        self.links.figures.uptime_ns.store(self.clock.uptime_ns(), Ordering::Relaxed);
        if !self.is_stopping() && self.writer.expire_holds(&mut batch, now) {
            match has_work {
                true => mark!("hold expired before a command"),
                false => mark!("hold expired while idle"),
            }
        }
        if !self.is_stopping() {
            self.writer.give_up(&mut batch, now);
        }
        let batch = self.work_off(RequestKind::Commands, COMMAND_QUANTUM_BYTES, batch, now);
        let batch = batch
            .and_then(|batch| self.work_off(RequestKind::Queries, QUERY_QUANTUM_BYTES, batch, now));
        if let Some(mut batch) = batch {
            let done = self.match_waiting(&mut batch, now);
            if done.reviewed && is_idle {
                mark!("promises reviewed while idle");
            }
            if done.swept && is_idle {
                mark!("books swept while idle");
            }
            self.retire(&mut batch, now);
            self.hand_over(batch);
        }
        if let Some(command) = self.writer.take_stopped_by_bug() {
            tracing::error!(?command, "a bug stopped a decision: answered internal_error");
        }
        add(&self.links.counters.engine_drains, 1);
        Drained::Worked
    }

    /// The batch that is being filled, or a new one.
    fn open_batch(&self) -> Option<Box<Batch>> {
        match self.links.handoff.take_back() {
            Some(batch) if batch.is_full() => self.links.handoff.offer(batch),
            Some(batch) => return Some(batch),
            None => {}
        }
        self.links.release.free.pop()
    }

    fn hand_over(&self, batch: Box<Batch>) {
        if batch.is_empty() {
            let kept = self.links.release.free.push(batch);
            kept.expect("invariant: as long as there are batches");
        } else {
            self.links.handoff.offer(batch);
        }
    }

    /// Returns the batch that is being filled; `None` if there is no further one.
    fn work_off(
        &mut self,
        kind: RequestKind,
        quantum_bytes: usize,
        mut batch: Box<Batch>,
        now: EngineTime,
    ) -> Option<Box<Batch>> {
        let mut worked_bytes = 0;
        while worked_bytes < quantum_bytes {
            let Some(mut queued) = self.begun.take().or_else(|| self.links.ingress.pop(kind))
            else {
                break;
            };
            // A frame without items costs something too.
            worked_bytes += queued.payload_bytes.max(64);
            while self.writer.step(&mut queued.submission, &mut batch, now) == Progress::BatchFull {
                self.hand_over(batch);
                let Some(next) = self.links.release.free.pop() else {
                    self.begun = Some(queued);
                    return None;
                };
                batch = next;
            }
            self.links.ingress.recycle(queued.submission);
        }
        Some(batch)
    }
}
