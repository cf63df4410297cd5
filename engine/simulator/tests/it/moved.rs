//! The oracle judges orders that are sourced again by their records alone: each of these is spoiled,
//! and nobody is told of it.

#![expect(clippy::ptr_arg, reason = "what spoils is of one type")]

use gantry_model::{Command, MOVEMENT_BYTES, MovementKind, Record};
use gantry_simulator::oracle::{Oracle, Violation};
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::run::{Run, swarm};
use crate::spoiled::{records, write_u16, write_u32};

/// Where the parts of a record are.
const SEQUENCE: usize = 8;
const COMMAND_ID: usize = 48;
const OUTCOME: usize = 40 + 40;
const MOVEMENTS: usize = OUTCOME + 24;

/// Spoils a record; says whether it could be.
type Spoil = fn(&mut Vec<u8>, &mut ChaCha8Rng) -> bool;

/// A run up to a record by which units of an order moved: what came before, and the record.
fn up_to_a_move(seed: u64, rng: &mut ChaCha8Rng) -> Option<(Vec<u8>, Vec<u8>)> {
    let run = Run::new(seed, swarm(seed).with_places_that_change().well_formed(), 400);
    let all: Vec<u8> = run.shown.iter().flat_map(|shown| shown.records.clone()).collect();
    let mut moves = records(&all);
    moves.retain(|(start, movements, end)| {
        let (record, _) = Record::split(&all[*start..]).unwrap();
        matches!(record.command, Command::ResourceOrder(_)) && movements < end
    });
    let (start, _, end) = moves.choose(rng).copied()?;
    Some((all[..start].to_vec(), all[start..end].to_vec()))
}

fn kinds(record: &[u8]) -> Vec<MovementKind> {
    let (record, _) = Record::split(record).unwrap();
    record.movements.iter().map(|movement| movement.kind()).collect()
}

/// A movement of a kind: where it begins.
fn movement(record: &[u8], kind: MovementKind, rng: &mut ChaCha8Rng) -> Option<usize> {
    let kinds = kinds(record);
    let found: Vec<usize> = (0..kinds.len()).filter(|at| kinds[*at] == kind).collect();
    found.choose(rng).map(|at| MOVEMENTS + at * MOVEMENT_BYTES)
}

fn set_movements(record: &mut Vec<u8>, movements: &[u8]) {
    let before = record.len();
    record.truncate(MOVEMENTS);
    record.extend_from_slice(movements);
    let (before, after) = (u32::try_from(before).unwrap(), u32::try_from(record.len()).unwrap());
    write_u32(record, 0, |length| length + after - before);
    let count = u16::try_from(movements.len() / MOVEMENT_BYTES).unwrap();
    write_u16(record, 6, |_| count);
}

/// Nothing moves, as if nothing were better.
fn stay(record: &mut Vec<u8>, _: &mut ChaCha8Rng) -> bool {
    set_movements(record, &[]);
    record[OUTCOME..MOVEMENTS].fill(0);
    record[OUTCOME + 4..OUTCOME + 8].fill(0xff);
    true
}

/// Parcels, cost, proof or gap are other than the plan's.
fn change_figures(record: &mut Vec<u8>, rng: &mut ChaCha8Rng) -> bool {
    record[OUTCOME + [2, 4, 8, 16].choose(rng).unwrap()] ^= 1;
    true
}

/// Units go elsewhere, or come from elsewhere.
fn move_elsewhere(record: &mut Vec<u8>, rng: &mut ChaCha8Rng) -> bool {
    let kind = [MovementKind::Released, MovementKind::Allocated].choose(rng).copied().unwrap();
    let Some(at) = movement(record, kind, rng) else { return false };
    record[at + 12] ^= 1 << rng.random_range(0..3);
    true
}

/// A unit stays where it is.
fn keep_a_unit(record: &mut Vec<u8>, rng: &mut ChaCha8Rng) -> bool {
    let released = movement(record, MovementKind::Released, rng);
    let allocated = movement(record, MovementKind::Allocated, rng);
    let (Some(released), Some(allocated)) = (released, allocated) else { return false };
    let line = |at: usize| record[at + 2..at + 4].to_vec();
    if line(released) != line(allocated) {
        return false;
    }
    for at in [released, allocated] {
        write_u32(record, at + 4, |units| units - 1);
    }
    true
}

