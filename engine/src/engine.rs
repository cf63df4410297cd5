//! The engine: answers one command or query at a time, in the order they come.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use gantry_journal::sabotage::{Sabotage, asked};
use gantry_journal::{FrameBuffer, mark};
use gantry_model::{
    Actor, Command, EngineTime, Item, Malformed, Outcome, OutcomeHead, Query, Record, RecordHeader,
    RejectReason, Retire, Sequence, Totals, content_hash,
};
use zerocopy::IntoBytes;

use crate::ProcessFigures;
use crate::answer;
use crate::archive::{ArchiveFacts, Archived, Known};
use crate::decide::{
    Decision, decide_expiry, decide_give_up, decide_known, decide_match, decide_review,
    decide_sweep, leave_broken, let_expire, let_go, look_past, pass_over,
};
use crate::state::{FirstAnswer, MemoryPreparer, STATE_HASH_VERSION, State};

/// State, the scratch of decisions, and counters of this run.
#[derive(Debug)]
pub struct Engine {
    pub(crate) state: State,
    pub(crate) decision: Decision,
    /// Last mark, so that the next one comes in time.
    pub(crate) last_mark: Sequence,
    record_bytes: u64,
    records: u64,
    rejected_unjournaled: u64,
    /// The last command whose decision stopped by a bug, until somebody logs it.
    stopped_by_bug: Option<Vec<u8>>,
    /// Scratch for commands of the engine's own.
    own_bytes: Vec<u8>,
    figures: Arc<ProcessFigures>,
}

impl Engine {
    /// An empty engine.
    #[must_use]
    pub fn new() -> Self {
        Self::with_index_seed(0)
    }

    /// An empty engine whose id index is laid out by `seed`: a random number of this process that
    /// is told to nobody, so that no client can choose ids that collide. It changes no answer.
    #[must_use]
    pub fn with_index_seed(seed: u64) -> Self {
        Self {
            state: State::new(seed),
            decision: Decision::new(),
            last_mark: Sequence::NONE,
            record_bytes: 0,
            records: 0,
            rejected_unjournaled: 0,
            stopped_by_bug: None,
            own_bytes: Vec::new(),
            figures: Arc::default(),
        }
    }

    /// Lets totals show what the process around the engine knows.
    pub fn set_figures(&mut self, figures: Arc<ProcessFigures>) {
        self.figures = figures;
    }

    /// Lets another thread make the memory of new orders ready. Changes nothing but time: without
    /// it the engine's own thread pays for the first touch of every page.
    pub fn memory_preparer(&mut self) -> MemoryPreparer {
        self.state.memory_preparer()
    }

    /// The state, to read.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// The last record applied.
    #[must_use]
    pub const fn last_sequence(&self) -> Sequence {
        self.state.last_sequence()
    }

    /// The time of the last record applied.
    #[must_use]
    pub const fn last_time(&self) -> EngineTime {
        self.state.last_time()
    }

    /// The order-independent hash of every logical row.
    #[must_use]
    pub const fn state_hash(&self) -> u128 {
        self.state.hash()
    }

    /// Decides one command item, applies it, appends its record if it has one, and its reply.
    /// `records` must have room for [`gantry_model::RECORD_BYTES_MAX`]. Returns whether there is a
    /// record. Only for an engine whose orders are all in memory.
    pub fn execute(
        &mut self,
        item: &Item<'_>,
        actor: Actor,
        now: EngineTime,
        records: &mut FrameBuffer,
        replies: &mut Vec<u8>,
    ) -> bool {
        self.execute_known(item, &[], actor, now, records, replies)
    }

