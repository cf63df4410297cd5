//! The lower bound: what every plan of a node of the search weighs at least.
//!
//! A node has sources that are included and sources of the rest, of which its plans open at least
//! `more`. Let f be the weight of a parcel, c of a unit, a what a source could give of a demand.
//!
//! **Surcharges.** Spread each parcel of the rest over units: for any surcharges s ≥ 0 with
//! Σ_d a(d,w)·s(d,w) ≤ f(w), a plan that opens w pays f(w) ≥ Σ_d s(d,w)·x(d,w). So it weighs at
//! least the parcels of the included sources plus each demand filled by itself, at c + s (at c from
//! included sources). That fill ignores what couples the demands, so it is easy, and a bound.
//!
//! **Ascent.** Good surcharges are found as in the dual ascent of Erlenkotter (A dual-based
//! procedure for uncapacitated facility location, Operations Research 26, 1978), carried over to
//! sources that have a part of a demand only. Demand by demand: let each source charge as much as
//! its share of the parcel not yet spread permits, fill at those prices, let v be the price of the
//! dearest unit filled; what a source charges above v is given back, for the fill does not change.
//! The first pass lets a demand charge in proportion to its units among those still to come, the
//! second lets it take all that is left.
//!
//! **Parcels.** Of a plan that opens `more` sources or further ones, take the least parcel μ out of
//! each: Σ f = Σ (f − μ) + μ·(number opened) ≥ Σ (f − μ) + μ·more, and spread f − μ only. What then
//! is left of a source's f − μ, its slack, is paid by every plan that opens it; so the `more` least
//! slacks come on top, and for plans that open a certain source, what its slack is above them.
//!
//! **Units.** The bound for plans of U units is the cheapest U units of the fills: in each demand
//! the cheapest come first, so the dearest of all are dropped until U are left.

use super::model::{Model, bits, least};
use super::weight::Weight;

/// A node of the search.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope {
    /// Sources whose parcels its plans pay.
    pub(super) included: u64,
    /// Sources that its plans may open.
    pub(super) rest: u64,
    /// Sources of the rest that its plans open at least.
    pub(super) more: u32,
}

/// The relaxed problem of one node. Kept and filled again.
#[derive(Debug, Default)]
pub(super) struct Bound<W> {
    /// What is not yet spread of each source's parcel, by rank.
    slack: Vec<W>,
    /// The greatest slack that is in the bound.
    counted: W,
    /// Units that the relaxed fill takes from each source, by rank.
    pub(super) taken: Vec<u32>,
    surcharges: Vec<W>,
    /// Units of demands still to come that each source could give, by rank.
    claims: Vec<u32>,
    prices: Vec<W>,
    segments: Vec<(W, u32)>,
}

impl<W: Weight> Bound<W> {
    /// What every plan of `scope` with `units` units weighs at least, where `missing` is what its
    /// included sources lack of each demand.
    pub(super) fn relax(
        &mut self,
        model: &Model<W>,
        scope: Scope,
        missing: &[u32],
        units: u32,
    ) -> W {
        let lightest = model.lightest(scope.rest, 1);
        self.start(model, scope, missing, lightest);
        for (demand, missing) in missing.iter().enumerate() {
            // Where the included sources suffice they set the price: nothing to spread over.
            if *missing > 0 {
                self.ascend(model, scope, demand, Charge::InProportion);
            }
        }
        self.segments.clear();
        self.taken.fill(0);
        let mut fills = W::default();
        for demand in 0..missing.len() {
            fills += self.ascend(model, scope, demand, Charge::AllThatIsLeft);
        }
        fills = fills - self.surplus(units);
        let (slacks, counted) = least(bits(scope.rest).map(|rank| self.slack[rank]), scope.more);
        self.counted = counted;
        model.parcels_of(scope.included) + lightest.times(scope.more) + fills + slacks
    }

    /// What plans that open the source of `rank` weigh above the bound.
    pub(super) fn paid(&self, rank: usize) -> W {
        self.slack[rank].max(self.counted) - self.counted
    }

    fn start(&mut self, model: &Model<W>, scope: Scope, missing: &[u32], lightest: W) {
        let count = model.sources.len();
        self.slack.clear();
        self.slack.extend(model.parcels.iter().map(|parcel| *parcel - lightest));
        self.taken.resize(count, 0);
        self.prices.resize(count, W::default());
        self.surcharges.clear();
        self.surcharges.resize(count * missing.len(), W::default());
        self.claims.clear();
        self.claims.resize(count, 0);
        for (demand, missing) in missing.iter().enumerate() {
            if *missing > 0 {
                for rank in bits(scope.rest & model.suppliers[demand]) {
                    self.claims[rank] += model.cap(demand, rank);
                }
            }
        }
    }

    /// Raises the surcharges of `demand` as far as they raise its fill; returns the fill.
    fn ascend(&mut self, model: &Model<W>, scope: Scope, demand: usize, charge: Charge) -> W {
        let first = demand * model.sources.len();
        let suppliers = (scope.included | scope.rest) & model.suppliers[demand];
        for rank in bits(suppliers) {
            let mut price = model.unit(demand, rank);
            if scope.rest & 1 << rank != 0 {
                let cap = model.cap(demand, rank);
                let units = match charge {
                    Charge::InProportion => self.claims[rank],
                    Charge::AllThatIsLeft => cap,
                };
                price += self.surcharges[first + rank] + self.slack[rank].per(units);
            }
            self.prices[rank] = price;
        }
        let (fill, dearest) = self.fill(model, demand, suppliers, charge);
        for rank in bits(suppliers & scope.rest) {
            let cap = model.cap(demand, rank);
            if charge == Charge::InProportion {
                self.claims[rank] -= cap;
            }
            let unit = model.unit(demand, rank);
            if unit < dearest {
                let surcharge = self.prices[rank].min(dearest) - unit;
                let raised = surcharge - self.surcharges[first + rank];
                self.slack[rank] = self.slack[rank] - raised.times(cap);
                self.surcharges[first + rank] = surcharge;
            }
        }
        fill
    }

    /// Fills one demand at `prices`; returns the fill and the price of its dearest unit.
    fn fill(
        &mut self,
        model: &Model<W>,
        demand: usize,
        mut suppliers: u64,
        charge: Charge,
    ) -> (W, W) {
        let (mut fill, mut dearest) = (W::default(), W::default());
        let mut left = model.targets[demand];
        while left > 0 && suppliers != 0 {
            let cheapest = bits(suppliers).min_by_key(|rank| self.prices[*rank]);
            let Some(rank) = cheapest else { break };
            let units = model.cap(demand, rank).min(left);
            dearest = self.prices[rank];
            fill += dearest.times(units);
            suppliers &= !(1 << rank);
            left -= units;
            if charge == Charge::AllThatIsLeft {
                self.taken[rank] += units;
                self.segments.push((dearest, units));
            }
        }
        (fill, dearest)
    }

    /// The dearest units of the fills beyond `units`.
    fn surplus(&mut self, units: u32) -> W {
        let filled: u32 = self.segments.iter().map(|(_, units)| *units).sum();
        let mut surplus = filled.saturating_sub(units);
        let mut weight = W::default();
        if surplus > 0 {
            self.segments.sort_unstable();
        }
        while surplus > 0 {
            let Some((price, units)) = self.segments.pop() else { break };
            weight += price.times(units.min(surplus));
            surplus = surplus.saturating_sub(units);
        }
        weight
    }
}

/// How much of its slack a source lets one demand take.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Charge {
    /// In proportion to the demand's units among those still to come.
    InProportion,
    /// All of it.
    AllThatIsLeft,
}
