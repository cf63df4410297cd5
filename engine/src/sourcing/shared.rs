//! Bundles that share a component: every way to divide it, with a bound.
//!
//! A component that two demands consume is no flow: a bundle may take several units of it. The
//! demands that share anything, few in any order, are enumerated cell by cell (demand × source), each
//! from the most units down to none, cheapest source of a demand first; the other demands follow by
//! fill or by flow with the room that is left. A branch is dropped when even without sharing the
//! rest could not make it better:
//!
//! - in units, or in weight at equally many units;
//! - where the best already has all the units that sharing permits, also in weight after the units
//!   too many are let go at the weight of the dearest cell. What sharing permits is bounded
//!   component by component: at each source the most units that what is left of it makes, cheapest
//!   in components first.
//!
//! The first way found is the best; the first leaf is there whatever the work limit.

use super::flow::{Flow, Network};
use super::model::{Model, bits};
use super::weight::Weight;

/// Units, and what they weigh.
type Sum<W> = (u32, W);

/// Memory of the enumeration.
#[derive(Debug, Default)]
pub(super) struct Shared<W> {
    /// Demands that share nothing.
    free: Vec<usize>,
    /// Cells of the demands that share, in the order in which they are enumerated.
    cells: Vec<(usize, usize)>,
    /// Units of each cell.
    units: Vec<u32>,
    /// For each cell, what the free demands and those of later cells come to by themselves; then
    /// the free demands alone.
    hopes: Vec<Sum<W>>,
    /// Units that each demand still wants.
    wanted: Vec<u32>,
    /// Units of components left.
    left: Vec<u32>,
    /// Units that each source can still work off.
    room: Vec<u32>,
    /// The fill of each demand by itself.
    alone: Vec<u32>,
    flowed: Vec<u32>,
    flow: Flow<W>,
}

/// What branches are compared with.
#[derive(Clone, Copy)]
struct Goal<W> {
    best: Sum<W>,
    /// Units that sharing permits at most.
    units_max: u32,
    /// No unit weighs more.
    dearest: W,
}

impl<W: Weight> Shared<W> {
    /// Turns `takes`, by demand and rank, from the fill of each demand by itself into the best that
    /// sharing permits. Ends early when `budget` cells were looked at; returns whether it did not.
    pub(super) fn divide(
        &mut self,
        model: &Model<W>,
        set: u64,
        takes: &mut [u32],
        budget: &mut u64,
    ) -> bool {
        self.start(model, set, takes);
        let units_max = most_units(model, set, takes);
        let cells =
            (0..model.targets.len()).flat_map(|demand| bits(set).map(move |at| (demand, at)));
        let dearest = cells.map(|(demand, rank)| model.unit(demand, rank)).max();
        let mut goal: Option<Goal<W>> = None;
        let (mut at, mut sum) = (0, (0, W::default()));
        loop {
            *budget = budget.saturating_sub(1);
            if goal.is_some_and(|goal| !self.may_better(model, at, sum, goal)) {
                // Nothing below is better.
            } else if at < self.cells.len() {
                let units = self.most(model, at);
                self.set(model, at, units, &mut sum);
                at += 1;
                continue;
            } else {
                let found = self.finish(model, set, sum, takes, goal.map(|goal| goal.best), budget);
                let dearest = dearest.unwrap_or_default();
                goal = Some(Goal { best: found, units_max, dearest });
            }
            if *budget == 0 && goal.is_some() {
                return false;
            }
            // Back to the last cell that can do with less.
            while at > 0 && self.units[at - 1] == 0 {
                at -= 1;
            }
            if at == 0 {
                return true;
            }
            self.set(model, at - 1, self.units[at - 1] - 1, &mut sum);
        }
    }

    fn start(&mut self, model: &Model<W>, set: u64, takes: &[u32]) {
        self.alone.clear();
        self.alone.extend_from_slice(takes);
        self.wanted.clear();
        self.wanted.extend(&model.targets);
        self.left.clear();
        self.left.extend(&model.left);
        self.room.clear();
        self.room.extend(model.sources.iter().map(|source| source.units_max));
        self.free.clear();
        self.cells.clear();
        for demand in 0..model.targets.len() {
            if model.parts_of(demand).next().is_none() {
                self.free.push(demand);
            } else {
                self.cells.extend(model.by_price(demand, set).map(|rank| (demand, rank)));
            }
        }
        self.units.clear();
        self.units.resize(self.cells.len(), 0);
        let mut sum = self.free.iter().fold((0, W::default()), |sum, demand| {
            plus(sum, sum_of(model, set, &self.alone, *demand))
        });
        self.hopes.clear();
        self.hopes.resize(self.cells.len() + 1, sum);
        for at in (0..self.cells.len()).rev() {
            self.hopes[at] = sum;
            let demand = self.cells[at].0;
            if at == 0 || self.cells[at - 1].0 != demand {
                sum = plus(sum, sum_of(model, set, &self.alone, demand));
            }
        }
    }

