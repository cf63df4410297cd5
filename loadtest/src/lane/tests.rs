//! Tests of the books: times are given by hand, so every figure is exact.

use std::rc::Rc;

use gantry_model::{
    Command, OrderHead, OrderLineView, OrderStatus, ReplyHeader, ReplyStatus, ReplyWriter,
    Sequence, ShortMode, Zone,
};

use super::*;
use crate::args::Arrivals;
use crate::workload::{IdSource, Mix};

const MILLI: u64 = 1_000_000;

/// One order each millisecond from 0 on; everything up to `end_ms` is measured.
fn lane(orders_per_frame: usize, window_frames: usize, end_ms: u64) -> Lane {
    let pace = Pace::Open { rate: 1_000, arrivals: Arrivals::Constant };
    lane_of(Feed::new(pace, 0, 1, 1), orders_per_frame, window_frames, end_ms)
}

fn lane_of(feed: Feed, orders_per_frame: usize, window_frames: usize, end_ms: u64) -> Lane {
    let mix = Mix::steady(&[1.0], &[0], vec![Zone::new(0)], 1.0, ShortMode::Backorder);
    let orders = OrderSource::new(Rc::new(mix), IdSource::new(1, 0), 1);
    let limits = LaneLimits { orders_per_frame, window_frames, orders_max: u64::MAX };
    Lane::new(feed, orders, limits, MeasuredWindow { start_ns: 0, end_ns: end_ms * MILLI })
}

/// Sends one frame at `now_ms` and returns its request, orders and bytes.
fn send(lane: &mut Lane, now_ms: u64) -> Option<(u64, u32, Vec<u8>)> {
    let outgoing = lane.next_frame(now_ms * MILLI)?;
    let sent = (outgoing.request, outgoing.order_count, outgoing.payload.clone());
    lane.sent(outgoing);
    Some(sent)
}

/// Every order accepted, 1 of its 2 units allocated, in so many parcels.
fn replies(order_count: u32, parcels: u16) -> Vec<u8> {
    let mut payload = Vec::new();
    let line = OrderLineView {
        sku: 0.into(),
        ordered: 2.into(),
        allocated: 1.into(),
        waiting: 1.into(),
        shipped: 0.into(),
        cancelled: 0.into(),
    };
    for _ in 0..order_count {
        let header = ReplyHeader::new(ReplyStatus::Accepted, 0, Sequence::new(1));
        ReplyWriter::begin(&mut payload, 0x0101, header)
            .put(&OrderHead::new(OrderStatus::Open, 5, parcels, 1, 0))
            .put(&line)
            .end();
    }
    payload
}

fn answer(lane: &mut Lane, request: u64, order_count: u32, now_ms: u64) -> Result<(), LaneError> {
    let payload = replies(order_count, 2);
    let frame =
        Frame { kind: FrameKind::Replies, request, item_count: order_count, payload: &payload };
    lane.receive(&frame, now_ms * MILLI)
}

fn refuse_busy(lane: &mut Lane, request: u64, retry_after_us: u32, now_ms: u64) {
    let mut payload = retry_after_us.to_le_bytes().to_vec();
    payload.extend([0; 4]);
    let frame = Frame { kind: FrameKind::Busy, request, item_count: 0, payload: &payload };
    lane.receive(&frame, now_ms * MILLI).unwrap();
}

fn latencies_ms(record: &Record) -> Vec<(u64, u64)> {
    let rows = record.latency.iter_recorded();
    rows.map(|row| (row.value_iterated_to() / MILLI, row.count_at_value())).collect()
}

#[test]
fn a_stall_is_charged_to_every_order_that_fell_due_meanwhile() {
    let mut lane = lane(1, 1, 200);
    // The first order's answer takes 100 ms; meanwhile 100 more fall due behind a window of one.
    let (request, ..) = send(&mut lane, 0).unwrap();
    assert!(!lane.has_work(100 * MILLI), "the window is full");
    answer(&mut lane, request, 1, 100).unwrap();
    for _ in 0..100 {
        let (request, ..) = send(&mut lane, 100).unwrap();
        answer(&mut lane, request, 1, 101).unwrap();
    }
    let record = lane.record();
    assert_eq!(record.latency.len(), 101);
    let slow = latencies_ms(record).iter().filter(|(ms, _)| *ms >= 50).map(|(_, n)| n).sum::<u64>();
    assert_eq!(slow, 52, "orders due at 0 to 51 ms waited 50 ms and more");
    assert_eq!(record.orders_sent_late, 0, "the window was the cause, not the generator");
}

#[test]
fn a_generator_that_oversleeps_says_so() {
    let mut lane = lane(64, 4, 200);
    let (_, order_count, _) = send(&mut lane, 10).unwrap();
    assert_eq!(order_count, 11);
    // Due at 0 to 8 ms: more than 1 ms late. At 9 and 10: not.
    assert_eq!((lane.record().orders_sent, lane.record().orders_sent_late), (11, 9));
}

