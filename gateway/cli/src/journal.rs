//! `gantry journal verify`, `dump`, `inspect`: read-only, also beside a running server; `compress`, and
//! `repair`.

mod audit;
mod balances;
mod compress;
mod dump;
mod error;
mod inspect;
mod json;
mod repair;
mod tail;
mod text;
mod trim;
mod verify;
mod wanted;

pub(crate) use compress::compress;
pub(crate) use dump::dump;
pub(crate) use error::FolderError;
pub(crate) use inspect::inspect;
pub(crate) use repair::repair;
pub(crate) use tail::{note_start, note_tail};
pub(crate) use trim::trim;
pub(crate) use verify::verify;
