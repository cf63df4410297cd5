//! What is expected is promised, kept or broken, through a server and from its journal.

use serde_json::{Value, json};

use crate::process::SmallShop;

const DAY_NS: u64 = 86_400_000_000_000;

/// An order of fifteen mugs, of which five must wait.
#[track_caller]
fn order(shop: &SmallShop, reference: &str) -> Value {
    shop.must(&format!("order place --zone 10 --line MUG:15 --reference {reference}"))
}

fn id(number: u32) -> String {
    format!("0197a3c0-7f00-7000-8000-{number:012}")
}

fn ns(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("a time: {value}"))
}

#[test]
fn what_is_expected_is_promised_and_comes() {
    let shop = SmallShop::new();
    let expected = shop.must(&format!("supply expect MUG BER 20 --eta +3d --id {}", id(1)));
    assert_eq!(
        (&expected["supply_id"], &expected["supply_status"]),
        (&json!(id(1)), &json!("open"))
    );
    assert_eq!((&expected["sku"], &expected["warehouse"]), (&json!("MUG"), &json!("BER")));
    assert_eq!((&expected["expected"], &expected["free"]), (&json!(20), &json!(20)));
    let eta = &expected["eta_time_ns"];
    let quote = shop.must("quote --zone 10 --line MUG:15");
    assert_eq!(&quote["lines"][0]["promised_time_ns"], eta, "{quote}");
    let placed = order(&shop, "S-1");
    assert_eq!(&placed["lines"][0]["promised_time_ns"], eta, "{placed}");
    assert_eq!(placed["lines"][0]["backordered"], 5, "{placed}");
    let order = placed["order_id"].as_str().unwrap();
    let page = shop.say(&format!("order show {order}")).stdout;
    assert!(page.contains("promised for"), "{page}");

    let list = shop.must("supply list MUG");
    assert_eq!((&list["expected"], &list["promised"]), (&json!(20), &json!(5)), "{list}");
    let supply = &list["supplies"][0];
    assert_eq!((&supply["free"], &supply["available_to_promise"]), (&json!(15), &json!(15)));
    assert_eq!((&supply["open"], &supply["overdue"]), (&json!(20), &json!(false)), "{supply}");
    let shown = shop.must(&format!("supply show {}", id(1)));
    assert_eq!(shown["promises"][0]["order_id"], placed["order_id"], "{shown}");
    assert_eq!((&shown["promises"][0]["units"], &shown["lines_promised"]), (&json!(5), &json!(1)));
    let book = shop.must("stock book MUG");
    assert_eq!(&book["rows"][0]["promised_time_ns"], eta, "{book}");
    for (words, says) in [
        (format!("supply show {}", id(1)), "5 to 1 lines"),
        ("supply list MUG".to_owned(), "to promise until then"),
        ("stock book MUG".to_owned(), "promised for"),
    ] {
        let page = shop.say(&words).stdout;
        assert!(page.contains(says) && page.contains("UTC"), "{words}: {page}");
    }

    let part = shop.must(&format!("supply receive {} 2", id(1)));
    assert_eq!((&part["received"], &part["supply_status"]), (&json!(2), &json!("open")), "{part}");
    let closed = shop.must(&format!("supply receive {} 18", id(1)));
    assert_eq!(closed["supply_status"], "closed", "{closed}");
    let served = shop.until(&format!("order show {order}"), |it| it["lines"][0]["allocated"] == 15);
    assert_eq!(served["lines"][0]["promised_time_ns"], Value::Null, "{served}");
    shop.must_not(&format!("supply receive {} 1", id(1)), "supply_closed");
    assert_eq!(shop.must("supply list MUG")["supplies"], json!([]));

    let journal = shop.end();
    assert!(journal.lines(&["supply", "broken"]).is_empty());
    let page = journal.read(&["journal", "dump"], &[]).stdout;
    for words in [
        format!("expect_supply {}: 20 of MUG at BER, for ", id(1)),
        format!("promised 5 of MUG at BER, line 0 of S-1, of supply {}", id(1)),
        format!("receive_supply 18 of {}", id(1)),
    ] {
        assert!(page.contains(&words), "{words}: {page}");
    }
    let dump = journal.lines(&["journal", "dump"]);
    let place = dump.iter().find(|it| it["command"]["type"] == "place_order").unwrap();
    let promised = place["movements"].as_array().unwrap().last().unwrap();
    assert_eq!((&promised["kind"], &promised["supply"]), (&json!("promised"), &json!(id(1))));
    let explained = journal.read(&["explain"], &["S-1", "--json"]).json();
    let event = &explained["promised"]["events"][0];
    assert_eq!((&event["what"], &event["promised_time_ns"]), (&json!("promised"), eta));
    assert_eq!(explained["promised"]["promises"], json!([]), "{explained}");
}

