//! Wakes one sleeping thread; costs almost nothing while that thread is awake.
//!
//! Producers put work where the thread will look, then [`ring`](Doorbell::ring). The thread looks,
//! and only when there is nothing says that it sleeps, looks once more, and parks. On two cores a
//! spinning thread takes the core from whoever would bring it work, so the spin is brief.

use std::hint;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::thread::{self, Thread};
use std::time::Duration;

/// Looks at the work this often before it parks: about a microsecond.
const SPINS_MAX: u32 = 32;

/// The bell of one thread.
///
/// # Trade-offs
/// An unpark costs the producer 5 to 8 µs and the sleeper about 25 µs until it runs. `sleeping`
/// keeps that price off every ring but the one that finds the thread asleep.
#[derive(Debug, Default)]
pub(crate) struct Doorbell {
    sleeping: AtomicBool,
    sleeper: OnceLock<Thread>,
}

impl Doorbell {
    /// Makes the calling thread the one that this bell wakes. Once, before its first sleep.
    pub(crate) fn answer_here(&self) {
        let first = self.sleeper.set(thread::current()).is_ok();
        assert!(first, "a doorbell wakes one thread");
    }

    /// Wakes the thread if it sleeps. Call after the work was put where the thread looks.
    pub(crate) fn ring(&self) {
        // Pairs with the fence in `sleep`: of the two fences one comes first. If this one does, the
        // sleeper's second look sees the work; if the other does, this load sees `sleeping`. So
        // never do both sides miss each other.
        fence(Ordering::SeqCst);
        // The swap lets one of several producers pay for the unpark. Relaxed: the unpark itself
        // orders what follows, and the work carries its own ordering.
        if self.sleeping.load(Ordering::Relaxed)
            && self.sleeping.swap(false, Ordering::Relaxed)
            && let Some(sleeper) = self.sleeper.get()
        {
            sleeper.unpark();
        }
    }

    /// Sleeps until rung or for `duration_max`, unless `has_work`. May return early for no reason.
    pub(crate) fn sleep(&self, duration_max: Option<Duration>, has_work: impl Fn() -> bool) {
        for _ in 0..SPINS_MAX {
            if has_work() {
                return;
            }
            hint::spin_loop();
        }
        self.sleeping.store(true, Ordering::Relaxed);
        // Pairs with the fence in `ring`.
        fence(Ordering::SeqCst);
        if !has_work() {
            // A ring between the look and the park leaves a token: the park returns at once.
            match duration_max {
                Some(duration) => thread::park_timeout(duration),
                None => thread::park(),
            }
        }
        // Relaxed: only saves a needless unpark.
        self.sleeping.store(false, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicU64;

    use super::*;

    /// Every item is handed over alone, so each round tempts both sides to miss each other. A lost
    /// ring shows as a sleep that ran to its end although work had come.
    #[test]
    fn no_ring_is_lost() {
        const ROUNDS: u64 = 200_000;
        let bell = Arc::new(Doorbell::default());
        let given = Arc::new(AtomicU64::new(0));
        let taken = Arc::new(AtomicU64::new(0));
        let sleeper = {
            let (bell, given, taken) = (bell.clone(), given.clone(), taken.clone());
            thread::spawn(move || {
                bell.answer_here();
                while taken.load(Ordering::Relaxed) < ROUNDS {
                    let done = taken.load(Ordering::Relaxed);
                    if given.load(Ordering::Acquire) > done {
                        taken.store(done + 1, Ordering::Release);
                    } else {
                        // No limit: a lost ring hangs here, and the test with it.
                        bell.sleep(None, || given.load(Ordering::Acquire) > done);
                    }
                }
            })
        };
        for round in 1..=ROUNDS {
            given.store(round, Ordering::Release);
            bell.ring();
            while round % 64 == 0 && taken.load(Ordering::Acquire) < round {
                hint::spin_loop();
            }
        }
        sleeper.join().unwrap();
        assert_eq!(taken.load(Ordering::Relaxed), ROUNDS);
    }

    #[test]
    fn a_ring_before_the_sleep_is_seen_through_the_work() {
        let bell = Doorbell::default();
        bell.answer_here();
        bell.ring();
        bell.sleep(None, || true);
    }

    #[test]
    fn a_limited_sleep_ends_without_a_ring() {
        let bell = Doorbell::default();
        bell.answer_here();
        bell.sleep(Some(Duration::from_millis(1)), || false);
        assert!(!bell.sleeping.load(Ordering::Relaxed));
    }
}
