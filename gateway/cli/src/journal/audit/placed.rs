//! Whether an order that was placed keeps the rules, and got what they let it have.

use gantry_model::{Channel, Movement, MovementKind, PlaceOrder, Proof, Record, Sku, Warehouse};

use super::held::Asking;
use super::rules::PolicyRow;
use super::{Audit, Fault, rule};

/// An order that was placed, and where its parcels come from.
pub(super) struct Placed<'a> {
    pub(super) record: &'a Record<'a>,
    pub(super) order: &'a PlaceOrder<'a>,
    pub(super) zone: u16,
    pub(super) parcels: &'a [Warehouse],
    pub(super) asking: &'a Asking,
}

impl Audit {
    /// Every rule that is not soft holds of every parcel.
    pub(super) fn check_rules(&mut self, placed: &Placed<'_>) -> Result<(), Fault> {
        let Placed { record, order, zone, parcels, .. } = placed;
        let policy = self.rules.policy(order.channel);
        let parcels_max = policy.parcels_max(order.value_minor, skus(order));
        let count_holds = parcels.len() <= parcels_max;
        rule(count_holds, "an order has no more parcels than its policy allows")?;
        for warehouse in *parcels {
            rule(policy.allows(*warehouse), "a policy's warehouses are the only ones")?;
            let days = self.days(*warehouse, *zone, record.time.get())?;
            rule(policy.allows_days(days), "no parcel is later than its policy allows")?;
        }
        self.check_left(placed.asking, record.movements, policy)?;
        for warehouse in *parcels {
            let of =
                |kind| move |one: &&Movement| one.kind() == kind && one.warehouse() == *warehouse;
            let taken = record.movements.iter().filter(of(MovementKind::Allocated));
            let units = taken.map(|one| i64::from(one.quantity())).sum();
            self.rules.use_up(*warehouse, order.channel, record.time.get(), (1, units))?;
        }
        Ok(())
    }

    /// No unit waits or is refused while a warehouse has it that the rules let the order use. Where
    /// a day is bounded, or the plan is not proven to have the most units, nobody can say.
    pub(super) fn check_nothing_left_behind(&self, placed: &Placed<'_>) -> Result<(), Fault> {
        let Placed { record, order, zone, parcels, .. } = placed;
        if record.outcome.head.proof() == Some(Proof::GapInUnits) {
            return Ok(());
        }
        let policy = self.rules.policy(order.channel);
        let may_add = parcels.len() < policy.parcels_max(order.value_minor, skus(order));
        let is_left_over = |one: &&Movement| {
            matches!(one.kind(), MovementKind::Backordered | MovementKind::Cancelled)
        };
        let left_over = record.movements.iter().filter(is_left_over);
        for movement in left_over {
            for warehouse in self.catalogue.serving(*zone) {
                let days = self.days(warehouse, *zone, record.time.get())?;
                let may_use = policy.allows(warehouse)
                    && policy.allows_days(days)
                    && (may_add || parcels.contains(&warehouse))
                    && !self.rules.is_bounded(warehouse, policy);
                let units = self.available(movement.sku(), warehouse, placed, policy);
                if may_use && units > 0 {
                    let (sku, warehouse) = (movement.sku().get(), warehouse.get());
                    let figure = "available, which the order did not get";
                    return Err(Fault::Stock { figure, sku, warehouse, units });
                }
            }
        }
        Ok(())
    }

    pub(super) fn days(&self, warehouse: Warehouse, zone: u16, time_ns: u64) -> Result<u64, Fault> {
        let days = self.catalogue.cost(warehouse, zone)?.days;
        Ok(u64::from(days) + self.rules.days_late(warehouse, time_ns))
    }

    /// Whole units that the order could still have, with those that its hold's owner holds.
    fn available(
        &self,
        sku: Sku,
        warehouse: Warehouse,
        placed: &Placed<'_>,
        policy: &PolicyRow,
    ) -> i64 {
        let left = |sku| self.left_and_own(placed.asking, sku, warehouse, policy);
        let Some(components) = self.bundles.components(sku) else { return left(sku) };
        let whole = components.iter().map(|(sku, units_each)| {
            let is_counted = self.catalogue.sku(*sku).unwrap_or(true);
            if is_counted { left(*sku) / units_each } else { i64::MAX }
        });
        whole.min().unwrap_or(0)
    }

    /// Units on the shelf that are neither promised nor set aside from the order.
    pub(super) fn left(
        &self,
        sku: Sku,
        warehouse: Warehouse,
        channel: Channel,
        policy: &PolicyRow,
    ) -> i64 {
        let set_aside = self.rules.set_aside(sku, warehouse, channel, policy);
        self.stock.available(sku, warehouse) - set_aside
    }
}

fn skus(order: &PlaceOrder<'_>) -> impl Iterator<Item = Sku> {
    order.lines.iter().map(gantry_model::OrderLine::sku)
}
