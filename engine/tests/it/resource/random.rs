//! Random shops in which orders are sourced again all the time. What a record does to the figures of
//! its order is worked out anew from what the state shows, before and after.

use gantry_engine::State;
use gantry_model::{Movement, MovementKind, Records, Sku, Warehouse};
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::shop::{Shop, order_id};
use crate::snapshots::out_and_in;

const SKUS: [&str; 6] = ["A", "B", "C", "D", "KIT", "SET"];
const WAREHOUSES: [&str; 5] = ["N", "O", "P", "Q", "R"];
const OBJECTIVES: [&str; 8] = [
    "least_cost",
    "least_cost",
    "fewest_parcels",
    "nearest",
    "priority",
    "balance",
    "least_cost_with_shadow_prices",
    "greedy",
];
const ORDERS: u32 = 40;

/// Units of a line at a warehouse: line, warehouse, allocated, shipped.
type Row = (u16, Warehouse, u32, u32);

/// What is known of an order.
#[derive(Clone, Debug, PartialEq)]
struct Seen {
    rows: Vec<Row>,
    /// By line: what is ordered, waits, has shipped and was cancelled.
    lines: Vec<[u32; 4]>,
}

/// What an order's units cost from where they are now, and how long they take.
#[derive(Clone, Copy, Debug)]
struct Figures {
    parcels: usize,
    cost_minor: i64,
    days: u32,
}

/// What came up, so that nobody believes that all was tried which was not.
#[derive(Debug, Default)]
struct Said {
    moved: u32,
    stayed: u32,
    refused: u32,
    left_at_any_price: u32,
    bundles: u32,
    set_aside: u32,
    with_parcels_gone: u32,
}

fn seen(shop: &Shop, order: u32) -> Option<Seen> {
    let state = shop.engine.state();
    let row = state.orders.row(state.order_slot(order_id(&order.to_string()))?);
    let mut rows: Vec<Row> = state
        .orders
        .allocations(row)
        .iter()
        .map(|row| (row.line, row.warehouse, row.allocated, row.shipped))
        .filter(|row| row.2 + row.3 > 0)
        .collect();
    rows.sort_unstable();
    let lines = state.orders.lines(row).iter();
    let lines = lines.map(|line| [line.ordered, line.waiting, line.shipped, line.cancelled]);
    Some(Seen { rows, lines: lines.collect() })
}

/// As the costs and the clock are now; none, if a warehouse does not serve the order's zone.
fn figures(shop: &Shop, order: u32, seen: &Seen) -> Option<Figures> {
    let state = shop.engine.state();
    let slot = state.order_slot(order_id(&order.to_string())).unwrap();
    let zone = state.orders.row(slot).zone;
    let (mut parcels, mut cost_minor, mut days) = (0, 0, 0);
    for index in 0..WAREHOUSES.len() {
        let warehouse = handle(index);
        let here = seen.rows.iter().filter(|row| row.1 == warehouse);
        let units: u32 = here.clone().map(|row| row.2).sum();
        if units == 0 {
            continue;
        }
        let served = state.network.candidates(zone).find(|it| it.warehouse == warehouse)?;
        if here.map(|row| row.3).sum::<u32>() == 0 {
            parcels += 1;
            cost_minor += i64::from(served.parcel_cost);
        }
        cost_minor += i64::from(served.unit_cost) * i64::from(units);
        let late =
            state.capacity.row(warehouse).days_late(shop.clock().max(shop.engine.last_time()));
        days = days.max(u32::from(served.days) + late);
    }
    Some(Figures { parcels, cost_minor, days })
}

fn handle(index: usize) -> Warehouse {
    Warehouse::new(u16::try_from(index).unwrap())
}

/// On hand less promised, held and reserved, of counted SKUs; what nobody's units are.
fn free(state: &State) -> Vec<i64> {
    let mut free = Vec::new();
    for sku in 0..4 {
        for warehouse in 0..WAREHOUSES.len() {
            let cell = state.stock.cell(Sku::new(sku), handle(warehouse));
            let taken = cell.allocated + cell.held + cell.unavailable + cell.safety;
            free.push(i64::from(cell.on_hand) - i64::from(taken));
        }
    }
    free
}

struct Life {
    shop: Shop,
    random: ChaCha8Rng,
    minutes: u32,
    said: Said,
}

