//! Chance, as the workload uses it.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// Draws from one stream.
#[derive(Clone, Debug)]
pub(super) struct Dice(pub(super) ChaCha8Rng);

impl Dice {
    /// A number from 0 to `end` − 1; 0 where there is none.
    pub(super) fn below(&mut self, end: u32) -> u32 {
        if end < 2 { 0 } else { self.0.random_range(0..end) }
    }

    /// A number from `first` to `last`.
    pub(super) fn between(&mut self, first: u32, last: u32) -> u32 {
        first + self.below(last.saturating_sub(first).saturating_add(1))
    }

    pub(super) fn one_in(&mut self, count: u32) -> bool {
        self.below(count) == 0
    }

    pub(super) fn per_mille(&mut self, share: u32) -> bool {
        self.below(1_000) < share
    }

    pub(super) fn index(&mut self, length: usize) -> usize {
        let end = u32::try_from(length).unwrap_or(u32::MAX);
        usize::try_from(self.below(end)).expect("invariant: below a length")
    }

    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.index(from.len())]
    }

    pub(super) fn short(&mut self, end: u32) -> u16 {
        u16::try_from(self.below(end)).unwrap_or(u16::MAX)
    }

    pub(super) fn wide(&mut self) -> u128 {
        self.0.random()
    }

    /// A position among `weights`, each as likely as it is heavy.
    pub(super) fn weighed(&mut self, weights: &[u32]) -> usize {
        let mut left = self.below(weights.iter().sum());
        for (at, weight) in weights.iter().enumerate() {
            if left < *weight {
                return at;
            }
            left -= weight;
        }
        0
    }
}
