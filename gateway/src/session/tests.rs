//! Sessions driven with bytes, without a socket.

use gantry_model::Query;
use gantry_protocol::{FRAME_HEADER_BYTES, begin_frame, write_frame};

use super::*;

const FACTS: SessionFacts = SessionFacts { instance: 77, requests_in_flight_max: 4 };

fn hello(actor: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    Hello { actor: Actor::new(actor) }.write(&mut bytes);
    bytes
}

fn queries(request: u64, items: u32, counted: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut frame = begin_frame(&mut bytes, FrameKind::Queries, request);
    for _ in 0..items {
        Query::ReadTotals.write(frame.payload());
    }
    frame.finish(counted);
    bytes
}

fn commands(request: u64) -> Vec<u8> {
    let mut bytes = queries(request, 1, 1);
    let payload = bytes.split_off(FRAME_HEADER_BYTES);
    bytes.clear();
    write_frame(&mut bytes, FrameKind::Commands, request, 1, &payload);
    bytes
}

/// A session, what it said, and what it handed on.
struct Talk {
    session: Session,
    output: StepOutput,
}

impl Talk {
    fn new() -> Self {
        Self { session: Session::new(9, FACTS), output: StepOutput::default() }
    }

    fn greeted() -> Self {
        let mut talk = Self::new();
        assert_eq!(talk.say(&hello(16)), Step::NeedBytes);
        talk.output = StepOutput::default();
        talk
    }

    fn say(&mut self, bytes: &[u8]) -> Step {
        self.say_with_room(bytes, 100)
    }

    fn say_with_room(&mut self, mut bytes: &[u8], room: u32) -> Step {
        loop {
            let count = bytes.len().min(self.session.spare().len());
            self.session.spare()[..count].copy_from_slice(&bytes[..count]);
            self.session.advance(count);
            bytes = &bytes[count..];
            let step = self.session.step(room, Submission::new, &mut self.output);
            if bytes.is_empty() || step != Step::NeedBytes {
                return step;
            }
        }
    }

    fn answers(&self) -> Vec<(FrameKind, u64, Option<ErrorCode>)> {
        let mut reader = FrameReader::for_client();
        assert_eq!(reader.extend(&self.output.answers), self.output.answers.len());
        let mut answers = Vec::new();
        while let Some(frame) = reader.next_frame().unwrap() {
            let error = ErrorBody::parse(frame.payload).ok().map(|error| error.code);
            let error = error.filter(|_| frame.kind == FrameKind::Error);
            answers.push((frame.kind, frame.request, error));
        }
        answers
    }

    fn requests(&self) -> Vec<u64> {
        let bundles = [&self.output.commands, &self.output.queries];
        let submissions = bundles.into_iter().filter_map(|bundle| bundle.submission.as_ref());
        submissions.flat_map(Submission::requests).collect()
    }
}

#[test]
fn a_hello_is_welcomed_with_the_limits() {
    let mut talk = Talk::new();
    assert_eq!(talk.say(&hello(16)), Step::NeedBytes);
    assert_eq!(talk.answers(), [(FrameKind::Welcome, 0, None)]);
    let welcome = Welcome::parse(&talk.output.answers[FRAME_HEADER_BYTES..]).unwrap();
    assert_eq!((welcome.instance, welcome.requests_in_flight_max), (77, 4));
}

#[test]
fn reserved_actors_are_turned_away_but_for_the_command_line() {
    for (actor, welcome) in [(0, false), (1, false), (2, true), (3, false), (15, false), (16, true)]
    {
        let ended = matches!(
            Talk::new().say(&hello(actor)),
            Step::Ended(Farewell { code: ErrorCode::ActorReserved, .. })
        );
        assert_eq!(ended, !welcome, "actor {actor}");
    }
}

#[test]
fn a_request_before_the_hello_ends_the_session() {
    let mut talk = Talk::new();
    let step = talk.say(&queries(5, 1, 1));
    assert!(matches!(
        step,
        Step::Ended(Farewell { code: ErrorCode::HelloExpected, request: 5, .. })
    ));
    assert!(talk.requests().is_empty());
}

#[test]
fn a_hello_that_cannot_be_read_may_be_followed_by_a_better_one() {
    let mut talk = Talk::new();
    let mut bytes = Vec::new();
    write_frame(&mut bytes, FrameKind::Hello, 3, 0, &[16, 0, 0, 0, 1, 0, 0, 0]);
    assert_eq!(talk.say(&bytes), Step::NeedBytes);
    assert_eq!(talk.say(&hello(16)), Step::NeedBytes);
    let refused = (FrameKind::Error, 3, Some(ErrorCode::UnexpectedPayload));
    assert_eq!(talk.answers(), [refused, (FrameKind::Welcome, 0, None)]);
}

