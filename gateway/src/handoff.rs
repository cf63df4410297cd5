//! Batches on their way from the engine to the journal.
//!
//! The engine offers its batch after every drain and, while the journal is at work, takes it back
//! to fill it further. So a batch always lies ready when a sync ends, and holds all that came
//! during that sync: group commit, without a timer and without a wake-up in between.

use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam::queue::ArrayQueue;
use gantry_engine::Batch;

use crate::doorbell::Doorbell;

/// The queue between the engine thread (pushes, and takes back) and the journal thread (pops).
#[derive(Debug)]
pub(crate) struct Handoff {
    offered: ArrayQueue<Box<Batch>>,
    /// The journal looks for work: what is offered stays offered. Advisory, so relaxed: a stale
    /// value costs one drain of delay or one smaller batch.
    hungry: AtomicBool,
    stop: AtomicBool,
    /// A stop has waited long enough: what cannot be made durable is dropped, unanswered.
    abandoned: AtomicBool,
    /// Wakes the journal thread.
    pub(crate) bell: Doorbell,
}

impl Handoff {
    /// A queue with room for every batch there is.
    pub(crate) fn new(batches: usize) -> Self {
        Self {
            offered: ArrayQueue::new(batches),
            hungry: AtomicBool::new(false),
            stop: AtomicBool::new(false),
            abandoned: AtomicBool::new(false),
            bell: Doorbell::default(),
        }
    }

    /// Engine: offers the newest batch.
    pub(crate) fn offer(&self, batch: Box<Batch>) {
        self.offered.push(batch).expect("invariant: as long as there are batches");
        self.bell.ring();
    }

    /// Engine: takes the newest batch back, if the journal does not want it yet.
    ///
    /// Only the engine pushes, so with at most one batch offered the oldest is the newest, and a
    /// pop cannot change the order. With more, the newest stays behind the full ones.
    pub(crate) fn take_back(&self) -> Option<Box<Batch>> {
        if self.hungry.load(Ordering::Relaxed) || self.offered.len() > 1 {
            return None;
        }
        self.offered.pop()
    }

    /// Journal: takes the oldest batch.
    pub(crate) fn take(&self) -> Option<Box<Batch>> {
        self.hungry.store(true, Ordering::Relaxed);
        let taken = self.offered.pop();
        if taken.is_some() {
            self.hungry.store(false, Ordering::Relaxed);
        }
        taken
    }

    /// Whether nothing is offered.
    pub(crate) fn is_empty(&self) -> bool {
        self.offered.is_empty()
    }

    /// Ends the journal thread once everything offered is taken. The engine thread has ended.
    pub(crate) fn stop(&self) {
        // Release pairs with the acquire in `is_stopping`: all offers came before.
        self.stop.store(true, Ordering::Release);
        self.bell.ring();
    }

    /// Makes the journal thread drop batches for which it finds no segment.
    pub(crate) fn abandon(&self) {
        self.abandoned.store(true, Ordering::Relaxed);
    }

    /// Whether waiting for a segment is over. Relaxed: it guards no other data.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.abandoned.load(Ordering::Relaxed)
    }

    /// Whether no more batches will be offered.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch() -> Box<Batch> {
        Box::new(Batch::new())
    }

    #[test]
    fn a_batch_comes_back_while_the_journal_is_busy_and_not_while_it_is_hungry() {
        let handoff = Handoff::new(4);
        handoff.offer(batch());
        assert!(handoff.take_back().is_some());
        assert!(handoff.take().is_none());
        handoff.offer(batch());
        assert!(handoff.take_back().is_none(), "the journal waits for it");
        assert!(handoff.take().is_some());
        handoff.offer(batch());
        assert!(handoff.take_back().is_some(), "the journal is at work again");
    }

    #[test]
    fn with_two_offered_neither_comes_back() {
        let handoff = Handoff::new(4);
        handoff.offer(batch());
        handoff.offer(batch());
        assert!(handoff.take_back().is_none());
        assert!(handoff.take().is_some());
        assert!(handoff.take_back().is_some());
        assert!(handoff.is_empty());
    }
}
