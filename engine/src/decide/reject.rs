//! Units that their warehouse cannot ship: they leave it, and are sourced from others at once.

use gantry_journal::mark;
use gantry_model::{
    AdjustReason, CANDIDATES_PER_ZONE_MAX, COOL_DOWN_SECONDS_MAX, EngineTime, LINES_PER_ORDER_MAX,
    LineUnits, Movement, MovementKind, OrderLine, OutcomeHead, REJECTIONS_PER_ORDER_MAX,
    RejectCause, RejectReason, RejectUnits, Sequence, ShortMode, Warehouse,
};

use super::candidates::{Claim, Pass};
use super::due::make_due;
use super::order_units::{check_pairs, check_quantity};
use super::place::{Sourced, run_passes};
use super::resource::fits;
use super::review::break_promise;
use super::serve::as_placed;
use super::{Decision, Rejection, push_components};
use crate::archive::Known;
use crate::sourcing::Demand;
use crate::state::{AllocationRow, OrderView, RejectedRow, State};

/// Movements of what is rejected, and with what is sourced again.
const REJECTED_MOVEMENTS_MAX: usize = 4_096;
const MOVEMENTS_MAX: usize = LINES_PER_ORDER_MAX * (CANDIDATES_PER_ZONE_MAX + 4);

pub(super) fn decide(
    known: Known<'_>,
    command: &RejectUnits<'_>,
    sequence: Sequence,
    now: EngineTime,
    decision: &mut Decision,
) -> Result<OutcomeHead, Rejection> {
    let state = known.state;
    let view = known.order(command.order).ok_or(RejectReason::UnknownOrder)?;
    check(state, &view, command)?;
    let rejection = Reject { state, view, command, sequence, now };
    rejection.take_away(decision)?;
    let sourced = rejection.source(decision);
    let own = decision.movements.len();
    rejection.give(decision);
    if !fits(&rejection.view, &decision.movements, MOVEMENTS_MAX) {
        decision.movements.truncate(own);
        decision.grants.clear();
        rejection.give(decision);
    }
    rejection.make_rest_due(decision);
    let is_waiting = |it: &Movement| it.kind() == MovementKind::Backordered;
    if decision.movements.iter().any(is_waiting) {
        mark!("rejected units wait");
    }
    let is_sourced = decision.movements.iter().any(|it| it.kind() == MovementKind::Allocated);
    if is_sourced {
        mark!("rejected units sourced elsewhere");
    }
    Ok(sourced.filter(|_| is_sourced).map_or(OutcomeHead::accepted(0, 0), |sourced| sourced.head()))
}

fn check(state: &State, view: &OrderView<'_>, command: &RejectUnits<'_>) -> Result<(), Rejection> {
    if command.units.is_empty() {
        return Err(RejectReason::NoLines.into());
    }
    check_pairs(command.units)?;
    if command.cool_down_seconds > COOL_DOWN_SECONDS_MAX {
        let (actual, limit) = (command.cool_down_seconds.into(), COOL_DOWN_SECONDS_MAX.into());
        return Err(Rejection::of(RejectReason::CoolDownOverLimit, actual, limit));
    }
    for units in command.units {
        if usize::from(units.line()) >= view.lines.len() {
            let (actual, lines) = (units.line().into(), view.row.line_count.into());
            return Err(Rejection::of(RejectReason::UnknownLine, actual, lines));
        }
        if !state.catalogue.warehouses.contains(units.warehouse()) {
            return Err(RejectReason::UnknownWarehouse.into());
        }
        let is_here = |row: &&AllocationRow| is_at(row, units);
        let allocated = view.allocations.iter().find(is_here).map_or(0, |row| row.allocated);
        check_quantity(units.quantity(), allocated)?;
    }
    Ok(())
}

fn is_at(row: &AllocationRow, units: &LineUnits) -> bool {
    (row.line, row.warehouse) == (units.line(), units.warehouse())
}

/// A rejection whose units are there.
struct Reject<'a> {
    state: &'a State,
    view: OrderView<'a>,
    command: &'a RejectUnits<'a>,
    sequence: Sequence,
    now: EngineTime,
}

