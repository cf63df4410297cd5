//! The oracle objects to whatever is spoiled of swaps and of sweeps.

#![expect(clippy::ptr_arg, reason = "what spoils is of one type")]

use gantry_model::{Command, MOVEMENT_BYTES, MovementKind, Record};
use gantry_simulator::oracle::{Oracle, Violation};
use gantry_simulator::workload::Swarm;
use rand::SeedableRng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

use crate::run::{Run, Shown, swarm};
use crate::spoiled::{
    change_outcome, change_reply, check_in, leave_out, movements_of, read_u64, records, write_u16,
    write_u32,
};

/// Where the parts of a record are.
const SEQUENCE: usize = 8;
const TIME: usize = 16;
const BODY: usize = 48;
/// Of the commands: where a swap's warehouses and outcome are, and where a sweep's end is.
const FIRST_WAREHOUSE: usize = BODY + 52;
const SECOND_WAREHOUSE: usize = BODY + 54;
const OUTCOME_OF_SWAP: usize = BODY + 64;
const END_OF_SWEEP: usize = BODY + 8;

type IsIt = fn(&Record<'_>) -> bool;

fn is_swap(record: &Record<'_>) -> bool {
    matches!(record.command, Command::SwapUnits(_)) && record.outcome.head.is_accepted()
}

fn is_sweep(record: &Record<'_>) -> bool {
    matches!(record.command, Command::Sweep(_))
}

/// A record of this sort: where it begins, where its movements do, and where it ends.
fn one_of(bytes: &[u8], rng: &mut ChaCha8Rng, is_it: IsIt) -> Option<(usize, usize, usize)> {
    let mut found = records(bytes);
    found.retain(|(start, ..)| is_it(&Record::split(&bytes[*start..]).unwrap().0));
    found.choose(rng).copied()
}

/// A movement of a record of this sort: where the record begins, and where it.
fn movement_of(shown: &Shown, rng: &mut ChaCha8Rng, is_it: IsIt) -> Option<(usize, usize)> {
    let (start, movements, end) = one_of(&shown.records, rng, is_it)?;
    let at: Vec<usize> = (movements..end).step_by(MOVEMENT_BYTES).collect();
    at.choose(rng).map(|at| (start, *at))
}

/// A movement of a swap is missing.
fn swap_half(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let Some(found) = movement_of(shown, rng, is_swap) else { return false };
    leave_out(shown, found);
    true
}

/// Line, units, SKU, warehouse, order or cause of a movement are others.
fn swap_otherwise(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let Some((_, at)) = movement_of(shown, rng, is_swap) else { return false };
    shown.records[at + [2, 4, 8, 12, 16, 24].choose(rng).copied().unwrap()] ^= 1;
    true
}

/// Two movements of a swap change places.
fn swap_out_of_turn(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let Some((start, at)) = movement_of(shown, rng, is_swap) else { return false };
    let (_, movements, _) = *records(&shown.records).iter().find(|one| one.0 == start).unwrap();
    if at == movements {
        return false;
    }
    for byte in at..at + MOVEMENT_BYTES {
        shown.records.swap(byte, byte - MOVEMENT_BYTES);
    }
    true
}

/// Parcels, cost, proof or gap of the two orders are others.
fn say_otherwise(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let Some((start, ..)) = one_of(&shown.records, rng, is_swap) else { return false };
    let at = start + OUTCOME_OF_SWAP;
    shown.records[at + [1, 2, 4, 8, 9, 16].choose(rng).copied().unwrap()] ^= 1;
    true
}

/// The other warehouse, another order, another SKU, or a unit more.
fn ask_otherwise(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let Some((start, ..)) = one_of(&shown.records, rng, is_swap) else { return false };
    shown.records[start + BODY + [16, 32, 48, 52, 54, 56].choose(rng).copied().unwrap()] ^= 1;
    true
}

/// A SKU is not made due for which something is there.
fn leave_out_a_sku(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let Some(found) = movement_of(shown, rng, is_sweep) else { return false };
    leave_out(shown, found);
    true
}

/// Another SKU is made due instead.
fn make_another_due(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let Some((_, at)) = movement_of(shown, rng, is_sweep) else { return false };
    shown.records[at + 8] ^= 1;
    true
}

/// A SKU is made due that need not be.
fn make_one_more_due(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let Some((start, movements, end)) = one_of(&shown.records, rng, is_sweep) else { return false };
    let (record, _) = Record::split(&shown.records[start..]).unwrap();
    let Command::Sweep(sweep) = record.command else { return false };
    let is_due = |sku: u32| record.movements.iter().any(|row| row.sku().get() == sku);
    let others: Vec<u32> =
        (sweep.from.get()..=sweep.last.get()).filter(|sku| !is_due(*sku)).collect();
    let Some(sku) = others.choose(rng).copied() else { return false };
    let behind = record.movements.iter().filter(|row| row.sku().get() < sku).count();
    let mut due = [0; MOVEMENT_BYTES];
    due[0] = MovementKind::Due.number();
    due[2..4].copy_from_slice(&u16::MAX.to_le_bytes());
    due[8..12].copy_from_slice(&sku.to_le_bytes());
    due[12..14].copy_from_slice(&u16::MAX.to_le_bytes());
    due[24..32].copy_from_slice(&record.sequence.get().to_le_bytes());
    let at = movements + behind * MOVEMENT_BYTES;
    assert!(at <= end);
    shown.records.splice(at..at, due);
    write_u32(&mut shown.records, start, |length| length + 32);
    write_u16(&mut shown.records, start + 6, |count| count + 1);
    let found = movements_of(shown, MovementKind::Due);
    assert!(found.contains(&(start, at)), "it is read as such");
    true
}

/// It is said to have begun elsewhere, ended elsewhere, or to go on when it is over.
fn sweep_otherwise(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let Some((start, ..)) = one_of(&shown.records, rng, is_sweep) else { return false };
    let at = [BODY, BODY + 4, END_OF_SWEEP].choose(rng).copied().unwrap();
    shown.records[start + at] ^= 1;
    true
}

/// Spoils a record; what came before ends with these bytes.
type SpoilRecord = fn(&mut Vec<u8>, &[u8]) -> bool;

/// Spoils a record of this sort in seed after seed, until that was done so often, and shows the oracle
/// what came before and the record, and nothing else; returns what it said.
fn judge(
    shape: fn(Swarm) -> Swarm,
    is_it: IsIt,
    spoil: SpoilRecord,
    (items, times): (usize, usize),
) -> Vec<Result<(), Violation>> {
    let mut judged = Vec::new();
    for seed in 7_000.. {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let run = Run::new(seed, shape(swarm(seed)).well_formed(), items);
        let all: Vec<u8> = run.shown.iter().flat_map(|shown| shown.records.clone()).collect();
        let Some((start, _, end)) = one_of(&all, &mut rng, is_it) else { continue };
        let (before, mut record) = (&all[..start], all[start..end].to_vec());
        if !spoil(&mut record, before) {
            continue;
        }
        let mut oracle = Oracle::new();
        assert_eq!(oracle.recovered(before), Ok(()), "seed {seed}");
        judged.push(oracle.recovered(&record));
        if judged.len() == times {
            return judged;
        }
        assert!(seed < 9_000, "only {} were spoiled", judged.len());
    }
    judged
}

/// Numbers a record that comes behind one.
fn renumber(record: &mut [u8]) {
    let next = (read_u64(record, SEQUENCE) + 1).to_le_bytes();
    let (_, movements, end) = records(record)[0];
    record[SEQUENCE..SEQUENCE + 8].copy_from_slice(&next);
    for at in (movements..end).step_by(MOVEMENT_BYTES) {
        record[at + 24..at + 32].copy_from_slice(&next);
    }
}

/// The two orders swap back.
fn swap_back(record: &mut Vec<u8>, _: &[u8]) -> bool {
    let mut back = record.clone();
    back[BODY] ^= 0xff;
    for byte in 0..2 {
        back.swap(FIRST_WAREHOUSE + byte, SECOND_WAREHOUSE + byte);
    }
    let (_, movements, _) = records(&back)[0];
    let (released, allocated): (Vec<Vec<u8>>, Vec<Vec<u8>>) =
        back[movements..].chunks(MOVEMENT_BYTES).map(<[u8]>::to_vec).partition(|row| {
            let kinds = [MovementKind::Released, MovementKind::ComponentReleased];
            kinds.iter().any(|kind| kind.number() == row[0])
        });
    let turned = allocated.into_iter().chain(released).map(|mut row| {
        let turns = [
            (MovementKind::Allocated, MovementKind::Released),
            (MovementKind::ComponentAllocated, MovementKind::ComponentReleased),
        ];
        for (one, other) in turns.map(|(one, other)| (one.number(), other.number())) {
            row[0] = if row[0] == one {
                other
            } else if row[0] == other {
                one
            } else {
                continue;
            };
            break;
        }
        row
    });
    let turned: Vec<u8> = turned.flatten().collect();
    back.truncate(movements);
    back.extend(turned);
    renumber(&mut back);
    record.extend(back);
    true
}

/// The same step once more.
fn sweep_again(record: &mut Vec<u8>, _: &[u8]) -> bool {
    let mut again = record.clone();
    renumber(&mut again);
    record.extend(again);
    true
}

/// The step is said to have been taken when the record before was made.
fn sweep_early(record: &mut Vec<u8>, before: &[u8]) -> bool {
    let Some((start, ..)) = records(before).last().copied() else { return false };
    let (sweep, _) = Record::split(record).unwrap();
    let begins = matches!(sweep.command, Command::Sweep(sweep) if sweep.from.get() == 0);
    let is_other = before[start + TIME..start + TIME + 8] != record[TIME..TIME + 8];
    record[TIME..TIME + 8].copy_from_slice(&before[start + TIME..start + TIME + 8]);
    begins && is_other
}

#[test]
fn a_spoiled_swap_is_noticed() {
    check_in(swap_half, 60, Swarm::with_swaps);
    check_in(swap_otherwise, 80, Swarm::with_swaps);
    check_in(swap_out_of_turn, 60, Swarm::with_swaps);
    check_in(say_otherwise, 60, Swarm::with_swaps);
    check_in(ask_otherwise, 60, Swarm::with_swaps);
    check_in(change_outcome, 40, Swarm::with_swaps);
    check_in(change_reply, 150, Swarm::with_swaps);
}

#[test]
fn a_swap_that_gains_nothing_is_noticed() {
    let judged = judge(Swarm::with_swaps, is_swap, swap_back, (400, 80));
    let is_said = |judged: &Result<(), Violation>| {
        judged.as_ref().is_err_and(|violation| {
            violation.what.contains("the rules say OutcomeHead { reason: U16(314)")
        })
    };
    let noticed = judged.iter().filter(|judged| is_said(judged)).count();
    assert!(judged.iter().all(Result::is_err) && noticed > 60, "{noticed}: {judged:?}");
}

#[test]
fn a_spoiled_sweep_is_noticed() {
    check_in(leave_out_a_sku, 60, Swarm::with_sweeps);
    check_in(make_another_due, 60, Swarm::with_sweeps);
    check_in(make_one_more_due, 60, Swarm::with_sweeps);
    check_in(sweep_otherwise, 60, Swarm::with_sweeps);
}

#[test]
fn a_sweep_that_is_not_due_is_noticed() {
    let judged = judge(Swarm::with_sweeps, is_sweep, sweep_again, (400, 80));
    assert!(judged.iter().all(Result::is_err), "{judged:?}");
    let judged = judge(Swarm::with_long_sweeps, is_sweep, sweep_again, (1_000, 20));
    assert!(judged.iter().all(Result::is_err), "{judged:?}");
    // One that a command asked for is due whenever it is.
    let judged = judge(Swarm::with_rejections, is_sweep, sweep_early, (700, 40));
    let noticed = judged.iter().filter(|judged| judged.is_err()).count();
    println!("{noticed} of {} early steps were noticed", judged.len());
    assert!(noticed > 10, "{noticed} of {} were noticed", judged.len());
}
