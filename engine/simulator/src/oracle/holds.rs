//! Holds: units that are held for owners who have not ordered yet.

use std::collections::BTreeMap;

use gantry_model::{
    ExpireHolds, ExtendHold, HOLD_ROWS_PER_OWNER_MAX, HOLDS_EXPIRED_PER_RECORD_MAX, HoldId,
    Movement, MovementKind, PlaceHold, RejectReason, Sequence, Sku, Warehouse,
};

use super::book::{Book, Known, What};
use super::case::Grant;

const SECOND_NS: u64 = 1_000_000_000;

/// Units at one place, for one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HeldRow {
    pub(super) line: u16,
    pub(super) sku: u32,
    pub(super) warehouse: u16,
    pub(super) units: i64,
}

#[derive(Debug)]
pub(super) struct HoldBook {
    pub(super) id: u128,
    pub(super) owner: u128,
    pub(super) placed: u64,
    pub(super) expires: u64,
    /// In the order in which they were made.
    pub(super) rows: Vec<HeldRow>,
}

impl HoldBook {
    pub(super) fn is_over(&self, time: u64) -> bool {
        self.expires <= time
    }

    pub(super) fn units(&self) -> i64 {
        self.rows.iter().map(|row| row.units).sum()
    }

    pub(super) fn units_at(&self, sku: u32, warehouse: u16) -> i64 {
        let here = self.rows.iter().filter(|row| (row.sku, row.warehouse) == (sku, warehouse));
        here.map(|row| row.units).sum()
    }

    /// The movement by which `units` of a row are held no more.
    pub(super) fn unheld(&self, row: &HeldRow, units: i64, cause: Sequence) -> Movement {
        let placed = Sequence::new(self.placed);
        held_movement(MovementKind::Unheld, placed, &HeldRow { units, ..*row }, cause)
    }

    /// The movements by which it lets go of everything.
    pub(super) fn let_go(&self, cause: Sequence, movements: &mut Vec<Movement>) {
        movements.extend(self.rows.iter().map(|row| self.unheld(row, row.units, cause)));
    }
}

/// A movement of a row's units, of the hold that `placed` placed.
pub(super) fn held_movement(
    kind: MovementKind,
    placed: Sequence,
    row: &HeldRow,
    cause: Sequence,
) -> Movement {
    let units = u32::try_from(row.units).expect("invariant: cells hold below 2^31");
    let (sku, warehouse) = (Sku::new(row.sku), Warehouse::new(row.warehouse));
    Movement::of_order(kind, placed, row.line, sku, warehouse, units, cause)
}

impl Book {
    /// The hold with this id, whether it is over or not.
    pub(super) fn hold(&self, id: HoldId) -> Option<&HoldBook> {
        let mut holds = self.holds.values();
        if id == HoldId::NONE { None } else { holds.find(|hold| hold.id == id.get()) }
    }

    /// The hold with this id, if it can be used at `time`.
    pub(super) fn active_hold(&self, id: HoldId, time: u64) -> Result<&HoldBook, RejectReason> {
        match self.hold(id) {
            Some(hold) if hold.is_over(time) => Err(RejectReason::HoldEnded),
            Some(hold) => Ok(hold),
            None if self.remembered(id).is_some() => Err(RejectReason::HoldEnded),
            None => Err(RejectReason::UnknownHold),
        }
    }

    /// The record of a command with this id that was carried out, placed no order, and has not left
    /// memory.
    pub(super) fn remembered(&self, id: HoldId) -> Option<Sequence> {
        let Known { what: What::Command(number), sequence, .. } = *self.ids.get(id.get())? else {
            return None;
        };
        (number >= self.archive.commands).then(|| Sequence::new(sequence))
    }

    /// The holds of an owner that can be used at `time`, in the order in which they were placed.
    pub(super) fn holds_of(&self, owner: u128, time: u64) -> impl Iterator<Item = &HoldBook> {
        let of_owner = move |hold: &&HoldBook| hold.owner == owner && !hold.is_over(time);
        self.holds.values().filter(of_owner)
    }

    /// Units of all holds of an owner that can be used at `time`, each place once.
    pub(super) fn own_units(&self, owner: u128, time: u64) -> Vec<Grant> {
        grants(&sum_by_place(self.holds_of(owner, time)))
    }

    /// Places that an owner's holds take, over or not, but for one of them.
    pub(super) fn rows_of_others(&self, owner: u128, but: HoldId) -> usize {
        let others = self.holds.values().filter(|hold| hold.owner == owner && hold.id != but.get());
        others.map(|hold| hold.rows.len()).sum()
    }

