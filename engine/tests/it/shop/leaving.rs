//! The lines of a script by which an order loses units that it did not cancel itself.
//!
//! `cancel_at 1 60` gives the order up at the 60th second of engine time, `cancel_at 1 never` not at
//! all; `give_up` lets the engine do it. `reject 1 refused 30 0@N:2` spares N for half a minute.

use std::fmt::Write;

use gantry_model::{
    Command, CommandId, EngineSecond, OrderBody, RejectCause, RejectUnits, SetCancelAt,
};

use super::{Shop, order_id};

impl Shop {
    pub(super) fn leaving(&mut self, id: CommandId, words: &[&str]) -> Vec<u8> {
        match *words {
            ["cancel_at", order, at] => {
                let cancel_at = match at {
                    "never" => EngineSecond::NONE,
                    second => EngineSecond::new(second.parse().unwrap()),
                };
                let order = order_id(order);
                self.send(&Command::SetCancelAt(SetCancelAt { id, order, cancel_at }))
            }
            ["give_up"] => {
                let now = self.clock.max(self.engine.last_time());
                while self.engine.give_up(now, &mut self.records) {}
                Vec::new()
            }
            ["reject", order, cause, seconds, ref units @ ..] => {
                let units = self.units(units);
                self.send(&Command::RejectUnits(RejectUnits {
                    id,
                    order: order_id(order),
                    cause: *RejectCause::ALL.iter().find(|known| known.name() == cause).unwrap(),
                    cool_down_seconds: seconds.parse().unwrap(),
                    units: &units,
                }))
            }
            _ => panic!("no line of a script: {words:?}"),
        }
    }

    pub(super) fn describe_dates(order: &OrderBody<'_>, text: &mut String) {
        if order.dates.cancel_at() != EngineSecond::NONE {
            write!(text, " until={}s", order.dates.cancel_at()).unwrap();
        }
    }
}
