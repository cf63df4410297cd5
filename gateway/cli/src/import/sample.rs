//! The files of a small shop, the same on every machine: something to import, and something to
//! test an import with.
//!
//! Four warehouses in Europe, zones by country and region, a hundred SKUs of which some fall
//! short, and two hundred and fifty orders of which some split.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use super::error::ImportError;

const SEED: u64 = 4160;
const SKUS: u64 = 100;
const ORDERS: u64 = 250;

/// Code, name, postal code.
const WAREHOUSES: &[(&str, &str, &str)] = &[
    ("BER", "Berlin", "DE-14974"),
    ("DUI", "Duisburg", "DE-47119"),
    ("LYS", "Lyon", "FR-69007"),
    ("POZ", "Poznan", "PL-61001"),
];

/// Zones and, for each warehouse, the distance band: 0 is its own region. A region's zone is
/// longer than its country's, and so goes before it.
const ZONES: &[(&str, [Option<u64>; 4])] = &[
    ("DE-1", [Some(0), Some(2), Some(4), Some(2)]),
    ("DE-4", [Some(2), Some(0), Some(3), Some(3)]),
    ("DE-8", [Some(2), Some(2), Some(3), Some(4)]),
    ("DE", [Some(1), Some(1), Some(3), Some(3)]),
    ("FR-7", [Some(4), Some(3), Some(1), None]),
    ("FR", [Some(4), Some(3), Some(0), None]),
    ("PL", [Some(2), Some(3), None, Some(0)]),
    ("AT", [Some(3), Some(3), Some(4), Some(3)]),
];

const SERVICES: &[&str] = &["Standard Class", "Standard Class", "Second Class", "Same Day"];
const CHANNELS: &[&str] = &["web", "web", "marketplace", "shop"];
const GOODS: &[&str] = &["Mug", "Shirt", "Lamp", "Chair", "Poster"];

/// SplitMix64: small, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        let index = self.below(list.len() as u64);
        list[usize::try_from(index).expect("invariant: below the length")]
    }
}

/// Writes the five files into `directory`, which is made if it is missing.
pub(super) fn write(directory: &Path) -> Result<(), ImportError> {
    fs::create_dir_all(directory).map_err(ImportError::write(directory))?;
    let mut random = Random(SEED);
    let orders = orders(&mut random);
    let files = [
        ("warehouses.csv", warehouses()),
        ("shipping_costs.csv", shipping_costs()),
        ("skus.csv", skus()),
        ("stock.csv", stock(&mut random)),
        ("orders.csv", orders),
    ];
    for (name, text) in files {
        let path = directory.join(name);
        fs::write(&path, text).map_err(ImportError::write(&path))?;
    }
    Ok(())
}

/// Writing to a `String` cannot fail.
const INFALLIBLE: &str = "invariant: a String takes every write";

fn warehouses() -> String {
    let mut text = "warehouse,name,postal_code,priority\n".to_owned();
    for (index, (code, name, postal_code)) in WAREHOUSES.iter().enumerate() {
        writeln!(text, "{code},{name},{postal_code},{}", index + 1).expect(INFALLIBLE);
    }
    text
}

fn shipping_costs() -> String {
    let mut text =
        "warehouse,destination_zone,carrier_zone,parcel_cost_cents,unit_cost_cents,days\n"
            .to_owned();
    for (index, (warehouse, ..)) in WAREHOUSES.iter().enumerate() {
        for (zone, bands) in ZONES {
            let Some(band) = bands[index] else { continue };
            let (parcel, unit, days) = (390 + 110 * band, 25 + 15 * band, 1 + band / 2);
            writeln!(text, "{warehouse},{zone},{band},{parcel},{unit},{days}").expect(INFALLIBLE);
        }
    }
    text
}

fn skus() -> String {
    let mut text = "sku,category,name\n".to_owned();
    for number in 0..SKUS {
        let goods = GOODS[usize::try_from(number).expect("invariant: small") % GOODS.len()];
        writeln!(text, "{},{goods},\"{goods}, model {number}\"", sku(number)).expect(INFALLIBLE);
    }
    text
}

fn sku(number: u64) -> String {
    format!("SKU-{:03}", number + 1)
}

/// Stock of each SKU at two or three warehouses, about as much as is wanted of it.
fn stock(random: &mut Random) -> String {
    let mut text = "sku,warehouse,on_hand\n".to_owned();
    for number in 0..SKUS {
        let left_out = random.below(WAREHOUSES.len() as u64 * 2);
        for (index, (warehouse, ..)) in (0..).zip(WAREHOUSES) {
            if index != left_out && index != (left_out + 2) % 4 {
                let on_hand = random.below(8) + popularity(number) / 4;
                writeln!(text, "{},{warehouse},{on_hand}", sku(number)).expect(INFALLIBLE);
            }
        }
    }
    text
}

/// The first SKUs are wanted most.
fn popularity(number: u64) -> u64 {
    60 / (number / 8 + 1)
}

fn orders(random: &mut Random) -> String {
    let mut text = "order_id,placed_on,service,customer_id,channel,postal_code,sku,quantity,\
                    unit_price_cents,currency\n"
        .to_owned();
    for number in 0..ORDERS {
        let day = number * 28 / ORDERS + 1;
        let head = format!(
            "WEB-{:04},2025-11-{day:02},{},C-{:03},{},{}",
            number + 1,
            random.pick(SERVICES),
            random.below(150),
            random.pick(CHANNELS),
            postal_code(random)
        );
        for _ in 0..=random.below(4) {
            // The smaller of two: the first SKUs come more often.
            let wanted = random.below(SKUS).min(random.below(SKUS));
            let quantity = 1 + random.below(4) * random.below(2);
            let price_cents = 499 + wanted * 137 % 9_000;
            writeln!(text, "{head},{},{quantity},{price_cents},EUR", sku(wanted))
                .expect(INFALLIBLE);
        }
    }
    text
}

fn postal_code(random: &mut Random) -> String {
    let country = random.pick(&["DE", "DE", "DE", "FR", "FR", "PL", "AT"]);
    format!("{country}-{:05}", random.below(100_000))
}
