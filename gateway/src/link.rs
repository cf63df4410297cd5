//! The shared half of a connection: what answers are written to, by whoever has one.
//!
//! The release thread appends a batch's replies and writes them to the socket itself, one system
//! call per touched session; no task has to wake for that. Only what the socket does not take is
//! left to the connection's own task.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{Context, Poll};

use dashmap::DashMap;
use gantry_engine::{ANSWER_BYTES_MAX, OutboxReply};
use gantry_protocol::{
    Busy, ErrorBody, ErrorCode, FrameKind, REPLY_PAYLOAD_BYTES_MAX, write_frame,
};
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::socket::Outlet;

/// An outbound buffer that grew beyond this is given back once it is empty.
const OUTBOUND_KEPT_BYTES_MAX: usize = 256 << 10;

/// Sessions by id, for whoever has replies.
pub(crate) type Links = DashMap<u64, Arc<Link>>;

/// The shared half of one connection.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) id: u64,
    outlet: Box<dyn Outlet>,
    outbound: Mutex<Outbound>,
    outbound_bytes_max: usize,
    /// What a refused request is told.
    busy: Busy,
    /// Requests handed to the engine whose replies are not in `outbound` yet. The connection adds,
    /// whoever releases subtracts.
    in_flight: AtomicU32,
    /// The connection waits for `in_flight` to fall.
    is_waiting: AtomicBool,
    /// Wakes the connection's task.
    pub(crate) wake: Notify,
}

/// Answers on their way into the socket.
#[derive(Debug, Default)]
struct Outbound {
    bytes: Vec<u8>,
    written: usize,
    written_total: u64,
    /// The socket was full: the connection's task writes on, others only append.
    stalled: bool,
    /// Nothing more is appended.
    closed: Option<Closed>,
    /// A release has this session on its list.
    touched: bool,
    /// The connection's task has not been told that this stalled or closed.
    has_news: bool,
}

/// Why nothing more is appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closed {
    /// Too many bytes were left unread.
    SlowReader,
    /// The socket failed.
    Broken,
}

/// Where the outbound bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OutboundState {
    /// Bytes that the socket has not taken.
    pub(crate) unwritten_bytes: usize,
    /// Bytes that it has taken since the start.
    pub(crate) written_total: u64,
    /// The connection's task must write on.
    pub(crate) stalled: bool,
    pub(crate) closed: Option<Closed>,
}

impl Link {
    pub(crate) fn new(
        id: u64,
        outlet: Box<dyn Outlet>,
        outbound_bytes_max: usize,
        busy: Busy,
    ) -> Self {
        Self {
            id,
            outlet,
            outbound: Mutex::default(),
            outbound_bytes_max,
            busy,
            in_flight: AtomicU32::new(0),
            is_waiting: AtomicBool::new(false),
            wake: Notify::new(),
        }
    }

    /// Requests without a reply.
    pub(crate) fn in_flight(&self) -> u32 {
        // SeqCst: see `wait_for_answers`.
        self.in_flight.load(Ordering::SeqCst)
    }

    /// Counts requests that are about to be queued.
    pub(crate) fn sent(&self, requests: u32) {
        // Relaxed: the queue's push orders it before the subtraction of the reply.
        self.in_flight.fetch_add(requests, Ordering::Relaxed);
    }

    /// Counts requests that were answered, or refused by the queue.
    pub(crate) fn answered(&self, requests: u32) {
        // SeqCst pairs with `wait_for_answers`: either this load sees the flag, or the connection's
        // load after it sees the new count.
        self.in_flight.fetch_sub(requests, Ordering::SeqCst);
        if self.is_waiting.load(Ordering::SeqCst) && self.is_waiting.swap(false, Ordering::SeqCst) {
            self.wake.notify_one();
        }
    }

    /// Asks to be woken by the next answer; look at [`Self::in_flight`] once more afterwards.
    pub(crate) fn wait_for_answers(&self) {
        self.is_waiting.store(true, Ordering::SeqCst);
    }

    /// Appends immediate answers and writes what the socket takes.
    pub(crate) fn send(&self, answers: &[u8]) {
        let mut outbound = self.outbound.lock();
        outbound.append(self.outbound_bytes_max, |bytes| bytes.extend_from_slice(answers));
        self.write_unless_stalled(&mut outbound);
    }

