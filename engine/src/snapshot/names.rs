//! Names of snapshot files.

use std::path::{Path, PathBuf};

use crate::files::number_in;

/// A snapshot's name behind its sequence.
const SNAPSHOT: &str = ".snapshot";
/// A snapshot that is being made.
const PARTIAL: &str = ".partial";

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
    number_in(name, SNAPSHOT)
}

/// Whether this is the name of a snapshot that was not finished.
pub(crate) fn is_partial(name: &str) -> bool {
    number_in(name, PARTIAL).is_some()
}

pub(crate) fn sequence_of_path(path: &Path) -> Option<u64> {
    sequence_of(path.file_name()?.to_str()?)
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
