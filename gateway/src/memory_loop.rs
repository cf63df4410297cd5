//! The memory thread: touches the memory of orders to come, so that the engine's thread does not.
//!
//! While an engine replays, half of its time would go into first touches (measured: 46 % of the
//! samples are the kernel's zeroing of pages), so the thread works as fast as it can. Beside an
//! engine that serves it has low priority and rests.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use gantry_engine::MemoryPreparer;

use crate::affinity::lower_priority_here;
use crate::guard::spawn_or_abort;

/// Pause after a step that found nothing to do; short against the time that the spares last.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// The same while an engine replays, which takes spares ten times as fast.
const LOOK_EVERY_REPLAYING: Duration = Duration::from_micros(200);
/// Beside an engine that serves it rests as long as a step took, at least this: others share the
/// cores.
const REST_MIN: Duration = Duration::from_micros(100);

const REPLAYING: u8 = 0;
const SERVING: u8 = 1;
const STOPPING: u8 = 2;

/// A running memory thread; it ends when this is dropped.
#[derive(Debug)]
pub struct MemoryThread {
    /// Relaxed: it guards nothing, and late is soon enough.
    phase: Arc<AtomicU8>,
    thread: Option<JoinHandle<()>>,
}

impl MemoryThread {
    /// Starts it for an engine that is going to replay.
    ///
    /// # Errors
    /// The system has no thread to give.
    pub fn start(preparer: MemoryPreparer) -> io::Result<Self> {
        let phase = Arc::new(AtomicU8::new(REPLAYING));
        let body = {
            let phase = Arc::clone(&phase);
            move || run(preparer, &phase)
        };
        let thread = Some(spawn_or_abort("gantry-memory", body)?);
        Ok(Self { phase, thread })
    }

    /// The replay is over: from now on others need the cores more.
    pub fn serve(&self) {
        self.phase.store(SERVING, Ordering::Relaxed);
    }
}

impl Drop for MemoryThread {
    fn drop(&mut self) {
        self.phase.store(STOPPING, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("invariant: a panic of this thread ends the process");
        }
    }
}

fn run(mut preparer: MemoryPreparer, phase: &AtomicU8) {
    while phase.load(Ordering::Relaxed) == REPLAYING {
        if !preparer.step() {
            thread::sleep(LOOK_EVERY_REPLAYING);
        }
    }
    lower_priority_here();
    while phase.load(Ordering::Relaxed) == SERVING {
        let started = Instant::now();
        let rest = if preparer.step() { started.elapsed().max(REST_MIN) } else { LOOK_EVERY };
        thread::sleep(rest);
    }
}
