//! Random shops in which units are rejected and orders are given up all the time. Whom a warehouse is
//! spared for, and who is given up, is kept in a list beside the engine and compared.

use std::collections::BTreeMap;

use gantry_engine::OrderRow;
use gantry_model::{Command, Movement, MovementKind, Record, Records, Warehouse};
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::give_up;
use crate::properties::{Ledger, random_line};
use crate::shop::{Shop, order_id};
use crate::snapshots::out_and_in;

const SECOND: u64 = 1_000_000_000;
const REJECTIONS_MAX: u32 = 5;

/// What is known of an open order by its records.
#[derive(Clone, Debug, Default, PartialEq)]
struct Known {
    rejections: u32,
    /// Until when it has nothing from a warehouse.
    bars: BTreeMap<u16, u64>,
    cancel_at: Option<u32>,
}

/// What came up, so that nobody believes that all was tried which was not.
#[derive(Debug, Default)]
struct Said {
    rejected: u32,
    sourced: u32,
    waited: u32,
    stuck: u32,
    given_up: u32,
    nothing_waited: u32,
    served_beside_bars: u32,
    moved_beside_bars: u32,
}

struct Life {
    shop: Shop,
    random: ChaCha8Rng,
    /// By the record that placed the order.
    known: BTreeMap<u64, Known>,
    read: usize,
    ledger: Ledger,
    said: Said,
}

impl Life {
    fn new(seed: u64) -> Self {
        let (shop, random) = (Shop::new(), ChaCha8Rng::seed_from_u64(seed));
        let (known, ledger, said) = (BTreeMap::new(), Ledger::default(), Said::default());
        let mut life = Self { shop, random, known, read: 0, ledger, said };
        let lines = "zone 1,zone 2,warehouse N 1,warehouse O 2,warehouse P 3,warehouse Q 4,sku A,\
            sku B,sku C,sku D,sku E,sku KIT unlimited,bundle KIT A:2;B:1,cost N 1 5+1,cost O 1 7+1,\
            cost P 1 7+2,cost Q 1 9+1,cost N 2 9+1,cost O 2 7+1,cost P 2 3+2,policy S least_cost \
            warehouses=N;O soft=warehouses,assign all S";
        for line in lines.split(',') {
            life.shop.run(&line.replace(';', ","));
        }
        life
    }

    fn below(&mut self, end: u32) -> u32 {
        self.random.random_range(0..end)
    }

    fn open_order(&mut self) -> Option<OrderRow> {
        let state = self.shop.engine.state();
        let open: Vec<u32> = (1..60)
            .filter_map(|order: u32| state.order_slot(order_id(&order.to_string())))
            .filter(|slot| !state.orders.lines(state.orders.row(*slot)).is_empty())
            .filter(|slot| state.orders.lines(state.orders.row(*slot)).iter().any(has_open))
            .collect();
        open.choose(&mut self.random).map(|slot| *state.orders.row(*slot))
    }

    fn line(&mut self) -> String {
        let Some(row) = self.open_order() else { return random_line(&mut self.random) };
        let order = row.id.get() % 1_000_000;
        match self.below(10) {
            0..4 => self.reject(&row).unwrap_or_else(|| random_line(&mut self.random)),
            4 => {
                let second = self.shop.clock().get() / SECOND + u64::from(self.below(40));
                format!("cancel_at {order} {second}")
            }
            5 if self.below(4) == 0 => format!("cancel_at {order} never"),
            6 if self.below(3) == 0 => format!("priority {order} {}", self.below(3)),
            7 => format!("resource {order}"),
            8 => format!("wait {}", self.below(9)),
            9 => format!("place {} 1 wait_complete KIT:2,A:1", self.below(59) + 1),
            _ => random_line(&mut self.random),
        }
    }

