//! Wide random shops: as many candidates as a zone may have, long orders, bundles that share a
//! component, and bounds on units and parcels. Few of their plans are proven within the work limit.

use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::shop::Shop;

const SKUS: u32 = 30;
const BUNDLES: u32 = 8;
const OBJECTIVES: [&str; 6] = [
    "least_cost",
    "fewest_parcels",
    "nearest",
    "priority",
    "balance",
    "least_cost_with_shadow_prices",
];

pub(super) fn shop(seed: u64, orders: u32) -> Shop {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut shop = Shop::new();
    shop.run("zone 1");
    (0..SKUS).for_each(|sku| drop(shop.run(&format!("sku S{sku}"))));
    for bundle in 0..BUNDLES {
        let (each, other) = (random.random_range(1..4), 1 + bundle % 3);
        shop.run(&format!("sku B{bundle} unlimited"));
        shop.run(&format!("bundle B{bundle} S0:{each},S{other}:1"));
    }
    for place in 0..64 {
        let priority = random.random_range(1..5);
        let (parcel, unit) = (random.random_range(300..1_500), random.random_range(10..150));
        shop.run(&format!("warehouse W{place} {priority}"));
        shop.run(&format!("cost W{place} 1 {parcel}+{unit}/{}", random.random_range(1..6)));
        for sku in 0..SKUS {
            if sku < 4 || random.random_range(0..3) == 0 {
                shop.run(&format!("receive S{sku} W{place} {}", random.random_range(1..9)));
                shop.run(&format!("price S{sku}@W{place}:{}", random.random_range(0..200)));
            }
        }
        if random.random_range(0..2) == 0 {
            shop.run(&format!("capacity W{place} units={}", random.random_range(1..20)));
        }
    }
    for order in 0..orders {
        let objective = OBJECTIVES.choose(&mut random).unwrap();
        let parcels = [2, 3, 5, 64].choose(&mut random).unwrap();
        shop.run(&format!("policy P {objective} parcels_max={parcels}"));
        shop.run("assign all P");
        let lines = random.random_range(1..16);
        let lines: Vec<String> = (0..lines).map(|_| line(&mut random)).collect();
        shop.run(&format!("place {} 1 backorder {}", order + 1, lines.join(",")));
    }
    shop
}

fn line(random: &mut ChaCha8Rng) -> String {
    let units = random.random_range(1..12);
    if random.random_range(0..3) == 0 {
        format!("B{}:{units}", random.random_range(0..BUNDLES))
    } else {
        format!("S{}:{units}", random.random_range(0..SKUS))
    }
}
