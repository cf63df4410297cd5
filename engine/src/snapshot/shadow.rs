//! The shadow: the last good snapshot and the durable frames behind it make the next snapshot.
//!
//! It is a second engine beside the one that decides, which takes no part in this. Its replay
//! compares the state hash at every mark, so it checks for free that the same records make the
//! same state. A step function: it owns no thread, and the caller may stop between any two steps.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gantry_journal::{Bookmark, FolderLock, JournalReader, Storage};

use super::error::SnapshotError;
use super::folder::{remove_old, remove_partials};
use super::names::{lock_path, snapshots_path};
use super::read::SnapshotFacts;
use super::start::Start;
use super::write::write_snapshot;
use crate::Engine;

/// Makes one snapshot; see the module.
#[derive(Debug)]
pub struct Shadow {
    directory: PathBuf,
    storage: Arc<dyn Storage>,
    engine: Engine,
    reader: JournalReader,
    /// Where the engine stands; none before the first frame.
    bookmark: Option<Bookmark>,
    /// A frame that no later page calls durable yet. Without a writer the last frame may be one
    /// that a power cut takes back, and a snapshot must never know more than the journal.
    held: Option<(Bookmark, Vec<u8>)>,
    /// The snapshot that it began with.
    began_with: Option<SnapshotFacts>,
    passed_over: Vec<SnapshotError>,
    _lock: Box<dyn FolderLock>,
}

impl Shadow {
    /// Reads the newest good snapshot, or begins with the first record, and opens the journal
    /// behind it.
    ///
    /// # Errors
    /// [`SnapshotError::Busy`] if another shadow is at work; else what keeps a start from using
    /// the snapshots and the journal that are there.
    pub fn begin(
        directory: &Path,
        storage: Arc<dyn Storage>,
        index_seed: u64,
    ) -> Result<Self, SnapshotError> {
        let lock = lock(directory, &*storage)?;
        remove_partials(&*storage, directory)?;
        let start = Start::from_newest(&*storage, directory, index_seed)?;
        let reader = start.reader(&storage, directory)?;
        Ok(Self {
            directory: directory.to_path_buf(),
            storage,
            bookmark: start.bookmark().copied(),
            engine: start.engine,
            reader,
            held: None,
            began_with: start.snapshot,
            passed_over: start.passed_over,
            _lock: lock,
        })
    }

    /// The snapshot that it began with.
    #[must_use]
    pub fn began_with(&self) -> Option<&SnapshotFacts> {
        self.began_with.as_ref()
    }

    /// Newer snapshots that could not be used, and why.
    #[must_use]
    pub fn passed_over(&self) -> &[SnapshotError] {
        &self.passed_over
    }

    /// The last record applied.
    #[must_use]
    pub fn last_sequence(&self) -> u64 {
        self.engine.last_sequence().get()
    }

    /// Applies the next durable frame; says whether there was one.
    ///
    /// # Errors
    /// [`SnapshotError::Replay`] is an alarm: this program does not make of the journal what the
    /// one made that wrote it. [`SnapshotError::Journal`] if the journal is damaged.
    pub fn step(&mut self) -> Result<bool, SnapshotError> {
        let next = self.reader.next_frame()?;
        let Some(next) = next.map(|frame| (frame.bookmark(), frame.payload.to_vec())) else {
            return match self.held.take_if(|_| self.reader.tail().clean_stop) {
                Some(frame) => self.apply(&frame).map(|()| true),
                None => Ok(false),
            };
        };
        if let Some(before) = self.held.replace(next) {
            self.apply(&before)?;
        }
        // Beside a running writer the reader itself holds back what is not durable.
        if let Some(frame) = self.held.take_if(|_| self.reader.writer_running()) {
            self.apply(&frame)?;
        }
        Ok(true)
    }

    fn apply(&mut self, (bookmark, payload): &(Bookmark, Vec<u8>)) -> Result<(), SnapshotError> {
        let frame_number = bookmark.frame_number;
        self.engine
            .replay(payload)
            .map_err(|source| SnapshotError::Replay { frame_number, source })?;
        self.bookmark = Some(*bookmark);
        Ok(())
    }

    /// Writes and publishes the snapshot of where it stands, then removes those that need not be
    /// kept. `None` if nothing has come since the last one, or `proceed`, asked before each
    /// section, said no.
    ///
    /// # Errors
    /// [`SnapshotError::Io`]; what was there before is there still.
    pub fn finish(
        self,
        proceed: &mut dyn FnMut() -> bool,
    ) -> Result<Option<SnapshotFacts>, SnapshotError> {
        let began_at = self.began_with.as_ref().map_or(0, SnapshotFacts::last_sequence);
        let Some(bookmark) = self.bookmark.filter(|bookmark| bookmark.last_sequence > began_at)
        else {
            return Ok(None);
        };
        let (storage, directory) = (&*self.storage, &self.directory);
        let made = write_snapshot(storage, directory, &self.engine, &bookmark, proceed)?;
        if made.is_some() {
            remove_old(storage, directory)?;
        }
        Ok(made)
    }
}

fn lock(directory: &Path, storage: &dyn Storage) -> Result<Box<dyn FolderLock>, SnapshotError> {
    let folder = snapshots_path(directory);
    storage.create_directory(&folder).map_err(SnapshotError::io("create", &folder))?;
    let path = lock_path(directory);
    let lock = storage.lock(&path).map_err(SnapshotError::io("lock", &path))?;
    lock.ok_or(SnapshotError::Busy { path })
}
