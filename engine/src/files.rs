//! What the files beside the journal share: names of twenty digits, and hashes of sixteen bytes.

/// Digits of a number in a name.
const DIGITS: usize = 20;

/// BLAKE3 cut to 128 bits.
pub(crate) type Hash = [u8; 16];

/// The first half of a hash.
pub(crate) fn truncate(hash: &blake3::Hash) -> Hash {
    let mut short = [0; size_of::<Hash>()];
    short.copy_from_slice(&hash.as_bytes()[..size_of::<Hash>()]);
    short
}

/// The number in a name of twenty digits and `ending`.
pub(crate) fn number_in(name: &str, ending: &str) -> Option<u64> {
    let digits = name.strip_suffix(ending)?;
    let is_number = digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { digits.parse().ok() } else { None }
}
