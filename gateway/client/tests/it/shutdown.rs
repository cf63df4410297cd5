//! Good ends: of the client, and of the server.

use gantry_client::{Client, ClientError};
use gantry_model::ReplyStatus;
use gantry_protocol::{ErrorCode, FrameKind, write_frame};

use crate::fake::{FakeServer, handle, one_by_one, options, submit_zone, zone};

#[tokio::test]
async fn close_waits_for_what_is_queued_and_takes_nothing_more() {
    let server = FakeServer::bind().await;
    let (client, mut peer) = server.client(one_by_one(1)).await;
    let other = client.clone();
    let pending = [submit_zone(&client, 1).await.unwrap(), submit_zone(&client, 2).await.unwrap()];
    let first = peer.request().await;
    let closing = tokio::spawn(client.close());
    // The test's runtime has one thread: the closing task and the client's get their turns.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(matches!(zone(&other, 3).await, Err(ClientError::Closed)));
    assert!(!closing.is_finished());
    peer.answer(&first, ReplyStatus::Accepted).await;
    let second = peer.request().await;
    peer.answer(&second, ReplyStatus::Accepted).await;
    closing.await.unwrap();
    for (number, reply) in (1..).zip(pending) {
        assert_eq!(handle(&reply.await.unwrap()), number);
    }
    assert_eq!(peer.request_or_end().await, None);
}

#[tokio::test]
async fn the_connection_ends_with_the_last_handle() {
    let server = FakeServer::bind().await;
    let (client, mut peer) = server.client(options()).await;
    let other = client.clone();
    drop(client);
    let pending = submit_zone(&other, 1).await.unwrap();
    drop(other);
    let request = peer.request().await;
    peer.answer(&request, ReplyStatus::Accepted).await;
    assert_eq!(handle(&pending.await.unwrap()), 1);
    assert_eq!(peer.request_or_end().await, None);
}

#[tokio::test]
async fn after_goodbye_new_requests_go_to_the_next_connection() {
    let server = FakeServer::bind().await;
    let (client, mut peer) = server.client(one_by_one(2)).await;
    let first = submit_zone(&client, 1).await.unwrap();
    let request = peer.request().await;
    let mut bytes = Vec::new();
    write_frame(&mut bytes, FrameKind::Goodbye, 0, 0, &[]);
    peer.send(&bytes).await;
    // The goodbye is read before what follows is queued: one read gives both or the first.
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    let second = submit_zone(&client, 2).await.unwrap();
    peer.answer(&request, ReplyStatus::Accepted).await;
    assert_eq!(handle(&first.await.unwrap()), 1);
    assert_eq!(peer.request_or_end().await, None, "nothing more is sent after a goodbye");
    let mut peer = server.accept().await;
    let request = peer.request().await;
    peer.answer(&request, ReplyStatus::Accepted).await;
    assert_eq!(handle(&second.await.unwrap()), 2);
}

#[tokio::test]
async fn a_request_refused_by_a_server_that_stops_goes_to_the_next_connection() {
    let server = FakeServer::bind().await;
    let (client, mut peer) = server.client(one_by_one(2)).await;
    let first = submit_zone(&client, 1).await.unwrap();
    let second = submit_zone(&client, 2).await.unwrap();
    let requests = [peer.request().await, peer.request().await];
    peer.refuse(requests[1].id, ErrorCode::ShuttingDown).await;
    peer.answer(&requests[0], ReplyStatus::Accepted).await;
    assert_eq!(handle(&first.await.unwrap()), 1);
    let mut peer = server.accept().await;
    let again = peer.request().await;
    assert_eq!(again, requests[1]);
    peer.answer(&again, ReplyStatus::Accepted).await;
    assert_eq!(handle(&second.await.unwrap()), 2);
}

#[tokio::test]
async fn a_refused_hello_is_told_with_its_code() {
    let server = FakeServer::bind().await;
    let (client, ()) = tokio::join!(Client::connect(server.address(), options()), async {
        let mut peer = server.accept_silent().await;
        let hello = peer.request().await;
        peer.refuse(hello.id, ErrorCode::ActorReserved).await;
    });
    let Err(ClientError::Refused { code, text }) = client else { panic!("{client:?}") };
    assert_eq!((code, &*text), (ErrorCode::ActorReserved, "as the test wants"));
}

#[tokio::test]
async fn a_server_without_a_welcome_is_not_waited_for() {
    let server = FakeServer::bind().await;
    let connect_timeout = std::time::Duration::from_millis(50);
    let options = gantry_client::ClientOptions { connect_timeout, ..options() };
    let (client, _peer) =
        tokio::join!(Client::connect(server.address(), options), server.accept_silent());
    assert!(matches!(client, Err(ClientError::ConnectTimeout { .. })));
}
