//! Items go out in batches, replies come back to whoever asked.

use std::time::Duration;

use gantry_client::{ClientError, ClientOptions};
use gantry_model::{Malformed, Query, ReplyBody, ReplyStatus};
use gantry_protocol::{ErrorCode, FrameKind, write_frame};

use crate::fake::{FakeServer, handle, one_by_one, options, submit_zone, zone};

#[tokio::test]
async fn every_caller_gets_its_own_reply() {
    let server = FakeServer::bind().await;
    let (client, mut peer) = server.client(options()).await;
    tokio::spawn(async move {
        while let Some(request) = peer.request_or_end().await {
            peer.answer(&request, ReplyStatus::Accepted).await;
        }
    });
    let callers: Vec<_> = (0..500)
        .map(|number| {
            let client = client.clone();
            tokio::spawn(async move { handle(&zone(&client, number).await.unwrap()) })
        })
        .collect();
    for (number, caller) in (0..500).zip(callers) {
        assert_eq!(caller.await.unwrap(), number);
    }
}

#[tokio::test]
async fn what_queues_while_a_request_is_in_flight_shares_one_frame() {
    let server = FakeServer::bind().await;
    let options = ClientOptions { in_flight_max: 1, frame_items_max: 10, ..options() };
    let (client, mut peer) = server.client(options).await;
    let first = submit_zone(&client, 0).await.unwrap();
    let first_request = peer.request().await;
    assert_eq!(first_request.item_count, 1);
    let mut pending = Vec::new();
    for number in 1..=12 {
        pending.push(submit_zone(&client, number).await.unwrap());
    }
    peer.answer(&first_request, ReplyStatus::Accepted).await;
    assert_eq!(handle(&first.await.unwrap()), 0);
    for item_count in [10, 2] {
        let request = peer.request().await;
        assert_eq!((request.item_count, request.items().len()), (item_count, item_count as usize));
        peer.answer(&request, ReplyStatus::Accepted).await;
    }
    for (number, reply) in (1..).zip(pending) {
        assert_eq!(handle(&reply.await.unwrap()), number);
    }
}

#[tokio::test]
async fn a_linger_gathers_items_into_one_frame() {
    let server = FakeServer::bind().await;
    let options = ClientOptions { linger_us: 3_600_000_000, frame_items_max: 3, ..options() };
    let (client, mut peer) = server.client(options).await;
    for number in 0..3 {
        drop(submit_zone(&client, number).await.unwrap());
        tokio::task::yield_now().await;
    }
    assert_eq!(peer.request().await.item_count, 3);
}

#[tokio::test]
async fn commands_and_queries_go_in_frames_of_their_own() {
    let server = FakeServer::bind().await;
    let (client, mut peer) = server.client(options()).await;
    let serve = async {
        let mut kinds = Vec::new();
        for _ in 0..2 {
            let request = peer.request().await;
            kinds.push(request.kind);
            let status = match request.kind {
                FrameKind::Queries => ReplyStatus::Answered,
                _ => ReplyStatus::Accepted,
            };
            peer.answer(&request, status).await;
        }
        kinds.sort();
        kinds
    };
    let (placed, totals, kinds) =
        tokio::join!(zone(&client, 5), client.query(&Query::ReadTotals), serve);
    assert_eq!(handle(&placed.unwrap()), 5);
    assert!(matches!(totals.unwrap().reply().body, ReplyBody::Totals(_)));
    assert_eq!(kinds, [FrameKind::Commands, FrameKind::Queries]);
}

#[tokio::test]
async fn answers_out_of_order_reach_their_callers_by_request_id() {
    let server = FakeServer::bind().await;
    let (client, mut peer) = server.client(one_by_one(2)).await;
    let first = submit_zone(&client, 1).await.unwrap();
    let second = submit_zone(&client, 2).await.unwrap();
    let requests = [peer.request().await, peer.request().await];
    for request in requests.iter().rev() {
        peer.answer(request, ReplyStatus::Accepted).await;
    }
    assert_eq!(handle(&second.await.unwrap()), 2);
    assert_eq!(handle(&first.await.unwrap()), 1);
}

