//! The client against a server that misbehaves on purpose.

#![allow(
    clippy::unwrap_used,
    reason = "test code; clippy exempts test functions only, not their helpers"
)]

mod answers;
mod connection;
mod fake;
mod retries;
mod shutdown;
