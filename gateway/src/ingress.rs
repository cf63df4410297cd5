//! The way in: two bounded lock-free queues, one for commands and one for queries, each item all
//! requests of one socket read.
//!
//! Batching by read never depends on the client's goodwill: a client that sends one order per frame
//! still pays one push per read. A full queue says so at once, before anything is sequenced.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use crossbeam::queue::ArrayQueue;
use gantry_engine::{RequestKind, Submission};
use gantry_model::Actor;

use crate::doorbell::Doorbell;
use crate::options::ServerOptions;

/// Emptied submissions that are kept for the next read, each with the memory it grew to.
const SPENT_SUBMISSIONS_MAX: usize = 64;

/// The requests of one kind of one socket read, and what they weigh.
#[derive(Debug)]
pub(crate) struct Queued {
    pub(crate) submission: Submission,
    pub(crate) payload_bytes: usize,
}

/// The queues before the engine thread, and its bell.
#[derive(Debug)]
pub(crate) struct Ingress {
    commands: ArrayQueue<Queued>,
    queries: ArrayQueue<Queued>,
    spent: ArrayQueue<Submission>,
    /// Payload bytes in both queues. Only a bound, so every access is relaxed.
    payload_bytes: AtomicUsize,
    payload_bytes_max: usize,
    watcher: OnceLock<Watcher>,
    /// Wakes the engine thread.
    pub(crate) bell: Doorbell,
}

/// Sees every submission that is taken, before it is queued. Among several threads one that it has
/// seen may still find the queue full.
pub type SubmissionWatcher = Box<dyn Fn(&Submission) + Send + Sync>;

struct Watcher(SubmissionWatcher);

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watcher")
    }
}

impl Ingress {
    pub(crate) fn new(options: &ServerOptions) -> Self {
        Self {
            commands: ArrayQueue::new(options.ingress_commands_max),
            queries: ArrayQueue::new(options.ingress_queries_max),
            spent: ArrayQueue::new(SPENT_SUBMISSIONS_MAX),
            payload_bytes: AtomicUsize::new(0),
            payload_bytes_max: options.ingress_bytes_max,
            watcher: OnceLock::new(),
            bell: Doorbell::default(),
        }
    }

    /// Shows every submission that is taken from now on to `watcher`; the first stays.
    pub(crate) fn watch(&self, watcher: SubmissionWatcher) {
        let _ = self.watcher.set(Watcher(watcher));
    }

    /// An empty submission, with memory from an earlier one if there is one.
    pub(crate) fn submission(&self, session: u64, actor: Actor) -> Submission {
        let Some(mut spent) = self.spent.pop() else { return Submission::new(session, actor) };
        spent.session = session;
        spent.actor = actor;
        spent
    }

    /// Puts requests before the engine; gives them back when there is no room. Ring afterwards.
    pub(crate) fn push(&self, kind: RequestKind, queued: Queued) -> Result<(), Queued> {
        let payload_bytes = queued.payload_bytes;
        if self.payload_bytes.load(Ordering::Relaxed) >= self.payload_bytes_max {
            return Err(queued);
        }
        if let Some(Watcher(watcher)) = self.watcher.get()
            && !self.queue(kind).is_full()
        {
            watcher(&queued.submission);
        }
        // Before the push: the engine may take the item and subtract at once.
        self.payload_bytes.fetch_add(payload_bytes, Ordering::Relaxed);
        let pushed = self.queue(kind).push(queued);
        if pushed.is_err() {
            self.payload_bytes.fetch_sub(payload_bytes, Ordering::Relaxed);
        }
        pushed
    }

    /// The next requests of this kind.
    pub(crate) fn pop(&self, kind: RequestKind) -> Option<Queued> {
        let queued = self.queue(kind).pop()?;
        self.payload_bytes.fetch_sub(queued.payload_bytes, Ordering::Relaxed);
        Some(queued)
    }

    /// Keeps an emptied submission's memory for another read.
    pub(crate) fn recycle(&self, mut submission: Submission) {
        submission.clear();
        // With enough kept already, this one's memory goes.
        drop(self.spent.push(submission));
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.commands.is_empty() && self.queries.is_empty()
    }

    fn queue(&self, kind: RequestKind) -> &ArrayQueue<Queued> {
        match kind {
            RequestKind::Commands => &self.commands,
            RequestKind::Queries => &self.queries,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ingress(commands_max: usize, bytes_max: usize) -> Ingress {
        Ingress::new(&ServerOptions {
            ingress_commands_max: commands_max,
            ingress_bytes_max: bytes_max,
            ..ServerOptions::default()
        })
    }

    fn queued(session: u64, payload_bytes: usize) -> Queued {
        let mut submission = Submission::new(session, Actor::CLIENT_MIN);
        submission.push_frame(RequestKind::Commands, 1, &vec![0; payload_bytes]);
        Queued { submission, payload_bytes }
    }

    #[test]
    fn a_full_queue_gives_the_requests_back_and_the_other_queue_still_takes() {
        let ingress = ingress(1, 1_000);
        assert!(ingress.push(RequestKind::Commands, queued(1, 8)).is_ok());
        let refused = ingress.push(RequestKind::Commands, queued(2, 8)).unwrap_err();
        assert_eq!(refused.submission.session, 2);
        assert!(ingress.push(RequestKind::Queries, queued(3, 8)).is_ok());
        assert_eq!(ingress.pop(RequestKind::Commands).unwrap().submission.session, 1);
        assert!(ingress.push(RequestKind::Commands, queued(4, 8)).is_ok());
    }

    #[test]
    fn waiting_bytes_are_bounded_over_both_queues() {
        let ingress = ingress(16, 100);
        assert!(ingress.push(RequestKind::Commands, queued(1, 60)).is_ok());
        assert!(ingress.push(RequestKind::Queries, queued(2, 60)).is_ok());
        assert!(ingress.push(RequestKind::Commands, queued(3, 8)).is_err());
        assert!(ingress.pop(RequestKind::Queries).is_some());
        assert!(ingress.push(RequestKind::Commands, queued(3, 8)).is_ok());
        assert!(!ingress.is_empty());
    }

    #[test]
    fn a_recycled_submission_is_empty_and_belongs_to_its_new_session() {
        let ingress = ingress(1, 100);
        ingress.recycle(queued(1, 8).submission);
        let fresh = ingress.submission(2, Actor::COMMAND_LINE);
        assert_eq!((fresh.session, fresh.actor), (2, Actor::COMMAND_LINE));
        assert!(fresh.is_empty());
    }
}
