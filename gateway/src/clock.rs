//! Engine time: the wall clock at start plus the monotonic clock, slewed gently towards the wall
//! clock, and never back.
//!
//! The engine has no clock; its thread reads this one once per drain. A jump of the wall clock
//! therefore never shows as a jump of engine time, and a restart begins behind nothing that the
//! journal has already said.

use std::sync::Arc;
use std::time::Duration;

use gantry_model::EngineTime;

use crate::host::Host;

/// The wall clock is looked at this often.
const WALL_LOOK_EVERY_NS: u64 = 1_000_000_000;
/// Engine time runs at most this much faster or slower than the monotonic clock: 1 %, so one second
/// of difference is gone after 100 seconds.
const SLEW_DIVISOR: u64 = 100;

/// The wall clock is too far behind the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the wall clock is {behind_s} s behind the journal's last record (limit {limit_s} s): set the \
     clock, or accept the jump explicitly"
)]
pub struct ClockBehind {
    /// Seconds between the wall clock and the journal's last record.
    pub behind_s: u64,
    /// Seconds allowed.
    pub limit_s: u64,
}

/// Two readings taken together.
#[derive(Clone, Copy, Debug)]
struct Readings {
    monotonic_ns: u64,
    wall_ns: u64,
}

/// The clock of one engine.
#[derive(Debug)]
pub(crate) struct EngineClock {
    host: Arc<dyn Host>,
    /// The host's monotonic clock when this one started.
    started: Duration,
    engine_ns: u64,
    monotonic_ns: u64,
    /// Nanoseconds that engine time still has to gain (or lose) to meet the wall clock.
    ahead_ns: i64,
    wall_looked_ns: u64,
}

impl EngineClock {
    /// A clock that continues after `journal_last`.
    ///
    /// # Errors
    /// [`ClockBehind`] when the wall clock is more than `behind_max` behind `journal_last`, unless
    /// `accept_jump`.
    pub(crate) fn start(
        host: Arc<dyn Host>,
        journal_last: EngineTime,
        behind_max: Duration,
        accept_jump: bool,
    ) -> Result<Self, ClockBehind> {
        let wall_ns = nanoseconds(host.wall());
        let behind = Duration::from_nanos(journal_last.get().saturating_sub(wall_ns));
        if behind > behind_max && !accept_jump {
            return Err(ClockBehind { behind_s: behind.as_secs(), limit_s: behind_max.as_secs() });
        }
        let engine_ns = wall_ns.max(journal_last.get());
        Ok(Self {
            started: host.monotonic(),
            host,
            engine_ns,
            monotonic_ns: 0,
            ahead_ns: difference_ns(wall_ns, engine_ns),
            wall_looked_ns: 0,
        })
    }

    /// Engine time now; at least what the last call returned.
    pub(crate) fn now(&mut self) -> EngineTime {
        let monotonic_ns = nanoseconds(self.host.monotonic().saturating_sub(self.started));
        if monotonic_ns.saturating_sub(self.wall_looked_ns) >= WALL_LOOK_EVERY_NS {
            self.look_at_wall(Readings { monotonic_ns, wall_ns: nanoseconds(self.host.wall()) });
        }
        self.advance(monotonic_ns)
    }

    /// Time since the start, as of the last reading.
    pub(crate) const fn uptime_ns(&self) -> u64 {
        self.monotonic_ns
    }

    fn look_at_wall(&mut self, readings: Readings) {
        let engine_ns = self.advance(readings.monotonic_ns).get();
        self.ahead_ns = difference_ns(readings.wall_ns, engine_ns);
        self.wall_looked_ns = readings.monotonic_ns;
    }

    fn advance(&mut self, monotonic_ns: u64) -> EngineTime {
        let passed_ns = monotonic_ns.saturating_sub(self.monotonic_ns);
        let slew_ns = self.ahead_ns.unsigned_abs().min(passed_ns / SLEW_DIVISOR);
        let slew_signed_ns = i64::try_from(slew_ns).unwrap_or(0);
        if self.ahead_ns >= 0 {
            self.engine_ns += passed_ns + slew_ns;
            self.ahead_ns -= slew_signed_ns;
        } else {
            // The slew is a hundredth of what passed, so time still goes on.
            self.engine_ns += passed_ns - slew_ns;
            self.ahead_ns += slew_signed_ns;
        }
        self.monotonic_ns = self.monotonic_ns.max(monotonic_ns);
        EngineTime::new(self.engine_ns)
    }
}

fn difference_ns(wall_ns: u64, engine_ns: u64) -> i64 {
    let magnitude = i64::try_from(wall_ns.abs_diff(engine_ns)).unwrap_or(i64::MAX);
    if wall_ns >= engine_ns { magnitude } else { -magnitude }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).expect("invariant: 584 years have not passed")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;
    const HOUR: Duration = Duration::from_secs(3600);

    /// Its wall clock is set; its monotonic clock stands.
    #[derive(Debug)]
    struct StillHost {
        wall_s: u64,
    }

    impl Host for StillHost {
        fn monotonic(&self) -> Duration {
            Duration::ZERO
        }

        fn wall(&self) -> Duration {
            Duration::from_secs(self.wall_s)
        }

        fn random(&self) -> u64 {
            0
        }
    }

    fn start(wall_s: u64, journal_s: u64, accept: bool) -> Result<EngineClock, ClockBehind> {
        let last = EngineTime::new(journal_s * SECOND);
        EngineClock::start(Arc::new(StillHost { wall_s }), last, HOUR, accept)
    }

    fn clock(wall_s: u64, journal_s: u64) -> EngineClock {
        start(wall_s, journal_s, false).unwrap()
    }

    #[test]
    fn time_starts_at_the_later_of_wall_and_journal() {
        assert_eq!(clock(100, 50).advance(0).get(), 100 * SECOND);
        assert_eq!(clock(100, 150).advance(0).get(), 150 * SECOND);
    }

    #[test]
    fn a_wall_clock_far_behind_is_refused_unless_accepted() {
        let refused = start(1, 10_000, false).unwrap_err();
        assert_eq!(refused, ClockBehind { behind_s: 9_999, limit_s: 3_600 });
        let mut accepted = start(1, 10_000, true).unwrap();
        assert!(accepted.advance(1).get() > 10_000 * SECOND);
        assert!(start(6_400, 10_000, false).is_ok());
    }

    #[test]
    fn a_jump_of_the_wall_clock_is_followed_slowly_in_both_directions() {
        for (wall_s, expected_ns) in [(1_010, 1_101 * SECOND), (990, 1_099 * SECOND)] {
            let mut clock = clock(1_000, 0);
            clock.look_at_wall(Readings { monotonic_ns: 0, wall_ns: wall_s * SECOND });
            assert_eq!(clock.advance(100 * SECOND).get(), expected_ns);
        }
    }

    #[test]
    fn a_difference_is_made_up_and_not_more() {
        let mut clock = clock(1_000, 1_001);
        assert_eq!(clock.advance(50 * SECOND).get(), 1_050 * SECOND + SECOND / 2);
        assert_eq!(clock.advance(1_000 * SECOND).get(), 2_000 * SECOND);
    }

    #[test]
    fn time_never_goes_back_whatever_the_wall_clock_says() {
        let mut clock = clock(1_000, 0);
        let mut last = 0;
        for step in 0..10_000 {
            let wall_ns = if step % 3 == 0 { 0 } else { step * 77_777_777 };
            clock.look_at_wall(Readings { monotonic_ns: step * 1_000, wall_ns });
            let now = clock.advance(step * 1_000).get();
            assert!(now >= last, "{now} after {last}");
            last = now;
        }
    }
}
