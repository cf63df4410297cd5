//! What it means where an order's units are: for whoever waits for it, and for whoever pays.

use gantry_model::{EngineTime, Warehouse};

use super::{Candidate, OrderView, State};

/// Units at warehouses, rising, each once.
pub(crate) type Places = Vec<(Warehouse, u32)>;

/// What units at their places mean by what costs and days are now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    /// Warehouses of which no parcel has left yet.
    pub(crate) parcels: u16,
    /// Of these parcels and of all units, in minor units.
    pub(crate) cost_minor: i64,
    /// To the door, of the latest parcel.
    pub(crate) days: u32,
}

/// Sums units by warehouse.
pub(crate) fn by_warehouse(units: impl Iterator<Item = (Warehouse, u32)>) -> Places {
    let mut places: Places = units.filter(|(_, units)| *units > 0).collect();
    places.sort_unstable();
    places.dedup_by(|later, kept| {
        let is_same = later.0 == kept.0;
        kept.1 += if is_same { later.1 } else { 0 };
        is_same
    });
    places
}

/// Where an order has units that have not shipped, those of a bundle as one.
pub(crate) fn places_of(view: &OrderView<'_>) -> Places {
    by_warehouse(view.allocations.iter().map(|row| (row.warehouse, row.allocated)))
}

impl State {
    /// Days from `now` to the door.
    pub(crate) fn days(&self, candidate: &Candidate, now: EngineTime) -> u32 {
        u32::from(candidate.days) + self.capacity.row(candidate.warehouse).days_late(now)
    }

    /// What it would mean if the order had its units at `places`. Those that do not serve it now are
    /// passed over: nobody knows what they cost.
    pub(crate) fn figures(
        &self,
        view: &OrderView<'_>,
        places: &[(Warehouse, u32)],
        now: EngineTime,
    ) -> Figures {
        let mut figures = Figures::default();
        for (warehouse, units) in places {
            let mut candidates = self.network.candidates(view.row.zone);
            let Some(candidate) = candidates.find(|it| it.warehouse == *warehouse) else {
                continue;
            };
            if !view.has_shipped_from(*warehouse) {
                figures.parcels += 1;
                figures.cost_minor += i64::from(candidate.parcel_cost);
            }
            figures.cost_minor += i64::from(candidate.unit_cost) * i64::from(*units);
            figures.days = figures.days.max(self.days(candidate, now));
        }
        figures
    }
}
