//! What can go wrong, with the facts a person needs to act.
//!
//! These are failures of the world. Mistakes of the caller (a sequence with a gap, a payload
//! beyond the buffer) are bugs and end in an assertion.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::layout::FORMAT_VERSION;

/// Error of the caller's own visitor, handed through unchanged.
pub type VisitError = Box<dyn Error + Send + Sync>;

/// A failure of the journal.
#[derive(Debug, Error)]
pub enum JournalError {
    /// The operating system refused something that has no variant of its own.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The disk cannot read a part of a segment. Nothing was changed.
    #[error("cannot read {} at offset {offset}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The first place that cannot be read.
        offset: u64,
        /// The system's answer.
        source: io::Error,
    },
    /// Another writer holds the folder.
    #[error("{} is locked: another process is writing this journal", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// The folder is missing (only for readers: a writer creates it).
    #[error("there is no folder {}", path.display())]
    Missing {
        /// The folder.
        path: PathBuf,
    },
    /// The folder holds something, but not a journal.
    #[error("{} is not a Gantry journal: it is not empty and has no valid gantry.instance", path.display())]
    NotAJournal {
        /// The folder.
        path: PathBuf,
    },
    /// The folder or file may not be written.
    #[error("cannot {action} {}: it is read-only for this process", path.display())]
    ReadOnly {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
    },
    /// The disk is too full for one more segment.
    #[error("no room in {}: {needed_bytes} bytes needed, {available_bytes} available", path.display())]
    NoRoom {
        /// The folder.
        path: PathBuf,
        /// Bytes that the step needed.
        needed_bytes: u64,
        /// Bytes that the file system offered.
        available_bytes: u64,
    },
    /// Written by a newer version of this crate.
    #[error("{} has format version {found}; this build reads up to {FORMAT_VERSION}", path.display())]
    UnsupportedVersion {
        /// The file.
        path: PathBuf,
        /// Version in the file.
        found: u16,
    },
    /// Acknowledged data is damaged. Nothing was changed.
    #[error("{0}")]
    Damage(Box<Damage>),
    /// The journal does not hold the frame that a bookmark stands behind: it lost data that the
    /// bookmark had seen, or it is another history. Nothing was changed.
    #[error(
        "the journal does not hold what was read from it before: {} at offset {} should end with \
         record {} (frame {}): {}. Nothing was changed: copy the folder away, then restore it, or \
         begin from another snapshot",
        .0.path.display(), .0.offset, .0.sequence, .0.frame, .0.fault
    )]
    BookmarkLost(Box<Damage>),
    /// The journal's first segments were trimmed, so it cannot be walked from its first record.
    #[error(
        "the journal begins with record {first_sequence}: what came before was trimmed, so it can \
         only be read on from a snapshot"
    )]
    Trimmed {
        /// First record of the first segment there is.
        first_sequence: u64,
    },
    /// A repair was asked to cut within a whole frame. Nothing was changed.
    #[error(
        "frame {frame} holds the records {first_sequence} to {last_sequence} and is whole: it is \
         kept or lost as one. Name {first_sequence} to give it up, or {} to keep it",
        .last_sequence + 1
    )]
    InsideFrame {
        /// The frame.
        frame: u64,
        /// Its first record.
        first_sequence: u64,
        /// Its last record.
        last_sequence: u64,
    },
    /// A repair found the journal whole up to its end. Nothing was changed.
    #[error(
        "there is nothing to give up: the journal is whole and ends with record {last_sequence}"
    )]
    NothingToGiveUp {
        /// The journal's last record.
        last_sequence: u64,
    },
    /// A backup or a restore needs a place of its own. Nothing was changed.
    #[error("{} is not empty", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// The folder is not a backup.
    #[error("{} is not a backup: it has no valid gantry.backup", path.display())]
    NotABackup {
        /// The folder.
        path: PathBuf,
    },
    /// A backup does not hold what it held when it was made. Nothing was published.
    #[error("the backup {} is damaged: {what}", path.display())]
    BackupDamaged {
        /// The folder.
        path: PathBuf,
        /// What is wrong.
        what: &'static str,
    },
    /// No prepared segment stands ready; nothing was changed. Run the preparer and try again.
    #[error("no prepared segment stands ready")]
    NoSegmentReady,
    /// A write or sync failed before; the journal accepts nothing more. End the process.
    #[error("the journal is poisoned: an earlier write or sync failed")]
    Poisoned,
    /// The options contradict a limit.
    #[error("journal options: {0}")]
    Options(&'static str),
    /// The caller's term is older than the journal's: this writer was replaced by another.
    #[error("term {given} is behind the journal's term {journal}")]
    TermBehind {
        /// Highest term in the journal.
        journal: u64,
        /// Term in the options.
        given: u64,
    },
    /// The caller's visitor refused a frame.
    #[error("frame {frame_number} was refused: {source}")]
    Visit {
        /// The frame.
        frame_number: u64,
        /// The visitor's own error.
        source: VisitError,
    },
}

