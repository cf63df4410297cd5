//! Batches: what the engine hands over at once, records for the journal and the replies that
//! wait for them.

use gantry_journal::{FrameBuffer, FrameFacts, PAYLOAD_BYTES_MAX};
use gantry_model::{
    CANDIDATES_PER_ZONE_MAX, EngineTime, LINES_PER_ORDER_MAX, LinePromise, OrderAllocation,
    OrderDates, OrderDetail, OrderLineView, RECORD_BYTES_MAX, REPLY_HEADER_BYTES, Sequence,
};

/// The longest answer to one request. Where the next reply might not fit any more the answer ends:
/// the items after it are not carried out and have no reply.
pub const ANSWER_BYTES_MAX: usize = 4 << 20;
/// The longest single reply: the largest order in full.
const REPLY_BYTES_MAX: usize = 128 << 10;
/// Reply bytes after which a batch is handed over although its records would have room.
const OUTBOX_BYTES_SOFT_MAX: usize = 4 << 20;

// An answer carried over from a full batch must leave the next one room, or neither would end.
const _: () = assert!(ANSWER_BYTES_MAX <= OUTBOX_BYTES_SOFT_MAX);
const _: () = {
    let allocations = LINES_PER_ORDER_MAX * CANDIDATES_PER_ZONE_MAX * size_of::<OrderAllocation>();
    let lines = LINES_PER_ORDER_MAX * size_of::<OrderLineView>();
    let dates = size_of::<OrderDates>() + LINES_PER_ORDER_MAX * size_of::<LinePromise>();
    let rest = REPLY_HEADER_BYTES + size_of::<OrderDetail>() + dates + 1024;
    assert!(allocations + lines + rest <= REPLY_BYTES_MAX);
};

/// The replies of a batch, in the order of their requests.
#[derive(Debug, Default)]
pub struct Outbox {
    pub(crate) bytes: Vec<u8>,
    spans: Vec<ReplySpan>,
}

#[derive(Clone, Copy, Debug)]
struct ReplySpan {
    session: u64,
    request: u64,
    item_count: u32,
    end: usize,
    is_refused: bool,
}

/// The replies to one request frame.
#[derive(Clone, Copy, Debug)]
pub struct OutboxReply<'a> {
    /// Whom to answer.
    pub session: u64,
    /// The request frame's id.
    pub request: u64,
    /// Replies in the payload.
    pub item_count: u32,
    /// Reply items, back to back.
    pub payload: &'a [u8],
    /// Nothing of the request was looked at: ask again.
    pub is_refused: bool,
}

impl Outbox {
    /// The answers that may leave once the batch is durable, in order.
    pub fn replies(&self) -> impl Iterator<Item = OutboxReply<'_>> {
        let mut start = 0;
        self.spans.iter().map(move |span| {
            let payload = &self.bytes[start..span.end];
            start = span.end;
            OutboxReply {
                session: span.session,
                request: span.request,
                item_count: span.item_count,
                payload,
                is_refused: span.is_refused,
            }
        })
    }

    /// Closes the answer to one request: all bytes since the last closed one.
    pub(crate) fn close_reply(&mut self, session: u64, request: u64, item_count: u32) {
        let (end, is_refused) = (self.bytes.len(), false);
        self.spans.push(ReplySpan { session, request, item_count, end, is_refused });
    }

    /// Says of a request that nothing of it was looked at.
    pub(crate) fn refuse(&mut self, session: u64, request: u64) {
        let (end, is_refused) = (self.bytes.len(), true);
        self.spans.push(ReplySpan { session, request, item_count: 0, end, is_refused });
    }

    /// Whether the answer that is not closed yet has room for another reply.
    pub(crate) fn has_room_for_reply(&self) -> bool {
        let start = self.spans.last().map_or(0, |span| span.end);
        self.bytes.len() - start <= ANSWER_BYTES_MAX - REPLY_BYTES_MAX
    }

    /// Bytes of an answer that is not closed yet.
    pub(crate) fn take_unclosed(&mut self) -> Vec<u8> {
        self.bytes.split_off(self.spans.last().map_or(0, |span| span.end))
    }
}

/// What the engine did since the last hand-over.
#[derive(Debug)]
pub struct Batch {
    /// Records, already in the journal's own buffer.
    pub records: FrameBuffer,
    /// Replies that wait until the records, and all before them, are durable.
    pub outbox: Outbox,
    pub(crate) first_sequence: Sequence,
    pub(crate) record_count: u32,
    pub(crate) last_time: EngineTime,
}

impl Batch {
    /// An empty batch with a buffer of one journal frame.
    #[must_use]
    pub fn new() -> Self {
        Self {
            records: FrameBuffer::new(PAYLOAD_BYTES_MAX),
            outbox: Outbox::default(),
            first_sequence: Sequence::NONE,
            record_count: 0,
            last_time: EngineTime::default(),
        }
    }

    /// Whether there is nothing to hand over.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.record_count == 0 && self.outbox.spans.is_empty()
    }

    /// Whether the next command might not fit.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.records.remaining_bytes() < RECORD_BYTES_MAX
            || self.outbox.bytes.len() > OUTBOX_BYTES_SOFT_MAX
    }

    /// What the journal must know of the frame; `None` if there are only replies.
    #[must_use]
    pub fn facts(&self) -> Option<FrameFacts> {
        (self.record_count > 0).then(|| FrameFacts {
            first_sequence: self.first_sequence.get(),
            record_count: self.record_count,
            time_ns: self.last_time.get(),
            previous_sync_us: 0,
        })
    }

    /// The last record of the batch, or [`Sequence::NONE`].
    #[must_use]
    pub fn last_sequence(&self) -> Sequence {
        Sequence::new((self.first_sequence.get() + u64::from(self.record_count)).saturating_sub(1))
    }

    /// Notes that the engine wrote one more record.
    pub(crate) fn count_record(&mut self, sequence: Sequence, time: EngineTime) {
        if self.record_count == 0 {
            self.first_sequence = sequence;
        }
        self.record_count += 1;
        self.last_time = time;
    }

    /// Empties the batch and keeps its memory.
    pub fn clear(&mut self) {
        self.records.clear();
        self.outbox.bytes.clear();
        self.outbox.spans.clear();
        self.first_sequence = Sequence::NONE;
        self.record_count = 0;
    }
}

impl Default for Batch {
    fn default() -> Self {
        Self::new()
    }
}
