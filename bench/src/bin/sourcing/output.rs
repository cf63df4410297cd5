//! What is printed.

#![allow(clippy::print_stdout, reason = "a program that prints what it measured")]

use std::time::Duration;

use crate::timing::{Percentiles, Timing};

pub(crate) fn line(text: &str) {
    println!("{text}");
}

pub(crate) fn head() {
    println!(
        "{:<18} {:>7} {:>7} {:>9} {:>7}  {:<8} {:>9} {:>11} {:>9} {:>9}",
        "class",
        "orders",
        "parcels",
        "optimal",
        "gap",
        "of",
        "p50 us",
        "worst p50",
        "p99 us",
        "p99.9 us"
    );
}

pub(crate) fn row(name: &str, timing: &Timing) {
    let orders = f64::from(timing.orders);
    let facts = format!(
        "{name:<18} {:>7} {:>7.2} {:>8.2}% {:>7}",
        timing.orders,
        timing.parcels as f64 / orders,
        f64::from(timing.optimal) * 100.0 / orders,
        timing.gap_max
    );
    println!("{facts}  {}", figures("solve", &timing.solve));
    println!("{:<52}  {}", "", figures("decide", &timing.decide));
}

fn figures(name: &str, found: &Percentiles) -> String {
    let figure = |time: Duration| time.as_nanos() as f64 / 1_000.0;
    format!(
        "{name:<8} {:>9.2} {:>11.2} {:>9.2} {:>9.2}",
        figure(found.p50),
        figure(found.p50_worst),
        figure(found.p99),
        figure(found.p99_9)
    )
}

pub(crate) fn json(name: &str, timing: &Timing) {
    let percentiles = |found: &Percentiles| {
        serde_json::json!({
            "p50_ns": found.p50.as_nanos(),
            "p50_worst_ns": found.p50_worst.as_nanos(),
            "p99_ns": found.p99.as_nanos(),
            "p99_9_ns": found.p99_9.as_nanos(),
        })
    };
    let object = serde_json::json!({
        "class": name,
        "orders": timing.orders,
        "parcels": timing.parcels,
        "optimal": timing.optimal,
        "gap_max": timing.gap_max,
        "solve": percentiles(&timing.solve),
        "decide": percentiles(&timing.decide),
    });
    println!("{object}");
}
