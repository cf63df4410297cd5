//! Carts: units held by hand through a server, ordered, let go, and over when their time is.

use std::time::Duration;

use serde_json::{Value, json};

use crate::process::{Journal, SmallShop, run};

const OWNER: &str = "0197a3c0-0000-7000-8000-00000000ca27";

/// The small shop, with a set of two mugs.
fn shop() -> SmallShop {
    let shop = SmallShop::new();
    shop.must("sku set SET --untracked");
    shop.must("sku bundle SET MUG=2");
    shop
}

#[track_caller]
fn hold(shop: &SmallShop, number: u32, words: &str) -> Value {
    shop.must(&format!("hold place --owner {OWNER} --id {} {words}", id(number)))
}

/// Units of a warehouse: held, available.
fn units(shop: &SmallShop, warehouse: &str) -> [u64; 2] {
    let stock = shop.must("stock show MUG");
    let mut cells = stock["warehouses"].as_array().unwrap().iter();
    let cell = cells.find(|cell| cell["warehouse"] == warehouse).unwrap();
    ["held", "available"].map(|figure| cell[figure].as_u64().unwrap())
}

/// What `gantry explain` tells, as JSON.
fn explain(journal: &Journal, what: &str) -> Value {
    journal.read(&["explain"], &[what, "--json"]).json()
}

/// What became of a hold: each record's word, and by whom.
fn became(journal: &Journal, number: u32) -> Vec<(String, Value)> {
    let explained = explain(journal, &id(number));
    let events = explained["events"].as_array().unwrap().iter();
    events.map(|event| (event["what"].as_str().unwrap().to_owned(), event["by"].clone())).collect()
}

fn id(number: u32) -> String {
    format!("0197a3c0-7f00-7000-8000-{number:012}")
}

