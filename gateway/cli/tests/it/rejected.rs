//! Units that a warehouse cannot ship, and orders that wait no longer, through a server and from its
//! journal.

use std::ffi::OsStr;
use std::time::Duration;

use serde_json::{Value, json};

use crate::process::{Run, Server, run};

/// A server with two warehouses, six mugs in Berlin and four in Hamburg.
struct Shop {
    server: Server,
    folder: tempfile::TempDir,
}

impl Shop {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(&folder.path().join("shop"), &[]);
        let shop = Self { server, folder };
        for words in [
            "warehouse set BER",
            "warehouse set HAM --priority 2",
            "zone set 10",
            "sku set MUG",
            "cost set BER 10 --parcel 390 --unit 25 --days 1",
            "cost set HAM 10 --parcel 420 --unit 25 --days 1",
            "stock receive MUG BER 6",
            "stock receive MUG HAM 4",
        ] {
            shop.must(words);
        }
        shop
    }

    fn run(&self, words: &str) -> Run {
        self.server.run(&words.split(' ').collect::<Vec<_>>())
    }

    #[track_caller]
    fn must(&self, words: &str) -> Value {
        self.server.json(&words.split(' ').collect::<Vec<_>>())
    }

    #[track_caller]
    fn must_not(&self, words: &str, reason: &str) {
        let rejected = self.run(&format!("{words} --json"));
        assert_eq!(rejected.code, Some(3), "{words}: {rejected:?}");
        assert_eq!(rejected.json()["reason"], reason, "{words}");
    }

    /// An order of so many mugs; its id.
    fn order(&self, units: u32) -> String {
        let order = self.must(&format!("order place --zone 10 --line MUG:{units} --reference R-1"));
        order["order_id"].as_str().unwrap().to_owned()
    }

    /// Ends the server, and has the journal checked; what the tools tell of it.
    fn end(self, words: &[&str], behind: &[&str]) -> String {
        drop(self.server);
        let data = self.folder.path().join("shop");
        let tool = |words: &[&str], behind: &[&str]| {
            let words = words.iter().map(OsStr::new).chain([data.as_os_str()]);
            let run = run(words.chain(behind.iter().map(OsStr::new)));
            assert_eq!(run.code, Some(0), "{run:?}");
            run.stdout
        };
        tool(&["journal", "verify"], &[]);
        tool(&["replay", "--verify"], &[]);
        let dump = tool(&["journal", "dump"], &[]);
        format!("{dump}\n{}", tool(words, behind))
    }
}

fn allocated(order: &Value) -> Vec<(String, u64)> {
    let places = order["allocations"].as_array().unwrap().iter();
    let places = places.map(|it| {
        (it["warehouse"].as_str().unwrap().to_owned(), it["allocated"].as_u64().unwrap())
    });
    places.filter(|(_, units)| *units > 0).collect()
}

#[test]
fn units_that_are_not_found_come_from_elsewhere_or_wait() {
    let shop = Shop::new();
    let order = shop.order(6);
    let reject = format!("order reject {order} --line 0:BER:5 --cause not_found --cool-down 7d");
    let elsewhere = shop.must(&reject);
    let places = [("BER".to_owned(), 1), ("HAM".to_owned(), 4)];
    assert_eq!(allocated(&elsewhere), places, "{elsewhere}");
    assert_eq!(elsewhere["lines"][0]["backordered"], 1, "nobody has the last one: {elsewhere}");
    let stock = shop.must("stock show MUG");
    let berlin = &stock["warehouses"][0];
    assert_eq!((&berlin["warehouse"], &berlin["unavailable"]), (&json!("BER"), &json!(5)));
    shop.must_not(&format!("order reject {order} --line 0:BER:2 --cause refused"), "exceeds_open");
    // More comes in where it is barred: for others, and not for this order.
    shop.must("stock receive MUG BER 1");
    std::thread::sleep(Duration::from_millis(200));
    let waits = shop.must(&format!("order show {order}"));
    assert_eq!(waits["lines"][0]["backordered"], 1, "{waits}");
    shop.must("stock receive MUG HAM 1");
    let is_served = (0..500).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        shop.must(&format!("order show {order}"))["lines"][0]["allocated"] == 6
    });
    assert!(is_served, "the line that waits is served from Hamburg");
    let told = shop.end(&["explain"], &["R-1"]);
    for words in [
        "reject_units of R-1, not_found, 5 of line 0 at BER; none from there for 604800 s",
        "withdrawn 5 of MUG at BER",
        "not_found at BER",
        "BER until",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
}

#[test]
fn what_is_refused_is_there_for_others() {
    let shop = Shop::new();
    let order = shop.order(4);
    let refused = format!("order reject {order} --line 0:BER:4 --cause refused");
    let elsewhere = shop.must(&refused);
    assert_eq!(allocated(&elsewhere), [("HAM".to_owned(), 4)], "{elsewhere}");
    let other = shop.must("order place --zone 10 --line MUG:6 --short ship_complete");
    assert_eq!(allocated(&other), [("BER".to_owned(), 6)], "{other}");
    shop.end(&["journal", "inspect"], &[]);
}

/// Nobody asks for anything meanwhile: the engine wakes up by itself.
#[test]
fn an_order_is_given_up_at_its_time() {
    let shop = Shop::new();
    let order = shop.order(15);
    let never = shop.must(&format!("order cancel-at {order} never"));
    assert_eq!(never["cancel_at_time_ns"], Value::Null, "{never}");
    shop.must_not(&format!("order cancel-at {order} 2020-01-01"), "cancel_at_in_past");
    let later = shop.must(&format!("order cancel-at {order} +14d"));
    assert!(later["cancel_at_time_ns"].is_u64(), "{later}");
    let page = shop.run(&format!("order show {order}")).stdout;
    assert!(page.contains("given up at"), "{page}");
    shop.must(&format!("order cancel-at {order} +2s"));
    let data = shop.folder.path().join("shop");
    let is_over = (0..500).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        let dumped = run(["journal", "dump", data.to_str().unwrap(), "--json"]);
        dumped.stdout.contains(r#""type":"give_up""#)
    });
    assert!(is_over, "the order was never given up");
    let shown = shop.must(&format!("order show {order}"));
    let line = &shown["lines"][0];
    let units = [&line["allocated"], &line["backordered"], &line["cancelled"]];
    assert_eq!(units, [&json!(10), &json!(0), &json!(5)], "{shown}");
    assert_eq!(shown["cancel_at_time_ns"], Value::Null, "{shown}");
    let told = shop.end(&["explain"], &["R-1"]);
    for words in ["set_cancel_at of R-1 to never", "give_up R-1, whose time was", "given up"] {
        assert!(told.contains(words), "{words}: {told}");
    }
}
