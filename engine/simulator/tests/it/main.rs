//! The oracle against the engine, and against records and replies that were spoiled.
#![allow(clippy::unwrap_used, reason = "a test stops at the first thing it did not expect")]

mod alone;
mod differential;
mod run;
mod spoiled;
