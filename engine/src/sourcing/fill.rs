//! The exact inner problem: units from a fixed set of sources.
//!
//! Where nothing couples the demands, each takes from the cheapest source of the set until it has
//! its target or the set has no more: that is the best for each demand by itself, so for all. Where
//! something does, see `coupled`.

use super::model::Model;
use super::weight::Weight;

/// What a set of sources comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Filled<W> {
    /// Units that it allocates.
    pub(super) units: u32,
    /// Their weight and that of the parcels.
    pub(super) weight: W,
    /// The sources that units come from.
    pub(super) used: u64,
}

/// Allocates all that `set` can, `take` being told demand, rank and units.
pub(super) fn fill<W: Weight>(
    model: &Model<W>,
    set: u64,
    mut take: impl FnMut(usize, usize, u32),
) -> Filled<W> {
    let mut filled = Filled::default();
    for (demand, target) in model.targets.iter().enumerate() {
        let mut left = *target;
        let mut suppliers = set & model.suppliers[demand];
        while left > 0 && suppliers != 0 {
            let rank = model.cheapest(demand, suppliers);
            let units = model.cap(demand, rank).min(left);
            filled.weight += model.unit(demand, rank).times(units);
            filled.used |= 1 << rank;
            suppliers &= !(1 << rank);
            left -= units;
            take(demand, rank, units);
        }
        filled.units += target - left;
    }
    filled.weight += model.parcels_of(filled.used);
    filled
}