#[tokio::test]
async fn the_servers_bounds_hold_over_the_options() {
    let mut server = FakeServer::bind().await;
    server.welcome.items_per_frame_max = 2;
    server.welcome.requests_in_flight_max = 1;
    let (client, mut peer) = server.client(options()).await;
    let mut pending = Vec::new();
    for number in 0..5 {
        pending.push(submit_zone(&client, number).await.unwrap());
    }
    let mut items = 0;
    while items < 5 {
        let request = peer.request().await;
        assert!(request.item_count <= 2, "{} items", request.item_count);
        items += request.item_count;
        peer.answer(&request, ReplyStatus::Accepted).await;
    }
    for reply in pending {
        reply.await.unwrap();
    }
}

#[tokio::test]
async fn an_item_that_fits_no_frame_fails_alone() {
    let mut server = FakeServer::bind().await;
    server.welcome.frame_payload_bytes_max = 16;
    let (client, mut peer) = server.client(options()).await;
    let error = zone(&client, 1).await.unwrap_err();
    let needs = ClientError::PayloadTooLong { payload_bytes: 40, payload_bytes_max: 16 };
    assert_eq!(error.to_string(), needs.to_string());
    let serve = async {
        let request = peer.request().await;
        peer.answer(&request, ReplyStatus::Answered).await;
    };
    let (totals, ()) = tokio::join!(client.query(&Query::ReadTotals), serve);
    totals.unwrap();
}

#[tokio::test]
async fn a_full_queue_makes_callers_wait_and_fails_none() {
    let server = FakeServer::bind().await;
    let options = ClientOptions { queue_items_max: 1, ..one_by_one(1) };
    let (client, mut peer) = server.client(options).await;
    // One in flight, one for the next frame, one in the channel.
    let mut pending = Vec::new();
    let mut number = 0;
    while let Ok(reply) =
        tokio::time::timeout(Duration::from_millis(200), submit_zone(&client, number)).await
    {
        pending.push(reply.unwrap());
        number += 1;
    }
    assert_eq!(number, 3);
    let serve = async {
        for _ in 0..4 {
            let request = peer.request().await;
            peer.answer(&request, ReplyStatus::Accepted).await;
        }
    };
    let (last, ()) = tokio::join!(zone(&client, number), serve);
    assert_eq!(handle(&last.unwrap()), 3);
}

#[tokio::test]
async fn an_error_about_one_request_fails_that_one_only() {
    let server = FakeServer::bind().await;
    let (client, mut peer) = server.client(one_by_one(2)).await;
    let refused = submit_zone(&client, 1).await.unwrap();
    let request = peer.request().await;
    peer.refuse(request.id, ErrorCode::TooManyItems).await;
    let error = refused.await.unwrap_err();
    assert!(matches!(error, ClientError::Refused { code: ErrorCode::TooManyItems, .. }));
    let (reply, ()) = tokio::join!(zone(&client, 2), async {
        let request = peer.request().await;
        peer.answer(&request, ReplyStatus::Accepted).await;
    });
    assert_eq!(handle(&reply.unwrap()), 2);
}

#[tokio::test]
async fn a_reply_of_a_later_schema_is_an_error_for_its_caller() {
    let server = FakeServer::bind().await;
    let (client, mut peer) = server.client(options()).await;
    let (reply, ()) = tokio::join!(zone(&client, 2), async {
        let request = peer.request().await;
        let item = [0x03, 0x04, 9, 0, 8, 0, 0, 0];
        let mut bytes = Vec::new();
        write_frame(&mut bytes, FrameKind::Replies, request.id, 1, &item);
        peer.send(&bytes).await;
    });
    let Err(ClientError::Reply(malformed)) = reply else { panic!("{reply:?}") };
    assert_eq!(malformed, Malformed::UnknownSchema { kind: 0x0403, schema: 9 });
}
