//! Disks that are full at another point each time, and then have room again.

use crate::support::{can_run, run_alone};

#[test]
fn a_full_disk_loses_nothing_and_the_writer_goes_on_when_there_is_room() {
    let root = rustix::process::geteuid().is_root();
    if can_run("full disks", root, "root, to mount small file systems") {
        run_alone("full-disks", 60);
    }
}
