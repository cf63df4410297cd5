//! Who may use whom: the arrows of ARCHITECTURE, proved from the manifests.

use std::process::Command;

use serde_json::Value;

use crate::assert_none;
use crate::repository::root;

/// What one of our crates may use.
struct Arrows {
    name: &'static str,
    /// Crates of ours that the crate itself uses.
    uses: &'static [&'static str],
    /// Crates of ours that only its tests use besides.
    tests_use: &'static [&'static str],
}

/// The arrows. A new one needs an ADR.
const ARROWS: &[Arrows] = &[
    Arrows { name: "gantry-model", uses: &[], tests_use: &[] },
    Arrows { name: "gantry-journal", uses: &[], tests_use: &[] },
    Arrows { name: "gantry-protocol", uses: &["gantry-model"], tests_use: &[] },
    Arrows { name: "gantry-client", uses: &["gantry-protocol", "gantry-model"], tests_use: &[] },
    Arrows { name: "gantry-engine", uses: &["gantry-model", "gantry-journal"], tests_use: &[] },
    Arrows {
        name: "gantry-gateway",
        // The journal's arrow: docs/adr/0006-gateway-drives-the-journal.md.
        uses: &["gantry-engine", "gantry-journal", "gantry-protocol", "gantry-model"],
        tests_use: &["gantry-client"],
    },
    Arrows {
        name: "gantry",
        uses: &[
            "gantry-gateway",
            "gantry-engine",
            "gantry-journal",
            "gantry-client",
            "gantry-protocol",
            "gantry-model",
        ],
        tests_use: &[],
    },
    Arrows {
        name: "gantry-loadtest",
        uses: &["gantry-client", "gantry-protocol", "gantry-model"],
        tests_use: &[],
    },
    Arrows {
        name: "gantry-bench",
        uses: &[
            "gantry-gateway",
            "gantry-engine",
            "gantry-journal",
            "gantry-client",
            "gantry-protocol",
            "gantry-model",
        ],
        tests_use: &[],
    },
    // On top of everything: it drives what the others are made of.
    Arrows {
        name: "gantry-simulator",
        uses: &[
            "gantry-gateway",
            "gantry-engine",
            "gantry-journal",
            "gantry-client",
            "gantry-protocol",
            "gantry-model",
        ],
        tests_use: &[],
    },
    // On top of everything, as the benchmarks are: it breaks what the others promise.
    Arrows {
        name: "gantry-faults",
        uses: &[
            "gantry-journal",
            "gantry-client",
            "gantry-protocol",
            "gantry-model",
            "gantry-engine",
            // Only to build it with its promises broken.
            "gantry-gateway",
        ],
        tests_use: &[],
    },
];

/// What would bring a runtime, a clock or randomness into the deterministic core.
const BANNED_IN_CORE: &[&str] =
    &["tokio", "async-std", "crossbeam", "rand", "rand_chacha", "chrono", "jiff", "time", "uuid"];
const CORE: &[&str] = &["gantry-model", "gantry-engine"];

struct Dependency {
    user: String,
    used: String,
    only_tests: bool,
}

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(root())
        .output()
        .expect("invariant: cargo runs the tests, so it is there");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("invariant: cargo prints JSON")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn dependencies(metadata: &Value) -> Vec<Dependency> {
    let packages = metadata["packages"].as_array().expect("invariant: metadata lists packages");
    let of = |package: &Value| -> Vec<Dependency> {
        let user = text(&package["name"]);
        let listed = package["dependencies"].as_array().cloned().unwrap_or_default();
        let dependency = |found: &Value| Dependency {
            user: user.clone(),
            used: text(&found["name"]),
            only_tests: found["kind"] == "dev",
        };
        listed.iter().map(dependency).collect()
    };
    packages.iter().flat_map(of).collect()
}

fn members(metadata: &Value) -> Vec<String> {
    let packages = metadata["packages"].as_array().expect("invariant: metadata lists packages");
    packages.iter().map(|package| text(&package["name"])).collect()
}

fn is_allowed(dependency: &Dependency) -> bool {
    let Some(arrows) = ARROWS.iter().find(|arrows| arrows.name == dependency.user) else {
        return false;
    };
    let used = dependency.used.as_str();
    arrows.uses.contains(&used) || (dependency.only_tests && arrows.tests_use.contains(&used))
}

#[test]
fn crates_use_each_other_only_along_the_arrows() {
    let metadata = metadata();
    let members = members(&metadata);
    assert!(members.len() >= ARROWS.len(), "cargo metadata lists {members:?}");
    let all = dependencies(&metadata);
    let ours = all.iter().filter(|dependency| members.contains(&dependency.used));
    let broken: Vec<_> = ours
        .filter(|dependency| !is_allowed(dependency))
        .map(|dependency| format!("{} uses {}", dependency.user, dependency.used))
        .collect();
    assert_none(&broken, "an arrow that ARCHITECTURE does not have (a new one needs an ADR)");
}

#[test]
fn every_crate_has_its_row_of_arrows() {
    let members = members(&metadata());
    let missing: Vec<_> = members
        .into_iter()
        .filter(|member| !ARROWS.iter().any(|arrows| arrows.name == member))
        .collect();
    assert_none(&missing, "a crate without a row in the table of arrows");
}

#[test]
fn the_core_has_no_runtime_clock_or_randomness() {
    let all = dependencies(&metadata());
    let broken: Vec<_> = all
        .iter()
        .filter(|dependency| !dependency.only_tests && CORE.contains(&dependency.user.as_str()))
        .filter(|dependency| BANNED_IN_CORE.contains(&dependency.used.as_str()))
        .map(|dependency| format!("{} uses {}", dependency.user, dependency.used))
        .collect();
    assert_none(&broken, "a dependency that could make two runs differ");
}

#[test]
fn every_crate_stands_behind_the_lint_wall() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().expect("invariant: metadata lists packages");
    let broken: Vec<_> = packages
        .iter()
        .map(|package| text(&package["manifest_path"]))
        .filter(|path| {
            !std::fs::read_to_string(path).unwrap().contains("[lints]\nworkspace = true")
        })
        .collect();
    assert_none(&broken, "a manifest that does not inherit the workspace's lints");
}
