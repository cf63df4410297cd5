//! Campaigns: many universes on all cores, and what they were like together.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a campaign runs in real time, around universes that do not"
)]

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use gantry_gateway::panic_message;
use gantry_journal::marks_passed;
use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;

use crate::marks::EXPECTED;
use crate::scenario::Scenario;
use crate::universe::{Verdict, run};

/// What a campaign is to do.
#[derive(Clone, Copy, Debug)]
pub struct Campaign {
    /// The first seed; the others follow it.
    pub seed: u64,
    /// Seeds at most.
    pub seeds: u64,
    /// Time at most.
    pub time: Option<Duration>,
    /// Items of each universe.
    pub items: usize,
    /// Universes at a time.
    pub threads: usize,
    /// Each universe is lived twice, and both must agree.
    pub twice: bool,
}

/// A universe that ended with an objection.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// Its seed.
    pub seed: u64,
    /// The objection.
    pub what: String,
}

/// What universes were like together.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Summary {
    /// Universes.
    pub seeds: u64,
    /// Orders that became durable.
    pub orders: u64,
    /// Of those, with a unit allocated when placed.
    pub allocated_share: f64,
    /// From two or more warehouses.
    pub split_share: f64,
    /// With a unit that waits.
    pub waiting_share: f64,
    /// Ends of a server that nobody asked for.
    pub crashes: u64,
    /// Faults of every sort.
    pub faults: u64,
    /// Universes that ended with an objection.
    pub violations: u64,
    /// Marks that were passed, and how often, both lives of a universe counted.
    pub marks: BTreeMap<&'static str, u64>,
    /// Marks that were never passed.
    pub marks_missed: Vec<&'static str>,
    /// Orders in a second of one core, the second life of each universe not counted.
    pub orders_per_second: f64,
    /// How long the campaign took.
    pub seconds: f64,
    /// The objections.
    pub findings: Vec<Finding>,
}

/// Sums, as the threads of a campaign add them up.
#[derive(Debug, Default)]
struct Sums {
    seeds: u64,
    orders: u64,
    allocated: u64,
    split: u64,
    waiting: u64,
    crashes: u64,
    faults: u64,
    lived: Duration,
    findings: Vec<Finding>,
}

impl Campaign {
    /// Lives every universe. `progress` is shown the summary so far now and then.
    pub fn run(&self, progress: impl Fn(&Summary) + Sync) -> Summary {
        let began = Instant::now();
        let (next, is_over) = (AtomicU64::new(0), AtomicBool::new(false));
        let sums = Mutex::new(Sums::default());
        let lock = || sums.lock().unwrap_or_else(PoisonError::into_inner);
        thread::scope(|scope| {
            for _ in 0..self.threads {
                scope.spawn(|| {
                    while !self.is_over(began) {
                        // Relaxed: each number is taken once, in any order.
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= self.seeds {
                            break;
                        }
                        let seed = self.seed.wrapping_add(number);
                        let (verdict, lived) = self.live(seed);
                        lock().add(seed, &verdict, lived);
                    }
                    is_over.store(true, Ordering::Relaxed);
                });
            }
            while !is_over.load(Ordering::Relaxed) {
                thread::sleep(Duration::from_millis(500));
                progress(&lock().summary(began.elapsed()));
            }
        });
        lock().summary(began.elapsed())
    }

    fn is_over(&self, began: Instant) -> bool {
        self.time.is_some_and(|time| began.elapsed() >= time)
    }

    /// Lives one universe; returns how it ended and what its first life took of a core.
    fn live(&self, seed: u64) -> (Verdict, Duration) {
        let scenario = Scenario::draw(seed, self.items);
        let began = core_time();
        let mut verdict = live_caught(&scenario);
        let lived = core_time().saturating_sub(began);
        if self.twice && verdict.violation.is_none() {
            let again = live_caught(&scenario);
            if again.trace != verdict.trace {
                let (first, second) = (verdict.trace, again.trace);
                let what = format!("two lives of one seed differ: {first:x} and {second:x}");
                verdict.violation = Some(what);
            }
        }
        (verdict, lived)
    }
}

/// What this thread had of a core so far: others on the machine do not count.
fn core_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

/// Lives a universe; a panic in it is an objection.
#[must_use]
pub fn live_caught(scenario: &Scenario) -> Verdict {
    catch_unwind(AssertUnwindSafe(|| run(scenario))).unwrap_or_else(|panic| {
        let violation = Some(format!("a panic: {}", panic_message(&*panic)));
        Verdict { violation, ..Verdict::default() }
    })
}

impl Sums {
    fn add(&mut self, seed: u64, verdict: &Verdict, lived: Duration) {
        self.seeds += 1;
        self.orders += verdict.figures.orders;
        self.allocated += verdict.figures.allocated;
        self.split += verdict.figures.split;
        self.waiting += verdict.figures.waiting;
        self.crashes += verdict.crashes;
        self.faults += verdict.faults;
        self.lived += lived;
        if let Some(what) = &verdict.violation {
            self.findings.push(Finding { seed, what: what.clone() });
        }
    }

    fn summary(&self, took: Duration) -> Summary {
        let share = |part: u64| ratio(part, self.orders);
        let marks: BTreeMap<_, _> = marks_passed().into_iter().collect();
        let is_missed = |name: &&&str| !marks.contains_key(**name);
        Summary {
            seeds: self.seeds,
            orders: self.orders,
            allocated_share: share(self.allocated),
            split_share: share(self.split),
            waiting_share: share(self.waiting),
            crashes: self.crashes,
            faults: self.faults,
            violations: self.findings.len() as u64,
            marks_missed: EXPECTED.iter().filter(is_missed).copied().collect(),
            marks,
            orders_per_second: count(self.orders) / self.lived.as_secs_f64().max(1e-9),
            seconds: took.as_secs_f64(),
            findings: self.findings.clone(),
        }
    }
}

fn ratio(part: u64, whole: u64) -> f64 {
    count(part) / count(whole.max(1))
}

/// Exact up to 2^53, far more than a campaign counts.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn count(value: u64) -> f64 {
    value as f64
}
