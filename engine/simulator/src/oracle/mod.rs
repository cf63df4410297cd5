//! The oracle: a second implementation of the rules, naive on purpose.
//!
//! It follows the durable records and judges each one (is this what the rules say?) and each reply
//! (is this what the rules say at that point?). It keeps plain tables that are scanned, decides
//! nothing that was not recorded, and shares nothing with the engine but the documented meaning and
//! the bytes of `gantry-model`, the only crate of ours that it may use; `tests/it/alone.rs` says so.

mod apply;
mod audit;
mod book;
mod case;
mod dates;
mod decide;
mod every;
mod expected;
mod expecting;
mod feasible;
mod figures;
mod freed;
mod giving_up;
mod greedy;
mod holding;
mod holds;
mod ids;
mod kept;
mod loose;
mod matching;
mod no;
mod order;
mod place;
mod plan;
#[cfg(test)]
mod playing;
mod promises;
mod queries;
mod quoted;
mod rejected;
mod rejecting;
mod replies;
mod resource;
mod reviewing;
mod serving;
mod setup;
mod shaping;
mod sourced;
#[cfg(test)]
mod sparing;
mod supply;
mod swapping;
mod sweeping;
mod units;
mod waiting;

use gantry_model::{
    COMMAND_BYTES_MAX, Command, CommandId, CommandKind, EngineSecond, Item, Items, Outcome,
    OutcomeHead, Query, Record, RejectReason, Reply, ReplyBody, Sequence,
};

use self::book::Book;
use self::case::Scratch;
use self::decide::expect;
pub use self::figures::Figures;
use self::place::Part;
use self::queries::expect_reply;

/// An answer to fewer items than were asked, though it was shorter than this, left them out for no
/// reason.
const SHORT_ANSWER_BYTES_MIN: usize = 1 << 20;

/// Where a record's header holds its sequence, and its time.
const RECORD_SEQUENCE: usize = 8;
const RECORD_TIME: usize = 16;

/// Something that the rules do not say.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at record {sequence}: {what}")]
pub struct Violation {
    /// The last record that was judged to be right.
    pub sequence: u64,
    /// What is wrong.
    pub what: String,
}

/// A request and its answer, as far as it has one.
#[derive(Clone, Copy, Debug)]
pub struct Answered<'a> {
    /// Whether its items are queries.
    pub is_query: bool,
    /// Its items.
    pub request: &'a [u8],
    /// The reply items.
    pub reply: &'a [u8],
}

/// A record, as clients can ask about it: what became of which command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The command's id; `None` of the engine's own.
    pub id: Option<CommandId>,
    /// Why it was rejected, if it was.
    pub rejected: Option<RejectReason>,
}

/// See the module.
#[derive(Debug)]
pub struct Oracle {
    book: Book,
    figures: Figures,
    /// By sequence, from 1.
    history: Vec<Recorded>,
    /// Records that came before the answer which tells of them.
    pending: Vec<u8>,
    scratch: Scratch,
    parts: Vec<Part>,
    expected: Vec<u8>,
}

impl Default for Oracle {
    fn default() -> Self {
        Self::new()
    }
}

impl Oracle {
    /// An oracle before the first record.
    #[must_use]
    pub fn new() -> Self {
        Self {
            book: Book::new(),
            figures: Figures::default(),
            history: Vec::new(),
            pending: Vec::new(),
            scratch: Scratch::default(),
            parts: Vec::new(),
            expected: Vec::new(),
        }
    }

    /// The last record that was judged.
    #[must_use]
    pub fn last_sequence(&self) -> u64 {
        self.book.sequence
    }

