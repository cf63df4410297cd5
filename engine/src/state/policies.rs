//! Sourcing policies, and which channel's orders each binds.

use gantry_model::{
    Channel, Objective, PARCELS_PER_ORDER_MAX, Policy, Rule, Rules, Sku, Warehouse,
};

/// Days that no parcel takes longer than: no rule.
pub(crate) const DAYS_ANY: u16 = u16::MAX;

/// A policy as it stands: its last version.
#[derive(Clone, Debug)]
pub struct PolicyRow {
    /// Stands for the code in state hashes; 0 for the built-in policy, which has no code.
    pub(crate) code_hash: u64,
    /// Stands for both lists in state hashes.
    pub(crate) lists_hash: u64,
    /// How often it was set.
    pub version: u32,
    /// What the best plan has least of.
    pub objective: Objective,
    /// Rules that a second pass drops.
    pub soft: Rules,
    /// Parcels that one order may have.
    pub parcels_max: u16,
    /// Days that a parcel may be on its way; 65,535 = any number.
    pub days_max: u16,
    /// Orders of a value below it are not split; 0 = no such rule.
    pub split_value_min: i64,
    /// The only warehouses it may use, rising; none = all.
    pub warehouses: Vec<Warehouse>,
    /// Orders with one of these are not split; rising.
    pub no_split_skus: Vec<Sku>,
}

impl PolicyRow {
    /// What sources orders while nobody has said otherwise.
    const BUILT_IN: Self = Self {
        code_hash: 0,
        lists_hash: 0,
        version: 0,
        objective: Objective::LeastCost,
        soft: Rules::NONE,
        parcels_max: PARCELS_PER_ORDER_MAX,
        days_max: DAYS_ANY,
        split_value_min: 0,
        warehouses: Vec::new(),
        no_split_skus: Vec::new(),
    };

    /// Whether the policy lets orders use `warehouse`.
    #[must_use]
    pub fn allows(&self, warehouse: Warehouse) -> bool {
        self.warehouses.is_empty() || self.warehouses.binary_search(&warehouse).is_ok()
    }

    /// Whether a parcel on its way for so many days takes longer than the policy's days.
    #[must_use]
    pub fn is_late(&self, days: u32) -> bool {
        self.days_max != DAYS_ANY && days > u32::from(self.days_max)
    }

    /// Whether an order of this value with these SKUs must come in one parcel.
    pub fn forbids_split(&self, value_minor: i64, skus: impl IntoIterator<Item = Sku>) -> bool {
        let has_minimum = self.split_value_min != 0;
        let is_small = has_minimum && value_minor != 0 && value_minor < self.split_value_min;
        let is_listed = |sku: Sku| self.no_split_skus.binary_search(&sku).is_ok();
        is_small || !self.no_split_skus.is_empty() && skus.into_iter().any(is_listed)
    }

    /// The rules that it has of its own; those of warehouses and ring-fences bind every policy.
    #[must_use]
    pub fn rules(&self) -> Rules {
        let rules = [
            (Rule::Warehouses, !self.warehouses.is_empty()),
            (Rule::DaysMax, self.days_max != DAYS_ANY),
            (Rule::ParcelsMax, self.parcels_max < PARCELS_PER_ORDER_MAX),
            (Rule::NoSplit, self.split_value_min != 0 || !self.no_split_skus.is_empty()),
            (Rule::OrdersPerDay, true),
            (Rule::UnitsPerDay, true),
            (Rule::RingFences, true),
        ];
        let held = rules.into_iter().filter(|(_, is_held)| *is_held);
        held.fold(Rules::NONE, |rules, (rule, _)| rules.with(rule))
    }
}

/// All policies of an instance.
#[derive(Debug)]
pub struct Policies {
    built_in: PolicyRow,
    rows: Vec<PolicyRow>,
    /// Of channels that have none of their own, and of orders that name no channel.
    default: Policy,
    /// By channel; [`Policy::NONE`] = none of its own.
    by_channel: Vec<Policy>,
}

impl Policies {
    pub(crate) const fn new() -> Self {
        Self {
            built_in: PolicyRow::BUILT_IN,
            rows: Vec::new(),
            default: Policy::NONE,
            by_channel: Vec::new(),
        }
    }

    /// The policy that sources orders of `channel`, and its handle.
    #[must_use]
    pub fn of(&self, channel: Channel) -> (Policy, &PolicyRow) {
        let policy = match self.own(channel) {
            Policy::NONE => self.default,
            own => own,
        };
        (policy, self.rows.get(policy.index()).unwrap_or(&self.built_in))
    }

    /// The policy that was assigned to `channel`, or to all with [`Channel::NONE`].
    #[must_use]
    pub fn assigned(&self, channel: Channel) -> Policy {
        if channel == Channel::NONE { self.default } else { self.own(channel) }
    }

    /// The policy, if it is known.
    #[must_use]
    pub fn row(&self, policy: Policy) -> Option<&PolicyRow> {
        self.rows.get(policy.index())
    }

    pub(crate) fn rows(&self) -> &[PolicyRow] {
        &self.rows
    }

    fn own(&self, channel: Channel) -> Policy {
        self.by_channel.get(channel.index()).copied().unwrap_or(Policy::NONE)
    }

    /// Sets a policy; returns what was there before.
    pub(crate) fn set(&mut self, policy: Policy, row: PolicyRow) -> Option<PolicyRow> {
        if policy.index() == self.rows.len() {
            self.rows.push(row);
            return None;
        }
        Some(std::mem::replace(&mut self.rows[policy.index()], row))
    }

    pub(crate) fn add_channel(&mut self) {
        self.by_channel.push(Policy::NONE);
    }

    pub(crate) fn assign(&mut self, channel: Channel, policy: Policy) {
        if channel == Channel::NONE {
            self.default = policy;
        } else {
            self.by_channel[channel.index()] = policy;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_without_a_policy_of_its_own_has_the_default() {
        let mut policies = Policies::new();
        let (own, web) = (Policy::new(1), Channel::new(0));
        policies.add_channel();
        assert_eq!(policies.of(web).1.version, 0, "the built-in one");
        for version in 1..=2 {
            policies.set(
                Policy::new(version - 1),
                PolicyRow { version: version.into(), ..PolicyRow::BUILT_IN },
            );
        }
        policies.assign(Channel::NONE, Policy::new(0));
        assert_eq!(policies.of(web).1.version, 1);
        policies.assign(web, own);
        assert_eq!((policies.of(web).0, policies.of(web).1.version), (own, 2));
        assert_eq!(policies.of(Channel::NONE).1.version, 1);
        policies.assign(web, Policy::NONE);
        assert_eq!(policies.of(web).1.version, 1);
    }

    #[test]
    fn little_value_or_a_listed_sku_forbids_a_split_and_a_value_not_said_does_not() {
        let row = PolicyRow {
            split_value_min: 100,
            no_split_skus: vec![Sku::new(7)],
            ..PolicyRow::BUILT_IN
        };
        assert!(row.forbids_split(99, []));
        assert!(!row.forbids_split(100, []) && !row.forbids_split(0, []));
        assert!(row.forbids_split(500, [Sku::new(3), Sku::new(7)]));
    }
}