impl JournalError {
    /// Wraps the system's answer, naming the cases an operator can act upon.
    pub(crate) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
                Self::ReadOnly { action, path }
            }
            _ => Self::Io { action, path, source },
        }
    }

    pub(crate) fn damage(
        path: &Path,
        offset: u64,
        frame: u64,
        sequence: u64,
        fault: Fault,
    ) -> Self {
        Self::Damage(Box::new(Damage { path: path.to_path_buf(), offset, frame, sequence, fault }))
    }
}

/// Where acknowledged data is damaged or lost.
#[derive(Debug)]
pub struct Damage {
    /// The damaged file.
    pub path: PathBuf,
    /// Offset in the file of the first page that is not as it must be.
    pub offset: u64,
    /// Number of the frame that was expected there.
    pub frame: u64,
    /// Sequence of the first record that was expected there.
    pub sequence: u64,
    /// What is wrong.
    pub fault: Fault,
}

impl fmt::Display for Damage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "acknowledged data is damaged in {} at offset {} (frame {}, records from sequence {}): \
             {}. Nothing was changed: copy the folder away, then restore a backup; without one, a \
             repair can give up the records from there on",
            self.path.display(),
            self.offset,
            self.frame,
            self.sequence,
            self.fault
        )
    }
}

/// What is wrong with a page, a segment or the folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// `gantry.instance` does not match its own hash.
    #[error("the instance file does not match its hash")]
    InstanceFile,
    /// A segment file between others is gone.
    #[error("segment {number} is missing")]
    SegmentMissing {
        /// Number of the missing segment.
        number: u64,
    },
    /// A segment that holds data has no valid header.
    #[error("the segment header is not valid")]
    SegmentHeader,
    /// The file is shorter or longer than its header says.
    #[error("the file has {found} bytes, its header says {expected}")]
    SegmentLength {
        /// Length of the file.
        found: u64,
        /// Length in its header.
        expected: u64,
    },
    /// A segment begins later than the one before it ends.
    #[error("the next segment begins with frame {next_frame}: the frames before it are lost")]
    FramesLost {
        /// First frame of the next segment.
        next_frame: u64,
    },
    /// A page that does not hold a valid header.
    #[error("the page header is not valid")]
    Header,
    /// A valid page of another journal.
    #[error("the page belongs to another journal")]
    Foreign,
    /// A valid page that was written for another place.
    #[error("the page was written for segment {segment}, offset {offset}")]
    Misplaced {
        /// Segment it was written for.
        segment: u64,
        /// Offset it was written for.
        offset: u64,
    },
    /// A valid frame with the wrong number, sequence, term or length.
    #[error("the header is whole but says frame {frame}, sequence {sequence}")]
    OutOfOrder {
        /// Frame number found.
        frame: u64,
        /// First record sequence found.
        sequence: u64,
    },
    /// A valid frame that does not follow from the frame before it.
    #[error("the hash chain is broken")]
    Chain,
    /// The payload does not match the hash in the header.
    #[error("the payload does not match its hash")]
    Payload,
    /// Bytes behind the payload are not zero.
    #[error("the padding is not zero")]
    Padding,
    /// The page is not valid, and a later page says that it was durable.
    #[error("the page is not valid, yet offset {at} says that frame {durable_frame} is durable")]
    DurableAfter {
        /// Offset of the page that says so.
        at: u64,
        /// Frame it says is durable.
        durable_frame: u64,
    },
    /// The page is not valid, and there is data further on than one torn write can leave.
    #[error("the page is not valid, and data follows at offset {at}, beyond one torn frame")]
    DataAfter {
        /// Offset of a page that is not zero.
        at: u64,
    },
}
