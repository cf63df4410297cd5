//! `gantry what-if`: names, figures by hand, files of policies, and what is said about them.

use serde_json::{Value, json};

use crate::process::Run;
use crate::shop::{Shop, keys};

const COLUMN_NAMES: [&str; 28] = [
    "name",
    "objective",
    "orders_accepted",
    "orders_rejected",
    "rejected",
    "units_ordered",
    "units_allocated",
    "units_backordered",
    "units_matched",
    "units_matched_late",
    "promises_broken",
    "matched_wait_unit_seconds",
    "matched_wait_seconds_mean",
    "units_cancelled",
    "units_rejected",
    "fill_per_mille",
    "orders_split",
    "split_per_mille",
    "parcels",
    "cost_minor",
    "cost_minor_per_order",
    "orders_proven",
    "proven_per_mille",
    "gaps",
    "orders_late",
    "warehouses",
    "unmapped",
    "codes_undefined",
];

fn what_if(shop: &Shop, policies: &[&str], options: &[&str]) -> Run {
    let paths: Vec<String> = policies
        .iter()
        .map(|policy| match policy.ends_with(".toml") {
            true => shop.path(policy).to_str().unwrap().to_owned(),
            false => (*policy).to_owned(),
        })
        .collect();
    let mut arguments: Vec<&str> = paths.iter().flat_map(|path| ["--policy", path]).collect();
    arguments.extend(options);
    shop.read(&["what-if"], &arguments)
}

fn columns(shop: &Shop, policies: &[&str], options: &[&str]) -> Vec<Value> {
    let run = what_if(shop, policies, &[options, &["--json"]].concat());
    assert_eq!(run.code, Some(0), "{run:?}");
    run.json()["columns"].as_array().unwrap().clone()
}

/// The imported sample of two orders that `Shop::tiny` writes.
fn tiny() -> Shop {
    let shop = Shop::tiny();
    shop.report(&[]);
    shop.write(
        "ber.toml",
        "name = \"berlin\"\nobjective = \"least_cost\"\nwarehouses = [\"BER\"]\n",
    );
    shop
}

#[test]
fn the_report_has_the_names_that_others_read() {
    let shop = tiny();
    let run = what_if(&shop, &["least_cost"], &["--json"]);
    let report = run.json();
    let names = [
        "caution",
        "columns",
        "from_time_ns",
        "promised_days",
        "records",
        "replaced",
        "until_time_ns",
    ];
    let mut found = keys(&report);
    found.sort_unstable();
    assert_eq!(found, names);
    let mut column_names = COLUMN_NAMES;
    column_names.sort_unstable();
    for column in report["columns"].as_array().unwrap() {
        let mut found = keys(column);
        found.sort_unstable();
        assert_eq!(found, column_names);
    }
    assert_eq!(report["records"], shop.replay()["records"]);
    assert!(report["caution"].as_str().unwrap().contains("not modelled"));
    assert_eq!(run.stderr, "");
}

#[test]
fn each_column_has_the_figures_of_its_policy() {
    let shop = tiny();
    let columns = columns(&shop, &["least_cost", "ber.toml"], &["--promised-days", "1"]);
    let [recorded, own, berlin] = &columns[..] else { panic!("three columns: {columns:?}") };
    assert_eq!(recorded["name"], "as recorded");
    let figures = |column: &Value| {
        ["units_ordered", "units_allocated", "units_backordered", "parcels", "cost_minor"]
            .map(|name| column[name].as_u64().unwrap())
    };
    // Five mugs from BER, one and a lamp from LYS; then three mugs wait.
    assert_eq!(figures(recorded), [10, 7, 3, 2, 390 + 5 * 25 + 690 + 2 * 35]);
    assert_eq!(figures(own), figures(recorded));
    // From BER alone five mugs, in one parcel.
    assert_eq!(figures(berlin), [10, 5, 5, 1, 390 + 5 * 25]);
    let shares = ["fill_per_mille", "orders_split", "split_per_mille", "cost_minor_per_order"];
    assert_eq!(shares.map(|name| &recorded[name]), [700, 1, 500, 637].map(|n| json!(n)).each_ref());
    assert_eq!(shares.map(|name| &berlin[name]), [500, 0, 0, 257].map(|n| json!(n)).each_ref());
    // LYS takes three days, BER one.
    let late = [recorded, own, berlin].map(|column| column["orders_late"].as_u64());
    assert_eq!(late, [Some(1), Some(1), Some(0)]);
    let of_berlin = json!([
        { "warehouse": "BER", "units": 5, "parcels": 1 },
        { "warehouse": "LYS", "units": 0, "parcels": 0 },
    ]);
    assert_eq!(berlin["warehouses"], of_berlin);
    assert_eq!(recorded["unmapped"], Value::Null);
    for column in [own, berlin] {
        let unmapped = column["unmapped"].as_object().unwrap();
        assert!(unmapped.len() == 9 && unmapped.values().all(|units| units == 0), "{column}");
    }
}

