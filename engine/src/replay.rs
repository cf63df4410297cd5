//! Replay: a state from nothing but records. Nothing is decided again, unless one asks for it.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use gantry_journal::sabotage::{Sabotage, asked};
use gantry_journal::{JournalError, Storage, TailReport, VisitError};
use gantry_model::{
    Command, CommandId, EngineTime, Movement, OrderLine, Record, RecordError, Records, Sequence,
    Sku,
};

use crate::decide::{
    Decision, decide, decide_expiry, decide_give_up, decide_match, decide_review, decide_sweep,
};
use crate::state::{STATE_HASH_VERSION, State};
use crate::{Engine, Start};

/// Records whose cache lines are read ahead at once.
const WARM_RECORDS: usize = 32;

/// Why a journal whose hashes hold cannot be replayed: a bug, or a newer version wrote it.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// Bytes that are no record of a known form.
    #[error("{0}")]
    Record(#[from] RecordError),
    /// A record is missing or comes twice.
    #[error("expected record {expected}, found {found}")]
    Gap {
        /// The record that should come.
        expected: Sequence,
        /// The record that came.
        found: Sequence,
    },
    /// The state is not what it was when the mark was written.
    #[error("state hash before record {sequence} is {actual:032x}; its mark says {marked:032x}")]
    StateHash {
        /// The mark.
        sequence: Sequence,
        /// The hash in the mark.
        marked: u128,
        /// The hash of the replayed state.
        actual: u128,
    },
    /// This program decides otherwise than the one that wrote the record.
    #[error("record {sequence} ({command}) is decided otherwise by this version")]
    DecidedOtherwise {
        /// The record.
        sequence: Sequence,
        /// The command's kind.
        command: &'static str,
    },
}

impl Engine {
    /// Applies every record of one frame's payload; returns how many.
    pub fn replay(&mut self, payload: &[u8]) -> Result<u64, ReplayError> {
        self.replay_until(payload, Sequence::MAX, ReplayCheck::Apply)
    }

    /// As [`Engine::replay`], and decides each command again to compare.
    pub fn replay_verified(&mut self, payload: &[u8]) -> Result<u64, ReplayError> {
        self.replay_until(payload, Sequence::MAX, ReplayCheck::Decide)
    }

    /// As [`Engine::replay`], up to the record `until`, checked as asked.
    fn replay_until(
        &mut self,
        payload: &[u8],
        until: Sequence,
        check: ReplayCheck,
    ) -> Result<u64, ReplayError> {
        match check {
            ReplayCheck::Apply => self.replay_each(payload, until, |_, _| Ok(())),
            ReplayCheck::Decide => {
                let mut decision = Decision::new();
                self.replay_each(payload, until, |engine, record| {
                    engine.verify(record, &mut decision)
                })
            }
        }
    }

