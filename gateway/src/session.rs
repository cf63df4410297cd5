//! One client's conversation as a step function: bytes in, requests and immediate answers out.
//!
//! A session owns no socket, queue, thread or clock; the connection (or a test, or the simulator)
//! moves its bytes. It checks what a frame is, who speaks and how much at a time. Whether a command
//! makes sense is the engine's business, and replies never pass through here.

use gantry_engine::{RequestKind, Submission};
use gantry_journal::mark;
use gantry_model::{Actor, Items, LINES_PER_ORDER_MAX};
use gantry_protocol::{
    ErrorBody, ErrorCode, FRAME_PAYLOAD_BYTES_MAX, Frame, FrameKind, FrameReader, Hello,
    ITEMS_PER_FRAME_MAX, Welcome,
};

/// What a session tells its client in the welcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionFacts {
    /// Id of the journal behind the server.
    pub instance: u128,
    /// Requests that may wait for an answer.
    pub requests_in_flight_max: u32,
}

/// The frames of one kind that a step found.
#[derive(Debug, Default)]
pub struct RequestBundle {
    /// The frames, in order; `None` if there was none.
    pub submission: Option<Submission>,
    /// How many.
    pub frames: u32,
    /// Their payload.
    pub payload_bytes: usize,
}

/// What a step found. Owned by the caller and reused from step to step.
#[derive(Debug, Default)]
pub struct StepOutput {
    /// For the command queue.
    pub commands: RequestBundle,
    /// For the query queue.
    pub queries: RequestBundle,
    /// Frames to send at once: they tell of no state, so they wait for no sync.
    pub answers: Vec<u8>,
    /// Error frames among the answers.
    pub errors: u32,
    /// Whole frames that were in order, of any kind.
    pub frames: u32,
}

/// The connection ends with this, once everything before it is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Farewell {
    /// What to branch on.
    pub code: ErrorCode,
    /// The request it is about; 0 where none is known.
    pub request: u64,
    /// For people.
    pub text: String,
}

impl Farewell {
    /// Appends the error frame.
    pub fn write(&self, out: &mut Vec<u8>) {
        ErrorBody { code: self.code, text: &self.text }.write(self.request, out);
    }
}

/// Why a step stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Every whole frame was taken.
    NeedBytes,
    /// As many requests as there was room for; more may wait in the buffer. Read nothing, step
    /// again when some are answered.
    NeedRoom,
    /// Nothing more can be read from this client.
    Ended(Farewell),
}

/// One client's conversation.
#[derive(Debug)]
pub struct Session {
    id: u64,
    facts: SessionFacts,
    reader: FrameReader,
    actor: Option<Actor>,
    draining: bool,
}

impl Session {
    /// A session that expects a hello.
    #[must_use]
    pub fn new(id: u64, facts: SessionFacts) -> Self {
        let reader = FrameReader::for_server();
        Self { id, facts, reader, actor: None, draining: false }
    }

    /// Room for bytes from the client; never empty after a step that said [`Step::NeedBytes`].
    pub fn spare(&mut self) -> &mut [u8] {
        self.reader.spare()
    }

    /// The first `count` bytes of the last [`Self::spare`] were received.
    pub fn advance(&mut self, count: usize) {
        self.reader.advance(count);
    }

    /// Whether bytes are there that are not yet a whole frame (or wait for room).
    #[must_use]
    pub fn is_mid_frame(&self) -> bool {
        self.reader.buffered_bytes() > 0
    }

    /// From now on requests are refused with `shutting_down`.
    pub fn drain(&mut self) {
        self.draining = true;
    }

