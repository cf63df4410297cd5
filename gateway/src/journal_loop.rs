//! The journal thread: makes batches durable, one after the other.
//!
//! It is the only thread that waits for the disk. What it passes on to the release is durable,
//! with everything before it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use gantry_engine::{Batch, ProcessFigures};
use gantry_journal::{Appended, FrameFacts, Journal, JournalError};

use crate::guard::abort_with;
use crate::handoff::Handoff;
use crate::preparer_loop::PreparerBell;
use crate::release::Release;
use crate::stats::{Counters, add};

/// From this many record bytes on a batch is large: the floor between syncs applies after it.
const BATCH_LARGE_BYTES: usize = 64 << 10;
/// With nothing to do for this long the journal writes a seal.
const SEAL_AFTER: Duration = Duration::from_millis(20);
/// Time between two looks for a prepared segment.
const SEGMENT_WAIT: Duration = Duration::from_millis(1);
/// The preparer is woken after this many bytes; it populates 16 MiB ahead.
const PREPARE_EVERY_BYTES: u64 = 1 << 20;

/// The journal thread's own state.
pub(crate) struct JournalLoop {
    pub(crate) journal: Journal,
    pub(crate) handoff: Arc<Handoff>,
    pub(crate) release: Arc<Release>,
    pub(crate) preparer: Arc<PreparerBell>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) figures: Arc<ProcessFigures>,
    pub(crate) commit_floor: Duration,
    pub(crate) unprepared_bytes: u64,
    /// How long the last frame took to become durable; the next one carries it.
    pub(crate) sync_us: u32,
    /// Records that found no segment before the stop ran out of time; never acknowledged.
    pub(crate) records_dropped: u64,
}

/// What the journal thread leaves behind.
pub(crate) struct JournalEnd {
    pub(crate) journal: Journal,
    pub(crate) records_dropped: u64,
}

impl JournalLoop {
    /// The journal thread's body; returns the journal when stopped and all is durable.
    pub(crate) fn run(mut self) -> JournalEnd {
        self.handoff.bell.answer_here();
        let mut idle_since = Instant::now();
        let mut is_sealed = false;
        loop {
            // Before the look at the queue: after the stop nothing more is offered.
            let stopping = self.handoff.is_stopping();
            if let Some(batch) = self.handoff.take() {
                is_sealed &= batch.facts().is_none();
                self.commit(batch);
                idle_since = Instant::now();
                continue;
            }
            if stopping {
                let Self { journal, records_dropped, .. } = self;
                return JournalEnd { journal, records_dropped };
            }
            let rest = SEAL_AFTER.saturating_sub(idle_since.elapsed());
            if !is_sealed && rest.is_zero() {
                self.seal();
                is_sealed = true;
                continue;
            }
            let has_work = || !self.handoff.is_empty() || self.handoff.is_stopping();
            self.handoff.bell.sleep((!is_sealed).then_some(rest), has_work);
        }
    }

    /// Makes one batch durable and lets its replies go. Nothing of it leaves before.
    fn commit(&mut self, mut batch: Box<Batch>) {
        let started = Instant::now();
        let record_bytes = batch.records.payload_bytes();
        if let Some(facts) = batch.facts() {
            let Some(appended) = self.append(&mut batch, facts) else {
                self.records_dropped += u64::from(facts.record_count);
                return self.release.drop_unanswered(batch);
            };
            self.count(facts, appended, record_bytes);
        } else if self.records_dropped > 0 {
            // It may tell of what was dropped before it.
            return self.release.drop_unanswered(batch);
        }
        // With another batch waiting the next sync must not wait for sockets.
        let inline = self.handoff.is_empty();
        self.release.put(batch, inline);
        if record_bytes >= BATCH_LARGE_BYTES {
            // The engine goes on filling the next batch meanwhile: fewer and larger syncs leave
            // the cores to the engine and the sockets.
            thread::sleep(self.commit_floor.saturating_sub(started.elapsed()));
        }
    }

    /// `None` if there is no segment for the frame, nor for any after it.
    fn append(&mut self, batch: &mut Batch, facts: FrameFacts) -> Option<Appended> {
        let facts = FrameFacts { previous_sync_us: self.sync_us, ..facts };
        while self.records_dropped == 0 {
            let started = Instant::now();
            match self.journal.append(&mut batch.records, facts) {
                Ok(appended) => {
                    let sync_us = started.elapsed().as_micros();
                    self.sync_us = u32::try_from(sync_us).unwrap_or(u32::MAX);
                    return Some(appended);
                }
                Err(JournalError::NoSegmentReady) if self.handoff.is_abandoned() => break,
                Err(JournalError::NoSegmentReady) => {
                    // Nothing was changed. The preparer logs why it is behind.
                    add(&self.counters.journal_waits_for_segment, 1);
                    self.preparer.ring();
                    thread::sleep(SEGMENT_WAIT);
                }
                // What the disk holds is unknown now, and a second sync would lie.
                Err(error) => abort_with("journal", &error.to_string()),
            }
        }
        None
    }

    fn count(&mut self, facts: FrameFacts, appended: Appended, record_bytes: usize) {
        // Release: whoever reads the sequence may read the frame.
        self.counters.durable_sequence.store(appended.durable_sequence, Ordering::Release);
        add(&self.counters.journal_frames, 1);
        add(&self.counters.journal_records, u64::from(facts.record_count));
        add(&self.counters.journal_bytes, record_bytes as u64);
        let stats = self.journal.stats();
        self.figures.journal_bytes.store(stats.frame_bytes, Ordering::Relaxed);
        self.figures.syncs.store(stats.syncs, Ordering::Relaxed);
        self.unprepared_bytes += appended.bytes;
        if stats.segments_spare == 0 {
            self.preparer.settle_space(0, &self.figures);
        }
        if self.unprepared_bytes >= PREPARE_EVERY_BYTES {
            self.unprepared_bytes = 0;
            self.preparer.ring();
        }
    }

    fn seal(&mut self) {
        match self.journal.seal() {
            Ok(true) => add(&self.counters.journal_seals, 1),
            Ok(false) => {}
            Err(error) => abort_with("journal", &error.to_string()),
        }
    }
}
