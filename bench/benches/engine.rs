//! What one order costs the engine thread, without queue, disk and network.
//!
//! `step` is what the engine thread does: `Writer::step` over frames of 64 orders, with its reading
//! ahead. It is the figure to hold against the load test. `place` is one order at a time: parse,
//! look up, decide, apply, record and reply. `decide` is parse and decide. `apply` is replay of
//! records that were decided before. All run on 100,000 SKUs in 8 warehouses with SKUs drawn
//! uniformly, so that the caches do not help.
//!
//!     cargo bench -p gantry-bench --bench engine

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BatchSize, Criterion, Throughput};
use gantry_bench::{OrderStream, Shop, ShopPlan};
use gantry_engine::{Batch, Decision, Engine, Progress, RequestKind, Submission, Writer, decide};
use gantry_model::{Actor, COMMAND_BYTES_MAX, Command, EngineTime, Items, Sequence};

/// Orders that are written down before the clock runs.
const ORDERS_PER_CHUNK: u64 = 4_096;
/// Orders in a frame, as the load test sends them.
const ORDERS_PER_FRAME: u64 = 64;
/// Orders whose records `apply` applies.
const ORDERS_REPLAYED: u64 = 100_000;

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .sample_size(20)
        .configure_from_args();
    place(&mut criterion);
    step(&mut criterion);
    decide_only(&mut criterion);
    apply(&mut criterion);
    criterion.final_summary();
}

fn place(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("engine");
    group.throughput(Throughput::Elements(1));
    let mut shop = Shop::new(ShopPlan::STEADY);
    group.bench_function("place", |bencher| {
        bencher.iter_custom(|iterations| {
            in_chunks(iterations, |count| {
                let mut items = Vec::new();
                (0..count).for_each(|_| shop.write_order(&mut items));
                let started = Instant::now();
                shop.execute(black_box(&items));
                started.elapsed()
            })
        });
    });
    group.finish();
}

fn step(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("engine");
    group.throughput(Throughput::Elements(1));
    let (engine, mut orders) = Shop::new(ShopPlan::STEADY).into_parts();
    let (mut writer, mut batch) = (Writer::new(engine), Batch::new());
    group.bench_function("step", |bencher| {
        bencher.iter_custom(|iterations| {
            in_chunks(iterations, |count| {
                let mut submission = submission(&mut orders, count);
                let started = Instant::now();
                loop {
                    let now = EngineTime::new(u64::MAX / 2);
                    let progress = writer.step(black_box(&mut submission), &mut batch, now);
                    batch.clear();
                    if progress == Progress::Finished {
                        return started.elapsed();
                    }
                }
            })
        });
    });
    group.finish();
}

/// Orders as a socket read brings them: in frames.
fn submission(orders: &mut OrderStream, count: u64) -> Submission {
    let mut submission = Submission::new(1, Actor::CLIENT_MIN);
    let mut left = count;
    while left > 0 {
        let frame_orders = left.min(ORDERS_PER_FRAME);
        let mut items = Vec::new();
        (0..frame_orders).for_each(|_| orders.write(&mut items));
        submission.push_frame(RequestKind::Commands, 1, &items);
        left -= frame_orders;
    }
    submission
}

fn decide_only(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("engine");
    group.throughput(Throughput::Elements(1));
    let mut shop = Shop::new(ShopPlan::STEADY);
    let mut decision = Decision::new();
    group.bench_function("decide", |bencher| {
        bencher.iter_custom(|iterations| {
            in_chunks(iterations, |count| {
                let mut items = Vec::new();
                (0..count).for_each(|_| shop.write_order(&mut items));
                let state = shop.engine().state();
                let started = Instant::now();
                for item in Items::new(black_box(&items), COMMAND_BYTES_MAX) {
                    let item = item.expect("invariant: the shop wrote it");
                    let command = Command::parse(&item).expect("invariant: the shop wrote it");
                    decide(state, &command, Sequence::new(1), state.last_time(), &mut decision);
                }
                started.elapsed()
            })
        });
    });
    group.finish();
}

fn apply(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("engine");
    group.throughput(Throughput::Elements(ORDERS_REPLAYED)).sample_size(10);
    let mut shop = Shop::recorded(ShopPlan::STEADY);
    let before = shop.take_frames();
    let mut items = Vec::new();
    (0..ORDERS_REPLAYED).for_each(|_| shop.write_order(&mut items));
    shop.execute(&items);
    let orders = shop.take_frames();
    group.bench_function("apply", |bencher| {
        bencher.iter_batched(
            || replayed(Engine::new(), &before),
            |engine| replayed(engine, &orders),
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

fn replayed(mut engine: Engine, frames: &[Vec<u8>]) -> Engine {
    for frame in frames {
        engine.replay(frame).expect("invariant: the engine wrote the records itself");
    }
    engine
}

/// The time that `run` takes for all iterations; what it prepares is not counted.
fn in_chunks(iterations: u64, mut run: impl FnMut(u64) -> Duration) -> Duration {
    let mut elapsed = Duration::ZERO;
    let mut left = iterations;
    while left > 0 {
        let count = left.min(ORDERS_PER_CHUNK);
        elapsed += run(count);
        left -= count;
    }
    elapsed
}
