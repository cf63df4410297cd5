//! A client made of a blocking socket, for tests that care about bytes and moments.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use gantry_model::{Actor, COMMAND_BYTES_MAX, Items, OrderId, Query, Reply, ReplyStatus, Sequence};
use gantry_protocol::{
    ErrorBody, ErrorCode, FrameKind, FrameReader, Hello, REPLY_PAYLOAD_BYTES_MAX, begin_frame,
};

use crate::harness::PATIENCE;

/// A frame that owns its payload.
#[derive(Debug)]
pub(crate) struct OwnedFrame {
    pub(crate) kind: FrameKind,
    pub(crate) request: u64,
    pub(crate) payload: Vec<u8>,
}

impl OwnedFrame {
    pub(crate) fn error(&self) -> Option<ErrorCode> {
        (self.kind == FrameKind::Error).then(|| ErrorBody::parse(&self.payload).unwrap().code)
    }

    pub(crate) fn statuses(&self) -> Vec<(ReplyStatus, Sequence)> {
        assert_eq!(self.kind, FrameKind::Replies, "{:?}", self.error());
        Items::new(&self.payload, REPLY_PAYLOAD_BYTES_MAX)
            .map(|item| Reply::parse(&item.unwrap()).unwrap())
            .map(|reply| (reply.status, reply.sequence))
            .collect()
    }
}

/// How many replies of a frame had which status.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) accepted: usize,
    pub(crate) rejected: usize,
    pub(crate) duplicate: usize,
    pub(crate) answered: usize,
    pub(crate) malformed: usize,
}

/// One connection.
pub(crate) struct Wire {
    stream: TcpStream,
    reader: FrameReader,
}

impl Wire {
    /// A connection that has said nothing yet.
    pub(crate) fn silent(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Self { stream, reader: FrameReader::for_client() }
    }

    /// A connection that was welcomed.
    pub(crate) fn greeted(address: SocketAddr) -> Self {
        let mut wire = Self::silent(address);
        wire.send(&hello());
        assert_eq!(wire.next().unwrap().kind, FrameKind::Welcome);
        wire
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// Sends what the server may no longer want.
    pub(crate) fn try_send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Sends until the other side reads no more.
    pub(crate) fn try_send_until_stuck(&mut self, mut more: impl FnMut() -> Vec<u8>) {
        self.stream.set_write_timeout(Some(Duration::from_millis(100))).unwrap();
        while self.stream.write_all(&more()).is_ok() {}
    }

    pub(crate) fn stop_sending(&self) {
        self.stream.shutdown(Shutdown::Write).unwrap();
    }

    pub(crate) fn send_commands(&mut self, request: u64, items: &[Vec<u8>]) {
        self.send(&frame_of(FrameKind::Commands, request, items));
    }

    pub(crate) fn send_queries(&mut self, request: u64, queries: &[Query<'_>]) {
        self.send(&queries_of(request, queries));
    }

    /// The next frame, or `None` at the end of the stream.
    pub(crate) fn next(&mut self) -> Option<OwnedFrame> {
        loop {
            if let Some(frame) = self.reader.next_frame().unwrap() {
                let (kind, request) = (frame.kind, frame.request);
                return Some(OwnedFrame { kind, request, payload: frame.payload.to_vec() });
            }
            match self.stream.read(self.reader.spare()) {
                Ok(0) => return None,
                Ok(count) => self.reader.advance(count),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("no frame came: {error}"),
            }
        }
    }

    /// The next frame, which must answer `request` with replies.
    pub(crate) fn next_replies(&mut self, request: u64) -> Tally {
        let frame = self.next().expect("the server has not closed the connection");
        assert_eq!(frame.request, request, "{frame:?}");
        tally(&frame)
    }

    /// Asks for `order` and waits for the answer.
    pub(crate) fn knows_order(&mut self, request: u64, order: u128) -> bool {
        self.send_queries(request, &[Query::ReadOrder(OrderId::new(order))]);
        self.next_replies(request).answered == 1
    }
}

pub(crate) fn tally(frame: &OwnedFrame) -> Tally {
    let mut tally = Tally::default();
    for (status, _) in frame.statuses() {
        match status {
            ReplyStatus::Accepted => tally.accepted += 1,
            ReplyStatus::Rejected => tally.rejected += 1,
            ReplyStatus::Duplicate => tally.duplicate += 1,
            ReplyStatus::Answered => tally.answered += 1,
            ReplyStatus::Malformed => tally.malformed += 1,
        }
    }
    tally
}

pub(crate) fn hello() -> Vec<u8> {
    let mut bytes = Vec::new();
    Hello { actor: Actor::CLIENT_MIN }.write(&mut bytes);
    bytes
}

pub(crate) fn frame_of(kind: FrameKind, request: u64, items: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut frame = begin_frame(&mut bytes, kind, request);
    for item in items {
        assert!(item.len() <= COMMAND_BYTES_MAX, "an item of a sensible size");
        frame.payload().extend_from_slice(item);
    }
    frame.finish(u32::try_from(items.len()).unwrap());
    bytes
}

pub(crate) fn queries_of(request: u64, queries: &[Query<'_>]) -> Vec<u8> {
    let items: Vec<_> = queries
        .iter()
        .map(|query| {
            let mut item = Vec::new();
            query.write(&mut item);
            item
        })
        .collect();
    frame_of(FrameKind::Queries, request, &items)
}
