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

/// A piece of memory that is made slice by slice, so that a thread that makes one rests between.
pub(crate) trait Piece: Send + 'static {
    /// What slices are filled with.
    type Blank: Send;

    /// A piece with its memory reserved and not yet touched.
    fn begin() -> Self;
    /// Touches another slice, some 64 KiB; says whether it was the last.
    fn touch(&mut self, blank: &Self::Blank) -> bool;
    /// The piece as a table wants it.
    fn finish(&mut self);
}

/// The other end: makes pieces until enough stand ready.
pub(crate) struct Maker<P: Piece> {
    sender: SyncSender<P>,
    wanted: Arc<AtomicBool>,
    blank: P::Blank,
    /// A piece that is not whole yet.
    begun: Option<P>,
    /// A whole piece for which there was no place yet.
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

impl<P: Piece> Maker<P> {
    /// A maker and the spares it fills, at most `spares_max`.
    pub(crate) fn new(spares_max: usize, blank: P::Blank) -> (Self, Spares<P>) {
        let (sender, pieces) = sync_channel(spares_max);
        let wanted = Arc::new(AtomicBool::new(false));
        let ready = Ready { pieces, wanted: Arc::clone(&wanted) };
        (Self { sender, wanted, blank, begun: None, ready: None }, Spares(Some(ready)))
    }

    /// Hands a whole piece over; says whether there was a place for it.
    fn hand_over(&mut self) -> bool {
        let Some(piece) = self.ready.take() else { return true };
        match self.sender.try_send(piece) {
            Ok(()) => true,
            Err(TrySendError::Full(piece)) => {
                self.ready = Some(piece);
                false
            }
            Err(TrySendError::Disconnected(_)) => {
                self.wanted.store(false, Ordering::Relaxed);
                false
            }
        }
    }
}

/// Any maker, whatever it makes.
pub(crate) trait Fill: Send {
    /// Touches one slice if a piece was taken; says whether it did.
    fn fill(&mut self) -> bool;
}

impl<P: Piece> Fill for Maker<P>
where
    P::Blank: 'static,
{
    fn fill(&mut self) -> bool {
        if !self.wanted.load(Ordering::Relaxed) || !self.hand_over() {
            return false;
        }
        let begun = self.begun.get_or_insert_with(P::begin);
        if begun.touch(&self.blank) {
            begun.finish();
            self.ready = self.begun.take();
            self.hand_over();
        }
        true
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

    /// Touches a slice for each table that took a piece; says whether there was any.
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

    /// A piece of two slices.
    #[derive(Debug, PartialEq)]
    struct Number(u32);

    impl Piece for Number {
        type Blank = u32;

        fn begin() -> Self {
            Self(0)
        }

        fn touch(&mut self, blank: &u32) -> bool {
            self.0 += blank;
            self.0 == 2 * blank
        }

        fn finish(&mut self) {
            self.0 += 1;
        }
    }

    #[test]
    fn pieces_taken_are_replaced_slice_by_slice_and_a_table_without_spares_makes_its_own() {
        let (maker, spares) = Maker::<Number>::new(1, 3);
        let mut preparer = MemoryPreparer::new(vec![Box::new(maker)]);
        let own = || Number(1);
        assert!(!preparer.step(), "nothing was ever wanted");
        assert_eq!(spares.take_or(own), own(), "nothing stands ready yet");
        assert!(preparer.step());
        assert_eq!(spares.take_or(own), own(), "half a piece is not ready");
        assert!(preparer.step());
        assert_eq!(spares.take_or(own), Number(7));
        assert_eq!(spares.take_or(own), own());
        (0..4).for_each(|_| assert!(preparer.step(), "one to stand ready, and one in hand"));
        assert!(!preparer.step());
        drop(spares);
        assert!(!preparer.step(), "the table is gone");
    }
}
