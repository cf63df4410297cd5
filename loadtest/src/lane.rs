//! The books of one connection: what is due, what is in flight, what to send again.
//!
//! A step machine without socket, clock or thread: the driver feeds it times and frames. An order's
//! intended time is fixed when it falls due and is kept through a full window and every `busy`, so
//! that waiting is always charged to the order that waited.

use std::collections::VecDeque;

use gantry_client::ClientError;
use gantry_model::{Items, Malformed, Reply};
use gantry_protocol::{BodyError, Busy, ErrorBody, Frame, FrameKind, REPLY_PAYLOAD_BYTES_MAX};

use crate::plan::Pace;
use crate::record::{MeasuredWindow, Record};
use crate::schedule::Schedule;
use crate::workload::OrderSource;

/// A send later than this after the intended time is the generator's fault, unless the window was
/// full until then.
const LATE_NS: u64 = 1_000_000;
/// A server that hints "at once" is not asked again within this.
const RETRY_AFTER_NS_MIN: u64 = 100_000;
/// Low bits of a request id: the slot. The rest counts how often the slot was used.
const SLOT_BITS: u32 = 16;

/// Why a connection's books can no longer be kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LaneError {
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error("the server stops")]
    Goodbye,
    #[error("the server refused a frame: {code} {text}")]
    Refused { code: &'static str, text: String },
    #[error("the server answered request {request}, which is not in flight")]
    UnknownRequest { request: u64 },
    #[error("the server answered {found} of the {expected} orders of a frame")]
    ReplyCount { expected: usize, found: usize },
    #[error("a reply cannot be read: {0}")]
    Reply(#[from] Malformed),
    #[error("a frame's body cannot be read: {0}")]
    Body(#[from] BodyError),
}

/// What decides when this connection's next order is due.
pub(crate) enum Feed {
    /// A schedule fixed ahead.
    Open(Schedule),
    /// A free place in the window.
    Closed,
}

impl Feed {
    /// The feed of connection `index` of `connections`.
    pub(crate) fn new(pace: Pace, index: u32, connections: u32, seed: u64) -> Self {
        match pace {
            Pace::Open { rate, arrivals } => {
                Self::Open(Schedule::new(rate, arrivals, index, connections, seed))
            }
            Pace::Closed => Self::Closed,
        }
    }
}

/// Bounds of one connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LaneLimits {
    /// Orders in a frame, at most.
    pub(crate) orders_per_frame: usize,
    /// Frames in flight, at most.
    pub(crate) window_frames: usize,
    /// Orders in all; `u64::MAX` = until the window ends.
    pub(crate) orders_max: u64,
}

/// A frame to send now. Its payload is lent by the lane and goes back with [`Lane::sent`].
pub(crate) struct Outgoing {
    /// The request id.
    pub(crate) request: u64,
    /// Orders in it.
    pub(crate) order_count: u32,
    /// Their items.
    pub(crate) payload: Vec<u8>,
    slot: usize,
}

/// One place in the window. Its buffers are used again by the next frame in it.
#[derive(Default)]
struct Slot {
    uses: u64,
    in_flight: bool,
    payload: Vec<u8>,
    // The intended time of each order in the payload.
    due_ns: Vec<u64>,
}

/// A frame that the server had no room for.
struct Retry {
    slot: usize,
    not_before_ns: u64,
}

/// The books of one connection.
pub(crate) struct Lane {
    feed: Feed,
    orders: OrderSource,
    limits: LaneLimits,
    window: MeasuredWindow,
    slots: Vec<Slot>,
    // At most `window_frames` entries each.
    free: Vec<usize>,
    retries: VecDeque<Retry>,
    orders_taken: u64,
    // Until this moment the window was full, so waiting until then is the server's doing.
    window_full_until_ns: u64,
    record: Record,
}

impl Lane {
    /// Books with nothing in them.
    pub(crate) fn new(
        feed: Feed,
        orders: OrderSource,
        limits: LaneLimits,
        window: MeasuredWindow,
    ) -> Self {
        assert!(limits.window_frames > 0 && limits.window_frames < 1 << SLOT_BITS);
        assert!(limits.orders_per_frame > 0, "a frame holds an order");
        Self {
            feed,
            orders,
            limits,
            window,
            slots: (0..limits.window_frames).map(|_| Slot::default()).collect(),
            free: (0..limits.window_frames).rev().collect(),
            retries: VecDeque::with_capacity(limits.window_frames),
            orders_taken: 0,
            window_full_until_ns: 0,
            record: Record::new(),
        }
    }

    /// What was counted so far.
    pub(crate) const fn record(&self) -> &Record {
        &self.record
    }

    /// Frames that wait for an answer or to be sent again.
    pub(crate) fn in_flight(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Whether nothing can be sent before something is answered.
    pub(crate) fn is_full(&self) -> bool {
        self.free.is_empty()
    }

    /// Whether every order was sent and answered.
    pub(crate) fn is_finished(&self) -> bool {
        self.orders_taken == self.limits.orders_max && self.in_flight() == 0
    }

    /// Whether there is a frame to send.
    pub(crate) fn has_work(&self, now_ns: u64) -> bool {
        let retry = self.retries.front().is_some_and(|retry| retry.not_before_ns <= now_ns);
        retry || (!self.free.is_empty() && self.next_due_ns(now_ns).is_some())
    }

    /// The intended time of the next order, if it is due now.
    fn next_due_ns(&self, now_ns: u64) -> Option<u64> {
        if self.orders_taken == self.limits.orders_max {
            return None;
        }
        let due_ns = match &self.feed {
            Feed::Open(schedule) => schedule.due_ns(),
            Feed::Closed => now_ns,
        };
        (due_ns <= now_ns && due_ns < self.window.end_ns).then_some(due_ns)
    }

    /// Takes the next frame to send: first what the server had no room for, then what is due.
    /// Give it back with [`Self::sent`] before the next answer is told.
    pub(crate) fn next_frame(&mut self, now_ns: u64) -> Option<Outgoing> {
        let retry = self.retries.pop_front_if(|retry| retry.not_before_ns <= now_ns);
        let index = match retry {
            Some(retry) => retry.slot,
            None => self.fill_slot(now_ns)?,
        };
        let slot = &mut self.slots[index];
        slot.in_flight = true;
        Some(Outgoing {
            request: request_id(index, slot.uses),
            order_count: u32::try_from(slot.due_ns.len()).expect("invariant: at most 1,024"),
            payload: std::mem::take(&mut slot.payload),
            slot: index,
        })
    }

    /// Takes a frame's payload back, to send it again if need be.
    pub(crate) fn sent(&mut self, outgoing: Outgoing) {
        self.slots[outgoing.slot].payload = outgoing.payload;
    }

    fn fill_slot(&mut self, now_ns: u64) -> Option<usize> {
        self.next_due_ns(now_ns)?;
        let index = self.free.pop()?;
        let mut slot = std::mem::take(&mut self.slots[index]);
        slot.uses += 1;
        slot.payload.clear();
        slot.due_ns.clear();
        while slot.due_ns.len() < self.limits.orders_per_frame
            && let Some(due_ns) = self.take_due(now_ns)
        {
            self.orders.write_order(&mut slot.payload);
            slot.due_ns.push(due_ns);
            self.count_sent(due_ns, now_ns);
        }
        assert!(!slot.due_ns.is_empty(), "an order was due");
        self.slots[index] = slot;
        Some(index)
    }

    fn take_due(&mut self, now_ns: u64) -> Option<u64> {
        let due_ns = self.next_due_ns(now_ns)?;
        self.orders_taken += 1;
        if let Feed::Open(schedule) = &mut self.feed {
            schedule.advance();
        }
        self.record.orders_due += u64::from(self.window.holds(due_ns));
        Some(due_ns)
    }

    fn count_sent(&mut self, due_ns: u64, now_ns: u64) {
        if self.window.holds(due_ns) {
            let could_go_ns = due_ns.max(self.window_full_until_ns);
            self.record.orders_sent += 1;
            self.record.orders_sent_late += u64::from(now_ns > could_go_ns + LATE_NS);
        }
    }

    /// Books a frame that came from the server, read at `now_ns`.
    pub(crate) fn receive(&mut self, frame: &Frame<'_>, now_ns: u64) -> Result<(), LaneError> {
        match frame.kind {
            FrameKind::Replies => self.receive_replies(frame, now_ns),
            FrameKind::Busy => self.receive_busy(frame, now_ns),
            FrameKind::Error => {
                let error = ErrorBody::parse(frame.payload)?;
                Err(LaneError::Refused { code: error.code.name(), text: error.text.to_owned() })
            }
            FrameKind::Goodbye => Err(LaneError::Goodbye),
            found => {
                let expected = FrameKind::Replies;
                Err(ClientError::UnexpectedFrame { expected, found }.into())
            }
        }
    }

    fn receive_replies(&mut self, frame: &Frame<'_>, now_ns: u64) -> Result<(), LaneError> {
        let index = self.slot_of(frame.request)?;
        let slot = &mut self.slots[index];
        let in_window = self.window.holds(now_ns);
        let mut found = 0;
        let items = Items::new(frame.payload, REPLY_PAYLOAD_BYTES_MAX);
        for (item, due_ns) in items.zip(&slot.due_ns) {
            let reply = Reply::parse(&item?)?;
            found += 1;
            if in_window {
                self.record.count_reply(&reply);
            }
            if self.window.holds(*due_ns) {
                self.record.note_latency(now_ns.saturating_sub(*due_ns));
            }
        }
        let expected = slot.due_ns.len();
        if found != expected {
            return Err(LaneError::ReplyCount { expected, found });
        }
        slot.in_flight = false;
        if self.free.is_empty() {
            self.window_full_until_ns = now_ns;
        }
        self.free.push(index);
        Ok(())
    }

    fn receive_busy(&mut self, frame: &Frame<'_>, now_ns: u64) -> Result<(), LaneError> {
        let index = self.slot_of(frame.request)?;
        let busy = Busy::parse(frame.payload)?;
        let after_ns = u64::from(busy.retry_after_us) * 1_000;
        let slot = &mut self.slots[index];
        // Not in flight until it is sent again, so an answer to it now would be noticed.
        slot.in_flight = false;
        if self.window.holds(now_ns) {
            self.record.busy += slot.due_ns.len() as u64;
        }
        let not_before_ns = now_ns + after_ns.max(RETRY_AFTER_NS_MIN);
        self.retries.push_back(Retry { slot: index, not_before_ns });
        Ok(())
    }

    fn slot_of(&self, request: u64) -> Result<usize, LaneError> {
        let index = usize::try_from(request & ((1 << SLOT_BITS) - 1)).ok();
        let found = index.filter(|index| {
            self.slots
                .get(*index)
                .is_some_and(|slot| slot.in_flight && request_id(*index, slot.uses) == request)
        });
        found.ok_or(LaneError::UnknownRequest { request })
    }

    /// Closes the books at `now_ns`: what was due in the window and has no answer is charged with
    /// its age, whether it was sent or not.
    pub(crate) fn close(mut self, now_ns: u64) -> Record {
        let unanswered: Vec<u64> = (0..self.slots.len())
            .filter(|index| !self.free.contains(index))
            .flat_map(|index| self.slots[index].due_ns.clone())
            .collect();
        unanswered.into_iter().for_each(|due_ns| self.charge(due_ns, now_ns));
        if matches!(self.feed, Feed::Open(_)) {
            while let Some(due_ns) = self.take_due(now_ns) {
                self.charge(due_ns, now_ns);
            }
        }
        self.record
    }

    fn charge(&mut self, due_ns: u64, now_ns: u64) {
        if self.window.holds(due_ns) {
            self.record.orders_unanswered += 1;
            self.record.note_latency(now_ns.saturating_sub(due_ns));
        }
    }
}

fn request_id(slot: usize, uses: u64) -> u64 {
    (uses << SLOT_BITS) | slot as u64
}

#[cfg(test)]
mod tests;
