//! The task behind a [`crate::Client`]: it owns the connection and drives the books.

use std::sync::Arc;
use std::time::Duration;

use gantry_protocol::{Busy, ErrorCode, Frame, FrameKind};
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::{Instant, sleep_until};

use crate::backoff::{doubled, jittered};
use crate::connection::{ConnectionReceiver, ConnectionSender, refusal};
use crate::requests::{Job, Requests};
use crate::{ClientError, ClientOptions, Connection, Network, SEND_BUFFER_BYTES_MAX};

pub(crate) struct Worker {
    pub(crate) network: Arc<dyn Network>,
    pub(crate) address: String,
    pub(crate) options: ClientOptions,
    pub(crate) instance: u128,
    pub(crate) requests: Requests,
    pub(crate) queue: mpsc::Receiver<Job>,
    // No more jobs will come: every handle is gone, or one was closed.
    pub(crate) queue_ended: bool,
    pub(crate) close: Arc<Notify>,
    // Why the client ended; dropped with the worker, which tells the handles that it is over.
    pub(crate) ended: watch::Sender<Option<ClientError>>,
    // Connections lost or not made since the last answer.
    pub(crate) failures: u32,
}

/// What the server said about the connection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    GoOn,
    Draining,
}

impl Worker {
    /// Serves until no handle is left and everything is answered, or until a final error.
    pub(crate) async fn run(mut self, connection: Connection) {
        let mut connection = Some(connection);
        while let Some(current) = connection {
            let Err(lost) = self.serve(current).await else { return };
            self.requests.connection_lost(&lost, Instant::now());
            connection = self.reconnect(lost).await;
        }
    }

    /// Works one connection until it is lost; `Ok` when all is done.
    async fn serve(&mut self, connection: Connection) -> Result<(), ClientError> {
        let (mut sender, mut receiver) = connection.split();
        self.requests.connected(sender.welcome());
        let mut flow = Flow::GoOn;
        while !(self.queue_ended && self.requests.is_empty()) {
            let now = Instant::now();
            self.look_at_clock(now)?;
            match flow {
                Flow::GoOn => self.send_next(&mut sender, now)?,
                Flow::Draining if self.requests.is_in_flight_empty() => {
                    return Err(ClientError::Disconnected { cut_bytes: 0 });
                }
                Flow::Draining => {}
            }
            if self.turn(&mut sender, &mut receiver, now).await? == Flow::Draining {
                flow = Flow::Draining;
            }
        }
        Ok(())
    }

    /// Waits until something happens, and takes it in.
    async fn turn(
        &mut self,
        sender: &mut ConnectionSender,
        receiver: &mut ConnectionReceiver,
        now: Instant,
    ) -> Result<Flow, ClientError> {
        let deadline = self.requests.next_deadline(now);
        let (unsent, room) = (sender.unsent_bytes() > 0, self.requests.room());
        let mut jobs = Vec::new();
        tokio::select! {
            // Answers first: they make room, here and at the server.
            biased;
            frame = receiver.next_frame() => {
                return take_frame(&mut self.requests, &mut self.failures, frame?)
                    .and_then(|flow| self.take_buffered(receiver, flow));
            }
            flushed = sender.flush(), if unsent => flushed?,
            count = self.queue.recv_many(&mut jobs, room), if room > 0 && !self.queue_ended => {
                self.take_jobs(jobs, count);
            }
            () = self.close.notified() => self.queue.close(),
            () = sleep_until(deadline.unwrap_or(now)), if deadline.is_some() => {}
        }
        Ok(Flow::GoOn)
    }

    fn take_jobs(&mut self, jobs: Vec<Job>, count: usize) {
        self.queue_ended = count == 0;
        for job in jobs {
            self.requests.push(job);
        }
    }

    /// Takes the frames that came with the first.
    fn take_buffered(
        &mut self,
        receiver: &mut ConnectionReceiver,
        mut flow: Flow,
    ) -> Result<Flow, ClientError> {
        while let Some(frame) = receiver.next_buffered()? {
            if take_frame(&mut self.requests, &mut self.failures, frame)? == Flow::Draining {
                flow = Flow::Draining;
            }
        }
        Ok(flow)
    }

    fn look_at_clock(&mut self, now: Instant) -> Result<(), ClientError> {
        if self.requests.is_answer_overdue(now) {
            let answer_timeout = self.options.answer_timeout;
            return Err(ClientError::AnswerTimeout { answer_timeout });
        }
        self.requests.give_up_old(now);
        Ok(())
    }

