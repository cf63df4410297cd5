//! The figures of one column: sums over the orders as they were placed, and over what the lines that
//! waited got later.

use std::collections::BTreeMap;

use gantry_model::{
    EngineTime, Handle, Movement, MovementKind, OutcomeHead, PlaceOrder, Proof, RejectReason,
    Warehouse,
};

use super::waits::{Served, Waits};
use crate::state::{DAYS_ANY, State};

/// Sums over every order of the journal, decided in one way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WhatIfFigures {
    /// Orders accepted.
    pub orders_accepted: u64,
    /// Orders rejected, by reason.
    pub orders_rejected: BTreeMap<RejectReason, u64>,
    /// Units that all orders want, rejected ones too: those allocated, backordered, cancelled and
    /// rejected.
    pub units_ordered: u64,
    /// Units allocated when their order was placed.
    pub units_allocated: u64,
    /// Units that had to wait when their order was placed.
    pub units_backordered: u64,
    /// Of those, units that a look at waiting lines has given to theirs since.
    pub units_matched: u64,
    /// Nanoseconds that these waited from placing to matching, summed over units.
    pub matched_wait_ns: u128,
    /// Of the units matched, those that came later than their line was first promised.
    pub units_matched_late: u64,
    /// How often a line was told that what it was promised comes later, or that nothing is promised.
    pub promises_broken: u64,
    /// Units cancelled for want of stock when their order was placed.
    pub units_cancelled: u64,
    /// Units of rejected orders.
    pub units_rejected: u64,
    /// Orders with two or more parcels.
    pub orders_split: u64,
    /// Parcels.
    pub parcels: u64,
    /// Cost in minor units, of any size that the sum may have.
    pub cost_minor: i128,
    /// Accepted orders whose plan is proven to be the best within the policy's rules.
    pub orders_proven: u64,
    /// Accepted orders whose plan leaves a gap, by what the gap is in.
    pub gaps: BTreeMap<Proof, GapFigures>,
    /// Accepted orders that something was promised about: days asked for, or the policy's bound.
    pub orders_promised: u64,
    /// Of those, orders with a parcel that arrives later.
    pub orders_late: u64,
    /// What each warehouse was given, by handle.
    pub warehouses: Vec<WarehouseFigures>,
    /// What of the records found no place here.
    pub unmapped: Unmapped,
}

/// Orders whose plan leaves a gap of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GapFigures {
    /// How many.
    pub orders: u64,
    /// The largest gap among them.
    pub largest: i64,
}

/// What a warehouse was given when orders were placed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WarehouseFigures {
    /// Units allocated.
    pub units: u64,
    /// Parcels.
    pub parcels: u64,
}

/// What of the records found no place in a column, because it had decided otherwise before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unmapped {
    /// Units cancelled that are not open here.
    pub cancel_units: u64,
    /// Units shipped that are not allocated here.
    pub ship_units: u64,
    /// Units received or corrected that this column's promises do not allow.
    pub supply_units: u64,
    /// Orders sent again that this column had accepted the first time.
    pub orders: u64,
    /// Holds placed, extended or released that cannot be here.
    pub holds: u64,
    /// Orders sourced again that are not open here.
    pub resourcings: u64,
    /// Times at which there is no open order here to be given up.
    pub deadlines: u64,
    /// Units rejected that are not allocated here.
    pub rejected_units: u64,
    /// Commands of set-up that cannot be carried out here.
    pub control_commands: u64,
}

/// An order as it was decided, and what it was decided by.
#[derive(Clone, Copy)]
pub(super) struct Placed<'a> {
    pub(super) state: &'a State,
    pub(super) time: EngineTime,
    pub(super) order: &'a PlaceOrder<'a>,
    pub(super) head: &'a OutcomeHead,
    pub(super) movements: &'a [Movement],
    /// Days promised whatever the policy says.
    pub(super) promised_days: Option<u16>,
}

impl Unmapped {
    /// Whether every record found its place.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

impl WhatIfFigures {
    /// Orders rejected, for whatever reason.
    #[must_use]
    pub fn orders_rejected_total(&self) -> u64 {
        self.orders_rejected.values().sum()
    }

    /// Units allocated at placing, in per mille of all that were ordered.
    #[must_use]
    pub fn fill_per_mille(&self) -> Option<u64> {
        per_mille(self.units_allocated, self.units_ordered)
    }

    /// Split orders in per mille of those accepted.
    #[must_use]
    pub fn split_per_mille(&self) -> Option<u64> {
        per_mille(self.orders_split, self.orders_accepted)
    }

    /// Orders proven optimal in per mille of those accepted.
    #[must_use]
    pub fn proven_per_mille(&self) -> Option<u64> {
        per_mille(self.orders_proven, self.orders_accepted)
    }

