//! Orders sourced again: tried on a journal, sent to a real server, and told by the tools.

use std::ffi::OsStr;
use std::path::Path;

use serde_json::{Value, json};

use crate::process::{Server, run};

fn shop(directory: &Path) -> Server {
    let server = Server::start(directory, &[]);
    for words in [
        "warehouse set BER",
        "warehouse set LYS --priority 2",
        "zone set 10",
        "sku set MUG",
        "cost set BER 10 --parcel 390 --unit 25 --days 1",
        "cost set LYS 10 --parcel 520 --unit 25 --days 3",
        "stock receive MUG LYS 9",
    ] {
        server.must(words);
    }
    server
}

fn id(number: u32) -> String {
    format!("0197a3c0-7f00-7000-8000-{number:012}")
}

fn place(server: &Server, number: u32, units: u32) {
    let order = format!("order place --zone 10 --line MUG:{units} --id {}", id(number));
    assert_eq!(server.must(&order)["parcels"], 1);
}

/// What a tool says of the folder.
fn read(data: &Path, tool: &str, options: &[&str]) -> String {
    let words = tool.split(' ').map(OsStr::new).chain([data.as_os_str()]);
    let run = run(words.chain(options.iter().map(OsStr::new)));
    assert_eq!(run.code, Some(0), "{tool} {options:?}: {run:?}");
    run.stdout
}

fn json_of(data: &Path, tool: &str, options: &[&str]) -> Value {
    let options: Vec<&str> = options.iter().copied().chain(["--json"]).collect();
    serde_json::from_str(&read(data, tool, &options)).unwrap()
}

/// What trying gains, once the journal shows what was answered: a frame is durable for others when
/// something stands behind it, and a journal that falls idle writes that.
fn tried_until(data: &Path, improved: u64) -> Value {
    until(data, &[], |tried| tried["orders_improved"] == improved)
}

/// The same of swaps.
fn swaps_until(data: &Path, made: u64) -> Value {
    until(data, &[], |tried| tried["swaps"]["made"] == made)
}

