//! How often each SKU is bought: Zipf weights, and draws from them in constant time.

use rand::Rng;
use rand::rngs::Xoshiro256PlusPlus;

use crate::convert::{figure, rounded};

/// The weight of each rank, most popular first; the sum is 1. Rank `r` weighs `r^-exponent`.
pub(crate) fn zipf_weights(ranks: u32, exponent: f64) -> Vec<f64> {
    assert!(ranks > 0, "something must be for sale");
    let mut weights: Vec<f64> = (1..=ranks).map(|rank| f64::from(rank).powf(-exponent)).collect();
    let sum: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight /= sum);
    weights
}

/// Walker's alias table in Vose's construction: each of `n` columns holds its own value up to a
/// threshold and one other value above it, so that a draw is one multiplication and one compare.
pub(crate) struct AliasTable {
    columns: Vec<Column>,
}

/// The three fields that a draw reads lie together: one cache miss a draw.
struct Column {
    threshold: u32,
    own: u32,
    other: u32,
}

impl AliasTable {
    /// Draws `values[i]` with probability `weights[i]`; the weights' sum is 1.
    pub(crate) fn new(weights: &[f64], values: &[u32]) -> Self {
        assert!(!values.is_empty(), "something must be drawn");
        assert_eq!(weights.len(), values.len(), "each value has a weight");
        let count = figure(values.len() as u64);
        let mut left: Vec<f64> = weights.iter().map(|weight| weight * count).collect();
        let mut columns: Vec<Column> = values
            .iter()
            .map(|value| Column { threshold: u32::MAX, own: *value, other: *value })
            .collect();
        let (mut small, mut large): (Vec<usize>, Vec<usize>) =
            (0..values.len()).partition(|index| left[*index] < 1.0);
        while let (Some(low), Some(high)) = (small.pop(), large.pop()) {
            columns[low].threshold = threshold(left[low]);
            columns[low].other = values[high];
            left[high] -= 1.0 - left[low];
            if left[high] < 1.0 { small.push(high) } else { large.push(high) }
        }
        Self { columns }
    }

    /// One draw.
    pub(crate) fn draw(&self, random: &mut Xoshiro256PlusPlus) -> u32 {
        // The high half picks the column, the low half picks within it; the bias of the
        // multiplication is below n / 2³².
        let bits = random.next_u64();
        let index = ((bits >> 32) * self.columns.len() as u64) >> 32;
        let column = &self.columns[usize::try_from(index).expect("invariant: below the length")];
        let within = u32::try_from(bits & u64::from(u32::MAX)).expect("invariant: 32 bits");
        if within <= column.threshold { column.own } else { column.other }
    }
}

fn threshold(probability: f64) -> u32 {
    let scaled = rounded(probability * f64::from(u32::MAX));
    u32::try_from(scaled).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn weights_fall_as_a_power_of_the_rank() {
        let weights = zipf_weights(1_000, 0.8);
        assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        assert!((weights[0] / weights[99] - 100f64.powf(0.8)).abs() < 1e-6);
        let uniform = zipf_weights(10, 0.0);
        assert!(uniform.iter().all(|weight| (weight - 0.1).abs() < 1e-12));
    }

    #[test]
    fn draws_follow_the_weights() {
        const DRAWS: u32 = 2_000_000;
        let weights = zipf_weights(1_000, 0.8);
        let values: Vec<u32> = (0..1_000).collect();
        let table = AliasTable::new(&weights, &values);
        let mut random = Xoshiro256PlusPlus::seed_from_u64(11);
        let mut counts = vec![0u32; 1_000];
        for _ in 0..DRAWS {
            counts[table.draw(&mut random) as usize] += 1;
        }
        for rank in [0, 1, 9, 99, 999] {
            let expected = weights[rank] * f64::from(DRAWS);
            let deviation = (f64::from(counts[rank]) - expected) / expected.sqrt();
            assert!(deviation.abs() < 5.0, "rank {rank}: {} of {expected}", counts[rank]);
        }
    }

    #[test]
    fn one_value_is_always_drawn() {
        let table = AliasTable::new(&[1.0], &[42]);
        let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
        assert!((0..100).all(|_| table.draw(&mut random) == 42));
    }
}