    /// Whether no record waits for an answer that was begun and did not end yet.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.pending.is_empty()
    }

    /// The record of a sequence, if it was judged: what a client was told must agree with it.
    #[must_use]
    pub fn record(&self, sequence: u64) -> Option<Recorded> {
        self.history.get(usize::try_from(sequence.checked_sub(1)?).ok()?).copied()
    }

    /// The time of the last record, and when something ends next by itself: a hold, the wait of an
    /// order that is given up then, the time of a promise, or that of a sweep.
    #[must_use]
    pub fn next_expiry(&self) -> (u64, Option<u64>) {
        let holds = self.book.holds.values().map(|hold| hold.expires);
        let dates = self.book.promises.values().map(|promise| promise.date.begins().get());
        let given_up = self.book.next_given_up().map(|(at, _)| at.begins().get());
        let sweep = self.book.next_sweep();
        (self.book.time, holds.chain(dates).chain(given_up).chain(sweep).min())
    }

    /// Whether no waiting lines are to be looked at, no promises, and no books are to be swept: else
    /// the engine goes on by itself, and what it answers is ahead of what was judged.
    #[must_use]
    pub fn is_at_rest(&self) -> bool {
        let book = &self.book;
        let are_promises_kept = book.reviews.is_empty() && book.past(book.time).is_empty();
        book.next_due().is_none() && are_promises_kept && !book.is_sweep_due(book.time)
    }

    /// What was judged so far, in numbers.
    #[must_use]
    pub fn figures(&self) -> Figures {
        self.figures
    }

    /// Judges one durable batch: its records in order of sequence, and the answers that waited for
    /// it, in the order in which they were executed.
    pub fn batch<'a>(
        &mut self,
        records: &[u8],
        replies: impl Iterator<Item = Answered<'a>>,
    ) -> Result<(), Violation> {
        let mut pending = std::mem::take(&mut self.pending);
        let mut rest = if pending.is_empty() {
            records
        } else {
            pending.extend_from_slice(records);
            pending.as_slice()
        };
        for answered in replies {
            self.answer(&answered, &mut rest).map_err(|what| self.violation(what))?;
        }
        self.pass_own(u64::MAX, &mut rest).map_err(|what| self.violation(what))?;
        // What is left waits for an answer that was begun in this batch and ends in the next.
        self.pending.extend_from_slice(rest);
        Ok(())
    }

    /// Judges records that are durable, and whose answers nobody saw or will see. Those that wait
    /// for an answer may be shown again, or left out: then they are taken in first.
    pub fn recovered(&mut self, records: &[u8]) -> Result<(), Violation> {
        let mut pending = std::mem::take(&mut self.pending);
        let first = records.get(RECORD_SEQUENCE..).and_then(|rest| rest.first_chunk());
        if first.is_some_and(|first| u64::from_le_bytes(*first) == self.book.sequence + 1) {
            pending.clear();
        }
        pending.extend_from_slice(records);
        let mut rest = pending.as_slice();
        while !rest.is_empty() {
            self.next(&mut rest).map_err(|what| self.violation(what))?;
        }
        Ok(())
    }

    /// Compares the whole state, read through queries only. Every record must have been judged.
    pub fn compare(&self, read: &mut dyn FnMut(&Query<'_>) -> Vec<u8>) -> Result<(), Violation> {
        let is_complete = expect(self.pending.is_empty(), || "records without their answer".into());
        let audited = is_complete.and_then(|()| audit::books_add_up(&self.book));
        let compared = audited.and_then(|()| audit::compare(&self.book, read));
        compared.map_err(|what| self.violation(what))
    }

    fn violation(&self, what: String) -> Violation {
        Violation { sequence: self.book.sequence, what }
    }

    fn answer(&mut self, answered: &Answered<'_>, rest: &mut &[u8]) -> Result<(), String> {
        let mut items = Items::new(answered.request, COMMAND_BYTES_MAX);
        let mut replies = Items::new(answered.reply, usize::MAX);
        for reply in replies.by_ref() {
            let reply = reply.map_err(|wrong| format!("an answer of wrong bounds: {wrong}"))?;
            let item = items.next().ok_or("more replies than were asked for")?;
            match item {
                Ok(item) if answered.is_query => self.query(&item, &reply, rest)?,
                Ok(item) => self.command(&item, &reply, rest)?,
                // Its iterator ends here, so a further reply is one too many.
                Err(malformed) => self.malformed(0, malformed, &reply)?,
            }
        }
        let is_whole = items.next().is_none() || answered.reply.len() >= SHORT_ANSWER_BYTES_MIN;
        expect(is_whole, || "items without a reply, though there was room".into())
    }

    fn malformed(
        &mut self,
        kind: u16,
        malformed: gantry_model::Malformed,
        reply: &Item<'_>,
    ) -> Result<(), String> {
        self.figures.malformed += 1;
        self.expected.clear();
        replies::malformed(kind, malformed, &mut self.expected);
        expect_reply(reply, &self.expected)
    }

    fn query(&mut self, item: &Item<'_>, reply: &Item<'_>, rest: &mut &[u8]) -> Result<(), String> {
        match Query::parse(item) {
            Ok(query) => {
                self.figures.queries += 1;
                self.pass_own(sequence_of(reply)?, rest)?;
                queries::judge(&self.book, &query, reply, next_time(rest), &mut self.scratch)
            }
            Err(malformed) => self.malformed(item.kind, malformed, reply),
        }
    }

    fn command(
        &mut self,
        item: &Item<'_>,
        reply: &Item<'_>,
        rest: &mut &[u8],
    ) -> Result<(), String> {
        let command = match Command::parse(item) {
            Ok(command) => command,
            Err(malformed) => return self.malformed(item.kind, malformed, reply),
        };
        self.figures.asked(command.kind());
        let is_new = command.id().is_some_and(|id| id.get() != 0 && !self.is_known(id));
        let sequence = sequence_of(reply)?;
        if is_new && sequence != 0 {
            return self.recorded(&command, item, reply, rest);
        }
        self.figures.repeated += u64::from(command.id().is_some_and(|id| self.is_known(id)));
        self.figures.refused += u64::from(is_new);
        // The answer does not say behind which of the engine's own records it was given.
        let judged = self.unrecorded(&command, item, reply, next_time(rest));
        let Err(what) = judged else { return Ok(()) };
        while is_own(rest) {
            self.next(rest)?;
            if self.unrecorded(&command, item, reply, next_time(rest)).is_ok() {
                return Ok(());
            }
        }
        Err(what)
    }

    fn is_known(&self, id: CommandId) -> bool {
        self.book.ids.get(id.get()).is_some()
    }

    /// The answer to a command that has no record of its own, given at `until` at the latest.
    fn unrecorded(
        &mut self,
        command: &Command<'_>,
        item: &Item<'_>,
        reply: &Item<'_>,
        until: u64,
    ) -> Result<(), String> {
        let mut judged = Ok(());
        for time in moments(&self.book, command, until) {
            judged = self.unrecorded_at(command, item, reply, time);
            if judged.is_ok() {
                break;
            }
        }
        judged
    }

    fn unrecorded_at(
        &mut self,
        command: &Command<'_>,
        item: &Item<'_>,
        reply: &Item<'_>,
        time: u64,
    ) -> Result<(), String> {
        self.expected.clear();
        match command.id().map(|id| (id, self.book.ids.get(id.get()))) {
            None => replies::refused(item.kind, RejectReason::NotForClients, &mut self.expected),
            Some((_, Some(known))) => {
                let known = (known, time);
                replies::of_known(&self.book, command, item.bytes, known, &mut self.expected);
            }
            Some((id, None)) if id.get() == 0 => {
                replies::refused(item.kind, RejectReason::IdZero, &mut self.expected);
            }
            Some(_) => return self.refused(command, item, reply, time),
        }
        expect_reply(reply, &self.expected)
    }

    /// The "no" to a command whose id was not answered before, and which left no record.
    fn refused(
        &mut self,
        command: &Command<'_>,
        item: &Item<'_>,
        reply: &Item<'_>,
        time: u64,
    ) -> Result<(), String> {
        self.refusal(command, item, reply, time)?;
        expect_reply(reply, &self.expected).or_else(|what| {
            // A full disk may refuse whatever grows.
            self.expected.clear();
            replies::refused(item.kind, RejectReason::NoSpace, &mut self.expected);
            let may_be_full = command.kind().grows() && reply.bytes == self.expected;
            self.figures.no_space += u64::from(may_be_full);
            expect(may_be_full, || what)
        })
    }

    /// The answer to a command whose id was not answered before, and which left a record.
    fn recorded(
        &mut self,
        command: &Command<'_>,
        item: &Item<'_>,
        reply: &Item<'_>,
        rest: &mut &[u8],
    ) -> Result<(), String> {
        let sequence = sequence_of(reply)?;
        self.pass_own(sequence - 1, rest)?;
        let Some((command_bytes, outcome)) = self.next(rest)? else {
            return Err(format!("a reply of record {sequence}, which was not shown"));
        };
        expect(self.book.sequence == sequence && command_bytes == item.bytes, || {
            format!("the reply to another command names record {}", self.book.sequence)
        })?;
        self.expected.clear();
        replies::of_record(&self.book, command, &outcome, &mut self.expected);
        expect_reply(reply, &self.expected)
    }

    /// The reply to a command that should leave no record; none, if it should.
    fn refusal(
        &mut self,
        command: &Command<'_>,
        item: &Item<'_>,
        reply: &Item<'_>,
        time: u64,
    ) -> Result<(), String> {
        let Self { book, scratch, figures, .. } = self;
        let no = match command {
            Command::PlaceOrder(order) => {
                order::demands(book, order, time, &mut scratch.demands).err()
            }
            Command::PlaceHold(hold) => {
                if let Some(head) = of_too_many_places(reply) {
                    holding::judge_too_many(book, hold, time, &head, scratch)?;
                    figures.holds_at_too_many_places += 1;
                    let (reason, none) = (RejectReason::TooManyPlacesHeld, Sequence::NONE);
                    replies::rejected(item.kind, reason, &head, &[], none, &mut self.expected);
                    return Ok(());
                }
                holding::check(book, hold, time, &mut scratch.demands).err()
            }
            Command::ResourceOrder(command) => resource::check(book, command).err(),
            Command::RejectUnits(command) => {
                rejecting::own_movements(book, command, Sequence::NONE).err()
            }
            command => decide::decide(book, command, (Sequence::NONE, time), &mut Vec::new()).err(),
        };
        if let Some(no) = no.filter(|no| !no.reason.is_journaled()) {
            let head = no.head();
            replies::rejected(item.kind, no.reason, &head, &[], Sequence::NONE, &mut self.expected);
        }
        Ok(())
    }

    /// Takes the next record in; returns the bytes of its command, and its outcome.
    fn next<'a>(&mut self, rest: &mut &'a [u8]) -> Result<Option<(&'a [u8], Outcome<'a>)>, String> {
        if rest.is_empty() {
            return Ok(None);
        }
        let (record, after) = Record::split(rest).map_err(|wrong| wrong.to_string())?;
        let is_tried = decide::judge(&self.book, &record, &mut self.scratch, &mut self.parts)
            .map_err(|what| format!("record {}, {:?}: {what}", record.sequence, record.command))?;
        self.figures.judged(&self.book, &record, is_tried);
        self.book.enter(&record);
        let (id, rejected) = (record.command.id(), record.outcome.head.reason());
        self.history.push(Recorded { id, rejected });
        *rest = after;
        Ok(Some((record.command_bytes, record.outcome)))
    }

    /// Takes the engine's own records in that come next, up to `last`.
    fn pass_own(&mut self, last: u64, rest: &mut &[u8]) -> Result<(), String> {
        while self.book.sequence < last && is_own(rest) {
            self.next(rest)?;
        }
        Ok(())
    }
}

