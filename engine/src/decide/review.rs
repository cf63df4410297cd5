//! Reviewing: making promises anew, where more or less is expected than was, or later.
//!
//! A record that changes what is expected puts its SKU under review. Records of the engine's own
//! then take back what cannot be kept and promise it anew; once all can be kept, they promise the
//! lines that have no promise what is left, from the first of the book on.

use std::collections::BTreeMap;

use gantry_journal::mark;
use gantry_model::{
    EngineSecond, EngineTime, LINES_PROMISED_PER_RECORD_MAX, MatchEnd, Movement, MovementKind,
    Promise, PromiseKey, Sequence, Sku, WaitKey, Warehouse,
};

use super::Decision;
use super::due::make_due;
use super::promise::{Promiser, Wanted};
use crate::state::{LinePromiseRow, State, SupplyRow, date_after};

/// Decides the next look at promises as the record `sequence`; none, if there is nothing to be made
/// anew, or what is to be matched comes first.
pub(crate) fn decide_review(
    state: &State,
    sequence: Sequence,
    now: EngineTime,
    decision: &mut Decision,
) -> Option<Promise> {
    decision.clear();
    let sku = state.next_review(now)?;
    let broken = collect(state, sku, now);
    if broken.is_empty() {
        return Some(promise_the_rest(state, sku, (sequence, now), decision));
    }
    make_anew(state, sku, &broken, (sequence, now), decision);
    Some(Promise { sku, last: WaitKey::FIRST, end: MatchEnd::GoesOn })
}

/// The look that promises nobody anything: what is left where [`decide_review`] stopped by a bug, so
/// that the same lines do not stop it for ever. What was to be there by now is taken back.
pub(crate) fn leave_broken(
    state: &State,
    sequence: Sequence,
    now: EngineTime,
    decision: &mut Decision,
) -> Option<Promise> {
    decision.clear();
    let sku = state.next_review(now)?;
    let late = state.promises.by_date().take_while(|key| key.promised.is_past(now));
    let rows = late.filter_map(|key| Some((key, state.promises.get(key.placed, key.line)?)));
    let lines = rows.filter(|(_, row)| row.sku == sku).map(|(key, row)| Line::of(state, key, row));
    let lines: Vec<Line<'_>> = lines.take(LINES_PROMISED_PER_RECORD_MAX).collect();
    let mut promiser = Promiser::new(state, now);
    for line in &lines {
        promiser.take_back(&line.wanted, &state.parts_in_order(line.row), &mut decision.movements);
        decision.movements.push(line.broken(sequence));
    }
    let end = if lines.is_empty() { MatchEnd::Over } else { MatchEnd::GoesOn };
    Some(Promise { sku, last: WaitKey::FIRST, end })
}

/// A line with a promise.
#[derive(Clone, Copy, Debug)]
struct Line<'a> {
    key: WaitKey,
    row: &'a LinePromiseRow,
    wanted: Wanted,
}

impl<'a> Line<'a> {
    fn of(state: &State, key: PromiseKey, row: &'a LinePromiseRow) -> Self {
        let key = state.wait_key(state.orders.row(row.slot), key.line);
        Self { key, row, wanted: wanted(state, (row.sku, key, row.slot)) }
    }

    fn broken(&self, sequence: Sequence) -> Movement {
        mark!("promise broken");
        let Wanted { sku, placed, line, units, .. } = self.wanted;
        let kind = MovementKind::PromiseBroken;
        Movement::of_order(kind, placed, line, sku, Warehouse::NONE, units, sequence)
    }
}

/// Takes back what is promised to a line of which more is wanted than before: `units` in all.
pub(super) fn break_promise(
    state: &State,
    (placed, line): (Sequence, u16),
    units: u32,
    (sequence, now): (Sequence, EngineTime),
    movements: &mut Vec<Movement>,
) {
    let Some(row) = state.promises.get(placed, line) else { return };
    let mut broken = Line::of(state, PromiseKey { promised: row.date, placed, line }, row);
    let parts = state.parts_in_order(row);
    Promiser::new(state, now).take_back(&broken.wanted, &parts, movements);
    broken.wanted.units = units;
    movements.push(broken.broken(sequence));
}

/// What a line that waits wants.
fn wanted(state: &State, (sku, key, slot): (Sku, WaitKey, u32)) -> Wanted {
    let order = state.orders.row(slot);
    Wanted {
        sku,
        placed: key.placed,
        line: key.line,
        units: state.orders.lines(order)[usize::from(key.line)].waiting,
        zone: order.zone,
        channel: state.orders.detail(slot).channel,
        mode: order.short,
    }
}

