//! Capacity, cut-offs, safety stock, ring-fences and bundles, set by hand through a server.

use serde_json::{Value, json};

use crate::process::Server;
use crate::shop::{Ledger, Shop};

/// The tiny shop, with what the import left of it: two mugs and no lamp in Lyon, none in Berlin.
struct Desk {
    shop: Shop,
    server: Server,
}

impl Desk {
    fn new() -> Self {
        let shop = Shop::tiny();
        shop.report(&[]);
        let server = Server::start(&shop.data(), &[]);
        Self { shop, server }
    }

    /// A command that must be accepted.
    #[track_caller]
    fn must(&self, line: &str) -> Value {
        let answer = self.server.must(line);
        assert_eq!(answer["status"], "accepted", "{line}: {answer}");
        answer
    }

    /// Ends the server; the records of a journal that must hold.
    fn end(self) -> Vec<Value> {
        drop(self.server);
        self.shop.verify();
        assert_eq!(self.shop.read(&["replay"], &["--verify"]).code, Some(0));
        self.shop.dump(&[])
    }
}

/// Commands of one type that the command line sent.
fn commands<'a>(dump: &'a [Value], kind: &str) -> Vec<&'a Value> {
    let own = dump.iter().filter(|record| record["actor"] == 2);
    own.map(|record| &record["command"]).filter(|command| command["type"] == kind).collect()
}

#[test]
fn capacity_is_set_as_a_whole() {
    let desk = Desk::new();
    desk.must("warehouse capacity LYS --cut-off 14:30 --orders-per-day 1");
    desk.must("stock receive MUG LYS 10");
    desk.must("order place --zone 1 --line MUG:1 --short ship_complete");
    desk.server.must_not("order place --zone 1 --line MUG:1 --short ship_complete", "rules_forbid");
    desk.must("warehouse capacity LYS");
    desk.must("order place --zone 1 --line MUG:1 --short ship_complete");
    for wrong in ["24:00", "1:30", "12:60", "noon", "-1:00"] {
        let usage = desk.server.say(&format!("warehouse capacity LYS --cut-off={wrong}"));
        assert_eq!(usage.code, Some(2), "{wrong}: {usage:?}");
        assert!(usage.stderr.contains("from 00:00 to 23:59"), "{wrong}: {usage:?}");
    }
    assert_eq!(desk.server.say("warehouse capacity LYS --units-per-day 4294967295").code, Some(2));
    let unknown = desk.server.say("warehouse capacity PAR --units-per-day 5");
    assert_eq!(unknown.code, Some(3), "{unknown:?}");
    assert!(unknown.stderr.contains("no warehouse `PAR`"), "{unknown:?}");
    let dump = desk.end();
    let figures = ["warehouse", "cut_off_minute", "orders_per_day_max", "units_per_day_max"];
    let set = commands(&dump, "set_capacity").into_iter();
    let set: Vec<_> = set.map(|command| figures.map(|figure| command[figure].clone())).collect();
    let (lyon, none) = (json!("LYS"), Value::Null);
    let bounded = [lyon.clone(), json!(14 * 60 + 30), json!(1), none.clone()];
    assert_eq!(set, [bounded, [lyon, none.clone(), none.clone(), none]]);
}

