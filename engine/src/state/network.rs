//! The network: which warehouses serve a zone, and what that costs.

use gantry_model::{CANDIDATES_PER_ZONE_MAX, CostRow, Warehouse, Zone};

use super::catalogue::WarehouseRow;

/// A warehouse that serves a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The warehouse.
    pub warehouse: Warehouse,
    /// 1 is preferred to 2.
    pub priority: u16,
    /// Days from order to door.
    pub days: u16,
    /// Minor units for a parcel.
    pub parcel_cost: u32,
    /// Minor units for each unit.
    pub unit_cost: u32,
    /// Whether the warehouse takes new orders.
    pub(crate) active: bool,
}

/// Candidates by zone, in order of warehouse handle.
#[derive(Debug, Default)]
pub struct Network {
    zones: Vec<Vec<Candidate>>,
}

impl Network {
    /// Warehouses that serve `zone` and take new orders, in order of handle.
    pub fn candidates(&self, zone: Zone) -> impl Iterator<Item = &Candidate> {
        self.serving(zone).iter().filter(|candidate| candidate.active)
    }

    /// Warehouses that serve `zone`, active or not.
    pub(crate) fn serving(&self, zone: Zone) -> &[Candidate] {
        self.zones.get(zone.index()).map_or(&[], Vec::as_slice)
    }

    /// Whether one more warehouse may serve `zone`.
    pub(crate) fn has_room(&self, zone: Zone, warehouse: Warehouse) -> bool {
        let serving = self.serving(zone);
        serving.len() < CANDIDATES_PER_ZONE_MAX || position(serving, warehouse).is_ok()
    }

    pub(crate) fn add_zone(&mut self, zone: Zone) {
        assert_eq!(zone.index(), self.zones.len(), "zones come in order of their handles");
        self.zones.push(Vec::new());
    }

    /// Sets or removes one row; returns what was there before.
    pub(crate) fn set_cost(
        &mut self,
        warehouse: Warehouse,
        row: &WarehouseRow,
        cost: &CostRow,
    ) -> Option<Candidate> {
        let serving = &mut self.zones[cost.zone().index()];
        let candidate = Candidate {
            warehouse,
            priority: row.priority,
            days: cost.days(),
            parcel_cost: cost.parcel_cost(),
            unit_cost: cost.unit_cost(),
            active: row.active,
        };
        match (position(serving, warehouse), cost.is_served()) {
            (Ok(at), true) => Some(std::mem::replace(&mut serving[at], candidate)),
            (Ok(at), false) => Some(serving.remove(at)),
            (Err(at), true) => {
                serving.insert(at, candidate);
                None
            }
            (Err(_), false) => None,
        }
    }

    /// Carries a warehouse's priority and activity into every zone it serves.
    pub(crate) fn set_warehouse(&mut self, warehouse: Warehouse, row: &WarehouseRow) {
        for serving in &mut self.zones {
            if let Ok(at) = position(serving, warehouse) {
                serving[at].priority = row.priority;
                serving[at].active = row.active;
            }
        }
    }
}

fn position(serving: &[Candidate], warehouse: Warehouse) -> Result<usize, usize> {
    serving.binary_search_by_key(&warehouse, |candidate| candidate.warehouse)
}
