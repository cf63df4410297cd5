//! What is expected and promised, when orders are given up, and what warehouses reject, as text.

use std::fmt::{self, Formatter};

use gantry_model::{
    ChangeSupply, EngineSecond, ExpectSupply, GiveUp, Movement, MovementKind, Promise,
    ReceiveSupply, RejectUnits, Sequence, SetCancelAt, WaitKey,
};

use super::{RecordText, shown, write_warehouse};
use crate::names::Id;
use crate::output::utc_time;

impl RecordText<'_> {
    pub(super) fn write_expect(&self, f: &mut Formatter<'_>, supply: &ExpectSupply) -> fmt::Result {
        let ExpectSupply { id, sku, warehouse, quantity, eta } = supply;
        write!(f, " {}: {quantity} of {}", Id(id.get()), shown(&self.names.sku(*sku)))?;
        write_warehouse(f, " at", self.names.warehouse(*warehouse))?;
        write!(f, ", for {}", time(*eta))
    }

    pub(super) fn write_change_supply(
        &self,
        f: &mut Formatter<'_>,
        change: &ChangeSupply,
    ) -> fmt::Result {
        let ChangeSupply { supply, quantity, eta, .. } = change;
        write!(f, " {} to {quantity}, for {}", Id(supply.get()), time(*eta))
    }

    pub(super) fn write_receipt(
        &self,
        f: &mut Formatter<'_>,
        receipt: &ReceiveSupply,
    ) -> fmt::Result {
        write!(f, " {} of {}", receipt.quantity, Id(receipt.supply.get()))
    }

    pub(super) fn write_cancel_at(
        &self,
        f: &mut Formatter<'_>,
        command: &SetCancelAt,
    ) -> fmt::Result {
        write!(f, " of {}", shown(&self.names.order(command.order)))?;
        match command.cancel_at {
            EngineSecond::NONE => write!(f, " to never"),
            cancel_at => write!(f, " to {}", time(cancel_at)),
        }
    }

    pub(super) fn write_reject(
        &self,
        f: &mut Formatter<'_>,
        rejected: &RejectUnits<'_>,
    ) -> fmt::Result {
        let (order, cause) = (self.names.order(rejected.order), rejected.cause.name());
        write!(f, " of {}, {cause}", shown(&order))?;
        for units in rejected.units {
            write!(f, ", {} of line {}", units.quantity(), units.line())?;
            write_warehouse(f, " at", self.names.warehouse(units.warehouse()))?;
        }
        write!(f, "; none from there for {} s", rejected.cool_down_seconds)
    }

    pub(super) fn write_promise(&self, f: &mut Formatter<'_>, promise: &Promise) -> fmt::Result {
        let Promise { sku, last, end } = promise;
        write!(f, " {}", shown(&self.names.sku(*sku)))?;
        self.write_last(f, *last, ", no line without a promise")?;
        write!(f, ", {}", end.name().replace('_', " "))
    }

    pub(super) fn write_give_up(&self, f: &mut Formatter<'_>, given_up: &GiveUp) -> fmt::Result {
        let order = self.names.order(given_up.order);
        write!(f, " {}, whose time was {}", shown(&order), time(given_up.cancel_at))
    }

    /// The last line that a record of the engine's own looked at, or `none`.
    pub(super) fn write_last(
        &self,
        f: &mut Formatter<'_>,
        last: WaitKey,
        none: &str,
    ) -> fmt::Result {
        match self.names.order_placed(last.placed) {
            Some(order) => write!(f, " up to line {} of {}", last.line, shown(&order)),
            None if last.placed == Sequence::NONE => write!(f, "{none}"),
            None => write!(f, " up to line {} of record {}", last.line, last.placed),
        }
    }

    /// Of which supply units are, that are promised or no longer.
    pub(super) fn write_supply(&self, f: &mut Formatter<'_>, movement: &Movement) -> fmt::Result {
        if movement.kind() == MovementKind::PromiseBroken {
            return Ok(());
        }
        match self.names.supply_placed(movement.cause()) {
            Some(supply) => write!(f, ", of supply {supply}"),
            None => write!(f, ", of the supply of record {}", movement.cause()),
        }
    }
}

fn time(second: EngineSecond) -> String {
    utc_time(second.begins().get())
}
