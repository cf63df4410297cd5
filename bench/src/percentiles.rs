//! Exact percentiles of a bounded number of latencies.

use std::time::Duration;

/// Latencies, kept one by one.
#[derive(Clone, Debug, Default)]
pub struct Latencies {
    sorted: Vec<u64>,
}

impl Latencies {
    /// Takes latencies in nanoseconds, in any order.
    #[must_use]
    pub fn new(mut latencies_ns: Vec<u64>) -> Self {
        latencies_ns.sort_unstable();
        Self { sorted: latencies_ns }
    }

    /// How many there are.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.sorted.len()
    }

    /// The latency that `per_mille` of a thousand do not exceed. Zero where there is none.
    #[must_use]
    pub fn per_mille(&self, per_mille: usize) -> Duration {
        assert!(per_mille <= 1_000, "at most all of a thousand");
        let rank = (self.sorted.len() * per_mille).div_ceil(1_000).max(1) - 1;
        Duration::from_nanos(self.sorted.get(rank).copied().unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_seen() {
        let latencies = Latencies::new((1..=100).rev().collect());
        assert_eq!(latencies.per_mille(500), Duration::from_nanos(50));
        assert_eq!(latencies.per_mille(990), Duration::from_nanos(99));
        assert_eq!(latencies.per_mille(1_000), Duration::from_nanos(100));
        assert_eq!(Latencies::default().per_mille(990), Duration::ZERO);
    }
}
