//! The real binary over real TCP, killed again and again, before the oracle.

use gantry_simulator::real::{RealFigures, RealRun};

const RESTARTS: u64 = 10;

/// The binary is built beside the tests of the workspace; alone this crate builds none.
#[test]
fn the_oracle_agrees_with_the_real_binary_over_restarts() {
    let mut folder = std::env::current_exe().unwrap();
    folder.pop();
    if folder.ends_with("deps") {
        folder.pop();
    }
    let binary = folder.join("gantry");
    if !binary.exists() {
        let must = std::env::var_os("CI").is_some_and(|value| value == "true");
        assert!(!must, "{} is missing: build it first", binary.display());
        println!("skipped the_oracle_agrees_with_the_real_binary_over_restarts: no gantry binary");
        return;
    }
    let run = RealRun { binary, seed: 7, restarts: RESTARTS, items_per_life: 600 };
    let mut figures = RealFigures::default();
    let done = run.run(&mut figures, |_| ());
    println!("{figures:?}");
    assert_eq!(done, Ok(()));
    assert_eq!(figures.restarts, RESTARTS);
    assert!(figures.records > 1_000 && figures.told > 1_000, "{figures:?}");
    assert!(figures.asked_again > 100 && figures.compared == 1, "{figures:?}");
}