#[test]
fn a_cart_is_held_ordered_and_nobody_else_has_its_units() {
    let shop = shop();
    let held = hold(&shop, 1, "--zone 10 --ttl 10m --line MUG:5");
    assert_eq!((&held["hold_id"], &held["hold_status"]), (&json!(id(1)), &json!("active")));
    assert_eq!((&held["owner"], &held["units"]), (&json!(OWNER), &json!(5)));
    let places = json!([{ "line": 0, "sku": "MUG", "warehouse": "BER", "units": 5 }]);
    assert_eq!(held["places"], places, "where an order would have them from");
    assert_eq!(units(&shop, "BER"), [5, 1]);
    shop.must_not("order place --zone 10 --line MUG:6 --short ship_complete", "out_of_stock");

    let quote = format!("quote --zone 10 --line MUG:6 --short ship_complete --hold {}", id(1));
    assert_eq!(shop.must(&quote)["parcels"], 1, "the quote sees what is held for its owner");
    let order = "order place --zone 10 --line MUG:6 --short ship_complete --reference C-1";
    let placed = shop.must(&format!("{order} --hold {}", id(1)));
    assert_eq!(placed["allocations"][0]["warehouse"], "BER", "{placed}");
    assert_eq!(units(&shop, "BER"), [0, 0]);
    let over = shop.must(&format!("hold show {}", id(1)));
    assert_eq!((&over["hold_status"], &over["owner"]), (&json!("ended"), &Value::Null));
    shop.must_not(&format!("order place --zone 10 --line MUG:1 --hold {}", id(1)), "hold_ended");

    let journal = shop.end();
    let dump = journal.lines(&["journal", "dump"]);
    let command = |kind: &str| {
        let mut accepted = dump.iter().filter(|it| it["outcome"]["status"] == "accepted");
        accepted.find(|it| it["command"]["type"] == kind).unwrap()
    };
    let hold = command("place_hold");
    let asked = ["hold", "owner", "zone", "warehouse", "replaces"];
    let asked = asked.map(|name| &hold["command"][name]);
    let (id, owner) = (json!(id(1)), json!(OWNER));
    assert_eq!(asked, [&id, &owner, &json!("10"), &Value::Null, &Value::Null]);
    let movement = &hold["movements"][0];
    assert_eq!((&movement["kind"], &movement["hold"]), (&json!("held"), &id), "{movement}");
    assert_eq!((&movement["line"], &movement["order"]), (&json!(0), &Value::Null));
    let order = command("place_order");
    assert_eq!(order["command"]["hold"], id, "{order}");
    assert_eq!(order["movements"][1]["kind"], "unheld", "{order}");
    let explained = explain(&journal, "C-1");
    assert_eq!(explained["decided_as_recorded"], true, "{explained}");
    assert_eq!(explained["hold"]["hold_status"], "ended", "{explained}");
    let taken = &explained["hold"]["events"][1];
    assert_eq!((&taken["what"], &taken["by"]), (&json!("taken"), &placed["order_id"]));
    let places = json!([{ "line": 0, "sku": "MUG", "warehouse": "BER", "units": -5 }]);
    assert_eq!(taken["places"], places, "{taken}");
    let page = journal.read(&["explain"], &["C-1"]).stdout;
    for words in ["The hold that the order names:", OWNER, "+5 of MUG at BER", "-5 of MUG at BER"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let page = journal.read(&["journal", "dump"], &[]).stdout;
    let id = self::id(1);
    for words in [
        format!("place_hold {id} of owner {OWNER} for zone 10, 600 s"),
        format!("held 5 of MUG at BER, line 0 of hold {id}"),
        format!("place_order C-1 to zone 10, ship_complete, of hold {id}: 1 parcels"),
        format!("unheld 5 of MUG at BER, line 0 of hold {id}"),
    ] {
        assert!(page.contains(&words), "{words}: {page}");
    }
}

#[test]
fn a_hold_is_extended_replaced_and_released() {
    let shop = shop();
    let first = hold(&shop, 1, "--warehouse BER --ttl 600s --line MUG:4 --line SET:1");
    assert_eq!(first["places"].as_array().unwrap().len(), 2, "{first}");
    assert_eq!(
        (&first["places"][1]["sku"], &first["places"][1]["units"]),
        (&json!("MUG"), &json!(2))
    );
    let again = hold(&shop, 1, "--warehouse BER --ttl 600s --line MUG:4 --line SET:1");
    assert_eq!((&again["status"], &again["units"]), (&json!("duplicate"), &json!(6)));
    let longer = shop.must(&format!("hold extend {} --ttl 2h", id(1)));
    assert!(longer["expires_time_ns"].as_u64() > first["expires_time_ns"].as_u64(), "{longer}");
    let shorter = shop.must(&format!("hold extend {} --ttl 1s", id(1)));
    assert_eq!(shorter["expires_time_ns"], longer["expires_time_ns"]);

    let second =
        hold(&shop, 2, &format!("--warehouse BER --ttl 1h --line MUG:6 --replaces {}", id(1)));
    assert_eq!(second["units"], 6, "it has what the first held: {second}");
    assert_eq!(shop.must(&format!("hold show {}", id(1)))["hold_status"], "ended");
    let other = format!("hold place --owner {} --warehouse HAM --ttl 1h --line MUG:1", id(9));
    shop.must_not(&format!("{other} --replaces {}", id(2)), "not_the_owner");
    shop.must_not(&format!("{other} --replaces {}", id(1)), "hold_ended");

    let released = shop.must(&format!("hold release {}", id(2)));
    assert_eq!((&released["hold_status"], &released["units"]), (&json!("ended"), &json!(0)));
    assert_eq!(units(&shop, "BER"), [0, 6]);
    shop.must_not(&format!("hold release {}", id(2)), "hold_ended");
    shop.must_not(&format!("hold extend {} --ttl 1h", id(2)), "hold_ended");
    let journal = shop.end();
    let (nobody, second) = (Value::Null, json!(id(2)));
    let life = |events: &[(&str, &Value)]| -> Vec<(String, Value)> {
        events.iter().map(|(what, by)| ((*what).to_owned(), (*by).clone())).collect()
    };
    let extended = ("extended", &nobody);
    let expected = [("placed", &nobody), extended, extended, ("replaced", &second)];
    assert_eq!(became(&journal, 1), life(&expected));
    assert_eq!(became(&journal, 2), life(&[("placed", &nobody), ("released", &nobody)]));
}

#[test]
fn all_is_held_or_nothing_unless_a_part_will_do() {
    let shop = shop();
    let words = format!("hold place --owner {OWNER} --warehouse BER --ttl 1h --line MUG:9");
    let rejected = shop.say(&format!("{words} --json"));
    assert_eq!(rejected.code, Some(3), "{rejected:?}");
    let short = &rejected.json()["short_lines"][0];
    assert_eq!((&short["wanted"], &short["available"]), (&json!(9), &json!(6)), "{short}");
    assert_eq!(shop.must(&format!("{words} --partial"))["units"], 6);
    let both = hold(&shop, 2, "--zone 10 --ttl 1h --line MUG:4");
    assert_eq!(both["places"][0]["warehouse"], "HAM", "{both}");
    shop.must_not(&format!("{words} --partial"), "out_of_stock");
    shop.must_not(&format!("{words} --id {}", id(3)), "out_of_stock");
    let explained = explain(&shop.end(), &id(3));
    assert_eq!(explained["hold_status"], "rejected", "{explained}");
    assert_eq!(explained["events"][0]["reason"], "out_of_stock", "{explained}");
}

#[test]
fn the_holds_of_an_owner_are_listed_part_by_part() {
    let shop = shop();
    shop.must_not(&format!("hold list {OWNER}"), "unknown_owner");
    (1..=3).for_each(|number| drop(hold(&shop, number, "--warehouse BER --ttl 1h --line MUG:1")));
    let ids = |list: &Value| -> Vec<String> {
        let rows = list["rows"].as_array().unwrap().iter();
        rows.map(|row| row["hold_id"].as_str().unwrap().to_owned()).collect()
    };
    let whole = shop.must(&format!("hold list {OWNER}"));
    assert_eq!((ids(&whole), &whole["next"]), (vec![id(1), id(2), id(3)], &Value::Null));
    assert_eq!((&whole["owner"], &whole["holds"]), (&json!(OWNER), &json!(3)));
    let first = shop.must(&format!("hold list {OWNER} --rows 2"));
    assert_eq!((ids(&first), &first["holds"]), (vec![id(1), id(2)], &json!(3)));
    let rest = shop.must(&format!("hold list {OWNER} --from {}", first["next"]));
    assert_eq!((ids(&rest), &rest["next"]), (vec![id(3)], &Value::Null));
    let page = shop.say(&format!("hold list {OWNER}"));
    for words in ["until", &id(2), "UTC"] {
        assert!(page.stdout.contains(words), "{words}: {page:?}");
    }
    let page = shop.say(&format!("hold show {}", id(2)));
    for words in ["held at", "BER", "active", OWNER] {
        assert!(page.stdout.contains(words), "{words}: {page:?}");
    }
}

/// Nobody asks for anything meanwhile: the engine wakes up by itself.
#[test]
fn a_hold_is_over_when_its_time_is() {
    let shop = shop();
    hold(&shop, 1, "--warehouse BER --ttl 1s --line MUG:6");
    hold(&shop, 2, "--warehouse HAM --ttl 1h --line MUG:1");
    let is_over = |journal: &str| {
        let dumped = run(["journal", "dump", journal, "--json"]);
        dumped.stdout.contains(r#""type":"expire_holds""#)
    };
    let data = shop.data();
    let ended = (0..500).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        is_over(data.to_str().unwrap())
    });
    assert!(ended, "the hold never expired");
    assert_eq!((units(&shop, "BER"), units(&shop, "HAM")), ([0, 6], [1, 3]));
    shop.must_not(&format!("order place --zone 10 --line MUG:1 --hold {}", id(1)), "hold_ended");
    let journal = shop.end();
    let dump = journal.lines(&["journal", "dump"]);
    let place = dump.iter().find(|it| it["command"]["hold"] == id(1)).unwrap();
    let over = dump.iter().find(|it| it["command"]["type"] == "expire_holds").unwrap();
    assert_eq!((&over["actor"], &over["command"]["holds"]), (&json!(0), &json!(1)), "{over}");
    let late = over["time_ns"].as_u64().unwrap() - place["time_ns"].as_u64().unwrap();
    assert!(late >= 1_000_000_000, "never before its time");
    let page = journal.read(&["journal", "dump"], &[]).stdout;
    assert_eq!(became(&journal, 1).last().unwrap(), &("expired".to_owned(), Value::Null));
    assert_eq!(explain(&journal, &id(2))["hold_status"], "active");
    let words = format!("expire_holds 1, the last of record {} at", place["sequence"]);
    assert!(page.contains(&words), "{words}: {page}");
}

