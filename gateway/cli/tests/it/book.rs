//! Lines that wait: placed, listed, and served in order when something comes in.

use serde_json::{Value, json};

use crate::process::{Server, run};

/// A server with one warehouse and no stock.
fn shop(directory: &std::path::Path) -> Server {
    let server = Server::start(directory, &[]);
    for words in [
        "warehouse set BER",
        "zone set 10",
        "sku set MUG",
        "cost set BER 10 --parcel 390 --unit 25 --days 1",
    ] {
        server.must(words);
    }
    server
}

fn id(number: u32) -> String {
    format!("0197a3c0-7f00-7000-8000-{number:012}")
}

fn place(server: &Server, number: u32, units: u32, class: u32) {
    let order = format!("order place --zone 10 --line MUG:{units} --id {}", id(number));
    let placed = server.must(&format!("{order} --priority-class {class}"));
    assert_eq!(placed["lines"][0]["backordered"], units, "{placed}");
}

/// Who waits, with how many units: order, units, units before them.
fn book(server: &Server) -> Vec<(String, u64, u64)> {
    let book = server.must("stock book MUG");
    let rows = book["rows"].as_array().unwrap().iter();
    let row = |row: &Value| {
        let order = row["order_id"].as_str().unwrap().to_owned();
        (order, row["units"].as_u64().unwrap(), row["units_before"].as_u64().unwrap())
    };
    rows.map(row).collect()
}

/// Units of an order: allocated, waiting.
fn units(server: &Server, number: u32) -> [u64; 2] {
    let shown = server.must(&format!("order show {}", id(number)));
    ["allocated", "backordered"].map(|figure| shown["lines"][0][figure].as_u64().unwrap())
}

/// Waits until nothing is looked at any more; what is answered, then.
fn until_matched(server: &Server) -> Value {
    for _ in 0..500 {
        let book = server.must("stock book MUG");
        if book["being_looked_at"] == false {
            return book;
        }
    }
    panic!("the lines are looked at for ever");
}

#[test]
fn what_comes_in_goes_to_those_who_wait_in_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("shop");
    let server = shop(&data);
    place(&server, 1, 3, 5);
    place(&server, 2, 4, 0);
    place(&server, 3, 2, 5);
    assert_eq!(book(&server), [(id(2), 4, 0), (id(1), 3, 4), (id(3), 2, 7)]);

    let received = server.must("stock receive MUG BER 6");
    assert_eq!((&received["on_hand"], &received["held"]), (&json!(6), &json!(6)), "{received}");
    let matched = until_matched(&server);
    assert_eq!((&matched["units_waiting"], &matched["units_set_aside"]), (&json!(3), &json!(0)));
    assert_eq!(book(&server), [(id(1), 1, 0), (id(3), 2, 1)]);
    assert_eq!([1, 2, 3].map(|number| units(&server, number)), [[2, 1], [4, 0], [0, 2]]);

    let again = server.must(&format!("order priority {} 1", id(3)));
    assert_eq!(again["order_id"], id(3));
    assert_eq!(book(&server), [(id(3), 2, 0), (id(1), 1, 2)]);
    assert_eq!(server.must("stock match MUG")["status"], "accepted");
    server.must("stock receive MUG BER 5");
    until_matched(&server);
    assert_eq!(book(&server), []);
    let stock = server.must("stock show MUG");
    let cell = &stock["warehouses"][0];
    let figures = ["on_hand", "allocated", "held", "available"].map(|figure| &cell[figure]);
    assert_eq!(figures, [&json!(11), &json!(9), &json!(0), &json!(2)]);
    drop(server);

    let data = data.to_str().unwrap();
    let verified = run(["journal", "verify", data, "--json"]).json();
    assert_eq!((&verified["units_held"], &verified["units_allocated"]), (&json!(0), &json!(9)));
    let dumped = run(["journal", "dump", data]);
    for words in [
        "due: lines that wait for MUG",
        "set_aside 6 of MUG at BER",
        &format!("match MUG up to line 0 of {}", id(2)),
        &format!("allocated 4 of MUG at BER, line 0 of {}", id(2)),
        "set_priority of",
        "match_again MUG",
    ] {
        assert!(dumped.stdout.contains(words), "{words}: {}", dumped.stdout);
    }
    let dumped = run(["journal", "dump", data, "--json", "--order", &id(3)]);
    let records = dumped.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut served = records.filter(|record| record["command"]["type"] == "match");
    let served = served.next_back().unwrap();
    assert_eq!(served["command"]["sku"], "MUG");
    assert_eq!(served["command"]["last"]["order_id"], id(3));
    assert_eq!(served["actor"], 0);
}

