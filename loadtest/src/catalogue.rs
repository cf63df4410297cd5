//! What the shop has: how popular each SKU is, where its stock lies, what shipping costs.
//!
//! The layout of stock decides what the engine has to do, so its rule is stated here. It aims at
//! 95–99 % of units allocated and at least 20 % of orders shipped from two or more warehouses:
//!
//! - Each SKU lies in 2 to 5 warehouses, drawn by chance (all of them where there are fewer). So
//!   an order of several lines often has no single warehouse that covers it.
//! - One popularity rank in [`SCARCE_ONE_IN`] is **scarce**: it has between 10 % and all of what
//!   the run is expected to ask for, evenly spread over these SKUs, and runs dry at some time of
//!   the run; 55 % of its demand is met on average, so 1/15 × 45 % = 3 % of all units are missing.
//! - All others have three times their expected demand and a headroom for chance.
//!
//! Giving *every* SKU 97 % would run them all dry together in the last seconds of the run, and
//! would give 100 % to a run that is slower than planned. This rule spreads the shortage over the
//! run and stays within the band from half to twice the expected number of orders.

use gantry_model::UNITS_PER_COMMAND_MAX;
use rand::rngs::Xoshiro256PlusPlus;
use rand::seq::{SliceRandom, index};
use rand::{RngExt, SeedableRng};

use crate::convert::{figure, rounded};
use crate::plan::Shop;
use crate::popularity::zipf_weights;

/// Destination zones.
pub(crate) const ZONES: u16 = 50;
/// Units of a line are drawn evenly from 1 to this.
pub(crate) const QUANTITY_MAX: u32 = 3;

const QUANTITY_MEAN: f64 = (1.0 + QUANTITY_MAX as f64) / 2.0;
const SCARCE_ONE_IN: usize = 15;
/// Within each fifteen ranks the eighth is scarce: neither the most popular nor the rarest.
const SCARCE_OFFSET: usize = 7;
const SCARCE_SHARE_MIN: f64 = 0.1;
const PLENTY_FACTOR: f64 = 3.0;
const WAREHOUSES_PER_SKU_MIN: usize = 2;
const WAREHOUSES_PER_SKU_MAX: usize = 5;
/// Multiples of the golden ratio fall evenly into [0, 1), however many there are.
const GOLDEN: f64 = 0.618_033_988_749_895;

/// The shop, by index; handles come from the server.
pub(crate) struct Catalogue {
    /// Warehouses.
    pub(crate) warehouses: u16,
    /// Share of each SKU in all lines; the sum is 1.
    pub(crate) weights: Vec<f64>,
    /// Where units lie.
    pub(crate) cells: Vec<Cell>,
}

/// Units of one SKU in one warehouse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) sku: u32,
    pub(crate) warehouse: u16,
    pub(crate) units: u32,
}

/// What shipping from a warehouse to a zone costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cost {
    pub(crate) parcel_minor: u32,
    pub(crate) unit_minor: u32,
    pub(crate) days: u16,
}

impl Catalogue {
    /// The shop of the steady profile.
    pub(crate) fn steady(shop: &Shop, seed: u64) -> Self {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        // Which SKU has which rank is shuffled, so that popular ones do not lie side by side.
        let mut skus: Vec<u32> = (0..shop.skus).collect();
        skus.shuffle(&mut random);
        let by_rank = zipf_weights(shop.skus, shop.zipf);
        let units_expected = figure(shop.orders_expected) * shop.lines_mean * QUANTITY_MEAN;
        let mut weights = vec![0.0; skus.len()];
        let mut cells = Vec::with_capacity(skus.len() * WAREHOUSES_PER_SKU_MAX);
        for (rank, (sku, weight)) in skus.iter().zip(&by_rank).enumerate() {
            weights[*sku as usize] = *weight;
            let demand = units_expected * weight;
            let places = draw_warehouses(shop.warehouses, &mut random);
            let units_each = units_per_warehouse(rank, demand, places.len());
            let cell = |warehouse| Cell { sku: *sku, warehouse, units: units_each };
            cells.extend(places.into_iter().map(cell).filter(|cell| cell.units > 0));
        }
        Self { warehouses: shop.warehouses, weights, cells }
    }

    /// The shop of a flash sale: one SKU, `units` of it, spread evenly.
    pub(crate) fn flash_sale(warehouses: u16, units: u32) -> Self {
        let share = |warehouse: u16| {
            let count = u32::from(warehouses);
            units / count + u32::from(u32::from(warehouse) < units % count)
        };
        let cells = (0..warehouses)
            .map(|warehouse| Cell { sku: 0, warehouse, units: share(warehouse) })
            .filter(|cell| cell.units > 0)
            .collect();
        Self { warehouses, weights: vec![1.0], cells }
    }

