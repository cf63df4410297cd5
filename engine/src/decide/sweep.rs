//! Sweeping: looking at every book, in steps, because something changed by which waiting lines are
//! sourced: a rule, a warehouse, a bar that ended, a day that began.
//!
//! A step makes the SKUs due for which lines wait and something is there; matching does the rest.
//! What became due is matched before the next step, so a sweep of a large catalogue holds nobody up.

use gantry_journal::mark;
use gantry_model::{
    EngineTime, Handle, MatchEnd, SKUS_DUE_PER_SWEEP_MAX, SKUS_SWEPT_PER_RECORD_MAX, Sequence, Sku,
    Sweep,
};

use super::Decision;
use super::due::make_due;
use crate::state::{State, SweepCause};

/// Decides the next step of a sweep as the record `sequence`; none, if there is nothing to sweep, or
/// something is to be matched before.
pub(crate) fn decide_sweep(
    state: &State,
    sequence: Sequence,
    now: EngineTime,
    decision: &mut Decision,
) -> Option<Sweep> {
    decision.clear();
    let from = begin(state, now)?;
    if state.sweeping.next.is_none() {
        match state.sweep_cause(now)? {
            SweepCause::Asked => mark!("sweep begun because a rule changed"),
            SweepCause::BarEnded => mark!("sweep begun because a bar ended"),
            SweepCause::DayBegan => mark!("sweep begun because a day began"),
        }
    }
    let mut last = from;
    for sku in skus_of_step(state, from) {
        last = sku;
        if is_to_be_looked_at(state, sku) {
            make_due(sku, sequence, decision);
        }
        if decision.movements.len() == SKUS_DUE_PER_SWEEP_MAX {
            mark!("sweep stopped where enough was due");
            break;
        }
    }
    match decision.movements.is_empty() {
        true => mark!("sweep found nothing to be looked at"),
        false => mark!("sweep made a SKU due"),
    }
    Some(step(state, from, last))
}

/// The step that makes no SKU due: what is left where [`decide_sweep`] stopped by a bug, so that the
/// same SKUs do not stop it for ever.
pub(crate) fn look_past(
    state: &State,
    _: Sequence,
    now: EngineTime,
    decision: &mut Decision,
) -> Option<Sweep> {
    decision.clear();
    let from = begin(state, now)?;
    Some(step(state, from, skus_of_step(state, from).last()?))
}

/// Where the next step begins, if there is to be one.
fn begin(state: &State, now: EngineTime) -> Option<Sku> {
    let is_due = state.may_sweep(now) && state.matching.next().is_none();
    is_due.then(|| state.sweeping.next.unwrap_or(Sku::from_index(0)))
}

/// The SKUs that one step looks at, if it does not stop before.
fn skus_of_step(state: &State, from: Sku) -> impl Iterator<Item = Sku> {
    let all = state.catalogue.skus.len();
    let count = SKUS_SWEPT_PER_RECORD_MAX as usize;
    (from.index()..all).take(count).map(<Sku as Handle>::from_index)
}

fn step(state: &State, from: Sku, last: Sku) -> Sweep {
    let is_over = last.index() + 1 == state.catalogue.skus.len();
    if !is_over {
        mark!("sweep goes on in another record");
    }
    Sweep { from, last, end: if is_over { MatchEnd::Over } else { MatchEnd::GoesOn } }
}

/// Whether lines wait for a SKU and something of it may be had. What is not counted may always be,
/// and a bundle is not asked how many of it are there.
fn is_to_be_looked_at(state: &State, sku: Sku) -> bool {
    if state.books.units(sku) == 0 {
        return false;
    }
    let is_tracked = state.catalogue.sku(sku).is_some_and(|row| row.tracked);
    !is_tracked || state.matching.set_aside_of(sku) > 0 || state.stock.is_any_available(sku)
}

