//! Units that warehouses reject: mostly of one order, until it is another's turn.

use gantry_model::{
    COOL_DOWN_SECONDS_MAX, Command, LineUnits, RejectCause, RejectUnits, Sku, Warehouse,
};

use super::{Asked, Workload};

impl Workload {
    pub(super) fn reject_units(&mut self, out: &mut Vec<u8>) {
        let id = self.id();
        let Asked { id: order, lines, .. } = self.often_rejected();
        let mut units = self.some_units(&lines, Self::likely_home);
        if self.dice.one_in(2) {
            let few = |units: &LineUnits| LineUnits::new(units.line(), units.warehouse(), 1);
            units = units.iter().map(few).collect();
        }
        if self.dice.one_in(8) {
            units = self.everywhere(&units);
        }
        let cause = self.dice.pick(&[RejectCause::NotFound, RejectCause::Refused]);
        let cool_down_seconds = self.cool_down();
        Command::RejectUnits(RejectUnits { id, order, cause, cool_down_seconds, units: &units })
            .write(out);
    }

    /// The same order a few times: what it has goes from warehouse to warehouse.
    fn often_rejected(&mut self) -> Asked {
        let is_again = !self.dice.one_in(self.swarm.rejections);
        match self.rejected.take().filter(|_| is_again) {
            Some(asked) => self.rejected.insert(asked).clone(),
            None => {
                let asked = self.asked_lately();
                self.rejected.insert(asked).clone()
            }
        }
    }

    /// Where a SKU's units may be.
    pub(super) fn likely_home(&mut self, sku: Sku) -> Warehouse {
        if self.dice.one_in(2) { self.home(sku) } else { self.warehouse() }
    }

    /// One unit of the first line at each of some warehouses, rising.
    fn everywhere(&mut self, units: &[LineUnits]) -> Vec<LineUnits> {
        let line = units.first().map_or(0, LineUnits::line);
        let first = self.dice.below(self.swarm.warehouses);
        let last = self.dice.between(first, self.swarm.warehouses - 1);
        let at = |at| Warehouse::new(u16::try_from(at).unwrap_or(u16::MAX));
        (first..=last).map(|warehouse| LineUnits::new(line, at(warehouse), 1)).collect()
    }

    /// Seconds: often none, or longer than anything lasts.
    fn cool_down(&mut self) -> u32 {
        if self.dice.one_in(40) {
            return self.dice.pick(&[COOL_DOWN_SECONDS_MAX, COOL_DOWN_SECONDS_MAX + 1, u32::MAX]);
        }
        let most = self.swarm.cool_down_max;
        let seconds = match self.dice.below(4) {
            0 => 0,
            1 => 1,
            2 => self.dice.between(1, most),
            _ => self.dice.between(1, 3 * 86_400),
        };
        seconds.max(self.swarm.cool_down_min)
    }
}
