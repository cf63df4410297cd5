//! What is ordered: each order is a function of the seed and its number.

use gantry_model::{
    Channel, Command, CommandId, HoldId, OrderId, OrderLine, PlaceOrder, ShortMode, Sku, Zone,
};

use super::network::Network;
use super::random::{Random, Weighted};

/// Weights of 1, 2, … lines in an order: mean 2.2.
const LINE_COUNT_WEIGHTS: [u64; 6] = [42, 27, 15, 8, 5, 3];
/// Weights of 1, 2, … units in a line: mean 1.4.
const QUANTITY_WEIGHTS: [u64; 5] = [74, 17, 5, 2, 2];
/// Units in an order on average, in tenths.
pub(super) const UNITS_PER_ORDER_MEAN_TENTHS: u64 = 31;
/// Most shoppers wait, some want all or nothing, some take what is there.
const SHORT_MODES: [(ShortMode, u64); 3] =
    [(ShortMode::Backorder, 75), (ShortMode::ShipComplete, 15), (ShortMode::TakeAvailable, 10)];
/// The low bits of an order's id hold its number.
const ORDER_NUMBER_BITS: u32 = 48;

/// Makes the orders.
#[derive(Debug)]
pub(super) struct Stream {
    seed: u64,
    zones: Vec<Zone>,
    skus: Vec<Sku>,
    demand: Weighted,
    line_count: Weighted,
    quantity: Weighted,
    short: Weighted,
    ids: u128,
}

impl Stream {
    /// Orders for this network. Ids begin with the time of the call, like any UUIDv7.
    pub(super) fn new(seed: u64, network: Network) -> Self {
        Self {
            seed,
            zones: network.zones,
            skus: network.skus,
            demand: network.demand,
            line_count: Weighted::new(LINE_COUNT_WEIGHTS),
            quantity: Weighted::new(QUANTITY_WEIGHTS),
            short: Weighted::new(SHORT_MODES.map(|(_, weight)| weight)),
            ids: gantry_client::new_id().get() >> ORDER_NUMBER_BITS << ORDER_NUMBER_BITS,
        }
    }

    /// The id of order number `order`.
    pub(super) fn id(&self, order: u64) -> OrderId {
        assert!(order >> ORDER_NUMBER_BITS == 0, "order numbers are far below 2^48");
        CommandId::new(self.ids | u128::from(order))
    }

    /// Appends the command that places order number `order`.
    pub(super) fn write(&self, order: u64, lines: &mut Vec<OrderLine>, out: &mut Vec<u8>) {
        let mut random = Random::new(self.seed, order + 1_000);
        lines.clear();
        for _ in 0..=self.line_count.pick(&mut random) {
            let sku = self.skus[self.demand.pick(&mut random)];
            let quantity = 1 + self.quantity.pick(&mut random);
            let quantity = u32::try_from(quantity).expect("invariant: a handful");
            lines.push(OrderLine::new(sku, quantity));
        }
        let command = PlaceOrder {
            id: self.id(order),
            hold: HoldId::NONE,
            customer: 0,
            value_minor: 0,
            currency: [0; 4],
            zone: self.zones[random.index(self.zones.len())],
            channel: Channel::NONE,
            priority_class: 0,
            service_level: 0,
            short: SHORT_MODES[self.short.pick(&mut random)].0,
            reference: "",
            lines,
        };
        Command::PlaceOrder(command).write(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stated_mean_is_the_mean_of_the_weights() {
        let mean_hundredths = |weights: &[u64]| {
            let units = weights.iter().zip(1_u64..).map(|(weight, units)| weight * units);
            units.sum::<u64>() * 100 / weights.iter().sum::<u64>()
        };
        let units = mean_hundredths(&LINE_COUNT_WEIGHTS) * mean_hundredths(&QUANTITY_WEIGHTS);
        assert!(units.div_ceil(1_000).abs_diff(UNITS_PER_ORDER_MEAN_TENTHS) <= 1, "{units}");
    }

    #[test]
    fn the_same_number_is_the_same_order() {
        let network = Network {
            zones: vec![Zone::new(0), Zone::new(1)],
            skus: vec![Sku::new(0), Sku::new(1)],
            demand: Weighted::new([2, 1]),
        };
        let stream = Stream::new(7, network);
        let (mut lines, mut first, mut second) = (Vec::new(), Vec::new(), Vec::new());
        stream.write(5, &mut lines, &mut first);
        stream.write(5, &mut lines, &mut second);
        assert_eq!(first, second);
        assert_eq!(stream.id(5).get(), stream.id(4).get() + 1);
    }
}
