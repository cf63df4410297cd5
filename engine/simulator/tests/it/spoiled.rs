//! The oracle can fail: whatever is spoiled in records or replies, it objects.

use gantry_model::{Command, Items, MOVEMENT_BYTES, Movement, MovementKind, Record};
use gantry_simulator::oracle::Oracle;
use gantry_simulator::workload::Swarm;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::run::{Run, Shown, swarm};

/// Spoils one thing of a batch; says whether there was one of its sort.
pub(crate) type Spoil = fn(&mut Shown, &mut ChaCha8Rng) -> bool;

/// Where each record begins, and where its movements do.
pub(crate) fn records(bytes: &[u8]) -> Vec<(usize, usize, usize)> {
    let mut rest = bytes;
    let mut found = Vec::new();
    while let Ok((record, after)) = Record::split(rest) {
        let (start, end) = (bytes.len() - rest.len(), bytes.len() - after.len());
        found.push((start, end - record.movements.len() * MOVEMENT_BYTES, end));
        rest = after;
    }
    found
}

/// A record with movements.
fn moving(shown: &Shown, rng: &mut ChaCha8Rng) -> Option<(usize, usize, usize)> {
    let mut all = records(&shown.records);
    all.retain(|(_, movements, end)| movements < end);
    all.choose(rng).copied()
}

pub(crate) fn write_u16(bytes: &mut [u8], at: usize, change: impl Fn(u16) -> u16) {
    let value = change(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
    bytes[at..at + 2].copy_from_slice(&value.to_le_bytes());
}

pub(crate) fn write_u32(bytes: &mut [u8], at: usize, change: impl Fn(u32) -> u32) {
    let value = change(u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()));
    bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
}

pub(crate) fn drop_movement(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let Some((start, _, end)) = moving(shown, rng) else { return false };
    shown.records.drain(end - MOVEMENT_BYTES..end);
    write_u32(&mut shown.records, start, |length| length - 32);
    write_u16(&mut shown.records, start + 6, |count| count - 1);
    true
}

pub(crate) fn repeat_movement(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let Some((start, _, end)) = moving(shown, rng) else { return false };
    let last = shown.records[end - MOVEMENT_BYTES..end].to_vec();
    shown.records.splice(end..end, last);
    write_u32(&mut shown.records, start, |length| length + 32);
    write_u16(&mut shown.records, start + 6, |count| count + 1);
    true
}

pub(crate) fn change_movement(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let Some((_, movements, end)) = moving(shown, rng) else { return false };
    // Line, quantity, SKU, warehouse, order and cause; the lowest byte of each.
    let field = [2, 4, 8, 12, 16, 24].choose(rng).copied().unwrap();
    let at = rng.random_range(0..(end - movements) / MOVEMENT_BYTES) * MOVEMENT_BYTES;
    shown.records[movements + at + field] ^= 1;
    true
}

pub(crate) fn swap_movements(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let Some((_, movements, end)) = moving(shown, rng) else { return false };
    let (first, second) = (movements, movements + MOVEMENT_BYTES);
    if second >= end {
        return false;
    }
    let one = shown.records[first..second].to_vec();
    let other = shown.records[second..second + MOVEMENT_BYTES].to_vec();
    // Two allocations of one line may stand in any order.
    if one[0] == other[0] && one[2..4] == other[2..4] {
        return false;
    }
    shown.records[first..second].copy_from_slice(&other);
    shown.records[second..second + MOVEMENT_BYTES].copy_from_slice(&one);
    true
}

fn swap_sequences(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let all = records(&shown.records);
    if all.len() < 2 {
        return false;
    }
    let at = rng.random_range(0..all.len() - 1);
    let (one, next) = (all[at].0 + 8, all[at + 1].0 + 8);
    for byte in 0..8 {
        shown.records.swap(one + byte, next + byte);
    }
    true
}

pub(crate) fn drop_record(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let all = records(&shown.records);
    let Some((start, _, end)) = all.choose(rng) else { return false };
    shown.records.drain(start..end);
    true
}

fn turn_time_back(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let all = records(&shown.records);
    // Nothing came before the first.
    let Some((start, ..)) = all.get(1..).and_then(|all| all.choose(rng)) else { return false };
    shown.records[start + 23] = 0;
    true
}

/// Any bit of an outcome: the reason, parcels, cost or gap.
pub(crate) fn change_outcome(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let Some((start, ..)) = moving(shown, rng) else { return false };
    let field = |at: usize| &shown.records[start + at..start + at + 4];
    let command = u32::from_le_bytes(field(28).try_into().unwrap()) as usize;
    let at = start + 40 + command + [2, 4, 8, 9, 16].choose(rng).copied().unwrap();
    shown.records[at] ^= 1;
    true
}

