//! The deterministic heart of Gantry: state, decide, apply, sourcing, replay, and the step
//! function of the single writer.
//!
//! No thread, queue, socket or clock lives here: the gateway wraps [`Writer`] in a pinned thread,
//! tools drive a [`LocalInstance`], and time enters only as a value. `decide` reads the state and
//! fills a [`Decision`]; [`State::apply`] is the only code that changes it.

#![forbid(unsafe_code)]
#![deny(clippy::float_arithmetic)]

mod answer;
mod archive;
mod batch;
mod decide;
mod engine;
mod explain;
mod figures;
mod files;
mod instance;
mod replay;
mod snapshot;
mod sourcing;
mod state;
mod submission;
mod what_if;
mod writer;

pub use archive::{
    ArchiveError, ArchiveFacts, ArchiveFile, ArchiveFiles, ArchiveFolder, ArchiveLimits,
    ArchiveStep, Archived, ArchivedCommand, ArchivedOrder, Archivist, Moment, build_archive,
};
pub use batch::{ANSWER_BYTES_MAX, Batch, Outbox, OutboxReply};
pub use decide::{Decision, decide};
pub use engine::Engine;
pub use explain::{
    Explained, ExplainedCandidate, ExplainedPass, Explanation, MatchedUnits, RecordedOrder, Waited,
    WaitingUnits, explain_order, follow_waiting, visit_orders,
};
pub use figures::ProcessFigures;
pub use instance::{INSTANCE_SEGMENT_BYTES_MIN, Instance, InstanceError, LocalInstance};
pub use replay::{ReplayCheck, ReplayError, Replayed, replay_directory};
pub use snapshot::{
    RowsError, Shadow, SnapshotBuilder, SnapshotError, SnapshotFacts, SnapshotIndexer,
    SnapshotReader, SnapshotSection, Start, Trimmed, list_snapshots, read_snapshot, snapshot_facts,
    trim_instance, write_snapshot,
};
pub use sourcing::{Demand, Measure, Part, Plan, Problem, Scratch, Source, Take, solve};
pub use state::{
    AllocationRow, ArchiveRow, Archives, Bar, Books, Bundles, BySku, Candidate, Capacity,
    CapacityRow, Catalogue, Cell, CodeTable, DayLoad, Deadlines, DueRow, FirstAnswer, HeldRow,
    HoldRow, Holds, LinePromiseRow, LineRow, Matching, MemoryPreparer, Network, OrderDetailRow,
    OrderRow, Orders, PlaceRow, Policies, PolicyRow, PromisePart, Promises, Rejected, RejectedRow,
    ReviewRow, Reviews, SkuRow, State, Stock, Supplies, SupplyRow, Sweeping, UnitTotals,
    WarehouseRow, WarehouseUnits,
};
pub use submission::{RequestKind, Submission};
pub use what_if::{
    GapFigures, Unmapped, WarehouseFigures, WhatIf, WhatIfColumn, WhatIfError, WhatIfFigures,
    WhatIfPolicy, WhatIfPrice,
};
pub use writer::{Progress, Writer};
