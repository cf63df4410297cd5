//! What clients ask, made as they take it, and what they were told.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gantry_client::OwnedReply;
use gantry_model::{COMMAND_BYTES_MAX, Command, CommandId, Items, RejectReason, ReplyStatus};

use crate::oracle::Oracle;
use crate::random::{Stream, stream};
use crate::scenario::Asked;
use crate::workload::{Made, Swarm, Workload};

/// The upper half of the ids that a workload's set-up takes. A second workload in one folder needs
/// others, or what it defines is refused.
const SET_UP_IDS: u64 = 0x5e7;
/// Where a command's id lies in its item: the upper half of it.
const ID_HIGH: std::ops::Range<usize> = 16..24;

/// The second of which workloads are told, in the year 2096: what they ask for then does not happen.
const LONG_AFTER: u32 = 4_000_000_000;

/// What is still to be asked, and what was told; clones share it.
#[derive(Clone)]
pub(super) struct Feed {
    state: Arc<Mutex<FeedState>>,
}

struct FeedState {
    workload: Workload,
    /// Workloads before this one.
    past: u64,
    /// Items that may still be taken in this life of the server.
    left: usize,
    is_over: bool,
    told: Vec<Told>,
}

/// What a client was told of an item.
#[derive(Clone, Debug)]
pub(super) struct Told {
    /// The item.
    pub(super) asked: Asked,
    /// The record of which the reply tells; of a query, the last one that it knows.
    pub(super) sequence: u64,
    status: ReplyStatus,
    rejected: Option<RejectReason>,
}

impl Feed {
    pub(super) fn new(seed: u64) -> Self {
        let workload = workload(seed);
        let state = FeedState { workload, past: 0, left: 0, is_over: false, told: Vec::new() };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// From now on another workload is asked.
    pub(super) fn change(&self, seed: u64) {
        let mut state = self.state();
        state.workload = workload(seed);
        state.past += 1;
    }

    /// So many items may be taken from now on.
    pub(super) fn allow(&self, items: usize) {
        self.state().left = items;
    }

    /// Nothing more is asked.
    pub(super) fn end(&self) {
        let mut state = self.state();
        state.left = 0;
        state.is_over = true;
    }

    pub(super) fn is_over(&self) -> bool {
        self.state().is_over
    }

    /// Up to `count` items.
    pub(super) fn take(&self, count: usize) -> Vec<Asked> {
        let mut state = self.state();
        let count = count.min(state.left);
        state.left -= count;
        (0..count).map(|_| state.next()).collect()
    }

    pub(super) fn tell(&self, asked: &Asked, owned: &OwnedReply) {
        let reply = owned.reply();
        let told = Told {
            asked: asked.clone(),
            sequence: reply.sequence.get(),
            status: reply.status,
            rejected: owned.reject_reason(),
        };
        self.state().told.push(told);
    }

    /// What was told since it was last asked for.
    pub(super) fn take_told(&self) -> Vec<Told> {
        std::mem::take(&mut self.state().told)
    }

    fn state(&self) -> MutexGuard<'_, FeedState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn workload(seed: u64) -> Workload {
    // What ends by itself would change what is compared.
    let swarm = Swarm::draw(&mut stream(seed, Stream::Swarm)).with_lasting_holds();
    let mut workload = Workload::new(stream(seed, Stream::Workload), swarm);
    workload.tell_time(LONG_AFTER);
    workload
}

impl FeedState {
    fn next(&mut self) -> Asked {
        let mut bytes = Vec::new();
        let is_query = self.workload.next(&mut bytes) == Made::Query;
        if !is_query && bytes.get(ID_HIGH) == Some(SET_UP_IDS.to_le_bytes().as_slice()) {
            bytes[ID_HIGH].copy_from_slice(&(SET_UP_IDS + self.past).to_le_bytes());
        }
        Asked { is_query, bytes }
    }
}

impl Told {
    /// Whether a command was carried out.
    pub(super) fn is_carried_out(&self) -> bool {
        let is_told = matches!(self.status, ReplyStatus::Accepted | ReplyStatus::Duplicate);
        is_told && self.rejected.is_none()
    }

    /// Holds it against the history: the record must be there, of this command, with this outcome.
    pub(super) fn judge(&self, oracle: &Oracle) -> Result<(), String> {
        let last = oracle.last_sequence();
        if self.sequence > last {
            return Err(format!("a reply tells of more than the journal holds, {last}: {self:?}"));
        }
        if self.asked.is_query || self.sequence == 0 {
            return Ok(());
        }
        match oracle.record(self.sequence) {
            Some(record) if record.id == self.id() && record.rejected == self.rejected => Ok(()),
            other => Err(format!("the journal has {other:?}, a client was told {self:?}")),
        }
    }

    fn id(&self) -> Option<CommandId> {
        let item = Items::new(&self.asked.bytes, COMMAND_BYTES_MAX).next()?.ok()?;
        Command::parse(&item).ok()?.id()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Records that an engine of its own makes of a feed, and what its replies tell.
    fn history(feed: &Feed, items: usize) -> (Oracle, Vec<Told>) {
        use gantry_engine::{Batch, Engine, Progress, RequestKind, Submission, Writer};
        use gantry_model::{Actor, EngineTime};
        feed.allow(items);
        let mut writer = Writer::new(Engine::new());
        let (mut batch, mut oracle) = (Batch::new(), Oracle::new());
        let now = EngineTime::new(1_700_000_000_000_000_000);
        for asked in feed.take(items) {
            let kind = if asked.is_query { RequestKind::Queries } else { RequestKind::Commands };
            let mut submission = Submission::new(7, Actor::CLIENT_MIN);
            submission.push_frame(kind, 1, &asked.bytes);
            assert_ne!(writer.step(&mut submission, &mut batch, now), Progress::BatchFull);
            oracle.recovered(batch.records.payload()).unwrap();
            for reply in batch.outbox.replies() {
                let item = Items::new(reply.payload, usize::MAX).next().unwrap().unwrap();
                feed.tell(&asked, &OwnedReply::new(&item).unwrap());
            }
            batch.clear();
        }
        (oracle, feed.take_told())
    }

    #[test]
    fn what_was_told_is_held_against_the_history() {
        let (oracle, told) = history(&Feed::new(3), 400);
        let mut records = 0;
        for told in told {
            assert_eq!(told.judge(&oracle), Ok(()));
            let later = Told { sequence: oracle.last_sequence() + 1, ..told.clone() };
            assert!(later.judge(&oracle).is_err(), "{later:?}");
            if !told.asked.is_query && told.sequence > 1 {
                records += 1;
                let other = Told { sequence: told.sequence - 1, ..told.clone() };
                let is_noticed = other.judge(&oracle).is_err();
                let same_id = oracle.record(told.sequence - 1) == oracle.record(told.sequence);
                assert!(is_noticed || same_id, "{other:?}");
                let rejected = told.rejected.is_none().then_some(RejectReason::UnknownSku);
                assert!(Told { rejected, ..told }.judge(&oracle).is_err());
            }
        }
        assert!(records > 100, "{records} records were told of");
    }

    /// A second workload defines its shop anew, in the same folder.
    #[test]
    fn the_set_up_of_a_later_workload_has_ids_of_its_own() {
        let feed = Feed::new(1);
        feed.allow(2);
        let first = feed.take(1);
        feed.change(1);
        let again = feed.take(1);
        assert_eq!(first[0].bytes[..16], again[0].bytes[..16]);
        assert_eq!(first[0].bytes[24..], again[0].bytes[24..]);
        assert_ne!(first[0].bytes[ID_HIGH], again[0].bytes[ID_HIGH]);
    }
}
