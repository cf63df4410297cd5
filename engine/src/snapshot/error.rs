//! What can go wrong with a snapshot, with the facts a person needs to act.

use std::io;
use std::path::{Path, PathBuf};

use gantry_journal::JournalError;

use crate::ReplayError;

/// A snapshot that cannot be made or used.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
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
    /// The file is not what was written: torn, cut, flipped, renamed.
    #[error("{} is damaged at offset {offset}: {fault}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where the damage was seen.
        offset: u64,
        /// What was seen.
        fault: &'static str,
    },
    /// Made by a newer version of this program.
    #[error(
        "{} was made by a newer version: its {what} version is {found}, this build reads up to \
         {known}. Start the newer version, or begin with `--full-replay`",
        path.display()
    )]
    TooNew {
        /// The file.
        path: PathBuf,
        /// Which version.
        what: &'static str,
        /// The version in the file.
        found: u32,
        /// The newest that this build reads.
        known: u32,
    },
    /// The rows are whole and no state.
    #[error("{} (offset {offset}): {source}", path.display())]
    Rows {
        /// The file.
        path: PathBuf,
        /// The section; 0 = all of them together.
        offset: u64,
        /// What is wrong with them.
        source: RowsError,
    },
    /// Somebody else makes a snapshot of this instance just now.
    #[error("{} is locked: a snapshot of this instance is being made", path.display())]
    Busy {
        /// The lock file.
        path: PathBuf,
    },
    /// The records behind the last snapshot do not make the state that their marks tell of.
    #[error("frame {frame_number} of the journal was refused: {source}")]
    Replay {
        /// The frame.
        frame_number: u64,
        /// Why.
        source: ReplayError,
    },
    /// A trim would leave a start nothing to fall back to.
    #[error(
        "{good} good snapshots are there, and none of them can be the floor: a trim keeps \
         {needed}, and the older of these must lie before record {keep_from}. Make more with \
         `gantry snapshot make`"
    )]
    NoFloor {
        /// Good snapshots.
        good: usize,
        /// Good snapshots that a trim keeps.
        needed: usize,
        /// The first record that is to be kept.
        keep_from: u64,
    },
    /// The journal cannot be read on from the snapshot.
    #[error("{0}")]
    Journal(#[from] JournalError),
}

impl SnapshotError {
    pub(crate) fn io<'a>(
        action: &'static str,
        path: &'a Path,
    ) -> impl FnOnce(io::Error) -> Self + use<'a> {
        move |source| Self::Io { action, path: path.to_path_buf(), source }
    }

    pub(crate) fn damaged(path: &Path, offset: u64, fault: &'static str) -> Self {
        Self::Damaged { path: path.to_path_buf(), offset, fault }
    }
}

/// Rows that passed their hashes and are no state all the same: a bug made them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowsError {
    /// A section of a kind that this version does not know.
    #[error("sections of kind {kind} are not known")]
    Kind {
        /// The number in the section's header.
        kind: u16,
    },
    /// A section stands where it may not.
    #[error("a section of kind {kind} stands where it may not")]
    Order {
        /// The number in the section's header.
        kind: u16,
    },
    /// The bytes of a section are no archive of its rows.
    #[error("a section is no archive of its rows")]
    Archive,
    /// A row holds what it cannot, or names what is not there.
    #[error("a row's {what} is not one")]
    Value {
        /// Of what.
        what: &'static str,
    },
    /// The rows do not add up to what was kept of them.
    #[error("{what}: the rows have {found}, and {kept} were kept")]
    Sum {
        /// Of what.
        what: &'static str,
        /// What the snapshot says.
        kept: u64,
        /// What its rows give.
        found: u64,
    },
    /// The rows have another hash than the state from which they were made.
    #[error("the rows have the state hash {found:032x}, and {kept:032x} was kept")]
    StateHash {
        /// What the snapshot says.
        kept: u128,
        /// What its rows give.
        found: u128,
    },
}