#[test]
fn a_frame_holds_what_is_due_up_to_its_bound() {
    let mut lane = lane(4, 8, 200);
    assert_eq!(send(&mut lane, 9).unwrap().1, 4);
    assert_eq!(send(&mut lane, 9).unwrap().1, 4);
    assert_eq!(send(&mut lane, 9).unwrap().1, 2);
    assert!(send(&mut lane, 9).is_none(), "nothing more is due");
}

#[test]
fn busy_orders_go_again_with_the_same_bytes_and_their_first_intended_time() {
    let mut lane = lane(4, 2, 200);
    let (request, order_count, bytes) = send(&mut lane, 3).unwrap();
    refuse_busy(&mut lane, request, 20_000, 5);
    assert_eq!(
        send(&mut lane, 4 + 1).map(|sent| sent.1),
        Some(2),
        "the rest of the window goes on"
    );
    assert!(send(&mut lane, 24).is_none(), "not before the hint is over, and the window is full");
    let again = send(&mut lane, 25).unwrap();
    assert_eq!(again, (request, order_count, bytes));
    answer(&mut lane, request, order_count, 40).unwrap();
    let record = lane.record();
    assert_eq!(record.busy, 4);
    // Due at 0, 1, 2, 3 ms; answered at 40 ms.
    assert_eq!(record.latency.max() / MILLI, 40);
    assert_eq!(record.latency.len(), 4);
}

#[test]
fn an_answer_between_busy_and_the_new_try_is_noticed() {
    let mut lane = lane(1, 2, 200);
    let (request, ..) = send(&mut lane, 0).unwrap();
    refuse_busy(&mut lane, request, 1_000, 1);
    let error = answer(&mut lane, request, 1, 2).unwrap_err();
    assert!(matches!(error, LaneError::UnknownRequest { .. }), "{error}");
}

#[test]
fn answers_that_cannot_be_are_errors() {
    let mut lane = lane(4, 2, 200);
    let (request, ..) = send(&mut lane, 3).unwrap();
    let error = answer(&mut lane, request, 3, 4).unwrap_err();
    assert!(matches!(error, LaneError::ReplyCount { expected: 4, found: 3 }), "{error}");
    let error = answer(&mut lane, request + (1 << SLOT_BITS), 4, 4).unwrap_err();
    assert!(matches!(error, LaneError::UnknownRequest { .. }), "{error}");
    answer(&mut lane, request, 4, 4).unwrap();
    let error = answer(&mut lane, request, 4, 5).unwrap_err();
    assert!(matches!(error, LaneError::UnknownRequest { .. }), "answered twice: {error}");
}

#[test]
fn what_is_never_answered_is_charged_with_its_age() {
    let mut lane = lane(1, 1, 10);
    send(&mut lane, 0).unwrap();
    // Ten orders are due before 10 ms; one was sent, none answered.
    let record = lane.close(50 * MILLI);
    assert_eq!((record.orders_due, record.orders_sent, record.orders_unanswered), (10, 1, 10));
    assert_eq!(record.latency.len(), 10);
    assert_eq!((record.latency.max() / MILLI, record.latency.min() / MILLI), (50, 40));
}

#[test]
fn nothing_is_sent_after_the_window_and_nothing_answered_after_it_is_counted() {
    let mut lane = lane(64, 4, 10);
    let (request, order_count, _) = send(&mut lane, 30).unwrap();
    assert_eq!(order_count, 10, "orders due at 10 ms and later are not sent");
    assert!(send(&mut lane, 31).is_none());
    answer(&mut lane, request, order_count, 40).unwrap();
    assert_eq!(lane.record().orders, 0, "answered after the window");
    assert_eq!(lane.record().latency.len(), 10, "but due within");
}

#[test]
fn shares_come_from_the_answers() {
    let mut lane = lane(2, 4, 200);
    let (request, order_count, _) = send(&mut lane, 1).unwrap();
    answer(&mut lane, request, order_count, 2).unwrap();
    let record = lane.record();
    assert_eq!((record.accepted, record.accepted_split, record.lines), (2, 2, 2));
    assert_eq!((record.units_ordered, record.units_allocated), (4, 2));
}

#[test]
fn a_closed_loop_sends_whenever_there_is_room() {
    let mut lane = lane_of(Feed::Closed, 8, 2, 100);
    let (request, order_count, _) = send(&mut lane, 5).unwrap();
    assert_eq!(order_count, 8);
    send(&mut lane, 5).unwrap();
    assert!(send(&mut lane, 6).is_none());
    answer(&mut lane, request, 8, 7).unwrap();
    assert_eq!(lane.record().latency.max() / MILLI, 2);
    assert!(send(&mut lane, 7).is_some());
}

#[test]
fn every_order_sent_is_a_command_with_an_id_of_its_own() {
    let mut lane = lane(64, 4, 200);
    let (_, order_count, bytes) = send(&mut lane, 60).unwrap();
    let ids: std::collections::HashSet<_> = Items::new(&bytes, 4_096)
        .map(|item| Command::parse(&item.unwrap()).unwrap().id().unwrap().get())
        .collect();
    assert_eq!(ids.len(), order_count as usize);
}
