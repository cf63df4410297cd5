//! `--policy` of a server and of an import: in force before the first order, and journaled once.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::process::{Server, run};
use crate::shop::{Ledger, Shop, text};

/// Names of the policies that were set, in order.
fn set(dump: &[Value]) -> Vec<String> {
    let commands = dump.iter().map(|record| &record["command"]);
    let set = commands.filter(|command| command["type"] == "set_policy");
    set.map(|command| text(&command["policy"])).collect()
}

/// What somebody asked for: a policy that changes while lines wait lets the engine look at them.
fn asked(shop: &Shop) -> Vec<Value> {
    let mut dump = shop.dump(&[]);
    dump.retain(|record| record["actor"] != 0);
    dump
}

#[test]
fn a_server_sets_its_policy_unless_it_is_in_force() {
    let shop = Shop::tiny();
    shop.report(&[]);
    shop.write(
        "web.toml",
        "name = \"web\"\nobjective = \"least_cost_with_shadow_prices\"\nwarehouses = [\"LYS\"]\n\
         soft = [\"warehouses\"]\nchannels = [\"web\"]\nshadow_prices = \"prices.csv\"\n",
    );
    shop.write("prices.csv", "sku,warehouse,price_minor\nMUG,LYS,7\nLAMP,LYS,0\nMUG,BER,120\n");
    let web = shop.path("web.toml");
    let web = web.to_str().unwrap();
    let start = |policy: &str| drop(Server::start(&shop.data(), &["--policy", policy]));
    start(web);
    let dump = asked(&shop);
    let kinds: Vec<_> =
        dump.iter().rev().take(3).map(|record| &record["command"]["type"]).collect();
    assert_eq!(kinds, ["assign_policy", "set_shadow_prices", "set_policy"]);
    assert!(dump.iter().rev().take(3).all(|record| record["actor"] == 2), "by the command line");
    start(web);
    assert_eq!(asked(&shop).len(), dump.len(), "nothing changed, so nothing is journaled");
    start("nearest");
    start("greedy");
    start("greedy");
    start("nearest");
    let server = Server::start(&shop.data(), &["--policy", "nearest"]);
    server.json(&["policy", "set", "balance"]);
    drop(server);
    start("nearest");
    start(web);
    let expected = ["web", "nearest", "greedy", "nearest", "balance", "nearest"];
    assert_eq!(set(&shop.dump(&[])), expected, "one that stood before can come back");
    shop.write("prices.csv", "sku,warehouse,price_minor\nMUG,LYS,8\n");
    start(web);
    assert_eq!(set(&shop.dump(&[])).len(), expected.len() + 1, "other prices are another policy");
    shop.verify();
}

#[test]
fn a_policy_that_cannot_be_stops_the_start() {
    let shop = Shop::tiny();
    let data = shop.data();
    let serve = |policy: &Path| {
        let words = ["serve", "--listen", "127.0.0.1:0", "--directory", data.to_str().unwrap()];
        run(words.iter().copied().chain(["--policy", policy.to_str().unwrap()]))
    };
    shop.write("zero.toml", "name = \"zero\"\nobjective = \"nearest\"\nparcels_max = 0\n");
    let refused = serve(&shop.path("zero.toml"));
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""), "{refused:?}");
    assert!(refused.stderr.contains("key parcels_max: 0 cannot be"), "{refused:?}");
    assert!(!data.exists(), "a file is judged before the folder is touched");
    shop.write("far.toml", "name = \"far\"\nobjective = \"nearest\"\nwarehouses = [\"PAR\"]\n");
    let refused = serve(&shop.path("far.toml"));
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""), "{refused:?}");
    assert!(refused.stderr.contains("there is no warehouse `PAR`"), "{refused:?}");
    drop(Server::start(&data, &["--policy", "nearest"]));
    assert_eq!(set(&shop.dump(&[])), ["nearest"], "and the folder is as good as before");
}

#[test]
fn an_import_is_sourced_by_its_policy_and_can_be_repeated() {
    let shop = Shop::tiny();
    shop.write(
        "lyon.toml",
        "name = \"lyon\"\nobjective = \"least_cost\"\nwarehouses = [\"LYS\"]\n",
    );
    let lyon = shop.path("lyon.toml");
    let options = ["--policy", lyon.to_str().unwrap()];
    let report = shop.report(&options);
    assert_eq!((&report["parcels"], &report["units_allocated"]), (&json!(1), &json!(3)));
    assert_eq!(report["shipping_cost_cents"], 690 + 3 * 35);
    let dump = shop.dump(&[]);
    Ledger::of(&dump).check_report(&report);
    let at = |kind: &str| dump.iter().position(|record| record["command"]["type"] == kind).unwrap();
    assert!(at("set_policy") < at("assign_policy") && at("assign_policy") < at("place_order"));
    assert_eq!(dump[at("set_policy")]["actor"], 1);
    shop.verify();
    assert_eq!(shop.read(&["replay"], &["--verify"]).code, Some(0));
    assert_eq!(shop.report(&options), report);
    assert_eq!(shop.dump(&[]).len(), dump.len(), "importing twice changes nothing");
    shop.report(&["--policy", "nearest"]);
    shop.report(&options);
    assert_eq!(set(&shop.dump(&[])), ["lyon", "nearest", "lyon"]);
}

#[test]
fn a_policy_of_an_import_is_judged_before_the_folder_is_touched() {
    let shop = Shop::tiny();
    let lines = "name = \"web\"\nobjective = \"least_cost\"\n";
    for (more, words) in [
        ("parcels_max = 0", "key parcels_max: 0 cannot be"),
        ("parcel_max = 2", "line 3: unknown field `parcel_max`"),
        ("soft = [\"days_max\"]", "key soft: it names \"days_max\""),
        ("warehouses = [\"PAR\"]", "there is no warehouse `PAR`"),
        ("no_split_skus = [\"CUP\"]", "there is no sku `CUP`"),
        ("channels = [\"shop\"]", "there is no channel `shop`"),
    ] {
        shop.write("web.toml", &format!("{lines}{more}\n"));
        let refused = shop.import(&["--policy", shop.path("web.toml").to_str().unwrap()]);
        assert_eq!(refused.code, Some(1), "{more}: {refused:?}");
        assert!(refused.stderr.contains(words), "{words}: {}", refused.stderr);
        assert!(!shop.data().exists(), "{more}");
    }
    shop.write("web.toml", &format!("{lines}channels = [\"web\"]\n"));
    fs::remove_file(shop.path("skus.csv")).unwrap();
    assert_eq!(shop.import(&["--policy", "nearest"]).code, Some(1));
    assert!(!shop.data().exists());
}
