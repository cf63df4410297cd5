//! `gantry explain`: the decision about an order, from the journal alone.

use crate::shop::{Shop, text};

#[test]
fn an_order_is_explained_by_its_own_number_and_by_its_id() {
    let shop = Shop::tiny();
    shop.report(&[]);
    let placed = shop.dump(&[]).into_iter();
    let placed = placed.filter(|record| record["command"]["type"] == "place_order");
    for record in placed {
        let by_id = shop.read(&["explain"], &[&text(&record["command"]["order_id"]), "--json"]);
        assert_eq!(by_id.code, Some(0), "{by_id:?}");
        let explained = by_id.json();
        assert_eq!(explained["sequence"], record["sequence"]);
        assert_eq!(explained["decided_as_recorded"], true);
        assert_eq!(explained["outcome"]["cost_minor"], record["outcome"]["cost_cents"]);
        let pass = &explained["passes"][0];
        assert_eq!(pass["best"]["cost_minor"], record["outcome"]["cost_cents"]);
        let units: i64 = pass["best"]["takes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|take| take["units"].as_i64().unwrap())
            .sum();
        let movements = record["movements"].as_array().unwrap().iter();
        let allocated = movements.filter(|movement| movement["kind"] == "allocated");
        let allocated: i64 = allocated.map(|row| row["quantity"].as_i64().unwrap()).sum();
        assert_eq!(units, allocated, "{explained}");
    }
    let by_number = shop.read(&["explain"], &["A-1", "--json"]).json();
    assert_eq!(by_number["passes"][0]["demands"][0]["sku"], "MUG");
    let page = shop.read(&["explain"], &["A-1"]);
    for word in ["built-in (least_cost)", "BER", "runner-up"] {
        assert!(page.stdout.contains(word), "{word}: {}", page.stdout);
    }
}

#[test]
fn an_order_that_is_not_there_is_an_error_that_names_it() {
    let shop = Shop::tiny();
    shop.report(&[]);
    let missing = shop.read(&["explain"], &["B-7"]);
    assert_eq!(missing.code, Some(1), "{missing:?}");
    assert!(missing.stderr.contains("`B-7`"), "{missing:?}");
}
