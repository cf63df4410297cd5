//! Holds: units that are held for a cart until an order takes them, or a time comes.
//!
//! A hold is found by its id, by its owner, and by its end. The tables take 64 bytes a hold and 12 a
//! place, and the three trees some 200 more: `bench`'s program `holds` measures them.

use std::collections::BTreeMap;

use gantry_model::{
    EngineTime, ExtendHold, HOLD_ROWS_PER_OWNER_MAX, HOLDS_MAX, HeldUnits, HoldId, Movement,
    MovementKind, PlaceHold, Record, Sequence, Sku, Warehouse,
};

use super::slab::{FreeRow, Slab};
use super::{State, rows};

/// A hold, but for its places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HoldRow {
    /// The id that the client chose.
    pub id: HoldId,
    /// Whose it is.
    pub owner: u128,
    /// The record that placed it.
    pub placed: Sequence,
    /// From this time on nobody can use it.
    pub expires: EngineTime,
    first_row: u32,
    /// Its places.
    pub row_count: u16,
}

const _: () = assert!(size_of::<HoldRow>() == 64);

impl HoldRow {
    /// A hold without places.
    pub(super) const fn new(
        (id, owner): (HoldId, u128),
        placed: Sequence,
        expires: EngineTime,
    ) -> Self {
        Self { id, owner, placed, expires, first_row: 0, row_count: 0 }
    }

    /// Whether it can be used at time `now`.
    #[must_use]
    pub fn is_active(&self, now: EngineTime) -> bool {
        now < self.expires
    }
}

impl FreeRow for HoldRow {
    fn free(next: u32) -> Self {
        let blank = Self::new((HoldId::NONE, 0), Sequence::NONE, EngineTime::new(0));
        Self { first_row: next, ..blank }
    }

    fn next_free(&self) -> u32 {
        self.first_row
    }
}

/// Units that a line of a hold holds at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldRow {
    /// The line's SKU, or a component of it.
    pub sku: Sku,
    /// More than 0.
    pub units: u32,
    /// The hold's line.
    pub line: u16,
    /// Where they are.
    pub warehouse: Warehouse,
}

const _: () = assert!(size_of::<HeldRow>() == 12);

impl HeldRow {
    fn is_at(&self, movement: &Movement) -> bool {
        (self.line, self.sku, self.warehouse)
            == (movement.line(), movement.sku(), movement.warehouse())
    }
}

impl From<&HeldRow> for HeldUnits {
    fn from(row: &HeldRow) -> Self {
        Self::new(row.line, row.sku, row.warehouse, row.units)
    }
}

impl FreeRow for HeldRow {
    fn free(next: u32) -> Self {
        Self { sku: Sku::new(0), units: next, line: 0, warehouse: Warehouse::NONE }
    }

    fn next_free(&self) -> u32 {
        self.units
    }
}

/// See the module.
#[derive(Debug)]
pub struct Holds {
    holds: Slab<HoldRow>,
    rows: Slab<HeldRow>,
    by_id: BTreeMap<HoldId, u32>,
    by_owner: BTreeMap<(u128, Sequence), u32>,
    by_end: BTreeMap<(EngineTime, Sequence), u32>,
    row_count: u64,
}

impl Holds {
    pub(crate) fn new() -> Self {
        Self {
            holds: Slab::new(1),
            rows: Slab::new(HOLD_ROWS_PER_OWNER_MAX),
            by_id: BTreeMap::new(),
            by_owner: BTreeMap::new(),
            by_end: BTreeMap::new(),
            row_count: 0,
        }
    }

    /// Holds that are there, those with them that are over and not freed yet.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether nothing is held for anybody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// Places of all holds.
    #[must_use]
    pub const fn row_count(&self) -> u64 {
        self.row_count
    }

