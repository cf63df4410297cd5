//! The best plan, by trying every set of warehouses.
//!
//! Where demands do not compete for anything, the best units from a set of warehouses are found
//! demand by demand, from the cheapest of the set on. So every set that sends parcels is tried, the
//! smaller ones first, and the best kept; but no larger set than one that is too dear already, or
//! that leaves a warehouse idle: it would stay idle. Where demands compete, nothing is tried here.

use std::cmp::Reverse;

use super::order::Demand;

/// More warehouses with stock than this are not tried: 2⁸ sets.
pub(super) const TRIED_MAX: usize = 8;

/// In the policy's objective, then in minor units.
pub(super) type Weight = (i128, i64);

/// A warehouse that may give units.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source {
    pub(super) warehouse: u16,
    pub(super) priority: u16,
    pub(super) days: u32,
    pub(super) parcel: Weight,
    pub(super) is_open: bool,
}

/// What is to be sourced: `available` and `units` are laid out demand by demand.
#[derive(Debug, Default)]
pub(super) struct Problem {
    pub(super) demands: Vec<Demand>,
    pub(super) sources: Vec<Source>,
    pub(super) available: Vec<i64>,
    /// What a unit weighs.
    pub(super) units: Vec<Weight>,
    /// The same as `available`, source by source.
    pub(super) left: Vec<i64>,
    pub(super) parcels_max: u32,
    /// Whether demands compete for a warehouse's day or a component.
    pub(super) is_coupled: bool,
    /// Positions of sources from the lightest unit on, demand by demand.
    lightest: Vec<usize>,
    /// Sets of closed sources that are to be tried, with what their parcels weigh.
    sets: Vec<(u32, Weight)>,
    /// What the best plan takes, demand by demand and source by source.
    pub(super) takes: Vec<i64>,
}

/// The less, the better.
type Key = (i64, Weight, u32, u32, u32, Reverse<u32>);

#[derive(Clone, Copy, Debug)]
pub(super) struct Best {
    /// Units wanted and not had.
    pub(super) short: i64,
    pub(super) weight: Weight,
    /// Parcels that are added.
    pub(super) parcels: u32,
    /// Positions of the sources with units.
    pub(super) used: u32,
}

impl Problem {
    /// Whether every set can be tried.
    pub(super) fn can_be_tried(&self) -> bool {
        self.sources.len() <= TRIED_MAX && !self.is_coupled
    }

    /// The best plan, with `takes` filled.
    pub(super) fn best(&mut self) -> Best {
        self.sort_units();
        let count = self.sources.len();
        let open = (0..count).filter(|at| self.sources[*at].is_open);
        let open = open.fold(0_u32, |set, at| set | 1 << at);
        let mut best = self.judge(0, (0, 0), open);
        let mut key = self.key(&best, open);
        let (short, floor) = self.floor();
        let mut sets = std::mem::take(&mut self.sets);
        sets.clear();
        self.add_larger(0, (0, 0), &mut sets);
        let mut tried = 0;
        while let Some((added, parcels)) = sets.get(tried).copied() {
            tried += 1;
            let least = (parcels.0 + floor.0, parcels.1 + floor.1);
            if best.short == short && least > best.weight {
                continue;
            }
            let found = self.judge(added, parcels, open);
            if found.used & added != added {
                continue; // The same plan without the set's idle warehouses is tried, too.
            }
            let found_key = self.key(&found, open);
            if found_key < key {
                (best, key) = (found, found_key);
            }
            self.add_larger(added, parcels, &mut sets);
        }
        self.sets = sets;
        self.takes.clear();
        self.takes.resize(self.demands.len() * count, 0);
        let mut takes = std::mem::take(&mut self.takes);
        self.fill(best.used | open, |at, units| takes[at] = units);
        self.takes = takes;
        best
    }

    /// Adds the sets that have one source more, behind all of `set`: so each comes once.
    fn add_larger(&self, set: u32, parcels: Weight, sets: &mut Vec<(u32, Weight)>) {
        if set.count_ones() >= self.parcels_max {
            return;
        }
        let behind = |at: &usize| set >> at == 0 && !self.sources[*at].is_open;
        sets.extend((0..self.sources.len()).filter(behind).map(|at| {
            let own = self.sources[at].parcel;
            (set | 1 << at, (parcels.0 + own.0, parcels.1 + own.1))
        }));
    }

    fn sort_units(&mut self) {
        let count = self.sources.len();
        self.lightest.clear();
        for demand in 0..self.demands.len() {
            let first = demand * count;
            self.lightest.extend(0..count);
            let units = &self.units[first..first + count];
            self.lightest[first..].sort_by_key(|at| (units[*at], self.sources[*at].priority, *at));
        }
    }

    /// How short any plan is, and what the most units weigh at least, parcels aside.
    fn floor(&self) -> (i64, Weight) {
        let count = self.sources.len();
        let (mut short, mut floor) = (0, (0, 0));
        for (demand, wanted) in self.demands.iter().enumerate() {
            let there = self.available[demand * count..][..count].iter().sum::<i64>();
            let units = wanted.units.min(there);
            short += wanted.units - units;
            let rows = self.units[demand * count..][..count].iter();
            let objective = rows.clone().map(|unit| unit.0).min().unwrap_or(0);
            let cost = rows.map(|unit| unit.1).min().unwrap_or(0);
            floor.0 += objective * i128::from(units);
            floor.1 += cost * units;
        }
        (short, floor)
    }

    /// Takes all that `set` has, the lightest units first; tells where and how many.
    fn fill(&self, set: u32, mut take: impl FnMut(usize, i64)) -> (i64, Weight, u32) {
        let count = self.sources.len();
        let (mut short, mut weight, mut used) = (0, (0, 0), 0);
        for (demand, wanted) in self.demands.iter().enumerate() {
            let mut left = wanted.units;
            for at in &self.lightest[demand * count..][..count] {
                let units = self.available[demand * count + at].min(left);
                if set >> at & 1 == 0 || units == 0 {
                    continue;
                }
                let unit = self.units[demand * count + at];
                weight = (weight.0 + unit.0 * i128::from(units), weight.1 + unit.1 * units);
                used |= 1 << at;
                take(demand * count + at, units);
                left -= units;
                if left == 0 {
                    break;
                }
            }
            short += left;
        }
        (short, weight, used)
    }

    /// The plan of the sources that are open and of those `added`, whose parcels are all paid.
    fn judge(&self, added: u32, parcels: Weight, open: u32) -> Best {
        let (short, units, used) = self.fill(open | added, |_, _| ());
        let weight = (units.0 + parcels.0, units.1 + parcels.1);
        Best { short, weight, parcels: added.count_ones(), used }
    }

    fn key(&self, best: &Best, open: u32) -> Key {
        let here = |set: u32| (0..self.sources.len()).filter(move |at| set >> at & 1 != 0);
        let days = here(best.used).map(|at| self.sources[at].days).max().unwrap_or(0);
        let added = best.used & !open;
        let priorities = here(added).map(|at| u32::from(self.sources[at].priority)).sum();
        // Of two lists of handles the one with the lower first handle is less.
        let handles = Reverse(added.reverse_bits());
        (best.short, best.weight, best.parcels, days, priorities, handles)
    }
}
