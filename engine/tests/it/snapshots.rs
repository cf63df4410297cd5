//! Snapshots: a state from its rows is the state that it was, and goes on as it would have.

mod damage;
pub(crate) mod disk;
mod golden;
pub(crate) mod instance;
mod shadow;
mod start;

use std::path::Path;

use gantry_engine::{ArchiveFacts, Engine, SnapshotFacts, read_snapshot, write_snapshot};
use gantry_journal::{Bookmark, FileStorage};
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tempfile::TempDir;

use crate::properties::random_line;
use crate::shop::Shop;

/// Everything that shapes sourcing, some of it twice.
const SETTINGS: [&str; 28] = [
    "channel WEB",
    "channel SHOP",
    "sku KIT unlimited",
    "bundle KIT A:2,B:1",
    "bundle KIT A:1,C:1",
    "bundle D E:2",
    "bundle D -",
    "policy ONE least_cost_with_shadow_prices parcels_max=2 days_max=1 split_below=900 \
     warehouses=N,O no_split=A,B soft=days_max,ring_fences",
    "policy ONE nearest days_max=2 soft=days_max warehouses=N,P",
    "policy TWO greedy",
    "policy THREE priority no_split=E",
    "assign all ONE",
    "assign WEB TWO",
    "assign SHOP THREE",
    "assign SHOP none",
    "capacity N orders=9 units=40 cut_off=14:30",
    "capacity O cut_off=08:00",
    "capacity P units=9",
    "capacity P",
    "capacity P orders=5",
    "reserve A@N/WEB:2 A@N:1 B@O:4",
    "reserve A@N/SHOP:1 C@Q/SHOP:3",
    "reserve B@O:0",
    "price A@N:700 B@O:100",
    "price clear A@P:30",
    "limits lines=100 units=500 rejections=3 steps=9000",
    "limits rejections=9",
    "time 2 23:50",
];

/// Lines of a random shop that uses everything.
pub(crate) fn random_lines(seed: u64, commands: usize) -> Vec<String> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut lines: Vec<String> = "sku A,sku B,sku C,sku D,sku E,zone 1,zone 2,warehouse N 1,\
        warehouse O 2,warehouse P 2,warehouse Q 3,cost N 1 500+10/1,cost O 1 300+30/2,\
        cost P 1 700+5/1,cost Q 1 900+1/4,cost N 2 400+20/1,cost P 2 100+90/3"
        .split(',')
        .map(|line| line.trim().to_owned())
        .collect();
    for _ in 0..commands {
        let is_setting = random.random_range(0..5) == 0;
        let channel = ["", "", " channel=WEB", " channel=SHOP value=800"].choose(&mut random);
        lines.push(match is_setting {
            true => (*SETTINGS.choose(&mut random).unwrap()).to_owned(),
            false => random_line(&mut random),
        });
        if lines.last().unwrap().starts_with("place") {
            lines.last_mut().unwrap().push_str(channel.unwrap());
        }
    }
    lines
}

/// Lets rows go as if the next archive file were durable: at most `rows_max` of it, the rest later.
pub(crate) fn retire(shop: &mut Shop, rows_max: u32) {
    let archives = &shop.engine.state().archives;
    let next = ArchiveFacts {
        number: archives.last_number() + 1,
        hash: [8; 16],
        orders_before: archives.orders(),
        commands_before: archives.commands(),
        orders: archives.closed_orders().min(3),
        commands: 9,
        file_bytes: 0,
    };
    shop.engine.retire(Some(&next), rows_max, shop.engine.last_time(), &mut shop.records);
}

/// A frame that nobody looks at, behind which the engine stands.
pub(crate) fn bookmark_of(engine: &Engine) -> Bookmark {
    let last_sequence = engine.last_sequence().get();
    Bookmark {
        instance_id: 42,
        term: 7,
        frame_number: last_sequence,
        segment: 3,
        offset: 8192,
        last_sequence,
        chain: [9; 16],
    }
}

pub(crate) fn write(directory: &Path, engine: &Engine) -> SnapshotFacts {
    let bookmark = bookmark_of(engine);
    write_snapshot(&FileStorage, directory, engine, &bookmark, &mut || true).unwrap().unwrap()
}