    /// The holds that are over at `time` and fit one record, in the order of their end.
    pub(super) fn expired(&self, time: u64) -> Vec<&HoldBook> {
        let mut over: Vec<_> = self.holds.values().filter(|hold| hold.is_over(time)).collect();
        over.sort_by_key(|hold| (hold.expires, hold.placed));
        let mut rows = 0;
        let fits = |(at, hold): &(usize, &HoldBook)| {
            rows += hold.rows.len();
            *at == 0 || *at < HOLDS_EXPIRED_PER_RECORD_MAX && rows <= HOLD_ROWS_PER_OWNER_MAX
        };
        over.into_iter().enumerate().take_while(fits).map(|(_, hold)| hold).collect()
    }

    /// Times from the last record to `until` between which nothing ends of what is asked about.
    pub(super) fn moments(&self, until: u64, of: impl Fn(&HoldBook) -> bool) -> Vec<u64> {
        let ends = self.holds.values().filter(|hold| of(hold)).map(|hold| hold.expires);
        let mut moments: Vec<u64> =
            ends.filter(|end| (self.time + 1..=until).contains(end)).collect();
        moments.push(self.time);
        moments.sort_unstable();
        moments.dedup();
        moments
    }

    /// Enters a hold without rows; the record's movements bring them.
    pub(super) fn enter_hold(&mut self, command: &PlaceHold<'_>) {
        let hold = HoldBook {
            id: command.id.get(),
            owner: command.owner,
            placed: self.sequence,
            expires: self.end_of(command.ttl_seconds),
            rows: Vec::new(),
        };
        self.holds.insert(self.sequence, hold);
    }

    pub(super) fn enter_extension(&mut self, command: &ExtendHold) {
        let end = self.end_of(command.ttl_seconds);
        let hold = self.holds.values_mut().find(|hold| hold.id == command.hold.get());
        let hold = hold.expect("invariant: judged");
        hold.expires = hold.expires.max(end);
    }

    /// Enters that the first holds by their end are gone.
    pub(super) fn enter_expiry(&mut self, command: &ExpireHolds) {
        let last = (command.last_expires.get(), command.last_placed.get());
        let ends = |placed: &u64, hold: &mut HoldBook| (hold.expires, *placed) <= last;
        let ended = self.holds.extract_if(.., ends).map(|(_, hold)| hold.id);
        self.holds_ended.extend(ended);
    }

    /// A hold is gone; its movements said what became of its units.
    pub(super) fn end_hold(&mut self, id: HoldId) {
        if let Some(placed) = self.hold(id).map(|hold| hold.placed) {
            self.holds.remove(&placed);
            self.holds_ended.push(id.get());
        }
    }

    fn end_of(&self, ttl_seconds: u32) -> u64 {
        self.time + u64::from(ttl_seconds) * SECOND_NS
    }

    /// What a movement means for the hold that it names.
    pub(super) fn move_hold(&mut self, movement: &Movement) {
        let units = match movement.kind() {
            MovementKind::Held => i64::from(movement.quantity()),
            MovementKind::Unheld => -i64::from(movement.quantity()),
            _ => return,
        };
        let hold = self.holds.get_mut(&movement.order().get()).expect("invariant: judged");
        let (line, sku) = (movement.line(), movement.sku().get());
        let warehouse = movement.warehouse().get();
        let is_it = |row: &HeldRow| (row.line, row.sku, row.warehouse) == (line, sku, warehouse);
        match hold.rows.iter_mut().find(|row| is_it(row)) {
            Some(row) => row.units += units,
            None => hold.rows.push(HeldRow { line, sku, warehouse, units }),
        }
        hold.rows.retain(|row| row.units != 0);
    }
}

/// The same as a list.
pub(super) fn grants(units: &BTreeMap<(u32, u16), i64>) -> Vec<Grant> {
    let grant = |(place, units): (&(u32, u16), &i64)| Grant {
        sku: place.0,
        warehouse: place.1,
        units: *units,
    };
    units.iter().map(grant).collect()
}

/// Units of holds by SKU and warehouse.
pub(super) fn sum_by_place<'a>(
    holds: impl IntoIterator<Item = &'a HoldBook>,
) -> BTreeMap<(u32, u16), i64> {
    let mut units = BTreeMap::new();
    for row in holds.into_iter().flat_map(|hold| &hold.rows) {
        *units.entry((row.sku, row.warehouse)).or_insert(0) += row.units;
    }
    units
}
