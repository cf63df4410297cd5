//! A record as people read it: one line for what was asked and decided, one for each movement.

use std::fmt::{self, Display, Formatter};

use gantry_model::{Command, Movement, Record, StockChange};

use crate::names::{Name, Names};
use crate::output::utc_time;

/// Goes before the first record.
pub(super) const HEAD: &str =
    "  sequence  time                         actor  what was asked, what was decided";

/// A record with the names of what it speaks of.
pub(super) struct RecordText<'a> {
    pub(super) record: &'a Record<'a>,
    pub(super) names: &'a Names,
}

impl Display for RecordText<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let record = self.record;
        let time = utc_time(record.time.get());
        let (sequence, actor) = (record.sequence.get(), record.actor.get());
        write!(f, "{sequence:>10}  {time}  {actor:>5}  {}", record.command.kind().name())?;
        self.write_command(f)?;
        self.write_outcome(f)?;
        for movement in record.movements {
            write!(f, "\n{:>50}  ", "")?;
            self.write_movement(f, movement)?;
        }
        Ok(())
    }
}

impl RecordText<'_> {
    fn write_command(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let names = self.names;
        match &self.record.command {
            Command::PlaceOrder(order) => {
                let (zone, short) = (names.zone(order.zone), order.short.name());
                let order = Names::placing(order);
                write!(f, " {} to zone {}, {short}", shown(&order), shown(&zone))
            }
            Command::CancelOrder(units) | Command::Ship(units) => {
                write!(f, " {}", shown(&names.order(units.order)))
            }
            Command::Receive(change) | Command::Adjust(change) | Command::SetStock(change) => {
                self.write_change(f, change)
            }
            Command::UpsertSku(sku) => write!(f, " {}", shown(&sku.code)),
            Command::UpsertWarehouse(warehouse) => {
                write!(f, " {}, priority {}", shown(&warehouse.code), warehouse.priority)
            }
            Command::UpsertZone(code) | Command::UpsertChannel(code) => {
                write!(f, " {}", shown(&code.code))
            }
            Command::SetCosts(costs) => {
                write_warehouse(f, " of", names.warehouse(costs.warehouse))?;
                write!(f, " for {} zones", costs.rows.len())
            }
            Command::SetLimits(limits) => write!(f, " {:?}", limits.limits),
            Command::Mark { state_hash, .. } => write!(f, " state hash {state_hash:032x}"),
        }
    }

    fn write_change(&self, f: &mut Formatter<'_>, change: &StockChange<'_>) -> fmt::Result {
        write!(f, " {} of {}", change.quantity, shown(&self.names.sku(change.sku)))?;
        write_warehouse(f, " at", self.names.warehouse(change.warehouse))?;
        if !change.note.is_empty() {
            write!(f, " ({})", shown(&change.note))?;
        }
        Ok(())
    }

    fn write_outcome(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let outcome = &self.record.outcome;
        let head = outcome.head;
        if let Some(reason) = head.reason() {
            write!(f, ": REJECTED {}", reason.name())?;
        } else if head.parcels() > 0 {
            write!(f, ": {} parcels for {} cents", head.parcels(), head.cost_minor())?;
        }
        for short in outcome.shorts {
            let sku = self.names.sku(short.sku());
            let (line, wanted, available) = (short.line(), short.wanted(), short.available());
            write!(f, "; line {line} wants {wanted} of {}, {available} available", shown(&sku))?;
        }
        Ok(())
    }

    fn write_movement(&self, f: &mut Formatter<'_>, movement: &Movement) -> fmt::Result {
        let names = self.names;
        let (kind, quantity) = (movement.kind().name(), movement.quantity());
        write!(f, "{kind} {quantity} of {}", shown(&names.sku(movement.sku())))?;
        write_warehouse(f, " at", names.warehouse(movement.warehouse()))?;
        if let Some(order) = names.order_placed(movement.order()) {
            write!(f, ", line {} of {}", movement.line(), shown(&order))?;
        }
        Ok(())
    }
}

fn write_warehouse(f: &mut Formatter<'_>, word: &str, warehouse: Option<Name<'_>>) -> fmt::Result {
    warehouse.map_or(Ok(()), |warehouse| write!(f, "{word} {}", shown(&warehouse)))
}

/// A text from a shop may hold anything; what would steer a terminal is shown escaped.
fn shown(text: &dyn Display) -> String {
    let mut shown = String::new();
    for letter in text.to_string().chars() {
        if letter.is_control() {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    shown
}