    /// Cost from a warehouse to a zone. Both stand evenly on a ring; cost grows with distance.
    pub(crate) fn cost(&self, warehouse: u16, zone: u16) -> Cost {
        const RING: u32 = 1_000;
        let warehouse_at = u32::from(warehouse) * RING / u32::from(self.warehouses);
        let zone_at = u32::from(zone) * RING / u32::from(ZONES);
        let apart = warehouse_at.abs_diff(zone_at);
        let distance = apart.min(RING - apart);
        Cost {
            parcel_minor: 400 + distance * 2,
            unit_minor: 10 + distance / 10,
            days: 1 + u16::try_from(distance / 100).expect("invariant: at most half the ring"),
        }
    }
}

fn draw_warehouses(warehouses: u16, random: &mut Xoshiro256PlusPlus) -> Vec<u16> {
    let warehouses = usize::from(warehouses);
    let most = WAREHOUSES_PER_SKU_MAX.min(warehouses);
    let count = random.random_range(WAREHOUSES_PER_SKU_MIN.min(most)..=most);
    let places = index::sample(random, warehouses, count);
    places.into_iter().map(|place| u16::try_from(place).expect("invariant: at most 64")).collect()
}

fn units_per_warehouse(rank: usize, demand: f64, places: usize) -> u32 {
    let places = figure(places as u64);
    let each = if rank % SCARCE_ONE_IN == SCARCE_OFFSET {
        let draw = (figure((rank / SCARCE_ONE_IN) as u64) * GOLDEN).fract();
        let share = SCARCE_SHARE_MIN + (1.0 - SCARCE_SHARE_MIN) * draw;
        demand * share / places
    } else {
        // Demand is a sum of lines of 1 to 3 units: its variance is 7/3 of its mean. Four
        // deviations above three times the mean never run dry; a whole line fits every place.
        let total = PLENTY_FACTOR * demand + 4.0 * (demand * 7.0 / 3.0).sqrt();
        (total / places).max(f64::from(QUANTITY_MAX))
    };
    u32::try_from(rounded(each)).unwrap_or(u32::MAX).min(UNITS_PER_COMMAND_MAX)
}

#[cfg(test)]
mod tests {
    use gantry_model::ShortMode;

    use super::*;
    use crate::plan::Profile;

    fn shop(skus: u32, warehouses: u16) -> Shop {
        Shop {
            profile: Profile::Steady,
            skus,
            warehouses,
            zipf: 0.8,
            lines_mean: 2.2,
            short: ShortMode::Backorder,
            orders_expected: 19_500_000,
        }
    }

    /// Share of expected demand that the stock meets when `speed` times as much is asked for.
    fn met(catalogue: &Catalogue, orders_expected: u64, speed: f64) -> f64 {
        let mut stock = vec![0.0; catalogue.weights.len()];
        for cell in &catalogue.cells {
            stock[cell.sku as usize] += f64::from(cell.units);
        }
        let units = figure(orders_expected) * 2.2 * QUANTITY_MEAN * speed;
        let demands = catalogue.weights.iter().map(|weight| weight * units);
        demands.zip(stock).map(|(demand, stock)| demand.min(stock)).sum::<f64>() / units
    }

    #[test]
    fn stock_meets_the_band_from_half_to_twice_the_expected_demand() {
        let shop = shop(100_000, 8);
        let catalogue = Catalogue::steady(&shop, 1);
        for speed in [0.5, 0.75, 1.0, 1.5, 2.0] {
            let met = met(&catalogue, shop.orders_expected, speed);
            assert!((0.95..0.99).contains(&met), "{met} of demand met at speed {speed}");
        }
    }

    #[test]
    fn each_sku_lies_in_two_to_five_warehouses() {
        let catalogue = Catalogue::steady(&shop(10_000, 8), 2);
        let mut places = vec![0u32; 10_000];
        for cell in &catalogue.cells {
            assert!(cell.warehouse < 8);
            places[cell.sku as usize] += 1;
        }
        assert!(places.iter().all(|count| (2..=5).contains(count)));
        let mean = f64::from(places.iter().sum::<u32>()) / 10_000.0;
        assert!((mean - 3.5).abs() < 0.1, "{mean} warehouses a SKU");
    }

    #[test]
    fn a_single_warehouse_has_everything() {
        let catalogue = Catalogue::steady(&shop(100, 1), 3);
        assert_eq!(catalogue.cells.len(), 100);
    }

    #[test]
    fn a_flash_sale_has_exactly_its_units() {
        for (warehouses, units) in [(8, 1_000), (8, 3), (3, 1_000), (1, 1)] {
            let cells = Catalogue::flash_sale(warehouses, units).cells;
            assert_eq!(cells.iter().map(|cell| cell.units).sum::<u32>(), units);
        }
    }

    #[test]
    fn costs_grow_with_distance_round_the_ring() {
        let catalogue = Catalogue::steady(&shop(10, 8), 1);
        assert!(catalogue.cost(0, 0).parcel_minor < catalogue.cost(0, 25).parcel_minor);
        assert_eq!(catalogue.cost(0, 1), catalogue.cost(0, 49));
    }
}
