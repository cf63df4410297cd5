//! Weighing: what a parcel and a unit weigh under each objective.
//!
//! | objective | a parcel | a unit |
//! | --- | --- | --- |
//! | least cost | its cost | its cost |
//! | least cost with shadow prices | its cost | its cost and its price there |
//! | fewest parcels | 1 | 0 |
//! | nearest | 0 | its days |
//! | balance | 0 | the load of its warehouse |
//! | priority | 0 | more at each later level, see [`Levels`] and [`PackedLevels`] |
//!
//! All but the first and the third carry the cost behind the objective.

use gantry_model::{CANDIDATES_PER_ZONE_MAX, Objective, Proof};

use super::weight::{Levels, Money, Pair, Parcels, Weight};
use super::{Problem, Source};

/// How one objective weighs.
pub(super) trait Weighing {
    /// What it weighs in.
    type Weight: Weight;

    /// A parcel from `source`, were it not open.
    fn parcel(&self, source: &Source) -> Self::Weight;

    /// A unit from `source`, shadow prices left aside.
    fn unit(&self, source: &Source) -> Self::Weight;

    /// What a shadow price adds to a unit.
    fn price(&self, _price: u32) -> Self::Weight {
        Self::Weight::default()
    }

    /// Whether units of one source differ by their shadow price.
    fn is_priced(&self) -> bool {
        false
    }

    /// Where and by how much a plan of weight `best` may be bettered at most, if none of `units`
    /// units weighs less than `bound`, which is less than `best`.
    fn gap(&self, units: u32, best: Self::Weight, bound: Self::Weight) -> (Proof, i64);
}

/// [`Objective::LeastCost`].
pub(super) struct Cost;

impl Weighing for Cost {
    type Weight = Money;

    fn parcel(&self, source: &Source) -> Money {
        Money(source.parcel_cost.into())
    }

    fn unit(&self, source: &Source) -> Money {
        Money(source.unit_cost.into())
    }

    fn gap(&self, _units: u32, best: Money, bound: Money) -> (Proof, i64) {
        (Proof::GapInCost, (best - bound).0)
    }
}

/// The number of parcels: the first half of [`Objective::FewestParcels`].
pub(super) struct ParcelCount;

impl Weighing for ParcelCount {
    type Weight = Parcels;

    fn parcel(&self, _source: &Source) -> Parcels {
        Parcels::ONE
    }

    fn unit(&self, _source: &Source) -> Parcels {
        Parcels::default()
    }

    fn gap(&self, _units: u32, best: Parcels, bound: Parcels) -> (Proof, i64) {
        (Proof::GapInObjective, (best - bound).count())
    }
}

/// An objective of one number, then cost.
pub(super) enum Two {
    ShadowPrices,
    Nearest,
    Balance,
    Priority(PackedLevels),
}

impl Weighing for Two {
    type Weight = Pair;

    fn parcel(&self, source: &Source) -> Pair {
        let cost = i64::from(source.parcel_cost);
        match self {
            Self::ShadowPrices => Pair::new(cost, cost),
            Self::Nearest | Self::Balance | Self::Priority(_) => Pair::new(0, cost),
        }
    }

    fn unit(&self, source: &Source) -> Pair {
        let cost = i64::from(source.unit_cost);
        let objective = match self {
            Self::ShadowPrices => cost,
            Self::Nearest => source.days.into(),
            Self::Balance => source.load_per_mille.into(),
            Self::Priority(packed) => packed.unit(source),
        };
        Pair::new(objective, cost)
    }

    fn price(&self, price: u32) -> Pair {
        Pair::new(price.into(), 0)
    }

    fn is_priced(&self) -> bool {
        matches!(self, Self::ShadowPrices)
    }

    fn gap(&self, units: u32, best: Pair, bound: Pair) -> (Proof, i64) {
        let ((best, cost), (bound, cost_bound)) = (best.parts(), bound.parts());
        if best == bound {
            return (Proof::GapInCost, cost - cost_bound);
        }
        match self {
            Self::Priority(packed) => (Proof::GapInObjective, packed.gap(units, best, bound)),
            _ => (Proof::GapInObjective, best - bound),
        }
    }
}

/// The distinct priority numbers of a problem, rising: number `n` is level `n`.
#[derive(Clone, Copy)]
pub(super) struct LevelList {
    numbers: [u16; CANDIDATES_PER_ZONE_MAX],
    count: usize,
}

impl LevelList {
    pub(super) fn of(problem: &Problem) -> Self {
        let mut list = Self { numbers: [0; CANDIDATES_PER_ZONE_MAX], count: 0 };
        for source in &problem.sources {
            if let Err(at) = list.numbers[..list.count].binary_search(&source.priority) {
                list.numbers.copy_within(at..list.count, at + 1);
                list.numbers[at] = source.priority;
                list.count += 1;
            }
        }
        list
    }

    fn level(&self, source: &Source) -> usize {
        let levels = &self.numbers[..self.count];
        levels.binary_search(&source.priority).expect("invariant: every source's number is listed")
    }
}

/// Levels as digits of one number, where they fit: with base B above the units of the order, of L
/// levels, a unit at level l weighs B^(L−1) − B^(L−1−l). Plans of equally many units compare by
/// it as by their numbers of units at the first level, then at the second, and so on.
pub(super) struct PackedLevels {
    list: LevelList,
    digit_bits: u32,
}

impl PackedLevels {
    /// `None` if they do not fit.
    pub(super) fn new(list: LevelList, units_wanted: u32) -> Option<Self> {
        let digit_bits = u32::BITS - units_wanted.leading_zeros();
        let levels = u32::try_from(list.count).expect("invariant: at most 64 levels");
        (digit_bits * levels <= 62).then_some(Self { list, digit_bits })
    }

    fn digit(&self, level: usize) -> i64 {
        let below = u32::try_from(self.list.count - 1 - level).expect("invariant: 64 levels");
        1 << (self.digit_bits * below)
    }

    fn unit(&self, source: &Source) -> i64 {
        self.digit(0) - self.digit(self.list.level(source))
    }

    /// Units by which the first level that may be better may be better.
    fn gap(&self, units: u32, best: i64, bound: i64) -> i64 {
        let all = self.digit(0) * i64::from(units);
        let (mut best, mut bound) = (all - best, all - bound);
        for level in 0..self.list.count {
            let digit = self.digit(level);
            if best / digit != bound / digit {
                return bound / digit - best / digit;
            }
            (best, bound) = (best % digit, bound % digit);
        }
        0
    }
}

impl Weighing for LevelList {
    type Weight = Levels;

    fn parcel(&self, source: &Source) -> Levels {
        Levels { cost: source.parcel_cost.into(), ..Levels::default() }
    }

    fn unit(&self, source: &Source) -> Levels {
        Levels::unit(self.level(source), source.unit_cost.into())
    }

    fn gap(&self, _units: u32, best: Levels, bound: Levels) -> (Proof, i64) {
        let mut levels = best.units.iter().zip(bound.units);
        match levels.find(|(best, bound)| *best != bound) {
            Some((best, bound)) => (Proof::GapInObjective, best - bound),
            None => (Proof::GapInCost, best.cost - bound.cost),
        }
    }
}

/// The weighing that `objective` calls for, where one number before the cost suffices.
pub(super) const fn two(objective: Objective) -> Option<Two> {
    match objective {
        Objective::LeastCostWithShadowPrices => Some(Two::ShadowPrices),
        Objective::Nearest => Some(Two::Nearest),
        Objective::Balance => Some(Two::Balance),
        _ => None,
    }
}
