//! Random shops in which rules, bars and days change while lines wait. When a step is to be taken, and
//! which SKUs it makes due, is worked out naively beside the engine: from the orders, the cells and
//! the records before, without an index and without the books.

use std::collections::BTreeMap;

use gantry_engine::State;
use gantry_model::{
    Command, CommandId, EngineTime, MatchAgain, MatchEnd, Movement, MovementKind, Record, Records,
    Sku,
};
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{DAY_NS, due};
use crate::properties::{Ledger, random_line};
use crate::shop::Shop;
use crate::snapshots::out_and_in;

/// SKUs that only wait, and keep a sweep from being done with one step.
const MORE_SKUS: u32 = 100;
const SKUS_DUE_MAX: usize = 64;

/// How far sweeps have come, by the records.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Known {
    is_asked: bool,
    begun: u64,
    next: Option<u32>,
}

/// A step of a sweep: from, last, end, and what it makes due.
type Step = (u32, u32, MatchEnd, Vec<u32>);

/// What came up, so that nobody believes that all was tried which was not.
#[derive(Debug, Default)]
struct Said {
    asked: u32,
    bar_ended: u32,
    day_began: u32,
    went_on: u32,
    asked_meanwhile: u32,
    found_nothing: u32,
    served: u32,
}

struct Life {
    shop: Shop,
    random: ChaCha8Rng,
    /// Rules rarely change.
    is_calm: bool,
    known: Known,
    /// Units that wait for each SKU.
    waiting: BTreeMap<u32, i64>,
    read: usize,
    ledger: Ledger,
    said: Said,
}

impl Life {
    fn new(seed: u64) -> Self {
        let (shop, random) = (Shop::new(), ChaCha8Rng::seed_from_u64(seed));
        let (known, waiting, said) = (Known::default(), BTreeMap::new(), Said::default());
        let ledger = Ledger::default();
        let is_calm = seed % 2 == 1;
        let mut life = Self { shop, random, is_calm, known, waiting, read: 0, ledger, said };
        let lines = "zone 1,zone 2,warehouse N 1,warehouse O 2,warehouse P 3,warehouse Q 4,sku A,\
            sku B,sku C,sku D,sku E,sku KIT unlimited,bundle KIT A:2;B:1,cost N 1 5+1,cost O 1 7+1,\
            cost P 1 7+2,cost Q 1 9+1,cost N 2 9+1,cost O 2 7+1,cost P 2 3+2,policy S least_cost \
            warehouses=N;O,policy T least_cost,capacity N units=3,capacity O orders=2";
        for line in lines.split(',') {
            life.shop.run(&line.replace(';', ","));
        }
        if seed.is_multiple_of(4) {
            life.add_skus();
        }
        life
    }

    /// Something of each is at a warehouse from which nobody can have it.
    fn add_skus(&mut self) {
        for line in ["warehouse R 9", "zone 3", "channel WEB"] {
            self.shop.run(line);
        }
        for sku in 0..MORE_SKUS {
            self.shop.run(&format!("sku M{sku}"));
            self.shop.run(&format!("receive M{sku} R 1"));
        }
        let lines: Vec<String> = (0..MORE_SKUS).map(|sku| format!("M{sku}:1")).collect();
        self.shop.run(&format!("place 99 1 backorder {}", lines.join(",")));
        self.shop.match_waiting(usize::MAX);
    }

    fn below(&mut self, end: u32) -> u32 {
        self.random.random_range(0..end)
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        from.choose(&mut self.random).unwrap()
    }

    fn line(&mut self) -> String {
        let warehouse = self.pick(&["N", "O", "P", "Q"]);
        match self.below(16) {
            0 => {
                let bound = self.pick(&["units=3", "orders=1", "cut_off=12:00", "", ""]);
                format!("capacity {warehouse} {bound}")
            }
            1 => format!("assign all {}", self.pick(&["S", "T", "none"])),
            2 => format!("policy S least_cost warehouses={warehouse}"),
            3 => format!("reserve {}@{warehouse}:{}", self.pick(&["A", "B"]), self.below(3)),
            4 => format!("bundle KIT A:{},B:1", self.below(3) + 1),
            5 | 6 => self.reject().unwrap_or_else(|| random_line(&mut self.random)),
            7 => format!("wait {}", self.below(40)),
            8 if self.below(3) == 0 => format!("wait {}", self.below(90_000)),
            9 => format!("place {} 1 wait_complete KIT:2,A:1", self.below(59) + 1),
            10 if self.below(9) == 0 => format!("sku NEW{}", self.below(20)),
            11 => format!("again {}", self.pick(&["A", "B", "C"])),
            _ => random_line(&mut self.random),
        }
    }

