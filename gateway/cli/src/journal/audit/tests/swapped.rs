//! Two orders that swap keep their units and the rules, and gain by it.

use gantry_model::{
    AssignPolicy, LineUnits, Objective, Policy, RejectCause, RejectUnits, Rules, SetCapacity,
    SetPolicy, SwapUnits, WarehouseField,
};

use super::*;

const OTHER: CommandId = CommandId::new(78);
const ID: CommandId = CommandId::new(500);
/// The records that placed the two orders.
const PLACED: [u64; 2] = [11, 12];

fn swap(quantity: u32) -> Command<'static> {
    Command::SwapUnits(SwapUnits {
        id: ID,
        first: ORDER,
        second: OTHER,
        sku: SKU,
        first_warehouse: HERE,
        second_warehouse: THERE,
        quantity,
    })
}

fn costs(warehouse: Warehouse, rows: &[CostRow]) -> Command<'_> {
    Command::SetCosts(SetCosts { id: ID, warehouse, rows })
}

/// What a parcel costs and how long it takes.
type Tariff = (u32, u16);

impl Shop {
    /// Two orders of five mugs, each with all of them at the warehouse from where the other's parcel
    /// would cost 100 less.
    fn with_two() -> Self {
        Self::with_tariffs([(390, 1), (100, 1)], [(100, 1), (390, 1)])
    }

    /// The tariffs of the first order's zone, from here and from there; then the second's.
    fn with_tariffs(first: [Tariff; 2], second: [Tariff; 2]) -> Self {
        let mut shop = Self::new();
        let zone = UpsertCode { id: ID, code: "2" };
        shop.must(&Command::UpsertZone(zone), OutcomeHead::defined(1), &[]);
        for (warehouse, place) in [(HERE, 0), (THERE, 1)] {
            let row = |zone, (parcel, days)| CostRow::serves(Zone::new(zone), parcel, 25, days);
            let rows = [row(0, first[place]), row(1, second[place])];
            shop.must(&costs(warehouse, &rows), accepted(), &[]);
        }
        let cause = Sequence::new(shop.next);
        let reason = AdjustReason::None;
        let received = Movement::stock(MovementKind::Received, reason, SKU, THERE, 5, cause);
        let receipt = StockChange { warehouse: THERE, ..change(5) };
        shop.must(&Command::Receive(receipt), accepted(), &[received]);
        let lines = [OrderLine::new(SKU, 2), OrderLine::new(SKU, 3)];
        for (id, zone, warehouse, parcel) in
            [(ORDER, 0, HERE, first[0].0), (OTHER, 1, THERE, second[1].0)]
        {
            let zone = Zone::new(zone);
            let command = PlaceOrder { id, zone, lines: &lines, ..order() };
            let head = OutcomeHead::accepted(1, i64::from(parcel) + 5 * 25);
            let placed = shop.next;
            let taken = shop.both(placed, MovementKind::Allocated, warehouse, [2, 3]);
            shop.must(&Command::PlaceOrder(command), head, &taken);
        }
        assert_eq!(shop.next, PLACED[1] + 1);
        shop
    }

    /// Units of both lines of an order.
    fn both(
        &self,
        placed: u64,
        kind: MovementKind,
        warehouse: Warehouse,
        units: [u32; 2],
    ) -> Vec<Movement> {
        let (placed, cause) = (Sequence::new(placed), Sequence::new(self.next));
        let of_line =
            |(line, units)| Movement::of_order(kind, placed, line, SKU, warehouse, units, cause);
        (0..).zip(units).filter(|(_, units)| *units > 0).map(of_line).collect()
    }

    /// The units of each line that the orders swap.
    fn swapped(&self, units: [u32; 2]) -> Vec<Movement> {
        use MovementKind::{Allocated, Released};
        [
            self.both(PLACED[0], Released, HERE, units),
            self.both(PLACED[1], Released, THERE, units),
            self.both(PLACED[0], Allocated, THERE, units),
            self.both(PLACED[1], Allocated, HERE, units),
        ]
        .concat()
    }

    fn bind(&mut self, policy: SetPolicy<'_>) {
        self.must(&Command::SetPolicy(policy), OutcomeHead::defined(0), &[]);
        let assign = AssignPolicy { id: ID, channel: Channel::NONE, policy: Policy::new(0) };
        self.must(&Command::AssignPolicy(assign), accepted(), &[]);
    }
}

fn sums(parcels: u16, parcel_costs: i64) -> OutcomeHead {
    OutcomeHead::accepted(parcels, parcel_costs + 10 * 25)
}

