//! `gantry policy shadow-prices`: a shop solved by hand, ranges, and folders that are only read.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::process::{Run, Server};
use crate::shop::{Shop, keys};

const WORDS: [&str; 2] = ["policy", "shadow-prices"];
/// Beside the workspace; the README there says where it comes from.
const DATA: &str = "../../../shared/data/superstore";

/// Two warehouses and two zones, of which Lyon hardly serves the second. Three mugs in Berlin, five
/// in Lyon, and three wanted in each zone: the first order takes Berlin's, the second has to come
/// from Lyon.
fn shop() -> Shop {
    let shop = Shop::tiny();
    shop.write(
        "shipping_costs.csv",
        "warehouse,destination_zone,parcel_cost_cents,unit_cost_cents,days\n\
         BER,1,300,10,1\nLYS,1,600,20,1\nBER,2,330,10,1\nLYS,2,1500,30,1\n",
    );
    shop.write("stock.csv", "sku,warehouse,on_hand\nMUG,BER,3\nMUG,LYS,5\nLAMP,LYS,9\n");
    shop.write(
        "orders.csv",
        "order_id,placed_on,service,customer_id,channel,postal_code,sku,quantity,\
         unit_price_cents\n\
         A-1,2025-12-31,,,,100,MUG,3,899\nA-2,2026-01-01,,,,200,MUG,3,899\n",
    );
    shop
}

fn prices(shop: &Shop, options: &[&str]) -> Run {
    shop.read(&WORDS, options)
}

fn json_of(shop: &Shop, options: &[&str]) -> Value {
    let run = prices(shop, &[options, &["--json"]].concat());
    assert_eq!(run.code, Some(0), "{run:?}");
    let mut report = run.json();
    assert!(report.as_object_mut().unwrap().remove("seconds").unwrap().as_f64() > Some(0.0));
    report
}

/// Three units a parcel: a unit costs 110 or 220 to zone 1, and 120 or 530 to zone 2. Of Berlin's
/// mugs one less would cost 530 − 120, as a far one comes from Lyon; one more would save 220 − 110,
/// as a near one comes from Berlin. Halfway is 260. Lyon has two to spare, so its are worth nothing.
/// The lamps are wanted by nobody.
#[test]
fn a_shop_solved_by_hand() {
    let shop = shop();
    shop.report(&[]);
    assert_eq!(
        json_of(&shop, &[]),
        json!({
            "orders": 2, "units_ordered": 6, "units_allocated": 6, "parcels": 2,
            "dummy_cost_minor": 531, "skus": 1, "skus_scarce": 1, "skus_solved": 1, "variables": 4,
            "constraints": 4, "constraints_max": 4, "rows": 1,
            "prices": [{"sku": "MUG", "warehouse": "BER", "price_minor": 260}],
        })
    );
    let file = shop.path("prices.csv");
    let report = json_of(&shop, &["--out", file.to_str().unwrap()]);
    assert_eq!(fs::read_to_string(&file).unwrap(), "sku,warehouse,price_minor\nMUG,BER,260\n");
    assert_eq!(report["rows"], 1);
    assert!(!keys(&report).contains(&"prices"), "they are in the file: {report}");
    let shown = prices(&shop, &[]).stdout;
    for words in ["scarce SKUs           1 (100.0 %)", "MUG  BER          260"] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
}

#[test]
fn only_the_range_is_demand() {
    let shop = shop();
    shop.report(&["--clock", "placed-on"]);
    let whole = json_of(&shop, &[]);
    assert_eq!(json_of(&shop, &["--from", "2025-12-31", "--until", "2026-01-02"]), whole);
    // All of Berlin's stock for the first order alone: 600 / 3 + 20 less 300 / 3 + 10 with a unit
    // less; with one more nothing is saved.
    let until = json_of(&shop, &["--until", "2026-01-01"]);
    assert_eq!((&until["orders"], &until["parcels"]), (&json!(1), &json!(1)));
    assert_eq!(until["prices"][0]["price_minor"], 55);
    // The first order has taken Berlin's mugs, so the second competes with nobody.
    let from = json_of(&shop, &["--from", "2026-01-01"]);
    assert_eq!((&from["orders"], &from["skus"], &from["rows"]), (&json!(1), &json!(1), &json!(0)));
    // A second in between: nothing was ordered in it.
    let range = ["--from", "2025-12-31T23:59:59Z", "--until", "2026-01-01T00:00:00Z"];
    let nothing = prices(&shop, &range);
    assert_eq!(nothing.code, Some(0), "{nothing:?}");
    assert!(nothing.stderr.contains("no order was placed"), "{nothing:?}");
}

