//! Matching: giving what came in to the lines that wait for it.
//!
//! A record that frees units while lines wait for their SKU makes the SKU due and sets the units
//! aside (`due`). Records of the engine's own then look at the lines, from the first of the book
//! on; each serves one line at most, or one order that waits until all of it can be had (`serve`).

use std::collections::BTreeMap;

use gantry_journal::mark;
use gantry_model::{
    EngineTime, Match, MatchEnd, Movement, MovementKind, Sequence, Sku, WaitKey, Warehouse,
};

use super::Decision;
use super::due::of_stock;
use super::serve::serve;
use crate::state::{DueRow, State};

/// Waiting lines that one record looks at: the bound of a step.
pub(crate) const LINES_PER_MATCH_MAX: usize = 64;

/// Decides the next look at waiting lines as the record `sequence`; none, if no SKU is due.
pub(crate) fn decide_match(
    state: &State,
    sequence: Sequence,
    now: EngineTime,
    decision: &mut Decision,
) -> Option<Match> {
    decision.clear();
    let (sku, due) = state.matching.next()?;
    let mut behind = state.books.from(sku, first_behind(&due));
    let mut last = WaitKey::FIRST;
    for (key, slot) in behind.by_ref().take(LINES_PER_MATCH_MAX) {
        last = key;
        if state.rejected.is_stuck(key.placed) {
            continue;
        }
        if serve(state, (sku, key, slot), sequence, now, decision) {
            mark!("waiting line served");
            break;
        }
    }
    let after = After::of(state, sku, now, decision);
    let is_over = behind.next().is_none() || !after.is_anything_left(last, decision);
    if is_over {
        after.give_back(sequence, decision);
    } else {
        mark!("matching goes on in another record");
    }
    let end = if is_over { MatchEnd::Over } else { MatchEnd::GoesOn };
    Some(Match { sku, last, end })
}

/// The look that serves nobody and ends: what is left where [`decide_match`] stopped by a bug, so
/// that the same lines do not stop it for ever.
pub(crate) fn pass_over(
    state: &State,
    sequence: Sequence,
    now: EngineTime,
    decision: &mut Decision,
) -> Option<Match> {
    decision.clear();
    let (sku, _) = state.matching.next()?;
    After::of(state, sku, now, decision).give_back(sequence, decision);
    Some(Match { sku, last: WaitKey::FIRST, end: MatchEnd::Over })
}

/// The place behind the line that was looked at last.
fn first_behind(due: &DueRow) -> WaitKey {
    let Some(after) = due.after else { return WaitKey::FIRST };
    WaitKey { line: after.line + 1, ..after }
}

/// What is set aside of a SKU once the decision is applied, and who keeps how much of it.
struct After<'a> {
    state: &'a State,
    sku: Sku,
    set_aside: BTreeMap<Warehouse, u32>,
    keeper: Option<WaitKey>,
    kept: BTreeMap<Warehouse, u32>,
}

impl<'a> After<'a> {
    fn of(state: &'a State, sku: Sku, now: EngineTime, decision: &Decision) -> Self {
        let mut set_aside: BTreeMap<_, _> = state.matching.set_aside(sku).collect();
        let mut served = None;
        for movement in &decision.movements {
            let units = movement.quantity().unsigned_abs();
            match movement.kind() {
                MovementKind::Dequeued => served = Some(movement.order()),
                _ if movement.sku() != sku => {}
                MovementKind::SetAside => {
                    *set_aside.entry(movement.warehouse()).or_default() += units;
                }
                MovementKind::GivenBack => {
                    *set_aside.entry(movement.warehouse()).or_default() -= units;
                }
                _ => {}
            }
        }
        // An order that waits complete is served whole; another's line keeps nothing.
        let keeper = state.keeper(sku, served);
        let rows = set_aside.iter().map(|(warehouse, units)| (*warehouse, *units));
        let kept = keeper.map(|keeper| state.kept(keeper, rows, now).collect()).unwrap_or_default();
        Self { state, sku, set_aside, keeper: keeper.map(|(key, _)| key), kept }
    }

    /// Whether a unit is left for a line behind `last`.
    fn is_anything_left(&self, last: WaitKey, decision: &Decision) -> bool {
        let is_kept = self.keeper.is_some_and(|keeper| keeper <= last);
        let warehouses = self.state.catalogue.warehouses.handles();
        let mut left = warehouses.map(|warehouse| {
            let kept = self.kept.get(&warehouse).copied().filter(|_| is_kept).unwrap_or(0);
            self.available(warehouse, decision).saturating_sub(kept)
        });
        left.any(|units| units > 0)
    }