/// Lines whose promises cannot be kept: as many as a record makes anew, in the order of the book.
fn collect(state: &State, sku: Sku, now: EngineTime) -> Vec<Line<'_>> {
    let mut found = BTreeMap::new();
    for supply in state.supplies.of_sku(sku) {
        collect_too_many(state, supply, &mut found);
    }
    for supply in state.supplies.of_sku(sku) {
        let all = state.promises.of_supply(supply.placed, PromiseKey::FIRST);
        let is_late = |key: &PromiseKey| key.promised < supply.eta || key.promised.is_past(now);
        for key in all.take_while(is_late) {
            if add(state, key, &mut found).is_none() {
                break;
            }
            mark!("late promise reviewed");
        }
    }
    let lines = found.into_iter().map(|((placed, line), row)| {
        Line::of(state, PromiseKey { promised: row.date, placed, line }, row)
    });
    let mut lines: Vec<Line<'_>> = lines.collect();
    lines.sort_unstable_by_key(|line| line.key);
    lines
}

type Found<'a> = BTreeMap<(Sequence, u16), &'a LinePromiseRow>;

/// Adds a line, if there is room for it; returns units of its promise.
fn add<'a>(state: &'a State, key: PromiseKey, found: &mut Found<'a>) -> Option<&'a LinePromiseRow> {
    let at = (key.placed, key.line);
    if found.len() == LINES_PROMISED_PER_RECORD_MAX && !found.contains_key(&at) {
        return None;
    }
    let row = state.promises.get(key.placed, key.line);
    let row = row.expect("invariant: an index names what is promised");
    found.insert(at, row);
    Some(row)
}

/// Adds the last of a supply's promises of which more is promised than is expected.
fn collect_too_many<'a>(state: &'a State, supply: &SupplyRow, found: &mut Found<'a>) {
    let mut left = u64::from(supply.promised.saturating_sub(supply.open()));
    let mut backwards = state.promises.of_supply(supply.placed, PromiseKey::FIRST).rev();
    while left > 0 {
        let Some(row) = backwards.next().and_then(|key| add(state, key, found)) else { return };
        mark!("over-promised supply reviewed");
        left = left.saturating_sub(row.units_of(supply.placed).into());
    }
}