impl Reject<'_> {
    fn of_line(&self, kind: MovementKind, line: u16, at: Warehouse, units: u32) -> Movement {
        let (placed, sku) = (self.view.row.placed, self.view.lines[usize::from(line)].sku);
        Movement::of_order(kind, placed, line, sku, at, units, self.sequence)
    }

    /// Releases the units, and withdraws those that nobody found.
    fn take_away(&self, decision: &mut Decision) -> Result<(), Rejection> {
        for units in self.command.units {
            let kind = MovementKind::Released;
            let released = self.of_line(kind, units.line(), units.warehouse(), units.quantity());
            let first = decision.movements.len();
            decision.movements.push(released);
            let parts = MovementKind::ComponentReleased;
            push_components(self.state, &released, parts, &mut decision.movements);
            if self.command.cause == RejectCause::NotFound {
                self.withdraw(first, decision);
            }
        }
        let count = decision.movements.len();
        if count > REJECTED_MOVEMENTS_MAX {
            return Err(super::place::figures(
                RejectReason::TooManyLines,
                count,
                REJECTED_MOVEMENTS_MAX,
            ));
        }
        Ok(())
    }

    /// What the movements from `first` on release of counted SKUs is not there.
    fn withdraw(&self, first: usize, decision: &mut Decision) {
        for at in first..decision.movements.len() {
            let released = decision.movements[at];
            let (sku, warehouse) = (released.sku(), released.warehouse());
            if self.state.catalogue.sku(sku).is_some_and(|row| row.tracked) {
                let (kind, reason) = (MovementKind::Withdrawn, AdjustReason::Lost);
                let (units, cause) = (released.quantity(), self.sequence);
                decision
                    .movements
                    .push(Movement::stock(kind, reason, sku, warehouse, units, cause));
            }
        }
    }

    /// Sources the units from warehouses that did not reject any; not if that was tried too often.
    fn source(&self, decision: &mut Decision) -> Option<Sourced> {
        let Self { state, view, command, now, .. } = self;
        let placed = view.row.placed;
        decision.grants.clear();
        let mut barred = state.rejected.row(placed).cloned().unwrap_or_default();
        if barred.rejections >= REJECTIONS_PER_ORDER_MAX {
            mark!("order stuck");
            return None;
        }
        let until = EngineTime::new(u64::MAX);
        command.units.iter().for_each(|units| barred.bar(units.warehouse(), until));
        self.demand(&mut decision.problem.demands);
        let lines: Vec<_> =
            view.lines.iter().map(|line| OrderLine::new(line.sku, line.ordered)).collect();
        let order = as_placed(view, &lines);
        let opened = self.opened();
        let RejectedRow { bars, .. } = &barred;
        let pass = Pass::of_waiting(state, &order, *now, Claim::Nothing, &opened).sparing(bars);
        Some(run_passes(&pass, decision))
    }

    fn demand(&self, demands: &mut Vec<Demand>) {
        demands.clear();
        for units in self.command.units {
            let sku = self.view.lines[usize::from(units.line())].sku;
            match demands.iter_mut().find(|demand| demand.sku == sku) {
                Some(demand) => demand.units += units.quantity(),
                None => demands.push(Demand { sku, units: units.quantity() }),
            }
        }
    }

    /// The warehouses where the order still has parcels, each once.
    fn opened(&self) -> Vec<Warehouse> {
        let left = |row: &&AllocationRow| {
            let mut named = self.command.units.iter().filter(|units| is_at(row, units));
            let rejected = named.next().map_or(0, LineUnits::quantity);
            row.allocated - rejected + row.shipped > 0
        };
        let open = self.view.allocations.iter().filter(left);
        let mut opened: Vec<Warehouse> = open.map(|row| row.warehouse).collect();
        opened.sort_unstable();
        opened.dedup();
        opened
    }

    /// Gives each line what was granted of its SKU, the lower line first; the rest waits.
    fn give(&self, decision: &mut Decision) {
        for of_line in self.command.units.chunk_by(|one, next| one.line() == next.line()) {
            let line = of_line[0].line();
            let sku = self.view.lines[usize::from(line)].sku;
            let mut left: u32 = of_line.iter().map(LineUnits::quantity).sum();
            for at in 0..decision.grants.len() {
                let grant = &mut decision.grants[at];
                let units = if grant.sku == sku { grant.units.min(left) } else { 0 };
                if units == 0 {
                    continue;
                }
                left -= units;
                grant.units -= units;
                let (kind, warehouse) = (MovementKind::Allocated, grant.warehouse);
                let allocated = self.of_line(kind, line, warehouse, units);
                decision.movements.push(allocated);
                let parts = MovementKind::ComponentAllocated;
                push_components(self.state, &allocated, parts, &mut decision.movements);
            }
            if left > 0 {
                let placed = self.view.row.placed;
                let waiting = self.view.lines[usize::from(line)].waiting + left;
                let time = (self.sequence, self.now);
                break_promise(self.state, (placed, line), waiting, time, &mut decision.movements);
                let kind = MovementKind::Backordered;
                decision.movements.push(self.of_line(kind, line, Warehouse::NONE, left));
            }
        }
    }

    /// What is kept for an order that waits complete may be kept where it is spared by now.
    fn make_rest_due(&self, decision: &mut Decision) {
        if self.view.row.short != ShortMode::WaitComplete {
            return;
        }
        for line in self.view.lines.iter().filter(|line| line.waiting > 0) {
            if self.state.matching.set_aside_of(line.sku) > 0 {
                make_due(line.sku, self.sequence, decision);
            }
        }
    }
}
