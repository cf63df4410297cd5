//! The journal loop: makes batches durable, one after the other.
//!
//! Its thread is the only one that waits for the disk. What it passes on to the release is durable,
//! with everything before it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use gantry_engine::{Batch, ProcessFigures};
use gantry_journal::sabotage::{Sabotage, asked};
use gantry_journal::{Appended, FrameFacts, Journal, JournalError, mark};

use crate::guard::abort_with;
use crate::handoff::Handoff;
use crate::host::Host;
use crate::preparer_loop::PreparerBell;
use crate::release::Release;
use crate::stats::{Counters, add};
use crate::turn::Rest;

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
    pub(crate) host: Arc<dyn Host>,
    pub(crate) commit_floor: Duration,
    pub(crate) unprepared_bytes: u64,
    /// How long the last frame took to become durable; the next one carries it.
    pub(crate) sync_us: u32,
    /// Records that found no segment before the stop ran out of time; never acknowledged.
    pub(crate) records_dropped: u64,
    /// The batch for which there is no segment yet.
    pub(crate) waiting: Option<Box<Batch>>,
    /// Since when there is nothing to do.
    pub(crate) idle_since: Duration,
    /// Nothing came since the last seal.
    pub(crate) is_sealed: bool,
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
        loop {
            match self.turn() {
                Ok(Rest::Again) => {}
                Ok(Rest::Pause(pause)) => thread::sleep(pause),
                Ok(Rest::Bell(longest)) => {
                    let has_work = || !self.handoff.is_empty() || self.handoff.is_stopping();
                    self.handoff.bell.sleep(longest, has_work);
                }
                Ok(Rest::Over) => return self.end(),
                // What the disk holds is unknown now, and a second sync would lie.
                Err(error) => abort_with("journal", &error.to_string()),
            }
        }
    }

    /// The journal, when the loop is over.
    pub(crate) fn end(self) -> JournalEnd {
        let Self { journal, records_dropped, .. } = self;
        JournalEnd { journal, records_dropped }
    }

    /// Makes the next batch durable, or seals the journal when it has been idle for a while.
    ///
    /// # Errors
    /// The loop must not be used any more, and nothing that it holds may be answered.
    pub(crate) fn turn(&mut self) -> Result<Rest, JournalError> {
        // Before the look at the queue: after the stop nothing more is offered.
        let stopping = self.handoff.is_stopping();
        if asked(Sabotage::ReplyBeforeDurable)
            && self.waiting.is_none()
            && let Some(batch) = self.handoff.take()
        {
            self.release.answer_early(&batch);
            self.waiting = Some(batch);
            return Ok(Rest::Pause(SEGMENT_WAIT));
        }
        if let Some(batch) = self.waiting.take().or_else(|| self.handoff.take()) {
            self.is_sealed &= batch.facts().is_none();
            let rest = self.commit(batch)?;
            self.idle_since = self.host.monotonic();
            return Ok(rest);
        }
        if stopping {
            return Ok(Rest::Over);
        }
        if self.is_sealed {
            return Ok(Rest::Bell(None));
        }
        let idle = self.host.monotonic().saturating_sub(self.idle_since);
        if idle < SEAL_AFTER {
            return Ok(Rest::Bell(Some(SEAL_AFTER - idle)));
        }
        if self.journal.seal()? {
            add(&self.counters.journal_seals, 1);
        }
        self.is_sealed = true;
        Ok(Rest::Again)
    }

    /// Makes one batch durable and lets its replies go. Nothing of it leaves before.
    fn commit(&mut self, mut batch: Box<Batch>) -> Result<Rest, JournalError> {
        let started = self.host.monotonic();
        let record_bytes = batch.records.payload_bytes();
        if let Some(facts) = batch.facts() {
            match self.append(&mut batch, facts)? {
                Some(appended) => self.count(facts, appended, record_bytes),
                None if !self.handoff.is_abandoned() => {
                    self.waiting = Some(batch);
                    return Ok(Rest::Pause(SEGMENT_WAIT));
                }
                None => {
                    self.records_dropped += u64::from(facts.record_count);
                    self.release.drop_unanswered(batch);
                    return Ok(Rest::Again);
                }
            }
        } else if self.records_dropped > 0 {
            // It may tell of what was dropped before it.
            self.release.drop_unanswered(batch);
            return Ok(Rest::Again);
        }
        // With another batch waiting the next sync must not wait for sockets.
        let inline = self.handoff.is_empty();
        self.release.put(batch, inline);
        if record_bytes < BATCH_LARGE_BYTES {
            return Ok(Rest::Again);
        }
        // The engine goes on filling the next batch meanwhile: fewer and larger syncs leave the
        // cores to the engine and the sockets.
        let passed = self.host.monotonic().saturating_sub(started);
        Ok(Rest::Pause(self.commit_floor.saturating_sub(passed)))
    }

    /// `None` if there is no segment for the frame. Once one was dropped there is none for any after
    /// it.
    fn append(
        &mut self,
        batch: &mut Batch,
        facts: FrameFacts,
    ) -> Result<Option<Appended>, JournalError> {
        if self.records_dropped > 0 {
            return Ok(None);
        }
        let facts = FrameFacts { previous_sync_us: self.sync_us, ..facts };
        let started = self.host.monotonic();
        match self.journal.append(&mut batch.records, facts) {
            Ok(appended) => {
                let sync_us = self.host.monotonic().saturating_sub(started).as_micros();
                self.sync_us = u32::try_from(sync_us).unwrap_or(u32::MAX);
                Ok(Some(appended))
            }
            Err(JournalError::NoSegmentReady) => {
                // Nothing was changed. The preparer logs why it is behind.
                mark!("journal waits for a segment");
                add(&self.counters.journal_waits_for_segment, 1);
                self.preparer.ring();
                Ok(None)
            }
            Err(error) => Err(error),
        }
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
}
