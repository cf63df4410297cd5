//! Clients: shops that use the real client, ask until they are answered, and keep what they were
//! told.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gantry_client::{Client, ClientError, ClientOptions, OwnedReply, PendingReply};
use gantry_model::{Actor, ReplyStatus};
use gantry_protocol::FrameKind;
use tokio::time::sleep;

use crate::history::History;
use crate::net::SimNetwork;
use crate::scenario::{Asked, Clients};

/// Answers that are kept to be asked for again at the end.
const TOLD_MAX: usize = 256;
/// Longer than any universe lives.
const EVER: Duration = Duration::from_secs(30 * 24 * 3600);
/// The shop whose first window goes before all others.
const FIRST: u32 = 0;
/// Pause before another try to connect for the first time.
const CONNECT_AGAIN: Duration = Duration::from_millis(50);

/// What is still to be asked, and what was told; clones share it.
#[derive(Clone)]
pub struct Feed {
    state: Arc<Mutex<FeedState>>,
}

struct FeedState {
    /// Every item, back to back: thousands of small ones would cost more to make than to ask.
    bytes: Vec<u8>,
    /// Where each ends, and whether it is a query.
    items: Vec<(usize, bool)>,
    next: usize,
    answered: u64,
    told: Vec<Told>,
    /// Whether the first window is through, which defines what others ask for.
    is_begun: bool,
}

/// A command that was accepted.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    /// Its place in the feed.
    pub index: usize,
    /// The record that it was told.
    pub sequence: u64,
}

