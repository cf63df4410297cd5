//! Journals without their beginning: how far one may be trimmed, and where reading one begins.
//!
//! The floor: a trim keeps two good snapshots and every record behind the older of them, so that
//! a start has something to fall back to.

use std::path::Path;
use std::sync::Arc;

use gantry_journal::{Bookmark, JournalError, JournalReader, Storage, TrimReport, trim_with};
use gantry_model::EngineTime;

use super::error::SnapshotError;
use super::folder::list_snapshots;
use super::names::snapshots_path;
use super::read::{SnapshotFacts, read_snapshot, snapshot_facts};
use super::start::Start;

/// Good snapshots that a trim keeps.
const SNAPSHOTS_KEPT: usize = 2;

/// What a trim did.
#[derive(Debug)]
pub struct Trimmed {
    /// The snapshot that the journal can be read from now.
    pub floor: SnapshotFacts,
    /// What was deleted of the journal.
    pub segments: TrimReport,
    /// Snapshots deleted, because nothing can be read on from them any more.
    pub snapshots: u64,
}

impl Start {
    /// Begins with as much of a journal as there is: with the first record, or, where that was
    /// trimmed, with the oldest good snapshot whose place the journal still holds.
    ///
    /// # Errors
    /// [`SnapshotError::Journal`] with [`JournalError::Trimmed`] if there is no such snapshot.
    pub fn for_reading(
        storage: &Arc<dyn Storage>,
        directory: &Path,
        index_seed: u64,
    ) -> Result<Self, SnapshotError> {
        let reader = JournalReader::open_trimmed_with(directory, boxed(storage))?;
        let first_sequence = reader.first_sequence();
        if first_sequence == 1 {
            return Ok(Self::without_snapshot(index_seed));
        }
        let mut passed_over = Vec::new();
        for path in list_snapshots(storage, directory)?.iter().rev() {
            let read = read_snapshot(storage, path, index_seed).and_then(|(engine, facts)| {
                open_at(storage, directory, &facts.bookmark)?;
                Ok((engine, facts))
            });
            match read {
                Ok((engine, facts)) => {
                    return Ok(Self { engine, snapshot: Some(facts), passed_over });
                }
                Err(error) => passed_over.push(error),
            }
        }
        Err(JournalError::Trimmed { first_sequence }.into())
    }

    /// Begins with the newest good snapshot that is not later than `time` and whose place the
    /// journal still holds; without one as [`Start::for_reading`].
    ///
    /// # Errors
    /// As [`Start::for_reading`].
    pub fn not_after(
        storage: &Arc<dyn Storage>,
        directory: &Path,
        time: EngineTime,
        index_seed: u64,
    ) -> Result<Self, SnapshotError> {
        for path in list_snapshots(storage, directory)? {
            let is_past = snapshot_facts(storage, &path).is_ok_and(|facts| facts.last_time <= time);
            if !is_past {
                continue;
            }
            let Ok((engine, facts)) = read_snapshot(storage, &path, index_seed) else { continue };
            if open_at(storage, directory, &facts.bookmark).is_ok() {
                return Ok(Self { engine, snapshot: Some(facts), passed_over: Vec::new() });
            }
        }
        Self::for_reading(storage, directory, index_seed)
    }

    /// A reader of what lies behind it.
    ///
    /// # Errors
    /// What keeps the journal from being read there.
    pub fn reader(
        &self,
        storage: &Arc<dyn Storage>,
        directory: &Path,
    ) -> Result<JournalReader, JournalError> {
        match self.bookmark() {
            Some(bookmark) => open_at(storage, directory, bookmark),
            None => JournalReader::open_with(directory, boxed(storage)),
        }
    }
}

fn open_at(
    storage: &Arc<dyn Storage>,
    directory: &Path,
    bookmark: &Bookmark,
) -> Result<JournalReader, JournalError> {
    JournalReader::open_at_with(directory, bookmark, boxed(storage))
}

fn boxed(storage: &Arc<dyn Storage>) -> Box<dyn Storage> {
    Box::new(Arc::clone(storage))
}

/// Deletes the segments that lie wholly before the floor, and the snapshots before it. The floor
/// is the newest good snapshot behind which every record from `keep_from` on lies, but never
/// newer than the second newest good one.
///
/// # Errors
/// [`SnapshotError::NoFloor`] if there are not two good snapshots, or none before `keep_from`;
/// nothing was changed then.
pub fn trim_instance(
    storage: &Arc<dyn Storage>,
    directory: &Path,
    keep_from: u64,
    index_seed: u64,
) -> Result<Trimmed, SnapshotError> {
    let mut good = 0;
    for path in list_snapshots(storage, directory)? {
        let Ok((_, facts)) = read_snapshot(storage, &path, index_seed) else { continue };
        good += 1;
        if good < SNAPSHOTS_KEPT || facts.last_sequence() >= keep_from {
            continue;
        }
        sync_names(&**storage, directory)?;
        let segments = trim_with(directory, &facts.bookmark, boxed(storage))?;
        let snapshots = remove_before(storage, directory, &facts)?;
        return Ok(Trimmed { floor: facts, segments, snapshots });
    }
    Err(SnapshotError::NoFloor { good, needed: SNAPSHOTS_KEPT, keep_from })
}

/// Makes the names of the snapshots durable: whoever made one may have died or failed just before.
/// From now on the journal cannot do without them.
fn sync_names(storage: &dyn Storage, directory: &Path) -> Result<(), SnapshotError> {
    for folder in [&snapshots_path(directory), directory] {
        storage.sync_directory(folder).map_err(SnapshotError::io("sync", folder))?;
    }
    Ok(())
}

/// Removes the snapshots that are older than `floor`.
fn remove_before(
    storage: &dyn Storage,
    directory: &Path,
    floor: &SnapshotFacts,
) -> Result<u64, SnapshotError> {
    let mut removed = 0;
    let paths = list_snapshots(storage, directory)?;
    let older = paths.into_iter().skip_while(|path| *path != floor.path).skip(1);
    for path in older {
        storage.remove(&path).map_err(SnapshotError::io("remove", &path))?;
        removed += 1;
    }
    Ok(removed)
}