    /// Takes whole frames, at most `room` of them requests, and adds what they ask for to `output`.
    /// `new_submission` gives an empty one.
    pub fn step(
        &mut self,
        room: u32,
        new_submission: impl Fn(u64, Actor) -> Submission,
        output: &mut StepOutput,
    ) -> Step {
        let Self { id, facts, reader, actor, draining } = self;
        let mut taken = 0;
        while taken < room {
            let frame = match reader.next_frame() {
                Ok(Some(frame)) => frame,
                Ok(None) => return Step::NeedBytes,
                Err(error) if error.is_fatal() => {
                    return ended(error.code(), error.request(), error.to_string());
                }
                Err(error) => {
                    mark!("frame refused");
                    output.refuse(error.code(), error.request(), &error.to_string());
                    continue;
                }
            };
            output.frames += 1;
            let Some(actor) = *actor else {
                match greet(frame, facts, output) {
                    Ok(greeted) => *actor = greeted,
                    Err(farewell) => return Step::Ended(farewell),
                }
                continue;
            };
            let Some(kind) = request_kind(frame.kind) else {
                output.refuse(ErrorCode::UnknownFrameKind, frame.request, "hello comes once");
                continue;
            };
            if *draining {
                output.refuse(ErrorCode::ShuttingDown, frame.request, "the server stops");
            } else if let Err(text) = check_items(&frame) {
                output.refuse(ErrorCode::UnexpectedPayload, frame.request, text);
            } else {
                taken += 1;
                output.add(kind, &frame, || new_submission(*id, actor));
            }
        }
        Step::NeedRoom
    }
}

impl StepOutput {
    /// Adds an error about one request; the session goes on.
    fn refuse(&mut self, code: ErrorCode, request: u64, text: &str) {
        ErrorBody { code, text }.write(request, &mut self.answers);
        self.errors += 1;
    }

    fn add(&mut self, kind: RequestKind, frame: &Frame<'_>, empty: impl FnOnce() -> Submission) {
        let bundle = match kind {
            RequestKind::Commands => &mut self.commands,
            RequestKind::Queries => &mut self.queries,
        };
        let submission = bundle.submission.get_or_insert_with(empty);
        submission.push_frame(kind, frame.request, frame.payload);
        bundle.frames += 1;
        bundle.payload_bytes += frame.payload.len();
    }
}

fn ended(code: ErrorCode, request: u64, text: String) -> Step {
    Step::Ended(Farewell { code, request, text })
}

/// Answers the first frame: `None` if it was a hello that cannot be read, so another may come.
fn greet(
    frame: Frame<'_>,
    facts: &SessionFacts,
    output: &mut StepOutput,
) -> Result<Option<Actor>, Farewell> {
    let request = frame.request;
    if frame.kind != FrameKind::Hello {
        let text = format!("a {} frame came before the hello", frame.kind.name());
        return Err(Farewell { code: ErrorCode::HelloExpected, request, text });
    }
    let hello = match Hello::parse(frame.payload) {
        Ok(hello) => hello,
        Err(error) => {
            output.refuse(ErrorCode::UnexpectedPayload, request, &error.to_string());
            return Ok(None);
        }
    };
    if is_reserved(hello.actor) {
        let text = format!("actor {} is reserved: choose 16 or more", hello.actor);
        return Err(Farewell { code: ErrorCode::ActorReserved, request, text });
    }
    welcome(facts).write(request, &mut output.answers);
    Ok(Some(hello.actor))
}

/// The engine and the import never speak over a socket.
fn is_reserved(actor: Actor) -> bool {
    actor < Actor::CLIENT_MIN && actor != Actor::COMMAND_LINE
}

fn welcome(facts: &SessionFacts) -> Welcome {
    let bound = |value: usize| u32::try_from(value).expect("invariant: protocol bounds fit");
    Welcome {
        instance: facts.instance,
        frame_payload_bytes_max: bound(FRAME_PAYLOAD_BYTES_MAX),
        items_per_frame_max: bound(ITEMS_PER_FRAME_MAX),
        requests_in_flight_max: facts.requests_in_flight_max,
        lines_per_order_max: bound(LINES_PER_ORDER_MAX),
    }
}

const fn request_kind(kind: FrameKind) -> Option<RequestKind> {
    match kind {
        FrameKind::Commands => Some(RequestKind::Commands),
        FrameKind::Queries => Some(RequestKind::Queries),
        _ => None,
    }
}

/// The count in the header must be that of the items, so that no answer has more items than a
/// frame may hold. Where an item's bounds are wrong the rest cannot be counted, and the engine's
/// answer ends there.
fn check_items(frame: &Frame<'_>) -> Result<(), &'static str> {
    let mut counted = 0;
    for item in Items::new(frame.payload, FRAME_PAYLOAD_BYTES_MAX) {
        counted += 1;
        if counted > frame.item_count {
            return Err("the payload holds more items than the header says");
        }
        if item.is_err() {
            return Ok(());
        }
    }
    if counted < frame.item_count {
        return Err("the payload holds fewer items than the header says");
    }
    Ok(())
}

#[cfg(test)]
mod tests;
