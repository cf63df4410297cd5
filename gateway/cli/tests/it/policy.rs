//! `gantry policy`: files that tell policies, what is refused, and what is journaled.

use std::fs;

use serde_json::{Value, json};

use crate::process::Server;
use crate::shop::{Shop, text};

/// A policy with every key.
const WEB: &str = r#"
name = "web"
objective = "least_cost_with_shadow_prices"
parcels_max = 3
days_max = 5
split_value_min_minor = 2000
warehouses = ["LYS", "BER"]
no_split_skus = ["LAMP"]
soft = ["days_max", "ring_fences"]
channels = ["web"]
shadow_prices = "prices.csv"
"#;

/// The tiny shop with a server on it, and a policy file of one's own.
struct Policies {
    shop: Shop,
    server: Server,
}

impl Policies {
    fn new() -> Self {
        Self::with_skus("")
    }

    /// With rows more in the file of SKUs.
    fn with_skus(rows: &str) -> Self {
        let shop = Shop::tiny();
        shop.edit("skus.csv", "MUG,Mug\n", &format!("MUG,Mug\n{rows}"));
        shop.report(&[]);
        shop.write("prices.csv", "sku,warehouse,price_minor\nMUG,LYS,7\nLAMP,LYS,0\nMUG,BER,120\n");
        let server = Server::start(&shop.data(), &[]);
        Self { shop, server }
    }

    fn write(&self, text: &str) -> String {
        self.shop.write("web.toml", text);
        self.shop.path("web.toml").to_str().unwrap().to_owned()
    }

    /// Commands from the first that is no import's, once the server has ended.
    fn journaled(self) -> Vec<Value> {
        drop(self.server);
        let dump = self.shop.dump(&[]);
        let own = dump.into_iter().filter(|record| record["actor"] == 2);
        own.map(|mut record| record["command"].take()).collect()
    }
}

#[test]
fn a_policy_file_is_journaled_with_its_prices_and_its_channels() {
    let policies = Policies::new();
    let file = policies.write(WEB);
    let id = "0197a3c0-7f00-7000-8000-000000000001";
    let set = policies.server.json(&["policy", "set", &file, "--id", id]);
    assert_eq!((&set["status"], &set["policy"]), (&json!("accepted"), &json!("web")));
    assert_eq!((&set["channels"], &set["shadow_prices"]), (&json!(["web"]), &json!(3)));
    let again = policies.server.json(&["policy", "set", &file, "--id", id]);
    assert_eq!((&again["status"], &again["sequence"]), (&json!("duplicate"), &set["sequence"]));
    let commands = policies.journaled();
    assert_eq!(commands.len(), 3, "a repeated id is carried out once: {commands:?}");
    assert_eq!(
        commands[0],
        json!({
            "type": "set_policy", "id": id, "policy": "web",
            "objective": "least_cost_with_shadow_prices", "parcels_max": 3, "days_max": 5,
            "split_value_min_minor": 2000, "warehouses": ["BER", "LYS"],
            "no_split_skus": ["LAMP"], "soft": ["days_max", "ring_fences"],
        })
    );
    assert_eq!(commands[1]["type"], "set_shadow_prices");
    assert_eq!(commands[1]["clear"], true);
    assert_eq!(
        commands[1]["rows"],
        json!([
            { "sku": "MUG", "warehouse": "BER", "price_minor": 120 },
            { "sku": "MUG", "warehouse": "LYS", "price_minor": 7 },
        ])
    );
    assert_eq!(commands[2]["type"], "assign_policy");
    assert_eq!((&commands[2]["policy"], &commands[2]["channel"]), (&json!("web"), &json!("web")));
}

#[test]
fn a_name_is_a_policy_without_rules_for_everyone() {
    let policies = Policies::new();
    let set = policies.server.json(&["policy", "set", "nearest"]);
    assert_eq!((&set["policy"], &set["channels"]), (&json!("nearest"), &json!(null)));
    let assigned = policies.server.json(&["policy", "assign", "nearest", "--channel", "web"]);
    assert_eq!(assigned["channels"], json!(["web"]));
    policies.server.json(&["policy", "assign", "--none", "--channel", "web"]);
    let commands = policies.journaled();
    assert_eq!(commands.len(), 4, "{commands:?}");
    assert_eq!(commands[0]["objective"], "nearest");
    for none in ["parcels_max", "days_max", "split_value_min_minor"] {
        assert_eq!(commands[0][none], json!(null), "{none}");
    }
    let bound = |at: usize| (&commands[at]["policy"], &commands[at]["channel"]);
    assert_eq!(bound(1), (&json!("nearest"), &json!(null)));
    assert_eq!(bound(2), (&json!("nearest"), &json!("web")));
    assert_eq!(bound(3), (&json!(null), &json!("web")));
}

#[test]
fn prices_come_in_commands_of_1024_rows_and_replace_all_others() {
    let skus: String = (0..1_030).map(|number| format!("S-{number},Sock\n")).collect();
    let policies = Policies::with_skus(&skus);
    let prices = (0..1_030).map(|number| format!("S-{number},BER,{}\n", number + 1));
    let prices: String = prices.collect();
    policies.shop.write("prices.csv", &format!("sku,warehouse,price_minor\n{prices}"));
    let file = policies.write(WEB);
    policies.server.json(&["policy", "set", &file]);
    policies.shop.write("prices.csv", "sku,warehouse,price_minor\n");
    policies.server.json(&["policy", "set", &file]);
    let commands = policies.journaled();
    let tables = commands.iter().filter(|command| command["type"] == "set_shadow_prices");
    let rows = |table: &Value| table["rows"].as_array().unwrap().len();
    let tables: Vec<_> = tables.map(|table| (table["clear"].clone(), rows(table))).collect();
    assert_eq!(tables, [(json!(true), 1_024), (json!(false), 6), (json!(true), 0)]);
}

