//! From an order to a sourcing problem: which warehouses may serve it, with how many units.
//!
//! Rules apply twice. The first pass keeps every rule; the second drops the soft ones and serves
//! only what the first left over, on top of the parcels that the first opened.

use gantry_model::{
    CANDIDATES_PER_ZONE_MAX, EngineTime, LINES_PER_ORDER_MAX, Objective, PARCELS_PER_ORDER_MAX,
    PlaceOrder, Rule, Rules, Sku, Warehouse,
};

use super::held::Held;
use super::resource::Own;
use crate::sourcing::{Demand, Part, Problem, Source};
use crate::state::{Bar, Candidate, Claimant, PolicyRow, State, day_of, is_barred};

/// Units of an order from one warehouse; what passes have decided so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) sku: Sku,
    pub(crate) warehouse: Warehouse,
    pub(crate) units: u32,
}

/// One pass over an order: what it depends on besides the state.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pass<'a> {
    pub(crate) state: &'a State,
    pub(crate) policy: &'a PolicyRow,
    pub(crate) order: &'a PlaceOrder<'a>,
    pub(crate) now: EngineTime,
    /// Rules that this pass does not keep.
    pub(crate) dropped: Rules,
    /// What the pass before has decided.
    pub(crate) granted: &'a [Grant],
    /// Where the order has parcels already, which are in the state: each once.
    pub(crate) opened: &'a [Warehouse],
    /// What is held and this order may have.
    pub(crate) claim: Claim<'a>,
    /// Warehouses that the order has nothing from for a while.
    pub(crate) bars: &'a [Bar],
}

