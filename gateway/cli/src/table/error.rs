//! Faults of a file, worded for the person who wrote it: file, line, column, what was wrong and what
//! would be right.

use std::io;
use std::path::{Path, PathBuf};

/// A file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TableError {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A file is too large.
    #[error("{} has {bytes} bytes; at most {bytes_max} are read", path.display())]
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
}

impl TableError {
    pub(super) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_path_buf();
        move |source| Self::Read { path, source }
    }
}
