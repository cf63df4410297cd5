//! What a start begins from: the newest good snapshot, or nothing.
//!
//! Each case is a row of the table "Start" in `docs/FORMAT.md`, and a test of its name.

use std::path::Path;

use gantry_journal::{Bookmark, Storage, mark};

use super::error::SnapshotError;
use super::folder::list_snapshots;
use super::read::{SnapshotFacts, read_snapshot};
use crate::Engine;

/// An engine to begin with, and how it came to be.
#[derive(Debug)]
pub struct Start {
    /// The state of the snapshot; an empty one without.
    pub engine: Engine,
    /// The snapshot; none if the whole journal is to be replayed.
    pub snapshot: Option<SnapshotFacts>,
    /// Newer snapshots that could not be used, and why. Tell the operator.
    pub passed_over: Vec<SnapshotError>,
}

impl Start {
    /// Begins with the first record.
    #[must_use]
    pub fn without_snapshot(index_seed: u64) -> Self {
        let engine = Engine::with_index_seed(index_seed);
        Self { engine, snapshot: None, passed_over: Vec::new() }
    }

    /// Begins with the newest snapshot of the instance in `directory` that is whole, or with the
    /// first record if there is none.
    ///
    /// # Errors
    /// [`SnapshotError::TooNew`]: a newer version of this program has made one, and going back is
    /// for a person to decide.
    pub fn from_newest(
        storage: &dyn Storage,
        directory: &Path,
        index_seed: u64,
    ) -> Result<Self, SnapshotError> {
        Self::from_newest_by(storage, directory, index_seed, |path| {
            read_snapshot(storage, path, index_seed)
        })
    }

    /// As [`Start::from_newest`], with a reader of the caller's own.
    ///
    /// # Errors
    /// As [`Start::from_newest`].
    pub fn from_newest_by(
        storage: &dyn Storage,
        directory: &Path,
        index_seed: u64,
        mut read: impl FnMut(&Path) -> Result<(Engine, SnapshotFacts), SnapshotError>,
    ) -> Result<Self, SnapshotError> {
        let mut passed_over = Vec::new();
        for path in list_snapshots(storage, directory)? {
            match read(&path) {
                Ok((engine, facts)) => {
                    mark!("start from a snapshot");
                    return Ok(Self { engine, snapshot: Some(facts), passed_over });
                }
                Err(error @ SnapshotError::TooNew { .. }) => return Err(error),
                Err(error) => {
                    mark!("snapshot passed over");
                    passed_over.push(error);
                }
            }
        }
        Ok(Self { passed_over, ..Self::without_snapshot(index_seed) })
    }

    /// Where the walk of the journal begins.
    #[must_use]
    pub fn bookmark(&self) -> Option<&Bookmark> {
        self.snapshot.as_ref().map(|facts| &facts.bookmark)
    }
}
