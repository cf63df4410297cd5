//! What became durable, in order, with the oracle that judges it.

use std::collections::{BTreeMap, VecDeque};
use std::hash::Hasher;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gantry_engine::{Batch, RequestKind, Submission};
use gantry_model::Record;
use twox_hash::XxHash3_64;

use crate::oracle::{Answered, Oracle};

/// What became durable; clones share it.
#[derive(Clone)]
pub struct History {
    state: Arc<Mutex<HistoryState>>,
}

struct HistoryState {
    oracle: Oracle,
    /// What was asked and not answered yet, by session and request.
    asked: BTreeMap<(u64, u64), VecDeque<Request>>,
    /// Of the bytes of every record so far.
    records: XxHash3_64,
    /// Of everything that happened.
    trace: XxHash3_64,
    violation: Option<String>,
}

struct Request {
    is_query: bool,
    items: Vec<u8>,
}

impl History {
    /// Nothing happened yet.
    #[must_use]
    pub fn new() -> Self {
        let state = HistoryState {
            oracle: Oracle::new(),
            asked: BTreeMap::new(),
            records: XxHash3_64::new(),
            trace: XxHash3_64::new(),
            violation: None,
        };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// A session handed requests on.
    pub fn submitted(&self, submission: &Submission) {
        let mut state = self.state();
        for (request, kind, items) in submission.frames() {
            let is_query = kind == RequestKind::Queries;
            let request =
                ((submission.session, request), Request { is_query, items: items.to_vec() });
            state.asked.entry(request.0).or_default().push_back(request.1);
        }
    }

    /// A batch is durable, and its replies are about to leave.
    pub fn durable(&self, batch: &Batch) {
        let state = &mut *self.state();
        if state.violation.is_some() {
            return;
        }
        state.records.write(batch.records.payload());
        state.trace.write(batch.records.payload());
        let mut answers = Vec::new();
        for reply in batch.outbox.replies() {
            let key = (reply.session, reply.request);
            let Some(asked) = state.asked.get_mut(&key).and_then(VecDeque::pop_front) else {
                return state.object(format!("request {key:?} was answered and never asked"));
            };
            if state.asked.get(&key).is_some_and(VecDeque::is_empty) {
                state.asked.remove(&key);
            }
            state.trace.write(reply.payload);
            if !reply.is_refused {
                answers.push((asked, reply.payload));
            }
        }
        let answers = answers.iter().map(|(asked, reply)| Answered {
            is_query: asked.is_query,
            request: &asked.items,
            reply,
        });
        if let Err(violation) = state.oracle.batch(batch.records.payload(), answers) {
            state.object(violation.to_string());
        }
    }

    /// The server is gone: what was not answered will not be.
    pub fn crashed(&self) {
        self.state().asked.clear();
    }

    /// A frame of the journal as a start found it. What was judged before must be there unchanged,
    /// which [`Self::proven`] looks at; what is new is judged now.
    pub fn recovered(&self, payload: &[u8]) {
        let state = &mut *self.state();
        if state.violation.is_some() {
            return;
        }
        let last = state.oracle.last_sequence();
        let mut rest = payload;
        while !rest.is_empty() {
            match Record::split(rest) {
                Ok((record, after)) if record.sequence.get() <= last => rest = after,
                Ok(_) => break,
                Err(error) => return state.object(format!("a recovered record: {error}")),
            }
        }
        state.records.write(rest);
        state.trace.write(rest);
        if let Err(violation) = state.oracle.recovered(rest) {
            state.object(format!("recovered: {violation}"));
        }
    }

    /// The records of a whole journal, hashed, must be those that were judged.
    pub fn proven(&self, records: u64) {
        let mut state = self.state();
        if state.records.finish() != records {
            state.object("the journal holds other records than were durable once".to_owned());
        }
    }

    /// Somebody was told of `sequence`, which must be durable.
    pub fn told(&self, sequence: u64) {
        let mut state = self.state();
        let last = state.oracle.last_sequence();
        if sequence > last {
            state.object(format!("a reply tells of {sequence}; durable is {last}"));
        }
    }

    /// Something happened; two runs of a seed must agree on it.
    pub fn trace(&self, what: u64) {
        self.state().trace.write_u64(what);
    }

    /// Something is not as it must be. The first objection stands.
    pub fn object(&self, what: String) {
        self.state().object(what);
    }

    /// The first objection.
    #[must_use]
    pub fn violation(&self) -> Option<String> {
        self.state().violation.clone()
    }

    /// One number for everything that happened.
    #[must_use]
    pub fn trace_hash(&self) -> u64 {
        self.state().trace.finish()
    }

    /// Lets `read` look at the oracle.
    pub fn with_oracle<T>(&self, read: impl FnOnce(&Oracle) -> T) -> T {
        read(&self.state().oracle)
    }

    fn state(&self) -> MutexGuard<'_, HistoryState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for History {
    fn default() -> Self {
        Self::new()
    }
}

impl HistoryState {
    fn object(&mut self, what: String) {
        self.violation.get_or_insert(what);
    }
}
