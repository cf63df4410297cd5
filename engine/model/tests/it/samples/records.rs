//! Records: outcomes and movements of every kind.

use gantry_model::{
    Actor, AdjustReason, Command, EngineTime, Movement, MovementKind, OrderLine, Outcome,
    OutcomeHead, Proof, Record, RecordHeader, RejectReason, Sequence, Short, Sku, UpsertCode,
    Warehouse,
};
use zerocopy::IntoBytes;

use super::{ID, Sample, Version, place_hold, place_order, promise, written};

const SEQUENCE: Sequence = Sequence::new(0x0102_0304);

/// The records that this version was the first to write.
pub(crate) fn records(version: Version) -> Vec<Sample> {
    let lines = [OrderLine::new(Sku::new(8), 9)];
    let order = Command::PlaceOrder(place_order(&lines));
    let zone = Command::UpsertZone(UpsertCode { id: ID, code: "770" });
    let sourced = |proof| OutcomeHead::sourced(3, 1_290, Some(proof), 0x0506);
    match version {
        Version::First => vec![
            sample("placed", &order, OutcomeHead::accepted(3, 1_290), &[], &first_movements()),
            sample("defined", &zone, OutcomeHead::defined(0x0102), &[], &[]),
            sample(
                "rejected",
                &order,
                OutcomeHead::rejected(RejectReason::OutOfStock, 5, 9),
                &[Short::new(1, Sku::new(0x0102_0304), 9, 5)],
                &[],
            ),
        ],
        Version::Second => vec![
            sample("optimal", &order, sourced(Proof::Optimal), &[], &second_movements()),
            sample("gap_in_units", &order, sourced(Proof::GapInUnits), &[], &[]),
            sample("gap_in_objective", &order, sourced(Proof::GapInObjective), &[], &[]),
            sample("gap_in_cost", &order, sourced(Proof::GapInCost), &[], &[]),
        ],
        Version::Third => {
            let movements =
                of_order(&[MovementKind::SetAside, MovementKind::GivenBack, MovementKind::Due]);
            let held = of_order(&[MovementKind::Held, MovementKind::Unheld]);
            let (accepted, hold) =
                (OutcomeHead::accepted(0, 0), Command::PlaceHold(place_hold(&lines)));
            vec![
                sample("set_aside", &zone, accepted, &[], &movements),
                sample("held", &hold, accepted, &[], &held),
            ]
        }
        Version::Fourth => {
            let kinds =
                [MovementKind::Promised, MovementKind::Unpromised, MovementKind::PromiseBroken];
            let promise = Command::Promise(promise());
            vec![sample("promised", &promise, OutcomeHead::accepted(0, 0), &[], &of_order(&kinds))]
        }
    }
}

fn first_movements() -> Vec<Movement> {
    let (sku, warehouse, cause) = (Sku::new(0x0708_090a), Warehouse::new(0x0b0c), SEQUENCE);
    let stock = |kind, reason, units| Movement::stock(kind, reason, sku, warehouse, units, cause);
    let mut movements = vec![
        stock(MovementKind::Received, AdjustReason::None, 0x0d0e),
        stock(MovementKind::Adjusted, AdjustReason::Lost, -0x0d0e),
        stock(MovementKind::Withdrawn, AdjustReason::Damaged, 0x0f),
        stock(MovementKind::Restored, AdjustReason::Found, 0x10),
    ];
    movements.extend(of_order(&[
        MovementKind::Shipped,
        MovementKind::Allocated,
        MovementKind::Released,
        MovementKind::Backordered,
        MovementKind::Dequeued,
        MovementKind::Cancelled,
    ]));
    movements
}

fn second_movements() -> Vec<Movement> {
    of_order(&[
        MovementKind::ComponentAllocated,
        MovementKind::ComponentReleased,
        MovementKind::ComponentShipped,
    ])
}

fn of_order(kinds: &[MovementKind]) -> Vec<Movement> {
    let (order, line) = (Sequence::new(0x0102), 0x11);
    let (sku, warehouse) = (Sku::new(0x0304), Warehouse::new(0x05));
    let one = |kind| Movement::of_order(kind, order, line, sku, warehouse, 0x0607, SEQUENCE);
    kinds.iter().copied().map(one).collect()
}

fn sample(
    name: &str,
    command: &Command<'_>,
    head: OutcomeHead,
    shorts: &[Short],
    movements: &[Movement],
) -> Sample {
    let (sequence, time, actor) = (SEQUENCE, EngineTime::new(0x1112_1314), Actor::new(0x15));
    let command_bytes = written(command);
    let outcome_bytes = size_of_val(&head) + size_of_val(shorts);
    let parts = (command_bytes.len(), outcome_bytes, movements.len());
    let header = RecordHeader::new(sequence, time, actor, parts.0, parts.1, parts.2);
    let written = [
        header.as_bytes(),
        &command_bytes,
        head.as_bytes(),
        shorts.as_bytes(),
        movements.as_bytes(),
    ]
    .concat();
    let outcome = Outcome { head: &head, shorts };
    let (command, command_bytes) = (*command, &command_bytes[..]);
    let record = Record { sequence, time, actor, command, command_bytes, outcome, movements };
    Sample { name: name.to_owned(), meaning: format!("{record:?}"), written }
}
