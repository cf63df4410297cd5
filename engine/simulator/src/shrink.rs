//! Shrinking: the smallest scenario that still fails.
//!
//! Items and faults are left out in ever smaller pieces as long as the universe still ends with an
//! objection, of whatever sort (delta debugging, Zeller and Hildebrandt 2002), and what the seed
//! decided becomes calm where it can: one client, good weather, plain settings.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "shrinking runs in real time, around universes that do not"
)]

use std::ops::Range;
use std::time::{Duration, Instant};

use crate::net::Weather;
use crate::scenario::Scenario;

/// Makes `scenario` smaller for at most `time`; `fails` says whether one still fails.
pub fn shrink(
    mut scenario: Scenario,
    time: Duration,
    fails: impl Fn(&Scenario) -> bool,
) -> Scenario {
    let end = Instant::now() + time;
    let mut shrinker = Shrinker { fails, end };
    loop {
        let before = scenario.clone();
        shrinker.calm(&mut scenario);
        shrinker.leave_out(&mut scenario, faults, leave_out_faults);
        shrinker.leave_out(&mut scenario, items, leave_out_items);
        shrinker.hurry(&mut scenario);
        if scenario == before || Instant::now() > end {
            return scenario;
        }
    }
}

struct Shrinker<F> {
    fails: F,
    end: Instant,
}

impl<F: Fn(&Scenario) -> bool> Shrinker<F> {
    /// Keeps `smaller` if it still fails.
    fn keep(&self, scenario: &mut Scenario, smaller: Scenario) -> bool {
        let is_kept = smaller != *scenario && Instant::now() < self.end && (self.fails)(&smaller);
        if is_kept {
            *scenario = smaller;
        }
        is_kept
    }

    /// Takes away what the failure may not need.
    fn calm(&mut self, scenario: &mut Scenario) {
        let calmer: [fn(&mut Scenario); 10] = [
            |scenario| scenario.weather = Weather::default(),
            |scenario| scenario.clients.count = 1,
            |scenario| scenario.clients.window = 1,
            |scenario| scenario.clients.frame_items_max = 1,
            |scenario| scenario.setting.snapshot_every_bytes = 0,
            |scenario| scenario.setting.archive_after_ms = 3_600_000,
            |scenario| scenario.setting.ingress_max = 4_096,
            |scenario| scenario.setting.in_flight_max = 1_024,
            |scenario| scenario.setting.is_direct = false,
            |scenario| scenario.damage = None,
        ];
        for make_calm in calmer {
            let mut smaller = scenario.clone();
            make_calm(&mut smaller);
            self.keep(scenario, smaller);
        }
    }

    /// Leaves out what it can of a list, in pieces of half its length down to one.
    fn leave_out(
        &mut self,
        scenario: &mut Scenario,
        length: fn(&Scenario) -> usize,
        leave_out: fn(&mut Scenario, Range<usize>),
    ) {
        let mut piece = length(scenario).div_ceil(2).max(1);
        loop {
            let mut start = 0;
            while start < length(scenario) && Instant::now() < self.end {
                let mut smaller = scenario.clone();
                let end = (start + piece).min(length(scenario));
                leave_out(&mut smaller, start..end);
                if !self.keep(scenario, smaller) {
                    start += piece;
                }
            }
            if piece == 1 {
                return;
            }
            piece = piece.div_ceil(2).max(1);
        }
    }

    /// Lets each fault come as early as it may: items before it may be gone.
    fn hurry(&mut self, scenario: &mut Scenario) {
        for index in 0..scenario.faults.len() {
            let at_item = scenario.faults[index].at_item;
            for earlier in [0, at_item / 2, at_item.saturating_sub(1)] {
                let mut smaller = scenario.clone();
                smaller.faults[index].at_item = earlier;
                if self.keep(scenario, smaller) {
                    break;
                }
            }
        }
    }
}

fn faults(scenario: &Scenario) -> usize {
    scenario.faults.len()
}

fn items(scenario: &Scenario) -> usize {
    scenario.items.len()
}

fn leave_out_faults(scenario: &mut Scenario, range: Range<usize>) {
    scenario.faults.drain(range);
}

/// Faults come before the same items as they did.
fn leave_out_items(scenario: &mut Scenario, range: Range<usize>) {
    for fault in &mut scenario.faults {
        let before = fault.at_item.clamp(range.start, range.end) - range.start;
        fault.at_item -= before;
    }
    scenario.items.drain(range);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Fault, FaultKind};

    /// Fails where an even item comes, and after it a power cut.
    fn fails(scenario: &Scenario) -> bool {
        let even = scenario.items.iter().position(|item| item.bytes.first() == Some(&2));
        let is_cut = |fault: &Fault| fault.kind == FaultKind::PowerCut;
        let cut = scenario.faults.iter().find(|fault| is_cut(fault));
        even.zip(cut).is_some_and(|(item, cut)| item < cut.at_item)
    }

    #[test]
    fn what_a_failure_does_not_need_is_left_out() {
        let mut scenario = Scenario::draw(7, 400);
        scenario.items[200].bytes = vec![2];
        for (at_item, kind) in [(100, FaultKind::Kill), (300, FaultKind::PowerCut)] {
            scenario.faults.push(Fault { at_item, kind });
        }
        assert!(fails(&scenario));
        let small = shrink(scenario, Duration::from_secs(60), fails);
        assert_eq!((small.items.len(), small.faults.len()), (1, 1));
        assert_eq!(small.weather, Weather::default());
        assert!(fails(&small));
    }
}
