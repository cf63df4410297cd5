//! Memory made ready elsewhere: the first touch of a page costs the thread that does it
//! microseconds, on a virtual machine tens of them, and the engine's thread has better to do.
//!
//! A table takes a spare piece where one stands ready and makes one itself where none does, so
//! nothing depends on the supply but time. A table that never grew is not supplied.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

/// The table's end: pieces that stand ready.
pub(crate) struct Spares<P>(Option<Ready<P>>);

struct Ready<P> {
    pieces: Receiver<P>,
    /// Set at the first piece that is taken. Relaxed: it guards nothing, and late is soon enough.
    wanted: Arc<AtomicBool>,
}

/// The other end: makes pieces until enough stand ready.
pub(crate) struct Maker<P> {
    sender: SyncSender<P>,
    wanted: Arc<AtomicBool>,
    make: Box<dyn Fn() -> P + Send>,
    /// A piece for which there was no place yet.
    ready: Option<P>,
}

impl<P> Spares<P> {
    pub(crate) const fn none() -> Self {
        Self(None)
    }

    pub(crate) fn take_or(&self, make: impl FnOnce() -> P) -> P {
        let spare = self.0.as_ref().and_then(|ready| {
            ready.wanted.store(true, Ordering::Relaxed);
            ready.pieces.try_recv().ok()
        });
        spare.unwrap_or_else(make)
    }
}

impl<P> Maker<P> {
    /// A maker and the spares it fills, at most `spares_max`.
    pub(crate) fn new(
        spares_max: usize,
        make: impl Fn() -> P + Send + 'static,
    ) -> (Self, Spares<P>) {
        let (sender, pieces) = sync_channel(spares_max);
        let wanted = Arc::new(AtomicBool::new(false));
        let ready = Ready { pieces, wanted: Arc::clone(&wanted) };
        (Self { sender, wanted, make: Box::new(make), ready: None }, Spares(Some(ready)))
    }

    /// Fills what was taken; says whether anything was.
    fn fill(&mut self) -> bool {
        let mut filled = false;
        while self.wanted.load(Ordering::Relaxed) {
            let piece = self.ready.take().unwrap_or_else(|| (self.make)());
            match self.sender.try_send(piece) {
                Ok(()) => filled = true,
                Err(TrySendError::Full(piece)) => {
                    self.ready = Some(piece);
                    return filled;
                }
                Err(TrySendError::Disconnected(_)) => return false,
            }
        }
        filled
    }
}

/// Any maker, whatever it makes.
pub(crate) trait Fill: Send {
    /// Fills what was taken; says whether anything was.
    fn fill(&mut self) -> bool;
}

impl<P: Send> Fill for Maker<P> {
    fn fill(&mut self) -> bool {
        Self::fill(self)
    }
}

/// Makes memory ready for a state that grows; a step function that a thread of low priority runs.
pub struct MemoryPreparer {
    makers: Vec<Box<dyn Fill>>,
}

impl MemoryPreparer {
    pub(crate) fn new(makers: Vec<Box<dyn Fill>>) -> Self {
        Self { makers }
    }

    /// Replaces the pieces that were taken since the last step; says whether there were any.
    pub fn step(&mut self) -> bool {
        let mut worked = false;
        for maker in &mut self.makers {
            worked |= maker.fill();
        }
        worked
    }
}

impl fmt::Debug for MemoryPreparer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryPreparer").field("makers", &self.makers.len()).finish()
    }
}

impl<P> fmt::Debug for Spares<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Spares").field(&self.0.is_some()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_taken_are_replaced_and_a_table_without_spares_makes_its_own() {
        let (maker, spares) = Maker::new(2, || 7);
        let mut preparer = MemoryPreparer::new(vec![Box::new(maker)]);
        assert!(!preparer.step(), "nothing was ever wanted");
        assert_eq!(spares.take_or(|| 1), 1, "nothing stands ready yet");
        assert!(preparer.step());
        assert!(!preparer.step(), "two stand ready");
        assert_eq!([(); 3].map(|()| spares.take_or(|| 1)), [7, 7, 1]);
        assert!(preparer.step());
        drop(spares);
        assert!(!preparer.step(), "the table is gone");
    }
}
