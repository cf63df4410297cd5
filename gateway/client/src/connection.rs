//! One connection: frames out, frames in, many in flight, no retry.
//!
//! For tools that keep the books themselves, such as a load test. Both halves may live in
//! different tasks, and every method is cancel safe: a future that is dropped loses no byte.

use std::fmt;
use std::io;
use std::time::Duration;

use gantry_model::Actor;
use gantry_protocol::{ErrorBody, Frame, FrameKind, FrameReader, Hello, Welcome, write_frame};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, ToSocketAddrs};

use crate::{ClientError, Stream};

/// How long [`Connection::connect`] waits for the connection and the welcome together.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// With so many bytes buffered, a send flushes by itself.
pub const SEND_BUFFER_BYTES_MAX: usize = 64 * 1024;

/// A connection that was welcomed.
#[derive(Debug)]
pub struct Connection {
    sender: ConnectionSender,
    receiver: ConnectionReceiver,
}

/// The half that sends.
pub struct ConnectionSender {
    outlet: Box<dyn AsyncWrite + Send + Unpin>,
    buffer: Vec<u8>,
    // Bytes of `buffer` that the socket has taken.
    sent_bytes: usize,
    welcome: Welcome,
}

/// The half that receives.
pub struct ConnectionReceiver {
    inlet: Box<dyn AsyncRead + Send + Unpin>,
    reader: FrameReader,
}

impl Connection {
    /// Connects, says hello as `actor` and waits for the welcome, within [`CONNECT_TIMEOUT`].
    pub async fn connect(address: impl ToSocketAddrs, actor: Actor) -> Result<Self, ClientError> {
        Self::connect_within(address, actor, CONNECT_TIMEOUT).await
    }

    /// Connects with a time limit of one's own.
    pub async fn connect_within(
        address: impl ToSocketAddrs,
        actor: Actor,
        connect_timeout: Duration,
    ) -> Result<Self, ClientError> {
        let dial = async { TcpStream::connect(address).await.and_then(Stream::from_tcp) };
        Self::over(dial, actor, connect_timeout).await
    }

    /// Says hello over a stream that is still to be made.
    pub async fn over(
        dial: impl Future<Output = io::Result<Stream>>,
        actor: Actor,
        connect_timeout: Duration,
    ) -> Result<Self, ClientError> {
        let handshake =
            async { Self::greet(dial.await.map_err(ClientError::connect)?, actor).await };
        let welcomed = tokio::time::timeout(connect_timeout, handshake).await;
        welcomed.map_err(|_| ClientError::ConnectTimeout { connect_timeout })?
    }

    async fn greet(stream: Stream, actor: Actor) -> Result<Self, ClientError> {
        let Stream { inlet, mut outlet } = stream;
        let mut hello = Vec::new();
        Hello { actor }.write(&mut hello);
        outlet.write_all(&hello).await.map_err(ClientError::io)?;
        let reader = FrameReader::for_client();
        let mut receiver = ConnectionReceiver { inlet, reader };
        let welcome = read_welcome(receiver.next_frame().await?)?;
        let buffer = Vec::with_capacity(2 * SEND_BUFFER_BYTES_MAX);
        let sender = ConnectionSender { outlet, buffer, sent_bytes: 0, welcome };
        Ok(Self { sender, receiver })
    }

    /// What the server said about itself and its limits.
    #[must_use]
    pub const fn welcome(&self) -> &Welcome {
        &self.sender.welcome
    }

    /// The half that sends.
    pub const fn sender(&mut self) -> &mut ConnectionSender {
        &mut self.sender
    }

    /// The half that receives.
    pub const fn receiver(&mut self) -> &mut ConnectionReceiver {
        &mut self.receiver
    }

    /// Both halves, for two tasks. Dropping the sender ends the stream towards the server.
    #[must_use]
    pub fn split(self) -> (ConnectionSender, ConnectionReceiver) {
        (self.sender, self.receiver)
    }
}

fn read_welcome(frame: Frame<'_>) -> Result<Welcome, ClientError> {
    match frame.kind {
        FrameKind::Welcome => Ok(Welcome::parse(frame.payload)?),
        FrameKind::Error => Err(refusal(frame.payload)),
        found => Err(ClientError::UnexpectedFrame { expected: FrameKind::Welcome, found }),
    }
}

