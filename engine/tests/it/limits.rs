//! The bounds of tables and of the limits themselves: the largest that fits, and one more.

use gantry_model::{
    CANDIDATES_PER_ZONE_MAX, Command, Limits, SetLimits, WAREHOUSES_MAX, ZONES_MAX,
};

use crate::shop::Shop;

fn verdict(shop: &mut Shop, line: &str) -> String {
    let reply = shop.run(line);
    shop.verdict(&reply)
}

#[test]
fn one_warehouse_too_many_is_refused() {
    let mut shop = Shop::new();
    for number in 0..WAREHOUSES_MAX {
        assert_eq!(verdict(&mut shop, &format!("warehouse W{number} 1")), "accepted");
    }
    assert_eq!(verdict(&mut shop, "warehouse MORE 1"), "table_full 1025:1024");
    assert_eq!(verdict(&mut shop, "warehouse W7 2"), "accepted", "it was there before");
    shop.check();
}

#[test]
fn one_zone_too_many_is_refused() {
    let mut shop = Shop::new();
    // Sixteen thousand records need more than one journal frame.
    for number in 0..ZONES_MAX {
        if shop.records.remaining_bytes() < gantry_model::RECORD_BYTES_MAX {
            shop.records.clear();
        }
        assert_eq!(verdict(&mut shop, &format!("zone {number}")), "accepted");
    }
    assert_eq!(verdict(&mut shop, "zone MORE"), "table_full 16385:16384");
}

#[test]
fn one_candidate_too_many_is_refused() {
    let mut shop = Shop::new();
    shop.run("zone Z");
    for number in 0..=CANDIDATES_PER_ZONE_MAX {
        shop.run(&format!("warehouse W{number} 1"));
    }
    for number in 0..CANDIDATES_PER_ZONE_MAX {
        assert_eq!(verdict(&mut shop, &format!("cost W{number} Z 1+1")), "accepted");
    }
    assert_eq!(verdict(&mut shop, "cost W64 Z 1+1"), "too_many_candidates");
    assert_eq!(verdict(&mut shop, "cost W3 Z removed"), "accepted");
    assert_eq!(verdict(&mut shop, "cost W64 Z 1+1"), "accepted");
    shop.check();
}

#[test]
fn limits_are_set_within_their_own_bounds() {
    let mut shop = Shop::new();
    shop.script("zone 100\n sku BOOK\n warehouse EAST 1\n cost EAST 100 500+10");
    let mut set = |change: &dyn Fn(&mut Limits)| {
        let mut limits = Limits::DEFAULT;
        change(&mut limits);
        let id = shop.next_id();
        let reply = shop.send(&Command::SetLimits(SetLimits { id, limits }));
        shop.verdict(&reply)
    };
    assert_eq!(set(&|limits| limits.lines_per_order_max = 129), "bad_limit 129:128");
    assert_eq!(set(&|limits| limits.lines_per_order_max = 0), "bad_limit 0:128");
    assert_eq!(
        set(&|limits| limits.quantity_per_line_max = 1_000_001),
        "bad_limit 1000001:1000000"
    );
    assert_eq!(set(&|limits| limits.lines_per_order_max = 2), "accepted");
    shop.script(
        "place 1 100 backorder BOOK:1,BOOK:1,BOOK:1 => too_many_lines 3:2
         place 2 100 backorder BOOK:1,BOOK:1 => accepted open parcels=0 cost=0 0:1waiting 1:1waiting",
    );
}
