//! How far a sweep has come: a look, in steps, at every SKU for which lines wait, because something
//! changed by which they are sourced.
//!
//! What comes in says which lines it may be for. A policy, a cost, a warehouse, the end of a bar or a
//! new day does not, so the books are looked at from the first SKU to the last.

use gantry_model::{Command, EngineTime, Handle, MatchEnd, Record, Sku, Sweep};

use super::capacity::{begin_of_day, day_of};
use super::{State, rows};

/// See the module. The default is that of an instance which never had anything to sweep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sweeping {
    /// A command changed something while lines waited, and no sweep has begun since.
    pub is_asked: bool,
    /// When the last sweep began.
    pub begun: EngineTime,
    /// The SKU that the next step looks at first, while a sweep is under way.
    pub next: Option<Sku>,
}

/// Why a sweep begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SweepCause {
    /// A command changed something.
    Asked,
    /// A warehouse may be asked for an order's units again.
    BarEnded,
    /// Warehouses have a new day's capacity.
    DayBegan,
}

impl State {
    /// When the engine sweeps next, if nothing changes until then; a time that is over: now. What is
    /// due is matched before.
    #[must_use]
    pub fn next_sweep(&self) -> Option<EngineTime> {
        if self.books.is_empty() {
            return None;
        }
        let Sweeping { is_asked, begun, next } = self.sweeping;
        if is_asked || next.is_some() {
            return Some(begun);
        }
        self.first_cause().map(|(at, _)| at)
    }

    /// Whether the engine sweeps at time `now`, once no SKU is due.
    #[must_use]
    pub fn may_sweep(&self, now: EngineTime) -> bool {
        self.next_sweep().is_some_and(|at| at <= now)
    }

    /// Why a sweep begins at time `now`, if one may.
    pub(crate) fn sweep_cause(&self, now: EngineTime) -> Option<SweepCause> {
        if self.sweeping.is_asked {
            return Some(SweepCause::Asked);
        }
        self.first_cause().filter(|(at, _)| *at <= now).map(|(_, cause)| cause)
    }

    /// What time alone brings first since the last sweep began.
    fn first_cause(&self) -> Option<(EngineTime, SweepCause)> {
        let begun = self.sweeping.begun;
        let bar = self.rejected.first_end_after(begun).map(|end| (end, SweepCause::BarEnded));
        let day = self.capacity.is_any_said().then(|| begin_of_day(day_of(begun) + 1));
        let day = day.map(|at| (at, SweepCause::DayBegan));
        bar.into_iter().chain(day).min_by_key(|(at, _)| *at)
    }

    /// Asks for a sweep, if lines wait and the command may let them be sourced otherwise.
    pub(super) fn ask_for_sweep(&mut self, command: &Command<'_>) {
        let changes = matches!(
            command,
            Command::UpsertWarehouse(_)
                | Command::UpsertSku(_)
                | Command::SetCosts(_)
                | Command::SetPolicy(_)
                | Command::AssignPolicy(_)
                | Command::SetCapacity(_)
                | Command::SetBundle(_)
        );
        if changes && !self.books.is_empty() {
            self.set_sweeping(Sweeping { is_asked: true, ..self.sweeping });
        }
    }

    pub(super) fn apply_sweep(&mut self, record: &Record<'_>, step: &Sweep) {
        record.movements.iter().for_each(|it| self.move_set_aside(it, record.sequence));
        let next = (step.end == MatchEnd::GoesOn).then(|| Sku::from_index(step.last.index() + 1));
        let row = match self.sweeping.next {
            Some(_) => Sweeping { next, ..self.sweeping },
            None => Sweeping { is_asked: false, begun: record.time, next },
        };
        self.set_sweeping(row);
    }

    pub(super) fn set_sweeping(&mut self, row: Sweeping) {
        self.hash.take(self.hash_sweeping());
        self.sweeping = row;
        self.hash.put(self.hash_sweeping());
    }

    /// No row where nothing was ever swept, and nobody asks.
    pub(super) fn hash_sweeping(&self) -> u128 {
        if self.sweeping == Sweeping::default() {
            return 0;
        }
        rows::sweeping(self.sweeping.next.map(|sku| self.sku_hash(sku)), &self.sweeping)
    }
}
