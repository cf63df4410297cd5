//! What must be so: holds by id, by their ends and by their owners, and units by SKU.

use std::collections::{BTreeMap, HashMap};

use gantry_model::RejectReason;

/// A hold; of its lines no two have one SKU.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) owner: u128,
    pub(crate) placed: u64,
    pub(crate) expires: u64,
    /// SKU and units.
    pub(crate) lines: Vec<(u32, u32)>,
}

impl Held {
    fn units(&self, sku: u32) -> u32 {
        self.lines.iter().filter(|line| line.0 == sku).map(|line| line.1).sum()
    }
}

/// See the module.
pub(crate) struct Model {
    pub(crate) holds: HashMap<u128, Held>,
    by_end: BTreeMap<(u64, u64), u128>,
    by_owner: BTreeMap<(u128, u64), u128>,
    /// By SKU.
    held: Vec<u32>,
    allocated: Vec<u32>,
    units_each: u32,
}

impl Model {
    pub(crate) fn new(skus: usize, units_each: u32) -> Self {
        Self {
            holds: HashMap::new(),
            by_end: BTreeMap::new(),
            by_owner: BTreeMap::new(),
            held: vec![0; skus],
            allocated: vec![0; skus],
            units_each,
        }
    }

    pub(crate) fn available(&self, sku: u32) -> u32 {
        let at = sku as usize;
        self.units_each - self.held[at] - self.allocated[at]
    }

    pub(crate) fn first_end(&self) -> Option<u64> {
        self.by_end.first_key_value().map(|(key, _)| key.0)
    }

    /// Whether a hold can be used; one that is not there was once.
    pub(crate) fn is_active(&self, id: u128, now: u64) -> bool {
        self.holds.get(&id).is_some_and(|hold| now < hold.expires)
    }

    pub(crate) fn add(&mut self, id: u128, hold: Held) {
        for (sku, units) in &hold.lines {
            self.held[*sku as usize] += units;
        }
        self.by_end.insert((hold.expires, hold.placed), id);
        self.by_owner.insert((hold.owner, hold.placed), id);
        self.holds.insert(id, hold);
    }

    pub(crate) fn remove(&mut self, id: u128) -> Held {
        let hold = self.holds.remove(&id).expect("invariant: the caller found it");
        for (sku, units) in &hold.lines {
            self.held[*sku as usize] -= units;
        }
        self.by_end.remove(&(hold.expires, hold.placed));
        self.by_owner.remove(&(hold.owner, hold.placed));
        hold
    }

    pub(crate) fn extend(&mut self, id: u128, expires: u64) {
        let hold = self.holds.get_mut(&id).expect("invariant: the caller found it");
        if expires > hold.expires {
            self.by_end.remove(&(hold.expires, hold.placed));
            hold.expires = expires;
            self.by_end.insert((expires, hold.placed), id);
        }
    }

    /// Removes the holds whose time has come, in order.
    pub(crate) fn expire(&mut self, now: u64) -> Vec<Held> {
        let mut over = Vec::new();
        while let Some((_, id)) = self.by_end.first_key_value().filter(|(key, _)| key.0 <= now) {
            over.push(self.remove(*id));
        }
        over
    }

    /// Whether a hold of these lines can be had where `replaced` is let go.
    pub(crate) fn can_hold(&self, lines: &[(u32, u32)], replaced: Option<u128>) -> bool {
        let replaced = replaced.map(|id| &self.holds[&id]);
        let back = |sku| replaced.map_or(0, |hold| hold.units(sku));
        lines.iter().all(|(sku, units)| self.available(*sku) + back(*sku) >= *units)
    }

    /// Lets an order have its lines, with the units of its hold and its owner's.
    pub(crate) fn order(
        &mut self,
        hold: Option<u128>,
        lines: &[(u32, u32)],
        now: u64,
    ) -> Result<(), RejectReason> {
        let owner = hold.map(|id| self.holds[&id].owner);
        let others: Vec<u128> = owner.map_or_else(Vec::new, |owner| {
            let of_owner = self.by_owner.range((owner, 0)..=(owner, u64::MAX));
            let active = of_owner.map(|(_, id)| *id).filter(|id| self.is_active(*id, now));
            active.filter(|id| Some(*id) != hold).collect()
        });
        let own = |sku| -> u32 {
            let own = others.iter().chain(&hold).map(|id| self.holds[id].units(sku));
            own.sum()
        };
        if lines.iter().any(|(sku, units)| self.available(*sku) + own(*sku) < *units) {
            return Err(RejectReason::OutOfStock);
        }
        hold.map(|id| self.remove(id));
        for (sku, units) in lines {
            // What the order's own hold held is available now.
            let mut need = units.saturating_sub(self.available(*sku));
            for other in &others {
                let hold = self.holds.get_mut(other).expect("invariant: it was found");
                for line in hold.lines.iter_mut().filter(|line| line.0 == *sku) {
                    let taken = line.1.min(need);
                    line.1 -= taken;
                    need -= taken;
                    self.held[*sku as usize] -= taken;
                }
                hold.lines.retain(|line| line.1 > 0);
            }
            assert_eq!(need, 0, "what an order gets is there");
            self.allocated[*sku as usize] += units;
        }
        Ok(())
    }
}