    /// Whether there may be another.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.len() < HOLDS_MAX && self.rows.has_room()
    }

    /// A hold that is there, be it over.
    #[must_use]
    pub fn find(&self, id: HoldId) -> Option<&HoldRow> {
        self.by_id.get(&id).map(|slot| self.holds.get(*slot))
    }

    /// The places of a hold, in the order in which they were made.
    #[must_use]
    pub fn rows(&self, hold: &HoldRow) -> &[HeldRow] {
        self.rows.run(hold.first_row, hold.row_count)
    }

    /// The holds of an owner, in the order in which they were placed.
    pub fn of_owner(&self, owner: u128) -> impl Iterator<Item = &HoldRow> {
        let of_owner = self.by_owner.range((owner, Sequence::NONE)..=(owner, Sequence::MAX));
        of_owner.map(|(_, slot)| self.holds.get(*slot))
    }

    /// When the first of them ends.
    #[must_use]
    pub fn first_end(&self) -> Option<EngineTime> {
        self.by_end.first_key_value().map(|((expires, _), _)| *expires)
    }

    /// Every hold, by the time of its end and the record that placed it.
    pub fn by_end(&self) -> impl Iterator<Item = &HoldRow> {
        self.by_end.values().map(|slot| self.holds.get(*slot))
    }

    fn add(&mut self, hold: HoldRow, rows: &[HeldRow]) {
        let row_count = u16::try_from(rows.len()).expect("invariant: bounded by its owner's");
        let first_row = self.rows.put_run(rows.iter().copied());
        let hold = HoldRow { first_row, row_count, ..hold };
        let slot = self.holds.put_run(std::iter::once(hold));
        self.row_count += u64::from(row_count);
        let before = self.by_id.insert(hold.id, slot);
        assert!(before.is_none(), "a hold's id is new");
        self.by_owner.insert((hold.owner, hold.placed), slot);
        self.by_end.insert((hold.expires, hold.placed), slot);
    }

    fn remove(&mut self, id: HoldId) {
        let slot = self.by_id.remove(&id).expect("invariant: decide found the hold");
        let hold = *self.holds.get(slot);
        self.by_owner.remove(&(hold.owner, hold.placed));
        self.by_end.remove(&(hold.expires, hold.placed));
        self.rows.remove_run(hold.first_row, hold.row_count);
        self.row_count -= u64::from(hold.row_count);
        self.holds.remove_run(slot, 1);
    }

    fn set_end(&mut self, id: HoldId, expires: EngineTime) {
        let slot = self.by_id[&id];
        let hold = self.holds.get_mut(slot);
        self.by_end.remove(&(hold.expires, hold.placed));
        hold.expires = expires;
        self.by_end.insert((expires, hold.placed), slot);
    }

    /// Takes a movement's units out of the hold that its order placed, and the row if it was all.
    fn take(&mut self, owner: u128, movement: &Movement) {
        let slot = self.by_owner[&(owner, movement.order())];
        let hold = *self.holds.get(slot);
        let rows = self.rows.run_mut(hold.first_row, hold.row_count);
        let at = rows.iter().position(|row| row.is_at(movement));
        let row = &mut rows[at.expect("invariant: decide found the units")];
        row.units -= movement.quantity().unsigned_abs();
        if row.units > 0 {
            return;
        }
        let left: Vec<HeldRow> = rows.iter().copied().filter(|row| row.units > 0).collect();
        self.rows.remove_run(hold.first_row, hold.row_count);
        self.row_count -= 1;
        let first_row = self.rows.put_run(left.iter().copied());
        let hold = self.holds.get_mut(slot);
        (hold.first_row, hold.row_count) = (first_row, hold.row_count - 1);
    }
}

/// The end of a hold whose time to live begins at `now`.
fn end_of(now: EngineTime, ttl_seconds: u32) -> EngineTime {
    EngineTime::new(now.get().saturating_add(u64::from(ttl_seconds) * 1_000_000_000))
}

