//! What a rig needs of the machine, and what its tests do where that is missing.

use std::process::Command;

use gantry_faults::judge::Violation;
use gantry_faults::programs::sibling;

/// Whether a rig can run. Where it cannot, the test says why and passes; in continuous integration
/// as root with FUSE, where the rest can be installed, it fails.
pub(crate) fn can_run(name: &str, is_there: bool, needs: &str) -> bool {
    if is_there {
        return true;
    }
    let must = std::env::var_os("CI").is_some_and(|value| value == "true")
        && rustix::process::geteuid().is_root()
        && std::path::Path::new("/dev/fuse").exists();
    assert!(!must, "{name} must run here and cannot: it needs {needs}");
    println!("skipped {name}: it needs {needs}");
    false
}

/// Runs a kind of campaign in a mount namespace that ends with it; what it said.
pub(crate) fn run_alone(kind: &str, runs: u64) -> String {
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private"]).arg(sibling("campaign"));
    let output = command.args([kind, "--runs", &runs.to_string()]).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}{complaint}");
    assert!(said.contains(&format!("| {runs} |")), "{said}");
    println!("{said}");
    said
}

/// The result, or a panic with the violation.
pub(crate) fn expect<T>(result: Result<T, Violation>) -> T {
    result.unwrap_or_else(|violation| panic!("{violation}"))
}
