//! The books of a client: what is queued, what is in flight, what is to be sent again.
//!
//! No socket and no clock: the worker brings frames and the time. A request keeps its payload and
//! its id until every item is answered, so whatever is sent again is sent byte for byte.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use gantry_model::Items;
use gantry_protocol::{FrameKind, REPLY_PAYLOAD_BYTES_MAX, Welcome};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::backoff::doubled;
use crate::{ClientError, ClientOptions, OwnedReply};

/// What a caller gets.
pub(crate) type Answer = Result<OwnedReply, ClientError>;

/// One item on its way to a frame.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) kind: FrameKind,
    pub(crate) item: Vec<u8>,
    pub(crate) queued_at: Instant,
    pub(crate) respond: oneshot::Sender<Answer>,
}

impl Job {
    fn answer(self, answer: Answer) {
        // A caller that no longer waits is no failure.
        let _ = self.respond.send(answer);
    }
}

/// One item of a request, waiting for its reply.
#[derive(Debug)]
struct Waiter {
    item_bytes: usize,
    respond: oneshot::Sender<Answer>,
}

/// One frame's worth of items.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) id: u64,
    pub(crate) kind: FrameKind,
    pub(crate) payload: Vec<u8>,
    waiters: VecDeque<Waiter>,
    attempts: u32,
    // Of the oldest item.
    queued_at: Instant,
    sent_at: Instant,
}

impl Request {
    pub(crate) fn item_count(&self) -> u32 {
        u32::try_from(self.waiters.len()).expect("invariant: at most 1,024 items a frame")
    }

    fn fail(self, error: &ClientError) {
        for waiter in self.waiters {
            let _ = waiter.respond.send(Err(error.clone()));
        }
    }

    /// Hands replies to the waiters in order; those without one stay, with their bytes.
    fn answer(&mut self, payload: &[u8]) -> Result<(), ClientError> {
        let item_count = self.waiters.len();
        let mut answered_bytes = 0;
        let mut result = Ok(());
        for item in Items::new(payload, REPLY_PAYLOAD_BYTES_MAX) {
            let item = match item {
                Ok(item) => item,
                Err(malformed) => {
                    result = Err(malformed.into());
                    break;
                }
            };
            let Some(waiter) = self.waiters.pop_front() else {
                result = Err(ClientError::TooManyReplies { request: self.id, item_count });
                break;
            };
            answered_bytes += waiter.item_bytes;
            let _ = waiter.respond.send(OwnedReply::new(&item).map_err(ClientError::from));
        }
        self.payload.drain(..answered_bytes);
        result
    }
}

/// What the server takes, and what the options allow.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    items_max: usize,
    payload_bytes_max: usize,
    in_flight_max: usize,
}

/// All items that a client has accepted and not yet answered.
#[derive(Debug)]
pub(crate) struct Requests {
    options: ClientOptions,
    bounds: Bounds,
    id_last: u64,
    commands: VecDeque<Job>,
    queries: VecDeque<Job>,
    // Both by request id, which rises in the order of queueing.
    again: BTreeMap<u64, Request>,
    in_flight: BTreeMap<u64, Request>,
    // Nothing is sent before this: the server said that it is busy.
    paused_until: Option<Instant>,
    // What last kept a request from its answer; told when one is given up.
    trouble: ClientError,
}

impl Requests {
    pub(crate) fn new(options: ClientOptions, welcome: &Welcome) -> Self {
        let bounds = Bounds::of(&options, welcome);
        Self {
            options,
            bounds,
            id_last: 0,
            commands: VecDeque::new(),
            queries: VecDeque::new(),
            again: BTreeMap::new(),
            in_flight: BTreeMap::new(),
            paused_until: None,
            trouble: ClientError::NoReply,
        }
    }

    /// A new connection was welcomed.
    pub(crate) fn connected(&mut self, welcome: &Welcome) {
        self.bounds = Bounds::of(&self.options, welcome);
    }

    /// Items that may be taken from the queue now.
    pub(crate) fn room(&self) -> usize {
        self.options.frame_items_max.saturating_sub(self.commands.len() + self.queries.len())
    }

