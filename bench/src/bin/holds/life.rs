//! A long random life of holds on a real journal, each answer held against the model.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use gantry_bench::{Random, scratch_folder};
use gantry_engine::{LocalInstance, ReplayCheck, Start, replay_directory};
use gantry_journal::{FileStorage, JournalOptions, Storage};
use gantry_model::{
    Actor, Command, CommandId, EngineTime, ExtendHold, HoldId, Item, OrderLine, RejectReason,
    ReleaseHold, Reply, ReplyStatus, Sequence, Sku,
};
use tempfile::TempDir;

use crate::commands::{FIRST_ID, available, hold, order, set_up};
use crate::model::{Held, Model};

const SKUS: u32 = 20_000;
/// Few enough that what many want runs out, enough that a million holds find some.
const UNITS_EACH: u32 = 400;
const SECOND: u64 = 1_000_000_000;
/// Holds placed between two crashes, about.
const HOLDS_PER_CRASH: u64 = 50_000;
/// Holds that were let go and are tried again.
const ENDED_MAX: usize = 4_096;

/// What happened, by name.
pub(crate) type Counts = BTreeMap<&'static str, u64>;

struct Life {
    folder: TempDir,
    instance: Option<LocalInstance>,
    model: Model,
    random: Random,
    now: u64,
    last_id: u128,
    /// Ids of holds, some of which are over.
    ids: Vec<u128>,
    ended: VecDeque<u128>,
    counts: Counts,
}

/// Places so many holds. Panics where the engine and the model disagree.
pub(crate) fn run(holds: u64, seed: u64) -> Counts {
    let mut life = Life::new(seed);
    let mut crash_at = HOLDS_PER_CRASH.min(holds / 4);
    while life.count("hold") < holds {
        life.step();
        if life.count("hold") >= crash_at {
            crash_at += HOLDS_PER_CRASH.min(holds / 4);
            life.restart();
        }
    }
    life.end();
    life.counts
}

impl Life {
    fn new(seed: u64) -> Self {
        let folder = scratch_folder().expect("invariant: the build folder can be written");
        let mut life = Self {
            instance: Some(open(folder.path())),
            folder,
            model: Model::new(SKUS as usize, UNITS_EACH),
            random: Random::new(seed),
            now: SECOND,
            last_id: FIRST_ID,
            ids: Vec::new(),
            ended: VecDeque::new(),
            counts: Counts::new(),
        };
        set_up(SKUS, UNITS_EACH, &mut |command| {
            let instance = life.instance.as_mut().expect("invariant: open between restarts");
            let now = EngineTime::new(life.now);
            let reply = instance.execute(command, Actor::CLIENT_MIN, now);
            let reply = reply.expect("the folder failed");
            assert_eq!(status(&reply), Ok(()), "{command:?}");
        });
        life
    }

    fn count(&self, what: &str) -> u64 {
        self.counts.get(what).copied().unwrap_or(0)
    }

