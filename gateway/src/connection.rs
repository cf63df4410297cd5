//! One connection: a task that moves bytes between its socket, its session and the queues.
//!
//! The task reads and, after a stall, writes on. Replies come to the socket without it, through
//! [`Link`].

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use gantry_engine::RequestKind;
use gantry_protocol::{ErrorCode, FrameKind, write_frame};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::hub::Hub;
use crate::ingress::Queued;
use crate::link::{Closed, Link, OutboundState};
use crate::session::{Farewell, RequestBundle, Session, Step, StepOutput};
use crate::socket::{Inlet, Outlet, halves};
use crate::stats::{add, subtract};
use gantry_journal::mark;

/// A closed connection is read (and its bytes dropped) for this long, so that the client gets our
/// last frame rather than a reset.
const LINGER: Duration = Duration::from_secs(1);
/// Bytes that are dropped while lingering.
const LINGER_BYTES_MAX: usize = 1 << 20;
/// A session's buffer for immediate answers that grew beyond this is given back.
const ANSWERS_KEPT_BYTES_MAX: usize = 64 << 10;

/// Serves one connection to its end.
pub(crate) async fn serve((inlet, outlet): (Inlet, Box<dyn Outlet>), id: u64, hub: Arc<Hub>) {
    let link = Arc::new(Link::new(id, outlet, hub.outbound_bytes_max, hub.busy));
    let _registered = Registered::new(&hub, &link);
    let now = Instant::now();
    let mut connection = Connection {
        session: Session::new(id, hub.facts),
        output: StepOutput::default(),
        link,
        inlet,
        deadline: Box::pin(sleep_until(now + hub.idle_timeout)),
        quiet_since: now,
        written_seen: 0,
        hub: Arc::clone(&hub),
    };
    let end = connection.converse().await;
    connection.take_leave(end).await;
}

/// Refuses a connection that is one too many.
pub(crate) async fn refuse(stream: TcpStream, farewell: Farewell) {
    let (mut inlet, outlet) = halves(stream);
    let mut bytes = Vec::new();
    farewell.write(&mut bytes);
    let writable = poll_fn(|context| outlet.poll_write_ready(context)).await;
    // A fresh socket's buffer takes one frame; if not, the client gets none.
    if writable.is_ok() && outlet.try_write(&bytes).is_ok() {
        drop(outlet);
        linger(&mut inlet).await;
    }
}

/// Keeps the session findable for replies; dropped even if the task panics.
struct Registered<'a> {
    hub: &'a Hub,
    id: u64,
}

impl<'a> Registered<'a> {
    fn new(hub: &'a Hub, link: &Arc<Link>) -> Self {
        hub.links.insert(link.id, Arc::clone(link));
        Self { hub, id: link.id }
    }
}

impl Drop for Registered<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tracing::error!(session = self.id, "a connection's task panicked; the others go on");
        }
        self.hub.links.remove(&self.id);
        subtract(&self.hub.counters.connections_open, 1);
        self.hub.ended.notify_one();
    }
}

/// What a wait ended with.
enum Event {
    Read(usize),
    /// The client sends nothing more.
    EndOfStream,
    Broken,
    /// Nothing is left to write after a stall.
    Written,
    /// Somebody wants a look at the flags or the counts.
    Woken,
    Late,
}

/// Why a conversation is over.
enum End {
    /// The client closed its side; it may still read.
    ClientClosed,
    /// The socket or the patience is gone: no more words.
    Abrupt,
    /// An error to tell at the end.
    Farewell(Farewell),
    /// The server stops.
    Stopped,
}

struct Connection {
    session: Session,
    output: StepOutput,
    link: Arc<Link>,
    inlet: Inlet,
    /// When to look whether the client is idle; moved only when it passes.
    deadline: Pin<Box<Sleep>>,
    /// Since when the client owes a frame.
    quiet_since: Instant,
    /// Bytes that the socket had taken at the last deadline.
    written_seen: u64,
    hub: Arc<Hub>,
}

