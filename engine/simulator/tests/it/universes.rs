//! Universes: they end without an objection, a seed decides everything, and a scenario survives
//! being written down.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use gantry_simulator::campaign::live_caught;
use gantry_simulator::marks::EXPECTED;
use gantry_simulator::scenario::Scenario;

const ITEMS: usize = 1_000;

#[test]
fn universes_end_without_an_objection_and_every_seed_decides_everything() {
    let mut crashes = 0;
    for seed in 1..=12 {
        let scenario = Scenario::draw(seed, ITEMS);
        let (first, second) = (live_caught(&scenario), live_caught(&scenario));
        assert_eq!(first.violation, None, "seed {seed}");
        assert_eq!(first.trace, second.trace, "two lives of seed {seed} differ");
        crashes += first.crashes;
    }
    assert!(crashes > 0, "nothing went wrong, so nothing was shown");
}

#[test]
fn a_scenario_that_was_written_down_is_the_same() {
    let scenario = Scenario::draw(3, 50);
    let text = serde_json::to_string(&scenario).unwrap();
    assert_eq!(serde_json::from_str::<Scenario>(&text).unwrap(), scenario);
}

/// Every mark in the code is expected, and every expected mark is in the code.
#[test]
fn the_marks_expected_are_those_of_the_code() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut found = BTreeSet::new();
    for folder in ["engine/src", "journal/src", "gateway/src"] {
        let mut files = Vec::new();
        collect(&root.join(folder), &mut files);
        for file in files {
            let text = fs::read_to_string(&file).unwrap();
            let names = text.split("mark!(\"").skip(1).filter_map(|rest| rest.split('"').next());
            found.extend(names.filter(|name| *name != "test of marks").map(str::to_owned));
        }
    }
    let expected: BTreeSet<_> = EXPECTED.iter().map(ToString::to_string).collect();
    found.remove("never passed");
    assert_eq!(found, expected);
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}
