//! What can go wrong in an import, worded for the person who wrote the files.

use std::io;
use std::path::{Path, PathBuf};

use gantry_engine::{ArchiveError, InstanceError, SnapshotError};
use gantry_journal::JournalError;

use crate::policy::PolicyError;
use crate::table::TableError;

/// A failed import. Up to [`Self::Open`] nothing was changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImportError {
    /// One of the files cannot be used.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The policy cannot be used.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// A file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// Days of the past cannot follow records.
    #[error(
        "--clock placed-on needs a new folder, and {} has records; name another with --data",
        folder.display()
    )]
    NotNew {
        /// The data folder.
        folder: PathBuf,
    },
    /// The data folder cannot be opened; the journal's own words say why.
    #[error(transparent)]
    Open(JournalError),
    /// The journal failed in the middle of an import; running the import again completes it.
    #[error("{0}; running the same import again goes on where it stopped")]
    Journal(#[from] JournalError),
    /// The folder's archive does not fit its journal.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A snapshot is in the way.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// An id is taken by other content.
    #[error(
        "{what} was imported into this folder before with other content (another --short, other \
         quantities or another destination); use a fresh folder, or give changed orders new ids"
    )]
    IdReused {
        /// The order or row.
        what: String,
    },
    /// The engine refused what the files were checked for.
    #[error("the engine refused {what}: {reason}; what was imported before it stays")]
    Refused {
        /// The order or row.
        what: String,
        /// The reason's name.
        reason: &'static str,
    },
    /// Files and folder disagree, or the engine is wrong.
    #[error("internal error: {problem}")]
    Internal {
        /// What does not add up.
        problem: String,
    },
}

impl From<InstanceError> for ImportError {
    fn from(error: InstanceError) -> Self {
        match error {
            InstanceError::Journal(error) => Self::Journal(error),
            InstanceError::Archive(error) => Self::Archive(error),
            InstanceError::Snapshot(error) => Self::Snapshot(error),
        }
    }
}

impl ImportError {
    pub(super) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_path_buf();
        move |source| Self::Write { path, source }
    }
}