    /// As [`Engine::execute`], where `archived` is what the archive knows of the item's ids, rising
    /// by id.
    pub(crate) fn execute_known(
        &mut self,
        item: &Item<'_>,
        archived: &[Archived],
        actor: Actor,
        now: EngineTime,
        records: &mut FrameBuffer,
        replies: &mut Vec<u8>,
    ) -> bool {
        let command = match Command::parse(item) {
            Ok(command) => command,
            Err(malformed) => {
                self.refuse_malformed(item.kind, malformed, replies);
                return false;
            }
        };
        match self.answered_before(&command, item, archived, now, replies) {
            Some(Ok(())) => return false,
            Some(Err(reason)) => {
                self.refuse(item.kind, &OutcomeHead::rejected(reason, 0, 0), replies);
                return false;
            }
            None => {}
        }
        if command.kind().grows() && self.figures.no_space.load(Ordering::Relaxed) {
            mark!("no_space refused");
            self.refuse(item.kind, &OutcomeHead::rejected(RejectReason::NoSpace, 0, 0), replies);
            return false;
        }
        let sequence = self.last_sequence().next();
        let now = now.max(self.state.last_time());
        if !self.decide(&command, archived, sequence, now) {
            self.stopped_by_bug = Some(item.bytes.to_vec());
        }
        if self.decision.head.reason().is_some_and(|reason| !reason.is_journaled()) {
            let head = self.decision.head;
            self.refuse(item.kind, &head, replies);
            return false;
        }
        self.commit(&command, item.bytes, actor, now, records);
        answer::of_command(&self.state, &command, &self.decision, sequence, replies);
        true
    }

    /// Answers a query from the state as it stands at time `now`. Only for an engine whose orders
    /// are all in memory.
    pub fn query(&mut self, item: &Item<'_>, now: EngineTime, replies: &mut Vec<u8>) {
        self.query_known(item, &[], now, replies);
    }

    /// As [`Engine::query`], where `archived` is what the archive knows of the item's ids, rising
    /// by id.
    pub(crate) fn query_known(
        &mut self,
        item: &Item<'_>,
        archived: &[Archived],
        now: EngineTime,
        replies: &mut Vec<u8>,
    ) {
        match Query::parse(item) {
            Ok(Query::Quote(order)) => {
                let sequence = self.last_sequence();
                let now = now.max(self.state.last_time());
                if !self.decide(&Command::PlaceOrder(order), &[], sequence.next(), now) {
                    self.stopped_by_bug = Some(item.bytes.to_vec());
                }
                answer::of_quote(&self.state, &order, &self.decision, sequence, replies);
            }
            Ok(Query::ReadTotals) => {
                answer::of_totals(&self.totals(), self.last_sequence(), replies);
            }
            Ok(query) => {
                let (state, now) = (&self.state, now.max(self.state.last_time()));
                answer::of_query(Known { state, archived }, &query, now, replies);
            }
            Err(malformed) => self.refuse_malformed(item.kind, malformed, replies),
        }
    }

    /// Journals the hash of the state as it stands, so that a replay can compare.
    pub fn mark(&mut self, now: EngineTime, records: &mut FrameBuffer) {
        let command =
            Command::Mark { state_hash: self.state_hash(), hash_version: STATE_HASH_VERSION };
        self.last_mark = self.last_sequence().next();
        self.commit_own(&command, now, records);
    }

    /// Journals that the oldest closed orders and commands leave memory, at most `rows_max`: those
    /// of the archive file that is begun, or of `next`, which is durable. Returns whether there
    /// were any.
    pub fn retire(
        &mut self,
        next: Option<&ArchiveFacts>,
        rows_max: u32,
        now: EngineTime,
        records: &mut FrameBuffer,
    ) -> bool {
        let Some(file) = self.state.retiring(next) else { return false };
        let orders = (file.orders_total - file.orders_retired).min(rows_max);
        let commands = (file.commands_total - file.commands_retired).min(rows_max - orders);
        let command = Command::Retire(Retire {
            archive: file.number,
            archive_hash: file.hash,
            orders_total: file.orders_total,
            commands_total: file.commands_total,
            orders,
            commands,
        });
        self.commit_own(&command, now, records);
        true
    }

    /// Journals the next look at lines that wait for what came in. Returns whether there was any to
    /// be had.
    pub fn match_waiting(&mut self, now: EngineTime, records: &mut FrameBuffer) -> bool {
        self.commit_next(now, records, |state, sequence, now, decision, is_safe| {
            let decide = if is_safe { pass_over } else { decide_match };
            decide(state, sequence, now, decision).map(Command::Match)
        })
    }

