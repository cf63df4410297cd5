//! How long to wait before the next try.

use std::time::Duration;

/// `first`, doubled for every attempt after the first, at most `max`; at least `first`.
pub(crate) fn doubled(first: Duration, attempts: u32, max: Duration) -> Duration {
    let factor = 2u32.saturating_pow(attempts.saturating_sub(1));
    first.saturating_mul(factor).min(max).max(first)
}

/// Takes a random part of up to half off, so that clients which lost the same server do not all
/// come back at once.
pub(crate) fn jittered(delay: Duration, random: u64) -> Duration {
    let thousandths = u32::try_from(random % 1024).expect("invariant: below 1,024");
    delay - delay / 2 * thousandths / 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn waits_double_up_to_the_bound() {
        let waits = [1, 2, 3, 4, 5, 500].map(|attempts| doubled(MS, attempts, 10 * MS));
        assert_eq!(waits, [1, 2, 4, 8, 10, 10].map(Duration::from_millis));
    }

    #[test]
    fn a_hint_over_the_bound_is_kept() {
        assert_eq!(doubled(20 * MS, 3, 10 * MS), 20 * MS);
    }

    #[test]
    fn jitter_takes_at_most_half_off() {
        for random in (0..2_048).chain([u64::MAX]) {
            let wait = jittered(100 * MS, random);
            assert!(wait > 49 * MS && wait <= 100 * MS);
        }
    }
}