#[cfg(test)]
mod tests {
    use gantry_journal::{FrameBuffer, PAYLOAD_BYTES_MAX};
    use gantry_model::{
        Actor, COMMAND_BYTES_MAX, Channel, Command, CommandId, CostRow, Item, OrderLine, Outcome,
        OutcomeHead, PlaceOrder, Record, SetCosts, ShortMode, UpsertCode, UpsertSku,
        UpsertWarehouse, Warehouse, Zone,
    };

    use super::*;
    use crate::Engine;

    const NOW: EngineTime = EngineTime::new(5);

    /// A shop with one SKU more than a step looks at, and lines that wait for the first, which is not
    /// counted since, and the last.
    fn engine() -> Engine {
        let mut engine = Engine::new();
        let skus = SKUS_SWEPT_PER_RECORD_MAX + 1;
        for number in 0..skus {
            let (order_max, backorder, active) = (0, true, true);
            let (id, code) = (CommandId::new(1_000 + u128::from(number)), format!("S{number}"));
            let sku = UpsertSku { id, order_max, tracked: true, backorder, active, code: &code };
            tell(&mut engine, &Command::UpsertSku(sku));
        }
        let id = CommandId::new;
        let lines = [0, skus - 1].map(|sku| OrderLine::new(Sku::new(sku), 2));
        let rows = [CostRow::serves(Zone::new(0), 5, 1, 1)];
        let commands = [
            Command::UpsertWarehouse(UpsertWarehouse {
                id: id(1),
                priority: 1,
                active: true,
                code: "N",
            }),
            Command::UpsertZone(UpsertCode { id: id(2), code: "1" }),
            Command::SetCosts(SetCosts { id: id(3), warehouse: Warehouse::new(0), rows: &rows }),
            Command::PlaceOrder(PlaceOrder {
                id: id(4),
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
                lines: &lines,
            }),
            Command::UpsertSku(UpsertSku {
                id: id(5),
                order_max: 0,
                tracked: false,
                backorder: true,
                active: true,
                code: "S0",
            }),
        ];
        commands.iter().for_each(|command| tell(&mut engine, command));
        engine
    }

    fn tell(engine: &mut Engine, command: &Command<'_>) {
        let (mut bytes, mut reply) = (Vec::new(), Vec::new());
        let mut records = FrameBuffer::new(PAYLOAD_BYTES_MAX);
        command.write(&mut bytes);
        let (item, _) = Item::split(&bytes, COMMAND_BYTES_MAX).unwrap();
        let actor = Actor::CLIENT_MIN;
        assert!(engine.execute(&item, actor, NOW, &mut records, &mut reply), "{command:?}");
    }

    /// Applies a step of [`look_past`], if there is one.
    fn look(engine: &mut Engine) -> Option<Sweep> {
        let (sequence, mut decision) = (engine.state.last_sequence().next(), Decision::new());
        let step = look_past(&engine.state, sequence, NOW, &mut decision)?;
        engine.state.apply(&Record {
            sequence,
            time: NOW,
            actor: Actor::ENGINE,
            command: Command::Sweep(step),
            command_bytes: &[],
            outcome: Outcome { head: &OutcomeHead::accepted(0, 0), shorts: &[] },
            movements: &decision.movements,
        });
        engine.state.audit();
        Some(step)
    }

    #[test]
    fn what_a_bug_stops_is_looked_past_and_the_sweep_comes_to_its_end() {
        let mut engine = engine();
        let mut decision = Decision::new();
        let sequence = engine.state.last_sequence().next();
        let step = decide_sweep(&engine.state, sequence, NOW, &mut decision).unwrap();
        assert_eq!(decision.movements.len(), 1, "the first SKU is not counted any more");
        assert_eq!(look(&mut engine), Some(step), "the same SKUs");
        assert_eq!(engine.state.matching.next(), None, "and none is due");
        let (next, end) = (Sku::new(SKUS_SWEPT_PER_RECORD_MAX), MatchEnd::Over);
        assert_eq!(look(&mut engine), Some(Sweep { from: next, last: next, end }));
        assert_eq!(look(&mut engine), None);
        assert_eq!(engine.state.hash(), engine.state.recompute_hash());
    }
}
