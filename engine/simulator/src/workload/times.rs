//! Seconds that commands name: soon, later, never, or past.

use gantry_model::EngineSecond;

use super::Workload;

impl Workload {
    /// Says about what second it will be where the next items are asked. The workload has no clock.
    pub fn tell_time(&mut self, second: u32) {
        self.second = second;
    }

    /// Mostly soon: what is to happen then does.
    pub(super) fn second(&mut self) -> EngineSecond {
        let second = match self.dice.below(24) {
            0 => self.second.saturating_sub(self.dice.below(7_200)),
            1 => self.dice.pick(&[0, 1, u32::MAX - 1]),
            2 => self.second.saturating_add(self.dice.between(3_600, 90_000)),
            _ => self.second.saturating_add(self.dice.between(1, self.swarm.ahead_max)),
        };
        EngineSecond::new(second)
    }
}
