//! When orders are due on one connection: fixed ahead by rate and seed, blind to answers.
//!
//! Each connection has its own stream at its share of the rate. The sum of independent Poisson
//! streams is a Poisson stream; constant streams are offset so that their union has equal gaps.

use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, SeedableRng};

use crate::args::Arrivals;
use crate::convert::{figure, rounded};

const NANOS_PER_SECOND: f64 = 1e9;

/// The due times of one connection, in nanoseconds since the load began.
pub(crate) struct Schedule {
    gap_ns_mean: f64,
    // A float keeps the fraction of a nanosecond, so that no rate drifts; below 2⁵³ ns (104 days)
    // it is exact to a nanosecond.
    next_ns: f64,
    arrivals: Arrivals,
    random: Xoshiro256PlusPlus,
}

impl Schedule {
    /// The share of connection `index` of `connections` in `rate` orders a second.
    pub(crate) fn new(
        rate: u64,
        arrivals: Arrivals,
        index: u32,
        connections: u32,
        seed: u64,
    ) -> Self {
        assert!(rate > 0, "a closed loop has no schedule");
        assert!(index < connections, "connections count from 0");
        let gap_ns = NANOS_PER_SECOND / figure(rate);
        let gap_ns_mean = gap_ns * f64::from(connections);
        let random = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut schedule = Self { gap_ns_mean, next_ns: 0.0, arrivals, random };
        schedule.next_ns = match arrivals {
            Arrivals::Constant => gap_ns * f64::from(index),
            Arrivals::Poisson => schedule.gap_ns(),
        };
        schedule
    }

    /// When the next order is due.
    pub(crate) fn due_ns(&self) -> u64 {
        rounded(self.next_ns)
    }

    /// Goes on to the order after that.
    pub(crate) fn advance(&mut self) {
        self.next_ns += self.gap_ns();
    }

    fn gap_ns(&mut self) -> f64 {
        match self.arrivals {
            Arrivals::Constant => self.gap_ns_mean,
            Arrivals::Poisson => -self.gap_ns_mean * unit_open(&mut self.random).ln(),
        }
    }
}

/// A draw from (0, 1]: zero has no logarithm.
fn unit_open(random: &mut Xoshiro256PlusPlus) -> f64 {
    const STEPS: f64 = (1u64 << 53) as f64;
    (figure(random.next_u64() >> 11) + 1.0) / STEPS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(arrivals: Arrivals, index: u32, seed: u64, count: usize) -> Vec<u64> {
        let mut schedule = Schedule::new(100_000, arrivals, index, 4, seed);
        (0..count)
            .map(|_| {
                let due = schedule.due_ns();
                schedule.advance();
                due
            })
            .collect()
    }

    #[test]
    fn constant_streams_interleave_with_equal_gaps() {
        let mut union: Vec<u64> =
            (0..4).flat_map(|index| take(Arrivals::Constant, index, 1, 250)).collect();
        union.sort_unstable();
        let expected: Vec<u64> = (0..1_000).map(|step| step * 10_000).collect();
        assert_eq!(union, expected);
    }

    #[test]
    fn poisson_gaps_have_the_mean_and_spread_of_an_exponential() {
        let due = take(Arrivals::Poisson, 0, 7, 200_001);
        let gaps: Vec<f64> = due.windows(2).map(|pair| figure(pair[1] - pair[0])).collect();
        let mean = gaps.iter().sum::<f64>() / figure(gaps.len() as u64);
        let variance =
            gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / figure(gaps.len() as u64);
        assert!((mean / 40_000.0 - 1.0).abs() < 0.01, "mean gap {mean} ns");
        assert!((variance.sqrt() / mean - 1.0).abs() < 0.02, "spread {}", variance.sqrt());
        let longer = gaps.iter().filter(|gap| **gap > mean).count();
        let share = figure(longer as u64) / figure(gaps.len() as u64);
        assert!((share - (-1.0f64).exp()).abs() < 0.01, "share over the mean {share}");
    }

    #[test]
    fn a_seed_fixes_the_stream() {
        assert_eq!(take(Arrivals::Poisson, 0, 3, 50), take(Arrivals::Poisson, 0, 3, 50));
        assert_ne!(take(Arrivals::Poisson, 0, 3, 50), take(Arrivals::Poisson, 0, 4, 50));
    }
}
