//! Async Rust client of Gantry: batching, pipelining, reconnect and retry with the same ids.

#![forbid(unsafe_code)]

mod connection;
mod error;
mod id;
mod reply;

pub use connection::{
    CONNECT_TIMEOUT, Connection, ConnectionReceiver, ConnectionSender, SEND_BUFFER_BYTES_MAX,
};
pub use error::ClientError;
pub use id::new_id;
pub use reply::OwnedReply;