#[test]
fn all_frames_of_one_read_become_one_submission_a_kind() {
    let mut talk = Talk::greeted();
    let bytes = [commands(1), queries(2, 3, 3), commands(3), queries(4, 0, 0)].concat();
    assert_eq!(talk.say(&bytes), Step::NeedBytes);
    assert_eq!(talk.requests(), [1, 3, 2, 4]);
    assert_eq!((talk.output.commands.frames, talk.output.queries.frames), (2, 2));
    assert_eq!(talk.output.queries.payload_bytes, 3 * 8);
    assert!(talk.output.answers.is_empty());
}

#[test]
fn bytes_may_come_one_at_a_time() {
    let mut talk = Talk::new();
    for byte in [hello(16), commands(1), queries(2, 1, 1)].concat() {
        assert_eq!(talk.say(&[byte]), Step::NeedBytes);
    }
    assert_eq!(talk.requests(), [1, 2]);
    assert!(!talk.session.is_mid_frame());
    assert_eq!(talk.say(&commands(3)[..39]), Step::NeedBytes);
    assert!(talk.session.is_mid_frame());
}

#[test]
fn without_room_requests_stay_in_the_buffer() {
    let mut talk = Talk::greeted();
    let bytes = [commands(1), commands(2), commands(3)].concat();
    assert_eq!(talk.say_with_room(&bytes, 2), Step::NeedRoom);
    assert_eq!(talk.requests(), [1, 2]);
    assert_eq!(talk.session.step(0, Submission::new, &mut talk.output), Step::NeedRoom);
    assert_eq!(talk.session.step(2, Submission::new, &mut talk.output), Step::NeedBytes);
    assert_eq!(talk.requests(), [1, 2, 3]);
}

#[test]
fn a_frame_with_a_good_header_is_refused_alone() {
    let mut damaged = commands(10);
    *damaged.last_mut().unwrap() ^= 1;
    let mut unknown = Vec::new();
    let header = gantry_protocol::FrameHeader {
        kind: 99,
        ..gantry_protocol::FrameHeader::of(FrameKind::Commands, 11, 0, &[])
    };
    unknown.extend_from_slice(&header.to_bytes());
    let many = gantry_protocol::FrameHeader {
        item_count: 1025,
        ..gantry_protocol::FrameHeader::of(FrameKind::Commands, 12, 0, &[])
    };
    let bad = [
        (damaged, 10, ErrorCode::BadPayloadChecksum),
        (unknown, 11, ErrorCode::UnknownFrameKind),
        (many.to_bytes().to_vec(), 12, ErrorCode::TooManyItems),
        (queries(13, 2, 1), 13, ErrorCode::UnexpectedPayload),
        (queries(14, 1, 2), 14, ErrorCode::UnexpectedPayload),
        (hello(16), 0, ErrorCode::UnknownFrameKind),
    ];
    for (bytes, request, code) in bad {
        let mut talk = Talk::greeted();
        assert_eq!(talk.say(&[commands(1), bytes, commands(2)].concat()), Step::NeedBytes);
        assert_eq!(talk.answers(), [(FrameKind::Error, request, Some(code))]);
        assert_eq!(talk.requests(), [1, 2], "after {code:?}");
        assert_eq!(talk.output.errors, 1);
    }
}

#[test]
fn a_broken_header_ends_the_session_after_the_frames_before_it() {
    let mut other_version = commands(9);
    other_version[4] = 2;
    let mut checksum = commands(9);
    checksum[28] ^= 1;
    let mut magic = commands(9);
    magic[0] = b'X';
    let mut long = gantry_protocol::FrameHeader::of(FrameKind::Commands, 9, 0, &[]);
    long.payload_bytes = u32::try_from(FRAME_PAYLOAD_BYTES_MAX).unwrap() + 1;
    let bad = [
        (other_version, ErrorCode::BadVersion),
        (checksum, ErrorCode::BadHeaderChecksum),
        (magic, ErrorCode::BadMagic),
        (long.to_bytes().to_vec(), ErrorCode::PayloadTooLong),
    ];
    for (bytes, expected) in bad {
        let mut talk = Talk::greeted();
        let step = talk.say(&[commands(1), bytes, commands(2)].concat());
        assert!(matches!(step, Step::Ended(Farewell { code, .. }) if code == expected));
        assert_eq!(talk.requests(), [1], "before {expected:?}");
    }
}

#[test]
fn an_item_with_wrong_bounds_is_left_to_the_engine() {
    let mut talk = Talk::greeted();
    let mut payload = Vec::new();
    Query::ReadTotals.write(&mut payload);
    payload.extend_from_slice(&[0xff; 8]);
    let mut bytes = Vec::new();
    write_frame(&mut bytes, FrameKind::Queries, 6, 4, &payload);
    assert_eq!(talk.say(&bytes), Step::NeedBytes);
    assert_eq!(talk.requests(), [6]);
}

#[test]
fn a_draining_session_refuses_requests() {
    let mut talk = Talk::greeted();
    talk.session.drain();
    assert_eq!(talk.say(&commands(8)), Step::NeedBytes);
    assert_eq!(talk.answers(), [(FrameKind::Error, 8, Some(ErrorCode::ShuttingDown))]);
    assert!(talk.requests().is_empty());
}
