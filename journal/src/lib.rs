//! Append-only, hash-chained log of opaque records in page-aligned batch frames.
//!
//! The crate knows record sequences, not orders. It owns no thread, clock or randomness: every
//! function is a step that the caller drives. The bytes are described in `docs/FORMAT.md`.

mod begin;
mod bookmark;
mod buffer;
mod disk;
mod error;
mod fault;
mod fault_storage;
mod folder;
mod journal;
mod layout;
mod mapping;
mod options;
mod page;
mod position;
mod prepare;
mod reader;
mod recover;
mod scan;
mod segment;
mod storage;
mod tail;
mod verify;

pub use bookmark::Bookmark;
pub use buffer::FrameBuffer;
pub use disk::FileStorage;
pub use error::{Damage, Fault, JournalError, VisitError};
pub use fault::{DiskCall, DiskError, DiskWhen, Faults, WrittenPages};
pub use fault_storage::FaultStorage;
pub use journal::{Appended, FrameFacts, Journal, JournalStats};
pub use layout::{
    FORMAT_VERSION, FRAME_BYTES_MAX, FRAME_HEADER_BYTES, PAGE_BYTES, PAYLOAD_BYTES_MAX,
    SEGMENT_BYTES_DEFAULT, SEGMENT_BYTES_MIN,
};
pub use options::{Durability, JournalOptions, WritePath};
pub use prepare::{PrepareStep, SegmentPreparer};
pub use reader::{JournalReader, TailReport};
pub use recover::{Opened, Recovery};
pub use scan::FrameView;
pub use storage::{FolderLock, NewFile, SegmentFile, SegmentRead, Storage, ZeroFile};
pub use verify::{VerifyReport, verify};
