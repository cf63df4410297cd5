//! The memory of the process: what one universe gives back, the next one takes.

use std::env;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// After how many milliseconds the allocator gives memory back to the system; −1 = never.
const PURGE_DELAY: &str = "MIMALLOC_PURGE_DELAY";

/// Lets the allocator keep all memory that it has, unless somebody has said how long. It looks only
/// when the process begins, so this begins it again. A server starts thousands of times here, each
/// time with tables for a quarter of a million rows: a sixth of the time went into memory that the
/// system took back, cleared and gave again.
pub fn keep() {
    if env::var_os(PURGE_DELAY).is_some() {
        return;
    }
    let Ok(program) = env::current_exe() else { return };
    // Only an error comes back, and the process goes on as it is.
    let _ = Command::new(program).args(env::args_os().skip(1)).env(PURGE_DELAY, "-1").exec();
}
