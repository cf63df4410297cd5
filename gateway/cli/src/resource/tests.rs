//! Swaps that are found in random shops, held against the engine.

use gantry_engine::Engine;
use gantry_model::{
    AdjustReason, AssignPolicy, Channel, Command, CommandId, Component, CostRow, HoldId, LineUnits,
    Objective, OrderId, OrderLine, OrderUnits, PlaceOrder, Policy, RejectCause, RejectUnits, Rules,
    SetBundle, SetCapacity, SetCosts, SetPolicy, ShortMode, Sku, StockChange, StockState,
    SwapUnits, UpsertCode, UpsertSku, UpsertWarehouse, Warehouse, WarehouseField, Zone,
};

use super::offers::Offers;
use super::swaps::swap_all;
use super::trial::{Figures, Step, Trial};

const SHOPS: u64 = 60;
const ORDERS: u64 = 40;
const WAREHOUSES: u16 = 4;
const ZONES: u16 = 3;
/// The last one is a bundle of two of the first.
const SKUS: u32 = 4;

/// SplitMix64: small, and the same everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn small(&mut self, bound: u16) -> u16 {
        u16::try_from(self.below(bound.into())).unwrap()
    }
}

struct Shop {
    trial: Trial,
    random: Random,
    next_id: u128,
}

impl Shop {
    fn new(seed: u64) -> Self {
        let trial = Trial::new(Engine::new());
        let mut shop = Self { trial, random: Random(seed), next_id: 0 };
        shop.furnish();
        for _ in 0..ORDERS {
            shop.receive();
            shop.place();
        }
        // What was the best place is not any more.
        shop.set_costs();
        shop.set_rules();
        shop
    }

    fn id(&mut self) -> CommandId {
        self.next_id += 1;
        CommandId::new(self.next_id)
    }

    fn must(&mut self, command: &Command<'_>) {
        assert!(self.trial.send(command), "{command:?}");
    }

    fn furnish(&mut self) {
        for (sku, code) in (0..SKUS).zip(["A", "B", "C", "SET"]) {
            let id = self.id();
            let tracked = sku + 1 < SKUS;
            let (order_max, backorder, active) = (0, true, true);
            let sku = UpsertSku { id, order_max, tracked, backorder, active, code };
            self.must(&Command::UpsertSku(sku));
        }
        let components = [Component::new(Sku::new(0), 2)];
        let (id, sku) = (self.id(), Sku::new(SKUS - 1));
        self.must(&Command::SetBundle(SetBundle { id, sku, components: &components }));
        for code in ["1", "2", "3"] {
            let upsert = UpsertCode { id: self.id(), code };
            self.must(&Command::UpsertZone(upsert));
        }
        let upsert = UpsertCode { id: self.id(), code: "web" };
        self.must(&Command::UpsertChannel(upsert));
        for code in ["K", "L", "M", "N"] {
            let warehouse = UpsertWarehouse { id: self.id(), priority: 1, active: true, code };
            self.must(&Command::UpsertWarehouse(warehouse));
        }
        self.set_costs();
    }

    fn set_costs(&mut self) {
        for warehouse in (0..WAREHOUSES).map(Warehouse::new) {
            let mut row = |zone| {
                let random = &mut self.random;
                let (parcel, unit) = (random.small(900), random.small(40));
                let (parcel, unit, days) = (parcel.into(), unit.into(), random.small(4));
                match random.below(12) {
                    0 => CostRow::removed(zone),
                    _ => CostRow::serves(zone, parcel, unit, days),
                }
            };
            let rows: Vec<CostRow> = (0..ZONES).map(Zone::new).map(&mut row).collect();
            let id = self.id();
            self.must(&Command::SetCosts(SetCosts { id, warehouse, rows: &rows }));
        }
    }

