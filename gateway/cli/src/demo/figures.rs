//! Counters that the connections keep and the live table shows.

use std::time::Duration;

use hdrhistogram::Histogram;

/// Longer latencies are counted as this one.
const LATENCY_US_MAX: u64 = 600_000_000;
const SIGNIFICANT_DIGITS: u8 = 3;

/// What happened on one connection, or on all of them.
#[derive(Clone, Debug)]
pub(super) struct Figures {
    /// Orders answered as durable.
    pub(super) accepted: u64,
    pub(super) rejected: u64,
    pub(super) busy_frames: u64,
    pub(super) units_ordered: u64,
    pub(super) units_allocated: u64,
    pub(super) units_backordered: u64,
    /// Accepted orders with units from two warehouses or more.
    pub(super) split_orders: u64,
    /// Orders sent and not answered.
    pub(super) unanswered: u64,
    /// When the oldest of them was due, from the start of the day.
    pub(super) oldest_unanswered: Option<Duration>,
    /// From the moment an order was due to its answer.
    pub(super) latency_us: Histogram<u64>,
}

impl Default for Figures {
    fn default() -> Self {
        Self::new()
    }
}

impl Figures {
    /// Nothing happened yet.
    pub(super) fn new() -> Self {
        let latency_us = Histogram::new_with_max(LATENCY_US_MAX, SIGNIFICANT_DIGITS);
        Self {
            accepted: 0,
            rejected: 0,
            busy_frames: 0,
            units_ordered: 0,
            units_allocated: 0,
            units_backordered: 0,
            split_orders: 0,
            unanswered: 0,
            oldest_unanswered: None,
            latency_us: latency_us.expect("invariant: the bounds are constants that fit"),
        }
    }

    /// Counts one answer's latency.
    pub(super) fn record_latency(&mut self, latency: Duration) {
        let us = u64::try_from(latency.as_micros()).unwrap_or(LATENCY_US_MAX);
        self.latency_us.saturating_record(us);
    }

    /// Takes what happened since the last call; what is unanswered stays.
    pub(super) fn take(&mut self) -> Self {
        let unanswered = (self.unanswered, self.oldest_unanswered);
        let taken = std::mem::take(self);
        (self.unanswered, self.oldest_unanswered) = unanswered;
        taken
    }

    /// Adds another connection's, or another second's.
    pub(super) fn add(&mut self, other: &Self) {
        self.accepted += other.accepted;
        self.rejected += other.rejected;
        self.busy_frames += other.busy_frames;
        self.units_ordered += other.units_ordered;
        self.units_allocated += other.units_allocated;
        self.units_backordered += other.units_backordered;
        self.split_orders += other.split_orders;
        self.unanswered += other.unanswered;
        let oldest = [self.oldest_unanswered, other.oldest_unanswered];
        self.oldest_unanswered = oldest.into_iter().flatten().min();
        self.latency_us.add(&other.latency_us).expect("invariant: all histograms have one bound");
    }

    /// A latency in milliseconds, as text.
    pub(super) fn latency_ms(&self, quantile: f64) -> String {
        if self.latency_us.is_empty() {
            return "–".to_owned();
        }
        let us = self.latency_us.value_at_quantile(quantile);
        format!("{}.{:02}", us / 1_000, us % 1_000 / 10)
    }
}
