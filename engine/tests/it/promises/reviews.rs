//! Promises that are made anew: because more or less is expected, or later, or in vain.

use gantry_engine::{Batch, Writer};
use gantry_model::EngineTime;

use super::{last, shop};

#[test]
fn what_is_expected_later_breaks_a_promise_and_dates_are_never_brought_forward() {
    let mut shop = shop();
    shop.script(
        "expect 1 A N 5 60
         place 2 1 backorder A:3 => accepted open parcels=0 cost=0 0:3waiting 0@60
         change 1 5 80 => accepted A@N:0/5 at=80s promised=3 lines=1
         supply 1 => accepted A@N:0/5 at=80s promised=3 lines=1 2/0:3@60
         review",
    );
    assert_eq!(
        last(&shop),
        "0 goes_on, unpromised 16/0:3 of 15, promised 16/0:3 of 15, promise_broken 16/0:3",
    );
    shop.script("review");
    assert_eq!(last(&shop), "0 over");
    let before = shop.engine.last_sequence();
    shop.script(
        "review
         show 2 => accepted open parcels=0 cost=0 0:3waiting 0@80",
    );
    assert_eq!(shop.engine.last_sequence(), before);
    shop.script(
        "change 1 5 40 => accepted A@N:0/5 at=40s promised=3 lines=1
         rest
         show 2 => accepted open parcels=0 cost=0 0:3waiting 0@80
         place 3 1 backorder A:2 => accepted open parcels=0 cost=0 0:2waiting 0@40
         book A => accepted 5+0 3/0:2@40 2/0:3@80",
    );
}

#[test]
fn what_is_expected_less_is_taken_from_the_last_who_was_promised_it() {
    let mut shop = shop();
    shop.script(
        "expect 1 A N 10 60
         place 2 1 backorder A:3 => accepted open parcels=0 cost=0 0:3waiting 0@60
         place 3 1 backorder A:3 => accepted open parcels=0 cost=0 0:3waiting 0@60
         place 4 1 backorder A:4 => accepted open parcels=0 cost=0 0:4waiting 0@60
         change 1 5 60 => accepted A@N:0/5 at=60s promised=10 lines=3
         review",
    );
    // Two of five are left: they are for the first whom they cover, which is nobody.
    assert_eq!(
        last(&shop),
        "0 goes_on, unpromised 17/0:3 of 15, unpromised 18/0:4 of 15, \
         promise_broken 17/0:3, promise_broken 18/0:4",
    );
    shop.script(
        "rest
         supply 1 => accepted A@N:0/5 at=60s promised=3 lines=1 2/0:3@60
         expect 5 A N 5 70
         rest
         show 3 => accepted open parcels=0 cost=0 0:3waiting 0@70
         show 4 => accepted open parcels=0 cost=0 0:4waiting 0@70",
    );
}

#[test]
fn another_supply_keeps_a_promise_that_one_cannot() {
    let mut shop = shop();
    shop.script(
        "expect 1 A N 3 60
         place 2 1 backorder A:3 => accepted open parcels=0 cost=0 0:3waiting 0@60
         expect 3 A O 9 50
         rest
         change 1 0 60 => accepted closed of 15
         supplies A => accepted 0/9 due 3:0/9
         review",
    );
    // In time: the date stays, and nothing is broken.
    assert_eq!(last(&shop), "0 goes_on, unpromised 16/0:3 of 15, promised 16/0:3 of 17");
    shop.script(
        "show 2 => accepted open parcels=0 cost=0 0:3waiting 0@60
         supply 3 => accepted A@O:0/9 at=50s promised=3 lines=1 2/0:3@60
         supply 1 => accepted closed of 15
         rest
         supplies A => accepted 3/9 3:0/9",
    );
}

