//! Golden bytes of each kind of frame. They were computed apart from this crate, with a bitwise
//! CRC-32C. If one of these tests fails, old clients can no longer be served.

use gantry_model::{Actor, CommandKind, Query, ReplyHeader, ReplyStatus, ReplyWriter, Sequence};
use gantry_protocol::{
    Busy, Direction, ErrorBody, ErrorCode, FRAME_PAYLOAD_BYTES_MAX, FrameKind, FrameReader, Hello,
    REPLY_PAYLOAD_BYTES_MAX, Welcome, begin_frame, write_frame,
};

use crate::{next, put};

const WELCOME: Welcome = Welcome {
    instance: 0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10,
    frame_payload_bytes_max: 262_144,
    items_per_frame_max: 1_024,
    requests_in_flight_max: 64,
    lines_per_order_max: 128,
};

fn check(kind: FrameKind, request: u64, item_count: u32, bytes: &[u8], golden: &[&str]) {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, golden.concat());
    let mut reader = match kind.direction() {
        Direction::ToServer => FrameReader::for_server(),
        Direction::ToClient => FrameReader::for_client(),
    };
    put(&mut reader, bytes);
    assert!(reader.is_ready());
    let frame = next(&mut reader).unwrap().expect("a whole frame");
    assert_eq!((frame.kind, frame.request, frame.item_count), (kind, request, item_count));
    assert_eq!(frame.payload, bytes[32..]);
    assert_eq!((reader.buffered_bytes(), reader.is_ready()), (0, false));
    assert_eq!(next(&mut reader), Ok(None));
}

#[test]
fn hello() {
    let mut bytes = Vec::new();
    Hello { actor: Actor::new(77) }.write(&mut bytes);
    check(
        FrameKind::Hello,
        0,
        0,
        &bytes,
        &["475452590100010000000000000000000800000000000000288232bcfbb7060f", "4d00000000000000"],
    );
}

#[test]
fn welcome() {
    let mut bytes = Vec::new();
    WELCOME.write(0, &mut bytes);
    check(
        FrameKind::Welcome,
        0,
        0,
        &bytes,
        &[
            "4754525901000200000000000000000020000000000000009ef7ff3bd5f46500",
            "100f0e0d0c0b0a09080706050403020100000400000400004000000080000000",
        ],
    );
}

#[test]
fn commands() {
    let mut bytes = Vec::new();
    write_frame(&mut bytes, FrameKind::Commands, 1, 0, &[]);
    check(
        FrameKind::Commands,
        1,
        0,
        &bytes,
        &["4754525901000300010000000000000000000000000000000000000008877873"],
    );
}

#[test]
fn queries() {
    let mut bytes = Vec::new();
    let mut frame = begin_frame(&mut bytes, FrameKind::Queries, 2);
    Query::ReadTotals.write(frame.payload());
    assert_eq!(frame.payload_bytes(), 8);
    frame.finish(1);
    check(
        FrameKind::Queries,
        2,
        1,
        &bytes,
        &["475452590100040002000000000000000800000001000000053f1468edd6179d", "0608010008000000"],
    );
}

#[test]
fn replies() {
    let mut bytes = Vec::new();
    let mut frame = begin_frame(&mut bytes, FrameKind::Replies, u64::MAX);
    let header = ReplyHeader::new(ReplyStatus::Accepted, 0, Sequence::new(9));
    ReplyWriter::begin(frame.payload(), CommandKind::SetCosts.number(), header).end();
    frame.finish(1);
    check(
        FrameKind::Replies,
        u64::MAX,
        1,
        &bytes,
        &[
            "4754525901000500ffffffffffffffff1800000001000000c6ce166e79e83caa",
            "050401001800000001000000000000000900000000000000",
        ],
    );
}

#[test]
fn busy() {
    let mut bytes = Vec::new();
    Busy { retry_after_us: 1_500 }.write(3, &mut bytes);
    check(
        FrameKind::Busy,
        3,
        0,
        &bytes,
        &["475452590100060003000000000000000800000000000000c6899a885d593fe7", "dc05000000000000"],
    );
}

#[test]
fn error() {
    let mut bytes = Vec::new();
    ErrorBody { code: ErrorCode::TooManyItems, text: "né" }.write(4, &mut bytes);
    check(
        FrameKind::Error,
        4,
        0,
        &bytes,
        &["4754525901000700040000000000000008000000000000007133dda0dce1e108", "070003006ec3a900"],
    );
}

#[test]
fn goodbye() {
    let mut bytes = Vec::new();
    write_frame(&mut bytes, FrameKind::Goodbye, 0, 0, &[]);
    check(
        FrameKind::Goodbye,
        0,
        0,
        &bytes,
        &["475452590100080000000000000000000000000000000000000000002bdb724b"],
    );
}

#[test]
fn a_frame_is_appended_to_what_is_there() {
    let mut bytes = b"before".to_vec();
    WELCOME.write(0, &mut bytes);
    assert_eq!((&bytes[..6], &bytes[6..10], bytes.len()), (&b"before"[..], &b"GTRY"[..], 70));
}

#[test]
fn a_payload_may_be_as_long_as_its_direction_allows_and_no_longer() {
    for (kind, longest) in [
        (FrameKind::Commands, FRAME_PAYLOAD_BYTES_MAX),
        (FrameKind::Replies, REPLY_PAYLOAD_BYTES_MAX),
    ] {
        let payload = vec![7; longest + 1];
        let mut bytes = Vec::new();
        write_frame(&mut bytes, kind, 1, 0, &payload[1..]);
        let mut reader = match kind.direction() {
            Direction::ToServer => FrameReader::for_server(),
            Direction::ToClient => FrameReader::for_client(),
        };
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            assert_eq!(next(&mut reader), Ok(None));
            rest = &rest[reader.extend(rest)..];
        }
        assert_eq!(next(&mut reader).unwrap().unwrap().payload.len(), longest);
        let over = || write_frame(&mut Vec::new(), kind, 1, 0, &payload);
        assert!(std::panic::catch_unwind(over).is_err());
    }
}
