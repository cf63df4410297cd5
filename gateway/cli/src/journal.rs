//! `gantry journal verify` and `gantry journal dump`: read-only, also beside a running server.

mod audit;
mod dump;
mod error;
mod json;
mod text;
mod verify;

pub(crate) use dump::dump;
pub(crate) use error::FolderError;
pub(crate) use verify::verify;
