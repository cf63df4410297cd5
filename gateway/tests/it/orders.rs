//! Orders from end to end: through the client for applications, and over restarts.

use gantry_client::{Client, ClientOptions};
use gantry_gateway::ServerOptions;
use gantry_journal::WritePath;
use gantry_model::{
    Actor, Command, OrderId, OrderLine, Query, ReplyBody, ReplyStatus, ShortMode, Sku,
};
use gantry_protocol::FrameKind;

use crate::harness::{TestServer, UNITS, long_order, order, order_of, start_on};
use crate::wire::{Tally, Wire, frame_of};

const ORDERS: u128 = 300;

fn state_survives_a_restart_on(write_path: WritePath) {
    let choose = |options: &mut ServerOptions| options.journal.write_path = write_path;
    let first = TestServer::start_with(choose, None);
    first.furnish();
    let mut wire = first.connect();
    for id in 1..=ORDERS {
        wire.send_commands(u64::try_from(id).unwrap(), &[order(id, 2)]);
    }
    for id in 1..=ORDERS {
        assert_eq!(wire.next_replies(u64::try_from(id).unwrap()).accepted, 1);
    }
    drop(wire);
    let (folder, report) = first.stop();

    let server = start_on(folder.path(), choose, None).unwrap();
    let opened = server.opened();
    assert!(opened.recovery.clean_stop);
    assert_eq!(opened.state_hash, report.state_hash);
    assert_eq!(opened.recovery.last_sequence, report.last_sequence);
    assert_eq!(opened.records_replayed, report.last_sequence);
    let second = TestServer { folder, server };
    let mut wire = second.connect();
    wire.send_commands(1, &[order(1, 2), order(ORDERS + 1, UNITS), order(ORDERS + 2, 1)]);
    let expected = Tally { accepted: 1, rejected: 1, duplicate: 1, ..Tally::default() };
    assert_eq!(wire.next_replies(1), expected);
}

#[test]
fn state_survives_a_restart_on_the_mapped_write_path() {
    state_survives_a_restart_on(WritePath::Mapped);
}

#[test]
fn state_survives_a_restart_on_the_direct_write_path() {
    state_survives_a_restart_on(WritePath::Direct);
}

#[test]
fn the_client_for_applications_places_and_reads_orders() {
    let test = TestServer::start();
    test.furnish();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let options = ClientOptions::new(Actor::CLIENT_MIN);
        let client = Client::connect(test.address(), options).await.unwrap();
        let mut pending = Vec::new();
        for id in 1..=ORDERS {
            let lines = [OrderLine::new(Sku::new(0), 3)];
            let order = order_of(id, &lines, ShortMode::ShipComplete);
            pending.push(client.submit(&Command::PlaceOrder(order)).await.unwrap());
        }
        for reply in pending {
            assert_eq!(reply.await.unwrap().reply().status, ReplyStatus::Accepted);
        }
        let read = client.query(&Query::ReadOrder(OrderId::new(7))).await.unwrap();
        let ReplyBody::OrderDetail { order, .. } = read.reply().body else { panic!("{read:?}") };
        assert_eq!(order.lines[0].allocated.get(), 3);
        client.close().await;
    });
}

#[test]
fn commands_of_one_connection_are_answered_in_order() {
    let test = TestServer::start();
    test.furnish();
    let mut wire = test.connect();
    let frames: Vec<u8> = (1..=500)
        .flat_map(|request| frame_of(FrameKind::Commands, request, &[order(request.into(), 1)]))
        .collect();
    wire.send(&frames);
    let mut last = None;
    for request in 1..=500 {
        let frame = wire.next().unwrap();
        assert_eq!(frame.request, request);
        let (status, sequence) = frame.statuses()[0];
        assert_eq!(status, ReplyStatus::Accepted);
        assert!(Some(sequence) > last, "{sequence} after {last:?}");
        last = Some(sequence);
    }
}

#[test]
fn a_query_sees_the_commands_that_were_answered_before_it() {
    let test = TestServer::start();
    test.furnish();
    let (mut writer, mut reader) = (test.connect(), test.connect());
    for id in 1..=100_u64 {
        writer.send_commands(id, &[order(id.into(), 1)]);
        assert_eq!(writer.next_replies(id).accepted, 1);
        assert!(reader.knows_order(id, id.into()), "order {id}");
    }
}

#[test]
fn after_its_last_request_a_client_may_close_its_side_and_still_read() {
    let test = TestServer::start();
    test.furnish();
    let mut wire = test.connect();
    for request in 1..=20 {
        wire.send_commands(request, &[order(request.into(), 1)]);
    }
    wire.stop_sending();
    for request in 1..=20 {
        assert_eq!(wire.next_replies(request).accepted, 1);
    }
    assert!(wire.next().is_none());
}

/// 1,024 orders of 128 lines do not fit one answer: it ends early, with whole replies, and whoever
/// misses some asks again.
#[test]
fn an_answer_that_would_outgrow_a_frame_ends_early() {
    let test = TestServer::start();
    test.furnish();
    let mut wire = test.connect();
    wire.send_commands(1, &[long_order(1)]);
    assert_eq!(wire.next_replies(1).accepted, 1);
    let queries = [Query::ReadOrder(OrderId::new(1)); 1_024];
    wire.send_queries(2, &queries);
    let answered = wire.next_replies(2).answered;
    assert!((800..1_024).contains(&answered), "{answered} replies");
    let mut another: Wire = test.connect();
    another.send_queries(3, &queries[answered..]);
    assert_eq!(another.next_replies(3).answered, 1_024 - answered);
}