#[test]
fn a_promise_whose_second_has_come_is_broken_though_nobody_asks() {
    let mut shop = shop();
    shop.script(
        "expect 1 A N 5 60
         expect 2 A N 8 90
         place 3 1 backorder A:3 => accepted open parcels=0 cost=0 0:3waiting 0@60
         place 4 1 backorder A:7 => accepted open parcels=0 cost=0 0:7waiting 0@90",
    );
    let second = EngineTime::new(60_000_000_000);
    let before = EngineTime::new(second.get() - 1);
    assert!(!shop.engine.review_promises(before, &mut shop.records));
    assert!(shop.engine.state().next_review(before).is_none());
    assert_eq!(shop.engine.state().promises.first_date().unwrap().begins(), second);
    assert!(shop.engine.review_promises(second, &mut shop.records));
    // What was promised of both supplies to the second order stays with it.
    assert_eq!(
        last(&shop),
        "0 goes_on, unpromised 17/0:3 of 15, promised 17/0:3 of 16, promise_broken 17/0:3",
    );
    shop.script(
        "rest
         show 3 => accepted open parcels=0 cost=0 0:3waiting 0@90
         show 4 => accepted open parcels=0 cost=0 0:7waiting 0@90
         supply 1 => accepted A@N:0/5 at=60s promised=2 lines=1 4/0:2@90",
    );
    // The next is in vain: nothing else is expected.
    assert!(shop.engine.review_promises(EngineTime::new(90_000_000_000), &mut shop.records));
    assert_eq!(
        last(&shop),
        "0 goes_on, unpromised 17/0:3 of 16, unpromised 18/0:2 of 15, unpromised 18/0:5 of 16, \
         promise_broken 17/0:3, promise_broken 18/0:7",
    );
    shop.script(
        "rest
         supplies A => accepted 0/13 1:0/5 2:0/8
         arrive 1 5 => accepted closed of 15
         rest
         book A => accepted 5+0 4/0:5",
    );
}

#[test]
fn what_a_line_waits_for_no_longer_is_for_others_what_comes_first_of_it_first() {
    let mut shop = shop();
    shop.script(
        "expect 1 A N 3 50
         expect 2 A N 3 60
         place 3 1 backorder A:5 => accepted open parcels=0 cost=0 0:5waiting 0@60
         place 4 1 backorder A:3 => accepted open parcels=0 cost=0 0:3waiting
         rest
         cancel 3 0:4 => accepted open parcels=0 cost=0 0:1waiting 0:4cancelled 0@60
         supply 1 => accepted A@N:0/3 at=50s promised=0 lines=0
         supply 2 => accepted A@N:0/3 at=60s promised=1 lines=1 3/0:1@60
         supplies A => accepted 1/6 due 1:0/3 2:0/3
         review",
    );
    assert_eq!(last(&shop), "0 over, promised 18/0:3 of 15");
    shop.script(
        "show 4 => accepted open parcels=0 cost=0 0:3waiting 0@50
         cancel 3 => accepted cancelled parcels=0 cost=0 0:5cancelled
         rest
         supplies A => accepted 3/6 1:0/3 2:0/3",
    );
}

#[test]
fn under_review_nobody_slips_in() {
    let mut shop = shop();
    shop.script(
        "place 1 1 backorder A:3 => accepted open parcels=0 cost=0 0:3waiting
         expect 2 A N 3 60
         place 3 1 backorder A:1 => accepted open parcels=0 cost=0 0:1waiting
         quote 1 backorder A:1 => accepted open parcels=0 cost=0 0:1waiting
         review",
    );
    assert_eq!(last(&shop), "0 over, promised 15/0:3 of 16");
    shop.script(
        "expect 4 A N 1 70
         review
         book A => accepted 4+0 1/0:3@60 3/0:1@70",
    );
}

