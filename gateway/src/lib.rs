//! The Gantry server as a library: sockets around sessions that own none, and threads around an
//! engine and a journal that own none.
//!
//! ```text
//! socket ─► connection ─► session ─► ingress ─► engine thread ─► handoff ─► journal thread
//!   ▲        (task)      (step fn)   (2 queues)   (pinned)      (batches)        │ synced
//!   └────────────── link (outbound buffer) ◄─ release ◄──────────────────────────┘
//! ```
//!
//! # Durability
//! Whatever tells of a state (an acceptance, a rejection, a duplicate, a read) is in the outbox of
//! the batch in which the engine wrote it, and a batch reaches the release only after its records
//! and all before them are synced. Only words that tell of no state leave at once: welcome, busy,
//! protocol errors, goodbye.
//!
//! # Panics
//! A panic on the engine, journal, release or preparer thread ends the process, and so does any
//! error of the journal: nothing more could be promised. A panic of a connection's task ends that
//! connection only, since it holds nothing that others rely on.

#![forbid(unsafe_code)]
#![deny(clippy::float_arithmetic)]

mod affinity;
mod archive_loop;
mod archive_shelf;
mod clock;
mod connection;
mod doorbell;
mod engine_loop;
mod error;
mod guard;
mod handoff;
mod hub;
mod ingress;
mod journal_loop;
mod link;
mod memory_loop;
mod open;
mod options;
mod preparer_loop;
mod release;
mod seed;
mod server;
mod session;
mod shadow_loop;
mod stats;
mod threads;

pub use clock::ClockBehind;
pub use error::ServerError;
pub use memory_loop::MemoryThread;
pub use open::read_snapshot_ahead;
pub use options::{ArchiveOptions, OptionError, PORT_DEFAULT, ServerOptions};
pub use seed::index_seed;
pub use server::{OpenedFacts, Server, StopHandle, StopReport};
pub use session::{Farewell, RequestBundle, Session, SessionFacts, Step, StepOutput};
pub use stats::ServerStats;
