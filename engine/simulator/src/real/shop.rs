//! Clients over TCP: shops that ask until they are answered, whoever dies meanwhile.

use std::sync::Arc;
use std::time::Duration;

use gantry_client::{Client, ClientError, ClientOptions, OwnedReply};
use gantry_model::Actor;
use gantry_protocol::FrameKind;
use tokio::time::sleep;

use super::door::Door;
use super::feed::Feed;
use crate::scenario::Asked;

/// Pause before another look for something to ask, or another first connection.
const LOOK_AGAIN: Duration = Duration::from_millis(1);
/// Longer than any run.
const EVER: Duration = Duration::from_secs(30 * 24 * 3600);

/// A shop.
pub(super) struct Shop {
    /// Who it is.
    pub(super) number: u32,
    /// Items that it has under way at most.
    pub(super) window: usize,
    /// Items in one frame at most.
    pub(super) frame_items_max: usize,
    /// Where it gets items.
    pub(super) feed: Feed,
    /// How it reaches the server.
    pub(super) door: Door,
}

impl Shop {
    /// Asks until the feed is over and everything is answered.
    pub(super) async fn run(self) {
        let mut client = None;
        loop {
            let mut open = self.feed.take(self.window);
            if open.is_empty() {
                if self.feed.is_over() {
                    return;
                }
                sleep(LOOK_AGAIN).await;
            }
            let mut alone = false;
            while !open.is_empty() {
                let connected = match client.take() {
                    Some(client) => client,
                    None => self.connect().await,
                };
                let asked = open.len();
                (open, alone) = self.ask(&connected, open, alone).await;
                // Whoever got no answer at all asks the rest again with another client.
                client = (open.len() < asked).then_some(connected);
            }
        }
    }

    async fn connect(&self) -> Client {
        let options = ClientOptions {
            frame_items_max: self.frame_items_max,
            attempts_max: u32::MAX,
            backoff_min: Duration::from_millis(2),
            backoff_max: Duration::from_millis(10),
            give_up_after: EVER,
            ..options(self.number)
        };
        loop {
            let door = Arc::new(self.door.clone());
            match Client::connect_over(door, "the server", options.clone()).await {
                Ok(client) => return client,
                Err(_) => sleep(LOOK_AGAIN).await,
            }
        }
    }

    /// Asks for all of `open`, each in a frame of its own if `alone`. Returns those without an
    /// answer, and whether a frame was refused whole, which says nothing of each of its items.
    async fn ask(&self, client: &Client, open: Vec<Asked>, alone: bool) -> (Vec<Asked>, bool) {
        let (mut left, mut was_refused) = (Vec::new(), false);
        let mut take = |asked: Asked, answer: Result<OwnedReply, ClientError>| match answer {
            Ok(owned) => self.feed.tell(&asked, &owned),
            Err(ClientError::Refused { .. } | ClientError::PayloadTooLong { .. }) if alone => {}
            Err(error) => {
                was_refused |= matches!(error, ClientError::Refused { .. });
                left.push(asked);
            }
        };
        let mut pending = Vec::new();
        for asked in open {
            let kind = if asked.is_query { FrameKind::Queries } else { FrameKind::Commands };
            match client.submit_item(kind, asked.bytes.clone()).await {
                Ok(queued) if alone => take(asked, queued.await),
                Ok(queued) => pending.push((asked, queued)),
                Err(error) => take(asked, Err(error)),
            }
        }
        for (asked, queued) in pending {
            take(asked, queued.await);
        }
        (left, was_refused)
    }
}

/// Options of a client with this number.
pub(super) fn options(number: u32) -> ClientOptions {
    ClientOptions::new(Actor::new(Actor::CLIENT_MIN.get() + number))
}
