//! What became of an order's units that had to wait: which records gave it some, and where what
//! still waits stands in its book.

use std::path::Path;

use gantry_journal::JournalError;
use gantry_model::{
    Command, EngineSecond, EngineTime, MovementKind, OrderId, Record, Sequence, Sku, WaitKey,
    Warehouse,
};

use super::visit_records;
use crate::Engine;
use crate::state::{State, SupplyRow};

/// Units that a waiting line got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchedUnits {
    /// The record that gave them.
    pub sequence: Sequence,
    /// When.
    pub time: EngineTime,
    /// The line.
    pub line: u16,
    /// Whose units.
    pub sku: Sku,
    /// From where, and how many.
    pub places: Vec<(Warehouse, u32)>,
}

/// A line that still waits, and its place in the book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingUnits {
    /// The line.
    pub line: u16,
    /// What it waits for.
    pub sku: Sku,
    /// Units of it that wait.
    pub units: u32,
    /// Lines that are served before it.
    pub lines_before: u64,
    /// Units that those lines wait for.
    pub units_before: u64,
    /// Units that are set aside for lines of this SKU.
    pub set_aside: u64,
    /// Whether the lines of this SKU are being looked at.
    pub is_due: bool,
    /// When all of it is promised to be there, or [`EngineSecond::NONE`].
    pub promised: EngineSecond,
    /// The supplies of which it is promised, and units of each, in the order in which they come in.
    pub supplies: Vec<(SupplyRow, u32)>,
}

/// What became of units that had to wait.
#[derive(Debug)]
pub struct Waited {
    /// The engine after the last record.
    pub engine: Engine,
    /// Units that were given since, in order of the records.
    pub matched: Vec<MatchedUnits>,
    /// Lines that wait still, rising.
    pub waiting: Vec<WaitingUnits>,
}

/// Replays a folder to its end and tells what became of the waiting units of the order that the
/// record `placed` placed. Changes nothing, and works beside a running server.
pub fn follow_waiting(
    directory: &Path,
    order: OrderId,
    placed: Sequence,
    index_seed: u64,
) -> Result<Waited, JournalError> {
    let mut matched = Vec::new();
    let engine = visit_records(directory, index_seed, &mut |_, record| {
        if matches!(record.command, Command::Match(_)) {
            matched.extend(units_of(record, placed));
        }
        true
    })?;
    let waiting = waiting(engine.state(), order);
    Ok(Waited { engine, matched, waiting })
}

/// What a look gave to lines of the order.
fn units_of(record: &Record<'_>, order: Sequence) -> Vec<MatchedUnits> {
    let mut matched: Vec<MatchedUnits> = Vec::new();
    let (sequence, time) = (record.sequence, record.time);
    for movement in record.movements.iter().filter(|it| it.order() == order) {
        let (line, sku) = (movement.line(), movement.sku());
        match (movement.kind(), matched.last_mut()) {
            (MovementKind::Dequeued, _) => {
                matched.push(MatchedUnits { sequence, time, line, sku, places: Vec::new() });
            }
            (MovementKind::Allocated, Some(units)) => {
                units.places.push((movement.warehouse(), movement.quantity().unsigned_abs()));
            }
            _ => {}
        }
    }
    matched
}

fn waiting(state: &State, order: OrderId) -> Vec<WaitingUnits> {
    let Some(slot) = state.order_slot(order) else { return Vec::new() };
    let row = state.orders.row(slot);
    let lines = (0..).zip(state.orders.lines(row)).filter(|(_, line)| line.waiting > 0);
    let of_line = |(line, figures): (u16, &crate::state::LineRow)| {
        let (sku, key) = (figures.sku, state.wait_key(row, line));
        let mut waiting = WaitingUnits {
            line,
            sku,
            units: figures.waiting,
            lines_before: 0,
            units_before: 0,
            set_aside: state.matching.set_aside_of(sku),
            is_due: state.matching.is_due(sku),
            promised: key.promised,
            supplies: supplies(state, key),
        };
        let before = state.books.from(sku, WaitKey::FIRST).take_while(|(other, _)| *other < key);
        for (other, slot) in before {
            let lines = state.orders.lines(state.orders.row(slot));
            waiting.lines_before += 1;
            waiting.units_before += u64::from(lines[usize::from(other.line)].waiting);
        }
        waiting
    };
    lines.map(of_line).collect()
}

/// What is promised to the line at `key`.
fn supplies(state: &State, key: WaitKey) -> Vec<(SupplyRow, u32)> {
    let parts = state.promises.get(key.placed, key.line).map(|row| state.parts_in_order(row));
    let parts = parts.unwrap_or_default().into_iter();
    parts.filter_map(|part| Some((*state.supplies.get(part.supply)?, part.units))).collect()
}