    /// Cost of an accepted order in minor units, rounded down.
    #[must_use]
    pub fn cost_minor_per_order(&self) -> Option<i128> {
        self.cost_minor.checked_div(self.orders_accepted.into())
    }

    /// Nanoseconds that a matched unit waited, rounded down.
    #[must_use]
    pub fn wait_ns_per_unit(&self) -> Option<u64> {
        let mean = self.matched_wait_ns.checked_div(self.units_matched.into())?;
        Some(u64::try_from(mean).expect("invariant: a mean is no larger than the largest"))
    }

    /// Counts a look at waiting lines at time `now`.
    pub(super) fn take_match(&mut self, waits: &Waits, movements: &[Movement], now: EngineTime) {
        for Served { units, wait_ns, is_late } in waits.served(movements, now) {
            self.units_matched += units;
            self.matched_wait_ns += u128::from(units) * u128::from(wait_ns);
            self.units_matched_late += if is_late { units } else { 0 };
        }
    }

    /// Counts the promises that a record breaks.
    pub(super) fn take_broken(&mut self, movements: &[Movement]) {
        let broken = movements.iter().filter(|it| it.kind() == MovementKind::PromiseBroken);
        self.promises_broken += broken.count() as u64;
    }

    /// Counts an order as it was decided.
    pub(super) fn take(&mut self, placed: &Placed<'_>) {
        let Placed { order, head, movements, .. } = *placed;
        if let Some(reason) = head.reason() {
            return self.reject(order, reason);
        }
        self.units_ordered += units_of(order);
        self.orders_accepted += 1;
        self.orders_split += u64::from(head.parcels() > 1);
        self.parcels += u64::from(head.parcels());
        self.cost_minor += i128::from(head.cost_minor());
        self.take_proof(head);
        let mut parcels = Vec::new();
        for movement in movements {
            let units = u64::from(movement.quantity().unsigned_abs());
            match movement.kind() {
                MovementKind::Allocated => {
                    self.units_allocated += units;
                    self.take_units(movement.warehouse(), units, &mut parcels);
                }
                MovementKind::Backordered => self.units_backordered += units,
                MovementKind::Cancelled => self.units_cancelled += units,
                _ => {}
            }
        }
        if let Some(promised) = placed.promised_days() {
            let is_late = |warehouse: &Warehouse| placed.days(*warehouse) > promised.into();
            self.orders_promised += 1;
            self.orders_late += u64::from(parcels.iter().any(is_late));
        }
    }

    /// Counts an order that was rejected.
    pub(super) fn reject(&mut self, order: &PlaceOrder<'_>, reason: RejectReason) {
        let units = units_of(order);
        self.units_ordered += units;
        self.units_rejected += units;
        *self.orders_rejected.entry(reason).or_default() += 1;
    }

    fn take_proof(&mut self, head: &OutcomeHead) {
        match head.proof() {
            None => {}
            Some(Proof::Optimal) => self.orders_proven += 1,
            Some(gap) => {
                let figures = self.gaps.entry(gap).or_default();
                figures.orders += 1;
                figures.largest = figures.largest.max(head.gap());
            }
        }
    }

    /// Counts units from a warehouse, and a parcel where they are this order's first from there.
    fn take_units(&mut self, warehouse: Warehouse, units: u64, parcels: &mut Vec<Warehouse>) {
        let index = Handle::index(warehouse);
        if self.warehouses.len() <= index {
            self.warehouses.resize(index + 1, WarehouseFigures::default());
        }
        let figures = &mut self.warehouses[index];
        figures.units += units;
        if !parcels.contains(&warehouse) {
            parcels.push(warehouse);
            figures.parcels += 1;
        }
    }
}

impl Placed<'_> {
    /// Days after which the order is late.
    fn promised_days(&self) -> Option<u16> {
        let policy_days = || {
            let (_, policy) = self.state.policies.of(self.order.channel);
            Some(policy.days_max).filter(|days| *days != DAYS_ANY)
        };
        self.promised_days.or_else(policy_days)
    }

    /// Days until a parcel of the order arrives from `warehouse`.
    fn days(&self, warehouse: Warehouse) -> u32 {
        let mut serving = self.state.network.serving(self.order.zone).iter();
        let row = serving.find(|candidate| candidate.warehouse == warehouse);
        let row = row.expect("invariant: a warehouse with a parcel serves the zone");
        u32::from(row.days) + self.state.capacity.row(warehouse).days_late(self.time)
    }
}

fn units_of(order: &PlaceOrder<'_>) -> u64 {
    order.lines.iter().map(|line| u64::from(line.quantity())).sum()
}

fn per_mille(part: u64, whole: u64) -> Option<u64> {
    let share = (u128::from(part) * 1_000).checked_div(whole.into())?;
    Some(u64::try_from(share).expect("invariant: a part is no larger than its whole"))
}
