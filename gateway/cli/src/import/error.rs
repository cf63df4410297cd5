//! What can go wrong in an import, worded for the person who wrote the files.
//!
//! Every fault of a file names file, line, column, what was wrong and what would be right.

use std::io;
use std::path::{Path, PathBuf};

use gantry_journal::JournalError;

/// A failed import. Up to [`Self::Open`] nothing was changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImportError {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A file is larger than an import takes.
    #[error("{} has {bytes} bytes; an import takes files of at most {bytes_max} bytes", path.display())]
    FileTooLong {
        /// The file.
        path: PathBuf,
        /// Its length.
        bytes: u64,
        /// The bound.
        bytes_max: u64,
    },
    /// The first line lacks a column, or names it twice.
    #[error("{}: line 1: column {column} {wrong}; right would be a first line with {expected}", file.display())]
    Column {
        /// The file.
        file: PathBuf,
        /// The column.
        column: &'static str,
        /// What is wrong with it.
        wrong: &'static str,
        /// All columns that are needed.
        expected: String,
    },
    /// A row that is not a row of this table.
    #[error("{}: line {line}: {problem}", file.display())]
    Row {
        /// The file.
        file: PathBuf,
        /// The line on which the row begins, from 1.
        line: u64,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// A field that cannot be.
    #[error("{}: line {line}: column {column}: {wrong}; right would be {right}", file.display())]
    Cell {
        /// The file.
        file: PathBuf,
        /// The line on which the row begins, from 1.
        line: u64,
        /// The column.
        column: &'static str,
        /// What was found.
        wrong: String,
        /// What would be right.
        right: String,
    },
    /// The data folder cannot be opened; the journal's own words say why.
    #[error(transparent)]
    Open(JournalError),
    /// The journal failed in the middle of an import; running the import again completes it.
    #[error("{0}; running the same import again goes on where it stopped")]
    Journal(#[from] JournalError),
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

impl ImportError {
    pub(super) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_path_buf();
        move |source| Self::Read { path, source }
    }

    pub(super) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_path_buf();
        move |source| Self::Write { path, source }
    }
}