    fn receive(&mut self) {
        for _ in 0..2 {
            let sku = Sku::new(u32::from(self.random.small(3)));
            let warehouse = Warehouse::new(self.random.small(WAREHOUSES));
            let quantity = 1 + i32::from(self.random.small(6));
            let (id, reason, state) = (self.id(), AdjustReason::None, StockState::OnHand);
            let change = StockChange { id, sku, warehouse, quantity, reason, state, note: "" };
            self.must(&Command::Receive(change));
        }
    }

    fn place(&mut self) {
        let count = 1 + self.random.below(3);
        let mut line = || {
            let sku = Sku::new(u32::from(self.random.small(4)));
            OrderLine::new(sku, 1 + u32::from(self.random.small(3)))
        };
        let lines: Vec<OrderLine> = (0..count).map(|_| line()).collect();
        let channel = self.random.small(2);
        let order = PlaceOrder {
            id: self.id(),
            hold: HoldId::NONE,
            customer: 0,
            value_minor: 0,
            currency: [0; 4],
            zone: Zone::new(self.random.small(ZONES)),
            channel: if channel == 0 { Channel::NONE } else { Channel::new(0) },
            priority_class: 0,
            service_level: 0,
            short: ShortMode::TakeAvailable,
            reference: "",
            lines: &lines,
        };
        self.trial.send(&Command::PlaceOrder(order));
        match self.random.below(4) {
            0 => self.take_away(order.id, true),
            1 => self.take_away(order.id, false),
            _ => {}
        }
    }

    /// Something of the order is shipped, or rejected.
    fn take_away(&mut self, order: OrderId, is_shipped: bool) {
        let state = self.trial.state();
        let Some(slot) = state.order_slot(order) else { return };
        let rows = state.orders.allocations(state.orders.row(slot));
        let Some(part) = rows.iter().find(|part| part.allocated > 0).copied() else { return };
        let units = [LineUnits::new(part.line, part.warehouse, 1)];
        let (id, cause, cool_down_seconds) = (self.id(), RejectCause::Refused, 3_600);
        let command = if is_shipped {
            Command::Ship(OrderUnits { id, order, units: &units })
        } else {
            Command::RejectUnits(RejectUnits { id, order, cause, cool_down_seconds, units: &units })
        };
        self.must(&command);
    }

    fn set_rules(&mut self) {
        let listed = [0, 1, 2].map(Warehouse::new).map(WarehouseField::new);
        let policy = SetPolicy {
            id: self.id(),
            objective: Objective::LeastCost,
            soft: Rules::NONE,
            parcels_max: 64,
            days_max: if self.random.below(2) == 0 { 2 } else { u16::MAX },
            split_value_min: 0,
            warehouses: if self.random.below(2) == 0 { &listed } else { &[] },
            no_split_skus: &[],
            code: "p",
        };
        self.must(&Command::SetPolicy(policy));
        let (channel, policy) = (Channel::new(0), Policy::new(0));
        let assign = AssignPolicy { id: self.id(), channel, policy };
        self.must(&Command::AssignPolicy(assign));
        for warehouse in (0..WAREHOUSES).map(Warehouse::new) {
            let capacity = SetCapacity {
                warehouse,
                cut_off_minute: if self.random.below(3) == 0 { 0 } else { u16::MAX },
                orders_per_day_max: match self.random.below(3) {
                    0 => u32::from(self.random.small(4)),
                    _ => u32::MAX,
                },
                units_per_day_max: u32::MAX,
                id: self.id(),
            };
            self.must(&Command::SetCapacity(capacity));
        }
        let (id, code, active) = (self.id(), "N", self.random.below(4) > 0);
        self.must(&Command::UpsertWarehouse(UpsertWarehouse { id, priority: 1, active, code }));
    }

