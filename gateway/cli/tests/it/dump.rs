//! `gantry journal dump` and `verify`: names, order, and that everything can be recomputed.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use crate::process::{Server, command};
use crate::shop::{Ledger, Shop, keys, text};

const LEDGER_SKU: &str = "SKU-001";

#[test]
fn every_figure_can_be_recomputed_from_a_dump() {
    let shop = Shop::sample();
    let report = shop.report(&[]);
    let ledger = Ledger::of(&shop.dump(&[]));
    ledger.check_report(&report);
    ledger.check_state(&shop.replay());
    ledger.check_state(&shop.verify());
}

#[test]
fn records_have_the_names_that_others_read() {
    let shop = Shop::sample();
    shop.report(&["--short", "take_available"]);
    let dump = shop.dump(&[]);
    let top = BTreeSet::from(["sequence", "time_ns", "actor", "command", "outcome", "movements"]);
    let mut kinds = BTreeSet::new();
    for record in &dump {
        assert_eq!(BTreeSet::from_iter(keys(record)), top, "{record}");
        assert!(record["command"]["id"].is_string(), "every command shows its id: {record}");
        kinds.insert(text(&record["command"]["type"]));
        check_outcome(&record["outcome"]);
        record["movements"].as_array().unwrap().iter().for_each(check_movement);
    }
    let expected = [
        "place_order",
        "receive",
        "set_costs",
        "upsert_channel",
        "upsert_sku",
        "upsert_warehouse",
        "upsert_zone",
    ];
    assert!(kinds.iter().eq(expected.iter()), "{kinds:?}");
    let placed = dump.iter().find(|record| record["command"]["type"] == "place_order").unwrap();
    for name in ["type", "order", "order_id", "zone", "short", "lines"] {
        assert!(!placed["command"][name].is_null(), "{name}: {placed}");
    }
    assert_eq!(placed["command"]["short"], "take_available");
    let rejected = dump.iter().find(|record| record["outcome"]["status"] == "rejected").unwrap();
    let short = &rejected["outcome"]["shorts"][0];
    let names = BTreeSet::from(["line", "sku", "wanted", "available"]);
    assert_eq!(BTreeSet::from_iter(keys(short)), names, "{rejected}");
    assert_eq!(short["sku"], rejected["command"]["lines"][0]["sku"]);
}

fn check_outcome(outcome: &Value) {
    for name in ["status", "reason", "cost_cents", "parcels"] {
        assert!(outcome.get(name).is_some(), "{name} is always there: {outcome}");
    }
    match outcome["status"].as_str() {
        Some("accepted") => {
            assert!(outcome["reason"].is_null(), "{outcome}");
            let [proof, gap, handle] = ["proof", "gap", "handle"].map(|name| outcome.get(name));
            assert_eq!(proof.is_some(), gap.is_some(), "{outcome}");
            assert!(proof.is_none() || handle.is_none(), "a plan has no handle: {outcome}");
        }
        Some("rejected") => assert_eq!(outcome["reason"], "out_of_stock", "{outcome}"),
        _ => panic!("{outcome}"),
    }
}

fn check_movement(movement: &Value) {
    let names = BTreeSet::from([
        "kind",
        "sku",
        "warehouse",
        "order",
        "order_id",
        "line",
        "quantity",
        "reason",
    ]);
    assert_eq!(BTreeSet::from_iter(keys(movement)), names, "{movement}");
    assert!(text(&movement["sku"]).starts_with("SKU-"), "SKUs stand by code: {movement}");
    assert!(movement["quantity"].as_i64() > Some(0), "{movement}");
}

#[test]
fn a_part_of_a_dump_is_the_same_as_in_the_whole() {
    let shop = Shop::tiny();
    shop.report(&[]);
    let whole = shop.dump(&[]);
    let until = (whole.len() - 1).to_string();
    assert_eq!(shop.dump(&["--from", "3", "--until", &until]), whole[2..whole.len() - 1]);
    assert_eq!(shop.dump(&["--from", "100000"]), Vec::<Value>::new());
}

/// Whether the JSON of a record has `value` under `name` anywhere.
fn mentions(record: &Value, name: &str, value: &Value) -> bool {
    match record {
        Value::Object(fields) => fields
            .iter()
            .any(|(key, field)| key == name && field == value || mentions(field, name, value)),
        Value::Array(items) => items.iter().any(|item| mentions(item, name, value)),
        _ => false,
    }
}

#[test]
fn a_dump_of_one_order_or_one_sku_is_what_the_whole_says_of_it() {
    let shop = Shop::sample();
    shop.report(&[]);
    let whole = shop.dump(&[]);
    let placed: Vec<_> = whole.iter().filter(|it| it["command"]["type"] == "place_order").collect();
    let order = &placed[placed.len() / 2]["command"];
    let of = |name: &str, value: &Value| -> Vec<Value> {
        whole.iter().filter(|record| mentions(record, name, value)).cloned().collect()
    };
    let by_id = shop.dump(&["--order", &text(&order["order_id"])]);
    assert_eq!(by_id, of("order_id", &order["order_id"]));
    assert_eq!(shop.dump(&["--order", &text(&order["order"])]), by_id, "by the shop's number");
    let sku = &order["lines"][0]["sku"];
    let by_sku = shop.dump(&["--sku", &text(sku)]);
    assert_eq!(by_sku, of("sku", sku));
    assert!(by_sku.len() > 2 && by_sku.len() < whole.len(), "{}", by_sku.len());
    let both = shop.dump(&["--sku", &text(sku), "--order", &text(&order["order_id"])]);
    assert_eq!(both, by_id);
    assert_eq!(shop.dump(&["--order", "no such order"]), Vec::<Value>::new());
}