    fn note(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    fn instance(&mut self) -> &mut LocalInstance {
        self.instance.as_mut().expect("invariant: open between restarts")
    }

    fn step(&mut self) {
        self.pass_time();
        self.expire();
        match self.random.below(100) {
            0..60 => self.place(),
            60..72 => self.extend(),
            72..78 => self.release(),
            78..92 => self.order(),
            _ => self.use_what_is_over(),
        }
    }

    /// Some, or to the end of the first hold, or to just before it.
    fn pass_time(&mut self) {
        let passed = self.now + u64::from(self.random.below(2_000_000));
        let first = self.model.first_end().unwrap_or(u64::MAX);
        self.now = match self.random.below(8) {
            0 if first < passed + SECOND / 20 => first - u64::from(self.random.below(2)),
            _ => passed,
        };
    }

    /// What must end does, in as few records as hold it, and its units can be had at once.
    fn expire(&mut self) {
        let over = self.model.expire(self.now);
        let now = EngineTime::new(self.now);
        let before = self.instance().engine().last_sequence().get();
        self.instance().expire_holds(now).expect("the folder failed");
        let engine = self.instance.as_ref().expect("invariant: open between restarts").engine();
        let records = engine.last_sequence().get() - before;
        assert_eq!(records, over.len().div_ceil(64) as u64, "records of ends at {now}");
        let state = engine.state();
        assert_eq!(state.holds.len(), self.model.holds.len(), "holds at {now}");
        assert_eq!(state.holds.first_end().map(EngineTime::get), self.model.first_end());
        for (sku, _) in over.iter().flat_map(|hold| &hold.lines) {
            assert_eq!(available(state, *sku), self.model.available(*sku), "freed in the record");
        }
        *self.counts.entry("ended at its time").or_default() += over.len() as u64;
    }

    /// The id of a hold that can be used.
    fn pick(&mut self) -> Option<u128> {
        while !self.ids.is_empty() {
            let count = u32::try_from(self.ids.len()).expect("invariant: below 2^32 holds");
            let at = self.random.below(count) as usize;
            if self.model.is_active(self.ids[at], self.now) {
                return Some(self.ids[at]);
            }
            let id = self.ids.swap_remove(at);
            self.ended.push_back(id);
            if self.ended.len() > ENDED_MAX {
                self.ended.pop_front();
            }
        }
        None
    }

    /// SKUs, no two the same, and units of each.
    fn lines(&mut self) -> Vec<(u32, u32)> {
        let mut lines: BTreeMap<u32, u32> = BTreeMap::new();
        for _ in 0..=self.random.below(3) {
            // Some are wanted by many.
            let skus = if self.random.below(3) == 0 { SKUS / 100 } else { SKUS };
            lines.insert(self.random.below(skus), 1 + self.random.below(4));
        }
        lines.into_iter().collect()
    }

    fn next_id(&mut self) -> u128 {
        self.last_id += 1;
        self.last_id
    }

    /// Sends a command, and compares the answer and what everybody can have of some SKUs.
    fn send(&mut self, command: &Command<'_>, expected: Result<(), RejectReason>) {
        let now = EngineTime::new(self.now);
        let reply = self.instance().execute(command, Actor::CLIENT_MIN, now);
        let found = status(&reply.expect("the folder failed"));
        assert_eq!(found, expected, "{command:?} at {now}");
        if found.is_err() {
            self.note("refused");
        }
    }

    fn compare(&mut self, lines: &[(u32, u32)]) {
        let instance = self.instance.as_ref().expect("invariant: open between restarts");
        for (sku, _) in lines {
            assert_eq!(available(instance.engine().state(), *sku), self.model.available(*sku));
        }
    }

    fn place(&mut self) {
        let lines = self.lines();
        let replaced = if self.random.below(8) == 0 { self.pick() } else { None };
        let new_owner = 1 + u128::from(self.count("hold")) / 4;
        let owner = replaced.map_or(new_owner, |id| self.model.holds[&id].owner);
        let can_hold = self.model.can_hold(&lines, replaced);
        let ttl_seconds = match self.random.below(20) {
            0 => 1 + self.random.below(604_800),
            1..5 => 1 + self.random.below(3_600),
            _ => 1 + self.random.below(120),
        };
        let id = self.next_id();
        let wanted = order_lines(&lines);
        let command = hold(id, (owner, replaced.unwrap_or(0)), ttl_seconds, &wanted);
        self.send(&command, if can_hold { Ok(()) } else { Err(RejectReason::OutOfStock) });
        if can_hold {
            replaced.map(|id| self.model.remove(id));
            let placed = self.instance().engine().last_sequence().get();
            let expires = self.now + u64::from(ttl_seconds) * SECOND;
            self.model.add(id, Held { owner, placed, expires, lines: lines.clone() });
            self.ids.push(id);
            self.note("hold");
            replaced.into_iter().for_each(|_| self.note("replaced"));
        }
        self.compare(&lines);
    }

    fn extend(&mut self) {
        let Some(target) = self.pick() else { return };
        let (id, ttl_seconds) = (self.next_id(), 1 + self.random.below(240));
        let (id, hold) = (CommandId::new(id), HoldId::new(target));
        self.send(&Command::ExtendHold(ExtendHold { id, hold, ttl_seconds }), Ok(()));
        self.model.extend(target, self.now + u64::from(ttl_seconds) * SECOND);
        self.note("extended");
    }

    fn release(&mut self) {
        let Some(target) = self.pick() else { return };
        let (id, hold) = (CommandId::new(self.next_id()), HoldId::new(target));
        self.send(&Command::ReleaseHold(ReleaseHold { id, hold }), Ok(()));
        let released = self.model.remove(target);
        self.compare(&released.lines);
        self.note("released");
    }

    fn order(&mut self) {
        let taken = if self.random.below(4) > 0 { self.pick() } else { None };
        let mut lines: BTreeMap<u32, u32> = self.lines().into_iter().collect();
        if let Some(hold) = taken {
            // What is held, or less, or more; sometimes something else besides.
            let is_more = self.random.below(4) == 0;
            lines.retain(|_, _| is_more);
            for (sku, units) in self.model.holds[&hold].lines.clone() {
                lines.insert(sku, units + self.random.below(3));
            }
        }
        let lines: Vec<(u32, u32)> = lines.into_iter().collect();
        if lines.is_empty() {
            return; // Another order took all that the hold held.
        }
        let expected = self.model.order(taken, &lines, self.now);
        let (id, wanted) = (self.next_id(), order_lines(&lines));
        self.send(&order(id, taken.unwrap_or(0), &wanted), expected);
        self.compare(&lines);
        self.note(if taken.is_some() { "order of a hold" } else { "order" });
    }

    /// Nothing can be done with a hold that is over.
    fn use_what_is_over(&mut self) {
        let count = u32::try_from(self.ended.len()).expect("invariant: bounded");
        if count == 0 {
            return;
        }
        let over = self.ended[self.random.below(count) as usize];
        let (id, lines) = (self.next_id(), order_lines(&self.lines()));
        let (own_id, hold_id) = (CommandId::new(id), HoldId::new(over));
        let command = match self.random.below(4) {
            0 => order(id, over, &lines),
            1 => hold(id, (7, over), 60, &lines),
            2 => Command::ReleaseHold(ReleaseHold { id: own_id, hold: hold_id }),
            _ => Command::ExtendHold(ExtendHold { id: own_id, hold: hold_id, ttl_seconds: 60 }),
        };
        self.send(&command, Err(RejectReason::HoldEnded));
        self.note("tried after its end");
    }

    /// A crash, or a stop in order, and a start from the journal alone.
    fn restart(&mut self) {
        let mut instance = self.instance.take().expect("invariant: open between restarts");
        let hash = instance.engine().state_hash();
        if self.random.below(2) == 0 {
            instance.commit().expect("the folder failed");
            drop(instance);
            self.note("crash");
        } else {
            instance.close().expect("the folder failed");
            self.note("stop");
        }
        let instance = open(self.folder.path());
        assert_eq!(instance.engine().state_hash(), hash, "the journal makes the same state");
        let state = instance.engine().state();
        state.audit();
        assert_eq!(state.recompute_hash(), hash);
        for sku in 0..SKUS {
            assert_eq!(available(state, sku), self.model.available(sku));
        }
        for (id, known) in &self.model.holds {
            let found = state.holds.find(HoldId::new(*id)).expect("a hold is gone");
            let rows = state.holds.rows(found).iter().map(|row| (row.sku.get(), row.units));
            let keys = (found.owner, found.placed.get(), found.expires.get());
            assert_eq!(keys, (known.owner, known.placed, known.expires));
            assert!(rows.eq(known.lines.iter().copied()), "the units of a hold");
        }
        self.instance = Some(instance);
    }

    /// Lets all holds end; then a replay decides every record again.
    fn end(&mut self) {
        while let Some(end) = self.model.first_end() {
            self.now = self.now.max(end);
            self.expire();
        }
        self.restart();
        let instance = self.instance.take().expect("invariant: open between restarts");
        let (hash, last) = (instance.engine().state_hash(), instance.engine().last_sequence());
        assert_eq!(instance.engine().state().totals.held, 0, "nothing is held for nobody");
        instance.close().expect("the folder failed");
        let storage: Arc<dyn Storage> = Arc::new(FileStorage::new());
        let started = Instant::now();
        let (start, check) = (Start::without_snapshot(5), ReplayCheck::Decide);
        let path = self.folder.path();
        let replayed = replay_directory(start, &storage, path, check, Sequence::MAX, &mut |_| ());
        let replayed = replayed.expect("the journal is not what was decided");
        assert_eq!((replayed.engine.state_hash(), replayed.engine.last_sequence()), (hash, last));
        println!(
            "{} records decided again in {:?}, with the same hash {hash:032x}",
            replayed.records,
            started.elapsed()
        );
    }
}

fn open(folder: &Path) -> LocalInstance {
    // Each start begins a segment.
    let segment_bytes = 16 << 20;
    let options = JournalOptions { new_instance_id: 1, segment_bytes, ..JournalOptions::default() };
    let storage = Box::new(FileStorage::new());
    LocalInstance::open(folder, options, storage, 3).expect("the folder cannot be opened")
}

fn order_lines(lines: &[(u32, u32)]) -> Vec<OrderLine> {
    lines.iter().map(|(sku, units)| OrderLine::new(Sku::new(*sku), *units)).collect()
}

/// Whether a reply says yes, or why not.
fn status(reply: &[u8]) -> Result<(), RejectReason> {
    let (item, _) = Item::split(reply, reply.len()).expect("invariant: a whole reply");
    let reply = Reply::parse(&item).expect("invariant: the engine's replies have their form");
    match reply.status {
        ReplyStatus::Accepted => Ok(()),
        status => Err(reply.reject_reason().unwrap_or_else(|| panic!("{status:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engine_and_the_model_agree() {
        let counts = run(4_000, 9);
        for name in ["replaced", "extended", "released", "order of a hold", "tried after its end"] {
            assert!(counts.get(name).is_some_and(|count| *count > 50), "{name}: {counts:?}");
        }
        assert!(counts["ended at its time"] > 1_000, "{counts:?}");
    }
}