impl Connection {
    async fn converse(&mut self) -> End {
        let mut said_goodbye = false;
        loop {
            if self.hub.is_stopping() && !said_goodbye {
                said_goodbye = true;
                self.say_goodbye();
            }
            let wants_bytes = match self.step() {
                Step::NeedBytes if said_goodbye => return End::Stopped,
                Step::NeedBytes => true,
                Step::NeedRoom if self.wait_for_room() => false,
                Step::NeedRoom => continue,
                Step::Ended(farewell) => {
                    mark!("connection ended for broken bytes");
                    return End::Farewell(farewell);
                }
            };
            let outbound = self.link.outbound_state();
            if outbound.closed.is_some() || self.hub.is_cut() {
                return self.end_closed(outbound);
            }
            // Whoever leaves half of what he may unread is not read from either.
            let reads = wants_bytes && outbound.unwritten_bytes <= self.hub.outbound_bytes_max / 2;
            match self.wait(reads, outbound.stalled).await {
                Event::Read(count) => self.received(count),
                Event::EndOfStream => return End::ClientClosed,
                Event::Broken => {
                    mark!("connection broken");
                    return End::Abrupt;
                }
                Event::Written | Event::Woken => {}
                Event::Late => {
                    if let Some(end) = self.judge_patience(reads) {
                        return end;
                    }
                }
            }
        }
    }

    fn say_goodbye(&mut self) {
        mark!("goodbye said");
        let mut bytes = Vec::new();
        write_frame(&mut bytes, FrameKind::Goodbye, 0, 0, &[]);
        self.link.send(&bytes);
        self.session.drain();
    }

    /// Takes the frames that are there and hands them on.
    fn step(&mut self) -> Step {
        let Self { session, output, link, hub, .. } = self;
        let room = hub.facts.requests_in_flight_max.saturating_sub(link.in_flight());
        let step = session.step(room, |id, actor| hub.ingress.submission(id, actor), output);
        if output.frames + output.errors == 0 {
            return step;
        }
        self.quiet_since = Instant::now();
        self.submit(RequestKind::Commands);
        self.submit(RequestKind::Queries);
        self.hub.ingress.bell.ring();
        self.answer();
        step
    }

    fn submit(&mut self, kind: RequestKind) {
        let Self { output, link, hub, .. } = self;
        let bundle = match kind {
            RequestKind::Commands => std::mem::take(&mut output.commands),
            RequestKind::Queries => std::mem::take(&mut output.queries),
        };
        let RequestBundle { submission: Some(mut submission), frames, payload_bytes } = bundle
        else {
            return;
        };
        // Before the push: the reply may come at once.
        link.sent(frames);
        let counters = &hub.counters;
        // A look-up that fails is no answer: the client asks again.
        let looked_up = hub.archive.attach(&mut submission).inspect_err(|error| {
            tracing::error!(%error, "the archive cannot be asked; requests are answered busy");
        });
        let queued = Queued { submission, payload_bytes };
        let pushed = match looked_up {
            Ok(()) => hub.ingress.push(kind, queued),
            Err(_) => Err(queued),
        };
        match pushed {
            Ok(()) => {
                add(&counters.requests, u64::from(frames));
                match kind {
                    RequestKind::Commands => add(&counters.submissions_commands, 1),
                    RequestKind::Queries => add(&counters.submissions_queries, 1),
                }
            }
            Err(refused) => {
                link.answered(frames);
                mark!("busy sent");
                add(&counters.requests_busy, u64::from(frames));
                for request in refused.submission.requests() {
                    hub.busy.write(request, &mut output.answers);
                }
                hub.ingress.recycle(refused.submission);
            }
        }
    }

    /// Sends what waits for no sync.
    fn answer(&mut self) {
        let output = &mut self.output;
        if !output.answers.is_empty() {
            self.link.send(&output.answers);
            output.answers.clear();
            output.answers.shrink_to(ANSWERS_KEPT_BYTES_MAX);
        }
        add(&self.hub.counters.errors, u64::from(output.errors));
        (output.frames, output.errors) = (0, 0);
    }

    /// Asks to be woken when requests are answered; false if some were meanwhile.
    fn wait_for_room(&self) -> bool {
        mark!("connection waits for answers");
        self.link.wait_for_answers();
        self.link.in_flight() >= self.hub.facts.requests_in_flight_max
    }

    fn received(&mut self, count: usize) {
        if !self.session.is_mid_frame() {
            self.quiet_since = Instant::now();
        }
        self.session.advance(count);
        add(&self.hub.counters.reads, 1);
    }