/// An order that was accepted is said to have been refused.
fn refuse_order(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let Some((start, movements, end)) = moving(shown, rng) else { return false };
    if shown.records[start + 40..start + 42] != [1, 1] {
        return false;
    }
    shown.records.drain(movements..end);
    let outcome = movements - 24;
    shown.records[outcome..outcome + 24].fill(0);
    shown.records[outcome] = 0x90;
    shown.records[outcome + 1] = 1;
    shown.records[outcome + 4..outcome + 8].fill(0xff);
    let gone = u32::try_from(end - movements).unwrap();
    write_u32(&mut shown.records, start, |length| length - gone);
    write_u16(&mut shown.records, start + 6, |_| 0);
    true
}

/// The movements of a kind, each with its record.
pub(crate) fn movements_of(shown: &Shown, kind: MovementKind) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for (start, movements, _) in records(&shown.records) {
        let (record, _) = Record::split(&shown.records[start..]).unwrap();
        let of_kind = |(_, movement): &(usize, &Movement)| movement.kind() == kind;
        let moved = record.movements.iter().enumerate().filter(of_kind);
        found.extend(moved.map(|(at, _)| (start, movements + at * MOVEMENT_BYTES)));
    }
    found
}

/// Looks at waiting lines: where each record begins, and its body.
fn looks(shown: &Shown) -> Vec<(usize, usize)> {
    let mut found = records(&shown.records);
    found.retain(|(start, ..)| {
        let (record, _) = Record::split(&shown.records[*start..]).unwrap();
        matches!(record.command, Command::Match(_))
    });
    found.into_iter().map(|(start, ..)| (start, start + 48)).collect()
}

pub(crate) fn leave_out(shown: &mut Shown, (start, at): (usize, usize)) {
    shown.records.drain(at..at + MOVEMENT_BYTES);
    write_u32(&mut shown.records, start, |length| length - 32);
    write_u16(&mut shown.records, start + 6, |count| count - 1);
}

/// A SKU whose lines are not looked at although units came in, or units that are not set aside for
/// them, or not given back.
fn leave_out_movement_of_matching(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let kinds = [MovementKind::Due, MovementKind::SetAside, MovementKind::GivenBack];
    let found = movements_of(shown, kinds.choose(rng).copied().unwrap());
    let Some(found) = found.choose(rng) else { return false };
    leave_out(shown, *found);
    true
}

/// One unit more or less is set aside, given back or allocated by a look at waiting lines.
fn change_units_of_matching(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let kinds = [MovementKind::SetAside, MovementKind::GivenBack];
    let found = movements_of(shown, kinds.choose(rng).copied().unwrap());
    let Some((_, at)) = found.choose(rng) else { return false };
    let more = rng.random();
    write_u32(&mut shown.records, at + 4, |units| if more { units + 1 } else { units - 1 });
    true
}

/// A line gets a unit less than it could.
fn stint_a_line(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let looks = looks(shown);
    let Some((start, _)) = looks.choose(rng).copied() else { return false };
    let of_record = |kind| {
        let found = movements_of(shown, kind);
        found.into_iter().find(|(record, _)| *record == start).map(|(_, at)| at)
    };
    let found = (of_record(MovementKind::Dequeued), of_record(MovementKind::Allocated));
    let (Some(dequeued), Some(allocated)) = found else { return false };
    let units = |at: usize| u32::from_le_bytes(shown.records[at + 4..at + 8].try_into().unwrap());
    if units(allocated) < 2 {
        return false;
    }
    for at in [dequeued, allocated] {
        write_u32(&mut shown.records, at + 4, |units| units - 1);
    }
    true
}

/// An order that waits complete and got all is said to lack a unit of its last line.
fn stint_a_whole_order(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let looks = looks(shown);
    let Some((start, _)) = looks.choose(rng).copied() else { return false };
    let of_record = |kind| {
        let mut found = movements_of(shown, kind);
        found.retain(|(record, _)| *record == start);
        found
    };
    let dequeued = of_record(MovementKind::Dequeued);
    let allocated = of_record(MovementKind::Allocated).last().copied();
    let (Some((_, allocated)), [_, .., (_, dequeued)]) = (allocated, &dequeued[..]) else {
        return false;
    };
    let units = |at: usize| u32::from_le_bytes(shown.records[at + 4..at + 8].try_into().unwrap());
    if units(allocated) < 2 {
        return false;
    }
    for at in [*dequeued, allocated] {
        write_u32(&mut shown.records, at + 4, |units| units - 1);
    }
    true
}

