//! Lets replies go once their batch is durable, in the order of the batches.
//!
//! The gate of the whole server is here: a batch comes to this queue from the journal thread only,
//! after its own records and all before them are synced.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam::queue::ArrayQueue;
use gantry_engine::{Batch, OutboxReply};
use parking_lot::Mutex;

use crate::doorbell::Doorbell;
use crate::ingress::Ingress;
use crate::link::{Link, Links};
use crate::stats::{Counters, add};
use gantry_journal::mark;
use gantry_journal::sabotage::{Sabotage, asked};

/// With at most this many replies the journal thread delivers by itself instead of waking the
/// release thread, which would take longer.
const REPLIES_INLINE_MAX: usize = 4;

/// Durable batches on their way to the sockets and then back to the engine.
#[derive(Debug)]
pub(crate) struct Release {
    durable: ArrayQueue<Box<Batch>>,
    /// Emptied batches for the engine.
    pub(crate) free: ArrayQueue<Box<Batch>>,
    /// Held by whoever delivers, so that batches leave in order.
    delivery: Mutex<Delivery>,
    bell: Doorbell,
    stop: AtomicBool,
    links: Arc<Links>,
    ingress: Arc<Ingress>,
    counters: Arc<Counters>,
}

/// Sees every durable batch before its replies leave.
pub type BatchWatcher = Box<dyn FnMut(&Batch) + Send>;

/// What a delivery keeps from batch to batch.
#[derive(Default)]
struct Delivery {
    touched: Vec<Arc<Link>>,
    watcher: Option<BatchWatcher>,
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery").field("touched", &self.touched).finish_non_exhaustive()
    }
}

impl Release {
    /// A release around this many batches, all of them free.
    pub(crate) fn new(
        batches: usize,
        links: Arc<Links>,
        ingress: Arc<Ingress>,
        counters: Arc<Counters>,
    ) -> Self {
        let free = ArrayQueue::new(batches);
        let durable = ArrayQueue::new(batches);
        while !free.is_full() {
            free.push(Box::new(Batch::new())).expect("invariant: it is not full");
        }
        let (bell, stop) = (Doorbell::default(), AtomicBool::new(false));
        Self { durable, free, delivery: Mutex::default(), bell, stop, links, ingress, counters }
    }

    /// Lets the system give the memory of every free batch now, not on the hot path.
    pub(crate) fn touch_free(&self) {
        for _ in 0..self.free.len() {
            let Some(mut batch) = self.free.pop() else { return };
            batch.records.touch();
            self.free.push(batch).expect("invariant: it was taken from there");
        }
    }

    /// Takes a batch whose effects are durable. Only the journal thread calls this. With `inline`
    /// a small batch is delivered before it returns.
    pub(crate) fn put(&self, batch: Box<Batch>, inline: bool) {
        let is_small = batch.outbox.replies().nth(REPLIES_INLINE_MAX).is_none();
        self.durable.push(batch).expect("invariant: as long as there are batches");
        if inline
            && is_small
            && let Some(mut delivery) = self.delivery.try_lock()
        {
            self.deliver_all(&mut delivery);
        } else {
            self.bell.ring();
        }
    }

    /// Gives a batch back without telling anyone of it.
    pub(crate) fn drop_unanswered(&self, mut batch: Box<Batch>) {
        batch.clear();
        self.give_back(batch);
    }

    /// The release thread's body.
    pub(crate) fn run(&self) {
        self.bell.answer_here();
        loop {
            self.turn();
            // Acquire pairs with `stop`: every batch was put before it.
            if self.stop.load(Ordering::Acquire) && self.durable.is_empty() {
                return;
            }
            let has_work = || !self.durable.is_empty() || self.stop.load(Ordering::Acquire);
            self.bell.sleep(None, has_work);
        }
    }

    /// Delivers every durable batch.
    pub(crate) fn turn(&self) {
        self.deliver_all(&mut self.delivery.lock());
    }

    /// Shows every durable batch to `watcher` before its replies leave.
    pub(crate) fn watch(&self, watcher: BatchWatcher) {
        self.delivery.lock().watcher = Some(watcher);
    }

    /// Delivers a batch that is not durable, for [`Sabotage::ReplyBeforeDurable`].
    pub(crate) fn answer_early(&self, batch: &Batch) {
        self.delivery.lock().deliver(batch.outbox.replies(), &self.links);
    }

    /// Ends the thread once every batch is delivered.
    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::Release);
        self.bell.ring();
    }

    fn deliver_all(&self, delivery: &mut Delivery) {
        while let Some(mut batch) = self.durable.pop() {
            if let Some(watcher) = &mut delivery.watcher {
                watcher(&batch);
            }
            let outdated = batch.outbox.replies().filter(|reply| reply.is_refused).count();
            add(&self.counters.archive_requests_outdated, outdated as u64);
            let replies = match asked(Sabotage::ReplyBeforeDurable) {
                true => batch.outbox.replies().count() as u64,
                false => delivery.deliver(batch.outbox.replies(), &self.links),
            };
            add(&self.counters.batches, 1);
            add(&self.counters.replies, replies);
            batch.clear();
            self.give_back(batch);
        }
    }

    fn give_back(&self, batch: Box<Batch>) {
        self.free.push(batch).expect("invariant: as long as there are batches");
        self.ingress.bell.ring();
    }
}

impl Delivery {
    /// Appends every reply to its session, then writes to each touched session's socket once.
    /// Returns how many replies there were.
    fn deliver<'a>(
        &mut self,
        replies: impl Iterator<Item = OutboxReply<'a>>,
        links: &Links,
    ) -> u64 {
        let mut replies = replies.peekable();
        let mut count = 0;
        // The frames of one socket read follow each other: one look-up and one lock for the run.
        while let Some(session) = replies.peek().map(|reply| reply.session) {
            let mut run = 0;
            let of_session = std::iter::from_fn(|| {
                let reply = replies.next_if(|reply| reply.session == session)?;
                run += 1;
                Some(reply)
            });
            let link = links.get(&session).map(|entry| Arc::clone(entry.value()));
            match link {
                Some(link) => {
                    let first_touch = link.append_replies(of_session);
                    link.answered(run);
                    if first_touch {
                        self.touched.push(link);
                    }
                }
                // The client is gone; its commands were carried out all the same.
                None => {
                    mark!("answered client is gone");
                    of_session.for_each(drop);
                }
            }
            count += u64::from(run);
        }
        for link in self.touched.drain(..) {
            link.flush_touched();
        }
        count
    }
}
