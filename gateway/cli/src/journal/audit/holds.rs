//! Holds: who holds what, where, and until when, from records alone.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use gantry_model::{
    ExpireHolds, HOLD_SECONDS_MAX, HoldId, Movement, PlaceHold, Sequence, Sku, Warehouse,
};

use super::{Fault, rule};

const NS_PER_SECOND: u64 = 1_000_000_000;

/// Every hold that has not ended.
#[derive(Default)]
pub(super) struct Holds {
    /// By the record that placed it.
    there: BTreeMap<Sequence, Hold>,
    /// Ended ones too.
    by_id: HashMap<HoldId, Sequence>,
    by_owner: HashMap<u128, BTreeSet<Sequence>>,
    /// When they end, and which.
    by_end: BTreeSet<(u64, Sequence)>,
}

struct Hold {
    owner: u128,
    expires_ns: u64,
    rows: Vec<Row>,
}

/// Units at a place, in the order in which the places came.
#[derive(Clone, Copy)]
struct Row {
    line: u16,
    sku: Sku,
    warehouse: Warehouse,
    units: i64,
}

impl Row {
    fn is_of(&self, movement: &Movement) -> bool {
        let place = (movement.line(), movement.sku(), movement.warehouse());
        (self.line, self.sku, self.warehouse) == place
    }

    fn is_at(&self, sku: Sku, warehouse: Warehouse) -> bool {
        (self.sku, self.warehouse) == (sku, warehouse)
    }
}

impl Holds {
    /// A new hold, without units yet.
    pub(super) fn place(
        &mut self,
        placed: Sequence,
        hold: &PlaceHold<'_>,
        time_ns: u64,
    ) -> Result<(), Fault> {
        rule(hold.owner != 0, "a hold has an owner")?;
        let expires_ns = end(time_ns, hold.ttl_seconds)?;
        let earlier = self.by_id.insert(hold.id, placed);
        rule(earlier.is_none(), "a hold is placed once")?;
        self.there.insert(placed, Hold { owner: hold.owner, expires_ns, rows: Vec::new() });
        self.by_owner.entry(hold.owner).or_default().insert(placed);
        self.by_end.insert((expires_ns, placed));
        Ok(())
    }

    /// The record that placed the hold, which can be used now.
    pub(super) fn active(&self, id: HoldId, time_ns: u64) -> Result<Sequence, Fault> {
        let placed = self.by_id.get(&id).ok_or(Fault::Rule("the hold was never placed"))?;
        let hold = self.there.get(placed).ok_or(Fault::Rule("a hold ends once"))?;
        rule(time_ns < hold.expires_ns, "a hold is used before its time is over")?;
        Ok(*placed)
    }

    /// Whose hold it is.
    pub(super) fn owner(&self, placed: Sequence) -> Option<u128> {
        self.there.get(&placed).map(|hold| hold.owner)
    }

    /// A hold lasts longer, or as long as it did.
    pub(super) fn extend(
        &mut self,
        placed: Sequence,
        time_ns: u64,
        seconds: u32,
    ) -> Result<(), Fault> {
        let expires_ns = end(time_ns, seconds)?;
        if let Some(hold) = self.there.get_mut(&placed) {
            self.by_end.remove(&(hold.expires_ns, placed));
            hold.expires_ns = hold.expires_ns.max(expires_ns);
            self.by_end.insert((hold.expires_ns, placed));
        }
        Ok(())
    }

    /// Units come to a hold.
    pub(super) fn hold(&mut self, movement: &Movement) -> Result<(), Fault> {
        let hold = self.of(movement)?;
        let units = i64::from(movement.quantity());
        match hold.rows.iter_mut().find(|row| row.is_of(movement)) {
            Some(row) => row.units += units,
            None => {
                let (line, sku, warehouse) =
                    (movement.line(), movement.sku(), movement.warehouse());
                hold.rows.push(Row { line, sku, warehouse, units });
            }
        }
        Ok(())
    }

    /// Units leave a hold that has them.
    pub(super) fn unhold(&mut self, movement: &Movement) -> Result<(), Fault> {
        let hold = self.of(movement)?;
        let row = hold.rows.iter_mut().find(|row| row.is_of(movement));
        let row = row.ok_or(Fault::Rule("units leave a place where the hold has some"))?;
        row.units -= i64::from(movement.quantity());
        if row.units < 0 {
            let (figure, line, units) = ("held at that place", row.line, row.units);
            return Err(Fault::Line { figure, line, units });
        }
        hold.rows.retain(|row| row.units > 0);
        Ok(())
    }