#[test]
fn a_review_looks_at_64_lines_a_record_and_again_at_those_that_come_before() {
    let mut shop = shop();
    for order in 1..=70 {
        shop.run(&format!("place {order} 1 backorder A:2 class=1"));
    }
    shop.script(
        "expect 100 A O 3 60
         expect 101 A N 200 70
         review",
    );
    assert_eq!(last(&shop).matches("promised").count(), 65, "the second of two supplies");
    assert!(last(&shop).starts_with("0 goes_on"));
    shop.script("place 102 1 backorder A:1 => accepted open parcels=0 cost=0 0:1waiting");
    shop.script("review");
    // The new order stands before the place that the review had come to: it begins anew.
    assert!(last(&shop).contains("promised 88/0:1 of"), "{}", last(&shop));
    assert!(last(&shop).starts_with("0 over"), "{}", last(&shop));
    assert_eq!(shop.engine.state().promises.len(), 71);
    // All of them cannot be kept: 64 at a time, in the order of the book.
    shop.script(
        "change 100 0 60
         change 101 0 60
         review",
    );
    let words = last(&shop);
    let lines = words.matches("promise_broken").count();
    assert_eq!(lines, 64, "{words}");
    shop.script("review");
    assert_eq!(last(&shop).matches("promise_broken").count(), 7);
    shop.script("review");
    assert_eq!(last(&shop), "0 over");
    assert!(shop.engine.state().supplies.is_empty() && shop.engine.state().promises.is_empty());
}

#[test]
fn a_sku_that_is_due_is_matched_first() {
    let mut shop = shop();
    shop.script(
        "place 1 1 backorder A:3,B:1 => accepted open parcels=0 cost=0 0:3waiting 1:1waiting
         expect 2 A N 3 60
         expect 3 B N 3 60
         again A
         review",
    );
    assert_eq!(last(&shop), "1 over, promised 15/1:1 of 17");
    let before = shop.engine.last_sequence();
    shop.script("review");
    assert_eq!(shop.engine.last_sequence(), before);
    shop.script(
        "match
         review",
    );
    assert_eq!(last(&shop), "0 over, promised 15/0:3 of 16");
    let mut other = super::shop();
    other.script(
        "place 1 1 backorder A:3,B:1 => accepted open parcels=0 cost=0 0:3waiting 1:1waiting
         expect 3 B N 3 60
         again A",
    );
    let (mut writer, mut batch) = (Writer::new(other.engine), Batch::new());
    let now = EngineTime::new(1_000_000_000);
    assert!(!writer.review_promises(&mut batch, now), "what is due comes first");
    assert!(writer.match_waiting(&mut batch, now));
    assert!(writer.review_promises(&mut batch, now));
    assert!(!writer.review_promises(&mut batch, now));
}

#[test]
fn units_are_kept_for_who_is_first_now() {
    let mut shop = shop();
    // What came in is kept for the first who waits complete; then another is promised a date.
    shop.script(
        "place 1 1 wait_complete A:2,B:1 => accepted open parcels=0 cost=0 0:2waiting 1:1waiting
         place 2 1 backorder A:1 => accepted open parcels=0 cost=0 0:1waiting
         rest
         receive A N 1 => accepted 0/1
         rest
         book A => accepted 3+1 1/0:2 2/0:1
         expect 3 A N 1 60
         review",
    );
    assert_eq!(last(&shop), "0 over, promised 16/0:1 of 21, due 0");
    shop.script(
        "book A => accepted 3+1 due 2/0:1@60 1/0:2
         rest
         show 2 => accepted open parcels=0 cost=0 0@N:1",
    );
}

#[test]
fn what_comes_in_early_serves_a_promise_and_makes_a_review() {
    let mut shop = shop();
    shop.script(
        "expect 1 A N 5 60
         place 2 1 backorder A:5 => accepted open parcels=0 cost=0 0:5waiting 0@60
         place 3 1 backorder A:3 => accepted open parcels=0 cost=0 0:3waiting
         rest
         receive A O 3 => accepted 0/3
         match
         supply 1 => accepted A@N:0/5 at=60s promised=2 lines=1 2/0:2@60
         show 2 => accepted open parcels=0 cost=0 0@O:3 0:2waiting 0@60
         supplies A => accepted 2/5 due 1:0/5
         rest
         show 3 => accepted open parcels=0 cost=0 0:3waiting 0@60",
    );
}
