//! What a sourcing decision may depend on, as plain numbers.

use gantry_model::{CANDIDATES_PER_ZONE_MAX, LINES_PER_ORDER_MAX, Objective, Sku, Warehouse};

/// A candidate warehouse that no rule took out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// The warehouse.
    pub warehouse: Warehouse,
    /// 1 is preferred to 2.
    pub priority: u16,
    /// Days from now to the door, the warehouse's cut-off considered.
    pub days: u32,
    /// Minor units for a parcel, at most 10⁹.
    pub parcel_cost: u32,
    /// Minor units for each unit, at most 10⁹.
    pub unit_cost: u32,
    /// Units that the warehouse can still work off today; `u32::MAX` = any number.
    pub units_max: u32,
    /// Allocated share of all that it has on hand, in per mille.
    pub load_per_mille: u32,
    /// Whether it sends a parcel already: more units cost no parcel.
    pub is_open: bool,
}

/// Units of one SKU that an order wants, summed over its lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demand {
    /// The SKU.
    pub sku: Sku,
    /// Units wanted, at least 1. All demands together stay below 2³¹.
    pub units: u32,
}

/// A demand that consumes a component which others consume too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Position among the demands.
    pub demand: usize,
    /// Position among the shared components.
    pub component: usize,
    /// Units of the component that one unit of the demand consumes, at least 1.
    pub units_each: u32,
}

/// One decision. Kept and filled again, so that deciding allocates nothing.
#[derive(Debug, Clone)]
pub struct Problem {
    /// What the best plan has least of.
    pub objective: Objective,
    /// Parcels that the plan may add to those of sources that are open already.
    pub parcels_max: u32,
    /// Cells (demand × source) that the search may look at.
    pub steps_max: u64,
    /// In order of warehouse handle; at most [`CANDIDATES_PER_ZONE_MAX`].
    pub sources: Vec<Source>,
    /// Each SKU once; at most [`LINES_PER_ORDER_MAX`].
    pub demands: Vec<Demand>,
    /// Whole units that each demand could have at each source, demand by demand.
    pub available: Vec<u32>,
    /// Shadow prices in minor units, laid out as `available`; empty = all zero.
    pub prices: Vec<u32>,
    /// Bundles that compete for a component with another demand; empty for most orders.
    pub parts: Vec<Part>,
    /// Units of each shared component left at each source, component by component.
    pub left: Vec<u32>,
}

/// The work limit of a problem for which none was set.
pub(super) const STEPS_MAX: u64 = 400_000;

impl Problem {
    /// A problem without demands or sources, with room for the largest; of least cost, with any
    /// number of parcels.
    #[must_use]
    pub fn new() -> Self {
        let cells = LINES_PER_ORDER_MAX * CANDIDATES_PER_ZONE_MAX;
        Self {
            objective: Objective::LeastCost,
            parcels_max: u32::MAX,
            steps_max: STEPS_MAX,
            sources: Vec::with_capacity(CANDIDATES_PER_ZONE_MAX),
            demands: Vec::with_capacity(LINES_PER_ORDER_MAX),
            available: Vec::with_capacity(cells),
            prices: Vec::with_capacity(cells),
            parts: Vec::with_capacity(LINES_PER_ORDER_MAX),
            left: Vec::with_capacity(cells),
        }
    }

    /// Units of `demand` that `source` has.
    #[must_use]
    pub fn available(&self, demand: usize, source: usize) -> u32 {
        self.available[demand * self.sources.len() + source]
    }

    /// The shadow price of a unit of `demand` at `source`, in minor units.
    #[must_use]
    pub fn price(&self, demand: usize, source: usize) -> u32 {
        self.prices.get(demand * self.sources.len() + source).copied().unwrap_or(0)
    }

    /// Leaves the source at a position nothing to give.
    pub fn forbid(&mut self, source: usize) {
        let width = self.sources.len();
        self.available.iter_mut().skip(source).step_by(width).for_each(|units| *units = 0);
    }

    /// Units wanted in all.
    #[must_use]
    pub fn units_wanted(&self) -> u32 {
        self.demands.iter().map(|demand| demand.units).sum()
    }
}

impl Default for Problem {
    fn default() -> Self {
        Self::new()
    }
}
