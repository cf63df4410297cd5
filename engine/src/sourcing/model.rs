//! A problem as the search wants it: weighed, without useless sources, sources in order of weight.

use super::weighing::Weighing;
use super::weight::Weight;
use super::{Part, Problem, Source};

/// The set bits of a set of sources, rising.
pub(super) fn bits(mut set: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let next = set.trailing_zeros() as usize;
        (set != 0).then(|| {
            set &= set - 1;
            next
        })
    })
}

/// The set of these bits.
pub(super) fn set_of(bits: impl Iterator<Item = usize>) -> u64 {
    bits.fold(0, |set, bit| set | 1 << bit)
}

/// The sum of the `count` least weights, and the greatest of these.
pub(super) fn least<W: Weight>(weights: impl Iterator<Item = W>, count: u32) -> (W, W) {
    let mut least = [W::default(); 4];
    let kept = least.len().min(count as usize);
    let mut known = 0;
    for weight in weights {
        let mut at = known;
        while at > 0 && weight < least[at - 1] {
            if at < kept {
                least[at] = least[at - 1];
            }
            at -= 1;
        }
        if at < kept {
            least[at] = weight;
            known = kept.min(known + 1);
        }
    }
    let sum = least[..known].iter().fold(W::default(), |sum, weight| sum + *weight);
    let greatest = least[..known].last().copied().unwrap_or_default();
    // Those not kept weigh no less than the greatest that is.
    (sum + greatest.times(count.saturating_sub(4)), greatest)
}

/// A weighed problem. Kept and filled again.
///
/// A source's *rank* is its place here; rising ranks are the order in which units are wanted where
/// weights do not tell: by weight of a unit (unless shadow prices let that differ from SKU to SKU),
/// then priority number, then position.
#[derive(Debug, Default)]
pub(super) struct Model<W: Weight> {
    /// Position of each source in the problem, by rank.
    pub(super) positions: Vec<usize>,
    /// The sources, by rank.
    pub(super) sources: Vec<Source>,
    /// Weight of a parcel, by rank; zero for an open source.
    pub(super) parcels: Vec<W>,
    /// Units that the best plan could at most have, demand by demand.
    pub(super) targets: Vec<u32>,
    /// Sources that have any unit of a demand.
    pub(super) suppliers: Vec<u64>,
    /// Sources that have the target of a demand.
    pub(super) whole: Vec<u64>,
    /// Sources that send a parcel already.
    pub(super) open: u64,
    /// All targets together.
    pub(super) target_units: u32,
    /// Demands that share components, by units of it that one unit consumes, fewest first.
    pub(super) parts: Vec<Part>,
    /// Units left of each component, by component and rank.
    pub(super) left: Vec<u32>,
    /// Whether one demand's units may bound another's.
    pub(super) is_coupled: bool,
    ranks: Vec<W::Rank>,
    caps: Vec<u32>,
    units: Vec<W>,
    /// Whether `units` has a weight for each demand at each source, or for each source only.
    is_priced: bool,
}

impl<W: Weight> Model<W> {
    pub(super) fn fill<M: Weighing<Weight = W>>(&mut self, problem: &Problem, weighing: &M) {
        self.is_priced = weighing.is_priced() && !problem.prices.is_empty();
        self.rank(problem, weighing);
        self.targets.clear();
        self.suppliers.clear();
        self.whole.clear();
        self.caps.clear();
        self.units.clear();
        self.target_units = 0;
        for demand in 0..problem.demands.len() {
            self.add_demand(problem, demand);
            if self.is_priced {
                self.add_prices(problem, demand, weighing);
            }
        }
        if !self.is_priced {
            self.units.extend(self.sources.iter().map(|source| weighing.unit(source)));
        }
        self.couple(problem);
    }

    fn couple(&mut self, problem: &Problem) {
        self.parts.clear();
        self.parts.extend(&problem.parts);
        self.parts.sort_unstable_by_key(|part| (part.units_each, part.component, part.demand));
        self.left.clear();
        for row in problem.left.chunks_exact(problem.sources.len().max(1)) {
            self.left.extend(self.positions.iter().map(|position| row[*position]));
        }
        let is_bounded = self.sources.iter().any(|source| source.units_max < self.target_units);
        self.is_coupled = is_bounded || !self.parts.is_empty();
    }