#[test]
fn a_broken_promise_is_told() {
    let shop = SmallShop::new();
    let expected = shop.must(&format!("supply expect MUG HAM 5 --eta +3d --id {}", id(1)));
    let (first, second) = (order(&shop, "S-1"), shop.must("order place --zone 10 --line MUG:1"));
    let order = first["order_id"].as_str().unwrap();
    assert_eq!(second["lines"][0]["promised_time_ns"], Value::Null, "nothing is left: {second}");
    let late = shop.must(&format!("supply change {} --eta +5d", id(1)));
    assert_eq!(late["expected"], 5, "as before: {late}");
    assert!(ns(&late["eta_time_ns"]) >= ns(&expected["eta_time_ns"]) + 2 * DAY_NS - DAY_NS / 24);
    let show = format!("order show {order}");
    let date = |it: &Value| it["lines"][0]["promised_time_ns"].clone();
    shop.until(&show, |it| date(it) == late["eta_time_ns"]);
    let less = shop.must(&format!("supply change {} --quantity 3", id(1)));
    assert_eq!((&less["expected"], &less["eta_time_ns"]), (&json!(3), &late["eta_time_ns"]));
    shop.until(&show, |it| date(it) == Value::Null);
    // Who waits for one has it now, though it came later.
    let second = second["order_id"].as_str().unwrap();
    shop.until(&format!("order show {second}"), |it| date(it) == late["eta_time_ns"]);

    let journal = shop.end();
    let broken = journal.lines(&["supply", "broken"]);
    let told =
        |it: &Value| [&it["old_promise_time_ns"], &it["new_promise_time_ns"]].map(Value::clone);
    let dates: Vec<_> = broken.iter().map(told).collect();
    let (eta, later) = (expected["eta_time_ns"].clone(), late["eta_time_ns"].clone());
    assert_eq!(dates, [[eta.clone(), later.clone()], [later, Value::Null]]);
    for it in &broken {
        assert_eq!((&it["order_id"], &it["order"]), (&first["order_id"], &json!("S-1")), "{it}");
        let what = (&it["line"], &it["sku"], &it["units"]);
        assert_eq!(what, (&json!(0), &json!("MUG"), &json!(5)), "{it}");
    }
    let last = broken[1]["sequence"].as_u64().unwrap();
    let rest = journal.read(&["supply", "broken"], &["--from", &last.to_string(), "--json"]).stdout;
    assert_eq!(rest.lines().count(), 1, "{rest}");
    let page = journal.read(&["supply", "broken"], &[]).stdout;
    for words in ["broken promises  2", "S-1", "none"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let page = journal.read(&["explain"], &["S-1"]).stdout;
    for words in ["promise broken", "no date instead of"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let page = journal.read(&["journal", "dump"], &[]).stdout;
    for words in
        ["promise MUG, no line without a promise, goes on", "promise_broken 5 of MUG, line 0"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
}

#[test]
fn the_lines_of_a_supply_are_shown_part_by_part() {
    let shop = SmallShop::new();
    shop.must(&format!("supply expect MUG BER 9 --eta +1d --id {}", id(1)));
    shop.must("order place --zone 10 --line MUG:10");
    (0..3).for_each(|_| drop(shop.must("order place --zone 10 --line MUG:2")));
    let whole = shop.must(&format!("supply show {}", id(1)));
    assert_eq!(whole["promises"].as_array().unwrap().len(), 3, "{whole}");
    let two = shop.must(&format!("supply show {} --rows 2", id(1)));
    assert_eq!((two["promises"].as_array().unwrap().len(), &two["lines_promised"]), (2, &json!(3)));
    let again = shop.must(&format!("supply expect MUG BER 9 --eta 2100-01-01 --id {}", id(2)));
    assert_eq!(again["eta_time_ns"], 4_102_444_800_000_000_000_u64, "{again}");
    let repeated = shop.must(&format!("supply expect MUG BER 9 --eta 2100-01-01 --id {}", id(2)));
    assert_eq!(repeated["status"], "duplicate", "{repeated}");
    let list = shop.must("supply list MUG");
    let free =
        |at: usize| [&list["supplies"][at]["free"], &list["supplies"][at]["available_to_promise"]];
    assert_eq!((free(0), free(1)), ([&json!(3), &json!(3)], [&json!(9), &json!(12)]), "{list}");
    // The book goes on at a place that has a date.
    let first = shop.must("stock book MUG --rows 1");
    let next = first["next"].as_str().unwrap();
    assert_eq!(next.split(':').count(), 4, "{next}");
    let rest = shop.must(&format!("stock book MUG --from {next}"));
    assert_eq!(rest["rows"].as_array().unwrap().len(), 2, "{rest}");
    shop.end();
}

#[test]
fn what_is_wrong_is_said() {
    let shop = SmallShop::new();
    for (words, says) in [
        ("supply expect MUG BER 0 --eta +3d", "1 to 1000000000"),
        ("supply expect MUG BER 5", "--eta"),
        ("supply expect MUG BER 5 --eta yesterday", "+3d"),
        ("supply expect MUG BER 5 --eta 2200-01-01", "2106"),
        ("supply change 0197a3c0-7f00-7000-8000-000000000001", "--quantity"),
        ("order cancel-at 0197a3c0-7f00-7000-8000-000000000001 soon", "+3d"),
        ("order reject 0197a3c0-7f00-7000-8000-000000000001 --line 0:BER:1", "--cause"),
        (
            "order reject 0197a3c0-7f00-7000-8000-000000000001 --line 0:BER:1 --cause refused \
             --cool-down 31d",
            "at most 30d",
        ),
    ] {
        let refused = shop.say(words);
        assert_eq!(refused.code, Some(2), "{words}: {refused:?}");
        assert!(refused.stderr.contains(says), "{words}: {refused:?}");
    }
    for words in ["show", "receive {} 1", "change {} --quantity 1", "change {} --eta +1d"] {
        let words = words.replace("{}", &id(7));
        let words = if words == "show" { format!("show {}", id(7)) } else { words };
        shop.must_not(&format!("supply {words}"), "unknown_supply");
    }
    shop.must("sku set SET --untracked");
    shop.must_not("supply expect SET BER 5 --eta +1d", "not_tracked");
    shop.must_not("supply expect MUG BER 5 --eta 2020-01-01", "eta_in_past");
    shop.must(&format!("supply expect MUG BER 5 --eta +1d --id {}", id(1)));
    shop.must_not(&format!("supply receive {} 6", id(1)), "exceeds_expected");
    shop.must_not(&format!("supply change {} --eta 2020-01-01", id(1)), "eta_in_past");
    shop.must(&format!("supply receive {} 2", id(1)));
    shop.must_not(&format!("supply change {} --quantity 1", id(1)), "below_received");
    let closed = shop.must(&format!("supply change {} --quantity 2", id(1)));
    assert_eq!(closed["supply_status"], "closed", "{closed}");
    assert_eq!(shop.must(&format!("supply show {}", id(1)))["supply_status"], "closed");
    shop.must_not(&format!("supply change {} --quantity 9", id(1)), "supply_closed");
}