    /// Whether what begins with the cells before `at`, which come to `sum`, may be better.
    fn may_better(&self, model: &Model<W>, at: usize, sum: Sum<W>, goal: Goal<W>) -> bool {
        let (mut units, mut weight) = plus(sum, self.hopes[at]);
        if let Some((demand, _)) = self.cells.get(at) {
            let mut wanted = self.wanted[*demand];
            for (_, rank) in self.cells[at..].iter().take_while(|(of, _)| of == demand) {
                let taken = wanted.min(model.cap(*demand, *rank));
                wanted -= taken;
                units += taken;
                weight += model.unit(*demand, *rank).times(taken);
            }
        }
        let (best_units, best_weight) = goal.best;
        if units > best_units && best_units < goal.units_max {
            return true;
        }
        let surplus = goal.dearest.times(units.saturating_sub(best_units));
        units >= best_units && weight - surplus < best_weight
    }

    /// The most units that the cell can have as things stand.
    fn most(&self, model: &Model<W>, at: usize) -> u32 {
        let (demand, rank) = self.cells[at];
        let most = model.cap(demand, rank).min(self.wanted[demand]).min(self.room[rank]);
        model.parts_of(demand).fold(most, |most, part| {
            most.min(self.left[part.component * model.sources.len() + rank] / part.units_each)
        })
    }

    /// Gives the cell `units` instead of what it has.
    fn set(&mut self, model: &Model<W>, at: usize, units: u32, sum: &mut Sum<W>) {
        let (demand, rank) = self.cells[at];
        let before = self.units[at];
        self.units[at] = units;
        self.wanted[demand] = self.wanted[demand] + before - units;
        if self.room[rank] != u32::MAX {
            self.room[rank] = self.room[rank] + before - units;
        }
        for part in model.parts_of(demand) {
            let left = &mut self.left[part.component * model.sources.len() + rank];
            *left = *left + before * part.units_each - units * part.units_each;
        }
        let unit = model.unit(demand, rank);
        sum.0 = sum.0 + units - before;
        sum.1 = sum.1 + unit.times(units) - unit.times(before);
    }

    /// Lets the free demands follow. If that is better than `best`, it is what `takes` hold then;
    /// returns the better of the two.
    fn finish(
        &mut self,
        model: &Model<W>,
        set: u64,
        sum: Sum<W>,
        takes: &mut [u32],
        best: Option<Sum<W>>,
        budget: &mut u64,
    ) -> Sum<W> {
        let mut found = plus(sum, self.hopes[self.cells.len()]);
        self.flowed.clone_from(&self.alone);
        if self.room.iter().any(|room| *room != u32::MAX) {
            let network = Network { model, set, demands: &self.free, room: &self.room };
            *budget = budget.saturating_sub(self.flow.relieve(network, &mut self.flowed));
            let free = self.free.iter();
            found =
                free.fold(sum, |sum, demand| plus(sum, sum_of(model, set, &self.flowed, *demand)));
        }
        match best {
            Some(best) if (best.0, found.1) >= (found.0, best.1) => best,
            _ => {
                takes.copy_from_slice(&self.flowed);
                for ((demand, rank), units) in self.cells.iter().zip(&self.units) {
                    takes[demand * model.sources.len() + rank] = *units;
                }
                found
            }
        }
    }
}

fn plus<W: Weight>(one: Sum<W>, other: Sum<W>) -> Sum<W> {
    (one.0 + other.0, one.1 + other.1)
}

fn sum_of<W: Weight>(model: &Model<W>, set: u64, takes: &[u32], demand: usize) -> Sum<W> {
    let first = demand * model.sources.len();
    bits(set).fold((0, W::default()), |sum, rank| {
        let units = takes[first + rank];
        plus(sum, (units, model.unit(demand, rank).times(units)))
    })
}

/// Units that sharing permits at most.
fn most_units<W: Weight>(model: &Model<W>, set: u64, takes: &[u32]) -> u32 {
    let count = model.sources.len();
    let units = |demand: usize| bits(set).map(|rank| takes[demand * count + rank]).sum::<u32>();
    let all: u32 = (0..model.targets.len()).map(units).sum();
    let lost = (0..model.components()).map(|component| {
        let parts = || model.parts.iter().filter(|part| part.component == component);
        let alone: u32 = parts().map(|part| units(part.demand)).sum();
        let permitted = bits(set).map(|rank| {
            let mut left = model.left[component * count + rank];
            let mut most = 0_u32;
            // Parts stand in order of units each: the cheapest in components come first.
            for part in parts() {
                let here = model.cap(part.demand, rank).min(left / part.units_each);
                left -= here * part.units_each;
                most = most.saturating_add(here);
            }
            most
        });
        alone.saturating_sub(permitted.fold(0, u32::saturating_add))
    });
    all - lost.max().unwrap_or(0)
}