fn policy() -> SetPolicy<'static> {
    SetPolicy {
        id: ID,
        objective: Objective::LeastCost,
        soft: Rules::NONE,
        parcels_max: 64,
        days_max: u16::MAX,
        split_value_min: 0,
        warehouses: &[],
        no_split_skus: &[],
        code: "p",
    }
}

#[test]
fn two_orders_swap_all_their_units() {
    let mut shop = Shop::with_two();
    let movements = shop.swapped([2, 3]);
    shop.must(&swap(5), sums(2, 200), &movements);
    let sums_after = shop.audit.sums();
    assert_eq!((sums_after.units_allocated, sums_after.open_orders), (10, 2));
    // The first order has them there now.
    let ship = [LineUnits::new(0, THERE, 2)];
    let (kind, placed) = (MovementKind::Shipped, PLACED[0]);
    let shipped = shop.both(placed, kind, THERE, [2, 0]);
    shop.must(&Command::Ship(units(&ship)), accepted(), &shipped);
}

#[test]
fn what_is_swapped_is_what_was_asked_of_two_orders() {
    let refused = |command: &Command<'_>, of: fn(&Shop) -> Vec<Movement>, words: &str| {
        let shop = Shop::with_two();
        let movements = of(&shop);
        shop.must_not(command, sums(2, 200), &movements, words);
    };
    let words = "swapped units should be 4";
    refused(&swap(4), |shop| shop.swapped([2, 3]), words);
    let words = "a swap moves units of two orders";
    let due = |shop: &Shop| {
        let (cause, nowhere) = (Sequence::new(shop.next), Warehouse::NONE);
        let due = MovementKind::Due;
        let due = Movement::stock(due, AdjustReason::None, SKU, nowhere, 0, cause);
        [shop.swapped([2, 3]), vec![due]].concat()
    };
    refused(&swap(5), due, words);
    let words = "each line gets as many units as it gives";
    let other_line = |shop: &Shop| {
        let mut movements = shop.swapped([2, 0]);
        movements[2] = shop.both(PLACED[0], MovementKind::Allocated, THERE, [0, 2])[0];
        movements
    };
    refused(&swap(2), other_line, words);
    let words = "orders that swap give before they get";
    let mixed = |shop: &Shop| {
        let mut movements = shop.swapped([2, 0]);
        movements.swap(1, 2);
        movements
    };
    refused(&swap(2), mixed, words);
    let words = "units of one SKU between two warehouses";
    let back = |shop: &Shop| {
        let mut movements = shop.swapped([2, 0]);
        movements[2] = shop.both(PLACED[0], MovementKind::Allocated, HERE, [2, 0])[0];
        movements
    };
    refused(&swap(2), back, words);
    let words = "the lines of an order swap in their order";
    let falling = |shop: &Shop| {
        let mut movements = shop.swapped([2, 3]);
        movements.swap(0, 1);
        movements.swap(4, 5);
        movements
    };
    refused(&swap(5), falling, words);
    let Command::SwapUnits(command) = swap(5) else { unreachable!() };
    let with_itself = Command::SwapUnits(SwapUnits { second: ORDER, ..command });
    refused(&with_itself, |shop| shop.swapped([2, 3]), "two orders, at two warehouses");
    let unknown = Command::SwapUnits(SwapUnits { second: ID, ..command });
    refused(&unknown, |shop| shop.swapped([2, 3]), "the order was never placed");
}

#[test]
fn orders_give_what_they_have_and_each_gets_as_much_as_the_other() {
    let shop = Shop::with_two();
    let movements = shop.swapped([4, 1]);
    shop.must_not(&swap(5), sums(2, 200), &movements, "line 0 would have -2 units allocated");
    let shop = Shop::with_two();
    let mut movements = shop.swapped([2, 3]);
    movements.truncate(6);
    shop.must_not(&swap(5), sums(2, 200), &movements, "as many units as it gives");
}

#[test]
fn orders_swap_where_something_is_gained_and_nobody_is_worse_off() {
    let refused = |first, second, units: [u32; 2], words: &str| {
        let shop = Shop::with_tariffs(first, second);
        let movements = shop.swapped(units);
        let head = sums(2, 0);
        shop.must_not(&swap(units.iter().sum()), head, &movements, words);
    };
    let words = "orders swap for fewer parcels or a lower cost";
    refused([(100, 1), (390, 1)], [(100, 1), (390, 1)], [2, 3], words);
    refused([(100, 1), (400, 1)], [(100, 1), (390, 1)], [2, 3], words);
    let words = "no order swaps for more parcels";
    refused([(390, 1), (100, 1)], [(100, 1), (390, 1)], [2, 0], words);
    let words = "no order swaps for more days";
    refused([(390, 1), (100, 2)], [(100, 1), (390, 1)], [2, 3], words);
    // One may pay for it, as far as the other saves.
    let mut shop = Shop::with_tariffs([(100, 1), (150, 1)], [(100, 1), (390, 1)]);
    let movements = shop.swapped([2, 3]);
    shop.must(&swap(5), sums(2, 250), &movements);
}

