//! One receipt for many waiting lines: how long each step takes, and what a line takes in memory.

use std::fs;
use std::time::{Duration, Instant};

use gantry_bench::{Latencies, machine_facts};
use gantry_model::Command;

use crate::rig::Rig;

/// Units that each line waits for.
const UNITS_EACH: u32 = 5;

/// Prints the figures.
pub(crate) fn run(lines: u32, units: u32) {
    println!("{}", machine_facts());
    let mut rig = Rig::new(1);
    let before = resident_bytes();
    for line in 0..lines {
        // In an order of its own, as backorders come: classes mix.
        let class = (line % 4).to_le_bytes()[0];
        rig.place(0, 0, UNITS_EACH, class);
    }
    let memory = resident_bytes().saturating_sub(before) / u64::from(lines.max(1));
    println!(
        "{lines} lines of {UNITS_EACH} units wait; an order with its line takes {memory} bytes"
    );
    let quantity = i32::try_from(units).expect("invariant: parsed as 32 bits");
    let change = rig.change(0, 0, quantity);
    let began = Instant::now();
    assert!(rig.send(&Command::Receive(change)), "the receipt was refused");
    println!("the receipt of {units} units: {:?}", began.elapsed());
    let mut steps = Vec::new();
    let began = Instant::now();
    loop {
        let step = Instant::now();
        if !rig.step() {
            break;
        }
        steps.push(u64::try_from(step.elapsed().as_nanos()).unwrap_or(u64::MAX));
    }
    let took = began.elapsed();
    let steps = Latencies::new(steps);
    let at = |per_mille| -> Duration { steps.per_mille(per_mille) };
    println!(
        "{} steps in {took:?}: median {:?}, 99 % {:?}, 99.9 % {:?}, longest {:?}",
        steps.count(),
        at(500),
        at(990),
        at(999),
        at(1_000)
    );
    println!("{} units wait", rig.engine.state().totals.backordered);
}

/// Memory of this process, as the kernel counts it.
fn resident_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = status.split_whitespace().nth(1).and_then(|word| word.parse::<u64>().ok());
    pages.unwrap_or(0) * 4096
}
