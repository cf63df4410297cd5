//! How many lines an order has: a geometric distribution cut off after 14 lines.
//!
//! `P(k) ∝ q^(k−1)` for `k` = 1 to 14. Baskets of web shops fall about like that: most have one
//! line, each further line is a fixed share as likely. `q` is found from the mean that is wanted
//! (2.2 gives q ≈ 0.55, so 45 % of orders have a single line).

use rand::Rng;
use rand::rngs::Xoshiro256PlusPlus;

use crate::convert::{figure, rounded};
use crate::plan::LINES_MAX;

/// Halvings of [0, 1] after which a double does not change any more.
const BISECTION_STEPS: u32 = 60;

/// Draws line counts.
pub(crate) struct LineCounts {
    // thresholds[k]: a 32-bit draw below it means at most k + 1 lines.
    thresholds: [u64; LINES_MAX],
}

impl LineCounts {
    /// Line counts with this mean.
    pub(crate) fn new(mean: f64) -> Self {
        let ratio = ratio_of_mean(mean);
        let sum: f64 = weights(ratio).sum();
        let mut thresholds = [1 << 32; LINES_MAX];
        let mut below = 0.0;
        for (threshold, weight) in thresholds.iter_mut().zip(weights(ratio)) {
            below += weight / sum;
            *threshold = rounded(below * figure(1 << 32));
        }
        thresholds[LINES_MAX - 1] = 1 << 32;
        Self { thresholds }
    }

    /// One draw, from 1 to 14.
    pub(crate) fn draw(&self, random: &mut Xoshiro256PlusPlus) -> usize {
        let bits = random.next_u64() >> 32;
        1 + self.thresholds.iter().take_while(|threshold| bits >= **threshold).count()
    }
}

fn weights(ratio: f64) -> impl Iterator<Item = f64> {
    std::iter::successors(Some(1.0), move |weight| Some(weight * ratio)).take(LINES_MAX)
}

fn mean_of_ratio(ratio: f64) -> f64 {
    let sum: f64 = weights(ratio).sum();
    let lines: f64 = weights(ratio).zip(1u32..).map(|(weight, k)| weight * f64::from(k)).sum();
    lines / sum
}

fn ratio_of_mean(mean: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..BISECTION_STEPS {
        let middle = f64::midpoint(low, high);
        if mean_of_ratio(middle) < mean { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    fn drawn(mean: f64) -> [u32; LINES_MAX + 1] {
        let counts = LineCounts::new(mean);
        let mut random = Xoshiro256PlusPlus::seed_from_u64(5);
        let mut drawn = [0; LINES_MAX + 1];
        for _ in 0..400_000 {
            drawn[counts.draw(&mut random)] += 1;
        }
        drawn
    }

    fn mean(drawn: &[u32]) -> f64 {
        drawn.iter().zip(0u32..).map(|(n, k)| f64::from(*n) * f64::from(k)).sum::<f64>() / 400_000.0
    }

    #[test]
    fn the_mean_is_the_one_asked_for() {
        for wanted in [1.5, 2.2, 5.0] {
            let drawn = drawn(wanted);
            assert!((mean(&drawn) - wanted).abs() < 0.02, "{} for {wanted}", mean(&drawn));
            assert!(drawn[1] > 0 && drawn[0] == 0);
        }
    }

    #[test]
    fn long_orders_occur_and_each_line_more_is_rarer() {
        let drawn = drawn(2.2);
        assert!(drawn[12..].iter().sum::<u32>() > 0, "no order of 12 lines and more");
        assert!(drawn[1..8].windows(2).all(|pair| pair[0] > pair[1]), "{drawn:?}");
    }

    #[test]
    fn a_mean_of_one_is_always_one_line() {
        assert_eq!(drawn(1.0)[1], 400_000);
    }
}