    /// Units of orders that have not shipped.
    fn parts(&self) -> Vec<(OrderId, Sku, Warehouse, u32)> {
        let orders = &self.trial.state().orders;
        let of_order = orders.iter().flat_map(|(row, _)| {
            let rows = orders.allocations(row).iter().filter(|part| part.allocated > 0);
            rows.map(|part| {
                let sku = orders.lines(row)[usize::from(part.line)].sku;
                (row.id, sku, part.warehouse, part.allocated)
            })
        });
        let mut parts: Vec<_> = of_order.collect();
        parts.sort_unstable();
        // Lines of one SKU are one.
        parts.dedup_by(|next, one| {
            let is_same = (one.0, one.1, one.2) == (next.0, next.1, next.2);
            one.3 += if is_same { next.3 } else { 0 };
            is_same
        });
        parts
    }

    /// Of all orders together.
    fn figures(&self) -> Figures {
        let mut sum = Figures::default();
        for (row, _) in self.trial.state().orders.iter() {
            sum.add(&self.trial.served(row.id));
        }
        sum
    }

    /// Whether the engine takes a swap of all that two orders could give each other.
    fn any_is_left(&mut self) -> Option<SwapUnits> {
        let parts = self.parts();
        for one in &parts {
            for other in &parts {
                if one.0 >= other.0 || one.1 != other.1 || one.2 == other.2 {
                    continue;
                }
                let swap = SwapUnits {
                    id: self.id(),
                    first: one.0,
                    second: other.0,
                    sku: one.1,
                    first_warehouse: one.2,
                    second_warehouse: other.2,
                    quantity: one.3.min(other.3),
                };
                if self.trial.send(&Command::SwapUnits(swap)) {
                    return Some(swap);
                }
            }
        }
        None
    }
}

#[test]
fn the_engine_takes_every_swap_that_is_found_and_nothing_is_left_to_gain() {
    let (mut made, mut saved) = (0, 0);
    for seed in 0..SHOPS {
        let mut shop = Shop::new(seed);
        let before = shop.figures();
        let sums = swap_all(&mut shop.trial, None);
        assert_eq!(sums.tried, sums.made, "shop {seed}: the engine refused a swap");
        assert_eq!((sums.later, sums.more_parcels), (0, 0), "shop {seed}");
        let after = shop.figures();
        let cost_saved = before.cost_minor - after.cost_minor;
        assert_eq!(cost_saved, sums.before.cost_minor - sums.after.cost_minor, "shop {seed}");
        let parcels_saved = sums.before.parcels - sums.after.parcels;
        assert_eq!(before.parcels - after.parcels, parcels_saved, "shop {seed}");
        let swaps = shop.trial.steps.iter().filter(|step| matches!(step, Step::Swapped(_)));
        assert_eq!(swaps.count() as u64, sums.made);
        assert!(sums.rounds < 8, "shop {seed}: {sums:?}");
        let left = shop.any_is_left();
        assert!(left.is_none(), "shop {seed}: {left:?}");
        (made, saved) = (made + sums.made, saved + cost_saved);
    }
    assert!(made > 2 * SHOPS, "{made} swaps");
    assert!(saved > 0, "{saved} saved");
}

#[test]
fn swaps_are_looked_for_among_so_many_others_and_no_more() {
    let shop = Shop::new(1);
    let offers = Offers::new(shop.trial.state(), shop.trial.now());
    let all = 0..u32::try_from(offers.orders.len()).unwrap();
    assert!(all.clone().any(|first| offers.best(first, usize::MAX).is_some()));
    assert!(all.clone().all(|first| offers.best(first, 0).is_none()));
}

#[test]
fn only_orders_with_units_at_a_warehouse_begin_a_swap() {
    let only = Warehouse::new(0);
    for seed in 0..8 {
        let mut shop = Shop::new(seed);
        let there: Vec<OrderId> =
            shop.parts().iter().filter(|part| part.2 == only).map(|part| part.0).collect();
        swap_all(&mut shop.trial, Some(only));
        for step in &shop.trial.steps {
            let Step::Swapped(swap) = step else { unreachable!("none moves alone") };
            assert!(there.contains(&swap.first), "shop {seed}: {swap:?}");
        }
    }
}
