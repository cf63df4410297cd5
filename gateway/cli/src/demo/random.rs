//! Seeded numbers: the same seed makes the same network and the same orders.

/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014):
/// small, fast, and good enough to choose articles by.
#[derive(Clone, Debug)]
pub(super) struct Random {
    state: u64,
}

impl Random {
    /// The numbers of `seed` for the purpose `stream`.
    pub(super) fn new(seed: u64, stream: u64) -> Self {
        let mut random = Self { state: seed };
        random.state = random.next_number() ^ stream.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        random
    }

    /// The next number.
    pub(super) fn next_number(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is small enough that the remainder's bias does not matter.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        assert!(bound > 0, "nothing is below 0");
        self.next_number() % bound
    }

    /// An index below `bound`.
    pub(super) fn index(&mut self, bound: usize) -> usize {
        let below = self.below(bound as u64);
        usize::try_from(below).expect("invariant: below a usize")
    }
}

/// Choices of unequal weight.
#[derive(Clone, Debug)]
pub(super) struct Weighted {
    /// Sum of the weights up to and with each choice.
    sums: Vec<u64>,
}

impl Weighted {
    /// Choices with these weights, at least one of them over 0.
    pub(super) fn new(weights: impl IntoIterator<Item = u64>) -> Self {
        let running = |sum: &mut u64, weight| {
            *sum += weight;
            Some(*sum)
        };
        let sums: Vec<u64> = weights.into_iter().scan(0, running).collect();
        assert!(sums.last().is_some_and(|sum| *sum > 0), "some choice has weight");
        Self { sums }
    }

    /// Sum of all weights.
    pub(super) fn total(&self) -> u64 {
        *self.sums.last().expect("invariant: there is a choice")
    }

    /// Picks one.
    pub(super) fn pick(&self, random: &mut Random) -> usize {
        let point = random.below(self.total());
        self.sums.partition_point(|sum| *sum <= point)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_kept() {
        let weighted = Weighted::new([0, 3, 0, 1]);
        let mut random = Random::new(1, 2);
        let mut counts = [0_u32; 4];
        for _ in 0..4_000 {
            counts[weighted.pick(&mut random)] += 1;
        }
        assert_eq!((counts[0], counts[2]), (0, 0));
        assert!((2_800..3_200).contains(&counts[1]), "{counts:?}");
    }

    #[test]
    fn seeds_and_streams_differ_and_repeat() {
        let first = |seed, stream| Random::new(seed, stream).next_number();
        assert_eq!(first(1, 2), first(1, 2));
        assert_ne!(first(1, 2), first(1, 3));
        assert_ne!(first(1, 2), first(2, 2));
    }
}