    /// Some units that the order has somewhere.
    fn reject(&mut self, row: &OrderRow) -> Option<String> {
        let orders = &self.shop.engine.state().orders;
        let mut rows = orders.allocations(row).to_vec();
        rows.retain(|row| row.allocated > 0);
        rows.sort_unstable_by_key(|row| (row.line, row.warehouse));
        let kept = self.below(3) > 0;
        rows.retain(|_| kept || self.random.random_range(0..2) == 0);
        let units = rows.iter().map(|row| {
            let units = self.random.random_range(1..=row.allocated);
            let place = ["N", "O", "P", "Q"][usize::from(row.warehouse.get())];
            format!(" {}@{place}:{units}", row.line)
        });
        let units: String = units.collect();
        let cause = if self.below(4) == 0 { "not_found" } else { "refused" };
        let (order, seconds) = (row.id.get() % 1_000_000, [0, 5, 30][self.below(3) as usize]);
        (!units.is_empty()).then(|| format!("reject {order} {cause} {seconds}{units}"))
    }

    fn step(&mut self) {
        while self.below(8) > 0 && give_up(&mut self.shop) {}
        let line = self.line();
        self.shop.run(&line);
        if self.below(3) == 0 {
            self.shop.match_waiting(2);
        }
        self.follow();
    }

    /// Reads the records since the last time.
    fn follow(&mut self) {
        let payload = self.shop.records.payload()[self.read..].to_vec();
        self.read += payload.len();
        for record in Records::new(&payload) {
            self.take(&record.unwrap());
        }
        let state = self.shop.engine.state();
        let is_open = |placed: &u64| {
            let mut orders = state.orders.iter();
            let (row, _) = orders.find(|(row, _)| row.placed.get() == *placed).unwrap();
            state.orders.lines(row).iter().any(has_open)
        };
        self.known.retain(|placed, known| *known != Known::default() && is_open(placed));
        for (placed, known) in &self.known {
            let placed = gantry_model::Sequence::new(*placed);
            let row = state.rejected.row(placed).cloned().unwrap_or_default();
            let bars = row.bars.iter().map(|(at, until)| (at.get(), until.get())).collect();
            let cancel_at = Some(state.deadlines.of(placed).get()).filter(|at| *at != u32::MAX);
            assert_eq!(Known { rejections: row.rejections, bars, cancel_at }, *known);
        }
    }

    fn take(&mut self, record: &Record<'_>) {
        self.ledger.read(record);
        if !record.outcome.head.is_accepted() {
            return;
        }
        match &record.command {
            Command::RejectUnits(command) => {
                let placed = record.movements[0].order().get();
                self.judge_reject(record, placed);
                let known = self.known.entry(placed).or_default();
                known.rejections += 1;
                let until = record.time.get() + u64::from(command.cool_down_seconds) * SECOND;
                for units in command.units {
                    let bar = known.bars.entry(units.warehouse().get()).or_default();
                    *bar = until.max(*bar);
                }
            }
            Command::SetPriority(command) => {
                let placed = self.placed(command.order);
                self.known.entry(placed).or_default().rejections = 0;
            }
            Command::SetCancelAt(command) => {
                let at = Some(command.cancel_at.get()).filter(|at| *at != u32::MAX);
                let placed = self.placed(command.order);
                self.known.entry(placed).or_default().cancel_at = at;
            }
            Command::GiveUp(command) => {
                let placed = self.placed(command.order);
                let due =
                    self.known.iter().filter_map(|(placed, it)| Some((it.cancel_at?, *placed)));
                assert_eq!(due.min(), Some((command.cancel_at.get(), placed)), "the first of all");
                assert!(u64::from(command.cancel_at.get()) * SECOND <= record.time.get());
                let is_own = |it: &Movement| it.order().get() == placed || it.order().get() == 0;
                assert!(record.movements.iter().all(is_own));
                assert!(!record.movements.iter().any(|it| it.kind() == MovementKind::Released));
                self.known.get_mut(&placed).unwrap().cancel_at = None;
                let moves = !record.movements.is_empty();
                self.said.given_up += u32::from(moves);
                self.said.nothing_waited += u32::from(!moves);
            }
            Command::Match(_) => {
                let served = record.movements.iter();
                let served = served.filter(|it| it.kind() == MovementKind::Dequeued);
                for placed in served.map(|it| it.order().get()) {
                    let known = self.known.get(&placed).cloned().unwrap_or_default();
                    assert!(known.rejections <= REJECTIONS_MAX, "nobody looks at it");
                    let beside = self.spares(record, placed);
                    self.said.served_beside_bars += u32::from(beside);
                }
            }
            Command::ResourceOrder(command) => {
                let placed = self.placed(command.order);
                let beside = self.spares(record, placed);
                self.said.moved_beside_bars += u32::from(beside && !record.movements.is_empty());
            }
            _ => {}
        }
    }

