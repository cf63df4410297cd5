//! Tests of the layouts: golden bytes of every schema, and bytes that are not quite right.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod golden;
mod malformed;
mod samples;
