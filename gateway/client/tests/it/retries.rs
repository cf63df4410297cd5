//! What has no answer is sent again, byte for byte, within stated limits.

use std::time::{Duration, Instant};

use gantry_client::{ClientError, ClientOptions};
use gantry_model::ReplyStatus;
use gantry_protocol::{Busy, ErrorCode, FRAME_HEADER_BYTES};

use crate::fake::{FakeServer, Peer, Request, handle, one_by_one, options, submit_zone, zone};

async fn say_busy(peer: &mut Peer, request: &Request, retry_after_us: u32) {
    let mut bytes = Vec::new();
    Busy { retry_after_us }.write(request.id, &mut bytes);
    peer.send(&bytes).await;
}

#[tokio::test]
async fn busy_is_asked_again_after_its_hint_with_the_same_bytes() {
    let server = FakeServer::bind().await;
    let (client, mut peer) = server.client(options()).await;
    let (reply, ()) = tokio::join!(zone(&client, 4), async {
        let first = peer.request().await;
        let asked = Instant::now();
        say_busy(&mut peer, &first, 30_000).await;
        let second = peer.request().await;
        assert!(asked.elapsed() >= Duration::from_millis(30));
        assert_eq!(first, second);
        peer.answer(&second, ReplyStatus::Accepted).await;
    });
    assert_eq!(handle(&reply.unwrap()), 4);
}

#[tokio::test]
async fn nothing_new_is_sent_while_the_server_is_busy() {
    let server = FakeServer::bind().await;
    let (client, mut peer) = server.client(one_by_one(2)).await;
    let first = submit_zone(&client, 1).await.unwrap();
    let request = peer.request().await;
    say_busy(&mut peer, &request, 100_000).await;
    tokio::time::sleep(Duration::from_millis(30)).await;
    let second = submit_zone(&client, 2).await.unwrap();
    for expected in [request.id, request.id + 1] {
        let request = peer.request().await;
        assert_eq!(request.id, expected, "the one sent before goes first");
        peer.answer(&request, ReplyStatus::Accepted).await;
    }
    assert_eq!(handle(&first.await.unwrap()), 1);
    assert_eq!(handle(&second.await.unwrap()), 2);
}

#[tokio::test]
async fn a_lost_connection_is_made_anew_and_the_same_bytes_are_sent() {
    let server = FakeServer::bind().await;
    let (client, mut peer) = server.client(options()).await;
    let (reply, ()) = tokio::join!(zone(&client, 4), async {
        let first = peer.request().await;
        drop(peer);
        let mut peer = server.accept().await;
        let second = peer.request().await;
        assert_eq!(first, second);
        // The first one was carried out after all.
        peer.answer(&second, ReplyStatus::Duplicate).await;
    });
    let reply = reply.unwrap();
    assert_eq!(reply.reply().status, ReplyStatus::Duplicate);
    assert!(reply.is_success());
    assert_eq!(handle(&reply), 4);
}

#[tokio::test]
async fn requests_are_sent_again_in_their_order() {
    let server = FakeServer::bind().await;
    let (client, mut peer) = server.client(one_by_one(3)).await;
    let mut pending = Vec::new();
    for number in 0..3 {
        pending.push(submit_zone(&client, number).await.unwrap());
    }
    let sent = [peer.request().await, peer.request().await, peer.request().await];
    peer.answer(&sent[1], ReplyStatus::Accepted).await;
    assert_eq!(handle(&pending.remove(1).await.unwrap()), 1);
    drop(peer);
    let mut peer = server.accept().await;
    for before in [&sent[0], &sent[2]] {
        let again = peer.request().await;
        assert_eq!(&again, before);
        peer.answer(&again, ReplyStatus::Duplicate).await;
    }
    for (number, reply) in [0, 2].into_iter().zip(pending) {
        assert_eq!(handle(&reply.await.unwrap()), number);
    }
}

#[tokio::test]
async fn garbage_ends_the_connection_and_the_request_is_sent_on_the_next() {
    let server = FakeServer::bind().await;
    let (client, mut peer) = server.client(options()).await;
    let (reply, ()) = tokio::join!(zone(&client, 8), async {
        let first = peer.request().await;
        peer.send(&[0x5a; 3 * FRAME_HEADER_BYTES]).await;
        let mut peer = server.accept().await;
        let second = peer.request().await;
        assert_eq!(first, second);
        peer.answer(&second, ReplyStatus::Accepted).await;
    });
    assert_eq!(handle(&reply.unwrap()), 8);
}

#[tokio::test]
async fn an_answer_to_no_request_ends_the_connection() {
    let server = FakeServer::bind().await;
    let (client, mut peer) = server.client(options()).await;
    let (reply, ()) = tokio::join!(zone(&client, 8), async {
        let mut request = peer.request().await;
        request.id += 1000;
        peer.answer(&request, ReplyStatus::Accepted).await;
        let mut peer = server.accept().await;
        let request = peer.request().await;
        peer.answer(&request, ReplyStatus::Accepted).await;
    });
    assert_eq!(handle(&reply.unwrap()), 8);
}

