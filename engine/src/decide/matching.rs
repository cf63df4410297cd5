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
    let mut last = due.after.unwrap_or(WaitKey::FIRST);
    for (key, slot) in behind.by_ref().take(LINES_PER_MATCH_MAX) {
        last = key;
        if serve(state, (sku, key, slot), sequence, now, decision) {
            mark!("waiting line served");
            break;
        }
    }
    let after = After::of(state, sku, decision);
    let is_over = behind.next().is_none() || !after.is_anything_left(last, decision);
    if is_over {
        after.give_back(sequence, decision);
    } else {
        mark!("matching goes on in another record");
    }
    let end = if is_over { MatchEnd::Over } else { MatchEnd::GoesOn };
    Some(Match { sku, last, end })
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
    fn of(state: &'a State, sku: Sku, decision: &Decision) -> Self {
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
        let kept = keeper.map(|keeper| state.kept(keeper, rows).collect()).unwrap_or_default();
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
