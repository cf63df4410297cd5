//! Why a server did not start, or did not stop in order, with the facts.

use std::io;
use std::net::SocketAddr;

use gantry_engine::{ArchiveError, InstanceError, SnapshotError};
use gantry_journal::JournalError;

use crate::clock::ClockBehind;
use crate::options::OptionError;

/// A failure to start or to stop.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// A setting beyond its limit.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// Somebody else listens there.
    #[error("{address} is taken: another process listens there")]
    PortTaken {
        /// The address that was asked for.
        address: SocketAddr,
    },
    /// The process may not listen there.
    #[error("{address} cannot be listened on: permission denied")]
    PortDenied {
        /// The address that was asked for.
        address: SocketAddr,
    },
    /// The address cannot be listened on for another reason.
    #[error("{address} cannot be listened on: {source}")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// The system's answer.
        source: io::Error,
    },
    /// The folder could not be opened: locked, not ours, read-only, damaged, no room.
    #[error(transparent)]
    Open(JournalError),
    /// The archive does not fit the journal.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A snapshot is in the way.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// The wall clock is too far behind the journal.
    #[error(transparent)]
    Clock(#[from] ClockBehind),
    /// The system gave no thread.
    #[error("no thread could be started: {0}")]
    Thread(io::Error),
    /// The journal could not be closed in order; the next start recovers.
    #[error("the journal was not closed in order: {0}")]
    Close(JournalError),
    /// The stop ran out of time while no segment was there to write to. None of these records was
    /// acknowledged.
    #[error("{records} records found no room on the disk before the stop ran out of time")]
    Unwritten {
        /// Records that were decided and dropped.
        records: u64,
    },
}

impl From<InstanceError> for ServerError {
    fn from(error: InstanceError) -> Self {
        match error {
            InstanceError::Journal(error) => Self::Open(error),
            InstanceError::Archive(error) => Self::Archive(error),
            InstanceError::Snapshot(error) => Self::Snapshot(error),
        }
    }
}

impl ServerError {
    pub(crate) fn listen(address: SocketAddr, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::AddrInUse => Self::PortTaken { address },
            io::ErrorKind::PermissionDenied => Self::PortDenied { address },
            _ => Self::Listen { address, source },
        }
    }
}
