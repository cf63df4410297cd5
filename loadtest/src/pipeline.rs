//! Carries out a list of commands as fast as the server takes them, and stops at the first "no".
//!
//! Setting up a shop takes half a million commands; one at a time that would take minutes.

use std::collections::BTreeMap;
use std::time::Duration;

use gantry_client::{ClientError, Connection};
use gantry_model::{Command, CommandId, Items, Malformed, RejectReason, Reply, ReplyStatus};
use gantry_protocol::{BodyError, Busy, ErrorBody, FrameKind, REPLY_PAYLOAD_BYTES_MAX};

use crate::progress::Progress;
use crate::workload::IdSource;

/// Commands in a frame: the longest that set-up sends, costs to 50 zones, has 1 KiB, and a frame
/// takes 256.
const COMMANDS_PER_FRAME: usize = 200;
const FRAMES_IN_FLIGHT_MAX: u32 = 16;
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
const RETRY_AFTER_MIN: Duration = Duration::from_millis(1);

/// Why setting up failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SetupError {
    #[error("setting up {what}: {source}")]
    Client { what: &'static str, source: ClientError },
    #[error("setting up {what}: the server rejected number {index}: {reason}")]
    Rejected { what: &'static str, index: usize, reason: &'static str },
    #[error("setting up {what}: the server answered nothing for {ANSWER_TIMEOUT:?}")]
    Silent { what: &'static str },
    #[error("setting up {what}: the server refused: {text}")]
    Refused { what: &'static str, text: String },
    #[error("setting up {what}: an answer that cannot be: {fact}")]
    BadAnswer { what: &'static str, fact: String },
}

/// A connection that carries out lists of commands.
pub(crate) struct Pipeline {
    connection: Connection,
    ids: IdSource,
    request_next: u64,
}

/// A frame in flight.
struct Sent {
    first: usize,
    count: usize,
    payload: Vec<u8>,
}

impl Pipeline {
    /// Uses `connection`, and ids from `ids`.
    pub(crate) const fn new(connection: Connection, ids: IdSource) -> Self {
        Self { connection, ids, request_next: 1 }
    }

    /// Carries out `count` commands; `command` makes each from its index and id, `answered` gets
    /// each reply with the index.
    pub(crate) async fn carry_out<'a>(
        &mut self,
        what: &'static str,
        count: usize,
        command: impl Fn(usize, CommandId, &mut dyn FnMut(Command<'_>)),
        mut answered: impl FnMut(usize, &Reply<'_>) + 'a,
    ) -> Result<(), SetupError> {
        let progress = Progress::of_setup(what, count as u64);
        let client = |source| SetupError::Client { what, source };
        let allowed = self.connection.welcome().requests_in_flight_max;
        let frames_max = FRAMES_IN_FLIGHT_MAX.min(allowed).max(1) as usize;
        let mut in_flight: BTreeMap<u64, Sent> = BTreeMap::new();
        let mut next = 0;
        while next < count || !in_flight.is_empty() {
            while next < count && in_flight.len() < frames_max {
                let sent = self.build(next, count, &command);
                next += sent.count;
                let request = self.request_next;
                self.request_next += 1;
                self.push(request, &sent).await.map_err(client)?;
                in_flight.insert(request, sent);
            }
            self.connection.sender().flush().await.map_err(client)?;
            let answer = read_answer(&mut self.connection, what, &in_flight, &mut answered);
            match answer.await? {
                Answer::Done(request) => {
                    let sent = in_flight.remove(&request);
                    progress.add(sent.map_or(0, |sent| sent.count as u64));
                }
                Answer::Again(request, wait) => {
                    tokio::time::sleep(wait).await;
                    self.push(request, &in_flight[&request]).await.map_err(client)?;
                }
            }
        }
        Ok(())
    }

    fn build(
        &mut self,
        first: usize,
        end: usize,
        command: &impl Fn(usize, CommandId, &mut dyn FnMut(Command<'_>)),
    ) -> Sent {
        let count = COMMANDS_PER_FRAME.min(end - first);
        let mut payload = Vec::new();
        for index in first..first + count {
            command(index, self.ids.next(), &mut |command| command.write(&mut payload));
        }
        Sent { first, count, payload }
    }

    async fn push(&mut self, request: u64, sent: &Sent) -> Result<(), ClientError> {
        let count = u32::try_from(sent.count).expect("invariant: COMMANDS_PER_FRAME at most");
        self.connection.sender().send_commands(request, count, &sent.payload).await
    }
}

/// What became of a frame.
enum Answer {
    Done(u64),
    Again(u64, Duration),
}

async fn read_answer(
    connection: &mut Connection,
    what: &'static str,
    in_flight: &BTreeMap<u64, Sent>,
    answered: &mut impl FnMut(usize, &Reply<'_>),
) -> Result<Answer, SetupError> {
    let bad = |fact: String| SetupError::BadAnswer { what, fact };
    let frame = tokio::time::timeout(ANSWER_TIMEOUT, connection.receiver().next_frame()).await;
    let frame = frame.map_err(|_| SetupError::Silent { what })?;
    let frame = frame.map_err(|source| SetupError::Client { what, source })?;
    let body = |error: BodyError| bad(error.to_string());
    let sent = in_flight.get(&frame.request);
    match (frame.kind, sent) {
        (FrameKind::Replies, Some(sent)) => {
            let found = read_replies(what, sent, frame.payload, answered)?;
            if found != sent.count {
                return Err(bad(format!("{found} replies to {} commands", sent.count)));
            }
            Ok(Answer::Done(frame.request))
        }
        (FrameKind::Busy, Some(_)) => {
            let busy = Busy::parse(frame.payload).map_err(body)?;
            let wait = Duration::from_micros(busy.retry_after_us.into());
            Ok(Answer::Again(frame.request, wait.max(RETRY_AFTER_MIN)))
        }
        (FrameKind::Error, _) => {
            let error = ErrorBody::parse(frame.payload).map_err(body)?;
            let text = format!("{} {}", error.code.name(), error.text);
            Err(SetupError::Refused { what, text })
        }
        (kind, _) => Err(bad(format!("{} for request {}", kind.name(), frame.request))),
    }
}

fn read_replies(
    what: &'static str,
    sent: &Sent,
    payload: &[u8],
    answered: &mut impl FnMut(usize, &Reply<'_>),
) -> Result<usize, SetupError> {
    let bad = |error: Malformed| SetupError::BadAnswer { what, fact: error.to_string() };
    let mut found = 0;
    for (item, index) in Items::new(payload, REPLY_PAYLOAD_BYTES_MAX).zip(sent.first..) {
        let reply = Reply::parse(&item.map_err(bad)?).map_err(bad)?;
        if reply.status != ReplyStatus::Accepted {
            let reason = reply.reject_reason().map_or(reply.status.name(), RejectReason::name);
            return Err(SetupError::Rejected { what, index, reason });
        }
        answered(index, &reply);
        found += 1;
    }
    Ok(found)
}
