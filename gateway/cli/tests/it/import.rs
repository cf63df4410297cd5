//! `gantry import`: what it reports, that it can be repeated, and how it refuses files.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::shop::{Ledger, Shop, keys};

#[test]
fn importing_twice_changes_nothing() {
    let shop = Shop::sample();
    let report = shop.report(&[]);
    let before = shop.replay();
    assert!(report["units_backordered"].as_u64() > Some(0), "the sample falls short somewhere");
    assert!(report["split_orders"].as_u64() > Some(0), "the sample splits somewhere");
    assert_eq!(shop.report(&[]), report);
    let after = shop.replay();
    assert_eq!(after["state_hash"], before["state_hash"]);
    assert_eq!(after["records"], before["records"]);
}

#[test]
fn the_report_has_its_names_in_order_and_can_be_written_to_a_file() {
    let shop = Shop::tiny();
    let file = shop.path("report.json");
    let imported = shop.import(&["--report", file.to_str().unwrap()]);
    assert_eq!(imported.code, Some(0), "{imported:?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), imported.stdout);
    let names = [
        "orders",
        "lines",
        "units_ordered",
        "units_allocated",
        "units_backordered",
        "units_rejected",
        "orders_rejected",
        "parcels",
        "split_orders",
        "shipping_cost_cents",
        "seconds",
    ];
    let places: Vec<_> = names.map(|name| imported.stdout.find(&format!("\"{name}\":"))).to_vec();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{imported:?}");
    assert_eq!(keys(&imported.json()).len(), names.len());
}

/// Worked out by hand. A-1 goes to zone 1: six mugs and a lamp need both warehouses, five mugs
/// from Berlin and one from Lyon, as the lamp. A-2 goes to zone 10, which only Berlin serves, and
/// Berlin has no mug left.
#[test]
fn the_tiny_shop_comes_out_as_worked_out_by_hand() {
    let shop = Shop::tiny();
    let report = json!({
        "orders": 2, "lines": 3, "units_ordered": 10, "units_allocated": 7,
        "units_backordered": 3, "units_rejected": 0, "orders_rejected": 0, "parcels": 2,
        "split_orders": 1, "shipping_cost_cents": (390 + 5 * 25) + (690 + 2 * 35),
    });
    assert_eq!(shop.report(&[]), report);
    let dump = shop.dump(&[]);
    let placed = dump.iter().find(|record| record["command"]["order"] == "A-1").unwrap();
    let command = &placed["command"];
    assert_eq!(command["value_minor"], 6 * 899 + 4999);
    assert_eq!((&command["zone"], &command["channel"]), (&json!("1"), &json!("web")));
    assert_eq!((&command["service_level"], &command["currency"]), (&json!(4), &json!(null)));
    let hash = blake3::hash(b"gantry importA-1").to_hex();
    let id = command["order_id"].as_str().unwrap().replace('-', "");
    assert_eq!(id, hash.as_str()[..32]);
    let other = dump.iter().find(|record| record["command"]["order"] == "A-2").unwrap();
    assert_eq!(other["command"]["zone"], "10", "the longest zone that begins the postal code");
    assert_eq!(other["command"]["customer"], json!(null));
    assert_eq!(other["actor"], 1);
}

#[test]
fn every_mode_adds_up() {
    for (mode, rejects, waits) in [
        ("backorder", false, true),
        ("ship_complete", true, false),
        ("take_available", true, false),
    ] {
        let shop = Shop::sample();
        let report = shop.report(&["--short", mode]);
        assert_eq!(report["orders_rejected"].as_u64() > Some(0), rejects, "{mode}: {report}");
        assert_eq!(report["units_rejected"].as_u64() > Some(0), rejects, "{mode}: {report}");
        assert_eq!(report["units_backordered"].as_u64() > Some(0), waits, "{mode}: {report}");
        let ledger = Ledger::of(&shop.dump(&[]));
        ledger.check_report(&report);
        ledger.check_state(&shop.replay());
        ledger.check_state(&shop.verify());
        assert_eq!(shop.report(&["--short", mode]), report, "{mode} a second time");
    }
}

#[test]
fn an_order_with_other_content_is_an_error() {
    let shop = Shop::tiny();
    shop.report(&[]);
    let before = shop.replay();
    let imported = shop.import(&["--short", "ship_complete"]);
    assert_eq!(imported.code, Some(1), "{imported:?}");
    assert!(imported.stderr.contains("order A-1"), "{imported:?}");
    assert_eq!(shop.replay()["state_hash"], before["state_hash"]);
}

#[test]
fn the_sample_in_the_repository_is_the_one_that_is_written() {
    let shop = Shop::sample();
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let mut bytes = 0;
    for file in ["warehouses.csv", "shipping_costs.csv", "skus.csv", "stock.csv", "orders.csv"] {
        let written = fs::read_to_string(shop.path(file)).unwrap();
        assert_eq!(fs::read_to_string(committed.join(file)).unwrap(), written, "{file}");
        bytes += written.len();
    }
    assert!(bytes < 60_000, "{bytes} bytes: a sample is small");
}

/// File, what is replaced, by what, and what the error must name.
const FAULTS: &[(&str, &str, &str, &[&str])] = &[
    ("warehouses.csv", "warehouse,priority", "warehouse,rank", &["line 1", "column priority"]),
    ("warehouses.csv", "BER,1", "BER,0", &["line 2", "column priority", "from 1 to 65535"]),
    ("warehouses.csv", "LYS,2", "BER,2", &["line 3", "column warehouse", "already"]),
    ("warehouses.csv", "LYS,2", "LYS", &["line 3", "1 fields", "2"]),
    ("warehouses.csv", "LYS,2", ",2", &["line 3", "column warehouse", "nothing"]),
    ("warehouses.csv", "LYS,2", " LYS,2", &["line 3", "column warehouse", "spaces"]),
    ("shipping_costs.csv", "days\n", "dauer\n", &["line 1", "column days", "missing"]),
    ("shipping_costs.csv", "unit_cost_cents", "days", &["line 1", "column unit_cost_cents"]),
    ("shipping_costs.csv", "BER,1,390", "BER,1,3.90", &["line 2", "column parcel_cost_cents"]),
    ("shipping_costs.csv", "BER,1,390", "BER,1,-390", &["line 2", "column parcel_cost_cents"]),
    ("shipping_costs.csv", "390,25,1", "390,25,", &["line 2", "column days"]),
    ("shipping_costs.csv", "390,25,1", ",25,1", &["line 2", "column parcel_cost_cents"]),
    ("shipping_costs.csv", "390,25,1", "390,,1", &["line 2", "column unit_cost_cents"]),
    ("shipping_costs.csv", "BER,1,", "BER,,", &["line 2", "column destination_zone", "nothing"]),
    ("shipping_costs.csv", "BER,1,", ",1,", &["line 2", "column warehouse", "nothing"]),
    ("shipping_costs.csv", "LYS,1,", "PAR,1,", &["line 3", "column warehouse", "PAR"]),
    ("shipping_costs.csv", "BER,10,", "BER,1,", &["line 4", "zone 1", "already"]),
    ("skus.csv", "sku,name", "code,name", &["line 1", "column sku", "missing"]),
    ("skus.csv", "sku,name", "sku,sku", &["line 1", "column sku", "twice"]),
    ("skus.csv", "LAMP,\"Lamp, large\"", "MUG,Lamp", &["line 3", "column sku", "MUG"]),
    ("skus.csv", "MUG,", "A-VERY-LONG-CODE-OF-MORE-THAN-FORTY-BYTES,", &["line 2", "40 bytes"]),
    ("stock.csv", "MUG,LYS,2", "MUG,BER,2", &["line 3", "MUG at warehouse BER", "already"]),
    ("stock.csv", "LAMP,LYS", "LAMB,LYS", &["line 4", "column sku", "LAMB"]),
    ("stock.csv", "LAMP,LYS", "LAMP,LYN", &["line 4", "column warehouse", "LYN"]),
    ("stock.csv", "MUG,BER,5", "MUG,BER,5x", &["line 2", "column on_hand", "5x"]),
    ("stock.csv", "MUG,BER,5", "MUG,BER,1000000001", &["line 2", "column on_hand"]),
    ("orders.csv", "quantity,unit", "units,unit", &["line 1", "column quantity", "missing"]),
    ("orders.csv", "MUG,6", "MUG,0", &["line 2", "column quantity", "\"0\""]),
    ("orders.csv", "MUG,6", "MUG,-6", &["line 2", "column quantity", "\"-6\""]),
    ("orders.csv", "MUG,6", "MUG,six", &["line 2", "column quantity", "\"six\""]),
    ("orders.csv", "MUG,6", "MUG,10001", &["line 2", "column quantity", "10000"]),
    ("orders.csv", "MUG,6", "MUG,99999999999999999999", &["line 2", "column quantity"]),
    ("orders.csv", "6,899", "6,8.99", &["line 2", "column unit_price_cents"]),
    ("orders.csv", "12345,LAMP", "12345,LAMB", &["line 3", "column sku", "LAMB"]),
    ("orders.csv", "12345,LAMP", "22345,LAMP", &["line 3", "column postal_code", "22345"]),
    ("orders.csv", "12345,LAMP", "10345,LAMP", &["line 3", "column postal_code", "differs"]),
    ("orders.csv", "web,12345,LAMP", "shop,12345,LAMP", &["line 3", "column channel"]),
    ("orders.csv", "A-2,,,,10999,MUG,3,899", "A-2,,,,10999,MUG,3", &["line 4", "7 fields"]),
    (
        "orders.csv",
        "A-2,,,,10999,MUG,3,899\n",
        "A-2,,,,10999,MUG,3,899\nA-1,Same Day,C-1,web,12345,MUG,1,899\n",
        &["line 5", "column order_id", "A-1", "comes back"],
    ),
    ("orders.csv", "A-2,,,,10999", "\n\nA-2,,,,20999", &["line 6", "column postal_code", "20999"]),
];

#[test]
fn a_bad_file_is_named_by_line_and_column_and_nothing_is_made() {
    for (file, from, to, facts) in FAULTS {
        let shop = Shop::tiny();
        shop.edit(file, from, to);
        let imported = shop.import(&[]);
        assert_eq!(imported.code, Some(1), "{file} {to:?}: {imported:?}");
        assert_eq!(imported.stdout, "", "{file} {to:?}");
        for fact in facts.iter().chain([file]) {
            assert!(imported.stderr.contains(fact), "{file} {to:?}: {fact} in {}", imported.stderr);
        }
        assert!(!shop.data().exists(), "{file} {to:?}: the folder was touched");
    }
}

#[test]
fn a_bad_file_leaves_a_full_folder_as_it_was() {
    let shop = Shop::tiny();
    shop.report(&[]);
    let before = shop.replay();
    shop.edit("orders.csv", "MUG,3", "MUG,none");
    shop.edit("stock.csv", "MUG,BER,5", "MUG,BER,50");
    assert_eq!(shop.import(&[]).code, Some(1));
    assert_eq!(shop.replay()["state_hash"], before["state_hash"]);
    assert_eq!(shop.replay()["records"], before["records"]);
}

#[test]
fn a_missing_file_is_named_and_nothing_is_made() {
    let shop = Shop::tiny();
    fs::remove_file(shop.path("stock.csv")).unwrap();
    let imported = shop.import(&[]);
    assert_eq!(imported.code, Some(1), "{imported:?}");
    assert!(imported.stderr.contains("stock.csv"), "{imported:?}");
    assert!(!shop.data().exists());
}

#[test]
fn columns_in_any_order_and_strange_line_ends_are_read() {
    let shop = Shop::tiny();
    shop.write("warehouses.csv", "\u{feff}priority,colour,warehouse\r\n1,red,BER\r\n\r\n2,,LYS");
    assert_eq!(shop.report(&[]), {
        let plain = Shop::tiny();
        plain.report(&[])
    });
}

#[test]
fn a_folder_that_is_not_ours_is_left_alone() {
    let shop = Shop::tiny();
    fs::create_dir(shop.data()).unwrap();
    fs::write(shop.data().join("letter.txt"), "dear").unwrap();
    let imported = shop.import(&[]);
    assert_eq!(imported.code, Some(1), "{imported:?}");
    assert!(imported.stderr.contains("not a Gantry journal"), "{imported:?}");
    assert_eq!(fs::read_dir(shop.data()).unwrap().count(), 1);
}

#[test]
fn wrong_usage_is_told_apart_from_failure() {
    let shop = Shop::tiny();
    assert_eq!(shop.import(&["--short", "wait_complete"]).code, Some(2));
    assert_eq!(shop.import(&["--sample", "x"]).code, Some(2));
    assert!(!shop.data().exists());
}
