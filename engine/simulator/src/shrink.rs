//! Shrinking: the smallest scenario that still fails in the same way.
//!
//! Items and faults are left out in ever smaller pieces as long as the universe still ends with an
//! objection of the same [`sort`] (delta debugging, Zeller and Hildebrandt 2002), and what the seed
//! decided becomes calm where it can: one client, good weather, plain settings. What is small is
//! quick, and may have another seed: where a failure is a matter of chance, one less item is often
//! another chance.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "shrinking runs in real time, around universes that do not"
)]

use std::ops::Range;
use std::time::{Duration, Instant};

use crate::machine::Pace;
use crate::net::Weather;
use crate::objection::sort;
use crate::scenario::{FaultKind, Scenario};

/// Items of a scenario that is tried with other seeds, too, and how many these are.
const ITEMS_QUICK_MAX: usize = 300;
const SEEDS_MAX: u64 = 3;

/// Makes a scenario that ended with `objection` smaller for at most `time`, so that it still ends
/// with one of its sort; `live` says with which one ends. Returns the scenario and its objection.
#[must_use]
pub fn shrink_alike(
    scenario: Scenario,
    objection: &str,
    time: Duration,
    live: impl Fn(&Scenario) -> Option<String>,
) -> (Scenario, String) {
    let wanted = sort(objection);
    let is_alike = |smaller: &Scenario| live(smaller).is_some_and(|what| sort(&what) == wanted);
    let small = shrink(scenario, time, is_alike);
    let objection = live(&small).unwrap_or_default();
    (small, objection)
}

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
        shrinker.leave_out(&mut scenario, faults, leave_out_faults);
        shrinker.leave_out(&mut scenario, items, leave_out_items);
        shrinker.calm(&mut scenario);
        shrinker.hurry(&mut scenario);
        shrinker.simplify_faults(&mut scenario);
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
    /// Keeps `smaller` if it still fails, with its seed or another.
    fn keep(&self, scenario: &mut Scenario, smaller: Scenario) -> bool {
        if smaller == *scenario {
            return false;
        }
        let others = if smaller.items.len() <= ITEMS_QUICK_MAX { SEEDS_MAX } else { 0 };
        let seeds = std::iter::once(smaller.seed).chain(1..=others);
        for seed in seeds {
            let smaller = Scenario { seed, ..smaller.clone() };
            if Instant::now() >= self.end {
                return false;
            }
            if (self.fails)(&smaller) {
                *scenario = smaller;
                return true;
            }
        }
        false
    }

    /// Takes away what the failure may not need.
    fn calm(&mut self, scenario: &mut Scenario) {
        let calmer: [fn(&mut Scenario); 17] = [
            |scenario| scenario.weather = Weather::default(),
            |scenario| scenario.setting.pace = Pace::CALM,
            |scenario| scenario.clients.count = 1,
            |scenario| scenario.clients.window = 1,
            |scenario| scenario.clients.frame_items_max = 1,
            |scenario| scenario.clients.patience_ms = 5_000,
            |scenario| scenario.setting.segment_bytes = 1 << 20,
            |scenario| scenario.setting.segments_spare = 1,
            |scenario| scenario.setting.snapshot_every_bytes = 0,
            |scenario| scenario.setting.archive_after_ms = 3_600_000,
            |scenario| scenario.setting.archive_rows_min = 1_024,
            |scenario| scenario.setting.shown_before_ms = 0,
            |scenario| scenario.setting.ingress_max = 4_096,
            |scenario| scenario.setting.in_flight_max = 1_024,
            |scenario| scenario.setting.is_direct = false,
            |scenario| scenario.damage = None,
            |scenario| scenario.seed = 1,
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

    /// Crashes come between two turns where they may, and otherwise at an early call.
    fn simplify_faults(&mut self, scenario: &mut Scenario) {
        for index in 0..scenario.faults.len() {
            let simpler = match scenario.faults[index].kind {
                FaultKind::KillAtCall(calls) => [
                    FaultKind::Kill,
                    FaultKind::KillAtCall(calls / 2),
                    FaultKind::KillAtCall(calls.saturating_sub(1)),
                ],
                FaultKind::PowerCutAtCall(calls) => [
                    FaultKind::PowerCut,
                    FaultKind::PowerCutAtCall(calls / 2),
                    FaultKind::PowerCutAtCall(calls.saturating_sub(1)),
                ],
                FaultKind::KillAtRoll(_) => [FaultKind::Kill; 3],
                FaultKind::PowerCutAtRoll(_) => [FaultKind::PowerCut; 3],
                _ => continue,
            };
            for kind in simpler {
                let mut smaller = scenario.clone();
                smaller.faults[index].kind = kind;
                if self.keep(scenario, smaller) {
                    break;
                }
            }
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

    #[test]
    fn a_scenario_that_fails_otherwise_is_not_kept() {
        let mut scenario = Scenario::draw(7, 100);
        scenario.items[50].bytes = vec![2];
        let live = |scenario: &Scenario| {
            let even = scenario.items.iter().any(|item| item.bytes.first() == Some(&2));
            let count = scenario.items.len();
            Some(if even { format!("lost {count} records") } else { "a panic".to_owned() })
        };
        let (small, what) =
            shrink_alike(scenario, "lost 100 records", Duration::from_secs(60), live);
        assert_eq!((small.items.len(), what.as_str()), (1, "lost 1 records"));
    }
}
