//! `gantry replay`: names, sameness, and that a folder is only read.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::shop::{Ledger, Shop, keys};

#[test]
fn the_report_has_the_names_that_others_read() {
    let shop = Shop::tiny();
    shop.report(&[]);
    let replay = shop.replay();
    let mut names = [
        "records",
        "last_sequence",
        "orders",
        "open_orders",
        "units_on_hand",
        "units_allocated",
        "units_held",
        "units_backordered",
        "state_hash",
        "seconds",
        "records_per_second",
    ];
    names.sort_unstable();
    let mut found = keys(&replay);
    found.sort_unstable();
    assert_eq!(found, names);
    let figures = ["orders", "open_orders", "units_on_hand", "units_allocated", "units_held"];
    assert_eq!(figures.map(|name| replay[name].as_u64().unwrap()), [2, 2, 8, 7, 0]);
    assert_eq!(replay["units_backordered"], 3);
    assert_eq!(replay["records"], replay["last_sequence"]);
    let hash = replay["state_hash"].as_str().unwrap();
    assert!(hash.len() == 32 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()), "{hash}");
}

#[test]
fn deciding_again_comes_out_the_same() {
    for mode in ["backorder", "ship_complete", "take_available"] {
        let shop = Shop::sample();
        shop.report(&["--short", mode]);
        let verified = shop.read(&["replay"], &["--verify", "--json"]);
        assert_eq!(verified.code, Some(0), "{mode}: {verified:?}");
        assert_eq!(verified.json()["state_hash"], shop.replay()["state_hash"]);
    }
}

#[test]
fn a_replay_until_a_record_is_the_state_as_it_was_behind_it() {
    let shop = Shop::sample();
    shop.report(&[]);
    let whole = shop.replay();
    let last = whole["last_sequence"].as_u64().unwrap();
    for until in [1, last / 3, last / 2, last - 1, last, last + 1] {
        let until_text = until.to_string();
        let run = shop.read(&["replay"], &["--until", &until_text, "--json"]);
        assert_eq!(run.code, Some(0), "{run:?}");
        let replayed = run.json();
        assert_eq!(replayed["last_sequence"], until.min(last));
        Ledger::of(&shop.dump(&["--until", &until_text])).check_state(&replayed);
        assert_eq!(run.stderr.contains("ends with record"), until > last, "{run:?}");
        assert_eq!(replayed["state_hash"] == whole["state_hash"], until >= last);
    }
    let none = shop.read(&["replay"], &["--until", "0"]);
    assert_eq!(none.code, Some(2), "{none:?}");
}

#[test]
fn two_folders_with_the_same_orders_have_the_same_figures() {
    let (one, other) = (Shop::sample(), Shop::sample());
    assert_eq!(one.report(&[]), other.report(&[]));
    for name in ["orders", "units_on_hand", "units_allocated", "units_backordered"] {
        assert_eq!(one.replay()[name], other.replay()[name], "{name}");
    }
}

#[test]
fn tools_only_read() {
    let shop = Shop::tiny();
    shop.report(&[]);
    let before = files(&shop.data());
    shop.replay();
    shop.verify();
    shop.dump(&[]);
    assert_eq!(shop.read(&["what-if"], &["--policy", "balance"]).code, Some(0));
    assert_eq!(files(&shop.data()), before);
}

/// Every file below `directory`: its length and when it was written.
fn files(directory: &Path) -> BTreeMap<PathBuf, (u64, SystemTime)> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(directory).unwrap() {
        let (path, about) = entry.map(|entry| (entry.path(), entry.metadata().unwrap())).unwrap();
        if about.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path, (about.len(), about.modified().unwrap()));
        }
    }
    found
}