/// Takes back what is promised to lines, and promises it anew as far as it can be.
fn make_anew(
    state: &State,
    sku: Sku,
    lines: &[Line<'_>],
    (sequence, now): (Sequence, EngineTime),
    decision: &mut Decision,
) {
    let (mut promiser, mut is_moved) = (Promiser::new(state, now), false);
    for line in lines {
        let parts = state.parts_in_order(line.row);
        promiser.take_back(&line.wanted, &parts, &mut decision.movements);
    }
    for line in lines {
        let old = line.row.date;
        let made = promiser.promise(&line.wanted, &mut decision.movements);
        let new = made.map_or(EngineSecond::NONE, |latest| date_after(old, latest, now));
        if made.is_some() {
            mark!("promise made again");
        }
        if new > old || old.is_past(now) {
            decision.movements.push(line.broken(sequence));
        } else {
            mark!("promise kept by another supply");
        }
        is_moved |= new != old;
    }
    if is_moved {
        look_again_if_kept(state, sku, sequence, decision);
    }
}

/// Promises lines that have no promise what nobody else is promised.
fn promise_the_rest(
    state: &State,
    sku: Sku,
    (sequence, now): (Sequence, EngineTime),
    decision: &mut Decision,
) -> Promise {
    let mut promiser = Promiser::new(state, now);
    let (mut last, mut is_moved) = (WaitKey::FIRST, false);
    if !promiser.has_any(sku) {
        return Promise { sku, last, end: MatchEnd::Over };
    }
    let after = state.reviews.of(sku).and_then(|row| row.after);
    let mut behind = state.unpromised_lines(sku, after);
    for (key, slot) in behind.by_ref().take(LINES_PROMISED_PER_RECORD_MAX) {
        last = key;
        let wanted = wanted(state, (sku, key, slot));
        if promiser.promise(&wanted, &mut decision.movements).is_some() {
            mark!("line promised while it waits");
            is_moved = true;
        }
    }
    if is_moved {
        look_again_if_kept(state, sku, sequence, decision);
    }
    if behind.next().is_none() || !promiser.has_any(sku) {
        return Promise { sku, last, end: MatchEnd::Over };
    }
    mark!("reviewing goes on in another record");
    Promise { sku, last, end: MatchEnd::GoesOn }
}

/// Units are kept for a line that may not be the first of its book any more.
fn look_again_if_kept(state: &State, sku: Sku, sequence: Sequence, decision: &mut Decision) {
    if state.matching.set_aside_of(sku) > 0 {
        mark!("units kept while dates change");
        make_due(sku, sequence, decision);
    }
}

#[cfg(test)]
mod tests {
    use gantry_journal::{FrameBuffer, PAYLOAD_BYTES_MAX};
    use gantry_model::{
        Actor, COMMAND_BYTES_MAX, Channel, Command, CommandId, CostRow, ExpectSupply, Item,
        OrderLine, Outcome, OutcomeHead, PlaceOrder, Record, SetCosts, ShortMode, UpsertCode,
        UpsertSku, UpsertWarehouse, Zone,
    };

    use super::*;
    use crate::Engine;

    const SKU: Sku = Sku::new(0);
    const PLACE: Warehouse = Warehouse::new(0);
    const LATE: EngineTime = EngineTime::new(60_000_000_000);

    /// A shop in which a line waits for two units that are promised until second 60.
    fn engine() -> Engine {
        let id = CommandId::new;
        let (order_max, tracked, backorder, active) = (0, true, true, true);
        let sku = UpsertSku { id: id(1), order_max, tracked, backorder, active, code: "A" };
        let supply = ExpectSupply {
            id: id(5),
            sku: SKU,
            warehouse: PLACE,
            quantity: 2,
            eta: EngineSecond::new(60),
        };
        let order = PlaceOrder {
            id: id(6),
            hold: CommandId::NONE,
            customer: 0,
            value_minor: 0,
            currency: [0; 4],
            zone: Zone::new(0),
            channel: Channel::NONE,
            priority_class: 0,
            service_level: 0,
            short: ShortMode::Backorder,
            reference: "",
            lines: &[OrderLine::new(SKU, 2)],
        };
        let warehouse = UpsertWarehouse { id: id(2), priority: 1, active: true, code: "N" };
        let rows = [CostRow::serves(Zone::new(0), 5, 1, 1)];
        let commands = [
            Command::UpsertSku(sku),
            Command::UpsertWarehouse(warehouse),
            Command::UpsertZone(UpsertCode { id: id(3), code: "1" }),
            Command::SetCosts(SetCosts { id: id(4), warehouse: PLACE, rows: &rows }),
            Command::ExpectSupply(supply),
            Command::PlaceOrder(order),
        ];
        let (mut engine, mut records) = (Engine::new(), FrameBuffer::new(PAYLOAD_BYTES_MAX));
        for command in commands {
            let (mut bytes, mut reply) = (Vec::new(), Vec::new());
            command.write(&mut bytes);
            let (item, _) = Item::split(&bytes, COMMAND_BYTES_MAX).unwrap();
            let (actor, now) = (Actor::CLIENT_MIN, EngineTime::new(1));
            assert!(engine.execute(&item, actor, now, &mut records, &mut reply), "{command:?}");
        }
        engine
    }

    /// Applies the look of [`leave_broken`]; returns its end, if there was any.
    fn leave(engine: &mut Engine) -> Option<MatchEnd> {
        let (sequence, mut decision) = (engine.state.last_sequence().next(), Decision::new());
        let looked = leave_broken(&engine.state, sequence, LATE, &mut decision)?;
        engine.state.apply(&Record {
            sequence,
            time: LATE,
            actor: Actor::ENGINE,
            command: Command::Promise(looked),
            command_bytes: &[],
            outcome: Outcome { head: &OutcomeHead::accepted(0, 0), shorts: &[] },
            movements: &decision.movements,
        });
        engine.state.audit();
        Some(looked.end)
    }

    #[test]
    fn what_a_bug_stops_is_left_broken_and_nobody_looks_for_ever() {
        let mut engine = engine();
        assert_eq!(engine.state.promises.len(), 1);
        assert_eq!(leave(&mut engine), Some(MatchEnd::GoesOn));
        let state = &engine.state;
        assert!(state.promises.is_empty());
        assert_eq!((state.books.units(SKU), state.supplies.len()), (2, 1));
        assert_eq!(leave(&mut engine), Some(MatchEnd::Over));
        assert_eq!(leave(&mut engine), None);
        assert_eq!(engine.state.hash(), engine.state.recompute_hash());
    }
}
