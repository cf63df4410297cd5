//! Snapshots: the rows of a state in one file, so that a start need not replay from record 1.
//!
//! `save_v1` turns a state into sections of archived rows (`rows_v1`), `restore_v1` and `index_v1`
//! turn them back; `write` and `read` put sections into a file and take them out, hashed. The bytes are in
//! `docs/FORMAT.md`. Nothing here owns a thread or a clock.

mod error;
mod floor;
mod folder;
mod index_v1;
mod layout;
mod names;
mod read;
mod restore_v1;
mod rows_v1;
mod save_v1;
mod shadow;
mod start;
mod write;

pub use error::{RowsError, SnapshotError};
pub use floor::{Trimmed, trim_instance};
pub use folder::list_snapshots;
pub use read::{
    SnapshotBuilder, SnapshotFacts, SnapshotIndexer, SnapshotReader, SnapshotSection,
    read_snapshot, snapshot_facts,
};
pub use shadow::Shadow;
pub use start::Start;
pub use write::write_snapshot;