    /// Forms frames only once the last write is through: what queued meanwhile shares a frame.
    fn send_next(
        &mut self,
        sender: &mut ConnectionSender,
        now: Instant,
    ) -> Result<(), ClientError> {
        if sender.unsent_bytes() > 0 {
            return Ok(());
        }
        while sender.unsent_bytes() < SEND_BUFFER_BYTES_MAX {
            let Some(request) = self.requests.next_to_send(now) else { break };
            sender.push(request.kind, request.id, request.item_count(), &request.payload)?;
        }
        Ok(())
    }

    /// Connects anew as soon as there is something to send; `None` when the client has ended.
    async fn reconnect(&mut self, mut last: ClientError) -> Option<Connection> {
        loop {
            if last.is_final() {
                return self.end(last);
            }
            self.failures += 1;
            if self.failures > self.options.attempts_max {
                self.requests.give_up_all(self.options.attempts_max, Instant::now());
                self.failures = 1;
            }
            self.await_turn_to_connect().await;
            if self.queue_ended && self.requests.is_empty() {
                return None;
            }
            match self.connect().await {
                Ok(connection) => return Some(connection),
                Err(error) => last = error,
            }
            self.requests.connection_lost(&last, Instant::now());
        }
    }

    async fn connect(&self) -> Result<Connection, ClientError> {
        let (actor, timeout) = (self.options.actor, self.options.connect_timeout);
        let dial = self.network.dial(&self.address);
        let connection = Connection::over(dial, actor, timeout).await?;
        let (expected, found) = (self.instance, connection.welcome().instance);
        if found == expected {
            Ok(connection)
        } else {
            Err(ClientError::InstanceChanged { expected, found })
        }
    }

    /// Waits for the backoff to pass and for something to send, and keeps taking jobs in.
    async fn await_turn_to_connect(&mut self) {
        let (first, longest) = (self.options.backoff_min, self.options.backoff_max);
        let delay = doubled(first, self.failures, longest);
        let wake = Instant::now() + jittered(delay, self.network.random());
        let mut rested = false;
        while if self.requests.is_empty() { !self.queue_ended } else { !rested } {
            let (mut jobs, room) = (Vec::new(), self.requests.room());
            tokio::select! {
                biased;
                () = sleep_until(wake), if !rested => rested = true,
                count = self.queue.recv_many(&mut jobs, room), if room > 0 && !self.queue_ended => {
                    self.take_jobs(jobs, count);
                }
                () = self.close.notified() => self.queue.close(),
            }
            self.requests.give_up_old(Instant::now());
        }
    }

    /// Ends the client: whatever waits, and whatever comes later, gets this error.
    fn end(&mut self, error: ClientError) -> Option<Connection> {
        self.ended.send_replace(Some(error.clone()));
        self.queue.close();
        self.requests.fail_all(&error);
        while let Ok(job) = self.queue.try_recv() {
            self.requests.push(job);
            self.requests.fail_all(&error);
        }
        None
    }
}

/// Takes one frame in.
fn take_frame(
    requests: &mut Requests,
    failures: &mut u32,
    frame: Frame<'_>,
) -> Result<Flow, ClientError> {
    let (id, now) = (frame.request, Instant::now());
    match frame.kind {
        FrameKind::Replies => {
            requests.replies(id, frame.payload, now)?;
            *failures = 0;
        }
        FrameKind::Busy => {
            let retry_after_us = Busy::parse(frame.payload)?.retry_after_us;
            let retry_after = Duration::from_micros(retry_after_us.into());
            requests.retry_later(id, retry_after, ClientError::Busy { retry_after }, now)?;
        }
        FrameKind::Error => return take_error(requests, id, refusal(frame.payload), now),
        FrameKind::Goodbye => return Ok(Flow::Draining),
        FrameKind::Welcome | FrameKind::Hello | FrameKind::Commands | FrameKind::Queries => {
            let (expected, found) = (FrameKind::Replies, frame.kind);
            return Err(ClientError::UnexpectedFrame { expected, found });
        }
    }
    Ok(Flow::GoOn)
}

/// An error about one request concerns that one; any other ends the connection.
fn take_error(
    requests: &mut Requests,
    id: u64,
    error: ClientError,
    now: Instant,
) -> Result<Flow, ClientError> {
    let ClientError::Refused { code, .. } = &error else { return Err(error) };
    match code {
        ErrorCode::BadPayloadChecksum => requests.retry_later(id, Duration::ZERO, error, now)?,
        ErrorCode::UnknownFrameKind | ErrorCode::TooManyItems | ErrorCode::UnexpectedPayload => {
            requests.refused(id, &error)?;
        }
        ErrorCode::ShuttingDown if id != 0 => {
            // Not carried out; what is still in flight will be answered before the end.
            requests.retry_later(id, Duration::ZERO, error, now)?;
            return Ok(Flow::Draining);
        }
        _ => return Err(error),
    }
    Ok(Flow::GoOn)
}