/// A look keeps other units for an order that waits complete, or none.
fn keep_otherwise(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let looks = looks(shown);
    let mut found = movements_of(shown, MovementKind::SetAside);
    found.retain(|(record, _)| looks.iter().any(|(start, _)| start == record));
    let Some((start, at)) = found.choose(rng).copied() else { return false };
    match rng.random_range(0..3) {
        0 => leave_out(shown, (start, at)),
        1 => write_u32(&mut shown.records, at + 4, |units| units + 1),
        _ => write_u32(&mut shown.records, at + 4, |units| units - 1),
    }
    true
}

/// Another line is said to have been the last that was looked at.
fn look_at_another_line(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let looks = looks(shown);
    let Some((_, body)) = looks.choose(rng).copied() else { return false };
    // SKU, line, class and order: the lowest byte of each.
    shown.records[body + [0, 4, 6, 8].choose(rng).copied().unwrap()] ^= 1;
    true
}

/// A look that is over is said to go on, or the other way round.
fn end_otherwise(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let looks = looks(shown);
    let Some((_, body)) = looks.choose(rng).copied() else { return false };
    shown.records[body + 7] ^= 1;
    true
}

/// Two looks in a row, each in the place of the other.
fn swap_looks(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let all = records(&shown.records);
    let looks = looks(shown);
    let is_look = |at: &usize| looks.iter().any(|(start, _)| start == at);
    let pairs: Vec<_> =
        all.windows(2).filter(|pair| pair.iter().all(|(start, ..)| is_look(start))).collect();
    let Some([one, other]) = pairs.choose(rng).copied() else { return false };
    let mut first = shown.records[one.0..one.2].to_vec();
    let mut second = shown.records[other.0..other.2].to_vec();
    let sequences = (first[8..16].to_vec(), second[8..16].to_vec());
    renumber(&mut first, &sequences.1);
    renumber(&mut second, &sequences.0);
    shown.records.splice(one.0..other.2, [second, first].concat());
    true
}

/// Gives a record and its movements another sequence.
fn renumber(record: &mut [u8], sequence: &[u8]) {
    let (_, movements, end) = records(record)[0];
    record[8..16].copy_from_slice(sequence);
    for at in (movements..end).step_by(MOVEMENT_BYTES) {
        record[at + 24..at + 32].copy_from_slice(sequence);
    }
}

/// One unit more or less is held, or let go of.
fn change_units_of_holds(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let kinds = [MovementKind::Held, MovementKind::Unheld];
    let found = movements_of(shown, kinds.choose(rng).copied().unwrap());
    let Some((_, at)) = found.choose(rng) else { return false };
    let more = rng.random();
    write_u32(&mut shown.records, at + 4, |units| if more { units + 1 } else { units - 1 });
    true
}

/// Units that are not held, or held on although their hold is gone.
fn leave_out_movement_of_holds(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let kinds = [MovementKind::Held, MovementKind::Unheld];
    let found = movements_of(shown, kinds.choose(rng).copied().unwrap());
    let Some(found) = found.choose(rng) else { return false };
    leave_out(shown, *found);
    true
}

/// What a hold lets go of is taken from another hold.
fn take_from_another_hold(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let (held, unheld) =
        (movements_of(shown, MovementKind::Held), movements_of(shown, MovementKind::Unheld));
    let placed = |at: usize| shown.records[at + 16..at + 24].to_vec();
    let Some((_, at)) = unheld.choose(rng).copied() else { return false };
    let others: Vec<_> = held.iter().map(|(_, held)| placed(*held)).collect();
    let others: Vec<_> = others.iter().filter(|other| **other != placed(at)).collect();
    let Some(other) = others.choose(rng).copied() else { return false };
    shown.records[at + 16..at + 24].copy_from_slice(other);
    true
}

/// Records that end holds: where each begins.
fn expiries(shown: &Shown) -> Vec<usize> {
    let mut found = records(&shown.records);
    found.retain(|(start, ..)| {
        let (record, _) = Record::split(&shown.records[*start..]).unwrap();
        matches!(record.command, Command::ExpireHolds(_))
    });
    found.into_iter().map(|(start, ..)| start).collect()
}

pub(crate) fn read_u64(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())
}

/// A hold ends a nanosecond before its time.
fn end_hold_early(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let Some(start) = expiries(shown).choose(rng).copied() else { return false };
    let early = read_u64(&shown.records, start + 48) - 1;
    let before = records(&shown.records).into_iter().rfind(|(other, ..)| *other < start);
    // Else it would be told by the record before, or by the one behind.
    if before.is_none_or(|(other, ..)| read_u64(&shown.records, other + 16) > early) {
        return false;
    }
    shown.records[start + 16..start + 24].copy_from_slice(&early.to_le_bytes());
    true
}

