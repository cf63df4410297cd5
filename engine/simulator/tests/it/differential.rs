//! Random workloads: the engine and the oracle agree on every record, every reply and the state.

use gantry_simulator::oracle::{Figures, Oracle};

use crate::run::{Run, swarm};

fn agree(seed: u64, items: usize, total: &mut Figures) {
    let (_, swarm) = swarm(seed);
    let mut run = Run::new(seed, swarm, items);
    let mut oracle = Oracle::new();
    if let Err(violation) = run.judge_all(&mut oracle) {
        panic!("seed {seed}: {violation}");
    }
    let figures = oracle.figures();
    total.orders += figures.orders;
    total.orders_asked += figures.orders_asked;
    total.accepted += figures.accepted;
    total.allocated += figures.allocated;
    total.split += figures.split;
    total.waiting += figures.waiting;
    total.refused += figures.refused;
    total.repeated += figures.repeated;
    total.malformed += figures.malformed;
    total.rejected += figures.rejected;
    total.records += figures.records;
    total.commands += figures.commands;
    total.queries += figures.queries;
}

#[test]
fn the_engine_and_the_oracle_agree() {
    let mut total = Figures::default();
    for seed in 0..400 {
        agree(seed, 500, &mut total);
    }
    println!("{total:?}");
}
