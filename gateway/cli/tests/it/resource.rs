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
        tell(&server, words);
    }
    server
}

fn tell(server: &Server, words: &str) -> Value {
    server.json(&words.split(' ').collect::<Vec<_>>())
}

fn id(number: u32) -> String {
    format!("0197a3c0-7f00-7000-8000-{number:012}")
}

fn place(server: &Server, number: u32, units: u32) {
    let order = format!("order place --zone 10 --line MUG:{units} --id {}", id(number));
    assert_eq!(tell(server, &order)["parcels"], 1);
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
    for _ in 0..500 {
        let tried = json_of(data, "resource", &[]);
        if tried["orders_improved"] == improved {
            return tried;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    panic!("{improved} orders never improve");
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
    tell(&server, &format!("order ship {} --line 0:LYS:1", id(3)));
    tell(&server, "stock receive MUG BER 4");
    let names = ["orders_tried", "orders_improved", "orders_later", "units_moved"];
    let sums = ["parcels_before", "parcels_after", "cost_minor_before", "cost_minor_after"];

    // Nothing is changed by trying, beside a server as well.
    let before = tell(&server, "stats")["state_hash"].clone();
    let tried = tried_until(&data, 1);
    assert_eq!(figures(&tried, &names), [2, 1, 0, 2], "{tried}");
    assert_eq!(figures(&tried, &sums), [2, 2, 1_165, 1_035]);
    assert_eq!(tried["sent"], Value::Null);
    assert_eq!(tell(&server, "stats")["state_hash"], before);
    assert!(read(&data, "resource", &[]).contains("nothing was sent"));

    let sent = json_of(&data, "resource", &["--address", server.address()]);
    let expected =
        json!({ "orders": 1, "as_tried": 1, "otherwise": 0, "unchanged": 0, "refused": 0 });
    assert_eq!(sent["sent"], expected, "{sent}");
    let shown = tell(&server, &format!("order show {}", id(1)));
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