impl Life {
    fn new(seed: u64) -> Self {
        let random = ChaCha8Rng::seed_from_u64(seed);
        let mut life = Self { shop: Shop::new(), random, minutes: 480, said: Said::default() };
        for (at, code) in WAREHOUSES.iter().enumerate() {
            life.shop.script(&format!("warehouse {code} {}", at + 1));
        }
        life.shop.script("zone 1\n zone 2\n channel X\n channel Y");
        for sku in SKUS {
            let is_bundle = ["KIT", "SET"].contains(&sku);
            life.shop.script(&format!("sku {sku}{}", if is_bundle { " unlimited" } else { "" }));
        }
        life.shop.script("bundle KIT A:2,B:1\n bundle SET B:1,C:1");
        for _ in 0..20 {
            let line = life.cost();
            life.shop.run(&line);
        }
        life
    }

    fn below(&mut self, end: u32) -> u32 {
        self.random.random_range(0..end)
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from.choose(&mut self.random).unwrap()
    }

    fn cost(&mut self) -> String {
        let (warehouse, zone) = (self.pick(&WAREHOUSES), self.below(2) + 1);
        if self.below(12) == 0 {
            return format!("cost {warehouse} {zone} none");
        }
        let (parcel, unit, days) = (self.below(30), self.below(4), self.below(5) + 1);
        format!("cost {warehouse} {zone} {parcel}+{unit}/{days}")
    }

    fn line(&mut self) -> String {
        let (sku, warehouse) = (self.pick(&SKUS[..4]), self.pick(&WAREHOUSES));
        let (order, units) = (self.below(ORDERS) + 1, self.below(6));
        match self.below(40) {
            0..11 => self.order(order),
            11..19 => format!("receive {sku} {warehouse} {}", units + 3),
            19 => format!("cancel {order}"),
            20 => format!("cancel {order} {}:{units}", self.below(3)),
            21..25 => self.ship(order),
            25 => format!("adjust {sku} {warehouse} {} lost", i64::from(units) - 4),
            26..29 => self.policy(),
            29 => format!("assign {} {}", self.pick(&["all", "X"]), self.pick(&["P", "Q", "none"])),
            30 | 31 => {
                let (orders, units) = (self.below(6), self.below(20));
                let hour = self.pick(&["10:00", "18:00"]);
                match self.below(3) {
                    0 => format!("capacity {warehouse}"),
                    1 => format!("capacity {warehouse} orders={orders} cut_off={hour}"),
                    _ => format!("capacity {warehouse} units={units}"),
                }
            }
            32 => format!(
                "reserve {sku}@{warehouse}{}:{}",
                self.pick(&["", "/X", "/Y"]),
                self.below(5)
            ),
            33 | 34 => {
                self.minutes += self.random.random_range(1..300);
                let (day, minute) = (self.minutes / 1_440, self.minutes % 1_440);
                format!("time {day} {:02}:{:02}", minute / 60, minute % 60)
            }
            35 => format!("warehouse {warehouse} 1{}", self.pick(&["", "", " inactive"])),
            36 => format!("price {sku}@{warehouse}:{units}"),
            37 => "match".to_owned(),
            _ => self.cost(),
        }
    }

    fn order(&mut self, order: u32) -> String {
        let modes = ["ship_complete", "take_available", "backorder", "backorder", "wait_complete"];
        let mode = self.pick(&modes);
        let lines: Vec<String> = (0..self.below(4) + 1)
            .map(|_| format!("{}:{}", self.pick(&SKUS), self.below(4) + 1))
            .collect();
        let zone = self.below(2) + 1;
        let channel = self.pick(&["", " channel=X", " channel=Y"]);
        format!("place {order} {zone} {mode} {}{channel} value={}", lines.join(","), self.below(99))
    }

    /// Some of what the order has somewhere, if it has any.
    fn ship(&mut self, order: u32) -> String {
        let seen = seen(&self.shop, order);
        let rows = seen.iter().flat_map(|seen| &seen.rows).filter(|row| row.2 > 0);
        let Some((line, warehouse, units, _)) = rows.copied().last() else {
            return format!("ship {order} 0@N:1");
        };
        let place = WAREHOUSES[usize::from(warehouse.get())];
        let units = self.random.random_range(1..=units);
        format!("ship {order} {line}@{place}:{units}")
    }

    fn policy(&mut self) -> String {
        let mut line = format!("policy {} {}", self.pick(&["P", "Q"]), self.pick(&OBJECTIVES));
        if self.below(3) == 0 {
            line += &format!(" days_max={}", self.below(5) + 1);
        }
        if self.below(4) == 0 && !line.contains("greedy") {
            line += &format!(" parcels_max={}", self.below(3) + 2);
        }
        if self.below(4) == 0 {
            line += " warehouses=N,P,Q";
        }
        if self.below(2) == 0 {
            line += " soft=ring_fences,units_per_day";
            for rule in ["days_max", "warehouses"] {
                let is_there = line.contains(&format!(" {rule}="));
                line += &if is_there { format!(",{rule}") } else { String::new() };
            }
        }
        line
    }

