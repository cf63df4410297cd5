//! The oracle can fail: whatever is spoiled in promises and in looks at them, it objects.

use gantry_model::{Command, MovementKind, Record};
use gantry_simulator::workload::Swarm;
use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

use crate::run::Shown;
use crate::spoiled::{
    change_movement, change_outcome, change_reply, check_in, leave_out, movements_of, records,
    repeat_movement, swap_movements, write_u32,
};

const KINDS: [MovementKind; 3] =
    [MovementKind::Promised, MovementKind::Unpromised, MovementKind::PromiseBroken];

/// Movements of promises, of one kind, each with its record.
fn promised(shown: &Shown, rng: &mut ChaCha8Rng) -> Option<(usize, usize)> {
    movements_of(shown, KINDS.choose(rng).copied().unwrap()).choose(rng).copied()
}

/// One unit more or less is promised, or not promised any more.
fn change_units(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let Some((_, at)) = promised(shown, rng) else { return false };
    let more = rng.random();
    write_u32(&mut shown.records, at + 4, |units| if more { units + 1 } else { units - 1 });
    true
}

/// A part of a promise is missing, or that it was broken.
fn leave_out_movement(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let Some(found) = promised(shown, rng) else { return false };
    leave_out(shown, found);
    true
}

/// Units are promised from another supply, of which units were promised, too.
fn promise_from_another_supply(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let found = movements_of(shown, MovementKind::Promised);
    let supply = |at: usize| shown.records[at + 24..at + 32].to_vec();
    let Some((_, at)) = found.choose(rng).copied() else { return false };
    let others: Vec<_> = found.iter().map(|(_, other)| supply(*other)).collect();
    let others: Vec<_> = others.iter().filter(|other| **other != supply(at)).collect();
    let Some(other) = others.choose(rng).copied() else { return false };
    shown.records[at + 24..at + 32].copy_from_slice(other);
    true
}

/// Looks at promises: where each record begins, and whether it promises to other lines, or again.
fn looks(shown: &Shown) -> Vec<usize> {
    let mut found = records(&shown.records);
    found.retain(|(start, ..)| {
        let (record, _) = Record::split(&shown.records[*start..]).unwrap();
        matches!(record.command, Command::Promise(_))
    });
    found.into_iter().map(|(start, ..)| start).collect()
}

/// Another SKU is looked at, or another line is said to have been the last.
fn look_elsewhere(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let Some(start) = looks(shown).choose(rng).copied() else { return false };
    shown.records[start + 48 + [0, 4, 6, 8].choose(rng).copied().unwrap()] ^= 1;
    true
}

/// A look that is over is said to go on, or the other way round.
fn end_otherwise(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let Some(start) = looks(shown).choose(rng).copied() else { return false };
    shown.records[start + 48 + 7] ^= 1;
    true
}

/// A look at promises is left out: the next record has its sequence.
fn leave_out_look(shown: &mut Shown, rng: &mut ChaCha8Rng) -> bool {
    let looks = looks(shown);
    let all = records(&shown.records);
    let Some(start) = looks.choose(rng).copied() else { return false };
    let (_, _, end) = *all.iter().find(|(other, ..)| *other == start).unwrap();
    shown.records.drain(start..end);
    true
}

#[test]
fn a_spoiled_promise_is_noticed() {
    check_in(change_units, 80, Swarm::with_supplies);
    check_in(leave_out_movement, 80, Swarm::with_supplies);
    check_in(promise_from_another_supply, 60, Swarm::with_supplies);
    check_in(repeat_movement, 40, Swarm::with_supplies);
    check_in(change_movement, 80, Swarm::with_supplies);
    check_in(swap_movements, 40, Swarm::with_supplies);
}

#[test]
fn a_spoiled_look_at_promises_is_noticed() {
    check_in(look_elsewhere, 80, Swarm::with_supplies);
    check_in(end_otherwise, 40, Swarm::with_supplies);
    check_in(leave_out_look, 40, Swarm::with_supplies);
    check_in(change_outcome, 40, Swarm::with_supplies);
}

#[test]
fn a_spoiled_reply_of_promises_is_noticed() {
    check_in(change_reply, 150, Swarm::with_supplies);
}