/// Other holds are said to have ended: another last one, or another number of them.
fn end_other_holds(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let Some(start) = expiries(shown).choose(rng).copied() else { return false };
    shown.records[start + [48, 56, 64].choose(rng).copied().unwrap()] ^= 1;
    true
}

/// The reply items of one answer, by their first and last byte.
fn reply(shown: &mut Shown, rng: &mut ChaCha8Rng) -> Option<(usize, usize, usize)> {
    if shown.replies.is_empty() {
        return None;
    }
    let answer = rng.random_range(0..shown.replies.len());
    let bytes = &shown.replies[answer].1;
    let mut start = 0;
    let mut spans = Vec::new();
    for item in Items::new(bytes, usize::MAX) {
        let end = start + item.unwrap().bytes.len();
        spans.push((answer, start, end));
        start = end;
    }
    spans.choose(rng).copied()
}

/// Any bit of a reply but those that only the process knows.
pub(crate) fn change_reply(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let Some((answer, start, end)) = reply(shown, rng) else { return false };
    let bytes = &mut shown.replies[answer].1;
    if bytes[start..start + 2] == [6, 8] {
        return false; // Totals have a case of their own.
    }
    let at = rng.random_range(start..end);
    bytes[at] ^= 1 << rng.random_range(0..8);
    true
}

fn change_totals(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    // Some answer that begins with totals.
    let told = shown.replies.iter_mut().find(|(_, bytes)| bytes.starts_with(&[6, 8]));
    let Some((_, bytes)) = told else { return false };
    bytes[24 + 8 * rng.random_range(0..8)] ^= 1;
    true
}

fn drop_reply(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let Some((answer, start, end)) = reply(shown, rng) else { return false };
    shown.replies[answer].1.drain(start..end);
    true
}

fn repeat_reply(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let Some((answer, start, end)) = reply(shown, rng) else { return false };
    let item = shown.replies[answer].1[start..end].to_vec();
    shown.replies[answer].1.splice(end..end, item);
    true
}

/// Spoils seed after seed, until it was done so often; each time the oracle must object.
fn check(spoil: Spoil, times: usize) {
    check_in(spoil, times, |swarm| swarm);
}

/// The same, where each seed has the swarm that `shape` makes of its own.
pub(crate) fn check_in(spoil: Spoil, times: usize, shape: fn(Swarm) -> Swarm) {
    let mut done = 0;
    for seed in 0.. {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut run = Run::new(seed, shape(swarm(seed)), 300);
        let at = rng.random_range(0..run.shown.len());
        if !spoil(&mut run.shown[at], &mut rng) {
            continue;
        }
        let judged = run.judge_all(&mut Oracle::new());
        assert!(judged.is_err(), "seed {seed}: nothing was noticed");
        done += 1;
        if done == times {
            return;
        }
        assert!(seed < 6_000, "only {done} were spoiled");
    }
}

#[test]
fn a_spoiled_movement_is_noticed() {
    check(drop_movement, 40);
    check(repeat_movement, 40);
    check(change_movement, 120);
    check(swap_movements, 40);
}

#[test]
fn a_spoiled_record_is_noticed() {
    check(swap_sequences, 20);
    check(drop_record, 20);
    check(turn_time_back, 20);
    check(change_outcome, 80);
    check(refuse_order, 40);
}

#[test]
fn a_spoiled_look_at_waiting_lines_is_noticed() {
    check(leave_out_movement_of_matching, 60);
    check(change_units_of_matching, 40);
    check(stint_a_line, 40);
    check(stint_a_whole_order, 10);
    check(keep_otherwise, 40);
    check(look_at_another_line, 60);
    check(end_otherwise, 40);
    check(swap_looks, 40);
}

#[test]
fn a_spoiled_hold_is_noticed() {
    check_in(change_units_of_holds, 80, Swarm::with_holds);
    check_in(leave_out_movement_of_holds, 60, Swarm::with_holds);
    check_in(take_from_another_hold, 60, Swarm::with_holds);
    check_in(end_hold_early, 20, Swarm::with_holds);
    check_in(end_other_holds, 40, Swarm::with_holds);
    check_in(change_movement, 80, Swarm::with_holds);
    check_in(swap_movements, 40, Swarm::with_holds);
    check_in(change_outcome, 40, Swarm::with_holds);
    check_in(change_reply, 100, Swarm::with_holds);
}

#[test]
fn a_spoiled_reply_is_noticed() {
    check(change_reply, 150);
    check(change_totals, 20);
    check(drop_reply, 40);
    check(repeat_reply, 40);
}
