//! Scenarios that once showed something: they are lived for ever.

use std::fs;
use std::path::Path;

use gantry_simulator::campaign::live_caught;
use gantry_simulator::scenario::Scenario;

#[test]
fn what_once_showed_something_ends_without_an_objection() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    let (mut lived, mut objections) = (0, Vec::new());
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let scenario: Scenario = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        objections.extend(live_caught(&scenario).violation.map(|what| (path, what)));
        lived += 1;
    }
    assert!(objections.is_empty(), "{objections:#?}");
    assert!(lived > 10, "{lived} scenarios");
}
