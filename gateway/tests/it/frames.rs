//! Broken bytes on a real socket: each leaves other connections unharmed, and, where the frame's
//! end is known, the same connection's other requests too.

use gantry_model::Query;
use gantry_protocol::{ErrorCode, FRAME_PAYLOAD_BYTES_MAX, FrameHeader, FrameKind, write_frame};

use crate::harness::{TestServer, order};
use crate::wire::{Tally, Wire, frame_of, hello, queries_of};

fn good(request: u64) -> Vec<u8> {
    frame_of(FrameKind::Commands, request, &[order(request.into(), 1)])
}

fn assert_unharmed(bystander: &mut Wire, request: u64) {
    bystander.send(&good(request));
    assert_eq!(bystander.next_replies(request).accepted, 1, "another connection was harmed");
}

fn damaged(request: u64, byte: usize) -> Vec<u8> {
    let mut bytes = good(request);
    bytes[byte] ^= 0x40;
    bytes
}

fn header_of(change: impl FnOnce(&mut FrameHeader)) -> Vec<u8> {
    let mut header = FrameHeader::of(FrameKind::Commands, 9, 0, &[]);
    change(&mut header);
    header.to_bytes().to_vec()
}

#[test]
fn a_frame_with_a_good_header_is_refused_alone() {
    let test = TestServer::start();
    test.furnish();
    let mut bystander = test.connect();
    let unknown_kind = header_of(|header| header.kind = 77);
    let too_many = header_of(|header| header.item_count = 1_025);
    let fewer_items = header_of(|header| header.item_count = 1);
    let cases = [
        (damaged(9, 40), ErrorCode::BadPayloadChecksum),
        (unknown_kind, ErrorCode::UnknownFrameKind),
        (too_many, ErrorCode::TooManyItems),
        (fewer_items, ErrorCode::UnexpectedPayload),
    ];
    for (index, (bytes, code)) in (0_u64..).zip(cases) {
        let mut wire = test.connect();
        let (before, after) = (100 + index * 10, 101 + index * 10);
        wire.send(&[good(before), bytes, good(after)].concat());
        let frames: Vec<_> = (0..3).map(|_| wire.next().unwrap()).collect();
        let errors: Vec<_> = frames.iter().filter_map(|frame| frame.error()).collect();
        assert_eq!(errors, [code]);
        let mut answered: Vec<_> = frames.iter().map(|frame| frame.request).collect();
        answered.sort_unstable();
        assert_eq!(answered, [9, before, after]);
        assert_unharmed(&mut bystander, 102 + index * 10);
    }
}

#[test]
fn a_broken_header_ends_the_connection_after_its_pending_answers() {
    let test = TestServer::start();
    test.furnish();
    let mut bystander = test.connect();
    let too_long = u32::try_from(FRAME_PAYLOAD_BYTES_MAX).unwrap() + 1;
    let cases = [
        (damaged(9, 0), ErrorCode::BadMagic),
        (damaged(9, 4), ErrorCode::BadVersion),
        (damaged(9, 30), ErrorCode::BadHeaderChecksum),
        (header_of(|header| header.payload_bytes = too_long), ErrorCode::PayloadTooLong),
    ];
    for (index, (bytes, code)) in (0_u64..).zip(cases) {
        let mut wire = test.connect();
        let request = 100 + index * 10;
        wire.send(&[good(request), bytes, good(request + 1)].concat());
        assert_eq!(wire.next_replies(request).accepted, 1);
        assert_eq!(wire.next().unwrap().error(), Some(code));
        assert!(wire.next().is_none(), "closed after {code:?}");
        assert!(!bystander.knows_order(1, u128::from(request) + 1), "after {code:?}");
        assert_unharmed(&mut bystander, request + 2);
    }
}

#[test]
fn a_request_before_the_hello_and_a_reserved_actor_end_the_connection() {
    let test = TestServer::start();
    let mut wire = Wire::silent(test.address());
    wire.send(&good(5));
    assert_eq!(wire.next().unwrap().error(), Some(ErrorCode::HelloExpected));
    assert!(wire.next().is_none());
    let mut wire = Wire::silent(test.address());
    let mut engine_itself = Vec::new();
    write_frame(&mut engine_itself, FrameKind::Hello, 0, 0, &[0; 8]);
    wire.send(&engine_itself);
    assert_eq!(wire.next().unwrap().error(), Some(ErrorCode::ActorReserved));
    assert!(wire.next().is_none());
}

#[test]
fn malformed_items_are_answered_in_their_place() {
    let test = TestServer::start();
    test.furnish();
    let mut wire = test.connect();
    let mut unknown_kind = order(51, 1);
    unknown_kind[0] = 0xee;
    let mut unknown_schema = order(52, 1);
    unknown_schema[2] = 9;
    let mut trailing = order(53, 1);
    trailing.extend_from_slice(&[0; 8]);
    let length = u32::try_from(trailing.len()).unwrap();
    trailing[4..8].copy_from_slice(&length.to_le_bytes());
    let items = [order(50, 1), unknown_kind, unknown_schema, trailing, order(54, 1)];
    wire.send_commands(1, &items);
    let expected = Tally { accepted: 2, malformed: 3, ..Tally::default() };
    assert_eq!(wire.next_replies(1), expected);

    let mut endless = order(55, 1);
    endless[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
    wire.send_commands(2, &[order(56, 1), endless, order(57, 1)]);
    assert_eq!(wire.next_replies(2), Tally { accepted: 1, malformed: 1, ..Tally::default() });
    assert!(!wire.knows_order(3, 57), "what follows wrong bounds cannot be found");
}

#[test]
fn a_hang_up_within_a_frame_harms_nobody() {
    let test = TestServer::start();
    test.furnish();
    let mut bystander = test.connect();
    for cut in [1, 31, 32, 33, 60] {
        let mut wire = test.connect();
        wire.send(&good(200 + cut as u64));
        wire.send(&good(300)[..cut]);
        drop(wire);
    }
    test.wait_for("the torn connections end", |stats| stats.connections_open <= 1);
    assert!(!bystander.knows_order(1, 300));
    for cut in [1, 31, 32, 33, 60] {
        assert!(bystander.knows_order(2, 200 + cut), "a whole frame counts");
    }
    assert_unharmed(&mut bystander, 400);
}

#[test]
fn bytes_may_come_one_at_a_time() {
    let test = TestServer::start();
    test.furnish();
    let mut wire = Wire::silent(test.address());
    for byte in [hello(), good(1), queries_of(2, &[Query::ReadTotals])].concat() {
        wire.send(&[byte]);
    }
    assert_eq!(wire.next().unwrap().kind, FrameKind::Welcome);
    assert_eq!(wire.next_replies(1).accepted, 1);
    assert_eq!(wire.next_replies(2).answered, 1);
}
