//! How long units wait, and for how long they were to: when the orders were placed of which some do,
//! and the first date that each line was promised.

use std::collections::BTreeMap;

use gantry_model::{EngineSecond, EngineTime, Movement, MovementKind, Sequence};

use crate::state::State;

/// What is known of lines that wait, by the record that placed their order.
#[derive(Debug, Default)]
pub(super) struct Waits {
    placed: BTreeMap<Sequence, EngineTime>,
    promised: BTreeMap<(Sequence, u16), EngineSecond>,
}

/// Units that a look at waiting lines gave to a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Served {
    pub(super) units: u64,
    /// That each had waited.
    pub(super) wait_ns: u64,
    /// Whether that was later than the line was first promised.
    pub(super) is_late: bool,
}

impl Waits {
    /// Notes the lines of which units wait after the movements of a record, or to which something was
    /// promised; `state` is what it made. What was noted of them before stays.
    pub(super) fn note(&mut self, movements: &[Movement], time: EngineTime, state: &State) {
        for movement in movements {
            let (placed, line) = (movement.order(), movement.line());
            match movement.kind() {
                MovementKind::Backordered => {
                    self.placed.entry(placed).or_insert(time);
                }
                MovementKind::Promised => {
                    if let Some(row) = state.promises.get(placed, line) {
                        self.promised.entry((placed, line)).or_insert(row.date);
                    }
                }
                _ => {}
            }
        }
    }

    /// What a look at waiting lines gave to lines at time `now`.
    pub(super) fn served(
        &self,
        movements: &[Movement],
        now: EngineTime,
    ) -> impl Iterator<Item = Served> {
        let served = movements.iter().filter(|it| it.kind() == MovementKind::Dequeued);
        served.map(move |movement| {
            let placed = self.placed[&movement.order()];
            let promised = self.promised.get(&(movement.order(), movement.line()));
            Served {
                units: movement.quantity().unsigned_abs().into(),
                wait_ns: now.get() - placed.get(),
                is_late: promised.is_some_and(|date| date.is_past(now)),
            }
        })
    }
}
