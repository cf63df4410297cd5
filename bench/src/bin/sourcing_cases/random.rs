//! Random sourcing problems: stock too tight for comfort, every rule in play, figures from nothing
//! to the largest that the model permits.

use clap::ValueEnum;
use gantry_bench::Random;
use gantry_engine::{Demand, Part, Problem, Source};
use gantry_model::{Limits, Objective, PARCELS_PER_ORDER_MAX, Sku, Warehouse};

/// A choice among ranges: lowest, highest, how often of the sum of all.
type Ranges = [(u32, u32, u32)];

const SMALL_LINES: &Ranges = &[(1, 1, 3), (2, 2, 3), (3, 5, 4)];
const SMALL_SOURCES: &Ranges = &[(2, 4, 4), (5, 8, 4), (9, 12, 2)];
const ALL_LINES: &Ranges = &[(1, 1, 20), (2, 2, 25), (3, 5, 30), (6, 9, 15), (10, 14, 10)];
const ALL_SOURCES: &Ranges = &[(2, 4, 25), (5, 8, 30), (9, 16, 25), (17, 32, 15), (33, 64, 5)];
/// Of a hundred cells of a case so many have stock.
const DENSITIES: [u32; 5] = [15, 30, 45, 70, 100];
/// Units of a cell that has any are 1 to one of these.
const CELL_UNITS: [u32; 5] = [1, 2, 5, 20, 1_000];
/// Units of a demand are 1 to one of these.
const DEMAND_UNITS: [u32; 5] = [1, 3, 8, 30, 2_000];
/// The largest cost and shadow price.
const COST_MAX: u32 = 1_000_000_000;
/// Days are 1 to one of these; the last is the most that a cost row and a cut-off make.
const DAYS: [u32; 4] = [1, 3, 6, 65_536];

/// How big problems are.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Sizes {
    /// 1 to 5 lines, 2 to 12 sources.
    Small,
    /// 1 to 14 lines, 2 to 64 sources.
    All,
}

/// What costs of a case look like.
#[derive(Clone, Copy)]
enum Costs {
    /// A parcel 500 to 1,500 minor units, a unit 30 to 150.
    Plausible,
    /// Two figures of each kind.
    Tied,
    /// Mostly nothing.
    Free,
    /// Anything up to the maximum.
    Huge,
    /// From every order of magnitude.
    Mixed,
}

const COSTS: [(Costs, u32); 5] = [
    (Costs::Plausible, 40),
    (Costs::Tied, 20),
    (Costs::Free, 10),
    (Costs::Huge, 15),
    (Costs::Mixed, 15),
];

/// Problems without end, the same for one seed.
pub(crate) struct RandomProblems {
    random: Random,
    sizes: Sizes,
}

impl RandomProblems {
    pub(crate) const fn new(seed: u64, sizes: Sizes) -> Self {
        Self { random: Random::new(seed), sizes }
    }

    pub(crate) fn next_problem(&mut self) -> Problem {
        let (lines, sources) = match self.sizes {
            Sizes::Small => (SMALL_LINES, SMALL_SOURCES),
            Sizes::All => (ALL_LINES, ALL_SOURCES),
        };
        let (lines, sources) = (self.one_of_ranges(lines), self.one_of_ranges(sources));
        let costs = self.costs();
        let mut problem = Problem {
            objective: self.objective(),
            parcels_max: PARCELS_PER_ORDER_MAX.into(),
            steps_max: Limits::DEFAULT.sourcing_steps_max.into(),
            ..Problem::new()
        };
        self.fill_sources(&mut problem, sources, costs);
        self.fill_demands(&mut problem, lines);
        if lines > 1 && self.happens(12) {
            self.share_components(&mut problem);
        }
        if problem.objective == Objective::LeastCostWithShadowPrices && self.happens(80) {
            let count = problem.available.len();
            problem.prices.extend((0..count).map(|_| self.cost(costs, 10, 200)));
        }
        self.bound_units(&mut problem);
        self.bound_parcels(&mut problem);
        problem
    }

    /// True so many times of a hundred.
    fn happens(&mut self, per_cent: u32) -> bool {
        self.random.below(100) < per_cent
    }

    fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.random.below(high - low + 1)
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        let count = u32::try_from(choices.len()).expect("invariant: a handful of choices");
        choices[self.random.below(count) as usize]
    }

    fn one_of_ranges(&mut self, ranges: &Ranges) -> u32 {
        let mut at = self.random.below(ranges.iter().map(|(.., weight)| weight).sum());
        for (low, high, weight) in ranges {
            if at < *weight {
                return self.between(*low, *high);
            }
            at -= weight;
        }
        unreachable!("the draw is below the sum of the weights")
    }

    fn objective(&mut self) -> Objective {
        loop {
            let objective = self.one_of(Objective::ALL);
            if objective != Objective::Greedy {
                return objective;
            }
        }
    }

    fn costs(&mut self) -> Costs {
        let mut at = self.random.below(COSTS.iter().map(|(_, weight)| weight).sum());
        for (costs, weight) in COSTS {
            if at < weight {
                return costs;
            }
            at -= weight;
        }
        unreachable!("the draw is below the sum of the weights")
    }

    /// A cost of the kind; `low` to `high` where it is plausible.
    fn cost(&mut self, costs: Costs, low: u32, high: u32) -> u32 {
        match costs {
            Costs::Plausible => self.between(low, high),
            Costs::Tied => self.one_of(&[low, high]),
            Costs::Free => self.one_of(&[0, 0, low]),
            Costs::Huge => self.between(0, COST_MAX),
            Costs::Mixed => {
                let magnitude = 10_u32.pow(self.random.below(10));
                self.between(0, magnitude)
            }
        }
    }

    fn fill_sources(&mut self, problem: &mut Problem, count: u32, costs: Costs) {
        let days_max = self.one_of(&DAYS);
        let priority_max = self.one_of(&[1, 3, count, u32::from(u16::MAX)]);
        let load_max = if problem.objective == Objective::Balance { 1_000 } else { 0 };
        let are_open = self.happens(15);
        let mut warehouse = 0;
        for _ in 0..count {
            warehouse += self.between(1, 3);
            let narrow = |figure: u32| u16::try_from(figure).expect("invariant: at most 65,535");
            problem.sources.push(Source {
                warehouse: Warehouse::new(narrow(warehouse)),
                priority: narrow(self.between(1, priority_max)),
                days: self.between(1, days_max),
                parcel_cost: self.cost(costs, 500, 1_500),
                unit_cost: self.cost(costs, 30, 150),
                units_max: u32::MAX,
                load_per_mille: self.between(0, load_max),
                is_open: are_open && self.happens(30),
            });
        }
    }

    fn fill_demands(&mut self, problem: &mut Problem, count: u32) {
        let (density, cell, wanted) =
            (self.one_of(&DENSITIES), self.one_of(&CELL_UNITS), self.one_of(&DEMAND_UNITS));
        for sku in 0..count {
            let units = self.between(1, wanted);
            problem.demands.push(Demand { sku: Sku::new(sku), units });
            for _ in 0..problem.sources.len() {
                let units = if self.happens(density) { self.between(1, cell) } else { 0 };
                problem.available.push(units);
            }
        }
    }

    /// Lets two or three demands consume one component, and perhaps some of them a second one.
    fn share_components(&mut self, problem: &mut Problem) {
        let (lines, width) = (problem.demands.len(), problem.sources.len());
        for component in 0..self.between(1, 2) as usize {
            let count = self.between(2, 3) as usize;
            let first = self.between(0, 13) as usize;
            let cell = self.one_of(&CELL_UNITS[1..4]);
            let left: Vec<u32> = (0..width).map(|_| self.between(0, 2 * cell)).collect();
            for demand in 0..lines {
                if (demand + first) % lines >= count.min(lines) {
                    continue;
                }
                let units_each = self.between(1, 3);
                problem.parts.push(Part { demand, component, units_each });
                for (source, left) in left.iter().enumerate() {
                    let whole = left / units_each;
                    let available = &mut problem.available[demand * width + source];
                    *available = if component == 0 { whole } else { whole.min(*available) };
                }
            }
            problem.left.extend(left);
        }
    }

    fn bound_units(&mut self, problem: &mut Problem) {
        if !self.happens(25) {
            return;
        }
        let most = problem.units_wanted();
        for source in 0..problem.sources.len() {
            if self.happens(60) {
                let units_max = if self.happens(50) { most.min(4) } else { most };
                problem.sources[source].units_max = self.between(0, units_max);
            }
        }
    }

    fn bound_parcels(&mut self, problem: &mut Problem) {
        if self.happens(40) {
            let fewest = u32::from(!problem.sources.iter().any(|source| source.is_open));
            problem.parcels_max = self.between(fewest, 5);
        }
    }
}
