//! The rigs at work: what continuous integration asks of them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]
#![expect(clippy::print_stdout, reason = "a long test says what it did, a skipped one says so")]

mod bit_rot;
mod full_disk;
mod instance;
mod kills;
mod power;
mod processes;
mod sabotage;
mod steps;
mod stuck_disk;
mod support;
mod system_calls;
mod tools;
