//! Steps by which the engine looks at all SKUs for which lines wait.

use std::collections::BTreeSet;

use gantry_model::{
    Actor, Command, MatchEnd, Movement, MovementKind, Record, SKUS_DUE_PER_SWEEP_MAX,
    SKUS_SWEPT_PER_RECORD_MAX, Sequence, Sku, Sweep, Warehouse,
};

use super::{Audit, Fault, rule};

const NS_PER_DAY: u64 = 86_400_000_000_000;

/// How far a sweep has come, and whether another is due.
#[derive(Default)]
pub(super) struct Swept {
    is_asked: bool,
    begun_ns: u64,
    next: Option<Sku>,
    /// When warehouses are barred for orders no longer.
    bar_ends: BTreeSet<(u64, Sequence, Warehouse)>,
}

impl Swept {
    /// A warehouse is barred for an order until a later time than before.
    pub(super) fn bar(&mut self, placed: Sequence, warehouse: Warehouse, times: (u64, u64)) {
        self.bar_ends.remove(&(times.0, placed, warehouse));
        self.bar_ends.insert((times.1, placed, warehouse));
    }
}

impl Audit {
    /// A setting by which lines are sourced has changed: all that wait are to be looked at.
    pub(super) fn ask_for_sweep(&mut self, command: &Command<'_>) {
        let by_it = matches!(
            command,
            Command::UpsertWarehouse(_)
                | Command::UpsertSku(_)
                | Command::SetCosts(_)
                | Command::SetPolicy(_)
                | Command::AssignPolicy(_)
                | Command::SetCapacity(_)
                | Command::SetBundle(_)
        );
        self.swept.is_asked |= by_it && !self.matching.is_nothing_waiting();
    }

    /// SKUs are looked at, and those are due for which lines wait and something is there.
    pub(super) fn sweep(&mut self, record: &Record<'_>, sweep: &Sweep) -> Result<(), Fault> {
        rule(record.actor == Actor::ENGINE, "the engine alone sweeps its books")?;
        rule(self.matching.is_nothing_due(), "a sweep waits until no SKU is due")?;
        rule(!self.matching.is_nothing_waiting(), "a sweep is for lines that wait")?;
        let looked = sweep.last.get().checked_sub(sweep.from.get()).map(|more| more + 1);
        let looked = looked.ok_or(Fault::Rule("a step of a sweep looks at SKUs"))?;
        rule(looked <= SKUS_SWEPT_PER_RECORD_MAX, "a step of a sweep looks at 4,096 SKUs at most")?;
        self.begin(record, sweep)?;
        let is_over = sweep.last.index() + 1 == self.catalogue.skus();
        self.catalogue.sku(sweep.last)?;
        rule(is_over == (sweep.end == MatchEnd::Over), "a sweep is over with the last SKU")?;
        let found = self.check_due(record, sweep)?;
        let is_whole =
            is_over || looked == SKUS_SWEPT_PER_RECORD_MAX || found >= SKUS_DUE_PER_SWEEP_MAX;
        rule(is_whole, "a step of a sweep goes as far as it may")?;
        self.swept.next = (!is_over).then(|| Sku::new(sweep.last.get() + 1));
        Ok(())
    }

    /// A step goes on where the one before ended, or begins at the first SKU with a cause.
    fn begin(&mut self, record: &Record<'_>, sweep: &Sweep) -> Result<(), Fault> {
        if let Some(next) = self.swept.next {
            return rule(sweep.from == next, "a sweep goes on where it ended");
        }
        rule(sweep.from == Sku::new(0), "a sweep begins with the first SKU")?;
        let (begun_ns, now_ns) = (self.swept.begun_ns, record.time.get());
        let is_new_day = now_ns / NS_PER_DAY > begun_ns / NS_PER_DAY;
        let has_cause = self.swept.is_asked
            || is_new_day && self.rules.has_capacities()
            || self.has_bar_ended(now_ns)?;
        rule(has_cause, "a sweep begins when something has changed")?;
        self.swept.begun_ns = now_ns;
        self.swept.is_asked = false;
        Ok(())
    }

    /// Whether a bar of an open order has ended since the last sweep began.
    fn has_bar_ended(&mut self, now_ns: u64) -> Result<bool, Fault> {
        // Those before were looked at.
        let first = (self.swept.begun_ns + 1, Sequence::NONE, Warehouse::new(0));
        self.swept.bar_ends = self.swept.bar_ends.split_off(&first);
        let ended = self.swept.bar_ends.iter().take_while(|(until_ns, ..)| *until_ns <= now_ns);
        for (_, placed, _) in ended {
            if self.orders.is_open(self.orders.find_placed(*placed)?) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// How many SKUs became due: each that had to, or none where a look stopped by a bug.
    fn check_due(&mut self, record: &Record<'_>, sweep: &Sweep) -> Result<usize, Fault> {
        let is_due = |it: &Movement| it.kind() == MovementKind::Due;
        rule(record.movements.iter().all(is_due), "a sweep moves no units")?;
        let wanted: Vec<Sku> = self
            .matching
            .waited_for(sweep.from, sweep.last)
            .filter(|sku| self.is_something_there(*sku))
            .collect();
        let due: Vec<Sku> = record.movements.iter().map(Movement::sku).collect();
        let is_it = due == wanted || due.is_empty();
        rule(is_it, "a sweep makes due what lines wait for and is there")?;
        rule(due.len() <= SKUS_DUE_PER_SWEEP_MAX, "a sweep makes 64 SKUs due at most")?;
        for sku in &due {
            self.matching.make_due(*sku, record.sequence);
        }
        let ends_with_it = due.len() < SKUS_DUE_PER_SWEEP_MAX || due.last() == Some(&sweep.last);
        rule(ends_with_it, "a step of a sweep ends with the 64th SKU that is due")?;
        Ok(wanted.len())
    }

    fn is_something_there(&self, sku: Sku) -> bool {
        let is_there = |warehouse: Warehouse| {
            self.for_sale(sku, warehouse).max(0) + self.stock.set_aside_at(sku, warehouse) > 0
        };
        self.catalogue.sku(sku) == Ok(false) || self.all().any(is_there)
    }
}
