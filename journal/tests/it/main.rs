//! One integration binary: the journal from outside, on real files of the build folder.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]
#![expect(clippy::print_stdout, reason = "a skipped write path is named, not hidden")]

mod backup;
mod bookmark;
mod combinations;
mod compressed;
mod faults;
mod format;
mod golden;
mod inspect;
mod random;
mod reader;
mod recovery;
mod repair;
mod roundtrip;
mod support;
mod term;