    pub(crate) fn push(&mut self, job: Job) {
        match job.kind {
            FrameKind::Queries => self.queries.push_back(job),
            _ => self.commands.push_back(job),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.jobs().next().is_none() && self.again.is_empty() && self.in_flight.is_empty()
    }

    pub(crate) fn is_in_flight_empty(&self) -> bool {
        self.in_flight.is_empty()
    }

    fn jobs(&self) -> impl Iterator<Item = &Job> {
        self.commands.iter().chain(&self.queries)
    }

    /// The next request to send now, first those that were sent before; it counts as sent.
    pub(crate) fn next_to_send(&mut self, now: Instant) -> Option<&Request> {
        if self.paused_until.is_some_and(|until| now < until) {
            return None;
        }
        self.paused_until = None;
        if self.in_flight.len() >= self.bounds.in_flight_max {
            return None;
        }
        let (id, mut request) = self.again.pop_first().or_else(|| self.form(now))?;
        request.attempts += 1;
        request.sent_at = now;
        Some(self.in_flight.entry(id).or_insert(request))
    }

    /// A new frame of what is queued, commands before queries.
    fn form(&mut self, now: Instant) -> Option<(u64, Request)> {
        let linger = Duration::from_micros(self.options.linger_us);
        let (is_full, bounds) = (self.room() == 0, self.bounds);
        let queues = [&mut self.commands, &mut self.queries];
        queues.into_iter().find_map(|queue| {
            let first = queue.front().filter(|job| is_full || job.queued_at + linger <= now)?;
            let (kind, queued_at) = (first.kind, first.queued_at);
            let (payload, waiters) = take_items(queue, bounds);
            if waiters.is_empty() {
                return None;
            }
            self.id_last += 1;
            let id = self.id_last;
            let (attempts, sent_at) = (0, now);
            Some((id, Request { id, kind, payload, waiters, attempts, queued_at, sent_at }))
        })
    }

    /// A replies frame came.
    pub(crate) fn replies(
        &mut self,
        id: u64,
        payload: &[u8],
        now: Instant,
    ) -> Result<(), ClientError> {
        let mut request = self.take_in_flight(id)?;
        let result = request.answer(payload);
        if !request.waiters.is_empty() {
            // The server ends a replies frame before it is too long; what has no reply it has not
            // carried out.
            self.trouble = ClientError::NoReply;
            self.send_again(request, now);
        }
        result
    }

    /// Nothing of one request was carried out, and nothing is sent for a while: for `hint`, or
    /// longer with every attempt.
    pub(crate) fn retry_later(
        &mut self,
        id: u64,
        hint: Duration,
        trouble: ClientError,
        now: Instant,
    ) -> Result<(), ClientError> {
        let request = self.take_in_flight(id)?;
        let until = now + doubled(hint, request.attempts, self.options.backoff_max);
        self.paused_until = Some(self.paused_until.map_or(until, |before| before.max(until)));
        self.trouble = trouble;
        self.send_again(request, now);
        Ok(())
    }

    /// The server refused one request for good.
    pub(crate) fn refused(&mut self, id: u64, error: &ClientError) -> Result<(), ClientError> {
        self.take_in_flight(id)?.fail(error);
        Ok(())
    }

    /// There is no connection. What was in flight has to be sent again, in its order.
    pub(crate) fn connection_lost(&mut self, error: &ClientError, now: Instant) {
        self.paused_until = None;
        self.trouble = error.clone();
        for request in std::mem::take(&mut self.in_flight).into_values() {
            self.send_again(request, now);
        }
    }

    fn take_in_flight(&mut self, id: u64) -> Result<Request, ClientError> {
        self.in_flight.remove(&id).ok_or(ClientError::UnknownRequest { request: id })
    }

    fn send_again(&mut self, request: Request, now: Instant) {
        let waited = now - request.queued_at;
        if request.attempts < self.options.attempts_max && waited < self.options.give_up_after {
            self.again.insert(request.id, request);
        } else {
            let attempts = request.attempts;
            request.fail(&self.gave_up(attempts, waited));
        }
    }

    fn gave_up(&self, attempts: u32, waited: Duration) -> ClientError {
        ClientError::GaveUp { attempts, waited, last: Box::new(self.trouble.clone()) }
    }

    /// Gives up what is too old and not in flight.
    pub(crate) fn give_up_old(&mut self, now: Instant) {
        let old = |queued_at: Instant| now - queued_at >= self.options.give_up_after;
        let requests: Vec<_> =
            self.again.extract_if(.., |_, request| old(request.queued_at)).collect();
        let mut jobs = Vec::new();
        for queue in [&mut self.commands, &mut self.queries] {
            jobs.extend(std::iter::from_fn(|| queue.pop_front_if(|job| old(job.queued_at))));
        }
        for (_, request) in requests {
            let error = self.gave_up(request.attempts, now - request.queued_at);
            request.fail(&error);
        }
        for job in jobs {
            let error = self.gave_up(0, now - job.queued_at);
            job.answer(Err(error));
        }
    }

    /// Fails everything.
    pub(crate) fn fail_all(&mut self, error: &ClientError) {
        let requests = std::mem::take(&mut self.again).into_values();
        for request in requests.chain(std::mem::take(&mut self.in_flight).into_values()) {
            request.fail(error);
        }
        for job in self.commands.drain(..).chain(self.queries.drain(..)) {
            job.answer(Err(error.clone()));
        }
    }

    /// Fails everything for having tried too often.
    pub(crate) fn give_up_all(&mut self, attempts: u32, now: Instant) {
        let oldest = self.again.values().map(|request| request.queued_at);
        let oldest = oldest.chain(self.jobs().map(|job| job.queued_at)).min();
        let waited = oldest.map_or(Duration::ZERO, |queued_at| now - queued_at);
        self.fail_all(&self.gave_up(attempts, waited));
    }

    /// Whether a request in flight has waited too long, so that its connection counts as lost.
    pub(crate) fn is_answer_overdue(&self, now: Instant) -> bool {
        self.answer_due().is_some_and(|due| due <= now)
    }

    fn answer_due(&self) -> Option<Instant> {
        let oldest = self.in_flight.values().map(|request| request.sent_at).min();
        oldest.map(|sent_at| sent_at + self.options.answer_timeout)
    }

    /// When the worker has to look again although nothing came. What is due by `now` it has
    /// looked at; if that could not be sent, an answer or a write that gets through wakes it.
    pub(crate) fn next_deadline(&self, now: Instant) -> Option<Instant> {
        let linger = Duration::from_micros(self.options.linger_us);
        let fronts = [self.commands.front(), self.queries.front()];
        let queued = fronts.into_iter().flatten().map(|job| job.queued_at);
        let unanswered = self.again.values().map(|request| request.queued_at).chain(queued.clone());
        queued
            .map(|queued_at| queued_at + linger)
            .chain(unanswered.map(|queued_at| queued_at + self.options.give_up_after))
            .chain(self.paused_until)
            .chain(self.answer_due())
            .filter(|due| *due > now)
            .min()
    }
}

impl Bounds {
    fn of(options: &ClientOptions, welcome: &Welcome) -> Self {
        Self {
            items_max: options.frame_items_max.min(welcome.items_per_frame_max as usize).max(1),
            payload_bytes_max: welcome.frame_payload_bytes_max as usize,
            in_flight_max: options
                .in_flight_max
                .min(welcome.requests_in_flight_max as usize)
                .max(1),
        }
    }
}

/// Takes items off the queue's front until a frame is full. An item that fits no frame fails.
fn take_items(queue: &mut VecDeque<Job>, bounds: Bounds) -> (Vec<u8>, VecDeque<Waiter>) {
    let (mut payload, mut waiters) = (Vec::new(), VecDeque::new());
    let payload_bytes_max = bounds.payload_bytes_max;
    while waiters.len() < bounds.items_max {
        let Some(job) = queue.front() else { break };
        let item_bytes = job.item.len();
        let fits = payload.len() + item_bytes <= payload_bytes_max;
        if !fits && !waiters.is_empty() {
            break;
        }
        let Some(job) = queue.pop_front() else { break };
        if fits {
            payload.extend_from_slice(&job.item);
            waiters.push_back(Waiter { item_bytes, respond: job.respond });
        } else {
            let payload_bytes = item_bytes;
            job.answer(Err(ClientError::PayloadTooLong { payload_bytes, payload_bytes_max }));
        }
    }
    (payload, waiters)
}
