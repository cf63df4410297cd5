//! A session by hand: a new user sets up a shop and works an order to its end.

use std::process::Stdio;

use serde_json::{Value, json};

use crate::process::Server;

const ID: &str = "0197a3c0-7f00-7000-8000-000000000001";

/// A server with two warehouses, one zone and two SKUs.
fn shop(directory: &std::path::Path) -> Server {
    let server = Server::start(directory, &[]);
    for words in [
        "warehouse set BER --priority 1",
        "warehouse set HAM --priority 2",
        "zone set 10",
        "channel set web",
        "sku set MUG",
        "sku set SHIRT --no-backorder --order-max 5",
        "cost set BER 10 --parcel 390 --unit 25 --days 1",
        "cost set HAM 10 --parcel 450 --unit 30 --days 2",
        "stock receive MUG BER 3",
        "stock receive MUG HAM 5",
        "stock receive SHIRT HAM 10 --note first",
    ] {
        let answer = server.json(&words.split(' ').collect::<Vec<_>>());
        assert_eq!(answer["status"], "accepted", "{words}: {answer}");
    }
    server
}

fn words(line: &str) -> Vec<&str> {
    line.split(' ').collect()
}

/// The figures of one warehouse in an answer to `stock show`.
fn cell<'a>(stock: &'a Value, warehouse: &str) -> &'a Value {
    let cells = stock["warehouses"].as_array().unwrap();
    cells.iter().find(|cell| cell["warehouse"] == warehouse).unwrap()
}

#[test]
fn an_order_goes_from_quote_to_shipment() {
    let folder = tempfile::tempdir().unwrap();
    let server = shop(&folder.path().join("shop"));
    let basket = "--zone 10 --channel web --line MUG:6 --line SHIRT:1";

    let quote = server.json(&words(&format!("quote {basket}")));
    assert_eq!((&quote["status"], &quote["parcels"]), (&json!("answered"), &json!(2)));
    assert_eq!((&quote["proof"], &quote["gap"]), (&json!("optimal"), &json!(0)));

    let place = format!("order place {basket} --id {ID} --reference WEB-1");
    let placed = server.json(&words(&place));
    assert_eq!(placed["status"], "accepted");
    assert_eq!(placed["order_id"], ID);
    assert_eq!(placed["lines"], quote["lines"]);
    assert_eq!(placed["allocations"], quote["allocations"]);
    assert_eq!((&placed["proof"], &placed["gap"]), (&json!("optimal"), &json!(0)));
    assert_eq!(placed["cost_cents"], 390 + 3 * 25 + 450 + 4 * 30);

    let again = server.json(&words(&place));
    assert_eq!((&again["status"], &again["sequence"]), (&json!("duplicate"), &placed["sequence"]));

    server.json(&words(&format!("order ship {ID} --line 1:HAM:1 --line 0:BER:2")));
    let cancelled = server.json(&words(&format!("order cancel {ID} --line 0:1")));
    assert_eq!(cancelled["lines"][0]["cancelled"], 1);
    server.json(&words(&format!("order cancel {ID}")));

    let shown = server.json(&words(&format!("order show {ID}")));
    assert_eq!((&shown["order"], &shown["order_id"]), (&json!("WEB-1"), &json!(ID)));
    assert_eq!((&shown["zone"], &shown["channel"]), (&json!("10"), &json!("web")));
    assert_eq!(shown["order_status"], "shipped");
    assert_eq!(shown["proof"], "optimal", "as it was when the order was placed");
    let line = &shown["lines"][0];
    let figures = ["ordered", "allocated", "backordered", "shipped", "cancelled"];
    assert_eq!(figures.map(|figure| line[figure].as_u64().unwrap()), [6, 0, 0, 2, 4]);

    let stock = server.json(&words("stock show MUG"));
    assert_eq!(cell(&stock, "BER")["on_hand"], 1);
    assert_eq!(cell(&stock, "HAM")["available"], 5);
}

#[test]
fn tables_for_people_speak_codes() {
    let folder = tempfile::tempdir().unwrap();
    let server = shop(&folder.path().join("shop"));
    let run = server.run(&words(&format!("order place --zone 10 --line MUG:6 --id {ID}")));
    assert_eq!(run.code, Some(0), "{run:?}");
    for text in [ID, "MUG", "BER 3, HAM 3", "accepted, as record 12", "proven optimal"] {
        assert!(run.stdout.contains(text), "{text}: {run:?}");
    }
    assert!(!run.stdout.contains('\x1b'), "no colours where no terminal is: {run:?}");
    let run = server.run(&words("stock show MUG"));
    assert!(run.stdout.contains("warehouse  on hand  allocated"), "{run:?}");
    assert!(run.stdout.contains("total            8          6"), "{run:?}");
}