#[test]
fn a_file_that_cannot_be_is_refused_with_its_key_and_what_would_be_right() {
    let policies = Policies::new();
    for (from, to, words) in [
        (
            "parcels_max = 3",
            "parcels_max = 0",
            "key parcels_max: 0 cannot be; right would be 1 to 64",
        ),
        ("parcels_max = 3", "parcels_max = 65", "key parcels_max: 65 cannot be"),
        ("parcels_max = 3", "parcels_max = 1", "key parcels_max: one parcel at most"),
        ("parcels_max = 3", "parcels = 3", "line 4: unknown field `parcels`"),
        ("parcels_max = 3", "parcels_max = \"3\"", "line 4: invalid type"),
        ("parcels_max = 3", "parcels_max = 3\nparcels_max = 4", "line 5: duplicate key"),
        (
            "days_max = 5",
            "",
            "key soft: it names \"days_max\", a rule that the policy does not have",
        ),
        ("days_max = 5", "days_max = -1", "key days_max: -1 cannot be"),
        ("= 2000", "= -2000", "key split_value_min_minor: -2000 cannot be"),
        ("[\"LYS\", \"BER\"]", "[]", "key warehouses: 0 codes; right would be 1 to"),
        ("[\"LYS\", \"BER\"]", "[\"BER\", \"BER\"]", "key warehouses: \"BER\" stands there twice"),
        (
            "\"ring_fences\"",
            "\"fences\"",
            "key soft: \"fences\" is no rule; right would be rules of",
        ),
        ("least_cost_with_shadow_prices", "least_cost", "key shadow_prices: least_cost reads no"),
        (
            "least_cost_with_shadow_prices",
            "cheapest",
            "key objective: \"cheapest\" is no objective",
        ),
        ("least_cost_with_shadow_prices", "greedy", "key objective: greedy looks at no limit"),
        ("name = \"web\"", "name = \"\"", "key name: \"\" is no code"),
        ("name = \"web\"", "", "missing field `name`"),
        ("prices.csv", "none.csv", "none.csv: No such file"),
    ] {
        assert!(WEB.contains(from), "{from}");
        let file = policies.write(&WEB.replacen(from, to, 1));
        let refused = policies.server.run(&["policy", "set", &file]);
        assert_eq!(refused.code, Some(1), "{to}: {refused:?}");
        assert!(refused.stderr.contains(words), "{words}: {}", refused.stderr);
        assert!(!words.starts_with("key") || refused.stderr.contains("right would be"));
    }
    let none = policies.server.run(&["policy", "set", "cheapest"]);
    assert_eq!(none.code, Some(1), "{none:?}");
    assert!(none.stderr.contains("without a file a policy is one of priority,"), "{none:?}");
    assert_eq!(policies.journaled(), Vec::<Value>::new(), "nothing was changed");
}

#[test]
fn prices_are_refused_with_their_line() {
    let policies = Policies::new();
    let file = policies.write(WEB);
    for (rows, words) in [
        ("MUG,BER,\n", "line 2: column price_minor: \"\" cannot be"),
        ("MUG,BER,1\nMUG,BER,2\n", "line 3: column sku: SKU MUG at warehouse BER stands in this"),
        ("MUG,BER,1000000001\n", "a whole number from 0 to 1000000000"),
        (",BER,1\n", "line 2: column sku: nothing stands here"),
    ] {
        policies.shop.write("prices.csv", &format!("sku,warehouse,price_minor\n{rows}"));
        let refused = policies.server.run(&["policy", "set", &file]);
        assert_eq!(refused.code, Some(1), "{rows}: {refused:?}");
        assert!(refused.stderr.contains(words), "{words}: {}", refused.stderr);
    }
    fs::remove_file(policies.shop.path("prices.csv")).unwrap();
    assert_eq!(policies.server.run(&["policy", "set", &file]).code, Some(1));
    assert_eq!(policies.journaled(), Vec::<Value>::new(), "nothing was changed");
}

#[test]
fn codes_that_nobody_defined_are_named() {
    let policies = Policies::new();
    for (from, to, words) in [
        ("\"LYS\", \"BER\"", "\"BER\", \"lys\"", "no warehouse `lys` on the server"),
        ("[\"LAMP\"]", "[\"LAMP\", \"CUP\"]", "no sku `CUP` on the server"),
        ("[\"web\"]", "[\"shop\"]", "no channel `shop` on the server"),
    ] {
        let file = policies.write(&WEB.replacen(from, to, 1));
        let refused = policies.server.run(&["policy", "set", &file]);
        assert_eq!(refused.code, Some(3), "{to}: {refused:?}");
        assert!(refused.stderr.contains(words), "{words}: {}", refused.stderr);
    }
    let unknown = policies.server.run(&["policy", "assign", "frugal"]);
    assert_eq!(unknown.code, Some(3), "{unknown:?}");
    assert!(unknown.stderr.contains("no policy `frugal` on the server"), "{unknown:?}");
    let usage = policies.server.run(&["policy", "assign"]);
    assert_eq!(usage.code, Some(2), "{usage:?}");
    assert_eq!(policies.journaled(), Vec::<Value>::new(), "nothing was changed");
}

#[test]
fn people_are_told_whom_it_binds() {
    let policies = Policies::new();
    let set = policies.server.run(&["policy", "set", "balance"]);
    assert_eq!(set.code, Some(0), "{set:?}");
    assert!(set.stdout.contains("every channel without a policy of its own"), "{set:?}");
    assert_eq!(text(&policies.journaled()[0]["policy"]), "balance");
}
