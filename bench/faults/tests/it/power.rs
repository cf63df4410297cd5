//! Power cuts on ext4 and xfs.

use gantry_faults::power::{FileSystem, why_not};

use crate::support::{can_run, run_alone};

fn check(file_system: FileSystem, kind: &str, images: u64) {
    let lacks = why_not(file_system);
    if !can_run(kind, lacks.is_none(), lacks.as_deref().unwrap_or_default()) {
        return;
    }
    let said = run_alone(kind, images);
    assert!(said.contains("unmountable: 0"), "{said}");
}

#[test]
fn a_power_cut_on_ext4_loses_no_acknowledged_record() {
    check(FileSystem::Ext4, "power-ext4", 1_000);
}

#[test]
fn a_power_cut_on_xfs_loses_no_acknowledged_record() {
    check(FileSystem::Xfs, "power-xfs", 200);
}
