//! Random workloads: the engine and the oracle agree on every record, every reply and the state.

use gantry_model::Record;
use gantry_simulator::oracle::{Figures, Oracle};
use gantry_simulator::workload::Swarm;

use crate::run::{Run, swarm};

/// Runs seeds, each with the swarm that `shape` makes of its own; returns what was judged.
fn agree(
    seeds: std::ops::Range<u64>,
    items: usize,
    shape: impl Fn(Swarm) -> Swarm,
) -> Vec<Figures> {
    let figures = seeds.map(|seed| {
        let mut run = Run::new(seed, shape(swarm(seed)), items);
        let mut oracle = Oracle::new();
        if let Err(violation) = run.judge_all(&mut oracle) {
            panic!("seed {seed}: {violation}");
        }
        oracle.figures()
    });
    figures.collect()
}

fn sum(figures: &[Figures], of: impl Fn(&Figures) -> u64) -> u64 {
    figures.iter().map(of).sum()
}

#[test]
fn the_engine_and_the_oracle_agree() {
    let figures = agree(0..400, 500, |swarm| swarm);
    let orders = sum(&figures, |figures| figures.orders_asked);
    let share = |of: fn(&Figures) -> u64| 1_000 * sum(&figures, of) / orders;
    let shares = [
        share(|figures| figures.allocated),
        share(|figures| figures.split),
        share(|figures| figures.waiting),
    ];
    println!("{orders} orders; allocated, split, waiting per mille: {shares:?}");
    assert!(orders > 80_000, "{orders} orders");
    let (recorded, tried) = (sum(&figures, |one| one.orders), sum(&figures, |one| one.tried));
    println!("{tried} of {recorded} were held against every plan");
    assert!(10 * tried > 9 * recorded);
    assert!(shares[0] >= 300 && shares[1] >= 50 && shares[2] >= 50, "{shares:?}");
    let matched = sum(&figures, |figures| figures.lines_matched);
    let matching = figures.iter().filter(|figures| figures.lines_matched > 0).count();
    println!("{matched} waiting lines got units later, in {matching} of {} seeds", figures.len());
    assert!(matched > 6_000 && 2 * matching > figures.len());
    let (repeated, refused) = (sum(&figures, |one| one.repeated), sum(&figures, |one| one.refused));
    println!("{repeated} ids repeated, {refused} commands refused");
    assert!(sum(&figures, |figures| figures.malformed) > 100);
    assert!(repeated > 3_000 && refused > 5_000);
}

/// Half of the ids from a set of twenty: mostly repeats, with the same content or with other.
#[test]
fn they_agree_where_ids_meet() {
    let figures = agree(1_000..1_100, 500, |swarm| swarm.with_tiny_ids(20));
    assert!(sum(&figures, |figures| figures.repeated) > 10_000);
}

/// Lines wait in long books: one receipt is given away by many records, with others between them.
#[test]
fn they_agree_where_many_lines_wait_for_one_sku() {
    let figures = agree(1_500..1_560, 1_500, Swarm::with_long_books);
    let matched = sum(&figures, |figures| figures.lines_matched);
    let passed = sum(&figures, |figures| figures.lines_passed_over);
    println!("{matched} waiting lines got units later, {passed} were passed over");
    assert!(matched > 6_000 && passed > 200_000);
}

/// Carts hold units, and orders take them.
#[test]
fn they_agree_where_carts_hold_units() {
    let figures = agree(1_700..2_000, 1_000, Swarm::with_holds);
    let of = |of: fn(&Figures) -> u64| sum(&figures, of);
    let (holds, expired) = (of(|one| one.holds), of(|one| one.holds_expired));
    let (taken, of_others) = (of(|one| one.orders_of_holds), of(|one| one.units_of_other_holds));
    println!("{holds} holds, {expired} expired, {taken} taken, {of_others} units of other holds");
    assert!(holds > 10_000 && expired > 3_000 && taken > 3_000 && of_others > 300);
}

/// One owner holds more and more, until that is too much.
#[test]
fn they_agree_where_one_owner_holds_too_much() {
    let figures = agree(2_200..2_230, 4_000, Swarm::with_hoards);
    let refused = sum(&figures, |figures| figures.holds_at_too_many_places);
    println!("{refused} holds were refused because their owner's are at too many places");
    assert!(refused > 300);
}

