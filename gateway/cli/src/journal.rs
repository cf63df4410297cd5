//! `gantry journal verify` and `gantry journal dump`: read-only, also beside a running server.

mod audit;
mod dump;
mod error;
mod json;
mod tail;
mod text;
mod verify;
mod wanted;

pub(crate) use dump::dump;
pub(crate) use error::FolderError;
pub(crate) use tail::note_tail;
pub(crate) use verify::verify;