    /// Whether these are all units of the hold, place by place.
    pub(super) fn is_all(&self, placed: Sequence, movements: &[Movement]) -> bool {
        let Some(hold) = self.there.get(&placed) else { return false };
        let moved = |movement: &Movement| i64::from(movement.quantity());
        hold.rows.len() == movements.len()
            && hold.rows.iter().zip(movements).all(|(row, movement)| {
                row.is_of(movement) && row.units == moved(movement) && movement.order() == placed
            })
    }

    /// Places that a hold has.
    pub(super) fn places(&self, placed: Sequence) -> usize {
        self.there.get(&placed).map_or(0, |hold| hold.rows.len())
    }

    /// Places that all holds of an owner have.
    pub(super) fn places_of(&self, owner: u128) -> usize {
        self.holds_of(owner).map(|(_, hold)| hold.rows.len()).sum()
    }

    /// Units that a hold has of a SKU at a warehouse.
    pub(super) fn units(&self, placed: Sequence, sku: Sku, warehouse: Warehouse) -> i64 {
        self.there.get(&placed).map_or(0, |hold| hold.units(sku, warehouse))
    }

    /// Units of a SKU at a warehouse that the owner holds and may use now.
    pub(super) fn units_of(
        &self,
        owner: u128,
        time_ns: u64,
        sku: Sku,
        warehouse: Warehouse,
    ) -> i64 {
        let usable = self.holds_of(owner).filter(|(_, hold)| time_ns < hold.expires_ns);
        usable.map(|(_, hold)| hold.units(sku, warehouse)).sum()
    }

    /// Whether units leave the first place of the first hold of the owner that may be used and has
    /// units of this SKU there.
    pub(super) fn is_first(&self, owner: u128, time_ns: u64, movement: &Movement) -> bool {
        let (sku, warehouse) = (movement.sku(), movement.warehouse());
        let mut usable = self.holds_of(owner).filter(|(_, hold)| time_ns < hold.expires_ns);
        let first = usable.find_map(|(placed, hold)| {
            let row = hold.rows.iter().find(|row| row.is_at(sku, warehouse));
            row.map(|row| (placed, row))
        });
        first.is_some_and(|(placed, row)| placed == movement.order() && row.is_of(movement))
    }

    /// The hold is over, and its units are gone.
    pub(super) fn end(&mut self, placed: Sequence) -> Result<(), Fault> {
        let Some(hold) = self.there.remove(&placed) else { return Ok(()) };
        self.by_end.remove(&(hold.expires_ns, placed));
        if let Some(of_owner) = self.by_owner.get_mut(&hold.owner) {
            of_owner.remove(&placed);
        }
        rule(hold.rows.is_empty(), "a hold that ends lets all of its units go")
    }

    /// The holds that a record lets expire, which are those whose time came first.
    pub(super) fn expired(
        &self,
        expired: &ExpireHolds,
        time_ns: u64,
    ) -> Result<Vec<Sequence>, Fault> {
        let count = usize::try_from(expired.holds).unwrap_or(usize::MAX);
        let first: Vec<(u64, Sequence)> = self.by_end.iter().copied().take(count).collect();
        let has_come = first.len() == count && first.iter().all(|(end, _)| *end <= time_ns);
        rule(has_come, "a hold expires when its time has come")?;
        let last = (expired.last_expires.get(), expired.last_placed);
        let is_last = first.last() == Some(&last);
        rule(is_last, "holds expire in the order of their ends, up to the one that is named")?;
        Ok(first.into_iter().map(|(_, placed)| placed).collect())
    }

    /// The holds of an owner in the order in which they were placed.
    fn holds_of(&self, owner: u128) -> impl Iterator<Item = (Sequence, &Hold)> {
        let placed = self.by_owner.get(&owner).into_iter().flatten();
        placed.filter_map(|placed| Some((*placed, self.there.get(placed)?)))
    }

    fn of(&mut self, movement: &Movement) -> Result<&mut Hold, Fault> {
        let hold = self.there.get_mut(&movement.order());
        hold.ok_or(Fault::Rule("held units name a hold that is there"))
    }
}

impl Hold {
    fn units(&self, sku: Sku, warehouse: Warehouse) -> i64 {
        let rows = self.rows.iter().filter(|row| row.is_at(sku, warehouse));
        rows.map(|row| row.units).sum()
    }
}

/// When a hold ends that lasts so many seconds from now on.
fn end(time_ns: u64, seconds: u32) -> Result<u64, Fault> {
    rule((1..=HOLD_SECONDS_MAX).contains(&seconds), "a hold lasts from a second to a week")?;
    Ok(time_ns.saturating_add(u64::from(seconds) * NS_PER_SECOND))
}