    /// Journals the next step of a sweep: a look at the SKUs for which lines wait, because something
    /// changed by which they are sourced. Returns whether there was any to be had; what is due is
    /// matched before.
    pub fn sweep(&mut self, now: EngineTime, records: &mut FrameBuffer) -> bool {
        self.commit_next(now, records, |state, sequence, now, decision, is_safe| {
            let decide = if is_safe { look_past } else { decide_sweep };
            decide(state, sequence, now, decision).map(Command::Sweep)
        })
    }

    /// Journals the next look at promises that cannot be kept, or at lines without one. Returns whether
    /// there was any to be had. SKUs whose lines are to be matched are passed over until that is done.
    pub fn review_promises(&mut self, now: EngineTime, records: &mut FrameBuffer) -> bool {
        self.commit_next(now, records, |state, sequence, now, decision, is_safe| {
            let decide = if is_safe { leave_broken } else { decide_review };
            decide(state, sequence, now, decision).map(Command::Promise)
        })
    }

    /// Journals the end of holds whose time has come, as many as a record holds. Returns whether
    /// there were any.
    pub fn expire_holds(&mut self, now: EngineTime, records: &mut FrameBuffer) -> bool {
        self.commit_next(now, records, |state, sequence, now, decision, is_safe| {
            let decide = if is_safe { let_expire } else { decide_expiry };
            decide(state, sequence, now, decision).map(Command::ExpireHolds)
        })
    }

    /// Journals that the next order whose time has come is given up. Returns whether there was any.
    pub fn give_up(&mut self, now: EngineTime, records: &mut FrameBuffer) -> bool {
        self.commit_next(now, records, |state, sequence, now, decision, is_safe| {
            let decide = if is_safe { let_go } else { decide_give_up };
            decide(state, sequence, now, decision).map(Command::GiveUp)
        })
    }

    /// Writes and applies what the engine does by itself next, if there is anything. Where `decide`
    /// stops by a bug it is called again, to do the least that gets past it.
    fn commit_next(
        &mut self,
        now: EngineTime,
        records: &mut FrameBuffer,
        decide: impl Fn(&State, Sequence, EngineTime, &mut Decision, bool) -> Option<Command<'static>>,
    ) -> bool {
        let (sequence, now) = (self.last_sequence().next(), now.max(self.state.last_time()));
        let (state, decision) = (&self.state, &mut self.decision);
        let decided =
            catch_unwind(AssertUnwindSafe(|| decide(state, sequence, now, decision, false)));
        let is_bug = decided.is_err();
        let decided = decided.unwrap_or_else(|_| {
            self.decision = Decision::new();
            decide(&self.state, sequence, now, &mut self.decision, true)
        });
        let Some(command) = decided else { return false };
        self.commit_decided(&command, now, records);
        if is_bug {
            self.stopped_by_bug = Some(self.own_bytes.clone());
        }
        true
    }

    /// The bytes of the last command whose decision stopped by a bug and was answered
    /// `internal_error`; whoever runs the engine logs them.
    pub fn take_stopped_by_bug(&mut self) -> Option<Vec<u8>> {
        self.stopped_by_bug.take()
    }

