//! Weights: what plans of equally many units are compared by.
//!
//! The objective comes before cost, and for [`Objective::Priority`](gantry_model::Objective) the
//! first priority number before the second. Such values form an ordered abelian group: they can be
//! added, subtracted and compared, and comparing survives adding. The search needs no more, so one
//! search serves every objective.

use std::fmt::Debug;
use std::ops::{Add, AddAssign, Sub};

use gantry_model::CANDIDATES_PER_ZONE_MAX;

/// An element of an ordered abelian group; the default is zero.
pub(super) trait Weight:
    Copy + Ord + Default + Debug + Add<Output = Self> + Sub<Output = Self> + AddAssign
{
    /// Whether plans of one weight differ by days, priorities and places.
    const HAS_TIES: bool = true;

    /// A source's place among all, by the weight of a unit, then priority number, then position.
    type Rank: Copy + Ord + Debug + Default;

    /// The place of the source at `position` if one of its units has this weight.
    fn rank(self, priority: u16, position: usize) -> Self::Rank;

    /// The position in a rank.
    fn position(rank: &Self::Rank) -> usize;

    /// This weight for each of `units`.
    fn times(self, units: u32) -> Self;

    /// A weight of which `units`, at least one, are not above this one, which is not negative; the
    /// greatest such weight, as far as the type can tell.
    fn per(self, units: u32) -> Self;

    /// A weight that no plan lies below which does not lie below this one.
    fn rounded(self) -> Self {
        self
    }
}

/// The floor of `amount / units`. Most amounts fit 32 bits, where dividing is fastest.
fn share(amount: i64, units: u32) -> i64 {
    match u32::try_from(amount) {
        Ok(amount) => i64::from(amount / units),
        Err(_) => amount / i64::from(units),
    }
}

/// Minor units and nothing before them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Money(pub(super) i64);

/// Parcels and nothing after them, in parts so small that a unit's share of one can be told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Parcels(i64);

impl Parcels {
    const PARTS: i64 = 1 << 20;

    pub(super) const ONE: Self = Self(Self::PARTS);

    /// Whole parcels.
    pub(super) const fn count(self) -> i64 {
        self.0 / Self::PARTS
    }
}

/// An objective, then cost below 2⁶³, as one number: objective · 2⁶⁴ + cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pair(i128);

impl Pair {
    pub(super) fn new(objective: i64, cost: i64) -> Self {
        Self((i128::from(objective) << 64) + i128::from(cost))
    }

    /// The objective and the cost, if it is a weight that a plan can have.
    pub(super) fn parts(self) -> (i64, i64) {
        let (high, low) = self.halves();
        (high, i64::try_from(low).expect("invariant: the cost of a plan is below 2⁶³"))
    }

    fn halves(self) -> (i64, u64) {
        let high = i64::try_from(self.0 >> 64).expect("invariant: an objective fits 64 bits");
        let low = self.0 - (i128::from(high) << 64);
        (high, u64::try_from(low).expect("invariant: what the floor left"))
    }
}

/// Units from the sources of each level, most wanted first, then cost. A unit of a later level than
/// the first weighs 1 in the first place and −1 in the place of its level: of plans of equally many
/// units, the one with more at the first level weighs less, then the one with more at the second,
/// and no unit weighs less than nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Levels {
    /// Units of later levels than the first; then minus the units of each later level.
    pub(super) units: [i64; CANDIDATES_PER_ZONE_MAX],
    /// Minor units.
    pub(super) cost: i64,
}

impl Default for Levels {
    fn default() -> Self {
        Self { units: [0; CANDIDATES_PER_ZONE_MAX], cost: 0 }
    }
}

macro_rules! number {
    ($name:ident) => {
        impl Add for $name {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self(self.0 + other.0)
            }
        }

        impl Sub for $name {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                Self(self.0 - other.0)
            }
        }

        impl AddAssign for $name {
            fn add_assign(&mut self, other: Self) {
                self.0 += other.0;
            }
        }
    };
}

number!(Money);
number!(Parcels);
number!(Pair);

impl Weight for Money {
    /// As one number, quicker to sort: 30 bits of cost, 16 of priority, 6 of position.
    type Rank = u64;

    fn rank(self, priority: u16, position: usize) -> u64 {
        let unit = u64::try_from(self.0).expect("invariant: no unit costs less than nothing");
        debug_assert!(unit < 1 << 42 && position < 64, "they fit");
        unit << 22 | u64::from(priority) << 6 | position as u64
    }

    fn position(rank: &u64) -> usize {
        (*rank & 63) as usize
    }