    fn resource(&mut self) {
        let order = self.below(ORDERS) + 1;
        let before = seen(&self.shop, order);
        let old = before.as_ref().map(|seen| figures(&self.shop, order, seen));
        let free_before = free(self.shop.engine.state());
        let others: Vec<_> = self.others(order);
        let payload = self.shop.records.payload().len();
        let reply = self.shop.run(&format!("resource {order}"));
        let verdict = self.shop.verdict(&reply);
        let (Some(before), true) = (before, verdict.starts_with("accepted")) else {
            assert!(["unknown_order", "order_closed"].contains(&verdict.as_str()), "{verdict}");
            self.said.refused += 1;
            return;
        };
        let after = seen(&self.shop, order).unwrap();
        assert_eq!(self.others(order), others, "nobody else's units move");
        let payload = self.shop.records.payload()[payload..].to_vec();
        let record = Records::new(&payload).next().unwrap().unwrap();
        if record.movements.is_empty() {
            assert_eq!(after, before);
            let head = record.outcome.head;
            assert_eq!((head.parcels(), head.cost_minor(), head.proof()), (0, 0, None));
            self.said.stayed += 1;
            return;
        }
        let new = figures(&self.shop, order, &after).expect("a plan is of candidates");
        let head = record.outcome.head;
        let said = (usize::from(head.parcels()), head.cost_minor());
        assert_eq!(said, (new.parcels, new.cost_minor));
        match old.unwrap() {
            None => self.said.left_at_any_price += 1,
            Some(old) => {
                assert!(new.parcels <= old.parcels && new.cost_minor <= old.cost_minor, "{old:?}");
                assert!(new.days <= old.days, "{old:?} {new:?}");
                assert!((new.parcels, new.cost_minor) != (old.parcels, old.cost_minor));
            }
        }
        self.judge(&before, &after, record.movements, &free_before);
    }

    /// The same units of the same lines, moved no further than they must, and from what was free.
    fn judge(&mut self, before: &Seen, after: &Seen, movements: &[Movement], free_before: &[i64]) {
        assert_eq!(after.lines, before.lines);
        for line in 0..u16::try_from(before.lines.len()).unwrap() {
            let units = |seen: &Seen, at: fn(&Row) -> u32| -> u32 {
                seen.rows.iter().filter(|row| row.0 == line).map(at).sum()
            };
            assert_eq!(units(after, |row| row.2), units(before, |row| row.2));
            assert_eq!(units(after, |row| row.3), units(before, |row| row.3));
        }
        let places = |kind: MovementKind| -> Vec<_> {
            let of_kind = movements.iter().filter(|it| it.kind() == kind);
            of_kind.map(|it| (it.sku(), it.warehouse())).collect()
        };
        let came = places(MovementKind::Allocated);
        let left = places(MovementKind::Released);
        assert!(left.iter().all(|place| !came.contains(place)), "only what differs moves");
        let free_after = free(self.shop.engine.state());
        let cells = free_after.iter().zip(free_before);
        let is_fair = cells.into_iter().all(|(after, before)| *after >= 0.min(*before));
        assert!(is_fair, "nothing is promised that is not there");
        self.said.moved += 1;
        self.said.bundles += u32::from(!places(MovementKind::ComponentAllocated).is_empty());
        self.said.set_aside += u32::from(!places(MovementKind::SetAside).is_empty());
        self.said.with_parcels_gone += u32::from(before.rows.iter().any(|row| row.3 > 0));
    }

    fn others(&self, order: u32) -> Vec<Option<Seen>> {
        let others = (1..=ORDERS).filter(|other| *other != order);
        others.map(|other| seen(&self.shop, other)).collect()
    }

    fn check(&self) {
        self.shop.check();
        let engine = &self.shop.engine;
        assert_eq!(out_and_in(engine).state_hash(), engine.state_hash());
    }
}

#[test]
fn nobody_is_ever_worse_off() {
    let mut all = Said::default();
    for seed in 0..60 {
        let mut life = Life::new(seed);
        for _ in 0..450 {
            if life.below(4) == 0 {
                life.resource();
            } else {
                let line = life.line();
                life.shop.run(&line);
            }
        }
        life.check();
        let said = life.said;
        all.moved += said.moved;
        all.stayed += said.stayed;
        all.refused += said.refused;
        all.left_at_any_price += said.left_at_any_price;
        all.bundles += said.bundles;
        all.set_aside += said.set_aside;
        all.with_parcels_gone += said.with_parcels_gone;
    }
    assert!(all.moved > 200 && all.stayed > 200 && all.refused > 200, "{all:?}");
    assert!(all.left_at_any_price > 10 && all.bundles > 20 && all.set_aside > 20, "{all:?}");
    assert!(all.with_parcels_gone > 10, "{all:?}");
}
