//! Async Rust client of Gantry: batching, pipelining, reconnect and retry with the same ids.
//!
//! Two levels. [`Client`] is for applications: it forms frames by itself, connects again when the
//! connection breaks, and sends again what has no answer. [`Connection`] is one connection and
//! nothing more: frames out, frames in; for tools that keep the books themselves.
//!
//! ```no_run
//! use gantry_client::{Client, ClientOptions, new_id};
//! use gantry_model::{
//!     Actor, Channel, Command, HoldId, Namespace, OrderLine, PlaceOrder, Query, ReplyBody, ShortMode,
//!     Sku, Zone,
//! };
//!
//! # async fn run() -> Result<(), gantry_client::ClientError> {
//! let client = Client::connect("127.0.0.1:4160", ClientOptions::new(Actor::CLIENT_MIN)).await?;
//! let resolved = client.query(&Query::Resolve(Namespace::Sku, "TEE-BLACK-M")).await?;
//! let ReplyBody::Handle(sku) = resolved.reply().body else { panic!("no such SKU") };
//!
//! let placed = client
//!     .command(&Command::PlaceOrder(PlaceOrder {
//!         id: new_id(), // Kept with the order: the same id again is the same order.
//!         hold: HoldId::NONE, // Or the id of a `PlaceHold`, whose units the order may have.
//!         customer: 0,
//!         value_minor: 4_990,
//!         currency: *b"EUR\0",
//!         zone: Zone::new(0),
//!         channel: Channel::NONE,
//!         priority_class: 0,
//!         service_level: 0,
//!         short: ShortMode::ShipComplete,
//!         reference: "10042",
//!         lines: &[OrderLine::new(Sku::new(sku), 2)],
//!     }))
//!     .await?;
//! match placed.reject_reason() {
//!     None => println!("durable as record {}", placed.reply().sequence),
//!     Some(reason) => println!("rejected: {}", reason.name()),
//! }
//! client.close().await;
//! # Ok(())
//! # }
//! ```
//!
//! # Retries
//!
//! A reply means that what it tells is durable. No reply means nothing: the command may have been
//! carried out or not. So the client sends a request again, byte for byte and therefore with the
//! same ids, when the connection is lost before the answer, when no answer comes within
//! `answer_timeout`, when the server says `busy` (not before its hint, which doubles with every
//! busy in a row), and when a replies frame ends before the item's reply. The engine knows an id
//! that it has answered: the second time the reply has the status `duplicate`, with the first
//! record's sequence and the thing as it stands now. The client hands it on as the answer;
//! [`OwnedReply::is_success`] and [`OwnedReply::reject_reason`] read both alike.
//!
//! A request is given up after `attempts_max` sends or at the age `give_up_after`
//! ([`ClientError::GaveUp`]). Then it is not known whether the command was carried out; whoever
//! kept its id sends it again later and learns it. A rejection is final for its id: a new attempt
//! at an order that was out of stock takes a new id.
//!
//! Handles mean something to one instance only. When another instance answers at the address,
//! nothing is sent again: the client ends with [`ClientError::InstanceChanged`].
//!
//! # Ordering
//!
//! Items are sent in the order in which they were queued, commands and queries apart, and the
//! server decides the commands of one connection in the order in which they arrive. So while
//! nothing is sent again, commands are decided in the order queued. A `busy` refuses one frame
//! while a later one, already in flight, may be carried out; then the refused one comes after it.
//! Await a command's reply before queueing another that must come later, or set `in_flight_max`
//! to 1. A query sees every command whose reply came before the query was queued.
//!
//! # Trade-offs
//!
//! Every queue is bounded: `queue_items_max` items wait in the channel, `frame_items_max` for the
//! next frame, `in_flight_max` frames for their answers. A full queue makes callers wait; it never
//! fails them. An idle client that loses its connection makes a new one when it has something to
//! send, not before.

#![forbid(unsafe_code)]

mod backoff;
mod client;
mod connection;
mod error;
mod id;
mod network;
mod options;
mod reply;
mod requests;
mod worker;

pub use client::{Client, PendingReply};
pub use connection::{
    CONNECT_TIMEOUT, Connection, ConnectionReceiver, ConnectionSender, SEND_BUFFER_BYTES_MAX,
};
pub use error::ClientError;
pub use id::new_id;
pub use network::{Dialling, Network, Stream, TcpNetwork};
pub use options::ClientOptions;
pub use reply::OwnedReply;