fn until(data: &Path, options: &[&str], is_it: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..500 {
        let tried = json_of(data, "resource", options);
        if is_it(&tried) {
            return tried;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    panic!("the journal never shows what was answered");
}

fn figures(report: &Value, names: &[&str]) -> Vec<u64> {
    names.iter().map(|name| report[*name].as_u64().unwrap()).collect()
}

#[test]
fn what_a_better_place_would_gain_is_tried_and_then_done() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("shop");
    let server = shop(&data);
    place(&server, 1, 2);
    place(&server, 2, 3);
    place(&server, 3, 1);
    server.must(&format!("order ship {} --line 0:LYS:1", id(3)));
    server.must("stock receive MUG BER 4");
    let names = ["orders_tried", "orders_improved", "orders_later", "units_moved"];
    let sums = ["parcels_before", "parcels_after", "cost_minor_before", "cost_minor_after"];

    // Nothing is changed by trying, beside a server as well.
    let before = server.must("stats")["state_hash"].clone();
    let tried = tried_until(&data, 1);
    assert_eq!(figures(&tried, &names), [2, 1, 0, 2], "{tried}");
    assert_eq!(figures(&tried, &sums), [2, 2, 1_165, 1_035]);
    assert_eq!(tried["sent"], Value::Null);
    assert_eq!(server.must("stats")["state_hash"], before);
    assert!(read(&data, "resource", &[]).contains("nothing was sent"));

    let sent = json_of(&data, "resource", &["--address", server.address()]);
    let expected = [1, 1, 0, 0, 0, 0];
    let told = ["orders", "as_tried", "otherwise", "unchanged", "refused", "swaps"];
    assert_eq!(figures(&sent["sent"], &told), expected, "{sent}");
    let shown = server.must(&format!("order show {}", id(1)));
    assert_eq!((&shown["parcels"], &shown["cost_cents"]), (&json!(1), &json!(440)), "{shown}");
    let again = tried_until(&data, 0);
    assert_eq!(figures(&again, &names), [2, 0, 0, 0], "there are two mugs for three: {again}");

    drop(server);
    assert!(read(&data, "journal dump", &[]).contains("resource_order"));
    let order = id(1);
    let dumped = read(&data, "journal dump", &["--order", &order, "--json"]);
    let last: Value = serde_json::from_str(dumped.lines().last().unwrap()).unwrap();
    assert_eq!(last["command"]["type"], "resource_order");
    assert_eq!(last["command"]["order_id"], order);
    let explained = json_of(&data, "explain", &[&order]);
    let sourced = &explained["sourced_again"][0];
    assert_eq!((&sourced["parcels"], &sourced["cost_minor"]), (&json!(1), &json!(440)));
    let place =
        |warehouse: &str| json!([{ "line": 0, "sku": "MUG", "warehouse": warehouse, "units": 2 }]);
    assert_eq!((&sourced["left"], &sourced["came"]), (&place("LYS"), &place("BER")));
    assert!(read(&data, "explain", &[&order]).contains("sourced again"));
    read(&data, "journal verify", &[]);
    read(&data, "replay", &["--verify"]);
}

/// Two orders of two mugs, each with both where the other's parcel would cost 100 less, and nothing
/// left anywhere.
fn crossed(directory: &Path) -> Server {
    let server = Server::start(directory, &[]);
    for words in [
        "warehouse set BER",
        "warehouse set LYS",
        "zone set 10",
        "zone set 20",
        "sku set MUG",
        "cost set BER 10 --parcel 390 --unit 25 --days 2",
        "cost set BER 20 --parcel 290 --unit 25 --days 1",
        "cost set LYS 10 --parcel 290 --unit 25 --days 1",
        "cost set LYS 20 --parcel 390 --unit 25 --days 2",
    ] {
        server.must(words);
    }
    for (number, zone, warehouse) in [(1, 10, "BER"), (2, 20, "LYS")] {
        server.must(&format!("stock receive MUG {warehouse} 2"));
        let id = id(number);
        let order = format!("order place --zone {zone} --line MUG:2 --reference W-{number}");
        assert_eq!(server.must(&format!("{order} --id {id}"))["cost_cents"], 440);
    }
    server
}

fn places(server: &Server, number: u32) -> Value {
    let shown = server.must(&format!("order show {}", id(number)));
    let rows = shown["allocations"].as_array().unwrap().iter();
    let rows = rows.filter(|row| row["allocated"] != 0);
    rows.map(|row| json!([row["warehouse"], row["allocated"]])).collect()
}

#[test]
fn orders_that_have_what_suits_the_other_are_found_and_swap() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("shop");
    let server = crossed(&data);
    let before = server.must("stats")["state_hash"].clone();
    let tried = swaps_until(&data, 1);
    let names = ["orders_tried", "orders_improved", "orders_later", "orders_with_more_parcels"];
    assert_eq!(figures(&tried, &names), [2, 0, 0, 0], "{tried}");
    let sums = ["parcels_before", "parcels_resourced", "parcels_after"];
    assert_eq!(figures(&tried, &sums), [2, 2, 2]);
    let sums = ["cost_minor_before", "cost_minor_resourced", "cost_minor_after"];
    assert_eq!(figures(&tried, &sums), [880, 880, 680]);
    let swaps = &tried["swaps"];
    assert_eq!(figures(swaps, &["tried", "made", "orders", "units", "rounds"]), [1, 1, 2, 4, 2]);
    assert_eq!(server.must("stats")["state_hash"], before, "trying changes nothing");
    assert!(read(&data, "resource", &[]).contains("orders that swapped"));

    let sent = json_of(&data, "resource", &["--address", server.address()]);
    let sent = &sent["sent"];
    assert_eq!(figures(sent, &["orders", "swaps", "swaps_made", "swaps_refused"]), [0, 1, 1, 0]);
    let at = |warehouse: &str| json!([[warehouse, 2]]);
    assert_eq!((places(&server, 1), places(&server, 2)), (at("LYS"), at("BER")));
    for number in [1, 2] {
        let shown = server.must(&format!("order show {}", id(number)));
        assert_eq!((&shown["parcels"], &shown["cost_cents"]), (&json!(1), &json!(340)), "{shown}");
    }
    swaps_until(&data, 0);

    drop(server);
    let explained = |number| json_of(&data, "explain", &[&id(number)])["swapped"].clone();
    for (number, other, from, to) in [(1, 2, "BER", "LYS"), (2, 1, "LYS", "BER")] {
        let swapped = &explained(number)[0];
        assert_eq!(swapped["with_id"], id(other), "{swapped}");
        assert_eq!(
            (&swapped["with"], &swapped["sku"]),
            (&json!(format!("W-{other}")), &json!("MUG"))
        );
        assert_eq!((&swapped["from"], &swapped["to"]), (&json!(from), &json!(to)));
        assert_eq!(figures(swapped, &["units", "parcels", "cost_minor"]), [2, 2, 680]);
        let dumped = read(&data, "journal dump", &["--order", &id(number), "--json"]);
        let last: Value = serde_json::from_str(dumped.lines().last().unwrap()).unwrap();
        let command = &last["command"];
        assert_eq!(command["type"], "swap_units");
        assert_eq!((&command["first_id"], &command["second_id"]), (&json!(id(1)), &json!(id(2))));
    }
    assert!(read(&data, "explain", &[&id(2)]).contains("It swapped units with other orders"));
    let dumped = read(&data, "journal dump", &[]);
    assert!(dumped.contains("swap_units 2 of MUG, of W-1 at BER and W-2 at LYS"), "{dumped}");
    read(&data, "journal verify", &[]);
    read(&data, "replay", &["--verify"]);
}

