//! Sweeps: every SKU for which lines wait is looked at again, in steps, because something changed by
//! which they are sourced.

use gantry_model::{
    Command, MatchEnd, Movement, Record, SKUS_DUE_PER_SWEEP_MAX, SKUS_SWEPT_PER_RECORD_MAX,
    Sequence, Sku, Sweep,
};

use super::book::{Book, MINUTE_NS, WarehouseBook};
use super::decide::{expect, expect_movements, expect_own};
use super::freed::push_due;

const DAY_NS: u64 = 1_440 * MINUTE_NS;

/// What is known of the last sweep, and of the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SweepBook {
    /// A command asks for one.
    pub(super) is_asked: bool,
    /// When the last one began.
    pub(super) begun: u64,
    /// The SKU that it looks at next, while it is under way.
    pub(super) next: Option<u32>,
}

impl Book {
    fn does_anything_wait(&self) -> bool {
        self.skus.iter().any(|row| !row.waiting.is_empty())
    }

    /// Whether a command that was carried out changes by what waiting lines are sourced.
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
        if changes && self.does_anything_wait() {
            self.sweep.is_asked = true;
        }
    }

    /// When the next step may be taken, if nothing else happens; it may be past.
    pub(super) fn next_sweep(&self) -> Option<u64> {
        let SweepBook { is_asked, begun, next } = self.sweep;
        if !self.does_anything_wait() {
            return None;
        }
        if is_asked || next.is_some() {
            return Some(0);
        }
        let bars = self.rejected.values().flat_map(|order| order.bars.values().copied());
        let ended = bars.filter(|until| *until > begun).min();
        let is_timed = self.warehouses.iter().any(WarehouseBook::is_timed);
        let next_day = is_timed.then_some((begun / DAY_NS + 1) * DAY_NS);
        ended.into_iter().chain(next_day).min()
    }

    /// Whether a step is to be taken at `time`.
    pub(super) fn is_sweep_due(&self, time: u64) -> bool {
        self.next_due().is_none() && self.next_sweep().is_some_and(|next| next <= time)
    }

    /// Whether lines wait for a SKU, and there may be something for them.
    fn is_worth_a_look(&self, sku: u32) -> bool {
        let row = self.the_sku(sku);
        let set_aside = |warehouse: u16| row.set_aside.get(&warehouse).copied().unwrap_or(0);
        let mut here = (0..).zip(&row.cells);
        let is_there = here.any(|(at, _)| self.available(sku, at) + set_aside(at) > 0);
        !row.waiting.is_empty() && (!row.tracked || is_there)
    }

    pub(super) fn enter_sweep(&mut self, command: &Sweep) {
        if self.sweep.next.is_none() {
            self.sweep = SweepBook { is_asked: false, begun: self.time, next: None };
        }
        let goes_on = command.end == MatchEnd::GoesOn;
        self.sweep.next = goes_on.then_some(command.last.get() + 1);
    }
}

/// Judges a step: it is due, it looks at the SKUs that come next, and those are due now for which
/// something is there.
pub(super) fn judge(book: &Book, record: &Record<'_>, command: &Sweep) -> Result<(), String> {
    expect_own(record)?;
    expect(book.is_sweep_due(record.time.get()), || {
        let due = book.next_due();
        format!("no step of a sweep is due: {:?}, SKU {due:?} is due", book.sweep)
    })?;
    let (expected, movements) = step(book, record.sequence)?;
    expect(*command == expected, || format!("the rules say {expected:?}"))?;
    expect_movements(record, &movements)
}

/// The step that comes next.
fn step(book: &Book, sequence: Sequence) -> Result<(Sweep, Vec<Movement>), String> {
    let from = book.sweep.next.unwrap_or(0);
    let count = u32::try_from(book.skus.len()).map_err(|_| "too many SKUs")?;
    let (mut last, mut movements) = (from, Vec::new());
    for sku in (from..count).zip(0..SKUS_SWEPT_PER_RECORD_MAX).map(|(sku, _)| sku) {
        last = sku;
        if book.is_worth_a_look(sku) {
            push_due(Sku::new(sku), sequence, &mut movements);
        }
        if movements.len() == SKUS_DUE_PER_SWEEP_MAX {
            break;
        }
    }
    let end = if last + 1 == count { MatchEnd::Over } else { MatchEnd::GoesOn };
    Ok((Sweep { from: Sku::new(from), last: Sku::new(last), end }, movements))
}
