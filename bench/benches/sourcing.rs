//! What sourcing one order costs, by class: the stock rows are read and the problem solved. The
//! tail and the share that is proven are told by the program `sourcing` of this crate.
//!
//!     cargo bench -p gantry-bench --bench sourcing

use std::hint::black_box;
use std::time::Duration;

use criterion::Criterion;
use gantry_bench::{OrderClass, SourcingShop};
use gantry_engine::{Plan, Problem, Scratch, solve};

/// Orders of each class: enough that their stock rows do not stay in the caches.
const ORDERS: usize = 10_000;

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .sample_size(20)
        .configure_from_args();
    let mut shop = SourcingShop::new(1);
    let mut group = criterion.benchmark_group("sourcing");
    let (mut problem, mut scratch, mut plan) = (Problem::new(), Scratch::default(), Plan::new());
    for class in &OrderClass::ALL {
        let mut orders = Vec::with_capacity(ORDERS);
        while orders.len() < ORDERS {
            let order = shop.order(class);
            shop.fill(&order, &mut problem);
            solve(&problem, &mut scratch, &mut plan);
            if class.admits(plan.parcels()) {
                orders.push(order);
            }
        }
        let mut next = 0;
        group.bench_function(class.name, |bencher| {
            bencher.iter(|| {
                shop.fill(&orders[next], &mut problem);
                solve(black_box(&problem), &mut scratch, &mut plan);
                next = (next + 1) % ORDERS;
                black_box(plan.cost_minor)
            });
        });
    }
    group.finish();
    criterion.final_summary();
}