/// Most orders wait for what is expected, which comes later, sooner, or not at all.
#[test]
fn they_agree_where_orders_wait_for_supplies() {
    let figures = agree(2_300..2_600, 1_000, Swarm::with_supplies);
    let of = |of: fn(&Figures) -> u64| sum(&figures, of);
    let (supplies, changed) = (of(|one| one.supplies), of(|one| one.supplies_changed));
    let received = of(|one| one.supplies_received);
    let (ordered, waited) =
        (of(|one| one.promised_when_ordered), of(|one| one.promised_while_waiting));
    let broken = of(|one| one.promises_broken);
    println!("{supplies} supplies, {changed} changed, {received} received");
    println!("{ordered} lines promised when ordered, {waited} later, {broken} promises broken");
    assert!(supplies > 10_000 && changed > 3_000 && received > 3_000);
    assert!(ordered > 3_000 && waited > 3_000 && broken > 1_000);
}

/// One SKU's book is so long that a look at its promises takes many records.
#[test]
fn they_agree_where_many_lines_wait_for_supplies_of_one_sku() {
    let shape = |swarm: Swarm| swarm.with_long_books().with_supplies();
    let figures = agree(2_600..2_640, 1_500, shape);
    let going_on = sum(&figures, |figures| figures.reviews_going_on);
    let broken = sum(&figures, |figures| figures.promises_broken);
    println!("{going_on} looks at promises went on in another record, {broken} were broken");
    assert!(going_on > 100 && broken > 1_000);
}

/// Orders are sourced again, while costs change and warehouses come and go.
#[test]
fn they_agree_where_orders_are_sourced_again() {
    let figures = agree(1_900..2_020, 800, Swarm::with_places_that_change);
    let of = |of: fn(&Figures) -> u64| sum(&figures, of);
    let (again, tried) = (of(|one| one.sourced_again), of(|one| one.sourced_again_tried));
    let (moved, left) = (of(|one| one.moved), of(|one| one.left));
    println!("{again} open orders, {tried} held against every plan, {moved} moved, {left} left");
    assert!(again > 10_000 && 10 * tried > 9 * again && 10 * moved > again && 10 * left > moved);
}

/// What orders wait for is given up when its time has come.
#[test]
fn they_agree_where_orders_are_given_up() {
    let figures = agree(2_300..2_500, 800, Swarm::with_dates);
    let of = |of: fn(&Figures) -> u64| sum(&figures, of);
    let (given_up, units) = (of(|one| one.given_up), of(|one| one.units_given_up));
    println!("{given_up} orders were given up, {units} units of them waited");
    assert!(given_up > 5_000 && units > 3_000);
}

/// Warehouses reject units, until the orders are left alone, and are served again by a hand's doing.
#[test]
fn they_agree_where_units_are_rejected() {
    let figures = agree(2_500..2_800, 800, Swarm::with_rejections);
    let of = |of: fn(&Figures) -> u64| sum(&figures, of);
    let (rejections, served) = (of(|one| one.rejections), of(|one| one.rejections_served));
    let (too_many, stuck) = (of(|one| one.rejections_too_many), of(|one| one.lines_stuck));
    println!("{rejections} rejections, {served} served, {too_many} too many, {stuck} lines stuck");
    assert!(rejections > 5_000 && 3 * served > rejections && too_many > 500 && stuck > 1_500);
}

/// Both, where many orders wait complete, and where costs and warehouses change.
#[test]
fn they_agree_where_orders_are_rejected_and_given_up() {
    let both = |swarm: Swarm| swarm.with_dates().with_rejections();
    let figures = agree(2_800..2_900, 800, both);
    let (given_up, rejections) =
        (sum(&figures, |one| one.given_up), sum(&figures, |one| one.rejections));
    println!("{given_up} orders were given up, {rejections} rejections");
    assert!(given_up > 3_000 && rejections > 1_500);
    let figures = agree(2_900..3_000, 800, |swarm| both(swarm).with_places_that_change());
    let (rejections, moved) = (sum(&figures, |one| one.rejections), sum(&figures, |one| one.moved));
    println!("{rejections} rejections, {moved} orders moved");
    assert!(rejections > 1_500 && moved > 500);
}

/// Orders swap units, where somebody is better off and nobody worse.
#[test]
fn they_agree_where_orders_swap_units() {
    let figures = agree(3_100..3_400, 1_200, Swarm::with_swaps);
    let of = |of: fn(&Figures) -> u64| sum(&figures, of);
    let (asked, swaps) = (of(|one| one.swaps_asked), of(|one| one.swaps));
    println!("{asked} swaps were asked for, {swaps} were carried out");
    assert!(swaps > 200, "{swaps} of {asked}");
    let figures = agree(3_400..3_500, 1_200, |swarm| swarm.with_rejections().with_swaps());
    let of = |of: fn(&Figures) -> u64| sum(&figures, of);
    let (swaps, rejections) = (of(|one| one.swaps), of(|one| one.rejections));
    println!("{swaps} swaps and {rejections} rejections");
    assert!(swaps > 30 && rejections > 1_000);
}

