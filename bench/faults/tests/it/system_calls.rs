//! A fault at every system call.

use gantry_faults::driver::Io;
use gantry_faults::scenario::Scenario;
use gantry_faults::system_calls::{Fault, strace_is_there, sweep};

use crate::support::{can_run, expect};

#[test]
fn a_kill_at_any_system_call_of_append_and_roll_loses_nothing() {
    if !can_run("kill at every system call", strace_is_there(), "strace") {
        return;
    }
    for io in Io::ALL {
        for scenario in
            [Scenario::creation(1, io.write_path()), Scenario::recovery(2, io.write_path())]
        {
            let swept = expect(sweep(&scenario, Fault::Kill, |_| true));
            println!("{}: {swept:?}", io.name());
            assert!(swept.faults > 50, "{swept:?}");
        }
    }
}

/// What must never fail without ending the run: everything that says that bytes are safe.
const NEVER_SHRUGGED_OFF: &[&str] = &[
    "fallocate",
    "fdatasync",
    "flock",
    "fsync",
    "ftruncate",
    "getdents64",
    "mkdir",
    "msync",
    "openat",
    "pread64",
    "rename",
    "statfs",
    "unlink",
];

/// Errors at every call that `only` wants, once and for ever; none of `never` may be shrugged off.
fn sweep_errors(io: Io, error: &'static str, only: fn(&str) -> bool, never: &[&str]) {
    let scenarios = [
        (Fault::ErrorOnce(error), Scenario::recovery(3, io.write_path())),
        (Fault::ErrorForEver(error), Scenario::creation(4, io.write_path())),
    ];
    for (fault, scenario) in scenarios {
        let swept = expect(sweep(&scenario, fault, only));
        println!("{} {fault:?}: {swept:?}", io.name());
        for call in never {
            assert!(!swept.shrugged_off.contains_key(*call), "{call} failed and nobody minded");
        }
    }
}

#[test]
fn a_failed_system_call_is_never_followed_by_a_lie() {
    if !can_run("EIO at every system call", strace_is_there(), "strace") {
        return;
    }
    sweep_errors(Io::Mapped, "EIO", |_| true, NEVER_SHRUGGED_OFF);
    // Here the write is the sync; on the other path it may be a hint.
    let never = [NEVER_SHRUGGED_OFF, &["pwrite64"]].concat();
    sweep_errors(Io::Direct, "EIO", |_| true, &never);
}

#[test]
fn a_full_disk_at_any_system_call_loses_nothing() {
    if !can_run("ENOSPC at every system call", strace_is_there(), "strace") {
        return;
    }
    let may_need_room = |call: &str| {
        ["openat", "mkdir", "rename", "fallocate", "ftruncate", "pwrite64", "fsync", "msync"]
            .contains(&call)
    };
    // A spare that could not be made is made later; a frame is never without its sync.
    Io::ALL.into_iter().for_each(|io| sweep_errors(io, "ENOSPC", may_need_room, &["msync"]));
}
