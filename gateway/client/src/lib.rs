//! Async Rust client of Gantry: batching, pipelining, reconnect and retry with the same ids.
