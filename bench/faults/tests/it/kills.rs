//! `kill -9` of the real binary.

use std::time::Instant;

use gantry_faults::product::{Kills, Product, torment};

use crate::support::expect;

/// On each of two threads.
const KILLS: u64 = 150;

#[test]
fn three_hundred_kills_lose_no_acknowledged_order() {
    let started = Instant::now();
    let product = Product::beside();
    let threads = [1, 2].map(|seed| (seed, product.clone())).map(|(seed, product)| {
        std::thread::spawn(move || {
            let mut kills = Kills::default();
            torment(&product, seed, KILLS, &mut kills).map(|()| kills)
        })
    });
    for thread in threads {
        let kills = expect(thread.join().unwrap());
        assert!(kills.kills == KILLS && kills.while_starting > 20, "{kills:?}");
        assert!(kills.with_snapshot > KILLS / 4, "hardly any snapshots: {kills:?}");
        assert!(kills.acknowledged > 10 * KILLS, "hardly any load: {kills:?}");
        println!("{kills:?}, {:.1} s", started.elapsed().as_secs_f64());
    }
}
