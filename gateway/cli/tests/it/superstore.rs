//! A real shop's three years of orders, where the data set lies beside the project.

use std::path::{Path, PathBuf};

use crate::process::Server;
use crate::shop::{Ledger, Shop};

/// Beside the workspace; the README there says where it comes from.
const DATA: &str = "../../../shared/data/superstore";

const NS_PER_DAY: u64 = 86_400_000_000_000;

/// Where the data set is, if it is there.
fn data() -> Option<PathBuf> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join(DATA);
    if data.is_dir() {
        return Some(data);
    }
    println!("skipped: there is no data set in {}", data.display());
    None
}

/// The greedy rule of the first version looks at one SKU after the other; the solver does not, and
/// it proves what it says.
#[test]
fn the_superstore_costs_less_than_by_the_greedy_rule_and_every_plan_is_proven() {
    let Some(data) = data() else { return };
    let shop = Shop::at(&data);
    let exact = shop.report(&["--clock", "placed-on"]);
    let greedy = Shop::at(&data).report(&["--policy", "greedy"]);
    assert_eq!(exact["units_allocated"], greedy["units_allocated"], "neither leaves units behind");
    let [exact_cents, greedy_cents] =
        [exact, greedy].map(|report| report["shipping_cost_cents"].as_i64().unwrap());
    let saved_per_mille = (greedy_cents - exact_cents) * 1_000 / greedy_cents;
    assert!(saved_per_mille >= 50, "{exact_cents} cents, {greedy_cents} by the greedy rule");
    let dump = shop.dump(&[]);
    let placed = dump.iter().filter(|record| record["command"]["type"] == "place_order");
    assert!(placed.clone().all(|record| record["outcome"]["proof"] == "optimal"));
    let years = placed.map(|record| record["time_ns"].as_u64().unwrap() / NS_PER_DAY);
    let [first, last] = [years.clone().min(), years.max()].map(Option::unwrap);
    assert_eq!([first, last], [16_073, 17_166], "from 2014-01-03 to 2016-12-31");
}

/// Nothing is left in stock, so no order moves alone.
#[test]
fn orders_of_the_superstore_swap_and_save_a_twelfth() {
    let Some(data) = data() else { return };
    let shop = Shop::at(&data);
    shop.report(&["--clock", "placed-on", "--policy", "greedy"]);
    let tried = shop.read(&["resource"], &["--json"]).json();
    let figure = |name: &str| tried[name].as_i64().unwrap();
    assert_eq!((figure("orders_improved"), figure("orders_later")), (0, 0), "{tried}");
    assert_eq!(figure("orders_with_more_parcels"), 0);
    assert_eq!(tried["swaps"]["tried"], tried["swaps"]["made"]);
    let [before, after] = ["cost_minor_before", "cost_minor_after"].map(figure);
    assert!((before - after) * 12 >= before, "{before} cents, {after} when orders have swapped");
    assert!(figure("parcels_after") * 10 < figure("parcels_before") * 9);
}

#[test]
fn the_superstore_is_allocated_and_adds_up() {
    let Some(data) = data() else { return };
    let shop = Shop::at(&data);
    let report = shop.report(&[]);
    assert_eq!(report["orders"], 3_322);
    assert_eq!(report["lines"], 6_682);
    assert_eq!(report["orders_rejected"], 0);
    let ledger = Ledger::of(&shop.dump(&[]));
    assert_eq!(ledger.orders, 3_322);
    ledger.check_report(&report);
    let before = shop.replay();
    ledger.check_state(&before);
    ledger.check_state(&shop.verify());
    assert_eq!(shop.read(&["replay"], &["--verify"]).code, Some(0));

    // Kill and restart: the server comes back with the same state, and so does a second import.
    Server::start(&shop.data(), &[]).kill();
    let server = Server::start(&shop.data(), &[]);
    assert_eq!(server.json(&["stats"])["state_hash"], before["state_hash"]);
    drop(server);
    assert_eq!(shop.report(&[]), report);
    assert_eq!(shop.replay()["units_allocated"], before["units_allocated"]);
}