/// The "no" of a reply which says that a hold would hold units at too many places.
fn of_too_many_places(reply: &Item<'_>) -> Option<OutcomeHead> {
    match Reply::parse(reply).ok()?.body {
        ReplyBody::Rejection(no) if no.shorts.is_empty() => {
            Some(*no.head).filter(|no| no.reason() == Some(RejectReason::TooManyPlacesHeld))
        }
        _ => None,
    }
}

/// Times until `until` that the answer to a command without a record may depend on.
fn moments(book: &Book, command: &Command<'_>, until: u64) -> Vec<u64> {
    let asked = match command {
        Command::PlaceHold(hold) => [hold.id, hold.replaces],
        Command::ExtendHold(extension) => [extension.hold; 2],
        Command::ReleaseHold(release) => [release.hold; 2],
        Command::PlaceOrder(order) => [order.hold; 2],
        Command::ExpectSupply(supply) => return before_and_at(book.time, supply.eta, until),
        Command::ChangeSupply(change) => return before_and_at(book.time, change.eta, until),
        Command::SetCancelAt(set) => return before_and_at(book.time, set.cancel_at, until),
        Command::SwapUnits(swap) => return swapping::moments(book, swap, until),
        _ => return vec![book.time],
    };
    book.moments(until, |hold| asked.iter().any(|id| id.get() == hold.id))
}

