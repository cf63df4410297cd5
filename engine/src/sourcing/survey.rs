//! What the included sources of a node lack, and what those of the rest could add.

use super::bound::Scope;
use super::model::{Model, bits, set_of};
use super::weight::Weight;

/// A look at one scope. Kept and filled again.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// Units that the included sources lack of each demand.
    pub(super) missing: Vec<u32>,
    /// All of them together.
    pub(super) missing_units: u32,
    /// Units that the included sources and all of the rest could give.
    pub(super) reach_units: u32,
    /// Sources without which a demand cannot reach its target.
    pub(super) forced: u64,
    /// Sources of the rest that have all that is missing, demand by demand.
    whole: Vec<u64>,
    /// Units that each source of the rest could add by itself, by rank.
    marginals: Vec<u32>,
}

impl Survey {
    pub(super) fn fill<W: Weight>(&mut self, model: &Model<W>, scope: Scope) {
        self.missing.clear();
        self.whole.clear();
        (self.missing_units, self.reach_units, self.forced) = (0, 0, 0);
        for demand in 0..model.targets.len() {
            self.look_at(model, scope, demand);
        }
    }

    fn look_at<W: Weight>(&mut self, model: &Model<W>, scope: Scope, demand: usize) {
        let target = model.targets[demand];
        let suppliers = model.suppliers[demand];
        let caps = bits(suppliers & scope.included).map(|rank| model.cap(demand, rank));
        let missing = target.saturating_sub(caps.fold(0, u32::saturating_add));
        self.missing.push(missing);
        self.missing_units += missing;
        let whole = if missing == target {
            model.whole[demand] & scope.rest
        } else {
            let suppliers = if missing > 0 { suppliers & scope.rest } else { 0 };
            set_of(bits(suppliers).filter(|rank| model.cap(demand, *rank) >= missing))
        };
        self.whole.push(whole);
        if missing == 0 || whole & whole.wrapping_sub(1) != 0 {
            // With two sources that have all, it can do without any one.
            self.reach_units += target;
            return;
        }
        let caps = bits(suppliers & scope.rest).map(|rank| model.cap(demand, rank));
        let reach = caps.fold(target - missing, u32::saturating_add);
        let spare = reach.saturating_sub(target);
        self.reach_units += reach.min(target);
        let forced = bits(suppliers & scope.rest).filter(|rank| model.cap(demand, *rank) > spare);
        self.forced |= set_of(forced);
    }

    /// Sources of `rest` that have all that is missing.
    pub(super) fn completing(&self, rest: u64) -> u64 {
        let short = self.missing.iter().zip(&self.whole).filter(|(missing, _)| **missing > 0);
        short.fold(rest, |all, (_, whole)| all & whole)
    }

    /// Sources of `rest` that may have, together with the source of `rank`, all that is missing.
    pub(super) fn completing_with<W: Weight>(
        &self,
        model: &Model<W>,
        rest: u64,
        rank: usize,
    ) -> u64 {
        let mut all = rest;
        for (demand, whole) in self.whole.iter().enumerate() {
            if self.missing[demand] > 0 && whole >> rank & 1 == 0 {
                let suppliers = model.suppliers[demand];
                all &= if suppliers >> rank & 1 != 0 { suppliers } else { *whole };
                if all == 0 {
                    break;
                }
            }
        }
        all
    }

    /// Looks at what each source of the rest could add by itself.
    pub(super) fn weigh<W: Weight>(&mut self, model: &Model<W>, rest: u64) {
        self.marginals.clear();
        self.marginals.resize(model.sources.len(), 0);
        for (demand, missing) in self.missing.iter().enumerate().filter(|(_, units)| **units > 0) {
            for rank in bits(rest & model.suppliers[demand]) {
                self.marginals[rank] += model.cap(demand, rank).min(*missing);
            }
        }
    }

    /// What the source of `rank` could add by itself, once weighed.
    pub(super) fn marginal(&self, rank: usize) -> u32 {
        self.marginals[rank]
    }

    /// Units that the `count` sources of `rest` that add most could add at most, and how many
    /// sources it takes to add `units`; `None` if so many cannot.
    pub(super) fn most(&self, mut rest: u64, count: u32, units: u32) -> (u32, Option<u32>) {
        let (mut most, mut needed) = (0_u32, (units == 0).then_some(0));
        for number in 1..=count {
            let Some(rank) = bits(rest).max_by_key(|rank| self.marginals[*rank]) else { break };
            most = most.saturating_add(self.marginals[rank]).min(self.missing_units);
            rest &= !(1 << rank);
            if most >= units && needed.is_none() {
                needed = Some(number);
            }
            if most == self.missing_units {
                break;
            }
        }
        (most, needed)
    }
}
