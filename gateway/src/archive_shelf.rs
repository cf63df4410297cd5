//! The archive as connections and the engine thread see it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam::queue::ArrayQueue;
use gantry_engine::{ArchiveError, ArchiveFacts, ArchiveFiles, Submission};
use parking_lot::RwLock;

/// The archive files that may be asked, and the one whose rows may leave memory next.
#[derive(Debug)]
pub(crate) struct ArchiveShelf {
    files: RwLock<Arc<ArchiveFiles>>,
    /// Number of the newest; most instances have none, and then nobody takes the lock. Relaxed:
    /// whoever sees it late is answered `busy` by the engine.
    newest: AtomicU64,
    /// At most one file is on its way from the archive thread to the engine thread.
    next: ArrayQueue<ArchiveFacts>,
}

impl ArchiveShelf {
    pub(crate) fn new(files: ArchiveFiles) -> Self {
        let newest = AtomicU64::new(files.last_number());
        Self { files: RwLock::new(Arc::new(files)), newest, next: ArrayQueue::new(1) }
    }

    /// Looks up every id of a submission. It reads files, but only for ids that look archived.
    pub(crate) fn attach(&self, submission: &mut Submission) -> Result<(), ArchiveError> {
        if self.newest.load(Ordering::Relaxed) == 0 {
            return Ok(());
        }
        self.files().attach(submission)
    }

    pub(crate) fn files(&self) -> Arc<ArchiveFiles> {
        Arc::clone(&self.files.read())
    }

    /// From now on the files are asked.
    pub(crate) fn show(&self, files: ArchiveFiles) {
        let newest = files.last_number();
        *self.files.write() = Arc::new(files);
        self.newest.store(newest, Ordering::Relaxed);
    }

    /// Lets the rows of a file leave memory; false while another is on its way. Ring the engine's
    /// bell afterwards.
    pub(crate) fn retire(&self, file: ArchiveFacts) -> bool {
        self.next.push(file).is_ok()
    }

    /// Whether a file's rows may begin to leave memory.
    pub(crate) fn is_due(&self) -> bool {
        !self.next.is_empty()
    }

    /// The file whose rows leave next.
    pub(crate) fn take_due(&self) -> Option<ArchiveFacts> {
        self.next.pop()
    }
}
