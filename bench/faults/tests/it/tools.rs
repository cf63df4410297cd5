//! The tools that work on a journal's files, stopped at every system call.

use gantry_faults::judge::Case;
use gantry_faults::system_calls::{Fault, strace_is_there, sweep};
use gantry_faults::tools::{Tool, Working};
use gantry_journal::WritePath;

use crate::support::{can_run, expect};

/// Calls that write, read or name something.
const TO_FAIL: &[&str] = &[
    "fallocate",
    "fdatasync",
    "fsync",
    "ftruncate",
    "mkdir",
    "msync",
    "openat",
    "pread64",
    "pwrite64",
    "rename",
    "unlink",
];

fn stop_everywhere(fault: Fault, only: fn(&str) -> bool) {
    if !can_run("tools stopped at every system call", strace_is_there(), "strace") {
        return;
    }
    for tool in Tool::ALL {
        let working = Working { tool, case: Case::new(1, WritePath::Mapped) };
        let swept = expect(sweep(&working, fault, only));
        println!("{tool:?}, {fault:?}: {swept:?}");
        assert!(swept.faults > 50, "{swept:?}");
    }
}

#[test]
fn a_tool_killed_at_any_system_call_loses_nothing_and_can_be_begun_again() {
    stop_everywhere(Fault::Kill, |_| true);
}

#[test]
fn a_tool_that_met_an_error_at_any_system_call_loses_nothing_and_can_be_begun_again() {
    stop_everywhere(Fault::ErrorOnce("EIO"), |call| TO_FAIL.contains(&call));
}
