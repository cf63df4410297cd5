//! `gantry journal trim`: a journal without its beginning is still served, checked and read.

use std::path::Path;
use std::time::Duration;

use gantry_client::new_id;
use serde_json::Value;

use crate::process::{Run, Server, run};
use crate::shop::Ledger;
use crate::storefront::{connect, place, set_up};

/// Lone orders, of which each takes a page: 510 fill a segment of 2 MiB.
const ORDERS: usize = 400;

fn tool(words: &[&str], directory: &Path, options: &[&str]) -> Run {
    let directory = [directory.to_str().unwrap()];
    run(words.iter().chain(&directory).chain(options))
}

fn json(words: &[&str], directory: &Path) -> Value {
    let run = tool(words, directory, &["--json"]);
    assert_eq!(run.code, Some(0), "{words:?}: {run:?}");
    run.json()
}

fn dump(directory: &Path, options: &[&str]) -> Vec<Value> {
    let run = tool(&["journal", "dump", "--json"], directory, options);
    assert_eq!(run.code, Some(0), "{run:?}");
    run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

const HOLD: &str = "0197a3c0-7f00-7000-8000-00000000001d";
const SUPPLY: &str = "0197a3c0-7f00-7000-8000-000000000050";

/// A hold, a promise, orders, a snapshot, orders, a snapshot, orders, the hold's release, the promise
/// broken: over several segments.
fn make_journal(directory: &Path) {
    let server = Server::start(directory, &[]);
    set_up(&server);
    let hold = ["hold", "place", "--owner", HOLD, "--id", HOLD, "--warehouse", "A"];
    server.json(&[&hold[..], &["--ttl", "7d", "--line", "MUG:2"]].concat());
    server.json(&["sku", "set", "CUP"]);
    server.json(&["supply", "expect", "CUP", "A", "5", "--eta", "+3d", "--id", SUPPLY]);
    let order = ["order", "place", "--zone", "1", "--line", "CUP:2", "--reference", "WAITS"];
    let order = server.json(&order)["order_id"].as_str().unwrap().to_owned();
    for _ in 0..2 {
        place_orders(&server, 2 * ORDERS);
        let refused = tool(&["journal", "trim"], directory, &[]);
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(refused.stderr.contains("gantry snapshot make"), "{refused:?}");
        json(&["snapshot", "make"], directory);
    }
    place_orders(&server, ORDERS);
    server.json(&["hold", "release", HOLD]);
    let later = server.json(&["supply", "change", SUPPLY, "--eta", "+5d"])["eta_time_ns"].clone();
    let is_broken = (0..500).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        let shown = server.json(&["order", "show", &order]);
        shown["lines"][0]["promised_time_ns"] == later
    });
    assert!(is_broken, "the promise is not made again");
    server.signal(rustix::process::Signal::TERM);
}

fn place_orders(server: &Server, count: usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = connect(server).await;
        for _ in 0..count {
            assert!(place(&client, new_id()).await.is_success());
        }
    });
}

#[test]
fn a_trimmed_journal_is_served_verified_replayed_and_dumped_from_its_balances_on() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("shop");
    make_journal(&directory);
    let (whole, before) = (dump(&directory, &[]), json(&["replay"], &directory));

    let trimmed = json(&["journal", "trim"], &directory);
    assert!(trimmed["segments"].as_u64().unwrap() >= 1, "{trimmed}");
    let first = trimmed["first_sequence"].as_u64().unwrap();
    let again = json(&["journal", "trim"], &directory);
    assert_eq!((&again["segments"], &again["first_sequence"]), (&0.into(), &first.into()));

    let after = json(&["replay"], &directory);
    assert_eq!(after["state_hash"], before["state_hash"]);
    let verified = json(&["journal", "verify"], &directory);
    assert_eq!(verified["units_allocated"], before["units_allocated"]);
    assert_eq!(verified["last_sequence"], before["last_sequence"]);

    let rest = dump(&directory, &[]);
    let behind = usize::try_from(first - 1).unwrap();
    assert_eq!(rest[1..], whole[behind..], "the records that are left, with the same names");
    let released = rest.iter().find(|record| record["command"]["type"] == "release_hold").unwrap();
    assert_eq!(released["movements"][0]["hold"], HOLD, "placed by a record that is gone");
    let broken = json(&["supply", "broken"], &directory);
    assert_eq!((&broken["order"], &broken["units"]), (&"WAITS".into(), &2.into()), "{broken}");
    let dates = ["old_promise_time_ns", "new_promise_time_ns"].map(|name| broken[name].as_u64());
    assert!(dates[0].is_some() && dates[0] < dates[1], "promised by a record that is gone");
    let balances = &rest[0]["balances"];
    assert_eq!(balances["units_held"], 2);
    assert_eq!(balances["sequence"], first - 1);
    Ledger::of(&whole[..behind]).check_balances(balances);

    let early = tool(&["replay"], &directory, &["--until", "1"]);
    assert_eq!(early.code, Some(1), "{early:?}");
    assert!(early.stderr.contains(&format!("begins with record {first}")), "{early:?}");
    let server = Server::start(&directory, &[]);
    assert_eq!(server.json(&["stats"])["state_hash"], before["state_hash"]);
}
