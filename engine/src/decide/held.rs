//! What is held for carts, and how it is let go: for an order of its owner, or at its time.

use std::collections::BTreeMap;

use gantry_journal::mark;
use gantry_model::{
    Channel, EngineTime, ExpireHolds, HOLD_ROWS_PER_OWNER_MAX, HOLDS_EXPIRED_PER_RECORD_MAX,
    HoldId, Movement, MovementKind, PlaceOrder, RejectReason, Sequence, Sku, Warehouse,
};

use super::Decision;
use super::due::{Freed, set_aside_what_is_free};
use crate::state::{HeldRow, HoldRow, State};

/// Units that are held, and that somebody may have all the same: rising, each place once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Held(Vec<(Sku, Warehouse, u32)>);

impl Held {
    /// Units of some holds' places.
    pub(super) fn of<'a>(rows: impl Iterator<Item = &'a HeldRow>) -> Self {
        Self::summed(rows.map(|row| (row.sku, row.warehouse, row.units)).collect())
    }

    /// Units by place, of which some may stand there more than once.
    pub(super) fn summed(mut places: Vec<(Sku, Warehouse, u32)>) -> Self {
        places.sort_unstable();
        places.dedup_by(|later, kept| {
            let is_same = (later.0, later.1) == (kept.0, kept.1);
            kept.2 += if is_same { later.2 } else { 0 };
            is_same
        });
        Self(places)
    }

    /// What an order may have of its owner's: if its hold can be used, the units of all holds that
    /// can.
    pub(crate) fn for_order(state: &State, order: &PlaceOrder<'_>, now: EngineTime) -> Self {
        let hold = if order.hold == HoldId::NONE { None } else { state.holds.find(order.hold) };
        let Some(hold) = hold.filter(|hold| hold.is_active(now)) else { return Self::default() };
        let active = state.holds.of_owner(hold.owner).filter(|hold| hold.is_active(now));
        Self::of(active.flat_map(|hold| state.holds.rows(hold)))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Units at a place.
    pub(super) fn at(&self, sku: Sku, warehouse: Warehouse) -> u32 {
        let place = |row: &(Sku, Warehouse, u32)| (row.0, row.1);
        let at = self.0.binary_search_by_key(&(sku, warehouse), place);
        at.map_or(0, |at| self.0[at].2)
    }
}

/// A hold that can be used at time `now`.
pub(super) fn look_up(
    state: &State,
    id: HoldId,
    now: EngineTime,
) -> Result<&HoldRow, RejectReason> {
    if let Some(hold) = state.holds.find(id) {
        return if hold.is_active(now) { Ok(hold) } else { Err(RejectReason::HoldEnded) };
    }
    // Commands that were carried out cannot be told apart.
    let was_hold = state.command_record(id).is_some();
    Err(if was_hold { RejectReason::HoldEnded } else { RejectReason::UnknownHold })
}

/// Lets go of all that a hold holds.
pub(super) fn unhold(
    state: &State,
    hold: &HoldRow,
    cause: Sequence,
    movements: &mut Vec<Movement>,
) {
    let rows = state.holds.rows(hold).iter();
    movements.extend(rows.map(|row| unheld(hold, row, row.units, cause)));
}

fn unheld(hold: &HoldRow, row: &HeldRow, units: u32, cause: Sequence) -> Movement {
    let kind = MovementKind::Unheld;
    Movement::of_order(kind, hold.placed, row.line, row.sku, row.warehouse, units, cause)
}

/// Ends the hold that an order takes, and takes from its owner's other holds what the order was
/// allocated beyond that and what is available: its owner's units go before those that are fenced
/// for another channel.
pub(super) fn take(
    state: &State,
    (hold, channel): (&HoldRow, Channel),
    sequence: Sequence,
    now: EngineTime,
    decision: &mut Decision,
) {
    mark!("hold taken by an order");
    let allocated = allocated(state, &decision.movements);
    unhold(state, hold, sequence, &mut decision.movements);
    let own = Held::of(state.holds.rows(hold).iter());
    for (sku, warehouse, units) in allocated {
        let available = u64::from(state.stock.available(sku, warehouse));
        let unfenced = available.saturating_sub(state.fenced(sku, warehouse, channel));
        let covered = unfenced + u64::from(own.at(sku, warehouse));
        let need = u64::from(units).saturating_sub(covered);
        let mut need = u32::try_from(need).expect("invariant: less than the units");
        if need == 0 {
            continue;
        }
        let others = state.holds.of_owner(hold.owner);
        let others = others.filter(|other| other.id != hold.id && other.is_active(now));
        let rows =
            others.flat_map(|other| state.holds.rows(other).iter().map(move |row| (other, row)));
        let is_here = |row: &HeldRow| (row.sku, row.warehouse) == (sku, warehouse);
        for (other, row) in rows.filter(|(_, row)| is_here(row)) {
            let units = row.units.min(need);
            if units > 0 {
                mark!("units taken from another hold of the owner");
                decision.movements.push(unheld(other, row, units, sequence));
            }
            need -= units;
        }
    }
}

/// Units that the movements allocate of counted SKUs, by cell, in order of first appearance.
fn allocated(state: &State, movements: &[Movement]) -> Vec<(Sku, Warehouse, u32)> {
    let mut cells: Vec<(Sku, Warehouse, u32)> = Vec::new();
    let mut places = BTreeMap::new();
    for movement in movements {
        let is_allocated =
            matches!(movement.kind(), MovementKind::Allocated | MovementKind::ComponentAllocated);
        let (sku, warehouse) = (movement.sku(), movement.warehouse());
        if is_allocated && state.catalogue.sku(sku).is_some_and(|row| row.tracked) {
            let at = *places.entry((sku, warehouse)).or_insert_with(|| {
                cells.push((sku, warehouse, 0));
                cells.len() - 1
            });
            cells[at].2 += movement.quantity().unsigned_abs();
        }
    }
    cells
}

/// Decides the end of holds whose time has come, as the record `sequence`: in order of their ends,
/// as many as a record holds; none, if none is over at time `now`.
pub(crate) fn decide_expiry(
    state: &State,
    sequence: Sequence,
    now: EngineTime,
    decision: &mut Decision,
) -> Option<ExpireHolds> {
    let expired = let_expire(state, sequence, now, decision)?;
    set_aside_what_is_free(state, Freed::All, sequence, decision);
    Some(expired)
}

/// As [`decide_expiry`], but sets nothing aside for lines that wait: what is left where that stopped
/// by a bug, so that the same holds do not stop it for ever.
pub(crate) fn let_expire(
    state: &State,
    sequence: Sequence,
    now: EngineTime,
    decision: &mut Decision,
) -> Option<ExpireHolds> {
    decision.clear();
    let mut expired: Option<ExpireHolds> = None;
    let over = state.holds.by_end().take_while(|hold| !hold.is_active(now));
    for hold in over.take(HOLDS_EXPIRED_PER_RECORD_MAX) {
        let rows = decision.movements.len() + usize::from(hold.row_count);
        if expired.is_some() && rows > HOLD_ROWS_PER_OWNER_MAX {
            break;
        }
        unhold(state, hold, sequence, &mut decision.movements);
        let (last_expires, last_placed) = (hold.expires, hold.placed);
        let holds = expired.map_or(0, |expired| expired.holds) + 1;
        expired = Some(ExpireHolds { last_expires, last_placed, holds });
    }
    expired
}