#[test]
fn what_is_wrong_is_said() {
    let shop = shop();
    let place = format!("hold place --owner {OWNER}");
    for (words, says) in [
        (format!("{place} --ttl 1h --line MUG:1"), "--zone"),
        (format!("{place} --zone 10 --warehouse BER --ttl 1h --line MUG:1"), "--warehouse"),
        (format!("{place} --zone 10 --ttl 600 --line MUG:1"), "600s, 10m"),
        (format!("{place} --zone 10 --ttl 8d --line MUG:1"), "from 1s to 7d"),
        (format!("{place} --zone 10 --ttl 1h"), "--line"),
        ("hold place --owner cart-7 --zone 10 --ttl 1h --line MUG:1".to_owned(), "not a UUID"),
    ] {
        let refused = shop.say(&words);
        assert_eq!(refused.code, Some(2), "{words}: {refused:?}");
        assert!(refused.stderr.contains(says), "{words}: {refused:?}");
    }
    let missing = shop.say(&format!("{place} --zone 10 --ttl 1h --line CUP:1"));
    assert!(missing.code == Some(3) && missing.stderr.contains("CUP"), "{missing:?}");
    for words in ["show", "release", "extend --ttl 1h"] {
        shop.must_not(&format!("hold {words} {}", id(7)), "unknown_hold");
    }
    let order = "order place --zone 10 --line MUG:1 --hold";
    shop.must_not(&format!("{order} {}", id(7)), "unknown_hold");
}
