//! The lines of a script that are about waiting lines.

use gantry_model::{
    Command, CommandId, EngineTime, MatchAgain, Query, ReadBook, ResourceOrder, SetPriority,
    SwapUnits, WaitKey,
};

use super::{Shop, order_id};

impl Shop {
    pub(super) fn waiting(&mut self, id: CommandId, words: &[&str]) -> Vec<u8> {
        match *words {
            ["priority", order, class] => {
                let (order, priority_class) = (order_id(order), class.parse().unwrap());
                self.send(&Command::SetPriority(SetPriority { id, order, priority_class }))
            }
            ["resource", order] => {
                let order = order_id(order);
                self.send(&Command::ResourceOrder(ResourceOrder { id, order }))
            }
            ["swap", first, second, units, gives, gets] => {
                let (sku, quantity) = units.split_once(':').unwrap();
                self.send(&Command::SwapUnits(SwapUnits {
                    id,
                    first: order_id(first),
                    second: order_id(second),
                    sku: self.sku(sku),
                    first_warehouse: self.warehouse(gives),
                    second_warehouse: self.warehouse(gets),
                    quantity: quantity.parse().unwrap(),
                }))
            }
            ["again", sku] => {
                self.send(&Command::MatchAgain(MatchAgain { id, sku: self.sku(sku) }))
            }
            ["book", sku] => {
                let (sku, from) = (self.sku(sku), WaitKey::FIRST);
                self.query(&Query::ReadBook(ReadBook { sku, from, rows_max: 0 }))
            }
            ["step"] => self.match_waiting(1),
            ["match"] => self.match_waiting(usize::MAX),
            ["sweep"] => {
                self.sweep();
                Vec::new()
            }
            ["settle"] => {
                self.settle();
                Vec::new()
            }
            _ => panic!("no line of a script: {words:?}"),
        }
    }

    /// Takes one step of a sweep, if there is one to be taken.
    pub(crate) fn sweep(&mut self) -> bool {
        let now = self.clock.max(EngineTime::new(self.engine.last_time().get() + 1_000));
        self.engine.sweep(now, &mut self.records)
    }

    /// Matches and sweeps until nothing is left to be done.
    pub(crate) fn settle(&mut self) {
        loop {
            self.match_waiting(usize::MAX);
            if !self.sweep() {
                return;
            }
        }
    }

    /// Looks at waiting lines so many times, if any are due.
    pub(crate) fn match_waiting(&mut self, steps_max: usize) -> Vec<u8> {
        for _ in 0..steps_max {
            let now = self.clock.max(EngineTime::new(self.engine.last_time().get() + 1_000));
            if !self.engine.match_waiting(now, &mut self.records) {
                break;
            }
        }
        Vec::new()
    }
}