/// Without prices the near order takes Berlin's mugs for 300 + 3 · 10, and the far one pays 1,500 +
/// 3 · 30 from Lyon. With them Berlin's cost the near order 780 more, so it pays 600 + 3 · 20 from
/// Lyon, and leaves the far one Berlin's for 330 + 3 · 10.
#[test]
fn orders_that_heed_the_prices_cost_what_the_best_plan_of_all_costs() {
    let shop = shop();
    assert_eq!(shop.report(&[])["shipping_cost_cents"], 330 + 1_590);
    let policy = policy_with_prices(&shop);
    let report = Shop::at(shop.path("").as_path()).report(&["--policy", &policy]);
    assert_eq!(report["shipping_cost_cents"], 660 + 360);
}

/// Prices made of the orders that they are tried on have seen the future, so this is about the best
/// that they can do. More units, since zones that few warehouses serve find
/// theirs still there.
#[test]
fn the_sample_gets_more_units_at_less_cost() {
    let shop = Shop::sample();
    shop.report(&[]);
    let policy = policy_with_prices(&shop);
    // The first column is what the import did, by the least cost.
    let options = ["--policy", &policy, "--json"];
    let compared = shop.read(&["what-if"], &options);
    assert_eq!(compared.code, Some(0), "{compared:?}");
    let figures = |column: usize, name: &str| {
        compared.json()["columns"][column][name].as_i64().unwrap_or_else(|| panic!("{compared:?}"))
    };
    assert!(figures(1, "units_allocated") > figures(0, "units_allocated"), "{compared:?}");
    assert!(figures(1, "cost_minor") < figures(0, "cost_minor"), "{compared:?}");
}

/// A policy file that heeds prices of all the shop's orders.
fn policy_with_prices(shop: &Shop) -> String {
    json_of(shop, &["--out", shop.path("prices.csv").to_str().unwrap()]);
    shop.write(
        "policy.toml",
        "name = \"priced\"\nobjective = \"least_cost_with_shadow_prices\"\n\
         shadow_prices = \"prices.csv\"\n",
    );
    shop.path("policy.toml").to_str().unwrap().to_owned()
}

#[test]
fn what_is_no_range_or_no_journal_is_refused() {
    let shop = shop();
    let missing = prices(&shop, &[]);
    assert_eq!(missing.code, Some(1), "{missing:?}");
    assert!(missing.stderr.contains("there is no folder"), "{missing:?}");
    assert!(!shop.data().exists(), "nothing was made");
    shop.report(&[]);
    for (from, until) in [("2026-02-01", "2026-01-31"), ("2026-02-01", "2026-02-01")] {
        let run = prices(&shop, &["--from", from, "--until", until]);
        assert_eq!(run.code, Some(2), "{run:?}");
        assert!(run.stderr.contains("2026-02-01") && run.stderr.contains(until), "{run:?}");
    }
    assert_eq!(prices(&shop, &["--from", "yesterday"]).code, Some(2));
    let out = shop.path("missing/prices.csv");
    let unwritable = prices(&shop, &["--out", out.to_str().unwrap()]);
    assert_eq!(unwritable.code, Some(1), "{unwritable:?}");
    assert!(unwritable.stderr.contains("cannot write"), "{unwritable:?}");
    let foreign = Shop::tiny();
    fs::create_dir(foreign.data()).unwrap();
    fs::write(foreign.data().join("letter.txt"), "dear").unwrap();
    let foreign = prices(&foreign, &[]);
    assert_eq!(foreign.code, Some(1), "{foreign:?}");
    assert!(foreign.stderr.contains("not a Gantry journal"), "{foreign:?}");
}

#[test]
fn prices_are_found_beside_a_running_server() {
    let shop = shop();
    shop.report(&[]);
    let alone = json_of(&shop, &[]);
    let server = Server::start(&shop.data(), &[]);
    assert_eq!(json_of(&shop, &[]), alone);
    drop(server);
    assert_eq!(json_of(&shop, &[]), alone);
}

/// A real shop: prices are found, rise by code, stay below the dummy's cost, and come out the same
/// a second time.
#[test]
fn the_superstore_is_priced() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join(DATA);
    if !data.is_dir() {
        println!("skipped: there is no data set in {}", data.display());
        return;
    }
    let shop = Shop::at(&data);
    shop.report(&[]);
    let report = json_of(&shop, &[]);
    assert_eq!(report["orders"], 3_322);
    let rows = report["prices"].as_array().unwrap();
    assert!(rows.len() > 100, "only {} prices", rows.len());
    let name = |row: &Value| [&row["sku"], &row["warehouse"]].map(|code| code.to_string());
    assert!(rows.is_sorted_by(|one, next| name(one) < name(next)), "rows rise");
    let dummy = report["dummy_cost_minor"].as_u64().unwrap();
    for row in rows {
        let price = row["price_minor"].as_u64().unwrap();
        assert!((1..=dummy).contains(&price), "{row}");
    }
    assert_eq!(json_of(&shop, &[]), report);
}
