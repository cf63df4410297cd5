//! Records as versions wrote them, and the states they make. The bytes never change: a newer version
//! must read them. The hashes change with their definition's version only.

use gantry_engine::Engine;
use gantry_model::{MOVEMENT_BYTES, Record};

use crate::shop::Shop;

/// The records of [`FIRST_SCRIPT`] in hexadecimal, one a line.
const FIRST: &str = include_str!("golden_records.txt");
/// The hash (version 4, and 3) of the state that they make.
const FIRST_HASH: u128 = 0xf8e6_18ae_6150_4d4c_2b38_87a8_fb3f_b4b7;

/// One command of most kinds; the last is rejected and journaled.
const FIRST_SCRIPT: &str = "
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

/// The records of [`SECOND_SCRIPT`] in hexadecimal, one a line, and a mark.
const SECOND: &str = include_str!("golden_records_second.txt");
/// The hash (version 4) of the state that they make: what changed while a line waited asks for a
/// sweep. Their mark, of version 3, is passed over.
const SECOND_HASH: u128 = 0x00f4_74c0_2b87_bc6e_f843_32c4_b4ac_91e1;
/// The records of a cancel that frees a component of a bundle which an order waits for, and of
/// reserves of another: that the bundle's lines are due was not said then.
const FREED: [usize; 2] = [36, 39];

/// What the second version added: policies and their versions, capacity and the turn of a day,
/// reserves, bundles, prices, proofs, a second pass, and rules that forbid.
const SECOND_SCRIPT: &str = "
    limits lines=100 units=500 rejections=9 steps=9000
    channel WEB
    channel SHOP
    zone 100
    warehouse EAST 1
    warehouse WEST 2
    cost EAST 100 500+10/1
    cost WEST 100 900+20/3
    sku BOOK
    sku LAMP
    sku KIT unlimited
    bundle KIT BOOK:2,LAMP:1
    receive BOOK EAST 8     => accepted 8/8
    receive LAMP EAST 8     => accepted 8/8
    receive BOOK WEST 8     => accepted 8/8
    policy KIND least_cost_with_shadow_prices parcels_max=2 days_max=1 split_below=900 \
           warehouses=EAST,WEST no_split=LAMP soft=days_max,ring_fences
    policy KIND nearest days_max=2 soft=days_max
    policy PRICED least_cost_with_shadow_prices
    policy OLD greedy
    assign all KIND
    assign SHOP PRICED
    assign WEB OLD
    capacity EAST orders=3 units=9 cut_off=14:30
    capacity WEST orders=5
    reserve BOOK@EAST/WEB:2 BOOK@EAST:1 BOOK@WEST:1 LAMP@WEST/SHOP:1
    price BOOK@EAST:700 BOOK@WEST:100
    time 2 08:00
    place 1 100 ship_complete KIT:1,BOOK:2 => accepted open parcels=1 cost=530 0@EAST:1 1@EAST:2
    place 2 100 ship_complete BOOK:4       \
    => accepted open parcels=2 cost=1470 0@EAST:1 0@WEST:3
    place 3 100 ship_complete BOOK:1 channel=SHOP => accepted open parcels=1 cost=920 0@WEST:1
    place 4 100 take_available BOOK:9 channel=WEB value=800 \
    => accepted open parcels=2 cost=1480 0@EAST:2 0@WEST:3 0:4cancelled
    policy KIND nearest warehouses=EAST
    place 5 100 ship_complete LAMP:5       => rules_forbid 0:5/0
    ship 1 0@EAST:1                        \
    => accepted open parcels=1 cost=530 0@EAST:1shipped 1@EAST:2
    cancel 2 0:2                           \
    => accepted open parcels=2 cost=1470 0@EAST:1 0@WEST:1 0:2cancelled
    time 3 14:30
    place 6 100 backorder KIT:3            => accepted open parcels=0 cost=0 0:3waiting
    cancel 6 0:1                           => accepted open parcels=0 cost=0 0:2waiting 0:1cancelled
    cancel 1                               \
    => accepted shipped parcels=1 cost=530 0@EAST:1shipped 1:2cancelled
    price clear BOOK@EAST:5
    assign SHOP none
    reserve BOOK@EAST/WEB:0
    capacity EAST
";

/// Runs a script and a mark; gives the records in hexadecimal, one a line.
fn written_by(script: &str, marks: bool) -> String {
    let mut shop = Shop::new();
    shop.script(script);
    if marks {
        let now = shop.engine.last_time();
        shop.engine.mark(now, &mut shop.records);
    }
    let mut written = String::new();
    let mut rest = shop.records.payload();
    while !rest.is_empty() {
        let (_, after) = Record::split(rest).unwrap();
        written += &hex(&rest[..rest.len() - after.len()]);
        written += "\n";
        rest = after;
    }
    written
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = text.split_whitespace().collect::<String>();
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(byte).collect()
}

fn assert_hash(engine: &Engine, hash: u128) {
    engine.state().audit();
    assert_eq!(format!("{:032x}", engine.state_hash()), format!("{hash:032x}"));
}

#[test]
fn records_are_written_as_in_the_first_version_but_for_the_proof() {
    let written = written_by(FIRST_SCRIPT, false);
    let placed = written.lines().nth(PLACED).unwrap();
    assert_eq!(placed.matches(PROVEN).count(), 1);
    assert_eq!(written.replace(placed, &placed.replace(PROVEN, UNPROVEN)), FIRST);
}

#[test]
fn records_of_the_first_version_make_the_same_state() {
    let mut engine = Engine::new();
    for (number, record) in FIRST.lines().enumerate() {
        // It would be decided with a proof now.
        if number == PLACED {
            engine.replay(&unhex(record)).unwrap();
        } else {
            engine.replay_verified(&unhex(record)).unwrap();
        }
    }
    assert_hash(&engine, FIRST_HASH);
}

#[test]
fn records_are_written_as_in_the_second_version_but_for_what_is_due() {
    let written = written_by(SECOND_SCRIPT, false);
    let (written, then) = (written.lines(), SECOND.lines());
    for (number, (written, then)) in written.zip(then).enumerate() {
        if FREED.contains(&number) {
            // A record is longer by one movement, and says so in its first fields.
            assert_eq!(written[16..then.len()], then[16..]);
            assert_eq!(written.len(), then.len() + 2 * MOVEMENT_BYTES);
        } else {
            assert_eq!(written, then, "record {number}");
        }
    }
}

#[test]
fn records_of_the_second_version_make_the_same_state() {
    let mut engine = Engine::new();
    for (number, record) in SECOND.lines().enumerate() {
        // It would be decided otherwise now.
        if FREED.contains(&number) {
            engine.replay(&unhex(record)).unwrap();
        } else {
            engine.replay_verified(&unhex(record)).unwrap();
        }
    }
    assert_hash(&engine, SECOND_HASH);
}
