//! The exact inner problem where demands are coupled: by the units that a source can work off, or by
//! a component that two of them consume.
//!
//! Most sets are not touched by either: the fill of each demand by itself is tried first, and is the
//! best where it breaks no bound. Else units flow (`flow`), or are enumerated (`shared`).

use super::fill::{Filled, fill};
use super::flow::{Flow, Network};
use super::model::{Model, bits};
use super::shared::Shared;
use super::weight::Weight;

/// Memory of the inner problem.
#[derive(Debug, Default)]
pub(super) struct Coupled<W> {
    /// Units by demand and rank.
    takes: Vec<u32>,
    demands: Vec<usize>,
    room: Vec<u32>,
    flow: Flow<W>,
    shared: Shared<W>,
}

impl<W: Weight> Coupled<W> {
    /// Units by demand and rank, as they were filled last.
    pub(super) fn takes(&self) -> &[u32] {
        &self.takes
    }

    /// Allocates the best units from `set`; returns also whether they are proven to be the best, for
    /// which cells up to `budget` may be looked at.
    pub(super) fn fill(
        &mut self,
        model: &Model<W>,
        set: u64,
        budget: &mut u64,
    ) -> (Filled<W>, bool) {
        let count = model.sources.len();
        self.takes.clear();
        self.takes.resize(count * model.targets.len(), 0);
        let takes = &mut self.takes;
        let filled = fill(model, set, |demand, rank, units| takes[demand * count + rank] = units);
        let mut is_best = true;
        if breaks_component(model, set, takes) {
            is_best = self.shared.divide(model, set, takes, budget);
        } else if breaks_room(model, set, takes) {
            self.demands.clear();
            self.demands.extend(0..model.targets.len());
            self.room.clear();
            self.room.extend(model.sources.iter().map(|source| source.units_max));
            let network = Network { model, set, demands: &self.demands, room: &self.room };
            *budget = budget.saturating_sub(self.flow.relieve(network, takes));
            if breaks_component(model, set, takes) {
                takes.fill(0);
                fill(model, set, |demand, rank, units| takes[demand * count + rank] = units);
                is_best = self.shared.divide(model, set, takes, budget);
            }
        } else {
            return (filled, true);
        }
        (sum(model, set, &self.takes), is_best)
    }
}

fn sum<W: Weight>(model: &Model<W>, set: u64, takes: &[u32]) -> Filled<W> {
    let mut filled = Filled::default();
    for (demand, row) in takes.chunks_exact(model.sources.len().max(1)).enumerate() {
        for rank in bits(set).filter(|rank| row[*rank] > 0) {
            filled.units += row[rank];
            filled.weight += model.unit(demand, rank).times(row[rank]);
            filled.used |= 1 << rank;
        }
    }
    filled.weight += model.parcels_of(filled.used);
    filled
}

fn breaks_room<W: Weight>(model: &Model<W>, set: u64, takes: &[u32]) -> bool {
    bits(set).any(|rank| {
        let room = model.sources[rank].units_max;
        let rows = takes.chunks_exact(model.sources.len().max(1));
        room != u32::MAX && rows.map(|row| row[rank]).sum::<u32>() > room
    })
}

fn breaks_component<W: Weight>(model: &Model<W>, set: u64, takes: &[u32]) -> bool {
    let count = model.sources.len();
    (0..model.components()).any(|component| {
        bits(set).any(|rank| {
            let parts = model.parts.iter().filter(|part| part.component == component);
            let used = parts.map(|part| {
                u64::from(part.units_each) * u64::from(takes[part.demand * count + rank])
            });
            used.sum::<u64>() > u64::from(model.left[component * count + rank])
        })
    })
}