impl State {
    pub(super) fn apply_place_hold(&mut self, record: &Record<'_>, command: &PlaceHold<'_>) {
        if command.replaces != HoldId::NONE {
            self.remove_hold(command.replaces);
        }
        let mut places: Vec<HeldRow> = Vec::new();
        for movement in record.movements.iter().filter(|it| it.kind() == MovementKind::Held) {
            let units = movement.quantity().unsigned_abs();
            match places.iter_mut().find(|row| row.is_at(movement)) {
                Some(row) => row.units += units,
                None => places.push(HeldRow {
                    sku: movement.sku(),
                    units,
                    line: movement.line(),
                    warehouse: movement.warehouse(),
                }),
            }
        }
        let expires = end_of(record.time, command.ttl_seconds);
        let hold = HoldRow::new((command.id, command.owner), record.sequence, expires);
        self.add_hold(hold, &places);
        self.move_freed(record);
    }

    pub(super) fn apply_extend_hold(&mut self, now: EngineTime, command: &ExtendHold) {
        let hold = *self.holds.find(command.hold).expect("invariant: decide found the hold");
        let expires = hold.expires.max(end_of(now, command.ttl_seconds));
        self.hash.take(self.hash_hold(&hold));
        self.holds.set_end(hold.id, expires);
        self.hash.put(self.hash_hold(&HoldRow { expires, ..hold }));
    }

    pub(super) fn apply_release_hold(&mut self, record: &Record<'_>, hold: HoldId) {
        self.remove_hold(hold);
        self.move_freed(record);
    }

    pub(super) fn apply_expire_holds(&mut self, record: &Record<'_>, holds: u32) {
        let over: Vec<HoldId> =
            self.holds.by_end().take(holds as usize).map(|hold| hold.id).collect();
        over.into_iter().for_each(|hold| self.remove_hold(hold));
        self.move_freed(record);
    }

    /// Ends the hold that an order takes; returns its owner.
    pub(super) fn take_hold(&mut self, hold: HoldId) -> u128 {
        let owner = self.holds.find(hold).expect("invariant: decide found the hold").owner;
        self.remove_hold(hold);
        owner
    }

    /// Moves units that an order takes: of the hold that it ended, which is gone, or of another hold
    /// of its owner.
    pub(super) fn move_taken(&mut self, owner: u128, movement: &Movement) {
        let of_owner = self.holds.by_owner.get(&(owner, movement.order()));
        if let Some(slot) = of_owner {
            let id = self.holds.holds.get(*slot).id;
            self.hash.take(self.hash_hold_of(id));
            self.holds.take(owner, movement);
            self.hash.put(self.hash_hold_of(id));
        }
        self.move_held(movement);
    }

    /// Moves units of holds that are gone, or new, and what of them is set aside.
    fn move_freed(&mut self, record: &Record<'_>) {
        for movement in record.movements {
            if movement.kind().is_of_hold() {
                self.move_held(movement);
            } else {
                self.move_set_aside(movement, record.sequence);
            }
        }
    }

    /// What a movement of a hold does at its cell.
    fn move_held(&mut self, movement: &Movement) {
        let units = i64::from(movement.quantity());
        let delta = if movement.kind() == MovementKind::Held { units } else { -units };
        self.change_held(movement.sku(), movement.warehouse(), delta);
    }

    pub(super) fn add_hold(&mut self, hold: HoldRow, places: &[HeldRow]) {
        self.holds.add(hold, places);
        self.hash.put(self.hash_hold_of(hold.id));
    }

    fn remove_hold(&mut self, hold: HoldId) {
        self.hash.take(self.hash_hold_of(hold));
        self.holds.remove(hold);
    }

    fn hash_hold_of(&self, id: HoldId) -> u128 {
        self.hash_hold(self.holds.find(id).expect("invariant: the hold is there"))
    }

    /// The sum of the hashes of a hold and its places.
    pub(super) fn hash_hold(&self, hold: &HoldRow) -> u128 {
        let places = (0..).zip(self.holds.rows(hold));
        let places = places.map(|(position, row)| self.hash_held(hold.placed, position, row));
        places.fold(rows::hold(hold), u128::wrapping_add)
    }
}
