//! Names of snapshot files.

use std::path::{Path, PathBuf};

/// A snapshot's name behind its sequence.
const SNAPSHOT: &str = ".snapshot";
/// A snapshot that is being made.
const PARTIAL: &str = ".partial";
/// Digits of a sequence in a name.
const DIGITS: usize = 20;

/// The folder of snapshots of the instance in `directory`.
pub(crate) fn snapshots_path(directory: &Path) -> PathBuf {
    directory.join("snapshots")
}

/// Held by whoever makes snapshots.
pub(crate) fn lock_path(directory: &Path) -> PathBuf {
    snapshots_path(directory).join("LOCK")
}

pub(crate) fn snapshot_path(directory: &Path, sequence: u64) -> PathBuf {
    snapshots_path(directory).join(format!("{sequence:020}{SNAPSHOT}"))
}

pub(crate) fn partial_path(directory: &Path, sequence: u64) -> PathBuf {
    snapshots_path(directory).join(format!("{sequence:020}{PARTIAL}"))
}

/// The sequence in the name of a snapshot.
pub(crate) fn sequence_of(name: &str) -> Option<u64> {
    number(name.strip_suffix(SNAPSHOT)?)
}

/// Whether this is the name of a snapshot that was not finished.
pub(crate) fn is_partial(name: &str) -> bool {
    name.strip_suffix(PARTIAL).is_some_and(|digits| number(digits).is_some())
}

pub(crate) fn sequence_of_path(path: &Path) -> Option<u64> {
    sequence_of(path.file_name()?.to_str()?)
}

fn number(digits: &str) -> Option<u64> {
    let is_number = digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_twenty_digits_and_nothing_else() {
        let path = snapshot_path(Path::new("shop"), 42);
        assert_eq!(path, Path::new("shop/snapshots/00000000000000000042.snapshot"));
        assert_eq!(sequence_of_path(&path), Some(42));
        let partial = partial_path(Path::new("shop"), 42);
        assert!(is_partial(partial.file_name().and_then(|name| name.to_str()).unwrap()));
        for other in
            ["42.snapshot", "0000000000000000004x.snapshot", "99999999999999999999.snapshot"]
        {
            assert_eq!(sequence_of(other), None, "{other}");
        }
    }
}