    fn placed(&self, order: gantry_model::OrderId) -> u64 {
        let state = self.shop.engine.state();
        state.orders.row(state.order_slot(order).unwrap()).placed.get()
    }

    /// Nothing is allocated where it is barred; returns whether it is barred anywhere.
    fn spares(&self, record: &Record<'_>, placed: u64) -> bool {
        let known = self.known.get(&placed).cloned().unwrap_or_default();
        let is_barred = |at: Warehouse| {
            known.bars.get(&at.get()).is_some_and(|until| record.time.get() < *until)
        };
        let allocated = record.movements.iter();
        let mut allocated = allocated
            .filter(|it| it.kind() == MovementKind::Allocated && it.order().get() == placed);
        assert!(allocated.all(|it| !is_barred(it.warehouse())), "{}", record.sequence);
        known.bars.values().any(|until| record.time.get() < *until)
    }

    /// Each unit that a warehouse rejects leaves it, and is elsewhere or waits.
    fn judge_reject(&mut self, record: &Record<'_>, placed: u64) {
        let Command::RejectUnits(command) = record.command else { panic!() };
        let mut left: BTreeMap<u16, i32> = BTreeMap::new();
        let of_order = record.movements.iter().filter(|it| it.order().get() == placed);
        let (mut is_sourced, mut waits) = (false, false);
        for movement in of_order {
            let sign = match movement.kind() {
                MovementKind::Released => 1,
                MovementKind::Allocated => {
                    let named = command.units.iter().map(|units| units.warehouse());
                    assert!(named.into_iter().all(|at| at != movement.warehouse()));
                    is_sourced = true;
                    -1
                }
                MovementKind::Backordered => {
                    waits = true;
                    -1
                }
                kind => {
                    assert!(kind.is_of_component(), "{kind:?}");
                    0
                }
            };
            *left.entry(movement.line()).or_default() += sign * movement.quantity();
        }
        assert!(left.values().all(|units| *units == 0), "{left:?}");
        self.spares(record, placed);
        let rejections = self.known.get(&placed).map_or(0, |known| known.rejections);
        assert!(rejections < REJECTIONS_MAX || !is_sourced, "it was tried often enough");
        self.said.rejected += 1;
        self.said.sourced += u32::from(is_sourced);
        self.said.waited += u32::from(waits);
        self.said.stuck += u32::from(rejections == REJECTIONS_MAX);
    }
}

fn has_open(line: &gantry_engine::LineRow) -> bool {
    line.allocated + line.waiting > 0
}

#[test]
fn whatever_is_rejected_and_given_up_the_books_add_up() {
    let mut all = Said::default();
    for seed in 0..40 {
        let mut life = Life::new(seed);
        for _ in 0..500 {
            life.step();
        }
        life.shop.check();
        let engine = &life.shop.engine;
        let restored = out_and_in(engine);
        assert_eq!(restored.state_hash(), engine.state_hash());
        assert_eq!(restored.state().recompute_hash(), engine.state_hash());
        restored.state().audit();
        let said = life.said;
        all.rejected += said.rejected;
        all.sourced += said.sourced;
        all.waited += said.waited;
        all.stuck += said.stuck;
        all.given_up += said.given_up;
        all.nothing_waited += said.nothing_waited;
        all.served_beside_bars += said.served_beside_bars;
        all.moved_beside_bars += said.moved_beside_bars;
    }
    println!("{all:?}");
    assert!(all.rejected > 1_000 && all.sourced > 300 && all.waited > 300, "{all:?}");
    assert!(all.stuck > 20 && all.given_up > 100 && all.nothing_waited > 20, "{all:?}");
    assert!(all.served_beside_bars > 50 && all.moved_beside_bars > 5, "{all:?}");
}
