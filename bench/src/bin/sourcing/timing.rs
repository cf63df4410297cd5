//! One class of orders, timed.

use std::hint::black_box;
use std::time::{Duration, Instant};

use gantry_bench::{Latencies, OrderClass, SourcingOrder, SourcingShop};
use gantry_engine::{Decision, Plan, Problem, Scratch, decide, solve};
use gantry_model::{
    Channel, Command, CommandId, EngineTime, HoldId, PlaceOrder, Proof, Sequence, ShortMode,
};

/// What was measured of a class.
pub(crate) struct Timing {
    pub(crate) orders: u32,
    /// Parcels of all plans.
    pub(crate) parcels: u64,
    /// Orders whose plan is proven to be the best.
    pub(crate) optimal: u32,
    /// The largest gap in cost, in minor units.
    pub(crate) gap_max: i64,
    /// Reading stock and solving.
    pub(crate) solve: Percentiles,
    /// The whole decision.
    pub(crate) decide: Percentiles,
}

/// The least of each percentile over the passes, and the spread of the median.
pub(crate) struct Percentiles {
    pub(crate) p50: Duration,
    pub(crate) p50_worst: Duration,
    pub(crate) p99: Duration,
    pub(crate) p99_9: Duration,
}

/// Draws orders of `class` and times each in every pass.
pub(crate) fn measure(
    shop: &mut SourcingShop,
    class: &OrderClass,
    orders: u32,
    passes: u32,
) -> Timing {
    let (mut problem, mut scratch, mut plan) = (Problem::new(), Scratch::default(), Plan::new());
    let (mut parcels, mut optimal, mut gap_max) = (0_u64, 0, 0);
    let mut drawn = Vec::with_capacity(orders as usize);
    while drawn.len() < orders as usize {
        let order = shop.order(class);
        shop.fill(&order, &mut problem);
        solve(&problem, &mut scratch, &mut plan);
        if class.admits(plan.parcels()) {
            parcels += u64::from(plan.parcels());
            optimal += u32::from(plan.proof == Some(Proof::Optimal));
            gap_max = gap_max.max(plan.gap);
            drawn.push(order);
        }
    }
    let solve = percentiles(&drawn, passes, |order| {
        shop.fill(order, &mut problem);
        solve(&problem, &mut scratch, &mut plan);
        black_box(&plan);
    });
    let mut decision = Decision::new();
    let decide = percentiles(&drawn, passes, |order| {
        let command = Command::PlaceOrder(placing(order));
        decide(shop.state(), &command, Sequence::new(1), EngineTime::new(1), &mut decision);
        black_box(&decision);
    });
    Timing { orders, parcels, optimal, gap_max, solve, decide }
}

fn percentiles(
    orders: &[SourcingOrder],
    passes: u32,
    mut work: impl FnMut(&SourcingOrder),
) -> Percentiles {
    let mut found = Percentiles {
        p50: Duration::MAX,
        p50_worst: Duration::ZERO,
        p99: Duration::MAX,
        p99_9: Duration::MAX,
    };
    for _ in 0..passes {
        let timed = orders.iter().map(|order| {
            let started = Instant::now();
            work(order);
            u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX)
        });
        let latencies = Latencies::new(timed.collect());
        let p50 = latencies.per_mille(500);
        found.p50 = found.p50.min(p50);
        found.p50_worst = found.p50_worst.max(p50);
        found.p99 = found.p99.min(latencies.per_mille(990));
        found.p99_9 = found.p99_9.min(latencies.per_mille(999));
    }
    found
}

fn placing(order: &SourcingOrder) -> PlaceOrder<'_> {
    PlaceOrder {
        id: CommandId::new(1),
        hold: HoldId::NONE,
        customer: 0,
        value_minor: 0,
        currency: [0; 4],
        zone: order.zone,
        channel: Channel::NONE,
        priority_class: 0,
        service_level: 0,
        short: ShortMode::Backorder,
        reference: "",
        lines: &order.lines,
    }
}
