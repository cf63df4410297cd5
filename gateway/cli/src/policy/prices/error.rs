//! Why there is no table of prices.

use std::io;
use std::path::{Path, PathBuf};

use gantry_model::Code;

use super::transport::SolverError;

/// A failed computation of prices.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PricesError {
    /// A linear program that always has an optimum was not solved.
    #[error("SKU {sku}: {source}; this is a bug, here or in the solver")]
    Solver {
        /// The SKU.
        sku: Code,
        /// What the solver did.
        source: SolverError,
    },
    /// The table cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
}

impl PricesError {
    pub(super) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_path_buf();
        move |source| Self::Write { path, source }
    }
}