#[test]
fn two_orders_swap_as_they_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let server = crossed(&folder.path().join("shop"));
    let swap = |one, other, units, from: &str, to: &str| {
        let (one, other) = (id(one), id(other));
        format!("order swap {one} --with {other} --units MUG:{units} --from {from} --to {to}")
    };
    server.must_not(&swap(1, 1, 2, "BER", "LYS"), "swaps_with_itself");
    server.must_not(&swap(1, 2, 3, "BER", "LYS"), "exceeds_open");
    server.must_not(&swap(1, 2, 2, "LYS", "BER"), "exceeds_open");
    server.must_not(&swap(1, 2, 1, "BER", "LYS"), "nothing_gained");
    server.must("cost remove BER 20");
    server.must_not(&swap(1, 2, 2, "BER", "LYS"), "may_not_serve");
    server.must("cost set BER 20 --parcel 290 --unit 25 --days 1");
    let swapped = server.must(&swap(2, 1, 2, "LYS", "BER"));
    assert_eq!((&swapped["order_id"], &swapped["cost_cents"]), (&json!(id(2)), &json!(340)));
    server.must_not(&swap(2, 1, 2, "BER", "LYS"), "nothing_gained");
}

#[test]
fn a_warehouse_is_emptied_of_the_orders_that_can_leave_it() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("shop");
    let server = shop(&data);
    place(&server, 1, 2);
    server.must("stock receive MUG BER 4");
    place(&server, 2, 1);
    server.must("warehouse set LYS --priority 2 --inactive");
    // The second order has its mug in Berlin, and is not looked at.
    let only = ["--warehouse", "LYS"];
    until(&data, &only, |tried| tried["orders_left_unserved"] == 1);
    let sent = json_of(&data, "resource", &[&only[..], &["--address", server.address()]].concat());
    let names = ["orders_tried", "orders_improved", "orders_left_unserved", "units_moved"];
    assert_eq!(figures(&sent, &names), [1, 1, 1, 2], "{sent}");
    assert_eq!(figures(&sent["sent"], &["orders", "as_tried"]), [1, 1]);
    assert_eq!(places(&server, 1), json!([["BER", 2]]));
    let words = ["resource", data.to_str().unwrap(), "--warehouse", "HAM"];
    let unknown = run(words);
    assert_eq!(unknown.code, Some(1), "{unknown:?}");
    assert!(unknown.stderr.contains("HAM"), "{unknown:?}");
}
