//! Records as the first version wrote them, and the state they make. The bytes never change: a newer
//! version must read them. The hash changes with its definition's version only.

use gantry_engine::Engine;

use crate::shop::Shop;

/// The records of [`SCRIPT`] in hexadecimal, one a line.
const RECORDS: &str = include_str!("golden_records.txt");
/// The hash (version 2) of the state that they make.
const STATE_HASH: u128 = 0x2985_4421_9cee_4001_7e96_8aee_66b8_511a;

/// One command of most kinds; the last is rejected and journaled.
const SCRIPT: &str = "
    warehouse EAST 1
    zone 100
    sku BOOK max=9
    cost EAST 100 500+10
    receive BOOK EAST 5                    => accepted 5/5
    adjust BOOK EAST 1 damaged unavailable => accepted 4/5
    count BOOK EAST 6                      => accepted 5/6
    place 1 100 backorder BOOK:2,BOOK:4    \
    => accepted open parcels=1 cost=550 0@EAST:2 1@EAST:3 1:1waiting
    cancel 1 1:2 => accepted open parcels=1 cost=550 0@EAST:2 1@EAST:2 1:2cancelled
    ship 1 0@EAST:2 => accepted open parcels=1 cost=550 0@EAST:2shipped 1@EAST:2 1:2cancelled
    place 2 100 ship_complete BOOK:9       => out_of_stock 0:9/1
";

/// The record of the order that is placed.
const PLACED: usize = 7;
/// The field of its outcome that says how far the plan is proven, and the cost behind it: nothing
/// was proven in the first version.
const UNPROVEN: &str = "ffffffff2602";
const PROVEN: &str = "01ffffff2602";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = text.split_whitespace().collect::<String>();
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(byte).collect()
}

#[test]
fn records_are_written_as_in_the_first_version_but_for_the_proof() {
    let mut shop = Shop::new();
    shop.script(SCRIPT);
    let mut written = String::new();
    let mut rest = shop.records.payload();
    while !rest.is_empty() {
        let (_, after) = gantry_model::Record::split(rest).unwrap();
        written += &hex(&rest[..rest.len() - after.len()]);
        written += "\n";
        rest = after;
    }
    let placed = written.lines().nth(PLACED).unwrap();
    assert_eq!(placed.matches(PROVEN).count(), 1);
    assert_eq!(written.replace(placed, &placed.replace(PROVEN, UNPROVEN)), RECORDS);
}

#[test]
fn records_of_the_first_version_make_the_same_state() {
    let mut engine = Engine::new();
    for (number, record) in RECORDS.lines().enumerate() {
        // It would be decided with a proof now.
        if number == PLACED {
            engine.replay(&unhex(record)).unwrap();
        } else {
            engine.replay_verified(&unhex(record)).unwrap();
        }
    }
    engine.state().audit();
    assert_eq!(format!("{:032x}", engine.state_hash()), format!("{STATE_HASH:032x}"));
}