/// The error that an error frame's payload tells of.
pub(crate) fn refusal(payload: &[u8]) -> ClientError {
    match ErrorBody::parse(payload) {
        Ok(error) => ClientError::Refused { code: error.code, text: error.text.into() },
        Err(error) => error.into(),
    }
}

impl ConnectionSender {
    /// What the server said about itself and its limits.
    #[must_use]
    pub const fn welcome(&self) -> &Welcome {
        &self.welcome
    }

    /// Buffers a frame of `item_count` commands, whose items fill `payload`. Flushes by itself at
    /// [`SEND_BUFFER_BYTES_MAX`]; below it, call [`Self::flush`] before waiting for the answer.
    pub async fn send_commands(
        &mut self,
        request: u64,
        item_count: u32,
        payload: &[u8],
    ) -> Result<(), ClientError> {
        self.send(FrameKind::Commands, request, item_count, payload).await
    }

    /// Buffers a frame of queries, as [`Self::send_commands`] does.
    pub async fn send_queries(
        &mut self,
        request: u64,
        item_count: u32,
        payload: &[u8],
    ) -> Result<(), ClientError> {
        self.send(FrameKind::Queries, request, item_count, payload).await
    }

    async fn send(
        &mut self,
        kind: FrameKind,
        request: u64,
        item_count: u32,
        payload: &[u8],
    ) -> Result<(), ClientError> {
        // Flushed before, not after, the frame is added: a future dropped here has added nothing.
        if self.unsent_bytes() >= SEND_BUFFER_BYTES_MAX {
            self.flush().await?;
        }
        self.push(kind, request, item_count, payload)
    }

    /// Buffers a frame without flushing.
    pub(crate) fn push(
        &mut self,
        kind: FrameKind,
        request: u64,
        item_count: u32,
        payload: &[u8],
    ) -> Result<(), ClientError> {
        let payload_bytes_max = self.welcome.frame_payload_bytes_max as usize;
        let payload_bytes = payload.len();
        if payload_bytes > payload_bytes_max {
            return Err(ClientError::PayloadTooLong { payload_bytes, payload_bytes_max });
        }
        let items_max = self.welcome.items_per_frame_max;
        if item_count > items_max {
            return Err(ClientError::TooManyItems { item_count, items_max });
        }
        write_frame(&mut self.buffer, kind, request, item_count, payload);
        Ok(())
    }

    /// Hands everything buffered to the socket.
    pub async fn flush(&mut self) -> Result<(), ClientError> {
        while self.sent_bytes < self.buffer.len() {
            let unsent = &self.buffer[self.sent_bytes..];
            let count = self.outlet.write(unsent).await.map_err(ClientError::io)?;
            if count == 0 {
                return Err(ClientError::io(std::io::ErrorKind::WriteZero.into()));
            }
            self.sent_bytes += count;
        }
        self.buffer.clear();
        self.sent_bytes = 0;
        Ok(())
    }

    /// Bytes that were buffered and not yet handed to the socket.
    #[must_use]
    pub const fn unsent_bytes(&self) -> usize {
        self.buffer.len() - self.sent_bytes
    }
}

impl ConnectionReceiver {
    /// The next frame: replies, busy, error or goodbye. Its payload is borrowed from the receive
    /// buffer until the next call. The end of the stream is [`ClientError::Disconnected`].
    pub async fn next_frame(&mut self) -> Result<Frame<'_>, ClientError> {
        while !self.reader.is_ready() {
            let count = self.inlet.read(self.reader.spare()).await.map_err(ClientError::io)?;
            if count == 0 {
                let cut_bytes = self.reader.buffered_bytes();
                return Err(ClientError::Disconnected { cut_bytes });
            }
            self.reader.advance(count);
        }
        let frame = self.reader.next_frame()?;
        Ok(frame.expect("invariant: a ready reader has a frame or an error"))
    }

    /// The next frame, if it has already been read from the socket: after one
    /// [`Self::next_frame`], take all that came with it before reading the clock once.
    pub fn next_buffered(&mut self) -> Result<Option<Frame<'_>>, ClientError> {
        Ok(self.reader.next_frame()?)
    }
}

impl fmt::Debug for ConnectionSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unsent_bytes = self.unsent_bytes();
        f.debug_struct("ConnectionSender")
            .field("unsent_bytes", &unsent_bytes)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ConnectionReceiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionReceiver").finish_non_exhaustive()
    }
}