#[test]
fn the_outcome_is_of_both_orders() {
    for (head, words) in [
        (sums(1, 200), "parcels should be 2, and the record says 1"),
        (sums(2, 100), "cost should be 450, and the record says 350"),
    ] {
        let shop = Shop::with_two();
        let movements = shop.swapped([2, 3]);
        shop.must_not(&swap(5), head, &movements, words);
    }
}

#[test]
fn orders_swap_within_rules_even_soft_ones() {
    let soft = Rules::NONE.with(gantry_model::Rule::Warehouses);
    let only_here = [WarehouseField::new(HERE)];
    let listed = SetPolicy { warehouses: &only_here, soft, ..policy() };
    let mut shop = Shop::with_two();
    shop.bind(listed);
    let movements = shop.swapped([2, 3]);
    let words = "within their policies, soft rules too";
    shop.must_not(&swap(5), sums(2, 200), &movements, words);
    let mut shop = Shop::with_two();
    shop.bind(SetPolicy { days_max: 0, ..policy() });
    let movements = shop.swapped([2, 3]);
    shop.must_not(&swap(5), sums(2, 200), &movements, words);
}

#[test]
fn both_warehouses_serve_both_orders() {
    for (warehouse, zone) in [(HERE, 0), (THERE, 0), (HERE, 1), (THERE, 1)] {
        let mut shop = Shop::with_two();
        let rows = [CostRow::removed(Zone::new(zone))];
        shop.must(&costs(warehouse, &rows), accepted(), &[]);
        let movements = shop.swapped([2, 3]);
        let words = "serves only zones that it has a cost for";
        shop.must_not(&swap(5), sums(2, 200), &movements, words);
    }
}

#[test]
fn an_order_gets_nothing_from_where_it_is_barred() {
    use MovementKind::{Allocated, Released};
    let mut shop = Shop::with_two();
    let received = shop.stock(MovementKind::Received, 2);
    shop.must(&Command::Receive(change(2)), accepted(), &[received]);
    // Each has two mugs where the other has three, and is barred where it had five.
    for (order, placed, from, to) in [(OTHER, 1, THERE, HERE), (ORDER, 0, HERE, THERE)] {
        let rejected = [LineUnits::new(0, from, 2)];
        let (cause, cool_down_seconds) = (RejectCause::Refused, 60);
        let reject = RejectUnits { id: ID, order, cause, cool_down_seconds, units: &rejected };
        let gone = shop.both(PLACED[placed], Released, from, [2, 0]);
        let came = shop.both(PLACED[placed], Allocated, to, [2, 0]);
        let head = OutcomeHead::accepted(1, 100 + 2 * 25);
        shop.must(&Command::RejectUnits(reject), head, &[gone, came].concat());
    }
    let Command::SwapUnits(command) = swap(2) else { unreachable!() };
    let (first_warehouse, second_warehouse) = (THERE, HERE);
    let back = SwapUnits { first_warehouse, second_warehouse, ..command };
    let movements = [
        shop.both(PLACED[0], Released, THERE, [2, 0]),
        shop.both(PLACED[1], Released, HERE, [2, 0]),
        shop.both(PLACED[0], Allocated, HERE, [2, 0]),
        shop.both(PLACED[1], Allocated, THERE, [2, 0]),
    ]
    .concat();
    let words = "an order has nothing from a warehouse that is barred";
    shop.must_not(&Command::SwapUnits(back), sums(2, 780), &movements, words);
}

#[test]
fn an_order_comes_to_a_full_day_only_where_another_leaves() {
    let full = |warehouse, orders_per_day_max| {
        Command::SetCapacity(SetCapacity {
            warehouse,
            cut_off_minute: u16::MAX,
            orders_per_day_max,
            units_per_day_max: 0,
            id: ID,
        })
    };
    let mut shop = Shop::with_two();
    shop.must(&full(THERE, 0), accepted(), &[]);
    let movements = shop.swapped([2, 3]);
    shop.must(&swap(5), sums(2, 200), &movements);
    // Two of five mugs: the second order does not leave.
    let mut shop = Shop::with_tariffs([(390, 1), (0, 1)], [(0, 1), (390, 1)]);
    shop.must(&full(THERE, 0), accepted(), &[]);
    let movements = shop.swapped([2, 0]);
    let words = "a day has room for an order that comes to it";
    shop.must_not(&swap(2), sums(4, 0), &movements, words);
}
