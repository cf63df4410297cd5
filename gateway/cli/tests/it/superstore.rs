//! A real shop's three years of orders, where the data set lies beside the project.

use std::path::Path;

use crate::process::Server;
use crate::shop::{Ledger, Shop};

/// Beside the workspace; the README there says where it comes from.
const DATA: &str = "../../../shared/data/superstore";

#[test]
fn the_superstore_is_allocated_and_adds_up() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join(DATA);
    if !data.is_dir() {
        println!("skipped: there is no data set in {}", data.display());
        return;
    }
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