/// A movement is missing, of whatever kind.
fn leave_out(record: &mut Vec<u8>, rng: &mut ChaCha8Rng) -> bool {
    let mut movements = record[MOVEMENTS..].to_vec();
    let at = rng.random_range(0..movements.len() / MOVEMENT_BYTES) * MOVEMENT_BYTES;
    movements.drain(at..at + MOVEMENT_BYTES);
    set_movements(record, &movements);
    true
}

/// Two movements change places.
fn swap(record: &mut Vec<u8>, rng: &mut ChaCha8Rng) -> bool {
    let mut movements: Vec<Vec<u8>> =
        record[MOVEMENTS..].chunks(MOVEMENT_BYTES).map(<[u8]>::to_vec).collect();
    let at = rng.random_range(0..movements.len());
    if at == 0 || movements[at] == movements[at - 1] {
        return false;
    }
    movements.swap(at - 1, at);
    set_movements(record, &movements.concat());
    true
}

/// The same order is sourced once more, and its units go back to where they were.
fn go_back(record: &mut Vec<u8>, _: &mut ChaCha8Rng) -> bool {
    use MovementKind as Kind;
    let mut back = record.clone();
    let kinds = kinds(&back);
    let of_order = |kind: &Kind| matches!(kind, Kind::Released | Kind::Allocated);
    if !kinds.iter().all(of_order) {
        return false;
    }
    let (mut released, mut allocated) = (Vec::new(), Vec::new());
    for (kind, movement) in kinds.iter().zip(back[MOVEMENTS..].chunks(MOVEMENT_BYTES)) {
        let into = if *kind == Kind::Allocated { &mut released } else { &mut allocated };
        let other = if *kind == Kind::Allocated { Kind::Released } else { Kind::Allocated };
        let start = into.len();
        into.extend_from_slice(movement);
        into[start] = other as u8;
    }
    set_movements(&mut back, &[released, allocated].concat());
    back[COMMAND_ID] ^= 0xff;
    let sequence = back[SEQUENCE..SEQUENCE + 8].try_into().unwrap();
    let next = (u64::from_le_bytes(sequence) + 1).to_le_bytes();
    back[SEQUENCE..SEQUENCE + 8].copy_from_slice(&next);
    for movement in back[MOVEMENTS..].chunks_mut(MOVEMENT_BYTES) {
        movement[24..32].copy_from_slice(&next);
    }
    record.extend(back);
    true
}

/// Spoils a record in seed after seed, until that was done so often; returns what the oracle said.
fn judge(spoil: Spoil, times: usize) -> Vec<Result<(), Violation>> {
    let mut judged = Vec::new();
    for seed in 5_000.. {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let Some((before, mut record)) = up_to_a_move(seed, &mut rng) else { continue };
        if !spoil(&mut record, &mut rng) {
            continue;
        }
        let mut oracle = Oracle::new();
        assert_eq!(oracle.recovered(&before), Ok(()), "seed {seed}");
        judged.push(oracle.recovered(&record));
        if judged.len() == times {
            return judged;
        }
        assert!(seed < 8_000, "only {} were spoiled", judged.len());
    }
    judged
}

#[test]
fn a_spoiled_move_is_noticed() {
    for (spoil, times) in [
        (change_figures as Spoil, 60),
        (move_elsewhere, 60),
        (keep_a_unit, 40),
        (leave_out, 60),
        (swap, 40),
    ] {
        let judged = judge(spoil, times);
        assert!(judged.iter().all(Result::is_err), "{judged:?}");
    }
}

/// Where every plan can be tried, units must not stay where they are.
#[test]
fn units_that_stay_though_there_is_better_are_noticed() {
    let judged = judge(stay, 100);
    let noticed = judged.iter().filter(|judged| judged.is_err()).count();
    assert!(noticed > 80, "{noticed} of {} were noticed", judged.len());
}

#[test]
fn units_that_go_where_it_is_no_better_are_noticed() {
    let judged = judge(go_back, 60);
    let is_said = |judged: &Result<(), Violation>, what: &str| {
        judged.as_ref().is_err_and(|violation| violation.what.contains(what))
    };
    let of = |what| judged.iter().filter(|judged| is_said(judged, what)).count();
    let (worse, gone) = (of("is not better than"), of("is no candidate"));
    assert!(judged.iter().all(Result::is_err), "{judged:?}");
    assert!(worse > 20 && gone > 5, "{worse} are worse, {gone} go where nobody may serve");
}
