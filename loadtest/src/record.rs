//! What one connection counted; merged into one at the end.
//!
//! Two populations, each the honest one for its question:
//! - **Counts** (orders, accepted, rejected, busy, shares) are of answers read inside the measured
//!   window, whenever their orders were due. `accepted / seconds` is the achieved rate.
//! - **Latencies** are of orders *due* inside the window, whenever they were answered. One that was
//!   never answered, or never sent because the window was full, counts with its age when the run
//!   ended: leaving it out would leave out the worst.

use std::collections::BTreeMap;

use gantry_model::{OrderBody, RejectReason, Reply, ReplyBody, ReplyStatus};
use hdrhistogram::Histogram;

/// Latencies are kept in nanoseconds with three digits, from a resolution of 1 µs ...
const LATENCY_NS_MIN: u64 = 1_000;
/// ... to one hour, which holds any order of a run that is not itself longer.
const LATENCY_NS_MAX: u64 = 3_600_000_000_000;
const LATENCY_DIGITS: u8 = 3;

/// The measured window, in nanoseconds since the load began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MeasuredWindow {
    /// Where it begins.
    pub(crate) start_ns: u64,
    /// Where it ends, and sending with it; `u64::MAX` = when every buyer is answered.
    pub(crate) end_ns: u64,
}

impl MeasuredWindow {
    /// Whether a moment lies inside.
    pub(crate) const fn holds(&self, time_ns: u64) -> bool {
        time_ns >= self.start_ns && time_ns < self.end_ns
    }
}

/// What was counted.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    /// Latencies of orders due in the window.
    pub(crate) latency: Histogram<u64>,
    /// Orders due in the window, sent or not.
    pub(crate) orders_due: u64,
    /// Of these, sent.
    pub(crate) orders_sent: u64,
    /// Of these, sent late although the window had room.
    pub(crate) orders_sent_late: u64,
    /// Orders due in the window that were never answered.
    pub(crate) orders_unanswered: u64,
    /// Orders answered in the window.
    pub(crate) orders: u64,
    /// Lines of the orders accepted in the window.
    pub(crate) lines: u64,
    /// Of the orders answered in the window, accepted.
    pub(crate) accepted: u64,
    /// Of these, shipped from two or more warehouses.
    pub(crate) accepted_split: u64,
    /// Units of the accepted orders.
    pub(crate) units_ordered: u64,
    /// Of these, allocated at once.
    pub(crate) units_allocated: u64,
    /// Of the orders answered in the window, not accepted, by reason.
    pub(crate) rejected: BTreeMap<&'static str, u64>,
    /// Orders sent back as `busy` in the window, each time counted.
    pub(crate) busy: u64,
}

impl Record {
    /// Nothing counted yet.
    pub(crate) fn new() -> Self {
        let latency = Histogram::new_with_bounds(LATENCY_NS_MIN, LATENCY_NS_MAX, LATENCY_DIGITS)
            .expect("invariant: the bounds are a valid range");
        Self {
            latency,
            orders_due: 0,
            orders_sent: 0,
            orders_sent_late: 0,
            orders_unanswered: 0,
            orders: 0,
            lines: 0,
            accepted: 0,
            accepted_split: 0,
            units_ordered: 0,
            units_allocated: 0,
            rejected: BTreeMap::new(),
            busy: 0,
        }
    }

    /// Notes how long an order took.
    pub(crate) fn note_latency(&mut self, latency_ns: u64) {
        self.latency.saturating_record(latency_ns);
    }

    /// Counts an answer that was read inside the window.
    pub(crate) fn count_reply(&mut self, reply: &Reply<'_>) {
        self.orders += 1;
        match (reply.status, &reply.body) {
            (ReplyStatus::Accepted, ReplyBody::Order(order)) => self.count_accepted(order),
            (status, _) => {
                let reason = reply.reject_reason().map_or(status.name(), RejectReason::name);
                *self.rejected.entry(reason).or_default() += 1;
            }
        }
    }

    fn count_accepted(&mut self, order: &OrderBody<'_>) {
        self.accepted += 1;
        self.accepted_split += u64::from(order.head.parcels() >= 2);
        self.lines += order.lines.len() as u64;
        for line in order.lines {
            self.units_ordered += u64::from(line.ordered.get());
            self.units_allocated += u64::from(line.allocated.get());
        }
    }

    /// Adds what another connection counted.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.latency.add(&other.latency).expect("invariant: all histograms have the same bounds");
        self.orders_due += other.orders_due;
        self.orders_sent += other.orders_sent;
        self.orders_sent_late += other.orders_sent_late;
        self.orders_unanswered += other.orders_unanswered;
        self.orders += other.orders;
        self.lines += other.lines;
        self.accepted += other.accepted;
        self.accepted_split += other.accepted_split;
        self.units_ordered += other.units_ordered;
        self.units_allocated += other.units_allocated;
        self.busy += other.busy;
        for (reason, count) in &other.rejected {
            *self.rejected.entry(reason).or_default() += count;
        }
    }
}
