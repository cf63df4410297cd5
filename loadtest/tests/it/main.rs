//! The load test as its user runs it: the real binary against a server that misbehaves on purpose.

mod fake;
mod runs;
