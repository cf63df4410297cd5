//! Conversions between counts and figures, in one place because each rounds.

/// Rounds a figure that is not negative to the nearest count; what is too large, or no number,
/// becomes the nearest count that there is.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float-to-integer cast saturates, which is what is wanted here"
)]
pub(crate) fn rounded(figure: f64) -> u64 {
    figure.round() as u64
}

/// A count as a figure; exact below 2⁵³, and nothing here counts further.
pub(crate) const fn figure(count: u64) -> f64 {
    count as f64
}

/// `part / whole`, and 0 where there is no whole.
pub(crate) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { figure(part) / figure(whole) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_saturates() {
        assert_eq!(rounded(2.5), 3);
        assert_eq!(rounded(-1.0), 0);
        assert_eq!(rounded(f64::NAN), 0);
        assert_eq!(rounded(f64::INFINITY), u64::MAX);
    }

    #[test]
    fn the_share_of_nothing_is_nothing() {
        assert!(share(0, 0) < f64::EPSILON);
        assert!((share(1, 4) - 0.25).abs() < f64::EPSILON);
    }
}