impl Feed {
    /// Everything is still to be asked.
    #[must_use]
    pub fn new(asked: &[Asked]) -> Self {
        let mut bytes = Vec::with_capacity(asked.iter().map(|item| item.bytes.len()).sum());
        let item = |item: &Asked| {
            bytes.extend_from_slice(&item.bytes);
            (bytes.len(), item.is_query)
        };
        let items = asked.iter().map(item).collect();
        let state =
            FeedState { bytes, items, next: 0, answered: 0, told: Vec::new(), is_begun: false };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// Items that were taken so far.
    #[must_use]
    pub fn taken(&self) -> usize {
        self.state().next
    }

    /// Whether every item was taken.
    #[must_use]
    pub fn is_used_up(&self) -> bool {
        let state = self.state();
        state.next == state.items.len()
    }

    /// Items in all.
    #[must_use]
    pub fn count(&self) -> usize {
        self.state().items.len()
    }

    /// Items that were answered so far.
    #[must_use]
    pub fn answered(&self) -> u64 {
        self.state().answered
    }

    /// Some of the commands that were accepted.
    #[must_use]
    pub fn told(&self) -> Vec<Told> {
        self.state().told.clone()
    }

    fn take(&self, count: usize) -> Vec<usize> {
        let mut state = self.state();
        let first = state.next;
        state.next = (first + count).min(state.items.len());
        (first..state.next).collect()
    }

    fn item(&self, index: usize) -> Asked {
        let state = self.state();
        let start = index.checked_sub(1).map_or(0, |before| state.items[before].0);
        let (end, is_query) = state.items[index];
        Asked { is_query, bytes: state.bytes[start..end].to_vec() }
    }

    fn state(&self) -> MutexGuard<'_, FeedState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A shop.
pub struct Shop {
    /// Who it is.
    pub number: u32,
    /// How it behaves.
    pub clients: Clients,
    /// Where it gets items.
    pub feed: Feed,
    /// How it reaches the server.
    pub network: SimNetwork,
    /// Whom it shows what it was told.
    pub history: History,
}

impl Shop {
    /// Asks until the feed is empty and everything is answered.
    pub async fn run(self) {
        let mut client = None;
        while self.number != FIRST && !self.feed.state().is_begun {
            sleep(CONNECT_AGAIN).await;
        }
        loop {
            let mut open = self.feed.take(self.clients.window as usize);
            if open.is_empty() {
                return;
            }
            let mut alone = false;
            while !open.is_empty() {
                let connected = match client.take() {
                    Some(client) => client,
                    None => self.connect().await,
                };
                let left;
                (left, alone) = self.ask(&connected, &open, alone).await;
                // Whoever lost its client asks the rest again with another.
                client = (left.len() < open.len()).then_some(connected);
                open = left;
            }
            self.feed.state().is_begun = true;
        }
    }

    /// Asks for the commands that were accepted once more: each is answered with its first record.
    pub async fn ask_again(self) {
        let client = self.connect().await;
        for Told { index, sequence } in self.feed.told() {
            let asked = self.feed.item(index);
            let Ok(Ok(reply)) = self.submit(&client, asked).await else {
                return self.history.object(format!("item {index} was not answered again"));
            };
            let reply = reply.reply();
            if reply.status != ReplyStatus::Duplicate || reply.sequence.get() != sequence {
                let what = format!("item {index} was accepted at {sequence}, and now {reply:?}");
                return self.history.object(what);
            }
        }
    }

    async fn submit(
        &self,
        client: &Client,
        asked: Asked,
    ) -> Result<Result<OwnedReply, ClientError>, ClientError> {
        Ok(enqueue(client, asked).await?.await)
    }

    async fn connect(&self) -> Client {
        let options = ClientOptions {
            frame_items_max: self.clients.frame_items_max as usize,
            answer_timeout: Duration::from_millis(self.clients.patience_ms),
            attempts_max: u32::MAX,
            give_up_after: EVER,
            ..ClientOptions::new(Actor::new(Actor::CLIENT_MIN.get() + self.number))
        };
        loop {
            let network = Arc::new(self.network.clone());
            match Client::connect_over(network, "the server", options.clone()).await {
                Ok(client) => return client,
                Err(_) => sleep(CONNECT_AGAIN).await,
            }
        }
    }

    /// Asks for all of `open`, each in a frame of its own if `alone`. Returns those without an
    /// answer, and whether they are to be asked alone: a frame that was refused whole says nothing
    /// of each.
    async fn ask(&self, client: &Client, open: &[usize], alone: bool) -> (Vec<usize>, bool) {
        let mut left = Vec::new();
        let mut was_refused = false;
        let mut pending: Vec<(usize, Option<PendingReply>)> = Vec::new();
        for index in open {
            let queued = enqueue(client, self.feed.item(*index)).await.ok();
            match queued {
                Some(queued) if alone => {
                    let answer = queued.await;
                    was_refused |= self.take(*index, answer, true, &mut left);
                }
                queued => pending.push((*index, queued)),
            }
        }
        for (index, queued) in pending {
            let Some(queued) = queued else {
                left.push(index);
                continue;
            };
            let answer = queued.await;
            was_refused |= self.take(index, answer, alone, &mut left);
        }
        (left, was_refused)
    }

    /// Takes an answer in; returns whether its frame was refused whole.
    fn take(
        &self,
        index: usize,
        answer: Result<OwnedReply, ClientError>,
        alone: bool,
        left: &mut Vec<usize>,
    ) -> bool {
        match answer {
            Ok(owned) => {
                self.look_at(index, &owned);
                false
            }
            Err(ClientError::Refused { .. } | ClientError::PayloadTooLong { .. }) if alone => false,
            Err(error) => {
                left.push(index);
                matches!(error, ClientError::Refused { .. })
            }
        }
    }

    fn look_at(&self, index: usize, owned: &OwnedReply) {
        let reply = owned.reply();
        self.history.told(reply.sequence.get());
        self.history.trace(reply.sequence.get());
        let mut state = self.feed.state();
        state.answered += 1;
        if reply.status == ReplyStatus::Accepted && state.told.len() < TOLD_MAX {
            state.told.push(Told { index, sequence: reply.sequence.get() });
        }
    }
}

async fn enqueue(client: &Client, asked: Asked) -> Result<PendingReply, ClientError> {
    let kind = if asked.is_query { FrameKind::Queries } else { FrameKind::Commands };
    client.submit_item(kind, asked.bytes).await
}