#[test]
fn an_explanation_tells_what_became_of_units_that_had_to_wait() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("shop");
    let server = shop(&data);
    place(&server, 1, 3, 0);
    place(&server, 2, 4, 0);
    server.must("stock receive MUG BER 5");
    until_matched(&server);
    drop(server);
    let data = data.to_str().unwrap();
    let explain = |number| run(["explain", data, &id(number), "--json"]).json();
    let first = &explain(1)["waiting"];
    assert_eq!(first["matched"][0]["places"], json!([{ "warehouse": "BER", "units": 3 }]));
    assert_eq!(first["still_waiting"], json!([]));
    let second = &explain(2)["waiting"];
    assert_eq!(second["matched"][0]["places"][0]["units"], 2, "{second}");
    let waiting = json!([{
        "line": 0, "sku": "MUG", "units": 2, "lines_before": 0, "units_before": 0,
        "units_set_aside": 0, "being_looked_at": false,
    }]);
    assert_eq!(second["still_waiting"], waiting);
    let page = run(["explain", data, &id(2)]);
    for words in ["were given by these records", "BER 2", "their place in the book"] {
        assert!(page.stdout.contains(words), "{words}: {page:?}");
    }
}

#[test]
fn a_long_book_is_shown_part_by_part() {
    let folder = tempfile::tempdir().unwrap();
    let server = shop(&folder.path().join("shop"));
    (1..=3).for_each(|number| place(&server, number, number, 0));
    let first = server.must("stock book MUG --rows 2");
    assert_eq!(first["rows"].as_array().unwrap().len(), 2);
    assert_eq!((&first["lines_waiting"], &first["units_waiting"]), (&json!(3), &json!(6)));
    let next = first["next"].as_str().unwrap();
    let rest = server.must(&format!("stock book MUG --from {next}"));
    assert_eq!(rest["rows"].as_array().unwrap().len(), 1);
    assert_eq!((&rest["rows"][0]["order_id"], &rest["next"]), (&json!(id(3)), &Value::Null));
    assert_eq!(rest["rows"][0]["units_before"], Value::Null, "nobody asked for them");
    let page = server.run(&["stock", "book", "MUG"]);
    for text in ["6 units of 3 lines", "to the end", "before them"] {
        assert!(page.stdout.contains(text), "{text}: {page:?}");
    }
}

#[test]
fn what_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let server = shop(&folder.path().join("shop"));
    for command in ["book", "match"] {
        let missing = server.run(&["stock", command, "CUP"]);
        assert_ne!(missing.code, Some(0), "{missing:?}");
        assert!(missing.stderr.contains("CUP"), "{missing:?}");
    }
    let missing = server.run(&["order", "priority", &id(9), "1", "--json"]);
    assert_eq!(missing.code, Some(3), "{missing:?}");
    assert_eq!(missing.json()["reason"], "unknown_order");
    server.must("stock receive MUG BER 6");
    let order = format!("order place --zone 10 --line MUG:1 --id {}", id(1));
    server.must(&order);
    server.must(&format!("order cancel {}", id(1)));
    let closed = server.run(&["order", "priority", &id(1), "1", "--json"]);
    assert_eq!(closed.json()["reason"], "order_closed", "{closed:?}");
}
