//! The single writer's step function: submissions in, batches out.

use std::hint::black_box;

use gantry_journal::{FrameBuffer, mark};
use gantry_model::{
    COMMAND_BYTES_MAX, Command, CommandId, EngineTime, Item, Items, LINES_PER_ORDER_MAX, OrderLine,
    Sku,
};

use crate::archive::Archived;
use crate::{ArchiveFacts, Batch, Engine, RequestKind, Submission};

/// Records after which the engine journals its state hash.
const MARK_EVERY_RECORDS: u64 = 1 << 16;

/// Commands whose cache lines are read ahead at once: enough for the misses to overlap, few
/// enough that the lines are still there when their turn comes.
const WARM_ITEMS: usize = 32;

/// Orders and commands that leave memory with one record: some tenths of a millisecond, and more
/// than the commands of a drain add.
const RETIRE_ROWS: u32 = 512;

/// Looks at waiting lines between two drains; each looks at 64 lines at most.
const MATCHES_PER_DRAIN: usize = 16;

/// Steps of a sweep between two drains; each looks at 4,096 SKUs at most.
const SWEEPS_PER_DRAIN: usize = 4;

/// Records of holds that are over, before a drain; each ends 64 at most.
const EXPIRIES_PER_DRAIN: usize = 16;
/// Orders that one drain gives up.
const GIVE_UPS_PER_DRAIN: usize = 16;

/// How far a step came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Every request of the submission is answered.
    Finished,
    /// The batch has no room for another command: hand it over and call again with an empty one.
    BatchFull,
}

/// Drives an engine over submissions.
#[derive(Debug)]
pub struct Writer {
    engine: Engine,
    /// The beginning of an answer whose request did not fit the last batch.
    carried: Vec<u8>,
    /// Replies given to the current request.
    items_answered: u32,
    /// Items until the next are read ahead.
    warm_left: usize,
    /// What is read ahead: ids and SKUs of the next orders.
    warm_ids: Vec<CommandId>,
    warm_skus: Vec<Sku>,
}

impl Writer {
    /// A writer around `engine`.
    #[must_use]
    pub fn new(engine: Engine) -> Self {
        Self {
            engine,
            carried: Vec::new(),
            items_answered: 0,
            warm_left: 0,
            warm_ids: Vec::with_capacity(WARM_ITEMS),
            warm_skus: Vec::with_capacity(WARM_ITEMS * LINES_PER_ORDER_MAX),
        }
    }

    /// The engine, to read.
    #[must_use]
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// See [`Engine::take_stopped_by_bug`].
    pub fn take_stopped_by_bug(&mut self) -> Option<Vec<u8>> {
        self.engine.take_stopped_by_bug()
    }

    /// The engine, when the writer is done.
    #[must_use]
    pub fn into_engine(self) -> Engine {
        self.engine
    }

    /// Works off `submission` into `batch` at time `now`.
    pub fn step(
        &mut self,
        submission: &mut Submission,
        batch: &mut Batch,
        now: EngineTime,
    ) -> Progress {
        if !batch.is_full() {
            self.mark_when_due(batch, now);
        }
        batch.outbox.bytes.append(&mut self.carried);
        if submission.is_outdated(self.engine.state().archives.last_number()) {
            mark!("request refused for an archive file it was not looked up in");
            refuse(submission, batch);
        }
        while let Some(frame) = submission.current() {
            loop {
                if batch.is_full() {
                    mark!("answer carried to the next batch");
                    self.carried = batch.outbox.take_unclosed();
                    return Progress::BatchFull;
                }
                if !batch.outbox.has_room_for_reply() {
                    break; // Whoever misses replies asks again for the rest.
                }
                self.warm(submission);
                let Some(item) = Items::new(submission.rest_of(frame), COMMAND_BYTES_MAX).next()
                else {
                    break;
                };
                self.items_answered += 1;
                let Ok(item) = item.inspect_err(|malformed| {
                    self.engine.refuse_malformed(0, *malformed, &mut batch.outbox.bytes);
                }) else {
                    break; // What follows cannot be found.
                };
                let archived = submission.archived();
                self.answer(frame.kind, &item, archived, submission.actor, batch, now);
                let item_bytes = item.bytes.len();
                submission.frame_bytes_done += item_bytes;
            }
            batch.outbox.close_reply(submission.session, frame.request, self.items_answered);
            self.items_answered = 0;
            submission.finish_frame();
        }
        self.warm_left = 0;
        Progress::Finished
    }

    fn answer(
        &mut self,
        kind: RequestKind,
        item: &Item<'_>,
        archived: &[Archived],
        actor: gantry_model::Actor,
        batch: &mut Batch,
        now: EngineTime,
    ) {
        let replies = &mut batch.outbox.bytes;
        match kind {
            RequestKind::Queries => self.engine.query_known(item, archived, now, replies),
            RequestKind::Commands => {
                let records = &mut batch.records;
                if self.engine.execute_known(item, archived, actor, now, records, replies) {
                    batch.count_record(self.engine.last_sequence(), self.engine.last_time());
                }
            }
        }
    }