    /// Appends consecutive replies of this session; true if it must be flushed and is on nobody's
    /// list yet.
    pub(crate) fn append_replies<'a>(
        &self,
        replies: impl Iterator<Item = OutboxReply<'a>>,
    ) -> bool {
        let mut outbound = self.outbound.lock();
        for reply in replies {
            outbound.append(self.outbound_bytes_max, |bytes| match reply.is_refused {
                true => self.busy.write(reply.request, bytes),
                false => write_reply(&reply, bytes),
            });
        }
        !std::mem::replace(&mut outbound.touched, true)
    }

    /// Writes what was appended; the end of a release's visit.
    pub(crate) fn flush_touched(&self) {
        let mut outbound = self.outbound.lock();
        outbound.touched = false;
        self.write_unless_stalled(&mut outbound);
    }

    fn write_unless_stalled(&self, outbound: &mut Outbound) {
        if !outbound.stalled {
            self.write(outbound);
            outbound.has_news |= outbound.stalled;
        }
        if std::mem::take(&mut outbound.has_news) {
            self.wake.notify_one();
        }
    }

    /// Writes until the socket is full or nothing is left.
    fn write(&self, outbound: &mut Outbound) {
        outbound.stalled = false;
        while outbound.written < outbound.bytes.len() {
            match self.outlet.try_write(&outbound.bytes[outbound.written..]) {
                Ok(0) => return outbound.break_off(),
                Ok(count) => {
                    outbound.written += count;
                    outbound.written_total += count as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    outbound.stalled = true;
                    return;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return outbound.break_off(),
            }
        }
        outbound.clear();
    }

    /// Writes on after a stall until nothing is left; only the connection's task calls this.
    pub(crate) fn poll_write_on(&self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            let Poll::Ready(ready) = self.outlet.poll_write_ready(context) else {
                return Poll::Pending;
            };
            let mut outbound = self.outbound.lock();
            match ready {
                Ok(()) => self.write(&mut outbound),
                Err(_) => outbound.break_off(),
            }
            if !outbound.stalled {
                return Poll::Ready(());
            }
        }
    }

    /// Writes what others appended and did not write yet.
    pub(crate) fn flush(&self) {
        self.write_unless_stalled(&mut self.outbound.lock());
    }

    pub(crate) fn outbound_state(&self) -> OutboundState {
        self.outbound.lock().state()
    }

    /// Tells the client that nothing more comes.
    pub(crate) fn shut_down_writing(&self) {
        self.outlet.shut_down();
    }
}

impl Outbound {
    fn append(&mut self, bytes_max: usize, put: impl FnOnce(&mut Vec<u8>)) {
        if self.closed.is_some() {
            return;
        }
        put(&mut self.bytes);
        if self.bytes.len() - self.written > bytes_max {
            self.closed = Some(Closed::SlowReader);
            self.has_news = true;
            let text = "answers were left unread";
            ErrorBody { code: ErrorCode::SlowReader, text }.write(0, &mut self.bytes);
        }
    }

    fn break_off(&mut self) {
        self.closed = Some(Closed::Broken);
        self.has_news = true;
        self.stalled = false;
        self.clear();
    }

    fn clear(&mut self) {
        self.written = 0;
        if self.bytes.capacity() > OUTBOUND_KEPT_BYTES_MAX {
            self.bytes = Vec::new();
        }
        self.bytes.clear();
    }

    fn state(&self) -> OutboundState {
        OutboundState {
            unwritten_bytes: self.bytes.len() - self.written,
            written_total: self.written_total,
            stalled: self.stalled,
            closed: self.closed,
        }
    }
}

// The engine ends an answer before it is longer than a frame may be.
const _: () = assert!(ANSWER_BYTES_MAX <= REPLY_PAYLOAD_BYTES_MAX);

/// Appends the answer to one request.
fn write_reply(reply: &OutboxReply<'_>, out: &mut Vec<u8>) {
    let OutboxReply { request, item_count, payload, .. } = *reply;
    write_frame(out, FrameKind::Replies, request, item_count, payload);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_its_bound_a_buffer_closes_with_an_error_and_takes_nothing_more() {
        let mut outbound = Outbound::default();
        outbound.append(10, |bytes| bytes.extend_from_slice(&[1; 10]));
        assert_eq!(outbound.closed, None);
        outbound.append(10, |bytes| bytes.push(1));
        assert_eq!(outbound.closed, Some(Closed::SlowReader));
        let length = outbound.bytes.len();
        outbound.append(10, |bytes| bytes.push(1));
        assert_eq!(outbound.bytes.len(), length);
    }
}
