//! The oracle objects to whatever is spoiled of what is given up, and of units that are rejected.

use gantry_model::{Command, EngineSecond, MOVEMENT_BYTES, MovementKind, Record};
use gantry_simulator::workload::Swarm;
use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

use crate::run::Shown;
use crate::spoiled::{
    change_movement, change_outcome, change_reply, check_in, drop_record, leave_out, movements_of,
    read_u64, records, swap_movements, write_u16, write_u32,
};

/// A record of a command of this sort: where it begins, where its movements do, and where it ends.
fn one_of(
    shown: &Shown,
    rng: &mut ChaCha8Rng,
    is_it: fn(&Command<'_>) -> bool,
) -> Option<(usize, usize, usize)> {
    let mut found = records(&shown.records);
    found.retain(|(start, ..)| {
        let (record, _) = Record::split(&shown.records[*start..]).unwrap();
        is_it(&record.command) && record.outcome.head.is_accepted()
    });
    found.choose(rng).copied()
}

fn is_give_up(command: &Command<'_>) -> bool {
    matches!(command, Command::GiveUp(_))
}

fn is_rejection(command: &Command<'_>) -> bool {
    matches!(command, Command::RejectUnits(_))
}

/// A movement of this kind in a record that rejects units: where the record begins, and where it.
fn of_rejection(shown: &Shown, rng: &mut ChaCha8Rng, kind: MovementKind) -> Option<(usize, usize)> {
    let (start, movements, end) = one_of(shown, rng, is_rejection)?;
    let mut found = movements_of(shown, kind);
    found.retain(|(_, at)| (movements..end).contains(at));
    found.choose(rng).map(|(_, at)| (start, *at))
}

/// An order is given up a nanosecond before its time.
fn give_up_early(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let Some((start, ..)) = one_of(shown, rng, is_give_up) else { return false };
    let second = u32::from_le_bytes(shown.records[start + 64..start + 68].try_into().unwrap());
    let early = EngineSecond::new(second).begins().get() - 1;
    let before = records(&shown.records).into_iter().rfind(|(other, ..)| *other < start);
    // Else it would be told by the record before.
    if before.is_none_or(|(other, ..)| read_u64(&shown.records, other + 16) > early) {
        return false;
    }
    shown.records[start + 16..start + 24].copy_from_slice(&early.to_le_bytes());
    true
}

/// Another order is given up, or this one as if at another time.
fn give_up_another(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let Some((start, ..)) = one_of(shown, rng, is_give_up) else { return false };
    shown.records[start + [48, 64].choose(rng).copied().unwrap()] ^= 1;
    true
}

/// An order is given up, and all of it waits on.
fn wait_on(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let Some((start, movements, end)) = one_of(shown, rng, is_give_up) else { return false };
    if movements == end {
        return false;
    }
    shown.records.drain(movements..end);
    let gone = u32::try_from(end - movements).unwrap();
    write_u32(&mut shown.records, start, |length| length - gone);
    write_u16(&mut shown.records, start + 6, |_| 0);
    true
}

/// Two orders are given up in each other's turn.
fn give_up_out_of_turn(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let all = records(&shown.records);
    let is_give_up = |start: usize| {
        let (record, _) = Record::split(&shown.records[start..]).unwrap();
        matches!(record.command, Command::GiveUp(_)) && record.movements.is_empty()
    };
    let pairs: Vec<_> =
        all.windows(2).filter(|pair| pair.iter().all(|(start, ..)| is_give_up(*start))).collect();
    let Some([one, next]) = pairs.choose(rng) else { return false };
    for at in 0..24 {
        shown.records.swap(one.0 + 48 + at, next.0 + 48 + at);
    }
    true
}

/// Units that were not found stay for others, or more are lost than were there.
fn lose_otherwise(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let Some(found) = of_rejection(shown, rng, MovementKind::Withdrawn) else { return false };
    match rng.random_range(0..3) {
        0 => leave_out(shown, found),
        1 => write_u32(&mut shown.records, found.1 + 4, |units| units + 1),
        // The reason.
        _ => shown.records[found.1 + 1] ^= 1,
    }
    true
}

/// A rejected line gets a unit less than it could; it waits.
fn stint_the_rejected(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let Some((start, allocated)) = of_rejection(shown, rng, MovementKind::Allocated) else {
        return false;
    };
    let line = shown.records[allocated + 2..allocated + 4].to_vec();
    let mut rest = movements_of(shown, MovementKind::Backordered);
    rest.retain(|(record, at)| *record == start && shown.records[at + 2..at + 4] == line);
    if read_u64(&shown.records, allocated + 4) & 0xffff_ffff < 2 {
        return false;
    }
    write_u32(&mut shown.records, allocated + 4, |units| units - 1);
    if let Some((_, rest)) = rest.first() {
        write_u32(&mut shown.records, rest + 4, |units| units + 1);
        return true;
    }
    // Nothing of it waited: from now on this unit does.
    let behind = allocated + MOVEMENT_BYTES;
    let mut waits = shown.records[allocated..behind].to_vec();
    waits[0] = MovementKind::Backordered.number();
    waits[4..8].copy_from_slice(&1_u32.to_le_bytes());
    waits[12..14].copy_from_slice(&u16::MAX.to_le_bytes());
    shown.records.splice(behind..behind, waits);
    write_u32(&mut shown.records, start, |length| length + 32);
    write_u16(&mut shown.records, start + 6, |count| count + 1);
    true
}

/// Units come from the warehouse that rejected them.
fn serve_from_where_they_were(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let Some((start, allocated)) = of_rejection(shown, rng, MovementKind::Allocated) else {
        return false;
    };
    let released = movements_of(shown, MovementKind::Released);
    let Some((_, released)) = released.iter().find(|(record, _)| *record == start) else {
        return false;
    };
    let warehouse = shown.records[released + 12..released + 14].to_vec();
    shown.records[allocated + 12..allocated + 14].copy_from_slice(&warehouse);
    true
}

/// What is rejected waits no more.
fn forget_the_rest(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let Some(found) = of_rejection(shown, rng, MovementKind::Backordered) else { return false };
    leave_out(shown, found);
    true
}

/// What follows from a rejection is left out.
fn follow_not(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let kinds = [MovementKind::Due, MovementKind::SetAside];
    let kind = kinds.choose(rng).copied().unwrap();
    let Some(found) = of_rejection(shown, rng, kind) else { return false };
    assert!(found.1 + MOVEMENT_BYTES <= shown.records.len());
    leave_out(shown, found);
    true
}

#[test]
fn a_spoiled_end_of_a_wait_is_noticed() {
    check_in(give_up_early, 40, Swarm::with_dates);
    check_in(give_up_another, 40, Swarm::with_dates);
    check_in(wait_on, 40, Swarm::with_dates);
    check_in(give_up_out_of_turn, 20, Swarm::with_dates);
    check_in(drop_record, 20, Swarm::with_dates);
    check_in(change_movement, 60, Swarm::with_dates);
    check_in(change_reply, 100, Swarm::with_dates);
}

#[test]
fn a_spoiled_rejection_is_noticed() {
    check_in(lose_otherwise, 60, Swarm::with_rejections);
    check_in(stint_the_rejected, 20, Swarm::with_rejections);
    check_in(serve_from_where_they_were, 40, Swarm::with_rejections);
    check_in(forget_the_rest, 40, Swarm::with_rejections);
    check_in(follow_not, 20, Swarm::with_rejections);
    check_in(change_movement, 80, Swarm::with_rejections);
    check_in(swap_movements, 40, Swarm::with_rejections);
    check_in(change_outcome, 40, Swarm::with_rejections);
    check_in(change_reply, 100, Swarm::with_rejections);
}
