//! A plan: where an order's units come from.

use gantry_model::{CANDIDATES_PER_ZONE_MAX, LINES_PER_ORDER_MAX, Proof};

use super::Problem;

/// Units of one demand from one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Take {
    /// Position among the demands.
    pub demand: usize,
    /// Position among the sources.
    pub source: usize,
    /// Units taken, at least 1.
    pub units: u32,
}

/// Where an order's units come from. Kept and filled again, so that deciding allocates nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Takes in order of demand; each pair of demand and source at most once.
    pub takes: Vec<Take>,
    /// Bit `n` is set where source `n` sends a parcel that it did not send before.
    pub(super) opened: u64,
    /// Minor units: each parcel added, and each unit. Shadow prices are no part of it.
    pub cost_minor: i64,
    /// How far the plan is proven; `None` if nothing was tried.
    pub proof: Option<Proof>,
    /// The gap that `proof` speaks of; 0 if there is none.
    pub gap: i64,
}

// A source's position fits the bits of `opened`.
const _: () = assert!(CANDIDATES_PER_ZONE_MAX <= u64::BITS as usize);

impl Plan {
    /// An empty plan with room for the largest.
    #[must_use]
    pub fn new() -> Self {
        let takes = Vec::with_capacity(LINES_PER_ORDER_MAX * CANDIDATES_PER_ZONE_MAX);
        Self { takes, opened: 0, cost_minor: 0, proof: None, gap: 0 }
    }

    /// Parcels that the plan adds.
    #[must_use]
    pub const fn parcels(&self) -> u32 {
        self.opened.count_ones()
    }

    /// Positions of the sources that send a parcel which they did not send before, in order.
    pub fn opened_sources(&self) -> impl Iterator<Item = usize> + use<> {
        let opened = self.opened;
        (0..CANDIDATES_PER_ZONE_MAX).filter(move |source| opened & (1 << source) != 0)
    }

    /// Units that the plan allocates.
    #[must_use]
    pub fn units(&self) -> u32 {
        self.takes.iter().map(|take| take.units).sum()
    }

    pub(super) fn clear(&mut self) {
        self.takes.clear();
        self.opened = 0;
        self.cost_minor = 0;
        self.proof = None;
        self.gap = 0;
    }

    pub(super) fn take(&mut self, demand: usize, source: usize, units: u32, problem: &Problem) {
        self.cost_minor += self.cost_of(source, units, problem);
        if !problem.sources[source].is_open {
            self.opened |= 1 << source;
        }
        self.takes.push(Take { demand, source, units });
    }

    /// What `units` from `source` add to the plan's cost.
    pub(super) fn cost_of(&self, source: usize, units: u32, problem: &Problem) -> i64 {
        let row = &problem.sources[source];
        let is_open = row.is_open || self.opened & (1 << source) != 0;
        let parcel = if is_open { 0 } else { i64::from(row.parcel_cost) };
        parcel + i64::from(row.unit_cost) * i64::from(units)
    }
}

impl Default for Plan {
    fn default() -> Self {
        Self::new()
    }
}