#[test]
fn a_rejection_names_each_short_line_and_exits_with_3() {
    let folder = tempfile::tempdir().unwrap();
    let server = shop(&folder.path().join("shop"));
    let place = "order place --zone 10 --line MUG:9 --line SHIRT:2 --line MUG:1";
    let place = format!("{place} --short ship_complete --id {ID} --json");
    let run = server.run(&words(&place));
    assert_eq!(run.code, Some(3), "{run:?}");
    let answer = run.json();
    assert_eq!(
        (&answer["status"], &answer["reason"]),
        (&json!("rejected"), &json!("out_of_stock"))
    );
    let first = json!({"line": 0, "sku": "MUG", "wanted": 9, "available": 8});
    assert_eq!(answer["short_lines"][0], first, "{answer}");

    let again = server.run(&words(&place));
    assert_eq!(again.code, Some(3), "{again:?}");
    assert_eq!(again.json()["sequence"], answer["sequence"], "a rejection is remembered");

    let run = server.run(&words("order place --zone 10 --line SHIRT:11"));
    assert_eq!(run.code, Some(3), "{run:?}");
    assert!(run.stdout.contains("over_order_maximum"), "{run:?}");
    let orders = server.json(&["stats"])["orders"].clone();
    assert_eq!(orders, 0);
}

#[test]
fn corrections_are_judged_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let server = shop(&folder.path().join("shop"));
    server.json(&words("order place --zone 10 --line MUG:7"));
    let run = server.run(&words("stock adjust MUG BER -1 --reason lost --json"));
    assert_eq!(run.code, Some(3), "{run:?}");
    assert_eq!(run.json()["reason"], "below_promised");
    let withdraw = "stock adjust MUG HAM 1 --reason quality_control --state unavailable";
    assert_eq!(server.json(&words(withdraw))["available"], 0);
    let receive = format!("stock receive MUG BER 4 --id {ID}");
    assert_eq!(server.json(&words(&receive))["on_hand"], 7);
    assert_eq!(server.json(&words(&receive))["on_hand"], 7, "the same id counts once");
    assert_eq!(server.json(&words("stock set MUG BER 5"))["on_hand"], 5);
    let reused = server.run(&words(&format!("stock receive MUG BER 5 --id {ID} --json")));
    assert_eq!((reused.code, &reused.json()["reason"]), (Some(3), &json!("id_reused")));
}

#[test]
fn unknown_codes_and_wrong_words_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let server = shop(&folder.path().join("shop"));
    let before = server.json(&["stats"]);
    for (line, code, text) in [
        ("order place --zone 10 --line NUG:1", 3, "there is no sku `NUG`"),
        ("order place --zone 11 --line MUG:1", 3, "there is no zone `11`"),
        ("stock receive MUG LEJ 1", 3, "there is no warehouse `LEJ`"),
        ("order place --zone 10 --line MUG:0", 2, "`0` is not a quantity"),
        ("order place --zone 10 --line MUG", 2, "expected SKU:QUANTITY"),
        ("order place --zone 10", 2, "--line"),
        ("order show 17", 2, "not a UUID"),
        ("stock adjust MUG BER 0 --reason lost", 2, "+ or -"),
        ("stock adjust MUG BER -1 --reason mislaid", 2, "possible values"),
    ] {
        let run = server.run(&words(line));
        assert_eq!(run.code, Some(code), "{line}: {run:?}");
        assert!(run.stderr.contains(text), "{line}: {run:?}");
        assert_eq!(run.stdout, "", "{line}");
    }
    let unknown = server.run(&words(&format!("order show {ID} --json")));
    assert_eq!((unknown.code, &unknown.json()["reason"]), (Some(3), &json!("unknown_order")));
    let too_many: Vec<String> = (0..129).flat_map(|_| ["--line".into(), "MUG:1".into()]).collect();
    let too_many: Vec<&str> = too_many.iter().map(String::as_str).collect();
    let run = server.run(&[&["order", "place", "--zone", "10"], too_many.as_slice()].concat());
    assert_eq!(run.code, Some(2), "{run:?}");
    let after = server.json(&["stats"]);
    assert_eq!(before["state_hash"], after["state_hash"]);
}

#[test]
fn stats_carry_the_keys_that_programs_read() {
    let folder = tempfile::tempdir().unwrap();
    let server = shop(&folder.path().join("shop"));
    server.json(&words("order place --zone 10 --line MUG:9"));
    let stats = server.json(&["stats"]);
    for (key, value) in [("orders", 1), ("open_orders", 1), ("skus", 2), ("units_on_hand", 18)] {
        assert_eq!(stats[key], value, "{key}: {stats}");
    }
    for (key, value) in [("units_allocated", 8), ("units_backordered", 1), ("last_sequence", 12)] {
        assert_eq!(stats[key], value, "{key}: {stats}");
    }
    for key in ["order_memory_bytes", "record_bytes", "records", "journal_bytes", "syncs"] {
        assert!(stats[key].as_u64().unwrap() > 0, "{key}: {stats}");
    }
    assert!(stats["disk_free_bytes"].as_u64().unwrap() > 0, "{stats}");
    assert_eq!((&stats["durability"], &stats["journal_io"]), (&json!("sync"), &json!("mapped")));
}

#[test]
fn without_a_server_the_answer_says_what_to_do() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let run = crate::process::run(["stats", "--addr", &address]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.stderr.contains(&address) && run.stderr.contains("gantry serve"), "{run:?}");
    assert_eq!(run.stderr.lines().count(), 1, "one sentence, one line: {run:?}");
}

#[test]
fn a_reader_that_has_seen_enough_ends_it_quietly() {
    let folder = tempfile::tempdir().unwrap();
    let server = shop(&folder.path().join("shop"));
    let mut child = crate::process::command(["stats", "--addr", server.address()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
}
