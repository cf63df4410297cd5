//! The Gantry server as a library: sockets around sessions that own none, and threads around an
//! engine and a journal that own none.
//!
//! ```text
//! socket ─► connection ─► session ─► ingress ─► engine thread ─► handoff ─► journal thread
//!   ▲        (task)      (step fn)   (2 queues)   (pinned)      (batches)        │ synced
//!   └────────────── link (outbound buffer) ◄─ release ◄──────────────────────────┘
//! ```
//!
//! [`Server`] gives each loop a thread and each connection a socket. [`SteppedServer`] is the same
//! loops and connections without either, for whoever wants to decide what happens when.
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
mod host;
mod hub;
mod ingress;
mod journal_loop;
mod link;
mod loops;
mod memory_loop;
mod open;
mod options;
mod preparer_loop;
mod release;
mod server;
mod session;
mod shadow_loop;
mod socket;
mod stats;
mod stepped;
mod threads;
mod turn;

pub use clock::ClockBehind;
pub use error::ServerError;
pub use guard::panic_message;
pub use host::{Host, SystemHost, index_seed};
pub use ingress::SubmissionWatcher;
pub use memory_loop::MemoryThread;
pub use open::read_snapshot_ahead;
pub use options::{ArchiveOptions, OptionError, PORT_DEFAULT, ServerOptions};
pub use release::BatchWatcher;
pub use server::{OpenedFacts, Server, StopHandle, StopReport};
pub use session::{Farewell, RequestBundle, Session, SessionFacts, Step, StepOutput};
pub use socket::{Inlet, Outlet};
pub use stats::ServerStats;
pub use stepped::{Loop, SteppedServer};
pub use turn::Rest;