    fn times(self, units: u32) -> Self {
        Self(self.0 * i64::from(units))
    }

    fn per(self, units: u32) -> Self {
        Self(share(self.0, units))
    }
}

impl Weight for Parcels {
    /// They only say how many parcels there will be; the plan is looked for by cost.
    const HAS_TIES: bool = false;

    type Rank = (Self, u16, usize);

    fn rank(self, priority: u16, position: usize) -> Self::Rank {
        (self, priority, position)
    }

    fn position(rank: &Self::Rank) -> usize {
        rank.2
    }

    fn times(self, units: u32) -> Self {
        Self(self.0 * i64::from(units))
    }

    fn per(self, units: u32) -> Self {
        Self(share(self.0, units))
    }

    fn rounded(self) -> Self {
        Self((self.0 + Self::PARTS - 1) / Self::PARTS * Self::PARTS)
    }
}

impl Weight for Pair {
    type Rank = (Self, u16, usize);

    fn rank(self, priority: u16, position: usize) -> Self::Rank {
        (self, priority, position)
    }

    fn position(rank: &Self::Rank) -> usize {
        rank.2
    }

    fn times(self, units: u32) -> Self {
        Self(self.0 * i128::from(units))
    }

    fn per(self, units: u32) -> Self {
        // Each half is rounded down by itself: two short divisions instead of a long one.
        let (high, low) = self.halves();
        Self((i128::from(share(high, units)) << 64) + i128::from(low / u64::from(units)))
    }

    fn rounded(self) -> Self {
        // No plan has a cost of 2⁶³ or more: beyond that, only the next objective is left.
        let (high, low) = self.halves();
        if low >= 1 << 63 { Self::new(high + 1, 0) } else { self }
    }
}

impl Levels {
    pub(super) fn unit(level: usize, cost: i64) -> Self {
        let mut weight = Self { cost, ..Self::default() };
        if level > 0 {
            weight.units[0] = 1;
            weight.units[level] = -1;
        }
        weight
    }

    fn each(mut self, other: Self, combine: impl Fn(i64, i64) -> i64) -> Self {
        for (mine, theirs) in self.units.iter_mut().zip(other.units) {
            *mine = combine(*mine, theirs);
        }
        self.cost = combine(self.cost, other.cost);
        self
    }
}

impl Add for Levels {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.each(other, |mine, theirs| mine + theirs)
    }
}

impl Sub for Levels {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self.each(other, |mine, theirs| mine - theirs)
    }
}

impl AddAssign for Levels {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Weight for Levels {
    type Rank = (Self, u16, usize);

    fn rank(self, priority: u16, position: usize) -> Self::Rank {
        (self, priority, position)
    }

    fn position(rank: &Self::Rank) -> usize {
        rank.2
    }

    fn times(self, units: u32) -> Self {
        self.each(Self::default(), |mine, _| mine * i64::from(units))
    }

    /// Only what sources have left of their parcels is shared out, and that is cost alone.
    fn per(self, units: u32) -> Self {
        debug_assert!(self.units.iter().all(|units| *units == 0), "a parcel has no level");
        Self { cost: share(self.cost, units), ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_compared_by_objective_first_and_shares_are_never_too_large() {
        assert!(Pair::new(1, 0) > Pair::new(0, i64::MAX));
        assert!(Pair::new(1, 5) > Pair::new(1, 4));
        let whole = Pair::new(3, 10);
        let share = whole.per(7);
        assert!(share.times(7) <= whole);
        assert_eq!(Pair::new(14, 22).per(7), Pair::new(2, 3));
    }

    #[test]
    fn a_pair_no_plan_can_have_is_rounded_up_to_the_next_objective() {
        assert_eq!((Pair::new(2, 0) - Pair::new(0, 1)).rounded(), Pair::new(2, 0));
        assert_eq!(Pair::new(2, 9).rounded(), Pair::new(2, 9));
        assert_eq!(Pair::new(2, 9).parts(), (2, 9));
        assert_eq!(Parcels::ONE.per(3).times(4).rounded().count(), 2);
    }

    #[test]
    fn more_units_at_an_earlier_level_weigh_less() {
        let units = |level: usize, units| Levels::unit(level, 1).times(units);
        assert!(units(0, 3) + units(5, 1) < units(0, 2) + units(4, 2));
        assert!(units(0, 2) + units(1, 2) < units(0, 2) + units(1, 1) + units(2, 1));
        assert!(Levels::unit(3, 1) < Levels::unit(3, 2));
        assert!(Levels::unit(63, 0) > Levels::default());
    }
}
