//! The archive: closed orders and old command ids in immutable files, so that memory follows open
//! orders.
//!
//! A file is built from any engine that has seen enough ([`build_archive`]), verified whole when
//! it is opened, and read by position afterwards. Only then do journaled records let the rows go.
//! The engine's thread reads no file: whoever asks it looks ids up first and attaches what was
//! found. `docs/FORMAT.md` holds the bytes, `docs/adr/0010-closed-orders-leave-memory.md` why.

mod archivist;
mod build;
mod error;
mod file;
mod files;
mod filter;
mod folder;
mod image;
mod known;
mod layout;
mod moment;

pub use archivist::{ArchiveStep, Archivist};
pub use build::{ArchiveLimits, build_archive};
pub use error::ArchiveError;
pub use file::{ArchiveFacts, ArchiveFile};
pub use files::ArchiveFiles;
pub use folder::ArchiveFolder;
pub use image::{Archived, ArchivedCommand, ArchivedOrder};
pub(crate) use known::Known;
pub use moment::Moment;