#[test]
fn what_is_set_aside_cannot_be_had() {
    let desk = Desk::new();
    // Three of them are for mugs that wait.
    desk.must("stock receive MUG BER 13");
    desk.must("sku reserve MUG --warehouse BER --units 3");
    desk.must("sku reserve MUG --warehouse BER --units 5 --channel web");
    let stock = desk.server.json(&["stock", "show", "MUG"]);
    let berlin = stock["warehouses"].as_array().unwrap().iter();
    let berlin = berlin.clone().find(|cell| cell["warehouse"] == "BER").unwrap();
    assert_eq!(berlin["available"], 10 - 3, "safety stock is nobody's: {stock}");
    let place = "order place --zone 10 --short ship_complete --line";
    desk.server.must_not(&format!("{place} MUG:3"), "rules_forbid");
    let some = desk.must("order place --zone 10 --short take_available --line MUG:3");
    assert_eq!(
        (&some["lines"][0]["allocated"], &some["lines"][0]["cancelled"]),
        (&json!(2), &json!(1))
    );
    desk.must(&format!("{place} MUG:5 --channel web"));
    desk.server.must_not(&format!("{place} MUG:1 --channel web"), "out_of_stock");
    desk.must("sku reserve MUG --warehouse BER --units 0");
    desk.must(&format!("{place} MUG:3 --channel web"));
    desk.must("sku set CARD --untracked");
    desk.server.must_not("sku reserve CARD --warehouse BER --units 1", "not_tracked");
    for (line, words) in [
        ("sku reserve CUP --warehouse BER --units 1", "no sku `CUP`"),
        ("sku reserve MUG --warehouse PAR --units 1", "no warehouse `PAR`"),
        ("sku reserve MUG --warehouse BER --units 1 --channel shop", "no channel `shop`"),
    ] {
        let unknown = desk.server.say(line);
        assert_eq!(unknown.code, Some(3), "{line}: {unknown:?}");
        assert!(unknown.stderr.contains(words), "{words}: {unknown:?}");
    }
    assert_eq!(desk.server.say("sku reserve MUG --warehouse BER --units -1").code, Some(2));
    let dump = desk.end();
    let reserves = commands(&dump, "set_reserves").into_iter();
    let rows: Vec<_> = reserves.map(|command| command["rows"].clone()).collect();
    let row = |channel: Value, units: u32| json!([{ "sku": "MUG", "warehouse": "BER", "channel": channel, "units": units }]);
    assert_eq!(rows, [row(json!(null), 3), row(json!("web"), 5), row(json!(null), 0)]);
}

#[test]
fn a_bundle_is_sold_from_its_components() {
    let desk = Desk::new();
    desk.must("stock receive MUG LYS 2");
    desk.must("stock receive LAMP LYS 3");
    desk.server.must_not("sku bundle LAMP MUG=1", "bundle_tracked");
    desk.must("sku set GIFT --untracked");
    desk.must("sku set TOY --untracked");
    desk.server.must_not("sku bundle GIFT GIFT=1", "bundle_contains_itself");
    desk.server.must_not("sku bundle GIFT MUG=1 LAMP=1 MUG=2", "list_not_rising");
    desk.must("sku bundle GIFT MUG=1 LAMP=1");
    desk.server.must_not("sku bundle TOY GIFT=1", "bundle_in_bundle");
    let id = "0197a3c0-7f00-7000-8000-000000000001";
    desk.must(&format!("order place --zone 1 --line GIFT:2 --short ship_complete --id {id}"));
    desk.server.must_not("sku bundle GIFT --none", "bundle_in_use");
    desk.server
        .must_not("order place --zone 1 --line GIFT:2 --short ship_complete", "out_of_stock");
    desk.must(&format!("order ship {id} --line 0:LYS:1"));
    desk.must(&format!("order cancel {id}"));
    desk.must("sku bundle GIFT --none");
    let unknown = desk.server.say("sku bundle GIFT CUP=1");
    assert_eq!(unknown.code, Some(3), "{unknown:?}");
    assert!(unknown.stderr.contains("no sku `CUP`"), "{unknown:?}");
    for usage in ["sku bundle GIFT", "sku bundle GIFT MUG", "sku bundle GIFT MUG=0"] {
        assert_eq!(desk.server.say(usage).code, Some(2), "{usage}");
    }
    let many: String = (0..17).map(|number| format!(" S-{number}=1")).collect();
    assert_eq!(desk.server.say(&format!("sku bundle GIFT{many}")).code, Some(2));
    let dump = desk.end();
    let units = Ledger::of(&dump).units_on_hand();
    assert_eq!(units, 5 + 2 + 1 + 2 + 3 - 2, "one gift has left with its parts");
    let bundles = commands(&dump, "set_bundle").into_iter();
    let components: Vec<_> = bundles.map(|command| command["components"].clone()).collect();
    let parts = json!([{ "sku": "MUG", "units": 1 }, { "sku": "LAMP", "units": 1 }]);
    assert_eq!(components, [parts, json!([])]);
}
