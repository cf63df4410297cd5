//! Disks that hang under a server.

use gantry_faults::power::{FileSystem, why_not};

use crate::support::{can_run, run_alone};

#[test]
fn on_a_disk_that_hangs_nothing_is_answered_too_early_and_nothing_is_lost() {
    let lacks = why_not(FileSystem::Xfs);
    if can_run("disks that hang", lacks.is_none(), lacks.as_deref().unwrap_or_default()) {
        // One on each write path; who is told busy, and who waits, is told too.
        let said = run_alone("stuck-disk", 2);
        assert!(said.contains("hangs: 4"), "{said}");
    }
}
