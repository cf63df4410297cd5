//! Bytes that stay where they are: what a reader was shown, it may keep for as long as it lives.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Shelves double in length, so that so many hold more than there is memory for.
const SHELVES: usize = 40;

type Shelf = Box<[OnceLock<Box<[u8]>>]>;

/// Grows at its end and never moves what it holds.
#[derive(Debug)]
pub(super) struct Arena {
    shelves: [OnceLock<Shelf>; SHELVES],
    count: AtomicUsize,
}

impl Arena {
    pub(super) fn new() -> Self {
        Self { shelves: [const { OnceLock::new() }; SHELVES], count: AtomicUsize::new(0) }
    }

    /// Keeps the bytes; returns their number.
    pub(super) fn keep(&self, bytes: Box<[u8]>) -> usize {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let (shelf, at) = place(number);
        let shelf = self.shelves[shelf]
            .get_or_init(|| std::iter::repeat_with(OnceLock::new).take(1 << shelf).collect());
        shelf[at].set(bytes).expect("invariant: every number is given once");
        number
    }

    /// The bytes with a number.
    pub(super) fn get(&self, number: usize) -> &[u8] {
        let (shelf, at) = place(number);
        let bytes = self.shelves[shelf].get().and_then(|shelf| shelf[at].get());
        bytes.expect("invariant: the number was given")
    }
}

/// Shelf `n` holds `2^n`.
fn place(number: usize) -> (usize, usize) {
    let shelf = (number + 1).ilog2();
    (shelf as usize, number + 1 - (1 << shelf))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_stays_where_it_is() {
        let arena = Arena::new();
        let first = arena.get(arena.keep(Box::new([7])));
        let numbers = || (1..1_000_u64).zip(1_usize..);
        for (number, at) in numbers() {
            assert_eq!(arena.keep(number.to_le_bytes().into()), at);
        }
        for (number, at) in numbers() {
            assert_eq!(arena.get(at), number.to_le_bytes());
        }
        assert_eq!(first, [7]);
    }
}
