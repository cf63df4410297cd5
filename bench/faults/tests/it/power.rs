//! Power cuts on ext4 and xfs.

use std::process::Command;

use gantry_faults::power::{FileSystem, why_not};
use gantry_faults::programs::sibling;

use crate::support::can_run;

/// The campaign's own program does it, in a mount namespace that ends with it.
fn check(file_system: FileSystem, kind: &str, images: u64) {
    let lacks = why_not(file_system);
    if !can_run(kind, lacks.is_none(), lacks.as_deref().unwrap_or_default()) {
        return;
    }
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private"]).arg(sibling("campaign"));
    command.args([kind, "--runs", &images.to_string()]);
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}{complaint}");
    assert!(said.contains(&format!("images: {images},")), "{said}");
    assert!(said.contains("unmountable: 0,"), "{said}");
    println!("{said}");
}

#[test]
fn a_power_cut_on_ext4_loses_no_acknowledged_record() {
    check(FileSystem::Ext4, "power-ext4", 1_000);
}

#[test]
fn a_power_cut_on_xfs_loses_no_acknowledged_record() {
    check(FileSystem::Xfs, "power-xfs", 200);
}
