//! Append-only, hash-chained log of opaque records in page-aligned batch frames.
//!
//! The crate knows record sequences, not orders. It owns no thread, clock or randomness: every
//! function is a step that the caller drives. The bytes are described in `docs/FORMAT.md`.

mod backup;
mod begin;
mod bookmark;
mod buffer;
mod compressed;
mod copy;
mod disk;
mod error;
mod fault;
mod fault_storage;
mod folder;
mod inspect;
mod journal;
mod layout;
mod manifest;
mod mapping;
mod mark;
mod options;
mod page;
mod position;
mod prepare;
mod reader;
mod recover;
mod repair;
pub mod sabotage;
mod scan;
mod segment;
mod shared;
mod storage;
mod tail;
mod trim;
mod verify;

pub use backup::{BackupReport, backup, backup_with, restore, restore_with};
pub use bookmark::Bookmark;
pub use buffer::FrameBuffer;
pub use compressed::{CompressedSegment, compress_next, compress_next_with};
pub use disk::FileStorage;
pub use error::{Damage, Fault, JournalError, VisitError};
pub use fault::{DiskCall, DiskError, DiskWhen, Faults, WrittenPages};
pub use fault_storage::FaultStorage;
pub use inspect::{Histogram, HistogramClass, Inspection, SegmentFacts, inspect, inspect_with};
pub use journal::{Appended, FrameFacts, Journal, JournalStats};
pub use layout::{
    FORMAT_VERSION, FRAME_BYTES_MAX, FRAME_HEADER_BYTES, PAGE_BYTES, PAYLOAD_BYTES_MAX,
    SEGMENT_BYTES_DEFAULT, SEGMENT_BYTES_MIN,
};
pub use mark::{Mark, marks_passed};
pub use options::{Durability, JournalOptions, WritePath};
pub use prepare::{PrepareStep, SegmentPreparer};
pub use reader::{JournalReader, TailReport};
pub use recover::{Opened, Recovery};
pub use repair::{RepairReport, repair, repair_with};
pub use scan::FrameView;
pub use storage::{FolderLock, NewFile, SegmentFile, SegmentRead, Storage, ZeroFile};
pub use trim::{TrimReport, trim, trim_with};
pub use verify::{VerifyReport, verify};