/// What an order may have besides what is available to everybody.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Claim<'a> {
    /// Nothing.
    Nothing,
    /// A waiting line's claim to what is set aside, of these SKUs.
    SetAside(Claimant, &'a [Sku]),
    /// The claim of an owner of holds to what they hold.
    Held(&'a Held),
    /// What an order that is sourced again has there itself.
    Own(&'a Own),
}

impl Claim<'_> {
    /// Units of `sku` at a warehouse that can be had under the claim, rules aside.
    fn in_reach(&self, pass: &Pass<'_>, sku: Sku, warehouse: Warehouse) -> u32 {
        let state = pass.state;
        match self {
            Self::SetAside(claimant, skus) if skus.contains(&sku) => {
                let claimed = state.claimable(sku, warehouse, *claimant, pass.now);
                state.stock.available_with(sku, warehouse, claimed.into())
            }
            Self::Nothing | Self::SetAside(..) => state.stock.available(sku, warehouse),
            // Holds are kept also where safety stock was raised above what is there.
            Self::Held(held) => state.stock.available(sku, warehouse) + held.at(sku, warehouse),
            Self::Own(own) => state.stock.available(sku, warehouse) + own.cells.at(sku, warehouse),
        }
    }

    /// Units that the warehouse works off for the order already, whatever else its day brings.
    fn units_worked_off(&self, warehouse: Warehouse) -> u32 {
        if let Self::Own(own) = self { own.units_at(warehouse) } else { 0 }
    }
}

impl<'a> Pass<'a> {
    /// The first pass: every rule is kept.
    pub(crate) fn first(state: &'a State, order: &'a PlaceOrder<'a>, now: EngineTime) -> Self {
        let (_, policy) = state.policies.of(order.channel);
        let (dropped, granted, claim) = (Rules::NONE, &[], Claim::Nothing);
        Self { state, policy, order, now, dropped, granted, opened: &[], claim, bars: &[] }
    }

    /// The first pass for who may have what is `held`, if anything is.
    pub(crate) fn of_owner(self, held: &'a Held) -> Self {
        if held.is_empty() { self } else { Self { claim: Claim::Held(held), ..self } }
    }

    /// The first pass for lines that wait, of an order that has the parcels `opened`.
    pub(crate) fn of_waiting(
        state: &'a State,
        order: &'a PlaceOrder<'a>,
        now: EngineTime,
        claim: Claim<'a>,
        opened: &'a [Warehouse],
    ) -> Self {
        Self { opened, claim, ..Self::first(state, order, now) }
    }

    /// The pass without warehouses that rejected units of the order, until each bar's time.
    pub(crate) fn sparing(self, bars: &'a [Bar]) -> Self {
        Self { bars, ..self }
    }

    /// Whether a warehouse is spared.
    pub(crate) fn is_barred(&self, warehouse: Warehouse) -> bool {
        is_barred(self.bars, warehouse, self.now)
    }

    /// Whether there is something for a second pass to drop.
    pub(crate) fn has_soft_rules(&self) -> bool {
        self.policy.soft != Rules::NONE
    }

    /// The second pass, over what `granted` leaves.
    pub(crate) fn second(self, granted: &'a [Grant]) -> Self {
        Self { dropped: self.policy.soft, granted, ..self }
    }

    /// A pass of its own, that keeps no rule.
    pub(crate) fn without_rules(self) -> Self {
        Self { dropped: self.policy.rules(), granted: &[], ..self }
    }

    pub(crate) fn is_first(&self) -> bool {
        self.dropped == Rules::NONE
    }

    fn keeps(&self, rule: Rule) -> bool {
        !self.dropped.contains(rule)
    }

    /// Days from now to the door.
    pub(crate) fn days(&self, candidate: &Candidate) -> u32 {
        self.state.days(candidate, self.now)
    }

    fn is_open(&self, warehouse: Warehouse) -> bool {
        self.opened.contains(&warehouse)
            || self.granted.iter().any(|grant| grant.warehouse == warehouse)
    }

    /// Units that the warehouse can still work off today.
    fn units_left(&self, warehouse: Warehouse) -> u32 {
        let left = self.state.capacity.units_left(warehouse, day_of(self.now));
        if left == u32::MAX || !self.keeps(Rule::UnitsPerDay) {
            return u32::MAX;
        }
        let left = left.max(self.claim.units_worked_off(warehouse));
        let here = self.granted.iter().filter(|grant| grant.warehouse == warehouse);
        left.saturating_sub(here.map(|grant| grant.units).sum())
    }

    /// The rule that takes a candidate out, if one does.
    pub(crate) fn removed_by(&self, candidate: &Candidate) -> Option<Rule> {
        let (warehouse, capacity) = (candidate.warehouse, &self.state.capacity);
        let is_full = || {
            capacity.orders_left(warehouse, day_of(self.now)) == 0
                && self.claim.units_worked_off(warehouse) == 0
        };
        if self.keeps(Rule::Warehouses) && !self.policy.allows(warehouse) {
            Some(Rule::Warehouses)
        } else if self.keeps(Rule::DaysMax) && self.is_late(candidate) {
            Some(Rule::DaysMax)
        } else if self.keeps(Rule::OrdersPerDay) && is_full() {
            Some(Rule::OrdersPerDay)
        } else if self.units_left(warehouse) == 0 {
            Some(Rule::UnitsPerDay)
        } else {
            None
        }
    }

    /// Whether a parcel from the candidate is on its way for longer than the policy's days.
    pub(crate) fn is_late(&self, candidate: &Candidate) -> bool {
        self.policy.is_late(self.days(candidate))
    }

    /// Parcels that this pass may add.
    fn parcels_left(&self) -> u32 {
        let policy = self.policy;
        let skus = self.order.lines.iter().map(gantry_model::OrderLine::sku);
        let max = if self.keeps(Rule::NoSplit) && policy.forbids_split(self.order.value_minor, skus)
        {
            1
        } else if self.keeps(Rule::ParcelsMax) {
            policy.parcels_max
        } else {
            PARCELS_PER_ORDER_MAX
        };
        u32::from(max).saturating_sub(self.parcels_open())
    }

    fn parcels_open(&self) -> u32 {
        let mut open = [Warehouse::NONE; CANDIDATES_PER_ZONE_MAX];
        let mut count = 0;
        for grant in self.granted {
            let is_known = self.opened.contains(&grant.warehouse);
            if !is_known && !open[..count].contains(&grant.warehouse) {
                open[count] = grant.warehouse;
                count += 1;
            }
        }
        let count = self.opened.len() + count;
        u32::try_from(count).expect("invariant: there are far fewer warehouses")
    }

    /// Fills `problem` from `demands`, which are what is still wanted.
    pub(crate) fn fill(&self, problem: &mut Problem) {
        problem.objective = self.policy.objective;
        problem.parcels_max = self.parcels_left();
        problem.steps_max = self.state.limits.sourcing_steps_max.into();
        self.fill_sources(problem);
        self.fill_available(problem);
        self.fill_shared(problem);
        self.fill_prices(problem);
    }

    fn fill_sources(&self, problem: &mut Problem) {
        let candidates = self.state.network.candidates(self.order.zone);
        let asked = candidates.filter(|candidate| !self.is_barred(candidate.warehouse));
        let kept = asked.filter(|candidate| self.removed_by(candidate).is_none());
        let needs_load = self.policy.objective == Objective::Balance;
        let sources = kept.map(|candidate| {
            let warehouse = candidate.warehouse;
            let units = self.state.stock.units_at(warehouse);
            Source {
                warehouse,
                priority: candidate.priority,
                days: self.days(candidate),
                parcel_cost: candidate.parcel_cost,
                unit_cost: candidate.unit_cost,
                units_max: self.units_left(warehouse),
                load_per_mille: if needs_load { units.load_per_mille() } else { 0 },
                is_open: self.is_open(warehouse),
            }
        });
        problem.sources.clear();
        problem.sources.extend(sources);
    }

    fn fill_available(&self, problem: &mut Problem) {
        let Problem { demands, sources, available, .. } = problem;
        available.clear();
        for demand in demands {
            if self.state.bundles.components(demand.sku).is_empty() {
                self.push_available(demand.sku, sources, available);
                continue;
            }
            let whole = |source: &Source| self.available_whole(demand.sku, source.warehouse);
            available.extend(sources.iter().map(whole));
        }
    }

    /// Units of `sku` at a warehouse that this order may have, and no pass has granted yet; of a
    /// bundle, whole ones.
    pub(crate) fn available_whole(&self, sku: Sku, warehouse: Warehouse) -> u32 {
        let parts = self.state.bundles.components(sku).iter();
        let whole = parts.map(|part| self.available(part.sku(), warehouse) / part.units());
        whole.min().unwrap_or_else(|| self.available(sku, warehouse))
    }

    /// Units of `sku` at a warehouse that this order could have, were it not for rules; of a bundle,
    /// whole ones.
    pub(crate) fn there(&self, sku: Sku, warehouse: Warehouse) -> u32 {
        let parts = self.state.bundles.components(sku).iter();
        let whole = parts.map(|part| self.in_reach(part.sku(), warehouse) / part.units());
        whole.min().unwrap_or_else(|| self.in_reach(sku, warehouse))
    }

    /// What most orders need: one SKU at every source.
    fn push_available(&self, sku: Sku, sources: &[Source], available: &mut Vec<u32>) {
        let is_plain = self.granted.is_empty()
            && matches!(self.claim, Claim::Nothing)
            && self.state.fences.of(sku).is_empty();
        let stock = &self.state.stock;
        if is_plain {
            available.extend(sources.iter().map(|source| stock.available(sku, source.warehouse)));
        } else {
            available.extend(sources.iter().map(|source| self.available(sku, source.warehouse)));
        }
    }

    /// Units of `sku` at a warehouse that this order may have, and no pass has granted yet.
    fn available(&self, sku: Sku, warehouse: Warehouse) -> u32 {
        let mut set_aside = 0;
        if self.keeps(Rule::RingFences) {
            set_aside += self.state.fenced(sku, warehouse, self.order.channel);
        }
        for grant in self.granted.iter().filter(|grant| grant.warehouse == warehouse) {
            if grant.sku == sku {
                set_aside += u64::from(grant.units);
            }
            let parts = self.state.bundles.components(grant.sku).iter();
            let parts = parts.filter(|part| part.sku() == sku);
            set_aside +=
                parts.map(|part| u64::from(part.units()) * u64::from(grant.units)).sum::<u64>();
        }
        let available = u64::from(self.in_reach(sku, warehouse));
        u32::try_from(available.saturating_sub(set_aside)).expect("invariant: less than it was")
    }

    /// Units of `sku` at a warehouse, rules aside.
    fn in_reach(&self, sku: Sku, warehouse: Warehouse) -> u32 {
        self.claim.in_reach(self, sku, warehouse)
    }

    /// Components that two demands of the order consume.
    fn fill_shared(&self, problem: &mut Problem) {
        problem.parts.clear();
        problem.left.clear();
        let bundles = &self.state.bundles;
        if bundles.is_empty() {
            return;
        }
        let mut count = 0;
        for first in 0..problem.demands.len() {
            for part in bundles.components(problem.demands[first].sku) {
                let sku = part.sku();
                let earlier = problem.demands[..first].iter();
                let is_known = earlier
                    .filter(|demand| !bundles.components(demand.sku).is_empty())
                    .any(|demand| self.units_each(demand, sku) > 0);
                let users = || {
                    let demands = problem.demands.iter().enumerate();
                    let users = demands.map(|(at, demand)| (at, self.units_each(demand, sku)));
                    users.filter(|(_, units_each)| *units_each > 0)
                };
                if is_known || users().count() < 2 {
                    continue;
                }
                let parts: Vec<Part> = users()
                    .map(|(demand, units_each)| Part { demand, component: count, units_each })
                    .collect();
                problem.parts.extend(parts);
                let left = problem.sources.iter();
                let left = left.map(|source| self.available(sku, source.warehouse));
                problem.left.extend(left);
                count += 1;
            }
        }
    }

    /// Units of `sku` that one unit of the demand consumes.
    fn units_each(&self, demand: &Demand, sku: Sku) -> u32 {
        if demand.sku == sku {
            return 1;
        }
        let parts = self.state.bundles.components(demand.sku).iter();
        parts.filter(|part| part.sku() == sku).map(gantry_model::Component::units).sum()
    }

    fn fill_prices(&self, problem: &mut Problem) {
        problem.prices.clear();
        let reads_prices = self.policy.objective == Objective::LeastCostWithShadowPrices;
        if !reads_prices || self.state.prices.is_empty() {
            return;
        }
        for demand in &problem.demands {
            let rows = self.state.prices.of(demand.sku);
            let price = |source: &Source| {
                let at = rows.binary_search_by_key(&source.warehouse, |row| row.warehouse);
                at.map_or(0, |at| rows[at].value)
            };
            problem.prices.extend(problem.sources.iter().map(price));
        }
    }
}

// Lines and candidates bound what a pass can grant.
const _: () = assert!(LINES_PER_ORDER_MAX * CANDIDATES_PER_ZONE_MAX <= u16::MAX as usize);