#[tokio::test]
async fn a_damaged_payload_is_sent_again_on_the_same_connection() {
    let server = FakeServer::bind().await;
    let (client, mut peer) = server.client(options()).await;
    let (reply, ()) = tokio::join!(zone(&client, 8), async {
        let first = peer.request().await;
        peer.refuse(first.id, ErrorCode::BadPayloadChecksum).await;
        let second = peer.request().await;
        assert_eq!(first, second);
        peer.answer(&second, ReplyStatus::Accepted).await;
    });
    assert_eq!(handle(&reply.unwrap()), 8);
}

#[tokio::test]
async fn items_without_a_reply_are_sent_again() {
    let server = FakeServer::bind().await;
    let options = ClientOptions { in_flight_max: 1, ..options() };
    let (client, mut peer) = server.client(options).await;
    let first = submit_zone(&client, 0).await.unwrap();
    let request = peer.request().await;
    let mut pending = Vec::new();
    for number in 1..=3 {
        pending.push(submit_zone(&client, number).await.unwrap());
    }
    peer.answer(&request, ReplyStatus::Accepted).await;
    first.await.unwrap();
    let whole = peer.request().await;
    assert_eq!(whole.item_count, 3);
    peer.answer_some(&whole, ReplyStatus::Accepted, 1).await;
    let rest = peer.request().await;
    assert_eq!(rest.item_count, 2);
    assert!(whole.payload.ends_with(&rest.payload));
    peer.answer(&rest, ReplyStatus::Accepted).await;
    for (number, reply) in (1..).zip(pending) {
        assert_eq!(handle(&reply.await.unwrap()), number);
    }
}

#[tokio::test]
async fn a_silent_server_counts_as_lost() {
    let server = FakeServer::bind().await;
    let answer_timeout = Duration::from_millis(50);
    let (client, mut peer) = server.client(ClientOptions { answer_timeout, ..options() }).await;
    let (reply, ()) = tokio::join!(zone(&client, 8), async {
        let first = peer.request().await;
        let asked = Instant::now();
        let mut other = server.accept().await;
        // The request was sent a moment before it was read.
        assert!(asked.elapsed() >= answer_timeout / 2);
        assert_eq!(first, other.request().await);
        other.answer(&first, ReplyStatus::Duplicate).await;
    });
    assert_eq!(handle(&reply.unwrap()), 8);
}

#[tokio::test]
async fn a_request_is_given_up_after_its_attempts() {
    let server = FakeServer::bind().await;
    let options = ClientOptions { attempts_max: 3, ..options() };
    let (client, mut peer) = server.client(options).await;
    let (reply, ()) = tokio::join!(zone(&client, 8), async {
        for attempt in 1..=3 {
            peer.request().await;
            drop(peer);
            if attempt == 3 {
                return;
            }
            peer = server.accept().await;
        }
    });
    let Err(ClientError::GaveUp { attempts, last, .. }) = reply else { panic!("{reply:?}") };
    assert_eq!(attempts, 3);
    assert!(matches!(*last, ClientError::Disconnected { .. } | ClientError::Io { .. }));
}

#[tokio::test]
async fn a_server_that_is_gone_is_given_up_and_tried_again_for_the_next_request() {
    let server = FakeServer::bind().await;
    let options = ClientOptions { attempts_max: 3, ..options() };
    let (client, peer) = server.client(options).await;
    let address = server.address();
    drop((peer, server));
    for number in 0..2 {
        let reply = zone(&client, number).await;
        let Err(ClientError::GaveUp { attempts, last, .. }) = reply else {
            panic!("nothing answers at {address}: {reply:?}")
        };
        assert!(attempts <= 3);
        assert!(matches!(*last, ClientError::Connect { .. }), "{last:?}");
    }
}

#[tokio::test]
async fn a_busy_server_is_given_up_at_the_age() {
    let server = FakeServer::bind().await;
    let give_up_after = Duration::from_millis(60);
    let (client, mut peer) = server.client(ClientOptions { give_up_after, ..options() }).await;
    tokio::spawn(async move {
        while let Some(request) = peer.request_or_end().await {
            say_busy(&mut peer, &request, 10_000).await;
        }
    });
    let reply = zone(&client, 1).await;
    let Err(ClientError::GaveUp { waited, last, .. }) = reply else { panic!("{reply:?}") };
    assert!(waited >= give_up_after);
    assert!(matches!(*last, ClientError::Busy { .. }), "{last:?}");
}

#[tokio::test]
async fn another_instance_gets_nothing_and_ends_the_client() {
    let mut server = FakeServer::bind().await;
    let (client, mut peer) = server.client(options()).await;
    let pending = submit_zone(&client, 1).await.unwrap();
    peer.request().await;
    server.welcome.instance += 1;
    drop(peer);
    let mut peer = server.accept().await;
    assert_eq!(peer.request_or_end().await, None);
    for reply in [pending.await, zone(&client, 2).await] {
        let Err(ClientError::InstanceChanged { expected, found }) = reply else {
            panic!("{reply:?}")
        };
        assert_eq!((expected, found), (0xabc, 0xabd));
    }
}
