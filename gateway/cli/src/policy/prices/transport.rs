//! The transportation problem of one SKU, and what a unit of its stock is worth.
//!
//! Stock at warehouses meets demand of zones: unit of stock by unit of demand, at what it costs to
//! bring the one to the other; demand that finds no stock goes to a dummy supply at a cost above
//! every real one. The dual value of a warehouse's stock is its price.
//!
//! `microlp` gives the values of variables and no duals (nor does `good_lp` over it), so the
//! program that is solved here is the dual itself, whose variables *are* the prices:
//!
//! ```text
//! maximise  Σ units(d) · worth(d)  −  Σ stock(s) · price(s)
//! where     worth(d) − price(s) ≤ cost(s, d)      for each source s that serves demand d
//!           0 ≤ worth ≤ dummy cost, 0 ≤ price ≤ dummy cost
//! ```
//!
//! Where stock and demand meet exactly, as they do at small quantities, there is more than one
//! optimal dual. The largest says what a unit less would cost, the smallest what a unit more would
//! save, and at either end some source that should ship ties with one that should not. So both
//! ends are found, and the price is halfway. Each end is the only one of its kind, so the price
//! does not depend on the path of the solver.
//!
//! The solver computes in floating point, and the prices are whole all the same: every vertex of
//! this polytope is a whole vector where costs are, so that rounding only takes the noise off. What
//! is rounded is held against the solver's own objective.

use microlp::{ComparisonOp, OptimizationDirection, Problem, SolutionStatus, SolveOutcome};

/// How far a value of the solver may lie from the whole number that it stands for.
const NOISE_MAX: f64 = 1e-3;
/// How far the solver's objective may lie from that of the rounded values, as a share of it.
const OBJECTIVE_NOISE_MAX: f64 = 1e-9;

/// Stock and demand of one SKU.
#[derive(Clone, Debug)]
pub(super) struct Transport {
    /// Units at each source, at least 1.
    pub(super) stock: Vec<u64>,
    /// Demand, one row for each set of zones with the same costs.
    pub(super) demands: Vec<Demand>,
    /// What a unit costs that finds no stock: more than any other cost.
    pub(super) dummy_cost: u32,
}

/// Units that are wanted where these costs hold.
#[derive(Clone, Debug)]
pub(super) struct Demand {
    /// Units, at least 1.
    pub(super) units: u64,
    /// Minor units from each source; `None` where it does not serve.
    pub(super) costs: Vec<Option<u32>>,
}

/// Prices of the sources, and what finding them took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Prices {
    /// Minor units for a unit of stock of each source.
    pub(super) minor: Vec<u32>,
    /// Size of the linear program; `None` where nobody competes for stock, so none was solved.
    pub(super) size: Option<Size>,
}

/// Size of a linear program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Size {
    /// Variables: sources and demands.
    pub(super) variables: u64,
    /// Constraints: pairs of a demand and a source that serves it.
    pub(super) constraints: u64,
}

/// Why there are no prices.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SolverError {
    /// The solver gave up.
    #[error("the linear program was not solved: {0}")]
    Failed(#[from] microlp::Error),
    /// The solver stopped before the end. No limit was set.
    #[error("the linear program was left unsolved")]
    Unfinished,
    /// Whole numbers were expected.
    #[error("the linear program's solution is not whole: {0}")]
    NotWhole(f64),
    /// The rounded solution does not give the solver's own objective.
    #[error("the linear program's optimum is {solver}, its rounded solution gives {rounded}")]
    Objective {
        /// As the solver has it.
        solver: f64,
        /// As the rounded values have it.
        rounded: f64,
    },
}

/// Which of several optimal duals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// What a unit less would cost.
    Largest,
    /// What a unit more would save.
    Smallest,
}

impl Transport {
    /// The prices of all sources.
    pub(super) fn prices(&self) -> Result<Prices, SolverError> {
        if self.is_uncontested() {
            return Ok(Prices { minor: vec![0; self.stock.len()], size: None });
        }
        let (largest, smallest) = (self.duals(End::Largest)?, self.duals(End::Smallest)?);
        // Rounding down is no loss: it keeps `worth − price ≤ cost` and every equality in it,
        // because costs are whole.
        let halfway = largest.iter().zip(&smallest).map(|(high, low)| low.midpoint(*high));
        Ok(Prices { minor: halfway.collect(), size: Some(self.size()) })
    }

