//! What can go wrong when a folder is only read.

use gantry_journal::JournalError;
use gantry_model::RecordError;

use super::audit::Broken;

/// A folder that cannot be read, or holds what it must not.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FolderError {
    /// The journal's own words.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The records do not make the state that their marks tell of.
    #[error(transparent)]
    Replay(#[from] gantry_engine::ReplayError),
    /// Bytes whose hashes hold are not a record.
    #[error("{0}. The hashes hold, so it was written so: by a newer version, or by a bug")]
    Record(#[from] RecordError),
    /// A record breaks a rule.
    #[error("{0}. The hashes hold, so it was decided so: this is a bug")]
    Broken(#[from] Broken),
}
