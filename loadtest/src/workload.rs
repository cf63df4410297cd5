//! The orders themselves: what each connection sends, written straight into a frame's payload.
//!
//! A source allocates nothing after its first order: one connection's buffers are reused, the
//! tables are shared. `cargo test --release -p gantry-loadtest build_rate -- --nocapture` prints
//! how fast it is.

use std::rc::Rc;

use gantry_model::{
    Channel, Command, CommandId, HoldId, OrderLine, PlaceOrder, ShortMode, Sku, Zone,
};
use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, SeedableRng};

use crate::catalogue::QUANTITY_MAX;
use crate::line_counts::LineCounts;
use crate::plan::LINES_MAX;
use crate::popularity::AliasTable;

/// Draws after which an order takes a SKU a second time: only where there are few SKUs.
const REDRAWS_MAX: u32 = 8;

/// What all sources draw from.
pub(crate) struct Mix {
    /// SKU handles by popularity.
    pub(crate) skus: AliasTable,
    /// Lines of an order.
    pub(crate) line_counts: LineCounts,
    /// Units of a line: 1 to this.
    pub(crate) quantity_max: u32,
    /// Zones, all alike.
    pub(crate) zones: Vec<Zone>,
    /// What becomes of units that are not there.
    pub(crate) short: ShortMode,
}

impl Mix {
    /// The steady mix over SKUs with these weights.
    pub(crate) fn steady(
        weights: &[f64],
        skus: &[u32],
        zones: Vec<Zone>,
        lines_mean: f64,
        short: ShortMode,
    ) -> Self {
        let (skus, line_counts) = (AliasTable::new(weights, skus), LineCounts::new(lines_mean));
        Self { skus, line_counts, quantity_max: QUANTITY_MAX, zones, short }
    }

    /// One unit of one SKU.
    pub(crate) fn flash_sale(sku: u32, zones: Vec<Zone>, short: ShortMode) -> Self {
        let (skus, line_counts) = (AliasTable::new(&[1.0], &[sku]), LineCounts::new(1.0));
        Self { skus, line_counts, quantity_max: 1, zones, short }
    }
}

/// Ids that no other run, connection or order has.
///
/// The high half names the run, the low half is the connection and a counter, sent through a
/// bijection: unique as they are, and as scattered as the UUIDs of a real shop.
#[derive(Clone, Copy)]
pub(crate) struct IdSource {
    run: u64,
    next: u64,
}

impl IdSource {
    /// The ids of `connection` in the run named `run`.
    pub(crate) fn new(run: u64, connection: u16) -> Self {
        Self { run, next: (u64::from(connection) << 48) + 1 }
    }

    /// The next id.
    pub(crate) fn next(&mut self) -> CommandId {
        let low = scattered(self.next);
        self.next += 1;
        CommandId::new((u128::from(self.run) << 64) | u128::from(low))
    }
}

/// A number for one run: its seed and its start, so that two runs with one seed can share a folder.
pub(crate) fn run_number(seed: u64, start_unix_ns: u64) -> u64 {
    scattered(scattered(seed).wrapping_add(start_unix_ns))
}