/// What waiting lines are sourced by changes, days begin, and bars end.
#[test]
fn they_agree_where_books_are_swept() {
    let figures = agree(3_500..3_700, 1_000, Swarm::with_sweeps);
    let of = |of: fn(&Figures) -> u64| sum(&figures, of);
    let (sweeps, asked, due) =
        (of(|one| one.sweeps), of(|one| one.sweeps_asked), of(|one| one.swept_due));
    println!("{sweeps} sweeps, {asked} asked for, {due} SKUs were due");
    assert!(asked > 1_000 && sweeps - asked > 100 && due > 5_000);
    let figures = agree(3_700..3_780, 1_500, Swarm::with_long_sweeps);
    let of = |of: fn(&Figures) -> u64| sum(&figures, of);
    let (sweeps, steps) = (of(|one| one.sweeps), of(|one| one.sweep_steps));
    println!("{sweeps} sweeps of {steps} steps");
    assert!(steps - sweeps > 100);
}

#[test]
fn they_agree_over_long_runs() {
    let figures = agree(2_000..2_006, 12_000, |swarm| swarm);
    assert!(sum(&figures, |figures| figures.orders) > 20_000);
}

/// The engine journals the hash of its state every 65,536 records, between others' records.
#[test]
fn marks_are_passed_over() {
    let figures = agree(2_100..2_103, 130_000, |swarm| swarm);
    let is_marked = |one: &Figures| one.records > 1 << 16 && one.own > 0;
    assert!(figures.iter().any(is_marked), "{figures:?}");
}

/// Batches are full now and then, so answers begin in one and end in the next.
#[test]
fn an_answer_that_was_carried_over_is_judged_where_it_was_executed() {
    let mut carried = 0;
    for seed in 3_000..3_004 {
        let mut run = Run::with_batches(seed, swarm(seed), 12_000, u32::MAX);
        carried += run.shown.len() - 1;
        let judged = run.judge_all(&mut Oracle::new());
        assert_eq!(judged, Ok(()), "seed {seed}");
    }
    assert!(carried > 3, "{carried} batches were full");
}

/// After a crash, records are found whose answers nobody saw.
#[test]
fn records_without_answers_are_taken_in_and_bind_what_comes_after() {
    for seed in 4_000..4_060 {
        let mut run = Run::new(seed, swarm(seed), 400);
        let mut oracle = Oracle::new();
        for (at, shown) in run.shown.iter().enumerate() {
            let judged = match at % 3 {
                1 => oracle.recovered(&shown.records),
                _ => run.judge(&mut oracle, shown),
            };
            assert_eq!(judged, Ok(()), "seed {seed}, batch {at}");
        }
        assert_eq!(run.compare(&oracle), Ok(()), "seed {seed}");
    }
}

/// The records behind `last`.
fn behind(mut records: &[u8], last: u64) -> &[u8] {
    while let Ok((record, rest)) = Record::split(records) {
        if record.sequence.get() > last {
            break;
        }
        records = rest;
    }
    records
}

/// A crash between two batches that one answer spans: its records stay, the answer never comes.
/// Whoever reads the journal again shows them once more, or only what comes after them.
#[test]
fn records_that_wait_for_an_answer_are_taken_in_after_a_crash() {
    let run = Run::with_batches(3_000, swarm(3_000), 12_000, u32::MAX);
    for shows_again in [false, true] {
        let mut oracle = Oracle::new();
        let mut shown = run.shown.iter();
        let waits = |oracle: &mut Oracle, one| {
            assert_eq!(run.judge(oracle, one), Ok(()));
            !oracle.is_settled()
        };
        let before = shown.find(|one| waits(&mut oracle, one)).expect("an answer spans batches");
        let next = shown.next().expect("it ends");
        let waiting = behind(&before.records, oracle.last_sequence());
        let waiting = if shows_again { waiting } else { &[] };
        assert_eq!(oracle.recovered(&[waiting, &next.records].concat()), Ok(()));
        assert!(oracle.is_settled() && behind(&next.records, oracle.last_sequence()).is_empty());
    }
}