    fn replay_each(
        &mut self,
        payload: &[u8],
        until: Sequence,
        mut check: impl FnMut(&Self, &Record<'_>) -> Result<(), ReplayError>,
    ) -> Result<u64, ReplayError> {
        let mut count = 0;
        let mut records = Records::new(payload);
        let mut warm = Warm::default();
        let mut group = Vec::with_capacity(WARM_RECORDS);
        loop {
            group.clear();
            let read = records.by_ref().take(WARM_RECORDS).try_for_each(|record| {
                group.push(record?);
                Ok::<(), ReplayError>(())
            });
            warm.touch(&self.state, &group);
            for record in &group {
                if record.sequence > until {
                    return Ok(count);
                }
                self.check_next(record)?;
                check(self, record)?;
                self.apply_replayed(record);
                count += 1;
            }
            read?;
            if group.len() < WARM_RECORDS {
                return Ok(count);
            }
        }
    }

    /// Applies the next record.
    pub fn replay_record(&mut self, record: &Record<'_>) -> Result<(), ReplayError> {
        self.check_next(record)?;
        self.apply_replayed(record);
        Ok(())
    }

    fn apply_replayed(&mut self, record: &Record<'_>) {
        if asked(Sabotage::ClockInReplay) {
            let time = EngineTime::new(record.time.get() + 1);
            return self.state.apply(&Record { time, ..*record });
        }
        self.state.apply(record);
    }

    fn check_next(&mut self, record: &Record<'_>) -> Result<(), ReplayError> {
        let expected = self.last_sequence().next();
        if record.sequence != expected {
            return Err(ReplayError::Gap { expected, found: record.sequence });
        }
        self.check_mark(record)
    }

    fn check_mark(&mut self, record: &Record<'_>) -> Result<(), ReplayError> {
        let Command::Mark { state_hash, hash_version } = record.command else { return Ok(()) };
        self.last_mark = record.sequence;
        let actual = self.state_hash();
        if hash_version == STATE_HASH_VERSION && state_hash != actual {
            let sequence = record.sequence;
            return Err(ReplayError::StateHash { sequence, marked: state_hash, actual });
        }
        Ok(())
    }

    fn verify(&self, record: &Record<'_>, decision: &mut Decision) -> Result<(), ReplayError> {
        let is_its = match &record.command {
            Command::Match(looked) => {
                let decided = decide_match(&self.state, record.sequence, record.time, decision);
                decided.as_ref() == Some(looked)
            }
            Command::ExpireHolds(expired) => {
                let decided = decide_expiry(&self.state, record.sequence, record.time, decision);
                decided.as_ref() == Some(expired)
            }
            Command::GiveUp(given_up) => {
                let decided = decide_give_up(&self.state, record.sequence, record.time, decision);
                decided.as_ref() == Some(given_up)
            }
            Command::Promise(looked) => {
                let decided = decide_review(&self.state, record.sequence, record.time, decision);
                decided.as_ref() == Some(looked)
            }
            Command::Sweep(step) => {
                let decided = decide_sweep(&self.state, record.sequence, record.time, decision);
                decided.as_ref() == Some(step)
            }
            Command::Mark { .. } | Command::Retire(_) => return Ok(()), // Not decided.
            command => {
                decide(&self.state, command, record.sequence, record.time, decision);
                true
            }
        };
        let is_same = is_its
            && decision.head == *record.outcome.head
            && decision.shorts == record.outcome.shorts
            && decision.movements == record.movements;
        if is_same {
            return Ok(());
        }
        let (sequence, command) = (record.sequence, record.command.kind().name());
        Err(ReplayError::DecidedOtherwise { sequence, command })
    }
}

/// Reads ahead the cache lines that the next records need. One after the other they are what a
/// record costs most; read together, their misses overlap.
#[derive(Default)]
struct Warm {
    ids: Vec<CommandId>,
    skus: Vec<Sku>,
}

impl Warm {
    fn touch(&mut self, state: &State, records: &[Record<'_>]) {
        self.ids.clear();
        self.skus.clear();
        for record in records {
            self.ids.extend(record.command.id());
            match &record.command {
                Command::PlaceOrder(order) => {
                    self.skus.extend(order.lines.iter().map(OrderLine::sku));
                }
                _ => self.skus.extend(record.movements.iter().map(Movement::sku)),
            }
        }
        black_box(state.touch(&self.ids, &self.skus));
    }
}

/// Whether a replay only applies records or also decides them again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplayCheck {
    /// Apply what was recorded.
    Apply,
    /// Decide every command again and compare.
    Decide,
}

/// What a replay of a folder gives.
#[derive(Debug)]
pub struct Replayed {
    /// The engine as it was after the last record.
    pub engine: Engine,
    /// Records applied.
    pub records: u64,
    /// How the journal ends.
    pub tail: TailReport,
}

/// Replays a folder without changing it, also beside a running server: then up to the last record
/// that is known to be durable; in both cases not beyond the record `until`. Begins where `start`
/// does. `on_frame` is told how many records were applied so far.
///
/// # Errors
/// [`JournalError::Trimmed`] if `until` lies before the start.
pub fn replay_directory(
    start: Start,
    storage: &Arc<dyn Storage>,
    directory: &Path,
    check: ReplayCheck,
    until: Sequence,
    on_frame: &mut dyn FnMut(u64),
) -> Result<Replayed, JournalError> {
    let mut reader = start.reader(storage, directory)?;
    let mut engine = start.engine;
    if until < engine.last_sequence() {
        let first_sequence = engine.last_sequence().next().get();
        return Err(JournalError::Trimmed { first_sequence });
    }
    let mut records = 0;
    while engine.last_sequence() < until {
        let Some(frame) = reader.next_frame()? else { break };
        let replayed = engine.replay_until(frame.payload, until, check);
        records += replayed.map_err(|error| JournalError::Visit {
            frame_number: frame.number,
            source: VisitError::from(error),
        })?;
        on_frame(records);
    }
    Ok(Replayed { engine, records, tail: reader.tail() })
}