/// The finaliser of SplitMix64, a bijection of 64 bits.
const fn scattered(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// The seed of one connection's draws.
pub(crate) const fn connection_seed(seed: u64, connection: u32, purpose: u64) -> u64 {
    scattered(scattered(seed.wrapping_add(purpose)) ^ (connection as u64))
}

/// The orders of one connection.
pub(crate) struct OrderSource {
    mix: Rc<Mix>,
    ids: IdSource,
    random: Xoshiro256PlusPlus,
    lines: Vec<OrderLine>,
}

impl OrderSource {
    /// Orders from `mix` with ids from `ids`.
    pub(crate) fn new(mix: Rc<Mix>, ids: IdSource, seed: u64) -> Self {
        let random = Xoshiro256PlusPlus::seed_from_u64(seed);
        Self { mix, ids, random, lines: Vec::with_capacity(LINES_MAX) }
    }

    /// Appends the next order to a frame's payload.
    pub(crate) fn write_order(&mut self, payload: &mut Vec<u8>) {
        self.draw_lines();
        let bits = self.random.next_u64();
        let zone = below(bits & u64::from(u32::MAX), self.mix.zones.len());
        Command::PlaceOrder(PlaceOrder {
            id: self.ids.next(),
            hold: HoldId::NONE,
            customer: u128::from(bits),
            value_minor: 0,
            currency: [0; 4],
            zone: self.mix.zones[zone],
            channel: Channel::NONE,
            priority_class: 0,
            service_level: 0,
            short: self.mix.short,
            reference: "",
            lines: &self.lines,
        })
        .write(payload);
    }

    fn draw_lines(&mut self) {
        self.lines.clear();
        for _ in 0..self.mix.line_counts.draw(&mut self.random) {
            let sku = self.draw_sku();
            let bits = self.random.next_u64() >> 32;
            let more = below(bits, self.mix.quantity_max as usize);
            let quantity = 1 + u32::try_from(more).expect("invariant: below quantity_max");
            self.lines.push(OrderLine::new(sku, quantity));
        }
    }

    /// A basket names a SKU once, so a SKU that is there already is drawn anew.
    fn draw_sku(&mut self) -> Sku {
        for _ in 0..REDRAWS_MAX {
            let sku = Sku::new(self.mix.skus.draw(&mut self.random));
            if !self.lines.iter().any(|line| line.sku() == sku) {
                return sku;
            }
        }
        Sku::new(self.mix.skus.draw(&mut self.random))
    }
}

/// Brings 32 random bits below `bound`.
fn below(bits: u64, bound: usize) -> usize {
    usize::try_from((bits * bound as u64) >> 32).expect("invariant: below bound")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::time::Instant;

    use gantry_model::{ITEM_ALIGNMENT_BYTES, Items};

    use super::*;
    use crate::convert::figure;
    use crate::popularity::zipf_weights;

    fn source(skus: u32, connection: u16, run: u64) -> OrderSource {
        let handles: Vec<u32> = (0..skus).collect();
        let zones = (0..50).map(Zone::new).collect();
        let weights = zipf_weights(skus, 0.8);
        let mix = Mix::steady(&weights, &handles, zones, 2.2, ShortMode::Backorder);
        OrderSource::new(Rc::new(mix), IdSource::new(run, connection), 9)
    }

    /// Calls `check` for `count` orders.
    fn for_each_order(source: &mut OrderSource, count: u32, mut check: impl FnMut(PlaceOrder<'_>)) {
        let mut payload = Vec::new();
        for _ in 0..count {
            payload.clear();
            source.write_order(&mut payload);
            let item = Items::new(&payload, 4_096).next().unwrap().unwrap();
            assert_eq!(item.bytes.len() % ITEM_ALIGNMENT_BYTES, 0);
            let Command::PlaceOrder(order) = Command::parse(&item).unwrap() else { panic!() };
            check(order);
        }
    }

    #[test]
    fn orders_are_as_the_profile_says() {
        let (mut lines, mut units, mut zones) = (0, 0, HashSet::new());
        for_each_order(&mut source(10_000, 0, 1), 100_000, |order| {
            assert!((1..=LINES_MAX).contains(&order.lines.len()));
            assert!(order.lines.iter().all(|line| (1..=3).contains(&line.quantity())));
            let skus: HashSet<Sku> = order.lines.iter().map(OrderLine::sku).collect();
            assert_eq!(skus.len(), order.lines.len(), "a basket names a SKU once");
            lines += order.lines.len() as u64;
            units += order.lines.iter().map(|line| u64::from(line.quantity())).sum::<u64>();
            zones.insert(order.zone.get());
        });
        assert!((figure(lines) / 100_000.0 - 2.2).abs() < 0.02, "{lines} lines");
        assert!((figure(units) / figure(lines) - 2.0).abs() < 0.01, "{units} units");
        assert_eq!(zones.len(), 50);
    }

    #[test]
    fn few_skus_are_named_twice_rather_than_for_ever() {
        for_each_order(&mut source(1, 0, 1), 1_000, |order| assert!(!order.lines.is_empty()));
    }

    #[test]
    fn ids_differ_between_orders_connections_and_runs() {
        let mut seen = HashSet::new();
        for (connection, run) in [(0, 1), (1, 1), (0, 2)] {
            for_each_order(&mut source(100, connection, run), 10_000, |order| {
                assert!(seen.insert(order.id.get()), "an id came twice");
            });
        }
        assert_ne!(run_number(1, 1_000), run_number(1, 1_001));
    }

    #[test]
    fn build_rate_is_printed() {
        const ORDERS: u32 = 1_000_000;
        let mut source = source(100_000, 0, 1);
        let mut payload = Vec::new();
        let start = Instant::now();
        for order in 0..ORDERS {
            if order % 64 == 0 {
                payload.clear();
            }
            source.write_order(&mut payload);
        }
        let rate = f64::from(ORDERS) / start.elapsed().as_secs_f64();
        println!("built {rate:.0} orders/s on one core");
        assert!(!payload.is_empty());
    }
}
