//! Supplies: units that are expected, where and when.

use gantry_model::{
    ChangeSupply, EngineSecond, ExpectSupply, Movement, MovementKind, ReceiveSupply, RejectReason,
    SupplyId,
};

use super::book::Book;

/// A supply that is open, or of which units are still promised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SupplyBook {
    pub(super) id: u128,
    pub(super) placed: u64,
    pub(super) sku: u32,
    pub(super) warehouse: u16,
    pub(super) eta: EngineSecond,
    pub(super) expected: i64,
    pub(super) received: i64,
    pub(super) promised: i64,
}

impl SupplyBook {
    /// Units that are still to come in.
    pub(super) fn open(&self) -> i64 {
        self.expected - self.received
    }

    /// Its place among the supplies of its SKU.
    pub(super) fn place(&self) -> (EngineSecond, u64) {
        (self.eta, self.placed)
    }

    /// Units that nobody is promised when the movements are done.
    pub(super) fn free_after(&self, movements: &[Movement]) -> i64 {
        let of_it = movements.iter().filter(|movement| movement.cause().get() == self.placed);
        let more = of_it.map(|movement| match movement.kind() {
            MovementKind::Promised => i64::from(movement.quantity()),
            MovementKind::Unpromised => -i64::from(movement.quantity()),
            _ => 0,
        });
        (self.open() - self.promised - more.sum::<i64>()).max(0)
    }
}

impl Book {
    /// The supply with this id, if anything is known of it but that it was.
    pub(super) fn supply(&self, id: SupplyId) -> Option<&SupplyBook> {
        self.supplies.values().find(|supply| supply.id == id.get())
    }

    /// The supply with this id, of which units are still to come in.
    pub(super) fn open_supply(&self, id: SupplyId) -> Result<&SupplyBook, RejectReason> {
        match self.supply(id) {
            Some(supply) if supply.open() > 0 => Ok(supply),
            Some(_) => Err(RejectReason::SupplyClosed),
            None if self.remembered(id).is_some() => Err(RejectReason::SupplyClosed),
            None => Err(RejectReason::UnknownSupply),
        }
    }

    /// The supplies of a SKU, the one that comes in first before the others.
    pub(super) fn supplies_of(&self, sku: u32) -> Vec<&SupplyBook> {
        let of_sku = self.supplies.values().filter(|supply| supply.sku == sku);
        let mut supplies: Vec<&SupplyBook> = of_sku.collect();
        supplies.sort_by_key(|supply| supply.place());
        supplies
    }

    pub(super) fn enter_supply(&mut self, command: &ExpectSupply) {
        let supply = SupplyBook {
            id: command.id.get(),
            placed: self.sequence,
            sku: command.sku.get(),
            warehouse: command.warehouse.get(),
            eta: command.eta,
            expected: command.quantity.into(),
            received: 0,
            promised: 0,
        };
        self.supplies.insert(self.sequence, supply);
    }

    pub(super) fn enter_change(&mut self, command: &ChangeSupply) {
        let supply = self.the_supply_mut(command.supply);
        (supply.expected, supply.eta) = (command.quantity.into(), command.eta);
    }

    pub(super) fn enter_receipt(&mut self, command: &ReceiveSupply) {
        self.the_supply_mut(command.supply).received += i64::from(command.quantity);
    }

    fn the_supply_mut(&mut self, id: SupplyId) -> &mut SupplyBook {
        let supply = self.supplies.values_mut().find(|supply| supply.id == id.get());
        supply.expect("invariant: judged")
    }

    /// Supplies are gone of which nothing is expected and nothing promised.
    pub(super) fn close_supplies(&mut self) {
        let is_over = |_: &u64, supply: &mut SupplyBook| supply.open() == 0 && supply.promised == 0;
        let ended = self.supplies.extract_if(.., is_over).map(|(_, supply)| supply.id);
        self.supplies_ended.extend(ended);
    }
}
