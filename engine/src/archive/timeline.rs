//! Which record was the last at some time ago: what "older than a grace period" means in records.

use std::collections::VecDeque;

use gantry_model::{EngineTime, Sequence};

/// Points that a timeline keeps within a grace period.
const POINTS: u64 = 64;

/// A record and its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The record.
    pub sequence: Sequence,
    /// When it was decided.
    pub time: EngineTime,
}

/// Remembers a few moments of the past, enough to tell one that is at least a grace period old.
#[derive(Debug)]
pub struct Timeline {
    grace_ns: u64,
    moments: VecDeque<Moment>,
    last: Option<Moment>,
}

impl Timeline {
    /// A timeline without a moment.
    #[must_use]
    pub const fn new(grace_ns: u64) -> Self {
        Self { grace_ns, moments: VecDeque::new(), last: None }
    }

    /// Notes the last record. Moments come in order.
    pub fn note(&mut self, moment: Moment) {
        let spacing = self.grace_ns / POINTS;
        let is_due =
            self.moments.back().is_none_or(|kept| moment.time.get() - kept.time.get() >= spacing);
        if is_due {
            self.moments.push_back(moment);
        }
        self.last = Some(moment);
    }

    /// The newest moment that is known to be at least the grace period older than the last one.
    pub fn past(&mut self) -> Option<Moment> {
        let last = self.last?;
        let limit = last.time.get().checked_sub(self.grace_ns)?;
        while self.moments.get(1).is_some_and(|second| second.time.get() <= limit) {
            self.moments.pop_front();
        }
        if self.grace_ns == 0 {
            return Some(last);
        }
        self.moments.front().copied().filter(|first| first.time.get() <= limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(time: u64) -> Moment {
        Moment { sequence: Sequence::new(time * 10), time: EngineTime::new(time) }
    }

    #[test]
    fn the_past_is_at_least_the_grace_period_old_and_not_much_older() {
        let mut timeline = Timeline::new(6_400);
        assert_eq!(timeline.past(), None);
        for time in 1..20_000 {
            timeline.note(moment(time));
            match timeline.past() {
                None => assert!(time <= 6_400, "{time}"),
                Some(past) => {
                    let age = time - past.time.get();
                    assert!((6_400..6_500 + 1).contains(&age), "{age} at {time}");
                    assert_eq!(past, moment(past.time.get()));
                }
            }
            assert!(timeline.moments.len() < 70);
        }
    }

    #[test]
    fn without_a_grace_period_the_past_is_now() {
        let mut timeline = Timeline::new(0);
        timeline.note(moment(5));
        assert_eq!(timeline.past(), Some(moment(5)));
        timeline.note(moment(5));
        timeline.note(moment(9));
        assert_eq!(timeline.past(), Some(moment(9)));
        assert_eq!(timeline.moments.len(), 1, "what is past is forgotten");
    }
}