/// A time, and a second that begins behind it and until `until`.
fn before_and_at(time: u64, second: EngineSecond, until: u64) -> Vec<u64> {
    let begins = second.begins().get();
    let is_between = (time + 1..=until).contains(&begins);
    [time].into_iter().chain(is_between.then_some(begins)).collect()
}

/// When the next record was made: what is answered before it was answered no later.
fn next_time(rest: &[u8]) -> u64 {
    let time = rest.get(RECORD_TIME..).and_then(|rest| rest.first_chunk());
    time.map_or(u64::MAX, |time| u64::from_le_bytes(*time))
}

/// Whether the next record is one of the engine's own, by its command's kind.
fn is_own(rest: &[u8]) -> bool {
    let kind = rest.get(gantry_model::RECORD_HEADER_BYTES..).and_then(|rest| rest.first_chunk());
    let kind = kind.and_then(|kind| CommandKind::from_number(u16::from_le_bytes(*kind)));
    let own = [
        CommandKind::Mark,
        CommandKind::Retire,
        CommandKind::Match,
        CommandKind::ExpireHolds,
        CommandKind::Promise,
        CommandKind::GiveUp,
        CommandKind::Sweep,
    ];
    kind.is_some_and(|kind| own.contains(&kind))
}

/// The sequence that a reply names, as its bytes say before anything is parsed.
fn sequence_of(reply: &Item<'_>) -> Result<u64, String> {
    let bytes = reply.body.get(8..16).and_then(|bytes| bytes.first_chunk());
    bytes.map(|bytes| u64::from_le_bytes(*bytes)).ok_or_else(|| "a reply without a header".into())
}