    /// Units of an order at a warehouse, which is then barred.
    fn reject(&mut self) -> Option<String> {
        let orders = &self.shop.engine.state().orders;
        let open: Vec<_> = orders.iter().map(|(row, _)| (row.id.get(), row)).collect();
        let (id, row) = open.choose(&mut self.random)?;
        let rows = orders.allocations(row).iter().find(|row| row.allocated > 0)?;
        let (line, place) = (rows.line, ["N", "O", "P", "Q"][usize::from(rows.warehouse.get())]);
        let seconds = [0, 5, 30][self.random.random_range(0..3)];
        Some(format!("reject {} refused {seconds} {line}@{place}:1", id % 1_000_000))
    }

    fn step(&mut self) {
        let mut line = self.line();
        while self.is_calm && changes_rules(&line) && self.below(40) > 0 {
            line = self.line();
        }
        self.shop.run(&line);
        self.follow();
        if self.below(3) == 0 {
            let steps = 1 + self.random.random_range(0..4);
            self.shop.match_waiting(steps);
            self.follow();
        }
        for _ in 0..self.below(3) {
            self.sweep();
        }
        if self.below(40) == 0 {
            while self.settle_once() {}
        }
    }

    fn settle_once(&mut self) -> bool {
        let before = self.shop.engine.last_sequence();
        self.shop.match_waiting(usize::MAX);
        self.follow();
        self.sweep();
        self.shop.engine.last_sequence() > before
    }

    /// Lets the engine sweep, and holds what it does against what it should.
    fn sweep(&mut self) {
        let now = self.shop.clock().get().max(self.shop.engine.last_time().get() + 1_000);
        let expected = self.expected(now);
        self.note_cause(now, expected.is_some());
        let at = self.shop.records.payload().len();
        assert_eq!(self.shop.sweep(), expected.is_some());
        let payload = self.shop.records.payload()[at..].to_vec();
        let found = Records::new(&payload).next().map(|record| {
            let record = record.unwrap();
            let Command::Sweep(step) = record.command else { panic!() };
            (step.from.get(), step.last.get(), step.end, due(&record))
        });
        assert_eq!(found, expected);
        self.follow();
        let row = self.shop.engine.state().sweeping;
        let Known { is_asked, begun, next } = self.known;
        assert_eq!((row.is_asked, row.begun.get()), (is_asked, begun));
        assert_eq!(row.next.map(Sku::get), next);
        let next = self.shop.engine.state().next_sweep();
        let is_due = next.is_some_and(|at| at <= EngineTime::new(now));
        let nothing_due = self.shop.engine.state().matching.next().is_none();
        assert_eq!(is_due && nothing_due, self.expected(now).is_some(), "whoever sleeps till then");
    }

    fn note_cause(&mut self, now: u64, is_taken: bool) {
        let (state, Known { is_asked, begun, next }) = (self.shop.engine.state(), self.known);
        let said = &mut self.said;
        if is_taken && next.is_none() {
            let bar_ended = bars(state).any(|until| begun < until && until <= now);
            said.asked += u32::from(is_asked);
            said.bar_ended += u32::from(!is_asked && bar_ended);
            said.day_began += u32::from(!is_asked && !bar_ended);
        }
    }

    /// The step that is to be taken now, if there is any.
    fn expected(&self, now: u64) -> Option<Step> {
        let state = self.shop.engine.state();
        let skus = u32::try_from(state.catalogue.skus.len()).unwrap();
        let is_any_due = (0..skus).any(|sku| state.matching.is_due(Sku::new(sku)));
        if is_any_due || self.waiting.is_empty() {
            return None;
        }
        let Known { is_asked, begun, next } = self.known;
        if next.is_none() {
            let bar_ended = bars(state).any(|until| begun < until && until <= now);
            let day_began = is_bounded(state) && now / DAY_NS > begun / DAY_NS;
            if !is_asked && !bar_ended && !day_began {
                return None;
            }
        }
        let from = next.unwrap_or(0);
        let mut made_due = Vec::new();
        let mut last = from;
        for sku in from..skus.min(from + 4_096) {
            last = sku;
            if self.waiting.contains_key(&sku) && is_anything_there(state, sku) {
                made_due.push(sku);
            }
            if made_due.len() == SKUS_DUE_MAX {
                break;
            }
        }
        let end = if last + 1 == skus { MatchEnd::Over } else { MatchEnd::GoesOn };
        Some((from, last, end, made_due))
    }

    /// Reads the records since the last time.
    fn follow(&mut self) {
        let payload = self.shop.records.payload()[self.read..].to_vec();
        self.read += payload.len();
        for record in Records::new(&payload) {
            self.take(&record.unwrap());
        }
    }

