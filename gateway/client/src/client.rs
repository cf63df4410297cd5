//! The handle that applications hold.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use gantry_model::{Command, Query};
use gantry_protocol::{FrameKind, Welcome};
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::time::Instant;

use crate::requests::{Answer, Job, Requests};
use crate::worker::Worker;
use crate::{ClientError, ClientOptions, Connection, Network, OwnedReply, TcpNetwork};

/// A client for applications: it batches by itself, connects again, and sends again with the same
/// ids. Clones share one connection and one background task, which ends when the last is dropped.
///
/// See the crate's notes on [retries](crate#retries) and [ordering](crate#ordering).
#[derive(Clone)]
pub struct Client {
    queue: mpsc::Sender<Job>,
    close: Arc<Notify>,
    ended: watch::Receiver<Option<ClientError>>,
    welcome: Welcome,
}

impl Client {
    /// Connects to `address` (`host:port`, resolved anew for every connection). This first
    /// connection is tried once. Must be called within a tokio runtime.
    pub async fn connect(
        address: impl fmt::Display,
        options: ClientOptions,
    ) -> Result<Self, ClientError> {
        Self::connect_over(Arc::new(TcpNetwork), address, options).await
    }

    /// Connects over a network of one's own.
    pub async fn connect_over(
        network: Arc<dyn Network>,
        address: impl fmt::Display,
        options: ClientOptions,
    ) -> Result<Self, ClientError> {
        let (address, options) = (address.to_string(), options.bounded());
        let (actor, timeout) = (options.actor, options.connect_timeout);
        let connection = Connection::over(network.dial(&address), actor, timeout).await?;
        let welcome = *connection.welcome();
        let (queue, jobs) = mpsc::channel(options.queue_items_max);
        let (ended_sender, ended) = watch::channel(None);
        let close = Arc::new(Notify::new());
        let worker = Worker {
            network,
            address,
            instance: welcome.instance,
            requests: Requests::new(options.clone(), &welcome),
            options,
            queue: jobs,
            queue_ended: false,
            close: Arc::clone(&close),
            ended: ended_sender,
            failures: 0,
        };
        tokio::spawn(worker.run(connection));
        Ok(Self { queue, close, ended, welcome })
    }

    /// What the server said about itself at the first connection. The instance stays the same for
    /// the client's life; another one ends it.
    #[must_use]
    pub const fn welcome(&self) -> &Welcome {
        &self.welcome
    }

    /// Sends a command and waits for its reply. A rejection is a reply, not an error.
    ///
    /// Dropping the future does not withdraw the command once it is queued.
    pub async fn command(&self, command: &Command<'_>) -> Result<OwnedReply, ClientError> {
        self.submit(command).await?.await
    }

    /// Sends a query and waits for its reply.
    pub async fn query(&self, query: &Query<'_>) -> Result<OwnedReply, ClientError> {
        let mut item = Vec::new();
        query.write(&mut item);
        self.enqueue(FrameKind::Queries, item).await?.await
    }

    /// Queues a command, waiting for room only; the reply is awaited apart. One task that submits
    /// many commands before it awaits the first reply gets them into few frames, in its order.
    pub async fn submit(&self, command: &Command<'_>) -> Result<PendingReply, ClientError> {
        let mut item = Vec::new();
        command.write(&mut item);
        self.enqueue(FrameKind::Commands, item).await
    }

    /// As [`Self::submit`], for one command or query that is written already. Whether it is in order
    /// the server says.
    pub async fn submit_item(
        &self,
        kind: FrameKind,
        item: Vec<u8>,
    ) -> Result<PendingReply, ClientError> {
        self.enqueue(kind, item).await
    }

    async fn enqueue(&self, kind: FrameKind, item: Vec<u8>) -> Result<PendingReply, ClientError> {
        let (respond, answer) = oneshot::channel();
        let job = Job { kind, item, queued_at: Instant::now(), respond };
        match self.queue.send(job).await {
            Ok(()) => Ok(PendingReply { answer, ended: self.ended.clone() }),
            Err(_) => Err(end_reason(&self.ended)),
        }
    }

    /// Takes nothing more, waits until everything queued is answered or given up, and ends the
    /// connection. Other handles get [`ClientError::Closed`] from now on.
    pub async fn close(mut self) {
        self.close.notify_one();
        // The worker's side is dropped when it ends; until then at most one reason is set.
        while self.ended.changed().await.is_ok() {}
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("welcome", &self.welcome).finish_non_exhaustive()
    }
}

/// A command that was queued; await it for its reply.
#[derive(Debug)]
#[must_use = "the reply tells whether the command was carried out"]
pub struct PendingReply {
    answer: oneshot::Receiver<Answer>,
    ended: watch::Receiver<Option<ClientError>>,
}

impl Future for PendingReply {
    type Output = Result<OwnedReply, ClientError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = std::task::ready!(Pin::new(&mut self.answer).poll(context));
        Poll::Ready(answer.unwrap_or_else(|_| Err(end_reason(&self.ended))))
    }
}

fn end_reason(ended: &watch::Receiver<Option<ClientError>>) -> ClientError {
    ended.borrow().clone().unwrap_or(ClientError::Closed)
}
