//! The clock of a run, and the timer that wakes its senders.
//!
//! The runtime's own timers are a millisecond coarse, which would hold every order back by up to
//! that. A `timerfd` wakes the same event loop at the period asked for and costs one read.

use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use tokio::io::unix::AsyncFd;

/// Nanoseconds since the load began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LoadClock {
    start: Instant,
}

impl LoadClock {
    /// The load begins now.
    pub(crate) fn start() -> Self {
        Self { start: Instant::now() }
    }

    /// The time.
    pub(crate) fn now_ns(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).expect("invariant: a run is below 584 years")
    }
}

/// A timer that fires again and again.
pub(crate) struct Ticker {
    timer: AsyncFd<OwnedFd>,
}

impl Ticker {
    /// Fires every `period`, which is below a second.
    pub(crate) fn new(period: Duration) -> io::Result<Self> {
        assert!(period > Duration::ZERO && period < Duration::from_secs(1), "a short period");
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        let each = Timespec { tv_sec: 0, tv_nsec: period.subsec_nanos().into() };
        let setting = Itimerspec { it_interval: each, it_value: each };
        timerfd_settime(&timer, TimerfdTimerFlags::empty(), &setting)?;
        #[expect(
            deprecated,
            reason = "its successor is unsafe, for types that may close their descriptor early; \
                      an OwnedFd keeps it open"
        )]
        let timer = AsyncFd::new(timer)?;
        Ok(Self { timer })
    }

    /// Waits until it has fired at least once since the last time.
    pub(crate) async fn tick(&self) -> io::Result<()> {
        loop {
            let mut ready = self.timer.readable().await?;
            let mut fired = [0; size_of::<u64>()];
            let read = ready.try_io(|timer| Ok(rustix::io::read(timer.get_ref(), &mut fired)?));
            if let Ok(result) = read {
                return result.map(|_| ());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "current_thread")]
    async fn ticks_come_no_faster_than_the_period() {
        let clock = LoadClock::start();
        let ticker = Ticker::new(Duration::from_micros(500)).unwrap();
        for _ in 0..20 {
            ticker.tick().await.unwrap();
        }
        assert!(clock.now_ns() >= 20 * 500_000, "20 ticks within {} ns", clock.now_ns());
    }
}