#[test]
fn the_page_lays_columns_side_by_side_and_warns() {
    let run = what_if(&tiny(), &["ber.toml", "greedy"], &[]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let row = |label: &str| {
        let line = run.stdout.lines().find(|line| line.starts_with(label));
        let line = line.unwrap_or_else(|| panic!("no {label}: {}", run.stdout));
        line[label.len()..].split_whitespace().collect::<Vec<_>>()
    };
    let head = run.stdout.lines().find(|line| line.contains("as recorded")).unwrap();
    let heads: Vec<_> = head.split_whitespace().collect();
    assert_eq!(heads, ["as", "recorded", "berlin", "+/-", "greedy", "+/-"]);
    assert_eq!(row("units allocated"), ["7", "5", "-2", "7", "="]);
    assert_eq!(row("fill rate"), ["70.0", "%", "50.0", "%", "-20.0", "70.0", "%", "="]);
    assert_eq!(row("cost (minor units)")[..3], ["1,275", "515", "-760"]);
    assert_eq!(row("late orders"), ["–", "–", "–"]);
    assert_eq!(row("unmapped"), ["–", "0", "0"]);
    assert!(run.stdout.contains("Demand is taken as given"), "{}", run.stdout);
}

#[test]
fn what_a_policy_cannot_say_here_is_told() {
    let shop = tiny();
    let text = "name = \"web\"\nobjective = \"least_cost\"\nchannels = [\"web\"]\n\
                warehouses = [\"BER\", \"MUC\"]\n";
    shop.write("web.toml", text);
    let run = what_if(&shop, &["web.toml"], &["--json"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.stderr.contains("channels are left out"), "{}", run.stderr);
    assert!(run.stderr.contains("web: the journal defines no \"MUC\""), "{}", run.stderr);
    assert_eq!(run.json()["columns"][1]["codes_undefined"], json!(["MUC"]));
    let unknown = what_if(&shop, &["fastest"], &[]);
    assert_eq!(unknown.code, Some(1), "{unknown:?}");
    assert!(unknown.stderr.contains("least_cost"), "names what there is: {}", unknown.stderr);
    shop.write("muc.toml", "name = \"muc\"\nobjective = \"least_cost\"\nwarehouses = [\"MUC\"]\n");
    let nowhere = what_if(&shop, &["muc.toml"], &[]);
    assert_eq!(nowhere.code, Some(1), "{nowhere:?}");
    assert!(nowhere.stderr.contains("none of its warehouses"), "{}", nowhere.stderr);
    assert_eq!(what_if(&shop, &[], &[]).code, Some(2), "a policy must be named");
}

#[test]
fn policies_of_one_name_are_told_apart_by_their_files() {
    let shop = tiny();
    shop.write("other.toml", "name = \"berlin\"\nobjective = \"nearest\"\n");
    let columns = columns(&shop, &["ber.toml", "other.toml"], &[]);
    let names: Vec<_> = columns.iter().map(|column| column["name"].as_str().unwrap()).collect();
    assert!(names[1].ends_with("ber.toml") && names[2].ends_with("other.toml"), "{names:?}");
}

#[test]
fn a_shop_decided_again_by_the_policy_of_its_import_is_itself() {
    let shop = Shop::sample();
    shop.report(&[]);
    let columns = columns(&shop, &["least_cost"], &["--promised-days", "2"]);
    for name in COLUMN_NAMES.iter().filter(|name| !["name", "objective", "unmapped"].contains(name))
    {
        assert_eq!(columns[0][name], columns[1][name], "{name}");
    }
    assert!(columns[0]["orders_accepted"].as_u64().unwrap() > 0);
}

#[test]
fn a_range_of_days_is_decided_again_on_what_was_recorded_before() {
    let shop = Shop::tiny();
    shop.edit("orders.csv", "order_id,service", "placed_on,order_id,service");
    shop.edit(
        "orders.csv",
        "A-1,Same Day,C-1,web,12345,MUG",
        "2024-01-01,A-1,Same Day,C-1,web,12345,MUG",
    );
    shop.edit("orders.csv", "\nA-1,", "\n2024-01-01,A-1,");
    shop.edit("orders.csv", "\nA-2,", "\n2024-01-05,A-2,");
    shop.report(&["--clock", "placed-on"]);
    shop.write(
        "ber.toml",
        "name = \"berlin\"\nobjective = \"least_cost\"\nwarehouses = [\"BER\"]\n",
    );
    let units = |options: &[&str]| -> Vec<[u64; 2]> {
        let columns = columns(&shop, &["ber.toml"], options);
        let figures = |column: &Value| {
            ["units_ordered", "units_allocated"].map(|name| column[name].as_u64().unwrap())
        };
        columns.iter().map(figures).collect()
    };
    assert_eq!(units(&[]), [[10, 7], [10, 5]]);
    assert_eq!(units(&["--until", "2024-01-05"]), [[7, 7], [7, 5]]);
    assert_eq!(units(&["--from", "2024-01-02"]), [[3, 0], [3, 0]]);
    assert_eq!(units(&["--from", "2024-01-06"]), [[0, 0], [0, 0]]);
    let empty = ["--from", "2024-01-02", "--until", "2024-01-02"];
    assert_eq!(what_if(&shop, &["greedy"], &empty).code, Some(2));
}
