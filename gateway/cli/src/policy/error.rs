//! Why a policy cannot be used, worded for the person who wrote it.

use std::io;
use std::path::PathBuf;

use gantry_engine::InstanceError;
use gantry_model::{Code, Namespace};

use crate::table::TableError;

/// A policy that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PolicyError {
    /// Neither the name of an objective nor a file.
    #[error(
        "cannot read policy {}: {source}; without a file a policy is one of {objectives}",
        path.display()
    )]
    Read {
        /// The file.
        path: PathBuf,
        /// Names that mean a policy without a file.
        objectives: String,
        /// The system's answer.
        source: io::Error,
    },
    /// The file is not TOML, or has a key that policies do not.
    #[error("{}: line {line}: {problem}", path.display())]
    Toml {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// The parser's words.
        problem: String,
    },
    /// A key says what cannot be.
    #[error("{policy}: key {key}: {wrong}; right would be {right}")]
    Key {
        /// The file.
        policy: String,
        /// The key.
        key: &'static str,
        /// What is wrong.
        wrong: String,
        /// What would be right.
        right: String,
    },
    /// The file of shadow prices cannot be used.
    #[error(transparent)]
    Prices(#[from] TableError),
    /// A code that nobody defined.
    #[error("{policy}: there is no {} `{code}`; codes are case-sensitive", namespace.name())]
    Unknown {
        /// The file.
        policy: String,
        /// The table that was searched.
        namespace: Namespace,
        /// The code.
        code: Code,
    },
    /// The engine says no.
    #[error("{policy}: the engine refused {command}: {reason}")]
    Refused {
        /// The file.
        policy: String,
        /// The command's name.
        command: &'static str,
        /// Why.
        reason: &'static str,
    },
    /// The journal or the archive failed.
    #[error(transparent)]
    Instance(#[from] InstanceError),
}
