//! Sourcing: which warehouses an order's units come from.
//!
//! The rule of this version is greedy. If one warehouse covers the whole order, the cheapest such
//! one takes it. Else each SKU in turn: the cheapest warehouse that covers it takes it, counting a
//! parcel only where the order has none yet; else it is spread, cheapest first. Ties go to the
//! lower priority number, then the lower handle. One function, so that an exact solver can take
//! its place.

use gantry_model::{CANDIDATES_PER_ZONE_MAX, LINES_PER_ORDER_MAX, Sku};

use crate::state::{Candidate, Stock};

/// Units of one SKU that an order wants, summed over its lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demand {
    /// The SKU.
    pub sku: Sku,
    /// Units wanted.
    pub units: u32,
}

/// Units of one demand from one candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Take {
    /// Position among the demands.
    pub demand: usize,
    /// Position among the candidates.
    pub candidate: usize,
    /// Units taken, at least 1.
    pub units: u32,
}

/// Where an order's units come from. Kept and filled again, so that deciding allocates nothing.
#[derive(Debug)]
pub struct Plan {
    /// Takes in order of demand; each pair of demand and candidate at most once.
    pub takes: Vec<Take>,
    /// Bit `n` is set where candidate `n` has a take.
    opened: u64,
    /// Minor units: a parcel for each opened candidate, and each unit.
    pub cost_minor: i64,
}

// A candidate's position fits the bits of `opened`.
const _: () = assert!(CANDIDATES_PER_ZONE_MAX <= u64::BITS as usize);

impl Plan {
    /// An empty plan with room for the largest.
    #[must_use]
    pub fn new() -> Self {
        let takes = Vec::with_capacity(LINES_PER_ORDER_MAX * CANDIDATES_PER_ZONE_MAX);
        Self { takes, opened: 0, cost_minor: 0 }
    }

    /// Candidates that send a parcel.
    #[must_use]
    pub const fn parcels(&self) -> u16 {
        // At most 64, so the count fits whatever the target.
        #[expect(clippy::cast_possible_truncation, reason = "a u64 has at most 64 bits set")]
        {
            self.opened.count_ones() as u16
        }
    }

    fn clear(&mut self) {
        self.takes.clear();
        self.opened = 0;
        self.cost_minor = 0;
    }

    fn take(&mut self, demand: usize, candidate: usize, units: u32, candidates: &[Candidate]) {
        self.cost_minor += self.cost_of(candidate, units, candidates);
        self.opened |= 1 << candidate;
        self.takes.push(Take { demand, candidate, units });
    }

    /// What `units` from `candidate` add to the plan's cost.
    fn cost_of(&self, candidate: usize, units: u32, candidates: &[Candidate]) -> i64 {
        let row = &candidates[candidate];
        let is_open = self.opened & (1 << candidate) != 0;
        let parcel = if is_open { 0 } else { i64::from(row.parcel_cost) };
        parcel + i64::from(row.unit_cost) * i64::from(units)
    }
}

impl Default for Plan {
    fn default() -> Self {
        Self::new()
    }
}

/// Fills `plan` with where `demands` come from, as far as stock reaches. `candidates` are in order
/// of handle; every demand's SKU is known and stands there once.
pub fn source(candidates: &[Candidate], demands: &[Demand], stock: &Stock, plan: &mut Plan) {
    assert!(candidates.len() <= CANDIDATES_PER_ZONE_MAX, "a zone's candidates are bounded");
    plan.clear();
    if let Some(candidate) = cheapest_covering_all(candidates, demands, stock) {
        for (demand, wanted) in demands.iter().enumerate() {
            plan.take(demand, candidate, wanted.units, candidates);
        }
        return;
    }
    for (demand, wanted) in demands.iter().enumerate() {
        match cheapest_covering(candidates, wanted, stock, plan) {
            Some(candidate) => plan.take(demand, candidate, wanted.units, candidates),
            None => spread(candidates, demand, wanted, stock, plan),
        }
    }
}

/// The cheapest candidate that has every unit of every demand.
fn cheapest_covering_all(
    candidates: &[Candidate],
    demands: &[Demand],
    stock: &Stock,
) -> Option<usize> {
    let mut covering = if candidates.is_empty() { 0 } else { u64::MAX >> (64 - candidates.len()) };
    for wanted in demands {
        for (position, candidate) in candidates.iter().enumerate() {
            if stock.available(wanted.sku, candidate.warehouse) < wanted.units {
                covering &= !(1 << position);
            }
        }
        if covering == 0 {
            return None;
        }
    }
    let units: i64 = demands.iter().map(|demand| i64::from(demand.units)).sum();
    let cost = |row: &Candidate| i64::from(row.parcel_cost) + i64::from(row.unit_cost) * units;
    let rows = candidates.iter().enumerate();
    rows.filter(|(position, _)| covering & (1 << position) != 0)
        .min_by_key(|(_, row)| (cost(row), row.priority, row.warehouse))
        .map(|(position, _)| position)
}

/// The candidate that adds the least cost among those that have every unit of one demand.
fn cheapest_covering(
    candidates: &[Candidate],
    wanted: &Demand,
    stock: &Stock,
    plan: &Plan,
) -> Option<usize> {
    let rows = candidates.iter().enumerate();
    rows.filter(|(_, row)| stock.available(wanted.sku, row.warehouse) >= wanted.units)
        .min_by_key(|(position, row)| {
            let cost = plan.cost_of(*position, wanted.units, candidates);
            (cost, row.priority, row.warehouse)
        })
        .map(|(position, _)| position)
}

/// Takes what there is of one demand, candidate by candidate, each time from the one whose next
/// unit adds the least cost.
fn spread(
    candidates: &[Candidate],
    demand: usize,
    wanted: &Demand,
    stock: &Stock,
    plan: &mut Plan,
) {
    let mut left = wanted.units;
    let mut used = 0_u64;
    while left > 0 {
        let rows = candidates.iter().enumerate();
        let next = rows
            .filter(|(position, row)| {
                used & (1 << position) == 0 && stock.available(wanted.sku, row.warehouse) > 0
            })
            .min_by_key(|(position, row)| {
                (plan.cost_of(*position, 1, candidates), row.priority, row.warehouse)
            });
        let Some((candidate, row)) = next else { return };
        let units = left.min(stock.available(wanted.sku, row.warehouse));
        plan.take(demand, candidate, units, candidates);
        used |= 1 << candidate;
        left -= units;
    }
}
