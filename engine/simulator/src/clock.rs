//! The simulated machine's clocks: the monotonic one is the runtime's, which stands until everybody
//! waits; the wall clock runs beside it and is set now and then.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gantry_gateway::Host;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use tokio::time::Instant;

/// The wall clock when a universe begins: two seconds before 2026. A day begins soon.
pub(crate) const WALL_BEGIN: Duration = Duration::from_secs(1_767_225_598);

/// A host; clones share it. To be used within the runtime whose clock it reads.
#[derive(Clone, Debug)]
pub struct SimHost {
    began: Instant,
    state: Arc<Mutex<HostState>>,
}

#[derive(Debug)]
struct HostState {
    random: ChaCha8Rng,
    wall_ahead_s: i64,
}

impl SimHost {
    /// Its clocks begin now.
    #[must_use]
    pub fn new(random: ChaCha8Rng) -> Self {
        let state = HostState { random, wall_ahead_s: 0 };
        Self { began: Instant::now(), state: Arc::new(Mutex::new(state)) }
    }

    /// Sets the wall clock forward, or back.
    pub fn jump(&self, seconds: i64) {
        self.state().wall_ahead_s += seconds;
    }

    fn state(&self) -> MutexGuard<'_, HostState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Host for SimHost {
    fn monotonic(&self) -> Duration {
        self.began.elapsed()
    }

    fn wall(&self) -> Duration {
        let now = WALL_BEGIN + self.monotonic();
        let ahead = self.state().wall_ahead_s;
        let jump = Duration::from_secs(ahead.unsigned_abs());
        if ahead < 0 { now.saturating_sub(jump) } else { now + jump }
    }

    fn random(&self) -> u64 {
        self.state().random.next_u64()
    }
}