    /// Whether all demand can have its cheapest source with a unit to spare at each: then every
    /// price is 0, whoever solves it.
    fn is_uncontested(&self) -> bool {
        let mut left: Vec<u64> = self.stock.clone();
        self.demands.iter().all(|demand| {
            let served = demand.costs.iter().enumerate();
            let costs = served.filter_map(|(source, cost)| cost.map(|cost| (cost, source)));
            let (_, cheapest) = costs.min().expect("invariant: some source serves each demand");
            match left[cheapest].checked_sub(demand.units) {
                Some(rest @ 1..) => {
                    left[cheapest] = rest;
                    true
                }
                _ => false,
            }
        })
    }

    fn size(&self) -> Size {
        let arcs = self.demands.iter().map(|demand| demand.costs.iter().flatten().count());
        Size {
            variables: (self.stock.len() + self.demands.len()) as u64,
            constraints: arcs.sum::<usize>() as u64,
        }
    }

    /// The optimal dual values of the sources at one end.
    ///
    /// A bit less stock everywhere leaves the largest as the only optimum, a bit more the smallest.
    /// The bit is small enough that no other basis gets optimal: the signs of flows turn where sums
    /// of stock equal sums of demand, which are whole, and all bits together are half a unit. To
    /// have whole coefficients, units are counted in bits.
    fn duals(&self, end: End) -> Result<Vec<u32>, SolverError> {
        let bits_per_unit = 2 * self.stock.len() as u64;
        let dummy_cost = f64::from(self.dummy_cost);
        let mut problem = Problem::new(OptimizationDirection::Maximize);
        let mut sources = Vec::with_capacity(self.stock.len());
        for units in &self.stock {
            let bits = match end {
                End::Largest => bits_per_unit * units - 1,
                End::Smallest => bits_per_unit * units + 1,
            };
            sources.push(problem.add_var(-(bits as f64), (0.0, dummy_cost)));
        }
        for demand in &self.demands {
            let bits = bits_per_unit * demand.units;
            let worth = problem.add_var(bits as f64, (0.0, dummy_cost));
            for (price, cost) in sources.iter().zip(&demand.costs) {
                let Some(cost) = cost else { continue };
                let terms = [(worth, 1.0), (*price, -1.0)];
                problem.add_constraint(terms, ComparisonOp::Le, f64::from(*cost));
            }
        }
        let SolveOutcome::Solution(solution) = problem.solve()? else {
            return Err(SolverError::Unfinished);
        };
        if solution.status() != SolutionStatus::Optimal {
            return Err(SolverError::Unfinished);
        }
        let prices: Result<Vec<u32>, _> =
            sources.iter().map(|price| whole(solution.var_value(*price))).collect();
        let prices = prices?;
        self.check_objective(&prices, end, solution.objective())?;
        Ok(prices)
    }

    /// Holds the objective of rounded prices against the solver's.
    fn check_objective(&self, prices: &[u32], end: End, solver: f64) -> Result<(), SolverError> {
        let bits_per_unit = 2 * self.stock.len() as i128;
        let sum: i128 = prices.iter().copied().map(i128::from).sum();
        let tilt = if end == End::Largest { sum } else { -sum };
        let rounded = (bits_per_unit * self.dual_objective(prices) + tilt) as f64;
        if (rounded - solver).abs() > OBJECTIVE_NOISE_MAX * rounded.abs().max(1.0) {
            return Err(SolverError::Objective { solver, rounded });
        }
        Ok(())
    }

    /// What these prices prove: no plan costs less.
    fn dual_objective(&self, prices: &[u32]) -> i128 {
        let worth = self
            .demands
            .iter()
            .map(|demand| i128::from(demand.units) * i128::from(self.worth(demand, prices)));
        let stock = self.stock.iter().zip(prices);
        let priced = stock.map(|(units, price)| i128::from(*units) * i128::from(*price));
        worth.sum::<i128>() - priced.sum::<i128>()
    }

    /// What a unit for this demand costs at the margin: its cheapest source at these prices.
    fn worth(&self, demand: &Demand, prices: &[u32]) -> u64 {
        let served = demand.costs.iter().zip(prices);
        let offers =
            served.filter_map(|(cost, price)| Some(u64::from((*cost)?) + u64::from(*price)));
        offers.chain([self.dummy_cost.into()]).min().expect("invariant: the dummy always offers")
    }
}

/// The whole number that a value of the solver stands for.
fn whole(value: f64) -> Result<u32, SolverError> {
    let rounded = value.round();
    if (value - rounded).abs() > NOISE_MAX || !(0.0..=f64::from(u32::MAX)).contains(&rounded) {
        return Err(SolverError::NotWhole(value));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole and within the range, as was just checked"
    )]
    Ok(rounded as u32)
}

#[cfg(test)]
mod tests;
