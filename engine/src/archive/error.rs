//! Failures of the archive.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// A failure of the archive. None of them is ever taken for "not there".
#[derive(Debug, Error)]
pub enum ArchiveError {
    /// The operating system refused something.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The journal let rows go to a file that is not there.
    #[error(
        "archive file {} is missing: the journal says that orders and ids are kept there; \
         put it back from a backup",
        path.display()
    )]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// A file whose bytes are not what was written.
    #[error(
        "archive file {} is damaged ({fault}): put it back from a backup",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        fault: &'static str,
    },
    /// A file of a later version.
    #[error("archive file {} has format {found}; this program knows format 1", path.display())]
    UnsupportedVersion {
        /// The file.
        path: PathBuf,
        /// The format found.
        found: u16,
    },
    /// A file of another instance.
    #[error(
        "archive file {} belongs to instance {found:032x}, this is {expected:032x}: \
         put the file where it belongs",
        path.display()
    )]
    OtherInstance {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        found: u128,
        /// Whose folder it lies in.
        expected: u128,
    },
    /// A whole file of this instance, but not the one that the journal names.
    #[error(
        "archive file {} is not the one that the journal names: put that one back from a backup",
        path.display()
    )]
    OtherFile {
        /// The file.
        path: PathBuf,
    },
}

impl ArchiveError {
    pub(crate) fn damaged(path: &Path, fault: &'static str) -> Self {
        Self::Damaged { path: path.to_path_buf(), fault }
    }
}

/// Names what was tried when the system refuses it.
pub(crate) trait Doing<T> {
    fn doing(self, action: &'static str, path: &Path) -> Result<T, ArchiveError>;
}

impl<T> Doing<T> for io::Result<T> {
    fn doing(self, action: &'static str, path: &Path) -> Result<T, ArchiveError> {
        self.map_err(|source| ArchiveError::Io { action, path: path.to_path_buf(), source })
    }
}
