//! Holds as answers show them.

use gantry_model::{
    EngineTime, HOLDS_PER_REPLY_MAX, HeldUnits, HoldHead, HoldId, HoldsHead, ReadHolds,
    ReplyWriter, Sequence,
};

use crate::state::{HoldRow, State};

/// Whether a hold is there, or a command of its id was carried out: then it is over.
pub(super) fn is_known(state: &State, id: HoldId) -> bool {
    state.holds.find(id).is_some() || state.command_record(id).is_some()
}

/// A hold as it stands at time `now`.
pub(super) fn put<'a>(
    reply: ReplyWriter<'a>,
    state: &State,
    id: HoldId,
    now: EngineTime,
) -> ReplyWriter<'a> {
    match state.holds.find(id).filter(|hold| hold.is_active(now)) {
        Some(hold) => {
            let rows = state.holds.rows(hold).iter().map(HeldUnits::from);
            reply.put(&head(state, hold)).put_all(rows)
        }
        None => {
            let placed = state.command_record(id).unwrap_or(Sequence::NONE);
            reply.put(&HoldHead::ended(id, placed))
        }
    }
}

fn head(state: &State, hold: &HoldRow) -> HoldHead {
    let units: u64 = state.holds.rows(hold).iter().map(|row| u64::from(row.units)).sum();
    let units = u32::try_from(units).unwrap_or(u32::MAX);
    HoldHead::active((hold.id, hold.owner), hold.placed, hold.expires, units, hold.row_count)
}

fn active(state: &State, owner: u128, now: EngineTime) -> impl Iterator<Item = &HoldRow> {
    state.holds.of_owner(owner).filter(move |hold| hold.is_active(now))
}

/// Holds of an owner that can be used at time `now`.
pub(super) fn count(state: &State, owner: u128, now: EngineTime) -> usize {
    active(state, owner, now).count()
}

/// The holds of an owner who has `count` of them, from a record on.
pub(super) fn put_those_of_owner(
    reply: ReplyWriter<'_>,
    state: &State,
    holds: &ReadHolds,
    (count, now): (usize, EngineTime),
) {
    let rows_max = match holds.rows_max {
        0 => HOLDS_PER_REPLY_MAX,
        given => given.min(HOLDS_PER_REPLY_MAX),
    };
    let rows = active(state, holds.owner, now).filter(|hold| hold.placed >= holds.from);
    let rows: Vec<_> = rows.take(rows_max as usize).map(|hold| head(state, hold)).collect();
    let head = HoldsHead {
        owner: holds.owner.into(),
        holds: u32::try_from(count).unwrap_or(u32::MAX).into(),
        row_count: super::count(rows.len()).into(),
        reserved: [0; 2],
    };
    reply.put(&head).put(rows.as_slice()).end();
}