    /// The components that `demand` shares.
    pub(super) fn parts_of(&self, demand: usize) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(move |part| part.demand == demand)
    }

    /// How many components are shared.
    pub(super) fn components(&self) -> usize {
        self.left.len().checked_div(self.sources.len()).unwrap_or(0)
    }

    /// Orders the sources that have anything.
    fn rank<M: Weighing<Weight = W>>(&mut self, problem: &Problem, weighing: &M) {
        let useful = useful(problem);
        self.ranks.clear();
        self.ranks.extend(bits(useful).map(|position| {
            let source = &problem.sources[position];
            let unit = if self.is_priced { W::default() } else { weighing.unit(source) };
            unit.rank(source.priority, position)
        }));
        self.ranks.sort_unstable();
        self.positions.clear();
        self.positions.extend(self.ranks.iter().map(W::position));
        self.sources.clear();
        self.sources.extend(self.positions.iter().map(|position| problem.sources[*position]));
        self.parcels.clear();
        self.open = 0;
        for (rank, source) in self.sources.iter().enumerate() {
            self.open |= u64::from(source.is_open) << rank;
            let parcel = if source.is_open { W::default() } else { weighing.parcel(source) };
            self.parcels.push(parcel);
        }
    }

    fn add_demand(&mut self, problem: &Problem, demand: usize) {
        let wanted = problem.demands[demand].units;
        let row = &problem.available[demand * problem.sources.len()..][..problem.sources.len()];
        let first = self.caps.len();
        let sources = self.positions.iter().zip(&self.sources);
        self.caps.extend(
            sources.map(|(position, source)| row[*position].min(source.units_max).min(wanted)),
        );
        let caps = &self.caps[first..];
        let target = caps.iter().fold(0, |reach: u32, cap| reach.saturating_add(*cap)).min(wanted);
        let (mut suppliers, mut whole) = (0, 0);
        for (rank, cap) in caps.iter().enumerate() {
            suppliers |= u64::from(*cap > 0) << rank;
            whole |= u64::from(*cap >= target) << rank;
        }
        self.targets.push(target);
        self.suppliers.push(suppliers);
        self.whole.push(whole & suppliers);
        self.target_units += target;
    }

    fn add_prices<M: Weighing<Weight = W>>(
        &mut self,
        problem: &Problem,
        demand: usize,
        weighing: &M,
    ) {
        for (position, source) in self.positions.iter().zip(&self.sources) {
            let price = weighing.price(problem.price(demand, *position));
            self.units.push(weighing.unit(source) + price);
        }
    }

    /// Every source.
    pub(super) fn all(&self) -> u64 {
        u64::MAX.checked_shr(u64::BITS - self.count()).unwrap_or(0)
    }

    /// The ranks of the sources at the positions in `set`.
    pub(super) fn ranks(&self, set: u64) -> u64 {
        set_of((0..self.positions.len()).filter(|rank| set >> self.positions[*rank] & 1 != 0))
    }

    fn count(&self) -> u32 {
        u32::try_from(self.sources.len()).expect("invariant: at most 64 sources")
    }

    /// Units of `demand` that could come from the source of `rank`: at most those wanted.
    pub(super) fn cap(&self, demand: usize, rank: usize) -> u32 {
        self.caps[demand * self.sources.len() + rank]
    }

    /// What a unit of `demand` from the source of `rank` weighs.
    pub(super) fn unit(&self, demand: usize, rank: usize) -> W {
        if self.is_priced {
            self.units[demand * self.sources.len() + rank]
        } else {
            self.units[rank]
        }
    }

    /// The first of `set`, not empty, to take units of `demand` from.
    pub(super) fn cheapest(&self, demand: usize, set: u64) -> usize {
        let first = set.trailing_zeros() as usize;
        if !self.is_priced {
            return first;
        }
        bits(set).min_by_key(|rank| (self.unit(demand, *rank), *rank)).unwrap_or(first)
    }

    /// The sources of `set` that have any unit of `demand`, in the order in which it takes from them.
    pub(super) fn by_price(&self, demand: usize, set: u64) -> impl Iterator<Item = usize> {
        let mut suppliers = set & self.suppliers[demand];
        std::iter::from_fn(move || {
            let next = (suppliers != 0).then(|| self.cheapest(demand, suppliers));
            suppliers &= !next.map_or(0, |rank| 1 << rank);
            next
        })
    }

    /// What the `count` lightest parcels of `set` weigh.
    pub(super) fn lightest(&self, set: u64, count: u32) -> W {
        least(bits(set).map(|rank| self.parcels[rank]), count).0
    }

    /// What the parcels of `set` weigh.
    pub(super) fn parcels_of(&self, set: u64) -> W {
        bits(set & !self.open).fold(W::default(), |sum, rank| sum + self.parcels[rank])
    }
}

/// Positions of the sources that have any unit, or could take one.
fn useful(problem: &Problem) -> u64 {
    let mut useful = 0;
    for row in problem.available.chunks_exact(problem.sources.len().max(1)) {
        for (position, available) in row.iter().enumerate() {
            useful |= u64::from(*available > 0) << position;
        }
    }
    let spent = problem.sources.iter().enumerate().filter(|(_, source)| source.units_max == 0);
    spent.fold(useful, |useful, (position, _)| useful & !(1 << position))
}
