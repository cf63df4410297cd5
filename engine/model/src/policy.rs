//! The words of sourcing policies: what a plan is measured by, which rules bind it, and how far it
//! is proven.

use crate::byte_enum::byte_enum;

byte_enum!(
    /// What the best plan has least of, after it has allocated as many units as the rules permit.
    /// Ties go to the lower cost, then to fewer parcels, fewer days, lower priority numbers and
    /// lower warehouse handles.
    Objective {
        /// Most units from the warehouses of the lowest priority number, then from the next.
        Priority = 1 "priority",
        /// Units times days on the way.
        Nearest = 2 "nearest",
        /// Parcels.
        FewestParcels = 3 "fewest_parcels",
        /// Cost in minor units.
        LeastCost = 4 "least_cost",
        /// Units times the allocated share of their warehouse, in per mille.
        Balance = 5 "balance",
        /// Cost, each unit dearer by the shadow price of its SKU at its warehouse.
        LeastCostWithShadowPrices = 6 "least_cost_with_shadow_prices",
        /// No objective but a rule: the cheapest warehouse that has all, else SKU by SKU. For
        /// comparison; its plans are proven to be nothing.
        Greedy = 7 "greedy",
    }
);

byte_enum!(
    /// How far a plan is proven to be the best within its rules. Units come before the objective,
    /// the objective before cost; a gap is told at the first of them that is not proven.
    Proof {
        /// No plan within the rules is better.
        Optimal = 1 "optimal",
        /// A better plan might allocate up to the gap's units more.
        GapInUnits = 2 "gap_in_units",
        /// A better plan might be better by up to the gap in the policy's objective.
        GapInObjective = 3 "gap_in_objective",
        /// A better plan might cost up to the gap's minor units less.
        GapInCost = 4 "gap_in_cost",
    }
);

byte_enum!(
    /// A rule that a policy may hold softly. A number is the rule's bit in the policy's set.
    Rule {
        /// Only the warehouses that the policy lists.
        Warehouses = 0 "warehouses",
        /// No parcel on its way for longer than the policy's days.
        DaysMax = 1 "days_max",
        /// No more parcels than the policy's.
        ParcelsMax = 2 "parcels_max",
        /// One parcel for an order of little value or with a listed SKU.
        NoSplit = 3 "no_split",
        /// No more orders a day than a warehouse can work off.
        OrdersPerDay = 4 "orders_per_day",
        /// No more units a day than a warehouse can work off.
        UnitsPerDay = 5 "units_per_day",
        /// Nothing of what is ring-fenced for other channels.
        RingFences = 6 "ring_fences",
    }
);

/// A set of rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rules(u16);

impl Rules {
    /// No rule.
    pub const NONE: Self = Self(0);

    /// The set with these bits, if each is a rule's.
    #[must_use]
    pub const fn from_bits(bits: u16) -> Option<Self> {
        let known = (1 << Rule::ALL.len()) - 1;
        if bits & !known == 0 { Some(Self(bits)) } else { None }
    }

    /// Its bits: bit `n` is the rule of number `n`.
    #[must_use]
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// The set and `rule`.
    #[must_use]
    pub const fn with(self, rule: Rule) -> Self {
        Self(self.0 | 1 << rule.number())
    }

    /// Whether `rule` is in it.
    #[must_use]
    pub const fn contains(self, rule: Rule) -> bool {
        self.0 & (1 << rule.number()) != 0
    }

    /// Every rule in it, in order of number.
    pub fn iter(self) -> impl Iterator<Item = Rule> {
        Rule::ALL.iter().copied().filter(move |rule| self.contains(*rule))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_of_rules_is_its_bits_and_knows_no_others() {
        let soft = Rules::NONE.with(Rule::DaysMax).with(Rule::RingFences);
        assert_eq!(soft.bits(), 0b100_0010);
        assert_eq!(Rules::from_bits(soft.bits()), Some(soft));
        assert!(soft.iter().eq([Rule::DaysMax, Rule::RingFences]));
        assert_eq!(Rules::from_bits(0x80), None);
    }
}