    /// Waits for the next thing to happen. Nothing is lost when several happen at once.
    async fn wait(&mut self, reads: bool, writes: bool) -> Event {
        let Self { session, inlet, link, deadline, .. } = self;
        let mut woken = pin!(link.wake.notified());
        poll_fn(|context| {
            if writes && link.poll_write_on(context).is_ready() {
                return Poll::Ready(Event::Written);
            }
            if reads {
                let mut buffer = ReadBuf::new(session.spare());
                match Pin::new(&mut *inlet).poll_read(context, &mut buffer) {
                    Poll::Ready(Ok(())) if buffer.filled().is_empty() => {
                        return Poll::Ready(Event::EndOfStream);
                    }
                    Poll::Ready(Ok(())) => return Poll::Ready(Event::Read(buffer.filled().len())),
                    Poll::Ready(Err(_)) => return Poll::Ready(Event::Broken),
                    Poll::Pending => {}
                }
            }
            if woken.as_mut().poll(context).is_ready() {
                return Poll::Ready(Event::Woken);
            }
            if deadline.as_mut().poll(context).is_ready() {
                return Poll::Ready(Event::Late);
            }
            Poll::Pending
        })
        .await
    }

    /// At the deadline: an end if the client has used up its time, else a new deadline.
    fn judge_patience(&mut self, reads: bool) -> Option<End> {
        let now = Instant::now();
        if self.stalls_since_last_look() {
            add(&self.hub.counters.connections_slow, 1);
            return Some(End::Abrupt);
        }
        let owes_nothing = !self.session.is_mid_frame() && self.link.in_flight() > 0;
        if owes_nothing || !reads {
            self.quiet_since = now;
        }
        let late = self.quiet_since + self.hub.idle_timeout;
        if now < late {
            self.deadline.as_mut().reset(late);
            return None;
        }
        add(&self.hub.counters.connections_idle, 1);
        let text = format!("no whole frame came in {:?}", self.hub.idle_timeout);
        Some(End::Farewell(Farewell { code: ErrorCode::IdleTimeout, request: 0, text }))
    }

    /// Whether bytes wait to be written and none was taken since the last look.
    fn stalls_since_last_look(&mut self) -> bool {
        let outbound = self.link.outbound_state();
        let seen = std::mem::replace(&mut self.written_seen, outbound.written_total);
        outbound.unwritten_bytes > 0 && seen == outbound.written_total
    }

    fn end_closed(&self, outbound: OutboundState) -> End {
        if outbound.closed == Some(Closed::SlowReader) {
            add(&self.hub.counters.connections_slow, 1);
        }
        match outbound.closed {
            // The error is behind the unread answers already.
            Some(Closed::SlowReader) => End::ClientClosed,
            Some(Closed::Broken) | None => End::Abrupt,
        }
    }

    /// Answers what is pending, says the last word, and closes.
    async fn take_leave(&mut self, end: End) {
        let farewell = match end {
            End::Abrupt => return,
            End::Farewell(farewell) => Some(farewell),
            End::ClientClosed | End::Stopped => None,
        };
        if !self.settle().await {
            return;
        }
        if let Some(farewell) = farewell {
            let mut bytes = Vec::new();
            farewell.write(&mut bytes);
            add(&self.hub.counters.errors, 1);
            self.link.send(&bytes);
            if !self.settle().await {
                return;
            }
        }
        self.link.shut_down_writing();
        linger(&mut self.inlet).await;
    }

    /// Waits until every request is answered and every answer is in the socket; false if that
    /// cannot be.
    async fn settle(&mut self) -> bool {
        self.stalls_since_last_look();
        self.deadline.as_mut().reset(Instant::now() + self.hub.idle_timeout);
        loop {
            self.link.wait_for_answers();
            // In this order: a reply is appended before it is counted.
            let pending = self.link.in_flight();
            self.link.flush();
            let outbound = self.link.outbound_state();
            if outbound.closed == Some(Closed::Broken) || self.hub.is_cut() {
                return false;
            }
            if pending == 0 && outbound.unwritten_bytes == 0 {
                return true;
            }
            if let Event::Late = self.wait(false, outbound.stalled).await {
                if self.stalls_since_last_look() {
                    return false;
                }
                self.deadline.as_mut().reset(Instant::now() + self.hub.idle_timeout);
            }
        }
    }
}

/// Drops what the client still sends, until it closes.
async fn linger(inlet: &mut Inlet) {
    let drop_all = async {
        let mut dropped = 0;
        let mut scratch = [0; 4096];
        while dropped < LINGER_BYTES_MAX {
            match tokio::io::AsyncReadExt::read(inlet, &mut scratch).await {
                Ok(0) | Err(_) => return,
                Ok(count) => dropped += count,
            }
        }
    };
    // Whoever has not closed by then gets a reset, which is fair by then.
    let _ = tokio::time::timeout(LINGER, drop_all).await;
}
