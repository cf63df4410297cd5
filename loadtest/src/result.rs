//! The figures of a run, as the JSON has them: other tools read these names.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::convert::{figure, share};
use crate::driver::Driven;
use crate::plan::{Pace, Plan, Target};
use crate::sampler::growth;

/// One run. `record` says which orders each figure is about.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct RunResult {
    /// Orders due in the window, per second; in a closed loop, orders sent.
    pub(crate) offered_per_second: f64,
    /// Durable acceptances answered inside the window, per second.
    pub(crate) achieved_per_second: f64,
    /// Orders answered inside the window.
    pub(crate) orders: u64,
    /// Lines of those accepted.
    pub(crate) lines: u64,
    /// Of them, accepted.
    pub(crate) accepted: u64,
    /// Of them, not accepted, by reason.
    pub(crate) rejected: BTreeMap<&'static str, u64>,
    /// Orders sent back for want of room inside the window, each time counted.
    pub(crate) busy: u64,
    /// From the intended send time to the moment the answer was read.
    pub(crate) latency_ns: Latency,
    /// Length of the window.
    pub(crate) duration_seconds: f64,
    /// Connections.
    pub(crate) connections: u32,
    /// Orders in a frame, at most.
    pub(crate) orders_per_frame: u32,
    /// What an answer promised, as the server says.
    pub(crate) durability: Option<String>,
    /// The journal's write path, as the server says.
    pub(crate) journal_io: Option<String>,
    /// Share of orders that the generator sent over 1 ms late although it could have.
    pub(crate) generator_late_share: f64,
    /// Allocated units / ordered units, of accepted orders.
    pub(crate) units_allocated_share: f64,
    /// Accepted orders of two or more parcels / accepted orders.
    pub(crate) split_share: f64,
    /// Bytes that the server's journal wrote during the window.
    pub(crate) journal_bytes: Option<u64>,
    /// Syncs that the server's journal made during the window.
    pub(crate) syncs: Option<u64>,
    /// `open` or `closed`.
    #[serde(rename = "loop")]
    pub(crate) pace: &'static str,
    /// What was bought.
    pub(crate) profile: &'static str,
    /// The seed.
    pub(crate) seed: u64,
    /// How arrivals were spaced; nothing in a closed loop.
    pub(crate) arrivals: Option<&'static str>,
}

/// Latency in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Latency {
    pub(crate) p50: u64,
    pub(crate) p90: u64,
    pub(crate) p99: u64,
    pub(crate) p99_9: u64,
    pub(crate) p99_99: u64,
    pub(crate) max: u64,
}

impl Latency {
    fn of(histogram: &Histogram<u64>) -> Self {
        let at = |quantile| histogram.value_at_quantile(quantile);
        Self {
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p99_9: at(0.999),
            p99_99: at(0.9999),
            max: histogram.max(),
        }
    }
}

impl RunResult {
    /// The figures of what was driven by `plan`.
    pub(crate) fn of(plan: &Plan, driven: &Driven) -> Self {
        let record = &driven.record;
        let seconds = driven.measured.as_secs_f64();
        let per_second = |count: u64| if seconds > 0.0 { figure(count) / seconds } else { 0.0 };
        let (pace, arrivals) = match plan.load.pace {
            Pace::Open { arrivals, .. } => ("open", Some(arrivals.name())),
            Pace::Closed => ("closed", None),
        };
        let server = driven.samples.iter().rev().flatten().next();
        Self {
            offered_per_second: per_second(record.orders_due),
            achieved_per_second: per_second(record.accepted),
            orders: record.orders,
            lines: record.lines,
            accepted: record.accepted,
            rejected: record.rejected.clone(),
            busy: record.busy,
            latency_ns: Latency::of(&record.latency),
            duration_seconds: seconds,
            connections: plan.load.connections,
            orders_per_frame: plan.load.orders_per_frame,
            durability: server.and_then(|sample| sample.durability.clone()),
            journal_io: server.and_then(|sample| sample.journal_io.clone()).or(asked_io(plan)),
            generator_late_share: share(record.orders_sent_late, record.orders_sent),
            units_allocated_share: share(record.units_allocated, record.units_ordered),
            split_share: share(record.accepted_split, record.accepted),
            journal_bytes: growth(&driven.samples, |sample| sample.journal_bytes),
            syncs: growth(&driven.samples, |sample| sample.syncs),
            pace,
            profile: plan.shop.profile.name(),
            seed: plan.seed,
            arrivals,
        }
    }
}

/// The write path that a started server was told to use.
fn asked_io(plan: &Plan) -> Option<String> {
    match &plan.target {
        Target::Spawned(spawn) => spawn.journal_io.map(|io| io.name().to_owned()),
        Target::Running { .. } => None,
    }
}
