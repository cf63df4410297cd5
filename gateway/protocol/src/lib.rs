//! Sans-IO codec of Gantry's framed TCP protocol; `docs/PROTOCOL.md` holds the byte tables.
//!
//! A frame is a header of 32 bytes and a payload of items ([`gantry_model::Item`]) or of one fixed
//! body. This crate turns bytes into frames and back, and knows nothing of sockets, sessions,
//! retries or orders: the gateway and the client bring those. The bytes it reads are untrusted, so
//! nothing here indexes or asserts on them.
//!
//! ```
//! use gantry_protocol::{FrameKind, FrameReader, begin_frame};
//!
//! # fn main() -> Result<(), gantry_protocol::FrameError> {
//! let mut bytes = Vec::new();
//! let mut frame = begin_frame(&mut bytes, FrameKind::Queries, 7);
//! gantry_model::Query::ReadTotals.write(frame.payload());
//! frame.finish(1);
//!
//! let mut reader = FrameReader::for_server();
//! let taken = reader.extend(&bytes);
//! assert_eq!(taken, bytes.len());
//! let frame = reader.next_frame()?.expect("one whole frame was put in");
//! assert_eq!((frame.kind, frame.request, frame.item_count), (FrameKind::Queries, 7, 1));
//! assert_eq!(frame.payload.len(), gantry_model::ITEM_HEADER_BYTES);
//! assert!(reader.next_frame()?.is_none());
//! # Ok(())
//! # }
//! ```

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

mod body;
mod checksum;
mod error;
mod header;
mod kind;
mod limits;
mod reader;
mod writer;

pub use body::{
    BUSY_BYTES, BodyError, Busy, ERROR_HEAD_BYTES, ERROR_TEXT_BYTES_MAX, ErrorBody, HELLO_BYTES,
    Hello, WELCOME_BYTES, Welcome,
};
pub use error::{ErrorCode, FrameError};
pub use header::FrameHeader;
pub use kind::{Direction, FrameKind};
pub use limits::{
    FRAME_HEADER_BYTES, FRAME_MAGIC, FRAME_PAYLOAD_BYTES_MAX, ITEMS_PER_FRAME_MAX,
    PROTOCOL_VERSION, REPLY_PAYLOAD_BYTES_MAX,
};
pub use reader::{Frame, FrameReader};
pub use writer::{FrameWriter, begin_frame, write_frame};
