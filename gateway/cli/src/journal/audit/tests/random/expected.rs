//! Supplies, dates of giving up, and rejected units at random.

use gantry_model::{
    ChangeSupply, EngineSecond, ExpectSupply, ReceiveSupply, RejectCause, RejectUnits, SetCancelAt,
    SupplyId,
};

use super::*;

const SECONDS_PER_HOUR: u32 = 3_600;

impl Drawn {
    /// About now: some hours ahead, or a little behind.
    fn second(&mut self) -> EngineSecond {
        let now = u32::try_from(self.time_ns / 1_000_000_000).unwrap();
        EngineSecond::new(now + self.random.units(72) * SECONDS_PER_HOUR - SECONDS_PER_HOUR)
    }

    pub(super) fn draw_supply(&mut self) {
        match self.random.below(6) {
            0..=2 => self.draw_announcement(),
            3 => self.draw_change(),
            _ => self.draw_supply_receipt(),
        }
    }

    fn draw_announcement(&mut self) {
        let supply = ExpectSupply {
            id: self.id(),
            sku: self.random.sku(),
            warehouse: self.random.warehouse(),
            quantity: 1 + self.random.units(20),
            eta: self.second(),
        };
        if self.carry_out(&Command::ExpectSupply(supply)) {
            self.supplies.push(supply.id);
        }
    }

    fn draw_change(&mut self) {
        let (supply, quantity) = (self.supply(), self.random.units(20));
        let change = ChangeSupply { id: self.id(), supply, quantity, eta: self.second() };
        self.carry_out(&Command::ChangeSupply(change));
    }

    fn draw_supply_receipt(&mut self) {
        let (supply, quantity) = (self.supply(), 1 + self.random.units(12));
        let receipt = ReceiveSupply { id: self.id(), supply, quantity };
        self.carry_out(&Command::ReceiveSupply(receipt));
    }

    /// One of the last few supplies, or none; it may be closed.
    fn supply(&mut self) -> SupplyId {
        let last = &self.supplies[self.supplies.len().saturating_sub(6)..];
        if last.is_empty() { SupplyId::NONE } else { self.random.pick(last) }
    }

    pub(super) fn draw_cancel_at(&mut self) {
        if self.orders.is_empty() {
            return;
        }
        let (order, _) = self.known_order();
        let cancel_at = if self.random.one_in(6) { EngineSecond::NONE } else { self.second() };
        let command = SetCancelAt { id: self.id(), order, cancel_at };
        self.carry_out(&Command::SetCancelAt(command));
    }

    /// What was allocated to an order when it was placed, or a part of it: some may have gone.
    pub(super) fn draw_rejection(&mut self) {
        if self.orders.is_empty() {
            return;
        }
        let (order, mut units) = self.known_order();
        if self.random.one_in(2) {
            units.truncate(1);
        }
        let rejected = RejectUnits {
            id: self.id(),
            order,
            cause: self.random.pick(RejectCause::ALL),
            cool_down_seconds: self.random.units(48) * SECONDS_PER_HOUR,
            units: &units,
        };
        self.carry_out(&Command::RejectUnits(rejected));
    }
}
