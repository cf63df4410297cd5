//! What if: a recorded journal decided again under other policies, side by side with what was
//! recorded.
//!
//! Each column is an engine of its own that is fed record by record with the record's own time.
//! Demand and set-up are taken as recorded; what hangs on earlier decisions (a ship, a cancel of
//! some units, a correction of stock) is mapped to this column's decisions (`mapping`), and what
//! finds no place there is counted, never dropped in silence. Customers' reactions to other
//! answers are not modelled. Nothing here is on the way of an order.

mod column;
mod error;
mod figures;
mod mapping;
mod policy;
mod waits;

use std::collections::BTreeMap;

use gantry_model::{Command, CommandKind, EngineTime, Record, Sequence};

use crate::Engine;
pub use column::WhatIfColumn;
pub use error::WhatIfError;
use figures::Placed;
pub use figures::{GapFigures, Unmapped, WarehouseFigures, WhatIfFigures};
pub use policy::{WhatIfPolicy, WhatIfPrice};
use waits::Waits;

/// A journal and the columns that decide it again.
#[derive(Debug)]
pub struct WhatIf {
    recorded: Engine,
    recorded_figures: WhatIfFigures,
    recorded_waits: Waits,
    columns: Vec<WhatIfColumn>,
    replaced: BTreeMap<CommandKind, u64>,
    index_seed: u64,
    promised_days: Option<u16>,
    begin: EngineTime,
}

impl WhatIf {
    /// A comparison without columns. Orders with a parcel later than `promised_days` count as
    /// late; without it the bound of the policy that sourced an order counts. `index_seed`: see
    /// [`Engine::with_index_seed`].
    #[must_use]
    pub fn new(index_seed: u64, promised_days: Option<u16>) -> Self {
        Self {
            recorded: Engine::with_index_seed(index_seed),
            recorded_figures: WhatIfFigures::default(),
            recorded_waits: Waits::default(),
            columns: Vec::new(),
            replaced: BTreeMap::new(),
            index_seed,
            promised_days,
            begin: EngineTime::default(),
        }
    }

    /// Takes everything before `begin` as it was recorded, into every column: decisions and figures
    /// begin there.
    pub fn begin_at(&mut self, begin: EngineTime) {
        assert_eq!(self.recorded.last_sequence(), Sequence::NONE, "before the first record");
        self.begin = begin;
    }

    /// Adds a column that decides by `policy`. Columns are added before the first record.
    pub fn add(&mut self, policy: WhatIfPolicy) {
        self.add_column(Some(policy));
    }

    /// Adds a column that decides by what is in force at the beginning: a new instance's own rule.
    pub fn add_default(&mut self) {
        self.add_column(None);
    }

    fn add_column(&mut self, policy: Option<WhatIfPolicy>) {
        assert_eq!(self.recorded.last_sequence(), Sequence::NONE, "columns come before records");
        let engine = Engine::with_index_seed(self.index_seed);
        self.columns.push(WhatIfColumn::new(engine, policy, self.promised_days));
    }

    /// Takes the next record into every column.
    pub fn feed(&mut self, record: &Record<'_>) -> Result<(), WhatIfError> {
        self.recorded.replay_record(record)?;
        self.recorded_waits.note(record.movements, record.time, self.recorded.state());
        if record.time < self.begin {
            let mut columns = self.columns.iter_mut();
            return columns.try_for_each(|column| column.replay(record));
        }
        self.recorded_figures.take_broken(record.movements);
        self.expire_the_rest(record.time);
        self.give_up_the_rest(record.time);
        match &record.command {
            // Columns keep every order in memory.
            Command::Mark { .. } | Command::Retire(_) => return Ok(()),
            Command::SetPolicy(_) | Command::AssignPolicy(_) | Command::SetShadowPrices(_) => {
                *self.replaced.entry(record.command.kind()).or_default() += 1;
                return Ok(());
            }
            Command::ExpireHolds(_) => {
                for column in &mut self.columns {
                    column.expire_once(record.time);
                }
            }
            Command::GiveUp(_) => {
                for column in &mut self.columns {
                    column.give_up_once(record.time);
                }
            }
            Command::Match(_) => {
                self.recorded_figures.take_match(
                    &self.recorded_waits,
                    record.movements,
                    record.time,
                );
                for column in &mut self.columns {
                    column.match_once(record.time);
                }
            }
            Command::Sweep(_) => {
                for column in &mut self.columns {
                    column.sweep_once(record.time);
                }
            }
            Command::Promise(_) => {
                for column in &mut self.columns {
                    column.review_once(record.time);
                }
            }
            Command::PlaceOrder(order) => {
                self.recorded_figures.take(&Placed {
                    state: self.recorded.state(),
                    time: record.time,
                    order,
                    head: record.outcome.head,
                    movements: record.movements,
                    promised_days: self.promised_days,
                });
                self.feed_columns(record)?;
            }
            _ => self.feed_columns(record)?,
        }
        self.match_the_rest(record.time);
        Ok(())
    }

    fn feed_columns(&mut self, record: &Record<'_>) -> Result<(), WhatIfError> {
        let recorded = self.recorded.state();
        self.columns.iter_mut().try_for_each(|column| column.feed(record, recorded))
    }

    /// Each recorded look at waiting lines is one of each column's own; where none is to come, the
    /// columns look at what is left. So it is with sweeps and with looks at promises.
    fn match_the_rest(&mut self, now: EngineTime) {
        let recorded = self.recorded.state();
        if recorded.matching.next().is_some() {
            return;
        }
        self.columns.iter_mut().for_each(|column| while column.match_once(now) {});
        if !recorded.may_sweep(now) {
            self.columns
                .iter_mut()
                .for_each(|column| while column.match_once(now) || column.sweep_once(now) {});
        }
        if recorded.next_review(now).is_none() {
            self.columns
                .iter_mut()
                .for_each(|column| while column.match_once(now) || column.review_once(now) {});
        }
    }

    /// Each recorded end of holds is one of each column's own; where none is to come, the columns end
    /// what is over.
    fn expire_the_rest(&mut self, now: EngineTime) {
        let end = self.recorded.state().holds.first_end();
        if end.is_none_or(|end| now < end) {
            self.columns.iter_mut().for_each(|column| while column.expire_once(now) {});
        }
    }

    /// Each recorded order that is given up is one of each column's own; where none is to come, the
    /// columns give up those whose time has come.
    fn give_up_the_rest(&mut self, now: EngineTime) {
        let first = self.recorded.state().deadlines.first();
        if first.is_none_or(|(at, _)| !at.is_past(now)) {
            self.columns.iter_mut().for_each(|column| while column.give_up_once(now) {});
        }
    }

    /// The state that the records themselves made.
    #[must_use]
    pub const fn recorded(&self) -> &Engine {
        &self.recorded
    }

    /// The figures of the records themselves.
    #[must_use]
    pub const fn recorded_figures(&self) -> &WhatIfFigures {
        &self.recorded_figures
    }

    /// The columns, in the order in which they were added.
    #[must_use]
    pub fn columns(&self) -> &[WhatIfColumn] {
        &self.columns
    }

    /// Records whose command every column's own policy stands in for, by kind.
    #[must_use]
    pub const fn replaced(&self) -> &BTreeMap<CommandKind, u64> {
        &self.replaced
    }
}
