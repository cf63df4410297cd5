//! `gantry snapshot`: by hand, beside a server, and what a start says of it.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::process::{Run, Server, run};
use crate::shop::Shop;

fn snapshot(verb: &str, folder: &Path) -> Run {
    let words = ["snapshot", verb, "--json"].map(AsRef::as_ref);
    run(words.into_iter().chain([folder.as_os_str()]))
}

fn done(verb: &str, folder: &Path) -> Value {
    let run = snapshot(verb, folder);
    assert_eq!(run.code, Some(0), "{run:?}");
    run.json()
}

fn newest(folder: &Path) -> PathBuf {
    PathBuf::from(done("list", folder)["snapshots"][0]["file"].as_str().unwrap())
}

#[test]
fn a_snapshot_made_by_hand_is_what_the_next_start_begins_with() {
    let shop = Shop::sample();
    shop.report(&[]);
    let folder = shop.data();
    assert_eq!(done("list", &folder)["snapshots"], Value::Array(Vec::new()));
    let made = done("make", &folder);
    assert_eq!(made["state_hash"], shop.replay()["state_hash"]);
    assert_eq!(done("make", &folder), made, "nothing has come since");
    assert_eq!(done("verify", &folder)["snapshots"], Value::Array(vec![made.clone()]));
    let server = Server::start(&folder, &[]);
    assert!(server.log().contains(&format!("snapshot={}", made["sequence"])), "{}", server.log());
    assert!(server.log().contains("records=0"), "{}", server.log());
    server.kill();
    let server = Server::start(&folder, &["--full-replay"]);
    assert!(server.log().contains("snapshot=0 "), "{}", server.log());
}

#[test]
fn beside_a_running_server_a_snapshot_knows_what_was_durable() {
    let shop = Shop::sample();
    shop.report(&[]);
    let folder = shop.data();
    let before = shop.replay()["last_sequence"].as_u64().unwrap();
    let server = Server::start(&folder, &[]);
    for number in 0..3 {
        server.json(&["stock", "receive", "SKU-001", "BER", "5"]);
        let made = done("make", &folder);
        // A frame is durable for others once something stands behind it: the seal, most likely.
        assert!(made["sequence"].as_u64().unwrap() >= before + number, "{made}");
    }
    server.kill();
    assert_eq!(done("verify", &folder)["snapshots"].as_array().unwrap().len(), 2);
}

#[test]
fn a_damaged_snapshot_is_told_and_the_start_falls_back() {
    let shop = Shop::tiny();
    shop.report(&[]);
    let folder = shop.data();
    done("make", &folder);
    let path = newest(&folder);
    let mut bytes = fs::read(&path).unwrap();
    bytes[5_000] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let verified = snapshot("verify", &folder);
    assert_eq!(verified.code, Some(1), "{verified:?}");
    assert!(verified.stderr.contains("cannot be used"), "{verified:?}");
    assert!(verified.json()["snapshots"][0]["error"].as_str().unwrap().contains("offset"));
    let server = Server::start(&folder, &[]);
    assert!(server.log().contains("A SNAPSHOT CANNOT BE USED"), "{}", server.log());
}

#[test]
fn a_folder_that_is_no_journal_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let refused = snapshot("make", folder.path());
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("not a Gantry journal"), "{refused:?}");
    assert!(fs::read_dir(folder.path()).unwrap().next().is_none());
}
