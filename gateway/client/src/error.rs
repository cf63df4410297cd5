//! What can go wrong between a client and its server, with the facts.
//!
//! A rejection is not here: it is an answer, and comes as a reply.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use gantry_model::Malformed;
use gantry_protocol::{BodyError, ErrorCode, FrameError, FrameKind};

/// Why there is no answer. Cheap to clone, because one lost connection fails many requests.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ClientError {
    /// No connection could be made.
    #[error("cannot connect: {source}")]
    Connect {
        /// What the system says.
        source: Arc<io::Error>,
    },
    /// Connecting took too long, or the server did not answer the hello in time.
    #[error("no connection and welcome within {connect_timeout:?}")]
    ConnectTimeout {
        /// How long was waited.
        connect_timeout: Duration,
    },
    /// The connection broke.
    #[error("connection broke: {source}")]
    Io {
        /// What the system says.
        source: Arc<io::Error>,
    },
    /// The server closed the connection.
    #[error("server closed the connection, {cut_bytes} bytes into a frame")]
    Disconnected {
        /// Bytes of a frame that was cut; 0 = between two frames.
        cut_bytes: usize,
    },
    /// Nothing came for too long while a request waited for its answer.
    #[error("no answer within {answer_timeout:?}")]
    AnswerTimeout {
        /// How long was waited.
        answer_timeout: Duration,
    },
    /// What came is not a frame.
    #[error("bad frame from the server: {0}")]
    Frame(#[from] FrameError),
    /// A frame's fixed body cannot be read.
    #[error("bad body from the server: {0}")]
    Body(#[from] BodyError),
    /// A reply is not of a known form.
    #[error("bad reply from the server: {0}")]
    Reply(#[from] Malformed),
    /// A frame that does not belong here.
    #[error("server sent {found:?} where {expected:?} belongs")]
    UnexpectedFrame {
        /// What belongs here.
        expected: FrameKind,
        /// What came.
        found: FrameKind,
    },
    /// An answer to a request that waits for none.
    #[error("server answered request {request}, which waits for no answer")]
    UnknownRequest {
        /// The request named.
        request: u64,
    },
    /// More replies than the request has items.
    #[error("server sent more than {item_count} replies to request {request}")]
    TooManyReplies {
        /// The request.
        request: u64,
        /// Its items.
        item_count: usize,
    },
    /// The server refused the connection or the request.
    #[error("server refused: {} {text}", code.name())]
    Refused {
        /// Why.
        code: ErrorCode,
        /// The same for people.
        text: Arc<str>,
    },
    /// The server had no room for the request.
    #[error("server is busy, asks for {retry_after:?}")]
    Busy {
        /// How long the server asks to wait.
        retry_after: Duration,
    },
    /// The server answered some items of the request's frame and not this one.
    #[error("server left the item without a reply")]
    NoReply,
    /// More bytes than the server takes in one frame. Nothing was sent.
    #[error("payload of {payload_bytes} bytes, the server takes {payload_bytes_max}")]
    PayloadTooLong {
        /// Bytes to send.
        payload_bytes: usize,
        /// Bytes that the server takes.
        payload_bytes_max: usize,
    },
    /// More items than the server takes in one frame. Nothing was sent.
    #[error("{item_count} items, the server takes {items_max}")]
    TooManyItems {
        /// Items to send.
        item_count: u32,
        /// Items that the server takes.
        items_max: u32,
    },
    /// Another instance answers at the address: handles of the old one mean nothing there, so
    /// nothing is sent again and the client has ended. Connect anew and resolve codes anew.
    #[error("server is instance {found:032x}, was {expected:032x}")]
    InstanceChanged {
        /// The instance that the client first met.
        expected: u128,
        /// The instance that answers now.
        found: u128,
    },
    /// The stated limit of tries or of time was reached. Whether the command was carried out is
    /// **not known**: send it again with the same id to learn it.
    #[error("gave up after {attempts} attempts and {waited:?}; last: {last}")]
    GaveUp {
        /// Times that the request was sent, or a connection for it tried.
        attempts: u32,
        /// Time since it was queued.
        waited: Duration,
        /// What went wrong last.
        last: Box<ClientError>,
    },
    /// The client was closed before the request was queued.
    #[error("the client is closed")]
    Closed,
}

impl ClientError {
    pub(crate) fn connect(source: io::Error) -> Self {
        Self::Connect { source: Arc::new(source) }
    }

    pub(crate) fn io(source: io::Error) -> Self {
        Self::Io { source: Arc::new(source) }
    }

    /// Whether connecting again cannot help: the two sides do not understand each other.
    pub(crate) const fn is_final(&self) -> bool {
        match self {
            Self::InstanceChanged { .. } => true,
            Self::Refused { code, .. } => matches!(
                code,
                ErrorCode::BadVersion
                    | ErrorCode::HelloExpected
                    | ErrorCode::ActorReserved
                    | ErrorCode::UnexpectedPayload
            ),
            Self::Frame(FrameError::BadVersion { .. }) => true,
            _ => false,
        }
    }
}