    /// Figures of the whole instance.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let units = &self.state.totals;
        let mut totals = Totals {
            last_sequence: self.last_sequence().get().into(),
            orders: self.state.orders.count().into(),
            open_orders: units.open_orders.into(),
            units_on_hand: units.on_hand.into(),
            units_allocated: units.allocated.into(),
            units_held: units.held.into(),
            units_backordered: units.backordered.into(),
            skus: (self.state.catalogue.skus.len() as u64).into(),
            order_memory_bytes: self.state.order_memory_bytes().into(),
            record_bytes: self.record_bytes.into(),
            records: self.records.into(),
            rejected_unjournaled: self.rejected_unjournaled.into(),
            state_hash: self.state_hash().into(),
            ..Totals::default()
        };
        self.figures.fill(&mut totals);
        totals
    }

    /// Answers an id that was used before. `None`: it is new. `Some(Err)`: it may not be used.
    fn answered_before(
        &self,
        command: &Command<'_>,
        item: &Item<'_>,
        archived: &[Archived],
        now: EngineTime,
        replies: &mut Vec<u8>,
    ) -> Option<Result<(), RejectReason>> {
        let Some(id) = command.id() else { return Some(Err(RejectReason::NotForClients)) };
        if id.get() == 0 {
            return Some(Err(RejectReason::IdZero));
        }
        let known = Known { state: &self.state, archived };
        let first: FirstAnswer = known.first_answer(id)?;
        let replayed = self.last_sequence().get() - self.records;
        if asked(Sabotage::ForgetIds) && first.sequence.get() <= replayed {
            return None;
        }
        // Whoever looks for two commands of one hash finds them. The second look keeps such a
        // pair from asking for a thing that was never made.
        let is_same = first.content_hash == content_hash(item.bytes)
            && (first.rejected.is_some() || answer::is_made(known, command));
        if !is_same {
            mark!("reused id refused");
            return Some(Err(RejectReason::IdReused));
        }
        match first.rejected {
            Some(_) => mark!("rejection repeated"),
            None => mark!("duplicate answered"),
        }
        let now = now.max(self.state.last_time());
        answer::of_duplicate(known, command, &first, now, replies);
        Some(Ok(()))
    }

    /// Fills the decision. A panic in there has changed nothing: it becomes a rejection. Says
    /// whether it came to its own end.
    fn decide(
        &mut self,
        command: &Command<'_>,
        archived: &[Archived],
        sequence: Sequence,
        now: EngineTime,
    ) -> bool {
        let known = Known { state: &self.state, archived };
        let decision = &mut self.decision;
        let decided = catch_unwind(AssertUnwindSafe(|| {
            decide_known(known, command, sequence, now, decision);
        }));
        if decided.is_err() {
            self.decision = Decision::new();
            self.decision.head = OutcomeHead::rejected(RejectReason::InternalError, 0, 0);
        }
        decided.is_ok()
    }

    /// Writes and applies the record of a command of the engine's own, which moves nothing.
    fn commit_own(&mut self, command: &Command<'_>, now: EngineTime, records: &mut FrameBuffer) {
        self.decision.accept_empty();
        self.commit_decided(command, now, records);
    }

    /// Writes and applies the record of a command of the engine's own, as it was decided.
    fn commit_decided(
        &mut self,
        command: &Command<'_>,
        now: EngineTime,
        records: &mut FrameBuffer,
    ) {
        let mut bytes = std::mem::take(&mut self.own_bytes);
        bytes.clear();
        command.write(&mut bytes);
        self.commit(command, &bytes, Actor::ENGINE, now, records);
        self.own_bytes = bytes;
    }

    /// Writes the record of the decision and applies it.
    fn commit(
        &mut self,
        command: &Command<'_>,
        command_bytes: &[u8],
        actor: Actor,
        now: EngineTime,
        records: &mut FrameBuffer,
    ) {
        let decision = &self.decision;
        let outcome = Outcome { head: &decision.head, shorts: &decision.shorts };
        let record = Record {
            sequence: self.state.last_sequence().next(),
            time: now.max(self.state.last_time()),
            actor,
            command: *command,
            command_bytes,
            outcome,
            movements: &decision.movements,
        };
        let header = RecordHeader::new(
            record.sequence,
            record.time,
            actor,
            command_bytes.len(),
            size_of_val(outcome.head) + size_of_val(outcome.shorts),
            record.movements.len(),
        );
        records.extend_from_slice(header.as_bytes());
        records.extend_from_slice(command_bytes);
        records.extend_from_slice(outcome.head.as_bytes());
        records.extend_from_slice(outcome.shorts.as_bytes());
        records.extend_from_slice(record.movements.as_bytes());
        self.state.apply(&record);
        self.records += 1;
        self.record_bytes += header.length_bytes() as u64;
    }

    /// Answers "no" without a record.
    fn refuse(&mut self, kind: u16, head: &OutcomeHead, replies: &mut Vec<u8>) {
        self.rejected_unjournaled += 1;
        answer::rejected(kind, head, &[], Sequence::NONE, replies);
    }

    pub(crate) fn refuse_malformed(
        &mut self,
        kind: u16,
        malformed: Malformed,
        replies: &mut Vec<u8>,
    ) {
        self.rejected_unjournaled += 1;
        answer::malformed(kind, malformed, replies);
    }
}

impl Default for Engine {
    fn default() -> Self {
        Self::new()
    }
}
