//! Supplies: expected, changed, received in parts or whole, and asked for.

use gantry_model::{
    ChangeSupply, Command, EngineSecond, ExpectSupply, PromiseKey, Query, ReadSupply,
    ReceiveSupply, Sequence, SupplyId,
};

use super::swarm::Act;
use super::{REMEMBERED_MAX, Workload};

/// A supply as it was asked for: what came in of it, and when the rest will, as far as chance knows.
#[derive(Clone, Copy, Debug)]
pub(super) struct AskedSupply {
    id: SupplyId,
    quantity: u32,
    received: u32,
    eta: EngineSecond,
}

impl Workload {
    pub(super) fn expect_supply(&mut self, out: &mut Vec<u8>) {
        let (id, sku) = (self.id(), self.tracked_sku());
        let (warehouse, eta) = (self.home(sku), self.second());
        let quantity = self.units(self.swarm.supply_max);
        Command::ExpectSupply(ExpectSupply { id, sku, warehouse, quantity, eta }).write(out);
        let place = self.supplies_made % REMEMBERED_MAX.min(self.swarm.supplies_remembered);
        self.supplies_made += 1;
        let asked = AskedSupply { id, quantity, received: 0, eta };
        match self.supplies.get_mut(place) {
            Some(known) => *known = asked,
            None => self.supplies.push(asked),
        }
    }

    /// More or fewer, sooner or later, or no more at all.
    pub(super) fn change_supply(&mut self, out: &mut Vec<u8>) {
        let (id, mut asked) = (self.id(), self.asked_supply());
        match self.dice.below(10) {
            0 => asked.quantity = asked.received,
            1..4 => asked.quantity = self.units(2 * self.swarm.supply_max),
            4..6 => {
                let fewer = self.dice.between(1, self.swarm.units_max);
                asked.quantity = asked.quantity.saturating_sub(fewer);
            }
            _ => {}
        }
        match self.dice.below(6) {
            0..3 => asked.eta = self.second(),
            3 => {
                let later = self.dice.between(1, self.swarm.ahead_max);
                let eta = asked.eta.get().saturating_add(later).min(u32::MAX - 1);
                asked.eta = EngineSecond::new(eta);
            }
            _ => {}
        }
        let AskedSupply { id: supply, quantity, eta, .. } = asked;
        Command::ChangeSupply(ChangeSupply { id, supply, quantity, eta }).write(out);
        self.know(asked);
    }

    /// Some of it, or all, or too much.
    pub(super) fn receive_supply(&mut self, out: &mut Vec<u8>) {
        let (id, mut asked) = (self.id(), self.asked_supply());
        let left = asked.quantity.saturating_sub(asked.received);
        let quantity = match self.dice.below(24) {
            0 => left.saturating_add(1),
            1 => self.units(asked.quantity.clamp(1, 1 << 20)),
            2..10 => left,
            _ => self.dice.between(1, left.clamp(1, 4 * self.swarm.units_max)),
        };
        let supply = asked.id;
        Command::ReceiveSupply(ReceiveSupply { id, supply, quantity }).write(out);
        if quantity <= left {
            asked.received += quantity;
            self.know(asked);
        }
    }

    pub(super) fn read_supply(&mut self, act: Act, out: &mut Vec<u8>) {
        if act == Act::ReadSupplies {
            return Query::ReadSupplies(self.sku()).write(out);
        }
        let supply = self.asked_supply().id;
        let (promised, line) = (self.second(), self.dice.short(self.swarm.lines_max));
        let placed = Sequence::new(self.dice.below(2_000).into());
        let key = PromiseKey { promised, placed, line };
        let from = if self.dice.one_in(2) { PromiseKey::FIRST } else { key };
        let rows_max = self.dice.pick(&[0, 0, 1, 2, 1_024, 1_025, u32::MAX]);
        Query::ReadSupply(ReadSupply { supply, from, rows_max }).write(out);
    }

    /// Mostly one of the last supplies, else something that is none.
    fn asked_supply(&mut self) -> AskedSupply {
        let at = self.dice.index(self.supplies.len());
        let asked = self.supplies.get(at).copied().filter(|_| !self.dice.one_in(30));
        asked.unwrap_or_else(|| {
            let id = match self.dice.below(4) {
                0 => SupplyId::NONE,
                1 => SupplyId::new(self.dice.wide()),
                _ => self.asked().0,
            };
            AskedSupply { id, quantity: 5, received: 0, eta: self.second() }
        })
    }

    fn know(&mut self, asked: AskedSupply) {
        if let Some(known) = self.supplies.iter_mut().find(|known| known.id == asked.id) {
            *known = asked;
        }
    }
}
