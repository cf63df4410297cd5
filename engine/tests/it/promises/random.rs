//! A long random life of supplies and waiting lines, step by step beside the naive model, with
//! restarts.
//!
//! Nothing lies on a shelf but what comes in, and matching ends before anything else happens; which
//! lines it serves is the engine's affair: the model takes that from the records. What is promised to
//! whom, and by when, is the model's own.

use gantry_engine::Engine;
use gantry_model::{
    BOOK_ROWS_PER_REPLY_MAX, Command, EngineSecond, Item, MatchEnd, MovementKind, Records, Reply,
    ReplyBody, Sequence, Sku, WaitKey,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::naive::{Line, NEVER, Naive, Review, Supply};
use crate::shop::Shop;
use crate::snapshots::out_and_in;

const SKUS: u32 = 4;
const PLACES: u16 = 3;

struct Life {
    shop: Shop,
    naive: Naive,
    random: ChaCha8Rng,
    /// Records that the model knows of, in bytes.
    read: usize,
    orders: Vec<u64>,
    last_id: u64,
    said: Said,
}

/// What came up, so that nobody believes that all was tried which was not.
#[derive(Debug, Default)]
struct Said {
    promised: u32,
    not_promised: u32,
    broken: u32,
    again: u32,
    later: u32,
    goes_on: u32,
    served: u32,
    arrived: u32,
    closed: u32,
}

impl Life {
    /// Place 0 serves every zone, the last one only its own.
    fn new(seed: u64) -> Self {
        let mut shop = Shop::new();
        (0..SKUS).for_each(|sku| drop(shop.run(&format!("sku S{sku}"))));
        (0..PLACES).for_each(|place| drop(shop.run(&format!("zone {place}"))));
        for place in 0..PLACES {
            shop.run(&format!("warehouse P{place} 1"));
            for zone in place..PLACES {
                shop.run(&format!("cost P{place} {zone} 5+0"));
            }
        }
        let read = shop.records.payload().len();
        let (naive, random) = (Naive::default(), ChaCha8Rng::seed_from_u64(seed));
        let (orders, said) = (Vec::new(), Said::default());
        Self { shop, naive, random, read, orders, last_id: 0, said }
    }

    fn next(&self) -> u64 {
        self.shop.engine.last_sequence().get() + 1
    }

    /// Seconds that are over when the next command comes.
    fn now(&self) -> u64 {
        let last = self.shop.engine.last_time().get() + 1_000;
        self.shop.clock().get().max(last) / 1_000_000_000
    }

    fn new_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    fn accepted(&mut self, line: &str) -> bool {
        let reply = self.shop.run(line);
        self.shop.verdict(&reply).starts_with("accepted")
    }

    fn step(&mut self) {
        match self.random.random_range(0..30) {
            0..10 => self.place(),
            10..14 => self.expect(),
            14..17 => self.change(),
            17..20 => self.arrive(),
            20..24 => self.cancel(),
            24..26 => {
                let seconds = self.random.random_range(0..4);
                self.shop.run(&format!("wait {seconds}"));
            }
            26..28 => drop(self.review()),
            _ => while self.review() {},
        }
        self.shop.match_waiting(usize::MAX);
        self.follow();
    }

    fn place(&mut self) {
        let (id, placed, now) = (self.new_id(), self.next(), self.now());
        let (zone, class) = (self.random.random_range(0..PLACES), self.random.random_range(0..2));
        let count = self.random.random_range(1..3);
        let lines: Vec<(u32, u32)> = (0..count)
            .map(|_| (self.random.random_range(0..SKUS), self.random.random_range(1..7)))
            .collect();
        let words: Vec<String> =
            lines.iter().map(|(sku, units)| format!("S{sku}:{units}")).collect();
        let words = words.join(",");
        let reply = self.shop.run(&format!("place {id} {zone} backorder {words} class={class}"));
        let (item, _) = Item::split(&reply, usize::MAX).unwrap();
        let ReplyBody::Order(order) = Reply::parse(&item).unwrap().body else { panic!() };
        let mut dates = Vec::new();
        for ((number, (sku, _)), figures) in (0..).zip(&lines).zip(order.lines) {
            let waiting = figures.waiting.get();
            let line = Line { sku: *sku, class, reach: zone, waiting, ..Line::default() };
            if waiting > 0 {
                let date = self.naive.wait((placed, number), line, now);
                dates.extend(date.map(|date| (number, date)));
                self.said.promised += u32::from(date.is_some());
                self.said.not_promised += u32::from(date.is_none());
            }
        }
        let told = order.promises.iter();
        let told: Vec<_> = told.map(|it| (it.line(), u64::from(it.promised().get()))).collect();
        assert_eq!(told, dates, "record {placed}");
        self.orders.push(id);
        self.read = self.shop.records.payload().len();
    }

    fn expect(&mut self) {
        let (id, placed) = (self.new_id(), self.next());
        let (sku, place) = (self.random.random_range(0..SKUS), self.random.random_range(0..PLACES));
        let expected = self.random.random_range(1..40);
        let eta = (self.now() + self.random.random_range(1..15)).max(1);
        if self.accepted(&format!("expect {id} S{sku} P{place} {expected} {eta}")) {
            let id = 1_000_000 + u128::from(id);
            let supply = Supply { id, placed, sku, place, eta, expected, received: 0 };
            self.naive.supplies.push(supply);
            self.naive.review(sku, placed);
        }
    }

    /// The place of a supply of which something is expected.
    fn some_supply(&mut self) -> Option<usize> {
        let open = self.naive.supplies.iter().enumerate();
        let open: Vec<_> = open.filter(|(_, it)| it.expected > it.received).collect();
        let count = open.len();
        (count > 0).then(|| open[self.random.random_range(0..count)].0)
    }

    fn change(&mut self) {
        let (Some(at), placed) = (self.some_supply(), self.next()) else { return };
        let Supply { id, received, sku, .. } = self.naive.supplies[at];
        let expected = received + self.random.random_range(0..15);
        let eta = self.now() + self.random.random_range(1..15);
        assert!(self.accepted(&format!("change {} {expected} {eta}", id % 1_000_000)));
        self.said.closed += u32::from(expected == received);
        (self.naive.supplies[at].expected, self.naive.supplies[at].eta) = (expected, eta);
        self.naive.review(sku, placed);
        self.naive.tidy();
    }

    fn arrive(&mut self) {
        let (Some(at), placed) = (self.some_supply(), self.next()) else { return };
        let Supply { id, received, expected, sku, .. } = self.naive.supplies[at];
        let units = self.random.random_range(1..=expected - received);
        assert!(self.accepted(&format!("arrive {} {units}", id % 1_000_000)));
        self.naive.supplies[at].received += units;
        self.naive.review(sku, placed);
        self.naive.tidy();
        self.said.arrived += 1;
    }

    fn cancel(&mut self) {
        if self.orders.is_empty() {
            return;
        }
        let order = self.orders[self.random.random_range(0..self.orders.len())];
        let units = match self.random.random_range(0..2) {
            0 => String::new(),
            _ => format!("0:{}", self.random.random_range(1..4)),
        };
        self.shop.run(&format!("cancel {order} {units}"));
    }

    fn review(&mut self) -> bool {
        self.follow();
        let expected = self.naive.step(self.now(), self.next());
        let did = self.shop.review();
        assert_eq!(did, expected.is_some());
        let Some(expected) = expected else { return false };
        let record = Records::new(&self.shop.records.payload()[self.read..]).next();
        let record = record.unwrap().unwrap();
        let Command::Promise(looked) = record.command else { panic!() };
        let movements = record.movements.iter().map(|it| {
            let (order, supply) = (it.order().get(), it.cause().get());
            (it.kind().name(), order, it.line(), it.quantity().unsigned_abs(), supply)
        });
        let WaitKey { priority_class, placed, line, .. } = looked.last;
        let found = Review {
            sku: looked.sku.get(),
            last: (priority_class, placed.get(), line),
            is_over: looked.end == MatchEnd::Over,
            movements: movements.collect(),
        };
        assert_eq!(found, expected, "record {}", record.sequence);
        let count = |kind| record.movements.iter().filter(|it| it.kind() == kind).count();
        let count = |kind| u32::try_from(count(kind)).unwrap();
        self.said.broken += count(MovementKind::PromiseBroken);
        let is_again = count(MovementKind::Unpromised) > 0;
        let promised = count(MovementKind::Promised);
        *(if is_again { &mut self.said.again } else { &mut self.said.later }) += promised;
        self.said.goes_on += u32::from(!found.is_over && !is_again);
        self.read = self.shop.records.payload().len();
        true
    }

    /// Takes from the records which lines wait no longer.
    fn follow(&mut self) {
        for record in Records::new(&self.shop.records.payload()[self.read..]) {
            let record = record.unwrap();
            for movement in record.movements.iter().filter(|it| it.kind() == MovementKind::Dequeued)
            {
                let at = (movement.order().get(), movement.line());
                let units = movement.quantity().unsigned_abs();
                self.naive.dequeue(at, units, record.sequence.get());
                self.said.served += 1;
            }
        }
        self.read = self.shop.records.payload().len();
    }

    /// Every supply, every promise and every book.
    fn compare(&mut self) {
        let state = self.shop.engine.state();
        state.audit();
        assert_eq!(state.hash(), state.recompute_hash());
        let found = state.supplies.iter().map(|row| {
            (row.placed.get(), row.sku.get(), u64::from(row.eta.get()), row.expected, row.received)
        });
        let supplies = self.naive.supplies.iter();
        let known = supplies.map(|it| (it.placed, it.sku, it.eta, it.expected, it.received));
        assert!(found.eq(known), "supplies");
        let lines = self.naive.lines.iter().filter(|(_, line)| line.date.is_some());
        assert_eq!(state.promises.len(), lines.clone().count());
        for ((placed, number), line) in lines {
            let row = state.promises.get(Sequence::new(*placed), *number).unwrap();
            assert_eq!(Some(u64::from(row.date.get())), line.date);
            let parts = row.parts.iter().map(|part| (part.supply.get(), part.units));
            assert!(parts.eq(line.parts.iter().map(|(supply, units)| (*supply, *units))));
        }
        for sku in 0..SKUS {
            let since = state.reviews.of(Sku::new(sku)).map(|row| row.since.get());
            assert_eq!(since, self.naive.reviews.get(&sku).map(|(since, _)| *since));
        }
        let second = |date: u64| match date {
            NEVER => EngineSecond::NONE.get(),
            date => u32::try_from(date).unwrap(),
        };
        for sku in 0..SKUS {
            let book = self.naive.book(sku).into_iter().take(BOOK_ROWS_PER_REPLY_MAX as usize);
            let book: Vec<_> = book.map(|(_, date, _, line)| (second(date), line)).collect();
            assert_eq!(self.shop.book_of(Sku::new(sku)), book);
        }
    }

    /// Goes on with an engine from a snapshot, or from the records alone.
    fn restart(&mut self) {
        let engine = out_and_in(&self.shop.engine);
        assert_eq!(engine.state_hash(), self.shop.engine.state_hash());
        self.shop = self.shop.gone_on(engine);
        self.read = 0;
        self.compare();
    }
}

#[test]
fn a_long_life_of_promises_is_what_lists_of_them_say() {
    let (mut life, mut shadow) = (Life::new(17), Engine::new());
    for step in 1..=3_000 {
        life.step();
        if step % 100 == 0 {
            life.compare();
        }
        if step % 1_000 == 0 {
            shadow.replay_verified(life.shop.records.payload()).unwrap();
            assert_eq!(shadow.state_hash(), life.shop.engine.state_hash());
            life.restart();
        }
    }
    let said = &life.said;
    assert!(said.promised > 50 && said.not_promised > 500 && said.again > 200, "{said:?}");
    assert!(said.broken > 200 && said.later > 500 && said.served > 500, "{said:?}");
    assert!(said.arrived > 100 && said.closed > 10 && said.goes_on > 0, "{said:?}");
}
