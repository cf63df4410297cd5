//! The folder of snapshots: what is there, and what is kept.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use gantry_journal::Storage;
use gantry_model::EngineTime;

use super::error::SnapshotError;
use super::names::{is_partial, sequence_of, snapshot_path, snapshots_path};
use super::read::{SnapshotFacts, snapshot_facts};
use crate::state::day_of;

/// The newest that are kept, whatever their age.
const NEWEST_KEPT: usize = 2;
/// Days of which the last snapshot is kept, counted back from the newest snapshot's day.
const DAYS_KEPT: u32 = 7;

/// Snapshots of the instance in `directory`, the newest first; none if the folder is missing.
///
/// # Errors
/// [`SnapshotError::Io`].
pub fn list_snapshots(
    storage: &dyn Storage,
    directory: &Path,
) -> Result<Vec<PathBuf>, SnapshotError> {
    let mut sequences: Vec<u64> =
        names(storage, directory)?.iter().filter_map(|name| sequence_of(name)).collect();
    sequences.sort_unstable_by(|left, right| right.cmp(left));
    Ok(sequences.into_iter().map(|sequence| snapshot_path(directory, sequence)).collect())
}

fn names(storage: &dyn Storage, directory: &Path) -> Result<Vec<String>, SnapshotError> {
    let folder = snapshots_path(directory);
    match storage.list(&folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        other => other.map_err(SnapshotError::io("list", &folder)),
    }
}

/// Removes what a maker left unfinished. Only for whoever holds the lock.
pub(crate) fn remove_partials(
    storage: &dyn Storage,
    directory: &Path,
) -> Result<(), SnapshotError> {
    let names = names(storage, directory)?;
    for name in names.iter().filter(|name| is_partial(name)) {
        let path = snapshots_path(directory).join(name);
        storage.remove(&path).map_err(SnapshotError::io("remove", &path))?;
    }
    Ok(())
}

/// Removes snapshots that need not be kept; returns how many. One whose header cannot be read is
/// left where it is: somebody may want to look at it.
pub(crate) fn remove_old(storage: &dyn Storage, directory: &Path) -> Result<usize, SnapshotError> {
    let paths = list_snapshots(storage, directory)?;
    let facts = paths.iter().filter_map(|path| snapshot_facts(storage, path).ok());
    let old = not_kept(&facts.collect::<Vec<_>>());
    for path in &old {
        storage.remove(path).map_err(SnapshotError::io("remove", path))?;
    }
    Ok(old.len())
}

/// Of snapshots, the newest first, those that are neither among the newest nor the last of one of
/// the last days.
fn not_kept(newest_first: &[SnapshotFacts]) -> Vec<PathBuf> {
    let day = |time: EngineTime| day_of(time);
    let today = newest_first.first().map_or(0, |facts| day(facts.last_time));
    let mut days = BTreeSet::new();
    let old = newest_first.iter().enumerate().filter(|(position, facts)| {
        let day = day(facts.last_time);
        let is_last_of_day = days.insert(day) && today.saturating_sub(day) < DAYS_KEPT;
        *position >= NEWEST_KEPT && !is_last_of_day
    });
    old.map(|(_, facts)| facts.path.clone()).collect()
}

#[cfg(test)]
mod tests {
    use gantry_journal::Bookmark;

    use super::*;

    const HOUR: u64 = 3_600_000_000_000;

    fn facts(sequence: u64, hour: u64) -> SnapshotFacts {
        let bookmark = Bookmark {
            instance_id: 1,
            term: 0,
            frame_number: sequence,
            segment: 1,
            offset: 4096,
            last_sequence: sequence,
            chain: [0; 16],
        };
        SnapshotFacts {
            path: snapshot_path(Path::new("shop"), sequence),
            bookmark,
            last_time: EngineTime::new(hour * HOUR),
            state_hash: 0,
            state_hash_version: 1,
            rows_version: 1,
            sections: 1,
            file_bytes: 0,
        }
    }

    #[test]
    fn the_newest_two_and_the_last_of_each_of_seven_days_are_kept() {
        // Three a day over ten days.
        let hours = (0..30).map(|turn| turn / 3 * 24 + turn % 3 * 8);
        let mut all: Vec<_> =
            (1..).zip(hours).map(|(sequence, hour)| facts(sequence, hour)).collect();
        all.reverse();
        let old = not_kept(&all);
        let kept: Vec<u64> = all
            .iter()
            .filter(|facts| !old.contains(&facts.path))
            .map(SnapshotFacts::last_sequence)
            .collect();
        assert_eq!(kept, [30, 29, 27, 24, 21, 18, 15, 12]);
        assert!(not_kept(&[]).is_empty());
        assert!(not_kept(&[facts(9, 900), facts(8, 1)]).is_empty(), "two are kept at any age");
    }
}
