//! How a [`crate::Client`] behaves: who it is, how much it keeps, how long it tries.

use std::time::Duration;

use gantry_model::Actor;
use gantry_protocol::ITEMS_PER_FRAME_MAX;

use crate::CONNECT_TIMEOUT;

/// The longest time that an option may name, so that adding it to the clock cannot overflow.
const DURATION_MAX: Duration = Duration::from_secs(365 * 24 * 3600);

/// Options of a client. Begin with [`Self::new`], change what you must. Times over a year count as
/// a year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientOptions {
    /// Who asks; 16 and up, or 2 for the command line. No default.
    pub actor: Actor,
    /// Items that go into one frame at most. Default 256, minimum 1, maximum 1,024; the server's
    /// own bound holds too. More = fewer writes under load, never a longer wait for a lone item.
    pub frame_items_max: usize,
    /// Microseconds that the first item of a frame waits for others. Default 0: batches form by
    /// themselves while a write is under way or every request in flight waits for its answer.
    pub linger_us: u64,
    /// Frames that wait for an answer at once. Default 16, minimum 1; the server's own bound holds
    /// too. With 1, commands are decided in the order in which they were queued, whatever happens.
    pub in_flight_max: usize,
    /// Items that wait to be sent, beyond which [`crate::Client::command`] waits for room. Default
    /// 4,096, minimum 1.
    pub queue_items_max: usize,
    /// Time that one connection and its welcome may take. Default 5 s.
    pub connect_timeout: Duration,
    /// Time without an answer to a request after which its connection counts as lost. Default 10 s.
    pub answer_timeout: Duration,
    /// Times that one request is sent, and connections tried in a row, before giving up. Default
    /// 32, minimum 1.
    pub attempts_max: u32,
    /// Wait before the first new connection; each further one waits twice as long, less a random
    /// part of up to half. Default 10 ms.
    pub backoff_min: Duration,
    /// Longest wait between two connections, or before sending again after a busy. Default 2 s.
    pub backoff_max: Duration,
    /// Age at which a request that has no answer is not sent again. Default 60 s. A request may be
    /// given up later than this by at most [`Self::answer_timeout`] and one
    /// [`Self::connect_timeout`].
    pub give_up_after: Duration,
}

impl ClientOptions {
    /// The defaults, for `actor`.
    #[must_use]
    pub const fn new(actor: Actor) -> Self {
        Self {
            actor,
            frame_items_max: 256,
            linger_us: 0,
            in_flight_max: 16,
            queue_items_max: 4096,
            connect_timeout: CONNECT_TIMEOUT,
            answer_timeout: Duration::from_secs(10),
            attempts_max: 32,
            backoff_min: Duration::from_millis(10),
            backoff_max: Duration::from_secs(2),
            give_up_after: Duration::from_secs(60),
        }
    }

    /// Brings every bound within its own bounds.
    pub(crate) fn bounded(mut self) -> Self {
        self.frame_items_max = self.frame_items_max.clamp(1, ITEMS_PER_FRAME_MAX);
        self.in_flight_max = self.in_flight_max.max(1);
        self.queue_items_max = self.queue_items_max.max(1);
        self.attempts_max = self.attempts_max.max(1);
        let linger = Duration::from_micros(self.linger_us).min(DURATION_MAX);
        self.linger_us = u64::try_from(linger.as_micros()).expect("invariant: at most a year");
        self.connect_timeout = self.connect_timeout.min(DURATION_MAX);
        self.answer_timeout = self.answer_timeout.min(DURATION_MAX);
        self.give_up_after = self.give_up_after.min(DURATION_MAX);
        self.backoff_min = self.backoff_min.min(DURATION_MAX);
        self.backoff_max = self.backoff_max.clamp(self.backoff_min, DURATION_MAX);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_brought_within_their_bounds() {
        let wild = ClientOptions {
            frame_items_max: 5_000,
            linger_us: u64::MAX,
            in_flight_max: 0,
            queue_items_max: 0,
            answer_timeout: Duration::MAX,
            attempts_max: 0,
            backoff_min: Duration::from_secs(3),
            backoff_max: Duration::from_secs(2),
            give_up_after: Duration::MAX,
            ..ClientOptions::new(Actor::CLIENT_MIN)
        };
        let bounded = wild.bounded();
        assert_eq!((bounded.frame_items_max, bounded.in_flight_max), (1_024, 1));
        assert_eq!((bounded.queue_items_max, bounded.attempts_max), (1, 1));
        assert_eq!(bounded.backoff_max, bounded.backoff_min);
        assert_eq!((bounded.answer_timeout, bounded.give_up_after), (DURATION_MAX, DURATION_MAX));
        assert_eq!(Duration::from_micros(bounded.linger_us), DURATION_MAX);
        let defaults = ClientOptions::new(Actor::CLIENT_MIN);
        assert_eq!(defaults.clone().bounded(), defaults);
    }
}