    /// Units that could be had at a warehouse, with what is set aside; of a bundle, whole ones.
    fn available(&self, warehouse: Warehouse, decision: &Decision) -> u32 {
        let Self { state, sku, .. } = *self;
        let taken = |sku: Sku| {
            let here = |it: &&Movement| it.sku() == sku && it.warehouse() == warehouse;
            let is_taken = |it: &&Movement| {
                matches!(it.kind(), MovementKind::Allocated | MovementKind::ComponentAllocated)
            };
            let taken = decision.movements.iter().filter(here).filter(is_taken);
            taken.map(|movement| i64::from(movement.quantity())).sum::<i64>()
        };
        let parts = state.bundles.components(sku).iter();
        let whole = parts.map(|part| {
            let left = state.stock.available_with(part.sku(), warehouse, -taken(part.sku()));
            left / part.units()
        });
        whole.min().unwrap_or_else(|| {
            let set_aside = i64::from(state.matching.set_aside_at(sku, warehouse));
            state.stock.available_with(sku, warehouse, set_aside - taken(sku))
        })
    }

    /// Gives back what is set aside and nobody keeps.
    fn give_back(&self, sequence: Sequence, decision: &mut Decision) {
        for (warehouse, units) in &self.set_aside {
            let left = units - self.kept.get(warehouse).copied().unwrap_or(0);
            if left > 0 {
                mark!("set aside given back");
                let kind = MovementKind::GivenBack;
                decision.movements.push(of_stock(kind, self.sku, *warehouse, left, sequence));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use gantry_journal::{FrameBuffer, PAYLOAD_BYTES_MAX};
    use gantry_model::{
        Actor, AdjustReason, COMMAND_BYTES_MAX, Channel, Command, CommandId, CostRow, EngineTime,
        Item, OrderLine, Outcome, OutcomeHead, PlaceOrder, Record, SetCosts, ShortMode,
        StockChange, StockState, UpsertCode, UpsertSku, UpsertWarehouse, Zone,
    };

    use super::*;
    use crate::Engine;

    const SKU: Sku = Sku::new(0);
    const PLACE: Warehouse = Warehouse::new(0);

    /// A shop in which three units were set aside for a line that waits for two.
    fn engine() -> Engine {
        let id = CommandId::new;
        let sku = UpsertSku {
            id: id(1),
            order_max: 0,
            tracked: true,
            backorder: true,
            active: true,
            code: "A",
        };
        let order = PlaceOrder {
            id: id(5),
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
        let receipt = StockChange {
            id: id(6),
            sku: SKU,
            warehouse: PLACE,
            quantity: 3,
            reason: AdjustReason::None,
            state: StockState::OnHand,
            note: "",
        };
        let warehouse = UpsertWarehouse { id: id(2), priority: 1, active: true, code: "N" };
        let rows = [CostRow::serves(Zone::new(0), 5, 1, 1)];
        let commands = [
            Command::UpsertSku(sku),
            Command::UpsertWarehouse(warehouse),
            Command::UpsertZone(UpsertCode { id: id(3), code: "1" }),
            Command::SetCosts(SetCosts { id: id(4), warehouse: PLACE, rows: &rows }),
            Command::PlaceOrder(order),
            Command::Receive(receipt),
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

    #[test]
    fn what_a_bug_stops_is_passed_over_and_holds_nothing_back() {
        let mut engine = engine();
        let state = &engine.state;
        assert_eq!((state.matching.set_aside_of(SKU), state.available(SKU, PLACE)), (2, 1));
        let (sequence, mut decision) = (state.last_sequence().next(), Decision::new());
        let looked = pass_over(state, sequence, EngineTime::default(), &mut decision).unwrap();
        let outcome = Outcome { head: &OutcomeHead::accepted(0, 0), shorts: &[] };
        engine.state.apply(&Record {
            sequence,
            time: EngineTime::new(1),
            actor: Actor::ENGINE,
            command: Command::Match(looked),
            command_bytes: &[],
            outcome,
            movements: &decision.movements,
        });
        let state = &engine.state;
        state.audit();
        assert_eq!((state.matching.next(), state.available(SKU, PLACE)), (None, 3));
        assert_eq!(state.books.units(SKU), 2, "the line waits on");
    }
}
