//! Orders that nobody looks at because units of theirs were rejected too often, and what is kept for
//! orders that wait complete where they are barred.

use super::rejected::shop;
use crate::snapshots::out_and_in;

#[test]
fn after_five_rejections_nobody_looks_at_the_order_until_its_priority_is_said_again() {
    let mut shop = shop();
    shop.script(
        "receive A N 2 => accepted 2/2
         receive A O 2 => accepted 2/2
         place 1 1 backorder A:2 => accepted open parcels=1 cost=5 0@N:2
         reject 1 refused 0 0@N:2 => accepted open parcels=1 cost=5 0@O:2
         reject 1 refused 0 0@O:2 => accepted open parcels=1 cost=5 0@N:2
         reject 1 refused 0 0@N:2 => accepted open parcels=1 cost=5 0@O:2
         reject 1 refused 0 0@O:2 => accepted open parcels=1 cost=5 0@N:2
         reject 1 refused 0 0@N:2 => accepted open parcels=1 cost=5 0@O:2",
    );
    let placed = gantry_model::Sequence::new(15);
    let row = shop.engine.state().rejected.row(placed).unwrap();
    assert_eq!((row.rejections, row.bars.len()), (5, 2));
    assert!(!shop.engine.state().rejected.is_stuck(placed), "it was sourced each time");
    shop.script(
        "reject 1 refused 0 0@O:2 => accepted open parcels=1 cost=5 0:2waiting
         book A => accepted 2+2 due 1/0:2
         match
         book A => accepted 2+0 1/0:2
         place 2 1 backorder A:5 => accepted open parcels=2 cost=12 0@N:2 0@O:2 0:1waiting
         receive A N 2 => accepted 0/4
         match
         show 1 => accepted open parcels=1 cost=5 0:2waiting
         show 2 => accepted open parcels=2 cost=12 0@N:3 0@O:2
         stock A => accepted N:1/4 O:0/2",
    );
    assert!(shop.engine.state().rejected.is_stuck(placed));
    assert!(out_and_in(&shop.engine).state().rejected.is_stuck(placed), "a restart frees nobody");
    shop.script(
        "again A
         match
         book A => accepted 2+0 1/0:2
         priority 1 0 => accepted open parcels=1 cost=5 0:2waiting
         book A => accepted 2+0 due 1/0:2
         match
         show 1 => accepted open parcels=1 cost=5 0@N:1 0:1waiting",
    );
    let row = shop.engine.state().rejected.row(placed).unwrap();
    assert_eq!((row.rejections, row.bars.len()), (0, 2));
}

#[test]
fn a_stuck_order_keeps_nothing_from_those_behind_it() {
    let mut shop = shop();
    shop.script(
        "receive A N 2 => accepted 2/2
         receive A O 2 => accepted 2/2
         place 1 1 wait_complete A:2 => accepted open parcels=1 cost=5 0@N:2
         reject 1 refused 0 0@N:2 => accepted open parcels=1 cost=5 0@O:2
         reject 1 refused 0 0@O:2 => accepted open parcels=1 cost=5 0@N:2
         reject 1 refused 0 0@N:2 => accepted open parcels=1 cost=5 0@O:2
         reject 1 not_found 0 0@O:1 => accepted open parcels=1 cost=5 0@N:1 0@O:1
         reject 1 not_found 0 0@O:1 => accepted open parcels=1 cost=5 0@N:2
         reject 1 not_found 0 0@N:1 => accepted open parcels=1 cost=5 0@N:1 0:1waiting
         place 2 1 backorder A:1 => accepted open parcels=0 cost=0 0:1waiting
         receive A N 1 => accepted 0/3
         match
         show 2 => accepted open parcels=0 cost=0 0@N:1
         priority 1 0 => accepted open parcels=1 cost=5 0@N:1 0:1waiting
         match
         place 3 1 backorder A:1 => accepted open parcels=0 cost=0 0:1waiting
         receive A N 1 => accepted 0/4
         match
         show 1 => accepted open parcels=1 cost=5 0@N:2",
    );
}

#[test]
fn what_is_kept_for_a_whole_order_is_not_kept_where_it_is_barred() {
    let mut shop = shop();
    shop.script(
        "receive B N 1 => accepted 1/1
         place 1 1 wait_complete B:1 => accepted open parcels=1 cost=5 0@N:1
         reject 1 not_found 60 0@N:1 => accepted open parcels=1 cost=5 0:1waiting
         receive B N 1 => accepted 0/2
         match
         book B => accepted 1+0 1/0:1
         stock B => accepted N:1/2
         receive B O 1 => accepted 0/1
         match
         show 1 => accepted open parcels=1 cost=5 0@O:1",
    );
}

#[test]
fn what_was_kept_for_a_whole_order_goes_where_the_warehouse_rejects_it() {
    let mut shop = shop();
    shop.script(
        "receive A N 2 => accepted 2/2
         receive B N 1 => accepted 1/1
         place 1 1 wait_complete B:1,A:1 => accepted open parcels=1 cost=5 0@N:1 1@N:1
         reject 1 not_found 0 0@N:1 => accepted open parcels=1 cost=5 1@N:1 0:1waiting
         reject 1 refused 0 1@N:1 => accepted open parcels=1 cost=5 0:1waiting 1:1waiting
         match
         book A => accepted 1+1 1/1:1
         stock A => accepted N:1/2
         receive A O 1 => accepted 1/1
         match
         ship 1 0@O:1 => exceeds_open 1:0
         book A => accepted 1+1 1/1:1",
    );
}
