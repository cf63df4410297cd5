//! Ties: what decides between plans of equally many units and equal weight.

use super::model::{Model, bits, set_of};
use super::weight::Weight;

/// What decides between plans of one weight: the less, the better.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tie {
    parcels: u32,
    days: u32,
    priorities: u32,
    /// The positions as bits, first position highest, complemented: of two lists, the one with the
    /// lower position where they first differ is less.
    places: u64,
}

impl Tie {
    /// Parcels added.
    pub(super) const fn parcels(self) -> u32 {
        self.parcels
    }

    /// Of a plan with units from `used`.
    pub(super) fn of<W: Weight>(model: &Model<W>, used: u64) -> Self {
        let opened = used & !model.open;
        let of_opened = || bits(opened).map(|rank| &model.sources[rank]);
        Self {
            parcels: opened.count_ones(),
            days: bits(used).map(|rank| model.sources[rank].days).max().unwrap_or(0),
            priorities: of_opened().map(|source| u32::from(source.priority)).sum(),
            places: !set_of(bits(opened).map(|rank| 63 - model.positions[rank])),
        }
    }

    /// That no plan lies below which opens all of `included`, and of `rest` at least `more`
    /// sources; `parcels` is what the plan to be beaten opens.
    pub(super) fn bound<W: Weight>(
        model: &Model<W>,
        included: u64,
        rest: u64,
        more: u32,
        parcels: u32,
    ) -> Self {
        let opened = included & !model.open;
        let least = opened.count_ones() + more;
        if least != parcels {
            // Decided by the number of parcels alone.
            return Self { parcels: least, ..Self::default() };
        }
        let more = more as usize;
        let mut days = [0; u64::BITS as usize];
        let mut priorities = [0; u64::BITS as usize];
        let mut places = [0; u64::BITS as usize];
        let count = rest.count_ones() as usize;
        for (slot, rank) in bits(rest).enumerate() {
            days[slot] = model.sources[rank].days;
            priorities[slot] = u32::from(model.sources[rank].priority);
            places[slot] = model.positions[rank];
        }
        days[..count].sort_unstable();
        priorities[..count].sort_unstable();
        places[..count].sort_unstable();
        let of_included = Self::of(model, opened);
        let first_places = set_of(places[..more].iter().map(|place| 63 - place));
        Self {
            parcels: least,
            days: of_included.days.max(if more > 0 { days[more - 1] } else { 0 }),
            priorities: of_included.priorities + priorities[..more].iter().sum::<u32>(),
            places: of_included.places & !first_places,
        }
    }
}
