//! The load test as its user runs it: the real binary against a server that misbehaves on purpose.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic, in its helpers too")]

mod fake;
mod runs;