    fn take(&mut self, record: &Record<'_>) {
        self.ledger.read(record);
        for movement in record.movements {
            let units = match movement.kind() {
                MovementKind::Backordered => i64::from(movement.quantity()),
                MovementKind::Dequeued => -i64::from(movement.quantity()),
                _ => continue,
            };
            *self.waiting.entry(movement.sku().get()).or_default() += units;
        }
        self.waiting.retain(|_, units| *units != 0);
        match &record.command {
            Command::Sweep(step) => {
                let is_new = self.known.next.is_none();
                self.said.went_on += u32::from(!is_new);
                self.said.found_nothing += u32::from(record.movements.is_empty());
                self.known.next =
                    Some(step.last.get() + 1).filter(|_| step.end == MatchEnd::GoesOn);
                if is_new {
                    self.known.is_asked = false;
                    self.known.begun = record.time.get();
                }
            }
            Command::Match(_) => {
                let is_served = |it: &Movement| it.kind() == MovementKind::Dequeued;
                self.said.served += u32::from(record.movements.iter().any(is_served));
            }
            Command::UpsertWarehouse(_)
            | Command::UpsertSku(_)
            | Command::SetCosts(_)
            | Command::SetPolicy(_)
            | Command::AssignPolicy(_)
            | Command::SetCapacity(_)
            | Command::SetBundle(_)
                if record.outcome.head.is_accepted() && !self.waiting.is_empty() =>
            {
                self.said.asked_meanwhile += u32::from(self.known.next.is_some());
                self.known.is_asked = true;
            }
            _ => {}
        }
    }
}

/// Whether a line asks for a sweep.
fn changes_rules(line: &str) -> bool {
    let asking = ["capacity", "assign", "policy", "bundle", "sku", "cost", "warehouse"];
    asking.iter().any(|word| line.starts_with(word))
}

/// When the bars of open orders end.
fn bars(state: &State) -> impl Iterator<Item = u64> {
    let open = state.orders.iter().map(|(row, _)| row);
    let bars = open.flat_map(|row| state.rejected.bars(row.placed));
    bars.map(|(_, until)| until.get())
}

/// Whether anything was said of a warehouse's day.
fn is_bounded(state: &State) -> bool {
    state.catalogue.warehouses.handles().any(|warehouse| {
        let row = state.capacity.row(warehouse);
        row.cut_off_minute < 1_440
            || row.orders_per_day_max < u32::MAX
            || row.units_per_day_max < u32::MAX
    })
}

fn is_anything_there(state: &State, sku: u32) -> bool {
    let sku = Sku::new(sku);
    let is_tracked = state.catalogue.sku(sku).unwrap().tracked;
    let mut warehouses = state.catalogue.warehouses.handles();
    !is_tracked
        || warehouses.any(|warehouse| {
            let cell = state.stock.cell(sku, warehouse);
            let taken = [cell.allocated, cell.held, cell.unavailable, cell.safety];
            let taken: i64 = taken.into_iter().map(i64::from).sum();
            let available = (i64::from(cell.on_hand) - taken).max(0);
            available + i64::from(state.matching.set_aside_at(sku, warehouse)) > 0
        })
}

/// Lines that a look at every SKU serves that nobody asked for.
fn served_by_looking_again(life: &Life) -> u32 {
    let mut shop = life.shop.gone_on(out_and_in(&life.shop.engine));
    for sku in 0..u32::try_from(shop.engine.state().catalogue.skus.len()).unwrap() {
        let id = CommandId::new(9_000_000 + u128::from(sku));
        shop.must(&Command::MatchAgain(MatchAgain { id, sku: Sku::new(sku) }));
        shop.match_waiting(usize::MAX);
    }
    let records = Records::new(shop.records.payload()).map(Result::unwrap);
    let movements = records.flat_map(|record| record.movements.to_vec());
    let served = movements.filter(|it| it.kind() == MovementKind::Dequeued);
    u32::try_from(served.count()).unwrap()
}

#[test]
fn every_step_is_taken_when_it_is_to_be_and_makes_due_what_waits_and_is_there() {
    let (mut all, mut left) = (Said::default(), 0);
    for seed in 0..40 {
        let mut life = Life::new(seed);
        for _ in 0..400 {
            life.step();
        }
        life.shop.run("warehouse N 1");
        life.follow();
        while life.settle_once() {}
        left += served_by_looking_again(&life);
        life.shop.check();
        let engine = &life.shop.engine;
        let restored = out_and_in(engine);
        assert_eq!(restored.state_hash(), engine.state_hash());
        assert_eq!(restored.state().recompute_hash(), engine.state_hash());
        restored.state().audit();
        let said = life.said;
        all.asked += said.asked;
        all.bar_ended += said.bar_ended;
        all.day_began += said.day_began;
        all.went_on += said.went_on;
        all.asked_meanwhile += said.asked_meanwhile;
        all.found_nothing += said.found_nothing;
        all.served += said.served;
    }
    println!("{all:?}, {left} lines left");
    assert_eq!(left, 0, "who is served by looking again was to be found by a sweep");
    assert!(all.asked > 500 && all.bar_ended > 100 && all.day_began > 20, "{all:?}");
    assert!(all.went_on > 100 && all.asked_meanwhile > 100 && all.found_nothing > 5, "{all:?}");
    assert!(all.served > 500, "{all:?}");
}
