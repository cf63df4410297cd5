//! Every bound, met: queues, connections, time, unread answers, requests in flight.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use gantry_model::{Query, ReplyBody};
use gantry_protocol::{Busy, ErrorCode, FRAME_HEADER_BYTES, FrameKind, REPLY_PAYLOAD_BYTES_MAX};

use crate::harness::{PATIENCE, TestServer, long_order, order};
use crate::wire::{OwnedFrame, Wire, frame_of, queries_of};

const ORDERS_PER_FRAME: u128 = 32;

fn long_frame(request: u64) -> Vec<u8> {
    let first = u128::from(request) * ORDERS_PER_FRAME;
    let orders: Vec<_> = (first..first + ORDERS_PER_FRAME).map(long_order).collect();
    frame_of(FrameKind::Commands, request, &orders)
}

/// Sends every request until it is answered with replies; returns how often it was told busy.
fn insist(wire: &mut Wire, requests: std::ops::Range<u64>) -> u64 {
    let mut open: BTreeSet<u64> = requests.clone().collect();
    for request in requests {
        wire.send(&long_frame(request));
    }
    let mut busy_count = 0;
    while !open.is_empty() {
        let frame = wire.next().expect("the server goes on");
        match frame.kind {
            FrameKind::Replies => {
                assert!(open.remove(&frame.request), "{} was answered twice", frame.request);
                let count = u128::try_from(frame.statuses().len()).unwrap();
                assert_eq!(count, ORDERS_PER_FRAME);
            }
            FrameKind::Busy => {
                busy_count += 1;
                let hint = Busy::parse(&frame.payload).unwrap().retry_after_us;
                assert_eq!(hint, 3_000);
                thread::sleep(Duration::from_micros(hint.into()));
                wire.send(&long_frame(frame.request));
            }
            other => panic!("{other:?}"),
        }
    }
    busy_count
}

/// Long orders fill both batches while each sync takes its time, so the engine stops draining and
/// the queue of one is soon full.
#[test]
fn a_full_queue_says_busy_and_every_order_lands_once() {
    let test = TestServer::start_with(
        |options| {
            options.ingress_commands_max = 1;
            options.batches = 2;
            options.busy_retry_after = Duration::from_millis(3);
        },
        Some(Duration::from_millis(20)),
    );
    test.furnish();
    let busy: u64 = thread::scope(|scope| {
        let clients: Vec<_> = (0..4_u64)
            .map(|client| {
                let mut wire = test.connect();
                scope.spawn(move || insist(&mut wire, client * 20 + 1..client * 20 + 21))
            })
            .collect();
        clients.into_iter().map(|client| client.join().unwrap()).sum()
    });
    assert!(busy > 0, "the queue was never full");
    assert_eq!(test.server.stats().requests_busy, busy);
    assert_eq!(orders_of(&test), 80 * 32);
}

fn orders_of(test: &TestServer) -> u64 {
    let mut wire = test.connect();
    wire.send_queries(1, &[Query::ReadTotals]);
    let frame = wire.next().unwrap();
    let (item, _) = gantry_model::Item::split(&frame.payload, frame.payload.len()).unwrap();
    let reply = gantry_model::Reply::parse(&item).unwrap();
    let ReplyBody::Totals(totals) = reply.body else { panic!("{reply:?}") };
    totals.orders.get()
}

#[test]
fn one_connection_too_many_is_told_so() {
    let test = TestServer::start_with(|options| options.connections_max = 2, None);
    let (first, mut second) = (test.connect(), test.connect());
    let mut third = Wire::silent(test.address());
    assert_eq!(third.next().unwrap().error(), Some(ErrorCode::TooManyConnections));
    assert!(third.next().is_none());
    assert!(!second.knows_order(1, 1), "the others go on");
    drop(first);
    test.wait_for("room for another", |stats| stats.connections_open == 1);
    let mut fourth = test.connect();
    assert!(!fourth.knows_order(1, 1));
    assert_eq!(test.server.stats().connections_refused, 1);
}

const IDLE: Duration = Duration::from_millis(300);

fn assert_idle(frame: Option<OwnedFrame>, since: Instant) {
    assert_eq!(frame.unwrap().error(), Some(ErrorCode::IdleTimeout));
    assert!(since.elapsed() >= IDLE, "not before its time");
}

#[test]
fn who_sends_nothing_is_closed() {
    let test = TestServer::start_with(|options| options.idle_timeout = IDLE, None);
    let started = Instant::now();
    let mut silent = Wire::silent(test.address());
    assert_idle(silent.next(), started);
    assert!(silent.next().is_none());
    let started = Instant::now();
    let mut greeted = test.connect();
    assert_idle(greeted.next(), started);
    assert_eq!(test.server.stats().connections_idle, 2);
}

#[test]
fn who_dribbles_a_frame_is_closed_although_bytes_come() {
    let test = TestServer::start_with(|options| options.idle_timeout = IDLE, None);
    test.furnish();
    let mut dribbler = test.connect();
    let started = Instant::now();
    let frame = frame_of(FrameKind::Commands, 1, &[order(1, 1)]);
    // Stops one byte before the end, so that the frame is never whole.
    let mut bytes = frame[..frame.len() - 1].iter();
    let mut bystander = test.connect();
    let mut request = 0;
    while test.server.stats().connections_idle == 0 {
        assert!(started.elapsed() < PATIENCE, "the dribbler was never closed");
        request += 1;
        assert!(!bystander.knows_order(request, 1), "the bystander is served");
        if let Some(byte) = bytes.next() {
            // The server may have closed between the look and the write.
            let _ = dribbler.try_send(&[*byte]);
        }
        thread::sleep(Duration::from_millis(5));
    }
    assert_idle(dribbler.next(), started);
}

#[test]
fn who_never_reads_is_closed_and_others_are_served() {
    let test = TestServer::start_with(
        |options| {
            options.idle_timeout = Duration::from_millis(200);
            options.outbound_bytes_max = REPLY_PAYLOAD_BYTES_MAX + FRAME_HEADER_BYTES;
        },
        None,
    );
    let mut deaf = test.connect();
    let queries = [Query::ReadTotals; 1_024];
    let started = Instant::now();
    let mut request = 0;
    // Until the server reads no more, or has closed.
    deaf.try_send_until_stuck(|| {
        request += 1;
        queries_of(request, &queries)
    });
    while test.server.stats().connections_slow == 0 {
        assert!(started.elapsed() < PATIENCE, "the deaf client was never closed");
        let mut bystander = test.connect();
        assert!(!bystander.knows_order(1, 1), "the bystander is served");
    }
}

/// With two requests in flight at most, no batch holds more than two records.
#[test]
fn requests_in_flight_are_bounded_by_reading_no_further() {
    let test = TestServer::start_with(
        |options| options.requests_in_flight_max = 2,
        Some(Duration::from_millis(5)),
    );
    test.furnish();
    let before = test.server.stats().journal_frames;
    let mut wire = test.connect();
    let frames: Vec<u8> = (1..=20)
        .flat_map(|request| frame_of(FrameKind::Commands, request, &[order(request.into(), 1)]))
        .collect();
    wire.send(&frames);
    for request in 1..=20 {
        assert_eq!(wire.next_replies(request).accepted, 1);
    }
    let journal_frames = test.server.stats().journal_frames - before;
    assert!(journal_frames >= 10, "{journal_frames} frames held 20 records");
}