#[test]
fn people_get_a_table() {
    let shop = Shop::tiny();
    shop.report(&[]);
    let dumped = shop.read(&["journal", "dump"], &[]);
    assert_eq!(dumped.code, Some(0), "{dumped:?}");
    for words in [
        "place_order A-1 to zone 1, backorder: 2 parcels for 1275 cents, proven optimal",
        "allocated 5 of MUG at BER",
    ] {
        assert!(dumped.stdout.contains(words), "{words}: {}", dumped.stdout);
    }
}

#[test]
fn a_reader_that_has_seen_enough_ends_the_dump_quietly() {
    let shop = Shop::sample();
    shop.report(&[]);
    let data = shop.data();
    let mut dump = command(["journal", "dump", "--json", data.to_str().unwrap()]);
    let mut child = dump.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = [0; 100];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert!(ended.stderr.is_empty(), "{ended:?}");
}

#[test]
fn one_flipped_bit_is_found_and_named() {
    let shop = Shop::sample();
    shop.report(&[]);
    let segments = shop.data().join("segments");
    let segment = fs::read_dir(segments).unwrap().next().unwrap().unwrap().path();
    let mut bytes = fs::read(&segment).unwrap();
    bytes[20_000] ^= 1;
    fs::write(&segment, &bytes).unwrap();
    for words in [&["journal", "verify"][..], &["journal", "dump"], &["replay"]] {
        let read = shop.read(words, &["--json"]);
        assert_eq!(read.code, Some(1), "{words:?}: {read:?}");
        let name = segment.file_name().unwrap().to_str().unwrap();
        assert!(read.stderr.contains("damaged") && read.stderr.contains(name), "{read:?}");
    }
    assert_eq!(fs::read(&segment).unwrap(), bytes, "nothing is repaired behind one's back");
    assert_eq!(shop.import(&[]).code, Some(1), "and nothing is added to it");
}

#[test]
fn folders_that_are_no_journals_are_refused() {
    let shop = Shop::tiny();
    for words in [&["journal", "verify"][..], &["journal", "dump"], &["replay"]] {
        let missing = shop.read(words, &[]);
        assert_eq!(missing.code, Some(1), "{words:?}: {missing:?}");
        assert!(missing.stderr.contains("there is no folder"), "{words:?}: {missing:?}");
        assert!(!shop.data().exists(), "{words:?}");
    }
    fs::create_dir(shop.data()).unwrap();
    fs::write(shop.data().join("letter.txt"), "dear").unwrap();
    for words in [&["journal", "verify"][..], &["journal", "dump"], &["replay"]] {
        let foreign = shop.read(words, &[]);
        assert_eq!(foreign.code, Some(1), "{words:?}: {foreign:?}");
        assert!(foreign.stderr.contains("not a Gantry journal"), "{words:?}: {foreign:?}");
    }
    assert_eq!(shop.read(&["journal", "dump"], &["--form", "1"]).code, Some(2));
}

/// The records of what somebody asked for: not the engine's own, such as those that match lines.
fn asked(shop: &Shop) -> Vec<Value> {
    shop.dump(&[]).into_iter().filter(|record| record["actor"] != 0).collect()
}

/// Every command of the first release, through a server, then read beside it and after it.
#[test]
fn every_kind_of_command_is_shown_and_holds() {
    let shop = Shop::sample();
    shop.report(&[]);
    let imported = asked(&shop);
    let before = imported.len();
    // Two allocations, so that something is left to cancel when a unit of one has shipped.
    let order = imported
        .iter()
        .find(|record| record["movements"][1]["kind"] == "allocated")
        .expect("an order got two things");
    let allocated = &order["movements"][0];
    let order_id = text(&order["command"]["order_id"]);
    let warehouse = text(&allocated["warehouse"]);
    let server = Server::start(&shop.data(), &[]);
    let locked = shop.import(&[]);
    assert_eq!(locked.code, Some(1), "{locked:?}");
    assert!(locked.stderr.contains("locked"), "{locked:?}");
    let ship = format!("{}:{warehouse}:1", allocated["line"]);
    server.json(&["order", "ship", &order_id, "--line", &ship]);
    server.json(&["order", "cancel", &order_id]);
    server.json(&["stock", "receive", LEDGER_SKU, &warehouse, "9"]);
    server.json(&["stock", "set", LEDGER_SKU, &warehouse, "500"]);
    // What was answered shows beside the running server as soon as a later page says that it is
    // durable; a journal that falls idle writes one.
    let shown = (0..500).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        asked(&shop).len() == before + 4
    });
    assert!(shown, "the last answered record never showed");
    drop(server);
    let dump = asked(&shop);
    let kinds: Vec<_> =
        dump[before..].iter().map(|record| text(&record["command"]["type"])).collect();
    assert_eq!(kinds[..4], ["ship", "cancel_order", "receive", "set_stock"]);
    let ship = &dump[before];
    assert_eq!(ship["command"]["order"], order["command"]["order"], "{ship}");
    assert_eq!(ship["command"]["order_id"], order_id.as_str(), "{ship}");
    assert_eq!(ship["movements"][0]["order"], order["command"]["order"], "{ship}");
    let ledger = Ledger::of(&shop.dump(&[]));
    ledger.check_state(&shop.replay());
    ledger.check_state(&shop.verify());
}
