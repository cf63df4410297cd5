//! Deletes segments that nobody needs any more. Nothing is ever deleted unless a caller asks here.

use std::path::Path;
use std::sync::Arc;

use crate::bookmark::Bookmark;
use crate::disk::FileStorage;
use crate::error::JournalError;
use crate::folder::Folder;
use crate::scan::Scanner;
use crate::storage::{Context, Storage};

/// What [`trim`] deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrimReport {
    /// Segments deleted.
    pub segments: u64,
    /// Length of their files.
    pub bytes: u64,
}

/// Deletes the segments of the journal in `directory` that lie wholly before `before`, from the
/// lowest up, each durably before the next; never the one that holds the bookmark's frame.
///
/// Works also beside a running writer, which holds a later segment. From then on the journal opens
/// only from a bookmark at or behind its first frame: keep the snapshot that carries `before`, and
/// readers that still need the deleted segments will say that they are trimmed.
///
/// # Errors
/// [`JournalError::BookmarkLost`] if the bookmark's frame is not in the journal; nothing was
/// deleted then.
pub fn trim(directory: &Path, before: &Bookmark) -> Result<TrimReport, JournalError> {
    trim_with(directory, before, Box::new(FileStorage::new()))
}

/// As [`trim`], on another storage.
pub fn trim_with(
    directory: &Path,
    before: &Bookmark,
    storage: Box<dyn Storage>,
) -> Result<TrimReport, JournalError> {
    let folder = Folder::new(Arc::from(storage), directory);
    let instance_id = folder.require_instance_id()?;
    Scanner::begin(folder.clone(), instance_id, Some(before))?;
    let mut report = TrimReport::default();
    for number in folder.segment_numbers()? {
        if number >= before.segment {
            break;
        }
        report.bytes += folder.remove_segment(number)?;
        report.segments += 1;
    }
    Ok(report)
}

impl Folder {
    /// Removes a segment durably; returns its length.
    fn remove_segment(&self, number: u64) -> Result<u64, JournalError> {
        let mut bytes = 0;
        for path in [self.segment_path(number), self.compressed_path(number)] {
            bytes += match self.storage.file_bytes(&path) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                other => other.context("look at", &path)?,
            };
            self.storage.remove(&path).context("remove", &path)?;
        }
        let segments = self.segments();
        self.storage.sync_directory(&segments).context("sync", &segments)?;
        Ok(bytes)
    }
}
