//! Units that a warehouse cannot ship, and orders that wait no longer, through a server and from its
//! journal.

use std::time::Duration;

use serde_json::{Value, json};

use crate::process::{SmallShop, run};

/// An order of so many mugs; its id.
fn order(shop: &SmallShop, units: u32) -> String {
    let order = shop.must(&format!("order place --zone 10 --line MUG:{units} --reference R-1"));
    order["order_id"].as_str().unwrap().to_owned()
}

/// Ends the server, and has the journal checked; what the tools tell of it.
fn end(shop: SmallShop, words: &[&str], behind: &[&str]) -> String {
    let journal = shop.end();
    let dump = journal.read(&["journal", "dump"], &[]).stdout;
    format!("{dump}\n{}", journal.read(words, behind).stdout)
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
    let shop = SmallShop::new();
    let order = order(&shop, 6);
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
    let told = end(shop, &["explain"], &["R-1"]);
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
    let shop = SmallShop::new();
    let order = order(&shop, 4);
    let refused = format!("order reject {order} --line 0:BER:4 --cause refused");
    let elsewhere = shop.must(&refused);
    assert_eq!(allocated(&elsewhere), [("HAM".to_owned(), 4)], "{elsewhere}");
    let other = shop.must("order place --zone 10 --line MUG:6 --short ship_complete");
    assert_eq!(allocated(&other), [("BER".to_owned(), 6)], "{other}");
    end(shop, &["journal", "inspect"], &[]);
}

/// Nobody asks for anything meanwhile: the engine wakes up by itself.
#[test]
fn an_order_is_given_up_at_its_time() {
    let shop = SmallShop::new();
    let order = order(&shop, 15);
    let never = shop.must(&format!("order cancel-at {order} never"));
    assert_eq!(never["cancel_at_time_ns"], Value::Null, "{never}");
    shop.must_not(&format!("order cancel-at {order} 2020-01-01"), "cancel_at_in_past");
    let later = shop.must(&format!("order cancel-at {order} +14d"));
    assert!(later["cancel_at_time_ns"].is_u64(), "{later}");
    let page = shop.say(&format!("order show {order}")).stdout;
    assert!(page.contains("given up at"), "{page}");
    shop.must(&format!("order cancel-at {order} +2s"));
    let data = shop.data();
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
    let told = end(shop, &["explain"], &["R-1"]);
    for words in ["set_cancel_at of R-1 to never", "give_up R-1, whose time was", "given up"] {
        assert!(told.contains(words), "{words}: {told}");
    }
}
