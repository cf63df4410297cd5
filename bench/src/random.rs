//! A seeded generator, so that two runs measure the same work.

/// SplitMix64 (Steele, Lea, Flood, 2014): one multiplication chain, no state beyond a counter.
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
}

impl Random {
    /// A generator that always gives the same numbers for one seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next 64 bits.
    pub const fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// The next 128 bits, never zero.
    pub const fn next_id(&mut self) -> u128 {
        ((self.next_u64() as u128) << 64) | (self.next_u64() | 1) as u128
    }

    /// A number below `bound`. The bias of the multiplication is below 2⁻³² for bounds of 32 bits.
    pub fn below(&mut self, bound: u32) -> u32 {
        assert!(bound > 0, "there is no number below 0");
        let wide = u128::from(self.next_u64()) * u128::from(bound);
        u32::try_from(wide >> 64).expect("invariant: smaller than the bound")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_gives_one_stream() {
        let (mut one, mut same, mut other) = (Random::new(7), Random::new(7), Random::new(8));
        assert_eq!(one.next_u64(), same.next_u64());
        assert_ne!(one.next_u64(), other.next_u64());
    }

    #[test]
    fn numbers_stay_below_their_bound_and_reach_both_ends() {
        let mut random = Random::new(1);
        let seen: std::collections::BTreeSet<_> = (0..1_000).map(|_| random.below(8)).collect();
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), (0..8).collect::<Vec<_>>());
    }
}
