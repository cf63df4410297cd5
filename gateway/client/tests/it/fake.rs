//! A server that does what a test says and nothing else.

use std::net::SocketAddr;
use std::time::Duration;

use gantry_client::{Client, ClientError, ClientOptions, OwnedReply, PendingReply, new_id};
use gantry_model::{
    Actor, Command, Item, Items, ReplyBody, ReplyHeader, ReplyStatus, ReplyWriter, Sequence,
    Totals, UpsertCode,
};
use gantry_protocol::{ErrorBody, ErrorCode, FrameKind, FrameReader, Hello, Welcome, write_frame};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) const ACTOR: Actor = Actor::new(77);
/// Far longer than any test takes: what is awaited has to come.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) const WELCOME: Welcome = Welcome {
    instance: 0xabc,
    frame_payload_bytes_max: 256 * 1024,
    items_per_frame_max: 1024,
    requests_in_flight_max: 64,
    lines_per_order_max: 128,
};

/// Options that retry fast.
pub(crate) fn options() -> ClientOptions {
    ClientOptions {
        backoff_min: Duration::from_millis(1),
        backoff_max: Duration::from_millis(20),
        ..ClientOptions::new(ACTOR)
    }
}

/// One item for each frame and so many frames at once.
pub(crate) fn one_by_one(in_flight_max: usize) -> ClientOptions {
    ClientOptions { frame_items_max: 1, in_flight_max, ..options() }
}

pub(crate) struct FakeServer {
    listener: TcpListener,
    pub(crate) welcome: Welcome,
}

impl FakeServer {
    pub(crate) async fn bind() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { listener, welcome: WELCOME }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.listener.local_addr().unwrap()
    }

    /// A connected client, and the server's end of its connection.
    pub(crate) async fn client(&self, options: ClientOptions) -> (Client, Peer) {
        let (client, peer) = tokio::join!(Client::connect(self.address(), options), self.accept());
        (client.unwrap(), peer)
    }

    /// Accepts a connection without a word.
    pub(crate) async fn accept_silent(&self) -> Peer {
        let accepted = tokio::time::timeout(PATIENCE, self.listener.accept()).await;
        let (stream, _) = accepted.expect("the client connects").unwrap();
        Peer { stream, reader: FrameReader::for_server() }
    }

    /// Accepts a connection and welcomes it.
    pub(crate) async fn accept(&self) -> Peer {
        let mut peer = self.accept_silent().await;
        let hello = peer.request().await;
        assert_eq!(hello.kind, FrameKind::Hello);
        assert_eq!(Hello::parse(&hello.payload), Ok(Hello { actor: ACTOR }));
        let mut bytes = Vec::new();
        self.welcome.write(hello.id, &mut bytes);
        peer.send(&bytes).await;
        peer
    }
}

/// A frame that the client sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) kind: FrameKind,
    pub(crate) id: u64,
    pub(crate) item_count: u32,
    pub(crate) payload: Vec<u8>,
}

impl Request {
    pub(crate) fn items(&self) -> Vec<Item<'_>> {
        Items::new(&self.payload, usize::MAX).map(Result::unwrap).collect()
    }
}

/// The server's end of one connection.
pub(crate) struct Peer {
    pub(crate) stream: TcpStream,
    reader: FrameReader,
}

impl Peer {
    pub(crate) async fn request(&mut self) -> Request {
        self.request_or_end().await.expect("the client sends a frame")
    }

    /// The next frame, or `None` when the client has closed the connection.
    pub(crate) async fn request_or_end(&mut self) -> Option<Request> {
        loop {
            if let Some(frame) = self.reader.next_frame().expect("the client sends good frames") {
                let (kind, id, item_count) = (frame.kind, frame.request, frame.item_count);
                return Some(Request { kind, id, item_count, payload: frame.payload.to_vec() });
            }
            let read = self.stream.read(self.reader.spare());
            let count = tokio::time::timeout(PATIENCE, read).await.expect("the client sends");
            match count {
                Ok(0) | Err(_) => return None,
                Ok(count) => self.reader.advance(count),
            }
        }
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// Answers every item of `request` with this status.
    pub(crate) async fn answer(&mut self, request: &Request, status: ReplyStatus) {
        self.answer_some(request, status, usize::MAX).await;
    }

    /// Answers the first `count` items only.
    pub(crate) async fn answer_some(
        &mut self,
        request: &Request,
        status: ReplyStatus,
        count: usize,
    ) {
        let mut payload = Vec::new();
        let items = request.items();
        let answered = items.iter().take(count);
        let item_count = u32::try_from(answered.len()).unwrap();
        answered.for_each(|item| put_reply(&mut payload, item, status));
        let mut bytes = Vec::new();
        write_frame(&mut bytes, FrameKind::Replies, request.id, item_count, &payload);
        self.send(&bytes).await;
    }

    pub(crate) async fn refuse(&mut self, request: u64, code: ErrorCode) {
        let mut bytes = Vec::new();
        ErrorBody { code, text: "as the test wants" }.write(request, &mut bytes);
        self.send(&bytes).await;
    }
}

/// The handle in the reply is the number in the zone's code, so that a caller can tell whose
/// reply it got.
fn put_reply(out: &mut Vec<u8>, item: &Item<'_>, status: ReplyStatus) {
    let header = ReplyHeader::new(status, 0, Sequence::new(9));
    let reply = ReplyWriter::begin(out, item.kind, header);
    match Command::parse(item) {
        Ok(Command::UpsertZone(zone)) => {
            reply.put(&zone.code.parse::<u32>().unwrap().to_le_bytes()).put(&[0u8; 4]).end();
        }
        _ => reply.put(&Totals::default()).end(),
    }
}

/// Defines the zone with this number as its code.
pub(crate) async fn zone(client: &Client, number: u32) -> Result<OwnedReply, ClientError> {
    submit_zone(client, number).await?.await
}

pub(crate) async fn submit_zone(client: &Client, number: u32) -> Result<PendingReply, ClientError> {
    let code = &number.to_string();
    client.submit(&Command::UpsertZone(UpsertCode { id: new_id(), code })).await
}

/// The handle in a reply, which [`put_reply`] took from the command.
pub(crate) fn handle(reply: &OwnedReply) -> u32 {
    match reply.reply().body {
        ReplyBody::Handle(handle) => handle,
        body => panic!("{body:?} is no handle"),
    }
}
