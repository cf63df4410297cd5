//! The memory thread: touches the memory of orders to come, at low priority, so that the engine's
//! thread does not.

use std::thread;
use std::time::{Duration, Instant};

use gantry_engine::MemoryPreparer;

use crate::affinity::lower_priority_here;

/// Pause after a step that found nothing to do; short against the time that the spares last.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// After a step it rests as long as the step took, at least this: others share the cores.
const REST_MIN: Duration = Duration::from_micros(100);

/// The memory thread's body.
pub(crate) fn run(mut preparer: MemoryPreparer, is_stopping: impl Fn() -> bool) {
    lower_priority_here();
    while !is_stopping() {
        let started = Instant::now();
        let rest = if preparer.step() { started.elapsed().max(REST_MIN) } else { LOOK_EVERY };
        thread::sleep(rest);
    }
}
