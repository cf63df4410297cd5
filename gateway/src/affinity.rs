//! Where threads run, and how eagerly: hints to the scheduler, never a reason to fail.

use rustix::process::setpriority_process;
use rustix::thread::{CpuSet, sched_setaffinity};

/// Niceness of threads that prepare what is needed later; 0 is normal, 19 the lowest.
const NICENESS_BACKGROUND: i32 = 10;

/// The core for the engine when none is named: the last of several, `None` on a single core.
pub(crate) fn engine_core_default() -> Option<usize> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    (cores > 1).then(|| cores - 1)
}

/// Keeps the calling thread on `core`.
pub(crate) fn pin_here(core: usize) {
    if core >= CpuSet::MAX_CPU {
        tracing::warn!(core, "no such core: the engine thread is not pinned");
        return;
    }
    let mut set = CpuSet::new();
    set.set(core);
    if let Err(error) = sched_setaffinity(None, &set) {
        tracing::warn!(core, %error, "the engine thread is not pinned");
    }
}

/// Lets other threads go first.
pub(crate) fn lower_priority_here() {
    // On Linux a niceness belongs to the thread, and no id means the calling one.
    if let Err(error) = setpriority_process(None, NICENESS_BACKGROUND) {
        tracing::debug!(%error, "the preparer keeps its priority");
    }
}
