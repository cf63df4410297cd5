//! Promising lines that wait units that are expected: all that a line waits for, or nothing.

use std::collections::BTreeMap;

use gantry_journal::mark;
use gantry_model::{
    Channel, EngineSecond, EngineTime, Movement, MovementKind, PlaceOrder, Rule,
    SUPPLIES_PER_PROMISE_MAX, Sequence, ShortMode, Sku, Warehouse, Zone,
};

use super::Decision;
use crate::state::{PromisePart, State, SupplyRow};

/// What a line that waits is to be promised.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub(super) sku: Sku,
    pub(super) placed: Sequence,
    pub(super) line: u16,
    pub(super) units: u32,
    /// Where its order goes, and came from.
    pub(super) zone: Zone,
    pub(super) channel: Channel,
    pub(super) mode: ShortMode,
}

impl Wanted {
    pub(super) fn movement(&self, kind: MovementKind, supply: &SupplyRow, units: u32) -> Movement {
        let Self { sku, placed, line, .. } = *self;
        Movement::of_order(kind, placed, line, sku, supply.warehouse, units, supply.placed)
    }

    /// Whether what comes in at a warehouse can be sent where the line goes.
    fn reaches(&self, state: &State, warehouse: Warehouse) -> bool {
        let serves = |zone| state.network.candidates(zone).any(|row| row.warehouse == warehouse);
        let (_, policy) = state.policies.of(self.channel);
        serves(self.zone) && (policy.allows(warehouse) || policy.soft.contains(Rule::Warehouses))
    }
}

/// What is expected and promised, as the movements of a record leave it.
#[derive(Debug)]
pub(super) struct Promiser<'a> {
    state: &'a State,
    now: EngineTime,
    /// Units that the record promises more than before, by supply.
    taken: BTreeMap<Sequence, i64>,
}

impl<'a> Promiser<'a> {
    /// Before the first movement of the record.
    pub(super) fn new(state: &'a State, now: EngineTime) -> Self {
        Self { state, now, taken: BTreeMap::new() }
    }

    /// Units of a supply that are expected and not promised.
    fn free(&self, supply: &SupplyRow) -> u32 {
        let taken = self.taken.get(&supply.placed).copied().unwrap_or(0);
        let free = i64::from(supply.open()) - i64::from(supply.promised) - taken;
        u32::try_from(free.max(0)).expect("invariant: at most what is expected")
    }

    fn still_to_come(&self, sku: Sku) -> impl Iterator<Item = &'a SupplyRow> {
        let (supplies, now) = (self.state.supplies.of_sku(sku), self.now);
        supplies.filter(move |supply| !supply.eta.is_past(now))
    }

    /// Whether any unit of a SKU is expected and not promised.
    pub(super) fn has_any(&self, sku: Sku) -> bool {
        self.still_to_come(sku).any(|supply| self.free(supply) > 0)
    }

    /// Promises a line all that it waits for, of what comes in first; returns when the last of it does.
    /// Nothing, where that is too little, or of too many supplies; and nothing to an order that waits
    /// complete, whose lines must stand alike in all of their books: else two such orders might keep
    /// from each other for ever.
    pub(super) fn promise(
        &mut self,
        wanted: &Wanted,
        movements: &mut Vec<Movement>,
    ) -> Option<EngineSecond> {
        if wanted.mode == ShortMode::WaitComplete {
            return None;
        }
        let before = movements.len();
        let (mut left, mut latest) = (wanted.units, None);
        for supply in self.still_to_come(wanted.sku) {
            let units = self.free(supply).min(left);
            if units == 0 || !wanted.reaches(self.state, supply.warehouse) {
                continue;
            }
            if movements.len() - before == SUPPLIES_PER_PROMISE_MAX {
                break;
            }
            movements.push(wanted.movement(MovementKind::Promised, supply, units));
            (left, latest) = (left - units, Some(supply.eta));
            if left == 0 {
                break;
            }
        }
        if left > 0 {
            if latest.is_some() {
                mark!("no promise of supplies that are too many or too small");
            }
            movements.truncate(before);
            return None;
        }
        for movement in &movements[before..] {
            self.take(movement.cause(), movement.quantity().into());
        }
        latest
    }

    /// Takes back what is promised to a line.
    pub(super) fn take_back(
        &mut self,
        wanted: &Wanted,
        parts: &[PromisePart],
        movements: &mut Vec<Movement>,
    ) {
        for part in parts {
            let supply = self.state.supplies.get(part.supply);
            let supply = supply.expect("invariant: what is promised is expected");
            movements.push(wanted.movement(MovementKind::Unpromised, supply, part.units));
            self.take(part.supply, -i64::from(part.units));
        }
    }

    fn take(&mut self, supply: Sequence, units: i64) {
        *self.taken.entry(supply).or_default() += units;
    }
}

/// Promises the lines of an order that is placed what is expected, where its units have to wait. Of a
/// SKU that is under review others come first.
pub(super) fn promise_what_waits(
    state: &State,
    order: &PlaceOrder<'_>,
    now: EngineTime,
    decision: &mut Decision,
) {
    if state.supplies.is_empty() {
        return;
    }
    let mut promiser = Promiser::new(state, now);
    let own = decision.movements.len();
    for at in 0..own {
        let movement = decision.movements[at];
        let is_waiting = movement.kind() == MovementKind::Backordered;
        if !is_waiting || state.reviews.of(movement.sku()).is_some() {
            continue;
        }
        let wanted = Wanted {
            sku: movement.sku(),
            placed: movement.order(),
            line: movement.line(),
            units: movement.quantity().unsigned_abs(),
            zone: order.zone,
            channel: order.channel,
            mode: order.short,
        };
        promiser.promise(&wanted, &mut decision.movements);
    }
    if decision.movements.len() > own {
        mark!("line promised when it was ordered");
    }
}