/// The state out into a file, and in again.
pub(crate) fn out_and_in(engine: &Engine) -> Engine {
    let directory = folder();
    let written = write(directory.path(), engine);
    let (restored, read) = read_snapshot(&FileStorage, &written.path, 77).unwrap();
    assert_eq!(read, written);
    assert_eq!(read.bookmark, bookmark_of(engine));
    restored
}

pub(crate) fn folder() -> TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

fn assert_same(restored: &Engine, engine: &Engine) {
    let (state, was) = (restored.state(), engine.state());
    state.audit();
    assert_eq!(state.recompute_hash(), was.hash(), "the rows");
    assert_eq!(state.hash(), was.hash(), "the sum over them");
    assert_eq!(state.totals, was.totals);
    assert_eq!(state.limits, was.limits);
    assert_eq!(restored.last_sequence(), engine.last_sequence());
    assert_eq!(restored.last_time(), engine.last_time());
}

#[test]
fn an_engine_without_anything_comes_back_without_anything() {
    let engine = Engine::new();
    assert_same(&out_and_in(&engine), &engine);
}

#[test]
fn a_state_from_its_rows_answers_and_records_as_the_one_that_went_on() {
    let mut settings_seen = 0;
    for seed in 0..40 {
        let lines = random_lines(seed, 400);
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let (before, after) = lines.split_at(random.random_range(20..lines.len() - 50));
        let mut shop = Shop::new();
        let (half, rest) = before.split_at(before.len() / 2);
        half.iter().for_each(|line| drop(shop.run(line)));
        retire(&mut shop, 12);
        rest.iter().for_each(|line| drop(shop.run(line)));
        retire(&mut shop, 5);
        shop.engine.mark(shop.engine.last_time(), &mut shop.records);
        let mut restored = shop.gone_on(out_and_in(&shop.engine));
        assert_same(&restored.engine, &shop.engine);
        let recorded = shop.records.payload().len();
        for line in after {
            let replies = [shop.run(line), restored.run(line)];
            assert_eq!(replies[0], replies[1], "seed {seed}: {line}");
        }
        // Whatever was said before the snapshot is known: orders, other commands, rejections.
        for number in 1..60 {
            let line = format!("show {number}");
            assert_eq!(shop.run(&line), restored.run(&line), "seed {seed}: {line}");
        }
        for shop in [&mut shop, &mut restored] {
            // What is left of one file, and then another.
            (0..3).for_each(|_| retire(shop, 7));
            shop.engine.mark(shop.engine.last_time(), &mut shop.records);
        }
        let tails = [&shop.records.payload()[recorded..], restored.records.payload()];
        assert_eq!(tails[0], tails[1], "seed {seed}");
        assert_same(&restored.engine, &shop.engine);
        let state = shop.engine.state();
        settings_seen += usize::from(!state.bundles.is_empty() && !state.fences.is_empty());
    }
    assert!(settings_seen > 10, "the shops used their settings: {settings_seen}");
}

#[test]
fn repeats_are_known_after_a_snapshot_as_before() {
    let lines = random_lines(7, 300);
    let mut shop = Shop::new();
    lines.iter().for_each(|line| drop(shop.run(line)));
    let restored = shop.gone_on(out_and_in(&shop.engine));
    let mut known = 0;
    for id in (1..=400_u128).chain(1_000_001..1_000_070) {
        let id = gantry_model::CommandId::new(id);
        let answers = [&shop, &restored].map(|shop| shop.engine.state().first_answer(id));
        assert_eq!(answers[0], answers[1], "{id}");
        known += usize::from(answers[0].is_some());
    }
    assert!(known > 100, "{known} ids");
}

#[test]
fn more_orders_than_one_section_holds_come_back_in_their_order() {
    let mut shop = Shop::new();
    for line in ["sku A", "zone 1", "warehouse N 1", "cost N 1 500+10", "receive A N 99999"] {
        shop.run(line);
    }
    for order in 1..=70_000 {
        shop.records.clear();
        shop.run(&format!("place {order} 1 backorder A:1,A:2"));
    }
    let restored = out_and_in(&shop.engine);
    assert_same(&restored, &shop.engine);
    assert_eq!(restored.state().orders.count(), 70_000);
    let slots = |engine: &Engine| {
        let ids = (1..=70_000).map(|order| crate::shop::order_id(&order.to_string()));
        ids.map(|id| engine.state().order_slot(id)).collect::<Vec<_>>()
    };
    assert_eq!(slots(&restored), slots(&shop.engine));
}
