//! What one order costs the engine thread, without queue, disk and network.
//!
//! `place` is parse, look up, decide, apply, record and reply; `decide` is parse and decide; `apply`
//! is replay of records that were decided before. All run on 100,000 SKUs in 8 warehouses with SKUs drawn
//! uniformly, so that the caches do not help.
//!
//!     cargo bench -p gantry-bench --bench engine

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BatchSize, Criterion, Throughput};
use gantry_bench::{Shop, ShopPlan};
use gantry_engine::{Decision, Engine, decide};
use gantry_model::{COMMAND_BYTES_MAX, Command, Items, Sequence};

/// Orders that are written down before the clock runs.
const ORDERS_PER_CHUNK: u64 = 4_096;
/// Orders whose records `apply` applies.
const ORDERS_REPLAYED: u64 = 100_000;

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .sample_size(20)
        .configure_from_args();
    place(&mut criterion);
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
                    decide(state, &command, Sequence::new(1), &mut decision);
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