    /// Answers the queries of a submission apart from any batch. The answers may tell of what is not
    /// durable yet: they are for whoever looks on, not for clients.
    pub fn look(&mut self, submission: &Submission, now: EngineTime) -> Vec<u8> {
        let mut replies = Vec::new();
        for (_, _, items) in submission.frames() {
            for item in Items::new(items, COMMAND_BYTES_MAX).map_while(Result::ok) {
                self.engine.query_known(&item, submission.archived(), now, &mut replies);
            }
        }
        replies
    }

    /// Lets some of the oldest closed orders and commands leave memory: those of the archive file
    /// that is begun, or of `next`. `next` is durable, and whoever looks ids up for requests has
    /// known it for a while: requests that were not looked up in it are refused from now on. Not
    /// to be called while a submission is begun. Returns whether a record was written.
    pub fn retire(
        &mut self,
        next: Option<&ArchiveFacts>,
        batch: &mut Batch,
        now: EngineTime,
    ) -> bool {
        let worked =
            !batch.is_full() && self.engine.retire(next, RETIRE_ROWS, now, &mut batch.records);
        if worked {
            batch.count_record(self.engine.last_sequence(), self.engine.last_time());
        }
        worked
    }

    /// Gives some of what came in to the lines that wait for it. Not to be called while a
    /// submission is begun. Returns whether a record was written.
    pub fn match_waiting(&mut self, batch: &mut Batch, now: EngineTime) -> bool {
        self.journal_own(batch, MATCHES_PER_DRAIN, |engine, records| {
            engine.match_waiting(now, records)
        })
    }

    /// Lets some of the books be looked at because something changed by which their lines are sourced.
    /// Not to be called while a submission is begun. Returns whether a record was written; what is to
    /// be matched then comes first.
    pub fn sweep(&mut self, batch: &mut Batch, now: EngineTime) -> bool {
        self.journal_own(batch, SWEEPS_PER_DRAIN, |engine, records| engine.sweep(now, records))
    }

    /// Makes some of the promises anew that may not be kept any more. Not to be called while a
    /// submission is begun; what is to be matched comes first. Returns whether a record was written.
    pub fn review_promises(&mut self, batch: &mut Batch, now: EngineTime) -> bool {
        self.journal_own(batch, MATCHES_PER_DRAIN, |engine, records| {
            engine.state().matching.next().is_none() && engine.review_promises(now, records)
        })
    }

    /// Ends some of the holds whose time has come. To be called before a request is looked at. Returns
    /// whether a record was written.
    pub fn expire_holds(&mut self, batch: &mut Batch, now: EngineTime) -> bool {
        self.journal_own(batch, EXPIRIES_PER_DRAIN, |engine, records| {
            engine.expire_holds(now, records)
        })
    }

    /// Gives up some of the orders whose time has come. To be called before a request is looked at.
    /// Returns whether a record was written.
    pub fn give_up(&mut self, batch: &mut Batch, now: EngineTime) -> bool {
        self.journal_own(batch, GIVE_UPS_PER_DRAIN, |engine, records| engine.give_up(now, records))
    }

    /// Lets the engine write records of its own, so many at most, while it has any and they fit.
    fn journal_own(
        &mut self,
        batch: &mut Batch,
        records_max: usize,
        next: impl Fn(&mut Engine, &mut FrameBuffer) -> bool,
    ) -> bool {
        let mut worked = false;
        for _ in 0..records_max {
            if batch.is_full() || !next(&mut self.engine, &mut batch.records) {
                break;
            }
            batch.count_record(self.engine.last_sequence(), self.engine.last_time());
            worked = true;
        }
        worked
    }

    fn mark_when_due(&mut self, batch: &mut Batch, now: EngineTime) {
        let last = self.engine.last_sequence().get();
        if last - self.engine.last_mark.get() >= MARK_EVERY_RECORDS {
            self.engine.mark(now, &mut batch.records);
            batch.count_record(self.engine.last_sequence(), self.engine.last_time());
        }
    }

    /// Reads the cache lines that the next commands will need. The loads do not depend on each
    /// other, so their misses overlap; one after the other they are what an order costs most.
    fn warm(&mut self, submission: &Submission) {
        if self.warm_left > 0 {
            self.warm_left -= 1;
            return;
        }
        self.warm_left = WARM_ITEMS - 1;
        self.warm_ids.clear();
        self.warm_skus.clear();
        for item in submission.rest_of_all().take(WARM_ITEMS) {
            let Ok(Command::PlaceOrder(order)) = Command::parse(&item) else { continue };
            self.warm_ids.push(order.id);
            self.warm_skus.extend(order.lines.iter().map(OrderLine::sku));
        }
        // Only now the loads, in loops with little else, so that many are under way at once.
        black_box(self.engine.state().touch(&self.warm_ids, &self.warm_skus));
    }
}

/// Says of all requests that nothing of them was looked at.
fn refuse(submission: &mut Submission, batch: &mut Batch) {
    while let Some(frame) = submission.current() {
        batch.outbox.refuse(submission.session, frame.request);
        submission.finish_frame();
    }
}
