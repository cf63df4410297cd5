//! The deterministic heart of Gantry: state, decide, apply, sourcing, replay, and the step
//! function of the single writer.
//!
//! No thread, queue, socket or clock lives here: the gateway wraps [`Writer`] in a pinned thread,
//! tools drive [`LocalInstance`], and time enters only as a value.

#![forbid(unsafe_code)]
#![deny(clippy::float_arithmetic)]

mod batch;
mod submission;

pub use batch::{Batch, Outbox, OutboxReply};
pub use submission::{RequestKind, Submission};
