//! What holds cost: memory, orders beside them, and the longest record of their ends.

use std::fs;
use std::time::{Duration, Instant};

use gantry_bench::{Latencies, Random, machine_facts};
use gantry_engine::Engine;
use gantry_journal::{FrameBuffer, PAYLOAD_BYTES_MAX};
use gantry_model::{
    Actor, COMMAND_BYTES_MAX, Command, EngineTime, Item, OrderLine, RECORD_BYTES_MAX, Sku,
};

use crate::commands::{FIRST_ID, hold, order, set_up};

const SKUS: u32 = 100_000;
const UNITS_EACH: u32 = 100_000;
/// Orders that are timed at once.
const ORDERS: u32 = 200_000;
/// Records of ends before each drain, and orders of a drain, as in the server.
const ENDS_PER_DRAIN: usize = 16;
const ORDERS_PER_DRAIN: u32 = 200;

struct Rig {
    engine: Engine,
    records: FrameBuffer,
    replies: Vec<u8>,
    random: Random,
    now: u64,
    last_id: u128,
}

/// Prints the figures.
pub(crate) fn run(holds: u32) {
    println!("{}", machine_facts());
    let mut rig = Rig::new();
    let baseline = rig.orders(ORDERS, &[]);
    println!("orders a second without holds: {}", per_second(ORDERS, baseline));
    let (resident, of_ids) = (resident_bytes(), rig.engine.state().order_memory_bytes());
    let started = Instant::now();
    let ids: Vec<u128> = (0..holds).map(|number| rig.hold(number)).collect();
    let took = started.elapsed();
    let ids_bytes = u64::from(holds) * 16;
    let grown = resident_bytes().saturating_sub(resident + ids_bytes) / u64::from(holds.max(1));
    let of_ids = (rig.engine.state().order_memory_bytes() - of_ids) / u64::from(holds.max(1));
    println!(
        "{holds} holds of one place: {} a second, {grown} bytes a hold, {of_ids} of them to know \
         its id as a command's",
        per_second(holds, took)
    );
    let beside = rig.orders(ORDERS, &[]);
    println!("orders a second beside them: {}", per_second(ORDERS, beside));
    let taken = ORDERS.min(holds / 4);
    let taking = rig.orders(taken, &ids);
    println!("orders a second that each take a hold: {}", per_second(taken, taking));
    rig.end_all();
}

impl Rig {
    fn new() -> Self {
        let mut rig = Self {
            engine: Engine::new(),
            records: FrameBuffer::new(PAYLOAD_BYTES_MAX),
            replies: Vec::new(),
            random: Random::new(4),
            now: 1,
            last_id: FIRST_ID,
        };
        set_up(SKUS, UNITS_EACH, &mut |command| rig.send(command));
        rig
    }

    fn send(&mut self, command: &Command<'_>) {
        self.make_room();
        let mut bytes = Vec::with_capacity(256);
        command.write(&mut bytes);
        let (item, _) = Item::split(&bytes, COMMAND_BYTES_MAX).expect("invariant: a whole item");
        self.now += 1_000;
        let (now, before) = (EngineTime::new(self.now), self.engine.last_sequence());
        self.replies.clear();
        let (records, replies) = (&mut self.records, &mut self.replies);
        self.engine.execute(&item, Actor::CLIENT_MIN, now, records, replies);
        assert!(self.engine.last_sequence() > before, "{command:?} was refused");
    }

    fn make_room(&mut self) {
        if self.records.remaining_bytes() < RECORD_BYTES_MAX {
            self.records.clear();
        }
    }

    fn line(&mut self) -> OrderLine {
        OrderLine::new(Sku::new(self.random.below(SKUS)), 1 + self.random.below(3))
    }

    /// A hold that ends at some moment of the second hour.
    fn hold(&mut self, number: u32) -> u128 {
        self.last_id += 1;
        let (id, line) = (self.last_id, self.line());
        let ttl_seconds = 3_600 + self.random.below(3_600);
        self.send(&hold(id, (1 + u128::from(number), 0), ttl_seconds, &[line]));
        id
    }

    /// Places orders of one line; those of `holds`, from the first on, take one each.
    fn orders(&mut self, count: u32, holds: &[u128]) -> Duration {
        let started = Instant::now();
        let mut holds = holds.iter();
        for _ in 0..count {
            self.last_id += 1;
            let (id, line) = (self.last_id, self.line());
            self.send(&order(id, holds.next().copied().unwrap_or(0), &[line]));
        }
        started.elapsed()
    }

    /// All holds end at once; orders go on between, as in a server's drains.
    fn end_all(&mut self) {
        self.now += 8_000_000_000_000;
        let count = self.engine.state().holds.len();
        let (mut steps, mut orders) = (Vec::new(), 0);
        let started = Instant::now();
        while !self.engine.state().holds.is_empty() {
            for _ in 0..ENDS_PER_DRAIN {
                self.make_room();
                let step = Instant::now();
                if !self.engine.expire_holds(EngineTime::new(self.now), &mut self.records) {
                    break;
                }
                steps.push(u64::try_from(step.elapsed().as_nanos()).unwrap_or(u64::MAX));
            }
            self.orders(ORDERS_PER_DRAIN, &[]);
            orders += ORDERS_PER_DRAIN;
        }
        let took = started.elapsed();
        let steps = Latencies::new(steps);
        println!(
            "{count} holds that are over at once: {} records, median {:?}, 99 % {:?}, 99.9 % {:?}, \
             longest {:?}; with {orders} orders between all in {took:?}, orders a second {}",
            steps.count(),
            steps.per_mille(500),
            steps.per_mille(990),
            steps.per_mille(999),
            steps.per_mille(1_000),
            per_second(orders, took)
        );
    }
}

fn per_second(count: u32, took: Duration) -> u128 {
    u128::from(count) * 1_000_000 / took.as_micros().max(1)
}

/// Memory of this process, as the kernel counts it.
fn resident_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = status.split_whitespace().nth(1).and_then(|word| word.parse::<u64>().ok());
    pages.unwrap_or(0) * 4096
}
