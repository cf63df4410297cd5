//! The product holds nothing of what breaks promises on purpose.

use std::process::Command;

use gantry_faults::programs::sibling;
use gantry_journal::sabotage::Sabotage;
use serde_json::Value;

/// What every sabotaged program holds; `sabotaged show` asserts that of itself.
const WORD: &[u8] = b"GANTRY_SABOTAGE";

#[test]
fn the_binary_holds_no_sabotage() {
    let bytes = std::fs::read(sibling("gantry")).unwrap();
    assert!(bytes.len() > 1_000_000);
    let names = Sabotage::ALL.map(Sabotage::name);
    for word in names.iter().map(|name| name.as_bytes()).chain([WORD]) {
        let found = bytes.windows(word.len()).any(|window| window == word);
        assert!(!found, "{}", String::from_utf8_lossy(word));
    }
}

#[test]
fn no_crate_but_this_one_asks_for_the_feature() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let has_word = |features: &Value| features.to_string().contains("sabotage");
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 8);
    for package in packages.iter().filter(|package| package["name"] != "gantry-faults") {
        assert!(!has_word(&package["features"]["default"]), "{} by default", package["name"]);
        for dependency in package["dependencies"].as_array().unwrap() {
            assert!(!has_word(&dependency["features"]), "{}: {dependency}", package["name"]);
        }
    }
    let faults = packages.iter().find(|package| package["name"] == "gantry-faults").unwrap();
    assert!(!has_word(&faults["features"]["default"]), "by default");
}
