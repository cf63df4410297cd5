//! Group commit without an engine: what came in while one sync ran goes into the next.

use std::io;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use gantry_journal::FRAME_BYTES_MAX;
use tokio::sync::mpsc::Sender;

use crate::sync::{FloorFile, Pages};

/// Frames of one connection that wait for a sync.
struct Waiting {
    frames: usize,
    answer: Sender<usize>,
}

#[derive(Default)]
struct Pending {
    bytes: usize,
    waiting: Vec<Waiting>,
    stopped: bool,
}

/// Where connections hand in what has to become durable. Bounded by what all connections may have
/// in flight.
#[derive(Default)]
pub(crate) struct Queue {
    pending: Mutex<Pending>,
    arrived: Condvar,
}

impl Queue {
    /// Hands in `frames` that together take `bytes` on disk; `answer` hears when they are durable.
    pub(crate) fn push(&self, frames: usize, bytes: usize, answer: &Sender<usize>) {
        let mut pending = self.hold();
        pending.bytes += bytes;
        pending.waiting.push(Waiting { frames, answer: answer.clone() });
        drop(pending);
        self.arrived.notify_one();
    }

    /// Ends [`commit`] once nothing waits.
    pub(crate) fn stop(&self) {
        self.hold().stopped = true;
        self.arrived.notify_one();
    }

    fn hold(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All that waits; `None` after the stop.
    fn take(&self) -> Option<Pending> {
        let mut pending = self.hold();
        while pending.waiting.is_empty() && !pending.stopped {
            pending = self.arrived.wait(pending).unwrap_or_else(PoisonError::into_inner);
        }
        let taken = std::mem::take(&mut *pending);
        pending.stopped = taken.stopped;
        (!taken.waiting.is_empty()).then_some(taken)
    }
}

/// Syncs until the queue is stopped; returns how many syncs there were.
pub(crate) fn commit(queue: &Queue, file: &mut FloorFile) -> io::Result<u64> {
    let pages = Pages::new(FRAME_BYTES_MAX);
    let mut syncs = 0;
    while let Some(taken) = queue.take() {
        let mut left_bytes = taken.bytes;
        while left_bytes > 0 {
            let bytes = left_bytes.min(FRAME_BYTES_MAX);
            let pages = pages.first(bytes);
            file.prepare(pages.len() as u64)?;
            file.write(pages)?;
            left_bytes -= bytes;
            syncs += 1;
        }
        for waiting in taken.waiting {
            // A connection that hung up wants no answer.
            let _ = waiting.answer.blocking_send(waiting.frames);
        }
    }
    Ok(syncs)
}
