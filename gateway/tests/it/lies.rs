//! The lie detector: on a storage whose every sync takes 50 ms longer, nothing that tells of a
//! fresh effect may be heard earlier.
//!
//! The moments are compared with "not earlier than" only, so a slow machine cannot fail this test.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use gantry_model::{OrderId, Query, ReplyStatus};
use gantry_protocol::FrameKind;

use crate::harness::{TestServer, UNITS, order};
use crate::wire::{Wire, frame_of, queries_of, tally};

const SYNC_DELAY: Duration = Duration::from_millis(50);
const CLIENTS: u64 = 8;
const ROUNDS: u64 = 15;

/// When each order was first sent, whoever sent it.
#[derive(Default)]
struct Moments {
    sent: Mutex<HashMap<u128, Instant>>,
    mutations: AtomicU64,
    rejections: AtomicU64,
    duplicates: AtomicU64,
    reads: AtomicU64,
    /// Reads that were asked while their order had no answer yet, and still saw it.
    fresh_reads: AtomicU64,
}

impl Moments {
    fn note_sent(&self, order: u128) {
        self.sent.lock().unwrap().entry(order).or_insert_with(Instant::now);
    }

    /// An answer tells of `order`: its sync cannot have begun before it was sent.
    fn check_told(&self, order: u128, heard: Instant, what: &str) {
        let sent = self.sent.lock().unwrap()[&order];
        let waited = heard - sent;
        assert!(waited >= SYNC_DELAY, "{what} of order {order} was told after {waited:?}");
    }
}

/// Places a good and a hopeless order in one read, repeats both on a second connection, and reads
/// the good one on a third, all before the first answer.
fn tempt(address: SocketAddr, client: u64, moments: &Moments) {
    let (mut first, mut second, mut third) =
        (Wire::greeted(address), Wire::greeted(address), Wire::greeted(address));
    for round in 0..ROUNDS {
        let good = u128::from(client * 1_000 + round * 2 + 10_000);
        let hopeless = good + 1;
        moments.note_sent(good);
        moments.note_sent(hopeless);
        let both = [order(good, 1), order(hopeless, UNITS)];
        first.send(&frame_of(FrameKind::Commands, 1, &both));
        second.send(&frame_of(FrameKind::Commands, 2, &both));
        third.send(&queries_of(3, &[Query::ReadOrder(OrderId::new(good))]));
        let read = third.next().unwrap();
        let heard = Instant::now();
        if tally(&read).answered == 1 {
            moments.check_told(good, heard, "a read");
            moments.reads.fetch_add(1, Ordering::Relaxed);
            moments.fresh_reads.fetch_add(1, Ordering::Relaxed);
        }
        for wire in [&mut second, &mut first] {
            let frame = wire.next().unwrap();
            let heard = Instant::now();
            for ((status, _), order) in frame.statuses().into_iter().zip([good, hopeless]) {
                moments.check_told(order, heard, status.name());
                let counter = match status {
                    ReplyStatus::Accepted => &moments.mutations,
                    ReplyStatus::Rejected => &moments.rejections,
                    ReplyStatus::Duplicate => &moments.duplicates,
                    other => panic!("{other:?}"),
                };
                counter.fetch_add(1, Ordering::Relaxed);
            }
        }
        assert!(third.knows_order(4, good));
        moments.reads.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn nothing_fresh_is_told_before_it_is_synced() {
    let test = TestServer::start_with(|_| {}, Some(SYNC_DELAY));
    test.furnish();
    let moments = Moments::default();
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (address, moments) = (test.address(), &moments);
            scope.spawn(move || tempt(address, client, moments));
        }
    });
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    assert_eq!(count(&moments.mutations), CLIENTS * ROUNDS);
    assert!(count(&moments.rejections) >= CLIENTS * ROUNDS);
    assert!(count(&moments.duplicates) >= CLIENTS * ROUNDS);
    assert!(count(&moments.reads) >= CLIENTS * ROUNDS);
    // Without these the test could not catch a read that leaves early.
    assert!(count(&moments.fresh_reads) > 0, "no read met an order that was not synced");
}
