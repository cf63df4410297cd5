//! The low level: one connection, many frames in flight.

use gantry_client::{ClientError, Connection};
use gantry_model::{Query, REPLY_HEADER_BYTES, ReplyStatus, Totals};
use gantry_protocol::FrameKind;

use crate::fake::{ACTOR, FakeServer, WELCOME};

#[tokio::test]
async fn frames_are_pipelined_through_both_halves() {
    const FRAMES: u64 = 300;
    const ITEMS: u32 = 64;
    let server = FakeServer::bind().await;
    let (connection, mut peer) =
        tokio::join!(Connection::connect(server.address(), ACTOR), server.accept());
    let connection = connection.unwrap();
    assert_eq!(connection.welcome(), &WELCOME);
    tokio::spawn(async move {
        while let Some(request) = peer.request_or_end().await {
            assert_eq!((request.kind, request.item_count), (FrameKind::Queries, ITEMS));
            peer.answer(&request, ReplyStatus::Answered).await;
        }
    });
    let (mut sender, mut receiver) = connection.split();
    tokio::spawn(async move {
        let mut payload = Vec::new();
        for _ in 0..ITEMS {
            Query::ReadTotals.write(&mut payload);
        }
        for request in 1..=FRAMES {
            sender.send_queries(request, ITEMS, &payload).await.unwrap();
        }
        sender.flush().await.unwrap();
        assert_eq!(sender.unsent_bytes(), 0);
        // Held until the replies are in: dropping it would end the stream.
        std::future::pending::<()>().await;
    });
    let mut expected = 1;
    while expected <= FRAMES {
        let frame = receiver.next_frame().await.unwrap();
        assert_eq!((frame.kind, frame.request), (FrameKind::Replies, expected));
        assert_eq!(
            frame.payload.len(),
            ITEMS as usize * (REPLY_HEADER_BYTES + size_of::<Totals>())
        );
        expected += 1;
        while let Some(frame) = receiver.next_buffered().unwrap() {
            assert_eq!(frame.request, expected);
            expected += 1;
        }
    }
}

#[tokio::test]
async fn what_the_server_does_not_take_is_not_sent() {
    let mut server = FakeServer::bind().await;
    server.welcome.frame_payload_bytes_max = 64;
    server.welcome.items_per_frame_max = 2;
    let (connection, mut peer) =
        tokio::join!(Connection::connect(server.address(), ACTOR), server.accept());
    let mut connection = connection.unwrap();
    let too_long = connection.sender().send_commands(1, 1, &[0; 72]).await.unwrap_err();
    assert!(matches!(
        too_long,
        ClientError::PayloadTooLong { payload_bytes: 72, payload_bytes_max: 64 }
    ));
    let too_many = connection.sender().send_commands(1, 3, &[0; 24]).await.unwrap_err();
    assert!(matches!(too_many, ClientError::TooManyItems { item_count: 3, items_max: 2 }));
    connection.sender().flush().await.unwrap();
    drop(connection);
    assert_eq!(peer.request_or_end().await, None);
}

#[tokio::test]
async fn the_end_of_the_stream_tells_how_much_of_a_frame_was_there() {
    let server = FakeServer::bind().await;
    let (connection, mut peer) =
        tokio::join!(Connection::connect(server.address(), ACTOR), server.accept());
    let mut connection = connection.unwrap();
    peer.send(b"GTRY\x01").await;
    drop(peer);
    let end = connection.receiver().next_frame().await.unwrap_err();
    assert!(matches!(end, ClientError::Disconnected { cut_bytes: 5 }), "{end:?}");
}
