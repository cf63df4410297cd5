//! `gantry import --clock placed-on`: engine time as if each order had come on its day.

use serde_json::Value;

use crate::process::{Server, run};
use crate::shop::{Ledger, Shop, text};

const CLOCK: [&str; 2] = ["--clock", "placed-on"];
const NS_PER_DAY: u64 = 86_400_000_000_000;
/// Days from 1970-01-01 to 2025-11-01.
const FIRST_DAY: u64 = 20_393;

fn time_ns(record: &Value) -> u64 {
    record["time_ns"].as_u64().unwrap()
}

/// The tiny shop with days, the later one first.
fn dated() -> Shop {
    let shop = Shop::tiny();
    shop.write(
        "orders.csv",
        "order_id,placed_on,service,customer_id,channel,postal_code,sku,quantity,unit_price_cents\n\
         A-1,2025-11-03,Same Day,C-1,web,12345,MUG,6,899\n\
         A-1,2025-11-03,Same Day,C-1,web,12345,LAMP,1,4999\n\
         A-2,2025-11-01,,,,10999,MUG,3,899\n",
    );
    shop
}

#[test]
fn records_have_the_days_of_their_orders() {
    let shop = Shop::sample();
    let report = shop.report(&CLOCK);
    let dump = shop.dump(&[]);
    Ledger::of(&dump).check_report(&report);
    let days = dump.iter().map(|record| time_ns(record) / NS_PER_DAY - FIRST_DAY);
    assert!(days.is_sorted());
    assert!(dump.iter().all(|record| time_ns(record).is_multiple_of(NS_PER_DAY)), "midnight UTC");
    let is_order = |record: &&Value| record["command"]["type"] == "place_order";
    let before = dump.iter().take_while(|record| !is_order(record));
    assert!(before.into_iter().all(|record| time_ns(record) == FIRST_DAY * NS_PER_DAY));
    let last = dump.iter().filter(is_order).map(time_ns).max().unwrap();
    assert_eq!(last / NS_PER_DAY - FIRST_DAY, 27, "four weeks of orders");
    shop.verify();
    assert_eq!(shop.read(&["replay"], &["--verify"]).code, Some(0));
}

#[test]
fn earlier_days_come_first() {
    let shop = dated();
    shop.report(&CLOCK);
    let dump = shop.dump(&[]);
    let placed = dump.iter().filter(|record| record["command"]["type"] == "place_order");
    let placed: Vec<_> = placed
        .map(|record| (text(&record["command"]["order"]), time_ns(record) / NS_PER_DAY - FIRST_DAY))
        .collect();
    assert_eq!(placed, [("A-2".to_owned(), 0), ("A-1".to_owned(), 2)]);
    assert_eq!(time_ns(&dump[0]), FIRST_DAY * NS_PER_DAY, "the catalogue is of the first day");
}

#[test]
fn without_it_nothing_is_asked_of_the_column_and_records_are_of_now() {
    let shop = dated();
    shop.edit("orders.csv", "2025-11-03", "yesterday");
    shop.edit("orders.csv", "2025-11-03", "");
    shop.report(&[]);
    let dump = shop.dump(&[]);
    let first = text(
        &dump.iter().find(|record| record["command"]["order"].is_string()).unwrap()["command"]["order"],
    );
    assert_eq!(first, "A-1", "orders come in order of the file");
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let age_ns = now.as_nanos() - u128::from(time_ns(&dump[0]));
    assert!(age_ns < 3_600_000_000_000, "the time of the import");
}

#[test]
fn what_is_there_already_and_days_that_cannot_be_are_refused() {
    let shop = dated();
    let cases = [
        ("2025-11-01", "2025-11-31", "line 4: column placed_on: \"2025-11-31\" cannot be"),
        ("2025-11-01", "", "line 4: column placed_on: \"\" cannot be"),
        ("2025-11-01", "1.11.2025", "right would be a day such as 2025-12-31"),
        (
            "A-1,2025-11-03,Same Day,C-1,web,12345,LAMP",
            "A-1,2025-11-04,Same Day,C-1,web,12345,LAMP",
            "line 3: column placed_on: this differs from the first row",
        ),
        ("placed_on", "placed", "line 1: column placed_on is missing"),
    ];
    for (from, to, words) in cases {
        let shop = dated();
        shop.edit("orders.csv", from, to);
        let refused = shop.import(&CLOCK);
        assert_eq!(refused.code, Some(1), "{to}: {refused:?}");
        assert!(refused.stderr.contains(words), "{words}: {}", refused.stderr);
        assert!(!shop.data().exists(), "{to}");
    }
    shop.report(&[]);
    let records = shop.dump(&[]).len();
    let refused = shop.import(&CLOCK);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("--clock placed-on needs a new folder"), "{refused:?}");
    assert_eq!(shop.dump(&[]).len(), records);
    assert_eq!(shop.import(&["--clock", "sun"]).code, Some(2));
}

/// As on a machine whose clock lost fifteen years with its battery.
#[test]
fn a_journal_from_the_future_is_served_only_by_someone_who_says_so() {
    let shop = Shop::tiny();
    shop.write(
        "orders.csv",
        "order_id,placed_on,service,customer_id,channel,postal_code,sku,quantity,unit_price_cents\n\
         A-1,2099-11-03,Same Day,C-1,web,12345,MUG,6,899\n",
    );
    shop.report(&CLOCK);
    let before = shop.dump(&[]);
    let data = shop.data();
    let refused = run(["serve", "--listen", "127.0.0.1:0", "--directory", data.to_str().unwrap()]);
    assert_ne!(refused.code, Some(0));
    assert!(refused.stderr.contains("clock"), "{refused:?}");
    assert_eq!(shop.dump(&[]), before, "a refusal changes nothing");
    let server = Server::start(&data, &["--accept-clock-jump"]);
    assert_eq!(server.json(&["stats"])["orders"], 1);
    server.kill();
    assert_eq!(shop.read(&["replay"], &["--verify"]).code, Some(0));
    let after = shop.dump(&[]);
    assert!(after.iter().map(time_ns).is_sorted(), "time never goes back");
}
